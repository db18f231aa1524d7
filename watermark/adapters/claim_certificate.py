"""The claim signer's own certificate, out of a C2PA manifest store.

c2pa-python does not say what a certificate may be used for, and accepts a time-stamp authority's as a signer's. So the
leaf is looked up here: JUMBF boxes (ISO/IEC 19566-5) down to the claim signature, a COSE_Sign1 (RFC 9052) in CBOR
(RFC 8949), whose header x5chain (RFC 9360) begins with it. Runs in the sandbox; reads a stranger's bytes.
"""

from datetime import UTC, datetime

from watermark.domain.credentials import LeafCertificate
from watermark.domain.jumbf import STORE_LABEL, boxes

_X5CHAIN = (33, "x5chain")
"""RFC 9360's header number, and the name that manifests before version 2 give it."""
_MAX_DEPTH = 8
_COSE_PARTS = 4


def leaf_certificate(store: bytes, manifest: str) -> LeafCertificate | None:
    """Give what is known of the certificate that signed a manifest.

    Args:
        store: the JUMBF manifest store.
        manifest: label of the manifest.

    Returns:
        None where the certificate cannot be found or read; it must then not be trusted.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate = x509.load_der_x509_certificate(_leaf(_signature(store, manifest)))
        # As the validator does, which takes no clock.
        has_run_out = certificate.not_valid_after_utc < datetime.now(UTC)
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return LeafCertificate(frozenset())
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, UnsupportedAlgorithm):
        return None
    return LeafCertificate(frozenset(usage.dotted_string for usage in usages), has_run_out)


def _child(content: bytes, label: str) -> bytes:
    """The content of the one superbox of that label among some boxes."""
    found = [box.body for box in boxes(content) if box.label == label]
    if len(found) != 1:
        raise ValueError(f"{len(found)} boxes carry the label")
    return found[0]


def _signature(store: bytes, manifest: str) -> bytes:
    signature = _child(_child(_child(store, STORE_LABEL), manifest), "c2pa.signature")
    found = [box.body for box in boxes(signature) if box.kind == b"cbor"]
    if len(found) != 1:
        raise ValueError("not one signature")
    return found[0]


def _leaf(cose: bytes) -> bytes:
    message = Cbor(cose).value()
    if not isinstance(message, list) or len(message) != _COSE_PARTS:
        raise ValueError("not a COSE_Sign1")
    if not isinstance(message[0], bytes):
        raise ValueError("the protected header is not bytes")  # noqa: TRY004 - bad data, not a bad call
    protected = Cbor(message[0]).value() if message[0] else {}
    headers = [header for header in (protected, message[1]) if isinstance(header, dict)]
    chains = [header[name] for header in headers for name in _X5CHAIN if name in header]
    if len(chains) != 1:
        raise ValueError("not one certificate chain")
    first = chains[0][0] if isinstance(chains[0], list) and chains[0] else chains[0]
    if not isinstance(first, bytes):
        raise ValueError("the certificate is not bytes")  # noqa: TRY004 - bad data, not a bad call
    return first


class Cbor:
    """As much of CBOR as COSE headers need: no floats but skipped ones, tags dropped, nesting bounded.

    Args:
        data: one item, perhaps with others after it.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, depth: int = 0) -> object:
        """The next item.

        Raises:
            ValueError: the bytes end early, nest too deep, or are not CBOR.
        """
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        first = self._take(1)[0]
        major, minor = first >> 5, first & 31
        if minor == _INDEFINITE:
            return self._until_break(major, depth)
        argument = self._argument(minor)
        if major in {2, 3}:
            raw = self._take(argument)
            return raw if major == 2 else raw.decode("utf-8")  # noqa: PLR2004 - CBOR's major type for bytes
        return self._composite(major, argument, depth)

    def _composite(self, major: int, argument: int, depth: int) -> object:
        match major:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 4:
                return [self.value(depth + 1) for _ in range(self._count(argument))]
            case 5:
                return dict(self._pair(depth) for _ in range(self._count(argument)))
            case 6:
                return self.value(depth + 1)
            case _:
                return None

    def _until_break(self, major: int, depth: int) -> object:
        parts = []
        while self._data[self._at : self._at + 1] != b"\xff":
            parts.append(self._pair(depth) if major == 5 else self.value(depth + 1))  # noqa: PLR2004 - CBOR's maps
        self._at += 1
        match major:
            case 2:
                return b"".join(part for part in parts if isinstance(part, bytes))
            case 3:
                return "".join(part for part in parts if isinstance(part, str))
            case 4:
                return parts
            case 5:
                return dict(part for part in parts if isinstance(part, tuple))
            case _:
                raise ValueError("an item of this kind has a length")

    def _pair(self, depth: int) -> tuple[object, object]:
        key = self.value(depth + 1)
        if not isinstance(key, (str, int, bytes)):
            raise ValueError("a map's key is neither text nor number")  # noqa: TRY004 - bad data, not a bad call
        return key, self.value(depth + 1)

    def _count(self, argument: int) -> int:
        if argument > len(self._data) - self._at:
            raise ValueError("more items than bytes")
        return argument

    def _argument(self, minor: int) -> int:
        if minor < 24:  # noqa: PLR2004 - RFC 8949, section 3: smaller arguments stand in the first byte
            return minor
        if minor > 27:  # noqa: PLR2004 - RFC 8949, section 3: reserved
            raise ValueError("not CBOR")
        return int.from_bytes(self._take(1 << (minor - 24)), "big")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise ValueError("the bytes end early")
        self._at += count
        return taken


_INDEFINITE = 31
