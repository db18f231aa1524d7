"""Reads a request body, JSON or multipart, as the videos API's clients send it."""

import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from generator_gateway.errors import GatewayReason
from generator_gateway.service.videos import DEFAULT_SECONDS, DEFAULT_SIZE, NewVideo
from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.texts import check_text

_CHUNK = 1 << 20
_MAX_FIELDS = 64
_MAX_PART = 1 << 20
_MAX_REFERENCES = 4
_FIELDS = frozenset(
    {
        "prompt",
        "model",
        "seconds",
        "size",
        "input_reference",
        "characters",
        "purpose",
        "territories",
        "languages",
        "contexts",
        "seed",
        "remixed_from_video_id",
    }
)
_LISTS = frozenset({"territories", "languages", "contexts"})
_MAX_LISTED = 300
_NESTED = re.compile(r"^(\w+)((?:\[\w*\])+)$")


class Fetches(Protocol):
    """Fetches a URL without being led astray."""

    def fetch(self, url: str) -> bytes:
        """The body; raises InvalidInput where the URL may not be fetched."""
        ...


class VideoIntake:
    """Turns a body into a `NewVideo` whose references lie in a folder that lives as long as the request.

    Args:
        default_model: used where the client names none.
        max_bytes: of one reference.
    """

    def __init__(self, fetcher: Fetches, default_model: str, max_bytes: int) -> None:
        self._fetcher = fetcher
        self._default_model = default_model
        self._max_bytes = max_bytes

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[NewVideo]:
        """Parse, fetch and store what the body refers to; raises InvalidInput naming the field."""
        with tempfile.TemporaryDirectory(prefix="placet-intake-") as name:
            folder = Path(name)
            fields = await (self._multipart(request) if _is_multipart(request) else _json_body(request))
            unknown = sorted(set(fields) - _FIELDS)
            if unknown:
                raise _malformed(f"unknown field {unknown[0]}", unknown[0])
            yield NewVideo(
                prompt=_text(fields, "prompt"),
                model=_text(fields, "model", self._default_model),
                seconds=_text(fields, "seconds", DEFAULT_SECONDS),
                size=_text(fields, "size", DEFAULT_SIZE),
                references=tuple(await self._references(fields.get("input_reference"), folder)),
                characters=tuple(_characters(fields.get("characters"))),
                remix_of=_text(fields, "remixed_from_video_id", "") or None,
                purpose=_text(fields, "purpose", "personal"),
                territories=_listed(fields, "territories"),
                languages=_listed(fields, "languages"),
                contexts=_listed(fields, "contexts"),
                seed=_seed(fields.get("seed")),
            )

    async def _multipart(self, request: Request) -> dict[str, object]:
        try:
            form = await request.form(max_files=_MAX_REFERENCES, max_fields=_MAX_FIELDS, max_part_size=_MAX_PART)
        except HTTPException as error:
            raise _malformed(str(error.detail)) from error
        fields: dict[str, object] = {}
        for key, value in form.multi_items():
            _place(fields, key, value if isinstance(value, UploadFile) else _loosely(key, value))
        return fields

    async def _references(self, value: object, folder: Path) -> list[Path]:
        references = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if len(references) > _MAX_REFERENCES:
            raise InvalidInput(
                "too many references",
                code=GatewayReason.REFERENCE_MALFORMED,
                field="input_reference",
                limit=f"{_MAX_REFERENCES}",
            )
        return [await self._reference(item, folder / f"{index}") for index, item in enumerate(references)]

    async def _reference(self, item: object, target: Path) -> Path:
        if isinstance(item, UploadFile):
            await self._save(item, target)
            return target
        if isinstance(item, Mapping) and set(item) == {"image_url"} and isinstance(item["image_url"], str):
            await run_in_threadpool(self._fetch, item["image_url"], target)
            return target
        raise InvalidInput(
            "a reference is a file, or an object with image_url",
            code=GatewayReason.REFERENCE_MALFORMED,
            field="input_reference",
        )

    def _fetch(self, url: str, target: Path) -> None:
        try:
            target.write_bytes(self._fetcher.fetch(url))
        except Unavailable as error:
            # The address is the client's: that it does not answer is no outage of ours.
            raise InvalidInput(error.detail, code=error.code, field=error.field) from error

    async def _save(self, upload: UploadFile, target: Path) -> None:
        written = 0
        with target.open("wb") as file:
            while chunk := await upload.read(_CHUNK):
                written += len(chunk)
                if written > self._max_bytes:
                    raise InvalidInput(
                        "the reference is too large",
                        code=GatewayReason.REFERENCE_MALFORMED,
                        field="input_reference",
                        limit=f"{self._max_bytes} bytes",
                    )
                file.write(chunk)


def _is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(
        ("multipart/form-data", "application/x-www-form-urlencoded")
    )


async def _json_body(request: Request) -> dict[str, object]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise _malformed("the body is not JSON") from error
    if not isinstance(body, dict):
        raise _malformed("the body is not an object")
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        # JSON can spell half of a character; nothing behind this can store or hash it.
        raise _malformed("the body is not Unicode text") from error
    return body


def _loosely(key: str, value: str) -> object:
    """A form field that should hold an object may hold it as JSON."""
    if key.split("[", 1)[0] in {"characters", "input_reference", *_LISTS} and value[:1] in {"{", "["}:
        try:
            parsed: object = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise _malformed(f"{key} is not JSON", key) from error
        return parsed
    return value


def _place(fields: dict[str, object], key: str, value: object) -> None:
    """Put ``characters[0][id]``, ``characters[][id]``, ``input_reference[image_url]`` or a plain key in its place."""
    nested = _NESTED.match(key)
    name, steps = (nested[1], re.findall(r"\[(\w*)\]", nested[2])) if nested else (key, [])
    inner = next((step for step in steps if step and not step.isdigit()), None)
    item: object = {inner: value} if inner else value
    if name not in fields and not any(step == "" or step.isdigit() for step in steps):
        fields[name] = item
        return
    earlier = fields.get(name)
    listed = earlier if isinstance(earlier, list) else [] if earlier is None else [earlier]
    fields[name] = [*listed, *(item if isinstance(item, list) else [item])]


def _text(fields: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if value is None and name != "prompt":
        value = default
    if name == "seconds" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text", code=GatewayReason.BODY_MALFORMED, field=name)
    check_text(value, name)
    return value


def _listed(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """A list of words; a form may also hold them in one field, with commas between them."""
    value = fields.get(name)
    items = value.split(",") if isinstance(value, str) else [] if value is None else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items) or len(items) > _MAX_LISTED:
        raise InvalidInput(f"{name} is a list of words", code=GatewayReason.BODY_MALFORMED, field=name)
    return tuple(item.strip() for item in items if item.strip())


def _seed(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,10}", str(value)) or int(str(value)) >= 1 << 32:
        raise InvalidInput("seed must be a whole number", code=GatewayReason.BODY_MALFORMED, field="seed", limit="2^32")
    return int(str(value))


def _characters(value: object) -> Iterable[str]:
    if value in (None, ""):
        return
    items = value if isinstance(value, list) else [value]
    for item in items:
        name = item.get("id") if isinstance(item, Mapping) else item
        if not isinstance(name, str) or not name:
            raise InvalidInput(
                "characters is a list of objects with an id",
                code=GatewayReason.CHARACTERS_MALFORMED,
                field="characters",
            )
        yield name


def _malformed(detail: str, field: str | None = None) -> InvalidInput:
    return InvalidInput(detail, code=GatewayReason.BODY_MALFORMED, field=field)
