"""The Python door of the consent registry."""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import (
    HANDLE_GRAMMAR,
    Assurance,
    Audience,
    AudienceKind,
    Cameo,
    CameoMedia,
    ConsentAnswer,
    ConsentAsk,
    ConsentEvent,
    ConsentFault,
    ConsentReason,
    ConsentSnapshot,
    Grant,
    GrantState,
    GrantTerms,
    HandleMention,
    Issuer,
    Json,
    Modality,
    OnRevocation,
    Revocation,
    Subject,
)
from consent_registry.service import Asking, Enrolment, Granting, People, RegistryParts


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
        self._enrolment = Enrolment(parts, self._granting)

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
        """Follow an account; two who follow each other are mutuals. Raises InvalidInput for oneself."""
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
        """Enrol a likeness that a member of staff attests to be the subject's.

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

    def forget(self, subject_id: str, *, actor: str) -> tuple[str, ...]:
        """Forget a person: end all grants, withdraw whatever shows them, destroy templates, media and their key.

        A tombstone stays (id, epoch, keyed digest of the handle), so that neither comes back as somebody else.

        Returns:
            The ids of what was withdrawn.

        Raises:
            NotFound: no such subject, or forgotten before.
        """
        return self._enrolment.forget(subject_id, actor)

    def grant(self, subject_id: str, terms: GrantTerms, *, actor: str) -> Grant:
        """Give consent.

        Raises:
            InvalidInput: the terms are malformed or past a limit (10 years, 5 for minors); says which field.
            NotFound: no such subject.
        """
        return self._granting.grant(subject_id, terms, actor)

    def revoke(self, grant_id: str, *, actor: str) -> Revocation:
        """End a grant at commit and withdraw its releases where its terms say so. A second time changes nothing.

        Raises:
            NotFound: no such grant.
        """
        return self._granting.revoke(grant_id, actor)

    def revoke_all(self, subject_id: str, *, actor: str) -> Revocation:
        """End every grant of a subject, expired ones too, since their releases are still out.

        Raises:
            NotFound: no such subject.
        """
        return self._granting.revoke_all(subject_id, actor)

    def grants(self, subject_id: str) -> tuple[Grant, ...]:
        """All grants of a subject, oldest first; `Grant.state_at` says where each stands."""
        return self._granting.of(subject_id)

    def grant_named(self, grant_id: str) -> Grant:
        """By id; raises NotFound."""
        return self._granting.named(grant_id)

    def receipt(self, grant_id: str, version: int | None = None) -> str:
        """The signed receipt (compact JWS) of a grant's version, or its newest; raises NotFound."""
        return self._granting.receipt(grant_id, version)

    def jwks(self) -> dict[str, Json]:
        """The public keys that receipts are checked with."""
        return self._parts.signer.jwks()

    def now(self) -> datetime:
        """The registry's own time, the one that expiry is judged by."""
        return self._parts.clock.now()

    def answer(self, ask: ConsentAsk) -> ConsentAnswer:
        """Whether an account may use a likeness. The subject's own account always may.

        Nobody else may before a cameo is enrolled. A refusal names the true cause, and to somebody whom no grant was
        ever for, never more than that.
        """
        return self._asking.answer(ask)

    def recheck(self, snapshots: Sequence[ConsentSnapshot], *, account_id: str, at: datetime) -> ConsentReason | None:
        """Whether all consents of a case still stand; if so, one use of each grant is counted.

        To be called inside the transaction that releases: the subjects' rows are locked in order of id until it ends,
        so the release is before a revocation, and withdrawn by it, or refused.

        Returns:
            None where all stand, else why the first one does not; then nothing is counted.
        """
        return self._asking.recheck(snapshots, account_id, at)


__all__ = [
    "HANDLE_GRAMMAR",
    "Assurance",
    "Audience",
    "AudienceKind",
    "Cameo",
    "CameoMedia",
    "ConsentAnswer",
    "ConsentAsk",
    "ConsentEvent",
    "ConsentFault",
    "ConsentReason",
    "ConsentRegistry",
    "ConsentSnapshot",
    "Grant",
    "GrantState",
    "GrantTerms",
    "HandleMention",
    "Issuer",
    "Modality",
    "OnRevocation",
    "RegistryParts",
    "Revocation",
    "Subject",
]
