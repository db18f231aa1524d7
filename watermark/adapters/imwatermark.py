"""RivaGAN, the neural mark of the package invisible-watermark (MIT), behind the `VideoMarker` port.

Only the two ONNX files inside the package are used, never its code, so torch is not needed. The network runs on a
picture whose shorter side is 180; what it changed there is enlarged and added, which is 24 times faster than marking
every pixel and survives encoding better.

RivaGAN carries 32 bits a frame and has no key. Payload and CRC-24 (88 bits) are whitened with a keyed stream and cut
into four parts of 22 bits; each frame carries one, behind 10 keyed bits that say which. Parts change every half second,
so a video shorter than two seconds does not carry the whole number.
"""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Unavailable
from watermark.adapters.keystream import KeyStream
from watermark.adapters.spread_spectrum.code import CHECK_BITS, MESSAGE_BITS, PAYLOAD_BITS, message_bits, payload_of
from watermark.domain.marks import Geometry, MarkKeys, MarkReading, Search, Stretch, WatermarkReason, check_payload
from watermark.ports.marks import YuvFrame

FRAME_BITS = 32
PARTS = 4
PART_BITS = MESSAGE_BITS // PARTS
INDEX_BITS = FRAME_BITS - PART_BITS
PART_SECONDS = 0.5
WORK_SIDE = 180
"""Pixels of the shorter side at which the network runs."""
_SPACING = 0.1
"""Seconds between two frames that are read: a look takes 0.15 s, and neighbours say the same."""
THRESHOLD = 8.0
"""Standard deviations by which the 128 carried bits must agree with the message they decode to: 110 of 128."""
_MIDDLE = 0.52
"""What the package takes for the middle between a zero and a one."""
_INDEX_WORDS = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 0, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
    ],
    np.uint8,
)
"""Four words of ten bits, any two six or seven bits apart."""

Network = Callable[..., NDArray[np.float32]]
"""Takes named float32 arrays, gives the first output."""


class RivaGanMarker:
    """A `VideoMarker` that calls RivaGAN on small pictures.

    Args:
        keys: they whiten what the mark says; it writes under the current one and reads under every one.
        threads: CPU threads that the network may take.

    Raises:
        Unavailable: invisible-watermark is not installed.
    """

    name = "rivagan"
    payload_bits = PAYLOAD_BITS

    def __init__(self, keys: MarkKeys, threads: int = 2) -> None:
        self._folder = _package_folder()
        self._whitenings = {key.id: _whitening(key.secret) for key in keys.all}
        self._current = keys.current.id
        self._threads = threads

    def embedder(self, payload: int, width: int, height: int) -> "RivaGanEmbedder":
        """Start marking one video.

        Raises:
            InvalidInput: the payload is not in [0, 2**64).
        """
        check_payload(payload, self.payload_bits)
        words = frame_words(payload) ^ self._whitenings[self._current]
        return RivaGanEmbedder(words, _load(self._folder / "rivagan_encoder.onnx", self._threads), width, height)

    def detector(self) -> "RivaGanDetector":
        """Start reading one video."""
        return RivaGanDetector(self._whitenings, _load(self._folder / "rivagan_decoder.onnx", self._threads))


class RivaGanEmbedder:
    """Marks one video.

    Args:
        words: what each of the four kinds of frame carries, (4, 32) zeros and ones.
        network: the encoder.
        width: pixels.
        height: pixels.
    """

    def __init__(self, words: NDArray[np.int64], network: Network, width: int, height: int) -> None:
        self._words = words
        self._network = network
        self._work = _work_size(width, height)

    def mark(self, frame: YuvFrame) -> YuvFrame:
        """A marked copy, luma and chroma."""
        import cv2

        word = self._words[int(frame.seconds / PART_SECONDS) % PARTS]
        small = _small(frame, self._work)
        marked = self._network(frame=_to_network(small), data=word[None].astype(np.float32))
        change = _from_network(marked) - small
        planes = []
        for plane, residual in zip((frame.y, frame.u, frame.v), np.moveaxis(change, -1, 0), strict=True):
            wide = cv2.resize(residual, plane.shape[::-1], interpolation=cv2.INTER_CUBIC)
            planes.append(np.asarray(cv2.add(plane, wide, dtype=cv2.CV_8U), np.uint8))
        return replace(frame, y=planes[0], u=planes[1], v=planes[2])


