"""Searches that staff ask for, and what they call whom a batch is about."""

from collections.abc import Iterable, Mapping

from copyright_optout.api import OptOutIndex
from generator_gateway.errors import GatewayReason
from generator_gateway.ports.takedowns import Batch, TakedownCause
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.service.touching_people import BlockedPeople
from trust_kernel.errors import NotFound


class AskedSearches:
    """Has released videos looked for that a claim, or somebody on the blocklist, touches.

    Args:
        desk: takes the searches.
        optouts: the claims.
        people: the blocklist.
    """

    def __init__(self, desk: TakedownDesk, optouts: OptOutIndex, people: BlockedPeople) -> None:
        self._desk = desk
        self._optouts = optouts
        self._people = people

    def of_claim(self, claim_id: str, by: str) -> Batch:
        """What a claim touches; raises UnknownClaim, and Conflict where it is over or contested."""
        claim = self._optouts.claim(claim_id)
        title = self._optouts.told(claim).get("title", "")
        return self._desk.look_for(TakedownCause(GatewayReason.TAKEN_DOWN_FOR_CLAIM, claim.id, title), by)

    def of_person(self, entry_id: str, by: str) -> Batch:
        """What somebody on the blocklist touches; owners are never told whom it was about.

        Raises NotFound, and Conflict where the block is over.
        """
        if entry_id not in self._people.blocked([entry_id]):
            raise NotFound("there is no such blocklist entry", code="likeness:blocklist:not_found", field="entry_id")
        return self._desk.look_for(TakedownCause(GatewayReason.TAKEN_DOWN_FOR_PERSON, entry_id), by)

    def names(self, abouts: Iterable[str]) -> Mapping[str, str]:
        """What the blocklist calls those of these who are on it, for staff alone."""
        known = self._people.blocked(set(abouts) - {""})
        return {entry.id: entry.name for entry in known.values()}
