"""The videos API over HTTP: every way of sending a request, every permission, every refusal."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from generator_gateway.api import ReportDesk
from generator_gateway.routes import build_case_router, build_verify_router, build_video_router
from generator_gateway.routes.intake import VideoIntake
from generator_gateway.stages import Request
from tests.factories.cases import a_finding
from tests.fakes.gateway import RecordingFetcher
from tests.fakes.verification import MemoryReports
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House, LedgerProves
from trust_kernel.decisions import Outcome
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.problems import install
from trust_kernel.web.rate import RateLimit, TokenBuckets

MAX_BYTES = 100
PICTURE = b"image of a harbour"


class Door:
    """A client of the routes, and the credentials of those who use them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.fetcher = RecordingFetcher()
        identities = FakeIdentities()
        access = access_of(identities)
        intake = VideoIntake(self.fetcher, "fake", MAX_BYTES)
        self.app = FastAPI()
        self.app.include_router(build_video_router(house.desk, house.appeals, intake, access))
        self.app.include_router(build_case_router(house.reviews, house.desk, access))
        reports = ReportDesk(MemoryReports(), house.releases, LedgerProves(house.ledger), house.clock)
        limit = RateLimit(TokenBuckets(1000))
        self.app.include_router(build_verify_router(house.verification, reports, access, limit, MAX_BYTES))
        install(self.app, openai_prefixes=("/v1/videos",))
        self.client = TestClient(self.app, raise_server_exceptions=False)
        user = ("video:create", "video:read", "video:delete")
        self.ada = identities.add(an_actor(*user, account_id="acct_ada"))
        self.cyd = identities.add(an_actor(*user, account_id="acct_cyd"))
        self.reader = identities.add(an_actor("video:read", account_id="acct_reader"))
        self.staff = identities.add(an_actor("case:read", "case:decide", account_id="acct_staff"))

    def made(self, **options: object) -> Request:
        """Send a request that is taken; gives what was kept."""
        answer = self.client.post("/v1/videos", headers=self.ada, **options)  # type: ignore[arg-type] # as httpx
        assert answer.status_code == 200, answer.text
        return self.house.cases.get(answer.json()["id"]).request

    def refused(self, status: int = 400, **options: object) -> dict[str, object]:
        """Send a request that is refused; gives the problem."""
        answer = self.client.post("/v1/videos", headers=self.ada, **options)  # type: ignore[arg-type] # as httpx
        assert answer.status_code == status, answer.text
        assert self.house.queue.sent == []
        problem: dict[str, object] = answer.json()
        return problem


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    made = Door(house)
    with made.client:
        yield made


SMALL = {"prompt": "a harbour", "size": "640x360"}


def test_every_route_declares_its_permission_and_verification_is_public(door: Door) -> None:
    declared = {
        (method, route.path): declared_permission(route) for route in routes_of(door.app) for method in route.methods
    }
    ours = {key: value for key, value in declared.items() if key[1].startswith(("/v1", "/verify"))}
    assert ours == {
        ("POST", "/v1/videos"): "video:create",
        ("GET", "/v1/videos"): "video:read",
        ("GET", "/v1/videos/{video_id}"): "video:read",
        ("GET", "/v1/videos/{video_id}/content"): "video:read",
        ("DELETE", "/v1/videos/{video_id}"): "video:delete",
        ("POST", "/v1/videos/{video_id}/remix"): "video:create",
        ("GET", "/v1/cases"): "case:read",
        ("GET", "/v1/cases/{case_id}"): "case:read",
        ("POST", "/v1/cases/{case_id}/review"): "case:decide",
        ("POST", "/verify"): PUBLIC,
        ("POST", "/verify/crjson"): PUBLIC,
        ("POST", "/verify/feedback"): PUBLIC,
        ("GET", "/verify/{sha256}"): PUBLIC,
    }


# --- bodies


def test_a_json_body_is_taken_with_defaults(door: Door) -> None:
    request = door.made(json={"prompt": "a harbour"})
    assert (request.prompt, request.model, request.seconds) == ("a harbour", "fake", 4)
    assert (request.width, request.height, request.purpose) == (720, 1280, "personal")


def test_a_json_body_is_taken_with_everything(door: Door) -> None:
    body = {
        **SMALL,
        "model": "sora-2",
        "seconds": 8,
        "seed": 5,
        "purpose": "artistic",
        "characters": [{"id": "subj_1"}],
    }
    request = door.made(json=body)
    assert (request.model, request.seconds, request.seed, request.purpose) == ("sora-2", 8, 5, "artistic")
    assert request.characters == ("subj_1",)


