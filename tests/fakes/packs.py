"""Model packs made by code: small networks of random weights, their manifests, and liveness without a network."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.onnx_graph import Graph
from likeness_guard.ports import DetectedFace, Picture
from trust_kernel.inference.packs import sha256_of

SIDE = 32
FACE_LENGTH = 16
VOICE_LENGTH = 12


def manifest_of(folder: Path, *files: str, **fields: Any) -> dict[str, Any]:
    """A whole manifest for the files in a folder: a face embedder, unless `fields` say other."""
    return {
        "format": 1,
        "name": folder.name,
        "kind": "face-embedder",
        "version": "1",
        "adapter": "onnx-face",
        "files": [{"path": file, "sha256": sha256_of(folder / file)} for file in files or ("model.onnx",)],
        "licence": "CC0-1.0",
        "commercial": True,
        "input": {"side": SIDE},
        "output": {"dimensions": FACE_LENGTH},
        "data": "random numbers",
        "limits": "knows nobody",
        **fields,
    }


def write_manifest(folder: Path, document: Mapping[str, Any]) -> Path:
    """Put a manifest beside its files; gives the folder."""
    (folder / "pack.json").write_text(json.dumps(document))
    return folder


def face_pack(folder: Path, *, trouble: str = "", length: int = FACE_LENGTH, **fields: Any) -> Path:
    """A face embedder. `trouble`: "nan", "constant" or "batch" (its answer hangs on the whole batch)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    graph = Graph("face", {"x": ("n", 3, SIDE, SIDE)}, {"y": ("n", length)})
    x = graph.relu(graph.conv("x", rng.normal(size=(8, 3, 8, 8)).astype(np.float32), np.ones(8, np.float32), stride=8))
    weight = rng.normal(size=(8 * 4 * 4, length)).astype(np.float32)
    x = graph.add("MatMul", graph.add("Flatten", x), graph.constant(weight))
    if trouble == "nan":
        x = graph.add("Log", graph.add("Neg", graph.add("Abs", x)))
    if trouble == "constant":
        x = graph.add(
            "Add", graph.add("Mul", x, graph.constant(np.zeros(1, np.float32))), graph.constant(np.ones(1, np.float32))
        )
    if trouble == "batch":
        mean = graph.add("ReduceMean", x, graph.constant(np.asarray([0], np.int64)))
        x = graph.add("Add", x, mean)
    graph.add("Identity", x, output="y")
    graph.save(folder / "model.onnx")
    return write_manifest(folder, manifest_of(folder, **fields))


def voice_pack(folder: Path, features: str = "kaldi-fbank", **fields: Any) -> Path:
    """A voice embedder over windows of a second."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2)
    width = 16_000 if features == "waveform" else 80
    shape: tuple[int | str, ...] = ("n", width) if features == "waveform" else ("n", "frames", width)
    graph = Graph("voice", {"x": shape}, {"y": ("n", VOICE_LENGTH)})
    weight = rng.normal(size=(width, VOICE_LENGTH)).astype(np.float32)
    x = graph.relu(
        graph.add("Add", graph.add("MatMul", "x", graph.constant(weight)), graph.constant(np.ones(1, np.float32)))
    )
    if features != "waveform":
        x = graph.add("ReduceMean", x, graph.constant(np.asarray([1], np.int64)), keepdims=0)
    graph.add("Identity", x, output="y")
    graph.save(folder / "model.onnx")
    said = {"features": features, "window_seconds": 1.0, "step_seconds": 0.5}
    voice = {"kind": "voice-embedder", "adapter": "onnx-voice", "input": said, "output": {"dimensions": VOICE_LENGTH}}
    return write_manifest(folder, manifest_of(folder, **{**voice, **fields}))


def liveness_pack(folder: Path, **fields: Any) -> Path:
    """A liveness network of the add-on's shape: RGB (n, 3, 80, 80) in [0, 1] in, probabilities (n,) out."""
    folder.mkdir(parents=True, exist_ok=True)
    weight = np.random.default_rng(3).normal(size=(3 * 10 * 10, 1)).astype(np.float32)
    kernel = np.full((3, 3, 8, 8), 1 / 192, np.float32) * np.asarray([1, -1, 2], np.float32)[:, None, None, None]
    graph = Graph("liveness", {"x": ("n", 3, 80, 80)}, {"y": ("n",)})
    x = graph.conv("x", kernel, np.zeros(3, np.float32), stride=8)
    x = graph.add("Sigmoid", graph.add("MatMul", graph.add("Flatten", x), graph.constant(weight)))
    graph.add("Reshape", x, graph.constant(np.asarray([-1], np.int64)), output="y")
    graph.save(folder / "model.onnx")
    alive = {"kind": "liveness", "adapter": "onnx-liveness", "input": {"batch": 8}, "output": {"dimensions": 1}}
    return write_manifest(folder, manifest_of(folder, **{**alive, **fields}))


