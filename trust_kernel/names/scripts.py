"""Names carried from one alphabet to another: what a text in another script sounds like in Latin letters.

Two ways of writing are tried where people use two: by ear (newspapers, fans) and by the book (passports, libraries).
The tables of the large scripts are our own, after the usual systems: BGN/PCGN and ISO 9 for Cyrillic, ELOT 743 for
Greek, Revised Romanization for Korean, Hepburn for kana, the common press spelling for Arabic and Hebrew, whose short
vowels are not written and so are not known. Han characters are read as Mandarin, and every other script letter for
letter, by `anyascii`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from trust_kernel.names.eastern import han, letter, thai
from trust_kernel.names.kanji import family_of, readings
from trust_kernel.names.normal import Mark, Spelt

SCHEMES = 3
"""Ways of writing: 0 by ear, 1 by the book, 2 by another ear (where one letter is heard in two ways)."""

_OTHER_EAR = 2
_FIRST_FOREIGN = "\u0370"
_ROMAN_AGAIN = ("\u1d00", "\u214f")
_FIRST_SIGN = "\u0900"


def _row(sounds: str) -> tuple[str, ...]:
    """Sounds in the order of their letters; a hyphen is none."""
    return tuple(sound.strip("-") for sound in sounds.split())


def _table(letters: str, sounds: str) -> dict[str, str]:
    return dict(zip(letters, _row(sounds), strict=True))


_CYRILLIC_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџѓќѕѐѝ"
_CYRILLIC = (
    _table(
        _CYRILLIC_LETTERS,
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"
        " i yi ye g u j lj nj c dj dz g k dz e i",
    ),
    _table(
        _CYRILLIC_LETTERS,
        "a b v h d e yo z z i i k l m n o p r s t u f h c c s sc - y - e iu ia i i ie g w j lj nj c d d g k z e i",
    ),
)
_GREEK_LETTERS = "αβγδεζηθικλμνξοπρσςτυφχψω"
_GREEK = (
    _table(_GREEK_LETTERS, "a v g d e z i th i k l m n x o p r s s t i f h ps o"),
    _table(_GREEK_LETTERS, "a v g d e z i th i k l m n x o p r s s t y f ch ps o"),
)
_GREEK_PAIRS = {"ου": "ou", "αι": "ai", "ει": "ei", "οι": "oi", "γγ": "ng", "τζ": "tz"}  # noqa: RUF001 - Greek
_GREEK_STOPS = {"μπ": ("b", "mp"), "ντ": ("d", "nt"), "γκ": ("g", "ng")}
_GREEK_GLIDES = {"αυ": "a", "ευ": "e"}  # noqa: RUF001 - Greek
_GREEK_VOICELESS = "θκξπσςτφχψ"
_HEBREW_LETTERS = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
_HEBREW = (
    _table(_HEBREW_LETTERS, "a v g d h o z h t i k k l m m n n s a f p ts ts k r sh t"),
    _table(_HEBREW_LETTERS, "a b g d h v z ch t y ch k l m m n n s a p p tz tz k r s t"),
)
_VAV = "\u05d5"
_HE = "\u05d4"
_HEH = "\u0647"
_APART = "ah"
"""An h inside a word, or k and h without the vowel between them would be kh."""
_HARD_FIRST = {"פ": "p", "ב": "b"}
_GERESH = {"ג": "j", "ז": "zh", "צ": "ch", "ץ": "ch", "ת": "th"}
_GERESHES = "'\u05f3\u2019"
_ARABIC_LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگکیڤ"
_ARABIC = (
    _table(
        _ARABIC_LETTERS,
        "- a a u i i a b a t th j h kh d dh r z s sh s d t z a gh f q k l m n h u a i p ch zh g k i v",
    ),
    _table(
        _ARABIC_LETTERS,
        "- a a w i y a b - t t g h h d d r z s sh s d t z - g f k k l m n h w a y p ch j g k y v",
    ),
)
_ARABIC_ELSEWHERE = "\u062c\u0642"
"""Jim as in Egypt, qaf as in Persian and in much of Arabia."""
_LATIN_WRITTEN_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "ß": "ss", "æ": "ae", "ñ": "ny", "ğ": "g"}
_HANGUL_FIRST = _row("g kk n d tt r m b pp s ss - j jj ch k t p h")
_HANGUL_VOWELS = (
    _row("a e ya ye o e yo ye o wa we we yo u wo we wi yu - ui i"),
    _row("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"),
)
_KOREAN_FAMILIES = _table(
    "김이박최정강조윤장임오서신권황안송유홍고문손배백",
    "kim lee park choi chung kang cho yoon chang lim oh seo shin kwon hwang ahn song yoo hong ko moon son bae paik",
)
"""As the families write themselves, at the beginning of a word."""
_HANGUL_VOICELESS = {"g": "k", "d": "t", "b": "p", "j": "ch"}
_HANGUL_LAST = _row("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
_SMALL_Y = {"ゃ": "a", "ゅ": "u", "ょ": "o", "ャ": "a", "ュ": "u", "ョ": "o"}
_SMALL_VOWELS = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"} | {
    "ァ": "a",
    "ィ": "i",
    "ゥ": "u",
    "ェ": "e",
    "ォ": "o",
}
_FAMILY_AND_GIVEN = (2, 3)
_KILLERS = ("VOWEL SIGN", "VIRAMA", "NUKTA", "ASAT", "PULLI")
_INDIAN = re.compile(r"LETTER ([BCDGHJKLMNPRSTVY]+)A$")
_INDIAN_SOUNDS = {"C": "ch", "CH": "chh", "TT": "t", "TTH": "th", "DD": "d", "DDH": "dh", "NN": "n", "SS": "sh"} | {
    "LL": "l",
    "LLL": "zh",
    "RR": "r",
    "NG": "ng",
    "NY": "ny",
    "NNN": "n",
}
_UNHEARD_KANA = "っッーヽヾゝゞ"


_HAN = re.compile("[\u3400-\u9fff]")


def is_foreign(character: str) -> bool:
    """Whether a letter, or a vowel written as a sign beside one, belongs to a script other than Latin."""
    if character < _FIRST_FOREIGN or _ROMAN_AGAIN[0] <= character <= _ROMAN_AGAIN[1]:
        return False
    return character.isalpha() or (character >= _FIRST_SIGN and unicodedata.category(character) in {"Mn", "Mc"})


def spelt_out(text: str, scheme: int) -> Mapping[int, Spelt]:
    """How characters of other scripts are written in Latin letters.

    Args:
        text: any text.
        scheme: 0 by ear, 1 by the book.

    Returns:
        For every letter of another script, by index, what it becomes; empty where there is none.
    """
    found: dict[int, Spelt] = {}
    for index, letters in _spellings(text, scheme):
        capital = Mark.CASE if text[index].isupper() else Mark(0)
        found[index] = Spelt(letters, Mark.TRANSLITERATED | capital)
    return found


def written_out(text: str) -> Mapping[int, Spelt]:
    """Umlauts and their like as two letters (Mueller, Aalto, Soerensen), by index."""
    return {
        index: Spelt(_LATIN_WRITTEN_OUT[character.lower()], Mark.ACCENTS)
        for index, character in enumerate(text)
        if character > "\x7f" and character.lower() in _LATIN_WRITTEN_OUT
    }


def romanised(text: str, scheme: int) -> str:
    """A name in Latin letters, where all its letters can be written so; foreign punctuation becomes a space."""
    spelt = spelt_out(text, scheme)
    return "".join(
        spelt[index].text if index in spelt else character if character.isascii() or character.isalpha() else " "
        for index, character in enumerate(text)
    )


def parted(name: str) -> str:
    """A Chinese or Korean name with its family name and its given name apart, as they are written in Latin letters."""
    kinds = set(map(kind_of, name))
    family = family_of(name)
    if family and not name[len(family)].isspace():
        return f"{family} {name[len(family) :]}"
    return f"{name[0]} {name[1:]}" if len(name) in _FAMILY_AND_GIVEN and kinds <= {"han", "hangul"} else name


def _spellings(text: str, scheme: int) -> Iterator[tuple[int, str]]:
    named = readings(text, given_first=scheme == 1) if scheme and _HAN.search(text) else {}
    pending: tuple[int, str] | None = None
    skip = -1
    for index, character in enumerate(text):
        if index == skip or not is_foreign(character):
            continue
        small = _plain(character)
        kind = _kind(small)
        if kind == "kana" and pending is not None and pending[0] == index - 1:
            blended = _blended(pending[1], small)
            if blended is not None:
                yield index - 1, blended[0]
                pending = (index, blended[1])
                continue
        if pending is not None:
            yield pending
        pending = (index, named[index] if index in named else _heard(text, index, small, kind, scheme))
        if kind == "greek" and _pair(text, index) is not None:
            yield pending
            pending = (index + 1, "")
            skip = index + 1
    if pending is not None:
        yield pending


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Small, without diacritics, in its ordinary width; й and ё and their like stay what they are."""
    small = unicodedata.normalize("NFKC", character).lower()[:1]
    if not "\u0370" <= small <= "\u03ff" and not "\u1f00" <= small <= "\u1fff":
        return small
    return unicodedata.normalize("NFD", small)[:1]


