"""How a form on staff's pages answers what it cannot do: the same page again, with a sentence."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi.responses import RedirectResponse

from trust_kernel.errors import Conflict, InvalidInput, NotPermitted, PlacetError
from trust_kernel.web.problems import status_of

REFUSALS = (Conflict, InvalidInput, NotPermitted)
"""What is answered on the page itself; anything else becomes a page of its own."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What stood in the way of a form, and what was typed into it; nothing for a page that is only read.

    Attributes:
        said: one sentence.
        typed: the words that are not to be lost.
        which: which of several forms.
    """

    said: str = ""
    status: HTTPStatus = HTTPStatus.OK
    typed: str = ""
    which: str = ""


NOTHING = Wrong()


def refused(error: PlacetError, typed: str = "", which: str = "") -> Wrong:
    """What an error says, as a sentence."""
    said = f"{error.detail[:1].upper()}{error.detail[1:].rstrip('.')}."
    return Wrong(said, status_of(error), typed, which)


def missing(said: str, typed: str = "", which: str = "") -> Wrong:
    """Something was left out."""
    return Wrong(said, HTTPStatus.UNPROCESSABLE_ENTITY, typed, which)


def back(path: str, done: str) -> RedirectResponse:
    """To a page that says what was done, so that reloading it does not do it again."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done={done}", HTTPStatus.SEE_OTHER)
