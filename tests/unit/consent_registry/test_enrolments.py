"""Enrolment as a process: two members of staff, a search for who is alike, reviews, deadlines, looks."""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from consent_registry.api import Assurance, ConsentReason, ConsentRegistry, EnrolmentRules
from consent_registry.domain.attestations import Proof
from consent_registry.domain.challenges import LiveEvidence, SoundPrint
from consent_registry.domain.enrolments import EnrolmentAttempt, EnrolmentState
from consent_registry.service.attempt_media import Media, smaller
from consent_registry.store.challenges import SqlChallenges
from tests.fakes.consent import FakeAlike, FakeScreened
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, PlacetError

PICTURE = np.random.default_rng(1).integers(0, 256, (48, 40, 3)).astype(np.uint8)
VOICE = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)
MEDIA = Media((PICTURE,), (VOICE,))
ONE, TWO = "acct_one", "acct_two"
TWIN = FakeScreened((FakeAlike("subj_twin"),))


class FakeStaff:
    """Two members of staff."""

    def who_may(self, permission: str) -> Collection[str]:
        return (ONE, TWO) if permission == "cameo:attest" else ()


def registry_of(house: House, **rules: object) -> ConsentRegistry:
    """A registry with two members of staff."""
    ruled = EnrolmentRules(**rules)  # type: ignore[arg-type] # by their fields
    return ConsentRegistry(replace(house.parts, staff=FakeStaff(), rules=ruled))


@pytest.fixture
def registry(house: House) -> ConsentRegistry:
    return registry_of(house)


def propose(house: House, registry: ConsentRegistry, subject_id: str = "", **how: object) -> EnrolmentAttempt:
    subject_id = subject_id or house.person("ada", enrolled=False, birth_year=1990).id
    fields = {"by": ONE, "keep_reference": True, **how}
    return registry.enrolments.propose(subject_id, MEDIA, **fields)  # type: ignore[arg-type] # by their names


def code_of(caught: "pytest.ExceptionInfo[PlacetError]") -> str:
    return caught.value.code


def kept_media(house: House) -> int:
    with house.database.reading() as session:
        return int(session.connection().execute(text("SELECT count(*) FROM enrolment_media")).scalar_one())


def told(house: House, kind: str) -> set[str]:
    return {recipient for what, recipient, _ in house.notifier.told if what == kind}


