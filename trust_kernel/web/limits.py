"""What surrounds every request: an id, headers that keep browsers strict, and a limit on the body's size."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trust_kernel.web.documents import MEDIA_TYPE, problem, request_id
from trust_kernel.web.domain import Reason

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script or style but our own files: nothing that a page shows can run."""

_HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=()",
}
_FORM = "multipart/form-data"
_HSTS = "max-age=31536000; includeSubDomains"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{8,128}")


def add_security_headers(headers: MutableHeaders, scope: Scope) -> None:
    """Set what is not set yet, so that a route may say something else."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("x-request-id", request_id(scope))
    if scope.get("scheme") == "https":
        headers.setdefault("strict-transport-security", _HSTS)


class SecurityHeaders:
    """ASGI middleware: a request id, taken from ``X-Request-ID`` where that is well-formed, and security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        if _REQUEST_ID.fullmatch(sent):
            scope.setdefault("state", {})["request_id"] = sent
        request_id(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, with_headers)


class BodyLimit:
    """ASGI middleware: a body past the limit is answered with 413, however it is sent.

    In paths that are listed, ``*`` stands for one part between slashes.

    Args:
        app: what is protected.
        max_bytes: of a body, unless its path is listed.
        forms: what forms with files (multipart/form-data) may have, by path. Files in them go to the disk as they
            come; JSON for the same path is parsed in memory, and by whom is asked only then, so it has no more room.
        bodies: what any body may have, by path: for routes that read theirs in pieces, or ask who it is first.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = 1_000_000,
        forms: Mapping[str, int] | None = None,
        bodies: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._forms = _by_path(forms or {})
        self._bodies = _by_path(bodies or {})

    def limit_for(self, path: str, content_type: str) -> int:
        """Bytes that a body of a type, sent to a path, may have."""
        is_form = content_type.split(";", 1)[0].strip().lower() == _FORM
        listed = [*self._bodies, *(self._forms if is_form else ())]
        return next((limit for shape, limit in listed if shape.fullmatch(path)), self._max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self.limit_for(scope["path"], Headers(scope=scope).get("content-type", ""))
        if _declared(scope) > limit:
            await _refuse(scope, send, limit)
            return
        body = _Body(receive, send, limit)
        try:
            await self._app(scope, body.receive, body.send)
        except HTTPException:
            if not body.overflowed:
                raise
        if body.overflowed and not body.answered:
            await _refuse(scope, send, limit)


class _Body:
    """Counts what comes in; once that is too much, nothing that the application says goes out any more."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self.overflowed = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.overflowed = True
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        if self.overflowed and not self.answered:
            return
        self.answered = True
        await self._send(message)


def _by_path(listed: Mapping[str, int]) -> list[tuple[re.Pattern[str], int]]:
    return [(re.compile("[^/]+".join(map(re.escape, path.split("*")))), limit) for path, limit in listed.items()]


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0  # noqa: PLR2004 - 2**64


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    detail = f"the request body is larger than {limit} bytes"
    document = problem(scope, status, detail, Reason.BODY_TOO_LARGE, limit=f"{limit} bytes")
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
