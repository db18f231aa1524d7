"""Claims with reference media, drawn and played by code."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from copyright_optout.adapters.energy_printer import EnergyPrinter
from copyright_optout.adapters.hash_shelves import HashShelves
from copyright_optout.adapters.null_looks import NullLooks
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.adapters.work_codes import IsccCodes
from copyright_optout.api import (
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    OptOutIndex,
    Organisation,
    ReferenceParts,
    Role,
)
from copyright_optout.domain import Membership, Reference
from copyright_optout.ports import LooksEmbedder, SoundPrinter
from copyright_optout.service.references import ReferenceDesk
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseReferences
from tests.fakes.optout import SetClock, look_at, optout_parts
from trust_kernel.db import Database
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind, MediaLimits, MediaRef
from trust_kernel.media.sound_prints import sound_prints

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_TONE = 0.25


def picture(seed: int) -> Picture:
    """Soft blots of colour, 160 by 120, with enough in them to be recognised."""
    blots = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(blots, (160, 120), interpolation=cv2.INTER_CUBIC), np.uint8)


def melody(seed: int, seconds: float) -> Sound:
    """Three tones at a time, others every quarter of a second."""
    dice = np.random.default_rng(seed)
    moments = np.arange(round(_TONE * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [
        np.sin(2 * np.pi * dice.uniform(300, 2000, (3, 1)) * moments + dice.uniform(0, 6, (3, 1))).sum(axis=0)
        for _ in range(round(seconds / _TONE))
    ]
    return np.asarray(np.concatenate(tones) / 6, np.float32)


def video(*seeds: int) -> Look:
    """A picture a second."""
    return look_at(*map(picture, seeds), seconds=1.0)


def played(sound: Sound) -> Look:
    """A medium that is only heard."""
    nothing = np.zeros((0, 0, 0, 3), np.uint8)
    return Look(MediaKind.AUDIO, 0, 0, len(sound) / SAMPLE_RATE, nothing, np.zeros(0), sound)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a file's decoding gives."""

    pictures: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    sound: tuple[int, ...] = ()
    iscc: str = "ISCC:KUAA"


class Printing:
    """`WorkPrinter` of looks: a path leads to the look that was put there."""

    def __init__(self) -> None:
        self._looks: dict[Path, Look] = {}

    def put(self, look: Look) -> Path:
        path = Path(str(len(self._looks)))
        self._looks[path] = look
        return path

    def look_of(self, path: Path) -> Look:
        return self._looks[path]

    def prints(self, path: Path) -> Printed:
        look = self.look_of(path)
        frames = zip(look.frames, look.times, strict=True)
        usable = [(bits, float(at)) for frame, at in frames for bits in PdqHasher().fingerprints(look_at(frame))]
        return Printed(
            tuple(bits for bits, _ in usable), tuple(at for _, at in usable), tuple(sound_prints(look.audio).tolist())
        )


class Spelling(Printing):
    """Reads what a file says: ``picture 3``, ``plain``, ``video 1 2 3`` or ``sound 7 12`` (seed, seconds)."""

    def look_of(self, path: Path) -> Look:
        what, *numbers = path.read_text().split()
        values = [int(number) for number in numbers]
        if what == "sound":
            return played(melody(values[0], values[1]))
        if what == "plain":
            return look_at(np.zeros((120, 160, 3), np.uint8))
        return look_at(*map(picture, values), seconds=1.0)

    def identify(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> MediaRef:
        return MediaRef("00" * 32, self.look(path, limits, field=field).kind, "", path.stat().st_size)

    def look(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> Look:
        del limits, field
        return self.look_of(path)


@dataclass
class Claimant:
    """A database with one organisation, and whoever looks for what it claims."""

    database: Database
    looks: LooksEmbedder = field(default_factory=NullLooks)
    printers: tuple[SoundPrinter, ...] = (EnergyPrinter(),)
    files: Printing = field(default_factory=Printing)
    clock: SetClock = field(default_factory=SetClock)
    claims: int = 0

    def __post_init__(self) -> None:
        owner = Membership("org_a", "acct_a", Role.OWNER, NOW)
        DatabaseOrganisations(self.database).found(Organisation("org_a", "Fennimore Films", NOW), owner)
        self.optouts = self.process()

    def process(self) -> OptOutIndex:
        """Another process on the same database."""
        store = DatabaseReferences(self.database)
        parts = optout_parts(DatabaseClaims(self.database), DatabaseOrganisations(self.database), clock=self.clock)
        references = ReferenceParts(store, HashShelves(), self.printers, self.looks, self.files, IsccCodes())
        return OptOutIndex(replace(parts, references=references))

    @property
    def desk(self) -> ReferenceDesk:
        found = self.optouts.references
        assert found is not None
        return found

    def claim(self, kind: ClaimKind = ClaimKind.WORK, state: ClaimState = ClaimState.ACTIVE) -> Claim:
        """A claim in a state, with the next number."""
        self.claims += 1
        terms = ClaimTerms(kind, f"Work {self.claims}", descriptions=("a fox in a coat",))
        claim = Claim(f"claim_{self.claims}", "org_a", "acct_a", terms, ClaimState.SUBMITTED, NOW, NOW)
        store = DatabaseClaims(self.database)
        store.add([claim], {})
        moved = replace(claim, state=state)
        store.replace(moved)
        return moved

    def refers(self, claim: Claim, look: Look) -> Reference:
        """Add a reference video or sound."""
        path = self.files.put(look)
        return self.desk.add_file(claim.id, path, look.kind, lambda: look.audio, by="acct_a", staff=True)

    def activate(self, claims: Iterable[Claim]) -> None:
        """Let claims take effect together."""
        DatabaseClaims(self.database).replace_many([replace(claim, state=ClaimState.ACTIVE) for claim in claims])

    def moves(self, claim: Claim, state: ClaimState) -> None:
        """Take the claim to another state."""
        DatabaseClaims(self.database).replace(replace(claim, state=state))
