"""What the use-cases need, as roles."""

from copyright_optout.ports.claims import Accounts, ClaimStore, OrganisationStore, Outbox, People, Record, Staff
from copyright_optout.ports.decoding import PictureDecoder
from copyright_optout.ports.recognition import FingerprintIndex, Hashes, IndexHit, PictureHasher, View
from copyright_optout.ports.references import (
    LooksEmbedder,
    ReferenceStore,
    SoundPrinter,
    WorkCodes,
    WorkPrinter,
    WorkPrints,
)

__all__ = [
    "Accounts",
    "ClaimStore",
    "FingerprintIndex",
    "Hashes",
    "IndexHit",
    "LooksEmbedder",
    "OrganisationStore",
    "Outbox",
    "People",
    "PictureDecoder",
    "PictureHasher",
    "Record",
    "ReferenceStore",
    "SoundPrinter",
    "Staff",
    "View",
    "WorkCodes",
    "WorkPrinter",
    "WorkPrints",
]
