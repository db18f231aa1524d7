"""Banks of hashes: each becomes one claim, so that its source can be withdrawn, or is quarantined, as a whole.

Hashes of pictures are looked for one by one. Those of a video become one reference video: one near frame alone stops
nothing, as vPDQ has it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from copyright_optout.domain import (
    LEAST_QUALITY,
    MOST_REFERENCES,
    Claim,
    ClaimKind,
    ClaimTerms,
    Fingerprint,
    Footage,
    ReferenceKind,
)
from copyright_optout.domain.claims import CHANGEABLE
from copyright_optout.domain.feeds import EntryNote, FeedFrame, FeedHash, FeedReport, Lost
from copyright_optout.domain.imports import LineTrouble
from copyright_optout.domain.reasons import FeedFault, ImportFault, OptOutFault
from copyright_optout.ports import ClaimStore
from copyright_optout.service.claims import ClaimDesk, Filing
from copyright_optout.service.references import ReferenceDesk
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, InvalidInput

_KEY = "bank:"
"""With the bank's name behind it, the reference of its claim."""
_LONGEST_BANK = 100
_FEWEST_BITS, _MOST_BITS = 64, 192
"""Bits that are set in a PDQ hash: each is a comparison with the median, so about 128 of 256 are; a hash far from that
is of nothing, and would be near everything that is of nothing."""
_MOST_FRAMES = 3600
"""Frames of a video that are kept, as of reference videos that are decoded here."""
_MILLI = 1000
_RETRACTED = LineTrouble(FeedFault.OPEN, "its source takes this entry back, or says that there is nothing to stop")
_UNKNOWN = LineTrouble(
    FeedFault.HASH,
    "this is no PDQ or vPDQ hash that something can be recognised by",
    limit=f"64 hex digits, quality {LEAST_QUALITY}",
)
_FULL = LineTrouble(
    OptOutFault.REFERENCES,
    "the claim of this bank has as many videos as it may have",
    limit=f"{MOST_REFERENCES} references",
)


@dataclass(slots=True)
class Told:
    """What is known of a feed once all of it has gone out: how many claims it has, and what it could not say."""

    claims: int = 0
    lost: set[Lost] = field(default_factory=set)


@dataclass(slots=True)
class _Banked:
    """Entries sorted out: what can be recognised by, and what is to be told of the rest."""

    pictures: list[FeedHash]
    videos: list[tuple[FeedHash, Footage]]
    notes: list[EntryNote]


class HashBanks:
    """Banks in and out.

    Args:
        references: keeps videos; None where none are kept.
    """

    def __init__(self, claims: ClaimStore, desk: ClaimDesk, references: ReferenceDesk | None, clock: Clock) -> None:
        self._claims = claims
        self._desk = desk
        self._references = references
        self._clock = clock

    def take_in(self, hashes: Sequence[FeedHash], *, organisation_id: str, by: str, bank: str) -> FeedReport:
        """Add hashes to the draft of a bank; what is there already is not added again.

        Raises:
            InvalidInput: the bank has no name.
            Conflict: its claim was looked at already, and there is something new for it.
        """
        bank = _checked(bank)
        banked = _sorted_out(hashes, videos=self._references is not None)
        if not banked.pictures and not banked.videos:
            return FeedReport(banked.notes)
        reference = f"{_KEY}{bank}"
        with self._claims.transaction():
            claim = self._claims.by_reference(organisation_id, [reference]).get(reference)
            if claim is None:
                terms = ClaimTerms(ClaimKind.WORK, f"Bank of hashes: {bank}")
                claim = self._desk.file(Filing(organisation_id, by, terms, reference=reference, draft=True))
            claim = self._claims.get(claim.id, lock=True) or claim
            added = self._added(claim, banked, by)
        return FeedReport(sorted(banked.notes, key=lambda note: note.number), claim_id=claim.id, added=added)

    def going_out(self, claims: Iterable[Claim], told: Told) -> Iterator[FeedHash]:
        """Every hash of these claims once, and every video: of each of its frames the hash of the whole of it."""
        known: set[str] = set()
        for claim in claims:
            told.lost.add(Lost.TERMS)
            if not shows_anything(claim):
                continue
            fresh = [bits for bits in self._claims.prints(claim.id) if bits not in known]
            known |= set(fresh)
            films = [_frames_of(film) for film in self._films(claim)]
            yield from (FeedHash(0, bits, label=claim.terms.title) for bits in fresh)
            yield from (FeedHash(0, "", label=claim.terms.title, frames=frames) for frames in films if frames)
            told.claims += bool(fresh or films)
            told.lost |= {Lost.REFERENCES} if ReferenceKind.SOUND in dict(claim.references) else set()

    def _added(self, claim: Claim, banked: _Banked, by: str) -> int:
        """Keep what is new; gives how much that is."""
        known = set(self._claims.prints(claim.id))
        prints = {one.bits: Fingerprint(one.bits, one.quality) for one in banked.pictures if one.bits not in known}
        films = self._new_films(claim, banked)
        if (prints or films) and claim.state not in CHANGEABLE:
            raise Conflict(
                "this bank was looked at already; give further hashes another name",
                code=ImportFault.STANDS,
                field="bank",
            )
        self._claims.add_prints(claim.id, prints.values())
        if self._references is not None:
            for film in films:
                self._references.add_footage(claim.id, film, by=by)
        if prints or films:
            # Whoever has the claim before them looks again: it stops more than they have seen.
            now = self._claims.get(claim.id, lock=True) or claim
            self._claims.replace(replace(now, changed_at=self._clock.now()))
        return len(prints) + len(films)

    def _new_films(self, claim: Claim, banked: _Banked) -> Sequence[Footage]:
        """Videos that the claim does not have yet, as many as it may have; of the others a note is made."""
        known = {_key(film) for film in self._films(claim)}
        room = MOST_REFERENCES - sum(count for _, count in claim.references)
        fresh: list[Footage] = []
        for entry, film in banked.videos:
            if _key(film) in known:
                continue
            if len(fresh) < room:
                fresh.append(film)
                known.add(_key(film))
            else:
                banked.notes.append(EntryNote(entry.number, _FULL))
        return fresh

    def _films(self, claim: Claim) -> Sequence[Footage]:
        if self._references is None or ReferenceKind.VIDEO not in dict(claim.references):
            return ()
        return [one.footage for one in self._references.of_claim(claim.id) if one.footage is not None]