@lru_cache(maxsize=4096)
def _kind(small: str) -> str:
    for kind, first, last in _KINDS:
        if first <= small <= last:
            return kind
    return "other"


_KINDS = (
    ("greek", "\u0370", "\u03ff"),
    ("cyrillic", "\u0400", "\u04ff"),
    ("hebrew", "\u05d0", "\u05ea"),
    ("arabic", "\u0600", "\u06ff"),
    ("brahmic", "\u0900", "\u0dff"),
    ("thai", "\u0e01", "\u0e4e"),
    ("kana", "\u3040", "\u30ff"),
    ("han", "\u3400", "\u9fff"),
    ("hangul", "\uac00", "\ud7a3"),
)


def _heard(text: str, index: int, small: str, kind: str, scheme: int) -> str:
    if kind == "cyrillic" and small in _CYRILLIC[scheme % 2]:
        return _CYRILLIC[scheme % 2][small]
    if kind == "hangul":
        family = scheme == _OTHER_EAR and not _inside(text, index)
        return (_KOREAN_FAMILIES.get(small) if family else None) or _syllable(small, scheme)
    if kind in _BY_PLACE:
        return _BY_PLACE[kind](text, index, small, scheme)
    return letter(small)


def _greek(text: str, index: int, small: str, scheme: int) -> str:
    pair = _pair(text, index)
    if pair is None:
        return _GREEK[scheme % 2].get(small, letter(small))
    if pair in _GREEK_STOPS:
        after_vowel = index > 0 and _plain(text[index - 1]) in "αεηιουω"
        return _GREEK_STOPS[pair][1 if after_vowel else 0]
    if pair in _GREEK_GLIDES:
        after = _plain(text[index + 2]) if index + 2 < len(text) else ""
        hard = not after or after in _GREEK_VOICELESS or not is_foreign(after)
        return _GREEK_GLIDES[pair] + ("f" if hard else "v")
    return _GREEK_PAIRS[pair]


