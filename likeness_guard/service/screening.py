"""Whether somebody who wants to be enrolled is enrolled already, or is blocked as a public figure."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from likeness_guard.domain import Band, Calibrations, Gallery, Judgement, Modality
from likeness_guard.ports import EntryStore
from likeness_guard.service.enrolment import Prepared
from likeness_guard.service.templates import Kin, Likeness, TemplateBook
from trust_kernel.clock import Clock

_ORDER = (Band.NONE, Band.UNSURE, Band.MATCH)


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody else who looks or sounds like whoever is to be enrolled.

    Attributes:
        gallery: cameo or blocklist.
        about: subject or blocklist entry.
        band: MATCH or UNSURE.
        score: cosine in [-1, 1].
        name: of the blocklist entry.
    """

    gallery: Gallery
    modality: Modality
    about: str
    band: Band
    score: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Screened:
    """What a search of everybody said.

    Attributes:
        alike: others, the surest first.
        unlike_self: what of the person is unlike their own earlier enrolment, for want of a 1:1 match.
    """

    alike: tuple[Alike, ...]
    unlike_self: frozenset[Modality] = frozenset()


class Screening:
    """Searches both galleries, by the model in use and by every former one that is still searched.

    Args:
        book: the galleries.
        entries: names and dates of blocklist entries.
        calibrations: what scores mean, by model version.
        clock: which entries stand today.
    """

    def __init__(self, book: TemplateBook, entries: EntryStore, calibrations: Calibrations, clock: Clock) -> None:
        self._book = book
        self._entries = entries
        self._calibrations = calibrations
        self._clock = clock

    def screen(self, prepared: Prepared, besides: str) -> Screened:
        """Who is like what was prepared, but for one subject, whose own templates it is verified against."""
        found: dict[tuple[Gallery, Modality, str], Alike] = {}
        for likeness in prepared.likenesses:
            for alike in self._of(likeness, prepared, besides):
                key = (alike.gallery, alike.modality, alike.about)
                if key not in found or _sureness(found[key]) < _sureness(alike):
                    found[key] = alike
        ordered = sorted(found.values(), key=_sureness, reverse=True)
        return Screened(tuple(ordered), frozenset(self._unlike_self(prepared, besides)))

    def _of(self, likeness: Likeness, prepared: Prepared, besides: str) -> Iterator[Alike]:
        for gallery in (Gallery.CAMEO, Gallery.BLOCKLIST):
            (kin,) = self._book.closest(
                gallery, likeness.modality, likeness.pack, likeness.vector[None], self._standing(gallery, besides)
            )
            size = self._book.size(gallery, likeness.modality)
            for place, one in enumerate(kin):
                judged = self._judged(likeness, one, kin[place + 1 :], size, prepared)
                if judged.band is not Band.NONE:
                    yield self._alike(gallery, likeness.modality, one, judged)

    def _judged(self, likeness: Likeness, kin: Kin, rivals: Sequence[Kin], size: int, prepared: Prepared) -> Judgement:
        # One picture may be poor, but what they pool into is as good as an enrolment asks for.
        heard = prepared.seconds if likeness.modality is Modality.VOICE else None
        return self._calibrations.of(likeness.pack).judge(
            kin.score, size=size, quality=1.0, seconds=heard, rivals=[other.score for other in rivals]
        )

    def _standing(self, gallery: Gallery, besides: str) -> Callable[[Sequence[str]], Container[str]]:
        def others(owners: Sequence[str]) -> Container[str]:
            if gallery is Gallery.BLOCKLIST:
                return self._entries.standing(owners, self._clock.now())
            return frozenset(owners) - {besides}

        return others

    def _alike(self, gallery: Gallery, modality: Modality, kin: Kin, judged: Judgement) -> Alike:
        entry = self._entries.entry(kin.owner) if gallery is Gallery.BLOCKLIST else None
        return Alike(gallery, modality, kin.owner, judged.band, kin.score, entry.name if entry else "")

    def _unlike_self(self, prepared: Prepared, subject: str) -> Iterator[Modality]:
        own = self._book.portfolio(subject)
        for modality in Modality:
            made = [one for one in prepared.likenesses if one.modality is modality and (modality, one.pack) in own]
            heard = prepared.seconds if modality is Modality.VOICE else None
            bands = [
                self._calibrations.of(one.pack)
                .verify(
                    self._book.likeness_to(own[modality, one.pack], one.vector, one.pack), quality=1.0, seconds=heard
                )
                .band
                for one in made
            ]
            if bands and Band.MATCH not in bands:
                yield modality


def _sureness(alike: Alike) -> tuple[int, float]:
    return _ORDER.index(alike.band), alike.score
