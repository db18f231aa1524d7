"""A large upload goes from the wire to one file, in pieces, and never through memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from generator_gateway.routes.uploads import Received, receive
from trust_kernel.errors import InvalidInput

MEGA = 1_000_000


def asked(chunks: Iterable[bytes | None], content_type: str) -> Request:
    """A request whose body comes in these chunks; None is a client that goes away."""
    waiting = iter(chunks)

    async def messages() -> AsyncIterator[dict[str, object]]:
        for chunk in waiting:
            if chunk is None:
                yield {"type": "http.disconnect"}
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    stream = messages()

    async def next_message() -> dict[str, object]:
        return await anext(stream)

    headers = [(b"content-type", content_type.encode("latin-1"))]
    return Request({"type": "http", "method": "POST", "path": "/verify", "headers": headers}, next_message)


def take(chunks: Iterable[bytes | None], folder: Path, content_type: str, most: int = MEGA) -> Received:
    return asyncio.run(receive(asked(chunks, content_type), folder, most))


def form(content: bytes, name: str = "clip.mp4", **fields: str) -> bytes:
    texts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()
    )
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: video/mp4\r\n\r\n'
    return f"{texts}{head}".encode() + content + b"\r\n--b--\r\n"


FORM = "multipart/form-data; boundary=b"


@given(st.binary(max_size=3000), st.integers(1, 700))
def test_however_a_form_is_cut_into_chunks_the_file_arrives_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int
) -> None:
    folder = tmp_path_factory.mktemp("upload")
    whole = form(content, keep="true", lang="it")
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    received = take(chunks, folder, FORM)
    assert received.path.read_bytes() == content
    assert received.fields == {"keep": "true", "lang": "it"}
    assert (received.name, received.path.suffix) == ("clip.mp4", ".mp4")


def test_a_hundred_megabytes_take_a_few_of_memory(tmp_path: Path) -> None:
    piece = bytes(64 * 1024)
    body = [form(b"")[: -len(b"\r\n--b--\r\n")], *([piece] * 1600), b"\r\n--b--\r\n"]
    tracemalloc.start()
    received = take(body, tmp_path, FORM, most=200 * MEGA)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received.path.stat().st_size == 1600 * len(piece)
    assert peak < 12 * MEGA
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content_type", [FORM, "video/mp4"])
def test_a_file_past_the_limit_is_refused_while_it_comes(tmp_path: Path, content_type: str) -> None:
    sent = 0

    def endless() -> Iterable[bytes]:
        nonlocal sent
        yield form(b"")[: -len(b"\r\n--b--\r\n")]
        while True:
            sent += 100_000
            yield bytes(100_000)

    with pytest.raises(InvalidInput) as refused:
        take(endless(), tmp_path, content_type)
    assert refused.value.limit == f"{MEGA} bytes"
    assert sent < 3 * MEGA


def test_a_client_that_goes_away_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ClientDisconnect):
        take([b"part", None], tmp_path, "video/mp4")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../x.mp4", "upload.mp4"),
        ("x", "upload"),
        ("x.m p4", "upload"),
        ("x.ВИДЕО", "upload"),
        ("a.b/..", "upload"),
        ("x.verylongsuffix", "upload.verylon"),
    ],
)
def test_a_name_is_no_path(tmp_path: Path, name: str, stored: str) -> None:
    received = take([form(b"film", name)], tmp_path, FORM)
    assert received.path == tmp_path / stored
    assert received.name == name


@given(st.binary(max_size=2000))
def test_any_bytes_as_a_form_are_a_file_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    folder = tmp_path_factory.mktemp("upload")
    with suppress(InvalidInput):
        assert take([body], folder, FORM).path.is_file()
