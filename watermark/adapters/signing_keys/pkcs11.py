"""A signing key in a PKCS#11 token (a hardware security module, or SoftHSM): it signs there and never leaves.

Uses python-pkcs11 (MIT, typed), the `pkcs11` extra. PKCS#11 sessions are not for several threads, and do not outlive
a fork: calls take turns, and a child opens its own.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from trust_kernel.errors import Broken, Conflict, Unavailable
from watermark.adapters.certificates import der_signature
from watermark.adapters.signing_keys.chain import checked, development_chain
from watermark.domain.credential_keys import KeyReason

_CURVE = "secp256r1"
_Answer = TypeVar("_Answer")


class Pkcs11Token:
    """One token, logged into on first use.

    Args:
        module: the vendor's library, libsofthsm2.so for example.
        label: the token's label.
        pin: the user PIN.
    """

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._turn = threading.Lock()
        self._session: Any = None
        self._process = 0
        self._refused = False

    def sign_digest(self, label: str, digest: bytes) -> bytes:
        """ECDSA over a SHA-256 digest: r and s of 32 bytes each.

        Args:
            label: of the private key.
            digest: 32 bytes.

        Raises:
            Unavailable: the token does not answer.
            Broken: there is no such key, or the token refuses the PIN.
        """

        def sign(session: Any) -> bytes:
            from pkcs11 import Mechanism, ObjectClass

            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))

        return self._with_session(sign)

    def generate(self, label: str) -> None:
        """Make a P-256 key pair that cannot be taken out.

        Raises:
            Conflict: there is a key of that label.
            Unavailable: the token does not answer.
            Broken: the token refuses the PIN.
        """

        def make(session: Any) -> None:
            from pkcs11 import Attribute, KeyType, NoSuchKey, ObjectClass
            from pkcs11.util.ec import encode_named_curve_parameters

            try:
                session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            except NoSuchKey:
                parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}
                domain = session.create_domain_parameters(KeyType.EC, parameters, local=True)
                domain.generate_keypair(store=True, label=label)
            else:
                raise Conflict("there is a key of that label; it is not replaced", code=KeyReason.EXISTS)

        self._with_session(make)

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of a key pair.

        Raises:
            Unavailable: the token does not answer.
            Broken: there is no such key, it is not on P-256, or the token refuses the PIN.
        """

        def read(session: Any) -> bytes:
            from pkcs11 import ObjectClass
            from pkcs11.util.ec import encode_ec_public_key

            return bytes(encode_ec_public_key(session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)))

        key = serialization.load_der_public_key(self._with_session(read))
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise Broken("the token's key is not on P-256", code=KeyReason.UNUSABLE)
        return key

    def private_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """The private half as `make_request` takes it; it only signs.

        Raises:
            Unavailable: the token does not answer.
            Broken: there is no such key, it is not on P-256, or the token refuses the PIN.
        """
        return _TokenKey(self, label, self.public_key(label))

    def close(self) -> None:
        """Log out."""
        with self._turn:
            self._drop()

    def _with_session(self, work: Callable[[Any], _Answer]) -> _Answer:
        """Do something in a session; once more in a new one where the old had ended, after a restart of the token."""
        from pkcs11 import PKCS11Error

        with self._turn:
            if self._session is not None and self._process == os.getpid():
                try:
                    return work(self._session)
                except PKCS11Error as error:
                    self._drop()
                    if self._is_final(error):
                        self._fail(error)
            try:
                return work(self._opened())
            except PKCS11Error as error:
                self._drop()
                self._fail(error)

    def _opened(self) -> Any:
        import pkcs11

        if self._refused:
            raise Broken("the token refused the PIN; it is not asked again", code=KeyReason.REFUSED)
        if self._process not in (0, os.getpid()):
            # What was opened before a fork is the parent's.
            pkcs11.lib(str(self._module)).reinitialize()
            self._session = None
        self._process = os.getpid()
        if self._session is None:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self._label)
            try:
                self._session = token.open(rw=True, user_pin=self._pin)
            except pkcs11.UserAlreadyLoggedIn:
                # A login is the process's, not the session's: somebody else here has given the PIN.
                self._session = token.open(rw=True)
        return self._session

    def _drop(self) -> None:
        from pkcs11 import PKCS11Error

        session, self._session = self._session, None
        if session is not None and self._process == os.getpid():
            try:
                session.close()
            except PKCS11Error:
                return  # it had ended already

    @staticmethod
    def _is_final(error: Exception) -> bool:
        from pkcs11 import MultipleObjectsReturned, NoSuchKey

        return isinstance(error, NoSuchKey | MultipleObjectsReturned)

    def _fail(self, error: Exception) -> NoReturn:
        from pkcs11 import PinIncorrect, PinInvalid, PinLenRange, PinLocked

        if isinstance(error, PinIncorrect | PinInvalid | PinLenRange | PinLocked):
            self._refused = True
            raise Broken("the token refuses the PIN", code=KeyReason.REFUSED) from error
        if self._is_final(error):
            raise Broken("the token holds no key of that label, or several", code=KeyReason.UNUSABLE) from error
        raise Unavailable("the token does not answer", code=KeyReason.UNAVAILABLE) from error


class Pkcs11Key:
    """A `CredentialKey` in a token.

    Args:
        token: where it is.
        label: its label.
        chain_pem: its certificates, leaf first.
    """

    def __init__(self, token: Pkcs11Token, label: str, chain_pem: str) -> None:
        self.chain_pem = chain_pem
        self._token = token
        self._label = label

    @property
    def is_development(self) -> bool:
        """The chain was made by the development authority."""
        return development_chain(self.chain_pem)

    def sign(self, data: bytes) -> bytes:
        """ES256, as r and s of 32 bytes each.

        Raises:
            Unavailable: the token does not answer.
            Broken: the token refuses the PIN, or holds no key that belongs to the certificate.
        """
        signature = self._token.sign_digest(self._label, hashlib.sha256(data).digest())
        return checked(self.chain_pem, data, signature)


class _TokenKey(ec.EllipticCurvePrivateKey):
    """What cryptography's builders ask of a private key, with the signing left to the token."""

    def __init__(self, token: Pkcs11Token, label: str, public: ec.EllipticCurvePublicKey) -> None:
        self._token = token
        self._label = label
        self._public = public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """ECDSA with SHA-256, DER."""
        if isinstance(signature_algorithm.algorithm, Prehashed) or signature_algorithm.algorithm.name != "sha256":
            raise TypeError("a token's key signs with SHA-256")
        return der_signature(self._token.sign_digest(self._label, hashlib.sha256(data).digest()))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def exchange(self, *_: object) -> bytes:
        raise TypeError("a token's key only signs")

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        raise TypeError("a token's key does not leave it")

    def private_bytes(self, *_: object, **__: object) -> bytes:
        raise TypeError("a token's key does not leave it")

    def __copy__(self) -> "_TokenKey":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "_TokenKey":
        return self
