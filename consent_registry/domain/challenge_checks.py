"""The rules by which a recording passes a challenge. Pure: everything measured comes in.

Limits come from `benchmarks/challenge.py` (recordings made by code) unless said otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.challenges import Challenge, ChallengeReason, CheckFinding, HeardDigit, Seen, Turn

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChallengeLimits:
    """Where each check draws its line.

    Attributes:
        seen: share of frames that show a face.
        alone: share of those that show one face only.
        width: pixels of face, median.
        light: mean luma of the face, 0 to 255, median.
        jump: change within a moment that counts as a cut, in units of `Seen.jumps`.
        hole: seconds that picture or sound may be missing.
        turn: degrees from which a movement is a turn.
        depth: how far a head's points leave one plane when it turns; a photo's stay in it.
        speech: seconds of speech: what a voice template takes.
        edits: digits that may be wrong, missing or too many, together: recognisers mishear. Two of eight let 27 of
            a million random eight-digit sequences pass.
        lips: chance that the mouth is wider open at a moment of speech than at one of silence, by `lip_margin`: 0.85 to
            0.94 for six faces that spoke, 0.33 to 0.68 for the same with a voice from elsewhere.
        older: how far the file's own time may lie before the challenge: clocks differ.
        shared: landmarks of the sound that another recording may have in common at one shift.
    """

    seen: float = 0.9
    alone: float = 0.97
    width: float = 80.0
    light: float = 45.0
    jump: float = 1.0
    hole: float = 1.25
    turn: float = 10.0
    depth: float = 0.03
    speech: float = 3.0
    edits: int = 2
    lips: float = 0.7
    lip_margin: float = 0.01
    older: timedelta = timedelta(minutes=2)
    shared: int = 25


USUAL = ChallengeLimits()
_FEW_FRAMES = 5
_MOSTLY_GONE = 0.2
_LEAVES = 0.5
"""A turn ends where the head is back by half the way."""

_ADVICE = {
    ChallengeReason.NO_FACE: "Keep your whole face in the picture from start to end.",
    ChallengeReason.SEVERAL_FACES: "Be alone in the picture. Posters and screens with faces count too.",
    ChallengeReason.TOO_SMALL: "Come closer, so that your face fills about a third of the picture's height.",
    ChallengeReason.TOO_DARK: "Find more light, best from the front, not from behind you.",
    ChallengeReason.ANOTHER_PERSON: "One person, from start to end. Look straight ahead before and after each turn.",
    ChallengeReason.CUT: "Send one recording made in one go, without cuts, edits or pauses. Hold the camera still.",
    ChallengeReason.FLAT: "Turn your own head, slowly. A photo or a screen held before the camera does not pass.",
    ChallengeReason.TURN_MISSING: "Make every turn that is asked for, clearly, and look straight ahead after each.",
    ChallengeReason.TURNS_WRONG: "Make the turns in the order shown, to your own left and right, and no others.",
    ChallengeReason.SILENT: "Say the digits aloud and slowly; check that the microphone is on.",
    ChallengeReason.DIGITS_WRONG: "Say exactly the digits shown, one by one with a short pause, in a quiet room.",
    ChallengeReason.LIPS_STILL: "Say the digits yourself, facing the camera, with your mouth in view. "
    "Keep your mouth closed before and after.",
    ChallengeReason.OLDER: "Record after you were given the digits, and check your device's clock.",
    ChallengeReason.REPLAYED: "Make a new recording. One that was used before does not pass.",
    ChallengeReason.NOT_ALIVE: "Show your living face in even light, without a mask or filter.",
}


def assess(
    challenge: Challenge, seen: Seen, digits: Sequence[HeardDigit], shared: int, limits: ChallengeLimits = USUAL
) -> tuple[CheckFinding, ...]:
    """Every check that can be made of a recording.

    Where hardly any face is seen, nothing more is said of the face; where nothing is said, nothing of what.

    Args:
        challenge: what was asked.
        seen: what was seen and heard.
        digits: what was understood.
        shared: landmarks of its sound that an earlier recording has too.
        limits: where lines are drawn.
    """
    share = float((seen.faces > 0).mean()) if len(seen.times) else 0.0
    found = [_at_least("face", share, limits.seen, ChallengeReason.NO_FACE, _first(seen, seen.faces == 0))]
    found.append(_lit(seen, limits))
    if share >= _MOSTLY_GONE:
        found += _face(seen, limits)
        found += _movement(challenge, seen, limits)
    spoken = sum(end - start for start, end in seen.speech)
    found.append(_at_least("voice", spoken, limits.speech, ChallengeReason.SILENT))
    if spoken >= limits.speech / 2:
        wrong = edits([one.digit for one in digits], challenge.digits)
        found.append(_at_most("digits", wrong, limits.edits, ChallengeReason.DIGITS_WRONG))
        if share >= _MOSTLY_GONE:
            found.append(_at_least("lips", lips(seen, limits.lip_margin), limits.lips, ChallengeReason.LIPS_STILL))
    found.append(_whole(seen, limits))
    found.append(_fresh(challenge, seen, limits))
    found.append(_at_most("new", shared, limits.shared, ChallengeReason.REPLAYED))
    return tuple(found)


def edits(heard: Sequence[int], asked: Sequence[int]) -> int:
    """Fewest insertions, deletions and substitutions between two sequences (Levenshtein)."""
    row = list(range(len(asked) + 1))
    for number, digit in enumerate(heard, 1):
        above, row = row, [number]
        for place, wanted in enumerate(asked, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (digit != wanted)))
    return row[-1]


def turns_of(seen: Seen, degrees: float) -> tuple[tuple[Turn, float], ...]:
    """Turns of at least so many degrees, with the second of each one's far end, in order."""
    yaw, pitch = _steadied(seen.yaw), _steadied(seen.pitch)
    found: list[tuple[Turn, float]] = []
    best, current = 0.0, None
    for at, across, down in zip(seen.times.tolist(), yaw.tolist(), pitch.tolist(), strict=True):
        if np.isnan(across) or np.isnan(down):
            continue
        size, turn = _turn(across, down)
        if size >= degrees and (current is None or (turn is not current and size > best * _LEAVES)):
            found.append((turn, at))
            best, current = size, turn
        elif current is not None and size > best and turn is current:
            found[-1] = (turn, at)
            best = size
        elif size < degrees * _LEAVES:
            best, current = 0.0, None
    return tuple(found)


