"""Posted forms of pages that take gigabytes: read in bounds, and tied to the visitor, without the usual form parser.

The usual parser would spool a whole upload once more to find the token in it.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from generator_gateway.routes.uploads import small_body
from generator_gateway.routes.verify import MOST_LETTERS
from trust_kernel.errors import InvalidInput, NotPermitted
from trust_kernel.web.access import Cookies
from trust_kernel.web.csrf import FIELD, csrf_token
from trust_kernel.web.domain import Reason

_MOST_FIELDS = 20


def check_sent_token(request: Request, cookies: Cookies, fields: Mapping[str, str]) -> None:
    """Compare the token of a form that was read already with those of the request's cookies.

    Raises:
        NotPermitted: none, or one that goes with none of the cookies.
    """
    sent = fields.get(FIELD, "").encode()
    held = [request.cookies.get(name) for name in (cookies.visit, cookies.session)]
    if not any(hmac.compare_digest(sent, csrf_token(cookie).encode()) for cookie in held if cookie):
        raise NotPermitted("the form is out of date; reload the page and try again", code=Reason.CSRF_MISSING)


async def small_form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form of at most 20,000 bytes.

    Raises:
        InvalidInput: it is longer, or no such form.
    """
    body = await small_body(request, "text", f"{MOST_LETTERS} letters")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise InvalidInput("the form cannot be read") from error
