"""The C2PA trust lists: those that ship, and newer ones in the data directory.

The lists carry no signature: what vouches for them is the server's certificate, and what is checked here.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from trust_kernel.clock import Clock
from trust_kernel.errors import Broken, Conflict, InvalidInput
from trust_kernel.files import put_file
from watermark.domain.credential_store import text
from watermark.domain.trust_lists import (
    Authority,
    TrustChange,
    TrustKind,
    TrustList,
    TrustReason,
    change_between,
    has_shrunk,
)

MAX_LIST = 2_000_000
"""Bytes; the lists of November 2026 have 38,000 and 29,000."""
_MAX_CERTIFICATES = 1000
_SHIPPED = "trust"
_SOURCE = "source.json"
_KEPT = "trust-lists.json"
_BEGIN = b"-----BEGIN CERTIFICATE-----"

Fetch = Callable[[str], bytes]
"""Gives what a URL names; `trust_kernel.media.fetch.SafeFetcher.fetch` is one."""


def shipped_trust() -> TrustList:
    """The lists that came with this version.

    Raises:
        Broken: `watermark:trust:damaged`: the installation was changed.
    """
    folder = files("watermark") / _SHIPPED
    facts = _source()
    found = {TrustKind(kind): (folder / entry["file"]).read_bytes() for kind, entry in facts["lists"].items()}
    for kind, data in found.items():
        if hashlib.sha256(data).hexdigest() != facts["lists"][kind.value]["sha256"]:
            raise _damaged("the trust lists that came with this version were changed")
    return _listed(found, source=facts["publisher"], day=date.fromisoformat(facts["date"]), shipped=True)


def read_authorities(data: bytes, kind: TrustKind) -> tuple[Authority, ...]:
    """The authorities on a list, each once.

    Args:
        data: PEM blocks, with any text between them.
        kind: which list it is.

    Raises:
        InvalidInput: `watermark:trust:unreadable`, `watermark:trust:not_an_authority`.
    """
    blocks = data.count(_BEGIN)
    if len(data) > MAX_LIST or not 0 < blocks <= _MAX_CERTIFICATES:
        raise _unreadable(kind)
    try:
        # One that is not a certificate fails them all; one that is cut off would only be passed over.
        certificates = x509.load_pem_x509_certificates(data)
        if len(certificates) != blocks:
            raise _unreadable(kind)
        found = [_authority(certificate, kind) for certificate in certificates]
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise _unreadable(kind) from error
    for authority in found:
        if not authority.fits:
            raise InvalidInput(
                f"{authority.subject} on the list for {kind.value} is not an authority for that",
                code=TrustReason.NOT_AN_AUTHORITY,
                field=kind.value,
            )
    return tuple({authority.digest: authority for authority in found}.values())


class TrustStore:
    """Lists in a directory, over those that ship.

    Args:
        directory: where fetched lists are kept; made when first needed.
        clock: dates what is fetched.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._path = directory / _KEPT
        self._clock = clock

    def load(self) -> TrustList:
        """The lists in use: the fetched ones, unless those that ship are of a later day.

        Raises:
            Broken: `watermark:trust:damaged`.
        """
        shipped = shipped_trust()
        kept = self._kept()
        return kept if kept is not None and kept.date >= shipped.date else shipped

    def update(self, fetch: Fetch, *, force: bool = False) -> TrustChange:
        """Fetch both lists from the C2PA, check them, and keep them; both or neither.

        Args:
            fetch: how.
            force: take them although fewer than half of the known authorities are on them.

        Raises:
            InvalidInput: `watermark:trust:unreadable`, `watermark:trust:not_an_authority`, or what `fetch` raises.
            Conflict: `watermark:trust:shrank`.
            Unavailable: what `fetch` raises.
        """
        urls = {TrustKind(kind): str(entry["url"]) for kind, entry in _source()["lists"].items()}
        return self._take({kind: fetch(url) for kind, url in urls.items()}, " ".join(urls.values()), force=force)

    def take(self, folder: Path, *, force: bool = False) -> TrustChange:
        """Take both lists from a folder, for machines without a way out; files are named as the C2PA names them.

        Raises:
            InvalidInput: as `update`, or a file is missing.
            Conflict: `watermark:trust:shrank`.
        """
        names = {TrustKind(kind): str(entry["file"]) for kind, entry in _source()["lists"].items()}
        try:
            found = {kind: (folder / name).read_bytes() for kind, name in names.items()}
        except OSError as error:
            raise InvalidInput(
                f"the folder must hold {' and '.join(names.values())}", code=TrustReason.UNREADABLE, field="folder"
            ) from error
        return self._take(found, folder.name, force=force)

    def _take(self, found: Mapping[TrustKind, bytes], source: str, *, force: bool) -> TrustChange:
        now = _listed(found, source=source, day=self._clock.now().date(), shipped=False)
        before = self._known()
        for kind in TrustKind:
            if not force and has_shrunk(before.of(kind), now.of(kind)):
                raise Conflict(
                    f"fewer than half of the authorities known for {kind.value} are on the new list",
                    code=TrustReason.SHRANK,
                    field=kind.value,
                )
        self._keep(now)
        return change_between(before, now)

    def _known(self) -> TrustList:
        """What a new list is compared with. A damaged file must not stand in the way of its own replacement."""
        try:
            return self.load()
        except Broken:
            return shipped_trust()

    def _keep(self, lists: TrustList) -> None:
        content = {
            "source": lists.source,
            "date": lists.date.isoformat(),
            "lists": {
                kind.value: {
                    "sha256": lists.digests[kind],
                    "pem": "".join(authority.pem for authority in lists.of(kind)),
                }
                for kind in TrustKind
            },
        }
        body = json.dumps(content, indent=1)
        document = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "body": body}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        put_file(self._path, json.dumps(document).encode(), mode=0o644)

    def _kept(self) -> TrustList | None:
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._broken() from error
        try:
            body = str(document["body"])
            if hashlib.sha256(body.encode()).hexdigest() != document["sha256"]:
                raise self._broken()
            content = json.loads(body)
            found = {TrustKind(kind): entry["pem"].encode() for kind, entry in content["lists"].items()}
            digests = {TrustKind(kind): str(entry["sha256"]) for kind, entry in content["lists"].items()}
            day = date.fromisoformat(content["date"])
            authorities = tuple(authority for kind in TrustKind for authority in read_authorities(found[kind], kind))
            return TrustList(authorities, str(content["source"]), day, digests, shipped=False)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            raise self._broken() from error

    def _broken(self) -> Broken:
        return _damaged(f"{self._path.name} in the data directory is damaged; run `placet trust update`")