def test_null_means_the_default_except_for_the_prompt(door: Door) -> None:
    nothing = dict.fromkeys(("model", "seconds", "seed", "purpose", "characters", "input_reference"))
    assert door.made(json={**SMALL, **nothing}).seconds == 4


def test_a_form_is_taken(door: Door) -> None:
    request = door.made(data={**SMALL, "seconds": "8", "seed": "5"})
    assert (request.prompt, request.seconds, request.seed) == ("a harbour", 8, 5)


def test_a_multipart_body_with_a_file_is_taken(door: Door) -> None:
    request = door.made(data=SMALL, files={"input_reference": ("photo.png", PICTURE, "image/png")})
    assert [door.house.blobs.read(reference.media.digest) for reference in request.references] == [PICTURE]


def test_several_files_are_taken_up_to_four(door: Door) -> None:
    files = [("input_reference[]", (f"{number}.png", b"image %d" % number, "image/png")) for number in range(5)]
    assert len(door.made(data=SMALL, files=files[:4]).references) == 4
    door.house.queue.sent.clear()
    assert door.refused(data=SMALL, files=files)


@pytest.mark.parametrize(
    "form",
    [
        {"characters[0][id]": "subj_1", "characters[1][id]": "subj_2"},
        {"characters[][id]": ["subj_1", "subj_2"]},
        {"characters[]": ["subj_1", "subj_2"]},
        {"characters": '[{"id": "subj_1"}, {"id": "subj_2"}]'},
        {"characters": ['{"id": "subj_1"}', '{"id": "subj_2"}']},
        {"characters[0]": '{"id": "subj_1"}', "characters[1]": '{"id": "subj_2"}'},
    ],
)
def test_characters_come_in_every_way_that_clients_spell_them(door: Door, form: dict[str, object]) -> None:
    assert door.made(data={**SMALL, **form}).characters == ("subj_1", "subj_2")


@pytest.mark.parametrize("characters", ["subj_1", {"id": "subj_1"}, ["subj_1"]])
def test_one_character_needs_no_list(door: Door, characters: object) -> None:
    assert door.made(json={**SMALL, "characters": characters}).characters == ("subj_1",)


@pytest.mark.parametrize("characters", [[{"name": "x"}], [{"id": ""}], [{"id": 3}], [None], 7, [[]]])
def test_malformed_characters_are_refused(door: Door, characters: object) -> None:
    problem = door.refused(json={**SMALL, "characters": characters})
    assert "request:characters:malformed" in json.dumps(problem)


def test_an_image_url_goes_to_the_fetcher(door: Door) -> None:
    url = "https://example.com/harbour.png"
    request = door.made(json={**SMALL, "input_reference": {"image_url": url}})
    assert door.fetcher.urls == [url]
    assert door.house.blobs.read(request.references[0].media.digest) == b"image fetched"


@pytest.mark.parametrize(
    "form",
    [
        {"input_reference[image_url]": "https://example.com/a.png"},
        {"input_reference": '{"image_url": "https://example.com/a.png"}'},
    ],
)
def test_an_image_url_in_a_form_goes_to_the_fetcher_too(door: Door, form: dict[str, str]) -> None:
    assert len(door.made(data={**SMALL, **form}).references) == 1
    assert door.fetcher.urls == ["https://example.com/a.png"]


@pytest.mark.parametrize(
    "reference",
    [
        {"file_id": "file_1"},
        {"image_url": "https://example.com/a.png", "file_id": "file_1"},
        {"image_url": 3},
        {"image_url": {"url": "https://example.com/a.png"}},
        "https://example.com/a.png",
        {},
        7,
        [None],
    ],
)
def test_a_reference_of_another_kind_is_refused(door: Door, reference: object) -> None:
    problem = door.refused(json={**SMALL, "input_reference": reference})
    assert "request:reference:malformed" in json.dumps(problem)
    assert door.fetcher.urls == []


def test_five_references_are_too_many(door: Door) -> None:
    one = {"image_url": "https://example.com/a.png"}
    problem = door.refused(json={**SMALL, "input_reference": [one] * 5})
    assert "input_reference" in json.dumps(problem)
    assert door.fetcher.urls == []


