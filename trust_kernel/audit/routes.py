"""The ledger over HTTP, open to everybody: whoever doubts us can check."""

import base64
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from trust_kernel.audit.domain import LedgerEntry
from trust_kernel.audit.ledger import MAX_ENTRIES, Ledger
from trust_kernel.web.access import Access

_BIG = 2**63 - 1
_Place = Annotated[int, Query(ge=0, le=_BIG)]
_MaybePlace = Annotated[int | None, Query(ge=0, le=_BIG)]


class EntryOut(BaseModel):
    """One entry; SHA-256 of 0x00 and the bytes of `leaf` is `leaf_hash` (base64)."""

    index: int
    kind: str
    leaf: str
    leaf_hash: str

    @classmethod
    def of(cls, entry: LedgerEntry) -> "EntryOut":
        """From the domain's value."""
        return cls(index=entry.index, kind=entry.kind, leaf=entry.leaf.decode(), leaf_hash=_base64(entry.leaf_hash))


class EntriesOut(BaseModel):
    """Entries from `start`; fewer than asked where the log ends or the limit is reached."""

    size: int
    entries: list[EntryOut]


class InclusionOut(BaseModel):
    """An inclusion proof (RFC 6962), hashes in base64, from the leaf up."""

    index: int
    size: int
    leaf: str
    leaf_hash: str
    path: list[str]


class ConsistencyOut(BaseModel):
    """A consistency proof (RFC 6962), hashes in base64."""

    first: int
    second: int
    path: list[str]


def build_router(ledger: Ledger, access: Access) -> APIRouter:
    """The public routes of the ledger."""
    router = APIRouter(prefix="/ledger", tags=["ledger"], dependencies=[access.public()])

    @router.get("/checkpoint", response_class=PlainTextResponse)
    def checkpoint() -> str:
        """The newest signed checkpoint (C2SP signed note)."""
        return ledger.published_checkpoint()

    @router.get("/key", response_class=PlainTextResponse)
    def key() -> str:
        """The verifier key (C2SP ``name+hash+key``)."""
        return f"{ledger.key}\n"

    @router.get("/entries")
    def entries(start: _Place = 0, end: _Place = MAX_ENTRIES) -> EntriesOut:
        """Entries [start, end), at most 1000."""
        found = ledger.entries(start, end)
        return EntriesOut(size=ledger.size(), entries=[EntryOut.of(entry) for entry in found])

    @router.get("/proof/inclusion")
    def inclusion(index: _Place, size: _MaybePlace = None) -> InclusionOut:
        """Prove that an entry is in the log."""
        proof = ledger.inclusion(index, size)
        entry = EntryOut.of(ledger.entry(index))
        return InclusionOut(
            index=index, size=proof.size, leaf=entry.leaf, leaf_hash=entry.leaf_hash, path=_all_base64(proof.path)
        )

    @router.get("/proof/consistency")
    def consistency(first: _Place, second: _MaybePlace = None) -> ConsistencyOut:
        """Prove that the log has only grown."""
        proof = ledger.consistency(first, second)
        return ConsistencyOut(first=proof.first, second=proof.second, path=_all_base64(proof.path))

    return router


def _base64(hashed: bytes) -> str:
    return base64.b64encode(hashed).decode()


def _all_base64(hashes: Iterable[bytes]) -> list[str]:
    return [_base64(hashed) for hashed in hashes]
