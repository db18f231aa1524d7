"""Appeals: who may, until when, and what becomes of them."""

from dataclasses import replace

import pytest

from copyright_optout.api import Band, PicturedWork
from generator_gateway.ports import Cause
from generator_gateway.ports.appeals import Appeal, AppealKind, AppealState, Contested, Said
from generator_gateway.ports.takedowns import Batch, TakedownCause
from generator_gateway.schemas import video_out
from generator_gateway.service.appeal_settling import Settling
from generator_gateway.stages import Draft, Released, Stopped
from generator_gateway.store import MediaUses
from generator_gateway.store.appeals import AppealStore
from tests.factories.appeals import ADA, HOLDER, LEO, MIA, OTHER, SAID, STAFF, appealed, blocked, claim, codes, refused
from tests.factories.cases import a_finding
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import ANSWER, KEEP, House
from tests.unit.generator_gateway.test_lineage import statements
from trust_kernel.decisions import Outcome, Stage, Verdict
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, PlacetError

NAMED = "optout:character:named"
PICTURED = "optout:character:pictured"
COUNTER = "appeal:case:counter_notice"
CLAIMED = TakedownCause("release:claim:touched", LEO, "Leo")


def code_of(error: pytest.ExceptionInfo[PlacetError]) -> str:
    return str(error.value.code)


def down(house: House, cause: TakedownCause = CLAIMED, by: str = STAFF) -> tuple[str, Batch]:
    """A video of Ada's that was out and was taken down."""
    claim(house)
    case_id = house.released("a lion walks")
    return case_id, house.takedowns.take_down([case_id], cause, by)


def pictured(house: House, claim_id: str = LEO) -> None:
    shown = PicturedWork(a_claim(claim_id, says=terms("Leo")), Band.MATCH, 16, 31, (0.0, 1.0), 90)
    house.optouts.shown = {b"drawn": (shown,)}
    house.holders.claim(claim_id, "org_a")


# --- filing


def test_a_page_of_videos_is_asked_about_in_as_many_statements_however_many_they_are(any_house: House) -> None:
    house = any_house
    claim(house)
    first = [refused(house), down(house)[0], house.released("a harbour")]
    more = [*first, *(refused(house) for _ in range(4)), down(house)[0]]
    house.appeals.file(ADA, more[3], SAID)
    asked, rooms = [], {}
    for page in (first, more):
        cases = [house.cases.get(case_id) for case_id in page]
        with statements(house) as made:
            rooms = dict(house.appeals.rooms(ADA, cases))
        asked.append(len(made))
    assert asked[0] == asked[1]
    each = {case_id: house.appeals.room(ADA, house.cases.get(case_id)) for case_id in more}
    assert rooms == {case_id: room.until for case_id, room in each.items() if room is not None}
    assert set(more) - set(rooms) == {more[2], more[3]}


def test_a_refusal_says_how_to_appeal_and_until_when(any_house: House) -> None:
    house = any_house
    claim(house)
    case_id = refused(house)
    case = house.cases.get(case_id)
    until = house.clock.now() + KEEP
    error = video_out(case, None, house.appeals.rooms(ADA, [case])[case_id]).error
    assert error is not None
    assert (error.appeal, error.appeal_until) == (f"/v1/videos/{case_id}/appeal", int(until.timestamp()))
    (told,) = house.notices(ADA, "video:case:failed")
    assert (told.payload["appeal"], told.payload["until"]) == (error.appeal, until.isoformat())
    assert house.appeals.room(OTHER, case) is None


