"""The pages about people who were found: nothing is shown clearly before somebody asks, nothing is done by accident."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from review_ui.dressing import Branding, build_pages
from review_ui.portal.appearances import build_own_appearance_pages
from review_ui.staff.appearances import build_appearance_pages
from review_ui.staff.door import Door as StaffDoor
from review_ui.staff.people import People
from tests.factories.databases import sqlite
from tests.factories.staff_pages import Names
from tests.fakes.tracing import There
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_tracing import Tracing
from trust_kernel.web.csrf import csrf_token
from trust_kernel.web.problems import install


class Door:
    """A browser without scripts."""

    def __init__(self, house: House) -> None:
        self.tracing = Tracing(house)
        identities = FakeIdentities()
        access = access_of(identities)
        pages = build_pages(access.cookies, Branding("Placet", "likeness"))
        staff = StaffDoor(house.registry, People(house.registry, Names()), pages, access)
        app = FastAPI()
        app.include_router(build_appearance_pages(self.tracing.desk, staff))
        app.include_router(build_own_appearance_pages(self.tracing.desk, pages, access))
        install(app, pages=pages)
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        self.cookie = access.cookies.session
        identities.sessions = {
            "staff": an_actor("case:read", "case:decide", account_id="acct_staff", via="session"),
            "reader": an_actor("case:read", account_id="acct_reader", via="session"),
            "bea": an_actor("likeness:manage", account_id="acct_bea", via="session"),
            "dot": an_actor("likeness:manage", account_id="acct_dot", via="session"),
        }

    def get(self, who: str, path: str) -> str:
        answer = self.client.get(path, headers={"cookie": f"{self.cookie}={who}"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, who: str, path: str, **form: str) -> tuple[int, str]:
        data = {"csrf_token": csrf_token(who), **form}
        answer = self.client.post(path, data=data, headers={"cookie": f"{self.cookie}={who}"})
        return answer.status_code, answer.text


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with sqlite(tmp_path) as database:
        made = Door(House(database, tmp_path))
        with made.client:
            yield made


def test_staff_find_everybody_in_the_list_disputed_ones_first(door: Door) -> None:
    bea, first = door.tracing.one("bea")
    _, second = door.tracing.one("dot")
    page = door.get("staff", "/appearances")
    assert "@bea" in page
    assert "they were enrolled" in page
    door.tracing.desk.dispute(bea.account_id, first)
    page = door.get("staff", "/appearances")
    assert page.index(first) < page.index(second)
    assert "disputed" in page
    assert second not in door.get("staff", "/appearances?state=disputed")
    hers = door.get("staff", f"/appearances?owner={bea.id}")
    assert second not in hers
    assert f'href="/appearances?state=disputed&amp;owner={bea.id}"' in hers
    assert "none like that" in door.get("staff", "/appearances?state=dismissed")


def test_an_empty_list_says_so(door: Door) -> None:
    assert "Nobody was found anywhere." in door.get("staff", "/appearances")
    assert "Nowhere." in door.get("bea", "/me/appearances")


def test_the_video_is_blurred_until_staff_ask(door: Door) -> None:
    _, identity = door.tracing.one()
    video = door.tracing.desk.open(identity).found.case_id
    page = door.get("staff", f"/appearances/{identity}")
    assert f'<img src="/cases/{video}/media/draft" alt="What was made, blurred">' in page
    assert "clear=yes" in page
    assert "/media/draft?clear=yes" not in page
    assert "/media/draft/film" not in page
    clear = door.get("staff", f"/appearances/{identity}?clear=yes")
    assert f'src="/cases/{video}/media/draft/film"' in clear


@pytest.mark.parametrize(("decision", "state"), [("withdraw", "withdrawn"), ("dismiss", "dismissed")])
def test_staff_decide_with_a_reason(door: Door, decision: str, state: str) -> None:
    _, identity = door.tracing.one()
    path = f"/appearances/{identity}"
    assert door.post("staff", path, decision=decision, note=" it is <her> ")[0] == 303
    decided = door.tracing.desk.open(identity)
    assert (decided.state, decided.note) == (state, "it is <her>")
    page = door.get("staff", path)
    assert "it is &lt;her&gt;" in page
    assert 'name="decision"' not in page
    status, said = door.post("staff", path, decision=decision, note="again")
    assert (status, "Somebody decided this" in said) == (409, True)


@pytest.mark.parametrize(
    "form", [{"note": "x"}, {"decision": "withdraw", "note": "  "}, {"decision": "x", "note": "x"}]
)
def test_a_decision_without_a_choice_or_a_reason_is_asked_for_again(door: Door, form: dict[str, str]) -> None:
    _, identity = door.tracing.one()
    status, page = door.post("staff", f"/appearances/{identity}", **form)
    assert (status, 'role="alert"' in page) == (422, True)
    assert door.tracing.desk.open(identity).state == "open"


def test_whoever_only_reads_has_no_buttons_and_cannot_decide(door: Door) -> None:
    _, identity = door.tracing.one()
    assert 'name="decision"' not in door.get("reader", f"/appearances/{identity}")
    assert door.post("reader", f"/appearances/{identity}", decision="dismiss", note="x")[0] == 403
    assert door.post("bea", f"/appearances/{identity}", decision="dismiss", note="x")[0] == 403


def test_no_form_works_from_elsewhere(door: Door) -> None:
    _, identity = door.tracing.one("bea")
    staff = door.post("staff", f"/appearances/{identity}", csrf_token="", decision="withdraw", note="x")
    own = door.post("bea", f"/me/appearances/{identity}/dispute", csrf_token=csrf_token("dot"))
    assert (staff[0], own[0]) == (403, 403)
    assert door.tracing.desk.open(identity).state == "open"


def test_a_person_sees_where_they_were_found_and_asks_for_it_back(door: Door) -> None:
    _, identity = door.tracing.one("bea")
    _, other = door.tracing.one("dot")
    page = door.get("bea", "/me/appearances")
    assert (identity in page, other in page) == (True, False)
    assert "0.91" not in page
    assert "harbour" not in page
    assert door.post("bea", f"/me/appearances/{identity}/dispute")[0] == 303
    page = door.get("bea", "/me/appearances")
    assert "you asked for it back" in page
    assert "<form" not in page.split("<main", 1)[1]
    assert door.post("bea", f"/me/appearances/{identity}/dispute")[0] == 409
    assert door.post("bea", f"/me/appearances/{other}/dispute")[0] == 404


def test_long_lists_have_pages(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review_ui.staff.appearances._PAGE", 2)
    monkeypatch.setattr("review_ui.portal.appearances._PAGE", 2)
    house = door.tracing.house
    bea = house.person("bea")
    house.finder.shows(bea.id, *(There(house.released()) for _ in range(3)))
    door.tracing.sweep(bea.id)
    ids = sorted((row.id for row in door.tracing.rows()), reverse=True)
    for who, path in (("staff", "/appearances"), ("bea", "/me/appearances")):
        first, rest = door.get(who, path), door.get(who, f"{path}?after={ids[1]}")
        assert f"{path}?after={ids[1]}" in first
        assert "?after=" not in rest
