"""People who come with a browser: their passwords, and what there is to see on their pages."""

import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.deployment import Person, Server, person_with, vouch

PASSWORD = "the ferry leaves at dawn"
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who signs in on a page.

    Attributes:
        person: the same person, as a client of the API.
    """

    email: str
    password: str
    person: Person


def visitor(server: Server, admin: Person, name: str, *roles: str) -> Visitor:
    """An account with a known password, and a key for what a test does beside the browser."""
    email = f"{name}@pages.example.org"
    account = {"email": email, "password": PASSWORD, "name": name.capitalize(), "roles": list(roles)}
    made = admin.http.post("/v1/accounts", json=account).raise_for_status().json()
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        form = {"email": email, "password": PASSWORD, "csrf_token": token_on(browser.get("/sign-in").text)}
        assert browser.post("/sign-in", data=form).status_code == 303
        headers = {"x-csrf-token": token_on(browser.get("/").text)}
        key = browser.post("/v1/keys", json={"name": "pages"}, headers=headers).raise_for_status().json()["key"]
    return Visitor(email, PASSWORD, person_with(server, str(made["id"]), str(key)))


def token_on(page: str) -> str:
    """The CSRF token in a page's forms."""
    found = _TOKEN.search(page)
    assert found, page
    return found[1]


def attest(staff: Person, subject: str, handle: str, assets: Path) -> None:
    """Staff enrol the face and voice of somebody who has a handle already."""
    looks = [handle, f"{handle}-2", f"{handle}-3"]
    files = [("pictures", (f"{look}.png", (assets / f"{look}.png").read_bytes(), "image/png")) for look in looks]
    files.append(("recordings", (f"{handle}.wav", (assets / f"{handle}-voice.wav").read_bytes(), "audio/wav")))
    vouch(staff, subject, files)
