"""The HTTP door: who may do what, and what is said to whoever may not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consent_registry.routes import ADMINISTER, ATTEST, MANAGE, build_router
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.problems import install

SILENCE = np.zeros(0, np.float32)
NOTHING = np.zeros((0, 0, 0, 3), np.uint8)
ADA = {"handle": "ada", "display_name": "Ada", "birth_year": 1990}


class FakeDecoder:
    """Takes files that begin with "picture", "sound" or "silence" for what they say."""

    def __init__(self) -> None:
        self.paths: list[Path] = []

    def look(self, path: Path, limits: MediaLimits) -> Look:  # noqa: ARG002 - the port's shape
        self.paths.append(path)
        match path.read_bytes()[:7]:
            case b"picture":
                frame = np.full((1, 8, 6, 3), 9, np.uint8)
                return Look(MediaKind.IMAGE, 6, 8, 0.0, frame, np.zeros(1), SILENCE)
            case b"sound..":
                return Look(MediaKind.AUDIO, 0, 0, 1.0, NOTHING, np.zeros(0), np.ones(16_000, np.float32))
            case b"silence":
                return Look(MediaKind.AUDIO, 0, 0, 1.0, NOTHING, np.zeros(0), SILENCE)
            case _:
                raise InvalidInput("not a medium", code="media:file:unrecognised", field="input_reference")


class Door:
    """A client of the routes, and the credentials of the people who use them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.decoder = FakeDecoder()
        self.identities = FakeIdentities()
        access = access_of(self.identities)
        self.app = FastAPI()
        self.app.include_router(build_router(house.registry, access, self.decoder))
        install(self.app)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.ada, self.bob = (
            self.identities.add(an_actor(MANAGE, account_id=f"acct_{name}")) for name in ("ada", "bob")
        )
        self.admin = self.identities.add(an_actor(MANAGE, ADMINISTER, account_id="acct_admin"))
        self.staff = self.identities.add(an_actor(ATTEST, account_id="acct_staff"))
        self.colleague = self.identities.add(an_actor(ATTEST, account_id="acct_colleague"))

    def register_ada(self) -> str:
        answer = self.client.post("/v1/subjects", json=ADA, headers=self.ada)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def grant(self, subject_id: str) -> str:
        body = {"audience": {"kind": "everyone"}, "modalities": ["face"]}
        answer = self.client.post(f"/v1/subjects/{subject_id}/grants", json=body, headers=self.ada)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    made = Door(house)
    with made.client:
        yield made


def test_every_route_declares_its_permission_and_one_is_public(door: Door) -> None:
    declared = {
        (route.path, method): declared_permission(route)
        for route in routes_of(door.app)
        if getattr(route, "dependant", None) is not None
        for method in route.methods
    }
    assert len(declared) >= 12
    assert None not in declared.values()
    assert [path for (path, _), permission in declared.items() if permission == PUBLIC] == [
        "/.well-known/placet-jwks.json"
    ]


def test_a_person_registers_and_finds_themselves(door: Door) -> None:
    assert door.client.get("/v1/subjects/me", headers=door.ada).status_code == 404
    subject_id = door.register_ada()
    me = door.client.get("/v1/subjects/me", headers=door.ada).json()
    assert (me["id"], me["handle"], me["cameo"], me["minor"]) == (subject_id, "ada", None, False)
    again = door.client.post("/v1/subjects", json={"handle": "ada", "display_name": "B"}, headers=door.bob)
    assert (again.status_code, again.json()["code"]) == (409, "consent:handle:taken")


def test_nobody_in_particular_may_do_nothing(door: Door) -> None:
    subject_id = door.register_ada()
    for method, path in (
        ("POST", "/v1/subjects"),
        ("GET", "/v1/subjects/me"),
        ("DELETE", f"/v1/subjects/{subject_id}"),
        ("POST", f"/v1/subjects/{subject_id}/enrolment"),
        ("GET", f"/v1/subjects/{subject_id}/grants"),
        ("POST", "/v1/grants/grant_1/revoke"),
        ("POST", "/v1/follows/acct_bob"),
    ):
        assert door.client.request(method, path).status_code == 401, path


def test_only_staff_may_attest(door: Door) -> None:
    subject_id = door.register_ada()
    files = [("pictures", ("a.png", b"picture"))]
    answer = door.client.post(f"/v1/subjects/{subject_id}/enrolment", files=files, headers=door.ada)
    assert answer.status_code == 403
    assert door.house.registry.cameo(subject_id) is None


