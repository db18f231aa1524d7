"""The ASGI application: the API and the pages, or the API alone."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from consent_registry.routes import build_router as build_consent_router
from copyright_optout.routes import build_router as build_optout_router
from generator_gateway.routes import (
    build_appearance_router,
    build_binding_router,
    build_case_router,
    build_feedback_router,
    build_verify_router,
    build_video_router,
)
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.intake import VideoIntake
from likeness_guard.routes import build_router as build_blocklist_router
from placet.wiring import House
from review_ui.dressing import Branding, build_pages, build_static_router
from review_ui.portal.appearances import build_own_appearance_pages
from review_ui.portal.routes import build_portal_pages
from review_ui.staff.appearances import build_appearance_pages
from review_ui.staff.routes import build_staff_pages
from review_ui.verify.routes import build_verify_pages
from review_ui.verify.working import VerifyServices
from trust_kernel.audit.routes import build_router as build_ledger_router
from trust_kernel.media.fetch import SafeFetcher
from trust_kernel.web import problems
from trust_kernel.web.limits import BodyLimit, SecurityHeaders
from trust_kernel.web.notice_routes import build_router as build_notice_router
from trust_kernel.web.pages import Pages
from trust_kernel.web.routes import build_pages_router as build_sign_in_pages
from trust_kernel.web.routes import build_router as build_account_router
from trust_kernel.web.webhook_routes import build_router as build_webhook_router

VERSION = "0.1.0"
_FETCH_SECONDS = 20.0
BINDINGS = "/sbr"
"""Where the C2PA Soft Binding Resolution API stands."""


def build_app(house: House, *, pages: bool = True) -> FastAPI:
    """The whole application, or without its pages."""
    app = FastAPI(title="Placet", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None)
    settings = house.kernel.settings
    dressing = _dressing(house) if pages else None
    problems.install(app, pages=dressing, openai_prefixes=("/v1/videos", BINDINGS))
    apart = ThreadsApart()
    _add_api(app, house, apart)
    if dressing is not None:
        _add_pages(app, house, dressing, apart)
    app.add_middleware(
        BodyLimit,
        by_prefix={
            "/v1/videos": settings.max_reference_bytes * 4 + 1_000_000,
            "/v1/subjects": settings.max_reference_bytes * 4 + 1_000_000,
            "/v1/blocklist": settings.max_reference_bytes,
            "/v1/optouts": settings.max_reference_bytes,
            "/verify/feedback": 20_000,
            "/verify": settings.max_verify_bytes + 1_000_000,
            # The page bounds what it takes by itself, and says so as a page.
            "/is-this-ai": 1 << 62,
            BINDINGS: settings.max_verify_bytes + 1_000_000,
        },
    )
    app.add_middleware(SecurityHeaders)
    return app


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
    app.include_router(build_video_router(gateway.videos, intake, access))
    app.include_router(build_case_router(gateway.reviews, gateway.videos, access))
    app.include_router(build_appearance_router(gateway.appearances, access))
    most, limit = settings.max_verify_bytes, gateway.verify_limit
    app.include_router(build_verify_router(gateway.verification, gateway.reports, access, limit, most, apart))
    app.include_router(build_feedback_router(gateway.reports, access))
    app.include_router(
        build_binding_router(gateway.soft_bindings, access, most, guards=[limit.guard()]), prefix=BINDINGS
    )
    app.include_router(build_consent_router(guards.registry, access, kernel.decoder))
    app.include_router(build_blocklist_router(guards.likeness.blocklist, access, kernel.decoder))
    app.include_router(build_optout_router(guards.optouts, access, kernel.decoder, kernel.reference_limits))
    app.include_router(build_ledger_router(kernel.ledger, access))
    app.include_router(build_account_router(kernel.accounts, access))
    app.include_router(build_webhook_router(kernel.delivery, access))
    app.include_router(build_notice_router(kernel.outbox, access))
    _add_health(app, house)


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
    app.include_router(build_appearance_pages(gateway.appearances, pages, access))
    app.include_router(build_own_appearance_pages(gateway.appearances, pages, access))
    app.include_router(build_staff_pages(gateway.reviews, gateway.videos, kernel.decoder, pages, access))
    app.include_router(
        build_portal_pages(house.guards.registry, house.shelves.releases, kernel.outbox, kernel.clock, pages, access)
    )
