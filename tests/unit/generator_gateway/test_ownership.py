"""Owners who disagree: taking back is for good, an objection holds back, whoever appears wins over whoever made it."""

import hashlib
import json

import pytest

from generator_gateway.ports import ReleaseState
from generator_gateway.service.owning import OBJECTION_DAYS, Appearing
from tests.factories.ownership import ADA, BEA, CYD, out
from tests.unit.generator_gateway.conftest import PSEUDONYM, House, elsewhere
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotFound, NotPermitted

VIDEO = "video_1"
STAFF = "acct_staff"


def shown(house: House, name: str, *modalities: str) -> Appearing:
    """Somebody with a handle, in a video."""
    person = house.registry.by_handle(name) or house.person(name, enrolled=False)
    return Appearing(person.id, person.account_id, frozenset(modalities or ("face",)))


def released(house: House, *names: str, case_id: str = VIDEO) -> None:
    """A video of Ada's with these people in it, whose file is there."""
    digest = house.blobs.put_bytes(b"the video")
    people = [shown(house, name) for name in names or ("bea", "cyd")]
    out(house.cases, house.releases, case_id, *people, media_digest=digest)


def watch(house: House, account_id: str) -> bytes:
    with house.desk.download(account_id, VIDEO) as path:
        return path.read_bytes()


def body_of(house: House, index: int) -> dict[str, str | int]:
    """What a ledger entry says."""
    said: dict[str, str | int] = json.loads(house.ledger.entry(index).leaf)["body"]
    return said


def status(house: House) -> str:
    return house.release(VIDEO).status


# --- whose it is


def test_the_list_that_owners_are_shown_hashes_to_what_the_ledger_holds(house: House) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    seen = house.ownership.owners(BEA, case_id)
    body = body_of(house, seen.ledger_index)
    assert (house.ledger.entry(seen.ledger_index).kind, body["case"]) == ("release:video:released", case_id)
    assert body["owners_digest"] == seen.digest == hashlib.sha256(seen.canonical.encode()).hexdigest()
    listed = json.loads(seen.canonical)["owners"]
    assert [(one["role"], one["share"]) for one in listed] == [("requester", "1/2"), ("subject", "1/2")]
    assert {one["owner"] for one in listed} == {owner.pseudonym for owner in seen.owners}
    assert ADA not in seen.canonical
    assert house.ownership.owners(ADA, case_id).canonical == seen.canonical


def test_the_credential_names_the_same_owners_by_the_same_pseudonyms(house: House) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    claim = next(one for one in house.credentials.claims if one.media_type == "video/mp4")
    assert {(owner.pseudonym, owner.role) for owner in claim.owners} == {
        (owner.pseudonym, owner.role) for owner in house.ownership.owners(ADA, case_id).owners
    }


def test_owners_see_each_other_by_handle_and_themselves_marked(house: House) -> None:
    released(house, "bea")
    owners = house.ownership.owners(BEA, VIDEO).owners
    assert [(one.role, one.handle, one.you, str(one.share)) for one in owners] == [
        ("requester", None, False, "1/2"),
        ("subject", "bea", True, "1/2"),
    ]
    assert owners[0].pseudonym == PSEUDONYM(ADA)


def test_a_video_of_others_has_no_owners_to_be_seen_and_no_steps(house: House) -> None:
    released(house, "bea")
    desk = house.ownership
    for act in (desk.owners, desk.withdraw, desk.object, desk.lift):
        for case_id in (VIDEO, "video_nowhere"):
            with pytest.raises(NotFound) as error:
                act(CYD, case_id)
            assert error.value.code == "video:object:unknown"


def test_what_is_not_finished_has_no_owners_yet(house: House) -> None:
    case_id = house.submit().id
    for act in (house.ownership.owners, house.ownership.withdraw, house.ownership.object):
        with pytest.raises(Conflict) as error:
            act(ADA, case_id)
        assert error.value.code == "case:state:unfinished"


# --- taking back


@pytest.mark.parametrize(
    ("account_id", "reason"),
    [(BEA, "release:video:withdrawn_by_subject"), (ADA, "release:video:withdrawn_by_maker")],
)
def test_any_owner_takes_it_back_for_everybody_for_good(any_house: House, account_id: str, reason: str) -> None:
    house = any_house
    released(house)
    assert house.ownership.withdraw(account_id, VIDEO).state is ReleaseState.WITHDRAWN
    assert house.release(VIDEO).withdrawn_reason == reason
    assert house.kinds() == ["release:video:withdrawn"]
    for owner in (ADA, BEA, CYD):
        assert [event.payload["reason"] for event in house.notices(owner, "release:video:withdrawn")] == [reason]
        assert house.desk.see(owner, VIDEO).id == VIDEO
        with pytest.raises(Gone):
            watch(house, owner)
        assert house.ownership.owners(owner, VIDEO).may == ("see", "delete")


