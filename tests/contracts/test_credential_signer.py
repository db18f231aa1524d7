"""What every credential signer promises, c2pa's and the fake."""

from pathlib import Path

import pytest

from tests.factories.credentials import draw_video, make_authority, make_claim
from tests.fakes.credentials import DeadKey, FakeSigner
from trust_kernel.errors import Unavailable
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import CredentialProfile, CredentialState
from watermark.ports.credentials import CredentialKey, CredentialSigner

PROFILE = CredentialProfile()
IDENTITY = make_authority().issue()


class CredentialSignerContract:
    @staticmethod
    def make(key: CredentialKey) -> CredentialSigner:
        raise NotImplementedError

    @pytest.fixture
    def signer(self) -> CredentialSigner:
        return type(self).make(IDENTITY)

    def test_what_it_signs_reads_back_as_trusted(self, signer: CredentialSigner, tmp_path: Path) -> None:
        signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", make_claim(), ())
        assert report_on(signer.read_back(tmp_path / "s.mp4"), PROFILE).state is CredentialState.TRUSTED

    def test_what_it_signs_says_what_was_claimed(self, signer: CredentialSigner, tmp_path: Path) -> None:
        claim = make_claim()
        signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", claim, ())
        report = report_on(signer.read_back(tmp_path / "s.mp4"), PROFILE)
        assert report.owners == claim.owners
        assert report.title == claim.title
        assert report.soft_binding is not None
        assert report.soft_binding.release_number == claim.release_number

    def test_the_source_stays_as_it_was(self, signer: CredentialSigner, tmp_path: Path) -> None:
        source = draw_video(tmp_path / "a.mp4")
        before = source.read_bytes()
        signer.sign(source, tmp_path / "s.mp4", make_claim(), ())
        assert source.read_bytes() == before

    def test_it_gives_the_manifest_store(self, signer: CredentialSigner, tmp_path: Path) -> None:
        manifest = signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", make_claim(), ())
        assert manifest
        assert manifest in (tmp_path / "s.mp4").read_bytes()

    def test_a_key_that_does_not_answer_is_told_as_such(self, tmp_path: Path) -> None:
        signer = type(self).make(DeadKey(IDENTITY.chain_pem))
        source = draw_video(tmp_path / "a.mp4")
        with pytest.raises(Unavailable) as raised:
            signer.sign(source, tmp_path / "s.mp4", make_claim(), ())
        assert raised.value.code == "kms:key:down"

    def test_it_names_whom_to_believe(self, signer: CredentialSigner) -> None:
        assert signer.anchors.claims


class TestC2paSigner(CredentialSignerContract):
    @staticmethod
    def make(key: CredentialKey) -> CredentialSigner:
        return C2paSigner(lambda: key, PROFILE)


class TestFakeSigner(CredentialSignerContract):
    @staticmethod
    def make(key: CredentialKey) -> CredentialSigner:
        return FakeSigner(key)
