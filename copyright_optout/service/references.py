"""Making and keeping what a claim's reference media are recognised by."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import (
    AS_IT_IS,
    MOST_REFERENCES,
    OTHER_SPEEDS,
    Claim,
    Footage,
    OptOutEvent,
    OptOutFault,
    Reference,
    ReferenceKind,
    SoundPrint,
)
from copyright_optout.domain.claims import CHANGEABLE
from copyright_optout.errors import UnknownClaim, UnusableClaim
from copyright_optout.ports import ClaimStore, Record, WorkPrints
from copyright_optout.service.pictures import Pictures, entry_of
from copyright_optout.service.watching import ReferenceParts
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_id
from trust_kernel.media.refs import MediaKind
from trust_kernel.media.sound_prints import sped
from trust_kernel.media.sound_search import KEPT_EVERY

Listen = Callable[[], NDArray[np.float32]]
"""Decodes a file's sound: float32 mono in [-1, 1] at SAMPLE_RATE."""


class ReferenceDesk:
    """Reference media of claims. Whether somebody acts for the claim's organisation is for whoever calls to know."""

    def __init__(
        self, parts: ReferenceParts, claims: ClaimStore, pictures: Pictures, record: Record, clock: Clock
    ) -> None:
        self._parts = parts
        self._claims = claims
        self._pictures = pictures
        self._record = record
        self._clock = clock

    def of_claim(self, claim_id: str) -> Sequence[Reference]:
        """What is known of a claim's references, oldest first."""
        return self._parts.store.of_claim(claim_id)

    def text_code(self, claim: Claim) -> str:
        """The Meta-Code of a claim's title and descriptions as they are now; empty where no codes are made here."""
        return self._parts.codes.of_text(claim.terms.title, " ".join(claim.terms.descriptions))

    def describe(self, claim: Claim) -> None:
        """Keep the code of a claim's title and descriptions as they are now, in the caller's transaction.

        Nothing happens where no codes are made here, or the one there is still holds.
        """
        store = self._parts.store
        codes = _said(self.text_code(claim))
        kept = [one for one in store.of_claim(claim.id) if one.kind is ReferenceKind.TEXT]
        if codes and [one.codes for one in kept] != [codes]:
            for former in kept:
                store.drop(former.id)
            store.add(Reference(new_id("ref"), claim.id, ReferenceKind.TEXT, self._clock.now(), codes=codes))

    def add_picture(self, claim_id: str, picture: NDArray[np.uint8], *, by: str, staff: bool = False) -> Reference:
        """Keep hashes, code and looks of a reference picture.

        Args:
            claim_id: whose it is.
            picture: uint8 RGB (h, w, 3).
            by: account that adds it.
            staff: whether they may add to a claim that somebody has looked at already.

        Raises:
            UnknownClaim: there is none.
            Conflict: the claim is past the state in which its rights holder may add to it.
            UnusableClaim: it has as many references as it may have, or there is too little in the picture.
        """
        self._check_open(claim_id, staff=staff)
        drawn = self._pictures.draw(picture, called="this picture", field="file")
        with self._claims.transaction():
            self._count(claim_id, ReferenceKind.PICTURE, staff=staff)
            (kept,) = self._pictures.keep(claim_id, [drawn], by=by)
        return kept

    def add_file(
        self, claim_id: str, path: Path, kind: MediaKind, listen: Listen, *, by: str, staff: bool = False
    ) -> Reference:
        """Keep what a reference video or sound is recognised by.

        Args:
            claim_id: whose it is.
            path: the file.
            kind: what it is.
            listen: decodes its sound; not called where there is nothing to hear.
            by: account that adds it.
            staff: whether they may add to a claim that somebody has looked at already.

        Raises:
            UnknownClaim: there is no such claim.
            Conflict: the claim is past the state in which its rights holder may add to it.
            UnusableClaim: it has as many references as it may have; or there is too little to see or hear.
            InvalidInput: the file cannot be decoded, or is more than may be read.
            Unavailable: there is no room to decode in, or a printer did not answer.
        """
        self._check_open(claim_id, staff=staff)
        prints = self._parts.files.prints(path)
        sounds, codes = self._heard(prints, listen)
        made = Reference(
            new_id("ref"),
            claim_id,
            ReferenceKind.VIDEO if kind is MediaKind.VIDEO else ReferenceKind.SOUND,
            self._clock.now(),
            seconds=max(len(prints.sound) * self._parts.printers[0].scheme.step, *prints.times, 0.0),
            footage=_footage(prints) if kind is MediaKind.VIDEO else None,
            sounds=sounds,
            codes=_said(prints.iscc, *codes),
        )
        if not made.says_anything:
            raise UnusableClaim(
                "there is too little to see or hear in this file to recognise it by",
                code=OptOutFault.REFERENCE_EMPTY,
                field="file",
            )
        with self._claims.transaction():
            return self._keep(made, by, staff=staff)

    def add_footage(self, claim_id: str, footage: Footage, *, by: str) -> Reference:
        """Keep hashes of a video that others made: there is no file, so neither sound nor code.

        Raises:
            UnknownClaim: there is no such claim.
            Conflict: somebody has looked at the claim already.
            UnusableClaim: it has as many references as it may have.
        """
        made = Reference(
            new_id("ref"),
            claim_id,
            ReferenceKind.VIDEO,
            self._clock.now(),
            seconds=float(footage.seconds[-1]),
            footage=footage,
        )
        with self._claims.transaction():
            return self._keep(made, by, staff=False)

    def drop(self, claim_id: str, reference_id: str, *, by: str) -> None:
        """Forget a reference video or sound; hashes of pictures stay with the claim until it ends.

        Raises:
            UnknownClaim: there is no such claim.
            NotFound: it has no such reference.
        """
        with self._claims.transaction():
            claim = self._locked(claim_id)
            found = [one for one in self._parts.store.of_claim(claim_id) if one.id == reference_id]
            if not found or found[0].kind in {ReferenceKind.PICTURE, ReferenceKind.TEXT}:
                raise NotFound("the claim has no such video or sound", code=OptOutFault.REFERENCE_UNKNOWN)
            self._parts.store.drop(reference_id)
            self._changed(claim, found[0].kind, -1)
            self._record.append(OptOutEvent.REFERENCE_REMOVED, entry_of(found[0], by))

    def _heard(self, prints: WorkPrints, listen: Listen) -> tuple[tuple[SoundPrint, ...], tuple[str, ...]]:
        own, *others = self._parts.printers
        words = np.array(prints.sound[::KEPT_EVERY], np.uint32)
        sounds = [SoundPrint(own.name, words)] if words.any() else []
        codes: list[str] = []
        samples = listen() if sounds else np.zeros(0, np.float32)
        for speed in OTHER_SPEEDS if samples.size else ():
            heard = own.prints(sped(samples, speed / AS_IT_IS))
            if heard.any():
                sounds.append(SoundPrint(own.name, heard[:: own.scheme.kept_every], speed))
        for printer in others if samples.size else ():
            heard = printer.prints(samples)
            if heard.any():
                sounds.append(SoundPrint(printer.name, heard[:: printer.scheme.kept_every]))
                codes.append(self._parts.codes.of_sound(heard) if printer.name.startswith("chromaprint") else "")
        return tuple(sounds), tuple(codes)

    def _check_open(self, claim_id: str, *, staff: bool) -> None:
        """Before anything is decoded; what it finds is asked again under the claim's lock."""
        claim = self._claims.get(claim_id)
        if claim is None:
            raise UnknownClaim("there is no such claim", field="claim_id")
        if claim.state not in CHANGEABLE and not staff:
            raise Conflict(
                "references are added before somebody has looked at a claim; file another for them",
                code=OptOutFault.NOT_A_DRAFT,
            )
        if self._parts.store.count(claim_id) >= MOST_REFERENCES:
            raise UnusableClaim(
                "the claim has as many references as it may have",
                code=OptOutFault.REFERENCES,
                field="file",
                limit=f"{MOST_REFERENCES} references",
            )

    def _keep(self, reference: Reference, by: str, *, staff: bool) -> Reference:
        self._count(reference.claim_id, reference.kind, staff=staff)
        self._parts.store.add(reference)
        self._record.append(OptOutEvent.REFERENCE_ADDED, entry_of(reference, by))
        return reference

    def _count(self, claim_id: str, kind: ReferenceKind, *, staff: bool) -> None:
        """Count one that is about to be kept, if it may be; raises as `add_file`."""
        claim = self._locked(claim_id)
        self._check_open(claim_id, staff=staff)
        self._changed(claim, kind, 1)
        self.describe(claim)

    def _locked(self, claim_id: str) -> Claim:
        claim = self._claims.get(claim_id, lock=True)
        if claim is None:
            raise UnknownClaim("there is no such claim", field="claim_id")
        return claim

    def _changed(self, claim: Claim, kind: ReferenceKind, by: int) -> None:
        """Count it, under the next generation, so that every index reads the claim again."""
        counts = dict(claim.references)
        counts[kind.value] = max(0, counts.get(kind.value, 0) + by)
        counted = tuple(sorted((kind, count) for kind, count in counts.items() if count))
        self._claims.replace(replace(claim, references=counted, changed_at=self._clock.now()))


def _footage(prints: WorkPrints) -> Footage:
    raw = b"".join(bytes.fromhex(bits) for bits in prints.pictures)
    hashes = np.frombuffer(raw, ">u8").reshape(-1, 4).astype(np.uint64)
    return Footage(hashes, np.array(prints.times, np.float64))


def _said(*codes: str) -> tuple[str, ...]:
    return tuple(code for code in codes if code)
