"""Held cases: what a reviewer may lift, and what nobody may."""

import pytest

from generator_gateway.stages import Released, Stopped
from likeness_guard.api import Band
from tests.factories.cases import a_finding
from tests.unit.generator_gateway.conftest import KEEP, House, seen
from trust_kernel.decisions import Outcome, Stage, Verdict
from trust_kernel.errors import Conflict, NotFound, NotPermitted

UNSURE = a_finding(Outcome.UNSURE, "optout:name:unsure")
STAFF = "acct_staff"


def held(house: House) -> str:
    house.gate.findings = (UNSURE,)
    case = house.submit()
    ended = house.ended(case)
    assert isinstance(ended, Stopped)
    assert ended.verdict is Verdict.HOLD
    house.queue.sent.clear()
    return case.id


def test_a_held_case_waits_with_its_reasons_and_its_maker_is_told(house: House) -> None:
    case_id = held(house)
    case = house.cases.get(case_id)
    assert (case.status, case.reasons, case.completed_at) == ("held", ("optout:name:unsure",), None)
    assert house.kinds() == ["case:request:opened", "case:request:held"]
    (told,) = house.notices("acct_ada", "video:case:held")
    assert told.payload["video_id"] == case_id
    assert told.payload["code"] == "optout:name:unsure"
    assert str(told.payload["message"]).startswith("This looks close")
    assert house.leases.abandoned() == []


def test_nobody_decides_on_what_they_asked_for_themselves(house: House) -> None:
    case_id = held(house)
    with pytest.raises(NotPermitted) as refused:
        house.reviews.decide(case_id, "acct_ada", Verdict.ALLOW, "fine by me")
    assert refused.value.code == "review:case:own"
    assert house.cases.get(case_id).status == "held"


def test_a_reviewer_lets_a_held_case_go_on_to_its_release(any_house: House) -> None:
    house = any_house
    case_id = held(house)
    file = house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "fine")
    assert (file.case.status, file.case.error_code, file.case.reasons) == ("queued", None, ())
    assert house.queue.sent == [case_id]
    assert house.kinds()[-1] == "review:case:approved"
    house.gate.findings = ()
    assert isinstance(house.runner.run(case_id), Released)


def test_what_a_reviewer_lifted_stays_lifted_for_that_look_only(house: House) -> None:
    case_id = held(house)
    house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "fine")
    assert house.cases.approved(case_id, Stage.REQUEST) == {"optout:name:unsure"}
    assert house.cases.approved(case_id, Stage.OUTPUT) == frozenset()
    ended = house.runner.run(case_id)
    # the same doubt about what was drawn is another question
    assert isinstance(ended, Stopped)
    assert ended.verdict is Verdict.HOLD
    assert [decision.stage for decision in house.cases.decisions(case_id)].count(Stage.OUTPUT) == 1


def test_a_draft_that_was_held_is_released_after_review_without_being_drawn_again(house: House) -> None:
    bea = house.person("bea")
    house.likeness.shown = {b"drawn": (seen(bea.id, band=Band.UNSURE),)}
    case = house.submit()
    house.ended(case)
    assert house.cases.get(case.id).status == "held"
    with house.reviews.draft(case.id) as path:
        assert path.read_bytes() == b"drawn"
    house.clock.advance(minutes=5)
    house.reviews.decide(case.id, STAFF, Verdict.ALLOW, "")
    assert isinstance(house.runner.run(case.id), Released)
    assert len(house.backend.orders) == 1
    lifted = house.cases.decisions(case.id)[-1]
    assert lifted.verdict is Verdict.ALLOW
    assert [ruling.policy for ruling in lifted.rulings if ruling.reason == "likeness:face:unsure"] == ["human-review"]


def test_a_new_doubt_is_held_again(house: House) -> None:
    case_id = held(house)
    house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "")
    house.gate.findings = (UNSURE, a_finding(Outcome.UNSURE, "likeness:name:unsure"))
    ended = house.runner.run(case_id)
    assert isinstance(ended, Stopped)
    assert ended.reasons == ("likeness:name:unsure",)
    assert house.cases.get(case_id).status == "held"


