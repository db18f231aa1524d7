"""`placet receipt verify|keys|rotate`: is this a consent that stood, and who signs such receipts.

Exit status of verify: 0 it is real, and nothing that was given along, or is known here, ended its consent before the
moment asked about; 1 it is real, but shows no consent then; 4 it cannot be read; 5 it is foreign or forged, or from a
key that was not to be trusted any more; 2 and 3 bad usage.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from consent_registry.api import ReceiptClaims, ReceiptReading
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
    "key_ended": "This receipt is not to be believed: by its date, its key no longer signed when it was made.",
    "key_stolen": "This receipt is not to be believed: by its date, its key was stolen when it was made.",
    "keys_unusable": "The keys cannot be read: a JWK set with an Ed25519 key is needed.",
    "not_yet": "This receipt is real. Its consent had not begun.",
    "expired": "This receipt is real. Its consent is over: the time ran out.",
    "used_up": "This receipt is real. Its consent is over: every use was made.",
    "revoked": "This receipt is real. Its consent is over: it was taken back.",
    "superseded": "This receipt is real. A newer receipt of the same consent says that it is over.",
}
_SINCE = {"revoked": "was taken back since", "exhausted": "was used up since", "expired": "ran out since"}
"""What became of a consent after the receipt, by the state that a newer one tells of."""
_STATUS = {
    **dict.fromkeys(("malformed", "huge", "duplicate_members", "algorithm", "keys_unusable"), UNREADABLE),
    **dict.fromkeys(("foreign", "forged", "key_ended", "key_stolen"), NOT_OURS),
}


@click.group()
def receipt() -> None:
    """Check receipts of consent, and change the key that signs them."""


@receipt.command(
    epilog="Exit status: 0 real, and nothing known here ended its consent; 1 real, but no consent at that moment; "
    "4 unreadable; 5 foreign, forged, or from a key that was over."
)
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
    """Say whether a receipt is real, and whether its consent stood; asks nobody.

    FILE is a .jws file, or - for the standard input. With --jwks it knows what the files say, and no more. Without,
    it takes the keys of the data directory, and what became of the consent since.
    """
    from placet.receipts import verify as check
    from placet.wiring.receipts import MAX_RECEIPT, check_receipt_here

    moment = _moment(at, "--at")
    given = [one.read(MAX_RECEIPT + 1) for one in newer]
    read = file.read(MAX_RECEIPT + 1)
    if keys_file:
        found = check(read, jwks=keys_file.read(), issuer=issuer, at=moment, newer=given)
    else:
        found = check_receipt_here(_deployment(data), read, issuer=issuer, at=moment, newer=given)
    if as_json:
        click.echo(json.dumps(_told(found, moment), indent=2))
    else:
        _tell(found, here=keys_file is None)
    sys.exit(_status(found))


@receipt.command()
@data_option
def keys(data: Path | None) -> None:
    """Which keys sign, the newest first; receipts of all of them stay checkable."""
    book = _key_book(data)
    ends = book.ends()
    for number, since in book.in_use().items():
        begun, end = f"since {since:%Y-%m-%d %H:%M} UTC" if since else "from the start", ends.get(number)
        over = f", {'stolen' if end.stolen else 'over'} from {end.until:%Y-%m-%d %H:%M:%S} UTC" if end else ""
        click.echo(f"{number:>4}  {begun}{over}")


@receipt.command()
@data_option
@click.option("--stolen", type=int, default=None, metavar="N", help="Key N is in somebody else's hands.")
@click.option("--since", default=None, help="From when on it may have been, ISO 8601. [default: now]")
def rotate(data: Path | None, stolen: int | None, since: str | None) -> None:
    """Sign with a new key from now on; what was signed before stays checkable.

    With --stolen it is published that key N is not to be trusted from a moment; a new key is taken only if N signs.
    """
    book = _key_book(data)
    if stolen is None:
        if since is not None:
            raise click.UsageError("--since goes with --stolen")
        click.echo(f"new receipts are signed with key {book.rotate()}")
        return
    end = book.mark_stolen(stolen, _moment(since, "--since") if since else None)
    click.echo(f"key {stolen} is not to be trusted from {end.until:%Y-%m-%dT%H:%M:%SZ} on; that is on the ledger")
    click.echo(f"receipts are signed with key {max(book.in_use())}")


def _status(found: "ReceiptReading") -> int:
    return 0 if found.fault is None else _STATUS.get(_what(found.fault), NO_CONSENT)


def _what(code: str) -> str:
    return code.rsplit(":", 1)[-1]


def _tell(found: "ReceiptReading", *, here: bool) -> None:
    """In words.

    Args:
        found: what came of it.
        here: whether the deployment's own data was asked, which knows what came later.
    """
    if found.fault is None:
        click.echo("This receipt is real, and so was its consent when it was issued.")
        if here:
            click.echo("By this deployment's data it was not over at the moment asked about.")
        else:
            click.echo("Whether it was taken back since, only a newer receipt or its issuer can say.")
    elif found.superseded_by is not None and found.superseded_by.state in _SINCE:
        click.echo(f"This receipt is real. Its consent {_SINCE[found.superseded_by.state]}. ({found.fault})")
    else:
        click.echo(f"{_SENTENCES[_what(found.fault)]} ({found.fault})")
    if found.key_stolen_at is not None:
        click.echo(
            f"Its key was stolen by {found.key_stolen_at:%Y-%m-%d %H:%M:%S} UTC, and a thief can write an earlier date:"
            " only its issuer's ledger can show that it is older."
        )
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


def _said(claims: "ReceiptClaims") -> dict[str, object]:
    return {
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


def _told(found: "ReceiptReading", at: datetime) -> dict[str, object]:
    return {
        "holds": found.holds,
        "authentic": found.authentic,
        "fault": str(found.fault) if found.fault else None,
        "at": at.isoformat(),
        "claims": _said(found.claims) if found.claims else None,
        "superseded_by": _said(found.superseded_by) if found.superseded_by else None,
        "key_stolen_at": found.key_stolen_at.isoformat() if found.key_stolen_at else None,
        "set_aside": [{"newer": place + 1, "fault": str(fault)} for place, fault in found.set_aside],
    }


def _moment(at: str | None, option: str) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        read = datetime.fromisoformat(at)
    except ValueError as error:
        raise click.BadParameter("this is no moment; write 2026-03-01T12:00:00Z", param_hint=option) from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _deployment(data: Path | None) -> "Kernel":
    from placet.wiring import build_kernel
    from trust_kernel.errors import InvalidInput

    settings = settings_for(data)
    if not settings.data_dir.is_dir():  # nothing is made by asking
        raise InvalidInput("give the issuer's keys with --jwks: there is no deployment here", field="jwks")
    return build_kernel(settings)


def _key_book(data: Path | None) -> "ReceiptKeyBook":
    """No more of the house than that: a stolen key is to be replaced whatever else is amiss."""
    from placet.wiring import build_kernel
    from placet.wiring.receipts import build_receipt_keys

    return build_receipt_keys(build_kernel(settings_for(data)))