def _pair(text: str, index: int) -> str | None:
    """Two Greek letters that are one sound; a diaeresis or an accent on the first parts them."""
    pair = "".join(map(_plain, text[index : index + 2]))
    if pair not in _GREEK_PAIRS and pair not in _GREEK_STOPS and pair not in _GREEK_GLIDES:
        return None
    marks = unicodedata.normalize("NFD", text[index + 1])
    accented = unicodedata.normalize("NFD", text[index]) != text[index]
    return None if "\u0308" in marks or (accented and pair[1] in "ιυ") else pair  # noqa: RUF001 - Greek


def _hebrew(text: str, index: int, small: str, scheme: int) -> str:
    if small in _GERESH and text[index + 1 : index + 2] in _GERESHES and index + 1 < len(text):
        return _GERESH[small]
    if small == _VAV:
        return _vav(text, index, scheme)
    if small in _HARD_FIRST and not _inside(text, index):
        return _HARD_FIRST[small]
    if small == _HE and not (index + 1 < len(text) and is_foreign(text[index + 1])):
        return "a"
    if small == _HE and scheme == 0 and _inside(text, index):
        return _APART
    return _HEBREW[scheme % 2].get(small, letter(small))


def _vav(text: str, index: int, scheme: int) -> str:
    """A v at the beginning, doubled, and in the middle of a word of three letters; else most often a vowel."""
    if index and text[index - 1] == _VAV:
        return ""
    begins, doubled = not _inside(text, index), text[index + 1 : index + 2] == _VAV
    behind = index + 2 < len(text) and is_foreign(text[index + 2])
    short = index > 0 and not _inside(text, index - 1) and not behind
    return "v" if begins or doubled or scheme == 1 or (scheme == _OTHER_EAR and short) else "o"


