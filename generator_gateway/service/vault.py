"""The door out, and the way back: release and withdrawal, each one transaction."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from consent_registry.api import ConsentRegistry, ConsentSnapshot, Modality
from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import (
    Bindings,
    Cases,
    Cause,
    Journal,
    Notices,
    Owner,
    PrintMaker,
    Prints,
    Recall,
    Record,
    ReleaseRecord,
    Releases,
    SearchCause,
    Seeker,
)
from generator_gateway.service.records import LedgerSteps
from generator_gateway.stages import Consent, Ended, Logged, Released, Signed, Stopped
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaRef

REQUESTER_RIGHTS = ("see", "download", "delete")
SUBJECT_RIGHTS = ("see", "download", "delete", "withdraw", "object")


class _TooLateError(Exception):
    """Consent, or the parent, fell between admission and release."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = str(reason)


class ReleaseVault:
    """The pipeline's `vault`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        journal: Journal,
        cases: Cases,
        releases: Releases,
        bindings: Bindings,
        blobs: Blobs,
        prints: PrintMaker,
        registry: ConsentRegistry,
        record: Record,
        notices: Notices,
        ledger: LedgerSteps,
    ) -> None:
        self._database = database
        self._clock = clock
        self._journal = journal
        self._cases = cases
        self._releases = releases
        self._bindings = bindings
        self._blobs = blobs
        self._prints = prints
        self._registry = registry
        self._record = record
        self._notices = notices
        self._ledger = ledger

    def release(self, logged: Logged) -> Ended:
        """Lock the people concerned, check that each still says placet, and let the video out, or stop.

        The fingerprints by which it is found again are made before the locks are taken.

        A revocation locks the same rows: it comes either before this, and stops it, or after, and withdraws it.
        """
        earned = self._journal.earned(logged.case_id, Released)
        if earned is not None:
            return earned
        prints = self._all_prints(logged.signed)
        try:
            with self._database.transaction():
                return self._let_through(logged, prints)
        except _TooLateError as late:
            # Rolled back first: a use that came to nothing is not counted against a grant.
            return self._ledger.close(Stopped(logged.case_id, Verdict.DENY, (late.reason,), _TOO_LATE))

    def _all_prints(self, signed: Signed) -> Prints:
        """Fingerprints of the video, and of the stills that go with it: a sheet looks like none of its frames."""
        made = [self._prints_of(media) for media in (signed.media, signed.thumbnail, signed.spritesheet)]
        stills = tuple(picture for prints in made[1:] for picture in prints.pictures)
        details = made[0].details + (b"",) * len(stills) if made[0].details else ()
        return replace(made[0], pictures=made[0].pictures + stills, details=details)

    def _prints_of(self, media: MediaRef) -> Prints:
        with self._blobs.open_path(media.digest) as path:
            return self._prints.prints(path)

    def _let_through(self, logged: Logged, prints: Prints) -> Released:
        now = self._clock.now()
        admitted = logged.signed.marked.passed.draft.admitted
        request = admitted.opened.request
        snapshots = [_snapshot(consent) for consent in admitted.consents]
        refused = self._registry.recheck(snapshots, account_id=request.account_id, at=now)
        if refused is not None:
            raise _TooLateError(refused)
        if self._parent_gone(request.remix_of):
            raise _TooLateError(GatewayReason.REMIX_PARENT_WITHDRAWN)
        owners = tuple(self._owners(request.account_id, admitted.consents))
        self._let_out(logged, owners, now, prints)
        released = Released(logged, now, tuple(dict.fromkeys(owner.account_id for owner in owners)))
        self._journal.earn(logged.case_id, released)
        self._cases.complete(logged.case_id, now)
        return released

    def _parent_gone(self, parent: str | None) -> bool:
        """Whether the parent is no longer out; a withdrawal that comes now waits until this release is on record."""
        return parent is not None and not self._releases.stands(parent)

    def _owners(self, requester: str, consents: Iterable[Consent]) -> Iterable[Owner]:
        yield Owner(requester, "requester", REQUESTER_RIGHTS)
        people: dict[str, Owner] = {}
        for consent in consents:
            account = self._registry.subject(consent.subject_id).account_id
            earlier = people.get(consent.subject_id)
            modalities = consent.modalities | frozenset(earlier.modalities if earlier else ())
            grants = {*(earlier.grant_ids if earlier else ()), *([consent.grant_id] if consent.grant_id else ())}
            people[consent.subject_id] = Owner(
                account, "subject", SUBJECT_RIGHTS, consent.subject_id, tuple(sorted(grants)), tuple(sorted(modalities))
            )
        yield from people.values()

    def _let_out(self, logged: Logged, owners: tuple[Owner, ...], now: datetime, prints: Prints) -> None:
        signed = logged.signed
        passed = signed.marked.passed
        opened = passed.draft.admitted.opened
        entry = self._record.append(
            "release:video:released",
            {
                "case": logged.case_id,
                "media": signed.media.digest,
                "owners": len(owners),
                "sealed": logged.ledger_index,
                # Anybody can see when a video went out without a visible mark, and under which rule.
                "visible_mark": passed.visible_mark,
                "visible_mark_policy": passed.visible_mark_policy,
            },
        )
        self._releases.add(
            ReleaseRecord(
                case_id=logged.case_id,
                release_number=opened.release_number,
                media_digest=signed.media.digest,
                manifest_label=signed.manifest_label,
                fingerprints=passed.fingerprints,
                status="released",
                released_at=now,
                ledger_index=entry.index,
                owners=owners,
                thumbnail_digest=signed.thumbnail.digest,
                spritesheet_digest=signed.spritesheet.digest,
            )
        )
        self._bindings.register(logged.case_id, prints, signed.manifest)
        for owner in owners:
            kind = "likeness:use:released" if owner.role == "subject" else "video:case:completed"
            self._notices.emit(kind, owner.account_id, {"video_id": logged.case_id, "role": owner.role})


class ReleaseRecall:
    """Finds releases and takes them back, inside whatever transaction the cause opened."""

    def __init__(self, database: Database, clock: Clock, releases: Releases, record: Record, notices: Notices) -> None:
        self._database = database
        self._clock = clock
        self._releases = releases
        self._record = record
        self._notices = notices

    def touched_by(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that the cause touches, locked."""
        return self._releases.lock_touched(cause)

    def take_back(self, case_ids: tuple[str, ...], cause: Cause) -> tuple[str, ...]:
        """Mark each withdrawn, put it on the ledger, tell every owner."""
        now = self._clock.now()
        with self._database.transaction():
            for case_id in case_ids:
                release = self._releases.mark_withdrawn(case_id, cause.reason, now)
                self._record.append("release:video:withdrawn", {"case": case_id, "reason": cause.reason})
                for account_id in dict.fromkeys(owner.account_id for owner in release.owners):
                    payload = {"video_id": case_id, "reason": cause.reason}
                    self._notices.emit("release:video:withdrawn", account_id, payload)
        return case_ids


class RevocationWithdrawals:
    """What the registry calls inside a revocation's transaction; it knows nothing of releases.

    Args:
        recall: takes back what was made under the ended grants.
        seeker: has the person looked for in what was made without any.
    """

    def __init__(self, recall: Recall, seeker: Seeker) -> None:
        self._recall = recall
        self._seeker = seeker

    def withdraw_for(
        self, subject_id: str, grant_ids: frozenset[str] | None, reason: str, at: datetime
    ) -> tuple[str, ...]:
        """Withdraw what was released under these grants; every release that shows the subject where None."""
        del at  # the release rows carry the recall's own clock, which is the registry's
        if grant_ids is not None:  # else they are being forgotten, and nobody can be looked for without a template
            self._seeker.look_for(subject_id, SearchCause.REVOKED)
        return withdraw(Cause(reason=reason, subject_id=subject_id, grant_ids=grant_ids), self._recall)


def _snapshot(consent: Consent) -> ConsentSnapshot:
    modalities = frozenset(Modality(modality) for modality in consent.modalities)
    return ConsentSnapshot(consent.subject_id, consent.epoch, consent.grant_id, modalities)


_TOO_LATE = "Consent ended while this was being made, so it can't go out."
