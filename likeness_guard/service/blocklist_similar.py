"""Who on the blocklist, or among enrolled people, is like an entry: reported to staff, never refused."""

from collections.abc import Callable, Iterator, Sequence

from likeness_guard.domain import Gallery, Modality
from likeness_guard.domain.folding import Census, fragments_of
from likeness_guard.domain.people import Entry, Likeness, Similar
from likeness_guard.ports.entries import EntryStore
from likeness_guard.ports.templates import IndexName
from likeness_guard.service.templates import TemplateBook
from trust_kernel.names.plain import fold_name

Bounds = Callable[[Modality, str, int], tuple[float, float]]
"""Match and unsure thresholds by modality, model version and people in the gallery."""

_MOST = 10
_SAME = 1.0
_GALLERIES = (Gallery.BLOCKLIST, Gallery.CAMEO)


class LookAlikes:
    """Finds people whose names, faces or voices are alike.

    Args:
        entries: the blocklist.
        book: templates of blocked and enrolled people.
        bounds: what scores mean.
    """

    def __init__(self, entries: EntryStore, book: TemplateBook, bounds: Bounds) -> None:
        self._entries = entries
        self._book = book
        self._bounds = bounds

    def of(self, entry: Entry) -> tuple[Similar, ...]:
        """Everybody like an entry, by name and by what is enrolled of it; at most ten of each kind."""
        return (*self.by_name(entry), *self.by_likeness(entry.id))

    def by_name(self, entry: Entry) -> tuple[Similar, ...]:
        """Other entries of the same or nearly the same name. Reads only rows that share a part of it."""
        folded = [fold_name(name) for name in entry.names]
        fragments = list(dict.fromkeys(part for name in folded for part in fragments_of(name)))
        if not fragments:
            return ()
        census = Census()
        for entry_id, names in self._entries.folded_names(fragments):
            census.add(entry_id, names)
        found = [(near.entry_id, near.score) for near in census.alike(entry.id, "\n".join(folded), _MOST)]
        return tuple(similar_names(found, self._names_of([entry_id for entry_id, _ in found])))

    def by_likeness(self, entry_id: str) -> tuple[Similar, ...]:
        """Entries and enrolled people whose templates lie in the match or unsure band of this entry's."""
        found: dict[tuple[Gallery, Modality, str], tuple[float, bool]] = {}
        for (modality, pack), turned in self._book.portfolio(entry_id).items():
            for gallery in _GALLERIES:
                match, unsure = self._bounds(modality, pack, self._book.size(gallery, modality))
                for kin in self._book.alike(IndexName(gallery, modality, pack), turned, unsure):
                    if kin.owner != entry_id:
                        found[(gallery, modality, kin.owner)] = (kin.score, kin.score >= match)
        names = self._names_of([owner for gallery, _, owner in found if gallery is Gallery.BLOCKLIST])
        seen = [
            Similar(
                about=owner,
                kind=Likeness.FACE if modality is Modality.FACE else Likeness.VOICE,
                score=round(score, 4),
                sure=sure,
                gallery=gallery.value,
                name=names.get(owner, ""),
            )
            for (gallery, modality, owner), (score, sure) in found.items()
        ]
        return tuple(sorted(seen, key=lambda one: -one.score)[:_MOST])

    def enrolled(self, entry_id: str) -> frozenset[str]:
        """Enrolled people who surely are the person of an entry."""
        found: set[str] = set()
        for (modality, pack), turned in self._book.portfolio(entry_id).items():
            match, _ = self._bounds(modality, pack, self._book.size(Gallery.CAMEO, modality))
            name = IndexName(Gallery.CAMEO, modality, pack)
            found |= {kin.owner for kin in self._book.alike(name, turned, match) if kin.score >= match}
        return frozenset(found)

    def _names_of(self, entry_ids: Sequence[str]) -> dict[str, str]:
        found = (self._entries.entry(entry_id) for entry_id in entry_ids)
        return {entry.id: entry.name for entry in found if entry is not None}


def similar_names(found: Sequence[tuple[str, float]], names: dict[str, str]) -> Iterator[Similar]:
    """What is reported of entries with like names."""
    for entry_id, score in found:
        kind = Likeness.SAME_NAME if score == _SAME else Likeness.NEAR_NAME
        yield Similar(entry_id, kind, round(score, 4), score == _SAME, name=names.get(entry_id, ""))
