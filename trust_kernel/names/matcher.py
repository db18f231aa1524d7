"""Finds names in prompts, hidden or misspelled."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trust_kernel.names.aliases import Alias, disguise, prepare
from trust_kernel.names.normal import Mark, Reading, displayed_order, has_symbol_letters, read
from trust_kernel.names.typos import TypoIndex

EXACT = 1.0
"""Score of a name in its normal form: case, accents and the punctuation between its words are nothing."""

LEAST_DISGUISED = 0.9
LEAST_FUZZY = 0.75

_A_DISGUISE = 0.02
_FIRST_SLIP = 0.89
_A_SLIP = 0.05
_REGROUPED = 0.04
_COMMON_WORD = 0.85
_HARMLESS = Mark.CASE | Mark.ACCENTS
_MOST_PLACES = 16
"""Places reported for one alias; more say nothing new and let a prompt cost too much."""


@dataclass(frozen=True, slots=True)
class NameHit:
    """A name found.

    Attributes:
        entity: id of what it names.
        alias: the alias, as it was given.
        span: characters [start, end) of the original text.
        transformations: how it was hidden, lightest first: case, accents, width, confusables, invisible, reordered,
            leetspeak, repeated, spaced, joined, punctuated, typo, common_word.
        score: 1.0 the name itself; [0.9, 1) the name in disguise; [0.75, 0.9) a misspelling, or a common word that
            is written like a name.
    """

    entity: str
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float


class NameMatcher:
    """An immutable set of aliases; safe to share between threads.

    Args:
        pairs: (entity id, alias). An alias without any letter or digit is never found.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._aliases: Sequence[Alias] = [
            alias for entity, written in dict.fromkeys(pairs) for alias in prepare(entity, written)
        ]
        self._automaton = _automaton(self._aliases)
        self._typos = TypoIndex(self._aliases)

    def __len__(self) -> int:
        """Aliases that can be found, counting spellings that are read differently."""
        return len(self._aliases)

    def match(self, text: str) -> tuple[NameHit, ...]:
        """Every name in a text, by place; one hit an entity and place, the best.

        Time grows with the length of the text and the number of hits, not with the number of aliases.
        """
        if not self._aliases:
            return ()
        hits: list[NameHit] = []
        plain = read(text)
        for reading, mark in _readings(text, plain):
            hits += self._disguised(text, reading, mark)
        sure = _best(hits)
        return _best([*sure, *self._misspelled(plain, sure)])

    def _disguised(self, text: str, reading: Reading, mark: Mark) -> Iterator[NameHit]:
        if self._automaton is None or not reading.collapsed:
            return
        places: defaultdict[int, int] = defaultdict(int)
        for run, (length, numbers) in self._automaton.iter(reading.collapsed):
            first, last = reading.run_first[run - length + 1], reading.run_last[run]
            if not (reading.edges[first] and reading.edges[last + 1]):
                continue
            for number in numbers:
                if places[number] >= _MOST_PLACES:
                    continue
                alias = self._aliases[number]
                marks = disguise(alias, text, reading, first, last)
                if marks is None:
                    continue
                places[number] += 1
                marks |= mark
                yield NameHit(alias.entity, alias.written, reading.span(first, last), marks.names(), _score(marks))

    def _misspelled(self, reading: Reading, sure: Sequence[NameHit]) -> Iterator[NameHit]:
        places: defaultdict[int, int] = defaultdict(int)
        taken = {hit.span for hit in sure}
        for slip in self._typos.find(reading):
            span = reading.span(slip.first, slip.last)
            if places[slip.alias] >= _MOST_PLACES or span in taken:
                continue
            places[slip.alias] += 1
            alias = self._aliases[slip.alias]
            score = _FIRST_SLIP - _A_SLIP * (slip.slips - 1) - _REGROUPED * slip.regrouped
            marks = Mark.TYPO
            if slip.regrouped:
                joined = reading.words[slip.last] - reading.words[slip.first] + 1 < alias.word_count
                marks |= Mark.JOINED if joined else Mark.SPACED
            yield NameHit(alias.entity, alias.written, span, marks.names(), round(max(LEAST_FUZZY, score), 2))


def _automaton(aliases: Sequence[Alias]) -> Any:
    """Aho-Corasick over all patterns; values are (length, alias numbers)."""
    import ahocorasick

    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, alias in enumerate(aliases):
        for pattern in alias.patterns:
            numbers[pattern].append(number)
    if not numbers:
        return None
    automaton = ahocorasick.Automaton()
    for pattern, owners in numbers.items():
        automaton.add_word(pattern, (len(pattern), tuple(owners)))
    automaton.make_automaton()
    return automaton


def _readings(text: str, plain: Reading) -> Iterator[tuple[Reading, Mark]]:
    """The text as it is stored and as it is displayed, each with symbols as punctuation and as letters."""
    yield plain, Mark(0)
    symbols = has_symbol_letters(text)
    if symbols:
        yield read(text, symbols=True), Mark(0)
    order = displayed_order(text)
    if order is not None:
        yield read(text, order=order), Mark.REORDERED
        if symbols:
            yield read(text, symbols=True, order=order), Mark.REORDERED


def _score(marks: Mark) -> float:
    if marks & Mark.COMMON_WORD:
        return _COMMON_WORD
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
