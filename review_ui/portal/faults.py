"""What was wrong with a form, beside the field that it was wrong with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trust_kernel.errors import PlacetError


@dataclass(frozen=True, slots=True)
class Faults:
    """What was wrong, by field."""

    by_field: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """What was wrong with a field; "" where nothing was."""
        return self.by_field.get(name, "")

    def __bool__(self) -> bool:
        return bool(self.by_field)


def faults_in(error: PlacetError, fields: Mapping[str, str] | None = None) -> Faults:
    """An error as a form shows it.

    Args:
        error: what was raised.
        fields: what the form calls a field of the error, where that is another name.
    """
    name = error.field or ""
    return Faults({(fields or {}).get(name, name): sentence(error)})


def sentence(error: PlacetError) -> str:
    """What an error says, as a sentence."""
    return f"{error.detail[:1].upper()}{error.detail[1:].rstrip('.')}."
