"""Cases that wait for somebody's own yes: asked before anything is made, or shown what was made first."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_registry.api import ApprovalState, Grant, Mode, OnRevocation, Question, Subject
from generator_gateway.api import CaseSummary
from generator_gateway.service.awaiting import UNANSWERED, held_for_answers
from generator_gateway.stages import Previewed, Released, Stopped
from tests.factories.cases import a_decision, a_finding, a_ruling
from tests.factories.databases import sqlite
from tests.unit.generator_gateway.conftest import EVERYONE, House, seen
from trust_kernel.decisions import Outcome, Verdict
from trust_kernel.errors import Conflict, Gone, NotFound, NotPermitted
from watermark.api import Visibility

YES, NO = ApprovalState.APPROVED, ApprovalState.REFUSED
SOON = timedelta(hours=2)


class Story:
    """Ada and Cleo can be asked for; Bob asks."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.person("bob")
        self.ada, self.cleo = house.person("ada"), house.person("cleo")

    def asks(self, prompt: str = "@ada waves") -> CaseSummary:
        """Bob asks, and a worker takes it as far as it goes."""
        case = self.house.submit(prompt, "acct_bob")
        self.goes_on(case)
        return case

    def goes_on(self, case: CaseSummary) -> Released | Stopped | None:
        return self.house.runner.run(case.id)

    def question(self, who: str) -> Question:
        return self.house.approvals.mine(f"acct_{who}", after=None, limit=5)[0]

    def says(self, who: str, said: ApprovalState) -> None:
        self.house.approvals.answer(self.question(who).approval.id, said, actor=f"acct_{who}")

    def status(self, case: CaseSummary) -> str:
        return self.house.cases.get(case.id).status

    def reasons(self, case: CaseSummary) -> tuple[str, ...]:
        return self.house.cases.get(case.id).reasons

    def message(self, case: CaseSummary) -> str:
        return self.house.cases.get(case.id).error_message or ""

    def asking(self, subject: Subject, mode: Mode = Mode.ASK, **terms: object) -> Grant:
        fields: dict[str, object] = {"mode": mode, **terms}
        return self.house.give(subject, EVERYONE, **fields)

    def preview(self, who: str, viewer: str | None = None) -> bytes:
        identity = self.question(who).approval.id
        with self.house.previews.open(identity, f"acct_{viewer or who}") as path:
            return path.read_bytes()


@pytest.fixture
def story(house: House) -> Story:
    return Story(house)


def test_a_request_waits_for_the_persons_yes_and_then_goes_on_to_its_release(story: Story) -> None:
    story.asking(story.ada)
    case = story.asks()
    assert story.status(case) == "held"
    assert story.reasons(case) == ("consent:approval:waiting",)
    assert story.house.backend.orders == []

    story.says("ada", YES)
    assert story.house.queue.sent[-1] == case.id
    assert isinstance(story.goes_on(case), Released)
    assert story.house.uses(story.house.registry.grants(story.ada.id)[0]) == 1


def test_the_one_who_asks_is_told_whom_it_waits_for_and_until_when(story: Story) -> None:
    story.asking(story.ada)
    story.asking(story.cleo, expires_at=story.house.clock.now() + SOON)
    case = story.asks("@ada and @cleo wave")

    until = story.house.clock.now() + SOON
    assert f"It waits for @ada and @cleo until {until:%Y-%m-%d %H:%M} UTC." in story.message(case)
    told = story.house.notices("acct_bob", "video:case:held")
    assert "@cleo" in str(told[-1].payload["message"])


def test_whoever_is_only_recognised_in_what_was_handed_in_is_not_named_to_the_one_who_asks(
    story: Story, tmp_path: Path
) -> None:
    story.asking(story.ada)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of somebody")
    story.house.likeness.shown[b"image of somebody"] = (seen(story.ada.id),)
    case = story.house.submit("a portrait", "acct_bob", references=(photo,))
    story.goes_on(case)

    assert "It waits for 1 person until" in story.message(case)
    assert "ada" not in story.message(case)


