"""Somebody is blocked after their videos were released, in a whole house: found, taken down, brought back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator_gateway.ports.bindings import Prints
from tests.factories.ownership import out
from tests.unit.placet.test_claims_over_http import Registry

VIDEO = "video_0000000000000001"
REASON = "release:person:touched"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path / "data")
    yield made
    made.town.house.kernel.database.dispose()


def test_whoever_is_blocked_is_found_in_what_was_released_taken_down_and_brought_back(registry: Registry) -> None:
    house, http, staff = registry.town.house, registry.town.http, registry.staff.headers
    maker = registry.town.person("maker", "requester")
    digest = house.kernel.blobs.put_bytes(b"a film of somebody")
    out(
        house.shelves.cases,
        house.shelves.releases,
        VIDEO,
        maker=maker.account_id,
        media_digest=digest,
        prompt="Zebulon Quartermain waves from a b0at",
    )
    house.shelves.bindings.register(VIDEO, Prints(), "")

    added = http.post("/v1/blocklist", data={"name": "Zebulon Quartermain"}, headers=staff)
    added.raise_for_status()
    entry = added.json()["id"]
    house.gateway.searcher.sweep()

    (found,) = http.get("/v1/takedowns", params={"about": entry}, headers=staff).json()["data"]
    assert (found["state"], found["reason"], found["counts"]) == ("proposed", REASON, {"proposed": 1})
    at = f"/v1/takedowns/{found['id']}"
    (video,) = http.get(at, headers=staff).json()["videos"]
    assert (video["found_by"], video["what"]) == ("prompt", "Zebulon Quartermain")
    assert http.get(f"/v1/videos/{VIDEO}/content", headers=maker.headers).status_code == 200
    assert http.post(f"{at}/confirm", json={}, headers=staff).json()["state"] == "taken_down"

    assert http.get(f"/v1/videos/{VIDEO}/content", headers=maker.headers).status_code == 410
    notices = http.get("/v1/notices", headers=maker.headers).json()["data"]
    (told,) = [one["data"] for one in notices if one["type"] == "release:video:taken_down"]
    assert (told["reason"], told["title"]) == (REASON, None)
    assert told["appeal"] == f"/v1/videos/{VIDEO}/appeal"

    assert http.post(f"{at}/undo", headers=staff).json()["state"] == "undone"
    assert http.get(f"/v1/videos/{VIDEO}/content", headers=maker.headers).content == b"a film of somebody"
    house.gateway.searcher.sweep()
    http.patch(f"/v1/blocklist/{entry}", json={"aliases": ["Zeb Quartermain"]}, headers=staff).raise_for_status()
    house.gateway.searcher.sweep()
    again = http.get("/v1/takedowns", params={"about": entry}, headers=staff).json()["data"]
    assert [one["state"] for one in again] == ["undone"]
