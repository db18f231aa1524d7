"""Anybody may ask what a file is: on the server without an account, or by the command without a server."""

import hashlib
import json
import subprocess
import sys
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
from tests.e2e.deployment import PLACET, Person, Server, command, environment
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
    assert (found["watermark"]["state"], found["watermark"]["matches"]) == ("found", True)
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
    assert first.startswith("This was made with AI here")
    assert any("public record entry" in line and line.endswith(", proved") for line in rest)


def test_the_command_takes_folders_and_the_standard_input_and_says_by_its_status_what_is_amiss(
    released: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    good = released.read_bytes()
    (folder / "a.mp4").write_bytes(good)
    footage.altered(good, folder / "deep" / "b.mp4")
    done = command("verify", str(folder), "--json", cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["credential"]["state"] for line in lines] == ["valid_untrusted", "tampered"]
    assert done.returncode == 1
    garbage = subprocess.run(
        [PLACET, "verify", "-"], input=b"garbage", capture_output=True, cwd=tmp_path, env=environment(), check=False
    )
    assert garbage.returncode == 4
    assert garbage.stdout.startswith(b"This file, or its content credential, does not follow the standard")


def test_the_command_speaks_italian(released: Path) -> None:
    done = command("verify", str(released), "--lang", "it", cwd=released.parent)
    assert done.stdout.startswith("Questo dichiara di essere stato fatto con l'IA")


def test_the_python_door_says_the_same_and_leaves_nothing_behind(released: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from placet.verify import sentence, verify_file; "
        "found = verify_file(sys.argv[1]); print(found.credential.state, sentence(found))"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(released)],
        capture_output=True, text=True, cwd=tmp_path, env=environment() | {"TMPDIR": str(scratch)}, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("valid_untrusted This says that it was made with AI"), done.stderr
    assert list(scratch.iterdir()) == []
    assert sorted(tmp_path.iterdir()) == [scratch]


def test_the_answer_is_in_italian_for_whoever_reads_it(server: Server, own_file: bytes) -> None:
    answer = httpx.post(
        f"{server.url}/verify", files={"file": ("x", own_file)}, headers={"accept-language": "it"}, timeout=120
    )
    assert answer.json()["sentence"].startswith("Questo è stato fatto qui con l'IA")


def test_progress_is_told_while_it_works(server: Server, own_file: bytes) -> None:
    headers = {"accept": "application/x-ndjson"}
    with httpx.stream(
        "POST", f"{server.url}/verify", files={"file": ("x", own_file)}, headers=headers, timeout=120
    ) as answer:
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert lines[0]["step"] == "received"
    assert lines[-1]["verification"]["credential"]["state"] == "trusted"


def test_a_kept_report_is_found_by_digest_and_an_unkept_one_is_not(server: Server) -> None:
    film = footage.footage()
    digest = hashlib.sha256(film).hexdigest()
    files = {"file": ("x.mp4", film)}
    httpx.post(f"{server.url}/verify", files=files, timeout=120).raise_for_status()
    assert httpx.get(f"{server.url}/verify/{digest}", timeout=60).status_code == 404
    httpx.post(f"{server.url}/verify", files=files, params={"keep": "true"}, timeout=120).raise_for_status()
    kept = httpx.get(f"{server.url}/verify/{digest}", timeout=60)
    assert (kept.status_code, kept.json()["headline"]["code"]) == (200, "verify:headline:nothing")


def test_a_released_file_is_known_by_its_digest_alone(server: Server, own_file: bytes, own_video: str) -> None:
    digest = hashlib.sha256(own_file).hexdigest()
    found = httpx.get(f"{server.url}/verify/{digest}", timeout=60).json()
    assert (found["release"]["video_id"], found["release"]["found_by"]) == (own_video, "file")


def test_the_credential_comes_as_crjson(server: Server, own_file: bytes) -> None:
    answer = httpx.post(f"{server.url}/verify/crjson", files={"file": ("x", own_file)}, timeout=120)
    assert answer.json()["manifests"]


def test_feedback_is_taken_from_anybody(server: Server) -> None:
    said = {"sha256": "0" * 64, "verdict": "wrong", "text": "this is mine"}
    assert httpx.post(f"{server.url}/verify/feedback", json=said, timeout=60).status_code == 202
    assert httpx.post(f"{server.url}/verify/feedback", json=said | {"verdict": "x"}, timeout=60).status_code == 422


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
