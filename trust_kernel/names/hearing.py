"""Finds names by their sound: written by ear, or carried over from another alphabet.

A prompt in Latin letters is held against the sounds of names, vowels included; one in another script also against their
consonants alone, because Arabic and Hebrew leave vowels out and no two languages hear them alike. Nothing found here is
sure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.aliases import Alias
from trust_kernel.names.eastern import carries
from trust_kernel.names.english import is_common
from trust_kernel.names.hashing import Hashes, HashTable, Numbers, hash_strings
from trust_kernel.names.normal import Mark, Reading
from trust_kernel.names.phrases import LONGEST_HEARD, MOST_WORDS, Phrases, Window
from trust_kernel.names.rows import Rows
from trust_kernel.names.scripts import is_foreign, kana_or_kind, kind_of
from trust_kernel.names.sounds import WAYS, ends_silent, skeleton, sound, spoken, worn
from trust_kernel.names.words import Piece, Word

SHORTEST_HEARD = 6
"""Letters of an alias from which it is known by its sound."""

SHORTEST_HEARD_ALONE = 5
"""Sounds of an alias of one word from which the same holds, for a prompt in Latin letters."""

SHORTEST_BONES = 4
"""Consonants from which an alias is known by them."""

_SURE_BONES = 5
_LONG_BONES = 6
_MOST_NAMESAKES = 48
_ALIKE_WRITTEN = 0.2
_ALIKE_JOINED = 0.6
_LONG_NAME = 9
_ALIKE_HEARD = 0.55
_ALIKE_SHORT = 0.7
_ALIKE_LONG = 0.45
_UNVOWELLED = frozenset({"arabic", "hebrew"})
_UNSPACED = frozenset({"kana", "han", "hangul", "thai"})
_FILLED = frozenset({"kana", "han"})
"""Scripts that put vowels between consonants."""
_SHORTEST_STEM = 3

WORN = "~"
"""Before the consonants of a name as it is heard in Asia: these are only held against texts in scripts of Asia."""
_GLUED = frozenset({"han", "hangul"})
_FAMILY_AND_GIVEN = ("family", "given")
_WEARING = frozenset({"kana", "han", "hangul", "thai"})

_CYRILLIC_ENDING = re.compile(
    r"(?:iami|yami|ami|ogo|ego|emu|omu|ymi|imi|akh|yakh|ov|ev|oy|ey|ym|im|om|em|am|yam|oi|ei|iu|yu|a|u|e|y|i|o)$"
)
_PREFIXES = {"arabic": ("wal", "bal", "al", "w", "b", "l", "f", "k"), "hebrew": ("v", "h", "b", "l", "m", "sh", "k")}
_PARTICLE_SYLLABLES = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """A place in a reading that sounds like an alias.

    Attributes:
        row: of the alias.
        first: first letter.
        last: last letter.
        mark: SOUNDS_LIKE, SKELETON, or neither where it is spelled alike letter by letter.
    """

    row: int
    first: int
    last: int
    mark: Mark


def sounds_of(alias: Alias) -> list[str]:
    """How an alias sounds, with and without a last e that may be silent; none where it is too short to tell."""
    if alias.size < SHORTEST_HEARD or not _is_heard(alias):
        return []
    heard = ["".join(map(sound, map(spoken, alias.words)))]
    if any(map(ends_silent, alias.words)):
        heard.append("".join(sound(spoken(word), silent=False) for word in alias.words))
    shortest = SHORTEST_HEARD_ALONE if alias.word_count == 1 else _SURE_BONES
    return [one for one in heard if len(one) >= shortest]


def bones_of(alias: Alias) -> list[str]:
    """The consonants of an alias; none where it is too short to tell."""
    if not _is_heard(alias):
        return []
    words = list(map(spoken, alias.words))
    # A w is a vowel's neighbour to Arabic and Japanese, and a v to German and Russian.
    heard = {_skeleton_of(words), _skeleton_of([word.replace("w", "u") for word in words])}
    found = [one for one in heard if len(one) >= SHORTEST_BONES]
    if alias.marks & Mark.TRANSLITERATED:
        return found
    other = {_skeleton_of([worn(word)[way] for word in words]) for way in range(WAYS)} - heard
    return found + [WORN + one for one in sorted(other) if len(one) >= SHORTEST_BONES]


def _skeleton_of(words: Sequence[str]) -> str:
    return skeleton("".join(map(sound, words)))


def _is_heard(alias: Alias) -> bool:
    if alias.is_common_word:
        return False
    latin = alias.spelling.isascii() or not any(map(is_foreign, alias.spelling))
    return latin and all(map(str.isascii, alias.words))


class SoundIndex:
    """The sounds of all rows.

    Args:
        rows: the aliases.
        sounds: hash of each sound.
        bones: hash of the consonants of each alias that is written in Latin letters.
        foreign_bones: of each that is not.
    """

    def __init__(self, rows: Rows, sounds: HashTable, bones: HashTable, foreign_bones: HashTable) -> None:
        self._rows = rows
        self._sounds = sounds
        self._bones = bones
        self._foreign_bones = foreign_bones

    def find(self, reading: Reading, words: Sequence[Word], pieces: Sequence[Piece]) -> Iterator[Heard]:
        """Places in a text in Latin letters that sound like an alias."""
        phrases = Phrases(reading, words, pieces, SHORTEST_BONES)
        for window, row in _hits(self._sounds, phrases, phrases.sounds):
            if self._sounds_alike(window, self._rows.alias(row)):
                yield Heard(row, window.first, window.last, Mark.SOUNDS_LIKE)
        if not len(self._foreign_bones):
            return
        for one in (phrases, *(phrases.worn(way) for way in range(WAYS))):
            for window, row in _hits(self._foreign_bones, one, one.bones):
                alias = self._rows.alias(row)
                prose = _is_prose(window, alias) and not _is_written_as_names(window, reading)
                if not prose and _alike(window, alias, kind_of(alias.written[0])):
                    yield Heard(row, window.first, window.last, Mark.SKELETON)

    def find_foreign(self, text: str, reading: Reading, words: Sequence[Word]) -> Iterator[Heard]:
        """Places in a text in another script, read in Latin letters, that sound like an alias."""
        parts = (part for word in words for part in _by_script(text, reading, word))
        starts = ((part, text[reading.origin[part.first]]) for part in parts)
        forms = [_forms(text, reading, part) for part, letter in starts if _may_carry(letter)]
        windows = list(_windows(forms, reading))
        windows += [Window(window.parts[::-1], *window[1:]) for window in windows if _is_turned(text, reading, window)]
        heard = ["".join(map(sound, window.parts)) for window in windows]
        for window, row in self._found(self._sounds, windows, heard):
            yield Heard(row, window.first, window.last, Mark.SOUNDS_LIKE)
        bones = [skeleton(one) for one in heard]
        for table in (self._bones, self._foreign_bones):
            for window, row in self._found(table, windows, bones):
                if _alike(window, self._rows.alias(row), kind_of(text[reading.origin[window.first]])):
                    yield Heard(row, window.first, window.last, Mark.SKELETON)
        wearing = [kind_of(text[reading.origin[window.first]]) in _WEARING for window in windows]
        asian = [place for place, is_asian in enumerate(wearing) if is_asian]
        worn_down = [WORN + bones[place] for place in asian]
        for window, row in self._found(self._bones, [windows[place] for place in asian], worn_down):
            if _alike(window, self._rows.alias(row), "kana"):
                yield Heard(row, window.first, window.last, Mark.SKELETON)

    def _found(self, table: HashTable, windows: Sequence[Window], keys: Sequence[str]) -> Iterator[tuple[Window, int]]:
        places, rows = table.find(hash_strings(keys), _MOST_NAMESAKES)
        for place, row in zip(places.tolist(), rows.tolist(), strict=True):
            if len(keys[place]) >= SHORTEST_BONES:
                yield windows[place], row

    def _sounds_alike(self, window: Window, alias: Alias) -> bool:
        """Whether another spelling of a name is one, and not other words."""
        if _is_prose(window, alias):
            return False
        if len(window.parts) != alias.word_count:
            return alias.size >= _LONG_NAME and _likeness("".join(window.parts), "".join(alias.words)) >= _ALIKE_JOINED
        pairs = zip(window.parts, alias.words, strict=True)
        return all(
            sound(part)[:1] == sound(word)[:1] and _likeness(part, word) >= _ALIKE_WRITTEN for part, word in pairs
        )

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        tables = (("sounds", self._sounds), ("bones", self._bones), ("foreign", self._foreign_bones))
        return {key: array for name, table in tables for key, array in table.arrays(name).items()}

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]], rows: Rows) -> "SoundIndex":
        """From a file."""
        return cls(rows, *(HashTable.among(arrays, name) for name in ("sounds", "bones", "foreign")))


def _is_prose(window: Window, alias: Alias) -> bool:
    return any(is_common(part) and part not in alias.words for part in window.parts)


def _is_written_as_names(window: Window, reading: Reading) -> bool:
    """Whether words, one of them at least no common one, all begin with a capital (Taylor Swift, Mickey Mouse)."""
    starts = list(accumulate(map(len, window.parts[:-1]), initial=window.first))
    return all(reading.marks[start] & Mark.CASE for start in starts) and not all(map(is_common, window.parts))


def _likeness(one: str, other: str) -> float:
    from rapidfuzz.distance import OSA

    return float(OSA.normalized_similarity(one, other))


def _alike(window: Window, alias: Alias, script: str) -> bool:
    """Whether two names of the same consonants are the same name, as far as words and vowels can say."""
    same_words = _word_by_word(window, alias)
    bones = len(skeleton("".join(map(sound, window.parts))))
    loose = script in _UNSPACED or (script in _UNVOWELLED and bones >= _LONG_BONES)  # Abdel Halim is Abd al-Halim
    if not same_words and not loose and len(window.parts) > 1:
        return False
    sure = bones >= _SURE_BONES
    if script in _UNVOWELLED and same_words:
        return True
    likeness = _likeness("".join(map(sound, window.parts)), "".join(map(sound, map(spoken, alias.words))))
    if bones >= _LONG_BONES and script in _FILLED:
        return likeness >= _ALIKE_LONG  # Donarudo Toranpu
    enough = sure and (same_words or script in _FILLED or script in _UNVOWELLED)
    return likeness >= (_ALIKE_HEARD if enough else _ALIKE_SHORT)


def _word_by_word(window: Window, alias: Alias) -> bool:
    ours = [skeleton(sound(spoken(word))) for word in alias.words]
    return ours == [skeleton(sound(part)) for part in window.parts]


def _hits(
    table: HashTable, phrases: Phrases, hashed: Callable[[], tuple[Hashes, Numbers]]
) -> Iterator[tuple[Window, int]]:
    """Runs of words that are in a table, with the rows found for them."""
    hashes, sizes = hashed()
    places, rows = table.find(hashes, _MOST_NAMESAKES)
    for place, row in zip(places.tolist(), rows.tolist(), strict=True):
        if sizes[place] >= SHORTEST_BONES:
            yield phrases.window(place), row


def _windows(forms: Sequence[Sequence[tuple[int, int]]], reading: Reading) -> Iterator[Window]:
    """Runs of up to four words, each run as it stands, and with endings or a prefix left off."""
    for start in range(len(forms)):
        for end in range(start + 1, min(start + MOST_WORDS, len(forms)) + 1):
            window = forms[start:end]
            parted = end - start > 1 and window[-1][0][0] != window[-2][0][1] + 1
            if parted or window[-1][0][1] - window[0][0][0] > LONGEST_HEARD:
                break
            for chosen in _choices(window):
                parts = tuple(spoken(reading.folded[first : last + 1]) for first, last in chosen)
                yield Window(parts, chosen[0][0], chosen[-1][1])


def _choices(window: Sequence[Sequence[tuple[int, int]]]) -> Iterator[tuple[tuple[int, int], ...]]:
    """As they stand; the last word in each of its other forms; all words in their last forms."""
    full = tuple(form[0] for form in window)
    seen = {full}
    yield full
    others = [(*full[:-1], form) for form in window[-1][1:]]
    others += [(form, *full[1:]) for form in window[0][1:]]
    others.append(tuple(form[-1] for form in window))
    for other in others:
        if other not in seen:
            seen.add(other)
            yield other


def _by_script(text: str, reading: Reading, word: Word) -> Iterator[Word]:
    """A word cut where its script changes: in Japanese a name in katakana ends where hiragana begins."""
    start = word.first
    for at in range(word.first + 1, word.last + 1):
        before, here = text[reading.origin[at - 1]], text[reading.origin[at]]
        if before != here and _script_of(before) != _script_of(here):
            yield Word(start, at - 1, reading.folded[start:at])
            start = at
    yield Word(start, word.last, reading.folded[start : word.last + 1])


def _script_of(character: str) -> str:
    """The script; of Chinese characters, whether foreign names are carried with it."""
    kind = kana_or_kind(character)
    return kind if kind != "han" or carries(character) else "other han"


def _may_carry(character: str) -> bool:
    """Whether a name may be heard from a letter on."""
    return is_foreign(character) and (kind_of(character) != "han" or carries(character))


def _is_turned(text: str, reading: Reading, window: Window) -> bool:
    """Whether the family's name may stand first."""
    return len(window.parts) == len(_FAMILY_AND_GIVEN) and kind_of(text[reading.origin[window.first]]) in _WEARING


def _forms(text: str, reading: Reading, word: Word) -> list[tuple[int, int]]:
    """A word as it stands, and without what its language puts before or behind a name."""
    found = [(word.first, word.last)]
    kind = kind_of(text[reading.origin[word.first]])
    if kind == "cyrillic":
        ending = _CYRILLIC_ENDING.search(word.text)
        if ending and ending.start() >= _SHORTEST_STEM:
            found.append((word.first, word.first + ending.start() - 1))
    elif kind in _GLUED:
        starts = [at for at in range(word.first + 1, word.last + 1) if reading.origin[at] != reading.origin[at - 1]]
        found += [(word.first, at - 1) for at in starts[-_PARTICLE_SYLLABLES:] if at - word.first >= _SHORTEST_STEM]
    elif kind in _PREFIXES:
        for prefix in _PREFIXES[kind]:
            if word.text.startswith(prefix) and len(word.text) - len(prefix) >= _SHORTEST_STEM:
                found.append((word.first + len(prefix), word.last))
                break
    return found
