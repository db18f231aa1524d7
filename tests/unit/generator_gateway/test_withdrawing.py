"""When consent ends: what is out comes back, what is under way goes back to the start, and nothing of it is served."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select

from consent_registry.api import ApprovalState, Audience, AudienceKind, Mode, OnRevocation, Subject, TakeBack
from generator_gateway.ports.halting import Fallen
from generator_gateway.service.owning import Appearing
from generator_gateway.stages import Admitted, Opened, Released, Stopped
from generator_gateway.store import CaseConsentBook
from generator_gateway.tables import CaseConsentRow
from tests.factories.cases import a_finding, reached
from tests.factories.ownership import out
from tests.unit.generator_gateway.conftest import House, elsewhere
from tests.unit.generator_gateway.test_vault import at_the_door
from trust_kernel.decisions import Outcome
from trust_kernel.errors import Conflict, Gone, NotFound, PlacetError

FOR_ADA = Audience(AudienceKind.PEOPLE, frozenset({"acct_ada"}))


def consents(house: House) -> set[tuple[str, str, str]]:
    """What the cases under way go by, as (case, subject, grant)."""
    with house.database.reading() as session:
        return {(row.case_id, row.subject_id, row.grant_id) for row in session.exec(select(CaseConsentRow))}


def end_of(house: House, case_id: str) -> tuple[str, str | None]:
    """Have another worker take a case to its end; gives its state and reason."""
    elsewhere(lambda: house.runner.run(case_id))
    case = house.cases.get(case_id)
    return case.status, case.error_code


def one_grant(house: House, bea: Subject) -> None:
    house.registry.revoke(house.registry.grants(bea.id)[0].id, actor=bea.account_id)


def one_grant_without_taking_back(house: House, bea: Subject) -> None:
    grant = house.registry.grants(bea.id)[0]
    house.registry.revoke(grant.id, actor=bea.account_id, take_back=TakeBack.STOP_NEW)


def everything_for_one_person(house: House, bea: Subject) -> None:
    house.registry.safety.bar(bea.id, "acct_ada", bea.account_id, TakeBack.AS_GRANTED)


def everything(house: House, bea: Subject) -> None:
    house.registry.revoke_all(bea.id, actor=bea.account_id)


def being_forgotten(house: House, bea: Subject) -> None:
    house.registry.forget(bea.id, actor=bea.account_id)


ENDS = [one_grant, one_grant_without_taking_back, everything_for_one_person, everything, being_forgotten]
End = Callable[[House, Subject], None]


@pytest.mark.parametrize("end", ENDS)
def test_a_running_case_is_taken_from_its_worker_and_closed_with_the_reason(house: House, end: End) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    logged = at_the_door(house)
    assert consents(house) == {(logged.case_id, bea.id, grant.id)}
    end(house, bea)
    assert (house.cases.get(logged.case_id).status, house.leases.abandoned()) == ("queued", [logged.case_id])
    assert reached(house.database, logged.case_id) == (Opened.__name__,)
    assert consents(house) == set()
    assert "case:request:halted" in house.kinds()
    with pytest.raises(Conflict):
        house.line.vault.release(logged)
    status, code = end_of(house, logged.case_id)
    assert status == "failed"
    assert code is not None
    assert code.startswith("consent:")
    assert house.releases.find(logged.case_id) is None


@pytest.mark.parametrize("end", ENDS[:3:2])
def test_a_case_that_waits_for_a_reviewer_is_judged_again_and_closed(house: House, end: End) -> None:
    bea = house.person("bea")
    house.give(bea)
    house.gate.findings = (a_finding(Outcome.UNSURE, "optout:character:similar"),)
    case = house.submit("@bea waves")
    assert house.ended(case).verdict == "hold"  # type: ignore[union-attr] # a stop
    held = house.cases.get(case.id)
    assert held.status == "held"
    end(house, bea)
    assert house.cases.get(case.id).status == "queued"
    assert end_of(house, case.id)[0] == "failed"


def test_a_case_that_waits_for_an_answer_is_closed_when_the_grant_ends(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, mode=Mode.ASK)
    case = house.submit("@bea waves")
    house.ended(case)
    assert house.cases.get(case.id).status == "held"
    assert consents(house) == {(case.id, bea.id, grant.id)}
    house.registry.revoke(grant.id, actor=bea.account_id)
    assert end_of(house, case.id) == ("failed", "consent:grant:revoked")


def test_a_case_that_another_grant_covers_goes_on_under_that(house: House) -> None:
    bea = house.person("bea")
    first = house.give(bea)
    logged = at_the_door(house)
    second = house.give(bea, FOR_ADA)
    house.registry.revoke(first.id, actor=bea.account_id)
    assert end_of(house, logged.case_id) == ("completed", None)
    assert {owner.grant_ids for owner in house.release(logged.case_id).owners} == {(), (second.id,)}
    assert consents(house) == set()


def test_other_peoples_cases_go_on_when_one_person_is_barred(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    case = house.submit("@bea waves", "acct_dan")
    house.claimed(case.id)
    admitted = house.line.request_gates.judge(house.line.ledger.open(house.cases.requested(case.id)))
    assert isinstance(admitted, Admitted)
    house.registry.safety.bar(bea.id, "acct_ada", bea.account_id, TakeBack.TAKE_BACK)
    assert house.cases.get(case.id).status == "in_progress"
    assert isinstance(house.walk(house.cases.requested(case.id)), Released)


def test_taking_back_from_one_person_leaves_what_others_made(house: House) -> None:
    bea = house.person("bea")
    house.give(bea, on_revocation=OnRevocation.KEEP)
    hers, his = house.released("@bea waves", "acct_ada"), house.released("@bea sings", "acct_dan")
    house.registry.safety.bar(bea.id, "acct_ada", bea.account_id, TakeBack.TAKE_BACK)
    assert (house.release(hers).status, house.release(his).status) == ("withdrawn", "released")


def test_taking_everything_back_takes_what_others_made_and_leaves_ones_own(house: House) -> None:
    bea = house.person("bea")
    house.give(bea, on_revocation=OnRevocation.KEEP)
    granted, own = house.released("@bea waves", "acct_ada"), house.released("@bea sings", bea.account_id)
    found = Appearing(bea.id, bea.account_id, frozenset({"face"}))  # by a search: under no grant
    out(house.cases, house.releases, "video_found", found, maker="acct_dan")
    other = house.released("a quiet harbour")
    done = house.registry.revoke_all(bea.id, actor=bea.account_id, take_back=TakeBack.TAKE_BACK)
    assert set(done.withdrawn) == {granted, "video_found"}
    assert {house.release(case_id).status for case_id in (own, other)} == {"released"}


@pytest.mark.parametrize(
    ("take_back", "terms", "status"),
    [
        (TakeBack.AS_GRANTED, OnRevocation.KEEP, "released"),
        (TakeBack.AS_GRANTED, OnRevocation.WITHDRAW, "withdrawn"),
        (TakeBack.STOP_NEW, OnRevocation.WITHDRAW, "released"),
        (TakeBack.TAKE_BACK, OnRevocation.KEEP, "withdrawn"),
    ],
)
def test_what_was_made_goes_as_the_person_says(
    house: House, take_back: TakeBack, terms: OnRevocation, status: str
) -> None:
    bea = house.person("bea")
    grant = house.give(bea, on_revocation=terms)
    case_id = house.released("@bea waves")
    house.registry.revoke(grant.id, actor=bea.account_id, take_back=take_back)
    assert house.release(case_id).status == status


def test_a_remix_under_way_stops_with_its_parent(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    grant, other = house.give(bea, allows_remix=True), house.give(cyd, allows_remix=True)
    parent = house.released("@bea meets @cyd")
    child = house.submit("the same by night", remix_of=parent)
    house.registry.revoke(grant.id, actor=bea.account_id)
    status, code = end_of(house, child.id)
    assert (status, code in {"consent:grant:revoked", "remix:parent:withdrawn"}) == ("failed", True)
    assert house.uses(other) == 1


def test_a_waiting_remix_of_what_was_taken_back_is_sent_back(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, allows_remix=True)
    parent = house.released("@bea waves")
    child = house.submit("the same by night", remix_of=parent)
    house.claimed(child.id)
    house.registry.revoke(grant.id, actor=bea.account_id)
    assert house.leases.abandoned() == [child.id]


def test_a_released_remix_goes_with_the_grant_that_it_was_made_under(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, allows_remix=True)
    parent = house.released("@bea waves")
    child = house.released("the same by night", remix_of=parent)
    done = house.registry.revoke(grant.id, actor=bea.account_id)
    assert set(done.withdrawn) == {parent, child}


def test_a_revocation_that_rolls_back_stops_nothing(any_house: House) -> None:
    house = any_house
    bea = house.person("bea")
    grant = house.give(bea)
    logged = at_the_door(house)
    with pytest.raises(ZeroDivisionError), house.database.transaction():  # noqa: PT012 - what is rolled back
        house.registry.revoke(grant.id, actor=bea.account_id)
        raise ZeroDivisionError
    assert isinstance(house.line.vault.release(logged), Released)


def test_what_has_ended_is_not_opened_again(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    out, refused = house.released("@bea waves"), house.submit("@nobody waves")
    house.ended(refused)
    book = CaseConsentBook(house.database)
    assert book.under(Fallen(bea.id)) == frozenset()
    assert book.requeue([out, refused.id]) == ()
    assert house.cases.get(out).status == "completed"


def test_consents_are_noted_once_and_found_by_each_of_their_parts(any_house: House) -> None:
    house = any_house
    case = house.submit()
    book = CaseConsentBook(house.database)
    for _ in range(2):
        book.note(case.id, "acct_ada", [("subj_1", "grant_1"), ("subj_2", None)])
    assert consents(house) == {(case.id, "subj_1", "grant_1"), (case.id, "subj_2", "")}
    found = [
        Fallen("subj_1"),
        Fallen("subj_1", frozenset({"grant_1"})),
        Fallen("subj_1", account_id="acct_ada"),
        Fallen("subj_2"),
    ]
    missed = [
        Fallen("subj_3"),
        Fallen("subj_1", frozenset({"grant_2"})),
        Fallen("subj_1", frozenset()),
        Fallen("subj_1", account_id="acct_dan"),
        Fallen("subj_2", frozenset({"grant_1"})),
    ]
    assert [book.under(fallen) for fallen in found] == [frozenset({case.id})] * 4
    assert [book.under(fallen) for fallen in missed] == [frozenset()] * 5


# --- nothing of it is served once the revocation has committed


def test_every_way_to_a_withdrawn_video_is_closed_at_commit(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    case_id = house.released("@bea waves")
    token = house.sharing.share("acct_ada", case_id).token
    ways: list[Callable[[], object]] = [
        *(
            partial(_watched, house.desk.download, account, case_id, variant)
            for variant in ("video", "thumbnail", "spritesheet")
            for account in ("acct_ada", "acct_bea")
        ),
        *(partial(_watched, house.sharing.download, token, variant) for variant in ("video", "thumbnail")),
        partial(house.sharing.open, token),
        partial(house.sharing.share, "acct_ada", case_id),
        partial(house.submit, "more of it", remix_of=case_id),
    ]
    for way in ways:
        way()
    house.registry.revoke(grant.id, actor=bea.account_id)
    for way in ways:
        with pytest.raises((Gone, NotFound)):
            way()


def _watched(way: Callable[..., AbstractContextManager[Path]], *about: str) -> None:
    with way(*about) as path:
        assert path.exists()


@pytest.mark.parametrize("end", ENDS[1:3])
def test_a_preview_is_gone_at_commit(house: House, end: End) -> None:
    bea = house.person("bea")
    house.give(bea, mode=Mode.PREVIEW)
    case = house.submit("@bea waves")
    house.ended(case)
    asked = house.approvals.mine("acct_bea", after=None, limit=1)[0].approval.id
    with house.previews.open(asked, "acct_bea") as path:
        assert path.exists()
    end(house, bea)
    with pytest.raises(PlacetError), house.previews.open(asked, "acct_bea"):
        pass
    with suppress(PlacetError):  # a yes that comes too late changes nothing
        house.approvals.answer(asked, ApprovalState.APPROVED, actor="acct_bea")
    ended = elsewhere(lambda: house.runner.run(case.id))
    assert isinstance(ended, Stopped)
    assert house.cases.get(case.id).status == "failed"
