"""What people are told, in words, in every language spoken here: on pages and in mails.

A catalogue is a JSON object beside this file: ``kinds`` has a sentence for each kind of event, ``own`` another one for
the person whom it is about, ``reasons`` the codes that follow "because", ``frame`` what stands around. Sentences have
places such as ``{who}``. A kind without words is shown as it is: a missing sentence must never hide what happened.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib import resources

from review_ui.dates import moment
from trust_kernel.events import Payload

LANGUAGES = ("en", "it")
"""The first is spoken where no other is asked for."""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_WHY = ("reason", "code")


class NoticeWords:
    """One language.

    Args:
        language: of `LANGUAGES`.
        catalogue: its JSON object.
    """

    def __init__(self, language: str, catalogue: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._catalogue = catalogue

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of events that there are words for."""
        return frozenset(self._catalogue["kinds"])

    @property
    def reasons(self) -> Mapping[str, str]:
        """Reason codes in words, to be read after "because it"."""
        return self._catalogue["reasons"]

    def places(self) -> Mapping[str, frozenset[str]]:
        """Names of the places of every sentence, by its part and code."""
        return {
            f"{part} {code}": frozenset(_PLACE.findall(text))
            for part, sentences in self._catalogue.items()
            for code, text in sentences.items()
        }

    def frame(self, which: str, /, **values: str) -> str:
        """A sentence that stands around notices."""
        return self._filled(self._catalogue["frame"][which], values)

    def sentence(self, kind: str, payload: Payload, handle: str, likeness: str) -> str:
        """What happened, in one sentence or two, to the person who is told.

        Args:
            kind: the event's type.
            payload: its ids and codes.
            handle: of the person who reads this; an event about them speaks to them.
            likeness: what this site calls a cameo.
        """
        about, whom = str(payload.get("handle") or ""), payload.get("whom")
        own = self._catalogue["own"].get(kind) if about and about == (whom or handle) else None
        said = own or self._catalogue["kinds"].get(kind)
        if said is None:
            return kind
        values = {
            "who": f"@{about}" if about else self.frame("somebody"),
            "asker": self._asker(payload.get("by")),
            "until": self._moment(payload.get("until")),
            "count": "",
            **{name: str(value) for name, value in payload.items() if isinstance(value, int)},
            "likeness": likeness,
            "title": str(payload.get("title") or ""),
        }
        filled = self._filled(said, values)
        if whom:  # a guardian hears, word for word, what the minor is told
            filled = self.frame("ward", ward=self._asker(whom), said=filled[:1].upper() + filled[1:])
        return filled[:1].upper() + filled[1:]

    def why(self, payload: Payload) -> str:
        """The reason that an event gives, as a sentence; "" where it gives none."""
        code = next((payload[name] for name in _WHY if isinstance(payload.get(name), str)), None)
        # what is no code is what somebody wrote, perhaps as a sentence
        return self.frame("why", reason=self.reasons.get(str(code), str(code).rstrip(". "))) if code else ""

    def appeal(self, payload: Payload) -> str:
        """Until when whoever reads it can appeal, as a sentence; "" where they cannot."""
        return self.frame("appeal", until=self._moment(payload.get("until"))) if payload.get("appeal") else ""

    def purpose(self, payload: Payload) -> str:
        """What a use is for, as a sentence; "" where an event does not say."""
        name = payload.get("purpose")
        return self.frame("purpose", purpose=self._catalogue["purposes"].get(str(name), str(name))) if name else ""

    def _asker(self, by: object) -> str:
        # A handle, or the id of an account that has none.
        return self.frame("somebody") if not by or str(by).startswith("acct_") else f"@{by}"

    def _moment(self, text: object) -> str:
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            return str(text or "")
        return moment(at, self.language)

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        return _PLACE.sub(lambda place: values.get(place[1], ""), text)


@lru_cache(maxsize=len(LANGUAGES))
def notice_words(language: str = LANGUAGES[0]) -> NoticeWords:
    """The words of a language; of the first one where it is not spoken here."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    text = resources.files(__name__).joinpath(f"{spoken}.json").read_text("utf-8")
    return NoticeWords(spoken, json.loads(text))
