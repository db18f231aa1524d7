"""Being asked about single uses: who is asked, who may answer, what an answer does, and what silence means."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_registry.api import (
    ApprovalDesk,
    ApprovalState,
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Grant,
    Mode,
    Question,
    QuestionState,
    Subject,
    TakeBack,
    Use,
    Wanted,
)
from consent_registry.service.asking import Using
from tests.factories.databases import sqlite
from tests.fakes.approvals import FakeUses
from tests.unit.consent_registry.conftest import EVERYONE, FACE, House
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted

YES, NO = ApprovalState.APPROVED, ApprovalState.REFUSED
PATIENCE = timedelta(hours=72)
USE = "video_1"


@dataclass
class Asked:
    """A registry in which Ada wants to be asked each time, and Bob wants to use her likeness."""

    house: House
    uses: FakeUses = field(default_factory=FakeUses)

    def __post_init__(self) -> None:
        self.desk = ApprovalDesk(self.house.parts, self.uses, PATIENCE)
        self.ada = self.house.person("ada")
        self.house.person("bob")
        self.grant = self.asking(self.ada)
        self.uses.add(USE)

    def asking(self, subject: Subject, **terms: object) -> Grant:
        terms.setdefault("mode", Mode.ASK)
        return self.house.give(subject, EVERYONE, by="", **terms)

    def wants(self, *grants: Grant, use: str = USE, shown: str = "") -> None:
        wanted = [Wanted(grant.subject_id, grant.id, grant.terms.mode, shown) for grant in grants]
        self.desk.await_answers(use, "acct_bob", wanted)

    def question(self, account: str = "acct_ada") -> Question:
        return self.desk.mine(account, after=None, limit=10)[0]

    def says(self, said: ApprovalState, account: str = "acct_ada") -> Question:
        return self.desk.answer(self.question(account).approval.id, said, actor=account)

    def reason(self, use: str = USE) -> ConsentReason:
        ask = ConsentAsk("acct_bob", self.ada.id, FACE, remix=False, at=self.house.clock.now(), use_id=use)
        return self.house.registry.answer(ask).reason

    def told(self, account: str) -> list[str]:
        return [kind for kind, recipient, _ in self.house.notifier.told if recipient == account]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with sqlite(tmp_path) as database:
        yield Asked(House(database, tmp_path))


def test_whoever_wants_to_be_asked_is_asked_once_and_told_by_whom_and_until_when(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.wants(asked.grant)

    assert len(asked.desk.mine("acct_ada", after=None, limit=10)) == 1
    payloads = [payload for kind, _, payload in asked.house.notifier.told if kind == "consent:approval:asked"]
    assert len(payloads) == 1
    assert payloads[0]["by"] == "bob"
    assert payloads[0]["video_id"] == USE
    assert payloads[0]["until"] == (asked.house.clock.now() + PATIENCE).isoformat()


def test_a_use_waits_until_the_person_says_yes(asked: Asked) -> None:
    asked.wants(asked.grant)
    assert asked.reason() is ConsentReason.APPROVAL_WAITING

    asked.says(YES)

    assert asked.reason() is ConsentReason.GRANT_ACTIVE
    assert asked.uses.resumed == [USE]
    assert asked.uses.woken == [USE]


def test_a_yes_is_for_one_use_alone(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(YES)

    assert asked.reason("video_2") is ConsentReason.APPROVAL_WAITING


def test_one_no_outranks_every_other_grant_of_the_person(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(NO)
    asked.house.give(asked.ada)

    assert asked.reason() is ConsentReason.APPROVAL_REFUSED
    assert asked.reason("video_2") is ConsentReason.GRANT_ACTIVE


def test_a_no_stops_a_use_that_was_admitted_under_another_grant(asked: Asked) -> None:
    free = asked.house.give(asked.ada)
    admitted = ConsentSnapshot(asked.ada.id, asked.ada.consent_epoch, free.id, frozenset({"face"}))
    asked.wants(asked.grant)
    asked.says(NO)
    now, registry = asked.house.clock.now(), asked.house.registry

    assert registry.recheck([admitted], account_id="acct_bob", at=now, use_id=USE) is ConsentReason.APPROVAL_REFUSED
    using = Using("acct_bob", USE, now, Use())
    assert registry.still([admitted], using) == {asked.ada.id: ConsentReason.APPROVAL_REFUSED}
    assert registry.recheck([admitted], account_id="acct_bob", at=now, use_id="video_2") is None


def test_a_yes_may_become_a_no_but_a_no_stays(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(YES)
    asked.says(NO)

    with pytest.raises(Conflict) as refused:
        asked.says(YES)
    assert refused.value.code == "consent:approval:answered"
    assert asked.reason() is ConsentReason.APPROVAL_REFUSED


def test_a_yes_may_become_a_no_after_the_deadline_for_answers(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(YES)
    asked.house.clock.advance(hours=144)

    assert asked.says(NO).state is QuestionState.REFUSED


def test_the_same_answer_twice_changes_nothing(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(YES)
    epoch = asked.house.registry.subject(asked.ada.id).consent_epoch
    asked.says(YES)

    assert asked.house.registry.subject(asked.ada.id).consent_epoch == epoch
    assert [kind for kind, _ in asked.house.record.entries].count("consent:approval:given") == 1


def test_every_answer_is_on_the_ledger_without_names(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.says(YES)
    asked.says(NO)

    entries = {kind: body for kind, body in asked.house.record.entries if kind.startswith("consent:approval")}
    assert set(entries) == {"consent:approval:given", "consent:approval:denied"}
    assert entries["consent:approval:denied"]["use"] == USE
    assert asked.ada.id not in str(entries)
    assert "acct_ada" not in str(entries)


@pytest.mark.parametrize("somebody", ["acct_bob", "acct_staff", "acct_nobody"])
def test_nobody_can_see_or_answer_somebody_elses_question(asked: Asked, somebody: str) -> None:
    asked.wants(asked.grant)
    identity = asked.question().approval.id

    with pytest.raises(NotFound):
        asked.desk.one(identity, somebody)
    with pytest.raises(NotFound):
        asked.desk.answer(identity, YES, actor=somebody)
    assert not asked.desk.mine(somebody, after=None, limit=10)
    assert asked.reason() is ConsentReason.APPROVAL_WAITING


def test_silence_is_a_no_that_both_are_told_of(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.house.clock.advance(hours=72)
    assert asked.reason() is ConsentReason.APPROVAL_LAPSED

    assert asked.desk.sweep() == 1
    assert asked.desk.sweep() == 0

    assert asked.told("acct_ada").count("consent:approval:silent") == 1
    assert asked.told("acct_bob").count("consent:approval:silent") == 1
    assert asked.uses.resumed == [USE]
    assert asked.question().state is QuestionState.LAPSED


def test_who_answers_too_late_is_told_so(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.house.clock.advance(hours=72)

    with pytest.raises(Conflict) as late:
        asked.says(YES)
    assert late.value.code == "consent:approval:late"


def test_the_deadline_is_never_past_the_end_of_the_grant(asked: Asked) -> None:
    end = asked.house.clock.now() + timedelta(hours=1)
    short = asked.asking(asked.house.person("cleo"), expires_at=end)
    asked.wants(short)

    assert asked.question("acct_cleo").approval.until == short.expires_at


def test_nobody_is_asked_under_a_grant_that_ended_meanwhile_and_the_use_is_judged_again(asked: Asked) -> None:
    asked.house.registry.revoke(asked.grant.id, actor="acct_ada")
    asked.wants(asked.grant)

    assert not asked.desk.mine("acct_ada", after=None, limit=10)
    assert asked.uses.resumed == [USE]


def barred(asked: Asked) -> None:
    asked.house.registry.safety.bar(asked.ada.id, "acct_bob", "acct_ada", TakeBack.STOP_NEW)


def paused(asked: Asked) -> None:
    asked.house.registry.safety.pause(asked.ada.id, "acct_ada", paused=True)


def locked_down(asked: Asked) -> None:
    asked.house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak")


@pytest.mark.parametrize("stop", [barred, paused, locked_down])
def test_nobody_is_asked_about_what_their_answer_could_not_let_go_on(
    asked: Asked, stop: Callable[[Asked], None]
) -> None:
    stop(asked)
    asked.wants(asked.grant)

    assert not asked.desk.mine("acct_ada", after=None, limit=10)
    assert "consent:approval:asked" not in asked.told("acct_ada")
    assert asked.uses.resumed == [USE]


@pytest.mark.parametrize("stop", [paused, locked_down])
def test_a_yes_that_could_not_count_now_is_not_taken_and_can_be_said_later(
    asked: Asked, stop: Callable[[Asked], None]
) -> None:
    asked.wants(asked.grant)
    stop(asked)
    with pytest.raises(Conflict) as stopped:
        asked.says(YES)
    assert stopped.value.code == "consent:approval:stopped"
    assert (asked.question().state, asked.uses.resumed) == (QuestionState.WAITING, [])
    asked.house.registry.safety.pause(asked.ada.id, "acct_ada", paused=False)
    asked.house.registry.safety.set_lockdown("acct_op", on=False, reason="it is over")
    assert asked.says(YES).state is QuestionState.APPROVED


@pytest.mark.parametrize("stop", [paused, locked_down])
def test_a_no_is_heard_whatever_is_stopped(asked: Asked, stop: Callable[[Asked], None]) -> None:
    asked.wants(asked.grant)
    stop(asked)
    assert asked.says(NO).state is QuestionState.REFUSED


def test_what_is_out_or_was_stopped_can_no_longer_be_answered(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.uses.end(USE)

    assert asked.question().state is QuestionState.ENDED
    with pytest.raises(Conflict) as ended:
        asked.says(YES)
    assert ended.value.code == "consent:approval:ended"


def test_a_question_that_nobody_needs_lapses_without_a_word(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.uses.end(USE)
    asked.house.clock.advance(hours=72)
    asked.desk.sweep()

    assert "consent:approval:silent" not in asked.told("acct_ada") + asked.told("acct_bob")
    assert asked.uses.resumed == []


def test_what_nobody_needs_an_answer_to_is_put_away_behind_what_waits(asked: Asked) -> None:
    asked.wants(asked.grant)
    asked.house.clock.advance(minutes=1)
    asked.uses.add("video_2")
    asked.wants(asked.grant, use="video_2")
    asked.uses.end(USE)
    asked.desk.sweep()

    states = [(question.approval.use_id, str(question.state)) for question in mine(asked)]
    assert states == [("video_2", "waiting"), (USE, "ended")]
    assert not [kind for kind, _ in asked.house.record.entries if kind.startswith("consent:approval")]


def test_questions_are_walked_through_part_by_part(asked: Asked) -> None:
    for number in range(5):
        asked.uses.add(f"video_{number}")
        asked.wants(asked.grant, use=f"video_{number}")
        asked.uses.end(f"video_{number}")
    for _ in range(3):
        asked.desk.sweep(limit=2)
    assert asked.house.parts.store.unanswered_after("", 10) == []


def test_several_people_are_awaited_by_the_earliest_deadline(asked: Asked) -> None:
    cleo = asked.house.person("cleo")
    soon = asked.house.clock.now() + timedelta(hours=2)
    hers = asked.asking(cleo, expires_at=soon)
    asked.wants(asked.grant, hers)

    waiting = asked.desk.awaited(USE)
    assert [one.handle for one in waiting] == ["cleo", "ada"]

    asked.says(YES, "acct_cleo")
    assert [one.handle for one in asked.desk.awaited(USE)] == ["ada"]


def test_questions_that_wait_come_first_then_the_newest_answers_page_by_page(asked: Asked) -> None:
    for number in range(1, 6):
        asked.uses.add(f"video_{number}")
        asked.wants(asked.grant, use=f"video_{number}")
        asked.house.clock.advance(minutes=1)
    questions = {question.approval.use_id: question.approval.id for question in mine(asked)}
    for use in ("video_2", "video_4"):
        asked.desk.answer(questions[use], YES, actor="acct_ada")
        asked.house.clock.advance(minutes=1)

    order = [question.approval.use_id for question in mine(asked)]
    assert order == ["video_1", "video_3", "video_5", "video_4", "video_2"]
    paged: list[str] = []
    after = None
    while page := asked.desk.mine("acct_ada", after=after, limit=2):
        paged.extend(question.approval.use_id for question in page)
        after = page[-1].approval.id
    assert paged == order


def mine(asked: Asked) -> list[Question]:
    return list(asked.desk.mine("acct_ada", after=None, limit=20))


def test_a_preview_counts_for_what_was_shown_alone(asked: Asked) -> None:
    first = asked.asking(asked.ada, mode=Mode.PREVIEW)
    asked.wants(first, shown="a" * 64)
    asked.says(YES)
    standing = asked.desk.preview_of
    assert standing(USE, asked.ada.id, first.id, "a" * 64) is None
    assert standing(USE, asked.ada.id, first.id, "b" * 64) is ConsentReason.PREVIEW_WAITING

    asked.wants(first, shown="b" * 64)

    assert asked.question().state is QuestionState.WAITING
    assert standing(USE, asked.ada.id, first.id, "a" * 64) is ConsentReason.PREVIEW_WAITING
    asked.says(NO)
    asked.wants(first, shown="c" * 64)
    assert standing(USE, asked.ada.id, first.id, "c" * 64) is ConsentReason.PREVIEW_REFUSED


def test_a_preview_can_be_watched_until_anybody_in_it_says_no(asked: Asked) -> None:
    hers = asked.asking(asked.house.person("cleo"), mode=Mode.PREVIEW)
    ours = asked.asking(asked.ada, mode=Mode.PREVIEW)
    asked.wants(ours, hers, shown="a" * 64)
    identity = asked.question().approval.id

    assert asked.desk.watchable(identity, "acct_ada") is not None
    asked.says(YES)
    assert asked.desk.watchable(identity, "acct_ada") is not None
    asked.says(NO, "acct_cleo")
    assert asked.desk.watchable(identity, "acct_ada") is None


def test_a_preview_is_gone_when_its_grant_ends(asked: Asked) -> None:
    ours = asked.asking(asked.ada, mode=Mode.PREVIEW)
    asked.wants(ours, shown="a" * 64)
    asked.house.registry.revoke(ours.id, actor="acct_ada")

    assert asked.desk.watchable(asked.question().approval.id, "acct_ada") is None


@pytest.mark.parametrize("note", ["x" * 501, "bell\x07"])
def test_a_note_is_short_and_printable(asked: Asked, note: str) -> None:
    asked.wants(asked.grant)
    with pytest.raises(InvalidInput):
        asked.desk.answer(asked.question().approval.id, YES, actor="acct_ada", note=note)


def test_a_forgotten_persons_notes_and_questions_are_gone(asked: Asked) -> None:
    asked.uses.add("video_2")
    asked.wants(asked.grant)
    asked.wants(asked.grant, use="video_2")
    first = asked.question().approval.id
    asked.desk.answer(first, NO, actor="acct_ada", note="not with him")
    asked.house.parts.store.strip_approvals(asked.ada.id)

    assert asked.house.parts.store.note_of(first) == ""
    assert asked.house.parts.store.unanswered_since(asked.house.clock.now() + PATIENCE * 2, 10) == []


STEPS = st.lists(st.sampled_from(["ask", "yes", "no", "wait", "lapse", "give", "revoke"]), max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_no_release_goes_by_a_grant_that_asks_without_a_standing_yes(
    tmp_path: Path, steps: list[str]
) -> None:
    """A use asked about never stands after a no, nor under the asking grant without a yes in time."""
    with sqlite(tmp_path / str(abs(hash(tuple(steps))))) as database:
        asked = Asked(House(database, tmp_path))
        said: list[ApprovalState] = []
        for step in steps:
            walk(asked, step, said)
            answer = asked.house.registry.answer(
                ConsentAsk("acct_bob", asked.ada.id, FACE, remix=False, at=asked.house.clock.now(), use_id=USE)
            )
            if answer.permitted and answer.grant_id == asked.grant.id:
                assert said[-1:] == [YES]
            if NO in said:
                assert not answer.permitted


def walk(asked: Asked, step: str, said: list[ApprovalState]) -> None:
    """One thing that may happen."""
    if step == "ask":
        asked.wants(asked.grant)
    elif step in {"yes", "no"} and mine(asked):
        try:
            asked.says(YES if step == "yes" else NO)
        except Conflict:
            return
        said.append(YES if step == "yes" else NO)
    elif step == "wait":
        asked.house.clock.advance(hours=36)
    elif step == "lapse":
        asked.desk.sweep()
    elif step == "give":
        asked.house.give(asked.ada, Audience(AudienceKind.PEOPLE, frozenset({"acct_bob"})))
    elif step == "revoke":
        asked.house.registry.revoke(asked.grant.id, actor="acct_ada")


# --- a minor's guardian


@dataclass
class AskedTeen:
    """A registry in which a minor's guardian granted uses of the minor's likeness one by one."""

    asked: Asked

    def __post_init__(self) -> None:
        house = self.asked.house
        self.kid = house.person("kid", birth_year=2011)
        house.guard("acct_mum", self.kid)
        self.grant = house.give(self.kid, EVERYONE, by="acct_mum", mode=Mode.ASK)
        self.asked.uses.add("video_teen")
        self.asked.wants(self.grant, use="video_teen")


def test_a_guardian_hears_the_question_and_says_yes(asked: Asked) -> None:
    teen = AskedTeen(asked)
    assert asked.told("acct_mum")[-1] == asked.told("acct_kid")[-1] == "consent:approval:asked"
    whom = {recipient: payload.get("whom") for kind, recipient, payload in asked.house.notifier.told if "asked" in kind}
    assert whom == {"acct_kid": None, "acct_mum": "kid"}
    assert asked.question("acct_mum").approval.subject_id == teen.kid.id
    assert asked.says(YES, "acct_mum").state is QuestionState.APPROVED
    assert asked.told("acct_mum")[-1] == asked.told("acct_kid")[-1] == "consent:approval:given"


def test_a_minor_says_no_alone_but_yes_only_through_a_guardian(asked: Asked) -> None:
    AskedTeen(asked)
    with pytest.raises(NotPermitted) as caught:
        asked.says(YES, "acct_kid")
    assert caught.value.code == "consent:minor:alone"
    assert asked.question("acct_kid").state is QuestionState.WAITING
    asked.says(NO, "acct_kid")
    with pytest.raises(Conflict):
        asked.desk.answer(asked.question("acct_mum").approval.id, YES, actor="acct_mum")


def test_a_guardian_sees_the_own_questions_and_the_wards_in_one_order_and_nobody_elses(asked: Asked) -> None:
    teen = AskedTeen(asked)
    mum = asked.house.person("mum")
    asked.house.clock.advance(hours=1)
    asked.wants(asked.asking(mum), asked.grant)
    subjects = [question.approval.subject_id for question in asked.desk.mine("acct_mum", after=None, limit=10)]
    assert subjects == [teen.kid.id, mum.id]
    with pytest.raises(NotFound):
        asked.desk.one(asked.question("acct_kid").approval.id, "acct_bob")


def test_a_guardian_is_none_any_more_once_the_minor_is_grown(asked: Asked) -> None:
    AskedTeen(asked)
    found = asked.question("acct_mum").approval.id
    asked.house.clock.advance(days=4 * 365)
    assert asked.desk.mine("acct_mum", after=None, limit=10) == ()
    with pytest.raises(NotFound):
        asked.desk.answer(found, NO, actor="acct_mum")
