"""A claim meets the past in a whole house, over HTTP: tried, active, its videos found, taken down and brought back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator_gateway.ports.bindings import Prints
from tests.factories.claims import FORM
from tests.factories.ownership import out
from tests.unit.placet.test_claims_over_http import Registry

VIDEO = "video_0000000000000001"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path / "data")
    yield made
    made.town.house.kernel.database.dispose()


def test_what_was_released_before_is_found_taken_down_and_brought_back(registry: Registry) -> None:
    house, http, staff = registry.town.house, registry.town.http, registry.staff.headers
    maker = registry.town.person("maker", "requester")
    digest = house.kernel.blobs.put_bytes(b"a film of a fox")
    shelves = house.shelves
    prompt = "a f0x called Fennimore Fox"
    out(shelves.cases, shelves.releases, VIDEO, maker=maker.account_id, media_digest=digest, prompt=prompt)
    shelves.bindings.register(VIDEO, Prints(), "")
    filed = registry.filed("Fennimore Fox")
    claim, seen = filed["id"], {"seen": filed["changed_at"]}

    tried = registry.call(registry.studio, "POST", f"/{claim}/rehearsal", json={"days": 90})
    assert (tried.status_code, tried.json()["stopped"]) == (202, 1)
    assert [one["words"] for one in tried.json()["examples"]] == ["Fennimore Fox"]
    assert "called" not in tried.text
    registry.call(registry.staff, "POST", f"/{claim}/activate", json=seen).raise_for_status()
    house.gateway.searcher.sweep()

    (found,) = http.get("/v1/takedowns", params={"about": claim}, headers=staff).json()["data"]
    assert (found["state"], found["counts"]) == ("proposed", {"proposed": 1})
    assert http.get("/v1/takedowns", headers=registry.studio.headers).status_code == 403
    at = f"/v1/takedowns/{found['id']}"
    assert http.get(f"/v1/videos/{VIDEO}", headers=maker.headers).json()["placet"]["state"] != "taken_down"
    assert http.post(f"{at}/confirm", json={}, headers=staff).json()["state"] == "taken_down"

    refused = http.get(f"/v1/videos/{VIDEO}/content", headers=maker.headers)
    assert refused.status_code == 410
    assert refused.json()["error"]["code"] == "release:video:taken_down"
    notices = http.get("/v1/notices", headers=maker.headers).json()["data"]
    (told,) = [one["data"] for one in notices if one["type"] == "release:video:taken_down"]
    assert told["title"] == "Fennimore Fox"
    assert told["appeal"] == f"/v1/videos/{VIDEO}/appeal"

    registry.call(registry.staff, "POST", f"/{claim}/dispute").raise_for_status()
    house.gateway.sweeper.sweep()
    (marked,) = http.get("/v1/takedowns", params={"groundless": True}, headers=staff).json()["data"]
    assert (marked["id"], marked["groundless_since"] is not None) == (found["id"], True)
    again = http.post("/v1/takedowns", json={"claim_id": claim}, headers=staff)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "takedown:batch:groundless")

    assert http.post(f"{at}/undo", headers=staff).json()["state"] == "undone"
    assert http.get(f"/v1/videos/{VIDEO}/content", headers=maker.headers).content == b"a film of a fox"


def test_a_list_that_takes_effect_is_one_search_and_a_proposal_for_each_claim_that_touches_something(
    registry: Registry,
) -> None:
    house, http, staff = registry.town.house, registry.town.http, registry.staff.headers
    shelves, maker = house.shelves, registry.town.person("maker", "requester")
    for number, name in enumerate(("Fennimore Fox", "Grizelda Grouse")):
        video = f"video_{number:016}"
        digest, prompt = house.kernel.blobs.put_bytes(name.encode()), f"{name} dances"
        out(shelves.cases, shelves.releases, video, maker=maker.account_id, media_digest=digest, prompt=prompt)
        shelves.bindings.register(video, Prints(), "")
    table = b"title,told\nFennimore Fox,title\nGrizelda Grouse,nothing\nBoxwell Badger,title\n"
    form = {"kind": "character", **FORM}
    sent = registry.call(registry.studio, "POST", "/imports", data=form, files={"file": ("claims.csv", table)})
    assert sent.status_code == 202, sent.text
    house.gateway.importer.sweep()
    at = f"/imports/{sent.json()['id']}"
    registry.call(registry.staff, "POST", f"{at}/activate").raise_for_status()
    house.gateway.importer.sweep()

    (searching,) = http.get("/v1/takedowns", headers=staff).json()["data"]
    assert (searching["state"], searching["several"]) == ("searching", 3)
    house.gateway.searcher.sweep()
    found = http.get("/v1/takedowns", headers=staff).json()["data"]
    claims = {one["title"]: one["id"] for one in registry.call(registry.studio, "GET", "").json()["data"]}
    assert {(one["about"], one["title"], one["state"], one["found"]) for one in found} == {
        (claims["Fennimore Fox"], "Fennimore Fox", "proposed", 1),
        (claims["Grizelda Grouse"], "", "proposed", 1),
    }
