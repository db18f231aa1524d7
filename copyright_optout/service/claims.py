"""Filing, activating and withdrawing claims."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from copyright_optout.domain import (
    LEAST_QUALITY,
    LONGEST_NAME,
    MOST_NAMES,
    MOST_PICTURES,
    Claim,
    ClaimState,
    Fingerprint,
    NewClaim,
)
from copyright_optout.errors import UnknownClaim, UnusableClaim
from copyright_optout.ports import ClaimStore, PictureHasher, Record
from trust_kernel.clock import Clock
from trust_kernel.ids import new_id


class ClaimDesk:
    """The claims' life."""

    def __init__(self, store: ClaimStore, hasher: PictureHasher, record: Record, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._record = record
        self._clock = clock

    def file(self, new: NewClaim) -> Claim:
        """Keep a claim as submitted; nothing is stopped by it until it is active.

        Raises:
            UnusableClaim: no title, a name that holds no letter, a name or a list too long, an expiry in the past, or a
                picture with too little in it.
        """
        now = self._clock.now()
        if new.expires_at is not None and new.expires_at <= now:
            raise UnusableClaim("the claim would already have expired", field="expires_at")
        claim = Claim(
            id=new_id("claim"),
            rights_holder=new.rights_holder,
            kind=new.kind,
            title=_checked_name(new.title, "title"),
            names=_checked_names(new.names),
            licensees=tuple(dict.fromkeys(new.licensees)),
            territory=new.territory,
            state=ClaimState.SUBMITTED,
            pictures=len(new.pictures),
            created_at=now,
            changed_at=now,
            expires_at=new.expires_at,
        )
        fingerprints = self._fingerprints(new)
        with self._store.transaction():
            self._store.add(claim, fingerprints)
            self._log(claim, actor=new.rights_holder)
        return claim

    def _fingerprints(self, new: NewClaim) -> Sequence[Fingerprint]:
        if len(new.pictures) > MOST_PICTURES:
            raise UnusableClaim("too many pictures", field="pictures", limit=f"{MOST_PICTURES} pictures")
        kept: list[Fingerprint] = []
        for number, picture in enumerate(new.pictures, start=1):
            made = self._hasher.references(picture)
            if not made or not made[0].is_usable:
                raise UnusableClaim(
                    f"picture {number} has too little in it to be recognised",
                    code="optout:picture:featureless",
                    field="pictures",
                    limit=f"quality {LEAST_QUALITY}",
                )
            kept += [fingerprint for fingerprint in made if fingerprint.is_usable]
        return kept

    def move(self, claim_id: str, state: ClaimState, *, actor: str) -> Claim:
        """Take a claim to another state, on the record.

        Raises:
            UnknownClaim: there is none.
            IllegalMove: its state does not allow it.
        """
        with self._store.transaction():
            claim = self._store.get(claim_id, lock=True)
            if claim is None:
                raise UnknownClaim("there is no such claim", field="claim_id")
            claim.check_move(state)
            moved = replace(claim, state=state, changed_at=self._clock.now())
            self._store.replace(moved)
            self._log(moved, actor=actor)
        return moved

    def claim(self, claim_id: str) -> Claim:
        """A claim; raises UnknownClaim where there is none."""
        claim = self._store.get(claim_id)
        if claim is None:
            raise UnknownClaim("there is no such claim", field="claim_id")
        return claim

    def claims(self, rights_holder: str | None) -> Sequence[Claim]:
        """Claims of one rights holder, or all, newest first."""
        return self._store.of_holder(rights_holder)

    def licensed(self, claim_id: str, account_id: str) -> bool:
        """Whether an account may generate what is claimed; False where there is no such claim."""
        claim = self._store.get(claim_id)
        return claim is not None and claim.licenses(account_id)

    def _log(self, claim: Claim, *, actor: str) -> None:
        names = json.dumps([claim.title, *claim.names], ensure_ascii=True, separators=(",", ":"))
        self._record.append(
            f"optout:claim:{claim.state}",
            {
                "claim": claim.id,
                "state": claim.state.value,
                "kind": claim.kind.value,
                "names_sha256": hashlib.sha256(names.encode()).hexdigest(),
                "actor": actor,
            },
        )


def _checked_names(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) > MOST_NAMES:
        raise UnusableClaim("too many names", field="names", limit=f"{MOST_NAMES} names")
    return tuple(dict.fromkeys(_checked_name(name, "names") for name in names))


def _checked_name(name: str, field: str) -> str:
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise UnusableClaim("this name is too long", field=field, limit=f"{LONGEST_NAME} characters")
    if not any(character.isalnum() for character in name):
        raise UnusableClaim("a name needs at least one letter or digit", field=field)
    return name
