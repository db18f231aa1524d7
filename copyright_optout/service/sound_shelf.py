"""The sounds of all claims that stand, by one printer, searchable."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.sound_search import SoundMatch, SoundScheme, SoundWords, sound_matches, stretch

_LINES = 8
"""Ways to lay a query onto a kept sound that are followed to their ends; music repeats itself."""


@dataclass(frozen=True, slots=True)
class SoundHit:
    """A kept sound that is heard.

    Attributes:
        key: of the kept sound.
        errors: share of bits that differ.
        seconds: of what was listened to, from and to: the longest stretch without a break.
        offset: second of the kept sound that is heard at the first of them.
        share: of the kept sound that is heard, in [0, 1].
    """

    key: str
    errors: float
    seconds: tuple[float, float]
    offset: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    keys: tuple[str, ...]
    words: SoundWords
    starts: NDArray[np.int64]


class SoundShelf:
    """Kept sounds end to end, replaced as a whole by each change: a search works on the one that it found.

    Attributes:
        scheme: of the printer that made them.
    """

    def __init__(self, scheme: SoundScheme) -> None:
        self.scheme = scheme
        self._sounds: dict[str, SoundWords] = {}
        self._held = _held({})

    def __len__(self) -> int:
        """Sounds held."""
        return len(self._held.keys)

    def change(self, added: Mapping[str, SoundWords], dropped: Iterable[str]) -> None:
        """Forget some sounds, then hold others."""
        gone = [key for key in dropped if self._sounds.pop(key, None) is not None]
        kept = {key: words for key, words in added.items() if len(words)}
        if gone or kept:
            self._sounds |= kept
            self._held = _held(self._sounds)

    def search(self, query: SoundWords) -> list[SoundHit]:
        """Every kept sound that is heard somewhere in a query, the surest first."""
        held, lines = self._held, dict[int, dict[int, SoundMatch]]()
        for match in sound_matches(query, held.words, held.starts, scheme=self.scheme):
            found = lines.setdefault(match.work, {})
            if match.shift not in found or match.errors < found[match.shift].errors:
                found[match.shift] = match
        hits = [self._hit(query, held, list(found.values())) for found in lines.values()]
        return sorted(hits, key=lambda hit: (hit.errors, hit.key))

    def _hit(self, query: SoundWords, held: _Held, matches: list[SoundMatch]) -> SoundHit:
        """The longest stretch of one kept sound that is heard, as the surest matches place it."""
        scheme, work = self.scheme, matches[0].work
        ends = [*held.starts[1:].tolist(), len(held.words)]
        words = held.words[int(held.starts[work]) : ends[work]]
        surest = sorted(matches, key=lambda match: match.errors)[:_LINES]
        found = [(stretch(query, words, match, scheme), match.shift) for match in surest]
        longest, shift = max(found, key=lambda one: one[0].end - one[0].start)
        return SoundHit(
            held.keys[work],
            longest.errors,
            (longest.start * scheme.step, longest.end * scheme.step),
            (longest.start - shift) * scheme.step,
            (longest.end - longest.start) / (len(words) * scheme.kept_every),
        )


def _held(sounds: Mapping[str, SoundWords]) -> _Held:
    words = np.concatenate([np.zeros(0, np.uint32), *sounds.values()])
    starts = np.cumsum([0, *(len(each) for each in sounds.values())], dtype=np.int64)[:-1]
    return _Held(tuple(sounds), words, starts)
