"""What clients should not send: each is refused with field and limit, or fails with a reason, and nothing else ends."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e import footage
from tests.e2e.conftest import FIGURE
from tests.e2e.deployment import SECONDS, SIZE, Person, Server

GOOD = {"prompt": "A kite over the dunes", "model": "sora-2", "size": SIZE, "seconds": SECONDS}


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad request.

    Attributes:
        code: the reason code that is given, by a 4xx or by the video.
        field: the field that is named, where the answer is a 4xx.
        limited: whether a limit is named.
    """

    title: str
    send: Callable[[Person], httpx.Response]
    code: str
    field: str | None = None
    limited: bool = False


def asking(**fields: Any) -> Callable[[Person], httpx.Response]:
    """As JSON; a field that is None is left out."""
    body = {name: value for name, value in (GOOD | fields).items() if value is not None}
    return lambda person: person.http.post("/v1/videos", json=body)


def showing(make: Callable[[], bytes], prompt: str = "The valley wakes up") -> Callable[[Person], httpx.Response]:
    """With a file as its reference."""
    return lambda person: person.http.post(
        "/v1/videos", data=GOOD | {"prompt": prompt}, files={"input_reference": ("file.bin", make())}
    )


def raw(content: bytes, content_type: str = "application/json") -> Callable[[Person], httpx.Response]:
    """A body as it is."""
    return lambda person: person.http.post("/v1/videos", content=content, headers={"content-type": content_type})


def getting(url: str) -> Callable[[Person], httpx.Response]:
    """With a reference to be fetched."""
    return asking(input_reference={"image_url": url})


FORM, PLAIN_FORM = "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"
BODY, REFERENCE, URL = "request:body:malformed", "request:reference:malformed", "media:url:refused"
NAMED, UNKNOWN = "likeness:name:blocklisted", "consent:cameo:unknown"