def test_staff_enrol_a_person_from_uploads_and_leave_no_file_behind(door: Door) -> None:
    subject_id = door.register_ada()
    files = [
        ("pictures", ("a.png", b"picture")),
        ("pictures", ("b.png", b"picture")),
        ("recordings", ("a", b"sound..")),
    ]
    path = f"/v1/subjects/{subject_id}/enrolment"
    answer = door.client.post(path, files=files, data={"keep_reference": "true"}, headers=door.staff)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "examined"
    assert door.house.registry.cameo(subject_id) is None
    confirm = f"/v1/enrolments/{answer.json()['id']}/confirm"
    own = door.client.post(confirm, headers=door.staff)
    assert (own.status_code, own.json()["code"]) == (403, "consent:attestation:same")
    assert door.client.post(confirm, headers=door.colleague).json()["state"] == "enrolled"
    cameo = door.client.get("/v1/subjects/me", headers=door.ada).json()["cameo"]
    assert (cameo["version"], cameo["has_face"], cameo["has_voice"], cameo["keeps_reference"]) == (1, True, True, True)
    assert len(door.decoder.paths) == 3
    assert not any(path.exists() or path.parent.exists() for path in door.decoder.paths)


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([("keep_reference", (None, b"true"))], "pictures"),
        ([("pictures", ("a", b"garbage"))], "pictures"),
        ([("pictures", ("a", b"sound.."))], "pictures"),
        ([("recordings", ("a", b"silence"))], "recordings"),
        ([("recordings", ("a", b"garbage"))], "recordings"),
        ([("pictures", ("a", b"picture"))] * 21, "pictures"),
    ],
)
def test_an_upload_that_will_not_do_names_its_field(
    door: Door, files: list[tuple[str, tuple[str | None, bytes]]], field: str
) -> None:
    subject_id = door.register_ada()
    answer = door.client.post(f"/v1/subjects/{subject_id}/enrolment", files=files, headers=door.staff)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert door.house.registry.cameo(subject_id) is None


def test_too_many_files_are_refused_before_any_is_decoded(door: Door) -> None:
    subject_id = door.register_ada()
    files = [("pictures", ("a", b"picture"))] * 21
    door.client.post(f"/v1/subjects/{subject_id}/enrolment", files=files, headers=door.staff)
    assert door.decoder.paths == []


def test_a_person_grants_lists_and_revokes(door: Door) -> None:
    subject_id = door.register_ada()
    body = {
        "audience": {"kind": "people", "account_ids": ["acct_bob"]},
        "modalities": ["voice", "face"],
        "expires_at": "2026-06-01T00:00:00+02:00",
        "max_uses": 3,
        "on_revocation": "keep",
        "note": "no politics",
    }
    made = door.client.post(f"/v1/subjects/{subject_id}/grants", json=body, headers=door.ada)
    assert made.status_code == 201
    grant = made.json()
    assert (grant["state"], grant["modalities"], grant["uses"]) == ("active", ["face", "voice"], 0)
    assert grant["expires_at"].startswith("2026-05-31T22:00:00")
    revoked = door.client.post(f"/v1/grants/{grant['id']}/revoke", headers=door.ada)
    assert (revoked.status_code, revoked.json()) == (200, {"withdrawn": [], "consent_epoch": 2})
    (listed,) = door.client.get(f"/v1/subjects/{subject_id}/grants", headers=door.ada).json()["data"]
    assert (listed["state"], listed["version"]) == ("revoked", 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"audience": {"kind": "everyone"}, "modalities": []}, "modalities"),
        ({"audience": {"kind": "people"}, "modalities": ["face"]}, "audience"),
        (
            {"audience": {"kind": "everyone"}, "modalities": ["face"], "expires_at": "2040-01-01T00:00:00Z"},
            "expires_at",
        ),
        ({"audience": {"kind": "everyone"}, "modalities": ["face"], "expires_at": "2026-09-01T00:00:00"}, "expires_at"),
        (
            {"audience": {"kind": "everyone"}, "modalities": ["face"], "expires_at": "9999-12-31T23:59:59-12:00"},
            "expires_at",
        ),
        ({"audience": {"kind": "everyone"}, "modalities": ["face"], "max_uses": 0}, "max_uses"),
        ({"audience": {"kind": "everyone"}, "modalities": ["gait"]}, "modalities"),
        ({"audience": {"kind": "everyone"}, "modalities": ["face"], "max_use": 1}, "max_use"),
    ],
)
def test_terms_that_will_not_do_name_the_field(door: Door, body: dict[str, object], field: str) -> None:
    subject_id = door.register_ada()
    answer = door.client.post(f"/v1/subjects/{subject_id}/grants", json=body, headers=door.ada)
    assert answer.status_code == 422
    assert field in str(answer.json()["field"])


