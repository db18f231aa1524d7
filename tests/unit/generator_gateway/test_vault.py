"""The door out and the way back: consent under lock, co-owners, notices, withdrawal in the revocation's transaction."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest

from consent_registry.api import Audience, AudienceKind, OnRevocation, Subject
from generator_gateway.ports import Cause, Owner
from generator_gateway.service.owning import REQUESTER_RIGHTS, SUBJECT_RIGHTS
from generator_gateway.stages import Logged, Released, Stopped
from tests.unit.generator_gateway.conftest import FACE, VOICE, House, elsewhere, seen
from trust_kernel.errors import Conflict, NotFound

HALF = Fraction(1, 2)
FOR_ADA = Audience(AudienceKind.PEOPLE, frozenset({"acct_ada"}))


def at_the_door(house: House, prompt: str = "@bea waves", remix_of: str | None = None) -> Logged:
    """A case of Ada's that has everything but its release; this thread holds it."""
    case = house.submit(prompt, remix_of=remix_of)
    house.claimed(case.id)
    line, request = house.line, house.cases.requested(case.id)
    admitted = line.request_gates.judge(line.ledger.open(request))
    assert not isinstance(admitted, Stopped), admitted
    passed = line.output_gates.judge(line.backend.render(admitted))
    assert not isinstance(passed, Stopped), passed
    return line.ledger.seal(line.signer.sign(line.marker.mark(passed)))