def test_one_no_ends_it_with_its_reason_whatever_others_say(story: Story) -> None:
    story.asking(story.ada)
    story.asking(story.cleo)
    case = story.asks("@ada and @cleo wave")
    story.says("cleo", YES)
    story.says("ada", NO)
    story.goes_on(case)

    assert story.status(case) == "failed"
    assert "consent:approval:refused" in story.reasons(case)
    assert story.house.backend.orders == []


def test_everybody_has_to_say_yes(story: Story) -> None:
    story.asking(story.ada)
    story.asking(story.cleo)
    case = story.asks("@ada and @cleo wave")
    story.says("ada", YES)
    story.goes_on(case)
    assert story.status(case) == "held"
    assert "@ada" not in story.message(case)
    assert "It waits for @cleo until" in story.message(case)

    story.says("cleo", YES)
    assert isinstance(story.goes_on(case), Released)


def test_silence_ends_it_when_the_time_is_up(story: Story) -> None:
    story.asking(story.ada)
    case = story.asks()
    story.house.clock.advance(hours=72)
    assert story.house.approvals.sweep() == 1
    story.goes_on(case)

    assert story.status(case) == "failed"
    assert story.reasons(case) == ("consent:approval:lapsed",)
    assert story.house.notices("acct_ada", "consent:approval:silent")
    assert story.house.notices("acct_bob", "consent:approval:silent")


def test_a_reviewer_cannot_answer_for_a_person(story: Story) -> None:
    story.asking(story.ada)
    case = story.asks()
    assert [one.handle for one in story.house.reviews.open(case.id).waits_for] == ["ada"]

    with pytest.raises(NotPermitted, match="@ada") as refused:
        story.house.reviews.decide(case.id, "acct_staff", Verdict.ALLOW, "looks fine")
    assert refused.value.code == "review:case:awaits_answer"
    assert story.status(case) == "held"

    story.house.reviews.decide(case.id, "acct_staff", Verdict.DENY, "not like this")
    assert story.status(case) == "failed"
    assert story.question("ada").state == "ended"


def test_nobody_is_asked_about_what_a_reviewer_has_yet_to_look_at(story: Story) -> None:
    story.asking(story.ada)
    story.house.gate.findings = (a_finding(Outcome.UNSURE, "likeness:face:unsure"),)
    case = story.asks()
    assert set(story.reasons(case)) == {"consent:approval:waiting", "likeness:face:unsure"}
    assert not story.house.approvals.mine("acct_ada", after=None, limit=5)

    story.house.reviews.decide(case.id, "acct_staff", Verdict.ALLOW, "fine")
    story.goes_on(case)

    assert story.status(case) == "held"
    assert story.reasons(case) == ("consent:approval:waiting",)
    story.says("ada", YES)
    story.house.gate.findings = ()
    assert isinstance(story.goes_on(case), Released)


def test_a_yes_that_comes_while_a_worker_still_says_held_is_not_lost(story: Story) -> None:
    """The answer takes the case from whoever looked before it came."""
    story.asking(story.ada)
    case = story.house.submit("@ada waves", "acct_bob")
    ledger = story.house.line.ledger
    close = ledger.close

    def answered_first(stopped: Stopped) -> Stopped:
        story.says("ada", YES)
        return close(stopped)

    ledger.close = answered_first  # type: ignore[method-assign] # at the worst moment
    assert story.goes_on(case) is None
    ledger.close = close  # type: ignore[method-assign] # as it was
    assert isinstance(story.goes_on(case), Released)


