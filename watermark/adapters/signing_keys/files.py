"""A signing key in two files, read again when they are replaced."""

import logging
from pathlib import Path

from trust_kernel.clock import Clock
from trust_kernel.errors import InvalidInput, PlacetError
from watermark.adapters.certificates import SigningIdentity, load_identity
from watermark.adapters.signing_keys.chain import check_identity
from watermark.domain.credential_keys import KeyReason

_log = logging.getLogger(__name__)
_Stamp = tuple[tuple[int, int, int], ...]


class FileKeys:
    """Gives the identity in two files. A renewed pair is taken up at the next signature, without a restart.

    While one file is already new and the other still old they do not belong together: the former identity stays in
    use, as it does where the new pair is unfit, and the log says so.

    Args:
        chain: PEM certificates, leaf first.
        key: the leaf's private key, PEM, PKCS#8.
        clock: decides what is valid.
        production: development certificates are refused.
    """

    def __init__(self, chain: Path, key: Path, clock: Clock, *, production: bool) -> None:
        self._chain = chain
        self._key = key
        self._clock = clock
        self._production = production
        self._held: SigningIdentity | None = None
        self._seen: _Stamp | None = None

    def identity(self) -> SigningIdentity:
        """The identity to sign with now.

        Raises:
            InvalidInput: the files cannot be read or used, and none before them could.
            Broken: the certificate is a development one in production, or not valid now.
        """
        stamp = self._stamp()
        if self._held is not None and stamp in (self._seen, None):
            return self._held
        try:
            held = self._load()
        except PlacetError as error:
            if self._held is None:
                raise
            _log.warning("the new signing certificate is not used: %s", error.detail)
            held = self._held
        self._held, self._seen = held, stamp
        return held

    def _load(self) -> SigningIdentity:
        try:
            chain, key = self._chain.read_text("ascii"), self._key.read_bytes()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(
                "the signing certificate or its key cannot be read", code=KeyReason.UNUSABLE, field="signing_chain"
            ) from error
        identity = load_identity(chain, key)
        check_identity(identity, self._clock.now(), production=self._production)
        return identity

    def _stamp(self) -> _Stamp | None:
        try:
            found = [path.stat() for path in (self._chain, self._key)]
        except OSError:
            return None
        return tuple((status.st_mtime_ns, status.st_ino, status.st_size) for status in found)
