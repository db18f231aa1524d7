"""An alias, prepared, and the rules by which a place in a text is this alias in some disguise."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from trust_kernel.names.context import is_in_its_own_company
from trust_kernel.names.english import FUNCTION_WORDS, is_common
from trust_kernel.names.normal import CLASSES, NO_MARK, Edge, Gap, Mark, Reading, read, squeeze
from trust_kernel.names.scripts import SCHEMES, is_foreign, kind_of, parted, romanised, written_out

SHORTEST_DISGUISED = 4
"""Letters; a shorter alias is only seen as it is written, case and accents aside."""

SHORTEST_SWAPPED = 6
"""Letters; only in an alias this long may an l stand for an i or the other way round."""

LONGEST_ALIAS = 300
"""Characters; a longer alias is no name and is never found."""

_SPELLED_LETTERS = 3
"""So many words of one letter make a spelled-out name."""

_LEAST_LETTERS = 0.4
"""Share of a name that must be letters, not digits or symbols that are read as letters."""

_DECEPTIVE = Mark.WIDTH | Mark.CONFUSABLES | Mark.INVISIBLE | Mark.REORDERED | Mark.LEETSPEAK | Mark.SPACED
_LOOKED_AT_ALIKE = Mark.CASE | Mark.ACCENTS | Mark.WIDTH | Mark.CONFUSABLES


@dataclass(frozen=True, slots=True)
class Alias:
    """One way in which an entity is called, in one spelling. Light: its letters are read again when they are needed.

    Attributes:
        entity: what it names.
        written: as it was given.
        spelling: the spelling of it that is read (Greek letters change shape with case, other scripts are romanised).
        size: letters.
        key: classes of its letters, words run together and every run made one.
        is_common_word: it is one common English word, and so is only a name where it is written like one.
        patterns: what to search collapsed texts for: words apart, and words run together.
        words: its words, folded.
        marks: what the spelling did to it.
    """

    entity: str
    written: str
    spelling: str
    size: int
    key: str
    is_common_word: bool
    patterns: tuple[str, ...]
    words: tuple[str, ...]
    marks: Mark = NO_MARK

    @property
    def is_short(self) -> bool:
        """Too short to be looked for in disguise."""
        return self.size < SHORTEST_DISGUISED

    @property
    def word_count(self) -> int:
        """How many words it has."""
        return len(self.words)

    @property
    def reading(self) -> Reading:
        """Its letters."""
        return _read_again(self.spelling)


@lru_cache(maxsize=4096)
def _read_again(spelling: str) -> Reading:
    return read(spelling)


def _words(reading: Reading) -> tuple[str, ...]:
    return tuple(reading.folded[first : last + 1] for first, last in reading.word_bounds())


def spellings(written: str) -> tuple[tuple[str, Mark], ...]:
    """An alias as it is given and as it is written elsewhere, each with what that does to it; always in this order."""
    found = [(written, NO_MARK)]
    if written.isascii():
        return tuple(found)
    if any("\u0370" <= character <= "\u03ff" for character in written):
        found += [(written.upper(), NO_MARK), (written.lower(), NO_MARK)]
    spelt = written_out(written)
    if spelt:
        out = (spelt[index].text if index in spelt else letter for index, letter in enumerate(written))
        found.append(("".join(out), Mark.ACCENTS))
    if any(map(is_foreign, written)):
        homophones = Mark.SOUNDS_LIKE if any(kind_of(letter) == "han" for letter in written) else NO_MARK
        for scheme in range(SCHEMES):
            latin = romanised(parted(written), scheme)
            if latin.isascii() and any(map(str.isalpha, latin)):
                found.append((latin, Mark.TRANSLITERATED | homophones))
    return tuple(dict(reversed(found)).items())[::-1]


def prepare(entity: str, written: str) -> Iterator[Alias]:
    """The alias in each spelling; those without any letter and digit are left out, and so is one that is too long."""
    if len(written) > LONGEST_ALIAS:
        return
    for number in range(len(spellings(written))):
        alias = prepare_one(entity, written, number)
        if alias is not None:
            yield alias


def prepare_one(entity: str, written: str, number: int) -> Alias | None:
    """The alias in the spelling of that number; None where nothing of it can be read."""
    spelling, marks = spellings(written)[number]
    if _PLAIN.fullmatch(spelling):
        words = tuple(_PLAIN_WORD.findall(spelling.lower()))
        classes = [word.translate(CLASSES) for word in words]
        folded, key = "".join(words), squeeze("".join(classes))
        collapsed = "".join(map(squeeze, classes))
    else:
        reading = _read_again(spelling)
        words, folded, key, collapsed = _words(reading), reading.folded, squeeze(reading.classes), reading.collapsed
    if not folded:
        return None
    return Alias(
        entity=entity,
        written=written,
        spelling=spelling,
        size=len(folded),
        key=key,
        is_common_word=len(words) == 1 and is_common(words[0]),
        patterns=(key,) if key == collapsed else (key, collapsed),
        words=words,
        marks=marks,
    )


_PLAIN = re.compile(r"[A-Za-z0-9]{2,}(?:[ .,'&()\-]{1,3}[A-Za-z0-9]{2,})*")
"""What is read without looking at each letter: no word of one letter, because such words may run together."""
_PLAIN_WORD = re.compile(r"[a-z0-9]+")


def disguise(alias: Alias, text: str, reading: Reading, first: int, last: int, *, inside: bool = False) -> Mark | None:
    """How letters `first` to `last` of a reading hide the alias; None where they are not the alias.

    The caller has seen that both collapse to the same classes, and, with `inside`, what stands before and behind.
    """
    if not (inside or _stands_alone(alias, reading, first, last)) or not _same_classes(alias, reading, first, last):
        return None
    marks = _letter_marks(alias, reading, first, last)
    if marks is None:
        return None
    gaps = _gap_marks(alias, reading, first, last)
    if gaps is None:
        return None
    marks |= gaps
    if alias.is_short and marks & ~(Mark.CASE | Mark.ACCENTS | Mark.WIDTH):
        return None
    if alias.is_common_word and not marks & _DECEPTIVE:
        return marks | Mark.COMMON_WORD if _is_written_like_a_name(alias, text, reading, first, last) else None
    return marks


def _stands_alone(alias: Alias, reading: Reading, first: int, last: int) -> bool:
    least = Edge.HARD if alias.is_short else Edge.SOFT
    return reading.edges[first] >= least and reading.edges[last + 1] >= least


def _letter_marks(alias: Alias, reading: Reading, first: int, last: int) -> Mark | None:
    marks = Mark(0)
    read_as_letters = 0
    ours = _class_runs(alias.reading.classes, 0, alias.size - 1)
    theirs = _class_runs(reading.classes, first, last)
    for (our_first, our_end), (their_first, their_end) in zip(ours, theirs, strict=True):
        our_text = alias.reading.folded[our_first:our_end]
        their_text = reading.folded[their_first:their_end]
        compared = _compare(our_text, their_text, alias.size)
        if compared is None:
            return None
        marks |= compared
        read_as_letters += sum(not letter.isalpha() for letter in their_text) if compared & Mark.LEETSPEAK else 0
        if len(our_text) == len(their_text):
            for our, their in zip(range(our_first, our_end), range(their_first, their_end), strict=True):
                # An alias that is itself Greek, accented or capital is not disguised by being so.
                marks |= (alias.reading.marks[our] ^ reading.marks[their]) & _LOOKED_AT_ALIKE
                marks |= reading.marks[their] & ~_LOOKED_AT_ALIKE
        else:
            for their in range(their_first, their_end):
                marks |= reading.marks[their] & ~Mark.CASE
    letters = last + 1 - first - read_as_letters
    return marks if letters >= _LEAST_LETTERS * (last + 1 - first) else None


def _same_classes(alias: Alias, reading: Reading, first: int, last: int) -> bool:
    """Whether the letters agree as their hashes do."""
    return squeeze(reading.classes[first : last + 1]) == alias.key


def _class_runs(classes: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    start = first
    for index in range(first + 1, last + 2):
        if index > last or classes[index] != classes[index - 1]:
            yield start, index
            start = index


def _compare(ours: str, theirs: str, size: int) -> Mark | None:
    """Compare one run of equal classes; None where theirs cannot be ours."""
    if ours == theirs:
        return Mark(0)
    if len(theirs) < len(ours):
        return None
    longer = len(theirs) > len(ours)
    if any(letter.isdigit() for letter in ours) and (longer or not _digits_agree(ours, theirs)):
        return None
    marks = Mark.REPEATED if longer else Mark(0)
    if not theirs.isalpha():
        return marks | Mark.LEETSPEAK
    if longer:
        return marks if set(ours) <= set(theirs) else None
    return marks | Mark.CONFUSABLES if size >= SHORTEST_SWAPPED else None


def _digits_agree(ours: str, theirs: str) -> bool:
    return all(our == their for our, their in zip(ours, theirs, strict=True) if our.isdigit())


def _gap_marks(alias: Alias, reading: Reading, first: int, last: int) -> Mark | None:
    marks = Mark(0)
    ours = _class_runs(alias.reading.classes, 0, alias.size - 1)
    theirs = _class_runs(reading.classes, first, last)
    inner: list[int] = []
    for (our_first, our_end), (their_first, their_end) in zip(ours, theirs, strict=True):
        aligned = our_end - our_first == their_end - their_first
        for step in range(their_end - their_first):
            their = their_first + step
            their_gap = Gap.NONE if their == first else reading.gaps[their]
            our = our_first + step if aligned or step == 0 else None
            our_gap = Gap.NONE if our in {None, 0} else alias.reading.gaps[our or 0]
            if their_gap and not our_gap:
                inner.append(their)
            elif our_gap and not their_gap:
                marks |= Mark.JOINED
            elif their_gap is Gap.PUNCTUATION and our_gap is Gap.SPACE:
                marks |= Mark.PUNCTUATED
    if inner:
        marks |= Mark.SPACED
        if not _is_split_on_purpose(alias, reading, first, last, inner):
            return None
    if marks & Mark.JOINED and _joins_a_common_word(alias, reading, first, last):
        return None
    return marks


def _is_split_on_purpose(alias: Alias, reading: Reading, first: int, last: int, inner: Iterable[int]) -> bool:
    """Whether words that are cut up are a name cut up ("Mick ey"), not other words ("tell us her story": no Usher)."""
    pieces = _pieces(reading, first, last)
    if sum(len(piece) == 1 for piece in pieces.values()) >= _SPELLED_LETTERS:
        return True
    spaced = [index for index in inner if reading.gaps[index] is Gap.SPACE]
    beside = {pieces[reading.words[index - step]] for index in spaced for step in (0, 1)}
    if alias.word_count == 1:
        return FUNCTION_WORDS.isdisjoint(beside)
    return not beside or not all(map(is_common, pieces.values()))


def _joins_a_common_word(alias: Alias, reading: Reading, first: int, last: int) -> bool:
    return any(piece not in alias.words and is_common(piece) for piece in _pieces(reading, first, last).values())


def _pieces(reading: Reading, first: int, last: int) -> dict[int, str]:
    pieces: dict[int, str] = {}
    for index in range(first, last + 1):
        word = reading.words[index]
        pieces[word] = pieces.get(word, "") + reading.folded[index]
    return pieces


def _is_written_like_a_name(alias: Alias, text: str, reading: Reading, first: int, last: int) -> bool:
    start, end = reading.span(first, last)
    written = text[start:end]
    capital = written[0].isupper() and (written == alias.written or not written.isupper())
    if is_in_its_own_company(alias.words[0], _word_at(reading, first - 1), _word_at(reading, last + 1)):
        return False
    before = text[:start].rstrip(" \t\"'([{\u201c\u2018\u00ab")
    return capital and bool(before) and before[-1] not in ".!?:;\n\r\u2026"


def _word_at(reading: Reading, letter: int) -> str:
    """The whole word that a letter belongs to; empty outside the text."""
    if not 0 <= letter < len(reading.folded):
        return ""
    number, start, end = reading.words[letter], letter, letter
    while start > 0 and reading.words[start - 1] == number:
        start -= 1
    while end + 1 < len(reading.folded) and reading.words[end + 1] == number:
        end += 1
    return reading.folded[start : end + 1]
