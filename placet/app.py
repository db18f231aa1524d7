"""The ASGI application: the API and the pages, or the API alone."""

from dataclasses import replace

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse

from consent_registry.routes import build_router as build_consent_router
from consent_registry.routes.approvals import build_approvals_router
from consent_registry.routes.challenges import MAX_RECORDING_BYTES, build_challenges_router
from consent_registry.routes.groups import build_groups_router
from consent_registry.routes.leaving import build_leaving_router
from consent_registry.routes.safety import build_safety_router
from copyright_optout.api import LARGEST_FEED, LARGEST_IMPORT
from copyright_optout.routes import build_router as build_optout_router
from copyright_optout.routes.notices import build_legal_notice_router
from generator_gateway.routes import (
    build_appeal_router,
    build_appearance_router,
    build_binding_router,
    build_case_router,
    build_feedback_router,
    build_verify_router,
    build_video_router,
)
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.intake import VideoIntake
from generator_gateway.routes.ownership import build_ownership_router
from generator_gateway.routes.previews import build_preview_router
from generator_gateway.routes.sharing import build_sharing_router
from generator_gateway.routes.takedowns import build_takedown_router
from generator_gateway.routes.whereabouts import build_whereabouts_router
from likeness_guard.routes import build_router as build_blocklist_router
from placet.wiring import House
from placet.wiring.exporting import build_export
from placet.wiring.packs import unread
from review_ui.dressing import Branding, build_pages, build_static_router
from review_ui.notice.routes import build_notice_pages
from review_ui.portal.allowing import build_allowing_pages
from review_ui.portal.appearances import build_own_appearance_pages
from review_ui.portal.approvals import build_approval_pages
from review_ui.portal.door import Door
from review_ui.portal.ending import build_ending_pages
from review_ui.portal.enrolment import build_own_enrolment_pages
from review_ui.portal.grants import build_grant_pages
from review_ui.portal.leaving import build_leaving_pages
from review_ui.portal.mails import build_mail_pages, mails_ended
from review_ui.portal.notices import build_own_notice_pages
from review_ui.portal.people import build_people_pages
from review_ui.portal.requests import RequestDesks, build_request_pages
from review_ui.portal.routes import HomeDesks, build_portal_pages
from review_ui.portal.settings import build_settings_pages
from review_ui.portal.shared import build_shared_pages
from review_ui.portal.videos import OwnersDesks, build_video_pages
from review_ui.portal.wards import build_ward_pages
from review_ui.rights.appeals import build_hearing_pages
from review_ui.rights.claims import build_claim_pages
from review_ui.rights.door import Door as RightsDoor
from review_ui.rights.feeds import build_feed_pages
from review_ui.rights.imports import build_import_pages
from review_ui.rights.organisations import build_organisation_pages
from review_ui.staff.ages import build_age_pages
from review_ui.staff.appeals import build_appeal_pages
from review_ui.staff.appearances import build_appearance_pages
from review_ui.staff.claims import build_staff_claim_pages
from review_ui.staff.deliveries import build_delivery_pages
from review_ui.staff.door import Door as StaffDoor
from review_ui.staff.enrolments import build_enrolment_pages
from review_ui.staff.lockdown import build_lockdown_pages
from review_ui.staff.notices import build_staff_notice_pages
from review_ui.staff.objections import build_objection_pages
from review_ui.staff.overview import Desks, build_overview_page
from review_ui.staff.people import People
from review_ui.staff.pictures import blurred
from review_ui.staff.reports import build_report_pages
from review_ui.staff.routes import build_staff_pages
from review_ui.staff.standing import build_estate_pages, build_guardian_pages
from review_ui.staff.takedowns import build_takedown_pages
from review_ui.staff.vouching import build_vouching_pages
from review_ui.staff.waiting import ClaimHeaps
from review_ui.verify.routes import build_verify_pages
from review_ui.verify.working import VerifyServices
from trust_kernel.audit.routes import build_router as build_ledger_router
from trust_kernel.media.fetch import SafeFetcher
from trust_kernel.settings import Settings
from trust_kernel.web import problems
from trust_kernel.web.delivery_routes import build_router as build_delivery_router
from trust_kernel.web.limits import BodyLimit, SecurityHeaders
from trust_kernel.web.notice_routes import MailEnding
from trust_kernel.web.notice_routes import build_router as build_notice_router
from trust_kernel.web.pages import Pages
from trust_kernel.web.routes import build_pages_router as build_sign_in_pages
from trust_kernel.web.routes import build_router as build_account_router
from trust_kernel.web.texts import check_texts
from trust_kernel.web.webhook_routes import build_router as build_webhook_router