MEDIA = (
    Bad("no video", showing(lambda: b"no video at all" * 50), "media:file:unrecognised", "input_reference", True),
    Bad("an empty file", showing(lambda: b""), "media:file:empty", "input_reference"),
    Bad("a program", showing(lambda: b"\x7fELF" * 99), "media:file:unrecognised", "input_reference", limited=True),
    Bad("a truncated MP4", showing(lambda: footage.footage()[:-4000]), "media:video:damaged", "input_reference"),
    Bad("half an MP4", showing(lambda: (video := footage.footage())[: len(video) // 2]), "media:", "input_reference"),
    Bad("100 megapixels", showing(footage.wide_picture), "media:picture:too_large", "input_reference", limited=True),
    Bad("a profile that unpacks to 400 MB", showing(footage.bomb), "media:picture:", "input_reference"),
    Bad("two hours", showing(footage.two_hours), "media:video:too_long", "input_reference", limited=True),
)
PROMPTS = (
    Bad("32,001 characters", asking(prompt="a" * 32_001), "request:prompt:length", "prompt", limited=True),
    Bad("an empty prompt", asking(prompt=""), "request:prompt:length", "prompt", limited=True),
    Bad("a prompt of spaces", asking(prompt=" \n\t"), "request:prompt:length", "prompt", limited=True),
    Bad("no prompt", asking(prompt=None), BODY, "prompt"),
    Bad("a prompt that is a number", asking(prompt=7), BODY, "prompt"),
    Bad("zero-width characters in a name", asking(prompt="T\u200bo\u200dm H\u2060a\ufeffnks reads the news"), NAMED),
    Bad("a soft hyphen in a name", asking(prompt="Tom Ha\u00adnks reads the news"), NAMED),
    Bad("a name from right to left", asking(prompt="\u202eskna\u200bH moT\u202c reads the news"), NAMED),
    Bad("a name in isolates", asking(prompt="\u2066Tom\u2069 \u2067Hanks\u2069 reads the news"), NAMED),
    Bad("a name in Cyrillic letters", asking(prompt="\u0422\u043em \u041d\u0430nks reads the news"), NAMED),
    Bad("an unknown handle", asking(prompt="@nobody_at_all waves"), UNKNOWN),
    Bad("an unknown cameo", asking(characters=[{"id": "subj_0000000000000000000000000000000"}]), UNKNOWN),
    Bad("half a character", raw(json.dumps(GOOD | {"prompt": "\ud800"}).encode()), BODY),
)
FIELDS = (
    Bad("an unknown field", asking(lora="x"), BODY, "lora"),
    Bad("no such model", asking(model="../../etc/passwd"), "request:model:unknown", "model", limited=True),
    Bad("no such size", asking(size="640X360"), "request:size:unsupported", "size", limited=True),
    Bad("a huge size", asking(size="100000x100000"), "request:size:unsupported", "size", limited=True),
    *(
        Bad(f"seconds {seconds}", asking(seconds=seconds), "request:seconds:unsupported", "seconds", limited=True)
        for seconds in ("0", "-1", "1.5", "11", "1e1", "", " 1", "٣", "9" * 400, 7200)
    ),
    Bad("seconds in a list", asking(seconds=["1"]), BODY, "seconds"),
    Bad("a seed that is none", asking(seed="lucky"), BODY, "seed", limited=True),
    Bad("a seed too large", asking(seed=2**32), BODY, "seed", limited=True),
    Bad("characters that are none", asking(characters=[{"name": "ada"}]), "request:characters:malformed", "characters"),
    Bad("a reference that is none", asking(input_reference={"file_id": "file_1"}), REFERENCE, "input_reference"),
    Bad("five references", asking(input_reference=[{"image_url": "data:,"}] * 5), REFERENCE, "input_reference", True),
    Bad("a remix of nothing", asking(remixed_from_video_id="video_none"), "video:object:unknown"),
)
BODIES = (
    Bad("no JSON", raw(b"{"), BODY),
    Bad("no body", raw(b""), BODY),
    Bad("a list", raw(b"[]"), BODY),
    Bad("deep JSON", raw(b"[" * 200_000), BODY),
    Bad("not UTF-8", raw(b'{"prompt": "\xff\xfe"}'), BODY),
    Bad("text", raw(b"prompt=A kite", "text/plain"), BODY),
    Bad("XML", raw(b"<prompt>A kite</prompt>", "application/xml"), BODY),
    Bad("multipart without a boundary", raw(b"--x\r\n", "multipart/form-data"), BODY),
    Bad("multipart that is none", raw(b"hello", FORM), BODY),
    Bad("multipart cut off", raw(b"--x\r\nContent-Disposition: form-data; na", FORM), BODY, "prompt"),
    Bad("a hundred form fields", raw(b"&".join(b"f%d=1" % n for n in range(100)), PLAIN_FORM), BODY),
)
URLS = (
    Bad("a host that is not there", getting("http://nowhere.invalid/x.png"), "media:url:unreachable", "image_url"),
    *(
        Bad(url or "an empty URL", getting(url), URL, "image_url")
        for url in (
            "http://127.0.0.1/x.png",
            "http://127.0.0.1:22/x.png",
            "http://127.1/x.png",
            "http://2130706433/x.png",
            "http://0x7f000001/x.png",
            "http://localhost/x.png",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/x.png",
            "http://[::ffff:127.0.0.1]/x.png",
            "http://10.0.0.1/x.png",
            "http://0.0.0.0/x.png",
            "file:///etc/passwd",
            "gopher://example.org/",
            "https://user:secret@example.org/x.png",
            "data:image/png,rawbytes",
            "data:image/png;base64,!!!!",
            "",
        )
    ),
)


@pytest.fixture(scope="module")
def standing(ada: Person, own_video: str) -> list[str]:
    """What must still be there after each."""
    listed = ada.http.get("/v1/videos", params={"limit": 100}).raise_for_status().json()["data"]
    assert own_video in [video["id"] for video in listed]
    return [video["id"] for video in listed if video["status"] == "completed"]


@pytest.mark.parametrize("bad", [*MEDIA, *PROMPTS, *FIELDS, *BODIES, *URLS], ids=lambda bad: bad.title[:40])
def test_bad_input_is_refused_by_name_and_harms_nothing_else(
    ada: Person, server: Server, standing: list[str], bad: Bad
) -> None:
    answer = bad.send(ada)
    assert "Traceback" not in answer.text
    if answer.status_code == 200:
        video = ada.end_of(answer.json()["id"])
        assert video["status"] == "failed", video
        assert video["error"]["code"].startswith(bad.code), video
        assert video["error"]["message"]
    else:
        assert_refused(answer, bad)
    assert server.alive
    assert ada.make(f"{FIGURE} waves")["error"]["code"] == NAMED, "the queue does not go on"
    assert all(ada.video(video_id)["status"] == "completed" for video_id in standing[:3])


def assert_refused(answer: httpx.Response, bad: Bad) -> None:
    """A problem document that says what was wrong."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"].startswith(bad.code), problem
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert (problem["field"], bool(problem["limit"])) == (bad.field, bad.limited), problem
    assert problem["error"]["code"] == problem["code"]


@pytest.mark.parametrize("path", ["video_%00", "%00", "..%2f..%2fetc%2fpasswd", "%ff%fe", "a" * 5000, "%F0%9F%92%A9"])
@pytest.mark.parametrize(("verb", "ending"), [("GET", ""), ("GET", "/content"), ("DELETE", ""), ("POST", "/remix")])
def test_an_id_that_is_none_is_not_found(ada: Person, path: str, verb: str, ending: str) -> None:
    answer = ada.http.request(verb, f"/v1/videos/{path}{ending}", json={"prompt": "A kite"} if verb == "POST" else None)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/grants/%00/receipt",
        "/v1/grants/%00/revoke",
        "/v1/subjects/%00/grants",
        "/v1/cases/%00",
        "/v1/optouts/%00",
        "/v1/blocklist/%00",
        "/v1/videos?after=%00",
        "/v1/videos?limit=0",
        "/v1/videos?order=random",
        "/ledger/proof/inclusion?index=99999999999999999999",
        "/ledger/proof/inclusion?index=9999999",
        "/ledger/proof/consistency?first=-1",
        "/ledger/entries?start=x",
    ],
)
def test_no_address_breaks_the_server(admin: Person, path: str) -> None:
    answer = admin.http.request("POST" if path.endswith("revoke") else "GET", path)
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/subjects", {"handle": "x", "display_name": "X"}, "handle"),
        ("/v1/subjects", {"handle": "Not A Handle", "display_name": "X"}, "handle"),
        ("/v1/subjects", {"handle": "fine\u0000", "display_name": "X"}, "handle"),
        ("/v1/subjects", {"handle": "fine_name", "display_name": ""}, "display_name"),
        ("/v1/subjects", {"handle": "fine_name", "display_name": "X", "birth_year": 1066}, "birth_year"),
        ("/v1/subjects", {"handle": "fine_name", "display_name": "X", "admin": True}, "admin"),
        ("/v1/keys", {"name": "x", "lasts_days": 0}, "lasts_days"),
        ("/v1/keys", {"name": "x" * 81}, "name"),
    ],
)
def test_other_doors_name_the_field_too(mallory: Person, path: str, body: dict[str, Any], field: str) -> None:
    answer = mallory.http.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": 2**63}, "max_uses"),
        ({"modalities": []}, "modalities"),
        ({"modalities": ["soul"]}, "modalities.0"),
        ({"note": "x" * 501}, "note"),
        ({"note": "\u0000"}, "note"),
        ({"audience": {"kind": "people"}}, "audience"),
        ({"audience": {"kind": "aliens"}}, "audience.kind"),
    ],
)
def test_a_grant_that_makes_no_sense_is_not_given(ada: Person, terms: dict[str, Any], field: str) -> None:
    body = {"audience": {"kind": "everyone"}, "modalities": ["face"]} | terms
    answer = ada.http.post(f"/v1/subjects/{ada.subject_id}/grants", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_enrolment_takes_pictures_and_sound_only(admin: Person, ada: Person) -> None:
    path = f"/v1/subjects/{ada.subject_id}/enrolment"
    for field in ("pictures", "recordings"):
        answer = admin.http.post(path, files=[(field, ("x.png", b"not media"))])
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert admin.http.post(path, data={"keep_reference": "true"}).json()["code"] == "consent:enrolment:empty"
    bomb = admin.http.post(path, files=[("pictures", ("x.png", footage.bomb()))])
    assert (bomb.status_code, bomb.json()["field"]) == (422, "pictures")


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/keys", "/verify"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(server: Server, ada: Person, path: str) -> None:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    headers = {"content-length": str(10**12), "authorization": f"Bearer {ada.key}", "content-type": "application/json"}
    connection.request("POST", path, headers=headers)
    answer = connection.getresponse()
    problem = json.loads(answer.read())
    connection.close()
    assert (answer.status, problem["code"]) == (413, "kernel:body:too_large")
    assert "bytes" in problem["limit"]


def test_a_body_that_grows_past_the_limit_is_cut_off(ada: Person) -> None:
    chunks = (b" " * size for size in [100_000] * 10 + [1])
    answer = ada.http.post("/v1/keys", content=chunks, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "kernel:body:too_large")


def test_an_idempotency_key_gives_the_same_video_and_no_other(ada: Person) -> None:
    headers = {"idempotency-key": "once"}
    body = GOOD | {"prompt": f"{FIGURE} waves twice"}
    first = ada.http.post("/v1/videos", json=body, headers=headers).raise_for_status().json()
    again = ada.http.post("/v1/videos", json=body, headers=headers).raise_for_status().json()
    assert again["id"] == first["id"]
    other = ada.http.post("/v1/videos", json=body | {"prompt": "A kite"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "request:idempotency_key:reused")


def test_an_upload_whose_decoding_dies_ends_its_case(ada: Person, server: Server) -> None:
    send = showing(footage.footage)
    answer, killed = _killing_children(server, lambda: send(ada))
    if answer.status_code == 200:
        video_id = answer.json()["id"]
        _, more = _killing_children(server, lambda: ada.end_of(video_id))
        video = ada.video(video_id)
        assert (video["status"], video["error"]["code"]) == ("failed", "media:decode:too_costly")
        killed += more
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "media:decode:too_costly")
    assert killed > 0
    assert server.alive


def _killing_children(server: Server, action: Callable[[], Any]) -> tuple[Any, int]:
    """Do something while every decoding process of the server is killed as it appears, as if memory had run out."""
    done, killed = threading.Event(), 0

    def kill() -> None:
        nonlocal killed
        while not done.is_set():
            for child in _decoders_of(server.process.pid):
                try:
                    os.kill(child, signal.SIGKILL)
                    killed += 1
                except ProcessLookupError:
                    continue
            time.sleep(0.005)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        return action(), killed
    finally:
        done.set()
        thread.join()


def _decoders_of(parent: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        found.extend(int(child) for child in children)
    return [child for child in found if _is_decoder(child)]


def _is_decoder(process: int) -> bool:
    try:
        return b"child.py" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
