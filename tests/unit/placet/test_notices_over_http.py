"""Notices through the real application: its routes and pages, its database by the migration, its worker's chores."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlmodel import col, update

from copyright_optout.api import CounterStatement, Element
from copyright_optout.tables import OptOutCounterRow, OptOutNoticeRow
from generator_gateway.ports.bindings import Prints
from generator_gateway.tables import ReleaseRow
from placet.app import build_app
from placet.cli.main import placet
from placet.migrate import migrate
from placet.wiring import House, build_house
from tests.factories.members import Member, joined
from tests.factories.ownership import out
from tests.unit.placet.test_owners_over_http import FILE
from trust_kernel.errors import PlacetError
from trust_kernel.settings import Settings

PATH = "/v1/legal-notices"
FORM: dict[str, Any] = {
    "name": "Vera Rossi",
    "email": "vera@example.org",
    "work": "The Teal Fox",
    "statement": "I never agreed to this.",
    "signature": "Vera Rossi",
    "declared": [element.value for element in Element],
}
SWORN: dict[str, Any] = {
    "name": "Ada Maker",
    "address": "1 Example Road",
    "phone": "555 0100",
    "signature": "Ada Maker",
    "declared": [one.value for one in CounterStatement],
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A deployment whose videos are Ada's."""

    house: House
    client: TestClient
    ada: Member
    mallory: Member
    staff: Member
    frames: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def film(self, copy_of: str = "") -> str:
        """Another video, or a copy of one that was encoded again."""
        number = len(self.frames) + 1
        video_id = f"video_{number}"
        dice = random.Random(number)  # noqa: S311 - fingerprints that differ, no secret
        self.frames[video_id] = self.frames.get(copy_of) or tuple(f"{dice.getrandbits(256):064x}" for _ in range(4))
        digest = self.house.kernel.blobs.put_bytes(FILE + video_id.encode())
        shelves = self.house.shelves
        out(shelves.cases, shelves.releases, video_id, maker=self.ada.account_id, media_digest=digest)
        with self.house.kernel.database.transaction() as session:
            session.exec(update(ReleaseRow).where(col(ReleaseRow.case_id) == video_id).values(ledger_index=number))
        shelves.bindings.register(video_id, Prints(self.frames[video_id]), "")
        return video_id

    def give(self, statute: str, video_id: str, **more: Any) -> dict[str, Any]:
        answer = self.client.post(PATH, data=FORM | {"statute": statute, "videos": [video_id]} | more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, who: Member, verb: str, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        answer = self.client.request(verb, f"{PATH}{path}", headers=who.headers, json=body or None)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def state(self, video_id: str) -> str:
        release = self.house.shelves.releases.find(video_id)
        assert release is not None
        return release.status

    def notices(self, who: Member) -> list[str]:
        return [event.type for event in self.house.kernel.outbox.for_recipient(who.account_id)]

    def sweep(self) -> None:
        self.house.gateway.sweeper.sweep()

    def turn_back(self, row: type[Any], notice_id: str, **moments: timedelta | int | str | None) -> None:
        """Have it be as though something about a notice had happened so much earlier, or was otherwise."""
        now = datetime.now(UTC)
        key = row.id if row is OptOutNoticeRow else row.notice_id
        with self.house.kernel.database.transaction() as session:
            values = {name: now - ago if isinstance(ago, timedelta) else ago for name, ago in moments.items()}
            session.exec(update(row).where(key == notice_id).values(**values))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    house = build_house(
        Settings(
            data_dir=tmp_path_factory.mktemp("notices"), notices_per_minute=500, links_per_minute=500, _env_file=None
        )
    )
    migrate(house.kernel)
    with TestClient(build_app(house)) as client:
        ada, mallory = joined(house, "ada", "requester"), joined(house, "mallory", "requester")
        yield Scene(house, client, ada, mallory, joined(house, "staff", "reviewer"))
    house.kernel.database.dispose()


def test_a_demand_without_an_account_is_followed_with_known_copies_by_staff(scene: Scene) -> None:
    video, other = scene.film(), scene.film()
    copy = scene.film(copy_of=video)
    given = scene.give("take_it_down", video)
    assert (given["state"], given["missing"], given["videos"]) == ("valid", [], 1)
    assert "optout:notice:waiting" in scene.notices(scene.staff)
    acted = scene.ask(scene.staff, "POST", f"/{given['id']}/act")
    assert (acted["state"], {one["video_id"] for one in acted["videos"]}) == ("acted", {video, copy})
    assert [scene.state(one) for one in (video, other, copy)] == ["taken_down", "released", "taken_down"]
    assert scene.client.get(f"/v1/videos/{video}/content", headers=scene.ada.headers).status_code in {404, 410}
    assert "optout:notice:taken_down" in scene.notices(scene.ada)
    following = scene.client.get(f"{PATH}/status/{given['token']}").json()
    assert (following["state"], following["down"]) == ("acted", 2)


def test_the_worker_follows_a_demand_in_the_last_hour(scene: Scene) -> None:
    video = scene.film()
    given = scene.give("take_it_down", video)
    scene.sweep()
    assert scene.state(video) == "released"
    scene.turn_back(OptOutNoticeRow, given["id"], valid_at=timedelta(hours=47, minutes=1), look_at=timedelta())
    scene.sweep()
    assert scene.state(video) == "taken_down"
    assert scene.ask(scene.staff, "GET", f"/{given['id']}")["state"] == "acted"


def test_what_is_like_it_is_known_to_the_gates_in_every_process_until_it_is_withdrawn(scene: Scene) -> None:
    video = scene.film()
    given = scene.give("take_it_down", video)
    acted = scene.ask(scene.staff, "POST", f"/{given['id']}/act")
    claim = scene.house.guards.optouts.claim(acted["claim_id"])
    references = scene.house.guards.optouts.references
    assert references is not None
    assert (claim.state, len(references.of_claim(claim.id))) == ("active", 1)
    assert scene.client.post(f"{PATH}/status/{given['token']}/withdraw").json()["state"] == "withdrawn"
    assert scene.house.guards.optouts.claim(claim.id).state == "withdrawn"
    assert scene.state(video) == "released"


def test_an_owner_learns_nothing_of_who_demanded_it_but_of_who_gave_another_notice(scene: Scene) -> None:
    shown, copied = scene.film(), scene.film()
    demand, notice = scene.give("take_it_down", shown), scene.give("dmca", copied)
    for one in (demand, notice):
        scene.ask(scene.staff, "POST", f"/{one['id']}/act")
    received = {one["id"]: one for one in scene.ask(scene.ada, "GET", "/own")["received"]}
    hidden, open_ = received[demand["id"]], received[notice["id"]]
    assert not [text for text in FORM.values() if str(text) in str(hidden)]
    assert (hidden["videos"], hidden["may_counter"]) == ([shown], False)
    assert (open_["sender"], open_["work"], open_["may_counter"]) == ("Vera Rossi", "The Teal Fox", True)
    assert "vera@example.org" not in str(open_)
    assert scene.ask(scene.mallory, "GET", "/own") == {"given": [], "received": []}


def test_a_counter_notice_brings_a_video_back_after_ten_business_days(scene: Scene) -> None:
    video = scene.film()
    given = scene.give("dmca", video)
    scene.ask(scene.staff, "POST", f"/{given['id']}/act")
    path = f"/{given['id']}"
    assert scene.ask(scene.mallory, "POST", f"{path}/counter", 404, **SWORN)["code"] == "optout:notice:unknown"
    lacking = scene.ask(scene.ada, "POST", f"{path}/counter", 422, **(SWORN | {"phone": ""}))
    assert (lacking["code"], lacking["field"]) == ("optout:notice:counter_incomplete", "phone")
    scene.ask(scene.ada, "POST", f"{path}/counter", **SWORN)
    copy = scene.client.get(f"{PATH}/status/{given['token']}").json()["counters"][0]
    assert (copy["name"], copy["phone"]) == ("Ada Maker", "555 0100")
    assert scene.ask(scene.staff, "POST", f"{path}/restore", 409)["code"] == "optout:notice:early"
    batch = scene.ask(scene.staff, "GET", path)["videos"][0]["batch_id"]
    around = scene.client.post(f"/v1/takedowns/{batch}/undo", headers=scene.staff.headers)
    assert (around.status_code, around.json()["code"]) == (409, "takedown:batch:of_notice")
    scene.turn_back(OptOutCounterRow, given["id"], received_at=timedelta(days=21))
    suing = f"{PATH}/status/{given['token']}/suit"
    assert scene.client.post(suing, json={"pending": True}).json()["suit_pending"]
    assert scene.ask(scene.staff, "POST", f"{path}/restore", 409)["code"] == "optout:notice:suit_pending"
    assert scene.client.post(suing, json={"pending": False}).status_code == 200
    assert scene.ask(scene.staff, "POST", f"{path}/restore")["state"] == "restored"
    assert scene.state(video) == "released"


def test_staff_see_every_clock_and_so_does_the_command(scene: Scene) -> None:
    video = scene.film()
    late, soon = scene.give("dmca", video), scene.give("take_it_down", video)
    lacking = scene.give("take_it_down", video, signature="")
    found = scene.ask(scene.staff, "GET", "/clocks")["data"]
    first = scene.ask(scene.staff, "GET", "/clocks?limit=1")
    rest = scene.ask(scene.staff, "GET", f"/clocks?after={first['next']}")
    assert [*first["data"], *rest["data"]] == found
    assert rest["next"] is None
    assert scene.ask(scene.staff, "GET", "/clocks?after=2026-13-01T00:00:00.000000Z~ntc_1", 422)["field"] == "after"
    assert [one["due"] for one in found] == sorted(one["due"] for one in found)
    kinds = {one["notice_id"]: one["kind"] for one in found}
    assert (kinds[soon["id"]], kinds[late["id"]], lacking["id"] in kinds) == ("take_down", "decide", False)
    query = {"state": "incomplete", "limit": "1"}
    (listed,) = scene.client.get(PATH, headers=scene.staff.headers, params=query).json()["data"]
    assert (listed["id"], listed["missing"], listed["texts"]) == (lacking["id"], ["signature"], None)
    data = str(scene.house.kernel.settings.data_dir)
    said = CliRunner().invoke(placet, ["notices", "clocks", "--data", data], catch_exceptions=False).output
    assert said.index(soon["id"]) < said.index(late["id"])
    assert f"{len(found)} clocks run" in said


@pytest.mark.parametrize("path", ["", "/clocks", "/ntc_1"])
def test_only_staff_read_notices(scene: Scene, path: str) -> None:
    assert scene.client.get(f"{PATH}{path}").status_code == 401
    assert scene.client.get(f"{PATH}{path}", headers=scene.mallory.headers).status_code == 403


def test_a_video_is_found_by_link_and_by_digest(scene: Scene) -> None:
    video = scene.film()
    link = scene.client.post(f"/v1/videos/{video}/links", headers=scene.ada.headers, json={"days": 1}).json()
    by_link = scene.give("take_it_down", f"I saw it at {link['url']} yesterday")
    release = scene.house.shelves.releases.find(video)
    assert release is not None
    by_digest = scene.give("take_it_down", f"sha256:{release.media_digest.upper()}")
    assert (by_link["videos"], by_link["state"]) == (1, "valid")
    assert (by_digest["videos"], by_digest["state"]) == (1, "valid")
    assert scene.give("take_it_down", "video_none at https://elsewhere.example/x")["missing"] == ["material"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"statute": "murder"}, 422),
        ({"statute": "dmca", "declared": ["everything"]}, 422),
        ({"statute": "dmca", "name": "x" * 201}, 422),
        ({"statute": "dmca", "language": "tlh"}, 422),
        ({"statute": "dmca", "videos": ["video_1"] * 2 + [f"video_{n}" for n in range(101)]}, 422),
        ({}, 422),
    ],
    ids=["statute", "declared", "length", "language", "videos", "nothing"],
)
def test_bad_input_is_refused_by_its_field(scene: Scene, form: dict[str, Any], status: int) -> None:
    answer = scene.client.post(PATH, data=form)
    assert (answer.status_code, bool(answer.json().get("field") or answer.json().get("errors"))) == (status, True)


