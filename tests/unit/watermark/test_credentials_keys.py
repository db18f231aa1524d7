"""Keys and certificates: which are refused, how they are renewed, and how a real certificate is asked for."""

import os
import stat
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from tests.factories.credentials import (
    CLAIM_SIGNING,
    DOCUMENT_SIGNING,
    EMAIL,
    TIME_STAMPING,
    TOKEN_MODULE,
    Authority,
    draw_video,
    make_authority,
    make_claim,
    make_token,
    pkcs8,
)
from tests.factories.time_stamps import OPENSSL
from tests.fakes.credentials import FakeKeyService, InlineChild
from trust_kernel.clock import SystemClock
from trust_kernel.errors import Broken, Conflict, InvalidInput, PlacetError, Unavailable
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DevelopmentAuthority, SigningIdentity
from watermark.adapters.signing_keys.chain import certificates, check_identity
from watermark.adapters.signing_keys.files import FileKeys
from watermark.adapters.signing_keys.former import FormerAnchors
from watermark.adapters.signing_keys.pkcs11 import Pkcs11Key, Pkcs11Token
from watermark.adapters.signing_keys.remote import RemoteKey
from watermark.adapters.signing_keys.requests import make_key_file, make_request
from watermark.domain.credential_keys import KeyReason, RequestSubject
from watermark.domain.credentials import CredentialProfile, CredentialReason, CredentialState, TrustAnchors
from watermark.service.credentials import CredentialService

NOW = datetime.now(UTC)
AUTHORITY = make_authority()
IDENTITY = AUTHORITY.issue()
PROFILE = CredentialProfile()
SUBJECT = RequestSubject("Acme S.p.A.", "Placet", "it")
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="needs the openssl command")
needs_token = pytest.mark.skipif(TOKEN_MODULE is None, reason="needs SoftHSM 2 and the pkcs11 extra")


def refusal(identity: SigningIdentity, now: datetime = NOW, *, production: bool = True) -> tuple[type, str]:
    with pytest.raises(PlacetError) as raised:
        check_identity(identity, now, production=production)
    return type(raised.value), raised.value.code


@pytest.mark.parametrize("usages", [(CLAIM_SIGNING, EMAIL), (CLAIM_SIGNING, DOCUMENT_SIGNING), (EMAIL,)])
def test_a_certificate_for_signing_claims_is_taken(usages: tuple[str, ...]) -> None:
    state = check_identity(AUTHORITY.issue(usages), NOW, production=True)
    assert (state.organisation, state.is_development, state.runs_out_soon) == ("Acme", False, False)
    assert state.days_left in {298, 299}


@pytest.mark.parametrize(("days", "soon"), [(31, False), (30, False), (29, True), (1, True)])
def test_a_certificate_that_runs_out_within_thirty_days_is_told(days: int, soon: bool) -> None:
    end = check_identity(IDENTITY, NOW, production=True).not_after
    state = check_identity(IDENTITY, end - timedelta(days=days), production=True)
    assert (state.days_left, state.runs_out_soon) == (days, soon)


def test_production_refuses_development_certificates_wherever_they_lie(tmp_path: Path) -> None:
    made = DevelopmentAuthority(tmp_path / "keys", SystemClock()).identity()
    assert refusal(made) == (Broken, KeyReason.DEVELOPMENT)
    (tmp_path / "chain.pem").write_text(made.chain_pem)
    (tmp_path / "key.pem").write_bytes(pkcs8(made))
    with pytest.raises(Broken) as raised:
        FileKeys(tmp_path / "chain.pem", tmp_path / "key.pem", SystemClock(), production=True).identity()
    assert raised.value.code == KeyReason.DEVELOPMENT
    assert check_identity(made, NOW, production=False).is_development


def test_a_development_leaf_without_its_root_is_still_known_for_one(tmp_path: Path) -> None:
    made = DevelopmentAuthority(tmp_path, SystemClock()).identity()
    leaf = made.chain_pem.split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    assert refusal(SigningIdentity(leaf + AUTHORITY.pem, made.key)) == (Broken, KeyReason.DEVELOPMENT)


