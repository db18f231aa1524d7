"""What happens once and is looked at from several sides: a likeness is lent, used, and taken back."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.deployment import Person

PROMPT = "@bruno toasts us on a terrace above the city at dusk"


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Before and after.

    Attributes:
        released: the video object while consent stood.
        file: downloaded while consent stood.
        lender_saw: the subject's own list of videos then.
        revocation: what the revocation answered.
        content_after: the very next request after it.
    """

    grant_id: str
    video_id: str
    released: Any
    file: bytes
    lender_saw: Any
    given_receipt: str
    revocation: Any
    content_after: httpx.Response


def borrow_and_revoke(borrower: Person, lender: Person) -> Borrowed:
    """The lender lets the borrower use their likeness, a video is made and downloaded, the lender revokes."""
    grant = lender.grant({"kind": "people", "account_ids": [borrower.account_id]}, note="Greetings only, please.")
    receipt = lender.http.get(f"/v1/grants/{grant['id']}/receipt").raise_for_status().json()["receipt"]
    released = borrower.make(PROMPT, seconds="2")  # one second is too short for a voice to be sure of
    assert released["status"] == "completed", released
    file = borrower.file(released["id"])
    seen = lender.http.get("/v1/videos").raise_for_status().json()
    revocation = lender.revoke(grant["id"])
    after = borrower.http.get(f"/v1/videos/{released['id']}/content")
    return Borrowed(grant["id"], released["id"], released, file, seen, receipt, revocation, after)
