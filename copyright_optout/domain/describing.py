"""What it means that a text describes a claimed work without naming it."""

import hashlib
import re
from dataclasses import dataclass

from copyright_optout.domain.claims import Claim
from copyright_optout.domain.reasons import OptOutReason

MOST_PARTS = 64
"""Parts of a prompt that are compared, the whole among them: a description in a long prompt drowns in the rest."""
_LEAST_WORDS = 4
_ENDS = re.compile(r"(?<=[.!?;])\s+|\n+|(?<=[\u3002\uff01\uff1f])")


@dataclass(frozen=True, slots=True)
class DescribedWork:
    """A claimed work that a text describes, perhaps: somebody has to look, always.

    Attributes:
        score: cosine in [-1, 1] of the nearest part of the text and the nearest description of the claim.
        threshold: the score from which it is said.
    """

    claim: Claim
    score: float
    threshold: float

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        return OptOutReason.DESCRIPTION_ALIKE


def parts_of(text: str) -> tuple[str, ...]:
    """The whole text and its sentences of four words or more; nothing where there is no text.

    Of more than 63 sentences neighbours are put together, so that nothing is left out.
    """
    whole = " ".join(text.split())
    if not whole:
        return ()
    sentences = [" ".join(part.split()) for part in _ENDS.split(text)]
    telling = [part for part in sentences if len(part.split()) >= _LEAST_WORDS]
    together = -(-len(telling) // (MOST_PARTS - 1)) or 1
    groups = (" ".join(telling[start : start + together]) for start in range(0, len(telling), together))
    return tuple(dict.fromkeys((whole, *groups)))


def digest_of(description: str) -> str:
    """SHA-256 of a description, hex: what is made of it is kept under that."""
    return hashlib.sha256(description.encode()).hexdigest()
