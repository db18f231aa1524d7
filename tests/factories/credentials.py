"""Small videos, certificates of every sort, and signed files that were interfered with."""

import atexit
import functools
import importlib.util
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from watermark.adapters.certificates import SigningIdentity
from watermark.adapters.signing_keys.pkcs11 import Pkcs11Token
from watermark.domain.credentials import CredentialClaim, Owner

CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
EMAIL = "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_TOKEN_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
TOKEN_MODULE = next((Path(place) for place in _TOKEN_PLACES if Path(place).exists()), None)
"""SoftHSM 2's library; None where it, or python-pkcs11, is not installed."""
if importlib.util.find_spec("pkcs11") is None:
    TOKEN_MODULE = None
TOKEN_PIN = "5678"
MANIFEST_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""UUID of the box in which an MP4 carries its manifest store (C2PA 2.4, A.5)."""


def draw_video(path: Path, shade: int = 0, frames: int = 12) -> Path:
    """Write a 64 by 64 H.264 MP4 whose pictures depend on `shade`."""
    import av

    noise = np.random.default_rng(shade)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(frames):
            picture = noise.integers(0, 255, (64, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def make_claim(**changes: Any) -> CredentialClaim:
    """A claim with two owners."""
    said: dict[str, Any] = {
        "title": "A dog on the moon",
        "release_number": 0x6F1F_0C0E_1234_5678,
        "owners": (Owner("p-requester", "requester"), Owner("p-subject", "subject")),
        "ai_model": "animatic",
        "created_at": datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
        "duration": 1.0,
        **changes,
    }
    return CredentialClaim(**said)


@dataclass(frozen=True)
class Authority:
    """A root that issues whatever it is asked for."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(
        self,
        usages: Sequence[str] = (CLAIM_SIGNING, EMAIL),
        *,
        after: timedelta = timedelta(days=-1),
        life: timedelta = timedelta(days=300),
        key: ec.EllipticCurvePrivateKey | None = None,
        name: str = "Signer",
    ) -> SigningIdentity:
        """A leaf valid from `after` (from now) for `life`."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        return SigningIdentity(self.certify(key.public_key(), usages, after=after, life=life, name=name), key)

    def certify(
        self,
        key: ec.EllipticCurvePublicKey,
        usages: Sequence[str] = (CLAIM_SIGNING, EMAIL),
        *,
        after: timedelta = timedelta(days=-1),
        life: timedelta = timedelta(days=300),
        name: str = "Signer",
        revoked_at: str = "",
    ) -> str:
        """A chain for a key: its leaf, which says where its revocation could be asked for, and this root."""
        signs = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        purposes = x509.ExtendedKeyUsage([ObjectIdentifier(usage) for usage in usages])
        builder = (
            _builder(_name(name), self.certificate.subject, key, after, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(signs, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(purposes, critical=TIME_STAMPING in usages)
        )
        if revoked_at:
            place = x509.UniformResourceIdentifier(revoked_at)
            access = x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)]
            )
            builder = builder.add_extension(access, critical=False)
        issued = builder.sign(self.key, hashes.SHA256())
        return issued.public_bytes(Encoding.PEM).decode() + self.pem


def make_authority(name: str = "Root") -> Authority:
    """A fresh root."""
    key = ec.generate_private_key(ec.SECP256R1())
    signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    certificate = (
        _builder(_name(name), _name(name), key.public_key(), timedelta(days=-800), timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(signs, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, after: timedelta, life: timedelta
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) + after
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def pkcs8(identity: SigningIdentity) -> bytes:
    """The private key of an identity, as an operator's file holds it."""
    return identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@functools.cache
def token_label() -> str:
    """A fresh SoftHSM token, once a process: the library reads where its tokens are when it is loaded."""
    folder = Path(tempfile.mkdtemp(prefix="placet-token-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
    label = f"placet {os.getpid()}"
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", TOKEN_PIN]
    subprocess.run(command, check=True, capture_output=True)
    return label


def make_token(pin: str = TOKEN_PIN, label: str | None = None) -> Pkcs11Token:
    """The SoftHSM token; only where `TOKEN_MODULE` is not None."""
    if TOKEN_MODULE is None:
        raise AssertionError("SoftHSM is not installed")
    made = token_label()
    return Pkcs11Token(TOKEN_MODULE, label or made, pin)


def leaf_der(identity: SigningIdentity) -> bytes:
    """The leaf certificate of an identity."""
    return x509.load_pem_x509_certificate(identity.chain_pem.encode()).public_bytes(Encoding.DER)


def expired_twin(authority: Authority, signer: SigningIdentity) -> SigningIdentity:
    """A leaf with the same key that ran out long ago, and whose encoding is just as long."""
    length = len(leaf_der(signer))
    while True:
        twin = authority.issue(after=timedelta(days=-400), key=signer.key)
        if len(leaf_der(twin)) == length:
            return twin


def manifest_box(data: bytes) -> slice:
    """Where the manifest box lies in an MP4."""
    start = data.index(MANIFEST_BOX) - 8
    return slice(start, start + int(struct.unpack_from(">I", data, start)[0]))


def resigned(data: bytes, old: SigningIdentity, new: SigningIdentity) -> bytes:
    """The same file as if it had been signed with another leaf of the same key, which c2pa would refuse to do.

    The claim is signed anew by hand: a COSE Sig_structure (RFC 9052, 4.4) over the protected header and the claim.
    """
    data = data.replace(leaf_der(old), leaf_der(new))
    at = data.index(b"c2pa.signature", data.rindex(b"c2pa.claim.v2"))
    cbor = data.index(b"cbor", at)
    end = cbor - 4 + int(struct.unpack_from(">I", data, cbor - 4)[0])
    # Tag 18, array of 4, then the protected header: a byte string with a two-byte length.
    if data[cbor + 4 : cbor + 7] != b"\xd2\x84\x59":
        raise AssertionError("not the layout that c2pa writes")
    size = int(struct.unpack_from(">H", data, cbor + 7)[0])
    protected = data[cbor + 6 : cbor + 9 + size]
    payload = _claim(data)
    length = struct.pack(">BH", 0x59, len(payload)) if len(payload) > 0xFF else struct.pack(">BB", 0x58, len(payload))
    signature = new.sign(b"\x84\x6aSignature1" + protected + b"\x40" + length + payload)
    return data[: end - len(signature)] + signature + data[end:]


def _claim(data: bytes) -> bytes:
    cbor = data.index(b"cbor", data.rindex(b"c2pa.claim.v2"))
    return data[cbor + 4 : cbor - 4 + int(struct.unpack_from(">I", data, cbor - 4)[0])]


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    """One byte changed."""
    changed = bytearray(data)
    changed[at] ^= mask
    return bytes(changed)


def transplanted(donor: bytes, into: bytes) -> bytes:
    """`into` with the donor's manifest box in place of its own."""
    box = manifest_box(into)
    return into[: box.start] + donor[manifest_box(donor)] + into[box.stop :]