def test_one_member_of_staff_proposes_and_another_confirms(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    assert (attempt.state, registry.cameo(attempt.subject_id)) == (EnrolmentState.EXAMINED, None)
    assert told(house, "consent:enrolment:proposed") == {"acct_ada", TWO}
    with pytest.raises(NotPermitted) as caught:
        registry.enrolments.confirm(attempt.id, by=ONE)
    assert code_of(caught) == "consent:attestation:same"
    done = registry.enrolments.confirm(attempt.id, by=TWO, note="seen twice")
    assert (done.state, done.decided_by, done.note) == (EnrolmentState.ENROLLED, TWO, "seen twice")
    cameo = registry.cameo(attempt.subject_id)
    assert cameo is not None
    assert (cameo.assurance, cameo.has_face, cameo.has_voice) == (Assurance.STAFF_ATTESTED, True, True)
    vouched = registry.enrolments.vouched(attempt.id)
    assert vouched is not None
    assert (vouched.first_by, vouched.second_by) == (ONE, TWO)
    assert [kind for kind, _ in house.record.entries] == [
        "consent:attestation:given",
        "consent:enrolment:proposed",
        "consent:attestation:given",
        "consent:cameo:enrolled",
    ]


def test_nobody_vouches_for_themselves(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    with pytest.raises(NotPermitted) as caught:
        propose(house, registry, ada.id, by="acct_ada")
    assert code_of(caught) == "consent:attestation:own"
    attempt = propose(house, registry, ada.id)
    with pytest.raises(NotPermitted):
        registry.enrolments.confirm(attempt.id, by="acct_ada")
    with pytest.raises(NotPermitted):
        registry.enrolments.decide(attempt.id, by="acct_ada", enrol=False)


def test_media_wait_sealed_and_are_gone_once_it_is_decided(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    assert kept_media(house) == 2
    with house.database.reading() as session:
        sealed = session.connection().execute(text("SELECT sealed FROM enrolment_media")).scalars().all()
    assert all(b"NUMPY" not in one for one in sealed)
    np.testing.assert_array_equal(registry.enrolments.picture(attempt.id, 0, by=TWO), PICTURE)
    registry.enrolments.confirm(attempt.id, by=TWO)
    assert kept_media(house) == 0
    with pytest.raises(NotFound):
        registry.enrolments.picture(attempt.id, 0, by=TWO)


def test_what_cannot_be_used_is_refused_at_once_and_nothing_is_kept(house: House, registry: ConsentRegistry) -> None:
    house.enroller.fault = InvalidInput("no face", code="likeness:enrolment:no_face", field="faces.0")
    ada = house.person("ada", enrolled=False, birth_year=1990)
    with pytest.raises(InvalidInput):
        propose(house, registry, ada.id)
    assert (kept_media(house), list(registry.enrolments.of(ada.id))) == (0, [])


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (TWIN, ConsentReason.ALREADY_ENROLLED),
        (FakeScreened((FakeAlike("blk_1", "blocklist"), FakeAlike("subj_twin"))), ConsentReason.PUBLIC_FIGURE),
        (FakeScreened((FakeAlike("subj_twin", band="unsure"),)), ConsentReason.LIKENESS_UNSURE),
        (FakeScreened((FakeAlike("blk_1", "blocklist", band="unsure"),)), ConsentReason.LIKENESS_UNSURE),
        (FakeScreened((), frozenset({"face"})), ConsentReason.UNLIKE_BEFORE),
    ],
)
def test_whoever_is_like_somebody_goes_to_review(
    house: House, registry: ConsentRegistry, says: FakeScreened, reason: ConsentReason
) -> None:
    attempt = propose(house, registry)
    house.enroller.says = says
    review = registry.enrolments.confirm(attempt.id, by=TWO)
    assert (review.state, review.reason) == (EnrolmentState.TO_REVIEW, reason)
    assert registry.cameo(attempt.subject_id) is None
    assert kept_media(house) == 2
    assert {one.about for one in review.alike} == {one.about for one in says.alike}
    assert told(house, "consent:enrolment:in_review") == {"acct_ada", ONE, TWO}


def test_nobody_is_told_whom_they_look_like(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    house.enroller.says = TWIN
    registry.enrolments.confirm(attempt.id, by=TWO)
    assert "subj_twin" not in str(house.notifier.told)
    assert "subj_twin" not in str(house.record.entries)
    refused = registry.enrolments.decide(attempt.id, by=TWO, enrol=False, note="not the same")
    assert refused.alike == ()


def test_staff_enrol_or_refuse_after_a_review(house: House, registry: ConsentRegistry) -> None:
    house.enroller.says = TWIN
    first = registry.enrolments.confirm(propose(house, registry).id, by=TWO)
    refused = registry.enrolments.decide(first.id, by=ONE, enrol=False, note="another person")
    assert (refused.state, refused.reason) == (EnrolmentState.REFUSED, ConsentReason.ENROLMENT_DECLINED)
    assert (kept_media(house), registry.cameo(first.subject_id)) == (0, None)
    assert told(house, "consent:enrolment:refused") == {"acct_ada"}
    second = registry.enrolments.confirm(propose(house, registry, first.subject_id).id, by=TWO)
    assert registry.enrolments.decide(second.id, by=ONE, enrol=True, note="twins").state is EnrolmentState.ENROLLED
    assert registry.cameo(first.subject_id) is not None
    for again in (True, False):
        with pytest.raises(Conflict) as caught:
            registry.enrolments.decide(second.id, by=ONE, enrol=again)
        assert code_of(caught) == "consent:enrolment:settled"


def test_a_proposal_cannot_be_enrolled_past_the_second_member_of_staff(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    with pytest.raises(Conflict):
        registry.enrolments.decide(attempt.id, by=ONE, enrol=True)
    assert registry.enrolments.decide(attempt.id, by=TWO, enrol=False).state is EnrolmentState.REFUSED


def test_of_two_who_are_alike_and_enrol_at_once_the_second_goes_to_review(
    house: House, registry: ConsentRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = propose(house, registry)
    answers = iter([FakeScreened(), TWIN])  # nobody at first; and then somebody, who committed meanwhile
    monkeypatch.setattr(house.enroller, "screen", lambda *_args, **_named: next(answers))
    review = registry.enrolments.confirm(attempt.id, by=TWO)
    assert (review.state, review.reason) == (EnrolmentState.TO_REVIEW, ConsentReason.ALREADY_ENROLLED)
    assert registry.cameo(attempt.subject_id) is None
    assert list(registry.looks.of(attempt.subject_id)) == []
    assert kept_media(house) == 2


def test_an_attempt_lapses_after_fourteen_days_and_leaves_nothing(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    house.clock.advance(days=13, hours=23)
    assert registry.enrolments.lapse() == 0
    house.clock.advance(hours=1)
    assert registry.enrolments.lapse() == 1
    lapsed = registry.enrolments.named(attempt.id)
    assert (lapsed.state, lapsed.reason) == (EnrolmentState.LAPSED, ConsentReason.ENROLMENT_LAPSED)
    assert kept_media(house) == 0
    assert told(house, "consent:enrolment:ended") == {"acct_ada"}
    with pytest.raises(Conflict):
        registry.enrolments.confirm(attempt.id, by=TWO)


def test_a_person_takes_an_attempt_back_and_nobody_else_does(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    with pytest.raises(NotFound):
        registry.enrolments.withdraw(attempt.id, by="acct_eve")
    assert registry.enrolments.withdraw(attempt.id, by="acct_ada").state is EnrolmentState.WITHDRAWN
    assert kept_media(house) == 0


def test_a_new_proposal_takes_the_place_of_one_that_waits_but_not_of_a_review(
    house: House, registry: ConsentRegistry
) -> None:
    first = propose(house, registry)
    second = propose(house, registry, first.subject_id)
    assert registry.enrolments.named(first.id).state is EnrolmentState.WITHDRAWN
    house.enroller.says = TWIN
    registry.enrolments.confirm(second.id, by=TWO)
    with pytest.raises(Conflict) as caught:
        propose(house, registry, first.subject_id)
    assert code_of(caught) == "consent:enrolment:open"


def test_a_server_that_fell_over_after_the_second_half_goes_on_from_there(
    house: House, registry: ConsentRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = propose(house, registry)
    with monkeypatch.context() as patched:
        patched.setattr(house.enroller, "screen", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            registry.enrolments.confirm(attempt.id, by=TWO)
    assert registry.enrolments.confirm(attempt.id, by=TWO).state is EnrolmentState.ENROLLED


def test_a_person_forgotten_leaves_no_attempt_behind(house: House, registry: ConsentRegistry) -> None:
    attempt = propose(house, registry)
    registry.forget(attempt.subject_id, actor="acct_ada")
    assert kept_media(house) == 0
    with pytest.raises(NotFound):
        registry.enrolments.confirm(attempt.id, by=TWO)


# --- how sure


def live(house: House, subject_id: str) -> LiveEvidence:
    return LiveEvidence("chal_1", subject_id, (PICTURE,), (VOICE,), house.clock.now(), ())


def test_a_passed_challenge_enrols_at_the_highest_assurance_with_nobody_vouching(
    house: House, registry: ConsentRegistry
) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    done = registry.enrolments.enrol_live(live(house, ada.id), keep_reference=False, label="in the garden")
    assert (done.state, done.assurance) == (EnrolmentState.ENROLLED, Assurance.LIVE_CHALLENGE)
    assert [(look.label, look.models) for look in registry.looks.of(ada.id)] == [("in the garden", ("fake-1",))]
    assert kept_media(house) == 0


def test_nobody_confirms_a_live_challenge_in_the_persons_place(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    house.enroller.says = TWIN
    review = registry.enrolments.enrol_live(live(house, ada.id), keep_reference=False)
    assert review.state is EnrolmentState.TO_REVIEW
    with pytest.raises(Conflict):
        registry.enrolments.confirm(review.id, by=TWO)


def test_a_document_is_a_lower_assurance_and_a_cameo_is_as_sure_as_its_least_sure_look(
    house: House, registry: ConsentRegistry
) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    registry.enrolments.enrol_live(live(house, ada.id), keep_reference=False)
    attempt = propose(house, registry, ada.id, proof=Proof.PASSPORT)
    assert registry.enrolments.confirm(attempt.id, by=TWO).assurance is Assurance.DOCUMENT
    cameo = registry.cameo(ada.id)
    assert cameo is not None
    assert (cameo.version, cameo.assurance) == (2, Assurance.DOCUMENT)
    assert "passport" in str(house.record.entries)
    with pytest.raises(InvalidInput) as caught:
        propose(house, registry, ada.id, proof=Proof.WILL)
    assert code_of(caught) == "consent:attestation:proof"


def test_assurances_have_an_order() -> None:
    ranked = sorted(Assurance, key=lambda assurance: assurance.rank, reverse=True)
    assert ranked == [Assurance.LIVE_CHALLENGE, Assurance.STAFF_ATTESTED, Assurance.DOCUMENT, Assurance.ESTATE]


# --- prints of the recording


def review_of_a_recording(house: House, registry: ConsentRegistry) -> EnrolmentAttempt:
    """Somebody who passed a challenge, and is like somebody."""
    ada = house.person("ada", enrolled=False, birth_year=1990)
    SqlChallenges(house.database).add_prints(ada.id, "chal_1", [SoundPrint(7, 1)])
    house.enroller.says = TWIN
    return registry.enrolments.enrol_live(live(house, ada.id), keep_reference=False)


def prints(house: House) -> int:
    return SqlChallenges(house.database).alike([SoundPrint(7, 1)])


def taken_back(house: House, registry: ConsentRegistry, attempt: EnrolmentAttempt) -> None:
    del house
    registry.enrolments.withdraw(attempt.id, by="acct_ada")


def out_of_time(house: House, registry: ConsentRegistry, attempt: EnrolmentAttempt) -> None:
    del attempt
    house.clock.advance(days=14)
    registry.enrolments.lapse()


def refused_by_staff(house: House, registry: ConsentRegistry, attempt: EnrolmentAttempt) -> None:
    del house
    registry.enrolments.decide(attempt.id, by=ONE, enrol=False, note="another person")


@pytest.mark.parametrize("end", [taken_back, out_of_time, refused_by_staff])
def test_prints_of_a_recording_go_where_its_enrolment_ends_without_a_yes(
    house: House,
    registry: ConsentRegistry,
    end: Callable[[House, ConsentRegistry, EnrolmentAttempt], None],
) -> None:
    attempt = review_of_a_recording(house, registry)
    assert prints(house) == 1
    end(house, registry, attempt)
    assert prints(house) == 0


def test_prints_of_a_recording_stay_with_the_enrolment_that_it_led_to(house: House, registry: ConsentRegistry) -> None:
    attempt = review_of_a_recording(house, registry)
    registry.enrolments.decide(attempt.id, by=ONE, enrol=True, note="twins")
    assert prints(house) == 1
    registry.enrolments.withdraw(propose(house, registry, attempt.subject_id).id, by="acct_ada")
    assert prints(house) == 1, "what staff proposed came from no recording"


# --- looks


def test_looks_are_taken_away_one_by_one_but_never_the_last(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    for label in ("plain", "with a beard"):
        registry.enrolments.confirm(propose(house, registry, ada.id, label=label).id, by=TWO)
    plain, beard = registry.looks.of(ada.id)
    assert set(house.enroller.kept[ada.id]) == {plain.id, beard.id}
    registry.looks.remove(ada.id, beard.id, actor="acct_ada")
    assert set(house.enroller.kept[ada.id]) == {plain.id}
    cameo = registry.cameo(ada.id)
    assert cameo is not None
    assert (cameo.version, cameo.keeps_reference) == (3, False)
    assert registry.references(ada.id).portrait is None
    with pytest.raises(NotFound):
        registry.looks.remove(ada.id, beard.id, actor="acct_ada")
    with pytest.raises(Conflict) as caught:
        registry.looks.remove(ada.id, plain.id, actor="acct_ada")
    assert code_of(caught) == "consent:look:last"


def test_a_person_has_ten_looks_at_most(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    for number in range(10):
        registry.enrolments.enrol_live(live(house, ada.id), keep_reference=False, label=str(number))
    with pytest.raises(Conflict) as caught:
        propose(house, registry, ada.id)
    assert code_of(caught) == "consent:looks:too_many"


def test_whom_only_a_former_model_knows_is_asked_once_for_each_model(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada")
    for _ in range(2):
        registry.tend([ada.id, "blk_figure"], "face-2 voice-1")
    registry.tend([ada.id], "face-3 voice-1")
    asked = [recipient for kind, recipient, _ in house.notifier.told if kind == "consent:cameo:renewal_needed"]
    assert asked == ["acct_ada", "acct_ada"]


@pytest.mark.parametrize(("shape", "smaller_shape"), [((40, 30), (40, 30)), ((1601, 800), (800, 400))])
def test_pictures_that_wait_are_no_larger_than_needed(shape: tuple[int, int], smaller_shape: tuple[int, int]) -> None:
    assert smaller(np.full((*shape, 3), 7, np.uint8)).shape == (*smaller_shape, 3)
