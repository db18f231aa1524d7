"""Who finds names in a text."""

from trust_kernel.names.shelves import Hit as NameHit
from trust_kernel.names.shelves import Keeper as NameKeeper
from trust_kernel.names.shelves import MatcherMaker as NameMatcherMaker
from trust_kernel.names.shelves import Matching as NameMatching

__all__ = ["NameHit", "NameKeeper", "NameMatcherMaker", "NameMatching"]
