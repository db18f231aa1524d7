"""Public figures who are blocked: by face, by voice, by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from likeness_guard.domain import Gallery
from likeness_guard.domain.lifting import asks_for_word, authority, confirms, loosened, word_serves
from likeness_guard.domain.people import (
    Added,
    Entry,
    EntryChange,
    EntryEvent,
    EntryQuery,
    LiftedBy,
    LiftProposal,
    NamedPerson,
    NewEntry,
    Similar,
)
from likeness_guard.errors import BlocklistFault
from likeness_guard.ports import EntryStore, NameKeeper, NameMatcherMaker, NameMatching, TemplateStore
from likeness_guard.ports.aftermath import Aftermath, NothingAfter
from likeness_guard.ports.entries import Record
from likeness_guard.service.blocklist_import import Importer
from likeness_guard.service.blocklist_names import NameWatch
from likeness_guard.service.blocklist_similar import LookAlikes
from likeness_guard.service.blocklist_terms import (
    FIELDS,
    LONGEST_NOTE,
    ReferenceMedia,
    checked,
    commitment,
    differences,
    entry_of,
    made,
    new_salt,
    noisy_names,
    reaches_further,
    revised,
    terms_of,
    with_media,
)
from likeness_guard.service.enrolment import Enrolment
from likeness_guard.service.templates import TemplateBook
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.names.shelves import NameBook

MOST_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Lifting:
    """What asking to lift a block came to: done, or proposed and waiting for a second person."""

    done: bool
    entry: Entry


class Blocklist:
    """Entries, the names that they block, and who may change them.

    Args:
        store: for one transaction around entries and templates.
        entries: the entries.
        book: their templates.
        enrolment: makes them.
        make_matcher: builds a name matcher; `trust_kernel.names.NameMatcher` unless given.
        record: the ledger.
        clock: when changes are made and which entries stand.
        similar: finds people who are alike; nobody is looked for where it is left out.
        blocked: told in the same transaction of an entry that got reference media (its id, "blocked").
        lifted: told in the same transaction of an entry that is lifted.
        after: told in the same transaction of entries that stop more than before.
        name_keeper: keeps many names in files; none: in memory.
    """

    def __init__(
        self,
        store: TemplateStore,
        entries: EntryStore,
        book: TemplateBook,
        enrolment: Enrolment,
        make_matcher: NameMatcherMaker | None = None,
        *,
        record: Record,
        clock: Clock,
        similar: LookAlikes | None = None,
        blocked: Callable[[str, str], None] | None = None,
        lifted: Callable[[str], None] | None = None,
        after: Aftermath | None = None,
        name_keeper: NameKeeper | None = None,
    ) -> None:
        self._store = store
        self._entries = entries
        self._book = book
        self._enrolment = enrolment
        self._record = record
        self._clock = clock
        self._similar = similar
        self._blocked = blocked
        self._lifted = lifted
        self._after = after or NothingAfter()
        self._names = NameWatch(entries, NameBook(make_matcher or _kernel_matcher, keeper=name_keeper))

    # --- changing

    def add(self, new: NewEntry) -> str:
        """Make an entry on nobody's account; gives its id. For code; people come in by `enter`."""
        return self.enter(new, "").entry.id

    def enter(self, new: NewEntry, by: str, *, digests: Sequence[str] = ()) -> Added:
        """Make an entry with its templates, in one transaction.

        Args:
            new: the entry, unchecked.
            by: account that does it.
            digests: SHA-256 of the files of `new.faces` and `new.voices`, hex.

        Raises:
            InvalidInput: an `EnrolmentFault` or `BlocklistFault`, with field and limit.
            Conflict: ``likeness:blocklist:external_id_taken``.
        """
        entry = entry_of(checked(new), by, self._clock.now(), digests, new_salt())
        entry = replace(entry, has_face=bool(new.faces), has_voice=bool(new.voices))
        with self._store.together():
            self._learn(entry.id, ReferenceMedia(new.faces, new.voices))
            self._entries.put([(entry, made(entry, EntryEvent.ADDED, by))], new=True)
            self._after.blocked([entry])
            self._record.append(EntryEvent.ADDED, _body(entry, by))
        return self._told(entry)

    def change(self, entry_id: str, fields: Mapping[str, object], by: str, *, version: int | None = None) -> Added:
        """Change some of `FIELDS`.

        Args:
            entry_id: which entry.
            fields: new values by name.
            by: account that does it.
            version: refuse if the entry is not at this version any more.

        Raises:
            InvalidInput: a value, with field and limit.
            NotFound: there is no such entry.
            NotPermitted: it would loosen a block that this person alone may not lift.
            Conflict: it was changed meanwhile, or the external id is another entry's.
        """
        with self._store.together():
            before = self._locked(entry_id)
            if version is not None and version != before.version:
                raise Conflict(
                    f"this entry is at version {before.version} by now",
                    code=BlocklistFault.CHANGED_MEANWHILE,
                    field="version",
                )
            after = self.revise(before, fields)
            if after is not before:
                change = made(after, EntryEvent.CHANGED, by, differences(before, after))
                self._entries.put([(after, change)], new=False)
                if reaches_further(before, after):
                    self._after.blocked([after])
                self._record.append(EntryEvent.CHANGED, _body(after, by))
        return self._told(after)

    def revise(self, before: Entry, fields: Mapping[str, object]) -> Entry:
        """The entry as it would be, checked; itself where nothing differs. Keeps nothing."""
        wanted = {name: value for name, value in fields.items() if name in FIELDS}
        after = revised(before, checked(replace(terms_of(before), **wanted)), self._clock.now())  # type: ignore[arg-type] # checked there
        looser = loosened(before, after)
        if looser and authority(before) is not LiftedBy.POLICY_TEAM:
            nobody = authority(before) is LiftedBy.NOBODY
            raise NotPermitted(
                f"this would loosen a block that {'nobody' if nobody else 'one person alone'} may lift",
                code=BlocklistFault.LIFTED_BY_NOBODY if nobody else BlocklistFault.TWO_NEEDED,
                field=looser[0],
            )
        return after

    def teach(self, entry_id: str, references: ReferenceMedia, by: str) -> Added:
        """Add reference media; files that were taken in before add nothing.

        Raises:
            InvalidInput: an `EnrolmentFault`.
            NotFound: there is no such entry.
        """
        return self._told(self.taught(entry_id, references, by))

    def taught(self, entry_id: str, references: ReferenceMedia, by: str) -> Entry:
        """As `teach`, but nobody is looked for who is like them."""
        with self._store.together():
            before = self._locked(entry_id)
            if references.digests and set(references.digests) <= set(before.media):
                return before
            after = with_media(before, references, self._clock.now())
            self._learn(entry_id, references)
            change = made(after, EntryEvent.CHANGED, by, differences(before, after))
            self._entries.put([(after, change)], new=False)
            self._record.append(EntryEvent.CHANGED, _body(after, by))
        return after

    def lift(self, entry_id: str, by: str, reason: str, word_of: LiftedBy | None = None, proof: str = "") -> Lifting:
        """Lift a block for good, or propose it where two people are needed; the second one's wish does it.

        Args:
            entry_id: which entry.
            by: account that asks.
            reason: for the history.
            word_of: PERSON or ESTATE where they asked for it.
            proof: where their request can be read.

        Raises:
            InvalidInput: no reason.
            NotFound: there is no such entry.
            NotPermitted: nobody may lift it, or the word of the person or the estate is missing.
        """
        if not reason.strip() or max(len(reason), len(proof)) > LONGEST_NOTE:
            raise InvalidInput(
                "say why the block is lifted",
                code=BlocklistFault.REASON_MISSING,
                field="reason" if len(proof) <= LONGEST_NOTE else "proof",
                limit=f"1 to {LONGEST_NOTE} characters",
            )
        with self._store.together():
            entry = self._locked(entry_id)
            _may_be_lifted(entry, word_of, proof)
            alone = authority(entry) is LiftedBy.POLICY_TEAM
            if alone or confirms(by, entry.proposal, self._clock.now()):
                self._drop(entry, by, reason)
                return Lifting(True, entry)
            return Lifting(False, self._propose(entry, LiftProposal(by, reason, self._clock.now(), word_of, proof)))

    def remove(self, entry_id: str) -> None:
        """Lift a block on nobody's account; for code. Raises as `lift` does, and where a second person is needed."""
        if not self.lift(entry_id, "", "removed by a program").done:
            raise NotPermitted("a second person must confirm", code=BlocklistFault.TWO_NEEDED)

    # --- reading

    def get(self, entry_id: str) -> Entry:
        """One entry; raises NotFound."""
        return _there(self._entries.entry(entry_id))

    def page(self, query: EntryQuery) -> Sequence[Entry]:
        """Entries by name, as many as the query's limit."""
        return self._entries.page(query)

    def count(self) -> int:
        """How many entries there are, those that do not stand today included."""
        return self._entries.count()

    def history(self, entry_id: str) -> Sequence[EntryChange]:
        """What happened to an entry, newest first, also after it was lifted; raises NotFound."""
        found = self._entries.history(entry_id, MOST_HISTORY)
        if not found:
            _there(None)
        return found

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name; `page` is for large lists."""
        return self._entries.entries()

    def similar(self, entry: Entry) -> tuple[Similar, ...]:
        """Who is like an entry, by name and by what is enrolled of it."""
        return self._similar.of(entry) if self._similar else ()

    def look_alikes(self, entry_id: str) -> tuple[Similar, ...]:
        """Who looks or sounds like an entry."""
        return self._similar.by_likeness(entry_id) if self._similar else ()

    def importer(self) -> Importer:
        """Takes in files of people."""
        return Importer(self, self._entries, self._record, self._clock, self._after)

    def several(self, entry_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Entries by their ids, whether they stand today or not; those that are not there are left out."""
        return self._entries.several(entry_ids)

    def enrolled_as(self, entry_id: str) -> frozenset[str]:
        """Enrolled people who surely are the person of an entry, by face or voice."""
        return self._similar.enrolled(entry_id) if self._similar else frozenset()

    def named(self, text: str) -> tuple[NamedPerson, ...]:
        """Blocked people named in a text: every entry committed before the call that stands now."""
        hits = self._names.match(text)
        standing = self._entries.standing({hit.entity for hit in hits}, self._clock.now()) if hits else {}
        return tuple(
            NamedPerson(
                hit.entity, standing[hit.entity].name, hit.alias, hit.span, tuple(hit.transformations), hit.score
            )
            for hit in hits
            if hit.entity in standing
        )

    def fence(self) -> int:
        """Number of the last change of an entry, which stays the last until the caller's transaction ends."""
        return self._entries.fence()

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        """(entry, name) of so many names at most, those of the entries that changed last first."""
        return self._names.some(most)

    def lag(self) -> int:
        """Changes that this process's names are behind; changes nothing."""
        return self._names.lag

    def warm(self) -> None:
        """Take in every name committed until now, so that the next prompt does not have to."""
        self._names.catch_up()

    # --- inside

    def _learn(self, entry_id: str, references: ReferenceMedia) -> None:
        if references.faces or references.voices:
            self._enrolment.enrol(entry_id, Gallery.BLOCKLIST, references.faces, references.voices, keep=True)
            if self._blocked is not None:
                self._blocked(entry_id, "blocked")

    def _drop(self, entry: Entry, by: str, reason: str) -> None:
        # Templates first, as `enter` does: two transactions that lock the same counters must do so in one order.
        self._book.forget(entry.id)
        if self._lifted is not None:
            self._lifted(entry.id)
        gone = replace(entry, version=entry.version + 1)
        self._entries.remove_entry(made(gone, EntryEvent.LIFTED, by, reason=reason, at=self._clock.now()))
        body: dict[str, str | int] = {"entry": entry.id, "version": gone.version, "actor": by}
        self._record.append(EntryEvent.LIFTED, body)

    def _propose(self, entry: Entry, proposal: LiftProposal) -> Entry:
        waiting = replace(entry, proposal=proposal, version=entry.version + 1, updated_at=proposal.at)
        change = made(waiting, EntryEvent.LIFT_PROPOSED, proposal.by, reason=proposal.reason)
        self._entries.put([(waiting, change)], new=False)
        self._record.append(EntryEvent.LIFT_PROPOSED, _body(waiting, proposal.by))
        return waiting

    def _told(self, entry: Entry) -> Added:
        return Added(entry, self.similar(entry), tuple(noisy_names(entry.names)))

    def _locked(self, entry_id: str) -> Entry:
        return _there(self._entries.entry(entry_id, lock=True))


def _may_be_lifted(entry: Entry, word_of: LiftedBy | None, proof: str) -> None:
    if authority(entry) is LiftedBy.NOBODY:
        raise NotPermitted("nobody may lift this block", code=BlocklistFault.LIFTED_BY_NOBODY, field="lifted_by")
    wanted = asks_for_word(entry)
    if not word_serves(word_of, wanted) or (wanted is not None and not proof.strip()):
        raise NotPermitted(
            f"only the {wanted} may have this block lifted: say where their request can be read",
            code=BlocklistFault.WORD_MISSING,
            field="proof" if word_serves(word_of, wanted) else "asked_by",
        )


def _body(entry: Entry, by: str) -> dict[str, str | int]:
    return {"entry": entry.id, "version": entry.version, "content_sha256": commitment(entry), "actor": by}


def _there(entry: Entry | None) -> Entry:
    if entry is None:
        raise NotFound("there is no such blocklist entry", code=BlocklistFault.NOT_FOUND)
    return entry


def _kernel_matcher(pairs: Iterable[tuple[str, str]]) -> NameMatching:
    from trust_kernel.names import NameMatcher

    return NameMatcher(pairs)
