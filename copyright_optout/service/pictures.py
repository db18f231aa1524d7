"""Reference pictures: one way in, whether they come with a claim or are added to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import LEAST_QUALITY, Fingerprint, OptOutEvent, Reference, ReferenceKind
from copyright_optout.errors import UnusableClaim
from copyright_optout.ports import ClaimStore, PictureHasher, Record
from copyright_optout.service.watching import ReferenceParts
from trust_kernel.clock import Clock
from trust_kernel.ids import new_id


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPicture:
    """What a picture is recognised by, before it is kept.

    Attributes:
        prints: hashes of it and of parts of it, usable ones.
        code: ISCC; empty where none is made.
        looks: float32 (n, d); None without a model.
    """

    prints: Sequence[Fingerprint]
    code: str = ""
    looks: NDArray[np.float32] | None = None


class Pictures:
    """Makes and keeps what reference pictures are recognised by.

    Args:
        claims: where hashes are kept.
        hasher: makes them.
        record: the ledger.
        clock: the time.
        parts: makes and keeps codes and looks; None where hashes are all there is.
    """

    def __init__(
        self, claims: ClaimStore, hasher: PictureHasher, record: Record, clock: Clock, parts: ReferenceParts | None
    ) -> None:
        self._claims = claims
        self._hasher = hasher
        self._record = record
        self._clock = clock
        self._parts = parts

    def draw(self, picture: NDArray[np.uint8], *, called: str, field: str) -> DrawnPicture:
        """What a picture is recognised by; nothing is kept yet, so this is done outside of transactions.

        Args:
            picture: uint8 RGB (h, w, 3).
            called: how it is spoken of, where it is refused.
            field: what it was sent as.

        Raises:
            UnusableClaim: there is too little in it.
        """
        prints = [one for one in self._hasher.references(picture) if one.is_usable]
        if not prints:
            raise UnusableClaim(
                f"{called} has too little in it to be recognised",
                code="optout:picture:featureless",
                field=field,
                limit=f"quality {LEAST_QUALITY}",
            )
        if self._parts is None:
            return DrawnPicture(prints)
        looks = self._parts.looks
        code = self._parts.codes.of_picture(picture)
        return DrawnPicture(prints, code, looks.embed([picture]) if looks.is_installed else None)

    def keep(self, claim_id: str, pictures: Iterable[DrawnPicture], *, by: str) -> Sequence[Reference]:
        """Keep pictures of a claim, in the caller's transaction. How many it has, is for whoever changes it to count.

        Where hashes are all there is nothing is said of single pictures, and nothing given back.
        """
        drawn = list(pictures)
        self._claims.add_prints(claim_id, [one for each in drawn for one in each.prints])
        if self._parts is None:
            return ()
        made = [
            Reference(
                new_id("ref"),
                claim_id,
                ReferenceKind.PICTURE,
                self._clock.now(),
                codes=(one.code,) if one.code else (),
                looks=one.looks,
                looks_by=self._parts.looks.version,
            )
            for one in drawn
        ]
        for reference in made:
            self._parts.store.add(reference)
            self._record.append(OptOutEvent.REFERENCE_ADDED, entry_of(reference, by))
        return made


def entry_of(reference: Reference, by: str) -> dict[str, str | int]:
    """What the ledger says of a reference."""
    return {"claim": reference.claim_id, "reference": reference.id, "kind": reference.kind.value, "actor": by}