VERSION = "0.1.0"
_FETCH_SECONDS = 20.0
_BESIDE = 1_000_000
"""Bytes of a body beside its files."""
BINDINGS = "/sbr"
"""Where the C2PA Soft Binding Resolution API stands."""


def build_app(house: House, *, pages: bool = True) -> FastAPI:
    """The whole application, or without its pages."""
    app = FastAPI(
        title="Placet",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(check_texts)],
    )
    settings = house.kernel.settings
    dressing = _dressing(house) if pages else None
    problems.install(app, pages=dressing, openai_prefixes=("/v1/videos", BINDINGS))
    apart = ThreadsApart()
    _add_api(app, house, apart)
    if dressing is not None:
        _add_pages(app, house, dressing, apart)
    app.add_middleware(BodyLimit, forms=form_limits(settings), bodies=body_limits(settings))
    app.add_middleware(SecurityHeaders)
    return app


def form_limits(settings: Settings) -> dict[str, int]:
    """Bytes of a form with files, by path."""
    picture, references = settings.max_reference_bytes + _BESIDE, settings.max_reference_bytes * 4 + _BESIDE
    return {
        "/v1/subjects/*/enrolment": references,
        "/staff/vouch": references,
        "/v1/challenges/*/recording": MAX_RECORDING_BYTES + _BESIDE,
        "/me/enrol/*": MAX_RECORDING_BYTES + _BESIDE,
        "/v1/blocklist": settings.max_reference_bytes,
        "/v1/blocklist/import": settings.max_reference_bytes,
        "/v1/blocklist/*/references": settings.max_reference_bytes,
        "/v1/optouts": settings.max_reference_bytes,
        "/v1/optouts/*/references": settings.max_reference_bytes,
        "/v1/optouts/imports": LARGEST_IMPORT + _BESIDE,
        "/v1/legal-notices": picture,
        "/v1/legal-notices/status/*": picture,
        "/notice": picture,
        "/notice/*": picture,
        "/v1/feeds/import": LARGEST_FEED + _BESIDE,
        "/rights/claims/*/references": picture,
        "/rights/imports": LARGEST_IMPORT + _BESIDE,
        "/rights/feeds": LARGEST_FEED + _BESIDE,
    }


def body_limits(settings: Settings) -> dict[str, int]:
    """Bytes of any body, by path: none of these is read before it is known who sends it, or but in pieces."""
    verified = settings.max_verify_bytes + _BESIDE
    return {
        # references may also stand in JSON, as data: URLs
        "/v1/videos": settings.max_reference_bytes * 4 + _BESIDE,
        "/verify": verified,
        "/verify/crjson": verified,
        "/verify/feedback": 20_000,
        # the pages bound what they take by themselves, and say so as pages
        "/is-this-ai": 1 << 62,
        "/is-this-ai/feedback": 1 << 62,
        f"{BINDINGS}/matches/byContent": verified,
    }


def _dressing(house: House) -> Pages:
    settings = house.kernel.settings
    return build_pages(house.kernel.cookies, Branding(settings.branding_name, settings.branding_likeness_term))


