"""The Soft Binding Resolution API with real videos, rows and fingerprints, held against the standard's own description.

That description (an OpenAPI document) is not ours to ship: `PLACET_C2PA_DATA` names a folder that holds it as
`sbr_openapi_2.2.json`. What it asks for is written down in tests/unit/generator_gateway/test_bindings_routes.py too.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from copyright_optout.api import OptOutIndex
from generator_gateway.adapters.prints import SandboxedPrints
from generator_gateway.routes.bindings import build_binding_router
from generator_gateway.service.bindings import SoftBindings
from tests.contracts.test_bindings import DatabaseWorld
from tests.factories.databases import sqlite
from tests.factories.media import write_sound, write_video
from tests.fakes.bindings import FakeMarks, FakeNumbers
from tests.fakes.optout import optout_parts
from tests.fakes.web import FakeIdentities, access_of
from tests.unit.generator_gateway.test_bindings_prints import film, melody
from tests.unit.watermark.test_jumbf import described
from trust_kernel.media.refs import MediaLimits
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.web.problems import install

NUMBER = (1 << 61) + 5
LABEL = "urn:c2pa:11111111-2222-4333-8444-555555555555"
STORE = described("c2pa", described("urn:c2pa:parent"), described(LABEL))
Json = Mapping[str, Any]
Answer = Any
"""A response, of whichever client the framework's test client is built on."""


class Service:
    """The API over a database, a sandbox and one released video."""

    def __init__(self, world: DatabaseWorld, folder: Path) -> None:
        self.folder = folder
        self.marks = FakeMarks()
        optouts = OptOutIndex(optout_parts())
        prints = SandboxedPrints(Sandbox(), optouts, MediaLimits(max_seconds=20.0))
        released = write_video(folder / "released.mp4", film(1), sound=melody(1)[None])
        world.release("video_a", NUMBER, LABEL, 4)
        world.bindings.register("video_a", prints.prints(released), world.blob(STORE))
        app = FastAPI()
        service = SoftBindings(world.bindings, prints, self.marks)
        app.include_router(build_binding_router(service, access_of(FakeIdentities()), 10_000_000), prefix="/sbr")
        install(app, openai_prefixes=("/sbr",))
        self.app = app
        self.client = TestClient(app, raise_server_exceptions=False)

    def content(self, path: Path, **query: str) -> Answer:
        kind = "audio/mpeg" if path.suffix == ".mp3" else "video/mp4"
        headers = {"content-type": kind}
        return self.client.post("/sbr/matches/byContent", content=path.read_bytes(), headers=headers, params=query)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("bindings")
    with sqlite(folder) as database:
        yield Service(DatabaseWorld(database), folder)


def labels(answer: Answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [match["manifestId"] for match in answer.json()["matches"]]


def test_a_stripped_and_re_encoded_copy_leads_to_the_manifest(service: Service) -> None:
    copy = write_video(service.folder / "copy.mp4", film(1), options={"crf": "33"})
    answer = service.content(copy)
    assert labels(answer) == [LABEL]
    assert service.client.get(f"/sbr/manifests/{labels(answer)[0]}").content == STORE


def test_its_sound_alone_leads_to_the_manifest(service: Service) -> None:
    tune = write_sound(service.folder / "tune.mp3", melody(1)[None, 96_000:], codec="libmp3lame")
    assert labels(service.content(tune)) == [LABEL]
    assert labels(service.content(tune, alg="com.placet.pdq.1")) == []


def test_another_video_leads_nowhere(service: Service) -> None:
    other = write_video(service.folder / "other.mp4", film(2), sound=melody(2)[None])
    assert labels(service.content(other)) == []


def test_a_mark_on_other_pictures_leads_there_with_less_certainty(service: Service) -> None:
    other = write_video(service.folder / "marked.mp4", film(3))
    service.marks.picture = FakeNumbers((NUMBER,))
    try:
        answer = service.content(other)
    finally:
        service.marks.picture = FakeNumbers()
    assert answer.json()["matches"] == [{"manifestId": LABEL, "similarityScore": 50}]


# What the standard's own document says.


@pytest.fixture(scope="module")
def document() -> Json:
    folder = os.environ.get("PLACET_C2PA_DATA")
    path = Path(folder) / "sbr_openapi_2.2.json" if folder else None
    if path is None or not path.is_file():
        pytest.skip("PLACET_C2PA_DATA names no folder with sbr_openapi_2.2.json")
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def referred(reference: str, document: Json) -> Json:
    """What a reference inside the document points to."""
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    found: Json = target
    return found


def check(value: object, schema: Json, document: Json, place: str = "$") -> None:
    """Hold a value against a schema, as far as this document uses the language; an unknown word fails."""
    if "$ref" in schema:
        check(value, referred(schema["$ref"], document), document, place)
        return
    known = {"type", "description", "required", "properties", "items", "minimum", "maximum", "oneOf", "example"}
    assert set(schema) <= known, (place, set(schema) - known)
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), place
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value), place
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                check(value[name], inner, document, f"{place}.{name}")
        if "oneOf" in schema:
            assert sum(set(one["required"]) <= set(value) for one in schema["oneOf"]) == 1, place
    for number, item in enumerate(value if isinstance(value, list) else ()):
        check(item, schema.get("items", {}), document, f"{place}[{number}]")
    if isinstance(value, int):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), place


