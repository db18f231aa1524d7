"""Reference media of claims: what is kept of a work so that it is recognised."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain.claims import Claim, ClaimKind
from copyright_optout.domain.footage import Footage
from copyright_optout.domain.prints import Band
from copyright_optout.domain.reasons import OptOutReason

MOST_REFERENCES = 100
"""Reference media of one claim."""


AS_IT_IS = 100
"""Per cent: the work's own speed."""

OTHER_SPEEDS = (95, 97, 103, 105)
"""Per cent at which a reference sound is kept as well: prints forgive one, so 5 % slower or faster is found."""


class ReferenceKind(StrEnum):
    """What a reference medium is."""

    PICTURE = "picture"
    VIDEO = "video"
    SOUND = "sound"
    TEXT = "text"
    """Title and descriptions: nothing to look or listen for, but a code to exchange."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundPrint:
    """What is kept of a work's sound.

    Attributes:
        printer: name of what made it; prints of different ones are never compared.
        words: uint32 (n,), those that are kept.
        speed: per cent at which the work was played for them: 100 as it is.
    """

    printer: str
    words: NDArray[np.uint32]
    speed: int = AS_IT_IS


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A reference medium of a claim; the medium itself is not kept.

    Attributes:
        id: ``ref_...``.
        seconds: its length; 0 for a picture or text.
        footage: of a video; None for others.
        sounds: of a video or a sound, one for each printer that heard something.
        codes: ISCC codes (ISO 24138), ``ISCC:...``: of the bytes, of the picture, of the sound, of the text.
        looks: vectors of a picture or of frames, float32 (n, d); None without a model.
        looks_by: version of the model that made them.
    """

    id: str
    claim_id: str
    kind: ReferenceKind
    created_at: datetime
    seconds: float = 0.0
    footage: Footage | None = None
    sounds: tuple[SoundPrint, ...] = ()
    codes: tuple[str, ...] = ()
    looks: NDArray[np.float32] | None = field(default=None)
    looks_by: str = ""

    @property
    def says_anything(self) -> bool:
        """Whether anything can be recognised by it."""
        return (
            bool(self.sounds) or self.looks is not None or (self.footage is not None and len(self.footage.hashes) > 0)
        )


@dataclass(frozen=True, slots=True)
class ReferenceChange:
    """A claim whose references are to be looked for, or are not any more.

    Attributes:
        generation: of the claim's last change.
        references: of a claim that is active; empty for others.
    """

    claim_id: str
    generation: int
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class HeardWork:
    """A claimed work that a medium lets hear.

    Attributes:
        agreement: share of bits that agree, in (0.5, 1].
        least: agreement from which it was found.
        seconds: of the medium, from and to.
        offset: second of the work that is heard at the first of them.
        share: of the work that is heard, in [0, 1].
        printer: by which fingerprint.
    """

    claim: Claim
    band: Band
    agreement: float
    least: float
    seconds: tuple[float, float]
    offset: float
    share: float
    printer: str

    @property
    def score(self) -> float:
        """As findings want it: higher is more alike."""
        return self.agreement

    @property
    def score_threshold(self) -> float:
        """The score from which it is a match."""
        return self.least

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        if self.band is not Band.MATCH:
            return OptOutReason.SOUND_UNSURE
        return OptOutReason.MUSIC_HEARD if self.claim.terms.kind is ClaimKind.MUSIC else OptOutReason.WORK_HEARD


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A claimed work that something in a medium looks like, as a network sees it: for a person to judge, never more.

    Attributes:
        score: cosine, in [-1, 1].
        score_threshold: from which a person must look.
        seconds: first and last frame that looks like it.
        model: version of the network.
    """

    claim: Claim
    score: float
    score_threshold: float
    seconds: tuple[float, float]
    model: str

    @property
    def band(self) -> Band:
        """Never sure."""
        return Band.UNSURE

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        return OptOutReason.LOOKS_ALIKE
