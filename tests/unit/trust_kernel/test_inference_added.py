"""Packs that an operator brought: taken in whole or not at all, and noticed when they change."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trust_kernel.test_inference_manifests import document
from trust_kernel.errors import Broken, Conflict, InvalidInput, NotFound, Unavailable
from trust_kernel.inference.added import AddedPacks
from trust_kernel.inference.manifests import PackManifest
from trust_kernel.inference.models import ModelStore

WEIGHTS = b"weights"
URL = "https://models.example/model.onnx"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def passed(manifest: PackManifest, folder: Path) -> Mapping[str, str]:
    assert (folder / manifest.files[0].path).read_bytes() == WEIGHTS
    return {"self_test": "passed"}


def failed(manifest: PackManifest, folder: Path) -> Mapping[str, str]:
    raise Broken(f"no: {manifest.name} in {folder.name}", code="model:output:shape")


def nothing(url: str) -> bytes:
    raise AssertionError(url)


def source(tmp_path: Path, data: bytes | None = WEIGHTS, **changes: Any) -> Path:
    folder = tmp_path / "source"
    folder.mkdir(exist_ok=True)
    if data is not None:
        (folder / "model.onnx").write_bytes(data)
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS)}]
    (folder / "pack.json").write_text(json.dumps(document(**{"files": files, **changes})))
    return folder


@pytest.fixture
def packs(tmp_path: Path) -> AddedPacks:
    return AddedPacks(tmp_path / "cache", ["face-dlib-resnet"])


def test_a_pack_is_copied_checked_and_known(tmp_path: Path, packs: AddedPacks) -> None:
    added = packs.add(source(tmp_path), passed, licence_held="contract 7")
    assert packs.names() == ("face-better",)
    assert added.complete
    assert added.found == {"self_test": "passed"}
    assert added.licence_held == "contract 7"
    assert (packs.path("face-better") / "model.onnx").read_bytes() == WEIGHTS
    assert AddedPacks(tmp_path / "cache", []).get("face-better") == added


def test_the_manifest_itself_may_be_named(tmp_path: Path, packs: AddedPacks) -> None:
    assert packs.add(source(tmp_path) / "pack.json", passed).complete


def test_a_store_has_shelves_for_added_packs_and_guards_its_own_names(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, [], {})
    store.added.add(source(tmp_path), passed)
    assert store.names() == ()
    assert store.kind_of("face-better") == "face-embedder"
    assert ModelStore(tmp_path, [], {}).added.names() == ("face-better",)


def test_other_bytes_than_the_pinned_ones_are_not_taken_in(tmp_path: Path, packs: AddedPacks) -> None:
    with pytest.raises(Broken) as refused:
        packs.add(source(tmp_path, b"weightz"), passed)
    assert refused.value.code == "model:source:mismatch"
    assert packs.names() == ()


def test_a_pack_that_fails_its_test_leaves_nothing_behind(tmp_path: Path, packs: AddedPacks) -> None:
    with pytest.raises(Broken):
        packs.add(source(tmp_path), failed)
    assert packs.names() == ()
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_shipped_name_cannot_be_taken(tmp_path: Path, packs: AddedPacks) -> None:
    with pytest.raises(Conflict) as refused:
        packs.add(source(tmp_path, name="face-dlib-resnet"), passed)
    assert refused.value.code == "model:pack:reserved"


def test_a_name_is_taken_once(tmp_path: Path, packs: AddedPacks) -> None:
    packs.add(source(tmp_path), passed)
    with pytest.raises(Conflict) as refused:
        packs.add(source(tmp_path), passed)
    assert refused.value.code == "model:pack:exists"


def test_a_removed_packs_name_is_free_again(tmp_path: Path, packs: AddedPacks) -> None:
    packs.add(source(tmp_path), passed)
    packs.remove("face-better")
    assert packs.names() == ()
    assert packs.add(source(tmp_path), passed).complete
    packs.remove("face-better")
    with pytest.raises(NotFound):
        packs.remove("face-better")


def test_a_missing_file_is_named(tmp_path: Path, packs: AddedPacks) -> None:
    with pytest.raises(InvalidInput) as refused:
        packs.add(source(tmp_path, None), passed)
    assert (refused.value.code, refused.value.field) == ("model:file:missing", "model.onnx")


def test_a_link_is_not_followed(tmp_path: Path, packs: AddedPacks) -> None:
    (tmp_path / "secret").write_bytes(WEIGHTS)
    folder = source(tmp_path, None)
    (folder / "model.onnx").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput) as refused:
        packs.add(folder, passed)
    assert refused.value.code == "model:file:refused"


def test_a_linked_folder_is_not_followed(tmp_path: Path, packs: AddedPacks) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "model.onnx").write_bytes(WEIGHTS)
    folder = source(tmp_path, None, files=[{"path": "in/model.onnx", "sha256": digest(WEIGHTS)}])
    (folder / "in").symlink_to(outside)
    with pytest.raises(InvalidInput) as refused:
        packs.add(folder, passed)
    assert refused.value.code == "model:file:refused"


def test_a_pipe_is_not_waited_for(tmp_path: Path, packs: AddedPacks) -> None:
    folder = source(tmp_path, None)
    os.mkfifo(folder / "model.onnx")
    with pytest.raises(InvalidInput) as refused:
        packs.add(folder, passed)
    assert refused.value.code == "model:file:refused"


@pytest.mark.parametrize("change", [b"weightz", b"", None])
def test_a_file_that_changed_later_is_noticed(tmp_path: Path, packs: AddedPacks, change: bytes | None) -> None:
    file = packs.add(source(tmp_path), passed).folder / "model.onnx"
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change)
    for look in (packs.path, packs.verify):
        with pytest.raises(Broken) as refused:
            look("face-better")
        assert refused.value.code == "model:pack:changed"


def test_verifying_looks_again_where_using_looks_once(tmp_path: Path, packs: AddedPacks) -> None:
    file = packs.add(source(tmp_path), passed).folder / "model.onnx"
    packs.path("face-better")
    file.write_bytes(b"weightz")
    with pytest.raises(Broken):
        packs.verify("face-better")
    with pytest.raises(Broken):
        packs.path("face-better")


@pytest.mark.parametrize("name", ["pack.json", "record.json"])
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"manifest_sha256": 1}'])
def test_a_manifest_or_record_that_changed_is_noticed(
    tmp_path: Path, packs: AddedPacks, name: str, data: bytes
) -> None:
    (packs.add(source(tmp_path), passed).folder / name).write_bytes(data)
    with pytest.raises(Broken) as refused:
        packs.get("face-better")
    assert refused.value.code == "model:pack:changed"


def test_a_manifest_that_now_claims_commercial_use_is_noticed(tmp_path: Path, packs: AddedPacks) -> None:
    manifest = packs.add(source(tmp_path, commercial=False), passed).folder / "pack.json"
    manifest.write_text(manifest.read_text().replace('"commercial": false', '"commercial": true'))
    with pytest.raises(Broken):
        packs.get("face-better")


def test_a_file_with_an_address_waits_for_the_pull(tmp_path: Path, packs: AddedPacks) -> None:
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS), "url": URL}]
    assert not packs.add(source(tmp_path, None, files=files), failed).complete
    with pytest.raises(Unavailable) as refused:
        packs.path("face-better")
    assert refused.value.code == "model:pack:not_installed"
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return WEIGHTS

    assert packs.pull("face-better", fetch, passed).complete
    assert packs.pull("face-better", nothing, failed).complete
    assert asked == [URL]
    assert (packs.path("face-better") / "model.onnx").read_bytes() == WEIGHTS


def test_a_file_beside_the_manifest_is_not_fetched(tmp_path: Path, packs: AddedPacks) -> None:
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS), "url": URL}]
    assert packs.add(source(tmp_path, files=files), passed).complete


def test_an_address_that_gives_other_bytes_gives_no_model(tmp_path: Path, packs: AddedPacks) -> None:
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS), "url": URL}]
    packs.add(source(tmp_path, None, files=files), passed)
    with pytest.raises(Broken) as refused:
        packs.pull("face-better", lambda _: b"weightz", passed)
    assert refused.value.code == "model:source:mismatch"
    assert not packs.get("face-better").complete
    assert packs.pull("face-better", lambda _: WEIGHTS, passed).complete


def test_a_pulled_pack_that_fails_its_test_is_not_usable(tmp_path: Path, packs: AddedPacks) -> None:
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS), "url": URL}]
    packs.add(source(tmp_path, None, files=files), passed)
    with pytest.raises(Broken):
        packs.pull("face-better", lambda _: WEIGHTS, failed)
    with pytest.raises(Unavailable):
        packs.path("face-better")


def test_a_pack_brings_its_calibration_and_may_get_another(tmp_path: Path, packs: AddedPacks) -> None:
    folder = source(tmp_path)
    (folder / "c.json").write_bytes(b"{}")
    files = [{"path": "model.onnx", "sha256": digest(WEIGHTS)}, {"path": "c.json", "sha256": digest(b"{}")}]
    packs.add(source(tmp_path, files=files, calibration="c.json"), passed, licence_held="contract 7")
    assert packs.calibration("face-better") == b"{}"
    packs.attach("face-better", b'{"new": 1}')
    assert packs.calibration("face-better") == b'{"new": 1}'
    assert packs.get("face-better").licence_held == "contract 7"
    assert packs.get("face-better").found == {"self_test": "passed"}
    (packs.get("face-better").folder / "attached-calibration.json").write_bytes(b"{}")
    for look in (packs.calibration, packs.verify):
        with pytest.raises(Broken):
            look("face-better")


def test_a_pack_without_a_calibration_has_none(tmp_path: Path, packs: AddedPacks) -> None:
    packs.add(source(tmp_path), passed)
    assert packs.calibration("face-better") is None
    with pytest.raises(InvalidInput):
        packs.attach("face-better", b" " * 5_000_000)


def test_an_unknown_pack_is_not_found(packs: AddedPacks) -> None:
    for look in (packs.get, packs.path, packs.verify, packs.calibration):
        for name in ("nobody", "../cache", ""):
            with pytest.raises(NotFound):
                look(name)


@pytest.mark.parametrize(("commercial", "held", "usable"), [(True, "", True), (False, "", False), (False, "c 7", True)])
def test_commercial_use_needs_the_packs_licence_or_a_stated_one(
    tmp_path: Path, packs: AddedPacks, commercial: bool, held: str, usable: bool
) -> None:
    added = packs.add(source(tmp_path, commercial=commercial), passed, licence_held=held)
    assert added.usable_commercially is usable
