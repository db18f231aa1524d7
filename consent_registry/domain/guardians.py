"""Who looks after a minor, and until when. Pure.

A guardian is linked by one side and accepted by the other, and two members of staff vouch for it. A guardian gives
grants for the minor, and both can revoke them. The link ends by itself once the minor is 18 for sure. What the
guardian granted then stays until its own end, which is never more than five years after it was given; the now adult
is told so, and may revoke it like any grant.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_registry.domain.ages import AgeBand
from consent_registry.domain.reasons import ConsentFault
from trust_kernel.errors import NotPermitted


class GuardianState(StrEnum):
    """Where a link stands."""

    ASKED = "asked"
    """The other side has yet to accept."""
    ACCEPTED = "accepted"
    """Staff have yet to vouch for it."""
    VERIFIED = "verified"
    ENDED = "ended"
    """By either side, by staff, or because the minor is of age."""


STANDING = frozenset({GuardianState.ASKED, GuardianState.ACCEPTED, GuardianState.VERIFIED})


@dataclass(frozen=True, slots=True)
class GuardianLink:
    """One guardian of one minor.

    Attributes:
        id: ``guard_…``.
        guardian: account id of the adult.
        ward: account id of the minor.
        asked_by: which of the two asked.
        settled_at: when it got into the state that it is in.
    """

    id: str
    guardian: str
    ward: str
    asked_by: str
    state: GuardianState
    asked_at: datetime
    settled_at: datetime

    @property
    def parties(self) -> frozenset[str]:
        """Both."""
        return frozenset({self.guardian, self.ward})

    @property
    def other(self) -> str:
        """Who was asked."""
        return self.ward if self.asked_by == self.guardian else self.guardian


def check_link(guardian: AgeBand, ward: AgeBand) -> None:
    """Whether two can be linked: an adult, and somebody between 13 and 17.

    Raises:
        NotPermitted: ``consent:guardian:ages``.
    """
    if guardian is not AgeBand.ADULT or ward is not AgeBand.TEEN:
        raise NotPermitted(
            "a guardian is an adult, and the other is 13 to 17; both have said when they were born",
            code=ConsentFault.GUARDIAN_AGES,
        )
