"""Verification over HTTP: without an account, in bounds, in the reader's language, and forgetful."""

import json
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from fastapi import FastAPI
from fastapi.testclient import TestClient

from generator_gateway.api import ReportDesk, ReportTerms
from generator_gateway.routes import build_verify_router
from generator_gateway.routes.apart import ThreadsApart
from tests.fakes.consent import FakeClock
from tests.fakes.verification import MemoryReports, World, a_credential, looks, marked
from tests.fakes.web import FakeIdentities, access_of
from trust_kernel.errors import Unavailable
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.problems import install
from trust_kernel.web.rate import RateLimit, TokenBuckets

A = 1 << 62 | 5
MOST = 3_000_000
DIGEST = "d" * 64


class Door:
    """A client of the routes, and the world behind them."""

    def __init__(self, folder: Path, per_minute: int = 1000, at_once: int = 32) -> None:
        self.world = World(folder)
        self.clock = FakeClock()
        self.reports = MemoryReports()
        desk = ReportDesk(self.reports, self.world.releases, self.world.ledger, self.clock, ReportTerms(30))
        self.app = FastAPI()
        limit = RateLimit(TokenBuckets(per_minute, stopwatch=lambda: 0.0))
        access, threads = access_of(FakeIdentities()), ThreadsApart(at_once)
        self.app.include_router(build_verify_router(self.world.desk, desk, access, limit, MOST, threads))
        install(self.app)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.world.file(b"film", prints=looks("c"))

    def verify(self, content: bytes = b"film", **options: Any) -> Any:
        answer = self.client.post("/verify", files={"file": ("clip.mp4", content)}, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads lie while they are looked at."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def door(tmp_path: Path, scratch: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    with made.client:
        yield made
    assert list(scratch.iterdir()) == []


def test_every_route_is_open_to_everybody(door: Door) -> None:
    assert {declared_permission(route) for route in routes_of(door.app) if "/verify" in route.path} == {PUBLIC}


def test_a_file_is_verified_and_nothing_of_it_stays(door: Door) -> None:
    found = door.verify()
    assert found["sentence"] == found["headline"]["sentence"]
    assert found["headline"]["code"] == "verify:headline:nothing"
    assert (found["watermark"]["state"], found["sound_watermark"]["state"]) == ("not_found", "absent")
    assert (found["release"], found["recovered"], found["kept_until"]) == (None, False, None)
    assert door.reports.kept == {}


def test_the_file_may_be_the_body_itself(door: Door) -> None:
    answer = door.client.post("/verify", content=b"film", headers={"content-type": "video/mp4"})
    assert answer.json()["size"] == 4
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "query", "starts"),
    [
        ({"accept-language": "it"}, "", "Non si è trovato"),
        ({"accept-language": "de"}, "", "Nothing was found"),
        ({}, "?lang=it", "Non si è trovato"),
        ({"accept-language": "it"}, "?lang=en", "Nothing was found"),
    ],
)
def test_the_answer_is_in_the_readers_language(door: Door, headers: dict[str, str], query: str, starts: str) -> None:
    answer = door.client.post(f"/verify{query}", files={"file": ("x", b"film")}, headers=headers).json()
    assert answer["sentence"].startswith(starts)
    assert answer["headline"]["code"] == "verify:headline:nothing"


@pytest.mark.parametrize("size", [MOST + 1, MOST + 2_000_000])
@pytest.mark.parametrize("form", [True, False])
def test_a_file_past_the_limit_is_refused_by_size(door: Door, size: int, form: bool) -> None:
    content = b"x" * size
    if form:
        answer = door.client.post("/verify", files={"file": ("big.mp4", content)})
    else:
        answer = door.client.post("/verify", content=content, headers={"content-type": "video/mp4"})
    assert (answer.status_code, answer.json()["field"], answer.json()["limit"]) == (422, "file", f"{MOST} bytes")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data": {"file": "text"}},
        {"files": {"other": ("x.mp4", b"film")}},
        {"files": {"file": ("", b"film")}},
        {"json": {"file": "x"}},
        {"content": b"", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"garbage", "headers": {"content-type": "multipart/form-data; boundary=xx"}},
        {"content": b"--xx\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=xx"}},
    ],
)
def test_a_request_without_a_file_names_the_field(door: Door, options: dict[str, Any]) -> None:
    answer = door.client.post("/verify", **options)
    assert (answer.status_code, answer.json()["field"]) == (422, "file")


