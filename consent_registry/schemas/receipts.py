"""Receipts."""

from datetime import datetime

from pydantic import Field

from consent_registry.domain import GrantState, Receipt, payload_of
from consent_registry.schemas.shape import Shape


class ReceiptOut(Shape):
    """A signed receipt."""

    grant_id: str
    receipt: str = Field(description="JWS in compact serialisation; check it with /.well-known/placet-jwks.json.")


class ReceiptLine(Shape):
    """One receipt in a list."""

    id: str
    grant_id: str
    version: int
    state: GrantState = Field(description="What the grant had reached; active or scheduled means that it was given.")
    issued_at: datetime

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptLine":
        """From the domain."""
        state = payload_of(receipt.compact)["dpv:hasRecordOfActivity"].get("placet:state", GrantState.ACTIVE)
        return cls(
            id=receipt.id,
            grant_id=receipt.grant_id,
            version=receipt.version,
            state=GrantState(state),
            issued_at=receipt.issued_at,
        )


class ReceiptList(Shape):
    """Receipts, newest first."""

    data: list[ReceiptLine]
