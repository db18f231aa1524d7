"""What a verification says: frozen values, shared by the desk, the API, the command and the page.

Nothing here holds a sentence. Whatever a person reads is a `Statement`: a code with values, put into words by
`generator_gateway.wording` in the reader's language, so that page, command and API say the same. Nobody is ever named.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from watermark.api import CredentialReport

Value = str | int | float
"""What may stand in a sentence: a number, or text from the file that was cleaned and cut."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to be told, without its words.

    Attributes:
        code: key of the wording, in the grammar ``verify:thing:what``.
        values: what the wording has places for, by name. `start`, `end` and `seconds` are seconds.
    """

    code: str
    values: tuple[tuple[str, Value], ...] = ()


def told(code: str, **values: Value) -> Statement:
    """A statement with its values by name."""
    return Statement(code, tuple(values.items()))


WITHDRAWN = told("verify:note:withdrawn")
TAKEN_DOWN = told("verify:note:taken_down")
STANDING = (WITHDRAWN, TAKEN_DOWN)
"""The notes that belong into the plain sentence too."""
STANDING_CODES = frozenset(note.code for note in STANDING)


class Headline(StrEnum):
    """The one plain sentence, from the strongest evidence to none."""

    SIGNED_HERE = "verify:headline:signed_here"
    """Our own credential, trusted, of a release that is on record: the file is as it left."""
    RECOVERED = "verify:headline:recovered"
    """Found by its mark; its stored credential fits all but the bytes: this file differs from the one signed."""
    MADE_HERE = "verify:headline:made_here"
    """Found by its mark, pictures fit; its stored credential is not at hand or does not hold."""
    PART_MADE_HERE = "verify:headline:part_made_here"
    """Some seconds carry our mark and fit, the others carry none. Values: start, end of the first such stretch."""
    SPLICED = "verify:headline:spliced"
    """Pieces of several videos made here. Values: count."""
    AI_TRUSTED = "verify:headline:ai_trusted"
    """An intact credential, by a signer whom we trust, says AI."""
    AI_UNTRUSTED = "verify:headline:ai_untrusted"
    """An intact credential says AI; nobody here vouches for its signer."""
    TAMPERED = "verify:headline:tampered"
    """The file, or its credential, was changed after it was signed."""
    SOUND_FROM_HERE = "verify:headline:sound_from_here"
    """The sound, or some seconds of it, is from a video made here; the pictures are not. Values: start, end."""
    COPIED_MARK = "verify:headline:copied_mark"
    """The mark in the pictures names a video made here, and the pictures are not that video's."""
    COPIED_SOUND_MARK = "verify:headline:copied_sound_mark"
    """The mark in the sound names a video made here, and the sound is not that video's."""
    UNCONFIRMED_MARK = "verify:headline:unconfirmed_mark"
    """A mark of ours, whose video is not known here or could not be compared."""
    LOOKS_LIKE = "verify:headline:looks_like"
    """No mark; it looks like a video made here."""
    SOUNDS_LIKE = "verify:headline:sounds_like"
    """No mark; it sounds like a video made here."""
    NO_CLAIM_TRUSTED = "verify:headline:no_claim_trusted"
    """An intact credential by a trusted signer that does not mention AI."""
    NO_CLAIM_UNTRUSTED = "verify:headline:no_claim_untrusted"
    """An intact credential by somebody that does not mention AI."""
    REMOTE_ONLY = "verify:headline:remote_only"
    """The file only says where its credential lies; that is not fetched."""
    TOO_COSTLY = "verify:headline:too_costly"
    """Reading it takes more than it may."""
    MALFORMED = "verify:headline:malformed"
    """It cannot be read as media."""
    CREDENTIAL_UNREADABLE = "verify:headline:credential_unreadable"
    """There is something like a credential, which follows no standard and cannot be checked."""
    NOTHING = "verify:headline:nothing"
    """Nothing was found. That proves nothing."""