def test_a_form_of_endless_parts_or_headers_is_refused(door: Door) -> None:
    many = "".join(f'--b\r\nContent-Disposition: form-data; name="n{at}"\r\n\r\nx\r\n' for at in range(100))
    long = '--b\r\nContent-Disposition: form-data; name="' + "n" * 100_000 + '"\r\n\r\nx\r\n'
    text = '--b\r\nContent-Disposition: form-data; name="keep"\r\n\r\n' + "y" * 100_000 + "\r\n"
    for body in (many, long, text):
        answer = door.client.post(
            "/verify", content=f"{body}--b--\r\n", headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code == 422, answer.text


def test_only_the_first_file_counts_and_its_name_is_no_path(door: Door, scratch: Path) -> None:
    del scratch
    files = [("file", ("../../../etc/passwd.mp4", b"film")), ("file", ("second.mp4", b"other"))]
    answer = door.client.post("/verify", files=files)
    assert answer.json()["size"] == 4


def test_a_large_file_arrives_whole(door: Door) -> None:
    content = bytes(range(256)) * 11_000
    assert door.verify(content)["size"] == len(content)


def test_progress_comes_line_by_line_and_ends_with_the_same_answer(door: Door) -> None:
    plain = door.verify()
    answer = door.client.post(
        "/verify?lang=it", files={"file": ("x", b"film")}, headers={"accept": "application/x-ndjson"}
    )
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    steps = ["received", "credential", "marks", "fingerprint", "ledger", "done"]
    assert [line["step"] for line in lines[:-1]] == steps
    assert lines[1]["sentence"] == "Leggo la credenziale di contenuto"
    assert lines[-1]["event"] == "verification"
    assert lines[-1]["verification"]["headline"]["code"] == plain["headline"]["code"]


def test_a_failure_on_the_way_is_the_last_line(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise Unavailable("no room")

    monkeypatch.setattr(door.world.credentials, "examine", away)
    answer = door.client.post("/verify", files={"file": ("x", b"film")}, headers={"accept": "application/x-ndjson"})
    last = json.loads(answer.text.splitlines()[-1])
    assert (last["event"], last["problem"]["status"], last["problem"]["detail"]) == ("problem", 503, "no room")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_told_in_the_last_line_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_args: object, **_options: object) -> None:
        raise RuntimeError("not for strangers")

    monkeypatch.setattr(door.world.credentials, "examine", break_down)
    answer = door.client.post("/verify", files={"file": ("x", b"film")}, headers={"accept": "application/x-ndjson"})
    last = json.loads(answer.text.splitlines()[-1])
    assert (last["event"], last["problem"]["status"]) == ("problem", 500)
    assert "strangers" not in answer.text


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_files_that_take_long_keep_nobody_from_other_answers(
    door: Door, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    held, begun = threading.Event(), threading.Semaphore(0)

    def wait(*_args: object, **_options: object) -> None:
        begun.release()
        held.wait(20)
        raise Unavailable("no room")

    monkeypatch.setattr(door.world.credentials, "examine", wait)

    def leave_two_threads() -> None:
        to_thread.current_default_thread_limiter().total_tokens = 2

    def send() -> None:
        door.client.post("/verify", files={"file": ("x", b"film")}, headers={"accept": accept})

    assert door.client.portal is not None
    door.client.portal.call(leave_two_threads)
    with ThreadPoolExecutor() as pool:
        try:
            waiting = [pool.submit(send) for _ in range(2)]
            for _ in waiting:
                assert begun.acquire(timeout=10)
            other = pool.submit(door.client.get, f"/verify/{DIGEST}")
            assert other.result(timeout=5).status_code == 404
        finally:
            held.set()


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("path", ["/verify", "/verify/crjson"])
def test_whoever_finds_every_place_taken_is_told_to_come_back(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, path: str, accept: str
) -> None:
    door = Door(tmp_path, at_once=1)
    held, begun = threading.Event(), threading.Event()

    def wait(*_args: object, **_options: object) -> None:
        begun.set()
        held.wait(20)
        raise Unavailable("no room")

    monkeypatch.setattr(door.world.credentials, "examine", wait)

    def send(to: str) -> Any:
        return door.client.post(to, files={"file": ("x", b"film")}, headers={"accept": accept})

    with door.client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, "/verify")
        try:
            assert begun.wait(10)
            refused = send(path)
        finally:
            held.set()
        first.result(timeout=20)
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)
        monkeypatch.undo()
        assert send("/verify").status_code == 200, "the place was given back"
    assert list(scratch.iterdir()) == []


# --- permalinks


def test_nothing_is_known_of_a_digest_that_nobody_kept(door: Door) -> None:
    sha256 = door.verify()["sha256"]
    assert door.client.get(f"/verify/{sha256}").status_code == 404
    assert door.client.get("/verify/nonsense").status_code == 422


@pytest.mark.parametrize("asked", [{"params": {"keep": "true"}}, {"data": {"keep": "true"}}])
def test_a_kept_report_is_found_in_any_language_until_its_days_are_over(door: Door, asked: dict[str, Any]) -> None:
    kept = door.verify(**asked)
    assert kept["kept_until"] is not None
    link = f"/verify/{kept['sha256']}"
    english = door.client.get(link).json()
    assert english["sentence"] == kept["sentence"]
    italian = door.client.get(link, headers={"accept-language": "it"}).json()
    assert (italian["sentence"][:16], italian["language"]) == ("Non si è trovato", "it")
    assert italian["notes"][0]["sentence"] != english["notes"][0]["sentence"]
    door.clock.advance(days=30)
    assert door.client.get(link).status_code == 404


