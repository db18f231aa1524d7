"""Operators' packs: tested before they are taken in, refused with a clear answer, and put together at start."""

import inspect
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likeness_guard.adapters.alignment import ARCFACE, alignment
from likeness_guard.adapters.fbank import kaldi_fbank, level
from likeness_guard.adapters.pack_building import build_face
from likeness_guard.adapters.packs import FACE_LANDMARKS, PACKS, model_store
from likeness_guard.adapters.recipes import recipe_of
from likeness_guard.adapters.self_test import examine, self_test
from likeness_guard.adapters.stack import Stack, stack_of
from likeness_guard.adapters.voice_windows import windows
from likeness_guard.ports import DetectedFace
from tests.fakes.likeness import shared_models
from tests.fakes.packs import (
    detector_pack,
    ecapa_pack,
    face_pack,
    liveness_pack,
    manifest_of,
    scrfd_pack,
    voice_pack,
    write_manifest,
)
from trust_kernel.errors import Broken, InvalidInput, NotFound, NotPermitted, PlacetError, Unavailable
from trust_kernel.inference.manifests import parse_manifest, read_manifest
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.sandbox import ChildLimits, Sandbox

SCHEMES = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]


class Bomb:
    """What a malicious checkpoint would hold."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def refusal(folder: Path) -> PlacetError:
    with pytest.raises(PlacetError) as refused:
        examine(str(folder))
    return refused.value


def manifest(**fields: Any) -> Any:
    whole: dict[str, Any] = {
        "format": 1,
        "name": "some",
        "kind": "face-embedder",
        "version": "1",
        "adapter": "onnx-face",
        "files": [{"path": "model.onnx", "sha256": "0" * 64}],
        "licence": "MIT",
        "commercial": True,
        "output": {"dimensions": 16},
        "data": "none",
        "limits": "all",
        **fields,
    }
    return parse_manifest(json.dumps(whole).encode())


# --- what is tested before a pack is taken in


@pytest.mark.parametrize("make", [face_pack, voice_pack, liveness_pack, detector_pack, scrfd_pack])
def test_a_sound_pack_passes(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    if make is scrfd_pack:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
    assert examine(str(make(tmp_path / "pack")))["self_test"] == "passed"


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("nan", "model:output:not_finite"), ("constant", "model:output:constant"), ("batch", "model:output:batch")],
)
def test_a_network_that_cannot_tell_faces_apart_is_refused(tmp_path: Path, trouble: str, code: str) -> None:
    assert refusal(face_pack(tmp_path / "pack", trouble=trouble)).code == code


def test_vectors_of_another_length_than_promised_are_refused(tmp_path: Path) -> None:
    assert refusal(face_pack(tmp_path / "pack", length=24)).code == "model:output:shape"


def test_a_liveness_network_that_gives_no_probability_is_refused(tmp_path: Path) -> None:
    pack = voice_pack(tmp_path / "pack", "waveform")
    said = {"kind": "liveness", "adapter": "onnx-liveness", "input": {}, "output": {"dimensions": 1}}
    write_manifest(pack, manifest_of(pack, **said))
    with pytest.raises(InvalidInput) as refused:  # ONNX Runtime dies of the wrong input: in the child
        self_test(Sandbox(threads=1))(read_manifest(pack), pack)
    assert refused.value.code == "model:pack:unrunnable"


def test_a_pack_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trust_kernel.inference import self_tests as module

    monkeypatch.setattr(module, "_LIMITS", ChildLimits(wall_seconds=0.05))
    pack = face_pack(tmp_path / "pack")
    with pytest.raises(InvalidInput) as refused:
        self_test(Sandbox(threads=1))(read_manifest(pack), pack)
    assert refused.value.code == "model:pack:unrunnable"


def test_a_file_that_is_no_network_is_refused_and_nothing_in_it_runs(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    pack = face_pack(tmp_path / "pack")
    (pack / "model.onnx").write_bytes(pickle.dumps(Bomb(mark)))
    write_manifest(pack, manifest_of(pack))
    with pytest.raises(InvalidInput) as refused:
        self_test(Sandbox(threads=1))(read_manifest(pack), pack)
    assert refused.value.code == "model:graph:unreadable"
    assert not mark.exists()


def test_a_checkpoint_that_holds_code_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra speechbrain is not installed")
    mark = tmp_path / "ran"
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "embedding_model.ckpt").write_bytes(pickle.dumps({"blocks.0.conv.conv.weight": Bomb(mark)}, 2))
    said = {"kind": "voice-embedder", "adapter": "speechbrain", "input": {}}
    write_manifest(folder, manifest_of(folder, "embedding_model.ckpt", **said))
    assert refusal(folder).code == "model:checkpoint:refused"
    assert not mark.exists()


def test_a_hostile_recipe_beside_a_checkpoint_is_never_read(tmp_path: Path) -> None:
    pytest.importorskip("hyperpyyaml", reason="the extra speechbrain is not installed")
    mark = tmp_path / "ran"
    folder = ecapa_pack(tmp_path / "pack")
    (folder / "hyperparams.yaml").write_text(
        f"x: !!python/object/apply:os.system ['touch {mark}']\ny: !new:os.system\n"
    )
    document = json.loads((folder / "pack.json").read_text())
    write_manifest(folder, {**document, **manifest_of(folder, "embedding_model.ckpt", "hyperparams.yaml"),
                            **{key: document[key] for key in ("kind", "adapter", "input", "output")}})  # fmt: skip
    assert examine(str(folder))["self_test"] == "passed"
    assert not mark.exists()


@pytest.mark.parametrize("state", [{}, {"blocks.0.conv.conv.weight": 1}, [1, 2]])
def test_a_checkpoint_of_something_else_is_malformed(tmp_path: Path, state: Any) -> None:
    torch = pytest.importorskip("torch", reason="the extra speechbrain is not installed")
    folder = tmp_path / "pack"
    folder.mkdir()
    torch.save(state, folder / "embedding_model.ckpt")
    said = {"kind": "voice-embedder", "adapter": "speechbrain", "input": {}}
    write_manifest(folder, manifest_of(folder, "embedding_model.ckpt", **said))
    assert refusal(folder).code == "model:checkpoint:malformed"


def test_an_insightface_pack_may_not_claim_what_its_licence_does_not_say(tmp_path: Path) -> None:
    pytest.importorskip("insightface", reason="the extra insightface is not installed")
    from tests.contracts.test_face_embedder import random_arcface

    folder = tmp_path / "arc"
    folder.mkdir()
    random_arcface(folder)
    said = {"adapter": "insightface", "input": {}, "output": {"dimensions": 64}}
    write_manifest(folder, manifest_of(folder, "w600k.onnx", **said))
    assert refusal(folder).code == "model:licence:contradicted"
    write_manifest(folder, manifest_of(folder, "w600k.onnx", **said, commercial=False))
    assert examine(str(folder))["insightface_licence"] == "default_non_commercial"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not json", "likeness:calibration:malformed"),
        (b"[" * 100_000, "likeness:calibration:malformed"),
        (b"{}", "likeness:calibration:malformed"),
    ],
)
def test_a_calibration_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    folder = face_pack(tmp_path / "pack")
    (folder / "c.json").write_bytes(data)
    write_manifest(folder, manifest_of(folder, "model.onnx", "c.json", calibration="c.json"))
    assert refusal(folder).code == code


def test_every_shipped_pack_says_what_it_was_trained_on_and_where_it_is_weak() -> None:
    for pack in PACKS:
        assert pack.data, pack.name
        assert pack.limits, pack.name


def test_the_shipped_network_as_a_pack_gives_the_shipped_vectors(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data", reason="a picture of a face")
    shipped = shared_models()
    folder = tmp_path / "twin"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(shipped.path("face-dlib-resnet").read_bytes())
    said = {"side": 150, "mean": 0, "std": 1, "alignment": "dlib5-chip"}
    write_manifest(folder, manifest_of(folder, input=said, output={"dimensions": 128}))
    assert examine(str(folder))["self_test"] == "passed"
    usual = stack_of(shipped, SessionFactory())
    twin = build_face(read_manifest(folder), lambda: folder, SessionFactory())
    picture = np.asarray(data.astronaut(), np.uint8)
    faces = [(picture, usual.detector.detect([picture])[0][0])]
    assert twin.embed(faces) == pytest.approx(usual.face.embed(faces), abs=1e-5)


# --- how a manifest feeds its adapter


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"adapter": "onnx-magic"}, "adapter"),
        ({"kind": "voice-embedder"}, "adapter"),
        ({"files": [{"path": "model.pkl", "sha256": "0" * 64}]}, "files"),
        ({"output": {"dimensions": 2}}, "output.dimensions"),
        ({"input": {"sides": 112}}, "input.sides"),
        ({"input": {"side": 5}}, "input.side"),
        ({"input": {"side": "112"}}, "input.side"),
        ({"input": {"channels": "yuv"}}, "input.channels"),
        ({"input": {"alignment": "none"}}, "input.alignment"),
        ({"adapter": "speechbrain", "kind": "voice-embedder"}, "files"),
        ({"adapter": "insightface", "input": {"side": 112}}, "input.side"),
    ],
)
def test_a_recipe_that_its_adapter_does_not_know_is_malformed(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        recipe_of(manifest(**fields))
    assert refused.value.code == "model:manifest:malformed"
    assert refused.value.field == where


@pytest.mark.parametrize("std", [0, 0.0, [1, 0, 1], [1, 1], -1])
def test_nothing_is_divided_by_zero(std: Any) -> None:
    with pytest.raises(InvalidInput):
        recipe_of(manifest(input={"std": std}))


# --- alignment, features, windows


def test_the_template_is_brought_onto_itself() -> None:
    face = DetectedFace((0, 0, 112, 112), 1.0, np.asarray(SCHEMES), "arcface5")
    assert alignment(face, ARCFACE) == pytest.approx(np.asarray([[1, 0, 0], [0, 1, 0]]), abs=1e-9)


def test_a_turned_and_shrunk_face_is_brought_back() -> None:
    angle = np.deg2rad(25)
    turn = 0.5 * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    face = DetectedFace((0, 0, 1, 1), 1.0, np.asarray(SCHEMES) @ turn.T + np.asarray([300, 200]), "arcface5")
    matrix = alignment(face, ARCFACE)
    assert face.landmarks @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(np.asarray(SCHEMES), abs=1e-6)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        alignment(DetectedFace((0, 0, 1, 1), 1.0, np.asarray(SCHEMES), "mesh468"), ARCFACE)
    assert refused.value.code == "likeness:face:unalignable"


def test_a_tone_peaks_in_its_band_and_louder_is_an_offset() -> None:
    time = np.arange(16_000) / 16_000
    tones = [np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (300, 1000, 4000)]
    edges = np.linspace(1127 * np.log1p(20 / 700), 1127 * np.log1p(8000 / 700), 82)
    for hertz, tone in zip((300, 1000, 4000), tones, strict=True):
        features = kaldi_fbank(tone)
        assert features.shape == (98, 80)
        nearest = int(np.abs(edges[1:-1] - 1127 * np.log1p(hertz / 700)).argmin())
        assert abs(int(features.mean(axis=0).argmax()) - nearest) <= 1
        assert kaldi_fbank((tone / 2).astype(np.float32)) == pytest.approx(features - np.log(4), abs=0.01)
        assert np.abs(level(features).mean(axis=0)).max() < 1e-4


def test_silence_has_finite_features_and_a_scrap_one_frame() -> None:
    assert np.isfinite(kaldi_fbank(np.zeros(8000, np.float32))).all()
    assert kaldi_fbank(np.ones(10, np.float32)).shape == (1, 80)


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.0, 1.3, 1.7, 5.0, 5.01])
def test_windows_cover_the_whole_sound_and_no_more(seconds: float) -> None:
    sound = np.arange(round(seconds * 16_000), dtype=np.float32)
    cut, spans = windows(sound, 1.0, 0.5)
    assert cut.shape == (len(spans), 16_000)
    assert spans[0, 0] == 0
    assert spans[-1, 1] == pytest.approx(seconds, abs=0.13)
    assert spans.max() <= seconds + 1e-9
    assert (np.diff(spans[:, 0]) > 0.12).all()
    assert all(row[0] == round(start * 16_000) for row, start in zip(cut, spans[:, 0], strict=True))


# --- what a deployment starts with


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return model_store(tmp_path / "cache")


def add(store: ModelStore, folder: Path, held: str = "") -> str:
    return store.added.add(folder, lambda _manifest, _folder: {}, licence_held=held).manifest.name


def stack(store: ModelStore, **chosen: Any) -> Stack:
    return stack_of(store, SessionFactory(), **chosen)


def test_the_default_is_the_embedded_stack(store: ModelStore) -> None:
    made = stack(store, production=True)
    assert (made.face.version, made.voice.version) == ("face-dlib-resnet-2", "voice-ge2e-1+voice-nsnet2-1+bd81734e")
    assert made.liveness is None
    assert made.calibrations == {}
    assert made.face_of("face-dlib-resnet-2") is made.face
    assert made.voice_of("voice-ge2e-1+voice-nsnet2-1+bd81734e") is made.voice
    assert made.face_of("face-other-1") is None


def test_a_named_pack_is_used_and_the_former_one_still_answers(tmp_path: Path, store: ModelStore) -> None:
    better = add(store, face_pack(tmp_path / "better"))
    other = add(store, face_pack(tmp_path / "other", version="2"))
    wave = add(store, voice_pack(tmp_path / "wave"))
    alive = add(store, liveness_pack(tmp_path / "alive"))
    made = stack(store, face_pack=better, voice_pack=wave, liveness_pack=alive, production=True)
    assert made.face.version == read_manifest(tmp_path / "better").model_version
    assert made.voice.version == read_manifest(tmp_path / "wave").model_version
    assert made.face_of("face-dlib-resnet-2") is not None
    former = made.face_of(read_manifest(tmp_path / "other").model_version)
    assert former is not None
    picture = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    face = DetectedFace((0, 0, 112, 112), 1.0, np.asarray(SCHEMES), "arcface5")
    assert former.embed([(picture, face)]).shape == (1, 16)
    assert made.face.embed([(picture, face)]).shape == (1, 16)
    assert made.liveness is not None
    assert made.liveness.alive([(picture, face)]).shape == (1,)
    assert other in store.added.names()


def test_a_packs_calibration_comes_with_it(tmp_path: Path, store: ModelStore) -> None:
    name = add(store, face_pack(tmp_path / "better"))
    store.added.attach(name, b'{"some": 1}')
    assert stack(store).calibrations == {read_manifest(tmp_path / "better").model_version: b'{"some": 1}'}


def test_production_refuses_a_pack_without_a_commercial_licence(tmp_path: Path, store: ModelStore) -> None:
    name = add(store, face_pack(tmp_path / "research", commercial=False))
    version = read_manifest(tmp_path / "research").model_version
    assert stack(store, face_pack=name).face.version == version
    with pytest.raises(NotPermitted) as refused:
        stack(store, face_pack=name, production=True)
    assert refused.value.code == "likeness:model:non_commercial"
    assert stack(store, production=True).face_of(version) is None


def test_production_takes_a_pack_whose_licence_the_operator_states(tmp_path: Path, store: ModelStore) -> None:
    name = add(store, face_pack(tmp_path / "research", commercial=False), "contract 7/2026")
    assert stack(store, face_pack=name, production=True).face.dimensions == 16


def test_a_pack_of_another_kind_does_not_serve(tmp_path: Path, store: ModelStore) -> None:
    wave = add(store, voice_pack(tmp_path / "wave"))
    for chosen in ({"face_pack": wave}, {"face_pack": FACE_LANDMARKS}, {"liveness_pack": wave}):
        with pytest.raises(InvalidInput) as refused:
            stack(store, **chosen)
        assert refused.value.code == "model:pack:wrong_kind"


def test_an_unknown_or_unfetched_or_changed_pack_stops_the_start(tmp_path: Path, store: ModelStore) -> None:
    with pytest.raises(NotFound):
        stack(store, face_pack="face-nowhere")
    waiting = face_pack(tmp_path / "waiting")
    document = manifest_of(waiting)
    document["files"][0]["url"] = "https://models.example/model.onnx"
    write_manifest(waiting, document)
    (waiting / "model.onnx").unlink()
    with pytest.raises(Unavailable):
        stack(store, face_pack=add(store, waiting))
    name = add(store, face_pack(tmp_path / "better"))
    (store.added.get(name).folder / "model.onnx").write_bytes(b"other")
    with pytest.raises(Broken) as refused:
        stack(store, face_pack=name)
    assert refused.value.code == "model:pack:changed"


def test_a_former_pack_that_was_changed_is_left_out_not_used(tmp_path: Path, store: ModelStore) -> None:
    name = add(store, face_pack(tmp_path / "better"))
    (store.added.get(name).folder / "pack.json").write_text("{}")
    assert stack(store).face_of(read_manifest(tmp_path / "better").model_version) is None


def test_a_foreign_detector_serves_only_packs_that_take_its_landmarks(tmp_path: Path, store: ModelStore) -> None:
    eyes = add(store, detector_pack(tmp_path / "eyes"))
    arc = add(store, face_pack(tmp_path / "arc"))
    chip = add(store, face_pack(tmp_path / "chip", input={"side": 32, "alignment": "dlib5-chip"}))
    assert stack(store, detector_pack=eyes, face_pack=arc).detector.detect([np.zeros((64, 64, 3), np.uint8)])
    for face in (chip, "face-dlib-resnet"):
        with pytest.raises(InvalidInput) as refused:
            stack(store, detector_pack=eyes, face_pack=face)
        assert refused.value.code == "likeness:model:unsuited"


def test_importing_speechbrain_leaves_nothing_behind_that_breaks_who_looks_at_modules() -> None:
    pytest.importorskip("hyperpyyaml", reason="the extra speechbrain is not installed")
    from likeness_guard.adapters.speechbrain import torchaudio_or_nothing

    with torchaudio_or_nothing():
        import speechbrain.lobes.features
    assert inspect.getmodule(inspect.currentframe()) is sys.modules[__name__]
    for name in list(sys.modules):
        if name.startswith("speechbrain"):
            assert not hasattr(sys.modules[name], "no_such_name_anywhere")
    assert speechbrain.lobes.features.Fbank