def test_a_release_records_its_owners_and_their_rights(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    released = house.line.vault.release(at_the_door(house))
    assert isinstance(released, Released)
    assert released.owners == ("acct_ada", "acct_bea")
    record = house.release(released.case_id)
    assert set(record.owners) == {
        Owner("acct_ada", "requester", REQUESTER_RIGHTS, share=HALF),
        Owner("acct_bea", "subject", SUBJECT_RIGHTS, bea.id, (grant.id,), ("face", "voice"), HALF),
    }
    assert "object" in SUBJECT_RIGHTS
    assert "object" not in REQUESTER_RIGHTS
    assert (record.status, record.released_at) == ("released", house.clock.now())
    assert record.ledger_index == house.ledger.size() - 1
    assert record.release_number == released.logged.signed.marked.passed.draft.admitted.opened.release_number
    assert record.manifest_label == released.logged.signed.manifest_label
    assert record.media_digest == released.logged.signed.media.digest
    assert record.fingerprints == released.logged.signed.marked.passed.fingerprints


def test_a_release_is_found_by_its_number_and_its_manifest(house: House) -> None:
    record = house.release(house.released())
    assert house.releases.by_number(record.release_number) == record
    assert house.releases.by_manifest(record.manifest_label) == record
    assert house.releases.by_number(record.release_number + 1) is None
    assert house.releases.by_manifest("urn:c2pa:other") is None


def test_a_release_completes_its_case(house: House) -> None:
    case = house.cases.get(house.released())
    assert (case.status, case.progress, case.completed_at) == ("completed", 100, house.clock.now())
    assert (case.error_code, case.error_message, case.reasons) == (None, None, ())


def test_ones_own_likeness_makes_one_owner_in_two_roles(house: House) -> None:
    ada = house.person("ada")
    released = house.line.vault.release(at_the_door(house, "@ada waves"))
    assert isinstance(released, Released)
    assert released.owners == ("acct_ada",)
    owners = house.release(released.case_id).owners
    assert [(owner.role, owner.subject_id, owner.grant_ids) for owner in owners] == [
        ("requester", None, ()),
        ("subject", ada.id, ()),
    ]


def test_a_release_uses_its_grant_once(house: House) -> None:
    grant = house.give(house.person("bea"))
    logged = at_the_door(house)
    house.line.vault.release(logged)
    house.line.vault.release(logged)
    assert house.uses(grant) == 1
    assert house.kinds().count("release:video:released") == 1


# --- consent that ends between admission and release


def end_by_time(house: House, bea: Subject) -> str:
    del bea
    # the worker is alive all the while
    house.clock.advance(seconds=60)
    return "consent:grant:expired"


def end_by_use(house: House, bea: Subject) -> str:
    del bea
    other = house.submit("@bea waves again")
    assert isinstance(elsewhere(lambda: house.runner.run(other.id)), Released)
    return "consent:grant:exhausted"


@pytest.mark.parametrize("end", [end_by_time, end_by_use])
def test_consent_that_ran_out_since_admission_stops_the_release(
    house: House, end: Callable[[House, Subject], str]
) -> None:
    bea = house.person("bea")
    house.give(bea, expires_at=house.clock.now() + timedelta(seconds=60), max_uses=1)
    logged = at_the_door(house)
    code = end(house, bea)
    stopped = house.line.vault.release(logged)
    assert isinstance(stopped, Stopped)
    assert stopped.reasons == (code,)
    assert house.releases.find(logged.case_id) is None
    assert house.journal.earned(logged.case_id, Released) is None
    case = house.cases.get(logged.case_id)
    assert (case.status, case.error_code) == ("failed", code)
    assert house.kinds()[-1] == "case:request:denied"
    assert [event.payload["code"] for event in house.notices("acct_ada", "video:case:failed")] == [code]
    with pytest.raises(Exception, match="not finished"), house.desk.download("acct_ada", logged.case_id):
        pass


def test_a_refused_release_uses_nothing_up(house: House) -> None:
    kept = house.give(house.person("bea"))
    cyd = house.person("cyd")
    gone = house.give(cyd)
    logged = at_the_door(house, "@bea meets @cyd")
    house.registry.revoke(gone.id, actor=cyd.account_id)
    with pytest.raises(Conflict):  # the revocation took the case from its worker
        house.line.vault.release(logged)
    assert isinstance(house.runner.run(logged.case_id), Stopped)
    assert house.uses(kept) == 0


def test_a_parent_withdrawn_meanwhile_stops_a_remix_at_the_door(house: House) -> None:
    parent = house.released()
    logged = at_the_door(house, "more of it", remix_of=parent)
    house.desk.delete("acct_ada", parent)
    stopped = house.line.vault.release(logged)
    assert isinstance(stopped, Stopped)
    assert stopped.reasons == ("remix:parent:withdrawn",)
    assert house.releases.find(logged.case_id) is None


def test_people_of_a_parent_own_its_remix_too(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, allows_remix=True)
    parent = house.released("@bea waves")
    child = house.released("the same by night", remix_of=parent)
    assert {(owner.account_id, owner.role, owner.grant_ids) for owner in house.release(child).owners} == {
        ("acct_ada", "requester", ()),
        ("acct_bea", "subject", (grant.id,)),
    }
    assert house.backend.inputs == [b"drawn"]


# --- who is told


def test_every_person_in_it_is_told_of_the_draft_the_release_and_the_withdrawal(house: House) -> None:
    people = [house.person(name) for name in ("bea", "cyd")]
    grants = [house.give(person) for person in people]
    case_id = house.released("@bea meets @cyd")
    house.registry.revoke(grants[0].id, actor="acct_bea")
    for person, grant in zip(people, grants, strict=True):
        drafted = house.notices(person.account_id, "likeness:use:drafted")
        assert [dict(event.payload) for event in drafted] == [
            {"video_id": case_id, "by": "acct_ada", "handle": None, "purpose": "personal", "grant": grant.id}
        ]
        released = house.notices(person.account_id, "likeness:use:released")
        assert [dict(event.payload) for event in released] == [dict(event.payload) for event in drafted]
        withdrawn = house.notices(person.account_id, "release:video:withdrawn")
        assert [dict(event.payload) for event in withdrawn] == [
            {"video_id": case_id, "reason": "consent:grant:revoked"}
        ]
    assert [event.payload["role"] for event in house.notices("acct_ada", "video:case:completed")] == ["requester"]
    assert len(house.notices("acct_ada", "release:video:withdrawn")) == 1


# --- withdrawal


def test_a_revocation_withdraws_what_was_released_under_the_grant(any_house: House) -> None:
    house = any_house
    bea = house.person("bea")
    grant = house.give(bea)
    case_id = house.released("@bea waves")
    other = house.released("nobody here")
    house.clock.advance(hours=1)
    done = house.registry.revoke(grant.id, actor="acct_bea")
    assert done.withdrawn == (case_id,)
    record = house.release(case_id)
    assert (record.status, record.withdrawn_reason) == ("withdrawn", "consent:grant:revoked")
    assert record.withdrawn_at == house.clock.now()
    assert house.release(other).status == "released"
    assert house.kinds()[-1] == "release:video:withdrawn"


@pytest.mark.parametrize("ended", [FACE, VOICE], ids=["face", "voice"])
def test_the_end_of_either_grant_of_a_person_withdraws(house: House, ended: object) -> None:
    bea = house.person("bea")
    grants = {FACE: house.give(bea, FOR_ADA, modalities=FACE), VOICE: house.give(bea, FOR_ADA, modalities=VOICE)}
    case_id = house.released("@bea waves")
    assert isinstance(ended, frozenset)
    house.registry.revoke(grants[ended].id, actor="acct_bea")
    assert house.release(case_id).status == "withdrawn"


def test_the_end_of_a_grant_that_was_not_used_withdraws_nothing(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    case_id = house.released("@bea waves")
    unused = house.give(bea, Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd"})))
    assert house.registry.revoke(unused.id, actor="acct_bea").withdrawn == ()
    assert house.release(case_id).status == "released"


def test_what_was_released_under_a_keeping_grant_stays(house: House) -> None:
    grant = house.give(house.person("bea"), on_revocation=OnRevocation.KEEP)
    case_id = house.released("@bea waves")
    house.registry.revoke(grant.id, actor="acct_bea")
    assert house.release(case_id).status == "released"


def test_forgetting_a_person_withdraws_whatever_shows_them(house: House) -> None:
    bea = house.person("bea")
    house.give(bea, on_revocation=OnRevocation.KEEP)
    guest, own = house.released("@bea waves"), house.released("@bea herself", "acct_bea")
    assert set(house.registry.forget(bea.id, actor="acct_bea")) == {guest, own}
    assert [house.release(case_id).status for case_id in (guest, own)] == ["withdrawn"] * 2


def test_a_revocation_that_rolls_back_withdraws_nothing(any_house: House) -> None:
    house = any_house
    grant = house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    before = house.kinds()
    with pytest.raises(ZeroDivisionError), house.database.transaction():  # noqa: PT012 - what is rolled back
        house.registry.revoke(grant.id, actor="acct_bea")
        assert house.release(case_id).status == "withdrawn"
        raise ZeroDivisionError
    assert house.release(case_id).status == "released"
    assert house.notices("acct_ada", "release:video:withdrawn") == []
    assert house.kinds() == before


def test_a_release_that_rolls_back_is_not_out(any_house: House) -> None:
    house = any_house
    grant = house.give(house.person("bea"))
    logged = at_the_door(house)
    before = house.kinds()
    with pytest.raises(ZeroDivisionError), house.database.transaction():  # noqa: PT012 - what is rolled back
        house.line.vault.release(logged)
        raise ZeroDivisionError
    assert house.releases.find(logged.case_id) is None
    assert house.uses(grant) == 0
    assert house.cases.get(logged.case_id).status == "in_progress"
    assert house.kinds() == before


def test_a_release_is_withdrawn_once(house: House) -> None:
    grant = house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.registry.revoke(grant.id, actor="acct_bea")
    first = house.release(case_id)
    house.clock.advance(hours=1)
    cause = Cause("consent:subject:forgotten", subject_id=house.registry.grant_named(grant.id).subject_id)
    assert house.recall.touched_by(cause) == ()
    assert house.release(case_id) == first


def test_what_is_not_out_cannot_be_marked_withdrawn(house: House) -> None:
    with pytest.raises(NotFound):
        house.releases.mark_withdrawn("video_nowhere", "x:y:z", house.clock.now())


def test_a_cause_that_names_nobody_and_nothing_touches_nothing(house: House) -> None:
    house.released()
    assert house.recall.touched_by(Cause("release:video:deleted_by_owner")) == ()


def test_causes_touch_releases_in_the_order_of_their_ids(house: House) -> None:
    ids = frozenset({house.released("one"), house.released("two"), house.released("three")})
    assert house.recall.touched_by(Cause("x:y:z", case_ids=ids)) == tuple(sorted(ids))


def test_a_person_is_shown_every_release_with_them_newest_first(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    first, second = house.released("@bea waves"), house.released("@bea sleeps")
    house.released("nobody")
    assert [record.case_id for record in house.releases.showing(bea.id)] == sorted((first, second), reverse=True)


# --- somebody who was not invited


def test_somebody_drawn_uninvited_stops_the_case_before_any_mark(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    house.likeness.shown = {b"drawn": (seen(bea.id),)}
    case = house.submit("a quiet harbour")
    house.ended(case)
    stopped = house.cases.get(case.id)
    assert (stopped.status, stopped.reasons) == ("failed", ("likeness:face:no_consent",))
    assert house.marking.marked == []
    assert house.kinds() == ["case:request:opened", "case:request:denied"]