class RivaGanDetector:
    """Reads one video, where the picture keeps its frame; RivaGAN knows no mirrors.

    It does not say which seconds of a video carry the mark: a payload takes two seconds of it.

    Args:
        whitenings: keyed bits by the key's id, (4, 32) each.
        network: the decoder.
    """

    def __init__(self, whitenings: Mapping[str, NDArray[np.int64]], network: Network) -> None:
        self._signs = {key_id: 1.0 - 2.0 * whitening for key_id, whitening in whitenings.items()}
        self._network = network
        self._sums = {key_id: np.zeros((PARTS, FRAME_BITS)) for key_id in whitenings}
        self._frames = 0
        self._first = self._last = self._looked = 0.0

    def add(self, frame: YuvFrame) -> None:
        """Take one more frame; unless it is too close to the last, find its part and add its soft bits there."""
        if self._frames == 0:
            self._first = frame.seconds
        self._last = frame.seconds
        self._frames += 1
        if self._frames > 1 and 0 < frame.seconds - self._looked < _SPACING:
            return
        self._looked = frame.seconds
        height, width = frame.y.shape
        answer = self._network(frame=_to_network(_small(frame, _work_size(width, height))))[0]
        for key_id, signs in self._signs.items():
            # Positive for a zero, as in the code; clipped so that one frame says no more than another.
            soft = signs * np.clip(_MIDDLE - answer, -1, 1)
            part = int(((1.0 - 2.0 * _INDEX_WORDS) * soft[:, :INDEX_BITS]).sum(axis=1).argmax())
            self._sums[key_id][part] += soft[part]

    def read(self, search: Search) -> MarkReading:  # noqa: ARG002 - this mark has no search to widen
        """Look for a mark in all frames so far."""
        tried = [(*_decoded(sums), key_id) for key_id, sums in self._sums.items()] if self._frames else []
        confidence, payload, key_id = max(tried, key=lambda one: one[0], default=(0.0, None, None))
        found = payload is not None and confidence >= THRESHOLD
        end = max(self._last, self._first + _SPACING)
        return MarkReading(
            found=found,
            payload=payload if found else None,
            confidence=round(confidence, 2),
            threshold=THRESHOLD,
            geometry=Geometry() if found else None,
            frames=self._frames,
            seconds=round(self._last - self._first, 3),
            key_id=key_id if found else None,
            stretches=(Stretch(self._first, end, payload, key_id, round(confidence, 2)),)
            if found and payload is not None and key_id is not None
            else (),
            # The 88 message bits agree with themselves: by chance, only the checksum stands in the way.
            chance=len(self._sums) * 2.0**-CHECK_BITS if found else 1.0,
        )


def _whitening(secret: bytes) -> NDArray[np.int64]:
    signs = KeyStream(secret, "rivagan:v1").signs(PARTS * FRAME_BITS // 2, "bits").reshape(PARTS, -1)
    return (signs < 0).astype(np.int64)


def _decoded(sums: NDArray[np.float64]) -> tuple[float, int | None]:
    """How well 128 summed soft bits agree with the message that they decode to, in standard deviations; the payload."""
    hard = (sums < 0).astype(np.uint8)
    payload = payload_of(hard[:, INDEX_BITS:].reshape(-1))
    if payload is None:
        return 0.0, None
    bits = PARTS * FRAME_BITS
    agreeing = int((frame_words(payload) == hard).sum())
    return (agreeing - bits / 2) / (bits**0.5 / 2), payload


def frame_words(payload: int) -> NDArray[np.int64]:
    """What each of the four kinds of frame carries before whitening: (4, 32) zeros and ones."""
    parts = message_bits(payload).reshape(PARTS, PART_BITS)
    return np.concatenate([_INDEX_WORDS, parts], axis=1).astype(np.int64)


def _package_folder() -> Path:
    spec = importlib.util.find_spec("imwatermark")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "The marker 'rivagan' needs the extra invisible-watermark, which is not installed.",
            code=WatermarkReason.MARKER,
        )
    return Path(spec.submodule_search_locations[0])


def _load(path: Path, threads: int) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(**inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(None, inputs)[0]
        return output

    return run


def _work_size(width: int, height: int) -> tuple[int, int]:
    shrink = WORK_SIDE / min(width, height)
    return round(width * shrink), round(height * shrink)


def _small(frame: YuvFrame, size: tuple[int, int]) -> NDArray[np.float32]:
    """The frame at the network's size as float32 YUV, (h, w, 3), in [0, 255]."""
    import cv2

    planes = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (frame.y, frame.u, frame.v)]
    return np.stack(planes, axis=-1).astype(np.float32)


_TO_BGR = np.array([[1.1644, 2.1124, 0.0], [1.1644, -0.2132, -0.5329], [1.1644, 0.0, 1.7927]], np.float32)
"""Limited-range BT.709 YUV to BGR (Rec. ITU-R BT.709-6); the package hands the network pictures in BGR order."""
_TO_YUV = np.linalg.inv(_TO_BGR).astype(np.float32)
_BLACK = np.array([16.0, 128.0, 128.0], np.float32)


def _to_network(yuv: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3) YUV to the network's (1, 3, 1, h, w) in [-1, 1]. Not clipped, so that it can be undone."""
    bgr = (yuv - _BLACK) @ _TO_BGR.T
    return np.ascontiguousarray(np.moveaxis(bgr / 127.5 - 1.0, -1, 0)[None, :, None])


def _from_network(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    bgr = (np.moveaxis(picture[0, :, 0], 0, -1) + 1.0) * 127.5
    return np.asarray(bgr @ _TO_YUV.T + _BLACK, np.float32)
