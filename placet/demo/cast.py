"""Who is in the demo, and what they said before the first request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from placet.demo.deployment import Client, Deployment
from placet.demo.people import FIGURE_NAME

LOOKS = 3
"""Pictures that an enrolment takes of each person."""
BORN = 1990
"""When everybody in the demo says that they were born."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, ready.

    Attributes:
        grant_id: Bruno's grant to Ada.
    """

    ada: Client
    bruno: Client
    staff: Client
    studio: Client
    grant_id: str


def gather(deployment: Deployment, assets: Mapping[str, Path]) -> Cast:
    """Make accounts, enrol Ada and Bruno, block a public figure, opt a character out, let Ada use Bruno."""
    ada = deployment.client("ada", "requester", "subject")
    bruno = deployment.client("bruno", "subject")
    staff = deployment.client("staff", "admin")
    studio = deployment.client("studio", "rights_holder")
    both = staff, deployment.client("colleague", "reviewer")
    _enrol(ada, both, "ada", assets)
    bruno_subject = _enrol(bruno, both, "bruno", assets)
    _block(staff, assets)
    _opt_out(studio, staff, assets)
    return Cast(ada, bruno, staff, studio, _grant(bruno, bruno_subject, ada))


def _enrol(person: Client, staff: tuple[Client, Client], handle: str, assets: Mapping[str, Path]) -> str:
    subject: str = (
        person.http.post(
            "/v1/subjects", json={"handle": handle, "display_name": handle.capitalize(), "birth_year": BORN}
        )
        .raise_for_status()
        .json()["id"]
    )
    names = [handle, *(f"{handle}-{number}" for number in range(2, LOOKS + 1))]
    uploads = [("pictures", (f"{name}.png", assets[name].read_bytes(), "image/png")) for name in names]
    voice = assets[f"{handle}-voice"].read_bytes()
    uploads.append(("recordings", (f"{handle}.wav", voice, "audio/wav")))
    first, second = staff  # one vouches, the other confirms
    proposed = first.http.post(
        f"/v1/subjects/{subject}/enrolment", files=uploads, data={"keep_reference": "true"}
    ).raise_for_status()
    second.http.post(f"/v1/enrolments/{proposed.json()['id']}/confirm").raise_for_status()
    return subject


def _block(staff: Client, assets: Mapping[str, Path]) -> None:
    names = ["figure", *(f"figure-{number}" for number in range(2, LOOKS + 1))]
    staff.http.post(
        "/v1/blocklist",
        data={"name": FIGURE_NAME, "category": "performer"},
        files=[("faces", (f"{name}.png", assets[name].read_bytes(), "image/png")) for name in names],
    ).raise_for_status()


def _opt_out(studio: Client, staff: Client, assets: Mapping[str, Path]) -> None:
    poses = sorted(name for name in assets if name.startswith("fennimore-"))
    claim = (
        studio.http.post(
            "/v1/optouts",
            data={
                "title": "Captain Fennimore",
                "kind": "character",
                "ground": "author",
                "statement": "Drawn for this demo.",
                "declarations": ["accurate", "authorised", "good_faith"],
                "names": ["Captain Fennimore", "Fennimore the Fox"],
            },
            files=[("pictures", (f"{pose}.png", assets[pose].read_bytes(), "image/png")) for pose in poses],
        )
        .raise_for_status()
        .json()
    )
    staff.http.post(f"/v1/optouts/{claim['id']}/activate", json={"seen": claim["changed_at"]}).raise_for_status()


def _grant(person: Client, subject: str, friend: Client) -> str:
    body = {
        "audience": {"kind": "people", "account_ids": [friend.account_id]},
        "modalities": ["face", "voice"],
        "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
        "allows_remix": True,
        "note": "Holiday greetings only, please.",
    }
    grant: str = person.http.post(f"/v1/subjects/{subject}/grants", json=body).raise_for_status().json()["id"]
    return grant