def test_taking_back_a_second_time_changes_nothing(house: House) -> None:
    released(house)
    house.ownership.withdraw(BEA, VIDEO)
    first = house.release(VIDEO)
    house.clock.advance(hours=1)
    house.ownership.withdraw(ADA, VIDEO)
    assert house.release(VIDEO) == first
    assert house.kinds() == ["release:video:withdrawn"]


def test_nothing_brings_back_what_somebody_in_it_took_back(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.ownership.withdraw(CYD, VIDEO)
    with pytest.raises(Gone):
        house.ownership.lift(BEA, VIDEO)
    with pytest.raises(Gone):
        house.ownership.object(BEA, VIDEO)
    with pytest.raises(NotFound):
        house.releases.set_state(VIDEO, ReleaseState.RELEASED)
    house.clock.advance(days=OBJECTION_DAYS + 1)
    with pytest.raises(Conflict):
        house.ownership.decide(STAFF, VIDEO, uphold=False)
    assert status(house) == "withdrawn"


# --- deleting


def test_deleting_takes_it_back_and_clears_only_ones_own_list(any_house: House) -> None:
    house = any_house
    released(house)
    house.desk.delete(BEA, VIDEO)
    assert status(house) == "withdrawn"
    with pytest.raises(NotFound):
        house.desk.see(BEA, VIDEO)
    assert house.desk.list(BEA, after=None, limit=5, ascending=True) == ([], False)
    for other in (ADA, CYD):
        assert house.desk.see(other, VIDEO).id == VIDEO
        assert [case.id for case in house.desk.list(other, after=None, limit=5, ascending=True)[0]] == [VIDEO]
    house.desk.delete(ADA, VIDEO)
    with pytest.raises(NotFound):
        house.desk.see(ADA, VIDEO)
    assert house.kinds().count("release:video:withdrawn") == 1


def test_what_a_worker_lets_out_while_its_maker_deletes_it_is_withdrawn_in_all_owners_sight(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = any_house
    house.give(house.person("bea"))
    case_id = house.submit("@bea waves").id
    drop = house.cases.drop

    def let_out_first(dropped: str) -> bool:
        elsewhere(lambda: house.runner.run(dropped))
        return drop(dropped)

    monkeypatch.setattr(house.cases, "drop", let_out_first)
    house.desk.delete(ADA, case_id)

    assert house.release(case_id).status == "withdrawn"
    assert house.desk.see(BEA, case_id).id == case_id
    assert [case.id for case in house.desk.list(BEA, after=None, limit=5, ascending=True)[0]] == [case_id]
    assert len(house.notices(BEA, "release:video:withdrawn")) == 1
    with pytest.raises(NotFound):
        house.desk.see(ADA, case_id)


def test_what_is_deleted_before_a_worker_lets_it_out_never_comes_out(any_house: House) -> None:
    house = any_house
    house.give(house.person("bea"))
    case_id = house.submit("@bea waves").id
    draw = house.backend.render

    def deleted_meanwhile(*given: object) -> None:
        draw(*given)  # type: ignore[arg-type] # as it is called
        elsewhere(lambda: house.desk.delete(ADA, case_id))

    house.backend.render = deleted_meanwhile  # type: ignore[assignment] # while it is drawn
    assert house.runner.run(case_id) is None
    assert house.releases.find(case_id) is None
    assert house.cases.get(case_id).error_code == "video:object:deleted"


# --- objecting


def test_an_objection_holds_it_back_from_whoever_does_not_appear_in_it(any_house: House) -> None:
    house = any_house
    released(house)
    seen = house.ownership.object(BEA, VIDEO, "I was told it was for the family.")
    assert (seen.state, status(house)) == (ReleaseState.OBJECTED, "objected")
    with pytest.raises(Conflict) as error:
        watch(house, ADA)
    assert error.value.code == "release:video:objected"
    assert watch(house, BEA) == watch(house, CYD) == b"the video"
    with pytest.raises(Conflict):
        house.submit("by night", remix_of=VIDEO)
    assert house.kinds() == ["release:video:objected"]
    for owner in (ADA, BEA, CYD):
        (told,) = house.notices(owner, "release:video:objected")
        until = house.clock.now().replace(day=house.clock.now().day + OBJECTION_DAYS)
        assert dict(told.payload) == {"video_id": VIDEO, "handle": "bea", "until": until.isoformat()}
        assert house.ownership.owners(owner, VIDEO).objections[0].note == "I was told it was for the family."


def test_the_ledger_names_whoever_objects_by_pseudonym(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO, "private words")
    body = body_of(house, house.ledger.size() - 1)
    bea = house.registry.by_handle("bea")
    assert bea is not None
    assert body == {"case": VIDEO, "by": PSEUDONYM(bea.id)}


def test_whoever_made_it_cannot_object_to_it(house: House) -> None:
    released(house)
    with pytest.raises(NotPermitted) as error:
        house.ownership.object(ADA, VIDEO)
    assert error.value.code == "release:right:missing"
    assert status(house) == "released"


def test_objecting_a_second_time_changes_nothing(house: House) -> None:
    released(house)
    first = house.ownership.object(BEA, VIDEO, "one")
    house.clock.advance(days=3)
    assert house.ownership.object(BEA, VIDEO, "two").objections == first.objections
    assert house.kinds() == ["release:video:objected"]


def test_whoever_objected_lifts_it_and_nobody_else_does(any_house: House) -> None:
    house = any_house
    released(house)
    house.ownership.object(BEA, VIDEO)
    with pytest.raises(NotFound):
        house.ownership.lift(CYD, VIDEO)
    with pytest.raises(NotPermitted):  # a maker has nothing to lift, and cannot let it out again
        house.ownership.lift(ADA, VIDEO)
    assert status(house) == "objected"
    assert house.ownership.lift(BEA, VIDEO).state is ReleaseState.RELEASED
    assert watch(house, ADA) == b"the video"
    assert house.kinds() == ["release:video:objected", "release:objection:lifted"]
    assert [event.payload["out"] for event in house.notices(ADA, "release:objection:lifted")] == [True]
    with pytest.raises(NotFound):
        house.ownership.lift(BEA, VIDEO)


def test_it_stays_held_back_until_the_last_objection_is_lifted(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.ownership.object(CYD, VIDEO)
    assert house.ownership.lift(BEA, VIDEO).state is ReleaseState.OBJECTED
    assert house.ownership.lift(CYD, VIDEO).state is ReleaseState.RELEASED


def test_an_objection_that_was_lifted_can_be_raised_again(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.ownership.lift(BEA, VIDEO)
    assert house.ownership.object(BEA, VIDEO).state is ReleaseState.OBJECTED


def test_whoever_made_it_may_end_it_while_it_is_objected_to(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    assert house.ownership.withdraw(ADA, VIDEO).state is ReleaseState.WITHDRAWN


def test_a_revocation_takes_back_what_is_objected_to_as_well(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    case_id = house.released("@bea waves")
    house.ownership.object(BEA, case_id)
    assert house.registry.revoke(grant.id, actor=BEA).withdrawn == (case_id,)
    assert house.release(case_id).status == "withdrawn"


def test_a_note_may_not_be_endless(house: House) -> None:
    released(house)
    with pytest.raises(InvalidInput) as error:
        house.ownership.object(BEA, VIDEO, "x" * 501)
    assert (error.value.field, error.value.code) == ("note", "release:objection:note")
    assert status(house) == "released"


# --- staff


def overdue(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.clock.advance(days=OBJECTION_DAYS)


def listed(house: House, *, due: bool = True) -> list[str]:
    return [one.case_id for one in house.ownership.open_objections(due=due, after=None, limit=5)[0]]


def test_owners_have_a_week_to_come_to_terms_before_staff_decide(any_house: House) -> None:
    house = any_house
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.clock.advance(days=OBJECTION_DAYS, seconds=-1)
    assert (listed(house), listed(house, due=False), house.ownership.sweep()) == ([], [VIDEO], 0)
    with pytest.raises(Conflict) as error:
        house.ownership.decide(STAFF, VIDEO, uphold=True)
    assert error.value.code == "release:objection:early"
    house.clock.advance(seconds=1)
    assert listed(house) == [VIDEO]
    assert house.ownership.sweep() == 1
    assert house.ownership.sweep() == 0
    for owner in (ADA, BEA, CYD):
        assert len(house.notices(owner, "release:objection:escalated")) == 1
    assert house.kinds()[-1] == "release:objection:escalated"
    assert status(house) == "objected"


def test_staff_take_it_back(house: House) -> None:
    overdue(house)
    assert house.ownership.decide(STAFF, VIDEO, uphold=True).state is ReleaseState.WITHDRAWN
    assert house.release(VIDEO).withdrawn_reason == "release:objection:upheld"
    assert house.kinds()[-2:] == ["release:video:withdrawn", "review:objection:upheld"]
    assert listed(house, due=False) == []
    assert [one.state for one in house.ownership.owners(BEA, VIDEO).objections] == ["upheld"]


def test_staff_let_it_out_again_and_it_can_still_be_withdrawn_but_not_held_again(house: House) -> None:
    overdue(house)
    assert house.ownership.decide(STAFF, VIDEO, uphold=False).state is ReleaseState.RELEASED
    assert len(house.notices(BEA, "review:objection:dismissed")) == 1
    with pytest.raises(Conflict) as error:
        house.ownership.object(BEA, VIDEO)
    assert error.value.code == "release:objection:decided"
    assert house.ownership.object(CYD, VIDEO).state is ReleaseState.OBJECTED
    assert house.ownership.withdraw(BEA, VIDEO).state is ReleaseState.WITHDRAWN


def test_an_objection_whose_time_still_runs_is_not_dismissed_with_an_older_one(any_house: House) -> None:
    house = any_house
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.clock.advance(days=OBJECTION_DAYS - 1)
    house.ownership.object(CYD, VIDEO)
    house.clock.advance(days=1)

    assert house.ownership.decide(STAFF, VIDEO, uphold=False).state is ReleaseState.OBJECTED
    states = {one.account_id: one.state for one in house.ownership.owners(ADA, VIDEO).objections}
    assert states == {BEA: "dismissed", CYD: "standing"}
    with pytest.raises(Conflict):
        watch(house, ADA)
    with pytest.raises(Conflict) as error:
        house.ownership.decide(STAFF, VIDEO, uphold=False)
    assert error.value.code == "release:objection:early"
    assert [event.payload["out"] for event in house.notices(ADA, "review:objection:dismissed")] == [False]

    house.clock.advance(days=OBJECTION_DAYS - 1)
    assert house.ownership.decide(STAFF, VIDEO, uphold=False).state is ReleaseState.RELEASED
    assert [event.payload["out"] for event in house.notices(ADA, "review:objection:dismissed")] == [False, True]
    assert watch(house, ADA) == b"the video"


def test_a_fresh_objection_that_is_lifted_lets_out_what_staff_dismissed(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.clock.advance(days=OBJECTION_DAYS - 1)
    house.ownership.object(CYD, VIDEO)
    house.clock.advance(days=1)
    house.ownership.decide(STAFF, VIDEO, uphold=False)
    assert house.ownership.lift(CYD, VIDEO).state is ReleaseState.RELEASED


def test_taking_it_back_settles_fresh_objections_too(house: House) -> None:
    released(house)
    house.ownership.object(BEA, VIDEO)
    house.clock.advance(days=OBJECTION_DAYS)
    house.ownership.object(CYD, VIDEO)
    house.ownership.decide(STAFF, VIDEO, uphold=True)
    assert {one.state for one in house.ownership.owners(ADA, VIDEO).objections} == {"upheld"}


def test_nobody_decides_about_what_is_their_own(house: House) -> None:
    overdue(house)
    for owner in (ADA, CYD):
        with pytest.raises(NotPermitted) as error:
            house.ownership.decide(owner, VIDEO, uphold=False)
        assert error.value.code == "review:case:own"


def test_there_is_nothing_to_decide_where_nobody_objects(house: House) -> None:
    released(house)
    with pytest.raises(Conflict) as error:
        house.ownership.decide(STAFF, VIDEO, uphold=True)
    assert error.value.code == "release:objection:unknown"
    with pytest.raises(NotFound):
        house.ownership.decide(STAFF, "video_nowhere", uphold=True)


def test_an_objection_settled_while_a_worker_waited_is_not_escalated(house: House) -> None:
    overdue(house)
    waiting = house.ownership._parts.objections.to_escalate(house.clock.now())
    assert list(waiting) == [VIDEO]
    elsewhere(lambda: house.ownership.lift(BEA, VIDEO))
    house.ownership._escalate(house.release(VIDEO))
    assert house.notices(ADA, "release:objection:escalated") == []
