"""The ways in which one prompt can be read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from trust_kernel.names.emoji import pictured_words
from trust_kernel.names.normal import Mark, Reading, Spelt, displayed_order, has_symbol_letters, read
from trust_kernel.names.scripts import SCHEMES, spelt_out, written_out
from trust_kernel.names.words import Piece, Word, pieces_of, words_of


@dataclass(frozen=True, slots=True)
class Told:
    """One way to read a prompt.

    Attributes:
        reading: its letters.
        mark: what reading it so does to every name in it.
        loosely: look for misspelled names here too.
        heard: look for the sound of names here too.
        words: the reading cut into words.
        pieces: what is left of long words without the common words at their ends.
    """

    reading: Reading
    mark: Mark
    loosely: bool = False
    heard: bool = False
    words: Sequence[Word] = ()
    pieces: Sequence[Piece] = ()


_READ: ContextVar[dict[str, Sequence[Told]] | None] = ContextVar("_READ", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within this a text is read once, however many shelves of names ask; nothing of it is kept afterwards."""
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def readings_of(text: str) -> Sequence[Told]:
    """The ways to read a text: see `_read_anew`."""
    known = _READ.get()
    if known is None:
        return _read_anew(text)
    found = known.get(text)
    if found is None:
        found = known[text] = _read_anew(text)
    return found


def _read_anew(text: str) -> Sequence[Told]:
    """As it is stored and as it is displayed; with symbols as punctuation and as letters; pictures and scripts spelt.

    The first is the text as it is stored, symbols as punctuation. Where symbols may be letters they are so in what is
    looked through loosely: a name is not misspelled and disguised less by a dollar sign than by an s.
    """
    symbols = has_symbol_letters(text)
    found = [_loosely(read(text), Mark(0), not symbols)]
    if symbols:
        found.append(_loosely(read(text, symbols=True), Mark(0), True))
    order = displayed_order(text)
    if order is not None:
        found.append(_loosely(read(text, order=order), Mark.REORDERED, not symbols))
        if symbols:
            found.append(_loosely(read(text, symbols=True, order=order), Mark.REORDERED, True))
    if not text.isascii():
        found += _spelt(text)
    return found


def _loosely(reading: Reading, mark: Mark, loosely: bool, *, heard: bool | None = None) -> Told:
    words = list(words_of(reading)) if reading.folded else []
    return Told(reading, mark, loosely, loosely if heard is None else heard, words, list(pieces_of(words)))


def _spelt(text: str) -> Iterator[Told]:
    done: list[Mapping[int, Spelt]] = []
    written = written_out(text)
    if written:
        yield Told(read(text, spelt=written), Mark(0))
    pictured = pictured_words(text)
    if pictured:
        yield Told(read(text, spelt=pictured), Mark.EMOJI)
    for scheme in range(SCHEMES):
        foreign = spelt_out(text, scheme)
        if foreign and foreign not in done:
            yield _loosely(read(text, spelt=foreign), Mark.TRANSLITERATED, not done, heard=True)
            done.append(foreign)
