"""The door out, and the way back: release and withdrawal, each one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from consent_registry.api import ConsentReason, ConsentRegistry, ConsentSnapshot, Modality
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import (
    Bindings,
    Cases,
    Cause,
    Hearers,
    Journal,
    Notices,
    Owner,
    PrintMaker,
    Prints,
    Record,
    ReleaseRecord,
    Releases,
    ReleaseState,
)
from generator_gateway.service.lineage import worst_of
from generator_gateway.service.newcomers import LastLook, Newcomers
from generator_gateway.service.owning import Appearing, Role, canonical, digest_of, owners_of
from generator_gateway.service.records import LedgerSteps
from generator_gateway.service.telling import OwnerNotices, RememberedHearers, UseKind, UseNotices
from generator_gateway.service.uses import use_of
from generator_gateway.stages import Consent, Ended, Logged, Passed, Released, Request, Signed, Stopped
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict
from trust_kernel.errors import NotFound
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaRef


class _TooLateError(Exception):
    """Consent, or the parent, fell between admission and release, or something in it came under protection."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(reason)
        self.reason = str(reason)
        self.said = said or _TOO_LATE


class ReleaseVault:
    """The pipeline's `vault`.

    Args:
        uses: tells the people in it.
        pseudonym: what credentials, and the list of owners that the ledger has the digest of, call people.
        newcomers: knows what came under protection meanwhile.
    """

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
        uses: UseNotices,
        pseudonym: Callable[[str], str],
        newcomers: Newcomers,
    ) -> None:
        self._newcomers = newcomers
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
        self._uses = uses
        self._pseudonym = pseudonym

    def release(self, logged: Logged) -> Ended:
        """Lock the people concerned, check that each still says placet, and let the video out, or stop.

        The fingerprints by which it is found again are made before the locks are taken.

        A revocation locks the same rows: it comes either before this, and stops it, or after, and withdraws it.
        """
        earned = self._journal.earned(logged.case_id, Released)
        if earned is not None:
            return earned
        prints = self._all_prints(logged.signed)
        last = self._newcomers.look(logged.signed.marked.passed.draft.admitted)
        try:
            with self._database.transaction():
                return self._let_through(logged, prints, last)
        except _TooLateError as late:
            # Rolled back first: a use that came to nothing is not counted against a grant.
            return self._ledger.close(Stopped(logged.case_id, Verdict.DENY, (late.reason,), late.said))

    def _all_prints(self, signed: Signed) -> Prints:
        """Fingerprints of the video, and of the stills that go with it: a sheet looks like none of its frames."""
        made = [self._prints_of(media) for media in (signed.media, signed.thumbnail, signed.spritesheet)]
        stills = tuple(picture for prints in made[1:] for picture in prints.pictures)
        details = made[0].details + (b"",) * len(stills) if made[0].details else ()
        return replace(made[0], pictures=made[0].pictures + stills, details=details)

    def _prints_of(self, media: MediaRef) -> Prints:
        with self._blobs.open_path(media.digest) as path:
            return self._prints.prints(path)

    def _let_through(self, logged: Logged, prints: Prints, last: LastLook) -> Released:
        now = self._clock.now()
        admitted = logged.signed.marked.passed.draft.admitted
        request = admitted.opened.request
        snapshots = [_snapshot(consent) for consent in admitted.consents]
        refused = self._registry.recheck(
            snapshots, account_id=request.account_id, at=now, use_id=logged.case_id, use=use_of(request)
        )
        if refused is not None:
            raise _TooLateError(refused)
        fallen = self._fallen_ancestor(request)
        if fallen is not None:
            raise _TooLateError(fallen)
        protected = self._newcomers.refusal(admitted, last)
        if protected is not None:
            raise _TooLateError(protected, _PROTECTED)
        owners = self._owners(logged.signed.marked.passed)
        self._let_out(logged, owners, now, prints)
        # After every other lock: this writes to the ledger, as letting it out did.
        self._registry.put_used_up_on_record(snapshots)
        released = Released(logged, now, tuple(dict.fromkeys(owner.account_id for owner in owners)))
        self._journal.earn(logged.case_id, released)
        self._cases.complete(logged.case_id, now)
        return released

    def _fallen_ancestor(self, request: Request) -> GatewayReason | None:
        """Why a remix may not go out; a withdrawal that comes now waits until this release is on record."""
        if request.remix_of is None:
            return None
        if self._releases.all_stand(self._releases.ancestry(request.case_id).case_ids):
            return None
        states = {ancestor.status for ancestor in self._releases.ancestry(request.case_id).ancestors}
        return worst_of(states - {ReleaseState.RELEASED})

    def _owners(self, passed: Passed) -> tuple[Owner, ...]:
        """The requester, everybody whose consent it goes by, and everybody whom the scan of the output recognised."""
        admitted = passed.draft.admitted
        sensed: dict[str, frozenset[str]] = dict.fromkeys(passed.seen, frozenset())
        for subject_id, modality in passed.sensed:
            sensed[subject_id] |= {modality}
        appearing = [
            Appearing(
                consent.subject_id,
                self._account_of(consent.subject_id),
                consent.modalities,
                frozenset({consent.grant_id} if consent.grant_id else ()),
            )
            for consent in admitted.consents
        ]
        appearing += [Appearing(one, self._account_of(one), modalities) for one, modalities in sensed.items()]
        return owners_of(admitted.opened.request.account_id, appearing)

    def _account_of(self, subject_id: str) -> str:
        try:
            return self._registry.subject(subject_id).account_id
        except NotFound:
            # Nobody is left who could say yes to it, nor own it.
            raise _TooLateError(ConsentReason.SUBJECT_FORGOTTEN) from None

    def _let_out(self, logged: Logged, owners: tuple[Owner, ...], now: datetime, prints: Prints) -> None:
        signed = logged.signed
        passed = signed.marked.passed
        opened = passed.draft.admitted.opened
        digest = digest_of(canonical(logged.case_id, owners, self._pseudonym))
        entry = self._record.append(
            "release:video:released",
            {
                "case": logged.case_id,
                "media": signed.media.digest,
                "owners": len(owners),
                "owners_digest": digest,
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
                status=ReleaseState.RELEASED.value,
                released_at=now,
                ledger_index=entry.index,
                owners=owners,
                thumbnail_digest=signed.thumbnail.digest,
                spritesheet_digest=signed.spritesheet.digest,
                owners_digest=digest,
            )
        )
        self._bindings.register(logged.case_id, prints, signed.manifest)
        made = {"video_id": logged.case_id, "role": Role.REQUESTER.value}
        self._notices.emit("video:case:completed", opened.request.account_id, made)
        shown = {owner.subject_id: next(iter(owner.grant_ids), None) for owner in owners if owner.subject_id}
        self._uses.tell(UseKind.RELEASED, opened.request, shown)


