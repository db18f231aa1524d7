"""Who may do what with claims: staff by permission, rights holders by their seat in an organisation."""

from copyright_optout.api import Claim, OptOutIndex, Role
from copyright_optout.errors import UnknownClaim
from copyright_optout.service.telling import DECIDES
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Actor

WRITE = "optout:write"
READ = "optout:read"
OBJECT = "likeness:manage"
"""Held by people: they may object to claims on their name."""
ACTIVATE = DECIDES
"""Held by staff: with it, everybody's claims are seen, moved and withdrawn."""


def reachable(service: OptOutIndex, actor: Actor, claim_id: str, needed: Role) -> Claim:
    """A claim that the actor may see or, by a role that suffices, change; staff may see and change every one.

    Raises:
        UnknownClaim: there is none, or it is somebody else's.
        NotPermitted: it is theirs, but their role does not suffice.
    """
    claim = service.claim(claim_id)
    if not actor.may(ACTIVATE):
        try:
            service.organisations.seat(actor.account_id, claim.organisation_id, needed)
        except NotFound as error:
            raise UnknownClaim("there is no such claim", field="claim_id") from error
    return claim


def acting_for(service: OptOutIndex, actor: Actor, organisation_id: str | None) -> str:
    """The organisation that somebody files for: the one they name, or their first.

    Raises:
        NotFound: they do not act for it.
        NotPermitted: their role does not suffice.
    """
    if organisation_id is None:
        return service.organisations.own(actor.account_id).id
    return service.organisations.seat(actor.account_id, organisation_id, Role.AGENT).organisation.id