def test_a_no_while_it_is_being_made_stops_its_release(story: Story) -> None:
    story.asking(story.ada)
    case = story.asks()
    story.says("ada", YES)
    render = story.house.backend.render

    def changes_her_mind(*given: object) -> None:
        render(*given)  # type: ignore[arg-type] # as it is called
        story.says("ada", NO)

    story.house.backend.render = changes_her_mind  # type: ignore[assignment] # while it is drawn
    assert story.goes_on(case) is None
    story.house.backend.render = render  # type: ignore[method-assign] # as it was
    story.goes_on(case)

    assert story.status(case) == "failed"
    assert story.house.releases.find(case.id) is None


def test_the_person_sees_a_marked_copy_before_anybody_gets_it(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    case = story.asks()
    assert story.status(case) == "held"
    assert story.reasons(case) == ("consent:preview:waiting",)
    shown = story.preview("ada")
    assert shown != story.house.backend.content
    assert story.house.marking.shown == [Visibility.STRONG]
    assert story.house.marking.marked == [story.house.cases.release_number(case.id)]
    with pytest.raises(Conflict):
        story.house.desk.download("acct_bob", case.id).__enter__()

    story.says("ada", YES)
    assert isinstance(story.goes_on(case), Released)
    assert len(story.house.backend.orders) == 1


def test_only_the_one_who_is_asked_can_watch(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    story.asks()
    for somebody in ("bob", "cleo", "staff"):
        with pytest.raises(NotFound):
            story.preview("ada", somebody)


def test_a_no_to_a_preview_ends_it_and_the_copy_with_it(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    case = story.asks()
    story.says("ada", NO)
    with pytest.raises(Gone):
        story.preview("ada")
    story.goes_on(case)
    assert story.status(case) == "failed"
    assert "consent:preview:refused" in story.reasons(case)


def test_a_preview_is_gone_once_its_video_is_out_or_was_deleted(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    case = story.asks()
    story.house.desk.delete("acct_bob", case.id)
    with pytest.raises(Gone):
        story.preview("ada")

    story.house.approvals.sweep()
    other = story.asks("@ada waves again")
    story.says("ada", YES)
    story.goes_on(other)
    with pytest.raises(Gone):
        story.preview("ada")


def test_a_preview_is_gone_when_somebody_else_in_it_revokes(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    hers = story.house.give(story.cleo)
    story.asks("@ada and @cleo wave")
    assert story.preview("ada")
    story.house.registry.revoke(hers.id, actor="acct_cleo")
    with pytest.raises(Gone):
        story.preview("ada")


def test_a_case_that_waits_is_closed_when_the_grant_is_revoked(story: Story) -> None:
    grant = story.asking(story.ada, on_revocation=OnRevocation.KEEP)
    case = story.asks()
    story.house.registry.revoke(grant.id, actor="acct_ada")
    story.goes_on(case)
    assert story.status(case) == "failed"
    assert "consent:grant:revoked" in story.reasons(case)


def test_the_copy_is_made_once_and_kept_as_a_medium_of_the_case(story: Story) -> None:
    story.asking(story.ada, Mode.PREVIEW)
    story.asking(story.cleo, Mode.PREVIEW)
    case = story.asks("@ada and @cleo wave")
    story.says("ada", YES)
    story.goes_on(case)
    assert story.status(case) == "held"
    assert len(story.house.marking.marked) == 1
    kept = story.house.journal.earned(case.id, Previewed)
    assert kept is not None
    assert story.house.blobs.exists(kept.media.digest)


def test_what_was_handed_in_can_be_looked_at_by_the_one_who_is_asked_alone(story: Story, tmp_path: Path) -> None:
    story.asking(story.ada)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of a lake")
    case = story.house.submit("@ada at this lake", "acct_bob", references=(photo,))
    story.goes_on(case)
    question = story.question("ada")
    assert question.use is not None
    (reference,) = question.use.references
    with story.house.previews.reference(question.approval.id, "acct_ada", reference) as path:
        assert path.read_bytes() == b"image of a lake"
    with pytest.raises(NotFound), story.house.previews.reference(question.approval.id, "acct_ada", "ref_none"):
        pass
    with pytest.raises(NotFound), story.house.previews.reference(question.approval.id, "acct_bob", reference):
        pass
    story.says("ada", NO)
    story.goes_on(case)
    with pytest.raises(Gone), story.house.previews.reference(question.approval.id, "acct_ada", reference):
        pass


@pytest.mark.parametrize("end", ["no", "silence", "revoked"])
def test_what_was_handed_in_is_out_of_sight_once_nobody_is_asked_though_the_case_goes_on(
    story: Story, tmp_path: Path, end: str
) -> None:
    """The case waits for somebody else, or for a reviewer: that is no reason to look on."""
    grant = story.asking(story.ada, expires_at=story.house.clock.now() + SOON)
    story.asking(story.cleo)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of a lake")
    case = story.house.submit("@ada and @cleo at this lake", "acct_bob", references=(photo,))
    story.goes_on(case)
    asked, previews = story.question("ada").approval.id, story.house.previews
    (reference,) = previews.pictures(asked, "acct_ada")
    if end == "revoked":
        story.house.registry.revoke(grant.id, actor="acct_ada")
    elif end == "silence":
        story.house.clock.advance(hours=2)
    else:
        story.says("ada", NO)

    assert story.status(case) in {"queued", "held"}
    assert previews.pictures(asked, "acct_ada") == ()
    with pytest.raises(Gone), previews.reference(asked, "acct_ada", reference):
        pass
    theirs = story.question("cleo").approval.id
    assert previews.pictures(theirs, "acct_cleo") == (reference,)


def test_what_was_handed_in_is_seen_after_a_yes_until_the_video_is_out(story: Story, tmp_path: Path) -> None:
    story.asking(story.ada)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of a lake")
    case = story.house.submit("@ada at this lake", "acct_bob", references=(photo,))
    story.goes_on(case)
    asked = story.question("ada").approval.id
    story.says("ada", YES)
    assert len(story.house.previews.pictures(asked, "acct_ada")) == 1
    story.goes_on(case)
    assert story.house.previews.pictures(asked, "acct_ada") == ()


def test_no_policy_can_say_yes_for_a_person() -> None:
    awaiting = a_finding(Outcome.AWAITING, "consent:approval:waiting")
    ruling = replace(a_ruling(Verdict.ALLOW), finding=awaiting)
    held = held_for_answers(a_decision(ruling))
    assert held.verdict is Verdict.HOLD
    assert held.rulings[0].policy == UNANSWERED


ANSWERS = st.lists(
    st.tuples(st.sampled_from(["ada", "cleo"]), st.sampled_from(["yes", "yes", "yes", "work", "no", "wait", "lapse"])),
    max_size=10,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(modes=st.tuples(*[st.sampled_from([Mode.ASK, Mode.PREVIEW])] * 2), steps=ANSWERS)
def test_nothing_is_released_without_a_standing_yes_of_everybody_who_is_asked(
    tmp_path_factory: pytest.TempPathFactory, modes: tuple[Mode, Mode], steps: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("story")
    with sqlite(folder) as database:
        story = Story(House(database, folder))
        story.asking(story.ada, modes[0])
        story.asking(story.cleo, modes[1])
        case = story.asks("@ada and @cleo wave")
        said: dict[str, ApprovalState] = {}
        for who, what in [*steps, ("ada", "work")]:
            _step(story, case, who, what, said)
            if story.house.releases.find(case.id) is not None:
                assert said == {"ada": YES, "cleo": YES}
                return


def _step(story: Story, case: CaseSummary, who: str, what: str, said: dict[str, ApprovalState]) -> None:
    if what == "work":
        story.goes_on(case)
    elif what == "wait":
        story.house.clock.advance(hours=36)
    elif what == "lapse":
        story.house.approvals.sweep()
    elif story.house.approvals.mine(f"acct_{who}", after=None, limit=1):
        answer = YES if what == "yes" else NO
        try:
            story.says(who, answer)
        except Conflict:
            return
        said[who] = answer
