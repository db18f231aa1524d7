"""Keeping, changing and activating claims by the hundred: one transaction and one entry of the record a batch."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from copyright_optout.domain import (
    BLOCKING,
    NEEDED,
    Claim,
    ClaimState,
    Concern,
    Concerning,
    check_proof,
    without_whom,
)
from copyright_optout.domain.claims import CHANGEABLE, ENDED
from copyright_optout.domain.commitments import terms_digest
from copyright_optout.domain.imports import ClaimImport, LineOutcome, LineReport, LineTrouble
from copyright_optout.domain.reasons import ImportEvent, ImportFault
from copyright_optout.ports import ClaimStore, Record
from copyright_optout.ports.imports import BadLine, ListedClaim
from copyright_optout.service.claims import ClaimDesk
from copyright_optout.service.concerning import LOOKED_FOR, Concerns
from copyright_optout.service.import_terms import filing_of, reference_of
from copyright_optout.service.telling import ClaimNotices
from trust_kernel.clock import Clock
from trust_kernel.errors import InvalidInput

BATCH = 500
"""Lines that are committed together; what an interrupted import does again is at most so many."""
_SHOWN = 200
"""Characters of a title in a report."""


@dataclass(frozen=True, slots=True)
class BatchTools:
    """What batches of claims are made with; the desk has all of it too.

    Attributes:
        floods: of claims, those that would stop too much, and the share in percent.
        activated: told, inside the transaction, of the claims that take effect.
    """

    claims: ClaimStore
    desk: ClaimDesk
    concerns: Concerns
    record: Record
    notices: ClaimNotices
    clock: Clock
    floods: Callable[[Sequence[Claim]], Mapping[str, str]]
    activated: Callable[[Sequence[Claim]], None]


@dataclass(slots=True)
class _Drawn:
    """A line that says a claim."""

    line: int
    claim: Claim
    licensed: bool
    """Whether the line itself names licensees."""


@dataclass(slots=True)
class Batch:
    """Lines that are committed together, and what becomes of them."""

    drawn: list[_Drawn] = field(default_factory=list)
    reports: dict[int, LineReport] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    added: list[Claim] = field(default_factory=list)
    changed: list[Claim] = field(default_factory=list)


class Intake:
    """Takes the lines of one import in. Make a new one for each; it remembers the references that it saw.

    Args:
        tools: the claims.
        job: whose lines, and what holds for all of them.
    """

    def __init__(self, tools: BatchTools, job: ClaimImport) -> None:
        self._tools = tools
        self._job = job
        self._seen: dict[str, int] = {}

    def skip(self, line: ListedClaim | BadLine) -> None:
        """Note a line that was dealt with before."""
        if isinstance(line, ListedClaim):
            self._seen.setdefault(reference_of(line, self._job), line.line)

    def drawn_up(self, lines: Iterable[ListedClaim | BadLine]) -> Batch:
        """The claims that lines make, checked; nothing is asked of the database yet."""
        batch = Batch()
        for line in lines:
            batch.order.append(line.line)
            if isinstance(line, BadLine):
                batch.reports[line.line] = LineReport(
                    line.line, LineOutcome.REJECTED, line.title[:_SHOWN], trouble=line.trouble
                )
            else:
                self._draw(line, batch)
        return batch

    def _draw(self, line: ListedClaim, batch: Batch) -> None:
        reference = reference_of(line, self._job)
        try:
            self._check_first(line, reference)
            claim = self._tools.desk.drawn_up(filing_of(line, reference, self._job))
        except InvalidInput as error:
            batch.reports[line.line] = _rejected(line.line, line.texts.get("title", ""), reference, error)
        else:
            batch.drawn.append(_Drawn(line.line, claim, bool(claim.terms.licences)))

    def _check_first(self, line: ListedClaim, reference: str) -> None:
        first = self._seen.setdefault(reference, line.line)
        if first != line.line:
            named = "reference" if line.texts.get("reference") else "title"
            raise InvalidInput(f"line {first} has the same {named}", code=ImportFault.REPEATED, field=named)

    def keep(self, batch: Batch) -> Sequence[LineReport]:
        """Keep a batch, in the caller's transaction; gives what became of each line, in order.

        Raises:
            Conflict: somebody filed under one of these references meanwhile. The batch can be tried again.
        """
        concerns = self._weighed(batch)
        tools = self._tools
        tools.claims.add(batch.added, {claim.id: concerns.get(claim.id, ()) for claim in batch.added})
        tools.claims.replace_many(batch.changed)
        for claim in batch.changed:
            tools.claims.set_concerns(claim.id, concerns.get(claim.id, ()))
        written = [*batch.added, *batch.changed]
        if written:
            facts: dict[str, str | int] = {
                "import": self._job.id,
                "organisation": self._job.organisation_id,
                "added": len(batch.added),
                "changed": len(batch.changed),
                "actor": self._job.by,
                "batch_sha256": digest_of(written),
            }
            tools.record.append(ImportEvent.TAKEN_IN, facts)
            tools.notices.named(written, concerns)
        return [batch.reports[line] for line in batch.order]

    def rehearse(self, batch: Batch) -> Sequence[LineReport]:
        """What would become of a batch; nothing is kept."""
        self._weighed(batch)
        unkept = {claim.id for claim in batch.added}
        found = (batch.reports[line] for line in batch.order)
        return [replace(one, claim_id="") if one.claim_id in unkept else one for one in found]

    def _weighed(self, batch: Batch) -> Mapping[str, tuple[Concerning, ...]]:
        """Decide what becomes of each claim; gives what staff should know of those that are added or changed."""
        references = [one.claim.reference for one in batch.drawn]
        known = self._tools.claims.by_reference(self._job.organisation_id, references)
        for one in batch.drawn:
            self._weigh(one, known.get(one.claim.reference), batch)
        concerns = dict(self._tools.concerns.of([*batch.added, *batch.changed]))
        noted = self._tools.claims.concerns(claim.id for claim in batch.changed)
        for claim_id, before in noted.items():
            others = tuple(each for each in before if each.concern not in LOOKED_FOR)
            concerns[claim_id] = (*concerns.get(claim_id, ()), *others)
        for number, report in batch.reports.items():
            if report.claim_id in concerns:
                batch.reports[number] = replace(report, concerns=without_whom(concerns[report.claim_id]))
        return concerns

    def _weigh(self, drawn: _Drawn, known: Claim | None, batch: Batch) -> None:
        claim = drawn.claim
        if known is None:
            batch.added.append(claim)
            batch.reports[drawn.line] = _report(drawn.line, LineOutcome.ADDED, claim)
            return
        try:
            changed = self._again(drawn, known)
        except InvalidInput as error:
            batch.reports[drawn.line] = _rejected(drawn.line, claim.terms.title, claim.reference, error)
            return
        if changed is known:
            batch.reports[drawn.line] = _report(drawn.line, LineOutcome.UNCHANGED, known)
        else:
            batch.changed.append(changed)
            batch.reports[drawn.line] = _report(drawn.line, LineOutcome.CHANGED, changed)

    def _again(self, drawn: _Drawn, known: Claim) -> Claim:
        """A known claim as the line says it now; itself where nothing is different."""
        if known.state in ENDED:
            raise InvalidInput(f"this claim is {known.state}", code=ImportFault.ENDED, field="reference")
        terms = drawn.claim.terms if drawn.licensed else replace(drawn.claim.terms, licences=known.terms.licences)
        handed_in = self._job.submit and known.state is ClaimState.DRAFT
        if terms == known.terms and not handed_in:
            return known
        if known.state not in CHANGEABLE:
            raise InvalidInput(
                f"this claim is {known.state} and cannot say something else",
                code=ImportFault.STANDS,
                field="reference",
                limit=", ".join(sorted(CHANGEABLE)),
            )
        changed = replace(known, terms=terms, changed_at=self._tools.clock.now())
        if not handed_in:
            return changed
        proof = drawn.claim.proof or known.proof
        return replace(
            changed,
            state=ClaimState.SUBMITTED,
            proof=None if proof is None else check_proof(proof),
            declared=known.declared | NEEDED,
        )


@dataclass(frozen=True, slots=True)
class ActivatedBatch:
    """How many claims of a batch were activated, and how many were not."""

    activated: int
    left: int


def flooding(tools: BatchTools, claim_ids: Sequence[str]) -> Mapping[str, str]:
    """Those of some claims that would stop too much, and the share; asked before the transaction, for it takes long."""
    known = tools.claims.many(claim_ids).values()
    return tools.floods([claim for claim in known if claim.state in _READY])


def activate_batch(
    tools: BatchTools,
    claim_ids: Sequence[str],
    shares: Mapping[str, str],
    *,
    actor: str,
    seen: datetime | None,
    subject: Mapping[str, str],
) -> ActivatedBatch:
    """Let claims take effect, but for those with a concern that stands in the way; in the caller's transaction.

    Args:
        tools: the claims.
        claim_ids: which; those that are active already count as neither activated nor left.
        shares: those of them that would stop too much, from `flooding`.
        actor: who decides.
        seen: when the list was taken in that they looked at; what was handed in and says something else since is left.
        subject: what the entry of the record says beside.
    """
    known = tools.claims.many(claim_ids, lock=True)
    standing = sum(claim.state is ClaimState.ACTIVE for claim in known.values())
    # Nobody has looked at a draft, and somebody has suspended whatever else could become active.
    able = [claim for claim in known.values() if claim.state in _READY and not _changed_since(claim, seen)]
    found, noted = tools.concerns.of(able), tools.claims.concerns(claim.id for claim in able)
    tools.notices.named(able, found, noted)
    ready: list[Claim] = []
    now = tools.clock.now()
    for claim in able:
        flood = (Concerning(Concern.FLOOD, about=shares[claim.id]),) if claim.id in shares else ()
        renewed = LOOKED_FOR | {one.concern for one in flood}
        others = tuple(one for one in noted.get(claim.id, ()) if one.concern not in renewed)
        concerns = (*found.get(claim.id, ()), *others, *flood)
        if tuple(noted.get(claim.id, ())) != concerns:
            tools.claims.set_concerns(claim.id, concerns)
        if not {one.concern for one in concerns} & BLOCKING:
            ready.append(replace(claim, state=ClaimState.ACTIVE, changed_at=now))
    tools.claims.replace_many(ready)
    if ready:
        tools.activated(ready)
        facts: dict[str, str | int] = {**subject, "activated": len(ready), "actor": actor}
        facts["batch_sha256"] = digest_of(ready)
        tools.record.append(ImportEvent.BATCH_ACTIVATED, facts)
    return ActivatedBatch(len(ready), len(claim_ids) - standing - len(ready))


def _changed_since(claim: Claim, seen: datetime | None) -> bool:
    """Whether a list may have had it say something else since; what staff have verified no list changes."""
    return claim.state in CHANGEABLE and (seen is None or claim.changed_at > seen)


_READY = frozenset({ClaimState.SUBMITTED, ClaimState.VERIFIED})


def digest_of(claims: Iterable[Claim]) -> str:
    """SHA-256 over a line for each claim: id, state, and the digest of what it says."""
    whole = hashlib.sha256()
    for claim in claims:
        whole.update(f"{claim.id} {claim.state} {terms_digest(claim)}\n".encode("ascii"))
    return whole.hexdigest()


def _report(line: int, outcome: LineOutcome, claim: Claim) -> LineReport:
    return LineReport(line, outcome, claim.terms.title, claim.reference, claim.id)


def _rejected(line: int, title: str, reference: str, error: InvalidInput) -> LineReport:
    trouble = LineTrouble(error.code, error.detail, error.field or "", error.limit or "")
    return LineReport(line, LineOutcome.REJECTED, title[:_SHOWN], reference[:_SHOWN], trouble=trouble)
