"""What a consent covers beside who and when: purposes, contexts, words, appearance, places, languages.

Every term can be tested by a machine. Where a use does not say what a term asks about, the term is not met: whoever
wants to publish in Italy alone says so, and whoever says nothing may publish anywhere.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from consent_registry.domain.reasons import ConsentFault, ConsentReason
from trust_kernel.contexts import Context
from trust_kernel.errors import InvalidInput

MAX_UNSAID = 100
MAX_UNSAID_LENGTH = 60
"""Characters of one word or phrase that is not to be said."""


class Purpose(StrEnum):
    """What a video is for, as whoever asks for it declares."""

    PERSONAL = "personal"
    EDITORIAL = "editorial"
    EDUCATIONAL = "educational"
    ARTISTIC = "artistic"
    COMMERCIAL = "commercial"
    POLITICAL = "political"
    MEDICAL = "medical"
    SEXUAL = "sexual"


SENSITIVE = frozenset(
    {
        Context.POLITICAL,
        Context.RELIGIOUS,
        Context.SEXUAL,
        Context.VIOLENT,
        Context.MEDICAL,
        Context.CRIMINAL,
        Context.SUBSTANCES,
        Context.DEGRADING,
    }
)
"""Contexts that nobody is shown in unless their grant allows it by name; the others are open unless it forbids them."""

ADULTS_ALONE = frozenset({Context.SEXUAL, Context.VIOLENT, Context.DEGRADING, Context.SUBSTANCES, Context.GAMBLING})
"""Contexts that no grant of a minor, and no request by one, can ever open."""


class Trait(StrEnum):
    """What of somebody's appearance can be kept from being changed."""

    AGE = "age"
    BODY = "body"
    CLOTHING = "clothing"
    HAIR = "hair"
    SKIN = "skin"
    SEX = "sex"
    INJURY = "injury"


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a likeness's use is consented to.

    Attributes:
        purposes: at least one.
        allowed_contexts: opens `SENSITIVE` ones.
        forbidden_contexts: closes any; where both name one, it is closed.
        unsaid: words and phrases that the person is not to say, as typed.
        fixed: traits that may not be changed.
        territories: ISO 3166-1 alpha-2 codes where it may be shown; empty for everywhere.
        languages: ISO 639 codes of what may be spoken; empty for any.
    """

    purposes: frozenset[Purpose] = frozenset({Purpose.PERSONAL})
    allowed_contexts: frozenset[Context] = frozenset()
    forbidden_contexts: frozenset[Context] = frozenset()
    unsaid: tuple[str, ...] = ()
    fixed: frozenset[Trait] = frozenset()
    territories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def opens(self, context: Context) -> bool:
        """Whether the person may be shown in this context."""
        if context in self.forbidden_contexts:
            return False
        return context not in SENSITIVE or context in self.allowed_contexts


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do with a likeness: what they declare, and what was read in their words.

    Attributes:
        purpose: as declared.
        territories: where it is to be shown, ISO 3166-1 alpha-2; empty where not said, which means everywhere.
        languages: what is to be spoken, ISO 639; empty where not said, which means any.
        contexts: found in the words, or declared.
        changed: traits that the words ask to change.
        words: everything that is asked for in words, as sent; also what was heard in what was made.
    """

    purpose: Purpose = Purpose.PERSONAL
    territories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    contexts: frozenset[Context] = frozenset()
    changed: frozenset[Trait] = frozenset()
    words: str = ""

    @property
    def shown(self) -> frozenset[Context]:
        """Every context that it is about, the one that its purpose is by itself included."""
        return self.contexts | _OF_PURPOSE.get(self.purpose, frozenset())


_OF_PURPOSE = {
    Purpose.COMMERCIAL: frozenset({Context.ADVERTISING}),
    Purpose.POLITICAL: frozenset({Context.POLITICAL}),
    Purpose.MEDICAL: frozenset({Context.MEDICAL}),
    Purpose.SEXUAL: frozenset({Context.SEXUAL}),
}
"""A political use is in a political context, and so on."""


