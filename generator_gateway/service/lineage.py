"""What a remix comes from: its ancestors, where each stands, and who is in them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import MAX_LINEAGE, Ancestor, CaseSummary, Releases, ReleaseState
from trust_kernel.errors import NotFound

FALLEN: Mapping[str, GatewayReason] = {
    ReleaseState.OBJECTED: GatewayReason.REMIX_PARENT_OBJECTED,
    ReleaseState.TAKEN_DOWN: GatewayReason.REMIX_PARENT_TAKEN_DOWN,
}
"""Why nothing may be made of a release that is not out, by its state; for any other because it is withdrawn."""


def worst_of(states: Collection[str | None]) -> GatewayReason:
    """The one reason, where several ancestors do not stand: what is final comes first."""
    found = {FALLEN.get(state or "", GatewayReason.REMIX_PARENT_WITHDRAWN) for state in states}
    order = (GatewayReason.REMIX_PARENT_WITHDRAWN, GatewayReason.REMIX_PARENT_TAKEN_DOWN)
    return next((reason for reason in order if reason in found), GatewayReason.REMIX_PARENT_OBJECTED)


@dataclass(frozen=True, slots=True)
class AncestorView:
    """One ancestor.

    Attributes:
        state: a `ReleaseState`, or "unreleased".
        people: handle (None for somebody who was forgotten) and what of them is in it.
    """

    case_id: str
    depth: int
    state: str
    people: tuple[tuple[str | None, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """A video and what it was made of.

    Attributes:
        ancestors: nearest first.
        stands: whether all of them are out.
    """

    case_id: str
    ancestors: tuple[AncestorView, ...]
    stands: bool


class LineageDesk:
    """Tells owners what their video comes from.

    Args:
        see: a case that an account may see; raises NotFound for any other.
    """

    def __init__(self, releases: Releases, registry: ConsentRegistry, see: Callable[[str, str], CaseSummary]) -> None:
        self._releases = releases
        self._registry = registry
        self._see = see

    def of(self, account_id: str, case_id: str) -> Lineage:
        """The lineage of a video that the account may see; raises NotFound for any other."""
        self._see(account_id, case_id)
        ancestors = self._releases.ancestry(case_id).ancestors[:MAX_LINEAGE]
        handles: dict[str, str | None] = {}
        return Lineage(
            case_id,
            tuple(self._view(ancestor, handles) for ancestor in ancestors),
            all(ancestor.stands for ancestor in ancestors),
        )

    def _view(self, ancestor: Ancestor, handles: dict[str, str | None]) -> AncestorView:
        for subject_id, _ in ancestor.people:
            if subject_id not in handles:
                handles[subject_id] = self._handle(subject_id)
        people = tuple((handles[subject_id], modalities) for subject_id, modalities in ancestor.people)
        return AncestorView(ancestor.case_id, ancestor.depth, ancestor.status or "unreleased", people)

    def _handle(self, subject_id: str) -> str | None:
        try:
            return self._registry.subject(subject_id).handle
        except NotFound:
            return None
