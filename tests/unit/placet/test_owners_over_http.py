"""Owners who disagree, through the real application: its routes, its database by the migration, its worker's chores."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, update

from generator_gateway.service.owning import Appearing
from generator_gateway.tables import ObjectionRow
from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import House, build_house
from tests.factories.members import Member, joined
from tests.factories.ownership import out
from trust_kernel.settings import Settings

VIDEO, CHILD = "video_1", "video_2"
FILE = b"not really a video"


@dataclass(frozen=True, slots=True)
class Scene:
    """A deployment with two videos of Ada's that show Bea, one made of the other."""

    house: House
    client: TestClient
    ada: Member
    bea: Member
    mallory: Member
    staff: Member

    def get(self, who: Member, path: str, status: int = 200) -> dict[str, object]:
        return self._answered("GET", who, path, status)

    def post(self, who: Member, path: str, status: int = 200, **body: object) -> dict[str, object]:
        return self._answered("POST", who, path, status, body or None)

    def delete(self, who: Member, path: str, status: int = 200) -> dict[str, object]:
        return self._answered("DELETE", who, path, status)

    def _answered(
        self, verb: str, who: Member, path: str, status: int, body: dict[str, object] | None = None
    ) -> dict[str, object]:
        answer = self.client.request(verb, path, headers=who.headers, json=body)
        assert answer.status_code == status, answer.text
        found: dict[str, object] = answer.json() if answer.content else {}
        return found

    def notices(self, who: Member) -> list[str]:
        return [event.type for event in self.house.kernel.outbox.for_recipient(who.account_id)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data: Path = tmp_path_factory.mktemp("owners")
    house = build_house(Settings(data_dir=data, links_per_minute=50, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house, pages=False)) as client:
        ada = joined(house, "ada", "requester")
        bea = joined(house, "bea", "subject", handle=True)
        people = Appearing(bea.subject_id, bea.account_id, frozenset({"face"}))
        digest = house.kernel.blobs.put_bytes(FILE)
        for case_id, parent in ((VIDEO, None), (CHILD, VIDEO)):
            out(
                house.shelves.cases,
                house.shelves.releases,
                case_id,
                people,
                maker=ada.account_id,
                remix_of=parent,
                media_digest=digest,
            )
        mallory = joined(house, "mallory", "requester", "subject")
        yield Scene(house, client, ada, bea, mallory, joined(house, "staff", "reviewer"))
    house.kernel.database.dispose()


def test_owners_and_lineage_are_shown_to_owners_alone(scene: Scene) -> None:
    owners = scene.get(scene.bea, f"/v1/videos/{CHILD}/owners")
    assert isinstance(owners["owners"], list)
    assert [(one["role"], one["handle"], one["share"]) for one in owners["owners"]] == [
        ("requester", None, "1/2"),
        ("subject", "bea", "1/2"),
    ]
    assert owners["may"] == ["see", "download", "share", "remix", "delete", "withdraw", "object"]
    assert len(hashlib.sha256(str(owners["canonical"]).encode()).hexdigest()) == 64
    lineage = scene.get(scene.ada, f"/v1/videos/{CHILD}/lineage")
    assert lineage["ancestors"] == [
        {
            "video_id": VIDEO,
            "depth": 1,
            "state": "released",
            "people": [{"handle": "bea", "modalities": ["face"]}],
        }
    ]
    for path in ("owners", "lineage", "links"):
        assert scene.get(scene.mallory, f"/v1/videos/{VIDEO}/{path}", 404)["code"] == "video:object:unknown"
    for verb in ("withdraw", "object", "links"):
        assert scene.post(scene.mallory, f"/v1/videos/{VIDEO}/{verb}", 404)["code"] == "video:object:unknown"


def test_a_person_finds_themselves(scene: Scene) -> None:
    page = scene.get(scene.bea, f"/v1/subjects/{scene.bea.subject_id}/whereabouts")
    assert isinstance(page["data"], list)
    assert [(one["video_id"], one["parts"][0]["use"]) for one in page["data"]] == [
        (CHILD, "consented"),
        (VIDEO, "consented"),
    ]
    scene.get(scene.mallory, f"/v1/subjects/{scene.bea.subject_id}/whereabouts", 404)


def test_an_objection_goes_its_way_from_the_person_to_staff(scene: Scene) -> None:
    link = str(scene.post(scene.ada, f"/v1/videos/{VIDEO}/links", 201)["url"]).partition("/s/")[2]
    assert scene.client.get(f"/s/{link}/content").content == FILE
    held = scene.post(scene.bea, f"/v1/videos/{VIDEO}/object", note="not like this")
    assert held["state"] == "objected"
    assert scene.client.get(f"/s/{link}/content").status_code == 410
    assert scene.get(scene.ada, f"/v1/videos/{VIDEO}/content", 409)["code"] == "release:video:objected"
    assert scene.client.get(f"/v1/videos/{VIDEO}/content", headers=scene.bea.headers).content == FILE
    shown = scene.get(scene.ada, f"/v1/videos/{VIDEO}")
    assert isinstance(shown["placet"], dict)
    assert shown["placet"]["state"] == "objected"
    assert scene.delete(scene.bea, f"/v1/videos/{VIDEO}/objection")["state"] == "released"
    assert scene.client.get(f"/s/{link}/content").content == FILE
    scene.post(scene.bea, f"/v1/videos/{VIDEO}/object")
    assert scene.get(scene.staff, "/v1/objections")["data"] == []
    decide = f"/v1/objections/{VIDEO}"
    assert scene.post(scene.staff, decide, 409, decision="dismiss")["code"] == "release:objection:early"
    let_run_out(scene)
    scene.house.gateway.sweeper.sweep()
    assert scene.notices(scene.ada).count("release:objection:escalated") == 1
    assert [one["video_id"] for one in listed(scene)] == [VIDEO]
    assert scene.post(scene.staff, decide, decision="dismiss")["state"] == "released"
    assert scene.post(scene.bea, f"/v1/videos/{VIDEO}/object", 409)["code"] == "release:objection:decided"
    scene.get(scene.ada, "/v1/objections", 403)


def listed(scene: Scene) -> list[dict[str, object]]:
    data = scene.get(scene.staff, "/v1/objections")["data"]
    assert isinstance(data, list)
    return data


def let_run_out(scene: Scene) -> None:
    """Put the objection's time in the past."""
    past = scene.house.kernel.clock.now() - timedelta(seconds=1)
    with scene.house.kernel.database.transaction() as session:
        session.connection().execute(update(ObjectionRow).where(col(ObjectionRow.case_id) == VIDEO).values(until=past))


def test_what_somebody_in_it_takes_back_stays_back(scene: Scene) -> None:
    link = str(scene.post(scene.ada, f"/v1/videos/{CHILD}/links", 201, days=30)["url"]).partition("/s/")[2]
    assert scene.client.get(f"/s/{link}/about").json()["people"] == 1
    assert scene.post(scene.bea, f"/v1/videos/{CHILD}/withdraw")["state"] == "withdrawn"
    assert scene.client.get(f"/s/{link}/about").status_code == 410
    assert scene.get(scene.ada, f"/v1/videos/{CHILD}/content", 410)["code"] == "release:video:withdrawn"
    scene.post(scene.ada, f"/v1/videos/{CHILD}/links", 410)
    scene.delete(scene.bea, f"/v1/videos/{CHILD}/objection", 410)
    scene.delete(scene.ada, f"/v1/videos/{CHILD}")
    scene.get(scene.ada, f"/v1/videos/{CHILD}", 404)
    scene.get(scene.bea, f"/v1/videos/{CHILD}")
    assert "release:video:withdrawn" in scene.notices(scene.ada)
