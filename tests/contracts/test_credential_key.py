"""What every signing key promises, wherever it lies: in memory, files, a PKCS#11 token or a key service."""

import concurrent.futures
import uuid
from pathlib import Path

import pytest

from tests.factories.credentials import TOKEN_MODULE, draw_video, make_authority, make_claim, make_token, pkcs8
from tests.fakes.credentials import FakeKeyService
from trust_kernel.clock import SystemClock
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DevelopmentAuthority
from watermark.adapters.signing_keys.chain import belongs, check_identity
from watermark.adapters.signing_keys.files import FileKeys
from watermark.adapters.signing_keys.pkcs11 import Pkcs11Key
from watermark.adapters.signing_keys.remote import RemoteKey
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import CredentialProfile, CredentialState
from watermark.ports.credentials import CredentialKey

AUTHORITY = make_authority()


class CredentialKeyContract:
    development = False

    @pytest.fixture(scope="class")
    def key(self, tmp_path_factory: pytest.TempPathFactory) -> CredentialKey:
        return type(self).make(tmp_path_factory.mktemp("key"))

    @staticmethod
    def make(folder: Path) -> CredentialKey:
        raise NotImplementedError

    @pytest.mark.parametrize("data", [b"a", b"\0" * 64, b"claim" * 1000], ids=["short", "zeros", "long"])
    def test_its_signatures_verify_under_its_certificate_and_for_nothing_else(
        self, key: CredentialKey, data: bytes
    ) -> None:
        signature = key.sign(data)
        assert len(signature) == 64
        assert belongs(key.chain_pem, data, signature)
        assert not belongs(key.chain_pem, data + b"!", signature)

    def test_its_certificate_may_sign_claims_now(self, key: CredentialKey) -> None:
        assert check_identity(key, SystemClock().now(), production=False).days_left > 100

    def test_it_says_whether_it_is_for_development(self, key: CredentialKey) -> None:
        assert key.is_development is self.development

    def test_several_threads_may_sign(self, key: CredentialKey) -> None:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            signatures = list(pool.map(key.sign, [b"%d" % at for at in range(24)]))
        assert all(belongs(key.chain_pem, b"%d" % at, signature) for at, signature in enumerate(signatures))

    def test_a_file_signed_with_it_is_trusted(self, key: CredentialKey, tmp_path: Path) -> None:
        signer = C2paSigner(lambda: key, CredentialProfile())
        signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", make_claim(), ())
        report = report_on(signer.read_back(tmp_path / "s.mp4"), CredentialProfile())
        assert report.state is CredentialState.TRUSTED

    def test_it_never_shows_its_secret(self, key: CredentialKey) -> None:
        assert "PRIVATE" not in repr(key) + key.chain_pem


class TestKeyInMemory(CredentialKeyContract):
    @staticmethod
    def make(folder: Path) -> CredentialKey:
        del folder
        return AUTHORITY.issue()


class TestKeyInFiles(CredentialKeyContract):
    @staticmethod
    def make(folder: Path) -> CredentialKey:
        identity = AUTHORITY.issue()
        (folder / "chain.pem").write_text(identity.chain_pem)
        (folder / "key.pem").write_bytes(pkcs8(identity))
        return FileKeys(folder / "chain.pem", folder / "key.pem", SystemClock(), production=True).identity()


class TestDevelopmentKey(CredentialKeyContract):
    development = True

    @staticmethod
    def make(folder: Path) -> CredentialKey:
        return DevelopmentAuthority(folder, SystemClock()).identity()


class TestKeyInAService(CredentialKeyContract):
    @staticmethod
    def make(folder: Path) -> CredentialKey:
        del folder
        identity = AUTHORITY.issue()
        return RemoteKey(identity.chain_pem, FakeKeyService(identity.key).sign_digest)


@pytest.mark.skipif(TOKEN_MODULE is None, reason="needs SoftHSM 2 and the pkcs11 extra")
class TestKeyInAToken(CredentialKeyContract):
    @staticmethod
    def make(folder: Path) -> CredentialKey:
        del folder
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        return Pkcs11Key(token, label, AUTHORITY.certify(token.public_key(label)))