def lips(seen: Seen, margin: float) -> float:
    """Chance in [0, 1] that the mouth is wider open by `margin` at a moment of speech than at one of silence."""
    spoken = np.zeros(len(seen.times), bool)
    for start, end in seen.speech:
        spoken |= (seen.times >= start) & (seen.times <= end)
    known = np.isfinite(seen.mouth)
    speaking, silent = seen.mouth[spoken & known], seen.mouth[~spoken & known]
    if min(speaking.size, silent.size) < _FEW_FRAMES:
        return 0.0
    return float((speaking[:, None] > silent[None] + margin).mean())


def _turn(across: float, down: float) -> tuple[float, Turn]:
    if abs(across) >= abs(down):
        return abs(across), Turn.LEFT if across > 0 else Turn.RIGHT
    return abs(down), Turn.DOWN if down > 0 else Turn.UP


def _steadied(series: Floats) -> Floats:
    """The median of each three neighbours: one wrong landmark is no turn."""
    if len(series) < 3:  # noqa: PLR2004 - nothing to take a median of
        return series
    inner = np.sort(np.stack([series[:-2], series[1:-1], series[2:]]), axis=0)[1]
    return np.concatenate([series[:1], inner, series[-1:]])


def _face(seen: Seen, limits: ChallengeLimits) -> list[CheckFinding]:
    there = seen.faces > 0
    alone = float((seen.faces[there] == 1).mean())
    found = [
        _at_least("alone", alone, limits.alone, ChallengeReason.SEVERAL_FACES, _first(seen, seen.faces > 1)),
        _at_least("size", _median(seen.widths), limits.width, ChallengeReason.TOO_SMALL),
        _at_least("same", seen.sameness or 0.0, seen.same_from, ChallengeReason.ANOTHER_PERSON),
    ]
    if seen.alive is not None and seen.alive_from is not None:
        found.append(_at_least("alive", seen.alive, seen.alive_from, ChallengeReason.NOT_ALIVE))
    return found


