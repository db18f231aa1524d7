"""What the pages of rights holders share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from copyright_optout.api import OptOutIndex, PictureDecoder
from copyright_optout.routes.access import READ, WRITE
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages

HOME = "/rights"
CLAIMS = "/rights/claims"
__all__ = ["CLAIMS", "HOME", "READ", "WRITE", "Door", "Typed"]


@dataclass(frozen=True, slots=True)
class Door:
    """What the modules of `/rights` are made from.

    Attributes:
        decoder: decodes reference media in the sandbox.
        limits: what one reference file may be.
        unsearched: what this deployment does not look for, a line each.
    """

    optouts: OptOutIndex
    pages: Pages
    access: Access
    decoder: PictureDecoder
    limits: MediaLimits
    unsearched: Sequence[str] = ()

    @property
    def blind_spots(self) -> list[str]:
        """What is not looked for here, in words."""
        looks = [] if self.optouts.looks_searched else ["look-alikes: not searched, as no model for them is installed"]
        return [*(line.partition(" (")[0] for line in self.unsearched), *looks]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the small forms of a page, by field."""

    by_field: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, otherwise: str = "") -> str:
        """What stands in a field."""
        return self.by_field.get(name, otherwise)
