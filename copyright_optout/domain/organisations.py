"""Who claims: organisations, and what their members may do for them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copyright_optout.domain.reasons import OptOutFault
from trust_kernel.errors import InvalidInput
from trust_kernel.texts import check_text

LONGEST_ORGANISATION = 200
"""Characters of an organisation's name."""


class Role(StrEnum):
    """What a member may do for an organisation; each may what those below it may."""

    OWNER = "owner"
    """Takes members in and out, and decides whether everything needs a licence."""
    AGENT = "agent"
    """Files, changes, licenses and withdraws claims."""
    VIEWER = "viewer"
    """Sees claims, what they stopped, and dry runs."""

    def may(self, needed: "Role") -> bool:
        """Whether this role includes another."""
        return _ORDER.index(self) <= _ORDER.index(needed)


_ORDER = (Role.OWNER, Role.AGENT, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A rights holder.

    Attributes:
        id: ``org_...``.
        name: what requesters are told where a claim lets them know whose it is.
        only_licensed: nothing of theirs may be made without a licence, whatever a claim leaves open.
    """

    id: str
    name: str
    created_at: datetime
    only_licensed: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """An account that acts for an organisation, or is invited to.

    Attributes:
        since: when they began to act for it; of an invitation when it was made.
        accepted: nobody acts for an organisation, or counts as its member, before they said yes themselves.
    """

    organisation_id: str
    account_id: str
    role: Role
    since: datetime
    accepted: bool = True


def check_organisation_name(name: str) -> str:
    """The name, spaces put in order; raises InvalidInput."""
    check_text(name, "name")
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_ORGANISATION or not any(map(str.isalnum, name)):
        raise InvalidInput(
            "an organisation needs a name with a letter or digit in it",
            code=OptOutFault.ORGANISATION_NAME,
            field="name",
            limit=f"{LONGEST_ORGANISATION} characters",
        )
    return name
