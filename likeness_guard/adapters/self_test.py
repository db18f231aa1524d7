"""Looks hard at a pack before it is taken in. Its bytes are a stranger's: all of this runs in a sandboxed child."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.calibrations import read_calibration
from likeness_guard.adapters.insightface import inspect_licence
from likeness_guard.adapters.pack_building import build_detector, build_face, build_liveness, build_voice
from likeness_guard.adapters.recipes import FACE, LIVENESS, VOICE, recipe_of
from likeness_guard.domain.calibration import Calibration
from likeness_guard.ports import DetectedFace, Picture, Sound
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.inference.added import Check
from trust_kernel.inference.graphs import check_graph
from trust_kernel.inference.manifests import PackManifest, read_manifest
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.self_tests import check_in_child
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sandbox import Sandbox

_SAME = 1e-3
_TOLD_APART = 1e-4


def self_test(sandbox: Sandbox) -> Check:
    """The check that `AddedPacks` asks for, in children of `sandbox`."""
    return check_in_child(sandbox, examine, recipe_of)


def examine(folder: str) -> dict[str, str]:
    """Run a pack on made-up input; gives what was found. Called in a child.

    Raises:
        InvalidInput: ``model:manifest:malformed``, ``model:graph:...``.
        Broken: ``model:output:shape``, ``model:output:not_finite``, ``model:output:constant``, ``model:output:batch``,
            ``model:checkpoint:...``.
        Unavailable: ``model:extra:missing``, ``model:pack:not_installed``.
    """
    root = Path(folder)
    manifest = read_manifest(root)
    recipe_of(manifest)
    for file in manifest.files:
        if file.path.endswith(".onnx"):
            check_graph(root / file.path)
    examined = {FACE: _face, VOICE: _voice, LIVENESS: _liveness}.get(manifest.kind, _detector)
    began = time.perf_counter()
    examined(manifest, root)
    found = {"self_test": "passed", "seconds": f"{time.perf_counter() - began:.2f}"}
    if manifest.calibration:
        check_calibration(manifest, (root / manifest.calibration).read_bytes())
    if manifest.adapter == "insightface":
        licence = inspect_licence(root)
        if manifest.commercial and not licence.commercial:
            detail = f"insightface says of this pack: {licence.status}. State commercial: false"
            raise InvalidInput(detail, code=ModelReason.LICENCE_CONTRADICTED, field="commercial")
        found["insightface_licence"] = licence.status
    return found


def check_calibration(manifest: PackManifest, data: bytes) -> Calibration:
    """Read a calibration and hold it against the pack that it is for.

    Raises:
        Broken: ``likeness:calibration:malformed``.
        InvalidInput: ``model:calibration:foreign``, it was measured with something else.
    """
    calibration = read_calibration(data)
    if calibration.pack != manifest.model_version:
        detail = f"the calibration was measured with {calibration.pack[:100]}, not with {manifest.model_version}"
        raise InvalidInput(detail, code=ModelReason.CALIBRATION_FOREIGN)
    return calibration


def _face(manifest: PackManifest, root: Path) -> None:
    embedder = build_face(manifest, lambda: root, SessionFactory())
    (noise, first), (_, second) = _sample()
    black: Picture = np.zeros_like(noise)
    alone = np.concatenate([embedder.embed([(noise, face)]) for face in (first, second)])
    _be_vectors(alone, embedder.embed([(noise, first), (noise, second)]), embedder.embed([(black, first)]))


def _voice(manifest: PackManifest, root: Path) -> None:
    embedder = build_voice(manifest, lambda: root, SessionFactory())
    rng = np.random.default_rng(0)
    noise = np.asarray(rng.normal(0, 0.1, 4 * SAMPLE_RATE), np.float32)
    time_ = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    buzz: Sound = np.asarray(sum(np.sin(2 * np.pi * 130 * n * time_) / (20 * n) for n in range(1, 20)), np.float32)
    together, spans = embedder.partials(noise)
    cut = [noise[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] for start, end in spans.tolist()]
    alone = np.concatenate([embedder.partials(window)[0][:1] for window in cut])
    embedder.partials(np.zeros(SAMPLE_RATE, np.float32))  # silence may say nothing, but in numbers
    _be_vectors(alone, together, embedder.partials(buzz)[0][:1])


def _liveness(manifest: PackManifest, root: Path) -> None:
    detector = build_liveness(manifest, lambda: root, SessionFactory())
    sample = _sample()
    alone = np.concatenate([detector.alive([one]) for one in sample])
    _be_alike(alone, detector.alive(sample))


def _detector(manifest: PackManifest, root: Path) -> None:
    detector = build_detector(manifest, lambda: root)
    noise = _sample()[0][0]
    for found in detector.detect([noise, np.zeros_like(noise), noise[:90, :70]]):
        for face in found:
            if not np.isfinite([*face.box, face.score, *face.landmarks.ravel()]).all():
                raise Broken("the model gives numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)


def _be_vectors(alone: NDArray[np.float32], together: NDArray[np.float32], other: NDArray[np.float32]) -> None:
    _be_alike(alone, together)
    everything = np.concatenate([together, other])
    if np.abs(np.linalg.norm(everything, axis=1) - 1).max() > _SAME:
        raise Broken("the model gives vectors of zeros", code=ModelReason.OUTPUT_CONSTANT)
    if min(np.abs(together[:1] - other).max(), np.abs(together[:1] - together[1:]).max()) < _TOLD_APART:
        raise Broken("the model says the same of everything", code=ModelReason.OUTPUT_CONSTANT)


def _be_alike(alone: NDArray[np.float32], together: NDArray[np.float32]) -> None:
    if alone.shape != together.shape or np.abs(alone - together).max() > _SAME:
        raise Broken("the model's answer depends on what else is in the batch", code=ModelReason.OUTPUT_BATCH)


def _sample() -> list[tuple[Picture, DetectedFace]]:
    """Two faces' places in coloured noise."""
    rng = np.random.default_rng(5)
    picture: Picture = np.repeat(np.repeat(rng.integers(0, 256, (24, 40, 3), dtype=np.uint8), 10, 0), 10, 1)
    points = np.asarray([[70, 40], [60, 40], [30, 40], [40, 40], [50, 65]], np.float64)
    first = DetectedFace((20, 20, 60, 60), 1.0, points + 40)
    return [(picture, first), (picture, replace(first, landmarks=points + np.asarray([200, 120])))]
