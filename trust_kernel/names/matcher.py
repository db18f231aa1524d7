"""Finds names in prompts, hidden or misspelled."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trust_kernel.names.aliases import Alias, disguise
from trust_kernel.names.build import Indexes, build
from trust_kernel.names.crossing import carried_over
from trust_kernel.names.english import is_common
from trust_kernel.names.files import load, save
from trust_kernel.names.normal import Mark, Reading
from trust_kernel.names.readings import Told, readings_of

EXACT = 1.0
"""Score of a name in its normal form: case, accents and the punctuation between its words are nothing."""

LEAST_DISGUISED = 0.9
LEAST_FUZZY = 0.75

HINT = 0.4
"""Score of a part of a name: it stops nothing by itself."""

_A_DISGUISE = 0.02
_FIRST_SLIP = 0.89
_A_SLIP = 0.05
_REGROUPED = 0.04
_FIXED = (
    (Mark.PART, HINT),
    (Mark.EMOJI, 0.76),
    (Mark.SKELETON, 0.77),
    (Mark.SOUNDS_LIKE, 0.78),
    (Mark.COMMON_WORD, 0.85),
)
_HARMLESS = Mark.CASE | Mark.ACCENTS
_MOST_PLACES = 16
"""Places reported for one alias; more say nothing new and let a prompt cost too much."""

_SHORTEST_INSIDE = 6
_SHORTEST_TAGGED = 4
_TAGS = "#@"
_SHORTEST_PART = 4
_MOST_SHARING = 8
"""Aliases that may share a word before the word alone points to none of them."""


@dataclass(frozen=True, slots=True)
class NameHit:
    """A name found.

    Attributes:
        entity: id of what it names.
        alias: the alias, as it was given.
        span: characters [start, end) of the original text.
        transformations: how it was hidden, lightest first: case, accents, width, confusables, invisible, reordered,
            leetspeak, repeated, spaced, joined, punctuated, typo, common_word, emoji (a picture for a word), embedded
            (inside a longer word), transliterated, sounds_like, skeleton (consonants only), part (one word of it).
        score: 1.0 the name itself; [0.9, 1) the name in disguise; [0.75, 0.9) a misspelling, the sound of a name, or
            a common word that is written like a name; below that a hint, given only to who asks for hints.
    """

    entity: str
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float


class NameMatcher:
    """An immutable set of aliases; safe to share between threads.

    Args:
        pairs: (entity id, alias), or what was made of them. An alias without any letter or digit, or of more than 300
            characters, is never found.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] | Indexes) -> None:
        self._indexes = pairs if isinstance(pairs, Indexes) else build(pairs)

    @classmethod
    def opened(cls, path: Path) -> "NameMatcher":
        """A matcher that was kept in a file; the file is mapped and shared between processes.

        Raises:
            InvalidInput: it is no such file, it is broken, or it was made by another version.
        """
        return cls(Indexes.among(load(path)))

    def keep(self, path: Path) -> None:
        """Write everything to a file that `opened` maps."""
        save(path, self._indexes.arrays())

    def entries(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every entity with its aliases, as they were given, in that order; one that is too long is empty here."""
        return self._indexes.rows.entries()

    def __len__(self) -> int:
        """Aliases that can be found, counting spellings that are read differently."""
        return len(self._indexes.rows)

    def match(self, text: str, *, hints: bool = False) -> tuple[NameHit, ...]:
        """Every name in a text, by place; one hit an entity and place, the best.

        Time grows with the length of the text and the number of hits, not with the number of aliases.

        Args:
            text: any text.
            hints: also report what only points to a name ("Mickey"), with a score below 0.75.
        """
        if not len(self):
            return ()
        told = readings_of(text)
        hits: list[NameHit] = []
        for one in told:
            hits += self._disguised(text, one)
        sure = _best(hits)
        found: list[NameHit] = []
        for one in told:
            if one.loosely:
                found += self._misspelled(one, sure)
            if one.heard:
                found += self._heard(text, one)
        best = _best([*sure, *found])
        return _best([*best, *self._parts(told[0], best)]) if hints else best

    def _disguised(self, text: str, told: Told) -> Iterator[NameHit]:
        reading = told.reading
        places: defaultdict[int, int] = defaultdict(int)
        for row, first, last in self._indexes.patterns.find(reading):
            if places[row] >= _MOST_PLACES:
                continue
            alias = self._indexes.rows.alias(row)
            marks = disguise(alias, text, reading, first, last)
            marks = None if marks is None else carried_over(alias, text, reading, (first, last), marks | told.mark)
            if marks is not None:
                places[row] += 1
                yield _hit(alias, reading, first, last, marks)
        for row, first, last in self._indexes.patterns.find_pieces(reading, told.pieces) if told.pieces else ():
            alias = self._indexes.rows.alias(row)
            marks = disguise(alias, text, reading, first, last, inside=True)
            if marks is not None and places[row] < _MOST_PLACES and _is_long_enough_inside(alias, text, reading, first):
                places[row] += 1
                yield _hit(alias, reading, first, last, marks | told.mark | Mark.EMBEDDED)

    def _misspelled(self, told: Told, sure: Sequence[NameHit]) -> Iterator[NameHit]:
        reading = told.reading
        places: defaultdict[int, int] = defaultdict(int)
        taken = {hit.span for hit in sure}
        for slip in self._indexes.typos.find(reading, told.words, told.pieces):
            span = reading.span(slip.first, slip.last)
            if places[slip.row] >= _MOST_PLACES or span in taken:
                continue
            places[slip.row] += 1
            alias = self._indexes.rows.alias(slip.row)
            score = _FIRST_SLIP - _A_SLIP * (slip.slips - 1) - _REGROUPED * slip.regrouped
            marks = Mark.TYPO | told.mark | alias.marks
            if slip.regrouped:
                joined = reading.words[slip.last] - reading.words[slip.first] + 1 < alias.word_count
                marks |= Mark.JOINED if joined else Mark.SPACED
            score = LEAST_FUZZY if marks & Mark.TRANSLITERATED else round(max(LEAST_FUZZY, score), 2)
            yield NameHit(alias.entity, alias.written, span, marks.names(), score)

    def _heard(self, text: str, told: Told) -> Iterator[NameHit]:
        sounds, reading = self._indexes.sounds, told.reading
        places: defaultdict[int, int] = defaultdict(int)
        foreign = bool(told.mark & Mark.TRANSLITERATED)
        found = (
            sounds.find_foreign(text, reading, told.words) if foreign else sounds.find(reading, told.words, told.pieces)
        )
        for heard in found:
            if places[heard.row] < _MOST_PLACES:
                places[heard.row] += 1
                alias = self._indexes.rows.alias(heard.row)
                yield _hit(alias, reading, heard.first, heard.last, heard.mark | told.mark | alias.marks)

    def _parts(self, told: Told, found: Sequence[NameHit]) -> Iterator[NameHit]:
        """Words that stand in few aliases, and so point to them."""
        vocabulary = self._indexes.typos.vocabulary
        telling = [word for word in told.words if len(word.text) >= _SHORTEST_PART and not is_common(word.text)]
        for word, number in vocabulary.numbers(telling, told.reading):
            span = told.reading.span(word.first, word.last)
            if any(hit.span[0] < span[1] and span[0] < hit.span[1] for hit in found):
                continue
            for row in vocabulary.rows_of(number, _MOST_SHARING):
                alias = self._indexes.rows.alias(row)
                if alias.word_count > 1 and word.text in alias.words:
                    yield NameHit(alias.entity, alias.written, span, (Mark.PART | alias.marks).names(), HINT)


def _is_long_enough_inside(alias: Alias, text: str, reading: Reading, first: int) -> bool:
    if alias.is_common_word:
        return False
    start = reading.origin[next(at for at in range(first, -1, -1) if at == 0 or reading.gaps[at])]
    tagged = start > 0 and text[start - 1] in _TAGS
    return alias.size >= (_SHORTEST_TAGGED if tagged else _SHORTEST_INSIDE)


def _hit(alias: Alias, reading: Reading, first: int, last: int, marks: Mark) -> NameHit:
    return NameHit(alias.entity, alias.written, reading.span(first, last), marks.names(), _score(marks))


def _score(marks: Mark) -> float:
    for mark, score in _FIXED:
        if marks & mark:
            return score
    disguises = (marks & ~_HARMLESS).bit_count()
    return EXACT if not disguises else round(max(LEAST_DISGUISED, EXACT - _A_DISGUISE * disguises), 2)


def _best(hits: Iterable[NameHit]) -> tuple[NameHit, ...]:
    """Where hits of one entity overlap, the surest, then the longest; sorted by place."""
    kept: defaultdict[str, list[NameHit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.span[0] - hit.span[1], hit.span)):
        if all(hit.span[1] <= other.span[0] or other.span[1] <= hit.span[0] for other in kept[hit.entity]):
            kept[hit.entity].append(hit)
    found = [hit for same in kept.values() for hit in same]
    return tuple(sorted(found, key=lambda hit: (hit.span, -hit.score, hit.entity)))