def _add_api(app: FastAPI, house: House, apart: ThreadsApart) -> None:
    kernel, guards, gateway = house.kernel, house.guards, house.gateway
    settings, access = kernel.settings, kernel.access
    fetcher = SafeFetcher(
        max_bytes=settings.max_reference_bytes,
        timeout_seconds=_FETCH_SECONDS,
        allow_hosts=frozenset(settings.fetch_hosts),
    )
    intake = VideoIntake(fetcher, settings.backend, settings.max_reference_bytes)
    app.include_router(build_video_router(gateway.videos, gateway.appeals.desk, intake, access))
    app.include_router(build_case_router(gateway.reviews, gateway.videos, access))
    app.include_router(build_takedown_router(gateway.takedowns, gateway.takedown_searches, access))
    appeals = gateway.appeals
    app.include_router(build_appeal_router(appeals.desk, appeals.review, appeals.hearing, access))
    app.include_router(build_appearance_router(gateway.appearances, access))
    _add_owning(app, house)
    most, limit = settings.max_verify_bytes, gateway.verify_limit
    app.include_router(build_verify_router(gateway.verification, gateway.reports, access, limit, most, apart))
    app.include_router(build_feedback_router(gateway.reports, access))
    app.include_router(
        build_binding_router(gateway.soft_bindings, access, most, guards=[limit.guard()]), prefix=BINDINGS
    )
    exporter = build_export(kernel, guards, house.shelves)
    app.include_router(build_leaving_router(guards.registry, exporter, access))
    app.include_router(build_consent_router(guards.registry, access, kernel.decoder))
    app.include_router(build_safety_router(guards.registry, access))
    app.include_router(build_groups_router(guards.registry, access))
    app.include_router(build_challenges_router(guards.challenges, guards.registry, access))
    app.include_router(build_approvals_router(guards.approvals, access))
    app.include_router(
        build_preview_router(gateway.previews, access, lambda path: blurred(kernel.decoder.poster(path)))
    )
    app.include_router(build_blocklist_router(guards.likeness.blocklist, access, kernel.decoder))
    works = replace(kernel.verify_limits, max_bytes=kernel.settings.max_reference_bytes)
    app.include_router(build_optout_router(guards.optouts, access, kernel.decoder, kernel.reference_limits, works))
    app.include_router(build_legal_notice_router(gateway.notices, access, [gateway.notice_limit.guard()]))
    app.include_router(build_ledger_router(kernel.ledger, access))
    app.include_router(build_account_router(kernel.accounts, access))
    _add_telling(app, house)
    _add_health(app, house)


def _add_owning(app: FastAPI, house: House) -> None:
    owning, access = house.gateway.owning, house.kernel.access
    limit = [owning.link_limit.guard()]
    app.include_router(build_ownership_router(owning.ownership, owning.lineage, access))
    app.include_router(build_sharing_router(owning.sharing, access, house.kernel.settings.public_url, limit))
    app.include_router(build_whereabouts_router(owning.whereabouts, house.guards.registry, access))


def _add_telling(app: FastAPI, house: House) -> None:
    delivery, access = house.delivery, house.kernel.access
    app.include_router(build_webhook_router(delivery.endpoints, access))
    ending = MailEnding(delivery.links, house.kernel.accounts.exists, mails_ended)
    app.include_router(build_notice_router(delivery.inbox, delivery.book, ending, access))
    app.include_router(build_delivery_router(delivery.letters, access))


def _add_health(app: FastAPI, house: House) -> None:
    access = house.kernel.access

    @app.get("/healthz", dependencies=[access.public()], tags=["health"])
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", dependencies=[access.public()], tags=["health"])
    def readyz() -> JSONResponse:
        """This node's indexes cover everything committed; 503 where they can't be brought up to date."""
        likeness, optouts = house.guards.likeness, house.guards.optouts
        likeness.warm()
        optouts.warm_up()
        lags = {"likeness": likeness.readiness().lag, "optout": optouts.readiness().lag}
        stale = any(lags.values())
        body = {"status": "stale" if stale else "ready", "code": "index:stale" if stale else None, "lag": lags}
        return JSONResponse(body, 503 if stale else 200)

    @app.get("/openapi.json", dependencies=[access.public()], include_in_schema=False)
    def openapi() -> JSONResponse:
        """The API's description."""
        return JSONResponse(app.openapi())


