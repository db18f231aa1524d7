"""What a claim blocks: any depiction or some, where, and who holds a licence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from copyright_optout.domain.reasons import OptOutFault
from trust_kernel.contexts import Context
from trust_kernel.errors import InvalidInput

MOST_LICENCES = 1000
_CODE_LENGTH = 2


Setting = Context
"""What claims call a context."""


@dataclass(frozen=True, slots=True)
class Depiction:
    """What somebody wants to make.

    Attributes:
        settings: declared, or read in the words.
        territories: where it is to be shown, ISO 3166-1 alpha-2; empty for everywhere.
    """

    settings: frozenset[Setting] = frozenset()
    territories: frozenset[str] = frozenset()


ANYTHING = Depiction()
"""A depiction of which nothing is known: shown everywhere, in no setting."""


@dataclass(frozen=True, slots=True)
class Licence:
    """What a rights holder lets one account make.

    Attributes:
        settings: only in these; empty for any depiction.
        territories: only there; empty for everywhere.
        until: the moment from which it no longer holds; None for as long as the claim.
    """

    account_id: str
    settings: frozenset[Setting] = frozenset()
    territories: frozenset[str] = frozenset()
    until: datetime | None = None

    def covers(self, depiction: Depiction, at: datetime) -> bool:
        """Whether a depiction may be made under it at a moment."""
        return (
            (self.until is None or at < self.until)
            and (not self.settings or depiction.settings <= self.settings)
            and _within(depiction.territories, self.territories)
        )


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is not to be made.

    Attributes:
        settings: only depictions in one of these; empty for any depiction.
        territories: only what is shown in one of these; empty for everywhere.
    """

    settings: frozenset[Setting] = frozenset()
    territories: frozenset[str] = frozenset()

    def touches(self, depiction: Depiction) -> bool:
        """Whether a depiction is one of those; one that is shown everywhere is shown in each territory."""
        return (not self.settings or bool(self.settings & depiction.settings)) and (
            not self.territories or not depiction.territories or bool(self.territories & depiction.territories)
        )


EVERYTHING = Blocks()


def _within(asked: frozenset[str], allowed: frozenset[str]) -> bool:
    return not allowed or (bool(asked) and asked <= allowed)


def check_territories(codes: Iterable[str]) -> frozenset[str]:
    """Two-letter codes, capital; raises InvalidInput.

    The form is checked, not that the country exists: codes come and go.
    """
    found = frozenset(code.strip().upper() for code in codes if code.strip())
    for code in found:
        if len(code) != _CODE_LENGTH or not (code.isascii() and code.isalpha()):
            raise InvalidInput(
                f"{code[:20]!r} is no country code",
                code=OptOutFault.TERRITORY,
                field="territories",
                limit="two letters each, ISO 3166-1 alpha-2",
            )
    return found


def check_licences(licences: Iterable[Licence]) -> tuple[Licence, ...]:
    """Licences, each once; raises InvalidInput where there are too many."""
    found = tuple(dict.fromkeys(licences))
    if len(found) > MOST_LICENCES:
        raise InvalidInput(
            "too many licences", code=OptOutFault.LICENCES, field="licensees", limit=f"{MOST_LICENCES} licences"
        )
    return found
