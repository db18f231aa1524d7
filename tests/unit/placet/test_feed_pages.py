"""The page on which rights holders give claims out and take feeds in, through the real application."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import build_house
from tests.unit.placet.test_claim_pages import filed
from tests.unit.placet.test_own_pages import SITE, Person, Site, said
from trust_kernel.settings import Settings
from trust_kernel.web.csrf import csrf_token

PAGE = "/rights/feeds"
FEED = json.dumps(
    [
        {"location": "https://studio.example/films/", "tdm-reservation": 1, "tdm-policy": "https://studio.example/ask"},
        {"location": "/open/", "tdm-reservation": 0},
    ]
).encode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("feeds")
    house = build_house(Settings(data_dir=data, public_url=SITE, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house), base_url=SITE) as client:
        yield Site(house, client)
    house.kernel.database.dispose()


@pytest.fixture(scope="module")
def studio(site: Site) -> Person:
    return site.person("studio", "rights_holder", handle=False)


@pytest.fixture(scope="module")
def rival(site: Site) -> Person:
    return site.person("rival", "rights_holder", handle=False)


def sent(site: Site, who: Person, data: bytes | None, status: int = 200, **form: str) -> str:
    headers = {"accept": "text/html", "cookie": site._cookie(who)}
    files = {} if data is None else {"file": ("feed", data)}
    fields = {"csrf_token": csrf_token(who.session), **form}
    answer = site.client.post(PAGE, data=fields, files=files, headers=headers)
    assert answer.status_code == status, answer.text
    return said(answer.text)


def test_a_rights_holder_sees_what_a_format_cannot_say_and_takes_the_file(
    site: Site, studio: Person, rival: Person
) -> None:
    filed(site, studio, "Quillfeather")
    assert 'href="/rights/feeds"' in site.get(studio, "/rights")
    page = site.get(studio, f"{PAGE}?format=rsl")
    assert "<strong>1 claim</strong> that has not ended." in page
    assert "<li>what speaks for the claim</li>" in page
    link = re.search(r'href="(/v1/feeds/export[^"]*)" download="claims.xml"', page)
    assert link
    assert "Quillfeather" in site.get(studio, unescape(link[1]))
    assert "Quillfeather" not in site.get(rival, unescape(link[1]))
    assert "<strong>0 claims</strong>" in site.get(rival, f"{PAGE}?format=rsl")
    assert 'id="format-fault"' in site.get(studio, f"{PAGE}?format=word", 422)


def test_a_feed_is_taken_in_and_each_entry_that_lost_something_is_told(site: Site, rival: Person) -> None:
    page = sent(site, rival, FEED, format="tdmrep")
    assert "Entry 1</strong>: taken in. What a claim cannot say of it: where a licence can be had" in page
    assert "Entry 2</strong>: this entry reserves nothing. Nothing is to be done" in page
    imports = site.house.guards.optouts.imports
    assert imports is not None
    imports.tend()
    job = re.search(r'href="(/rights/imports/imp_\w+)"', page)
    assert job
    assert "<dt>Added</dt><dd>1</dd>" in site.get(rival, job[1])
    assert "https://studio.example/films/" in site.get(rival, "/rights")
    page = sent(site, rival, ("pdq " + "0f" * 32).encode(), format="pdq", bank="Films")
    assert '1 hash added to <a href="/rights/claims/claim_' in page
    assert "every entry was taken in whole" in page
    page = sent(site, rival, b"no hash", format="pdq", bank="Films")
    assert "<h1>Nothing taken in</h1>" in page


def test_a_refused_form_says_why_beside_its_field_and_keeps_what_was_typed(site: Site, rival: Person) -> None:
    page = sent(site, rival, None, 422, format="pdq", bank="My <films>")
    for kept in ('id="file-fault"', 'value="pdq" selected', 'value="My <films>"'):
        assert kept in page
    assert 'id="bank-fault"' in sent(site, rival, b"0f" * 32, 422, format="pdq")
    assert 'id="file-fault"' in sent(site, rival, b"<html/>", 422, format="rsl")
    assert 'id="format-fault"' in sent(site, rival, FEED, 422)


def test_somebody_elses_organisation_and_people_without_the_permission_are_refused(site: Site, studio: Person) -> None:
    own = site.house.guards.optouts.organisations.own(studio.account_id).id
    stranger = site.person("stranger", "rights_holder", handle=False)
    site.get(stranger, f"{PAGE}?format=rsl&organisation={own}", 404)
    sent(site, stranger, FEED, 404, format="tdmrep", organisation=own)
    maker = site.person("maker")
    site.get(maker, PAGE, 403)
    sent(site, maker, FEED, 403, format="tdmrep")
    site.get(None, PAGE, 303)
