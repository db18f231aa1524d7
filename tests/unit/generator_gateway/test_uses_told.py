"""Every use of a likeness is told to its person: drafted, held, refused, released; once each, without the prompt."""

from dataclasses import replace

import pytest

from consent_registry.api import Audience, AudienceKind
from generator_gateway.ports import ReleaseState
from generator_gateway.service.telling import UseKind
from generator_gateway.stages import Logged, Released, Stopped
from likeness_guard.api import Band, Gallery
from tests.factories.cases import a_finding
from tests.unit.generator_gateway.conftest import FACE, VOICE, House, seen
from tests.unit.generator_gateway.test_vault import at_the_door
from trust_kernel.decisions import Outcome, Verdict

BEA, ADA = "acct_bea", "acct_ada"
USES = [kind.value for kind in UseKind]


def told(house: House, account_id: str = BEA) -> list[str]:
    """What somebody was told of uses, oldest first."""
    return [event.type.removeprefix("likeness:use:") for event in house.notices(account_id) if event.type in USES]


def run(house: House, prompt: str, account_id: str = ADA) -> str:
    case = house.submit(prompt, account_id)
    house.ended(case)
    return case.id


def test_a_use_by_consent_is_told_when_it_is_drafted_and_when_it_is_released(house: House) -> None:
    grant = house.give(house.person("bea"))
    house.person("ada", enrolled=False)
    case_id = house.released("@bea sails past the harbour")
    assert told(house) == ["drafted", "released"]
    for event in house.notices(BEA):
        if event.type in USES:
            assert dict(event.payload) == {
                "video_id": case_id,
                "by": ADA,
                "handle": "ada",
                "purpose": "personal",
                "grant": grant.id,
            }


def test_an_attempt_without_consent_is_told_with_its_reason_and_without_its_words(house: House) -> None:
    house.person("bea")
    case_id = run(house, "@bea robs a bank")
    (refused,) = house.notices(BEA, "likeness:use:refused")
    assert told(house) == ["refused"]
    assert dict(refused.payload) == {
        "video_id": case_id,
        "by": ADA,
        "handle": None,
        "purpose": "personal",
        "code": "consent:grant:none",
    }
    assert "bank" not in str(refused.payload)


def test_somebody_recognised_uninvited_in_what_was_made_is_told(house: House) -> None:
    bea = house.person("bea")
    house.likeness.shown = {b"drawn": (seen(bea.id),)}
    run(house, "a quiet harbour")
    assert told(house) == ["refused"]
    assert house.notices(BEA, "likeness:use:refused")[0].payload["code"] == "likeness:face:no_consent"


def test_somebody_who_may_be_somebody_else_is_told_nothing(house: House) -> None:
    bea = house.person("bea")
    house.likeness.shown = {b"drawn": (seen(bea.id, band=Band.UNSURE),)}
    run(house, "a quiet harbour")
    assert told(house) == []


def test_a_blocked_figure_has_nobody_to_be_told(house: House) -> None:
    house.likeness.shown = {b"drawn": (seen("blk_1", gallery=Gallery.BLOCKLIST),)}
    case_id = run(house, "a quiet harbour")
    assert house.cases.get(case_id).status == "failed"


def test_a_refusal_for_another_reason_is_told_to_whoever_had_agreed(house: House) -> None:
    house.give(house.person("bea"))
    house.person("cyd")
    run(house, "@bea meets @cyd")
    assert told(house) == ["refused"]
    assert told(house, "acct_cyd") == ["refused"]
    assert house.notices(BEA, "likeness:use:refused")[0].payload["code"] == "consent:grant:active"
    assert house.notices("acct_cyd", "likeness:use:refused")[0].payload["code"] == "consent:grant:none"


def test_a_hold_is_told_once_however_often_the_case_is_held(house: House) -> None:
    house.give(house.person("bea"))
    house.gate.findings = (a_finding(Outcome.UNSURE, "optout:name:unsure"),)
    case = house.submit("@bea waves")
    assert isinstance(house.ended(case), Stopped)
    assert told(house) == ["held"]
    house.reviews.decide(case.id, "acct_staff", Verdict.ALLOW, "")
    house.ended(case)
    assert told(house).count("held") == 1
    assert told(house).count("drafted") <= 1


def test_ones_own_refusal_is_told_to_oneself_as_the_one_who_asked_alone(house: House) -> None:
    house.person("bea")
    house.person("cyd")
    run(house, "@bea and @cyd", account_id=BEA)
    assert told(house) == []
    assert len(house.notices(BEA, "video:case:failed")) == 1


def test_two_grants_of_one_person_are_one_notice(house: House) -> None:
    bea = house.person("bea")
    for_ada = Audience(AudienceKind.PEOPLE, frozenset({ADA}))
    house.give(bea, for_ada, modalities=FACE)
    house.give(bea, for_ada, modalities=VOICE)
    house.released("@bea waves")
    assert told(house) == ["drafted", "released"]


def test_a_crash_between_telling_and_going_on_tells_nobody_twice(house: House) -> None:
    house.give(house.person("bea"))
    case = house.submit("@bea waves")
    house.claimed(case.id)
    line, request = house.line, house.cases.requested(case.id)
    admitted = line.request_gates.judge(line.ledger.open(request))
    assert not isinstance(admitted, Stopped)
    line.backend.render(admitted)
    assert isinstance(house.walk(request), Released)
    assert told(house) == ["drafted", "released"]


def recognising(logged: Logged, subject_id: str) -> Logged:
    """The same case, with somebody recognised in what was made: a policy of another day let it pass."""
    signed = logged.signed
    passed = replace(signed.marked.passed, seen=(subject_id,), sensed=((subject_id, "face"),))
    return replace(logged, signed=replace(signed, marked=replace(signed.marked, passed=passed)))


def test_somebody_recognised_beside_those_who_agreed_owns_it_too(house: House) -> None:
    house.give(house.person("bea"))
    cyd = house.person("cyd")
    released = house.line.vault.release(recognising(at_the_door(house), cyd.id))
    assert isinstance(released, Released)
    record = house.release(released.case_id)
    assert {(owner.account_id, str(owner.share), owner.modalities) for owner in record.owners if owner.subject_id} == {
        (BEA, "1/3", ("face", "voice")),
        ("acct_cyd", "1/3", ("face",)),
    }
    assert told(house, "acct_cyd") == ["released"]
    assert house.ownership.withdraw("acct_cyd", released.case_id).state is ReleaseState.WITHDRAWN


def test_nothing_goes_out_with_somebody_in_it_who_was_forgotten_meanwhile(house: House) -> None:
    house.give(house.person("bea"))
    cyd = house.person("cyd")
    logged = recognising(at_the_door(house), cyd.id)
    house.registry.forget(cyd.id, actor="acct_cyd")
    stopped = house.line.vault.release(logged)
    assert isinstance(stopped, Stopped)
    assert stopped.reasons == ("consent:subject:forgotten",)
    assert house.releases.find(logged.case_id) is None


@pytest.mark.parametrize("account_id", [BEA, ADA])
def test_a_withdrawal_is_told_to_every_owner_once(house: House, account_id: str) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.ownership.withdraw(BEA, case_id)
    (event,) = house.notices(account_id, "release:video:withdrawn")
    assert event.payload["video_id"] == case_id
