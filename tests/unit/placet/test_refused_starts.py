"""Settings that would spoil every release are refused at start, in a sentence, rather than video after video."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from placet.cli.main import placet
from placet.wiring import build_kernel
from placet.wiring.credentials import build_credentials
from placet.wiring.marks import build_disclosure
from placet.wiring.verifier import open_verifier
from tests.factories.credentials import make_authority
from trust_kernel.clock import SystemClock
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.settings import Settings
from watermark.adapters.certificates import DevelopmentAuthority, SigningIdentity
from watermark.domain.credential_keys import KeyReason


def start(folder: Path, **changes: object) -> None:
    """Build what signs."""
    kernel = build_kernel(Settings(_env_file=None, data_dir=folder / "data", **changes))  # type: ignore[arg-type]
    build_credentials(kernel)


def pair(folder: Path, identity: SigningIdentity) -> dict[str, Path]:
    """An identity as two files, and the settings that name them."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text(identity.chain_pem)
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"signing_chain": chain, "signing_key": key}


def test_production_starts_with_a_certificate_of_an_authority(tmp_path: Path) -> None:
    start(tmp_path, environment="production", **pair(tmp_path, make_authority("A real authority").issue()))


def test_production_refuses_a_development_certificate_wherever_it_was_copied_to(tmp_path: Path) -> None:
    made = DevelopmentAuthority(tmp_path / "elsewhere", SystemClock()).identity()
    start(tmp_path, environment="development", **pair(tmp_path, made))
    with pytest.raises(Broken) as refusal:
        start(tmp_path, environment="production", **pair(tmp_path, made))
    assert refusal.value.code == KeyReason.DEVELOPMENT


@pytest.mark.parametrize("left_out", ["signing_chain", "signing_key"])
def test_half_of_an_identity_is_not_made_up_for_by_a_development_certificate(tmp_path: Path, left_out: str) -> None:
    half = pair(tmp_path, make_authority().issue())
    del half[left_out]
    with pytest.raises(InvalidInput) as refusal:
        start(tmp_path, **half)
    assert refusal.value.field == left_out


def verify_alone(folder: Path, **changes: object) -> None:
    """Build a verifier where there is no deployment."""
    settings = Settings(_env_file=None, data_dir=folder / "none", **changes)  # type: ignore[arg-type]
    with open_verifier(settings):
        pass


@pytest.mark.parametrize("begin", [start, verify_alone])
@pytest.mark.parametrize("setting", ["tsa_anchors", "trust_anchors"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"no certificate"])
def test_anchors_that_cannot_be_read_are_refused(
    tmp_path: Path, begin: Callable[..., None], setting: str, content: bytes | None
) -> None:
    place = tmp_path / "anchors.pem"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(InvalidInput):
        begin(tmp_path, **{setting: place})


def test_a_chain_for_a_token_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        start(tmp_path, signing_chain=tmp_path / "none.pem", pkcs11_module=tmp_path / "module.so")
    assert refusal.value.field == "signing_chain"


@pytest.mark.parametrize("url", ["not a url", "ftp://stamps.example/", "http://", "stamps.example"])
def test_an_address_that_is_none_is_no_time_stamp_authority(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        start(tmp_path, tsa_url=url)
    assert refusal.value.field == "tsa_url"


@pytest.mark.parametrize(
    "wrong", [{"jurisdictions": ("eu", "mars")}, {"provider_name": " "}, {"provider_name": "Acme\nLtd"}]
)
def test_a_disclosure_that_could_not_be_made_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        build_disclosure(Settings(_env_file=None, **wrong))  # type: ignore[arg-type]


def test_settings_that_cannot_be_read_are_a_sentence_without_their_values(tmp_path: Path) -> None:
    for name, value in (("JURISDICTIONS", "eu,us-ca"), ("ENVIRONMENT", "Prod-hunter2")):
        done = CliRunner().invoke(
            placet, ["certificate", "show", "--data", str(tmp_path)], env={f"PLACET_{name}": value}
        )
        assert isinstance(done.exception, InvalidInput)
        assert name.lower() in done.exception.detail
        assert "hunter2" not in done.exception.detail