def test_what_the_development_root_issued_to_another_name_is_known_too(tmp_path: Path) -> None:
    DevelopmentAuthority(tmp_path, SystemClock()).identity()
    bundle = (tmp_path / "root.pem").read_bytes()
    key = load_pem_private_key(bundle, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    made = Authority(key, x509.load_pem_x509_certificate(bundle)).issue()
    leaf = made.chain_pem.split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    assert refusal(SigningIdentity(leaf, made.key)) == (Broken, KeyReason.DEVELOPMENT)


def test_certificates_outside_their_time_are_refused() -> None:
    assert refusal(AUTHORITY.issue(after=timedelta(days=-400))) == (Broken, KeyReason.EXPIRED)
    assert refusal(AUTHORITY.issue(after=timedelta(days=2))) == (Broken, KeyReason.EARLY)
    end = check_identity(IDENTITY, NOW, production=True).not_after
    assert refusal(IDENTITY, end) == (Broken, KeyReason.EXPIRED)


@pytest.mark.parametrize("usages", [(TIME_STAMPING,), (CLAIM_SIGNING, TIME_STAMPING), ("1.3.6.1.5.5.7.3.1",)])
def test_certificates_for_another_use_are_refused(usages: tuple[str, ...]) -> None:
    assert refusal(AUTHORITY.issue(usages)) == (InvalidInput, KeyReason.USAGE)


def test_an_authoritys_own_certificate_does_not_sign() -> None:
    root = SigningIdentity(AUTHORITY.pem + AUTHORITY.pem, AUTHORITY.key)
    assert refusal(root) == (InvalidInput, KeyReason.USAGE)


def test_a_chain_must_lead_up() -> None:
    leaf = IDENTITY.chain_pem.removesuffix(AUTHORITY.pem)
    for chain in (leaf, leaf + make_authority().pem, leaf + leaf, leaf + leaf + AUTHORITY.pem):
        assert refusal(SigningIdentity(chain, IDENTITY.key)) == (InvalidInput, KeyReason.CHAIN)


def test_a_chain_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidInput) as raised:
        certificates("nothing")
    assert raised.value.code == KeyReason.UNUSABLE


def test_only_p256_signs() -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    identity = SigningIdentity(AUTHORITY.certify(other.public_key()), other)
    assert refusal(identity) == (InvalidInput, KeyReason.UNUSABLE)


def written(folder: Path, identity: SigningIdentity) -> FileKeys:
    (folder / "chain.pem").write_text(identity.chain_pem)
    (folder / "key.pem").write_bytes(pkcs8(identity))
    return FileKeys(folder / "chain.pem", folder / "key.pem", SystemClock(), production=True)


def test_replaced_files_are_taken_up_without_a_restart(tmp_path: Path) -> None:
    keys = written(tmp_path, IDENTITY)
    assert keys.identity() is keys.identity()
    renewed = AUTHORITY.issue()
    written(tmp_path, renewed)
    assert keys.identity().chain_pem == renewed.chain_pem


def test_while_only_one_file_is_new_the_former_identity_signs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keys = written(tmp_path, IDENTITY)
    keys.identity()
    renewed = AUTHORITY.issue()
    chain = tmp_path / "chain.pem"
    later = chain.stat().st_mtime_ns + 10**9  # the clock of a file system ticks every few milliseconds
    chain.write_text(renewed.chain_pem)
    os.utime(chain, ns=(later, later))
    assert keys.identity().chain_pem == IDENTITY.chain_pem
    assert "does not belong" in caplog.text
    (tmp_path / "key.pem").unlink()
    assert keys.identity().chain_pem == IDENTITY.chain_pem
    (tmp_path / "key.pem").write_bytes(pkcs8(renewed))
    assert keys.identity().chain_pem == renewed.chain_pem


def test_an_unfit_replacement_is_not_taken_up(tmp_path: Path) -> None:
    keys = written(tmp_path, IDENTITY)
    keys.identity()
    written(tmp_path, AUTHORITY.issue((TIME_STAMPING,)))
    assert keys.identity().chain_pem == IDENTITY.chain_pem


def test_files_that_were_never_fit_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        FileKeys(tmp_path / "no.pem", tmp_path / "no.key", SystemClock(), production=True).identity()
    keys = written(tmp_path, AUTHORITY.issue((TIME_STAMPING,)))
    with pytest.raises(InvalidInput):
        keys.identity()


def test_what_was_signed_before_a_rotation_keeps_verifying(tmp_path: Path) -> None:
    old, new = make_authority("Old root"), make_authority("New root")
    held = [old.issue()]

    def service(shelf: FormerAnchors | None) -> CredentialService:
        signer = C2paSigner(lambda: held[-1], PROFILE, former=shelf)
        return CredentialService(signer, SandboxedReader(InlineChild()), PROFILE)

    source = draw_video(tmp_path / "a.mp4")
    service(FormerAnchors(tmp_path / "roots")).sign(source, tmp_path / "old.mp4", make_claim())
    held.append(new.issue())
    later = service(FormerAnchors(tmp_path / "roots"))
    later.sign(source, tmp_path / "new.mp4", make_claim())
    assert later.examine(tmp_path / "old.mp4").state is CredentialState.TRUSTED
    assert later.examine(tmp_path / "new.mp4").state is CredentialState.TRUSTED
    assert service(None).examine(tmp_path / "old.mp4").state is CredentialState.VALID_UNTRUSTED