def test_to_others_a_persons_things_are_not_there(door: Door) -> None:
    subject_id = door.register_ada()
    grant_id = door.grant(subject_id)
    for method, path, missing in (
        ("GET", f"/v1/subjects/{subject_id}/grants", "/v1/subjects/subj_none/grants"),
        ("POST", f"/v1/subjects/{subject_id}/grants/revoke", "/v1/subjects/subj_none/grants/revoke"),
        ("DELETE", f"/v1/subjects/{subject_id}", "/v1/subjects/subj_none"),
        ("POST", f"/v1/grants/{grant_id}/revoke", "/v1/grants/grant_none/revoke"),
        ("GET", f"/v1/grants/{grant_id}/receipt", "/v1/grants/grant_none/receipt"),
    ):
        theirs = door.client.request(method, path, headers=door.bob)
        nobodys = door.client.request(method, missing, headers=door.bob)
        assert theirs.status_code == nobodys.status_code == 404, path
        for member in ("title", "detail", "code"):
            assert theirs.json()[member] == nobodys.json()[member], path
    assert door.house.registry.grant_named(grant_id).revoked_at is None


def test_an_administrator_may_end_a_consent_and_never_give_one(door: Door) -> None:
    subject_id = door.register_ada()
    grant_id = door.grant(subject_id)
    body = {"audience": {"kind": "everyone"}, "modalities": ["face"]}
    answer = door.client.post(f"/v1/subjects/{subject_id}/grants", json=body, headers=door.admin)
    assert (answer.status_code, answer.json()["code"]) == (403, "consent:grant:by_other")
    assert door.client.get(f"/v1/subjects/{subject_id}/grants", headers=door.admin).status_code == 200
    assert door.client.post(f"/v1/grants/{grant_id}/revoke", headers=door.admin).status_code == 200
    assert door.house.registry.grant_named(grant_id).revoked_at is not None


def test_a_receipt_is_handed_out_by_version_and_its_keys_to_everybody(door: Door) -> None:
    subject_id = door.register_ada()
    grant_id = door.grant(subject_id)
    path = f"/v1/grants/{grant_id}/receipt"
    given = door.client.get(path, headers=door.ada).json()["receipt"]
    door.client.post(f"/v1/subjects/{subject_id}/grants/revoke", headers=door.ada)
    assert door.client.get(path, headers=door.ada).json()["receipt"] != given
    assert door.client.get(path, params={"version": 1}, headers=door.ada).json()["receipt"] == given
    assert door.client.get(path, params={"version": 9}, headers=door.ada).status_code == 404
    (key,) = door.client.get("/.well-known/placet-jwks.json").json()["keys"]
    assert (key["crv"], "d" in key) == ("Ed25519", False)


def test_following_and_unfollowing(door: Door) -> None:
    assert door.client.post("/v1/follows/acct_bob", headers=door.ada).status_code == 204
    assert door.client.post("/v1/follows/acct_ada", headers=door.ada).status_code == 422
    assert door.client.delete("/v1/follows/acct_bob", headers=door.ada).status_code == 204


def test_an_administrator_ends_a_likeness_but_not_the_account(door: Door) -> None:
    subject_id = door.register_ada()
    whole = door.client.delete(f"/v1/subjects/{subject_id}?with_account=true", headers=door.admin)
    assert (whole.status_code, whole.json()["code"]) == (403, "consent:account:by_other")
    assert door.client.get("/v1/subjects/me", headers=door.ada).status_code == 200
    assert door.client.delete(f"/v1/subjects/{subject_id}", headers=door.admin).status_code == 200


def test_a_person_can_be_forgotten_at_their_word(door: Door) -> None:
    subject_id = door.register_ada()
    grant_id = door.grant(subject_id)
    door.house.withdrawals.out = {"video_1": grant_id}
    answer = door.client.delete(f"/v1/subjects/{subject_id}", headers=door.ada)
    assert (answer.status_code, answer.json()) == (200, {"withdrawn": ["video_1"]})
    assert door.client.get("/v1/subjects/me", headers=door.ada).status_code == 404