class Tone(StrEnum):
    """How a page may colour a fact."""

    GOOD = "good"
    BAD = "bad"
    CAUTION = "caution"
    PLAIN = "plain"
    NONE = "none"
    """Nothing was found, which is neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The answer to one question.

    Attributes:
        answer: a word or two.
        explanation: one or two sentences.
        caution: what a reader could get wrong; None where nothing.
    """

    tone: Tone
    answer: Statement
    explanation: Statement
    caution: Statement | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The three facts that follow the sentence, and consent. Each stands alone; none ever says "not AI"."""

    signer: Fact
    ai: Fact
    unchanged: Fact
    consent: Fact


class MarkState(StrEnum):
    """What came of looking for something."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    ABSENT = "absent"
    """The file has no pictures, or no sound, that could carry it."""
    UNREADABLE = "unreadable"
    """The file cannot be decoded."""
    NOT_LOOKED = "not_looked"
    """It was not looked for: the detector is not available, or there was no need."""


class Fit(StrEnum):
    """Whether what a mark names is what this file shows or plays there."""

    SAME = "same"
    """The fingerprint fits the release that the mark names."""
    DIFFERS = "differs"
    """It does not: the mark was copied."""
    UNCONFIRMED = "unconfirmed"
    """They could not be compared: cropped, turned or sped up too far, or fingerprints are out of reach."""
    UNKNOWN = "unknown"
    """No release of that number is on record here."""


@dataclass(frozen=True, slots=True)
class MarkSpan:
    """Seconds that carry one mark.

    Attributes:
        start: seconds from the beginning of the file.
        end: seconds; past `start`.
        fit: whether the release that it names fits.
        video_id: that release; None where it is not known.
        key_id: key that the mark was made under.
        confidence: the detector's statistic over these seconds.
    """

    start: float
    end: float
    fit: Fit
    video_id: str | None
    key_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class MarkEvidence:
    """What was found of a mark in pictures, or in sound.

    Attributes:
        state: what came of looking.
        confidence: in standard deviations of what unmarked media give; None where not looked.
        threshold: from which a mark counts as found.
        chance: bound on the probability that media without a mark give this; None where nothing was found.
        spans: which seconds carry a mark, in time order.
        seconds: how much was looked at, or listened to.
        speed: of sound, against what was marked; 1 otherwise.
        altered: of pictures: cropped, squeezed, turned or mirrored since they were marked.
        presence: of sound: a second technology's score in [0, 1]; None where it is not installed.
    """

    state: MarkState
    confidence: float | None = None
    threshold: float | None = None
    chance: float | None = None
    spans: tuple[MarkSpan, ...] = ()
    seconds: float = 0.0
    speed: float = 1.0
    altered: bool = False
    presence: float | None = None

    @property
    def fit(self) -> Fit | None:
        """The strongest fit of any span: SAME, then UNCONFIRMED, DIFFERS, UNKNOWN; None where nothing was found."""
        fits = {span.fit for span in self.spans}
        return next((fit for fit in (Fit.SAME, Fit.UNCONFIRMED, Fit.DIFFERS, Fit.UNKNOWN) if fit in fits), None)

    @property
    def matches(self) -> bool | None:
        """True where a span fits, False where one was compared and differs, None where none was compared."""
        return {Fit.SAME: True, Fit.DIFFERS: False}.get(self.fit) if self.fit else None


@dataclass(frozen=True, slots=True)
class FingerprintMatch:
    """A release that this file resembles.

    Attributes:
        by: "pictures", "sound" or "iscc".
        similarity: in [0, 100].
    """

    video_id: str
    by: str
    similarity: int


@dataclass(frozen=True, slots=True)
class FingerprintEvidence:
    """What the file resembles. A resemblance proves nothing alone."""

    state: MarkState
    matches: tuple[FingerprintMatch, ...] = ()


class FoundBy(StrEnum):
    """What led to a release, the strongest first."""

    CREDENTIAL = "credential"
    FILE = "file"
    """The file's digest is that of the release's own file."""
    WATERMARK = "watermark"
    SOUND_WATERMARK = "sound_watermark"
    FINGERPRINT = "fingerprint"
    """It only looks or sounds alike."""


