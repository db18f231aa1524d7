"""Takes a large file in: straight from the wire to one file on disk, in pieces, never twice.

The usual form parser spools a file to a place without a name, from which a child process cannot read it, so it would
have to be copied; for two gigabytes that is worth avoiding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from generator_gateway.errors import GatewayReason
from trust_kernel.errors import InvalidInput

_PIECE = 1 << 20
_MOST_PARTS = 20
_MOST_TEXT = 10_000
_MOST_HEADER = 4_000
_MOST_SMALL = 20_000
_YES = frozenset({"true", "1", "on", "yes"})
_FORM = b"multipart/form-data"
_NO_FILE = {b"", b"application/x-www-form-urlencoded", b"application/json"}


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came in.

    Attributes:
        path: where it lies, with the suffix that its sender gave it and no more of its name.
        name: as its sender calls it; to be shown as text, never used as a path.
        fields: the form's other fields.
    """

    path: Path
    name: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def keep(self) -> bool:
        """Whether the sender wants the answer kept."""
        return self.fields.get("keep", "").lower() in _YES


async def receive(request: Request, folder: Path, max_bytes: int) -> Received:
    """Write an upload to `folder` as it arrives.

    Args:
        request: a form with a field ``file``, or the file itself as the body under its own media type.
        folder: private to this request; its owner removes it.
        max_bytes: of the file.

    Raises:
        InvalidInput: there is no file, it is too large, or the form cannot be read.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    with _Target(folder, max_bytes) as target:
        if kind == _FORM and options.get(b"boundary"):
            form = _Form(target)
            try:
                parser = form.parser(options[b"boundary"])
                await fed_in_pieces(request, parser.write)
                parser.finalize()
            except MultipartParseError as error:
                raise _malformed("the form cannot be read") from error
            fields = form.fields
        elif kind in _NO_FILE or kind == _FORM:
            raise _missing()
        else:
            target.begin("")
            await fed_in_pieces(request, target.write)
            fields = {}
        if target.path is None:
            raise _missing()
        return Received(target.path, target.name, fields)


async def small_body(request: Request, field_name: str, limit: str) -> bytes:
    """A body of at most 20,000 bytes, for paths that lie under one that takes gigabytes.

    Raises:
        InvalidInput: it is longer; `field_name` is what makes it so, and `limit` what it may have.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_SMALL:
            raise InvalidInput("this is too long", code=GatewayReason.BODY_MALFORMED, field=field_name, limit=limit)
    return bytes(body)


async def fed_in_pieces(request: Request, take: Callable[[bytes], object]) -> None:
    """Hand a body on in large pieces, off the event loop."""
    pending = bytearray()
    async for chunk in request.stream():
        pending += chunk
        if len(pending) >= _PIECE:
            await run_in_threadpool(take, bytes(pending))
            pending.clear()
    if pending:
        await run_in_threadpool(take, bytes(pending))


class _Target:
    """The one file of an upload."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._file: BinaryIO | None = None
        self._written = 0
        self.path: Path | None = None
        self.name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, name: str) -> None:
        suffix = Path(name).suffix[:8]
        self.name = name
        self.path = self._folder / f"upload{suffix if suffix[1:].isalnum() and suffix.isascii() else ''}"
        self._file = self.path.open("wb")

    def write(self, data: bytes) -> None:
        self._written += len(data)
        if self._written > self._max_bytes:
            raise InvalidInput(
                "the file is too large",
                code=GatewayReason.BODY_MALFORMED,
                field="file",
                limit=f"{self._max_bytes} bytes",
            )
        if self._file is not None:
            self._file.write(data)


class _Form:
    """Follows a form's parts: the first file called ``file`` goes to disk, short texts are kept, no more."""

    def __init__(self, target: _Target) -> None:
        self.fields: dict[str, str] = {}
        self._target = target
        self._parts = 0
        self._text = 0
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._take: Callable[[bytes], None] | None = None
        self._name = ""
        self._gathered = bytearray()

    def parser(self, boundary: bytes) -> MultipartParser:
        """A parser that tells this one what it meets."""
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._start,
                "on_part_data": self._on_data,
                "on_part_end": self._end,
            },
        )

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _malformed("the form has too many parts")
        self._header = self._value = self._disposition = b""
        self._take, self._name = None, ""
        self._gathered.clear()

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check(self._header)

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check(self._value)

    def _check(self, header: bytes) -> None:
        if len(header) > _MOST_HEADER:
            raise _malformed("the form has a header that is too long")

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _start(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        filename = options.get(b"filename", b"").decode("utf-8", "replace")
        if name == "file" and filename and self._target.path is None:
            self._target.begin(filename)
            self._take = self._target.write
        elif name and b"filename" not in options:
            self._name = name
            self._take = self._gather

    def _gather(self, data: bytes) -> None:
        self._text += len(data)
        if self._text > _MOST_TEXT:
            raise _malformed("the form holds too much text")
        self._gathered += data

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._take is not None:
            self._take(data[start:end])

    def _end(self) -> None:
        if self._name:
            self.fields[self._name] = self._gathered.decode("utf-8", "replace")


def _malformed(detail: str) -> InvalidInput:
    return InvalidInput(detail, code=GatewayReason.BODY_MALFORMED, field="file")


def _missing() -> InvalidInput:
    return InvalidInput("choose a file first", code=GatewayReason.BODY_MALFORMED, field="file")