def test_a_reference_may_be_as_large_as_the_limit_and_no_larger(door: Door) -> None:
    large = {"input_reference": ("photo.png", b"image".ljust(MAX_BYTES, b"x"), "image/png")}
    assert len(door.made(data=SMALL, files=large).references) == 1
    door.house.queue.sent.clear()
    larger = {"input_reference": ("photo.png", b"image".ljust(MAX_BYTES + 1, b"x"), "image/png")}
    assert f"{MAX_BYTES} bytes" in json.dumps(door.refused(data=SMALL, files=larger))


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"3", b"null", b'"text"', b"", b"\xff\xfe", b"[" * 100_000, b'{"prompt": "\\ud800"}'],
    ids=lambda content: repr(content[:12]),
)
def test_a_body_that_is_no_json_object_is_refused(door: Door, content: bytes) -> None:
    problem = door.refused(content=content)
    assert "request:body:malformed" in json.dumps(problem)


@pytest.mark.parametrize("form", [{"characters": "[{"}, {"input_reference": "{"}])
def test_bad_json_in_a_form_is_refused(door: Door, form: dict[str, str]) -> None:
    problem = door.refused(data={**SMALL, **form})
    assert "request:body:malformed" in json.dumps(problem)
    assert next(iter(form)) in json.dumps(problem)


def test_a_broken_multipart_body_is_refused(door: Door) -> None:
    headers = {**door.ada, "content-type": "multipart/form-data"}
    answer = door.client.post("/v1/videos", headers=headers, content=b"--x")
    assert answer.status_code == 400
    assert "request:body:malformed" in answer.text


def test_an_unknown_field_is_refused_by_name(door: Door) -> None:
    for sent in ({"json": {**SMALL, "n": 2}}, {"data": {**SMALL, "n": "2"}}):
        problem = json.dumps(door.refused(**sent))
        assert "unknown field n" in problem


@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"prompt": 3}, {"prompt": ["x"]}])
def test_a_prompt_must_be_text(door: Door, body: dict[str, object]) -> None:
    assert "prompt" in json.dumps(door.refused(json=body))


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", 3), ("size", []), ("seconds", 4.5), ("seconds", True), ("purpose", {}), ("seed", True), ("seed", -1)],
)
def test_a_field_of_the_wrong_kind_is_refused_by_name(door: Door, field: str, value: object) -> None:
    assert field in json.dumps(door.refused(json={**SMALL, field: value}))


@pytest.mark.parametrize("seed", ["x", "1.5", str(1 << 32), 1 << 32, "99999999999"])
def test_a_seed_is_a_whole_number_of_32_bits(door: Door, seed: object) -> None:
    assert "seed" in json.dumps(door.refused(json={**SMALL, "seed": seed}))


