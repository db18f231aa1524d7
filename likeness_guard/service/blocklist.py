"""Public figures who are blocked: by face, by voice, by name."""

import threading
from collections.abc import Iterable, Sequence

from likeness_guard.domain import Entry, Gallery, NamedPerson, NewEntry
from likeness_guard.errors import EnrolmentFault
from likeness_guard.ports import NameMatcherMaker, NameMatching, TemplateStore
from likeness_guard.service.enrolment import Enrolment
from likeness_guard.service.templates import TemplateBook
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.ids import new_id

_LONGEST_NAME = 200


class Blocklist:
    """Entries and the names that they block.

    Args:
        store: entries.
        book: their templates.
        enrolment: makes them.
        make_matcher: builds a name matcher; `trust_kernel.names.NameMatcher` unless given.
    """

    def __init__(
        self,
        store: TemplateStore,
        book: TemplateBook,
        enrolment: Enrolment,
        make_matcher: NameMatcherMaker | None = None,
    ) -> None:
        self._store = store
        self._book = book
        self._enrolment = enrolment
        self._make_matcher = make_matcher or _kernel_matcher
        self._built: tuple[int, NameMatching, dict[str, Entry]] | None = None
        self._lock = threading.Lock()

    def add(self, new: NewEntry) -> str:
        """Make an entry with its templates, in one transaction; gives its id.

        Raises:
            InvalidInput: an `EnrolmentFault`.
        """
        names = [name.strip() for name in (new.name, *new.aliases)]
        if not names[0] or max(map(len, names)) > _LONGEST_NAME:
            raise InvalidInput(
                "a blocklist entry needs a name",
                code=EnrolmentFault.NAME_MISSING,
                field="name",
                limit=f"{_LONGEST_NAME} characters",
            )
        aliases = tuple(dict.fromkeys(name for name in names[1:] if name and name != names[0]))
        entry = Entry(new_id("blk"), names[0], aliases, new.category.strip(), bool(new.faces), bool(new.voices))
        with self._store.together():
            if new.faces or new.voices:
                self._enrolment.enrol(entry.id, Gallery.BLOCKLIST, new.faces, new.voices)
            self._store.add_entry(entry)
        return entry.id

    def remove(self, entry_id: str) -> None:
        """Lift a block for good; raises NotFound where there is none."""
        with self._store.together():
            if not self._store.remove_entry(entry_id):
                raise NotFound("there is no such blocklist entry", code="likeness:blocklist:not_found")
            self._book.forget(entry_id)

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name."""
        return self._store.entries()

    def named(self, text: str) -> tuple[NamedPerson, ...]:
        """Blocked people named in a text."""
        matcher, entries = self._matcher()
        return tuple(
            NamedPerson(
                hit.entity, entries[hit.entity].name, hit.alias, hit.span, tuple(hit.transformations), hit.score
            )
            for hit in matcher.match(text)
        )

    def _matcher(self) -> tuple[NameMatching, dict[str, Entry]]:
        version = self._store.entries_version()
        with self._lock:
            if self._built is None or self._built[0] != version:
                entries = {entry.id: entry for entry in self._store.entries()}
                pairs = [(entry.id, name) for entry in entries.values() for name in (entry.name, *entry.aliases)]
                self._built = (version, self._make_matcher(pairs), entries)
            return self._built[1], self._built[2]


def _kernel_matcher(pairs: Iterable[tuple[str, str]]) -> NameMatching:
    from trust_kernel.names import NameMatcher

    return NameMatcher(pairs)
