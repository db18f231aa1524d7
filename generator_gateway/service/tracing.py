"""Which releases show somebody who was enrolled, blocked or taken their consent back after they were made.

The output gate looked at every release with the galleries of its day. Whoever comes later is looked for in the tracks
that were kept; what is found goes to staff, and to the person where it is a subject.
"""

import logging
from collections.abc import Callable, Iterator

from consent_registry.api import ConsentRegistry, Subject
from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import (
    UNDECIDED,
    Appearance,
    AppearanceShelf,
    AppearanceState,
    CaseShelf,
    Cause,
    DueSearch,
    Finder,
    Found,
    NewAppearance,
    Notices,
    Recall,
    Record,
    SearchCause,
    Standing,
)
from generator_gateway.service.telling import HeardNotices
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, NotFound, NotPermitted, PlacetError

_log = logging.getLogger(__name__)
_NOT_ON_THE_LIST = "not on the list any more"


class Tracer:
    """Does the searches that are due.

    Args:
        finder: the likeness guard.
        shelf: where what is found is kept.
        registry: whose account a subject's is.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        finder: Finder,
        shelf: AppearanceShelf,
        registry: ConsentRegistry,
        record: Record,
        notices: Notices,
    ) -> None:
        self._database = database
        self._clock = clock
        self._finder = finder
        self._shelf = shelf
        self._registry = registry
        self._record = record
        self._heard = HeardNotices(notices, registry)

    def sweep(self, limit: int = 20) -> int:
        """Do some searches, longest waiting first; gives how many this worker did.

        One that fails stays due, and the others go on.
        """
        done = 0
        for search in self._finder.searches_due(limit):
            try:
                done += self._search(search)
            except PlacetError as error:
                _log.warning("the search %s waits: %s", search.id, error.detail)
        return done

    def _search(self, search: DueSearch) -> bool:
        account = self._account(search)
        found = self._found(search, account)
        cases = {one.case_id for one in found}
        if account is not None:
            # Before the search is struck off, so that a worker that dies here leaves it to the next one.
            self._finder.adopt(search.owner)
        # Nothing is locked while the index is searched; whoever strikes the search off first writes what it found.
        with self._database.transaction():
            if not self._finder.search_done(search.id):
                return False
            standing = self._shelf.standing(search.owner, account, cases)
            unknown = list(_unknown(search, found, standing))
            if standing.running:
                # These were looked at before the person was known, and may be released a moment from now.
                self._finder.look_for(search.owner, search.cause)
            self._keep(search, account, unknown)
        return True

    def _account(self, search: DueSearch) -> str | None:
        """The subject's account; None for a blocked person, and for one who was forgotten meanwhile."""
        if search.cause == SearchCause.BLOCKED:
            return None
        try:
            return self._registry.subject(search.owner).account_id
        except NotFound:
            return None

    def _found(self, search: DueSearch, account: str | None) -> tuple[Found, ...]:
        """Nothing where the person was forgotten: their templates and the key to them are gone."""
        if account is None and search.cause != SearchCause.BLOCKED:
            return ()
        try:
            return tuple(self._finder.appearances(search.owner))
        except NotFound:
            return ()

    def _keep(self, search: DueSearch, account: str | None, found: list[NewAppearance]) -> None:
        now = self._clock.now()
        # The log's head is locked before any appearance, here as where they are decided.
        self._record.append("likeness:search:done", {"search": search.id, "cause": search.cause, "found": len(found)})
        new = sum(self._shelf.note(one, now) for one in found)
        if new and account is not None:
            self._heard.tell("likeness:appearance:found", [account], {"count": new, "cause": search.cause})


def _unknown(search: DueSearch, found: tuple[Found, ...], standing: Standing) -> Iterator[NewAppearance]:
    """Where a release that is out shows the person, and nobody knew."""
    for one in found:
        known = standing.released.get(one.case_id)
        if known is not None and one.modality not in known:
            judged = one.judgement
            yield NewAppearance(
                search.owner,
                one.case_id,
                str(one.modality),
                str(judged.band),
                float(judged.score),
                float(judged.probability),
                float(judged.fpir),
                str(search.cause),
            )


