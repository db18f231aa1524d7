"""Enrolment over HTTP: two members of staff, a search for who is alike, and what people are told of it."""

from pathlib import Path

from tests.e2e.deployment import BORN, Person, Server, join, vouch


def test_whoever_looks_like_somebody_enrolled_goes_to_review_and_is_not_told_whom(
    server: Server, admin: Person, ada: Person, assets: Path
) -> None:
    eve = join(server, admin, "eve", "subject")
    body = {"handle": "eve", "display_name": "Eve"}
    subject = eve.http.post("/v1/subjects", json=body).raise_for_status().json()["id"]
    looks = [("pictures", (f"ada-{n}.png", (assets / f"ada-{n}.png").read_bytes(), "image/png")) for n in (2, 3, 4)]
    path = f"/v1/subjects/{subject}/enrolment"
    unstated = admin.http.post(path, files=looks)
    assert (unstated.status_code, unstated.json()["code"]) == (403, "consent:age:unstated")
    eve.http.put("/v1/me/age", json={"birth_year": BORN}).raise_for_status()

    attempt = vouch(admin, subject, looks)
    assert (attempt["state"], attempt["reason"]) == ("to_review", "consent:enrolment:already_enrolled")
    seen = admin.http.get(f"/v1/enrolments/{attempt['id']}").raise_for_status().json()
    assert ada.subject_id in {one["about"] for one in seen["alike"]}
    assert eve.http.get(f"/v1/enrolments/{attempt['id']}").status_code == 403
    mine = eve.http.get(f"/v1/subjects/{subject}/enrolments").raise_for_status()
    told = eve.http.get("/v1/notices").raise_for_status()
    for answer in (mine, told):
        assert ada.subject_id not in answer.text
    assert "consent:enrolment:in_review" in told.text

    decided = admin.http.post(f"/v1/enrolments/{attempt['id']}/decide", json={"enrol": False, "note": "not her"})
    assert (decided.json()["state"], decided.json()["reason"]) == ("refused", "consent:enrolment:declined")
    assert admin.http.get(f"/v1/enrolments/{attempt['id']}/pictures/0").status_code == 404
    assert eve.http.get("/v1/subjects/me").json()["cameo"] is None
