"""What a change of consent does to what was made, and to what is being made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ending:
    """What of somebody's consent ended.

    Attributes:
        subject_id: whose.
        halted: grants under which nothing may be made any more; None for whatever uses their likeness, own uses too.
        taken_back: grants whose releases are withdrawn, a part of `halted` or grants that ended before; None for every
            release that shows them, under a grant or not.
        account_id: only what this account asked for; None for whoever asked.
        reason: for cases that stop and releases that go, `consent:thing:what`.
        at: when it ended.
        spared: account whose own releases stay whatever is taken back; None where nobody's do.
    """

    subject_id: str
    halted: frozenset[str] | None
    taken_back: frozenset[str] | None
    account_id: str | None
    reason: str
    at: datetime
    spared: str | None = None

    @property
    def for_good(self) -> bool:
        """Whether the person is being forgotten: nothing is left of them to look for anybody with."""
        return self.halted is None and self.account_id is None


class Withdrawals(Protocol):
    """Takes releases back and stops what is under way. Called inside the transaction that ends the consent."""

    def withdraw_for(self, ending: Ending) -> tuple[str, ...]:
        """Withdraw what was released, and send back what is being made, under consents that ended.

        A case sent back is judged by what is true then: another grant may cover it, else it closes with the reason.

        Returns:
            The ids of what was withdrawn.
        """
        ...