def answer_schema(document: Json, path: str, method: str) -> Json:
    content = document["paths"][path][method]["responses"]["200"]["content"]
    schema: Json = content["application/json"]["schema"]
    return schema


def test_every_operation_of_the_document_is_offered_with_its_parameters(service: Service, document: Json) -> None:
    offered = service.app.openapi()["paths"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            ours = {parameter["name"]: parameter for parameter in offered[f"/sbr{path}"][method].get("parameters", ())}
            for parameter in operation.get("parameters", ()):
                mine = ours[parameter["name"]]
                assert mine["in"] == parameter["in"]
                assert mine["required"] == parameter.get("required", False)
                assert mine["schema"].get("default") == parameter["schema"].get("default")
            assert not {name for name, mine in ours.items() if mine["required"]} - {
                parameter["name"] for parameter in operation.get("parameters", ()) if parameter.get("required")
            }


def test_every_answer_is_as_the_document_describes_it(service: Service, document: Json) -> None:
    mark = base64.b64encode(NUMBER.to_bytes(8, "big")).decode()
    query = {"alg": "com.placet.mark.1", "value": mark}
    answers = {
        ("/matches/byBinding", "get"): service.client.get("/sbr/matches/byBinding", params=query),
        ("/matches/byBinding", "post"): service.client.post("/sbr/matches/byBinding", json=query),
        ("/matches/byContent", "post"): service.content(service.folder / "released.mp4"),
        ("/services/supportedAlgorithms", "get"): service.client.get("/sbr/services/supportedAlgorithms"),
    }
    for (path, method), answer in answers.items():
        assert answer.status_code == 200
        check(answer.json(), answer_schema(document, path, method), document)
        if path.startswith("/matches"):
            assert labels(answer) == [LABEL]
    manifest = service.client.get(f"/sbr/manifests/{LABEL}")
    content = document["paths"]["/manifests/{manifestId}"]["get"]["responses"]["200"]["content"]
    assert manifest.headers["content-type"] in content


def test_faults_are_told_by_the_statuses_of_the_document(service: Service, document: Json) -> None:
    client = service.client
    binding, manifests = "/sbr/matches/byBinding", "/sbr/manifests"
    faults = {
        ("/matches/byBinding", "get"): [
            client.get(binding, params={"alg": "com.placet.mark.1", "value": "?"}),
            client.get(binding, params={"alg": "com.placet.pdq.1", "value": "A" * 5000}),
            client.get(binding),
        ],
        ("/matches/byBinding", "post"): [client.post(binding, json={"alg": "x", "value": "AA"})],
        ("/matches/byContent", "post"): [
            client.post("/sbr/matches/byContent", content=b"text", headers={"content-type": "text/plain"}),
            client.post("/sbr/matches/byContent", content=b"PK\3\4", headers={"content-type": "video/mp4"}),
        ],
        ("/manifests/{manifestId}", "get"): [client.get(f"{manifests}/x"), client.get(f"{manifests}/urn:c2pa:x")],
    }
    for (path, method), answers in faults.items():
        foreseen = set(document["paths"][path][method]["responses"])
        assert {str(answer.status_code) for answer in answers} <= foreseen - {"200", "500"}, path


def test_the_check_itself_sees_what_is_wrong(document: Json) -> None:
    schema = answer_schema(document, "/matches/byBinding", "get")
    wrong: object
    for wrong in ([], {"matches": [{}]}, {"matches": [{"manifestId": "a", "similarityScore": 101}]}):
        with pytest.raises(AssertionError):
            check(wrong, schema, document)
