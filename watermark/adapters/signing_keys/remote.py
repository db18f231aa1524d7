"""A signing key in a key service (KMS), which signs digests and never gives the key away."""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from trust_kernel.errors import Broken, Unavailable
from watermark.adapters.certificates import raw_signature
from watermark.adapters.signing_keys.chain import checked, development_chain
from watermark.domain.credential_keys import KeyReason


class RemoteKey:
    """A `CredentialKey` whose signatures come from a call.

    AWS KMS (`Sign`, ECDSA_SHA_256, MessageType DIGEST), Google Cloud KMS (`AsymmetricSign`, EC_SIGN_P256_SHA256) and
    Vault Transit (`marshaling_algorithm=asn1`) all answer as `sign_digest` does.

    Args:
        chain_pem: leaf first.
        sign_digest: takes a SHA-256 digest of 32 bytes and gives an ECDSA-Sig-Value, DER. It sets its own time limit,
            and raises OSError (of which ConnectionError and TimeoutError are kinds) or Unavailable when out.
    """

    def __init__(self, chain_pem: str, sign_digest: Callable[[bytes], bytes]) -> None:
        self.chain_pem = chain_pem
        self._sign_digest = sign_digest

    @property
    def is_development(self) -> bool:
        """The chain was made by the development authority."""
        return development_chain(self.chain_pem)

    def sign(self, data: bytes) -> bytes:
        """ES256, as r and s of 32 bytes each.

        Raises:
            Unavailable: the service does not answer.
            Broken: it answers with something that is not the certificate's signature.
        """
        try:
            answer = self._sign_digest(hashlib.sha256(data).digest())
        except OSError as error:
            raise Unavailable("the key service does not answer", code=KeyReason.UNAVAILABLE) from error
        try:
            decode_dss_signature(answer)
        except ValueError as error:
            raise Broken("the key service gave no signature", code=KeyReason.UNUSABLE) from error
        return checked(self.chain_pem, data, raw_signature(answer))
