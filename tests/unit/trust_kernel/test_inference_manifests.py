"""A manifest holds, or it is refused whole: nothing that it names is touched first."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.manifests import MAX_MANIFEST_BYTES, PackManifest, parse_manifest, read_manifest

MALFORMED = "model:manifest:malformed"


def document(**changes: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "name": "face-better",
        "kind": "face-embedder",
        "version": "2026.1",
        "adapter": "onnx-face",
        "files": [{"path": "model.onnx", "sha256": "0" * 64}, {"path": "docs/calibration.json", "sha256": "1" * 64}],
        "licence": "Apache-2.0",
        "commercial": True,
        "input": {"side": 112, "mean": [0.5, 0.5, 0.5]},
        "output": {"dimensions": 512},
        "data": "a million faces",
        "limits": "children",
        **changes,
    }


def parsed(**changes: Any) -> PackManifest:
    return parse_manifest(json.dumps(document(**changes)).encode())


def refusal(data: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse_manifest(data)
    return refused.value


def test_a_whole_manifest_is_read() -> None:
    manifest = parsed(calibration="docs/calibration.json")
    assert manifest.files[0].path == "model.onnx"
    assert manifest.input["mean"] == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("name", [key for key in document() if key != "input"])
def test_every_field_but_the_optional_ones_is_needed(name: str) -> None:
    whole = document()
    del whole[name]
    assert refusal(json.dumps(whole).encode()).code == "model:manifest:malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"run": "import os"},
        {"format": 2},
        {"commercial": "yes"},
        {"commercial": 1},
        {"name": "../face"},
        {"name": "Face"},
        {"name": "face\n"},
        {"name": ""},
        {"version": "1-2"},
        {"licence": ""},
        {"licence": "MIT\x1b[2J"},
        {"data": ""},
        {"limits": "\x9b2J"},
        {"files": []},
        {"output": {"dimensions": "512"}},
        {"output": {"dimensions": -1}},
        {"output": {"dimensions": 512, "dtype": "object"}},
        {"input": {"side": None}},
        {"input": {"side": {"deep": 1}}},
        {"calibration": "elsewhere.json"},
        {"calibration": "model.onnx"},
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(json.dumps(document(**changes)).encode()).code == "model:manifest:malformed"


@pytest.mark.parametrize(
    "path",
    [
        "../model.onnx",
        "/etc/passwd",
        "a/../../b",
        "./model.onnx",
        "a//b",
        "a/",
        "..",
        ".hidden",
        "-rf",
        "a\\b",
        "a b",
        "C:model",
        "a/b/c/d",
        "pack.json",
        "record.json",
        "",
        "x" * 300,
        "model\x00.onnx",
    ],
)
def test_a_file_lies_inside_its_pack_under_a_plain_name(path: str) -> None:
    assert refusal(json.dumps(document(files=[{"path": path, "sha256": "0" * 64}])).encode()).code == MALFORMED


@given(st.text(max_size=40))
def test_no_path_that_passes_leaves_the_pack(path: str) -> None:
    try:
        manifest = parsed(files=[{"path": path, "sha256": "0" * 64}])
    except InvalidInput:
        return
    inside = Path("/pack") / manifest.files[0].path
    assert inside.resolve().is_relative_to("/pack")
    assert inside.resolve() != Path("/pack")


@pytest.mark.parametrize("other", ["model.onnx", "MODEL.onnx", "model.onnx/part"])
def test_two_files_do_not_share_a_path(other: str) -> None:
    files = [{"path": path, "sha256": "0" * 64} for path in ("model.onnx", other)]
    assert refusal(json.dumps(document(files=files)).encode()).field == "files"


@pytest.mark.parametrize("sha256", ["", "0" * 63, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_a_file_is_pinned_by_a_whole_lower_case_hash(sha256: str) -> None:
    assert refusal(json.dumps(document(files=[{"path": "m.onnx", "sha256": sha256}])).encode()).code == MALFORMED


@pytest.mark.parametrize("url", ["http://x.example/m", "file:///etc/passwd", "ftp://x", "https://", "https://x y", "x"])
def test_a_file_is_fetched_over_https_alone(url: str) -> None:
    assert (
        refusal(json.dumps(document(files=[{"path": "m.onnx", "sha256": "0" * 64, "url": url}])).encode()).code
        == MALFORMED
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 60_000,
        b"[" * 60_000,
        b"\xff\xfe{}",
        b"format: 1\nname: !!python/object/apply:os.system ['true']",
        b"\x80\x04\x95",
        json.dumps(document()).encode()[:-1] + b', "name": "other"}',
        json.dumps(document()).encode().replace(b"512", b"NaN"),
    ],
)
def test_what_is_not_one_json_object_is_malformed(data: bytes) -> None:
    assert refusal(data).code == "model:manifest:malformed"


def test_a_manifest_has_a_size() -> None:
    assert refusal(b" " * (MAX_MANIFEST_BYTES + 1)).code == "model:manifest:too_large"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "pack.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InvalidInput) as refused:
        read_manifest(tmp_path)
    assert refused.value.code == "model:manifest:too_large"


def test_a_folder_without_a_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_manifest(tmp_path)
    assert refused.value.code == "model:manifest:missing"


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2026.2"},
        {"adapter": "insightface"},
        {"input": {"side": 96}},
        {"output": {"dimensions": 256}},
        {"files": [{"path": "model.onnx", "sha256": "2" * 64}]},
    ],
)
def test_other_weights_or_preprocessing_are_another_version(changes: dict[str, Any]) -> None:
    assert parsed(**changes).model_version != parsed().model_version


def test_a_new_card_licence_or_calibration_is_the_same_version() -> None:
    calibrated = parsed(calibration="docs/calibration.json")
    files = [{"path": "model.onnx", "sha256": "0" * 64}, {"path": "docs/calibration.json", "sha256": "9" * 64}]
    other = parsed(calibration="docs/calibration.json", files=files, licence="MIT", data="more", limits="fewer")
    assert other.model_version == calibrated.model_version
    assert calibrated.model_version.startswith("face-better-2026.1-")
