"""The consent registry as a whole: one object with everything that it does."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import (
    AgeBand,
    Cameo,
    CameoMedia,
    ConsentAnswer,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Grant,
    GrantTerms,
    HandleMention,
    Json,
    Receipt,
    Revocation,
    Subject,
    TakeBack,
    Use,
)
from consent_registry.ports import WordHit
from consent_registry.service import (
    Asking,
    Enrolment,
    Granting,
    Groups,
    Leaving,
    People,
    Receipts,
    RegistryParts,
    Safety,
    Using,
)
from consent_registry.service.ages import AgeBook
from consent_registry.service.enrolments import EnrolmentDesk
from consent_registry.service.estates import EstateDesk
from consent_registry.service.families import guardians_of, heard_by
from consent_registry.service.guardians import GuardianDesk
from consent_registry.service.looks import Looks
from consent_registry.service.operating import Operating


class ConsentRegistry:
    """Who said yes to what, for whom, until when; and who no longer does.

    Every change of a subject's consent locks the subject's row, raises its consent epoch, withdraws releases where
    the grant's terms say so, and writes ledger entries, receipts and notices, in one transaction.
    """

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts
        self._people = People(parts)
        self._granting = Granting(parts)
        self._asking = Asking(parts)
        self._receipts = Receipts(parts)
        self._enrolment = Enrolment(parts)
        self._leaving = Leaving(parts, self._granting)
        self._safety = Safety(parts, self._granting)
        self._operating = Operating(parts, self._granting, self._safety)
        self._groups = Groups(parts)
        self._enrolments = EnrolmentDesk(parts, self._enrolment)
        self._looks = Looks(parts, self._enrolment)
        self._ages = AgeBook(parts)
        self._guardians = GuardianDesk(parts)
        self._estates = EstateDesk(parts, self._people, self._granting)

    @property
    def enrolments(self) -> EnrolmentDesk:
        """Enrolment as people go through it: proposed, confirmed, searched for, reviewed."""
        return self._enrolments

    @property
    def looks(self) -> Looks:
        """Several looks of one person."""
        return self._looks

    @property
    def ages(self) -> AgeBook:
        """How old people are."""
        return self._ages

    @property
    def guardianship(self) -> GuardianDesk:
        """Minors and their guardians."""
        return self._guardians

    @property
    def estates(self) -> EstateDesk:
        """Who speaks for the dead."""
        return self._estates

    def guardians(self, subject_id: str) -> frozenset[str]:
        """Accounts of a minor's verified guardians, who may do for them what they may; nobody's for an adult."""
        subject = self._people.subject(subject_id)
        with self._parts.unit.reading():
            return guardians_of(self._parts.store, subject.account_id, self.now())

    def heard_by(self, account_id: str) -> Mapping[str, str]:
        """Who is told what an account is told: the account, and a minor's verified guardians.

        Returns:
            By account, for whom it hears: "" for itself; for a guardian the minor's handle, or account where they have
            none.
        """
        with self._parts.unit.reading():
            return heard_by(self._parts.store, account_id, self.now())

    def tend(self, known_by_former: Collection[str] = (), models: str = "") -> None:
        """What time does: attempts lapse, minors come of age, estates end, and who must enrol again is asked.

        Args:
            known_by_former: ids whom only a former model knows; those that are no subjects are passed over.
            models: the versions in use.
        """
        self._enrolments.lapse()
        self._guardians.of_age()
        self._estates.expire()
        self._looks.ask_again(known_by_former, models)

    @property
    def safety(self) -> Safety:
        """Bars, pauses, caps, reports and the lockdown."""
        return self._safety

    @property
    def operating(self) -> Operating:
        """What those who run the deployment do for people."""
        return self._operating

    @property
    def groups(self) -> Groups:
        """People's own groups."""
        return self._groups

    def register_subject(
        self, account_id: str, handle: str, display_name: str, *, birth_year: int | None = None
    ) -> Subject:
        """Make an account's subject.

        Args:
            account_id: the account that will speak for it.
            handle: what prompts call the person, `HANDLE_GRAMMAR`; never used before, not even by a forgotten one.
            display_name: 1 to 80 visible characters.
            birth_year: 1900 to this year; whoever may be under 18 has shorter grants.

        Raises:
            InvalidInput: a field is malformed.
            Conflict: the handle is taken, or the account has a subject.
        """
        return self._people.register(account_id, handle, display_name, birth_year)

    def subject(self, subject_id: str) -> Subject:
        """By id; raises NotFound where there is none, or it was forgotten."""
        return self._people.subject(subject_id)

    def subject_of(self, account_id: str) -> Subject | None:
        """The subject that an account speaks for."""
        return self._people.subject_of(account_id)

    def by_handle(self, handle: str) -> Subject | None:
        """By handle, in any letter case, without @."""
        return next(iter(self._people.named([handle])), None)

    def subjects_named(self, handles: Collection[str]) -> tuple[Subject, ...]:
        """By handle, in order of handle; handles that nobody has are left out."""
        return self._people.named(handles)

    def handles_in(self, prompt: str) -> tuple[HandleMention, ...]:
        """Every @handle in a prompt, in order, with whose it is. E-mail addresses are none."""
        return self._people.handles_in(prompt)

    def follow(self, account_id: str, other_account_id: str) -> None:
        """Follow an account; two who follow each other are mutuals.

        Raises:
            InvalidInput: it is oneself, or no account id.
            NotPermitted: ``consent:minor:alone``, by a minor with a standing grant to mutuals, which it would widen.
        """
        self._people.follow(account_id, other_account_id)

    def unfollow(self, account_id: str, other_account_id: str) -> None:
        """Stop following. Grants to mutuals stop permitting at commit; what they permitted before stays released."""
        self._people.unfollow(account_id, other_account_id)

    def enrol_attested(
        self,
        subject_id: str,
        *,
        attested_by: str,
        pictures: Sequence[NDArray[np.uint8]],
        recordings: Sequence[NDArray[np.float32]],
        keep_reference: bool,
    ) -> Cameo:
        """Enrol a likeness at once, for code that answers for it; people go through `enrolments`.

        Nobody is asked to confirm, and nobody alike is looked for.

        Args:
            subject_id: whose.
            attested_by: account id of the member of staff.
            pictures: uint8 RGB (h, w, 3) each, at most 20.
            recordings: float32 mono at 16 kHz each, at most 10 and 120 s together.
            keep_reference: keep a portrait and a voice sample, sealed, for the video backend; otherwise nothing but
                templates is kept, and what was kept before is deleted.

        Raises:
            InvalidInput: nothing, too much, malformed, or no usable face or voice in it.
            NotFound: no such subject.
        """
        return self._enrolment.enrol(subject_id, attested_by, pictures, recordings, keep_reference=keep_reference)

    def cameo(self, subject_id: str) -> Cameo | None:
        """The newest version of a subject's cameo."""
        return self._enrolment.cameo(subject_id)

    def references(self, subject_id: str) -> CameoMedia:
        """Kept reference media, decrypted: for the video backend only, never for an API."""
        return self._enrolment.references(subject_id)

    def forget(self, subject_id: str, *, actor: str, with_account: bool = False) -> tuple[str, ...]:
        """Forget a person: end all grants, withdraw whatever shows them, destroy templates, media and their key.

        A tombstone stays (id, epoch, keyed digest of the handle), so that neither comes back as somebody else.

        Args:
            subject_id: who.
            actor: whoever asked for it.
            with_account: the account goes too: what it made is withdrawn and deleted, and nobody can sign in with it.

        Returns:
            The ids of what was withdrawn.

        Raises:
            NotFound: no such subject, or forgotten before.
        """
        return self._leaving.forget(subject_id, actor, with_account=with_account)

    def grant(self, subject_id: str, terms: GrantTerms, *, actor: str) -> Grant:
        """Give consent.

        Raises:
            InvalidInput: the terms are malformed or past a limit (10 years, 5 for minors); says which field.
            NotFound: no such subject.
        """
        return self._granting.grant(subject_id, terms, actor)

    def revoke(self, grant_id: str, *, actor: str, take_back: TakeBack = TakeBack.AS_GRANTED) -> Revocation:
        """End a grant at commit, stop what is being made under it, and withdraw its releases or not.

        A second time changes nothing, but that `TakeBack.TAKE_BACK` still takes back what was left out before.
        For everything of one person see `Safety.bar`.

        Raises:
            NotFound: no such grant.
        """
        return self._granting.revoke(grant_id, actor, take_back)

    def revoke_all(self, subject_id: str, *, actor: str, take_back: TakeBack = TakeBack.AS_GRANTED) -> Revocation:
        """End every grant of a subject, expired ones too, since their releases are still out.

        With `TakeBack.TAKE_BACK` every release goes that shows the person and that others made: also under grants that
        were revoked before, and where only a search found them. What they made themselves stays.

        Raises:
            NotFound: no such subject.
        """
        return self._granting.revoke_all(subject_id, actor, take_back)

    def grants(self, subject_id: str) -> tuple[Grant, ...]:
        """All grants of a subject, oldest first; `Grant.state_at` says where each stands."""
        return self._granting.of(subject_id)

    def grant_named(self, grant_id: str) -> Grant:
        """By id; raises NotFound."""
        return self._granting.named(grant_id)

    def receipt(self, grant_id: str, version: int | None = None) -> str:
        """The signed receipt (compact JWS) of a grant's version, or its newest; raises NotFound."""
        return self._receipts.of_grant(grant_id, version)

    def receipts(self, subject_id: str) -> tuple[Receipt, ...]:
        """Every receipt of a subject, newest first; raises NotFound."""
        return self._receipts.of(subject_id)

    def receipt_named(self, receipt_id: str) -> Receipt:
        """By id; raises NotFound."""
        return self._receipts.named(receipt_id)

    def put_used_up_on_record(self, snapshots: Sequence[ConsentSnapshot]) -> None:
        """Issue receipts of those grants of a case that have no use left, in the transaction that releases.

        To be called after everything else in it is locked: this writes to the ledger.
        """
        self._receipts.used_up({snapshot.grant_id for snapshot in snapshots if snapshot.grant_id is not None})

    def sweep_receipts(self) -> int:
        """Issue receipts of grants that ended by themselves; gives how many. A worker's chore."""
        return self._receipts.sweep()

    def jwks(self) -> dict[str, Json]:
        """The public keys that receipts are checked with, and whose they are."""
        return {"issuer": self._parts.issuer.controller, **self._parts.signer.jwks()}

    def pseudonym(self, subject_id: str) -> str:
        """What receipts and the ledger call a subject, for nobody but the subject."""
        return self._parts.pseudonym(subject_id)

    def now(self) -> datetime:
        """The registry's own time, the one that expiry is judged by."""
        return self._parts.clock.now()

    def answer(self, ask: ConsentAsk) -> ConsentAnswer:
        """Whether an account may use a likeness. The subject's own account always may.

        Nobody else may before a cameo is enrolled. A refusal names the true cause, and to somebody whom no grant was
        ever for, never more than that.
        """
        return self._asking.answer(ask)

    def read(self, words: str) -> tuple[WordHit, ...]:
        """Contexts and changes of appearance that some words name; `answer` goes by them beside what is declared."""
        return self._asking.read(words)

    def age_of(self, account_id: str) -> AgeBand:
        """In which band an account's person is, as far as anybody said."""
        return self._asking.age_of(account_id)

    def still(self, snapshots: Sequence[ConsentSnapshot], using: Using) -> Mapping[str, ConsentReason]:
        """Which consents of a case no longer stand, by subject, with why; nothing is locked, and nothing counted.

        The words of the use are held against the scope again, so that words which came up since admission count. One
        whose subject is yet to answer is not among them.
        """
        return self._asking.still(snapshots, using)

    def recheck(
        self,
        snapshots: Sequence[ConsentSnapshot],
        *,
        account_id: str,
        at: datetime,
        use_id: str = "",
        use: Use | None = None,
    ) -> ConsentReason | None:
        """Whether all consents of a case still stand; if so, one use of each grant is counted.

        To be called inside the transaction that releases: the subjects' rows are locked in order of id until it ends,
        so the release is before a revocation, and withdrawn by it, or refused.

        Args:
            snapshots: the consents that the case goes by.
            account_id: who asked for it.
            at: the moment of release.
            use_id: the case; empty where nobody could be asked, and then no grant that asks permits it.
            use: what for, as declared.

        Returns:
            None where all stand, else why the first one does not; then nothing is counted.
        """
        return self._asking.recheck(snapshots, Using(account_id, use_id, at, use or Use()))
