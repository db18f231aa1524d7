"""What all feeds are read and written by: text, JSON, and how much of it there may be."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from copyright_optout.domain.feeds import MOST_ENTRIES
from copyright_optout.domain.reasons import FeedFault
from trust_kernel.errors import InvalidInput


def counted(members: list[Any], most: int = MOST_ENTRIES) -> list[Any]:
    """The members, if they are not too many; raises InvalidInput."""
    if len(members) > most:
        raise InvalidInput("this feed is too long", code=FeedFault.TOO_LARGE, field="file", limit=f"{most} entries")
    return members


def parsed(data: bytes) -> Any:
    """JSON; raises InvalidInput."""
    try:
        return json.loads(text_of(data))
    except (ValueError, RecursionError):
        raise unreadable("JSON") from None


def text_of(data: bytes) -> str:
    """UTF-8, with or without its mark; raises InvalidInput."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("UTF-8") from None


def unreadable(limit: str) -> InvalidInput:
    """The error of a file that is not of its format."""
    return InvalidInput("this is no such feed", code=FeedFault.UNREADABLE, field="file", limit=limit)


def written(entries: Iterable[object], before: str = "[", after: str = "]") -> Iterator[bytes]:
    """JSON, an entry a line, made one by one."""
    yield before.encode()
    for number, one in enumerate(entries):
        yield f"{',' * bool(number)}{json.dumps(one, ensure_ascii=False)}\n".encode()
    yield f"{after}\n".encode()