class ReleaseRecall:
    """Finds releases and takes them back, inside whatever transaction the cause opened."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        releases: Releases,
        record: Record,
        notices: Notices,
        hearers: Hearers,
    ) -> None:
        self._database = database
        self._clock = clock
        self._releases = releases
        self._record = record
        self._notices = notices
        self._hearers = hearers

    def touched_by(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that the cause touches, locked."""
        return self._releases.lock_touched(cause)

    def take_back(self, case_ids: tuple[str, ...], cause: Cause) -> tuple[str, ...]:
        """Mark each withdrawn, put it on the ledger, tell every owner and a minor's guardians."""
        now = self._clock.now()
        # A revocation may take back hundreds that have the same owners.
        owners = OwnerNotices(self._notices, RememberedHearers(self._hearers))
        with self._database.transaction():
            for case_id in case_ids:
                release = self._releases.mark_withdrawn(case_id, cause.reason, now)
                self._record.append("release:video:withdrawn", {"case": case_id, "reason": cause.reason})
                payload = {"video_id": case_id, "reason": cause.reason}
                owners.tell("release:video:withdrawn", release, payload)
        return case_ids


def _snapshot(consent: Consent) -> ConsentSnapshot:
    modalities = frozenset(Modality(modality) for modality in consent.modalities)
    return ConsentSnapshot(consent.subject_id, consent.epoch, consent.grant_id, modalities)


_PROTECTED = "Something in it came under protection while this was being made, so it can't go out."
_TOO_LATE = "Consent ended while this was being made, so it can't go out."