def _arabic(text: str, index: int, small: str, scheme: int) -> str:
    inside = _inside(text, index)
    if not inside and small in "ويی":
        return "w" if small == "و" else "y"
    if small == _HEH and scheme == 0 and inside:
        return _APART
    if small in _ARABIC_ELSEWHERE and scheme == _OTHER_EAR:
        return "g"
    return _ARABIC[scheme % 2].get(small, letter(small))


def _inside(text: str, index: int) -> bool:
    return index > 0 and is_foreign(text[index - 1])


def _brahmic(text: str, index: int, small: str, scheme: int) -> str:
    """A consonant brings its a, unless another vowel or its killer follows, or the word ends."""
    name = unicodedata.name(small, "")
    if "ANUSVARA" in name or "CANDRABINDU" in name:
        return "n"
    letters = _consonant(name, scheme) or letter(small)
    if "LETTER" not in name or not letters or letters[0] in "aeiou":
        return letters
    after = text[index + 1 : index + 2]
    if not after or not (after.isalpha() or unicodedata.category(after) in {"Mn", "Mc"}):
        return letters + ("a" if scheme == 1 else "")
    follows = unicodedata.name(after, "")
    return letters if any(sign in follows for sign in _KILLERS) else letters + "a"


@lru_cache(maxsize=1024)
def _consonant(name: str, scheme: int) -> str:
    """A consonant of an Indian script by its name in Unicode, alike in all of them; empty for other letters."""
    found = _INDIAN.search(name)
    if found is None:
        return ""
    begins = found.group(1)
    if begins == "C" and scheme == _OTHER_EAR:
        return "s"  # as in Tamil
    return _INDIAN_SOUNDS.get(begins, begins.lower())


def _syllable(small: str, scheme: int) -> str:
    """A block of Hangul; k, t, p and ch are heard voiced between vowels and not at the beginning of a name."""
    number = ord(small) - 0xAC00
    first, rest = divmod(number, 21 * 28)
    vowel, last = divmod(rest, 28)
    begins = _HANGUL_FIRST[first]
    if scheme == _OTHER_EAR:
        begins = _HANGUL_VOICELESS.get(begins, begins)
    return begins + _HANGUL_VOWELS[scheme % 2][vowel] + _HANGUL_LAST[last]


def _kana(text: str, index: int, small: str, scheme: int) -> str:
    del text, index, scheme
    return "" if small in _UNHEARD_KANA else _SMALL_VOWELS.get(small) or letter(small)


def _blended(before: str, small: str) -> tuple[str, str] | None:
    """A kana and the small one after it: shi and a small ya are sha, fu and a small a are fa."""
    if small in _SMALL_Y and before.endswith("i"):
        glide = "" if before[:-1] in {"sh", "ch", "j"} else "y"
        return before[:-1], glide + _SMALL_Y[small]
    if small in _SMALL_VOWELS and before[-1:] in {"a", "i", "u", "e", "o"} and len(before) > 1:
        return before[:-1], _SMALL_VOWELS[small]
    return None


_BY_PLACE: Mapping[str, Callable[[str, int, str, int], str]] = {
    "greek": _greek,
    "hebrew": _hebrew,
    "arabic": _arabic,
    "brahmic": _brahmic,
    "thai": thai,
    "han": han,
    "kana": _kana,
}


def kind_of(character: str) -> str:
    """The script that a letter is of: greek, cyrillic, hebrew, arabic, brahmic, kana, han, hangul or other."""
    return _kind(_plain(character))


def kana_or_kind(character: str) -> str:
    """The same, katakana apart from hiragana; the sign for a long vowel belongs to either."""
    return "katakana" if "\u30a0" <= _plain(character) <= "\u30ff" else kind_of(character)
