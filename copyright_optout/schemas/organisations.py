"""What the routes of organisations take and give."""

from datetime import datetime

from pydantic import BaseModel, Field

from copyright_optout.domain import Membership, Organisation, Role
from copyright_optout.service.organisations import Seat


class FoundingBody(BaseModel):
    """A new organisation."""

    name: str = Field(max_length=1000)


class OrganisationChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: str | None = Field(default=None, max_length=1000)
    only_licensed: bool | None = Field(default=None, description="nothing of theirs without a licence")


class MemberBody(BaseModel):
    """What a member may do."""

    role: Role


class OrganisationView(BaseModel):
    """An organisation, and one's own role in it."""

    id: str
    name: str
    only_licensed: bool
    created_at: datetime
    role: Role | None

    @classmethod
    def of(cls, organisation: Organisation, role: Role | None) -> "OrganisationView":
        """The view of an organisation."""
        return cls(
            id=organisation.id,
            name=organisation.name,
            only_licensed=organisation.only_licensed,
            created_at=organisation.created_at,
            role=role,
        )

    @classmethod
    def of_seat(cls, seat: Seat) -> "OrganisationView":
        """The view of one that one acts for."""
        return cls.of(seat.organisation, seat.role)


class OrganisationList(BaseModel):
    """Organisations, the longest known first, and those that one is invited to act for."""

    data: list[OrganisationView]
    invitations: list[OrganisationView] = []


class MemberView(BaseModel):
    """A member, or somebody who is invited to be one."""

    account_id: str
    role: Role
    since: datetime
    accepted: bool

    @classmethod
    def of(cls, membership: Membership) -> "MemberView":
        """The view of a membership."""
        return cls(
            account_id=membership.account_id,
            role=membership.role,
            since=membership.since,
            accepted=membership.accepted,
        )


class MemberList(BaseModel):
    """Members, the longest first."""

    data: list[MemberView]
