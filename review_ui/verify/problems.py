"""Why there is no answer, in the reader's language; never a word against the file where the fault is ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from review_ui.verify.words import Speech
from trust_kernel.errors import InvalidInput, NotPermitted, PlacetError, Unavailable
from trust_kernel.web.domain import Reason
from trust_kernel.web.problems import status_of
from trust_kernel.web.rate import TooOften

_MOMENT = 5
"""Seconds after which a part that did not answer may."""
_REFUSED: Mapping[str, str] = {
    Reason.CSRF_MISSING: "page:problem:out_of_date",
    Reason.ORIGIN_FOREIGN: "page:problem:foreign",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What to tell.

    Attributes:
        said: a sentence or two.
        code: reason code.
        status: HTTP status where the answer has not begun.
        wait: seconds to wait before trying again; 0 where that is no matter of time.
    """

    said: str
    code: str
    status: int
    wait: int = 0


def trouble_of(error: PlacetError, words: Speech, max_bytes: int, *, letters: int = 0) -> Trouble:
    """Put an error into words.

    Args:
        error: what stopped it.
        words: the reader's.
        max_bytes: largest file.
        letters: most letters of a text that was sent; 0 where a file was.
    """
    status = status_of(error)
    if isinstance(error, TooOften):
        said = words.say("page:problem:too_often", wait=error.retry_after)
        return Trouble(said, error.code, status, error.retry_after)
    if isinstance(error, InvalidInput) and letters:
        code = "page:problem:said_too_much" if error.limit else "page:problem:not_said"
        return Trouble(words.say(code, limit=letters), error.code, status)
    if isinstance(error, InvalidInput) and error.limit:
        said = words.say("page:problem:too_large", size=words.size(max_bytes))
        return Trouble(said, error.code, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    wait = _MOMENT if isinstance(error, Unavailable) else 0
    return Trouble(words.say(_sentence(error)), error.code, status, wait)


def _sentence(error: PlacetError) -> str:
    if isinstance(error, NotPermitted):
        return _REFUSED.get(error.code, "page:problem:foreign")
    if isinstance(error, InvalidInput):
        return "page:problem:no_file"
    return "page:problem:unavailable" if isinstance(error, Unavailable) else "page:problem:broken"
