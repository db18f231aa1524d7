"""The Python door of this package."""

from collections.abc import Sequence

from copyright_optout.domain import (
    LEAST_SHARE,
    MADE_WITH,
    MATCH_DISTANCE,
    MOST_FRAMES,
    SURE_NAME,
    UNSURE_DISTANCE,
    Band,
    Claim,
    ClaimKind,
    ClaimState,
    IndexReadiness,
    NamedWork,
    NewClaim,
    OptOutReason,
    PicturedWork,
    alike,
)
from copyright_optout.ports import ClaimStore, FingerprintIndex, PictureHasher, Record
from copyright_optout.service.claims import ClaimDesk
from copyright_optout.service.recognition import Recognition
from trust_kernel.clock import Clock
from trust_kernel.media.refs import Look


class OptOutIndex:
    """What rights holders have said may not be generated, and whether something is it.

    Args:
        store: the claims.
        hasher: makes fingerprints.
        index: this process's search index; empty, it fills itself.
        record: the ledger.
        clock: the time.
    """

    def __init__(
        self, store: ClaimStore, hasher: PictureHasher, index: FingerprintIndex, record: Record, clock: Clock
    ) -> None:
        self._desk = ClaimDesk(store, hasher, record, clock)
        self._recognition = Recognition(store, hasher, index, clock)

    def file(self, claim: NewClaim) -> Claim:
        """Keep a claim as submitted; it stops nothing until it is active.

        Raises:
            UnusableClaim: an InvalidInput that names the field.
        """
        return self._desk.file(claim)

    def verify(self, claim_id: str, *, actor: str) -> Claim:
        """Note that the proof was looked at; raises as `activate` does."""
        return self._desk.move(claim_id, ClaimState.VERIFIED, actor=actor)

    def activate(self, claim_id: str, *, actor: str) -> Claim:
        """Let a claim stop what it claims, from the next search on.

        Raises:
            UnknownClaim: a NotFound.
            IllegalMove: a Conflict.
        """
        return self._desk.move(claim_id, ClaimState.ACTIVE, actor=actor)

    def dispute(self, claim_id: str, *, actor: str) -> Claim:
        """Suspend an active claim while it is contested; raises as `activate` does."""
        return self._desk.move(claim_id, ClaimState.DISPUTED, actor=actor)

    def withdraw(self, claim_id: str, *, actor: str) -> Claim:
        """End a claim for good; raises as `activate` does."""
        return self._desk.move(claim_id, ClaimState.WITHDRAWN, actor=actor)

    def claims(self, rights_holder: str | None = None) -> Sequence[Claim]:
        """Claims of one rights holder, or all, newest first."""
        return self._desk.claims(rights_holder)

    def claim(self, claim_id: str) -> Claim:
        """A claim; raises UnknownClaim where there is none."""
        return self._desk.claim(claim_id)

    def licensed(self, claim_id: str, account_id: str) -> bool:
        """Whether an account may generate what is claimed: its rights holder and the licensees."""
        return self._desk.licensed(claim_id, account_id)

    def named(self, text: str) -> tuple[NamedWork, ...]:
        """Active claims that a text names, by place."""
        return self._recognition.named(text)

    def pictured(self, look: Look) -> tuple[PicturedWork, ...]:
        """Active claims that a picture or video shows, nearest first; at most 24 frames are looked at."""
        return self._recognition.pictured(look)

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """PDQ hashes of at most 24 frames, hex, in time order, for `alike`; featureless frames are left out."""
        return self._recognition.fingerprints(look)

    def alike(self, left: Sequence[str], right: Sequence[str]) -> bool:
        """Whether two lists of fingerprints are of one video; see `copyright_optout.domain.alike` for the rule."""
        return alike(left, right)

    def readiness(self) -> IndexReadiness:
        """How far this process's index has read; each search reads the rest first."""
        return self._recognition.readiness()

    def warm_up(self) -> None:
        """Fill the index now, so that the first search is quick."""
        self._recognition.warm_up()


__all__ = [
    "LEAST_SHARE",
    "MADE_WITH",
    "MATCH_DISTANCE",
    "MOST_FRAMES",
    "SURE_NAME",
    "UNSURE_DISTANCE",
    "Band",
    "Claim",
    "ClaimKind",
    "ClaimState",
    "IndexReadiness",
    "NamedWork",
    "NewClaim",
    "OptOutIndex",
    "OptOutReason",
    "PicturedWork",
    "alike",
]
