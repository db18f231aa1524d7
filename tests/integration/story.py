"""One story over HTTP against a real server: enrol, grant, ask, release, remix, revoke, withdraw, verify."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.integration.deployments import MAKES, PASSWORD, Child, Place, bruno, bruno_speech, until
from trust_kernel.media.encoded import as_png, as_wav

_CSRF = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a password and a key."""

    id: str
    key: str
    http: httpx.Client


@dataclass(slots=True)
class Server:
    """A running `placet serve`, and every answer that it gave.

    Attributes:
        issue: makes a key for an account, past the API, whose answers must hold none.
        answers: bodies and headers of all responses, media excepted.
    """

    url: str
    child: Child
    admin: httpx.Client
    issue: Callable[[str], str]
    answers: list[bytes] = field(default_factory=list)

    def client(self, **options: Any) -> httpx.Client:
        """A client whose answers are kept."""
        return httpx.Client(base_url=self.url, timeout=60, event_hooks={"response": [self._keep]}, **options)

    def _keep(self, response: httpx.Response) -> None:
        response.read()
        self.answers.append(str(response.headers).encode())
        if not response.headers.get("content-type", "").startswith(("video/", "image/")):
            self.answers.append(response.content)

    def account(self, name: str, *roles: str) -> Account:
        """An account made by the first admin, signed in by its password, with a key."""
        email = f"{name}@placet.test"
        body = {"email": email, "password": PASSWORD, "roles": list(roles), "name": name.capitalize()}
        made = self.admin.post("/v1/accounts", json=body).raise_for_status().json()
        with self.client() as browser:
            page = browser.get("/sign-in")
            token = _CSRF.search(page.text)
            assert token is not None
            form = {"email": email, "password": PASSWORD, "csrf_token": token[1]}
            assert browser.post("/sign-in", data=form).status_code == httpx.codes.SEE_OTHER
        key = self.issue(made["id"])
        return Account(made["id"], key, self.client(headers={"authorization": f"Bearer {key}"}))


@contextmanager
def serving(place: Place, *, loud: bool = False) -> Iterator[Server]:
    """`placet serve` with its embedded worker, as a process; ends with the block."""
    ready = place.folder / "ready.json"
    serve = ("serve", "--port", "0", "--ready-file", str(ready))
    start = place.running("-m", "tests.integration.loud_server", *serve, name="server") if loud else None
    with start or place.command(*serve, name="server") as child, place.house() as house:
        until(lambda: ready.exists() or not child.runs, "the server")
        assert child.runs, child.said()[-3000:]
        note = json.loads(ready.read_text())
        admin = httpx.Client(base_url=note["url"], timeout=60, headers={"authorization": f"Bearer {note['admin_key']}"})
        accounts = house.kernel.accounts

        def issue(account_id: str) -> str:
            return accounts.issue_key(account_id, "tests", accounts.permissions(account_id)).plaintext

        server = Server(note["url"], child, admin, issue)
        admin.event_hooks = {"response": [server._keep]}
        yield server
        admin.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left.

    Attributes:
        pictures: the PNG files that Bruno's enrolment was sent.
        recording: the WAV file.
        video: the first video's id; withdrawn by the end.
        released: its file.
    """

    ada: Account
    bruno: Account
    staff: Account
    subject: str
    grant: str
    pictures: tuple[bytes, ...]
    recording: bytes
    video: str
    released: Path


def tell(server: Server, folder: Path) -> Told:
    """Tell it as far as the release."""
    ada = server.account("ada", "requester")
    other = server.account("bruno", "subject")
    staff = server.account("staff", "admin")
    pictures, recording = _enrolment_media()
    body = {"handle": "bruno", "display_name": "Bruno", "birth_year": 1990}
    subject = other.http.post("/v1/subjects", json=body).raise_for_status()
    subject_id = str(subject.json()["id"])
    uploads = [("pictures", (f"{n}.png", picture, "image/png")) for n, picture in enumerate(pictures)]
    uploads.append(("recordings", ("bruno.wav", recording, "audio/wav")))
    kept = {"keep_reference": "true"}
    proposed = staff.http.post(f"/v1/subjects/{subject_id}/enrolment", files=uploads, data=kept).raise_for_status()
    colleague = server.account("colleague", "reviewer")
    colleague.http.post(f"/v1/enrolments/{proposed.json()['id']}/confirm").raise_for_status()
    assert end(ada, ask(ada)) == ("failed", "consent:grant:none")
    grant = _grant(other, subject_id, ada)
    video = ask(ada)
    assert end(ada, video) == ("completed", None)
    released = folder / "released.mp4"
    released.write_bytes(ada.http.get(f"/v1/videos/{video}/content").raise_for_status().content)
    return Told(ada, other, staff, subject_id, grant, pictures, recording, video, released)


def ask(account: Account, **fields: str) -> str:
    """Ask for a video of Bruno; gives its id."""
    body = {"prompt": MAKES, "model": "sora-2", "seconds": "1", "size": "640x360", **fields}
    return str(account.http.post("/v1/videos", json=body).raise_for_status().json()["id"])


def end(account: Account, video: str) -> tuple[str, str | None]:
    """Wait for a video's end; gives its state and the first reason."""
    seen: dict[str, Any] = {}

    def ended() -> bool:
        seen.update(account.http.get(f"/v1/videos/{video}").raise_for_status().json())
        return seen["placet"]["state"] in {"completed", "failed", "held", "withdrawn"}

    until(ended, f"the end of {video}")
    reasons = seen["placet"]["reasons"]
    return seen["placet"]["state"], reasons[0] if reasons else None


def verify(server: Server, file: Path) -> dict[str, Any]:
    """What a stranger is told of a file."""
    with server.client() as stranger:
        answer = stranger.post("/verify", files={"file": (file.name, file.read_bytes(), "video/mp4")})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def _grant(person: Account, subject_id: str, friend: Account) -> str:
    body = {
        "audience": {"kind": "people", "account_ids": [friend.id]},
        "modalities": ["face", "voice"],
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "allows_remix": True,
    }
    return str(person.http.post(f"/v1/subjects/{subject_id}/grants", json=body).raise_for_status().json()["id"])


def _enrolment_media() -> tuple[tuple[bytes, ...], bytes]:
    return tuple(as_png(look) for look in bruno().looks[:3]), as_wav(bruno_speech())
