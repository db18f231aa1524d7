"""Remixes inherit: every ancestor must stand, and everybody in them must agree again."""

import pytest

from generator_gateway.gates.remix import RemixGate
from generator_gateway.ports import MAX_LINEAGE, Cause, GateReport, Owner, ReleaseRecord
from generator_gateway.service.owning import SUBJECT_RIGHTS
from tests.factories.cases import NOON, a_request
from tests.unit.generator_gateway.conftest import VOICE, House, view_of
from trust_kernel.decisions import Outcome, Stage


def chain(house: House, length: int, *, owners: dict[int, Owner] | None = None) -> str:
    """Released videos, each made from the one before, and a request to remix the last; gives its id."""
    parent: str | None = None
    for number in range(length):
        case_id = f"video_{number:03}"
        house.accept(a_request(case_id, remix_of=parent))
        requester = Owner("acct_ada", "requester", ("see",))
        guest = (owners or {}).get(number)
        house.releases.add(
            ReleaseRecord(
                case_id=case_id,
                release_number=(1 << 62) + number,
                media_digest="d" * 64,
                manifest_label=f"urn:c2pa:{number}",
                fingerprints=(),
                status="released",
                released_at=NOON,
                ledger_index=number,
                owners=(requester, guest) if guest else (requester,),
            )
        )
        parent = case_id
    house.accept(a_request("video_new", remix_of=parent))
    return "video_new"


def look(house: House, case_id: str, stage: Stage = Stage.REQUEST) -> GateReport:
    gate = RemixGate(house.registry, house.releases)
    return gate.look(view_of(house.cases.requested(case_id), house.clock, stage=stage))


def told(report: GateReport) -> list[tuple[Outcome, str, str | None]]:
    return [(finding.outcome, str(finding.reason), finding.about) for finding in report.findings]


CLEAR = [(Outcome.CLEAR, "remix:parent:clear", None)]


def guest(house: House, name: str, *modalities: str) -> Owner:
    person = house.registry.by_handle(name) or house.person(name)
    return Owner(person.account_id, "subject", SUBJECT_RIGHTS, person.id, (), modalities or ("face",))


def test_an_original_has_no_parent_to_ask(house: House) -> None:
    house.accept(a_request())
    assert told(look(house, "video_1")) == CLEAR


def test_a_remix_of_a_video_with_nobody_in_it_is_clear(house: House) -> None:
    assert told(look(house, chain(house, 1))) == CLEAR


def test_the_output_of_a_remix_is_not_asked_about_its_parent_again(house: House) -> None:
    case_id = chain(house, 1, owners={0: guest(house, "bea")})
    assert told(look(house, case_id, Stage.OUTPUT)) == CLEAR


def test_a_parent_that_was_never_released_is_refused(house: House) -> None:
    house.accept(a_request("video_0"))
    house.accept(a_request("video_new", remix_of="video_0"))
    assert told(look(house, "video_new")) == [(Outcome.MATCH, "remix:parent:unknown", "video_0")]


@pytest.mark.parametrize("withdrawn", ["video_002", "video_000"], ids=["parent", "first ancestor"])
def test_a_withdrawn_ancestor_is_refused_however_far_back(house: House, withdrawn: str) -> None:
    case_id = chain(house, 3)
    house.releases.mark_withdrawn(withdrawn, "consent:grant:revoked", NOON)
    assert told(look(house, case_id)) == [(Outcome.MATCH, "remix:parent:withdrawn", withdrawn)]


def test_somebody_in_any_ancestor_who_does_not_agree_refuses(house: House) -> None:
    case_id = chain(house, 3, owners={0: guest(house, "bea")})
    bea = house.registry.by_handle("bea")
    assert bea is not None
    assert told(look(house, case_id)) == [(Outcome.MATCH, "consent:grant:none", bea.id)]
    house.give(bea)
    assert told(look(house, case_id)) == [(Outcome.MATCH, "consent:grant:remix_forbidden", bea.id)]


def test_everybody_in_every_ancestor_is_asked_and_the_child_rests_on_their_consents(house: House) -> None:
    case_id = chain(house, 2, owners={0: guest(house, "bea", "face", "voice"), 1: guest(house, "cyd")})
    people = [house.registry.by_handle(name) for name in ("cyd", "bea")]
    grants = [house.give(person, allows_remix=True) for person in people if person is not None]
    report = look(house, case_id)
    assert {finding.outcome for finding in report.findings} == {Outcome.CONSENTED}
    assert [finding.evidence.note for finding in report.findings] == ["face", "face", "voice"]
    assert [(consent.grant_id, sorted(consent.modalities)) for consent in report.consents] == [
        (grants[0].id, ["face"]),
        (grants[1].id, ["face", "voice"]),
    ]


def test_only_what_of_a_person_was_used_is_asked_for_again(house: House) -> None:
    case_id = chain(house, 1, owners={0: guest(house, "bea", "voice")})
    bea = house.registry.by_handle("bea")
    assert bea is not None
    house.give(bea, modalities=VOICE, allows_remix=True)
    assert [(outcome, reason) for outcome, reason, _ in told(look(house, case_id))] == [
        (Outcome.CONSENTED, "consent:grant:active")
    ]


def test_a_person_in_several_ancestors_is_asked_once(house: House) -> None:
    owner = guest(house, "bea")
    assert len(look(house, chain(house, 3, owners={0: owner, 1: owner, 2: owner})).findings) == 1


def test_a_chain_as_long_as_the_limit_is_walked_and_a_longer_one_is_refused(house: House) -> None:
    case_id = chain(house, MAX_LINEAGE, owners={0: guest(house, "bea")})
    assert [reason for _, reason, _ in told(look(house, case_id))] == ["consent:grant:none"]
    house.accept(a_request("video_newer", remix_of=case_id))
    assert told(look(house, "video_newer")) == [(Outcome.MATCH, "remix:parent:too_deep", "video_new")]


def test_a_withdrawn_parent_stops_a_remix_that_was_asked_for_before(house: House) -> None:
    parent = house.released()
    case = house.submit("more of it", remix_of=parent)
    with house.database.transaction():
        house.recall.take_back((parent,), Cause("release:video:deleted_by_owner", case_ids=frozenset({parent})))
    house.ended(case)
    stopped = house.cases.get(case.id)
    assert (stopped.status, stopped.reasons) == ("failed", ("remix:parent:withdrawn",))
