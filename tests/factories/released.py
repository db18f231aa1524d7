"""A small deployment made of the real parts: real marks, credentials and fingerprints, over a database in a folder."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from copyright_optout.api import OptOutIndex
from generator_gateway.adapters.prints import SandboxedPrints
from generator_gateway.api import Owner, ReleaseRecord, Sources, VerificationDesk
from generator_gateway.store import ReleaseStore
from generator_gateway.store.bindings import BindingStore
from tests.factories.databases import sqlite
from tests.fakes.media import InMemoryBlobs
from tests.fakes.optout import optout_parts
from trust_kernel.clock import SystemClock
from trust_kernel.media.refs import MediaLimits
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DEVELOPMENT, DevelopmentAuthority
from watermark.adapters.marking import SandboxedFileMarks
from watermark.api import CredentialClaim, CredentialProfile, CredentialService, MarkingService
from watermark.domain.marks import MarkKey, MarkKeys, sound_number
from watermark.domain.visible_look import VisibleLook

SOUND_RATE = 48_000
PICTURES = MarkKeys(MarkKey("1", b"p" * 32))
SOUNDS = MarkKeys(MarkKey("1", b"s" * 32))
LIMITS = MediaLimits(max_bytes=2_000_000_000, max_seconds=600.0, decode_seconds=120.0)


class _Ledger:
    def proves(self, index: int) -> bool:
        return index >= 0


@dataclass(frozen=True, slots=True)
class Released:
    """A video that went out."""

    case_id: str
    number: int
    path: Path


class Deployment:
    """Marks, signs, registers and verifies. Every mark is made under keys of its own.

    Args:
        folder: where files and certificates go.
    """

    def __init__(self, folder: Path, releases: ReleaseStore, bindings: BindingStore) -> None:
        self.folder = folder
        self.blobs = InMemoryBlobs()
        self.sandbox = Sandbox(threads=1)
        self.releases = releases
        self.bindings = bindings
        self.marking = MarkingService(
            SandboxedFileMarks(self.sandbox, lambda: PICTURES, lambda: SOUNDS, VisibleLook("AI · test"))
        )
        profile = CredentialProfile()
        authority = DevelopmentAuthority(folder / "certificates", SystemClock())
        self.credentials = CredentialService(
            C2paSigner(authority.identity, profile), SandboxedReader(self.sandbox), profile
        )
        works = OptOutIndex(optout_parts())
        self.prints = SandboxedPrints(self.sandbox, works, LIMITS)
        self.desk = VerificationDesk(
            Sources(
                credentials=self.credentials,
                marks=self.marking,
                prints=self.prints,
                bindings=bindings,
                releases=releases,
                ledger=_Ledger(),
                alike=works.alike,
                development=DEVELOPMENT,
            )
        )
        self._count = 0

    def release(self, source: Path) -> Released:
        """Mark a video, sign it, keep its fingerprints and its credential."""
        self._count += 1
        case_id, number = f"video_{self._count}", int.from_bytes(os.urandom(8), "big") >> 1
        marked, signed = self.folder / f"{case_id}.marked.mp4", self.folder / f"{case_id}.mp4"
        report = self.marking.mark(source, marked, payload=number)
        claim = CredentialClaim(
            title="A video",
            release_number=number,
            owners=(),
            ai_model="test",
            created_at=datetime.now(UTC),
            sound_number=sound_number(number) if report.sound is not None else None,
        )
        credential = self.credentials.sign(marked, signed, claim)
        prints = self.prints.prints(signed)
        record = ReleaseRecord(
            case_id=case_id,
            release_number=number,
            media_digest=hashlib.sha256(signed.read_bytes()).hexdigest(),
            manifest_label=credential.manifest_label,
            fingerprints=prints.pictures,
            status="released",
            released_at=datetime.now(UTC),
            ledger_index=self._count,
            owners=(Owner("acct_ada", "requester", ("see",)),),
        )
        self.releases.add(record)
        kept = self.blobs.put_bytes(credential.manifest)
        self.bindings.register(case_id, prints, kept)
        return Released(case_id, number, signed)


def babble(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Syllables of harmonics under noise: nothing said, but as lively as speech; stereo at 48 kHz, (2, n)."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    moments, beats = np.arange(0, seconds + 1, 0.25), np.arange(0, seconds + 1, 0.12)
    pitch = 120 + 40 * np.interp(times, moments, rng.standard_normal(len(moments)))
    phase = 2 * np.pi * np.cumsum(pitch) / SOUND_RATE
    tones = np.sum([np.sin(order * phase + order) / order for order in range(1, 20)], axis=0)
    voice = 0.12 * np.interp(times, beats, rng.random(len(beats))) * tones
    voice += 0.01 * rng.standard_normal(len(times))
    return np.stack([voice, voice]).astype(np.float32)


def write_film(
    path: Path, frames: Iterable[VideoFrame], sound: NDArray[np.float32] | None, *, fps: int = 24, crf: int = 20
) -> Path:
    """Write an MP4: H.264 and, where there is sound, AAC.

    Args:
        path: where.
        frames: 4:2:0, all of one size; at least one.
        sound: float32 of shape (2, n) at 48 kHz.
        fps: frames a second.
        crf: x264's.
    """
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": str(crf)})
        heard = file.add_stream("aac", rate=SOUND_RATE, layout="stereo") if sound is not None else None
        for number, frame in enumerate(frames):
            if number == 0:
                video.width, video.height, video.pix_fmt = frame.width, frame.height, "yuv420p"
            frame.pts, frame.time_base = number, Fraction(1, fps)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if heard is not None and sound is not None:
            spoken = AudioFrame.from_ndarray(np.ascontiguousarray(sound), "fltp", "stereo")
            spoken.sample_rate, spoken.pts = SOUND_RATE, 0
            file.mux(heard.encode(spoken))
            file.mux(heard.encode(None))
    return path


def pictures_of(path: Path) -> Iterator[VideoFrame]:
    """A video's frames, 4:2:0."""
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            yield frame.reformat(format="yuv420p")


def sound_of(path: Path) -> NDArray[np.float32]:
    """A video's sound, float32 of shape (2, n) at 48 kHz."""
    with av.open(str(path)) as file:
        parts = [frame.to_ndarray() for frame in file.decode(audio=0)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


@contextmanager
def deployment(folder: Path) -> Iterator[Deployment]:
    """A deployment whose files lie in a folder."""
    with sqlite(folder) as database:
        blobs = InMemoryBlobs()
        made = Deployment(folder, ReleaseStore(database), BindingStore(database, blobs))
        made.blobs = blobs
        try:
            yield made
        finally:
            made.sandbox.close()
