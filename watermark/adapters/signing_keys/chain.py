"""Judges a key's certificates before anything is signed with it.

The rules are those of the C2PA certificate policy 0.2 and of C2PA 2.4, 14.5, as far as c2pa would refuse, or worse not
refuse, what breaks them.
"""

import itertools
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from trust_kernel.errors import Broken, InvalidInput
from watermark.adapters.certificates import der_signature, is_development_chain, named_by
from watermark.domain.credential_keys import IdentityState, KeyReason
from watermark.domain.credential_report import CLAIM_USAGES, OTHER_USAGES
from watermark.ports.credentials import CredentialKey

_SIGNATURE = 64


def check_identity(key: CredentialKey, now: datetime, *, production: bool) -> IdentityState:
    """Say for how long a key's certificate can be used.

    Args:
        key: the key; it is not asked to sign.
        now: UTC.
        production: development certificates are refused, wherever they lie.

    Raises:
        Broken: the certificate has run out or is not valid yet, or is a development one in production.
        InvalidInput: it is not one for signing claims, or the chain does not lead up.
    """
    chain = certificates(key.chain_pem)
    leaf = chain[0]
    if production and key.is_development:
        raise Broken(
            "production does not sign with a development certificate, which nobody outside can trust",
            code=KeyReason.DEVELOPMENT,
        )
    _check_leaf(leaf)
    _check_chain(chain)
    for certificate in chain:
        _check_time(certificate, now)
    left = leaf.not_valid_after_utc - now
    return IdentityState(named_by(leaf), leaf.not_valid_after_utc, left.days, key.is_development)


def certificates(chain_pem: str) -> list[x509.Certificate]:
    """The certificates in a PEM text, at least one.

    Raises:
        InvalidInput: there is none, or one cannot be read.
    """
    try:
        return x509.load_pem_x509_certificates(chain_pem.encode())
    except ValueError as error:
        raise InvalidInput(
            "the signing certificates cannot be read", code=KeyReason.UNUSABLE, field="signing_chain"
        ) from error


def belongs(chain_pem: str, data: bytes, signature: bytes) -> bool:
    """Tell whether an ES256 signature, r then s, verifies under the first certificate."""
    public = certificates(chain_pem)[0].public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or len(signature) != _SIGNATURE:
        return False
    try:
        public.verify(der_signature(signature), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def checked(chain_pem: str, data: bytes, signature: bytes) -> bytes:
    """Give a signature back if it verifies: a token or service may hold another key than the certificate's.

    Raises:
        Broken: it does not.
    """
    if not belongs(chain_pem, data, signature):
        raise Broken("the signing key does not belong to the certificate", code=KeyReason.UNUSABLE)
    return signature


def development_chain(chain_pem: str) -> bool:
    """Tell whether a chain was made by the development authority."""
    return is_development_chain(certificates(chain_pem))


def _check_leaf(leaf: x509.Certificate) -> None:
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        _unfit("is not on P-256", KeyReason.UNUSABLE)
    try:
        extensions = leaf.extensions
        basic = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as error:
        raise InvalidInput(
            "the signing certificate lacks an extension that the certificate policy asks for",
            code=KeyReason.USAGE,
            field="signing_chain",
        ) from error
    if basic.ca or usage.value.key_cert_sign or not usage.value.digital_signature or not usage.critical:
        _unfit("is an authority's, or not for signatures", KeyReason.USAGE)
    oids = {purpose.dotted_string for purpose in purposes}
    if not oids & CLAIM_USAGES or oids & OTHER_USAGES:
        _unfit("is not one for signing claims", KeyReason.USAGE)


def _check_chain(chain: list[x509.Certificate]) -> None:
    if len(chain) < 2:  # noqa: PLR2004 - a leaf and what issued it
        _unfit("stands alone: the certificates that lead to its root are needed", KeyReason.CHAIN)
    for lower, upper in itertools.pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
            basic = upper.extensions.get_extension_for_class(x509.BasicConstraints).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
            raise InvalidInput(
                "a certificate of the signing chain was not issued by the next one",
                code=KeyReason.CHAIN,
                field="signing_chain",
            ) from error
        if not basic.ca:
            _unfit("was issued by one that is no authority", KeyReason.CHAIN)


def _check_time(certificate: x509.Certificate, now: datetime) -> None:
    if now >= certificate.not_valid_after_utc:
        raise Broken(
            f"the signing certificate of {named_by(certificate)} ran out on {certificate.not_valid_after_utc:%Y-%m-%d}",
            code=KeyReason.EXPIRED,
        )
    if now < certificate.not_valid_before_utc:
        raise Broken(
            f"the signing certificate of {named_by(certificate)} is valid only from "
            f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            code=KeyReason.EARLY,
        )


def _unfit(what: str, code: KeyReason) -> None:
    raise InvalidInput(f"the signing certificate {what}", code=code, field="signing_chain")
