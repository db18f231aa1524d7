"""Live challenges: the registry asks, the likeness guard watches, and neither knows the other."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consent_registry.adapters.container_time import container_time
from consent_registry.adapters.pocketsphinx_digits import PocketSphinxDigits
from consent_registry.domain.challenges import MAX_BYTES, MAX_SECONDS, ChallengeReason, Seen
from consent_registry.ports.challenges import LiveEnroller
from consent_registry.service.challenges import ChallengeDesk, ChallengeParts
from consent_registry.store.challenges import SqlChallenges
from likeness_guard.api import Watched
from placet.wiring.kernel import Kernel
from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind, MediaLimits
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from trust_kernel.media.sniff import HEAD_BYTES, recognise

FPS = 8.0
"""Frames a second that are looked at: a turn of half a second shows on four."""
LONGEST = 640
"""Pixels of a frame's longer side: a minute of them is 440 MB."""
_AT_ONCE = 2
_PATIENCE = 30.0
_OLDEST = 2000
"""Years before this one are what a container says that was never given a time."""
_FIELD = "recording"


@dataclass(frozen=True, slots=True)
class WatchedRecording:
    """`consent_registry.ports.challenges.Recording`."""

    seen: Seen
    pictures: Sequence[NDArray[np.uint8]]
    sound: NDArray[np.float32]


class Watches(Protocol):
    """The likeness guard, as it is needed here."""

    def watch(self, look: Look) -> Watched:
        """How one head moves through a recording."""
        ...


class Recordings:
    """`RecordingWatcher`: decodes in the sandbox, and has the likeness guard watch.

    Args:
        decoder: decodes.
        sandbox: where the container's own time is read.
        likeness: watches.
        decode_seconds: that a file may take to decode.
    """

    def __init__(self, decoder: Decoder, sandbox: Sandbox, likeness: Watches, decode_seconds: float) -> None:
        self._decoder = decoder
        self._sandbox = sandbox
        self._likeness = likeness
        self._limits = MediaLimits(
            max_bytes=MAX_BYTES, max_pixels=9_000_000, max_seconds=MAX_SECONDS, decode_seconds=decode_seconds
        )
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def watch(self, path: Path) -> WatchedRecording:
        """What a file shows."""
        with self._one_of_few():
            look = self._decoder.look(path, self._limits, fps=FPS, longest=LONGEST, field=_FIELD)
            if look.kind is not MediaKind.VIDEO or len(look.frames) < 2:  # noqa: PLR2004 - a picture does not move
                raise InvalidInput("this is no video", code=ChallengeReason.NO_VIDEO, field=_FIELD)
            created = self._created(path)
            watched = self._likeness.watch(look)
        return WatchedRecording(seen_of(watched, look, created), watched.pictures, look.mix)

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        """A recording takes seconds of processor time and hundreds of megabytes: few at once."""
        if not self._room.acquire(timeout=_PATIENCE):
            raise Unavailable("too many recordings are being examined; try again", code=ChallengeReason.BUSY)
        try:
            yield
        finally:
            self._room.release()

    def _created(self, path: Path) -> datetime | None:
        with path.open("rb") as file:
            found = recognise(file.read(HEAD_BYTES))
        if found is None:
            return None
        seconds = self._limits.decode_seconds
        child = ChildLimits(
            wall_seconds=seconds, cpu_seconds=seconds, memory_bytes=self._limits.memory_bytes, file_bytes=1_000_000
        )
        reply = self._sandbox.call(container_time, limits=child, source=path.resolve(), reader=found.reader)
        return moment_of(str(reply.get("created", "")))


def moment_of(text: str) -> datetime | None:
    """A container's time; None where it is no time, or none that a camera would write."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _OLDEST else None


def seen_of(watched: Watched, look: Look, created_at: datetime | None) -> Seen:
    """What the registry needs of what was watched."""
    gaps = np.diff(np.concatenate([[0.0], look.times, [max(look.duration, float(look.times[-1]))]]))
    silent = look.duration - look.audio.size / SAMPLE_RATE if look.audio.size else 0.0
    return Seen(
        times=watched.times,
        faces=watched.faces,
        widths=watched.widths,
        light=watched.light,
        yaw=watched.yaw,
        pitch=watched.pitch,
        mouth=watched.mouth,
        jumps=watched.jumps,
        depth=watched.depth,
        sameness=watched.sameness,
        same_from=watched.same_from,
        speech=watched.speech,
        missing=max(float(gaps.max()), silent),
        alive=watched.alive,
        alive_from=watched.alive_from,
        created_at=created_at,
    )


def build_challenges(kernel: Kernel, likeness: Watches, enroller: LiveEnroller) -> ChallengeDesk:
    """The desk of live challenges.

    Args:
        kernel: what it stands on.
        likeness: watches recordings.
        enroller: what a passed challenge leads to.
    """
    seconds = kernel.settings.decode_seconds * 4
    return ChallengeDesk(
        ChallengeParts(
            unit=kernel.database,
            store=SqlChallenges(kernel.database),
            watcher=Recordings(kernel.decoder, kernel.sandbox, likeness, seconds),
            recogniser=PocketSphinxDigits(),
            enroller=enroller,
            clock=kernel.clock,
            print_key=kernel.keys.derive("consent:recordings"),
        )
    )
