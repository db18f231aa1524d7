"""Asks a certificate authority for a claim-signing certificate: a P-256 key and a PKCS#10 request for it.

The request states what the C2PA certificate policy 0.2 wants in the certificate. The assurance level and the product
list are the authority's to add, after it has looked at the product.
"""

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from trust_kernel.errors import Conflict, InvalidInput
from watermark.adapters.certificates import CLAIM_POLICY, SIGNATURES_ONLY, key_usage_of
from watermark.domain.credential_keys import KeyReason, RequestSubject
from watermark.domain.key_usages import CLAIM_SIGNING, DOCUMENT_SIGNING

_MAX_NAME = 64
"""RFC 5280, upper bounds of organisation, unit and common name."""


def make_key_file(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key and write it, PKCS#8 PEM, mode 0600.

    Raises:
        Conflict: there is a file of that name.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise Conflict("there is a key of that name; it is not replaced", code=KeyReason.EXISTS) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key


def make_request(subject: RequestSubject, key: ec.EllipticCurvePrivateKey) -> str:
    """Make a certificate request, PEM.

    Args:
        subject: whom the certificate is for.
        key: on P-256; in memory, or `Pkcs11Token.private_key`.

    Raises:
        InvalidInput: a name is missing or too long, or the key is on another curve.
        Unavailable: the token does not answer.
    """
    if not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("the signing key is not on P-256", code=KeyReason.UNUSABLE, field="key")
    # The policy asks for one of two beside claim signing: document signing rather than e-mail protection, because a
    # service is no mailbox, and our reader's settings name it.
    usages = key_usage_of(CLAIM_SIGNING, DOCUMENT_SIGNING)
    policies = x509.CertificatePolicies([x509.PolicyInformation(CLAIM_POLICY, policy_qualifiers=None)])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_name(subject))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(SIGNATURES_ONLY, critical=True)
        .add_extension(usages, critical=False)
        .add_extension(policies, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(Encoding.PEM).decode()


def _name(subject: RequestSubject) -> x509.Name:
    if len(subject.country) != 2 or not subject.country.isascii() or not subject.country.isalpha():  # noqa: PLR2004 - ISO 3166 alpha-2
        raise InvalidInput("a country is two letters", code=KeyReason.SUBJECT, field="country")
    named = {
        "organisation": (NameOID.ORGANIZATION_NAME, subject.organisation),
        "unit": (NameOID.ORGANIZATIONAL_UNIT_NAME, subject.unit),
        "common_name": (NameOID.COMMON_NAME, subject.common_name),
    }
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, subject.country.upper())]
    for field, (oid, value) in named.items():
        if not value and field == "unit":
            continue
        if not value.strip() or len(value) > _MAX_NAME or not value.isprintable():
            raise InvalidInput(
                "a name for the certificate is missing, too long or not printable",
                code=KeyReason.SUBJECT,
                field=field,
                limit=f"{_MAX_NAME} characters",
            )
        attributes.append(x509.NameAttribute(oid, value))
    return x509.Name(attributes)
