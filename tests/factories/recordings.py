"""Recordings of people who answer a challenge, made by code: a picture on a head that turns, a voice, lips that follow.

A face is laid over an ellipsoid with a nose and turned under it; the lower lip follows the loudness of the voice. No
real person turned their head for this: it tells whether the code sees what it should, not how often people fail.
"""

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placet.demo.voices import VoiceRecipe, speak
from trust_kernel.media.refs import SAMPLE_RATE

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CLEAR = VoiceRecipe("en-us+f2", rate=120)
"""The voice that the shipped recogniser understands best."""
SIZE = (640, 480)
FPS = 15
_PAUSE = 0.35
_AFTER = 0.5
_OUT, _HOLD, _REST = 0.55, 0.45, 0.5
YAW, PITCH = 28.0, 22.0
"""Degrees of a clear turn."""
_SIGNS = {"left": (1, 0), "right": (-1, 0), "up": (0, -1), "down": (0, 1)}
"""Of a person's own left: it is on the picture's right."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A face to be put on the head.

    Attributes:
        picture: uint8 RGB, frontal.
        points: float64 (5, 2): eyes, nose, mouth corners, the picture's left first.
    """

    picture: Picture
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a recording.

    Attributes:
        digits: spoken one by one; empty for silence.
        turns: "left", "right", "up", "down", in order, after the digits.
        noise: of the sound, standard deviation in [0, 1].
        light: factor on the picture's brightness.
        scale: of the face; 1 makes it about 130 pixels wide in 640.
        flat: the portrait is a photo that is held up: it is moved and tilted as a plane.
        still_lips: the voice comes from elsewhere.
        pace: how long a turn takes, as a multiple of the usual two seconds.
        before: seconds until they speak.
        rest: seconds that they look straight ahead at the end.
        seed: of the room, the noise and small movements.
    """

    digits: Sequence[int] = (3, 1, 4, 1, 5, 9, 2, 6)
    turns: Sequence[str] = ("left", "up", "right")
    voice: VoiceRecipe = CLEAR
    noise: float = 0.002
    light: float = 1.0
    scale: float = 1.3
    flat: bool = False
    still_lips: bool = False
    pace: float = 1.0
    before: float = 0.8
    rest: float = 0.3
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording before it is encoded.

    Attributes:
        frames: uint8 RGB (n, 480, 640, 3) at `FPS`.
        sound: float32 mono at 16 kHz.
    """

    frames: Picture
    sound: Sound

    def cut(self, start: float, end: float) -> "Recorded":
        """Without what is between two moments, in seconds."""
        a, b = round(start * FPS), round(end * FPS)
        c, d = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
        return Recorded(
            np.concatenate([self.frames[:a], self.frames[b:]]), np.concatenate([self.sound[:c], self.sound[d:]])
        )

    def then(self, other: "Recorded") -> "Recorded":
        """Followed by another."""
        return Recorded(np.concatenate([self.frames, other.frames]), np.concatenate([self.sound, other.sound]))

    def saying(self, sound: Sound) -> "Recorded":
        """With another sound, as long as the pictures are."""
        whole = np.zeros(len(self.frames) * SAMPLE_RATE // FPS, np.float32)
        whole[: min(sound.size, whole.size)] = sound[: whole.size]
        return Recorded(self.frames, whole)

    def beside(self, other: "Recorded") -> "Recorded":
        """With a second person's head in the right half."""
        frames = self.frames.copy()
        count = min(len(frames), len(other.frames))
        half = SIZE[0] // 2
        middle = slice(half - half // 2, half + half // 2)
        frames[:count, :, half:] = other.frames[:count, :, middle]
        frames[:, :, :half] = self.frames[:, :, middle]
        return Recorded(frames, self.sound)


def spoken(digits: Sequence[int], voice: VoiceRecipe = CLEAR) -> Sound:
    """Digits one by one with pauses; float32 mono at 16 kHz."""
    if not digits:
        return np.zeros(3 * SAMPLE_RATE, np.float32)
    said = speak(". ".join(WORDS[digit] for digit in digits) + ".", voice)
    return said * np.float32(0.5 / max(float(np.abs(said).max()), 1e-6))


def perform(portrait: Portrait, script: Script) -> Recorded:
    """Play a script."""
    rng = np.random.default_rng(script.seed)
    said = spoken(script.digits, script.voice)
    talk = script.before + said.size / SAMPLE_RATE + _AFTER
    total = talk + len(script.turns) * script.pace * (2 * _OUT + _HOLD + _REST) + script.rest
    count = int(total * FPS)
    sound = np.zeros(count * SAMPLE_RATE // FPS, np.float32)
    at = int(script.before * SAMPLE_RATE)
    sound[at : at + said.size] = said
    loud = np.zeros(count) if script.still_lips else _opening(sound, count)
    sound += rng.standard_normal(sound.size).astype(np.float32) * np.float32(script.noise)
    yaw, pitch = _angles(count, talk, script, rng)
    stage = _Stage(portrait, script, rng)
    frames = np.stack([stage.frame(yaw[n], pitch[n], float(loud[n]), n / FPS) for n in range(count)])
    return Recorded(frames, np.clip(sound, -1, 1))


def encode(recorded: Recorded, target: Path, *, created: str = "") -> Path:
    """Write it as MP4 (H.264 and AAC) or WebM (VP8 and Opus), by the target's suffix.

    Args:
        recorded: what is on it.
        target: file to write.
        created: what the container says of when it was made, ISO 8601; nothing unless given.
    """
    import av

    webm = target.suffix == ".webm"
    with av.open(str(target), "w") as writer:
        if created:
            writer.metadata["creation_time"] = created
        codec, options = (
            ("libvpx", {"deadline": "realtime", "cpu-used": "8", "b": "1500k"})
            if webm
            else ("libx264", {"preset": "ultrafast", "crf": "23"})
        )
        video: Any = writer.add_stream(codec, rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = SIZE[0], SIZE[1], "yuv420p"
        audio: Any = writer.add_stream("libopus" if webm else "aac", rate=48_000 if webm else SAMPLE_RATE)
        audio.layout = "mono"
        for picture in recorded.frames:
            writer.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        writer.mux(video.encode(None))
        _sound(av, writer, audio, recorded.sound)
    return target


def _sound(av: Any, writer: Any, stream: Any, sound: Sound) -> None:
    resampler = av.AudioResampler("fltp", "mono", stream.rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), format="flt", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = 0
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        writer.mux(stream.encode(part))
    writer.mux(stream.encode(None))


def camera_files(recorded: Recorded, folder: Path) -> tuple[Path, Path]:
    """A Y4M and a WAV file for Chromium's fake camera and microphone."""
    import cv2

    camera, microphone = folder / "camera.y4m", folder / "microphone.wav"
    with camera.open("wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for picture in recorded.frames:
            file.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).tobytes())
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes((np.clip(recorded.sound, -1, 1) * 32767).astype("<i2").tobytes())
    microphone.write_bytes(buffer.getvalue())
    return camera, microphone


def _opening(sound: Sound, count: int) -> NDArray[np.float64]:
    """How far the mouth is open in each frame, in [0, 1]."""
    step = SAMPLE_RATE // FPS
    power = np.sqrt((sound[: count * step].reshape(count, step).astype(np.float64) ** 2).mean(axis=1))
    opened = np.clip(power / max(float(np.percentile(power, 95)), 1e-6), 0, 1)
    return np.convolve(opened, [0.2, 0.6, 0.2], "same")


def _angles(count: int, talk: float, script: Script, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Yaw (positive to the person's left) and pitch (positive down), degrees."""
    t = np.arange(count) / FPS
    a, b = rng.uniform(0, 6.28, 2)
    yaw, pitch = 1.5 * np.sin(0.9 * t + a), 1.2 * np.sin(0.7 * t + b)
    start = talk
    for turn in script.turns:
        across, down = _SIGNS[turn]
        keys = [start + script.pace * at for at in (0, _OUT, _OUT + _HOLD, 2 * _OUT + _HOLD)]
        ease = np.interp(t, keys, [0, 1, 1, 0])
        ease = ease * ease * (3 - 2 * ease)
        yaw += across * YAW * ease
        pitch += down * PITCH * ease
        start += script.pace * (2 * _OUT + _HOLD + _REST)
    return yaw, pitch


class _Stage:
    """Draws frames."""

    def __init__(self, portrait: Portrait, script: Script, rng: np.random.Generator) -> None:
        self._portrait = portrait
        self._script = script
        self._rng = rng
        eyes = portrait.points[:2]
        self._eyes = float(np.linalg.norm(eyes[1] - eyes[0]))
        self._upright = eyes[1] - eyes[0]  # a tilted portrait is set straight
        self._middle = (portrait.points[:2].mean(axis=0) + portrait.points[3:].mean(axis=0)) / 2
        self._room = _room(rng)
        grain = rng.standard_normal((4, SIZE[1] // 2, SIZE[0] // 2)).astype(np.float32) * np.float32(1.5)
        self._grain = grain.repeat(2, 1).repeat(2, 2)[..., None]

    def frame(self, yaw: float, pitch: float, opening: float, t: float) -> Picture:
        import cv2

        script = self._script
        unit = 65.0 * script.scale  # the distance of the eyes, in pixels of the frame
        across = SIZE[0] / 2 + 3 * np.sin(1.1 * t + script.seed)
        down = SIZE[1] / 2 + 2 * np.sin(0.8 * t)
        left, right = (int(np.clip(across + side * 1.9 * unit, 0, SIZE[0])) for side in (-1, 1))
        top, bottom = (int(np.clip(down + side * 2.4 * unit, 0, SIZE[1])) for side in (-1, 1))
        x, y = np.meshgrid((np.arange(left, right) - across) / unit, (np.arange(top, bottom) - down) / unit)
        sx, sy, mask = _flat(x, y, yaw, pitch) if script.flat else _turned(x, y, yaw, pitch, self._nose())
        (c, s), (ax, ay) = self._upright, self._middle
        source_x = (c * sx - s * sy + ax).astype(np.float32)
        source_y = (s * sx + c * sy + ay).astype(np.float32)
        face = self._talking(opening)
        head = cv2.remap(face, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        frame = self._room.copy()
        frame[top:bottom, left:right] += (head - frame[top:bottom, left:right]) * mask[..., None].astype(np.float32)
        noisy = frame * np.float32(script.light) + self._grain[int(self._rng.integers(len(self._grain)))]
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)

    def _nose(self) -> NDArray[np.float64]:
        (c, s), offset = self._upright / self._eyes**2, self._portrait.points[2] - self._middle
        return np.asarray([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0]])

    def _talking(self, opening: float) -> Picture:
        """The lower lip and the chin pulled down, the gap dark."""
        import cv2

        face, points = self._portrait.picture, self._portrait.points
        if opening < 0.02:
            return face
        mouth = points[3:].mean(axis=0)
        half = float(np.linalg.norm(points[4] - points[3])) / 2
        gap = 0.28 * self._eyes * opening
        rows, columns = np.mgrid[0 : face.shape[0], 0 : face.shape[1]].astype(np.float64)
        beside = np.clip(1 - ((columns - mouth[0]) / (half * 1.25)) ** 2, 0, 1)
        below = rows - mouth[1]
        fade = np.clip(1 - below / (2.2 * self._eyes), 0, 1)
        shift = np.where(below > 0, np.minimum(below, gap * beside * fade), 0)
        moved = cv2.remap(face, columns.astype(np.float32), (rows - shift).astype(np.float32), cv2.INTER_LINEAR)
        inside = np.clip((gap * beside - below) / 2, 0, 1) * (below > 0)
        dark = np.asarray([60, 25, 25])
        return np.asarray(moved * (1 - inside[..., None]) + dark * inside[..., None], np.uint8)


_HEAD = (1.18, 1.75, 1.3)
"""Half width, half height and depth of the head, in distances between the eyes."""
_NOSE = 0.42
"""How far the nose stands out, likewise."""


def _turned(
    x: NDArray[np.float64], y: NDArray[np.float64], yaw: float, pitch: float, nose: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where on the frontal picture each place of the frame shows, and how much of it is head.

    Rays along the view are followed to the surface in a few rounds: the depth there decides where they came from.
    """
    across, down = np.radians(yaw), np.radians(pitch)
    wide, high, deep = _HEAD
    px, py = x.copy(), y.copy()
    z = np.zeros_like(x)
    for _ in range(6):
        inside = np.clip(1 - (px / wide) ** 2 - (py / high) ** 2, 0, 1)
        bump = _NOSE * np.exp(-(((px - nose[0]) / 0.28) ** 2) - ((py - nose[1]) / 0.38) ** 2)
        z = deep * (np.sqrt(inside) - 0.75) + bump
        # of R = Rx(pitch) Ry(yaw): frame = (px cos + z sin, ...); solved for the picture's place at this depth
        px_new = (x - z * np.sin(across)) / np.cos(across)
        zz = z * np.cos(across) - px_new * np.sin(across)
        py_new = (y - zz * np.sin(down)) / np.cos(down)
        px, py = 0.5 * px + 0.5 * px_new, 0.5 * py + 0.5 * py_new
    edge = (x / (wide * 1.02)) ** 2 + (y / (high * 1.02)) ** 2
    mask = np.clip((1 - edge) * 8, 0, 1)
    return np.clip(px, -wide, wide), np.clip(py, -high, high), mask


def _flat(
    x: NDArray[np.float64], y: NDArray[np.float64], yaw: float, pitch: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """A photo of the head, turned about its middle."""
    px, py = x / np.cos(np.radians(yaw)), y / np.cos(np.radians(pitch))
    mask = np.clip((1.5 - np.abs(px)) * 20, 0, 1) * np.clip((2.0 - np.abs(py)) * 20, 0, 1)
    return px, py, mask


def _room(rng: np.random.Generator) -> NDArray[np.float32]:
    """A blurred wall with patches, float32 (480, 640, 3)."""
    import cv2

    small = rng.uniform(70, 190, (6, 8, 3)).astype(np.float32)
    return np.asarray(cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC), np.float32)
