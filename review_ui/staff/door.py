"""What staff's pages about people share."""

from dataclasses import dataclass

from consent_registry.api import ConsentRegistry
from review_ui.staff.people import People
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages

ATTEST = "cameo:attest"
"""The permission of staff who vouch, and decide on what is found."""


@dataclass(frozen=True, slots=True)
class Door:
    """Whom pages are about, how they are made, and who may open them."""

    registry: ConsentRegistry
    people: People
    pages: Pages
    access: Access