def detector_pack(folder: Path, **fields: Any) -> Path:
    """A network with YuNet's twelve outputs, each one convolution of the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    heads = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    names = [(head, stride) for head in heads for stride in (8, 16, 32)]
    graph = Graph("yunet", {"input": (1, 3, 320, 320)}, {f"{h}_{s}": (1, 102_400 // s**2, heads[h]) for h, s in names})
    for head, stride in names:
        wide = heads[head]
        kernel = (rng.normal(size=(wide, 3, stride, stride)) / (200 * stride)).astype(np.float32)
        x = graph.conv("input", kernel, np.zeros(wide, np.float32), stride=stride)
        x = graph.add("Transpose", x, perm=[0, 2, 3, 1])
        if head in {"cls", "obj"}:
            x = graph.add("Sigmoid", x)
        graph.add("Reshape", x, graph.constant(np.asarray([1, -1, wide], np.int64)), output=f"{head}_{stride}")
    graph.save(folder / "model.onnx")
    boxes = {"kind": "face-detector", "adapter": "onnx-detector", "input": {}, "output": {"dimensions": 0}}
    return write_manifest(folder, manifest_of(folder, **{**boxes, **fields}))


def scrfd_pack(folder: Path, **fields: Any) -> Path:
    """A network with SCRFD's nine outputs for pictures of 320 x 320, two anchors a cell."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    heads = {"score": 1, "bbox": 4, "kps": 10}
    names = [(head, stride) for head in heads for stride in (8, 16, 32)]
    shapes: dict[str, Sequence[int | str]] = {f"{h}_{s}": (2 * (320 // s) ** 2, heads[h]) for h, s in names}
    graph = Graph("scrfd", {"input.1": (1, 3, 320, 320)}, shapes)
    for head, stride in names:
        wide = 2 * heads[head]
        kernel = (rng.normal(size=(wide, 3, stride, stride)) / stride).astype(np.float32)
        bias = np.full(wide, 2.0 if head == "bbox" else 0.0, np.float32)
        x = graph.add("Transpose", graph.conv("input.1", kernel, bias, stride=stride), perm=[0, 2, 3, 1])
        if head == "score":
            x = graph.add("Sigmoid", x)
        wanted = graph.constant(np.asarray([-1, heads[head]], np.int64))
        graph.add("Reshape", x, wanted, output=f"{head}_{stride}")
    graph.save(folder / "det.onnx")
    boxes = {"kind": "face-detector", "adapter": "insightface", "input": {}, "output": {"dimensions": 0}}
    return write_manifest(folder, manifest_of(folder, "det.onnx", commercial=False, **{**boxes, **fields}))


class BrightLiveness:
    """The brighter a face, the more alive."""

    version = "bright-1"
    threshold = 0.5

    def alive(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> NDArray[np.float32]:
        """Mean brightness of the boxes, as a share; 0 for a face outside its picture."""
        return np.asarray([_brightness(picture, face) for picture, face in faces], np.float32).reshape(-1)


def _brightness(picture: Picture, face: DetectedFace) -> float:
    x, y, width, height = (int(value) for value in face.box)
    part = picture[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    return float(part.mean()) / 255 if part.size else 0.0


def ecapa_pack(folder: Path, **fields: Any) -> Path:
    """A narrow ECAPA-TDNN checkpoint of speechbrain's, with random weights; needs the extra `speechbrain`."""
    folder.mkdir(parents=True, exist_ok=True)
    import torch

    from likeness_guard.adapters.speechbrain import torchaudio_or_nothing

    with torchaudio_or_nothing():
        from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
    torch.manual_seed(0)
    narrow = {"channels": [32] * 4 + [96], "attention_channels": 16, "se_channels": 16, "lin_neurons": VOICE_LENGTH}
    torch.save(ECAPA_TDNN(80, **narrow).state_dict(), folder / "embedding_model.ckpt")
    said = {"window_seconds": 1.0, "step_seconds": 0.5}
    voice = {"kind": "voice-embedder", "adapter": "speechbrain", "input": said, "output": {"dimensions": VOICE_LENGTH}}
    return write_manifest(folder, manifest_of(folder, "embedding_model.ckpt", **{**voice, **fields}))