def test_an_appeal_is_open_until_it_is_answered_and_says_when_that_is(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    own = house.appeals.own(ADA, appeal.case_id)
    assert (own.room, [one.id for one in own.appeals]) == (None, [appeal.id])
    assert (own.appeals[0].state, own.appeals[0].due_at) == (AppealState.OPEN, house.clock.now() + ANSWER)
    assert house.kinds()[-1] == "appeal:case:filed"


def test_a_decision_is_appealed_once(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    with pytest.raises(Conflict) as twice:
        house.appeals.file(ADA, appeal.case_id, SAID)
    assert code_of(twice) == "appeal:case:twice"
    house.appeals.withdraw(ADA, appeal.case_id)
    with pytest.raises(Conflict):
        house.appeals.file(ADA, appeal.case_id, SAID)


def test_an_appeal_comes_in_time_or_not_at_all(house: House) -> None:
    claim(house)
    case_id = refused(house)
    house.clock.advance(hours=72)
    with pytest.raises(Conflict) as late:
        house.appeals.file(ADA, case_id, SAID)
    assert code_of(late) == "appeal:case:late"
    assert house.appeals.own(ADA, case_id).room is None


def test_only_whoever_asked_appeals_and_nobody_else_sees_that_they_did(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    with pytest.raises(NotFound):
        house.appeals.file(OTHER, appeal.case_id, SAID)
    with pytest.raises(NotFound):
        house.appeals.own(OTHER, appeal.case_id)


def test_somebody_in_a_video_that_was_taken_down_does_not_appeal_in_its_makers_place(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    case_id = house.released("@bea waves")
    house.takedowns.take_down([case_id], CLAIMED, STAFF)
    with pytest.raises(NotPermitted) as refusal:
        house.appeals.file(bea.account_id, case_id, SAID)
    assert code_of(refusal) == "appeal:case:maker"


@pytest.mark.parametrize("said", [Said(" "), Said("a" * 2001), Said("a", "b" * 5001), Said("a", "", "c" * 201)])
def test_an_appeal_says_why_and_not_too_much(house: House, said: Said) -> None:
    claim(house)
    case_id = refused(house)
    with pytest.raises(InvalidInput) as wrong:
        house.appeals.file(ADA, case_id, said)
    assert wrong.value.field in {"statement", "evidence", "licence"}
    assert wrong.value.limit


def test_what_is_under_way_out_or_broken_is_no_decision(house: House) -> None:
    waiting, out = house.submit().id, house.released()
    house.backend.failing = InvalidInput("no such size", code="backend:order:size")
    broken = refused(house, "a quiet harbour at night")
    for case_id in (waiting, out, broken):
        with pytest.raises(Conflict) as nothing:
            house.appeals.file(ADA, case_id, SAID)
        assert code_of(nothing) == "appeal:case:nothing_decided"


def test_a_persons_no_is_nothing_to_appeal_against(house: House) -> None:
    house.person("bea")
    case_id = refused(house, "@bea waves")
    with pytest.raises(Conflict) as theirs:
        house.appeals.file(ADA, case_id, SAID)
    assert code_of(theirs) == "appeal:case:persons"
    (told,) = house.notices(ADA, "video:case:failed")
    assert "appeal" not in told.payload


# --- deciding


def test_an_upheld_appeal_changes_nothing_and_says_why(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    house.appeal_review.uphold(appeal.id, STAFF, "It is the claimed lion.")
    (own,) = house.appeals.own(ADA, appeal.case_id).appeals
    assert (own.state, own.note, own.decided_by) == (AppealState.UPHELD, "It is the claimed lion.", STAFF)
    assert house.cases.get(appeal.case_id).status == "failed"
    assert house.queue.sent == []
    assert house.notices(ADA, "appeal:case:upheld")
    with pytest.raises(Conflict) as closed:
        house.appeal_review.overturn(appeal.id, OTHER, "after all")
    assert code_of(closed) == "appeal:case:closed"


def test_an_overturned_refusal_goes_through_the_gates_again_and_out(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.", [NAMED])
    assert (house.cases.get(appeal.case_id).status, house.queue.sent) == ("queued", [appeal.case_id])
    assert isinstance(house.runner.run(appeal.case_id), Released)
    lifted = [
        ruling
        for decision in house.cases.decisions(appeal.case_id)
        for ruling in decision.rulings
        if ruling.policy == "appeal"
    ]
    assert [(ruling.reason, ruling.finding.about) for ruling in lifted] == [(NAMED, LEO)]
    assert "appeal:case:overturned" in house.kinds()


def test_overturning_lifts_one_claim_and_no_other_with_the_same_code(house: House) -> None:
    claim(house)
    appeal = appealed(house, "Leo and Mia walk")
    claim(house, MIA, "Mia", "org_b")  # claimed since
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.", [NAMED])
    ended = house.runner.run(appeal.case_id)
    assert isinstance(ended, Stopped)
    assert (ended.verdict, ended.reasons) == (Verdict.DENY, (NAMED,))
    assert house.appeals.own(ADA, appeal.case_id).room is not None  # a new decision, which nobody appealed against


def test_what_was_lifted_for_one_case_stops_the_next_one(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.")
    assert codes(house, refused(house, "Leo walks again")) == (NAMED,)


def test_everything_else_is_asked_again(house: House) -> None:
    """Somebody whose consent ended meanwhile is not passed over because a claim was lifted."""
    claim(house)
    bea = house.person("bea")
    grant = house.give(bea)
    appeal = appealed(house, "Leo walks with @bea")
    house.registry.revoke(grant.id, actor=bea.account_id)
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.")
    ended = house.runner.run(appeal.case_id)
    assert isinstance(ended, Stopped)
    assert NAMED not in ended.reasons
    assert ended.reasons[0].startswith("consent:")


def test_staff_cannot_lift_what_only_a_person_can_say_yes_to(house: House) -> None:
    claim(house)
    house.person("bea")
    appeal = appealed(house, "Leo walks with @bea")
    file = house.appeal_review.show(appeal.id)
    theirs = {choice.lift.reason for choice in file.choices if choice.people == 0}
    assert theirs
    assert all(code.startswith("consent:") for code in theirs)
    with pytest.raises(NotPermitted) as refusal:
        house.appeal_review.overturn(appeal.id, STAFF, "never mind her", sorted(theirs))
    assert code_of(refusal) == "appeal:case:persons"
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.")
    ended = house.runner.run(appeal.case_id)
    assert isinstance(ended, Stopped)
    assert set(ended.reasons) == theirs


def test_only_reasons_of_the_decision_are_lifted(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    with pytest.raises(InvalidInput) as wrong:
        house.appeal_review.overturn(appeal.id, STAFF, "why not", [NAMED, "policy:minor:purpose"])
    assert (code_of(wrong), wrong.value.field, wrong.value.limit) == ("appeal:reason:choice", "reasons", NAMED)
    with pytest.raises(InvalidInput):
        house.appeal_review.overturn(appeal.id, STAFF, "")


def test_a_blocked_figure_takes_two_who_say_the_same(any_house: House) -> None:
    house = any_house
    blocked(house)
    appeal = appealed(house, "Queen Mab, a moth")
    first = house.appeal_review.overturn(appeal.id, STAFF, "It is a moth.")
    assert (first.appeal.state, first.appeal.proposed_by) == (AppealState.OPEN, STAFF)
    assert house.queue.sent == []
    assert house.appeals.own(ADA, appeal.case_id).appeals[0].decided_at is None
    with pytest.raises(Conflict) as second:
        house.appeal_review.overturn(appeal.id, STAFF, "It is a moth.")
    assert code_of(second) == "appeal:case:second"
    done = house.appeal_review.overturn(appeal.id, OTHER, "A moth indeed.")
    assert done.appeal.state is AppealState.OVERTURNED
    assert isinstance(house.runner.run(appeal.case_id), Released)


def test_whoever_declined_a_case_appealed_or_is_concerned_does_not_decide(house: House) -> None:
    claim(house)
    bea = house.person("bea")
    house.give(bea)
    house.gate.findings = (a_finding(Outcome.UNSURE, "optout:name:unsure"),)
    case = house.submit("a lion walks with @bea")
    house.ended(case)
    house.reviews.decide(case.id, STAFF, Verdict.DENY, "no")
    appeal = house.appeals.file(ADA, case.id, SAID)
    for judge in (STAFF, ADA, bea.account_id):
        with pytest.raises(NotPermitted) as own:
            house.appeal_review.overturn(appeal.id, judge, "let it")
        assert code_of(own) == "appeal:case:own"
        with pytest.raises(NotPermitted):
            house.appeal_review.uphold(appeal.id, judge, "let it not")
    house.gate.findings = ()
    house.appeal_review.overturn(appeal.id, OTHER, "It is nobody's lion.")
    assert isinstance(house.runner.run(case.id), Released)


def test_whoever_acts_for_the_rights_holder_does_not_decide(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    with pytest.raises(NotPermitted) as own:
        house.appeal_review.uphold(appeal.id, HOLDER, "ours")
    assert code_of(own) == "appeal:case:own"


def test_what_was_made_and_appealed_about_is_not_made_again(any_house: House) -> None:
    house = any_house
    pictured(house)
    appeal = appealed(house, "a lion walks")
    assert appeal.draft
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.", [PICTURED])
    assert isinstance(house.runner.run(appeal.case_id), Released)
    assert len(house.backend.orders) == 1
    assert [one.stage for one in house.cases.decisions(appeal.case_id)].count(Stage.REQUEST) == 2


def test_what_is_lifted_from_a_draft_is_not_lifted_from_another(house: House) -> None:
    pictured(house)
    appeal = appealed(house, "a lion walks")
    house.appeal_review.overturn(appeal.id, STAFF, "Another lion.", [PICTURED])
    house.journal.forget(appeal.case_id, Draft)  # as where a consent ended: it is made anew
    house.backend.content = b"drawn otherwise"
    ended = house.runner.run(appeal.case_id)
    assert isinstance(ended, Stopped)
    assert ended.reasons == (PICTURED,)


def test_what_is_gone_is_not_judged_again(house: House) -> None:
    pictured(house)
    appeal = appealed(house, "a lion walks")
    MediaUses(house.database).let_go(appeal.case_id)
    assert not house.appeal_review.show(appeal.id).inputs_there
    with pytest.raises(Conflict) as gone:
        house.appeal_review.overturn(appeal.id, STAFF, "Another lion.")
    assert code_of(gone) == "appeal:case:inputs_gone"
    assert house.cases.get(appeal.case_id).status == "failed"


def test_a_case_keeps_its_media_as_long_as_its_appeal_is_open(any_house: House) -> None:
    house = any_house
    claim(house)
    case_id = refused(house)
    uses, later = MediaUses(house.database), house.clock.now() + KEEP * 2
    pictured(house)
    drawn = refused(house, "a lion walks")
    house.appeals.file(ADA, drawn, SAID)
    assert uses.ended_before(later) == []
    house.appeals.withdraw(ADA, drawn)
    assert uses.ended_before(later) == [drawn]
    assert case_id != drawn


# --- the rights holder


def test_the_rights_holder_is_told_of_the_appeal_and_never_of_who_appeals(house: House) -> None:
    claim(house)
    appeal = house.appeals.file(ADA, refused(house, "Leo dances in the rain"), replace(SAID, licence="L-17"))
    (told,) = house.notices(HOLDER, "appeal:claim:concerned")
    hearing = house.appeal_hearing.show(HOLDER, appeal.id, LEO)
    (trace,) = hearing.traces
    assert (trace.words, trace.source, trace.reason) == ("Leo", "prompt", NAMED)
    assert ADA not in str(dict(told.payload))
    assert appeal.case_id not in str(dict(told.payload))
    with pytest.raises(NotFound):
        house.appeal_hearing.show("acct_stranger", appeal.id, LEO)


def test_staff_read_what_the_rights_holder_says(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    house.appeal_hearing.comment(HOLDER, appeal.id, LEO, "We licensed nobody.")
    (voice,) = house.appeal_review.show(appeal.id).voices
    assert (voice.comment, voice.by, voice.permits) == ("We licensed nobody.", HOLDER, False)
    house.holders.acting.clear()
    house.holders.looking[HOLDER] = "org_a"
    with pytest.raises(NotFound):
        house.appeal_hearing.comment(HOLDER, appeal.id, LEO, "again")


def test_a_case_goes_on_by_itself_once_every_rights_holder_lets_it(any_house: House) -> None:
    house = any_house
    claim(house)
    claim(house, MIA, "Mia", "org_b")
    house.holders.acting["acct_b"] = "org_b"
    appeal = appealed(house, "Leo and Mia walk")
    house.appeal_hearing.permit(HOLDER, appeal.id, LEO)
    assert house.cases.get(appeal.case_id).status == "failed"
    house.appeal_hearing.permit("acct_b", appeal.id, MIA)
    (own,) = house.appeals.own(ADA, appeal.case_id).appeals
    assert own.state is AppealState.LICENSED
    assert isinstance(house.runner.run(appeal.case_id), Released)
    assert house.notices(ADA, "appeal:case:licensed")


def test_who_permits_while_somebody_else_settles_it_is_told_of_no_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(house)
    appeal = appealed(house)
    free = Settling.is_free

    def settled_meanwhile(self: Settling, one: Appeal, contested: Contested) -> bool:
        monkeypatch.setattr(Settling, "is_free", free)
        house.appeal_review.overturn(appeal.id, STAFF, "Another lion.")
        return free(self, one, contested)

    monkeypatch.setattr(Settling, "is_free", settled_meanwhile)
    assert house.appeal_hearing.permit(HOLDER, appeal.id, LEO).voice.permits
    assert house.appeal_review.show(appeal.id).appeal.state is AppealState.OVERTURNED


def test_a_rights_holders_leave_is_no_leave_of_a_person_in_it(house: House) -> None:
    claim(house)
    house.person("bea")
    appeal = appealed(house, "Leo walks with @bea")
    house.appeal_hearing.permit(HOLDER, appeal.id, LEO)
    house.appeals.sweep()
    assert house.appeals.own(ADA, appeal.case_id).appeals[0].state is AppealState.OPEN
    assert house.cases.get(appeal.case_id).status == "failed"


def test_a_licence_or_the_end_of_a_claim_lets_the_case_go_on(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    house.appeals.sweep()
    assert house.queue.sent == []
    house.holders.yielding.add(LEO)
    house.optouts.licences.add((LEO, ADA))
    house.appeals.sweep()
    assert house.queue.sent == [appeal.case_id]
    assert isinstance(house.runner.run(appeal.case_id), Released)


# --- time


def test_silence_decides_nothing_and_is_put_before_the_administrators_once(any_house: House) -> None:
    house = any_house
    claim(house)
    appeal = appealed(house)
    house.clock.advance(days=7)
    assert (house.appeals.sweep(), house.appeals.sweep()) == (1, 0)
    (own,) = house.appeals.own(ADA, appeal.case_id).appeals
    assert (own.state, own.escalated_at) == (AppealState.OPEN, house.clock.now())
    assert [len(house.notices(who, "appeal:case:escalated")) for who in ("acct_lead", ADA, STAFF)] == [1, 1, 0]
    house.appeal_review.uphold(appeal.id, STAFF, "late, but no")


def test_staff_see_what_is_to_be_answered_next_first(any_house: House) -> None:
    house = any_house
    claim(house)
    first = appealed(house, "Leo walks")
    house.clock.advance(hours=1)
    rest = [appealed(house, f"Leo walks {number}") for number in range(2)]
    found, more = house.appeal_review.page(limit=2)
    assert ([found[0].id, more], found[0].due_at < found[1].due_at) == ([first.id, True], True)
    last, more = house.appeal_review.page(after=found[-1].id, limit=2)
    assert ({one.id for one in [*found, *last]}, more) == ({first.id, *(one.id for one in rest)}, False)
    house.appeal_review.uphold(first.id, STAFF, "no")
    assert first.id not in [one.id for one in house.appeal_review.page()[0]]
    assert first.id in [one.id for one in house.appeal_review.page(None)[0]]


def test_an_appeal_about_a_deleted_video_lapses(house: House) -> None:
    claim(house)
    appeal = appealed(house)
    house.desk.delete(ADA, appeal.case_id)
    house.appeals.sweep()
    assert house.appeal_review.show(appeal.id).appeal.state is AppealState.LAPSED


# --- takedowns


def test_a_video_that_was_taken_down_comes_out_again_and_the_rest_of_the_batch_does_not(any_house: House) -> None:
    house = any_house
    claim(house)
    cases = [house.released("a lion walks"), house.released("a lion sleeps")]
    batch = house.takedowns.take_down(cases, CLAIMED, STAFF)
    case = house.cases.get(cases[0])
    room = house.appeals.room(ADA, case)
    assert room is not None
    assert room.until == batch.undo_until
    appeal = house.appeals.file(ADA, cases[0], SAID)
    with pytest.raises(NotPermitted):
        house.appeal_review.overturn(appeal.id, STAFF, "I took it down")
    house.appeal_review.overturn(appeal.id, OTHER, "Another lion.")
    assert [house.release(one).status for one in cases] == ["released", "taken_down"]
    assert house.queue.sent == cases  # when they were asked for, and not again
    assert house.appeals.room(ADA, case) is None


def test_a_takedown_stays_undoable_as_long_as_it_is_appealed_about(house: House) -> None:
    case_id, _ = down(house)
    house.clock.advance(days=29)
    house.appeals.file(ADA, case_id, SAID)
    for _ in range(10):
        house.clock.advance(days=3)
        house.appeals.sweep()
        house.takedowns.sweep()
    assert house.release(case_id).status == "taken_down"
    house.appeals.withdraw(ADA, case_id)
    house.clock.advance(days=15)
    house.takedowns.sweep()
    assert house.release(case_id).status == "withdrawn"


def test_what_was_withdrawn_meanwhile_is_not_brought_back(house: House) -> None:
    case_id, _ = down(house)
    appeal = house.appeals.file(ADA, case_id, SAID)
    cause = Cause("release:video:withdrawn_by_subject", case_ids=frozenset({case_id}))
    with house.database.transaction():
        house.recall.take_back(house.recall.touched_by(cause), cause)
    with pytest.raises(Conflict):
        house.appeal_review.overturn(appeal.id, OTHER, "Another lion.")
    house.appeals.sweep()
    assert house.appeal_review.show(appeal.id).appeal.state is AppealState.LAPSED
    assert house.release(case_id).status == "withdrawn"


@pytest.mark.parametrize("law", ["dmca", "no_fakes"])
def test_where_a_law_sets_dates_an_appeal_is_neither_offered_nor_taken(house: House, law: str) -> None:
    case_id, _ = down(house, TakedownCause(f"optout:notice:{law}", "ntc_1"))
    case = house.cases.get(case_id)
    error = video_out(case, house.release(case_id), house.appeals.rooms(ADA, [case]).get(case_id)).error
    assert error is not None
    assert (error.appeal, error.appeal_until) == (None, None)
    (told,) = house.notices(ADA, "release:video:taken_down")
    assert "appeal" not in told.payload
    with pytest.raises(Conflict) as instead:
        house.appeals.file(ADA, case_id, SAID)
    assert (code_of(instead), instead.value.limit) == (COUNTER, "/v1/legal-notices/ntc_1/counter")


@pytest.mark.parametrize("law", ["dmca", "no_fakes"])
def test_where_a_law_sets_dates_an_appeal_cannot_be_won_however_it_came_in(house: House, law: str) -> None:
    case_id, batch = down(house, TakedownCause(f"optout:notice:{law}", "ntc_1"))
    now = house.clock.now()
    against = (AppealKind.TAKEN_DOWN, batch.id, Stage.OUTPUT, ADA, SAID, AppealState.OPEN, now, now + ANSWER)
    AppealStore(house.database).add(Appeal("appeal_1", case_id, *against), ())
    assert house.appeal_review.show("appeal_1").people == 0
    for judge in (OTHER, "acct_third"):
        with pytest.raises(Conflict) as instead:
            house.appeal_review.overturn("appeal_1", judge, "It is fair use.")
        assert code_of(instead) == COUNTER
    house.appeals.sweep()
    assert house.release(case_id).status == "taken_down"
    with pytest.raises(Conflict):
        house.takedowns.spare(batch.id, [case_id], OTHER)


def test_a_demand_that_a_person_be_taken_down_takes_two_to_overturn_and_never_whoever_made_it(house: House) -> None:
    case_id, _ = down(house, TakedownCause("optout:notice:take_it_down", "ntc_1"), by="system")
    house.batches.givers["ntc_1"] = STAFF
    appeal = house.appeals.file(ADA, case_id, SAID)
    with pytest.raises(NotPermitted) as own:
        house.appeal_review.uphold(appeal.id, STAFF, "I said so.")
    assert code_of(own) == "appeal:case:own"
    assert house.appeal_review.overturn(appeal.id, OTHER, "Nobody is in it.").appeal.state is AppealState.OPEN
    house.appeal_review.overturn(appeal.id, "acct_third", "Nobody is in it.")
    assert house.release(case_id).status == "released"


def test_of_two_that_hold_a_video_down_the_one_is_appealed_against_that_an_appeal_can_lift(house: House) -> None:
    case_id, claimed = down(house)
    house.takedowns.take_down([case_id], TakedownCause("optout:notice:dmca", "ntc_1"), STAFF)
    appeal = house.appeals.file(ADA, case_id, SAID)
    assert appeal.decision_id == claimed.id
    house.appeal_review.overturn(appeal.id, OTHER, "Another lion.")
    assert house.release(case_id).status == "taken_down"  # the law's date is still to come
    assert house.appeals.room(ADA, house.cases.get(case_id)) is None


def test_a_rights_holder_lets_a_video_out_that_was_taken_down_for_them(house: House) -> None:
    case_id, _ = down(house)
    appeal = house.appeals.file(ADA, case_id, SAID)
    house.appeal_hearing.permit(HOLDER, appeal.id, LEO)
    assert house.release(case_id).status == "released"