@dataclass(frozen=True, slots=True)
class ReleaseEvidence:
    """A release that this file is, or comes from, or resembles. No names.

    Attributes:
        consent: "active", "taken_down" (because of a claim or a notice, and perhaps not for good) or "withdrawn".
        people: how many people appear and co-own.
        ledger_proved: whether the ledger holds the release.
    """

    found_by: FoundBy
    video_id: str
    consent: str
    released_at: datetime
    withdrawn_at: datetime | None
    people: int
    ledger_index: int
    ledger_proved: bool

    @property
    def is_certain(self) -> bool:
        """Whether the file is it, or comes from it; one that it only resembles is none of its business."""
        return self.found_by is not FoundBy.FINGERPRINT

    @property
    def is_withdrawn(self) -> bool:
        """Whether the file is it, or comes from it, and consent to it is gone."""
        return self.is_certain and self.consent == "withdrawn"

    @property
    def is_taken_down(self) -> bool:
        """Whether the file is it, or comes from it, and nobody is given it for now."""
        return self.is_certain and self.consent == "taken_down"


def standing_notes(releases: Iterable[ReleaseEvidence]) -> tuple[Statement, ...]:
    """What is to be told before all else of releases that are not out any more."""
    found = tuple(releases)
    stopped = (any(one.is_withdrawn for one in found), any(one.is_taken_down for one in found))
    return tuple(note for note, holds in zip(STANDING, stopped, strict=True) if holds)


class Track(StrEnum):
    """Rows of the timeline."""

    PICTURE = "picture"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the timeline.

    Attributes:
        start: seconds.
        end: seconds; past `start`.
        fit: of the mark there; None where no mark was found in what was looked at.
        number: which release, counted from 1 in the order of `Verification.releases`; 0 where none is known. The
            same number on both tracks is the same video.
        label: what it says there.
    """

    track: Track
    start: float
    end: float
    fit: Fit | None
    number: int
    label: Statement


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything that is known about a file.

    Attributes:
        sha256: of the file, hex.
        size: bytes.
        headline: the one plain sentence; its code is a `Headline`.
        facts: who signed, AI or not, unchanged or not, consent.
        credential: the file's own.
        recovered_credential: a stored one, found through the mark and held against this file; None where none was.
        picture: the mark in the pictures.
        sound: the mark in the sound.
        fingerprint: what it resembles.
        releases: what it is or comes from, the strongest evidence first.
        timeline: stretches by track, in time order.
        seconds: length of what was looked at; 0 for a still or where nothing could be decoded.
        notes: what else is to be said, and what absence does not prove.
    """

    sha256: str
    size: int
    headline: Statement
    facts: Facts
    credential: CredentialReport
    picture: MarkEvidence
    sound: MarkEvidence
    fingerprint: FingerprintEvidence
    recovered_credential: CredentialReport | None = None
    releases: tuple[ReleaseEvidence, ...] = ()
    timeline: tuple[Segment, ...] = ()
    seconds: float = 0.0
    notes: tuple[Statement, ...] = ()

    @property
    def release(self) -> ReleaseEvidence | None:
        """The release with the strongest evidence, unless it only resembles."""
        first = self.releases[0] if self.releases else None
        return first if first is not None and first.is_certain else None

    @property
    def recovered(self) -> bool:
        """Whether the release was found through a mark in the pictures, the credential being gone or broken."""
        return self.release is not None and self.release.found_by is FoundBy.WATERMARK


class Step(StrEnum):
    """How far a verification has come."""

    RECEIVED = "received"
    CREDENTIAL = "credential"
    MARKS = "marks"
    FINGERPRINT = "fingerprint"
    LEDGER = "ledger"
    DONE = "done"


OnStep = Callable[[Step], None]
"""Told when a step begins; `DONE` when all is said. May be called from another thread than the caller's."""


class Proves(Protocol):
    """The ledger, read."""

    def proves(self, index: int) -> bool:
        """Whether the entry is included in the signed tree."""
        ...
