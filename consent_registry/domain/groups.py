"""Groups of people that a subject names and fills: a grant may be for one."""

from dataclasses import dataclass
from datetime import datetime

from consent_registry.domain.people import check_display_name

MAX_GROUPS = 100
"""Of one subject."""
MAX_MEMBERS = 1_000
"""Of one group."""


@dataclass(frozen=True, slots=True)
class Group:
    """A subject's own group. Who is in it when somebody asks is who counts.

    Attributes:
        id: ``group_…``.
        name: for its owner's eyes, 1 to 80 visible characters.
        account_ids: its members.
    """

    id: str
    subject_id: str
    name: str
    created_at: datetime
    account_ids: frozenset[str] = frozenset()


def check_group_name(name: str) -> str:
    """The name without surrounding white space; raises InvalidInput as a display name does."""
    return check_display_name(name)
