"""`placet marks` and `placet certificate`, as an operator types them."""

import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from placet.cli.main import placet
from placet.migrate import migrate
from placet.wiring import build_kernel
from trust_kernel.errors import Broken, Conflict, InvalidInput
from trust_kernel.settings import Settings

SUBJECT = ("--organisation", "Example Ltd", "--name", "Example Video", "--country", "IT")


def run(folder: Path, *arguments: str, **settings: str) -> Result:
    environment = {f"PLACET_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(placet, [*arguments, "--data", str(folder)], env=environment)


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    kernel = build_kernel(Settings(data_dir=tmp_path))
    migrate(kernel)
    return tmp_path


def test_a_new_deployment_lists_one_key_and_a_rotation_puts_another_before_it(deployment: Path) -> None:
    assert run(deployment, "marks", "keys").output.split() == ["1", "from", "the", "start"]
    assert "key 2" in run(deployment, "marks", "rotate").output
    first, second = run(deployment, "marks", "keys").output.splitlines()
    assert first.split()[:2] == ["2", "since"]
    assert second.split()[0] == "1"


def test_a_rotation_is_on_the_ledger(deployment: Path) -> None:
    run(deployment, "marks", "rotate")
    ledger = build_kernel(Settings(data_dir=deployment)).ledger
    kinds = [ledger.entry(index).kind for index in range(ledger.size())]
    assert kinds == ["watermark:key:rotated"]


def test_a_certificate_is_asked_for_with_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    key = tmp_path / "signing.key"
    done = run(tmp_path, "certificate", "request", *SUBJECT, "--key", str(key))
    assert done.exit_code == 0, done.output
    request = x509.load_pem_x509_csr(done.output.encode())
    assert request.is_signature_valid
    assert load_pem_private_key(key.read_bytes(), None).public_key() == request.public_key()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    told = subprocess.run(
        ["openssl", "req", "-noout", "-text"],  # noqa: S607 - whichever openssl the machine has
        input=done.output,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Example Ltd" in told
    assert "1.3.6.1.4.1.62558.2.1" in told


def test_a_key_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    key = tmp_path / "signing.key"
    key.write_text("precious")
    done = run(tmp_path, "certificate", "request", *SUBJECT, "--key", str(key))
    assert isinstance(done.exception, Conflict)
    assert key.read_text() == "precious"


def test_without_a_file_or_a_token_there_is_nowhere_to_put_a_key(tmp_path: Path) -> None:
    done = run(tmp_path, "certificate", "request", *SUBJECT)
    assert isinstance(done.exception, InvalidInput)
    assert done.exception.field == "--key"


def test_a_development_certificate_is_called_one(tmp_path: Path) -> None:
    told = run(tmp_path, "certificate", "show").output
    assert "not publicly trusted" in told
    assert "nobody outside can trust it" in told
    assert "365 days" in told or "364 days" in told


def test_production_has_no_certificate_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path, "certificate", "show", environment="production")
    assert isinstance(done.exception, Broken)
    assert done.exception.code == "watermark:credential:development_certificate"
