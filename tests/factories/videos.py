"""Videos made by code: textured, moving, with sound; small enough to make in a test."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def textured(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """A picture with detail at every scale, as photographs have: float32 (h, w) around 128."""
    import cv2

    picture = np.zeros((height, width), np.float32)
    for side in (4, 8, 16, 32, 64, 128, 256):
        grain = rng.standard_normal((side, side)).astype(np.float32)
        picture += cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * (60.0 / side**0.35)
    return np.clip(128 + picture, 16, 235)


def luma_frames(*, width: int, height: int, count: int, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Frames of a camera that pans slowly over a textured scene while a disc crosses it: uint8 (h, w)."""
    import cv2

    rng = np.random.default_rng(seed)
    reach = count
    scene = textured(rng, height + reach, width + reach)
    frames = []
    for number in range(count):
        frame = scene[number // 3 :, number // 2 :][:height, :width].copy()
        centre = (int(width * number / max(count - 1, 1)), height // 2)
        cv2.circle(frame, centre, min(width, height) // 8, 200.0, -1)
        frames.append(np.clip(frame + rng.standard_normal(frame.shape).astype(np.float32), 0, 255).astype(np.uint8))
    return frames


def write_frames(path: Path, frames: list[NDArray[np.uint8]], *, fps: int = 24, crf: int = 18) -> None:
    """Write luma frames as H.264 with faint chroma, no sound."""
    write_streams(path, frames, fps=fps, crf=crf, audio=False)


def write_video(
    path: Path,
    *,
    width: int = 640,
    height: int = 360,
    seconds: float = 1.0,
    fps: int = 24,
    audio: bool = True,
    seed: int = 0,
) -> None:
    """Write an MP4 with H.264 (BT.709 tags) and, if asked, AAC stereo at 48 kHz.

    Args:
        path: where.
        width: pixels, even.
        height: pixels, even.
        seconds: length.
        fps: frames a second.
        audio: with a sound track.
        seed: equal seeds give equal pictures.
    """
    frames = luma_frames(width=width, height=height, count=max(1, round(seconds * fps)), seed=seed)
    write_streams(path, frames, fps=fps, crf=18, audio=audio)


def write_streams(path: Path, frames: list[NDArray[np.uint8]], *, fps: int, crf: int, audio: bool) -> None:
    """Encode luma frames, and a tone as long as they are."""
    import av

    height, width = frames[0].shape
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": str(crf)})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        context = video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        sound = file.add_stream("aac", rate=48_000, layout="stereo") if audio else None
        for number, luma in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(_with_chroma(luma), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            times = np.arange(int(48_000 * len(frames) / fps)) / 48_000
            wave = (0.2 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
            tone = av.AudioFrame.from_ndarray(np.stack([wave, wave]), "fltp", "stereo")
            tone.sample_rate, tone.pts = 48_000, 0
            file.mux(sound.encode(tone))
            file.mux(sound.encode(None))


def _with_chroma(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = luma.shape
    rows = height // 2
    u = np.full((rows, width // 2), 118, np.uint8)
    v = np.full((rows, width // 2), 138, np.uint8)
    return np.concatenate([luma.reshape(-1), u.reshape(-1), v.reshape(-1)]).reshape(height + rows, width)
