"""Bars, pauses, caps, reports and the lockdown."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault
from consent_registry.routes.own import MANAGE, own
from consent_registry.schemas.grants import RevocationOut
from consent_registry.schemas.safety import (
    BarList,
    BarOut,
    Decided,
    LockdownOut,
    NewBar,
    NewCap,
    NewLockdown,
    NewReport,
    ReportFiled,
    ReportList,
    ReportOut,
    SafetyOut,
    Somebody,
)
from consent_registry.service.safety import READ_REPORTS, SET_LOCKDOWN
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.web.access import Access, Actor

MAX_PAGE = 100


def build_safety_router(registry: ConsentRegistry, access: Access) -> APIRouter:
    """Routes of what keeps people safe beside their grants."""
    router = APIRouter(tags=["consent"])
    _add_bars(router, registry, access)
    _add_settings(router, registry, access)
    _add_reports(router, registry, access)
    _add_lockdown(router, registry, access)
    return router


def account_of(registry: ConsentRegistry, somebody: Somebody) -> str:
    """The account that a body names, by id or by handle.

    Raises:
        InvalidInput: neither is said, or both.
        NotFound: nobody goes by the handle.
    """
    if (somebody.account_id is None) is (somebody.handle is None):
        raise InvalidInput(
            "say an account or a handle, not both", code=ConsentFault.ACCOUNT_MALFORMED, field="account_id"
        )
    if somebody.account_id is not None:
        return somebody.account_id
    found = registry.by_handle((somebody.handle or "").removeprefix("@"))
    if found is None:
        raise NotFound("nobody goes by this handle", code=ConsentFault.PERSON_UNKNOWN, field="handle")
    return found.account_id


def _add_bars(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/subjects/{subject_id}/bars")
    def bars(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> BarList:
        """Everybody whom no grant of this person covers, whatever it says."""
        own(registry, subject_id, actor)
        return BarList(data=[BarOut.of(bar) for bar in registry.safety.bars(subject_id)])

    @router.post("/v1/subjects/{subject_id}/bars")
    def bar(subject_id: str, body: NewBar, actor: Annotated[Actor, access.requires(MANAGE)]) -> RevocationOut:
        """End everything for one person, and let nothing cover them any more. They are not told."""
        own(registry, subject_id, actor)
        account_id = account_of(registry, body)
        return RevocationOut.of(registry.safety.bar(subject_id, account_id, actor.account_id, body.take_back))

    @router.delete("/v1/subjects/{subject_id}/bars/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def unbar(subject_id: str, account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Undo a bar. Grants that ended with it stay ended."""
        own(registry, subject_id, actor)
        registry.safety.unbar(subject_id, account_id, actor.account_id)


def _add_settings(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/subjects/{subject_id}/safety")
    def settings(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> SafetyOut:
        """Whether a likeness is paused, and how often others may use it in a day."""
        own(registry, subject_id, actor)
        return SafetyOut.of(registry.safety.settings(subject_id))

    @router.post("/v1/subjects/{subject_id}/pause")
    def pause(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> SafetyOut:
        """Stop every use of a likeness for now. Grants stay, and cover again once the pause ends."""
        own(registry, subject_id, actor)
        return SafetyOut.of(registry.safety.pause(subject_id, actor.account_id, paused=True))

    @router.delete("/v1/subjects/{subject_id}/pause")
    def resume(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> SafetyOut:
        """Let uses of a likeness go on. Only the person themselves, or a minor's guardian, can."""
        own(registry, subject_id, actor)
        return SafetyOut.of(registry.safety.pause(subject_id, actor.account_id, paused=False))

    @router.put("/v1/subjects/{subject_id}/cap")
    def cap(subject_id: str, body: NewCap, actor: Annotated[Actor, access.requires(MANAGE)]) -> SafetyOut:
        """Say how many videos with a likeness all others together may release in 24 hours."""
        own(registry, subject_id, actor)
        return SafetyOut.of(registry.safety.cap(subject_id, actor.account_id, body.daily_uses))


def _add_reports(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/reports", status_code=HTTPStatus.CREATED)
    def report(body: NewReport, actor: Annotated[Actor, access.signed_in()]) -> ReportFiled:
        """Tell the staff of somebody. Whoever is reported is told nothing."""
        account_id = account_of(registry, body)
        made = registry.safety.report(actor.account_id, account_id, body.reason, body.text, body.video_id)
        return ReportFiled(id=made.id, at=made.at)

    @router.get("/v1/staff/reports", dependencies=[access.requires(READ_REPORTS)])
    def reports(
        *,
        closed: bool = False,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    ) -> ReportList:
        """What people are reported for: open ones oldest first, or closed ones newest first."""
        found = registry.safety.reports(closed=closed, after=after, limit=limit + 1)
        return ReportList(data=[ReportOut.of(one) for one in found[:limit]], has_more=len(found) > limit)

    @router.post("/v1/staff/reports/{report_id}/close")
    def close(report_id: str, body: Decided, actor: Annotated[Actor, access.requires(READ_REPORTS)]) -> ReportOut:
        """Close a report, with what was done. Whoever made it is told that somebody looked."""
        return ReportOut.of(registry.safety.decide_report(report_id, actor.account_id, body.note))


def _add_lockdown(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/lockdown", dependencies=[access.requires(SET_LOCKDOWN)])
    def lockdown() -> LockdownOut:
        """Whether every use of every likeness is stopped, by whom and why."""
        return LockdownOut.of(registry.safety.lockdown())

    @router.put("/v1/lockdown")
    def set_lockdown(body: NewLockdown, actor: Annotated[Actor, access.requires(SET_LOCKDOWN)]) -> LockdownOut:
        """Stop every use of every likeness at once, or let them go on."""
        return LockdownOut.of(registry.safety.set_lockdown(actor.account_id, on=body.on, reason=body.reason))
