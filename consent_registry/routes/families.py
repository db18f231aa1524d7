"""Ages, guardians and estates."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry
from consent_registry.domain.guardians import GuardianLink
from consent_registry.routes.own import ATTEST, MANAGE
from consent_registry.schemas.families import (
    AgeOut,
    BirthYear,
    DisputeTaken,
    EstateList,
    EstateOut,
    GuardianList,
    GuardianOut,
    NewDispute,
    NewEstate,
    NewGuardian,
    StaffEstateList,
    StaffEstateOut,
    Vouching,
)
from trust_kernel.web.access import Access, Actor


def add_families(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    """Routes of ages, guardians and estates."""
    _add_ages(router, registry, access)
    _add_guardians(router, registry, access)
    _add_vouching_for_guardians(router, registry, access)
    _add_estates(router, registry, access)
    _add_deciding_on_estates(router, registry, access)


def _add_ages(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/me/age")
    def age(actor: Annotated[Actor, access.signed_in()]) -> AgeOut:
        """How old the account's person is, as far as was said."""
        return AgeOut.of(registry.ages.of(actor.account_id), registry.ages.band(actor.account_id))

    @router.put("/v1/me/age")
    def state(body: BirthYear, actor: Annotated[Actor, access.signed_in()]) -> AgeOut:
        """Say in which year one was born. Later it can be corrected to a later year; anything else staff have to do."""
        stated = registry.ages.state(actor.account_id, body.birth_year)
        return AgeOut.of(stated, registry.ages.band(actor.account_id))

    @router.put("/v1/accounts/{account_id}/age")
    def verify(account_id: str, body: BirthYear, actor: Annotated[Actor, access.requires(ATTEST)]) -> AgeOut:
        """Write down a birth year that a member of staff has seen proof of; it outranks what the person said."""
        checked = registry.ages.verify(account_id, body.birth_year, by=actor.account_id)
        return AgeOut.of(checked, registry.ages.band(account_id))


def _add_guardians(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/guardians", status_code=HTTPStatus.CREATED)
    def ask(body: NewGuardian, actor: Annotated[Actor, access.requires(MANAGE)]) -> GuardianOut:
        """Ask somebody to be one's guardian, or, as an adult, to be one's ward."""
        link = registry.guardianship.ask(actor.account_id, body.account_id, as_guardian=body.i_am == "guardian")
        return GuardianOut.of(link)

    @router.get("/v1/guardians")
    def mine(actor: Annotated[Actor, access.requires(MANAGE)]) -> GuardianList:
        """One's guardians and wards, newest first."""
        links = registry.guardianship.about(actor.account_id)
        return GuardianList(data=[_to_party(registry, link) for link in links])

    @router.post("/v1/guardians/{link_id}/accept")
    def accept(link_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GuardianOut:
        """Say yes to being a guardian or a ward; then staff have to vouch for it."""
        return GuardianOut.of(registry.guardianship.accept(link_id, by=actor.account_id))

    @router.post("/v1/guardians/{link_id}/end")
    def end(link_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GuardianOut:
        """Say no, or end a link. Grants that the guardian gave stay, and can be revoked as before."""
        return GuardianOut.of(registry.guardianship.end(link_id, by=actor.account_id))


def _add_vouching_for_guardians(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/guardians/waiting", dependencies=[access.requires(ATTEST)])
    def waiting() -> GuardianList:
        """Links that staff have to vouch for, oldest first."""
        desk = registry.guardianship
        return GuardianList(data=[GuardianOut.of(one, vouched=desk.vouched(one.id)) for one in desk.waiting()])

    @router.post("/v1/guardians/{link_id}/attest")
    def attest(link_id: str, body: Vouching, actor: Annotated[Actor, access.requires(ATTEST)]) -> GuardianOut:
        """Vouch for a link; it holds once two members of staff have."""
        link = registry.guardianship.attest(link_id, body.proof, by=actor.account_id)
        return GuardianOut.of(link, vouched=registry.guardianship.vouched(link_id))

    @router.post("/v1/guardians/{link_id}/refuse")
    def refuse(link_id: str, actor: Annotated[Actor, access.requires(ATTEST)]) -> GuardianOut:
        """End a link for both."""
        return GuardianOut.of(registry.guardianship.end(link_id, by=actor.account_id, staff=True))


def _to_party(registry: ConsentRegistry, link: GuardianLink) -> GuardianOut:
    return GuardianOut.of(link, subject_id=registry.guardianship.subject_of_ward(link))


def _add_estates(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/estates", status_code=HTTPStatus.CREATED)
    def claim(body: NewEstate, actor: Annotated[Actor, access.requires(MANAGE)]) -> EstateOut:
        """Say that one speaks for a dead person; two members of staff have to vouch for it."""
        estate = registry.estates.claim(
            actor.account_id, body.handle, body.display_name, died_on=body.died_on, until=body.until
        )
        return EstateOut.of(estate)

    @router.get("/v1/estates")
    def mine(actor: Annotated[Actor, access.requires(MANAGE)]) -> EstateList:
        """What the account claimed, newest first."""
        return EstateList(data=[EstateOut.of(one) for one in registry.estates.of(actor.account_id)])

    @router.post("/v1/estates/disputes", status_code=HTTPStatus.CREATED)
    def dispute(body: NewDispute, actor: Annotated[Actor, access.signed_in()]) -> DisputeTaken:
        """Say that a representative does not speak for a dead person; staff look at it."""
        return DisputeTaken(id=registry.estates.dispute(body.handle, body.reason, by=actor.account_id).id)


def _add_deciding_on_estates(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/estates/standing", dependencies=[access.requires(ATTEST)])
    def standing() -> StaffEstateList:
        """Claims and held estates, oldest first, with what was said against them."""
        desk = registry.estates
        seen = [StaffEstateOut.seen(one, desk.vouched(one.id), list(desk.disputes(one.id))) for one in desk.standing()]
        return StaffEstateList(data=seen)

    @router.post("/v1/estates/{estate_id}/attest")
    def attest(estate_id: str, body: Vouching, actor: Annotated[Actor, access.requires(ATTEST)]) -> EstateOut:
        """Vouch for a claim; the representative holds the likeness once two members of staff have."""
        return EstateOut.of(registry.estates.attest(estate_id, body.proof, by=actor.account_id))

    @router.post("/v1/estates/{estate_id}/end")
    def end(estate_id: str, actor: Annotated[Actor, access.requires(ATTEST)]) -> EstateOut:
        """Refuse a claim, or end an estate: its grants end, and nobody speaks for the dead person."""
        return EstateOut.of(registry.estates.end(estate_id, by=actor.account_id))