def _add_pages(app: FastAPI, house: House, pages: Pages, apart: ThreadsApart) -> None:
    kernel, gateway = house.kernel, house.gateway
    access = kernel.access
    app.include_router(build_static_router(access))
    app.include_router(build_sign_in_pages(kernel.accounts, access, pages, proxies=kernel.settings.proxy_networks))
    services = VerifyServices(
        gateway.verification, gateway.reports, gateway.verify_limit, kernel.settings.max_verify_bytes, apart
    )
    app.include_router(build_verify_pages(services, pages, access))
    agent, limit = kernel.settings.designated_agent, [gateway.notice_limit.guard()]
    app.include_router(build_notice_pages(gateway.notices, pages, access, limit, agent))
    app.include_router(build_own_appearance_pages(gateway.appearances, pages, access))
    _add_staff_pages(app, house, pages)
    app.include_router(build_mail_pages(house.delivery.book, house.delivery.links, pages, access))
    _add_portal(app, house, Door(house.guards.registry, pages, access))
    _add_rights(app, house, pages)


def _add_rights(app: FastAPI, house: House, pages: Pages) -> None:
    kernel, optouts = house.kernel, house.guards.optouts
    works = replace(kernel.verify_limits, max_bytes=kernel.settings.max_reference_bytes)
    door = RightsDoor(optouts, pages, kernel.access, kernel.decoder, works, unread(kernel.settings))
    app.include_router(build_claim_pages(door))
    app.include_router(build_organisation_pages(door))
    app.include_router(build_hearing_pages(door, house.gateway.appeals.hearing))
    if optouts.imports is not None:
        app.include_router(build_import_pages(door, optouts.imports))
    if optouts.feeds is not None:
        app.include_router(build_feed_pages(door, optouts.feeds))


def _add_portal(app: FastAPI, house: House, door: Door) -> None:
    guards, gateway, releases = house.guards, house.gateway, house.shelves.releases
    desks = HomeDesks(releases, guards.approvals, gateway.appearances, house.delivery.inbox)
    app.include_router(build_portal_pages(door, desks))
    app.include_router(build_allowing_pages(door))
    app.include_router(build_grant_pages(door, releases))
    app.include_router(build_approval_pages(door, guards.approvals, gateway.previews))
    app.include_router(build_ending_pages(door, releases))
    app.include_router(build_own_enrolment_pages(door, guards.challenges))
    owning = gateway.owning
    site = house.kernel.settings.public_url
    owners = OwnersDesks(owning.ownership, owning.sharing, owning.lineage, owning.whereabouts, site)
    app.include_router(build_video_pages(door, owners))
    app.include_router(build_request_pages(door, RequestDesks(gateway.videos, gateway.appeals.desk)))
    app.include_router(build_own_notice_pages(door, gateway.notices))
    app.include_router(build_ward_pages(door, owning.whereabouts))
    app.include_router(build_people_pages(door))
    app.include_router(build_settings_pages(door, house.delivery.book))
    app.include_router(build_leaving_pages(door))
    app.include_router(build_shared_pages(owning.sharing, door.pages, door.access, [owning.link_limit.guard()]))


def _add_staff_pages(app: FastAPI, house: House, pages: Pages) -> None:
    kernel, gateway, registry = house.kernel, house.gateway, house.guards.registry
    door = StaffDoor(registry, People(registry, kernel.accounts), pages, kernel.access)
    ownership = gateway.owning.ownership
    optouts = house.guards.optouts
    further = ClaimHeaps(optouts, gateway.takedowns, gateway.notices, gateway.appeals.review)
    desks = Desks(gateway.reviews, gateway.appearances, ownership, house.delivery.letters, further)
    app.include_router(build_overview_page(door, desks))
    app.include_router(build_staff_pages(gateway.reviews, gateway.videos, kernel.decoder, door))
    app.include_router(build_appearance_pages(gateway.appearances, door))
    app.include_router(build_delivery_pages(house.delivery.letters, door))
    app.include_router(build_enrolment_pages(door))
    app.include_router(build_vouching_pages(door, kernel.decoder))
    app.include_router(build_guardian_pages(door))
    app.include_router(build_estate_pages(door))
    app.include_router(build_age_pages(door))
    app.include_router(build_report_pages(door))
    app.include_router(build_objection_pages(door, ownership))
    app.include_router(build_lockdown_pages(door))
    app.include_router(build_staff_claim_pages(door, optouts))
    app.include_router(build_takedown_pages(door, gateway.takedowns, gateway.takedown_searches))
    app.include_router(build_staff_notice_pages(door, gateway.notices))
    app.include_router(build_appeal_pages(door, gateway.appeals.review))
