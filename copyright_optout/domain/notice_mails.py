"""How far mailing somebody without an account has come."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MailStanding:
    """What became of the mail about a notice's present state.

    Attributes:
        tries: that failed.
        since: when the first of them did.
        next_at: when it is tried again; None where it went out, where nobody tried yet, and where it was given up.
        said: why it failed last, a code; empty where it did not.
    """

    tries: int = 0
    since: datetime | None = None
    next_at: datetime | None = None
    said: str = ""

    @property
    def given_up(self) -> bool:
        """Whether no mail about this state goes out any more, though none arrived."""
        return bool(self.said) and self.next_at is None
