"""Remembers the roots that our certificates have led to, so that releases signed before a rotation keep verifying."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from trust_kernel.errors import Broken, Unavailable
from trust_kernel.files import put_file
from watermark.domain.credential_keys import KeyReason
from watermark.domain.credentials import CredentialReason, TrustAnchors


class FormerAnchors:
    """An `AnchorShelf`: one PEM file a root, named by its SHA-256, in two folders: claims and stamps.

    To stop believing a root, after its key was stolen for example, delete its file.

    Args:
        directory: where the folders are; made when the first root is kept.
    """

    def __init__(self, directory: Path) -> None:
        self._claims = directory / "claims"
        self._stamps = directory / "stamps"

    def remember(self, anchors: TrustAnchors) -> None:
        """Keep roots, each once.

        Raises:
            Unavailable: they cannot be written.
            Broken: one is not a certificate.
        """
        try:
            _keep(self._claims, anchors.claims)
            _keep(self._stamps, anchors.stamps)
        except OSError as error:
            raise Unavailable("the former roots cannot be kept", code=KeyReason.ANCHORS) from error
        except ValueError as error:
            raise Broken("a root is not a PEM certificate", code=CredentialReason.ANCHORS) from error

    def believed(self) -> TrustAnchors:
        """Every root kept.

        Raises:
            Unavailable: the folders cannot be read.
            Broken: a file in them is no certificate.
        """
        return TrustAnchors(_held(self._claims), _held(self._stamps))


def _keep(folder: Path, pems: Iterable[str]) -> None:
    for pem in pems:
        for certificate in x509.load_pem_x509_certificates(pem.encode()):
            name = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
            place = folder / f"{name}.pem"
            if not place.exists():
                folder.mkdir(parents=True, exist_ok=True)
                put_file(place, certificate.public_bytes(Encoding.PEM))


def _held(folder: Path) -> tuple[str, ...]:
    found = []
    for path in sorted(folder.glob("*.pem")):
        try:
            found.append(path.read_text("ascii"))
            x509.load_pem_x509_certificate(found[-1].encode())
        except FileNotFoundError:
            continue  # taken away just now: it is not believed any more
        except OSError as error:
            raise Unavailable("the former roots cannot be read", code=KeyReason.ANCHORS) from error
        except ValueError as error:
            raise Broken(f"{path.name} among the former roots is damaged", code=CredentialReason.ANCHORS) from error
    return tuple(found)
