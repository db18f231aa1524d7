"""Notices under a statute: what each needs, what becomes of it, and who learns what."""

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
from copyright_optout.domain.notices import LONGEST, REQUIRED, missing_elements
from copyright_optout.errors import IllegalMove
from tests.factories.notices import COUNTER, SWORN, TEXTS, given
from tests.fakes.notices import CO_OWNER, COPY, KEEP, MAKER, OTHER, STAFF, VIDEO, NoticeWorld
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


def test_a_court_can_have_it_stay_down_for_good(world: NoticeWorld) -> None:
    notice_id = a_countered(world)
    world.desk.bench.suit(notice_id, pending=True, by="notifier")
    closed = world.desk.bench.close(notice_id, STAFF)
    assert (closed.state, world.takedowns.final) == (NoticeState.FINAL, {VIDEO, COPY})
    assert world.optouts.claim(closed.claim_id).state is ClaimState.ACTIVE


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
    assert world.desk.bench.post() == 0
    world.mail.away = False
    assert world.desk.bench.post() == 1
    assert world.desk.bench.post() == 0
    world.desk.intake.complete(notice.id, given())
    assert world.desk.bench.post() == 1
    link = world.desk.links.url(notice.id)
    assert world.mail.sent == [("vera@example.org", "incomplete", link), ("vera@example.org", "valid", link)]


def test_nothing_is_named_by_a_notices_own_claim(world: NoticeWorld) -> None:
    notice = world.desk.intake.file(given())
    acted = world.desk.bench.act(notice.id, STAFF)
    assert world.optouts.named("notices about the teal fox") == ()
    assert world.optouts.permits(world.optouts.claim(acted.claim_id), STAFF) is not OptOutReason.LICENSED
