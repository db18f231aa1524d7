"""`placet receipt verify|keys|rotate`: is this a consent that stands, and who signs such receipts.

Exit status of verify: 0 it shows a consent that stands; 1 it is real, but shows none at the moment asked about; 4 it
cannot be read; 5 it is foreign or forged; 2 and 3 bad usage.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from consent_registry.api import ReceiptReading
    from placet.wiring import Kernel
    from placet.wiring.receipts import ReceiptKeyBook

NO_CONSENT, UNREADABLE, NOT_OURS = 1, 4, 5

_SENTENCES = {
    "malformed": "This is no receipt: it cannot be read as one.",
    "huge": "This is no receipt: it is far too large.",
    "duplicate_members": "This is no receipt: something in it is said twice.",
    "algorithm": "This is no receipt: it is signed in a way that receipts never are.",
    "foreign": "This receipt is from somebody else: its key or issuer is not the one that it was checked against.",
    "forged": "This receipt was changed, or never signed by its issuer: the signature does not hold.",
    "keys_unusable": "The keys cannot be read: a JWK set with an Ed25519 key is needed.",
    "not_yet": "This receipt is real. Its consent had not begun.",
    "expired": "This receipt is real. Its consent is over: the time ran out.",
    "used_up": "This receipt is real. Its consent is over: every use was made.",
    "revoked": "This receipt is real. Its consent is over: it was taken back.",
    "superseded": "This receipt is real. A newer receipt of the same consent says that it is over.",
}
_STATUS = {
    **dict.fromkeys(("malformed", "huge", "duplicate_members", "algorithm", "keys_unusable"), UNREADABLE),
    **dict.fromkeys(("foreign", "forged"), NOT_OURS),
}


@click.group()
def receipt() -> None:
    """Check receipts of consent, and change the key that signs them."""


@receipt.command(epilog="Exit status: 0 consent stands, 1 real but over, 4 unreadable, 5 foreign or forged.")
@data_option
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.option("--jwks", "keys_file", type=click.File("rb"), default=None, help="The issuer's public keys, a JWK set.")
@click.option("--issuer", default=None, help="Who it has to be from, such as https://placet.example.")
@click.option("--at", default=None, help="The moment asked about, ISO 8601. [default: now]")
@click.option("--newer", type=click.File("rb"), multiple=True, help="A later receipt that may supersede it.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def verify(
    data: Path | None,
    file: BinaryIO,
    keys_file: BinaryIO | None,
    issuer: str | None,
    at: str | None,
    newer: tuple[BinaryIO, ...],
    *,
    as_json: bool,
) -> None:
    """Say whether a receipt shows a consent that stands; asks nobody.

    FILE is a .jws file, or - for the standard input. Without --jwks the keys are those of the data directory.
    """
    from placet.receipts import verify as check
    from placet.wiring.receipts import MAX_RECEIPT

    moment = _moment(at)
    keys = keys_file.read() if keys_file else _own_keys(data)
    given = [one.read(MAX_RECEIPT + 1) for one in newer]
    found = check(file.read(MAX_RECEIPT + 1), jwks=keys, issuer=issuer, at=moment, newer=given)
    if as_json:
        click.echo(json.dumps(_told(found, moment), indent=2))
    else:
        _tell(found)
    sys.exit(_status(found))


@receipt.command()
@data_option
def keys(data: Path | None) -> None:
    """Which keys sign, the newest first; receipts of all of them stay checkable."""
    for number, since in _key_book(data).in_use().items():
        click.echo(f"{number:>4}  {f'since {since:%Y-%m-%d %H:%M} UTC' if since else 'from the start'}")


@receipt.command()
@data_option
def rotate(data: Path | None) -> None:
    """Sign with a new key from now on; what was signed before stays checkable."""
    click.echo(f"new receipts are signed with key {_key_book(data).rotate()}")


def _status(found: "ReceiptReading") -> int:
    return 0 if found.fault is None else _STATUS.get(_what(found.fault), NO_CONSENT)


def _what(code: str) -> str:
    return code.rsplit(":", 1)[-1]


def _tell(found: "ReceiptReading") -> None:
    if found.fault is None:
        click.echo("This receipt is real, and its consent stands.")
    else:
        click.echo(f"{_SENTENCES[_what(found.fault)]} ({found.fault})")
    if found.claims is not None:
        claims = found.claims
        click.echo(f"  grant     {claims.grant_id}, version {claims.version}, {claims.state}")
        click.echo(f"  issuer    {claims.issuer}, {claims.issued_at:%Y-%m-%d %H:%M:%S} UTC")
        click.echo(f"  covers    {', '.join(sorted(claims.modalities))}")
        click.echo(f"  holds     {claims.starts_at:%Y-%m-%d %H:%M} to {claims.expires_at:%Y-%m-%d %H:%M} UTC")
        if claims.ended_at is not None:
            click.echo(f"  ended     {claims.ended_at:%Y-%m-%d %H:%M:%S} UTC")
    for place, fault in found.set_aside:
        click.echo(f"  newer receipt {place + 1} was set aside: {fault}")


def _told(found: "ReceiptReading", at: datetime) -> dict[str, object]:
    claims = found.claims
    said: dict[str, object] | None = None
    if claims is not None:
        said = {
            "receipt": claims.receipt_id,
            "grant": claims.grant_id,
            "version": claims.version,
            "issuer": claims.issuer,
            "state": str(claims.state),
            "issued_at": claims.issued_at.isoformat(),
            "starts_at": claims.starts_at.isoformat(),
            "expires_at": claims.expires_at.isoformat(),
            "ended_at": claims.ended_at.isoformat() if claims.ended_at else None,
            "modalities": sorted(claims.modalities),
        }
    return {
        "holds": found.holds,
        "authentic": found.authentic,
        "fault": str(found.fault) if found.fault else None,
        "at": at.isoformat(),
        "claims": said,
        "set_aside": [{"newer": place + 1, "fault": str(fault)} for place, fault in found.set_aside],
    }


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        read = datetime.fromisoformat(at)
    except ValueError as error:
        raise click.BadParameter("this is no moment; write 2026-03-01T12:00:00Z", param_hint="--at") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _own_keys(data: Path | None) -> bytes:
    from placet.wiring import build_kernel
    from trust_kernel.errors import InvalidInput

    settings = settings_for(data)
    if not settings.data_dir.is_dir():  # nothing is made by asking
        raise InvalidInput("give the issuer's keys with --jwks: there is no deployment here", field="jwks")
    published = {"issuer": settings.public_url, **_book_of(build_kernel(settings)).jwks()}
    return json.dumps(published).encode()


def _key_book(data: Path | None) -> "ReceiptKeyBook":
    """No more of the house than that: a stolen key is to be replaced whatever else is amiss."""
    from placet.wiring import build_kernel

    return _book_of(build_kernel(settings_for(data)))


def _book_of(kernel: "Kernel") -> "ReceiptKeyBook":
    from placet.wiring.receipts import build_receipt_keys

    return build_receipt_keys(kernel)
