"""Time stamps (RFC 3161) from an authority that really answers, and what happens when it does not."""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.factories.credentials import TIME_STAMPING, draw_video, make_authority, make_claim
from tests.factories.time_stamps import OPENSSL, StampServer, running_authority
from tests.fakes.credentials import InlineChild
from trust_kernel.errors import Unavailable
from watermark.adapters.c2pa_reading import SandboxedReader, read_here
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import SigningIdentity
from watermark.adapters.signing_keys.former import FormerAnchors
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import (
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    TrustAnchors,
)
from watermark.service.credentials import CredentialService

pytestmark = pytest.mark.skipif(not OPENSSL, reason="needs the openssl command, which makes the stamps")
PROFILE = CredentialProfile()
OURS = make_authority("Placet root")
IDENTITY = OURS.issue()
TSA = make_authority("Clockmaker")
STRANGER = make_authority("Stranger")


@pytest.fixture(scope="module")
def running() -> Iterator[StampServer]:
    with running_authority(TSA.issue((TIME_STAMPING,), name="Stamper")) as server:
        yield server


@pytest.fixture
def authority(running: StampServer) -> StampServer:
    running.mood = "well"
    running.asked = 0
    return running


def service(
    url: str | None, identity: SigningIdentity = IDENTITY, stamps: tuple[str, ...] = (TSA.pem,)
) -> CredentialService:
    signer = C2paSigner(lambda: identity, PROFILE, tsa_url=url, stamps=stamps)
    return CredentialService(signer, SandboxedReader(InlineChild()), PROFILE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return draw_video(tmp_path / "source.mp4")


def test_a_release_says_when_it_was_signed(authority: StampServer, source: Path, tmp_path: Path) -> None:
    signed = service(authority.url).sign(source, tmp_path / "out.mp4", make_claim())
    assert authority.asked == 1
    said = service(None).examine(tmp_path / "out.mp4").signer
    assert said is not None
    assert said.signed_at == signed.stamped_at
    assert abs(datetime.fromisoformat(signed.stamped_at) - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_an_authority_nothing_is_said_of_the_time(source: Path, tmp_path: Path) -> None:
    assert service(None).sign(source, tmp_path / "out.mp4", make_claim()).stamped_at == ""


@pytest.mark.parametrize("mood", ["garbage", "rejects", "error", "replays"])
def test_an_authority_that_answers_wrongly_makes_the_release_wait(
    authority: StampServer, source: Path, tmp_path: Path, mood: str
) -> None:
    authority.mood = mood
    with pytest.raises(Unavailable) as raised:
        service(authority.url).sign(source, tmp_path / "out.mp4", make_claim())
    assert raised.value.retryable
    assert authority.asked >= 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["source.mp4"]


@pytest.mark.parametrize("stamps", [(STRANGER.pem,), ()], ids=["another's anchor", "no anchor"])
def test_a_stamp_that_nobody_vouches_for_does_not_go_out(
    authority: StampServer, source: Path, tmp_path: Path, stamps: tuple[str, ...]
) -> None:
    with pytest.raises(Unavailable) as raised:
        service(authority.url, stamps=stamps).sign(source, tmp_path / "out.mp4", make_claim())
    assert raised.value.code == CredentialReason.UNSTAMPED
    assert authority.asked == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["source.mp4"]


def test_a_release_that_waited_goes_out_stamped_once_the_authority_is_back(
    authority: StampServer, source: Path, tmp_path: Path
) -> None:
    signer = service(authority.url)
    authority.mood = "error"
    with pytest.raises(Unavailable):
        signer.sign(source, tmp_path / "out.mp4", make_claim())
    authority.mood = "well"
    assert signer.sign(source, tmp_path / "out.mp4", make_claim()).stamped_at


def test_an_older_release_of_that_name_stays_while_the_authority_is_out(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"older")
    with pytest.raises(Unavailable):
        service("http://127.0.0.1:9/").sign(source, tmp_path / "out.mp4", make_claim())
    assert (tmp_path / "out.mp4").read_bytes() == b"older"


@pytest.fixture(scope="module")
def ran_out(running: StampServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files signed with a certificate that ran out since: without a stamp, and with one."""
    folder = tmp_path_factory.mktemp("ran-out")
    running.mood = "well"
    source = draw_video(folder / "a.mp4")
    files = {"unstamped": folder / "unstamped.mp4", "stamped": folder / "stamped.mp4"}
    for seconds in (3, 10, 40):  # more where the machine is so busy that the first were not enough
        brief = OURS.issue(after=timedelta(days=-1), life=timedelta(days=1, seconds=seconds))
        end = time.monotonic() + seconds + 0.5
        with contextlib.suppress(Unavailable):
            service(None, brief).sign(source, files["unstamped"], make_claim())
            service(running.url, brief).sign(source, files["stamped"], make_claim())
            time.sleep(max(0.0, end - time.monotonic()))
            return files
    raise AssertionError("the certificate ran out before anything was signed")


def judge(path: Path, *stamps: str) -> CredentialReport:
    return report_on(read_here(path, TrustAnchors((OURS.pem,), stamps)), PROFILE)


def test_a_stamped_release_stays_trusted_after_its_certificate_ran_out(ran_out: dict[str, Path]) -> None:
    assert judge(ran_out["stamped"], TSA.pem).state is CredentialState.TRUSTED


@pytest.mark.parametrize(("name", "stamps"), [("unstamped", (TSA.pem,)), ("stamped", (STRANGER.pem,)), ("stamped", ())])
def test_without_a_trusted_stamp_it_does_not(ran_out: dict[str, Path], name: str, stamps: tuple[str, ...]) -> None:
    report = judge(ran_out[name], *stamps)
    assert report.state is CredentialState.VALID_UNTRUSTED
    assert CredentialReason.EXPIRED in report.reasons


def test_an_anchor_for_claim_signers_vouches_for_no_stamp(ran_out: dict[str, Path]) -> None:
    reading = read_here(ran_out["stamped"], TrustAnchors((OURS.pem, TSA.pem)))
    assert reading.store is not None
    assert reading.store["validation_state"] == "Trusted"  # what makes our own rule necessary
    report = report_on(reading, PROFILE)
    assert report.state is CredentialState.VALID_UNTRUSTED
    assert CredentialReason.EXPIRED in report.reasons
    assert report.signer is not None
    assert report.signer.signed_at == ""


def test_the_stamp_of_a_claim_signer_is_no_stamp(source: Path, tmp_path: Path) -> None:
    # Our own key, used to stamp: its certificate is not for that, whichever list its root is in.
    with running_authority(OURS.issue((TIME_STAMPING,), name="Self")) as own:
        with pytest.raises(Unavailable) as raised:
            service(own.url).sign(source, tmp_path / "out.mp4", make_claim())
        assert raised.value.code == CredentialReason.UNSTAMPED


def test_an_authority_on_the_public_list_needs_no_anchor_of_its_own(
    authority: StampServer, source: Path, tmp_path: Path
) -> None:
    shelf = FormerAnchors(tmp_path / "roots")
    listed = TrustAnchors((), (TSA.pem,))
    signer = C2paSigner(lambda: IDENTITY, PROFILE, tsa_url=authority.url, listed=listed, former=shelf)
    reader = SandboxedReader(InlineChild())
    assert CredentialService(signer, reader, PROFILE).sign(source, tmp_path / "out.mp4", make_claim()).stamped_at
    # What leaves the list is believed no longer.
    assert shelf.believed().stamps == ()


def test_roots_of_the_authority_outlive_its_replacement(authority: StampServer, source: Path, tmp_path: Path) -> None:
    shelf = FormerAnchors(tmp_path / "roots")

    def signer(stamps: tuple[str, ...]) -> C2paSigner:
        return C2paSigner(lambda: IDENTITY, PROFILE, tsa_url=authority.url, stamps=stamps, former=shelf)

    reader = SandboxedReader(InlineChild())
    CredentialService(signer((TSA.pem,)), reader, PROFILE).sign(source, tmp_path / "out.mp4", make_claim())
    report = CredentialService(signer((STRANGER.pem,)), reader, PROFILE).examine(tmp_path / "out.mp4")
    assert report.signer is not None
    assert report.signer.signed_at