def test_the_largest_seed_is_taken(door: Door) -> None:
    assert door.made(json={**SMALL, "seed": (1 << 32) - 1}).seed == (1 << 32) - 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({**SMALL, "prompt": "x" * 32_001}, "prompt"),
        ({**SMALL, "seconds": "99"}, "seconds"),
        ({**SMALL, "size": "1x1"}, "size"),
        ({**SMALL, "model": "other"}, "model"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_its_field(door: Door, body: dict[str, object], param: str) -> None:
    assert param in json.dumps(door.refused(json=body))


def test_nothing_of_a_request_stays_behind_in_files(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = door.house.directory / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    door.made(data=SMALL, files={"input_reference": ("photo.png", PICTURE, "image/png")})
    assert list(folder.iterdir()) == []


# --- videos


def test_the_same_key_gives_the_same_video_and_another_request_a_conflict(door: Door) -> None:
    headers = {**door.ada, "idempotency-key": "key-1"}
    first, again = (door.client.post("/v1/videos", headers=headers, json=SMALL).json()["id"] for _ in range(2))
    assert first == again
    other = door.client.post("/v1/videos", headers=headers, json={**SMALL, "prompt": "a hill"})
    assert other.status_code == 409
    assert "request:idempotency_key:reused" in other.text


def test_a_key_that_is_too_long_is_refused(door: Door) -> None:
    headers = {**door.ada, "idempotency-key": "k" * 201}
    assert door.client.post("/v1/videos", headers=headers, json=SMALL).status_code in {400, 422}


def test_a_video_is_polled_downloaded_and_deleted(door: Door) -> None:
    case_id = door.client.post("/v1/videos", headers=door.ada, json=SMALL).json()["id"]
    waiting = door.client.get(f"/v1/videos/{case_id}", headers=door.ada)
    assert (waiting.json()["status"], waiting.headers["openai-poll-after-ms"]) == ("queued", "500")
    assert door.client.get(f"/v1/videos/{case_id}/content", headers=door.ada).status_code == 409
    door.house.runner.run(case_id)
    assert door.client.get(f"/v1/videos/{case_id}", headers=door.ada).json()["status"] == "completed"
    file = door.client.get(f"/v1/videos/{case_id}/content", headers=door.ada)
    assert (file.status_code, file.headers["content-type"], file.headers["cache-control"]) == (
        200,
        "video/mp4",
        "no-store",
    )
    assert b"|drawn|" in file.content
    assert door.client.delete(f"/v1/videos/{case_id}", headers=door.ada).json() == {
        "id": case_id,
        "object": "video.deleted",
        "deleted": True,
    }
    assert door.client.get(f"/v1/videos/{case_id}", headers=door.ada).status_code == 404


@pytest.mark.parametrize(
    ("variant", "kind", "start"),
    [("thumbnail", "image/webp", b"poster of mark="), ("spritesheet", "image/jpeg", b"sheet of mark=")],
)
def test_pictures_of_a_video_are_variants_of_the_marked_video_disclosed_and_signed(
    door: Door, variant: str, kind: str, start: bytes
) -> None:
    case_id = door.house.released()
    answer = door.client.get(f"/v1/videos/{case_id}/content?variant={variant}", headers=door.ada)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    number = door.house.release(case_id).release_number
    label, _, signed = answer.content.partition(b"|")
    assert label == b"label=urn:c2pa:%d" % number
    assert signed.startswith(b"mark=%d|" % number + start)
    assert signed.endswith(b"|told=%016x" % number)


def test_another_variant_is_refused(door: Door) -> None:
    case_id = door.house.released()
    answer = door.client.get(f"/v1/videos/{case_id}/content?variant=raw", headers=door.ada)
    assert answer.status_code == 400
    assert "request:variant:unknown" in answer.text


def test_a_withdrawn_video_is_gone_in_every_variant(door: Door) -> None:
    house = door.house
    grant = house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.registry.revoke(grant.id, actor="acct_bea")
    for variant in ("video", "thumbnail", "spritesheet"):
        answer = door.client.get(f"/v1/videos/{case_id}/content?variant={variant}", headers=door.ada)
        assert answer.status_code == 410
    shown = door.client.get(f"/v1/videos/{case_id}", headers=door.ada).json()
    assert (shown["status"], shown["error"]["code"]) == ("failed", "release:video:withdrawn")
    remix = door.client.post(f"/v1/videos/{case_id}/remix", headers=door.ada, json={"prompt": "more"})
    assert remix.status_code == 410


def test_the_videos_of_others_are_not_found(door: Door) -> None:
    case_id = door.house.released()
    for method, path in (
        ("GET", ""),
        ("GET", "/content"),
        ("GET", "/content?variant=thumbnail"),
        ("DELETE", ""),
        ("POST", "/remix"),
    ):
        body = {"json": {"prompt": "more"}} if method == "POST" else {}
        answer = door.client.request(method, f"/v1/videos/{case_id}{path}", headers=door.cyd, **body)  # type: ignore[arg-type] # json
        assert answer.status_code == 404, (method, path)
    assert door.client.get("/v1/videos", headers=door.cyd).json()["data"] == []


def test_lists_have_ends_and_an_order(door: Door) -> None:
    ids = sorted(door.house.submit(f"number {number}").id for number in range(3))
    page = door.client.get("/v1/videos?limit=2&order=asc", headers=door.ada).json()
    assert ([video["id"] for video in page["data"]], page["has_more"]) == (ids[:2], True)
    assert (page["first_id"], page["last_id"]) == (ids[0], ids[1])
    rest = door.client.get(f"/v1/videos?after={ids[1]}&order=asc", headers=door.ada).json()
    assert ([video["id"] for video in rest["data"]], rest["has_more"]) == (ids[2:], False)
    newest = door.client.get("/v1/videos", headers=door.ada).json()
    assert [video["id"] for video in newest["data"]] == ids[::-1]


def test_a_remix_takes_its_parents_form(door: Door) -> None:
    parent = door.house.released()
    answer = door.client.post(f"/v1/videos/{parent}/remix", headers=door.ada, json={"prompt": "by night"})
    request = door.house.cases.get(answer.json()["id"]).request
    asked = door.house.cases.get(parent).request
    assert request == replace(asked, case_id=request.case_id, prompt="by night", remix_of=parent, seed=request.seed)
    assert answer.json()["remixed_from_video_id"] == parent


def test_a_parent_named_in_the_body_is_a_parent(door: Door) -> None:
    parent = door.house.released()
    assert door.made(json={**SMALL, "remixed_from_video_id": parent}).remix_of == parent
    others = door.client.post("/v1/videos", headers=door.cyd, json={**SMALL, "remixed_from_video_id": parent})
    assert others.status_code == 404


def test_whoever_may_only_read_may_not_make_or_delete(door: Door) -> None:
    assert door.client.post("/v1/videos", headers=door.reader, json=SMALL).status_code == 403
    assert door.client.delete("/v1/videos/video_1", headers=door.reader).status_code == 403
    assert door.client.post("/v1/videos", json=SMALL).status_code == 401
    assert door.client.get("/v1/cases", headers=door.ada).status_code == 403


# --- cases and verification


def test_reviewers_read_and_decide_held_cases(door: Door) -> None:
    house = door.house
    house.gate.findings = (a_finding(Outcome.UNSURE, "optout:name:unsure"),)
    case_id = house.submit().id
    house.runner.run(case_id)
    (held,) = door.client.get("/v1/cases?status=held", headers=door.staff).json()["data"]
    assert (held["video"]["id"], held["account_id"]) == (case_id, "acct_ada")
    assert held["video"]["placet"]["state"] == "held"
    assert "optout:name:unsure" in [finding["reason"] for finding in held["decisions"][0]["findings"]]
    assert door.client.get(f"/v1/cases/{case_id}", headers=door.staff).json() == held
    path = f"/v1/cases/{case_id}/review"
    assert door.client.post(path, headers=door.staff, json={"verdict": "hold"}).status_code in {400, 422}
    assert door.client.post(path, headers=door.ada, json={"verdict": "allow"}).status_code == 403
    done = door.client.post(path, headers=door.staff, json={"verdict": "deny", "note": "no"})
    assert done.json()["video"]["error"]["code"] == "review:case:denied"
    assert door.client.post(path, headers=door.staff, json={"verdict": "allow"}).status_code == 409


def test_anybody_verifies_a_file(door: Door) -> None:
    case_id = door.house.released()
    content = door.house.blobs.read(door.house.release(case_id).media_digest)
    body = door.client.post("/verify", files={"file": ("film.mp4", content)}).json()
    assert body["release"]["video_id"] == case_id
    assert (body["release"]["consent"], body["release"]["ledger_proved"]) == ("active", True)
    assert body["credential"]["state"] == "trusted"
    assert body["watermark"]["state"] == "found"
    assert body["recovered"] is False
    nothing = door.client.post("/verify", files={"file": ("../../x.m;p4", b"film")}).json()
    assert (nothing["release"], nothing["credential"]["manifest"]) == (None, None)
    assert "does not prove anything" in nothing["sentence"]


def test_a_file_too_large_to_verify_is_refused(door: Door) -> None:
    answer = door.client.post("/verify", files={"file": ("film.mp4", b"x" * (MAX_BYTES + 1))})
    assert answer.status_code == 422
    assert f"{MAX_BYTES} bytes" in answer.text


# --- what a video is for


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_a_request_says_what_it_is_for_and_where(door: Door, form: bool) -> None:
    told = {"purpose": "Editorial", "territories": "it, CH", "languages": "IT", "contexts": "comedy"}
    listed = {**told, "territories": ["it", "CH"], "languages": ["IT"], "contexts": ["comedy"]}
    request = door.made(data={**SMALL, **told}) if form else door.made(json={**SMALL, **listed})
    assert (request.purpose, request.territories, request.languages, request.contexts) == (
        "editorial",
        ("CH", "IT"),
        ("it",),
        ("comedy",),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("purpose", "film"), ("contexts", ["nice"]), ("territories", ["Italy"]), ("languages", ["italiano"])],
)
def test_a_purpose_place_language_or_context_that_is_none_is_named(door: Door, field: str, value: object) -> None:
    answer = door.client.post("/v1/videos", headers=door.ada, json={**SMALL, field: value})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
