"""What the verify page says around an answer, in every language that answers are given in.

The answer's own sentences come from the gateway's catalogues; these are the page's: headings, labels, problems. Same
mechanism: a JSON object a language, code to sentence with places.
"""

import json
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources

from markupsafe import Markup

from generator_gateway.api import LANGUAGES, Wording, wording
from review_ui.dates import moment

_RARE = ((1e12, "page:value:a_trillion"), (1e9, "page:value:a_billion"), (1e6, "page:value:a_million"))
_UNITS = ("B", "kB", "MB", "GB")
_STEP = 1000


class Speech:
    """One language: the page's words and, for any other code, the gateway's.

    Args:
        answers: the gateway's words.
        page: the page's.
    """

    def __init__(self, answers: Wording, page: Wording) -> None:
        self.answers = answers
        self._page = page

    @property
    def language(self) -> str:
        """Its tag, for ``lang``."""
        return self.answers.language

    @property
    def codes(self) -> frozenset[str]:
        """What the page has words for."""
        return self._page.codes

    def places(self, code: str) -> frozenset[str]:
        """Names of the values that a sentence of the page has places for."""
        return self._page.places(code)

    def say(self, code: str, /, **values: str | float) -> str:
        """The sentence of a code, as plain text."""
        spoken = self._page if code.startswith("page:") else self.answers
        return spoken.say(code, values.items())

    def moment(self, seconds: float) -> str:
        """``2.5 s``, ``1:05``."""
        return self.answers.moment(seconds)

    def number(self, value: float, digits: int = 1) -> str:
        """A number with this many digits behind the point, or comma."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "it" else text

    def date(self, at: datetime) -> str:
        """A moment as people read it, in UTC."""
        return moment(at, self.language)

    def dated(self, at: datetime) -> Markup:
        """The same, with what machines read."""
        exact = at.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(exact, self.date(at))

    def size(self, number: int) -> str:
        """Bytes: ``812 B``, ``4.2 MB``."""
        value, unit = float(number), 0
        while value >= _STEP and unit < len(_UNITS) - 1:
            value, unit = value / _STEP, unit + 1
        whole = unit == 0 or value == int(value)
        return f"{self.number(value, 0 if whole else 1)} {_UNITS[unit]}"

    def rarity(self, chance: float) -> str:
        """How rarely chance alone gives something, in words; no surer than one in a trillion."""
        for rare, code in _RARE:
            if chance * rare <= 1:
                return self.say("page:value:chance", rarity=self.say(code))
        often = f"{max(1, int(1 / chance)):,}"
        return self.say("page:value:chance_once", rarity=often.replace(",", ".") if self.language == "it" else often)


@lru_cache(maxsize=len(LANGUAGES))
def speech(language: str = LANGUAGES[0]) -> Speech:
    """The words of a language; of the first one where it is not spoken here."""
    answers = wording(language)
    text = resources.files("review_ui.verify").joinpath(f"{answers.language}.json").read_text("utf-8")
    return Speech(answers, Wording(answers.language, json.loads(text)))
