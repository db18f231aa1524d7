"""A deployment in a process of its own, reached as any other is: by its command, over HTTP, by its files."""

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

PLACET = Path(sys.executable).with_name("placet")
SIZE, SECONDS = "640x360", "1"
"""What most tests ask for: the smallest and shortest, so that a video takes two or three seconds."""
PATIENCE = 90.0
BORN = 1990
"""When everybody says that they were born."""
_START = 120.0
_ENDED = {"completed", "failed", "held", "withdrawn"}
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Server:
    """A running `placet serve`.

    Attributes:
        data: its data directory.
        log: what it printed.
    """

    url: str
    admin_key: str
    data: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def alive(self) -> bool:
        """Whether the process runs and answers."""
        return self.process.poll() is None and httpx.get(f"{self.url}/healthz", timeout=30).status_code == 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and a key.

    Attributes:
        subject_id: "" where they never registered a likeness.
    """

    account_id: str
    key: str
    http: httpx.Client
    subject_id: str = ""

    def ask(self, prompt: str, **fields: Any) -> str:
        """Ask for a video; its id."""
        answer = self.http.post(
            "/v1/videos", json={"prompt": prompt, "model": "sora-2", "size": SIZE, "seconds": SECONDS} | fields
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def video(self, video_id: str) -> Any:
        """The video object as it stands."""
        return self.http.get(f"/v1/videos/{video_id}").raise_for_status().json()

    def end_of(self, video_id: str) -> Any:
        """The video object once it is released, held or refused."""
        deadline = time.monotonic() + PATIENCE
        while (video := self.video(video_id))["placet"]["state"] not in _ENDED:
            assert time.monotonic() < deadline, f"{video_id} is still {video['placet']['state']}"
            time.sleep(0.1)
        return video

    def make(self, prompt: str, **fields: Any) -> Any:
        """Ask for a video and wait until it is released, held or refused."""
        return self.end_of(self.ask(prompt, **fields))

    def file(self, video_id: str) -> bytes:
        """The released file."""
        return self.http.get(f"/v1/videos/{video_id}/content").raise_for_status().content

    def grant(self, to: Mapping[str, Any], **terms: Any) -> Any:
        """Let others use one's likeness."""
        body = {"audience": to, "modalities": ["face", "voice"]} | terms
        answer = self.http.post(f"/v1/subjects/{self.subject_id}/grants", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def revoke(self, grant_id: str) -> Any:
        """Take a grant back."""
        return self.http.post(f"/v1/grants/{grant_id}/revoke").raise_for_status().json()


def environment(**more: str) -> dict[str, str]:
    """Our environment without settings, but for the shared model packs and quick sweeps."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    packs = os.environ.get("PLACET_MODEL_CACHE") or str(Path.home() / ".cache" / "placet" / "models")
    return kept | {"PLACET_MODEL_CACHE": packs, "PLACET_SWEEP_SECONDS": "1", "PLACET_VERIFY_PER_MINUTE": "10000"} | more


def command(*arguments: str, cwd: Path, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
    """Run `placet` to its end."""
    return subprocess.run(
        [PLACET, *arguments], capture_output=True, text=True, timeout=timeout, cwd=cwd, env=environment(), check=False
    )


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """A server whose data directory is `folder`/data, until the block ends."""
    ready, log = folder / "ready.json", folder / "server.log"
    ready.unlink(missing_ok=True)
    line: list[str | Path] = [PLACET, "serve", "--data", folder / "data", "--port", "0", "--ready-file", ready]
    with log.open("ab") as output:
        process = subprocess.Popen(
            line, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment(**settings)
        )
    try:
        deadline = time.monotonic() + _START
        while not ready.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        said = json.loads(ready.read_text())
        yield Server(said["url"], said["admin_key"], folder / "data", log, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def person_with(server: Server, account_id: str, key: str) -> Person:
    """Somebody whose key is known."""
    return _with_key(server.url, account_id, key)


def _with_key(url: str, account_id: str, key: str) -> Person:
    http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60)
    return Person(account_id, key, http)


def admin_of(server: Server) -> Person:
    """The first administrator, by the key that the server printed."""
    me = httpx.get(f"{server.url}/v1/me", headers={"authorization": f"Bearer {server.admin_key}"}, timeout=60)
    return person_with(server, me.raise_for_status().json()["id"], server.admin_key)


def join(server: Server, admin: Person, name: str, *roles: str) -> Person:
    """An administrator makes an account; its owner signs in on the page and makes a key."""
    return _joined(server.url, admin.http, name, *roles)


def _joined(url: str, admin: httpx.Client, name: str, *roles: str) -> Person:
    email, password = f"{name}@e2e.example.org", secrets.token_urlsafe(18)
    made = admin.post(
        "/v1/accounts", json={"email": email, "password": password, "name": name.capitalize(), "roles": list(roles)}
    )
    assert made.status_code == 201, made.text
    with httpx.Client(base_url=url, timeout=60) as browser:
        form = {"email": email, "password": password, "csrf_token": _token(browser.get("/sign-in"))}
        assert browser.post("/sign-in", data=form).status_code == 303
        token = {"x-csrf-token": _token(browser.get("/"))}
        issued = browser.post("/v1/keys", json={"name": "e2e"}, headers=token)
    assert issued.status_code == 201, issued.text
    return _with_key(url, made.json()["id"], issued.json()["key"])


def enrol(person: Person, staff: Person, handle: str, assets: Path, *, voice: bool = True) -> Person:
    """A person registers under a handle; two members of staff who have seen them vouch for pictures and recording."""
    body = {"handle": handle, "display_name": handle.capitalize(), "birth_year": BORN}
    registered = person.http.post("/v1/subjects", json=body)
    assert registered.status_code == 201, registered.text
    subject = str(registered.json()["id"])
    looks = [handle, f"{handle}-2", f"{handle}-3"]
    files = [("pictures", (f"{look}.png", (assets / f"{look}.png").read_bytes(), "image/png")) for look in looks]
    if voice:
        files.append(("recordings", (f"{handle}.wav", (assets / f"{handle}-voice.wav").read_bytes(), "audio/wav")))
    enrolled = vouch(staff, subject, files)
    assert enrolled["state"] == "enrolled", enrolled
    return Person(person.account_id, person.key, person.http, subject)


def vouch(staff: Person, subject: str, files: list[tuple[str, tuple[str, bytes, str]]], **form: str) -> Any:
    """One member of staff proposes an enrolment, a colleague confirms it; the attempt as it then stands."""
    data = {"keep_reference": "true"} | form
    proposed = staff.http.post(f"/v1/subjects/{subject}/enrolment", files=files, data=data)
    assert proposed.status_code == 202, proposed.text
    path = f"/v1/enrolments/{proposed.json()['id']}/confirm"
    assert staff.http.post(path).status_code == 403  # nobody confirms what they said themselves
    confirmed = colleague_of(str(staff.http.base_url).rstrip("/"), staff.key).http.post(path)
    assert confirmed.status_code == 200, confirmed.text
    return confirmed.json()


@cache
def colleague_of(url: str, admin_key: str) -> Person:
    """A second member of staff, one for each deployment."""
    http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {admin_key}"}, timeout=60)
    return _joined(url, http, f"colleague-{secrets.token_hex(3)}", "admin")


def _token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    assert found, page.text
    return found[1]
