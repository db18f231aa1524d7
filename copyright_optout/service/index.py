"""What rights holders have said may not be generated, and whether something is it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from copyright_optout.domain import (
    ANYTHING,
    Claim,
    ClaimState,
    Concerning,
    Depiction,
    HeardWork,
    IndexReadiness,
    LookAlike,
    NamedWork,
    OptOutReason,
    PicturedWork,
    Told,
    alike,
)
from copyright_optout.ports.rehearsing import NothingAfter
from copyright_optout.service.claims import ClaimDesk
from copyright_optout.service.concerning import Concerns
from copyright_optout.service.feeds import FeedDesk
from copyright_optout.service.flooding import FloodWatch
from copyright_optout.service.import_batches import BatchTools
from copyright_optout.service.import_telling import ImportNotices
from copyright_optout.service.imports import ImportDesk
from copyright_optout.service.organisations import OrganisationDesk
from copyright_optout.service.parts import OptOutParts
from copyright_optout.service.pictures import Pictures
from copyright_optout.service.recognition import Recognition
from copyright_optout.service.references import ReferenceDesk
from copyright_optout.service.rehearsing import ClaimTraces, RehearsalParts, Rehearsals, traces_of
from copyright_optout.service.staydown import StayDown
from copyright_optout.service.telling import ClaimNotices
from trust_kernel.media.refs import Look
from trust_kernel.names.sieve import PromptSieve

CLOCK = "clock"
"""Stands where no account did something."""


class OptOutIndex:
    """What rights holders have said may not be generated, and whether something is it.

    Attributes:
        organisations: who claims.
        desk: filing claims and moving them.
        staydown: the internal claims of notices.
        imports: taking in long lists of claims; None where there are no parts for it.
        rehearsals: dry runs; None where there are no requests to look at.
        feeds: what others exchange, in and out; None where there are no parts for it.
    """

    def __init__(self, parts: OptOutParts) -> None:
        self._parts = parts
        notices = ClaimNotices(parts.organisations, parts.staff, parts.outbox)
        after = parts.past.aftermath if parts.past else NothingAfter()
        self.organisations = OrganisationDesk(
            parts.organisations, parts.claims, parts.accounts, notices, parts.record, parts.clock, after
        )
        concerns = Concerns(parts.claims, parts.organisations, parts.people)
        self.rehearsals = _rehearsals(parts)
        pictures = Pictures(parts.claims, parts.hasher, parts.record, parts.clock, parts.references)
        self.references = (
            ReferenceDesk(parts.references, parts.claims, pictures, parts.record, parts.clock)
            if parts.references
            else None
        )
        self.desk = ClaimDesk(
            parts.claims,
            pictures,
            self.references,
            concerns,
            parts.record,
            notices,
            parts.clock,
            self.rehearsals,
            after,
        )
        self._watch = (
            FloodWatch(parts.past.past, parts.past.limits, parts.claims, self.desk, parts.clock) if parts.past else None
        )
        tools = BatchTools(
            parts.claims, self.desk, concerns, parts.record, notices, parts.clock, self.floods, after.activated
        )
        self.imports = _imports(parts, tools)
        self._recognition = Recognition(
            parts.claims,
            parts.hasher,
            parts.index,
            parts.spots,
            parts.clock,
            parts.references,
            parts.thresholds,
            parts.name_keeper,
        )
        self.feeds = (
            FeedDesk(parts.feeds, parts.claims, self.desk, self.imports, self.references, parts.clock)
            if parts.feeds and self.imports
            else None
        )
        self.staydown = StayDown(
            parts.claims,
            self.desk,
            parts.organisations,
            parts.references.store if parts.references else None,
            parts.clock,
        )

    def permits(self, claim: Claim, account_id: str, depiction: Depiction = ANYTHING) -> OptOutReason | None:
        """Why an account may make a depiction of what is claimed; None where it may not.

        Its organisation's members may, a licence may let others, and a claim may leave some depictions open.
        """
        if claim.licenses(account_id, depiction, self._parts.clock.now()):
            return OptOutReason.LICENSED
        seats = self._parts.organisations.of_account(account_id)
        if any(one.organisation_id == claim.organisation_id for one in seats):
            return OptOutReason.LICENSED
        return None if claim.blocks(depiction) else OptOutReason.NOT_BLOCKED

    def stands(self, claim: Claim) -> bool:
        """Whether a claim stops anything now."""
        return claim.stands(self._parts.clock.now())

    def begins_later(self, claim: Claim) -> bool:
        """Whether a claim is to stop things from a later moment on."""
        starts = claim.terms.starts_at
        return starts is not None and starts > self._parts.clock.now()

    def page(
        self,
        account_id: str | None,
        *,
        states: Collection[ClaimState] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Claim]:
        """Claims of the organisations that an account acts for, or of all, newest first."""
        parts = self._parts
        theirs = None
        if account_id is not None:
            theirs = [one.organisation_id for one in parts.organisations.of_account(account_id)]
        return parts.claims.page(theirs, states=states, after=after, limit=limit)

    def page_of(
        self, organisation_id: str | None, *, states: Collection[ClaimState] = (), limit: int = 100
    ) -> Sequence[Claim]:
        """Claims of one organisation, or of all, newest first; for operators."""
        theirs = None if organisation_id is None else [organisation_id]
        return self._parts.claims.page(theirs, states=states, limit=limit)

    def concerns(self, claim_ids: Iterable[str]) -> Mapping[str, Sequence[Concerning]]:
        """What staff should know of claims, by claim id; those with nothing are left out."""
        return self._parts.claims.concerns(claim_ids)

    def told(self, claim: Claim) -> Mapping[str, str]:
        """What whoever a claim stopped is told of it: ``kind``, ``title``, ``holder``, as far as it lets them know."""
        known = {"kind": claim.terms.kind.value, "title": claim.terms.title}
        if claim.terms.told is Told.HOLDER:
            known["holder"] = self.organisations.organisation(claim.organisation_id).name
        return {name: known[name] for name in claim.terms.told.names}

    def tend(self) -> None:
        """What time does: claims that are over are noted as such, and their organisations told."""
        self.desk.expire(actor=CLOCK)

    def guard(self) -> None:
        """A worker's chore: claims that suddenly stop too much."""
        if self._watch is not None:
            self._watch.watch()

    def rehearse(self) -> None:
        """A worker's chore: dry runs that were asked for."""
        if self.rehearsals is not None:
            self.rehearsals.sweep()

    def floods(self, claims: Sequence[Claim]) -> Mapping[str, str]:
        """Of claims that are to take effect together, those that would stop too much: percent by claim id."""
        return self.rehearsals.floods(claims) if self.rehearsals is not None else {}

    def sieve(self, claims: Iterable[Claim]) -> PromptSieve:
        """Finds the names of these claims, whatever their state, in very many prompts."""
        return PromptSieve((claim.id, alias) for claim in claims for alias in claim.terms.aliases)

    def traces(self, claim: Claim) -> ClaimTraces:
        """What a claim is recognised by in what is stored of releases."""
        parts = self._parts
        printer = parts.references.printers[0].name if parts.references else ""
        return traces_of(claim, parts.claims, parts.references.store if parts.references else None, printer)

    def several(self, claim_ids: Iterable[str]) -> Mapping[str, Claim]:
        """Claims by id; those that are not there are left out."""
        return self._parts.claims.many(claim_ids)

    def claim(self, claim_id: str) -> Claim:
        """A claim; raises UnknownClaim where there is none."""
        return self.desk.claim(claim_id)

    def named(self, text: str) -> tuple[NamedWork, ...]:
        """Active claims that a text names, by place."""
        return self._recognition.named(text)

    def fence(self) -> int:
        """Number of the last change of a claim, which stays the last until the caller's transaction ends."""
        return self._recognition.fence()

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        """(claim, name) of so many names of active claims at most: for what can only listen for a list."""
        return self._recognition.aliases(most)

    def pictured(self, look: Look) -> tuple[PicturedWork, ...]:
        """Active claims that a picture or video shows, nearest first; at most 24 frames are looked at.

        A claim's reference pictures and videos are looked for; what is shared with a video stands in `overlap`.
        """
        return self._recognition.pictured(look)

    def heard(self, look: Look) -> tuple[HeardWork, ...]:
        """Active claims whose reference sounds a medium lets hear, the surest first.

        Raises:
            Unavailable: what makes fingerprints of sound did not answer.
        """
        return self._recognition.heard(look)

    def resembled(self, look: Look) -> tuple[LookAlike, ...]:
        """Active claims that something in a medium looks like, for a person to judge; needs a model of looks."""
        return self._recognition.resembled(look)

    @property
    def looks_searched(self) -> bool:
        """Whether look-alikes are searched: only with a model that the operator installed. Pages say so where not."""
        return self._recognition.looks_searched

    @property
    def made_with(self) -> Mapping[str, str]:
        """What decisions of this guard are made with, for the record of a decision."""
        looks = self._parts.references.looks.version if self._parts.references else ""
        return {**self._parts.thresholds.made_with, **({"optout:looks": looks} if looks else {})}

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """PDQ hashes of at most 24 frames, hex, in time order, for `alike`; featureless frames are left out."""
        return self._recognition.fingerprints(look)

    def alike(self, left: Sequence[str], right: Sequence[str]) -> bool:
        """Whether two lists of fingerprints are of one video; see `copyright_optout.domain.alike` for the rule."""
        return alike(left, right)

    def readiness(self) -> IndexReadiness:
        """How far this process's index has read; each search reads the rest first."""
        return self._recognition.readiness()

    def warm_up(self) -> None:
        """Fill the index now, so that the first search is quick."""
        self._recognition.warm_up()


def _imports(parts: OptOutParts, tools: BatchTools) -> ImportDesk | None:
    if parts.imports is None:
        return None
    return ImportDesk(parts.imports, tools, ImportNotices(parts.organisations, parts.staff, parts.outbox))


def _rehearsals(parts: OptOutParts) -> Rehearsals | None:
    if parts.past is None:
        return None
    return Rehearsals(
        RehearsalParts(
            past=parts.past.past,
            rehearsals=parts.past.rehearsals,
            claims=parts.claims,
            organisations=parts.organisations,
            references=parts.references.store if parts.references else None,
            clock=parts.clock,
            limits=parts.past.limits,
            thresholds=parts.thresholds,
        )
    )
