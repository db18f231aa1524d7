"""Notices under a statute: what each needs, what becomes of it, and who learns what."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as randomly
from hypothesis import strategies as st

from copyright_optout.api import (
    ClaimState,
    CounterTexts,
    Element,
    NoticeState,
    OptOutReason,
    Rejection,
    Statute,
    Texts,
    Told,
)
from copyright_optout.domain.notices import LONGEST, REQUIRED, Located, missing_elements
from copyright_optout.errors import IllegalMove
from copyright_optout.service import notice_mailing
from tests.factories.notices import COUNTER, SWORN, TEXTS, given
from tests.fakes.notices import CO_OWNER, COPY, KEEP, MAKER, OTHER, STAFF, VIDEO, NoticeWorld
from trust_kernel.delivery.domain import Answer, Outcome
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted


@pytest.fixture
def world() -> NoticeWorld:
    return NoticeWorld()


def a_countered(world: NoticeWorld, statute: Statute = Statute.DMCA) -> str:
    notice = world.desk.intake.file(given(statute, account_id="acct_holder"))
    world.desk.bench.act(notice.id, STAFF)
    world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    return notice.id


# --- elements


@pytest.mark.parametrize("statute", Statute)
def test_a_notice_with_every_element_is_valid_and_its_clock_starts(world: NoticeWorld, statute: Statute) -> None:
    notice = world.desk.intake.file(given(statute))
    assert (notice.state, notice.missing, notice.valid_at) == (NoticeState.VALID, (), world.clock.now())
    assert len(world.desk.bench.clocks()) == 1
    assert world.told("optout:notice:waiting") == [STAFF]


@pytest.mark.parametrize(
    ("statute", "element"), [(statute, one.element) for statute, needed in REQUIRED.items() for one in needed]
)
def test_without_any_one_element_it_is_incomplete_and_says_which(
    world: NoticeWorld, statute: Statute, element: Element
) -> None:
    notice = world.desk.intake.file(given(statute, without=(element,)))
    assert (notice.state, notice.missing) == (NoticeState.INCOMPLETE, (element,))
    assert world.desk.bench.clocks() == []
    assert world.told("optout:notice:waiting") == []
    with pytest.raises(IllegalMove):
        world.desk.bench.act(notice.id, STAFF)


def test_the_statement_of_non_consent_needs_a_word_on_why(world: NoticeWorld) -> None:
    texts = Texts(name="V", email="v@example.org", signature="V")
    declared = frozenset(Element)
    assert missing_elements(Statute.TAKE_IT_DOWN, texts, declared, located=True) == (Element.NON_CONSENT,)
    assert world.desk.bench.page() == []


@pytest.mark.parametrize("reach", ["email", "phone", "address"])
def test_one_way_to_be_reached_is_enough(reach: str) -> None:
    texts = Texts(name="V", signature="V", statement="no", **{reach: getattr(TEXTS, reach)})
    assert missing_elements(Statute.TAKE_IT_DOWN, texts, frozenset(Element), located=True) == ()


def test_what_was_missing_can_be_added_and_then_the_clock_starts(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(without=(Element.SIGNATURE, Element.MATERIAL)))
    world.later(days=5)
    signed = world.desk.intake.complete(notice.id, given(without=(Element.MATERIAL,)))
    assert signed.missing == (Element.MATERIAL,)
    world.later(days=5)
    whole = world.desk.intake.complete(notice.id, given(places=("what, where?", VIDEO)))
    assert (whole.state, whole.valid_at) == (NoticeState.VALID, world.clock.now())
    with pytest.raises(IllegalMove):
        world.desk.intake.complete(notice.id, given())


def test_a_file_that_is_recognised_says_which_video_is_meant(world: NoticeWorld, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"video one")
    asked = given(places=("I saw it on a site",))
    found = world.desk.intake.file(type(asked)(asked.statute, asked.texts, asked.declared, file))
    assert [(video.case_id, video.by.value, video.similarity) for video in found.videos] == [(VIDEO, "file", 93)]


def test_staff_can_say_which_video_somebody_meant(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(places=("the one with the boat",)))
    assert notice.missing == (Element.MATERIAL,)
    with pytest.raises(InvalidInput):
        world.desk.bench.locate(notice.id, ["video_none"], STAFF)
    assert world.desk.bench.locate(notice.id, [VIDEO], STAFF).state is NoticeState.VALID
    assert world.desk.bench.locate(notice.id, [OTHER], STAFF).case_ids == (VIDEO, OTHER)


@pytest.mark.parametrize("name", LONGEST)
def test_a_text_that_is_too_long_is_refused_by_its_name(world: NoticeWorld, name: str) -> None:
    asked = given()
    fields = {"name": "V"} | {name: "x" * (LONGEST[name] + 1)}
    with pytest.raises(InvalidInput) as raised:
        world.desk.intake.file(type(asked)(asked.statute, Texts(**fields)))  # type: ignore[arg-type] # texts all
    assert (raised.value.field, raised.value.limit) == (name, f"{LONGEST[name]} characters")
    assert world.desk.bench.page() == []


@randomly(st.sampled_from(Statute), st.sets(st.sampled_from(Element)), st.booleans())
def test_what_is_missing_is_always_among_what_the_law_asks_for(
    statute: Statute, declared: set[Element], located: bool
) -> None:
    needed = [one.element for one in REQUIRED[statute]]
    missing = missing_elements(statute, TEXTS, declared, located=located)
    assert list(missing) == [element for element in needed if element in missing]
    assert (Element.MATERIAL in missing) is not located


# --- taking down


def test_acting_takes_down_the_video_and_its_known_copies_and_keeps_them_out(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(account_id="acct_victim"))
    acted = world.desk.bench.act(notice.id, STAFF)
    assert world.takedowns.down == {VIDEO, COPY}
    assert [(video.case_id, video.by.value) for video in acted.videos] == [(VIDEO, "named"), (COPY, "copy")]
    claim = world.optouts.claim(acted.claim_id)
    assert (claim.state, claim.terms.told) == (ClaimState.ACTIVE, Told.NOTHING)
    assert world.optouts.permits(claim, MAKER) is None
    assert world.told("optout:notice:acted") == ["acct_victim"]
    assert sorted(world.told("optout:notice:taken_down")) == ["acct_copier", MAKER]


def test_nobody_decides_about_their_own_video(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    for act in (world.desk.bench.act, lambda key, by: world.desk.bench.reject(key, Rejection.ABUSE, by)):
        with pytest.raises(NotPermitted):
            act(notice.id, MAKER)
    assert world.takedowns.down == set()


def test_a_rejected_notice_takes_nothing_down_and_says_why(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA, account_id="acct_holder"))
    turned = world.desk.bench.reject(notice.id, Rejection.LAWFUL, STAFF)
    assert (turned.state, turned.rejection) == (NoticeState.REJECTED, Rejection.LAWFUL)
    assert world.told("optout:notice:rejected") == ["acct_holder"]
    with pytest.raises(IllegalMove):
        world.desk.bench.act(notice.id, STAFF)
    assert world.takedowns.down == set()


def test_a_take_down_under_the_take_it_down_act_can_be_undone_by_staff_and_not_by_a_counter(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    acted = world.desk.bench.act(notice.id, STAFF)
    with pytest.raises(Conflict) as raised:
        world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    assert raised.value.code == "optout:notice:counter_none"
    world.desk.bench.reject(notice.id, Rejection.NOT_SHOWN, STAFF)
    assert world.takedowns.down == set()
    assert world.optouts.claim(acted.claim_id).state is ClaimState.WITHDRAWN


@pytest.mark.parametrize("statute", [Statute.DMCA, Statute.NO_FAKES])
def test_other_notices_are_not_undone_by_staff_once_acted_on(world: NoticeWorld, statute: Statute) -> None:
    notice = world.desk.intake.file(given(statute))
    world.desk.bench.act(notice.id, STAFF)
    with pytest.raises(IllegalMove):
        world.desk.bench.reject(notice.id, Rejection.LAWFUL, STAFF)
    assert world.takedowns.down == {VIDEO, COPY}


@pytest.mark.parametrize("acted", [False, True])
def test_whoever_gave_notice_can_take_it_back_and_everything_comes_back(world: NoticeWorld, acted: bool) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    if acted:
        world.desk.bench.act(notice.id, STAFF)
    ended = world.desk.intake.withdraw(world.desk.intake.of_token(world.desk.links.token(notice.id)).id)
    assert (ended.state, ended.down, world.takedowns.down) == (NoticeState.WITHDRAWN, (), set())
    assert not ended.claim_id or world.optouts.claim(ended.claim_id).state is ClaimState.WITHDRAWN
    with pytest.raises(IllegalMove):
        world.desk.intake.withdraw(notice.id)


# --- counter-notices


@pytest.mark.parametrize("lacking", ["name", "address", "phone", "signature", *sorted(SWORN)])
def test_a_counter_notice_needs_every_element(world: NoticeWorld, lacking: str) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    texts = COUNTER if lacking in SWORN else type(COUNTER)(**{**_fields(COUNTER), lacking: " "})
    with pytest.raises(InvalidInput) as raised:
        world.desk.counters.counter(notice.id, MAKER, texts, SWORN - {lacking})
    assert (raised.value.code, raised.value.field) == ("optout:notice:counter_incomplete", lacking)
    assert world.desk.bench.notice(notice.id).state is NoticeState.ACTED


def _fields(texts: CounterTexts) -> dict[str, str]:
    return {name: getattr(texts, name) for name in ("name", "address", "phone", "signature")}


def test_only_an_owner_counters_and_only_for_what_is_theirs(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA, places=(VIDEO, OTHER), account_id="acct_holder"))
    world.desk.bench.act(notice.id, STAFF)
    with pytest.raises(NotFound):
        world.desk.counters.counter(notice.id, "acct_stranger", COUNTER, SWORN)
    countered = world.desk.counters.counter(notice.id, CO_OWNER, COUNTER, SWORN)
    assert [counter.case_ids for counter in countered.counters] == [(OTHER,)]
    with pytest.raises(Conflict):
        world.desk.counters.counter(notice.id, CO_OWNER, COUNTER, SWORN)
    world.later(days=22)
    back = world.desk.bench.restore(notice.id, STAFF)
    assert (back.state, world.takedowns.down) == (NoticeState.ACTED, {VIDEO, COPY})
    assert world.told("optout:notice:restored") == ["acct_holder"]


def test_the_claimant_is_given_a_copy_of_the_counter_notice(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    assert world.told("optout:notice:countered") == ["acct_holder"]
    (notice,) = world.desk.intake.own("acct_holder")
    assert notice.id == notice_id
    (texts,) = world.desk.counters.texts(notice).values()
    assert (texts.name, texts.phone) == ("Max Maker", "555 0100")
    assert list(world.desk.intake.own(MAKER)) == []


def test_a_suit_keeps_everything_down_until_it_is_over(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    world.desk.bench.suit(notice_id, pending=True, by="notifier")
    assert world.desk.bench.clocks() == []
    world.later(days=400)
    world.desk.bench.tend()
    with pytest.raises(Conflict) as raised:
        world.desk.bench.restore(notice_id, STAFF)
    assert raised.value.code == "optout:notice:suit_pending"
    assert VIDEO in world.takedowns.down
    world.desk.bench.suit(notice_id, pending=False, by=STAFF)
    world.desk.bench.tend()
    assert world.takedowns.down == {COPY}


def test_a_court_can_have_it_stay_down_for_good_and_staff_alone_cannot(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    with pytest.raises(Conflict) as raised:
        world.desk.bench.close(notice_id, STAFF)
    assert raised.value.code == "optout:notice:early"
    world.desk.bench.suit(notice_id, pending=True, by="notifier")
    closed = world.desk.bench.close(notice_id, STAFF)
    assert (closed.state, world.takedowns.final) == (NoticeState.FINAL, {VIDEO, COPY})
    assert world.optouts.claim(closed.claim_id).state is ClaimState.ACTIVE


# --- appeals


def a_demand(world: NoticeWorld, *places: str) -> str:
    notice = world.desk.intake.file(given(places=places or (VIDEO,), account_id="acct_victim"))
    return world.desk.bench.act(notice.id, STAFF).id


def test_a_won_appeal_ends_a_demand_with_its_stay_down_and_gives_copies_back_whosever_they_are(
    world: NoticeWorld,
) -> None:
    notice_id = a_demand(world)
    ended = world.desk.appeals.lift(notice_id, VIDEO, "acct_judge")
    assert (ended.state, ended.rejection, ended.down) == (NoticeState.REJECTED, Rejection.APPEALED, ())
    assert world.takedowns.down == set()
    assert world.optouts.claim(ended.claim_id).state is ClaimState.WITHDRAWN
    assert world.told("optout:notice:rejected") == ["acct_victim"]
    assert world.logged()[-2:] == ["optout:notice:appealed", "optout:notice:rejected"]
    assert world.desk.bench.clocks() == []


def test_a_won_appeal_leaves_the_rest_of_a_demand_as_it_is(world: NoticeWorld) -> None:
    world.videos.hashes[OTHER] = ("aa" * 32, "55" * 32, "99" * 32)
    notice_id = a_demand(world, VIDEO, OTHER)
    claim_id = world.desk.bench.notice(notice_id).claim_id
    lifted = world.desk.appeals.lift(notice_id, VIDEO, "acct_judge")
    assert (lifted.state, world.takedowns.down) == (NoticeState.ACTED, {OTHER})
    (left,) = world.references.of_claim(claim_id)
    assert left.id == next(one.reference_id for one in lifted.videos if one.case_id == OTHER)
    assert world.optouts.claim(claim_id).state is ClaimState.ACTIVE
    assert (world.told("optout:notice:appealed"), world.told("optout:notice:rejected")) == (["acct_victim"], [])
    with pytest.raises(Conflict):
        world.desk.appeals.lift(notice_id, VIDEO, "acct_judge")


@pytest.mark.parametrize("statute", [Statute.DMCA, Statute.NO_FAKES])
def test_no_appeal_ends_what_a_law_has_counter_notices_for(world: NoticeWorld, statute: Statute) -> None:
    notice = world.desk.intake.file(given(statute))
    world.desk.bench.act(notice.id, STAFF)
    with pytest.raises(Conflict):
        world.desk.appeals.lift(notice.id, VIDEO, "acct_judge")
    assert world.takedowns.down == {VIDEO, COPY}


@pytest.mark.parametrize("who", [MAKER, "acct_copier", "acct_victim"])
def test_whoever_is_concerned_by_a_demand_ends_it_on_no_appeal(world: NoticeWorld, who: str) -> None:
    notice_id = a_demand(world)
    assert world.desk.appeals.giver(notice_id) == "acct_victim"
    with pytest.raises(NotPermitted):
        world.desk.appeals.lift(notice_id, VIDEO, who)
    assert world.takedowns.down == {VIDEO, COPY}


def test_what_was_withdrawn_meanwhile_ends_no_demand(world: NoticeWorld) -> None:
    notice_id = a_demand(world)
    for batch in world.takedowns.batches.values():
        batch.discard(VIDEO)
    with pytest.raises(Conflict):
        world.desk.appeals.lift(notice_id, VIDEO, "acct_judge")


def test_nobody_closes_a_demand_while_an_appeal_about_it_is_open(world: NoticeWorld) -> None:
    notice_id = a_demand(world)
    world.takedowns.appealed = set(world.takedowns.batches)
    world.later(days=40)
    assert world.desk.bench.tend() == 0
    with pytest.raises(Conflict) as raised:
        world.desk.bench.close(notice_id, STAFF)
    assert raised.value.code == "optout:notice:appeal_open"
    world.takedowns.appealed.clear()
    world.later(minutes=5)
    world.desk.bench.tend()
    assert world.desk.bench.notice(notice_id).state is NoticeState.FINAL


# --- several at once


def before_it_ends(world: NoticeWorld, deed: Callable[[], object]) -> None:
    """Have something happen after the clock was read, and before the transaction in which the notice becomes final."""
    asked, waiting = world.takedowns.contested, [deed]

    def then(batch_ids: Collection[str]) -> bool:
        known = asked(batch_ids)
        if waiting:
            waiting.pop()()
        return known

    world.takedowns.contested = then  # type: ignore[method-assign] # somebody else was faster


def test_a_counter_notice_in_the_last_moment_is_not_run_over_by_the_clock(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.later(days=29, hours=23)
    counter = world.desk.counters.counter

    def in_time() -> None:
        world.later(hours=-2)
        counter(notice.id, MAKER, COUNTER, SWORN)
        world.later(hours=2)

    world.later(hours=1)
    before_it_ends(world, in_time)
    world.desk.bench.tend()
    assert world.desk.bench.notice(notice.id).state is NoticeState.COUNTERED
    assert world.takedowns.final == set()


def test_a_suit_in_the_last_moment_stops_the_clock(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.later(days=30)
    before_it_ends(world, lambda: world.desk.bench.suit(notice.id, pending=True, by="notifier"))
    world.desk.bench.tend()
    assert world.takedowns.final == set()


def test_a_counter_notice_after_the_last_moment_is_refused_whether_a_worker_looked_or_not(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.later(days=30)
    with pytest.raises(Conflict) as raised:
        world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    assert raised.value.code == "optout:notice:counter_none"


def test_a_video_that_staff_add_while_copies_are_looked_for_is_not_taken_down_without_its_own(
    world: NoticeWorld,
) -> None:
    notice = world.desk.intake.file(given(places=(OTHER,)))
    copies = world.videos.copies

    def while_looking(case_ids: Collection[str]) -> Sequence[Located]:
        world.desk.bench.locate(notice.id, [VIDEO], STAFF)
        return copies(case_ids)

    world.videos.copies = while_looking  # type: ignore[method-assign] # somebody else was faster
    with pytest.raises(Conflict):
        world.desk.bench.act(notice.id, STAFF)
    assert world.takedowns.down == set()
    world.desk.bench.act(notice.id, STAFF)
    assert world.takedowns.down == {VIDEO, OTHER, COPY}


def test_staff_do_not_cut_short_the_time_that_owners_have_to_answer(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.NO_FAKES))
    world.desk.bench.act(notice.id, STAFF)
    world.later(days=29)
    with pytest.raises(Conflict):
        world.desk.bench.close(notice.id, STAFF)
    world.later(days=1)
    assert world.desk.bench.close(notice.id, STAFF).state is NoticeState.FINAL


def test_nobody_asks_for_what_was_withdrawn_for_good(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.videos.gone = {VIDEO}
    (seen,) = world.desk.counters.received(MAKER)
    assert (seen.down, seen.gone, seen.may_counter) == ((), (VIDEO,), False)
    with pytest.raises(Conflict):
        world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)


def test_a_co_owner_sees_when_it_comes_back_and_not_who_asked(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA, places=(OTHER,)))
    world.desk.bench.act(notice.id, STAFF)
    world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    theirs, own = world.desk.counters.one(notice.id, CO_OWNER), world.desk.counters.one(notice.id, MAKER)
    assert theirs.window == own.window is not None
    assert (theirs.own, theirs.may_counter, own.own) == (None, False, COUNTER)


def test_staff_do_not_decide_about_a_notice_that_they_gave(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(Statute.DMCA, account_id=STAFF))
    for deed in (world.desk.bench.act, world.desk.bench.close, world.desk.bench.restore):
        with pytest.raises(NotPermitted):
            deed(notice.id, STAFF)
    world.desk.bench.act(notice.id, "acct_other")


# --- what is kept, and what is seen


def test_what_was_written_is_sealed_and_never_on_the_ledger_nor_told(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    said = [*TEXTS.places[1:], TEXTS.name, TEXTS.email, TEXTS.work, TEXTS.statement, COUNTER.name, COUNTER.address]
    everything = f"{world.record.entries} {world.outbox.sent} {world.store._texts}"
    assert [text for text in said if text in everything] == []
    assert world.desk.intake.texts(notice_id) == TEXTS


def test_every_step_is_on_the_ledger(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    world.desk.intake.withdraw(notice_id)
    steps = ["received", "valid", "acted", "countered", "withdrawn"]
    assert world.logged() == [f"optout:notice:{step}" for step in steps]
    assert all("sha256" in str(body) for kind, body in world.record.entries if kind.endswith(":received"))


def test_texts_are_destroyed_long_after_the_end_and_not_before(world: NoticeWorld) -> None:
    ended = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.reject(ended.id, Rejection.ABUSE, STAFF)
    standing = world.desk.intake.file(given(Statute.DMCA))
    world.later(days=KEEP.days - 1)
    assert world.desk.bench.forget() == 0
    world.later(days=2)
    assert world.desk.bench.forget() == 1
    assert world.desk.bench.forget() == 0
    assert world.desk.intake.texts(ended.id) is None
    assert world.seal.shredded == {ended.id}
    assert world.desk.intake.texts(standing.id) is not None


def test_only_the_private_link_leads_to_a_notice(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    token = world.desk.links.token(notice.id)
    assert world.desk.links.url(notice.id) == f"https://placet.example/notice/{token}"
    assert world.desk.intake.of_token(token).id == notice.id
    for wrong in (notice.id, f"{notice.id}.", f"{notice.id}.{'0' * 32}", token[:-1], "", "\u00e9.\u00e9"):
        with pytest.raises(NotFound):
            world.desk.intake.of_token(wrong)


def test_each_state_is_mailed_once_and_tried_again_where_the_server_was_away(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given(without=(Element.SIGNATURE,)))
    world.desk.intake.file(given(account_id="acct_victim"))
    world.mail.away = True
    assert world.desk.mails.post() == 0
    world.mail.away = False
    world.later(minutes=1)
    assert world.desk.mails.post() == 1
    assert world.desk.mails.post() == 0
    world.desk.intake.complete(notice.id, given())
    assert world.desk.mails.post() == 1
    link = world.desk.links.url(notice.id)
    assert world.mail.sent == [("vera@example.org", "incomplete", link), ("vera@example.org", "valid", link)]


def test_an_address_that_is_refused_keeps_no_other_mail_waiting_and_is_tried_for_three_days(world: NoticeWorld) -> None:
    texts = replace(given().texts, email="x@m\u00fcller.example")
    refused = world.desk.intake.file(replace(given(), texts=texts))
    world.mail.refused = {texts.email: Answer(Outcome.LATER, "mail:server:refused 554")}
    world.later(seconds=1)
    world.desk.intake.file(given())
    assert world.desk.mails.post() == 1
    assert [address for address, _, _ in world.mail.sent] == ["vera@example.org"]
    assert world.desk.mails.post() == 0
    assert len(world.mail.asked) == 2  # and not asked again at once
    for _ in range(24 * 4):
        world.later(hours=1)
        world.desk.mails.post()
    standing = world.desk.mails.of(refused.id)
    assert (standing.given_up, standing.said) == (True, "mail:server:refused 554")
    assert 5 < standing.tries < 12
    world.mail.refused = {}
    world.desk.intake.withdraw(refused.id)
    assert world.desk.mails.post() == 1  # another state is another mail
    assert not world.desk.mails.of(refused.id).said


def test_where_the_server_is_away_it_is_asked_once_and_then_with_the_next_mail(world: NoticeWorld) -> None:
    for number in range(3):
        texts = replace(given().texts, email=f"vera{number}@example.org")
        world.desk.intake.file(replace(given(), texts=texts))
        world.later(seconds=1)
    world.mail.away = True
    world.desk.mails.post()
    world.desk.mails.post()
    assert world.mail.asked == ["vera0@example.org", "vera1@example.org"]
    world.mail.away = False
    world.later(minutes=10)
    assert world.desk.mails.post() == 3


def test_a_slow_server_keeps_no_worker_from_stopping(world: NoticeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        world.desk.intake.file(given())
    monkeypatch.setattr(notice_mailing, "_SECONDS", -1.0)
    assert world.desk.mails.post() == 0
    monkeypatch.undo()
    assert world.desk.mails.post() == 2


def test_an_address_that_can_never_be_written_to_is_given_up_at_once(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    world.mail.refused = {"vera@example.org": Answer(Outcome.NEVER, "mail:address:refused 550")}
    assert world.desk.mails.post() == 0
    assert world.desk.mails.of(notice.id).given_up


def test_nothing_is_named_by_a_notices_own_claim(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    acted = world.desk.bench.act(notice.id, STAFF)
    assert world.optouts.named("notices about the teal fox") == ()
    assert world.optouts.permits(world.optouts.claim(acted.claim_id), STAFF) is not OptOutReason.LICENSED
