"""The ground floor: clock, database, keys, ledger, media, accounts."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from placet.roles import ROLES
from trust_kernel.audit.ledger import Ledger
from trust_kernel.audit.notes import NoteSigner
from trust_kernel.clock import Clock, SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, LocalKeyFile
from trust_kernel.events import Outbox
from trust_kernel.media.blobs import FileBlobs
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import MediaLimits
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.settings import Settings
from trust_kernel.web.access import Access, Cookies
from trust_kernel.web.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Kernel:
    """What every guard stands on."""

    settings: Settings
    clock: Clock
    database: Database
    keys: LocalKeyFile
    keyring: DatabaseKeyring
    ledger: Ledger
    outbox: Outbox
    sandbox: Sandbox
    strangers: Sandbox
    decoder: Decoder
    blobs: FileBlobs
    accounts: Accounts
    cookies: Cookies
    access: Access

    @property
    def reference_limits(self) -> MediaLimits:
        """What an input reference may be."""
        settings = self.settings
        return MediaLimits(
            max_bytes=settings.max_reference_bytes,
            max_pixels=settings.max_pixels,
            max_seconds=settings.max_reference_seconds,
            decode_seconds=settings.decode_seconds,
        )

    @property
    def output_limits(self) -> MediaLimits:
        """What a draft may be: as long as was asked for and a second over, whatever it weighs."""
        settings = self.settings
        return MediaLimits(
            max_bytes=2_000_000_000,
            max_pixels=settings.max_pixels,
            max_seconds=settings.max_seconds + 1.0,
            decode_seconds=settings.decode_seconds * 4,
        )

    @property
    def verify_limits(self) -> MediaLimits:
        """What may be verified."""
        settings = self.settings
        return MediaLimits(
            max_bytes=settings.max_verify_bytes,
            max_pixels=settings.max_pixels,
            max_seconds=settings.max_verify_seconds,
            decode_seconds=settings.decode_seconds * 4,
        )


def build_kernel(settings: Settings) -> Kernel:
    """Build the ground floor; makes the data directory and the key file where there are none."""
    clock = SystemClock()
    database = Database(settings.effective_database_url)
    keys = LocalKeyFile(settings.data_dir / "keys" / "root.key")
    note_key = Ed25519PrivateKey.from_private_bytes(keys.derive("ledger:note"))
    # A second OpenBLAS thread costs each child some 40 ms of processor time, and nothing in them is faster for it.
    sandbox = Sandbox(threads=1, spares=1)
    # Files that anybody sends for verification wait for each other, never the release path for them.
    strangers = Sandbox(threads=1, spares=1, at_once=4)
    production = settings.environment == "production"
    cookies = Cookies(secure=production or settings.public_url.startswith("https://"))
    accounts = Accounts(database, clock, ROLES)
    return Kernel(
        settings=settings,
        clock=clock,
        database=database,
        keys=keys,
        keyring=DatabaseKeyring(database, keys),
        ledger=Ledger(database, clock, NoteSigner(settings.ledger_origin, note_key), settings.ledger_origin),
        outbox=Outbox(database, clock),
        sandbox=sandbox,
        strangers=strangers,
        decoder=Decoder(sandbox),
        blobs=FileBlobs(settings.data_dir / "media"),
        accounts=accounts,
        cookies=cookies,
        access=Access(accounts, cookies),
    )
