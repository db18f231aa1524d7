"""The HTTP door of imports."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from copyright_optout.routes import build_router
from tests.factories.databases import sqlite
from tests.factories.imports import ImportHouse, import_house
from tests.fakes.optout import PillowDecoder
from tests.unit.copyright_optout.test_routes import Keys
from trust_kernel.errors import PlacetError
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access

LIST = b"title,reference\nFennimore Fox,ref-1\nthe,ref-2\nApple,ref-3\n"
FORM = {
    "kind": "character",
    "ground": "owner",
    "statement": "ours since 1998",
    "declarations": ["accurate", "authorised", "good_faith"],
}


@dataclass
class Site:
    house: ImportHouse
    client: TestClient

    def call(self, method: str, path: str, key: str) -> tuple[int, dict[str, object]]:
        answer = self.client.request(method, f"/v1/optouts/imports{path}", headers=_signed(key))
        return answer.status_code, answer.json()

    def send(self, key: str, data: bytes = LIST, **form: object) -> tuple[int, dict[str, object]]:
        answer = self.client.post(
            "/v1/optouts/imports", headers=_signed(key), files={"file": ("list.csv", data)}, data=FORM | form
        )
        return answer.status_code, answer.json()

    def report(self, key: str, import_id: object) -> list[dict[str, object]]:
        answer = self.client.get(f"/v1/optouts/imports/{import_id}/report", headers=_signed(key))
        assert answer.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) for line in answer.text.splitlines()]


def _signed(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with sqlite(tmp_path) as database:
        house = import_house(database)
        app = FastAPI()
        app.include_router(build_router(house.index, Access(Keys()), PillowDecoder(), MediaLimits(max_bytes=200_000)))

        @app.exception_handler(PlacetError)
        def say(_request: Request, error: PlacetError) -> JSONResponse:
            return JSONResponse({"error": type(error).__name__, "code": error.code}, status_code=418)

        yield Site(house, TestClient(app))


def test_a_list_is_accepted_taken_in_by_a_worker_and_reported_line_by_line(site: Site) -> None:
    status, sent = site.send("a")
    assert (status, sent["state"], sent["bytes"], sent["lines"]) == (202, "waiting", len(LIST), 0)
    site.house.desk.tend()
    done = site.call("GET", f"/{sent['id']}", "a")[1]
    assert (done["state"], done["added"], done["rejected"], done["concerning"]) == ("done", 2, 1, 1)
    assert done["bytes_read"] == done["bytes"]
    good, bad, word = site.report("a", sent["id"])
    assert (good["line"], good["outcome"], good["trouble"], good["reference"]) == (2, "added", None, "ref-1")
    assert bad["trouble"] == {
        "code": "optout:name:common",
        "detail": "'the' is in every other sentence",
        "field": "title",
        "limit": "",
        "advice": "Claim the whole name, not a word of every sentence.",
    }
    assert word["concerns"] == [{"concern": "common_word", "name": "Apple"}]


def test_staff_activate_an_import_as_a_whole_and_a_rights_holder_cannot(site: Site) -> None:
    sent = site.send("a")[1]["id"]
    site.house.desk.tend()
    assert site.call("POST", f"/{sent}/activate", "a")[1]["error"] == "NotPermitted"
    assert site.call("POST", f"/{sent}/activate", "staff")[0] == 202
    site.house.desk.tend()
    done = site.call("GET", f"/{sent}", "a")[1]
    assert (done["state"], done["activated"], done["left"]) == ("activated", 2, 0)
    assert site.house.index.named("a film of Fennimore Fox")


def test_an_import_of_somebody_else_is_not_found(site: Site) -> None:
    sent = site.send("a")[1]["id"]
    for method, path in (("GET", ""), ("GET", "/report"), ("DELETE", "")):
        status, said = site.call(method, f"/{sent}{path}", "b")
        assert (status, said["error"], said["code"]) == (418, "NotFound", "optout:import:unknown")
    assert site.call("GET", "", "b")[1] == {"data": [], "has_more": False}
    assert site.send("b", organisation=site.house.own)[1]["error"] == "NotFound"
    listed = site.call("GET", "", "staff")[1]["data"]
    assert isinstance(listed, list)
    assert [one["id"] for one in listed] == [sent]


def test_an_import_is_cancelled(site: Site) -> None:
    sent = site.send("a")[1]["id"]
    assert site.call("DELETE", f"/{sent}", "a")[1]["state"] == "cancelled"
    assert site.call("DELETE", f"/{sent}", "a")[1]["code"] == "optout:import:over"


def test_without_permission_nothing_is_done(site: Site) -> None:
    assert site.send("nobody")[1]["error"] == "NotPermitted"
    assert site.send("wrong")[1]["error"] == "NotAuthenticated"


def test_what_holds_for_all_lines_is_checked_at_once(site: Site) -> None:
    assert site.send("a", declarations=["accurate"])[1]["code"] == "optout:claim:declarations"
    assert site.send("a", submit="false", declarations=[])[0] == 202
    assert site.send("a", data="title\nFenn".encode("utf-16"))[1]["code"] == "optout:import:encoding"
