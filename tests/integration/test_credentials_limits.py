"""What takes long or much: a time-stamp authority that says nothing, and files of two gigabytes."""

import concurrent.futures
import struct
import time
from pathlib import Path

import pytest

from tests.factories.credentials import TIME_STAMPING, draw_video, make_authority, make_claim
from tests.factories.time_stamps import OPENSSL, running_authority
from trust_kernel.errors import Unavailable
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from watermark.adapters.c2pa_reading import READ_LIMITS, SandboxedReader
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.domain.credentials import CredentialProfile, CredentialReason, CredentialState
from watermark.service.credentials import CredentialService

PROFILE = CredentialProfile()
AUTHORITY = make_authority()
IDENTITY = AUTHORITY.issue()
TSA = make_authority("Clockmaker")
GIGABYTE = 1_000_000_000


@pytest.mark.skipif(not OPENSSL, reason="needs the openssl command, which makes the stamps")
def test_an_authority_that_says_nothing_or_never_ends_is_given_half_a_minute(tmp_path: Path) -> None:
    source = draw_video(tmp_path / "source.mp4")

    def ask(mood: str) -> float:
        with running_authority(TSA.issue((TIME_STAMPING,), name="Stamper")) as server:
            server.mood = mood
            signer = C2paSigner(lambda: IDENTITY, PROFILE, tsa_url=server.url, stamps=(TSA.pem,))
            service = CredentialService(signer, SandboxedReader(Sandbox()), PROFILE)
            started = time.monotonic()
            with pytest.raises(Unavailable):
                service.sign(source, tmp_path / f"{mood}.mp4", make_claim())
            return time.monotonic() - started

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        took = list(pool.map(ask, ["silent", "drips"]))
    assert max(took) < 45
    assert [entry.name for entry in tmp_path.iterdir()] == ["source.mp4"]


def test_two_gigabytes_are_read_as_they_stream_by(tmp_path: Path) -> None:
    signer = C2paSigner(lambda: IDENTITY, PROFILE)
    signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "large.mp4", make_claim(), ())
    with (tmp_path / "large.mp4").open("r+b") as file:
        # A second mdat after the signed file: its bytes are hashed, and so the file has changed. Takes no room on disk.
        end = file.seek(0, 2)
        file.write(struct.pack(">I4sQ", 1, b"mdat", 2 * GIGABYTE))
        file.truncate(end + 2 * GIGABYTE)
    narrow = ChildLimits(
        wall_seconds=READ_LIMITS.wall_seconds,
        cpu_seconds=READ_LIMITS.cpu_seconds,
        # Address space, of which the library itself maps half a gigabyte: the file has no room in it.
        memory_bytes=GIGABYTE,
        file_bytes=READ_LIMITS.file_bytes,
    )
    service = CredentialService(signer, SandboxedReader(Sandbox(), narrow), PROFILE)
    report = service.examine(tmp_path / "large.mp4")
    assert (report.state, report.codes) == (CredentialState.TAMPERED, ("assertion.bmffHash.mismatch",))
    crowded = ChildLimits(wall_seconds=0.3)
    service = CredentialService(signer, SandboxedReader(Sandbox(), crowded), PROFILE)
    assert service.examine(tmp_path / "large.mp4").reasons == (CredentialReason.TOO_COSTLY,)