def test_a_kept_report_tells_consent_as_it_stands_now(door: Door) -> None:
    own = door.world.release("a", A)
    door.world.file(b"copy", picture=marked((0, 10, A)), prints=looks("a"))
    kept = door.verify(b"copy", params={"keep": "true"})
    assert kept["release"]["consent"] == "active"
    door.world.withdraw(own)
    later = door.client.get(f"/verify/{kept['sha256']}").json()
    assert (later["release"]["consent"], later["releases"][0]["consent"]) == ("withdrawn", "withdrawn")
    assert later["facts"]["consent"]["answer"]["code"] == "verify:consent:withdrawn"
    assert [note["code"] for note in later["notes"]].count("verify:note:withdrawn") == 1
    assert later["sentence"].endswith("Consent to it was withdrawn: it should no longer be shown or shared.")
    assert "withdrawn" not in kept["sentence"]


def test_a_report_that_another_version_kept_is_not_known_any_more(door: Door) -> None:
    sha256 = door.verify(params={"keep": "true"})["sha256"]
    door.reports.kept[sha256] = replace(door.reports.kept[sha256], body='{"sentence": "of old"}')
    assert door.client.get(f"/verify/{sha256}").status_code == 404


def test_a_report_with_words_that_this_version_does_not_know_is_not_known_any_more(door: Door) -> None:
    door.world.release("a", A)
    door.world.file(b"copy", picture=marked((0, 10, A)), prints=looks("a"))
    sha256 = door.verify(b"copy", params={"keep": "true"})["sha256"]
    kept = door.reports.kept[sha256]
    door.reports.kept[sha256] = replace(kept, body=kept.body.replace('"found_by":"watermark"', '"found_by":"dowsing"'))
    assert door.client.get(f"/verify/{sha256}").status_code == 404


def test_a_released_file_is_known_by_its_digest_alone(door: Door) -> None:
    own = door.world.release("a", A)
    door.reports.released[own.media_digest] = own.case_id
    found = door.client.get(f"/verify/{own.media_digest}").json()
    assert found["headline"]["code"] == "verify:headline:signed_here"
    assert (found["release"]["video_id"], found["release"]["found_by"]) == ("video_a", "file")
    door.world.withdraw(own)
    assert door.client.get(f"/verify/{own.media_digest}").json()["release"]["consent"] == "withdrawn"


def test_nobody_is_named_anywhere(door: Door) -> None:
    door.world.release("a", A, people=2)
    door.world.file(b"copy", picture=marked((0, 10, A)), prints=looks("a"))
    said = json.dumps(door.verify(b"copy", params={"keep": "true"})) + "".join(
        report.body for report in door.reports.kept.values()
    )
    assert "acct_" not in said
    assert "subj_" not in said


def test_a_hostile_title_is_given_as_text_without_what_a_terminal_or_page_obeys(door: Door) -> None:
    report = replace(a_credential(), title="\x1b]0;x\x07<svg onload=alert(1)>\u202e")
    door.world.file(b"hostile", credential=report, prints=looks("c"))
    assert door.verify(b"hostile")["credential"]["title"] == "]0;x<svg onload=alert(1)>"


# --- crJSON, feedback, limits


def test_the_credential_can_be_had_as_crjson(door: Door) -> None:
    door.world.file(b"signed", credential=a_credential(), prints=looks("c"))
    answer = door.client.post("/verify/crjson", files={"file": ("x", b"signed")})
    assert (answer.status_code, answer.json()) == (200, {"manifests": []})
    assert door.client.post("/verify/crjson", files={"file": ("x", b"film")}).status_code == 404


def test_feedback_is_taken_and_runs_out(door: Door) -> None:
    said = {"sha256": DIGEST, "verdict": "wrong", "text": "this is my own film"}
    answer = door.client.post("/verify/feedback", json=said)
    assert (answer.status_code, answer.json()) == (202, {"kept_days": 30})
    ((feedback, until),) = door.reports.feedback
    assert (feedback.right, feedback.text) == (False, "this is my own film")
    assert until - feedback.at == timedelta(days=30)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"sha256": DIGEST, "verdict": "maybe"}, "verdict"),
        ({"sha256": "x", "verdict": "right"}, "sha256"),
        ({"sha256": DIGEST, "verdict": "right", "text": "x" * 1001}, "text"),
        ({"sha256": DIGEST, "verdict": "right", "text": "x" * 100_000}, "text"),
        ("not an object", None),
    ],
)
def test_feedback_that_cannot_be_used_is_refused(door: Door, said: object, field: str | None) -> None:
    answer = door.client.post("/verify/feedback", json=said)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert door.reports.feedback == []


def test_one_address_may_not_ask_without_end_by_whichever_door(tmp_path: Path, scratch: Path) -> None:
    del scratch
    door = Door(tmp_path, per_minute=3)
    with door.client:
        door.verify()
        door.client.get(f"/verify/{DIGEST}")
        door.client.post("/verify/feedback", json={"sha256": DIGEST, "verdict": "right"})
        answer = door.client.post("/verify", files={"file": ("x", b"film")})
    assert answer.status_code == 429
    assert answer.headers["retry-after"]