def test_no_review_lifts_a_denial_that_came_meanwhile(house: House) -> None:
    case_id = held(house)
    house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "")
    house.gate.findings = (a_finding(Outcome.MATCH, "optout:name:unsure"),)
    ended = house.runner.run(case_id)
    assert isinstance(ended, Stopped)
    assert ended.verdict is Verdict.DENY


def test_a_reviewer_ends_a_held_case(house: House) -> None:
    case_id = held(house)
    house.clock.advance(minutes=5)
    file = house.reviews.decide(case_id, STAFF, Verdict.DENY, "no")
    case = file.case
    assert (case.status, case.error_code, case.reasons) == ("failed", "review:case:denied", ("review:case:denied",))
    assert case.completed_at == house.clock.now()
    assert house.kinds()[-1] == "review:case:denied"
    assert house.queue.sent == []
    (told,) = house.notices("acct_ada", "video:case:failed")
    assert dict(told.payload) == {
        "video_id": case_id,
        "code": "review:case:denied",
        "appeal": f"/v1/videos/{case_id}/appeal",
        "until": (house.clock.now() + KEEP).isoformat(),
    }
    assert house.runner.run(case_id) is None


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.DENY])
def test_only_a_held_case_is_reviewed(any_house: House, verdict: Verdict) -> None:
    house = any_house
    case_id = house.submit().id
    before = house.kinds()
    with pytest.raises(Conflict) as error:
        house.reviews.decide(case_id, STAFF, verdict, "")
    assert error.value.code == "case:state:not_held"
    assert house.kinds() == before
    assert house.cases.get(case_id).status == "queued"


def test_a_case_is_reviewed_once(house: House) -> None:
    case_id = held(house)
    house.reviews.decide(case_id, STAFF, Verdict.DENY, "")
    with pytest.raises(Conflict):
        house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "")


def test_a_case_that_is_not_there_is_not_reviewed(house: House) -> None:
    with pytest.raises(NotFound):
        house.reviews.decide("video_nowhere", STAFF, Verdict.ALLOW, "")


def test_a_review_gives_a_case_its_attempts_back(house: House) -> None:
    case_id = held(house)
    house.reviews.decide(case_id, STAFF, Verdict.ALLOW, "")
    assert house.claimed(case_id).attempt == 1


def test_a_decision_is_kept_with_everything_that_it_was_made_with(any_house: House) -> None:
    house = any_house
    case_id = held(house)
    (decision,) = house.reviews.open(case_id).decisions
    assert decision.stage is Stage.REQUEST
    assert decision.verdict is Verdict.HOLD
    assert decision.policy_version == house.policy.version
    assert UNSURE in [ruling.finding for ruling in decision.rulings]
    assert {ruling.finding.gate for ruling in decision.rulings} >= {"prompt:names", "consent:cameo", "remix:lineage"}


def test_staff_page_through_held_cases_newest_first(house: House) -> None:
    ids = [held(house) for _ in range(3)]
    house.gate.findings = ()
    house.submit()
    files, more = house.reviews.page(status="held", after=None, limit=2)
    assert ([file.case.id for file in files], more) == (sorted(ids, reverse=True)[:2], True)
    assert all(file.decisions for file in files)


def test_a_reference_is_shown_to_reviewers_and_nothing_else(house: House, tmp_path: object) -> None:
    from pathlib import Path

    photo = Path(str(tmp_path)) / "photo.png"
    photo.write_bytes(b"image of a harbour")
    case = house.submit(references=(photo,))
    (reference,) = case.request.references
    with house.reviews.reference(case.id, reference.id) as path:
        assert path.read_bytes() == b"image of a harbour"
    with pytest.raises(NotFound), house.reviews.reference(case.id, "ref_other"):
        pass
    with pytest.raises(NotFound), house.reviews.draft(case.id):
        pass
