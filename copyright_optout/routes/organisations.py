"""Routes of rights holders and their members."""

from typing import Annotated

from fastapi import APIRouter

from copyright_optout.api import OptOutIndex
from copyright_optout.routes.access import ACTIVATE, READ, WRITE
from copyright_optout.schemas.organisations import (
    FoundingBody,
    MemberBody,
    MemberList,
    MemberView,
    OrganisationChange,
    OrganisationList,
    OrganisationView,
)
from trust_kernel.web.access import Access, Actor


def add_organisations(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    """Routes under /v1/organisations; what a member may do depends on their role."""
    reader, writer = access.requires(READ), access.requires(WRITE)
    desk = service.organisations

    @router.post("/v1/organisations", status_code=201)
    def found_organisation(actor: Annotated[Actor, writer], body: FoundingBody) -> OrganisationView:
        """Found an organisation; whoever does owns it."""
        made = desk.found(body.name, actor.account_id)
        return OrganisationView.of_seat(next(s for s in desk.seats(actor.account_id) if s.organisation.id == made.id))

    @router.get("/v1/organisations")
    def list_organisations(actor: Annotated[Actor, reader]) -> OrganisationList:
        """Those that one acts for, or may if one accepts."""
        return OrganisationList(
            data=[OrganisationView.of_seat(seat) for seat in desk.seats(actor.account_id)],
            invitations=[OrganisationView.of_seat(seat) for seat in desk.invitations(actor.account_id)],
        )

    @router.post("/v1/organisations/{organisation_id}/membership")
    def accept_membership(organisation_id: str, actor: Annotated[Actor, writer]) -> OrganisationView:
        """Act for an organisation that invited one."""
        return OrganisationView.of_seat(desk.accept(organisation_id, actor.account_id))

    @router.patch("/v1/organisations/{organisation_id}")
    def change_organisation(
        organisation_id: str, actor: Annotated[Actor, writer], body: OrganisationChange
    ) -> OrganisationView:
        """Rename it, or let nothing of theirs be made without a licence; owners may."""
        changed = desk.change(organisation_id, actor.account_id, name=body.name, only_licensed=body.only_licensed)
        seats = {seat.organisation.id: seat.role for seat in desk.seats(actor.account_id)}
        return OrganisationView.of(changed, seats.get(organisation_id))

    @router.get("/v1/organisations/{organisation_id}/members")
    def list_members(organisation_id: str, actor: Annotated[Actor, reader]) -> MemberList:
        """Who acts for it, and who is invited; its members and staff see it."""
        found = desk.members(organisation_id, actor.account_id, staff=actor.may(ACTIVATE))
        return MemberList(data=[MemberView.of(one) for one in found])

    @router.put("/v1/organisations/{organisation_id}/members/{account_id}")
    def put_member(
        organisation_id: str, account_id: str, actor: Annotated[Actor, writer], body: MemberBody
    ) -> MemberView:
        """Invite somebody, or give them another role; owners may, and staff where nobody owns it any more."""
        staff = actor.may(ACTIVATE)
        return MemberView.of(desk.put_member(organisation_id, account_id, body.role, actor.account_id, staff=staff))

    @router.delete("/v1/organisations/{organisation_id}/members/{account_id}", status_code=204)
    def drop_member(organisation_id: str, account_id: str, actor: Annotated[Actor, writer]) -> None:
        """Take somebody out, or an invitation back; owners may, and everybody themselves."""
        desk.drop_member(organisation_id, account_id, actor.account_id)
