"""Where am I: every release in which a person's face or voice was found, consented or not.

The person's templates are compared with the tracks that were kept of every output; no medium is opened again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from consent_registry.api import ConsentRegistry
from generator_gateway.ports import UNDECIDED, AppearanceState, Finder, Found, ReleaseRecord, ReleaseState
from generator_gateway.ports.whereabouts import KnownAppearance, Sensed, WhereaboutsShelf
from generator_gateway.service.owning import Role
from trust_kernel.errors import NotFound


class UseOf(StrEnum):
    """By what right a person is in a release."""

    CONSENTED = "consented"
    OWN = "own"
    """They made it themselves."""
    UNCONSENTED = "unconsented"


@dataclass(frozen=True, slots=True)
class Part:
    """What of a person is in a release.

    Attributes:
        modality: "face" or "voice".
        use: by what right.
        band: "match", or "unsure": it may be somebody who looks or sounds like them; None where nothing was found, and
            they are in it only by what was asked for.
        probability: in [0, 1], that it is this person; None as above.
        fpir: share of strangers who would score as high among as many tracks as are kept; None as above.
        seconds: stretches where they are seen or heard; empty where the look at the output did not know them.
        appearance_id: what a dispute is about; None where they are in it by right.
        state: where that stands; None likewise.
    """

    modality: str
    use: UseOf
    band: str | None = None
    probability: float | None = None
    fpir: float | None = None
    seconds: tuple[tuple[float, float], ...] = ()
    appearance_id: str | None = None
    state: AppearanceState | None = None


@dataclass(frozen=True, slots=True)
class Whereabout:
    """A release that shows a person, or may.

    Attributes:
        by: the maker's handle; None where they have none, and where it is not sure that the person is in it.
        state: where the release stands.
    """

    video_id: str
    by: str | None
    state: ReleaseState
    released_at: datetime
    withdrawn_at: datetime | None
    parts: tuple[Part, ...]


class WhereaboutsDesk:
    """Answers where a person is.

    Args:
        finder: searches the kept tracks.
        shelf: what is on record besides.
    """

    def __init__(self, registry: ConsentRegistry, finder: Finder, shelf: WhereaboutsShelf) -> None:
        self._registry = registry
        self._finder = finder
        self._shelf = shelf

    def of(self, subject_id: str, *, after: str | None, limit: int) -> tuple[list[Whereabout], bool]:
        """A page, newest first, and whether there is more.

        Raises:
            NotFound: no such subject.
            Unavailable: a model, an index or the database does not answer.
        """
        account_id = self._registry.subject(subject_id).account_id
        found = self._found(subject_id)
        ids = {case_id for case_id, _ in found}
        records, more = self._shelf.releases(subject_id, ids, after=after, limit=limit)
        page = [record.case_id for record in records]
        known = self._shelf.appearances(subject_id, page)
        sensed = self._shelf.sensed(subject_id, page)
        me = _Person(subject_id, account_id, found, known, sensed)
        handle_of = cache(self._handle)  # many a page is of one maker's
        return [_shown(record, me, handle_of) for record in records], more

    def _found(self, subject_id: str) -> dict[tuple[str, str], Found]:
        try:
            return {(one.case_id, str(one.modality)): one for one in self._finder.appearances(subject_id)}
        except NotFound:
            return {}  # nobody is enrolled under it, or not any more

    def _handle(self, account_id: str) -> str | None:
        subject = self._registry.subject_of(account_id)
        return subject.handle if subject else None


def _shown(release: ReleaseRecord, me: "_Person", handle_of: Callable[[str], str | None]) -> Whereabout:
    parts = me.parts_in(release)
    sure = any(part.use is not UseOf.UNCONSENTED or part.band == "match" for part in parts)
    maker = next((one.account_id for one in release.owners if one.role == Role.REQUESTER), "")
    return Whereabout(
        video_id=release.case_id,
        by=handle_of(maker) if sure else None,
        state=ReleaseState(release.status),
        released_at=release.released_at,
        withdrawn_at=release.withdrawn_at,
        parts=parts,
    )


@dataclass(frozen=True, slots=True)
class _Person:
    subject_id: str
    account_id: str
    found: Mapping[tuple[str, str], Found]
    known: Mapping[tuple[str, str], KnownAppearance]
    sensed: Mapping[tuple[str, str], Sensed]

    def parts_in(self, release: ReleaseRecord) -> tuple[Part, ...]:
        """What of the person is in a release, by right or not, face first."""
        case_id = release.case_id
        agreed = {
            modality for owner in release.owners if owner.subject_id == self.subject_id for modality in owner.modalities
        }
        own = any(one.account_id == self.account_id and one.role == Role.REQUESTER for one in release.owners)
        there = {
            modality for where in (self.found, self.known, self.sensed) for case, modality in where if case == case_id
        }
        gone = release.status == ReleaseState.WITHDRAWN
        parts = []
        for modality in sorted(agreed | there):
            use = UseOf.OWN if own else UseOf.CONSENTED if modality in agreed else UseOf.UNCONSENTED
            parts.append(self._part((case_id, modality), use, gone=gone))
        return tuple(parts)

    def _part(self, where: tuple[str, str], use: UseOf, *, gone: bool) -> Part:
        band, probability, fpir = self._sureness(where)
        sensed = self.sensed.get(where)
        known = self.known.get(where) if use is UseOf.UNCONSENTED else None
        state = AppearanceState(known.state) if known else None
        if gone and state in UNDECIDED:
            state = AppearanceState.WITHDRAWN
        return Part(
            modality=where[1],
            use=use,
            band=band,
            probability=probability,
            fpir=fpir,
            seconds=sensed.seconds if sensed else (),
            appearance_id=known.id if known else None,
            state=state,
        )

    def _sureness(self, where: tuple[str, str]) -> tuple[str | None, float | None, float | None]:
        """By the search of this moment; else by the one that found it, or the look at the output."""
        found = self.found.get(where)
        if found is not None:
            judged = found.judgement
            return str(judged.band), float(judged.probability), float(judged.fpir)
        known = self.known.get(where)
        if known is not None:
            return known.band, known.probability, known.fpir
        sensed = self.sensed.get(where)
        return ("match", sensed.probability, sensed.fpir) if sensed is not None else (None, None, None)