def test_who_comes_too_often_is_told_to_wait(tmp_path: Path) -> None:
    house = build_house(Settings(data_dir=tmp_path, notices_per_minute=2, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house, pages=False)) as client:
        answers = [client.post(PATH, data=FORM | {"statute": "dmca"}).status_code for _ in range(3)]
    house.kernel.database.dispose()
    assert answers == [201, 201, 429]


def test_nothing_that_was_written_is_in_the_database_as_it_was_written_nor_on_the_ledger(scene: Scene) -> None:
    scene.give("take_it_down", scene.film(), name="Zebedee Quill", statement="an unmistakable sentence")
    raw = b"".join(path.read_bytes() for path in scene.house.kernel.settings.data_dir.glob("placet.db*"))
    assert b"Zebedee Quill" not in raw
    assert b"unmistakable sentence" not in raw
    assert "optout:notice:valid" in scene.client.get("/ledger/entries").text


# --- the page


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(("lang", "said"), [("en", "Have a video taken down"), ("it", "Far togliere un video")])
def test_the_page_offers_every_law_in_both_languages(scene: Scene, lang: str, said: str) -> None:
    page = scene.client.get("/notice", params={"lang": lang}).text
    assert said in page
    for law in ("dmca", "take_it_down", "no_fakes"):
        form = scene.client.get("/notice", params={"law": law, "lang": lang})
        assert form.status_code == 200
        assert "page:" not in form.text


