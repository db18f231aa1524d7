"""When letters that agree across alphabets are a name, and when they are a word of that language."""

from trust_kernel.names.aliases import Alias
from trust_kernel.names.normal import Mark, Reading
from trust_kernel.names.scripts import is_foreign, kind_of

SHORTEST_CARRIED = 4
"""Letters of an alias that is known in another alphabet."""

_SHORTEST_UNWRITTEN = 5
_SHORTEST_PLAIN = 6


def carried_over(alias: Alias, text: str, reading: Reading, letters: tuple[int, int], marks: Mark) -> Mark | None:
    """Marks of a name found in one way of reading a text; None where it is no name there.

    Args:
        alias: what agrees, letter by letter.
        text: the prompt.
        reading: of the prompt.
        letters: first and last, in the reading.
        marks: what hides it so far.
    """
    if marks & Mark.EMOJI:
        return _pictured(alias, reading, letters, marks)
    if not marks & Mark.TRANSLITERATED and not alias.marks & Mark.TRANSLITERATED:
        return marks | alias.marks
    origins = {reading.origin[letter] for letter in range(letters[0], letters[1] + 1)}
    foreign = [index for index in origins if is_foreign(text[index])]
    if not foreign and not alias.marks & Mark.TRANSLITERATED:
        return None  # the Latin part of a text in two scripts was read before
    if alias.is_common_word or alias.size < SHORTEST_CARRIED:
        return None
    if any(kind_of(text[index]) == "han" for index in foreign):
        marks |= Mark.SOUNDS_LIKE
    if alias.word_count == 1 and alias.size < _SHORTEST_PLAIN:
        first = text[reading.origin[letters[0]]]
        cased = first.lower() != first.upper()
        if not first.isupper() if cased else alias.size < _SHORTEST_UNWRITTEN:
            return None
    return marks | Mark.TRANSLITERATED | alias.marks


def _pictured(alias: Alias, reading: Reading, letters: tuple[int, int], marks: Mark) -> Mark | None:
    """A picture says one word of a name when another is written."""
    drawn = [bool(reading.marks[letter] & Mark.EMOJI) for letter in range(letters[0], letters[1] + 1)]
    return marks if any(drawn) and not all(drawn) and alias.word_count > 1 else None