def _movement(challenge: Challenge, seen: Seen, limits: ChallengeLimits) -> list[CheckFinding]:
    made = [turn for turn, _ in turns_of(seen, limits.turn)]
    right = _common(made, challenge.turns)
    complete = right == len(challenge.turns)
    extra = len(made) > right
    reason = ChallengeReason.TURNS_WRONG if extra else ChallengeReason.TURN_MISSING
    score = float(right - (len(made) - right if complete else 0))
    return [
        _at_least("depth", seen.depth, limits.depth, ChallengeReason.FLAT),
        _at_least("turns", score, float(len(challenge.turns)), reason),
    ]


def _common(made: Sequence[Turn], asked: Sequence[Turn]) -> int:
    """How many of the turns asked for were made in their order (longest common subsequence)."""
    row = [0] * (len(asked) + 1)
    for turn in made:
        above, row = row, [0]
        for place, wanted in enumerate(asked, 1):
            row.append(above[place - 1] + 1 if turn == wanted else max(above[place], row[-1]))
    return row[-1]


def _lit(seen: Seen, limits: ChallengeLimits) -> CheckFinding:
    return _at_least("light", _median(seen.light), limits.light, ChallengeReason.TOO_DARK)


def _whole(seen: Seen, limits: ChallengeLimits) -> CheckFinding:
    worst = float(seen.jumps.max()) if len(seen.jumps) else 0.0
    place = float(seen.times[int(seen.jumps.argmax())]) if worst > 0 else None
    return _at_most(
        "whole", max(worst, limits.jump * seen.missing / limits.hole), limits.jump, ChallengeReason.CUT, place
    )


def _fresh(challenge: Challenge, seen: Seen, limits: ChallengeLimits) -> CheckFinding:
    """Seconds that the file's own time lies before the challenge; a file that says nothing is not older."""
    before = (challenge.issued_at - seen.created_at).total_seconds() if seen.created_at is not None else 0.0
    return _at_most("fresh", max(0.0, before), limits.older.total_seconds(), ChallengeReason.OLDER)


def _median(series: Floats) -> float:
    known = series[np.isfinite(series)]
    return float(np.median(known)) if known.size else 0.0


def _first(seen: Seen, where: NDArray[np.bool_]) -> float | None:
    return float(seen.times[int(where.argmax())]) if where.any() else None


def _at_least(
    check: str, score: float, threshold: float, reason: ChallengeReason, at: float | None = None
) -> CheckFinding:
    passed = bool(score >= threshold)  # what is no number does not pass
    return _finding(check, score, threshold, reason, at, passed=passed)


def _at_most(
    check: str, score: float, threshold: float, reason: ChallengeReason, at: float | None = None
) -> CheckFinding:
    return _finding(check, score, threshold, reason, at, passed=bool(score <= threshold))


def _finding(
    check: str, score: float, threshold: float, reason: ChallengeReason, at: float | None, *, passed: bool
) -> CheckFinding:
    rounded = round(score, 3) if np.isfinite(score) else 0.0
    where = None if at is None or passed else round(at, 2)
    if passed:
        return CheckFinding(check, True, rounded, threshold, where)
    return CheckFinding(check, False, rounded, threshold, where, reason, _ADVICE[reason])
