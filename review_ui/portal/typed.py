"""What people type into a form, as values; what is none is said at its field."""

from enum import StrEnum
from typing import TypeVar

from consent_registry.api import ConsentRegistry, Subject
from trust_kernel.errors import InvalidInput

_Named = TypeVar("_Named", bound=StrEnum)
_MOST_DIGITS = 10
"""More is past every limit."""


def number_in(text: str) -> int | None:
    """A whole number from 0; None where the text is none."""
    trimmed = text.strip()
    return int(trimmed) if trimmed.isascii() and trimmed.isdigit() and len(trimmed) <= _MOST_DIGITS else None


def whole(text: str, field: str, problem: str = "Give a whole number.") -> int:
    """A whole number from 0; raises InvalidInput, which says the problem, where the text is none."""
    found = number_in(text)
    if found is None:
        raise InvalidInput(problem, field=field)
    return found


def one_of(kind: type[_Named], text: str, field: str, problem: str) -> _Named:
    """One of several choices; raises InvalidInput, which says the problem, where it is none of them."""
    found = next((one for one in kind if one.value == text), None)
    if found is None:
        raise InvalidInput(problem, field=field)
    return found


def somebody(registry: ConsentRegistry, handle: str, field: str) -> Subject:
    """Whoever goes by a handle, typed with or without @; raises InvalidInput where nobody does."""
    wanted = handle.strip().removeprefix("@").lower()
    if not wanted:
        raise InvalidInput("Say who: their handle.", field=field)
    found = registry.by_handle(wanted)
    if found is None:
        raise InvalidInput(f"Nobody here is called @{wanted[:40]}.", field=field)
    return found