def _listed(found: Mapping[TrustKind, bytes], *, source: str, day: date, shipped: bool) -> TrustList:
    authorities = tuple(authority for kind in TrustKind for authority in read_authorities(found[kind], kind))
    digests = {kind: hashlib.sha256(found[kind]).hexdigest() for kind in TrustKind}
    return TrustList(authorities, source, day, digests, shipped)


def _source() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((files("watermark") / _SHIPPED / _SOURCE).read_bytes())
    return facts


def _authority(certificate: x509.Certificate, kind: TrustKind) -> Authority:
    return Authority(
        kind=kind,
        subject=text(certificate.subject.rfc4514_string()),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        digest=certificate.fingerprint(hashes.SHA256()).hex(),
        is_root=certificate.subject == certificate.issuer,
        usages=_usages(certificate),
        may_issue=_may_issue(certificate),
        pem=certificate.public_bytes(Encoding.PEM).decode(),
    )


def _may_issue(certificate: x509.Certificate) -> bool:
    extensions = certificate.extensions
    try:
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return False


def _usages(certificate: x509.Certificate) -> frozenset[str] | None:
    try:
        stated = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return frozenset(usage.dotted_string for usage in stated)


def _unreadable(kind: TrustKind) -> InvalidInput:
    return InvalidInput(
        f"the trust list for {kind.value} is not a list of certificates", code=TrustReason.UNREADABLE, field=kind.value
    )


def _damaged(detail: str) -> Broken:
    return Broken(detail, code=TrustReason.DAMAGED)
