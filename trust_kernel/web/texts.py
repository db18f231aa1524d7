"""A dependency of a whole application: what any request says in words can be kept."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from trust_kernel.errors import NotFound
from trust_kernel.texts import is_text, unreadable

_MOST_SHOWN = 100
"""Characters of a field's name in an answer: it is the caller's own."""


async def check_texts(request: Request) -> None:
    """Refuse texts with a NUL or half a letter, wherever in path, query, form or JSON; names of fields count as well.

    What a route reads by itself, in pieces, is for that route to check.

    Raises:
        NotFound: it is in the path; nothing that is kept is called so.
        InvalidInput: naming the first such field, as ``names.0`` where it is deep in JSON.
    """
    if next(_named(request.path_params.items()), None) is not None:
        raise NotFound("there is nothing of this name")
    for field in _broken(request):
        # The name may be broken too.
        raise unreadable(field.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")[:_MOST_SHOWN])


def _broken(request: Request) -> Iterator[str]:
    """Names of fields that hold what is no text."""
    yield from _named(request.query_params.multi_items())
    # Starlette keeps under these names what was parsed already. To ask for it would read bodies that routes read in
    # pieces.
    sent = vars(request)
    form = sent.get("_form")
    yield from _named(form.multi_items() if form else ())
    yield from _in_json(sent.get("_json"))


def _named(pairs: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for name, value in pairs:
        text = (value.filename or "") if isinstance(value, UploadFile) else str(value)
        if not (is_text(name) and is_text(text)):
            yield name


_Place = tuple[Any, str] | None
"""Where something stands: where what it is in stands, and its own name or number."""


def _in_json(whole: Any) -> Iterator[str]:
    """Not by recursion, for a document may be deep; and places are only written out where they are needed."""
    waiting: list[tuple[_Place, Any]] = [(None, whole)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and not is_text(value):
            yield _path(place)
        elif isinstance(value, dict):
            for name, each in value.items():
                if not is_text(name):
                    yield _path((place, name))
                if isinstance(each, str | dict | list):
                    waiting.append(((place, name), each))
        elif isinstance(value, list):
            for number, each in enumerate(value):
                if isinstance(each, str | dict | list):
                    waiting.append(((place, str(number)), each))


def _path(place: _Place) -> str:
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(name)
    return ".".join(reversed(names)) or "body"
