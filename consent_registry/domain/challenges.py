"""The live challenge: what a person is asked to say and do before a camera, and what was seen of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

DIGITS, TURNS = 8, 3
"""Eight digits, slowly, are the three seconds of speech that a voice template takes."""
LIFETIME = timedelta(minutes=10)
MAX_SECONDS = 60.0
MAX_BYTES = 50_000_000
AN_HOUR = 10
"""Challenges that a subject is given within an hour, at most."""


class Turn(StrEnum):
    """Where the person turns their head: their own left and right."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class ChallengeReason(StrEnum):
    """Why a challenge cannot be answered, or was not passed."""

    UNKNOWN = "consent:challenge:unknown"
    """No such challenge, or somebody else's."""
    USED = "consent:challenge:used"
    EXPIRED = "consent:challenge:expired"
    TOO_MANY = "consent:challenge:too_many"
    LANGUAGE = "consent:challenge:language_unknown"
    NO_VIDEO = "consent:challenge:no_video"
    BUSY = "consent:challenge:busy"
    NO_FACE = "consent:challenge:no_face"
    SEVERAL_FACES = "consent:challenge:several_faces"
    TOO_SMALL = "consent:challenge:face_too_small"
    TOO_DARK = "consent:challenge:too_dark"
    ANOTHER_PERSON = "consent:challenge:another_person"
    """The face changed on the way, or was not seen from the front often enough to say."""
    CUT = "consent:challenge:cut"
    FLAT = "consent:challenge:flat"
    """A photo or a screen held up: what was moved has no depth."""
    TURN_MISSING = "consent:challenge:turn_missing"
    TURNS_WRONG = "consent:challenge:turns_wrong"
    SILENT = "consent:challenge:silent"
    DIGITS_WRONG = "consent:challenge:digits_wrong"
    LIPS_STILL = "consent:challenge:lips_still"
    OLDER = "consent:challenge:older"
    """The file says that it was recorded before the challenge was given."""
    REPLAYED = "consent:challenge:replayed"
    NOT_ALIVE = "consent:challenge:not_alive"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one subject is asked to do, once.

    Attributes:
        id: ``chal_…``.
        language: of the digits, two letters.
        digits: to be said, in order.
        turns: to be made afterwards, in order; none twice.
        expires_at: first second at which it can no longer be answered.
        used_at: when an answer was handed in; None while none was.
    """

    id: str
    subject_id: str
    language: str
    digits: tuple[int, ...]
    turns: tuple[Turn, ...]
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeardDigit:
    """A digit that was understood.

    Attributes:
        start: seconds.
        end: seconds.
    """

    digit: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """One landmark of a sound, of no use without the key.

    Attributes:
        token: 63 bits, keyed.
        slot: when, in slots of `sound_prints.SLOT` seconds.
    """

    token: int
    slot: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a recording, frame by frame. Where no head was seen, a frame's numbers are NaN.

    Attributes:
        times: float64 (n,), seconds of each frame.
        faces: int (n,): people in each frame.
        widths: float64 (n,): pixels of the followed face.
        light: float64 (n,): mean luma of it, or of the frame where there is none, 0 to 255.
        yaw: float64 (n,): degrees to the person's own left.
        pitch: float64 (n,): degrees down.
        mouth: float64 (n,): how far it is from closed; 0.1 and more is open. NaN where the head is turned.
        jumps: float64 (n,): how suddenly things changed since the frame before; 1 is as much as a cut.
        depth: how far the face's points left one plane, as a share of its height.
        sameness: lowest cosine of the face with itself over time; None where it was not seen often enough.
        same_from: cosine from which it is one person.
        speech: stretches in seconds, in order.
        missing: seconds for which picture or sound have a hole, the longest.
        alive: lowest probability that the face is no picture; None where nothing can tell.
        alive_from: from which it counts as alive; None likewise.
        created_at: when the file says that it was recorded; None where it does not say.
    """

    times: NDArray[np.float64]
    faces: NDArray[np.intp]
    widths: NDArray[np.float64]
    light: NDArray[np.float64]
    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]
    mouth: NDArray[np.float64]
    jumps: NDArray[np.float64]
    depth: float
    sameness: float | None
    same_from: float
    speech: tuple[tuple[float, float], ...]
    missing: float = 0.0
    alive: float | None = None
    alive_from: float | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One check of a recording.

    Attributes:
        check: its name.
        score: what was measured; never more exact than three digits.
        threshold: what it is compared with.
        at: seconds of the recording where it shows; None where nowhere in particular.
        reason: why it failed; None where it passed.
        advice: how to do better, in English; empty where it passed.
    """

    check: str
    passed: bool
    score: float
    threshold: float
    at: float | None = None
    reason: ChallengeReason | None = None
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LiveEvidence:
    """What a passed challenge gives an enrolment, in memory only.

    Attributes:
        challenge_id: the challenge that was passed; it is used up.
        subject_id: whom it was given to.
        pictures: uint8 RGB (h, w, 3), one face each, the frontal one first, then turned ones; 1 to 8.
        voices: float32 mono at 16 kHz in [-1, 1]: the recording's sound; one.
        at: when it was examined, timezone-aware.
        findings: every check, all passed.
    """

    challenge_id: str
    subject_id: str
    pictures: Sequence[NDArray[np.uint8]]
    voices: Sequence[NDArray[np.float32]]
    at: datetime
    findings: tuple[CheckFinding, ...] = field(default=())