def outside(scope: Scope, use: Use) -> ConsentReason | None:
    """The first way in which a use leaves a scope; None where it stays within."""
    checks = (
        (use.purpose in scope.purposes, ConsentReason.SCOPE_PURPOSE),
        (_open(scope, use), ConsentReason.SCOPE_CONTEXT),
        (not any(says(use.words, phrase) for phrase in scope.unsaid), ConsentReason.SCOPE_WORDS),
        (not use.changed & scope.fixed, ConsentReason.SCOPE_APPEARANCE),
        (_within(use.territories, scope.territories), ConsentReason.SCOPE_TERRITORY),
        (_within(use.languages, scope.languages), ConsentReason.SCOPE_LANGUAGE),
    )
    return next((reason for kept, reason in checks if not kept), None)


def _open(scope: Scope, use: Use) -> bool:
    """Whether every context is open; whoever grants a purpose opens what it is by itself, for that purpose alone."""
    own = _OF_PURPOSE.get(use.purpose, frozenset()) - scope.forbidden_contexts
    return all(context in own or scope.opens(context) for context in use.shown)


def _within(wanted: Collection[str], granted: Collection[str]) -> bool:
    """Whether all that is wanted is granted; nothing said wants everything, nothing limited grants everything."""
    return not granted or (bool(wanted) and set(wanted) <= set(granted))


def says(text: str, phrase: str) -> bool:
    """Whether a text holds a word or phrase, whatever its case, accents, spacing and invisible signs."""
    wanted = r"\W+".join(map(re.escape, _plain(phrase).split()))
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if unicodedata.category(sign) not in {"Mn", "Cf"})


def check_scope(scope: Scope, *, minor: bool) -> Scope:
    """The scope, its codes and words in one spelling.

    Raises:
        InvalidInput: no purpose, too many or unusable words, a code that is none, or a context that a minor's grant
            cannot open; says which field and limit.
    """
    if not scope.purposes:
        raise InvalidInput(
            "say at least one purpose", code=ConsentFault.PURPOSE_MISSING, field="scope.purposes", limit="1 or more"
        )
    if minor and (ADULTS_ALONE & scope.allowed_contexts or Purpose.SEXUAL in scope.purposes):
        raise InvalidInput(
            "nobody under 18 can be shown like this, whoever agrees",
            code=ConsentFault.CONTEXT_ADULTS_ALONE,
            field="scope.allowed_contexts",
        )
    return Scope(
        purposes=scope.purposes,
        allowed_contexts=scope.allowed_contexts,
        forbidden_contexts=scope.forbidden_contexts,
        unsaid=_words(scope.unsaid),
        fixed=scope.fixed,
        territories=_codes(scope.territories, r"[A-Z]{2}", str.upper, "scope.territories"),
        languages=_codes(scope.languages, r"[a-z]{2,3}", str.lower, "scope.languages"),
    )


def check_use(use: Use) -> Use:
    """The use, its codes in one spelling; raises InvalidInput where one is none."""
    return Use(
        purpose=use.purpose,
        territories=_codes(use.territories, r"[A-Z]{2}", str.upper, "territories"),
        languages=_codes(use.languages, r"[a-z]{2,3}", str.lower, "languages"),
        contexts=use.contexts,
        changed=use.changed,
        words=use.words,
    )


def _words(unsaid: Iterable[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(" ".join(phrase.split()) for phrase in unsaid))
    if len(kept) > MAX_UNSAID or any(not _sayable(phrase) for phrase in kept):
        raise InvalidInput(
            "words not to be said are too many, too long, or not words",
            code=ConsentFault.UNSAID_MALFORMED,
            field="scope.unsaid",
            limit=f"{MAX_UNSAID} of {MAX_UNSAID_LENGTH} characters",
        )
    return kept


def _sayable(phrase: str) -> bool:
    letters = any(unicodedata.category(sign)[0] in "LN" for sign in phrase)
    return letters and phrase.isprintable() and len(phrase) <= MAX_UNSAID_LENGTH


def _codes(codes: Iterable[str], grammar: str, spelling: Callable[[str], str], field: str) -> frozenset[str]:
    spelled = frozenset(spelling(code.strip()) for code in codes)
    if any(re.fullmatch(grammar, code) is None for code in spelled):
        raise InvalidInput("this is no such code", code=ConsentFault.CODE_MALFORMED, field=field, limit=grammar)
    return spelled