def shows_anything(claim: Claim) -> bool:
    """Whether a claim may have pictures, videos or sounds; those of a bank are not counted as references."""
    return bool(claim.references) or claim.reference.startswith(_KEY)


def _checked(bank: str) -> str:
    bank = " ".join(bank.split())
    if not bank or len(bank) > _LONGEST_BANK or not bank.isprintable():
        raise InvalidInput(
            "say which bank these hashes are of",
            code=FeedFault.BANK,
            field="bank",
            limit=f"{_LONGEST_BANK} characters",
        )
    return bank


def _sorted_out(hashes: Sequence[FeedHash], *, videos: bool) -> _Banked:
    banked = _Banked([], [], [])
    for one in hashes:
        film = _footage(one.frames) if one.frames and videos else None
        trouble = None
        if one.retracted:
            trouble = _RETRACTED
        elif film is not None:
            banked.videos.append((one, film))
        elif _is_sound(one.bits, one.quality):
            banked.pictures.append(one)
        else:
            trouble = _UNKNOWN
        if trouble or one.lost:
            banked.notes.append(EntryNote(one.number, trouble, frozenset() if trouble else one.lost))
    return banked


def _is_sound(bits: str, quality: int) -> bool:
    return bool(bits) and quality >= LEAST_QUALITY and _FEWEST_BITS <= int(bits, 16).bit_count() <= _MOST_BITS


def _footage(frames: Sequence[FeedFrame]) -> Footage | None:
    """A video by its frames with enough in them, evenly thinned out where they are too many; None without any.

    vPDQ counts hashes, whenever they are shown, and exchanges round their moments: those that fell together are put a
    thousandth of a second apart, as here frames are told apart by when they are shown.
    """
    sound = sorted((one for one in frames if _is_sound(one.bits, one.quality)), key=lambda one: one.second)
    if not sound:
        return None
    if len(sound) > _MOST_FRAMES:
        sound = [sound[round(place)] for place in np.linspace(0, len(sound) - 1, _MOST_FRAMES)]
    moments: list[int] = []
    for one in sound:
        moments.append(max(round(one.second * _MILLI), moments[-1] + 1 if moments else 0))
    raw = b"".join(bytes.fromhex(one.bits) for one in sound)
    hashes = np.frombuffer(raw, ">u8").reshape(-1, 4).astype(np.uint64)
    return Footage(hashes, np.array(moments, np.float64) / _MILLI)


def _frames_of(film: Footage) -> tuple[FeedFrame, ...]:
    seconds, wholes = np.unique(film.seconds, return_index=True)
    rows = film.hashes[wholes].astype(">u8")
    return tuple(FeedFrame(row.tobytes().hex(), 100, float(second)) for row, second in zip(rows, seconds, strict=True))


def _key(film: Footage) -> tuple[bytes, bytes]:
    return film.hashes.tobytes(), np.round(film.seconds * _MILLI).astype(np.int64).tobytes()
