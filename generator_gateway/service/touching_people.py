"""The releases that people on the blocklist touch: named in prompts, or seen and heard in the tracks that are kept."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from generator_gateway.ports import CaseView, GateReport, NewAppearance
from generator_gateway.ports.cases import Journal
from generator_gateway.ports.looking import Policy
from generator_gateway.ports.takedowns import NO_BATCH, Footing, Touched
from generator_gateway.service.appealing import liftable
from generator_gateway.service.people_findings import of_name, of_track
from generator_gateway.stages import Draft, Request
from likeness_guard.api import Entry
from trust_kernel.clock import Clock
from trust_kernel.decisions import Evidence, Finding, Lift, Stage, Verdict, lifted_on_appeal
from trust_kernel.names.sieve import PromptSieve


class BlockedPeople(Protocol):
    """The blocklist; the likeness guard is one."""

    def blocked(self, entry_ids: Collection[str]) -> Mapping[str, Entry]:
        """Entries by id, whether they stand today or not; those that are not there are left out."""
        ...

    def enrolled_as(self, entry_id: str) -> frozenset[str]:
        """Enrolled people who surely are the person of an entry, by face or voice."""
        ...


class ReleasesPrompted(Protocol):
    """What is stored of requests and releases; `store.past.PastStore` is such."""

    def request(self, case_id: str) -> Request:
        """What was asked for; raises NotFound."""
        ...

    def released_prompts(self) -> Iterator[Sequence[tuple[str, str]]]:
        """(case id, prompt) of everything that is out."""
        ...

    def out(self, case_ids: Collection[str]) -> frozenset[str]:
        """Which of these are out."""
        ...


class FoundInTracks(Protocol):
    """Who was found in tracks; `store.blocked.BlockedAppearances` is such."""

    def unbatched(self) -> Sequence[str]:
        """Entries that were found in releases that are out and in no batch yet."""
        ...

    def of(self, entry_ids: Collection[str], *, unbatched: bool = False) -> Sequence[NewAppearance]:
        """Undecided appearances of these entries in releases that are out."""
        ...

    def batched(self, batch_id: str, pairs: Collection[tuple[str, str]]) -> None:
        """Note by which batch pairs of entry and release are decided, in the caller's transaction."""
        ...

    def let_stay(self, batch_id: str, case_ids: Collection[str], by: str, at: datetime) -> None:
        """Dismiss what a batch was about, of these releases, in the caller's transaction."""
        ...

    def consenting(self, case_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """By release, the subjects who said yes to be in it."""
        ...


class Lifted(Protocol):
    """What appeals lifted."""

    def overturned(self, case_id: str, stage: Stage, draft: str) -> frozenset[Lift]:
        """For one look at one case."""
        ...


class PersonTouches:
    """Implements `ports.takedowns.TouchesPeople`.

    Args:
        people: the blocklist.
        past: what is stored of releases.
        tracks: who was found in them; whoever is blocked is looked for there already.
        policy: says what may be made today.
        lifted: what appeals lifted.
        journal: knows what a look at an output was about.
        clock: who is blocked today.
    """

    def __init__(
        self,
        people: BlockedPeople,
        past: ReleasesPrompted,
        tracks: FoundInTracks,
        policy: Policy,
        lifted: Lifted,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._people = people
        self._past = past
        self._tracks = tracks
        self._policy = policy
        self._lifted = lifted
        self._journal = journal
        self._clock = clock

    def by_people(self, entry_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        """By entry, releases that name or show a person, and that policy would not let through today."""
        people = self._standing(entry_ids)
        found: defaultdict[str, list[tuple[Touched, Finding]]] = defaultdict(list)
        sieve = PromptSieve((entry.id, name) for entry in people.values() for name in entry.names)
        for page in self._past.released_prompts() if people else ():
            for case_id, prompt in page:
                for entry_id, named in sieve.found(prompt).items():
                    touched = Touched(case_id, "prompt", round(named.score, 3), named.words, entry_id)
                    found[entry_id].append((touched, of_name(entry_id, named.score, Evidence("prompt"))))
        for one in self._tracks.of(people):
            found[one.owner].append(_tracked(one, people[one.owner]))
        return {entry_id: self._stopped(people[entry_id], some) for entry_id, some in found.items()}

    def waiting(self, entry_ids: Collection[str]) -> frozenset[str]:
        """Who is to be blocked from a later moment on."""
        now = self._clock.now()
        known = self._people.blocked(entry_ids)
        return frozenset(one.id for one in known.values() if one.starts_at is not None and one.starts_at > now)

    def footing(self, entry_ids: Collection[str]) -> Mapping[str, Footing]:
        """Where the block of each of these stands now; a lifted one is not there any more."""
        found = dict.fromkeys(entry_ids, Footing.ENDED)
        found |= dict.fromkeys(self.waiting(entry_ids), Footing.WAITS)
        return {**found, **dict.fromkeys(self._standing(entry_ids), Footing.STANDS)}

    def tracked(self) -> Mapping[str, Sequence[Touched]]:
        """What was found in tracks and is in no batch yet; what needs none is not looked at again."""
        owners = self._tracks.unbatched()
        later = self.waiting(owners)
        people = self._standing(owners)
        found: defaultdict[str, list[tuple[Touched, Finding]]] = defaultdict(list)
        pairs: set[tuple[str, str]] = set()
        for one in self._tracks.of(set(owners) - later, unbatched=True):
            pairs.add((one.owner, one.case_id))
            if one.owner in people:
                found[one.owner].append(_tracked(one, people[one.owner]))
        stopped = {entry_id: self._stopped(people[entry_id], some) for entry_id, some in found.items()}
        needless = pairs - {(entry_id, one.case_id) for entry_id, some in stopped.items() for one in some}
        if needless:
            self._tracks.batched(NO_BATCH, needless)
        return stopped

    def proposed(self, batch_id: str, pairs: Collection[tuple[str, str]]) -> None:
        """Note that pairs of entry and release are in a batch."""
        self._tracks.batched(batch_id, pairs)

    def let_stay(self, batch_id: str, case_ids: Collection[str], by: str) -> None:
        """Note that staff looked and let these stay."""
        self._tracks.let_stay(batch_id, case_ids, by, self._clock.now())

    def _standing(self, entry_ids: Collection[str]) -> dict[str, Entry]:
        now = self._clock.now()
        return {one.id: one for one in self._people.blocked(entry_ids).values() if one.stands(now)}

    def _stopped(self, entry: Entry, found: Sequence[tuple[Touched, Finding]]) -> Sequence[Touched]:
        """Of those that are out: what no rule lets through, and to which the person did not say yes themselves."""
        cases = {touched.case_id for touched, _ in found}
        out, agreed = self._past.out(cases), self._tracks.consenting(cases)
        same = self._people.enrolled_as(entry.id) if agreed else frozenset[str]()
        stopped = [
            touched
            for touched, finding in found
            if touched.case_id in out
            and not agreed.get(touched.case_id, frozenset()) & same
            and self._is_stopped(touched.case_id, finding)
        ]
        return sorted(stopped, key=lambda one: (-one.score, one.case_id))

    def _is_stopped(self, case_id: str, finding: Finding) -> bool:
        view = CaseView(finding.stage, self._past.request(case_id), self._clock.now())
        draft = self._journal.earned(case_id, Draft) if finding.stage is Stage.OUTPUT else None
        lifted = self._lifted.overturned(case_id, finding.stage, draft.media.digest if draft else "")
        decision = lifted_on_appeal(self._policy.decide(view, GateReport((finding,))), lifted, liftable)
        return decision.verdict is not Verdict.ALLOW


def _tracked(found: NewAppearance, entry: Entry) -> tuple[Touched, Finding]:
    touched = Touched(found.case_id, found.modality, round(found.probability, 3), "", entry.id)
    return touched, of_track(found, entry)
