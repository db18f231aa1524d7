"""Tells people what becomes of a request with their likeness: drafted, held, refused, released; each once a case."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Protocol

from consent_registry.api import ConsentRegistry
from generator_gateway.ports import Hearers, Notices, ReleaseRecord
from generator_gateway.ports.ownership import ToldUses
from generator_gateway.stages import Request
from trust_kernel.decisions import SURELY_ABOUT, Decision, Finding, Outcome
from trust_kernel.errors import NotFound
from trust_kernel.events import tell_hearers


class UseKind(StrEnum):
    """What subjects are told of a use; of a withdrawal they are told as owners."""

    DRAFTED = "likeness:use:drafted"
    HELD = "likeness:use:held"
    REFUSED = "likeness:use:refused"
    RELEASED = "likeness:use:released"


class Decided(Protocol):
    """What was decided on a case."""

    def decisions(self, case_id: str) -> Sequence[Decision]:
        """Every decision, oldest first."""
        ...


class HeardNotices:
    """Tells accounts, and with a minor their guardians, to whom it is said whom it is about.

    Args:
        notices: takes what is told.
        hearers: who hears what an account does.
    """

    def __init__(self, notices: Notices, hearers: Hearers) -> None:
        self._notices = notices
        self._hearers = hearers

    def tell(
        self,
        kind: str,
        accounts: Iterable[str],
        payload: Mapping[str, str | int | bool | None],
        *,
        but: str = "",
    ) -> None:
        """Tell each once, as themselves where they are among the accounts; but the one account where it is named."""
        heard: dict[str, str] = {}
        for account in accounts:
            for hearer, whom in self._hearers.heard_by(account).items():
                heard[hearer] = whom and heard.get(hearer, whom)
        heard.pop(but, None)
        tell_hearers(self._notices, kind, heard, payload)


class RememberedHearers:
    """Hearers that are looked up once, for one transaction that tells the same people of much."""

    def __init__(self, hearers: Hearers) -> None:
        self.heard_by = cache(hearers.heard_by)


class UseNotices:
    """Tells subjects: who asked, for what purpose, what came of it; never what was asked for, in words.

    Args:
        registry: whose account a subject's is, and what handle whoever asked goes by.
        told: keeps that each is told once.
    """

    def __init__(self, registry: ConsentRegistry, decided: Decided, told: ToldUses, notices: Notices) -> None:
        self._registry = registry
        self._decided = decided
        self._told = told
        self._heard = HeardNotices(notices, registry)

    def tell(self, kind: UseKind, request: Request, subjects: Mapping[str, str | None] | None = None) -> None:
        """Tell subjects, in the caller's transaction.

        Args:
            kind: what became of it.
            request: the request.
            subjects: whom, each with the grant that it goes by, where there is one; None for everybody whom the
                decisions on the case were surely about, with the reason as far as it concerns them.
        """
        if subjects is None:
            self._tell_concerned(kind, request)
            return
        for subject_id in sorted(subjects):
            self._tell(kind, request, subject_id, {"grant": subjects[subject_id]})

    def _tell_concerned(self, kind: UseKind, request: Request) -> None:
        for subject_id, finding in self._concerned(request.case_id):
            # Whom it waits for are told of a hold by the question that is put to them.
            if kind is not UseKind.HELD or finding.outcome is not Outcome.AWAITING:
                self._tell(kind, request, subject_id, {"code": str(finding.reason)}, others_only=True)

    def _concerned(self, case_id: str) -> Iterable[tuple[str, Finding]]:
        """By person, what was found about them last."""
        found: dict[str, Finding] = {}
        for decision in self._decided.decisions(case_id):
            for ruling in decision.rulings:
                finding = ruling.finding
                if finding.about is not None and finding.outcome in SURELY_ABOUT:
                    found[finding.about] = finding
        return sorted(found.items())

    def _tell(
        self,
        kind: UseKind,
        request: Request,
        subject_id: str,
        facts: Mapping[str, str | None],
        *,
        others_only: bool = False,
    ) -> None:
        try:
            account = self._registry.subject(subject_id).account_id
        except NotFound:
            return  # a blocked figure, a work, a parent; or somebody who was forgotten
        if others_only and account == request.account_id:
            return  # they are told as the one who asked
        if not self._told.first(request.case_id, subject_id, kind.value):
            return
        asker = self._registry.subject_of(request.account_id)
        payload = {
            "video_id": request.case_id,
            "by": request.account_id,
            "handle": asker.handle if asker else None,
            "purpose": request.purpose,
            **facts,
        }
        self._heard.tell(kind.value, [account], payload)


class OwnerNotices:
    """Tells the owners of a release.

    Args:
        notices: takes what is told.
        hearers: who hears what an owner does.
    """

    def __init__(self, notices: Notices, hearers: Hearers) -> None:
        self._heard = HeardNotices(notices, hearers)

    def tell(
        self, kind: str, release: ReleaseRecord, payload: Mapping[str, str | int | bool | None], *, but: str = ""
    ) -> None:
        """Tell every owner and a minor's guardians, each once, but the account that did it where one is named."""
        self._heard.tell(kind, release.owner_accounts, payload, but=but)
