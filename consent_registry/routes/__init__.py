"""The HTTP door of the consent registry."""

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry
from consent_registry.ports import UploadDecoder
from consent_registry.routes.enrolment import add_enrolment
from consent_registry.routes.families import add_families
from consent_registry.routes.follows import add_follows
from consent_registry.routes.grants import add_grants
from consent_registry.routes.own import ADMINISTER, ATTEST, MANAGE
from consent_registry.routes.people import add_people
from consent_registry.routes.receipts import add_receipts
from trust_kernel.web.access import Access


def build_router(registry: ConsentRegistry, access: Access, decoder: UploadDecoder) -> APIRouter:
    """Routes of people, grants, receipts and follows.

    Args:
        registry: the service.
        access: makes the guards.
        decoder: looks into uploaded enrolment media.
    """
    router = APIRouter(tags=["consent"])
    add_people(router, registry, access)
    add_enrolment(router, registry, access, decoder)
    add_families(router, registry, access)
    add_grants(router, registry, access)
    add_receipts(router, registry, access)
    add_follows(router, registry, access)
    return router


__all__ = ["ADMINISTER", "ATTEST", "MANAGE", "build_router"]
