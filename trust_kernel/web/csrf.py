"""Cross-site request forgery: a token tied to a cookie that scripts cannot read, and the browser's own Origin.

The token is HMAC-SHA256 over a constant under the cookie's value (OWASP's signed double-submit pattern, with the
random session token as the key), so nothing needs storing and a token dies with its session.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from fastapi import Request

from trust_kernel.errors import NotPermitted
from trust_kernel.web.domain import Reason

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "x-csrf-token"

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def csrf_token(cookie: str) -> str:
    """The token that goes with a session or visit cookie: 64 hex digits."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def check_origin(request: Request, allowed: Collection[str]) -> None:
    """Refuse an unsafe request that a browser says comes from elsewhere.

    Only hosts are compared with the request's own, because a proxy that ends TLS changes the scheme on the way.

    Raises:
        NotPermitted: the Origin is neither this host nor in `allowed`, or Sec-Fetch-Site says cross-site.
    """
    origin = request.headers.get("origin")
    if origin is None:
        foreign = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    else:
        foreign = origin not in allowed and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise NotPermitted("this request comes from another site", code=Reason.ORIGIN_FOREIGN)


async def check_token(request: Request, cookies: Iterable[str | None]) -> None:
    """Compare the sent token, from the header or else the form, with those of the request's cookies.

    Raises:
        NotPermitted: no token, or one that goes with none of the cookies.
    """
    sent = request.headers.get(HEADER) or await _from_form(request)
    expected = [csrf_token(cookie) for cookie in cookies if cookie]
    if not any(hmac.compare_digest(sent.encode(), token.encode()) for token in expected):
        raise NotPermitted("the form is out of date; reload the page and try again", code=Reason.CSRF_MISSING)


async def _from_form(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""
