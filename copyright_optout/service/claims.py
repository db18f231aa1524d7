"""Filing claims and taking them from state to state."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import (
    BLOCKING,
    Claim,
    ClaimState,
    ClaimTerms,
    Concern,
    Concerning,
    Declaration,
    Licence,
    OptOutEvent,
    OptOutFault,
    Proof,
    check_declarations,
    check_descriptions,
    check_licences,
    check_name,
    check_names,
    check_proof,
    may_move,
)
from copyright_optout.domain.claims import ENDED, LONGEST_REFERENCE, MOST_PICTURES
from copyright_optout.domain.commitments import new_salt, terms_digest
from copyright_optout.errors import UnknownClaim, UnusableClaim
from copyright_optout.ports import ClaimStore, Record
from copyright_optout.ports.rehearsing import Aftermath, Flooding, NoFlood, NothingAfter
from copyright_optout.service.concerning import Concerns
from copyright_optout.service.pictures import DrawnPicture, Pictures
from copyright_optout.service.references import ReferenceDesk
from copyright_optout.service.telling import ClaimNotices
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id
from trust_kernel.names.english import NEVER_NAMES
from trust_kernel.names.plain import fold_name

_SWEEP = 200


@dataclass(frozen=True, slots=True)
class Filing:
    """What a rights holder hands in.

    Attributes:
        organisation_id: for whom.
        by: account that files.
        reference: the rights holder's own key; filing under it again is refused.
        pictures: uint8 RGB of shape (h, w, 3), reference pictures of the work or character.
        draft: keep it to be changed; else it is submitted at once.
    """

    organisation_id: str
    by: str
    terms: ClaimTerms
    proof: Proof | None = None
    declared: frozenset[Declaration] = frozenset()
    reference: str = ""
    pictures: Sequence[NDArray[np.uint8]] = field(default=(), compare=False)
    draft: bool = False


class ClaimDesk:
    """The claims' life. Without `references` no codes are kept of what claims say."""

    def __init__(
        self,
        store: ClaimStore,
        pictures: Pictures,
        references: ReferenceDesk | None,
        concerns: Concerns,
        record: Record,
        notices: ClaimNotices,
        clock: Clock,
        flooding: Flooding | None = None,
        aftermath: Aftermath | None = None,
    ) -> None:
        self._store = store
        self._pictures = pictures
        self._references = references
        self._concerns = concerns
        self._record = record
        self._notices = notices
        self._clock = clock
        self._flooding = flooding or NoFlood()
        self._aftermath = aftermath or NothingAfter()

    def file(self, filing: Filing) -> Claim:
        """Keep a claim as submitted, or as a draft; nothing is stopped by it until it is active.

        Raises:
            InvalidInput: no title, a name that holds no letter, one that is too long or means nothing, a list or the
                reference too long, dates in the wrong order, a declaration or proof missing, or a picture with too
                little in it.
            Conflict: this organisation has a claim with this reference.
        """
        claim = self.drawn_up(filing)
        drawn = self._drawn(filing.pictures)
        claim = replace(claim, references=_counted(len(drawn)))
        with self._store.transaction():
            self.keep([claim])
            self._pictures.keep(claim.id, drawn, by=filing.by)
            self._describe(claim)
        return claim

    def drawn_up(self, filing: Filing) -> Claim:
        """The claim that a filing makes, checked and not kept; raises as `file`."""
        now = self._clock.now()
        claim = Claim(
            id=new_id("claim"),
            organisation_id=filing.organisation_id,
            filed_by=filing.by,
            terms=self._checked(filing.terms),
            state=ClaimState.DRAFT,
            created_at=now,
            changed_at=now,
            reference=_reference(filing.reference),
            proof=None if filing.draft and filing.proof is None else check_proof(_given(filing.proof)),
            declared=filing.declared,
            salt=new_salt(),
        )
        return claim if filing.draft else _submitted(claim)

    def keep(self, claims: Sequence[Claim]) -> dict[str, tuple[Concerning, ...]]:
        """Keep claims that were drawn up, in one transaction; gives what staff should know, by claim id."""
        concerns = self._concerns.of(claims)
        with self._store.transaction():
            self._store.add(claims, concerns)
            for claim in claims:
                self._log(f"optout:claim:{claim.state}", claim, actor=claim.filed_by)
            self._notices.named(claims, concerns)
        return concerns

    def change(self, claim_id: str, terms: ClaimTerms, *, by: str) -> Claim:
        """Have a draft say something else; raises as `file`, and Conflict where it is no draft any more."""
        checked = self._checked(terms)
        with self._store.transaction():
            claim = self._locked(claim_id)
            if claim.state is not ClaimState.DRAFT:
                raise Conflict("only a draft can be changed; file another in its stead", code=OptOutFault.NOT_A_DRAFT)
            changed = replace(claim, terms=checked, changed_at=self._clock.now())
            self._store.replace(changed)
            self._describe(changed)
            self._concerns.again(changed)
            self._log(OptOutEvent.CLAIM_CHANGED, changed, actor=by)
        return changed

    def license(self, claim_id: str, licences: Iterable[Licence], *, by: str) -> Claim:
        """Say anew who may make what, in whatever state; raises InvalidInput where there are too many."""
        checked = check_licences(licences)
        with self._store.transaction():
            claim = self._locked(claim_id)
            changed = replace(claim, terms=replace(claim.terms, licences=checked), changed_at=self._clock.now())
            self._store.replace(changed)
            self._log(OptOutEvent.CLAIM_CHANGED, changed, actor=by)
        return changed

    def submit(self, claim_id: str, *, by: str, proof: Proof | None, declared: Collection[Declaration]) -> Claim:
        """Hand in a draft with its proof and declarations; raises InvalidInput where something is missing."""
        with self._store.transaction():
            claim = self._locked(claim_id)
            claim.check_move(ClaimState.SUBMITTED)
            whole = replace(
                claim, proof=check_proof(_given(proof or claim.proof)), declared=claim.declared | frozenset(declared)
            )
            submitted = self._moved(_submitted(whole), actor=by)
            self._notices.named([submitted], {claim_id: self._concerns.again(submitted)})
            return submitted

    def activate(
        self, claim_id: str, *, actor: str, despite: Collection[Concern] = (), seen: datetime | None = None
    ) -> Claim:
        """Let a claim stop what it claims, from the next search on; where it would stop too much, it is quarantined.

        Whoever decides names in `despite` the concerns that they have looked at. Its names are looked at again first:
        others may have claimed them, or somebody registered under one, since it was filed.

        Raises:
            UnknownClaim, IllegalMove: as `move`.
            NotPermitted: whoever decides acts for its organisation.
            Conflict: a concern was not named, or it says something else than what was `seen`.
        """
        share = self._share(claim_id, despite)
        with self._store.transaction():
            claim = self._as_seen(claim_id, seen)
            self._concerns.check_disinterested(actor, claim.organisation_id)
            claim.check_move(ClaimState.ACTIVE)
            known = self._store.concerns([claim_id])
            found = self._concerns.again(claim)
            self._notices.named([claim], {claim_id: found}, known)
            open_ones = {one.concern for one in found} & BLOCKING - frozenset(despite)
            if not open_ones and share is not None and may_move(claim.state, ClaimState.QUARANTINED):
                return self.quarantine(claim_id, actor=actor, about=share)
            if not open_ones:
                moved = self._moved(replace(claim, state=ClaimState.ACTIVE), actor=actor)
                self._aftermath.activated([moved])
                return moved
        raise Conflict(
            f"look at this first: {', '.join(sorted(open_ones))}", code=OptOutFault.CONCERNS, field="despite"
        )

    def quarantine(self, claim_id: str, *, actor: str, about: str) -> Claim:
        """Have it stop nothing until people have looked, because it would stop too much.

        Its organisation is told that it is quarantined, staff what share of requests it would stop.

        Args:
            claim_id: which.
            actor: who wanted it to take effect, or who watches.
            about: the share, in percent.
        """
        with self._store.transaction():
            moved = self.move(claim_id, ClaimState.QUARANTINED, actor=actor)
            self._note(claim_id, Concerning(Concern.FLOOD, about=about))
            self._record.append(OptOutEvent.CLAIM_FLOODED, {"claim": claim_id, "percent": about})
            self._notices.flooded(moved, about)
        return moved

    def _share(self, claim_id: str, despite: Collection[Concern]) -> str | None:
        """The share that a claim would stop, where that is too much and nobody has looked at it."""
        claim = self.claim(claim_id)
        if Concern.FLOOD in despite or not may_move(claim.state, ClaimState.QUARANTINED):
            return None
        return self._flooding.flood(claim)

    def object(self, claim_id: str, *, by: str) -> None:
        """Note that somebody objects to a claim on their own name; staff are told, and decide.

        Raises:
            UnknownClaim: there is none that was handed in and has not ended and is on their name.
        """
        with self._store.transaction():
            claim = self._locked(claim_id)
            name = self._concerns.name_of(by, claim)
            if name is None or claim.state in _NOT_OPEN:
                raise UnknownClaim("there is no such claim on your name", code=OptOutFault.NOT_YOUR_NAME)
            if self._note(claim_id, Concerning(Concern.OBJECTION, name, by)):
                self._log(OptOutEvent.PERSON_OBJECTED, claim, actor=by)
                self._notices.objected(claim)

    def move(self, claim_id: str, state: ClaimState, *, actor: str, seen: datetime | None = None) -> Claim:
        """Take a claim to another state, on the record.

        Args:
            claim_id: which.
            state: where to.
            actor: who decides.
            seen: when the claim that they looked at had changed last; a list may have had it say something else since.

        Raises:
            Conflict: it did.
            NotPermitted: it is verified by somebody who acts for its organisation.
            UnknownClaim: there is none.
            IllegalMove: its state does not allow it.
        """
        with self._store.transaction():
            claim = self._as_seen(claim_id, seen)
            if state in _DECIDED:
                self._concerns.check_disinterested(actor, claim.organisation_id)
            claim.check_move(state)
            return self._moved(replace(claim, state=state), actor=actor)

    def expire(self, *, actor: str) -> Sequence[Claim]:
        """Note that claims are over; they stopped nothing from that moment on already."""
        now = self._clock.now()
        ended: list[Claim] = []
        for claim_id in self._store.expired(now, _SWEEP):
            with self._store.transaction():
                claim = self._locked(claim_id)
                # Somebody may have ended it since it was found.
                if claim.is_over(now) and may_move(claim.state, ClaimState.EXPIRED):
                    ended.append(self._moved(replace(claim, state=ClaimState.EXPIRED), actor=actor))
        return ended

    def claim(self, claim_id: str) -> Claim:
        """A claim; raises UnknownClaim where there is none."""
        claim = self._store.get(claim_id)
        if claim is None:
            raise UnknownClaim("there is no such claim", field="claim_id")
        return claim

    def _locked(self, claim_id: str) -> Claim:
        claim = self._store.get(claim_id, lock=True)
        if claim is None:
            raise UnknownClaim("there is no such claim", field="claim_id")
        return claim

    def _as_seen(self, claim_id: str, seen: datetime | None) -> Claim:
        claim = self._locked(claim_id)
        if seen is not None and claim.changed_at != seen:
            raise Conflict("it was changed since you looked at it", code=OptOutFault.CHANGED_SINCE, field="seen")
        return claim

    def _moved(self, claim: Claim, *, actor: str) -> Claim:
        moved = replace(claim, changed_at=self._clock.now())
        self._store.replace(moved)
        self._log(f"optout:claim:{moved.state}", moved, actor=actor)
        self._notices.moved(moved, actor=actor)
        return moved

    def _note(self, claim_id: str, concern: Concerning) -> bool:
        """Whether it is new; a share that is noted again replaces the former one."""
        known = self._store.concerns([claim_id]).get(claim_id, ())
        if concern in known:
            return False
        others = [one for one in known if not one.concern is concern.concern is Concern.FLOOD]
        self._store.set_concerns(claim_id, [*others, concern])
        return True

    def _checked(self, terms: ClaimTerms) -> ClaimTerms:
        title = check_name(terms.title, "title")
        names = check_names(terms.names)
        for name in (title, *names):
            if fold_name(name) in NEVER_NAMES:
                raise UnusableClaim(
                    f"{name!r} is in every other sentence",
                    code=OptOutFault.NAME_COMMON,
                    field="title" if name == title else "names",
                )
        starts, ends = terms.starts_at, terms.expires_at
        if ends is not None and (ends <= self._clock.now() or (starts is not None and ends <= starts)):
            raise UnusableClaim("it would be over before it began", code=OptOutFault.DATES, field="expires_at")
        return replace(
            terms,
            title=title,
            names=names,
            descriptions=check_descriptions(terms.descriptions),
            licences=check_licences(terms.licences),
        )

    def _drawn(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[DrawnPicture]:
        if len(pictures) > MOST_PICTURES:
            raise UnusableClaim("too many pictures", field="pictures", limit=f"{MOST_PICTURES} pictures")
        return [
            self._pictures.draw(picture, called=f"picture {number}", field="pictures")
            for number, picture in enumerate(pictures, start=1)
        ]

    def _describe(self, claim: Claim) -> None:
        if self._references is not None:
            self._references.describe(claim)

    def _log(self, kind: str, claim: Claim, *, actor: str) -> None:
        self._record.append(
            kind,
            {
                "claim": claim.id,
                "state": claim.state.value,
                "kind": claim.terms.kind.value,
                "terms_sha256": terms_digest(claim),
                "actor": actor,
            },
        )


_DECIDED = frozenset({ClaimState.VERIFIED, ClaimState.ACTIVE})
"""States that staff take a claim to."""
_NOT_OPEN = ENDED | {ClaimState.DRAFT}


def _reference(given: str) -> str:
    reference = " ".join(given.split())
    if len(reference) > LONGEST_REFERENCE:
        raise UnusableClaim("this reference is too long", field="reference", limit=f"{LONGEST_REFERENCE} characters")
    return reference


def _submitted(claim: Claim) -> Claim:
    return replace(claim, state=ClaimState.SUBMITTED, declared=check_declarations(claim.declared))


def _given(proof: Proof | None) -> Proof:
    if proof is None:
        raise UnusableClaim("say what the claim rests on", code=OptOutFault.PROOF, field="ground")
    return proof


def _counted(pictures: int) -> tuple[tuple[str, int], ...]:
    return (("picture", pictures),) if pictures else ()
