"""Signing keys and certificates: a development authority made on first use, or an identity from files.

Profiles follow the C2PA certificate policy 0.2 for claim-signing certificates, as far as a certificate that nobody
vouches for can: it names no assurance level and no product, and has no OCSP address.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

from trust_kernel.clock import Clock
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.files import put_file
from watermark.domain.credential_keys import KeyReason
from watermark.domain.key_usages import CLAIM_SIGNING, EMAIL_PROTECTION

DEVELOPMENT = "Placet development (not publicly trusted)"
"""Organisation in every certificate made here."""
LEAF_LIFE = timedelta(days=365)
"""The policy allows 366 days."""
RENEW_BEFORE = timedelta(days=30)
_ROOT_LIFE = timedelta(days=3650)
_BACKDATED = timedelta(hours=1)
"""So that a clock that runs behind accepts a new certificate."""
CLAIM_POLICY = ObjectIdentifier("1.3.6.1.4.1.62558.1.1")
SIGNATURES_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""What the policy wants of a leaf: signatures and non-repudiation."""
_COORDINATE = 32
_ROOT_FILE = "root.pem"
_LEAF_FILE = "leaf.pem"
ANCHOR_FILE = "anchor.pem"
"""The root's certificate alone, for verifiers."""


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A key in memory and its certificates; a `CredentialKey`.

    Attributes:
        chain_pem: leaf first, PEM.
        key: P-256 private key.
    """

    chain_pem: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def is_development(self) -> bool:
        """The chain was made by `DevelopmentAuthority`."""
        return is_development_chain(self._chain)

    @property
    def anchor_pem(self) -> str:
        """The last certificate of the chain, PEM."""
        return _pem(self._chain[-1])

    @property
    def not_after(self) -> datetime:
        """When the leaf runs out, UTC."""
        return self._chain[0].not_valid_after_utc

    @property
    def _chain(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.chain_pem.encode())

    def sign(self, data: bytes) -> bytes:
        """ES256, as r and s of 32 bytes each."""
        return raw_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))


def raw_signature(der: bytes) -> bytes:
    """An ECDSA-Sig-Value on P-256 as COSE wants it: r and s, 32 bytes each."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


def der_signature(raw: bytes) -> bytes:
    """The ECDSA-Sig-Value of r and s, 32 bytes each."""
    return encode_dss_signature(int.from_bytes(raw[:_COORDINATE], "big"), int.from_bytes(raw[_COORDINATE:], "big"))


def is_development_chain(chain: Sequence[x509.Certificate]) -> bool:
    """Tell whether any certificate was made here: the authority writes its name into each, wherever they are kept."""
    return any(DEVELOPMENT in (named_by(certificate), _issuer(certificate)) for certificate in chain)


def named_by(certificate: x509.Certificate) -> str:
    """Organisation of a certificate's subject; the common name where it has none."""
    return _word(certificate.subject)


def _issuer(certificate: x509.Certificate) -> str:
    return _word(certificate.issuer)


def _word(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) or name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def load_identity(chain_pem: str, key_pem: bytes) -> SigningIdentity:
    """Make an identity from an operator's files.

    Args:
        chain_pem: leaf first, then what leads to the root.
        key_pem: the leaf's private key, PKCS#8, not encrypted.

    Raises:
        InvalidInput: they cannot be read, are not P-256, or do not belong together.
    """
    try:
        leaf = x509.load_pem_x509_certificates(chain_pem.encode())[0]
        key = load_pem_private_key(key_pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(
            "the signing certificate or its key cannot be read", code=KeyReason.UNUSABLE, field="credential_key"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("the signing key is not on P-256", code=KeyReason.UNUSABLE, field="credential_key")
    if leaf.public_key() != key.public_key():
        raise InvalidInput(
            "the signing key does not belong to the first certificate", code=KeyReason.UNUSABLE, field="credential_key"
        )
    return SigningIdentity(chain_pem, key)


def check_anchors(pems: Sequence[str]) -> tuple[str, ...]:
    """Give the anchors back if each text holds at least one certificate.

    Raises:
        InvalidInput: one does not.
    """
    for pem in pems:
        try:
            x509.load_pem_x509_certificates(pem.encode())
        except ValueError as error:
            raise InvalidInput("a trust anchor is not a PEM certificate", field="trust_anchors") from error
    return tuple(pems)


class DevelopmentAuthority:
    """A root and a leaf in a directory, made on first use; the leaf is renewed before it runs out.

    Each file holds a key and its certificates together, mode 0600, and appears by one rename or link: processes that
    start at the same moment agree on the root, and whichever leaf they read matches its key.

    Args:
        directory: where the files are; made with mode 0700.
        clock: decides when a leaf is renewed.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def identity(self) -> SigningIdentity:
        """The identity to sign with now.

        Raises:
            Broken: a file in the directory cannot be read.
        """
        root = self._root()
        leaf = self._read(_LEAF_FILE)
        if leaf is None or leaf.not_after - RENEW_BEFORE < self._clock.now() or leaf.anchor_pem != root.anchor_pem:
            leaf = self._renewed(root)
        return leaf

    def _root(self) -> SigningIdentity:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = self._read(_ROOT_FILE)
        if root is None:
            made = _make_root(self._clock.now())
            put_file(self._directory / _ROOT_FILE, _bundle(made), keep=True)
            root = self._read(_ROOT_FILE) or made
            put_file(self._directory / ANCHOR_FILE, root.anchor_pem.encode(), keep=False)
        return root

    def _renewed(self, root: SigningIdentity) -> SigningIdentity:
        leaf = _make_leaf(root, self._clock.now())
        put_file(self._directory / _LEAF_FILE, _bundle(leaf), keep=False)
        return leaf

    def _read(self, name: str) -> SigningIdentity | None:
        try:
            bundle = (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None
        try:
            key = load_pem_private_key(bundle, None)
            chain = x509.load_pem_x509_certificates(bundle)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Broken(f"{name} of the development authority cannot be read", code=KeyReason.DAMAGED) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Broken(f"{name} of the development authority holds another kind of key", code=KeyReason.DAMAGED)
        return SigningIdentity("".join(map(_pem, chain)), key)


def key_usage_of(*usages: str) -> x509.ExtendedKeyUsage:
    """The extension that says what a certificate is for, of `key_usages`."""
    return x509.ExtendedKeyUsage([ObjectIdentifier(usage) for usage in usages])


def _make_root(now: datetime) -> SigningIdentity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Placet development root {secrets.token_hex(4)}")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _certificate(name, name, key.public_key(), now, _ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return SigningIdentity(_pem(certificate), key)


def _make_leaf(root: SigningIdentity, now: datetime) -> SigningIdentity:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(root.anchor_pem.encode())
    certificate = (
        _certificate(_name("Placet development signer"), issuer.subject, key.public_key(), now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(SIGNATURES_ONLY, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
        # E-mail protection beside claim signing: validators that know only the older rule accept it too.
        .add_extension(key_usage_of(CLAIM_SIGNING, EMAIL_PROTECTION), critical=False)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(CLAIM_POLICY, policy_qualifiers=None)]), critical=False
        )
        .sign(root.key, hashes.SHA256())
    )
    return SigningIdentity(_pem(certificate) + root.anchor_pem, key)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now - _BACKDATED + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _bundle(identity: SigningIdentity) -> bytes:
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + identity.chain_pem.encode()
