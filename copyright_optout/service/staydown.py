"""Stopping what is like a video that a notice took down, for as long as the notice stands.

An internal claim of kind WORK holds the video's fingerprints, so that the gates that look for claimed works look for it
too. Whoever is stopped by it is told nothing but that something protected was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from copyright_optout.domain import (
    MOST_REFERENCES,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Declaration,
    Footage,
    Ground,
    Membership,
    Organisation,
    Proof,
    Reference,
    ReferenceKind,
    Role,
    Told,
)
from copyright_optout.domain.claims import IN_FORCE
from copyright_optout.domain.notices import Notice
from copyright_optout.ports import ClaimStore, OrganisationStore, ReferenceStore
from copyright_optout.service.claims import ClaimDesk
from trust_kernel.clock import Clock
from trust_kernel.ids import new_id

HOUSE = "org_house"
"""The organisation of claims that no rights holder filed; nobody is a member of it."""


class StayDown:
    """The internal claims of notices.

    Args:
        claims: their rows.
        desk: moves them.
        organisations: where the house's own is kept.
        references: rows of reference media; None where none are looked for.
        clock: tells the time.
    """

    def __init__(
        self,
        claims: ClaimStore,
        desk: ClaimDesk,
        organisations: OrganisationStore,
        references: ReferenceStore | None,
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._desk = desk
        self._organisations = organisations
        self._references = references
        self._clock = clock

    def stop(self, notice: Notice, prints: Mapping[str, Sequence[str]], by: str) -> tuple[str, dict[str, str]]:
        """Stop what is like these videos from now on, in the caller's transaction.

        Args:
            notice: because of which.
            prints: by video, PDQ hashes of frames in time order, hex; videos with none are left out, and those beyond
                `MOST_REFERENCES`, which are copies of the others.
            by: account that decided.

        Returns:
            The claim's id, and by video the id of what it is recognised by; empty where there are no fingerprints.
        """
        known = {case_id: hashes for case_id, hashes in prints.items() if hashes}
        if not known or self._references is None:
            return "", {}
        now = self._clock.now()
        claim = Claim(
            id=new_id("claim"),
            organisation_id=self._house().id,
            filed_by=by,
            # Its name is looked for like any other's, and nobody writes such an id into a prompt.
            terms=ClaimTerms(ClaimKind.WORK, notice.id, told=Told.NOTHING),
            state=ClaimState.SUBMITTED,
            created_at=now,
            changed_at=now,
            reference=notice.id,
            proof=Proof(Ground.AGENT, statement=f"stays down because of notice {notice.id}"),
            declared=frozenset(Declaration),
            references=(("video", min(len(known), MOST_REFERENCES)),),
        )
        self._claims.hold_generation()  # the desk writes to the ledger, and only then moves the claim
        self._desk.keep([claim])
        made = {}
        for case_id, hashes in list(known.items())[:MOST_REFERENCES]:
            reference = Reference(new_id("ref"), claim.id, ReferenceKind.VIDEO, now, footage=_footage(hashes))
            self._references.add(reference)
            made[case_id] = reference.id
        self._desk.move(claim.id, ClaimState.ACTIVE, actor=by)
        return claim.id, made

    def spare(self, claim_id: str, reference_id: str) -> None:
        """No longer stop what is like one of a claim's videos, in the caller's transaction."""
        claim = self._claims.get(claim_id, lock=True) if claim_id and reference_id else None
        if claim is not None and self._references is not None:
            self._references.drop(reference_id)
            self._claims.replace(replace(claim, changed_at=self._clock.now()))  # so that the indexes read it again

    def end(self, claim_id: str, by: str) -> None:
        """No longer stop anything because of a notice, in the caller's transaction."""
        if claim_id and self._desk.claim(claim_id).state in IN_FORCE:
            self._desk.move(claim_id, ClaimState.WITHDRAWN, actor=by)

    def _house(self) -> Organisation:
        found = self._organisations.organisation(HOUSE)
        if found is None:
            now = self._clock.now()
            found = Organisation(HOUSE, "Notices under a statute", now)
            # Owned by itself: whoever acts for an organisation decides nothing about its claims, and staff and the
            # worker decide about these.
            self._organisations.found(found, Membership(HOUSE, HOUSE, Role.OWNER, now))
        return found


def _footage(hashes: Sequence[str]) -> Footage:
    """A second a frame: when each was shown is not kept, and is not needed to say that a video is the same."""
    raw = b"".join(bytes.fromhex(bits) for bits in hashes)
    words = np.frombuffer(raw, ">u8").reshape(-1, 4).astype(np.uint64)
    return Footage(words, np.arange(len(words), dtype=np.float64))
