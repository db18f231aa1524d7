"""Errors as problem documents (RFC 9457), the only place where an error meets an HTTP status."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response

from trust_kernel.errors import (
    Conflict,
    Gone,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    PlacetError,
    Unavailable,
)
from trust_kernel.web.csrf import SAFE_METHODS
from trust_kernel.web.documents import MEDIA_TYPE, failed_here, problem, request_id
from trust_kernel.web.domain import Reason, Throttled
from trust_kernel.web.limits import add_security_headers
from trust_kernel.web.pages import Pages
from trust_kernel.web.rate import TooOften

_LOG = logging.getLogger(__name__)

_STATUS: Mapping[type[PlacetError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Gone: HTTPStatus.GONE,
    Conflict: HTTPStatus.CONFLICT,
    Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRY_AFTER = {HTTPStatus.TOO_MANY_REQUESTS: "60", HTTPStatus.SERVICE_UNAVAILABLE: "5"}
_SIGN_IN = "/sign-in"
"""Where a browser is sent when nobody is signed in."""
_NAMELESS = {"body", "query", "path", "header", "cookie"}
"""First parts of a validation error's location; they say where the field was sent, not what it is called."""


def status_of(error: PlacetError) -> HTTPStatus:
    """The HTTP status of an error: that of its nearest known class, 500 where there is none."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def install(app: FastAPI, *, pages: Pages | None = None, openai_prefixes: Sequence[str] = ()) -> None:
    """Answer every error of an application with a problem document, or, to a browser, with a page.

    Args:
        app: the application.
        pages: renders ``problem.html`` for those who prefer HTML; None for an API alone.
        openai_prefixes: paths whose clients expect bad input to be a 400, as OpenAI has it; elsewhere it is a 422.
    """
    answers = _Answers(pages, tuple(openai_prefixes))
    app.add_exception_handler(PlacetError, answers.on_error)
    app.add_exception_handler(RequestValidationError, answers.on_malformed)
    app.add_exception_handler(HTTPException, answers.on_http)
    app.add_exception_handler(ClientDisconnect, answers.on_disconnect)
    app.add_exception_handler(Exception, answers.on_unexpected)


class _Answers:
    def __init__(self, pages: Pages | None, openai_prefixes: tuple[str, ...]) -> None:
        self._pages = pages
        self._openai_prefixes = openai_prefixes

    def on_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, PlacetError):
            raise error
        status = self._status(request, status_of(error))
        if isinstance(error, NotAuthenticated) and self._for_browser(request) and request.method in SAFE_METHODS:
            return RedirectResponse(f"{_SIGN_IN}?next={quote(_here(request))}", HTTPStatus.SEE_OTHER)
        if failed_here(status):
            _LOG.error("%s failed: %s", request_id(request.scope), error.code, exc_info=error)
        document = problem(request.scope, status, error.detail, error.code, field=error.field, limit=error.limit)
        headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooOften) else None
        return self._answer(request, document, headers)

    def on_malformed(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        faults = [_fault(item) for item in error.errors()]
        first = faults[0] if faults else {"field": None, "message": "the request cannot be read", "limit": None}
        detail = f"{first['field']}: {first['message']}" if first["field"] else str(first["message"])
        status = self._status(request, _STATUS[InvalidInput])
        document = problem(
            request.scope, status, detail, Reason.REQUEST_MALFORMED, field=first["field"], limit=first["limit"]
        )
        return self._answer(request, document | {"errors": faults})

    def on_http(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        code = NotFound.default_code if error.status_code == HTTPStatus.NOT_FOUND else Reason.HTTP
        document = problem(request.scope, HTTPStatus(error.status_code), str(error.detail), code)
        return self._answer(request, document, error.headers)

    def on_disconnect(self, request: Request, error: Exception) -> Response:
        """Whoever went away while they sent something reads no answer, and nothing broke here."""
        del request, error
        return Response(status_code=HTTPStatus.BAD_REQUEST)

    def on_unexpected(self, request: Request, error: Exception) -> Response:
        _LOG.error("%s failed unexpectedly", request_id(request.scope), exc_info=error)
        detail = "something broke here; the request id finds it in the log"
        document = problem(request.scope, HTTPStatus.INTERNAL_SERVER_ERROR, detail, Reason.INTERNAL)
        response = self._answer(request, document)
        # Starlette answers this one outside of all middleware, so nobody else would add them.
        add_security_headers(response.headers, request.scope)
        return response

    def _answer(
        self, request: Request, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Response:
        status = HTTPStatus(document["status"])
        if self._pages is not None and self._for_browser(request):
            response: Response = self._pages.render(request, "problem.html", status=status, problem=document)
        else:
            response = JSONResponse(document, status, media_type=MEDIA_TYPE)
        response.headers.update(headers or {})
        if status in _RETRY_AFTER:
            response.headers.setdefault("retry-after", _RETRY_AFTER[status])
        if status == HTTPStatus.UNAUTHORIZED:
            response.headers["www-authenticate"] = "Bearer"
        response.headers["cache-control"] = "no-store"
        return response

    def _status(self, request: Request, status: HTTPStatus) -> HTTPStatus:
        asked_openai = request.url.path.startswith(self._openai_prefixes)
        return HTTPStatus.BAD_REQUEST if status == _STATUS[InvalidInput] and asked_openai else status

    def _for_browser(self, request: Request) -> bool:
        return self._pages is not None and "text/html" in request.headers.get("accept", "")


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _fault(item: Mapping[str, Any]) -> dict[str, str | None]:
    # Never the input itself: it may be a password, and the caller has it already.
    location: Sequence[str | int] = item["loc"]
    names = [str(part) for part in location[1:]] if location and location[0] in _NAMELESS else list(map(str, location))
    limits = [f"{name} {value}" for name, value in item.get("ctx", {}).items() if isinstance(value, int | float)]
    return {"field": ".".join(names) or None, "message": item["msg"], "limit": ", ".join(limits) or None}
