"""The problem document itself (RFC 9457), for handlers and middleware alike.

Every document also carries OpenAI's ``error`` object, so that clients of ``/v1/videos`` read the same answer.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.types import Scope

from trust_kernel.ids import new_id

MEDIA_TYPE = "application/problem+json"

_OPENAI_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.CONFLICT: "conflict_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


def request_id(scope: Scope) -> str:
    """The request's id; made here where no middleware has given it one."""
    state = scope.setdefault("state", {})
    found: str = state.setdefault("request_id", new_id("req"))
    return found


def failed_here(status: HTTPStatus) -> bool:
    """Whether the fault is the server's (5xx)."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def problem(
    scope: Scope, status: HTTPStatus, detail: str, code: str, *, field: str | None = None, limit: str | None = None
) -> dict[str, Any]:
    """A problem document: type, title, status, detail, instance; code, field, limit, request_id; error."""
    identifier = request_id(scope)
    kind = _OPENAI_TYPES.get(status, "server_error" if failed_here(status) else "invalid_request_error")
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": f"{quote(scope['path'])}#{identifier}",
        "code": code,
        "field": field,
        "limit": limit,
        "request_id": identifier,
        "error": {"message": detail, "type": kind, "param": field, "code": code},
    }
