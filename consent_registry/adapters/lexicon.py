"""Contexts and changes of appearance by word lists: plain, quick, and on the side of finding too much.

The lists are in lexicon.json, by what they name and by language; every language counts in every text. Words are whole
words; case, accents, spacing and invisible signs are folded, and letters that look alike in other scripts as well.
Negations are not understood ("without blood" names blood), nor is irony, and what is only meant is not found: a grant
that has to be surer than that asks its subject each time.
"""

import json
import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from importlib.resources import files

from consent_registry.domain.scope import Trait
from consent_registry.ports.reading import WordHit
from trust_kernel.contexts import Context

_KEPT = 64
"""Texts whose reading is remembered: each is read several times while one request is looked at."""


class Lexicon:
    """A `ContextReader` over word lists.

    Args:
        lists: words and phrases by what they name.
    """

    def __init__(self, lists: Mapping[Context | Trait, Iterable[str]]) -> None:
        self._names: dict[tuple[str, ...], list[tuple[Context | Trait, str]]] = {}
        for name, phrases in lists.items():
            for phrase in phrases:
                self._names.setdefault(_words(phrase), []).append((name, phrase))
        self._lengths = sorted({len(words) for words in self._names})
        self._read: OrderedDict[str, tuple[WordHit, ...]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def shipped(cls) -> "Lexicon":
        """The lists that come with the package, English and Italian."""
        text = files("consent_registry.adapters").joinpath("lexicon.json").read_text("utf-8")
        lists = json.loads(text)
        contexts: dict[Context | Trait, list[str]] = {
            Context(name): _joined(languages) for name, languages in lists["contexts"].items()
        }
        traits: dict[Context | Trait, list[str]] = {
            Trait(name): _joined(languages) for name, languages in lists["traits"].items()
        }
        return cls(contexts | traits)

    def read(self, text: str) -> tuple[WordHit, ...]:
        """What the text names, each context and trait once, in the order of its first word."""
        with self._lock:
            known = self._read.get(text)
            if known is not None:
                self._read.move_to_end(text)
                return known
        found = tuple(self._hits(_words(text)))
        with self._lock:
            self._read[text] = found
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return found

    def _hits(self, words: tuple[str, ...]) -> Iterable[WordHit]:
        seen: set[Context | Trait] = set()
        for start in range(len(words)):
            for length in self._lengths:
                for name, phrase in self._names.get(words[start : start + length], ()):
                    if name not in seen:
                        seen.add(name)
                        yield WordHit(phrase, name)


def _joined(languages: Mapping[str, Iterable[str]]) -> list[str]:
    return [phrase for phrases in languages.values() for phrase in phrases]


_WORD = re.compile(r"\w+")
_ALIKE = str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u03bf\u03b1\u0131", "aeopcyxioai")
"""Letters of Cyrillic and Greek that look like Latin ones, and the dotless i."""


def _words(text: str) -> tuple[str, ...]:
    """Words, folded; what stands between them does not count."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in decomposed if unicodedata.category(sign) not in {"Mn", "Cf"})
    return tuple(_WORD.findall(plain.translate(_ALIKE)))