def test_a_remix_may_be_built_on_a_release_from_before_the_rotation(tmp_path: Path) -> None:
    held = [make_authority("Old root").issue()]
    signer = C2paSigner(lambda: held[-1], PROFILE, former=FormerAnchors(tmp_path / "roots"))
    service = CredentialService(signer, SandboxedReader(InlineChild()), PROFILE)
    source = draw_video(tmp_path / "a.mp4")
    service.sign(source, tmp_path / "old.mp4", make_claim())
    held.append(make_authority("New root").issue())
    service.sign(source, tmp_path / "new.mp4", make_claim(parent=tmp_path / "old.mp4"))
    (parent,) = service.examine(tmp_path / "new.mp4").ingredients
    assert parent.trusted is True


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd", b"", b"-----BEGIN CERTIFICATE-----\ncut"])
def test_a_damaged_former_root_is_named_rather_than_passed_over(tmp_path: Path, content: bytes) -> None:
    shelf = FormerAnchors(tmp_path / "roots")
    shelf.remember(TrustAnchors((make_authority().pem,)))
    (tmp_path / "roots" / "claims" / "damaged.pem").write_bytes(content)
    with pytest.raises(Broken) as raised:
        shelf.believed()
    assert raised.value.code == CredentialReason.ANCHORS
    assert "damaged.pem" in raised.value.detail


def test_former_roots_are_kept_once_and_can_be_forgotten(tmp_path: Path) -> None:
    shelf = FormerAnchors(tmp_path / "roots")
    assert shelf.believed() == TrustAnchors()
    anchors = TrustAnchors((AUTHORITY.pem,), (AUTHORITY.pem + make_authority().pem,))
    shelf.remember(anchors)
    shelf.remember(anchors)
    assert shelf.believed().claims == (AUTHORITY.pem,)
    assert len(shelf.believed().stamps) == 2
    for kept in (tmp_path / "roots" / "claims").iterdir():
        kept.unlink()
    assert shelf.believed().claims == ()


def test_roots_that_cannot_be_kept_stop_the_signing(tmp_path: Path) -> None:
    (tmp_path / "roots").write_text("a file where a folder should be")
    signer = C2paSigner(lambda: IDENTITY, PROFILE, former=FormerAnchors(tmp_path / "roots"))
    with pytest.raises(Unavailable) as raised:
        signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", make_claim(), ())
    assert raised.value.code == KeyReason.ANCHORS
    with pytest.raises(Broken) as broken:
        FormerAnchors(tmp_path / "other").remember(TrustAnchors(("nothing",)))
    assert broken.value.code == CredentialReason.ANCHORS


def test_a_key_service_that_is_down_is_an_outage() -> None:
    service = FakeKeyService(IDENTITY.key)
    service.is_down = True
    with pytest.raises(Unavailable) as raised:
        RemoteKey(IDENTITY.chain_pem, service.sign_digest).sign(b"claim")
    assert raised.value.code == KeyReason.UNAVAILABLE


@pytest.mark.parametrize("answer", [b"nonsense", bytes.fromhex("3006020101020101")])
def test_an_answer_that_is_not_the_certificates_signature_is_not_used(answer: bytes) -> None:
    service = FakeKeyService(IDENTITY.key)
    service.answer = answer
    with pytest.raises(Broken) as raised:
        RemoteKey(IDENTITY.chain_pem, service.sign_digest).sign(b"claim")
    assert raised.value.code == KeyReason.UNUSABLE


def test_a_new_key_is_its_owners_alone_and_replaces_nothing(tmp_path: Path) -> None:
    old_mask = os.umask(0)
    try:
        make_key_file(tmp_path / "signing.key")
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE((tmp_path / "signing.key").stat().st_mode) == 0o600
    before = (tmp_path / "signing.key").read_bytes()
    with pytest.raises(Conflict):
        make_key_file(tmp_path / "signing.key")
    assert (tmp_path / "signing.key").read_bytes() == before


