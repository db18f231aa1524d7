"""Words for what a verification says, in every language that is spoken here.

A catalogue is a JSON object beside this file: code to sentence, with places such as ``{start}``. The page, the command
and the API read the same ones. Values that came out of a file stand in a sentence as plain text; whoever shows the
sentence as HTML escapes it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

LANGUAGES = ("en", "it")
"""The first is spoken where no other is asked for."""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_SECONDS = frozenset({"start", "end", "seconds"})
_MINUTE = 60
_TAG = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")


class Wording:
    """One language.

    Args:
        language: of `LANGUAGES`.
        catalogue: code to sentence.
    """

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        self.language = language
        self._catalogue = catalogue

    @property
    def codes(self) -> frozenset[str]:
        """Everything that there are words for."""
        return frozenset(self._catalogue)

    def places(self, code: str) -> frozenset[str]:
        """Names of the values that a sentence has places for."""
        return frozenset(_PLACE.findall(self._catalogue[code]))

    def say(self, code: str, values: Iterable[tuple[str, str | int | float]] = ()) -> str:
        """The sentence of a code; the code itself where there are no words for it.

        Args:
            code: such as ``verify:headline:nothing``.
            values: what goes into its places; a place without a value stays empty.
        """
        given = dict(values)
        words = self._catalogue.get(code, code)
        return _PLACE.sub(lambda place: self._value(place[1], given.get(place[1], "")), words)

    def _value(self, name: str, value: str | float) -> str:
        if name in _SECONDS and not isinstance(value, str):
            return self.moment(value)
        return str(value)

    def moment(self, seconds: float) -> str:
        """``2.5 s``, ``1:05``; rounded to tenths below a minute."""
        tenths = round(seconds * 10)
        if tenths >= _MINUTE * 10:
            minutes, rest = divmod(round(seconds), _MINUTE)
            return f"{minutes}:{rest:02d}"
        text = f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths / 10:.1f}"
        return f"{text.replace('.', ',') if self.language == 'it' else text} s"


@lru_cache(maxsize=len(LANGUAGES))
def wording(language: str = LANGUAGES[0]) -> Wording:
    """The words of a language; of the first one where it is not spoken here."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    text = resources.files(__name__).joinpath(f"{spoken}.json").read_text("utf-8")
    return Wording(spoken, json.loads(text))


def language_for(header: str, asked: str = "") -> str:
    """The language to answer in.

    Args:
        header: an ``Accept-Language`` header (RFC 9110, 12.5.4); what cannot be read of it is passed over.
        asked: a language asked for by name, which wins.
    """
    if asked.split("-", maxsplit=1)[0].lower() in LANGUAGES:
        return asked.split("-", maxsplit=1)[0].lower()
    best, quality = LANGUAGES[0], 0.0
    for part in header[:500].split(","):
        match = _TAG.fullmatch(part)
        if match is None:
            continue
        weight = float(match[2]) if match[2] else 1.0
        if match[1].lower() in LANGUAGES and weight > quality:
            best, quality = match[1].lower(), weight
    return best