def test_somebody_gives_notice_on_the_page_completes_it_and_withdraws_it(scene: Scene) -> None:
    form = scene.client.get("/notice", params={"law": "take_it_down", "lang": "it"}).text
    typed = FORM | {"law": "take_it_down", "videos": f"{scene.film()}\n{scene.film()}", "signature": ""}
    assert scene.client.post("/notice", data=typed).status_code == 403
    sent = scene.client.post("/notice?lang=it", data=typed | {"csrf_token": token_on(form)}, follow_redirects=False)
    assert sent.status_code == 303
    page = scene.client.get(sent.headers["location"]).text
    assert "Manca ancora" in page
    assert "la tua firma" in page
    more = {"csrf_token": token_on(page), "signature": "Vera Rossi", "declared": FORM["declared"]}
    done = scene.client.post(sent.headers["location"], data=more)
    assert done.status_code == 200
    assert "ha tutto quello che la legge chiede" in done.text
    over = scene.client.post(f"{sent.headers['location']}/withdraw", data={"csrf_token": token_on(done.text)})
    assert "Hai ritirato la segnalazione" in over.text
    assert scene.client.get("/notice/ntc_1.wrong").status_code == 404


def test_what_was_typed_is_not_lost_where_something_is_wrong_with_it(scene: Scene) -> None:
    form = scene.client.get("/notice", params={"law": "dmca"}).text
    typed = FORM | {"law": "dmca", "videos": "video_2", "name": "V" * 201, "csrf_token": token_on(form)}
    answer = scene.client.post("/notice", data=typed)
    assert answer.status_code == 422
    for text in ("The Teal Fox", "I never agreed to this.", "video_2", "V" * 201, "this text is too long"):
        assert text in answer.text
    with pytest.raises(PlacetError):
        scene.house.gateway.notices.bench.notice("ntc_1")