@needs_openssl
def test_openssl_reads_the_request_and_its_signature(tmp_path: Path) -> None:
    key = make_key_file(tmp_path / "signing.key")
    (tmp_path / "request.pem").write_text(make_request(SUBJECT, key))
    place = str(tmp_path / "request.pem")
    command = [OPENSSL, "req", "-in", place, "-verify", "-noout", "-text", "-nameopt", "utf8"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert "verify OK" in said
    for words in (
        "C=IT",
        "O=Acme S.p.A.",
        "CN=Placet",
        "prime256v1",
        "ecdsa-with-SHA256",
        "CA:FALSE",
        "Digital Signature, Non Repudiation",
        "1.3.6.1.4.1.62558.2.1, 1.3.6.1.5.5.7.3.36",
        "Policy: 1.3.6.1.4.1.62558.1.1",
    ):
        assert words in said


def test_a_certificate_issued_as_requested_can_sign(tmp_path: Path) -> None:
    key = make_key_file(tmp_path / "signing.key")
    request = x509.load_pem_x509_csr(make_request(SUBJECT, key).encode())
    asked = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    public = request.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    (tmp_path / "chain.pem").write_text(AUTHORITY.certify(public, [usage.dotted_string for usage in asked]))
    keys = FileKeys(tmp_path / "chain.pem", tmp_path / "signing.key", SystemClock(), production=True)
    signer = C2paSigner(keys.identity, PROFILE)
    service = CredentialService(signer, SandboxedReader(InlineChild()), PROFILE)
    service.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "s.mp4", make_claim())
    assert service.examine(tmp_path / "s.mp4").state is CredentialState.TRUSTED


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        (RequestSubject("", "Placet", "IT"), "organisation"),
        (RequestSubject("Acme", " ", "IT"), "common_name"),
        (RequestSubject("Acme", "Placet", "ITA"), "country"),
        (RequestSubject("Acme", "Placet", "1!"), "country"),
        (RequestSubject("A" * 65, "Placet", "IT"), "organisation"),
        (RequestSubject("Acme", "Placet", "IT", "R&D\n"), "unit"),
    ],
)
def test_names_that_no_certificate_can_hold_are_refused(subject: RequestSubject, field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        make_request(subject, IDENTITY.key)
    assert (raised.value.code, raised.value.field) == (KeyReason.SUBJECT, field)


def test_an_organisational_unit_is_asked_for_where_given() -> None:
    request = make_request(RequestSubject("Acme", "Placet", "IT", "Video"), IDENTITY.key)
    subject = x509.load_pem_x509_csr(request.encode()).subject
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value == "Video"


@needs_token
class TestToken:
    def test_a_request_is_signed_inside_the_token(self) -> None:
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        request = x509.load_pem_x509_csr(make_request(SUBJECT, token.private_key(label)).encode())
        assert request.is_signature_valid
        assert request.public_key() == token.public_key(label)

    def test_its_key_cannot_be_taken_out_or_replaced(self) -> None:
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        with pytest.raises(TypeError):
            token.private_key(label).private_numbers()
        with pytest.raises(Conflict):
            token.generate(label)

    def test_a_key_that_is_not_the_certificates_never_signs(self) -> None:
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        with pytest.raises(Broken) as raised:
            Pkcs11Key(token, label, IDENTITY.chain_pem).sign(b"claim")
        assert raised.value.code == KeyReason.UNUSABLE

    def test_a_missing_key_is_told_and_a_missing_token_is_an_outage(self) -> None:
        with pytest.raises(Broken) as raised:
            make_token().sign_digest("no such key", bytes(32))
        assert raised.value.code == KeyReason.UNUSABLE
        for token in (make_token(label="no such token"), Pkcs11Token(Path("/nowhere.so"), "a", "1")):
            with pytest.raises(Unavailable) as outage:
                token.sign_digest("key", bytes(32))
            assert outage.value.code == KeyReason.UNAVAILABLE

    def test_a_session_that_has_ended_is_opened_anew(self) -> None:
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        token.close()
        assert len(token.sign_digest(label, bytes(32))) == 64

    def test_a_forked_child_opens_its_own(self) -> None:
        token, label = make_token(), f"key {uuid.uuid4()}"
        token.generate(label)
        process = os.fork()
        if process == 0:
            try:
                os._exit(0 if len(token.sign_digest(label, bytes(32))) == 64 else 1)
            finally:
                os._exit(2)  # else an error would have this fork run the rest of the tests
        assert os.waitpid(process, 0)[1] == 0
        assert len(token.sign_digest(label, bytes(32))) == 64


@needs_token
def test_a_refused_pin_is_not_tried_again_until_the_token_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    # In a process of its own: a login is the process's, and others here are logged in.
    make_token()
    process = os.fork()
    if process == 0:
        try:
            import pkcs11

            library = pkcs11.lib(str(TOKEN_MODULE))
            library.reinitialize()
            asked: list[str] = []

            def opened(module: str) -> object:
                asked.append(module)
                return library

            monkeypatch.setattr(pkcs11, "lib", opened)
            token = make_token(pin="0000")
            codes = []
            for _ in range(10):
                try:
                    token.sign_digest("key", bytes(32))
                except PlacetError as error:
                    codes.append(error.code)
            os._exit(0 if codes == [KeyReason.REFUSED] * 10 and len(asked) == 1 else 1)
        finally:
            os._exit(2)  # else an error would have this fork run the rest of the tests
    assert os.waitpid(process, 0)[1] == 0
    token, label = make_token(), f"key {uuid.uuid4()}"
    token.generate(label)  # three wrong tries would have locked it
