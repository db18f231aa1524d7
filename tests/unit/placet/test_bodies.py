"""How much may be sent where: files as forms, references as JSON, and of anything else no more than a megabyte."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.testclient import TestClient
from PIL import Image

from placet.app import body_limits, build_app, form_limits
from placet.wiring import House, build_house
from trust_kernel.settings import Settings
from trust_kernel.web.access import routes_of
from trust_kernel.web.limits import BodyLimit

MEGA = 1_000_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build_house(Settings(data_dir=tmp_path_factory.mktemp("bodies")))
    made.kernel.database.create_all()
    yield made
    made.kernel.database.dispose()


@pytest.fixture(scope="module")
def app(house: House) -> FastAPI:
    return build_app(house)


def test_every_route_that_takes_files_and_no_other_has_room_for_them(app: FastAPI, house: House) -> None:
    settings = house.kernel.settings
    limits = BodyLimit(app, forms=form_limits(settings), bodies=body_limits(settings))
    roomy, taking = set(), set()
    for route in routes_of(app):
        path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
        if set(route.methods or ()) & {"POST", "PUT", "PATCH"}:
            if limits.limit_for(path, "multipart/form-data") > MEGA:
                roomy.add(route.path)
            if takes_files(route.dependant):
                taking.add(route.path)
    in_pieces = {"/v1/videos", "/verify", "/verify/crjson", "/is-this-ai", "/is-this-ai/feedback"}
    assert len(taking) > 5
    # A page's path below /me/enrol with another last part looks the same, and takes no more than its own few fields.
    assert roomy - taking == in_pieces | {"/sbr/matches/byContent", "/me/enrol/age"}
    assert taking - roomy == set()


def takes_files(asked: Dependant) -> bool:
    """Whether a form with files is read, by a route itself or by what it depends on."""
    own = any("UploadFile" in str(one.field_info.annotation) for one in asked.body_params)
    return own or any(takes_files(one) for one in asked.dependencies)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b", ""])
def test_two_megabytes_for_a_number_are_refused_before_anybody_is_asked_who_they_are(app: FastAPI, kind: str) -> None:
    answer = TestClient(app).put("/v1/subjects/x/cap", content=b" " * 2 * MEGA, headers={"content-type": kind})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (413, "kernel:body:too_large")
    assert problem["limit"] == f"{MEGA} bytes"


def test_references_in_json_may_be_as_large_as_ever(app: FastAPI, house: House, tmp_path: Path) -> None:
    accounts = house.kernel.accounts
    made = accounts.register("ada@example.org", "a long password", ("requester",), "Ada")
    key = accounts.issue_key(made.id, "test", accounts.permissions(made.id)).plaintext
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    url = f"data:image/png;base64,{base64.b64encode((tmp_path / 'noise.png').read_bytes()).decode()}"
    assert len(url) > 3 * MEGA
    body = {"prompt": "a storm", "input_reference": {"image_url": url}}
    answer = TestClient(app).post("/v1/videos", json=body, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
