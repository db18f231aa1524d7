"""Cases that are still under way, and the consents that they go by."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


class Ended(Protocol):
    """What of somebody's consent ended; the registry's `Ending` is one."""

    @property
    def subject_id(self) -> str: ...  # noqa: D102
    @property
    def halted(self) -> frozenset[str] | None: ...  # noqa: D102
    @property
    def taken_back(self) -> frozenset[str] | None: ...  # noqa: D102
    @property
    def account_id(self) -> str | None: ...  # noqa: D102
    @property
    def spared(self) -> str | None: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def for_good(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Fallen:
    """Consents that no longer stand.

    Attributes:
        subject_id: whose.
        grant_ids: these grants; None for whatever the person's likeness is used under, their own use too.
        account_id: only what this account asked for; None for whoever asked.
    """

    subject_id: str
    grant_ids: frozenset[str] | None = None
    account_id: str | None = None


class CaseConsents(Protocol):
    """Which consents the cases under way go by, or wait for."""

    def note(self, case_id: str, account_id: str, consents: Collection[tuple[str, str | None]]) -> None:
        """Keep consents of a case, as (subject, grant), in the caller's transaction; twice changes nothing."""
        ...

    def under(self, fallen: Fallen) -> frozenset[str]:
        """Cases, queued, running or held, that go by such a consent, or wait for one."""
        ...

    def remixing(self, parents: Collection[str]) -> frozenset[str]:
        """Cases, queued, running or held, that are to be made of one of these releases."""
        ...

    def requeue(self, case_ids: Collection[str]) -> tuple[str, ...]:
        """Take cases from whoever works on them, to be judged anew; those that ended meanwhile are left.

        Rows are locked in order of id. A case loses its lease and every stage but its opening.

        Returns:
            The ids of what was requeued.
        """
        ...
