"""How each adapter is fed: the `input` of a manifest, checked by what runs it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.manifests import PackManifest, malformed
from trust_kernel.inference.reasons import ModelReason

FACE = "face-embedder"
VOICE = "voice-embedder"
DETECTOR = "face-detector"
LIVENESS = "liveness"

_Number = Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
_Scale = Annotated[float, Field(gt=1e-6, le=1e4, allow_inf_nan=False)]
_Batch = Annotated[int, Field(ge=1, le=64)]


class _Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FaceRecipe(_Recipe):
    """An ONNX face embedder: aligned crops in, one vector each out.

    Attributes:
        side: of the crop in pixels.
        mean: taken from each value in [0, 255], for all channels or for each in the network's own order.
        std: what the rest is divided by.
        channels: order that the network wants.
        layout: of its input.
        alignment: "arcface5" works from any landmarks, "dlib5-chip" from dlib's alone.
        mirror: average with the mirror image.
        batch: most crops in one call; 1 for a network of fixed batch.
    """

    side: Annotated[int, Field(ge=32, le=512)] = 112
    mean: _Number | tuple[_Number, _Number, _Number] = 127.5
    std: _Scale | tuple[_Scale, _Scale, _Scale] = 127.5
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["nchw", "nhwc"] = "nchw"
    alignment: Literal["arcface5", "dlib5-chip"] = "arcface5"
    mirror: bool = True
    batch: _Batch = 16


class VoiceRecipe(_Recipe):
    """An ONNX voice embedder: windows of sound in, one vector each out.

    Attributes:
        features: "waveform", (n, samples) at 16 kHz in [-1, 1]; or "kaldi-fbank", (n, frames, bands), 25 ms Hamming
            windows every 10 ms of the sound in 16-bit units, log energies, each band's mean over the window taken off.
        bands: of the filter bank.
        layout: of the filter bank: "time-first" (n, frames, bands) or "bands-first" (n, bands, frames).
        window_seconds: length of a window.
        step_seconds: between the starts of two windows.
        batch: most windows in one call.
    """

    features: Literal["waveform", "kaldi-fbank"] = "kaldi-fbank"
    bands: Annotated[int, Field(ge=20, le=128)] = 80
    layout: Literal["time-first", "bands-first"] = "time-first"
    window_seconds: Annotated[float, Field(ge=0.5, le=10.0)] = 1.6
    step_seconds: Annotated[float, Field(ge=0.2, le=5.0)] = 0.8
    batch: _Batch = 16


class SpeechBrainRecipe(_Recipe):
    """An ECAPA-TDNN checkpoint of speechbrain: the sizes of its layers are read from the checkpoint itself.

    Attributes:
        window_seconds: length of a window.
        step_seconds: between the starts of two windows.
        batch: most windows in one call.
    """

    window_seconds: Annotated[float, Field(ge=0.5, le=10.0)] = 1.6
    step_seconds: Annotated[float, Field(ge=0.2, le=5.0)] = 0.8
    batch: _Batch = 16


class LivenessRecipe(_Recipe):
    """An ONNX passive liveness network: aligned crops in, a probability each out.

    The defaults are those of insightface's add-on ``liveness.onnx``.

    Attributes:
        side: of the crop in pixels.
        mean: taken from each value in [0, 255].
        std: what the rest is divided by.
        channels: order that the network wants.
        scores: "probability" of being real, (n,) or (n, 1); or "logits" (n, classes).
        live_class: which class is the real one, of logits.
        threshold: probability from which a face counts as alive.
        batch: most crops in one call.
    """

    side: Annotated[int, Field(ge=32, le=512)] = 80
    mean: _Number = 0.0
    std: _Scale = 255.0
    channels: Literal["rgb", "bgr"] = "rgb"
    scores: Literal["probability", "logits"] = "probability"
    live_class: Annotated[int, Field(ge=0, le=9)] = 1
    threshold: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    batch: _Batch = 1


class DetectorRecipe(_Recipe):
    """A face detector with landmarks: YuNet-shaped through OpenCV, or insightface's SCRFD.

    Attributes:
        score: least confidence.
        overlap: intersection over union from which two boxes are one face.
        longest: larger pictures are shrunk to this many pixels on the long side first; SCRFD has its own size.
    """

    score: Annotated[float, Field(ge=0.1, le=0.99)] = 0.6
    overlap: Annotated[float, Field(ge=0.1, le=0.9)] = 0.3
    longest: Annotated[int, Field(ge=320, le=4096)] = 1280


class BareRecipe(_Recipe):
    """Nothing to say: the pack's own files do."""


_RECIPES: Mapping[tuple[str, str], type[_Recipe]] = {
    ("onnx-face", FACE): FaceRecipe,
    ("insightface", FACE): BareRecipe,
    ("onnx-voice", VOICE): VoiceRecipe,
    ("speechbrain", VOICE): SpeechBrainRecipe,
    ("onnx-liveness", LIVENESS): LivenessRecipe,
    ("onnx-detector", DETECTOR): DetectorRecipe,
    ("insightface", DETECTOR): DetectorRecipe,
}
_GRAPHS = frozenset({"onnx-face", "onnx-voice", "onnx-liveness", "onnx-detector"})

_R = TypeVar("_R", bound=_Recipe)


def recipe_of(manifest: PackManifest) -> _Recipe:
    """The checked `input` of a manifest.

    Raises:
        InvalidInput: ``model:manifest:malformed``: no such adapter, or not for this kind, or a field that it does not
            know; ``model:pack:pickle``: a file that could hold a pickle where none is read.
    """
    try:
        recipe = _RECIPES[manifest.adapter, manifest.kind]
    except KeyError:
        known = ", ".join(f"{adapter} for {kind}" for adapter, kind in _RECIPES)
        raise malformed(f"no adapter {manifest.adapter} for {manifest.kind} (known: {known})", "adapter") from None
    first = manifest.files[0].path
    if manifest.adapter in _GRAPHS and not first.endswith(".onnx"):
        raise malformed("the first file is not an .onnx file", "files")
    if manifest.adapter == "speechbrain" and first != "embedding_model.ckpt":
        raise malformed("the first file is not embedding_model.ckpt", "files")
    if manifest.kind in {FACE, VOICE} and manifest.output.dimensions < 8:  # noqa: PLR2004 - fewer tell nobody apart
        raise malformed("an embedder gives at least eight numbers", "output.dimensions")
    try:
        return recipe.model_validate({name: _listed(value) for name, value in manifest.input.items()})
    except ValidationError as error:
        first_error = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in ("input", *first_error["loc"]))
        raise malformed(f"{where}: {first_error['msg']}"[:300], where) from error


def recipe_as(manifest: PackManifest, kind: type[_R]) -> _R:
    """The recipe, of the class that the adapter needs."""
    recipe = recipe_of(manifest)
    if not isinstance(recipe, kind):
        raise InvalidInput(f"{manifest.name} is no pack for this adapter", code=ModelReason.MANIFEST_MALFORMED)
    return recipe


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
