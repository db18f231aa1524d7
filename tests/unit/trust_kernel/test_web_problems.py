"""What goes wrong is told in one shape, without telling too much; and every answer keeps browsers strict."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, File, Form, Request, UploadFile
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from trust_kernel import errors
from trust_kernel.web import problems
from trust_kernel.web.domain import Throttled
from trust_kernel.web.limits import BodyLimit, SecurityHeaders

KINDS: list[tuple[type[errors.PlacetError], int]] = [
    (errors.InvalidInput, 422),
    (errors.NotFound, 404),
    (errors.NotPermitted, 403),
    (errors.NotAuthenticated, 401),
    (errors.Conflict, 409),
    (errors.Gone, 410),
    (errors.Unavailable, 503),
    (errors.Broken, 500),
    (Throttled, 429),
]


class Prompt(BaseModel):
    prompt: str = Field(max_length=5)


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    problems.install(app, openai_prefixes=("/v1/videos",))
    app.add_middleware(BodyLimit, max_bytes=1000, forms={"/upload": 5000})
    app.add_middleware(SecurityHeaders)

    @app.get("/raise/{name}")
    @app.get("/v1/videos/raise/{name}")
    def raising(name: str) -> None:
        kind: type[errors.PlacetError] = next(kind for kind, _ in KINDS if kind.__name__ == name)
        raise kind("this went wrong", code="a:b:c", field="prompt", limit="5 s")

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError("the secret is 1234")

    @app.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418, headers={"x-tea": "yes"})

    @app.post("/json")
    def json(body: Prompt) -> int:
        return len(body.prompt)

    @app.post("/upload")
    def upload(file: Annotated[UploadFile, File()], text: Annotated[str, Form()] = "") -> int:
        return (file.size or 0) + len(text)

    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(("kind", "status"), KINDS)
def test_every_error_is_a_problem_document(client: TestClient, kind: type[errors.PlacetError], status: int) -> None:
    answer = client.get(f"/raise/{kind.__name__}")
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"] == problem["error"]["message"] == "this went wrong"
    assert problem["code"] == problem["error"]["code"] == "a:b:c"
    assert (problem["field"], problem["limit"], problem["error"]["param"]) == ("prompt", "5 s", "prompt")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["instance"].endswith("#" + problem["request_id"])
    assert ("retry-after" in answer.headers) == (status in {429, 503})


def test_whoever_goes_away_while_they_send_broke_nothing(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    coming = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])
    said: list[Any] = []

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/raw", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert said[0]["status"] == 400
    assert not caplog.records


def test_every_error_class_has_a_status_of_its_own() -> None:
    known = {kind for kind, _ in KINDS}
    assert set(errors.PlacetError.__subclasses__()) <= known
    assert len({status for _, status in KINDS}) == len(KINDS)


def test_openais_clients_hear_of_bad_input_as_400(client: TestClient) -> None:
    assert client.get("/v1/videos/raise/InvalidInput").status_code == 400
    assert client.get("/v1/videos/raise/Conflict").status_code == 409


def test_an_unexpected_error_is_logged_and_not_told(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/crash")
    assert answer.status_code == 500
    assert "1234" not in answer.text
    assert "Traceback" not in answer.text
    record = next(record for record in caplog.records if record.name == "trust_kernel.web.problems")
    assert answer.json()["request_id"] in record.getMessage()
    assert record.exc_info is not None
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_malformed_request_names_the_field_and_never_repeats_it(client: TestClient) -> None:
    answer = client.post("/json", json={"prompt": "sesame open"})
    problem = answer.json()
    assert (answer.status_code, problem["field"], problem["limit"]) == (422, "prompt", "max_length 5")
    assert "sesame" not in answer.text
    assert client.post("/json", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    assert client.post("/json", json={}).json()["errors"][0]["field"] == "prompt"


def test_unknown_paths_and_methods_are_problems_too(client: TestClient) -> None:
    missing, method = client.get("/nowhere"), client.put("/json")
    assert (missing.status_code, missing.json()["code"]) == (404, "kernel:object:not_found")
    assert (method.status_code, method.headers["allow"]) == (405, "POST")
    assert client.get("/teapot").headers["x-tea"] == "yes"


def streamed(size: int) -> Iterator[bytes]:
    for _ in range(size // 100):
        yield b"x" * 100


@pytest.mark.parametrize("path", ["/raw", "/json"])
def test_a_body_past_the_limit_is_refused_however_it_is_sent(client: TestClient, path: str) -> None:
    kind = {"content-type": "application/json"}
    for answer in (
        client.post(path, content=b"x" * 1001, headers=kind),
        client.post(path, content=streamed(1100), headers=kind),
        client.post(path, content=b"x" * 1100, headers=kind | {"content-length": "10"}),
    ):
        assert (answer.status_code, answer.json()["limit"]) == (413, "1000 bytes")
        assert answer.json()["code"] == "kernel:body:too_large"
        assert "x-request-id" in answer.headers
    assert client.post("/raw", content=streamed(1000)).json() == 1000


def test_a_form_past_the_limit_is_refused_while_it_comes(client: TestClient) -> None:
    assert client.post("/upload", files={"file": b"x" * 4000}).json() == 4000
    assert client.post("/upload", files={"file": b"x" * 6000}).status_code == 413
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield head
        yield from streamed(6000)
        yield b"\r\n--b--\r\n"

    answer = client.post("/upload", content=body(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/upload", "multipart/form-data; boundary=b", 5000),
        ("/upload", "Multipart/Form-Data", 5000),
        ("/upload", "application/json", 1000),
        ("/upload", "multipart/form-data-not", 1000),
        ("/upload", "", 1000),
        ("/upload/below", "multipart/form-data", 1000),
        ("/upload/x/more", "multipart/form-data", 3000),
        ("/upload/x/y/more", "multipart/form-data", 1000),
        ("/upload/x/more", "application/x-www-form-urlencoded", 1000),
        ("/any", "application/json", 2000),
        ("/anybody", "application/json", 1000),
    ],
)
def test_only_forms_with_files_have_more_room_and_only_where_they_are_taken(path: str, kind: str, limit: int) -> None:
    limits = BodyLimit(
        FastAPI(), max_bytes=1000, forms={"/upload": 5000, "/upload/*/more": 3000}, bodies={"/any": 2000}
    )
    assert limits.limit_for(path, kind) == limit


def test_json_has_no_more_room_where_forms_have(client: TestClient) -> None:
    answer = client.post("/upload", content=b"x" * 1100, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["limit"]) == (413, "1000 bytes")


def test_every_answer_keeps_browsers_strict(client: TestClient) -> None:
    headers = client.get("/nowhere").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_https_is_to_stay_https(app: FastAPI) -> None:
    secure = TestClient(app, base_url="https://placet.test")
    assert secure.get("/nowhere").headers["strict-transport-security"].startswith("max-age=31536000")


def test_a_request_id_is_kept_if_it_is_one(client: TestClient) -> None:
    assert client.get("/nowhere", headers={"x-request-id": "trace-12345678"}).json()["request_id"] == "trace-12345678"
    for bad in ("short", "x" * 200, "a b c d e f g h"):
        assert client.get("/nowhere", headers={"x-request-id": bad}).json()["request_id"].startswith("req_")
