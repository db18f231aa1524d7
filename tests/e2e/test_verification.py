"""Anybody may ask what a file is: on the server without an account, or by the command without a server."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.e2e import footage
from tests.e2e.deployment import Person, Server, command
from tests.e2e.story import Borrowed


@pytest.fixture(scope="module")
def verify(server: Server) -> Callable[[bytes], Any]:
    def ask(content: bytes) -> Any:
        answer = httpx.post(f"{server.url}/verify", files={"file": ("clip.mp4", content)}, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_a_released_file_is_known_by_its_credential(
    verify: Callable[[bytes], Any], own_file: bytes, own_video: str
) -> None:
    found = verify(own_file)
    assert (found["credential"]["state"], found["credential"]["ai"]) == ("trusted", "yes")
    assert found["watermark"]["state"] == "found"
    release = found["release"]
    assert (release["video_id"], release["found_by"], release["consent"]) == (own_video, "credential", "active")
    assert (release["people"], release["ledger_proved"], found["recovered"]) == (1, True, False)
    assert "AI" in found["sentence"]


@pytest.mark.parametrize("change", [footage.stripped, footage.reencoded])
def test_a_file_without_its_credential_is_known_by_its_watermark(
    verify: Callable[[bytes], Any],
    own_file: bytes,
    own_video: str,
    tmp_path: Path,
    change: Callable[[bytes, Path], Path],
) -> None:
    found = verify(change(own_file, tmp_path / "copy.mp4").read_bytes())
    assert found["credential"]["state"] == "no_credential"
    assert (found["watermark"]["state"], found["watermark"]["matches_picture"]) == ("found", True)
    assert (found["release"]["video_id"], found["release"]["found_by"]) == (own_video, "watermark")
    assert found["recovered"] is True


def test_a_file_that_was_changed_after_signing_is_called_tampered(
    verify: Callable[[bytes], Any], own_file: bytes, tmp_path: Path
) -> None:
    found = verify(footage.altered(own_file, tmp_path / "altered.mp4").read_bytes())
    assert found["credential"]["state"] == "tampered"


def test_a_withdrawn_video_is_known_and_said_to_be_withdrawn(
    verify: Callable[[bytes], Any], borrowed: Borrowed, tmp_path: Path
) -> None:
    copy = footage.stripped(borrowed.file, tmp_path / "copy.mp4").read_bytes()
    for content in (borrowed.file, copy):
        found = verify(content)
        assert (found["release"]["video_id"], found["release"]["consent"]) == (borrowed.video_id, "withdrawn")
        assert found["release"]["withdrawn_at"] is not None
        assert "withdrawn" in found["sentence"]


def test_a_video_from_elsewhere_is_never_called_real(verify: Callable[[bytes], Any]) -> None:
    found = verify(footage.footage())
    assert (found["credential"]["state"], found["credential"]["ai"]) == ("no_credential", "unknown")
    assert (found["watermark"]["state"], found["release"]) == ("not_found", None)
    assert "does not prove" in found["sentence"]


@pytest.mark.parametrize("content", [b"garbage" * 100, b"\x00" * 5000, b"x"], ids=["text", "zeros", "byte"])
def test_what_is_no_medium_is_answered_calmly(verify: Callable[[bytes], Any], content: bytes) -> None:
    found = verify(content)
    assert found["release"] is None
    assert found["watermark"]["state"] == "unreadable"


def test_half_a_file_is_answered_calmly(verify: Callable[[bytes], Any], own_file: bytes) -> None:
    assert verify(own_file[: len(own_file) // 2])["credential"]["ai"] != "no"


def test_verification_without_a_file_names_the_field(server: Server) -> None:
    answer = httpx.post(f"{server.url}/verify", timeout=60)
    assert (answer.status_code, answer.json()["field"]) == (422, "file")


def test_nobody_is_named_in_a_verification(
    verify: Callable[[bytes], Any], borrowed: Borrowed, ada: Person, bruno: Person
) -> None:
    said = json.dumps(verify(borrowed.file)).lower()
    for private in (ada.account_id, bruno.account_id, bruno.subject_id, "bruno", "ada@", borrowed.grant_id):
        assert private.lower() not in said


@pytest.fixture(scope="module")
def released(own_file: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("released") / "released.mp4"
    path.write_bytes(own_file)
    return path


def by_command(path: Path, *options: str) -> Any:
    """What `placet verify --json` says; its exit status is 0."""
    done = command("verify", str(path), "--json", *options, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_command_knows_the_release_where_it_has_the_data(released: Path, server: Server, own_video: str) -> None:
    found = by_command(released, "--data", str(server.data))
    assert (found["credential"]["state"], found["credential"]["ai"]) == ("trusted", "yes")
    assert found["release"]["video_id"] == own_video


def test_the_command_alone_says_that_nobody_vouches_for_the_signer(released: Path) -> None:
    before = sorted(released.parent.iterdir())
    found = by_command(released)
    assert (found["credential"]["state"], found["credential"]["ai"]) == ("valid_untrusted", "yes")
    assert found["release"] is None
    assert sorted(released.parent.iterdir()) == before


def test_the_signer_is_trusted_by_its_own_root_and_by_no_other(released: Path, server: Server, tmp_path: Path) -> None:
    root = server.data / "certificates" / "root.pem"
    certificate = root.read_text().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    own, other = tmp_path / "own.pem", tmp_path / "other.pem"
    own.write_text(f"-----BEGIN CERTIFICATE-----{certificate}-----END CERTIFICATE-----\n")
    other.write_bytes(another_root())
    assert by_command(released, "--trust-anchor", str(own))["credential"]["state"] == "trusted"
    assert by_command(released, "--trust-anchor", str(other))["credential"]["state"] == "valid_untrusted"


@pytest.mark.parametrize("content", [b"\xd8 not text", b"not PEM\n"], ids=["bytes", "text"])
def test_an_anchor_that_is_none_is_said_plainly(tmp_path: Path, released: Path, content: bytes) -> None:
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(content)
    done = command("verify", str(released), "--trust-anchor", str(anchor), cwd=released.parent)
    assert done.returncode in {1, 2}
    assert done.stderr.startswith("placet: ")
    assert "Traceback" not in done.stderr


def test_the_command_says_one_plain_sentence_first(released: Path, server: Server) -> None:
    done = command("verify", str(released), "--data", str(server.data), cwd=released.parent)
    first, *rest = done.stdout.splitlines()
    assert first.startswith("This says that it was made with AI")
    assert any("ledger" in line and "proved" in line for line in rest)


def another_root() -> bytes:
    """A root that signed nothing of ours."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody else")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
