"""Consent over HTTP: given, used, counted, ended, and what follows from each."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from tests.e2e.deployment import Person, Server, enrol, join
from tests.e2e.receiver import receiving
from tests.e2e.story import PROMPT, Borrowed

REFUSED = "failed"


def reasons(video: Any) -> list[str]:
    """Why, worst first."""
    given: list[str] = video["placet"]["reasons"]
    return given


def notices_of(person: Person) -> list[Any]:
    """What they were told, newest first."""
    told: list[Any] = person.http.get("/v1/notices", params={"limit": 200}).raise_for_status().json()["data"]
    return told


def to(*people: Person) -> dict[str, Any]:
    """An audience of named people."""
    return {"kind": "people", "account_ids": [person.account_id for person in people]}


def test_people_may_use_their_own_likeness(ada: Person, own_video: str) -> None:
    assert ada.video(own_video)["placet"]["state"] == "completed"
    told = {notice["type"] for notice in notices_of(ada) if notice["data"].get("video_id") == own_video}
    assert told == {"likeness:use:drafted", "likeness:use:released", "video:case:completed"}


def test_owners_check_their_list_against_the_ledger_and_find_themselves(ada: Person, own_video: str) -> None:
    owners = ada.http.get(f"/v1/videos/{own_video}/owners").raise_for_status().json()
    assert [(one["role"], one["handle"], one["share"]) for one in owners["owners"]] == [
        ("requester", "ada", "1/1"),
        ("subject", "ada", "0/1"),
    ]
    assert hashlib.sha256(owners["canonical"].encode()).hexdigest() == owners["digest"]
    index = owners["ledger_index"]
    (entry,) = ada.http.get("/ledger/entries", params={"start": index, "end": index + 1}).json()["entries"]
    assert owners["digest"] in str(entry["leaf"])
    where = ada.http.get(f"/v1/subjects/{ada.subject_id}/whereabouts").raise_for_status().json()
    (mine,) = [one for one in where["data"] if one["video_id"] == own_video]
    face = next(part for part in mine["parts"] if part["modality"] == "face")
    assert (mine["by"], face["use"], face["band"]) == ("ada", "own", "match")
    assert face["probability"] > 0.5
    assert face["seconds"]


def test_a_link_plays_for_somebody_without_an_account(ada: Person, server: Server, own_video: str) -> None:
    link = ada.http.post(f"/v1/videos/{own_video}/links", json={"days": 1}).raise_for_status().json()
    path = link["url"].removeprefix(link["url"].partition("/s/")[0])
    with httpx.Client(base_url=server.url, timeout=60) as nobody:
        part = nobody.get(f"{path}/content", headers={"range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        page = nobody.get(path, headers={"accept": "text/html"})
        assert (page.status_code, f'src="{path}/content"' in page.text) == (200, True)
        poster = nobody.get(f"{path}/content", params={"variant": "thumbnail"})
        assert (poster.status_code, poster.headers["content-type"]) == (200, "image/webp")
        ada.http.delete(f"/v1/videos/{own_video}/links/{link['id']}").raise_for_status()
        assert nobody.get(f"{path}/content").status_code == 410
        assert "shows nothing any more" in nobody.get(path, headers={"accept": "text/html"}).text


def test_nobody_may_use_a_likeness_without_a_grant(mallory: Person, ada: Person) -> None:
    video = mallory.make("@ada waves from a ferry")
    assert (video["status"], reasons(video)) == (REFUSED, ["consent:grant:none"])
    assert mallory.make("A ferry", characters=[{"id": ada.subject_id}])["error"]["code"] == "consent:grant:none"


def test_a_friend_may_under_a_grant_and_whoever_appears_co_owns_it(borrowed: Borrowed, bruno: Person) -> None:
    assert borrowed.released["placet"] == {"state": "completed", "reasons": [], "message": None}
    assert borrowed.video_id in [video["id"] for video in borrowed.lender_saw["data"]]
    told = [notice for notice in notices_of(bruno) if notice["data"].get("video_id") == borrowed.video_id]
    newest_first = ["release:video:withdrawn", "likeness:use:released", "likeness:use:drafted"]
    assert [notice["type"] for notice in told] == newest_first
    assert borrowed.video_id in bruno.http.get("/me").raise_for_status().text


def test_a_revocation_ends_earlier_downloads_with_the_very_next_request(borrowed: Borrowed, ada: Person) -> None:
    assert borrowed.revocation["withdrawn"] == [borrowed.video_id]
    after = borrowed.content_after
    assert (after.status_code, after.json()["code"]) == (410, "release:video:withdrawn")
    for variant in ("thumbnail", "spritesheet"):
        answer = ada.http.get(f"/v1/videos/{borrowed.video_id}/content", params={"variant": variant})
        assert answer.status_code == 410, variant


def test_a_withdrawn_video_has_failed_and_says_why(borrowed: Borrowed, ada: Person) -> None:
    video = ada.video(borrowed.video_id)
    assert (video["status"], video["placet"]["state"]) == (REFUSED, "withdrawn")
    assert video["error"]["code"] == "release:video:withdrawn"


@pytest.mark.usefixtures("borrowed")
def test_the_same_request_is_refused_after_a_revocation(ada: Person) -> None:
    again = ada.make(PROMPT)
    assert (again["status"], reasons(again)) == (REFUSED, ["consent:grant:revoked"])


def test_a_withdrawn_video_cannot_be_remixed(borrowed: Borrowed, ada: Person) -> None:
    answer = ada.http.post(f"/v1/videos/{borrowed.video_id}/remix", json={"prompt": "the same at night"})
    refused = answer if answer.is_error else None
    code = refused.json()["code"] if refused else ada.end_of(answer.json()["id"])["error"]["code"]
    assert code in {"release:video:withdrawn", "remix:parent:withdrawn"}


def test_revoking_twice_changes_nothing(borrowed: Borrowed, bruno: Person) -> None:
    again = bruno.revoke(borrowed.grant_id)
    assert again == {"withdrawn": [], "consent_epoch": borrowed.revocation["consent_epoch"]}


def test_only_the_person_themselves_can_consent_or_end_it(
    borrowed: Borrowed, bruno: Person, mallory: Person, admin: Person
) -> None:
    body = {"audience": {"kind": "everyone"}, "modalities": ["face"]}
    path = f"/v1/subjects/{bruno.subject_id}/grants"
    assert mallory.http.post(path, json=body).status_code == 404
    assert admin.http.post(path, json=body).json()["code"] == "consent:grant:by_other"
    for verb, place in (("POST", "revoke"), ("GET", "receipt")):
        assert mallory.http.request(verb, f"/v1/grants/{borrowed.grant_id}/{place}").status_code == 404


def test_a_counted_grant_ends_with_its_last_use(ada: Person, dario: Person) -> None:
    grant = dario.grant(to(ada), modalities=["face"], max_uses=1)
    assert ada.make("@dario feeds the pigeons in a square")["status"] == "completed"
    again = ada.make("@dario feeds the pigeons once more")
    assert (again["status"], reasons(again)) == (REFUSED, ["consent:grant:exhausted"])
    grants = dario.http.get(f"/v1/subjects/{dario.subject_id}/grants").json()["data"]
    assert [(g["state"], g["uses"]) for g in grants if g["id"] == grant["id"]] == [("exhausted", 1)]


def test_an_expired_grant_permits_nothing(ada: Person, dario: Person) -> None:
    end = datetime.now(UTC) + timedelta(seconds=2)
    dario.grant(to(ada), expires_at=end.isoformat())
    time.sleep(2.1)
    video = ada.make("@dario paints a fence")
    assert (video["status"], reasons(video)) == (REFUSED, ["consent:grant:expired"])


def test_mutuals_are_people_who_follow_each_other(ada: Person, elena: Person) -> None:
    elena.grant({"kind": "mutuals"}, modalities=["face"])
    prompt = "@elena flies a kite on the beach"
    elena.http.post(f"/v1/follows/{ada.account_id}").raise_for_status()
    assert reasons(ada.make(prompt)) == ["consent:grant:none"]
    ada.http.post(f"/v1/follows/{elena.account_id}").raise_for_status()
    assert ada.make(prompt)["status"] == "completed"
    ada.http.delete(f"/v1/follows/{elena.account_id}").raise_for_status()
    assert reasons(ada.make(prompt)) == ["consent:grant:none"]


def test_everyone_means_everyone_and_only_me_nobody_else(elena: Person, mallory: Person) -> None:
    elena.http.post(f"/v1/subjects/{elena.subject_id}/grants/revoke").raise_for_status()
    elena.grant({"kind": "only_me"}, modalities=["face"])
    assert reasons(mallory.make("@elena rows across a lake"))[0].startswith("consent:grant:")
    wide = elena.grant({"kind": "everyone"}, modalities=["face"])
    made = mallory.make("@elena rows across a lake")
    assert made["status"] == "completed", made
    remix = mallory.http.post(f"/v1/videos/{made['id']}/remix", json={"prompt": "the same in the rain"}).json()
    assert reasons(mallory.end_of(remix["id"])) == ["consent:grant:remix_forbidden"]
    assert elena.revoke(wide["id"])["withdrawn"] == [made["id"]]


def test_being_forgotten_takes_everything_back(server: Server, admin: Person, mallory: Person, assets: Path) -> None:
    fabio = enrol(join(server, admin, "fabio", "subject"), admin, "fabio", assets, voice=False)
    fabio.grant({"kind": "everyone"}, modalities=["face"])
    made = mallory.make("@fabio juggles oranges")
    assert made["status"] == "completed", made
    forgotten = fabio.http.delete(f"/v1/subjects/{fabio.subject_id}").raise_for_status().json()
    assert forgotten == {"withdrawn": [made["id"]]}
    assert mallory.http.get(f"/v1/videos/{made['id']}/content").status_code == 410
    again = mallory.make("A street", characters=[{"id": fabio.subject_id}])
    assert again["error"]["code"] == "consent:cameo:unknown"
    assert mallory.make("@fabio juggles oranges")["error"]["code"] == "consent:cameo:unknown"


def test_whoever_appears_may_take_a_video_back(ada: Person, dario: Person) -> None:
    dario.grant(to(ada), modalities=["face"])
    made = ada.make("@dario reads a newspaper on a bench")
    assert made["status"] == "completed", made
    assert dario.http.delete(f"/v1/videos/{made['id']}").status_code == 200
    assert ada.http.get(f"/v1/videos/{made['id']}/content").status_code in {404, 410}
    dario.http.post(f"/v1/subjects/{dario.subject_id}/grants/revoke").raise_for_status()


def test_a_person_lets_go_on_what_was_held(ada: Person, admin: Person) -> None:
    held = ada.make("Captain Fenimorre sails past the harbour")
    assert held["placet"]["state"] == "held", held
    review = {"verdict": "allow", "note": "looked at"}
    assert ada.http.post(f"/v1/cases/{held['id']}/review", json=review).status_code == 403
    admin.http.post(f"/v1/cases/{held['id']}/review", json=review).raise_for_status()
    ended = ada.end_of(held["id"])
    assert (ended["status"], reasons(ended)) == ("completed", [])
    assert admin.http.post(f"/v1/cases/{held['id']}/review", json=review).json()["code"] == "case:state:not_held"


def test_a_person_ends_what_was_held(ada: Person, admin: Person) -> None:
    held = ada.make("Captain Fenimorre dives for pearls")
    assert held["placet"]["state"] == "held", held
    admin.http.post(f"/v1/cases/{held['id']}/review", json={"verdict": "deny"}).raise_for_status()
    ended = ada.video(held["id"])
    assert (ended["status"], ended["error"]["code"]) == (REFUSED, "review:case:denied")


def test_a_receipt_is_signed_for_anybody_to_check(borrowed: Borrowed, bruno: Person, server: Server) -> None:
    keys: Any = httpx.get(f"{server.url}/.well-known/placet-jwks.json").raise_for_status().json()
    assert all("d" not in key for key in keys["keys"])
    final = bruno.http.get(f"/v1/grants/{borrowed.grant_id}/receipt").raise_for_status().json()["receipt"]
    for receipt, statuses in ((borrowed.given_receipt, ["Given"]), (final, ["Given", "Withdrawn"])):
        read: Any = jws.deserialize_compact(receipt, KeySet.import_key_set(keys), algorithms=["EdDSA"])
        assert read.headers()["typ"] == "consent-receipt+jwt"
        text = read.payload.decode()
        assert [f"dpv:Consent{status}" in text for status in statuses] == [True] * len(statuses)
        assert borrowed.grant_id in text
        for private in (bruno.account_id, bruno.subject_id, "Greetings only", "bruno"):
            assert private not in text
    head, body, signature = final.split(".")
    forged = ".".join((head, body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB"), signature))
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(forged, KeySet.import_key_set(keys), algorithms=["EdDSA"])


def test_a_webhook_never_reaches_into_our_own_network(mallory: Person) -> None:
    with receiving() as receiver:
        hook = mallory.http.post("/v1/webhooks", json={"url": f"{receiver.url}/hook", "types": ["*"]})
        assert hook.status_code == 201, hook.text
        assert hook.json()["secret"].startswith("whsec_")
        mallory.make("Tom Hanks waves")
        time.sleep(3)
        assert receiver.requests == []
        assert "secret" not in mallory.http.get("/v1/webhooks").json()["data"][0]
        mallory.http.delete(f"/v1/webhooks/{hook.json()['id']}").raise_for_status()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "https://a:b@example.org/", "https://", ""]
)
def test_a_webhook_is_a_plain_web_address(mallory: Person, url: str) -> None:
    answer = mallory.http.post("/v1/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["field"]) == (422, "url")
