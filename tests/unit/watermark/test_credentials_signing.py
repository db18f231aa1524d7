"""Signing: what goes into a credential, and that nothing half-signed is left behind."""

import json
import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.factories.credentials import DOCUMENT_SIGNING, draw_video, flipped, make_authority, make_claim
from tests.fakes.credentials import DeadKey, FakeReader, FakeSigner, InlineChild
from trust_kernel.clock import SystemClock
from trust_kernel.errors import Broken, InvalidInput, Unavailable
from watermark.adapters.c2pa_reading import SandboxedReader, read_here
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import (
    ANCHOR_FILE,
    LEAF_LIFE,
    DevelopmentAuthority,
    SigningIdentity,
    check_anchors,
    load_identity,
)
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import (
    AiClaim,
    CredentialProfile,
    CredentialReason,
    CredentialState,
    Reading,
    TrustAnchors,
)
from watermark.ports.credentials import CredentialKey
from watermark.service.credentials import CredentialService

PROFILE = CredentialProfile()
AUTHORITY = make_authority()
IDENTITY = AUTHORITY.issue()


def service(key: CredentialKey = IDENTITY, tsa_url: str | None = None) -> CredentialService:
    return CredentialService(C2paSigner(lambda: key, PROFILE, tsa_url=tsa_url), SandboxedReader(InlineChild()), PROFILE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return draw_video(tmp_path / "source.mp4")


def assertions(path: Path) -> dict[str, Any]:
    store = read_here(path, TrustAnchors((AUTHORITY.pem,))).store
    assert store is not None
    manifest = store["manifests"][store["active_manifest"]]
    return {assertion["label"]: assertion for assertion in manifest["assertions"]} | {"": manifest}


def test_a_signed_release_reads_as_trusted_and_made_by_ai(source: Path, tmp_path: Path) -> None:
    signed = service().sign(source, tmp_path / "out.mp4", make_claim())
    report = service().examine(tmp_path / "out.mp4")
    assert (report.state, report.ai) == (CredentialState.TRUSTED, AiClaim.YES)
    assert report.manifest_label == signed.manifest_label
    assert signed.size == (tmp_path / "out.mp4").stat().st_size


def test_the_manifest_holds_what_the_standard_asks_of_generated_media(source: Path, tmp_path: Path) -> None:
    service().sign(source, tmp_path / "out.mp4", make_claim(thumbnail=b"\xff\xd8\xff\xe0 a picture"))
    found = assertions(tmp_path / "out.mp4")
    assert found[""]["claim_version"] == 2
    assert found[""]["claim_generator_info"][0]["specVersion"] == "2.4"
    assert found[""]["thumbnail"]["format"] == "image/jpeg"
    actions = found["c2pa.actions.v2"]["data"]
    assert actions["allActionsIncluded"] is True
    assert [action["action"] for action in actions["actions"]] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert actions["actions"][0]["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert actions["actions"][0]["softwareAgent"] == {"name": "animatic"}
    assert found["c2pa.soft-binding"]["data"]["blocks"][0]["scope"] == {"timespan": {"start": 0, "end": 1000}}
    assert found["c2pa.ai-disclosure"]["data"]["modelName"] == "animatic"
    entries = found["cawg.training-mining"]["data"]["entries"]
    assert len(entries) == 4
    assert all(entry == {"use": "notAllowed"} for entry in entries.values())
    assert "cawg.metadata" in found
    assert found[PROFILE.ownership_label]["created"] is True


def test_owners_are_named_by_pseudonym_alone(source: Path, tmp_path: Path) -> None:
    service().sign(source, tmp_path / "out.mp4", make_claim())
    said = assertions(tmp_path / "out.mp4")[PROFILE.ownership_label]["data"]
    assert said == {
        "owners": [{"pseudonym": "p-requester", "role": "requester"}, {"pseudonym": "p-subject", "role": "subject"}]
    }


@pytest.mark.parametrize("number", [0, 1, (1 << 64) - 1])
def test_the_soft_binding_carries_every_release_number(source: Path, tmp_path: Path, number: int) -> None:
    service().sign(source, tmp_path / "out.mp4", make_claim(release_number=number))
    binding = service().examine(tmp_path / "out.mp4").soft_binding
    assert binding is not None
    assert (binding.alg, binding.release_number) == (PROFILE.soft_binding_alg, number)


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_a_number_that_does_not_fit_is_refused(source: Path, tmp_path: Path, number: int) -> None:
    with pytest.raises(InvalidInput):
        service().sign(source, tmp_path / "out.mp4", make_claim(release_number=number))


@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", "'; DROP TABLE releases; --", "a\x00b\u202ec\nd", "\ud800", "", "x" * 5000],
)
def test_a_hostile_title_stays_a_title(source: Path, tmp_path: Path, title: str) -> None:
    service().sign(source, tmp_path / "out.mp4", make_claim(title=title))
    report = service().examine(tmp_path / "out.mp4")
    assert report.state is CredentialState.TRUSTED
    assert len(report.title) <= 200
    assert not set(report.title) & set("\x00\n\u202e\ud800")


def test_a_remix_names_its_parent_and_keeps_its_credential(source: Path, tmp_path: Path) -> None:
    parent = tmp_path / "parent.mp4"
    label = service().sign(draw_video(tmp_path / "p.mp4", 1), parent, make_claim()).manifest_label
    service().sign(source, tmp_path / "out.mp4", make_claim(parent=parent, title="Again"))
    report = service().examine(tmp_path / "out.mp4")
    assert report.state is CredentialState.TRUSTED
    assert [action.action for action in report.actions] == ["c2pa.opened", "c2pa.edited", "c2pa.watermarked.bound"]
    assert [action.source_type for action in report.actions][:2] == ["", "trainedAlgorithmicMedia"]
    (found,) = report.ingredients
    assert (found.relationship, found.manifest_label, found.faults) == ("parentOf", label, ())
    assert found.trusted is True


def test_reference_media_are_inputs_whatever_their_kind(source: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (32, 32), "red").save(tmp_path / "private name.png")
    matroska = tmp_path / "clip.mkv"
    draw_video(matroska)
    service().sign(source, tmp_path / "out.mp4", make_claim(inputs=(tmp_path / "private name.png", matroska)))
    report = service().examine(tmp_path / "out.mp4")
    assert report.state is CredentialState.TRUSTED
    assert {found.relationship for found in report.ingredients} == {"inputTo"}
    assert {found.title for found in report.ingredients} == {"Reference 1", "Reference 2"}
    assert b"private name" not in (tmp_path / "out.mp4").read_bytes()


def test_a_picture_given_as_reference_does_not_become_public(source: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.effect_noise((512, 512), 90).convert("RGB").save(tmp_path / "face.jpg")
    bare = service().sign(source, tmp_path / "bare.mp4", make_claim())
    referring = service().sign(source, tmp_path / "out.mp4", make_claim(inputs=(tmp_path / "face.jpg",)))
    assert len(referring.manifest) - len(bare.manifest) < 2000


@pytest.mark.parametrize("role", ["parent", "inputs"])
def test_nothing_is_built_on_a_file_that_was_tampered_with(source: Path, tmp_path: Path, role: str) -> None:
    parent = tmp_path / "parent.mp4"
    service().sign(draw_video(tmp_path / "p.mp4", 1), parent, make_claim())
    whole = parent.read_bytes()
    parent.write_bytes(flipped(whole, whole.index(b"mdat") + 20))
    claim = make_claim(parent=parent) if role == "parent" else make_claim(inputs=(parent,))
    with pytest.raises(InvalidInput) as raised:
        service().sign(source, tmp_path / "out.mp4", claim)
    assert (raised.value.code, raised.value.field) == (CredentialReason.INGREDIENT, role)
    assert not (tmp_path / "out.mp4").exists()


def folder_of(tmp_path: Path) -> set[str]:
    return {entry.name for entry in tmp_path.iterdir()}


def test_a_failed_signing_leaves_no_file(source: Path, tmp_path: Path) -> None:
    before = folder_of(tmp_path)
    with pytest.raises(Unavailable) as raised:
        service(DeadKey(IDENTITY.chain_pem)).sign(source, tmp_path / "out.mp4", make_claim())
    assert raised.value.code == "kms:key:down"
    assert folder_of(tmp_path) == before


def test_a_failed_signing_leaves_an_older_file_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"older")
    with pytest.raises(Unavailable):
        service(DeadKey(IDENTITY.chain_pem)).sign(source, tmp_path / "out.mp4", make_claim())
    assert (tmp_path / "out.mp4").read_bytes() == b"older"


def test_a_time_stamp_authority_that_is_down_is_an_outage(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        service(tsa_url="http://127.0.0.1:9/").sign(source, tmp_path / "out.mp4", make_claim())
    assert raised.value.code == CredentialReason.SIGN_FAILED
    assert not (tmp_path / "out.mp4").exists()


def test_what_is_no_video_cannot_be_signed(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a video" * 100)
    with pytest.raises(InvalidInput):
        service().sign(tmp_path / "a.mp4", tmp_path / "out.mp4", make_claim())
    assert folder_of(tmp_path) == {"a.mp4"}


def test_a_key_that_is_not_the_certificates_never_lets_a_file_out(source: Path, tmp_path: Path) -> None:
    stolen = SigningIdentity(IDENTITY.chain_pem, AUTHORITY.issue().key)
    with pytest.raises((Broken, Unavailable, InvalidInput)):
        service(stolen).sign(source, tmp_path / "out.mp4", make_claim())
    assert folder_of(tmp_path) == {"source.mp4"}


def test_an_expired_certificate_does_not_sign(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        service(AUTHORITY.issue(after=timedelta(days=-400))).sign(source, tmp_path / "out.mp4", make_claim())


class _Forgetful(FakeSigner):
    def read_back(self, path: Path) -> Reading:
        del path
        return Reading(None, error="ManifestNotFound")


def test_what_does_not_read_back_as_trusted_is_not_let_out(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Broken) as raised:
        CredentialService(_Forgetful(), FakeReader(), PROFILE).sign(source, tmp_path / "out.mp4", make_claim())
    assert raised.value.code == CredentialReason.UNVERIFIED
    assert folder_of(tmp_path) == {"source.mp4"}


class _Confused(FakeSigner):
    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self._changes = changes

    def sign(self, source: Path, target: Path, claim: Any, ingredients: Any) -> bytes:
        del claim
        return super().sign(source, target, make_claim(**self._changes), ingredients)


@pytest.mark.parametrize(
    "changes", [{"release_number": 7}, {"sound_number": 7}, {"owners": ()}, {"owners": make_claim().owners[::-1]}]
)
def test_a_credential_that_says_something_else_is_not_let_out(
    source: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(Broken):
        CredentialService(_Confused(**changes), FakeReader(), PROFILE).sign(source, tmp_path / "out.mp4", make_claim())
    assert folder_of(tmp_path) == {"source.mp4"}


def test_document_signing_certificates_sign_too(source: Path, tmp_path: Path) -> None:
    signer = service(AUTHORITY.issue((DOCUMENT_SIGNING,)))
    signer.sign(source, tmp_path / "out.mp4", make_claim())
    assert signer.examine(tmp_path / "out.mp4").state is CredentialState.TRUSTED


def test_another_implementation_agrees(source: Path, tmp_path: Path) -> None:
    import encypher_c2pa

    service().sign(source, tmp_path / "out.mp4", make_claim(thumbnail=b"\xff\xd8\xff\xe0 a picture"))
    said = json.dumps(
        encypher_c2pa.verify(
            tmp_path / "out.mp4", trust_pem=AUTHORITY.pem, no_default_trust=True, telemetry=False, online=False
        )
    )
    assert "signingCredential.trusted" in said
    assert "assertion.bmffHash.match" in said
    assert "mismatch" not in said


class FixedClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def test_a_development_authority_signs_what_its_own_anchor_trusts(source: Path, tmp_path: Path) -> None:
    authority = DevelopmentAuthority(tmp_path / "keys", SystemClock())
    signer = C2paSigner(authority.identity, PROFILE)
    CredentialService(signer, FakeReader(), PROFILE).sign(source, tmp_path / "out.mp4", make_claim())
    anchor = (tmp_path / "keys" / ANCHOR_FILE).read_text()
    report = report_on(read_here(tmp_path / "out.mp4", TrustAnchors((anchor,))), PROFILE)
    assert report.state is CredentialState.TRUSTED
    assert report.signer is not None
    assert "development" in report.signer.organisation


def test_development_certificates_say_so(tmp_path: Path) -> None:
    assert DevelopmentAuthority(tmp_path, SystemClock()).identity().is_development
    assert not IDENTITY.is_development


def test_the_development_leaf_follows_the_certificate_policy(tmp_path: Path) -> None:
    pem = DevelopmentAuthority(tmp_path, SystemClock()).identity().chain_pem.encode()
    leaf, root = x509.load_pem_x509_certificates(pem)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)
    found = {extension.oid.dotted_string: extension.critical for extension in leaf.extensions}
    # Subject key, authority key, basic constraints (critical), key usage (critical), extended usage, policies.
    assert found == {
        "2.5.29.14": False,
        "2.5.29.35": False,
        "2.5.29.19": True,
        "2.5.29.15": True,
        "2.5.29.37": False,
        "2.5.29.32": False,
    }
    leaf.verify_directly_issued_by(root)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    DevelopmentAuthority(tmp_path / "keys", SystemClock()).identity()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {"root.pem": 0o600, "leaf.pem": 0o600, ANCHOR_FILE: 0o600}


def test_the_leaf_is_kept_until_it_is_nearly_out_then_renewed_under_the_same_root(tmp_path: Path) -> None:
    start = datetime.now(UTC)
    first = DevelopmentAuthority(tmp_path, FixedClock(start)).identity()
    assert DevelopmentAuthority(tmp_path, FixedClock(start + timedelta(days=300))).identity().chain_pem == (
        first.chain_pem
    )
    later = DevelopmentAuthority(tmp_path, FixedClock(start + LEAF_LIFE - timedelta(days=10))).identity()
    assert later.chain_pem != first.chain_pem
    assert later.anchor_pem == first.anchor_pem


def _anchor(folder: str) -> tuple[str, bool]:
    identity = DevelopmentAuthority(Path(folder), SystemClock()).identity()
    leaf = x509.load_pem_x509_certificate(identity.chain_pem.encode())
    return identity.anchor_pem, leaf.public_key() == identity.key.public_key()


def test_processes_that_start_together_agree_on_the_root(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.map(_anchor, [str(tmp_path / "keys")] * 8)
    assert len({anchor for anchor, _ in found}) == 1
    assert all(matches for _, matches in found)


def test_a_damaged_key_file_is_not_replaced_in_silence(tmp_path: Path) -> None:
    DevelopmentAuthority(tmp_path, SystemClock()).identity()
    (tmp_path / "root.pem").write_text("nothing")
    with pytest.raises(Broken):
        DevelopmentAuthority(tmp_path, SystemClock()).identity()


def test_an_operators_certificate_must_belong_to_its_key() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    def pkcs8(identity: SigningIdentity) -> bytes:
        return identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    assert load_identity(IDENTITY.chain_pem, pkcs8(IDENTITY)).chain_pem == IDENTITY.chain_pem
    for key in (pkcs8(AUTHORITY.issue()), b"nothing"):
        with pytest.raises(InvalidInput):
            load_identity(IDENTITY.chain_pem, key)


def test_an_anchor_that_is_no_certificate_is_found_at_the_start() -> None:
    assert check_anchors([AUTHORITY.pem]) == (AUTHORITY.pem,)
    with pytest.raises(InvalidInput):
        check_anchors(["not a certificate"])
