"""Receipts, and the keys that they are checked with."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault, payload_of
from consent_registry.routes.own import MANAGE, own, own_grant
from consent_registry.schemas import ReceiptLine, ReceiptList, ReceiptOut
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor


def add_receipts(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    """Routes of receipts."""

    @router.get("/v1/grants/{grant_id}/receipt")
    def receipt(
        grant_id: str, actor: Annotated[Actor, access.requires(MANAGE)], version: int | None = None
    ) -> ReceiptOut:
        """The signed receipt of a grant's newest version, or of the one asked for."""
        own_grant(registry, grant_id, actor)
        return ReceiptOut(grant_id=grant_id, receipt=registry.receipt(grant_id, version))

    @router.get("/v1/subjects/{subject_id}/receipts")
    def receipts(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> ReceiptList:
        """Every receipt of a subject, newest first: one for each state that each grant reached."""
        own(registry, subject_id, actor)
        return ReceiptList(data=[ReceiptLine.of(found) for found in registry.receipts(subject_id)])

    @router.get("/v1/receipts/{receipt_id}", response_class=Response)
    def download(
        receipt_id: str, actor: Annotated[Actor, access.requires(MANAGE)], form: Literal["jws", "json"] = "jws"
    ) -> Response:
        """One receipt as a file: signed (``.jws``, `placet receipt verify` checks it), or what it says as JSON."""
        found = registry.receipt_named(receipt_id)
        try:
            own_grant(registry, found.grant_id, actor)
        except NotFound as error:
            # word for word what a receipt that is not there is answered with
            raise NotFound("there is no such receipt", code=ConsentFault.RECEIPT_UNKNOWN) from error
        headers = {"content-disposition": f'attachment; filename="{found.id}.{form}"', "cache-control": "no-store"}
        if form == "json":
            return JSONResponse(payload_of(found.compact), headers=headers, media_type="application/ld+json")
        return Response(found.compact, headers=headers, media_type="application/jose")

    @router.get("/.well-known/placet-jwks.json", dependencies=[access.public()])
    def jwks() -> dict[str, Any]:
        """The keys that receipts are checked with (RFC 7517), former ones with their ends, and whose they are."""
        return registry.jwks()