class AppearanceDesk:
    """What staff, and the people themselves, do about appearances.

    Args:
        entry_name: what the blocklist calls an entry; None where it is not on it any more.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        shelf: AppearanceShelf,
        cases: CaseShelf,
        registry: ConsentRegistry,
        recall: Recall,
        record: Record,
        notices: Notices,
        entry_name: Callable[[str], str | None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._shelf = shelf
        self._cases = cases
        self._registry = registry
        self._recall = recall
        self._record = record
        self._heard = HeardNotices(notices, registry)
        self._entry_name = entry_name

    def page(
        self, *, state: AppearanceState | None, owner: str | None, after: str | None, limit: int
    ) -> tuple[list[Appearance], bool]:
        """Everybody's, disputed ones first, then newest first; and whether there are more."""
        return self._shelf.page(state=state, owner=owner, after=after, limit=limit)

    def open(self, appearance_id: str) -> Appearance:
        """One; raises NotFound."""
        return self._shelf.get(appearance_id)

    def name(self, appearance: Appearance) -> str:
        """What staff call the person: a handle, or the name on the blocklist."""
        owner = appearance.found.owner
        if appearance.found.cause == SearchCause.BLOCKED:
            return self._entry_name(owner) or _NOT_ON_THE_LIST
        subject = self._subject(owner)
        return f"@{subject.handle}" if subject else "somebody who was forgotten"

    def decide(self, appearance_id: str, reviewer: str, state: AppearanceState, note: str) -> Appearance:
        """Take the release back for everybody (WITHDRAWN), or let it stay (DISMISSED).

        Raises:
            NotFound: there is no such appearance.
            Conflict: it is decided already, or the release is not out any more.
            NotPermitted: the reviewer made the video, or is said to be in it.
        """
        appearance = self._shelf.get(appearance_id)
        case_id, now = appearance.found.case_id, self._clock.now()
        subject = self._subject(appearance.found.owner)
        own = {self._cases.get(case_id).account_id, subject.account_id if subject else ""}
        if reviewer in own:
            raise NotPermitted("somebody else has to look at what concerns you", code=GatewayReason.REVIEW_OWN)
        if appearance.state not in UNDECIDED:
            raise Conflict("this is decided, or not out any more", code=GatewayReason.APPEARANCE_DECIDED)
        withdrawn = state is AppearanceState.WITHDRAWN
        with self._database.transaction():
            # Locks in the order of every withdrawal: the release, the log's head, then our own row.
            if withdrawn:
                reason = GatewayReason.APPEARANCE_WITHDRAWN
                withdraw(Cause(reason, case_ids=frozenset({case_id}), actor=reviewer), self._recall)
            kind = "review:appearance:withdrawn" if withdrawn else "review:appearance:dismissed"
            self._record.append(kind, {"case": case_id, "appearance": appearance_id})
            self._shelf.decide(appearance_id, state, reviewer, note, now)
            if subject is not None:
                told = "likeness:appearance:withdrawn" if withdrawn else "likeness:appearance:dismissed"
                self._heard.tell(told, [subject.account_id], {"appearance_id": appearance_id, "video_id": case_id})
        return self._shelf.get(appearance_id)

    def own(self, account_id: str, *, after: str | None, limit: int) -> tuple[list[Appearance], bool]:
        """Where the subject of an account was found; nothing where it has none."""
        subject = self._registry.subject_of(account_id)
        if subject is None:
            return [], False
        return self._shelf.page(state=None, owner=subject.id, after=after, limit=limit)

    def dispute(self, account_id: str, appearance_id: str) -> Appearance:
        """Ask, as the person, for the release to be taken back; staff decide.

        Raises:
            NotFound: there is no such appearance of this account's subject.
            Conflict: they asked before, or the release is not out any more.
        """
        subject = self._registry.subject_of(account_id)
        appearance = self._shelf.get(appearance_id)
        if subject is None or appearance.found.owner != subject.id:
            # word for word what one that is not there is answered with
            raise NotFound("there is no such appearance", code=GatewayReason.APPEARANCE_UNKNOWN)
        if not appearance.disputable:
            raise Conflict("there is nothing more to ask for here", code=GatewayReason.APPEARANCE_DECIDED)
        self._shelf.dispute(appearance_id, self._clock.now())
        return self._shelf.get(appearance_id)

    def _subject(self, owner: str) -> Subject | None:
        try:
            return self._registry.subject(owner)
        except NotFound:
            return None
