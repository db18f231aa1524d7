"""What it means that a text names a claimed work."""

from dataclasses import dataclass
from types import MappingProxyType

from copyright_optout.domain.claims import Claim, ClaimKind
from copyright_optout.domain.reasons import OptOutReason

NAMED = MappingProxyType(
    {
        ClaimKind.CHARACTER: OptOutReason.CHARACTER_NAMED,
        ClaimKind.WORK: OptOutReason.WORK_NAMED,
        ClaimKind.FRANCHISE: OptOutReason.FRANCHISE_NAMED,
        ClaimKind.STYLE: OptOutReason.STYLE_NAMED,
        ClaimKind.MUSIC: OptOutReason.MUSIC_NAMED,
    }
)


@dataclass(frozen=True, slots=True)
class NamedWork:
    """A claimed work that a text names.

    Attributes:
        span: characters [start, end) of the text.
        transformations: how the name was hidden; see `trust_kernel.names.NameHit`.
        score: 1.0 the name itself; [0.9, 1) disguised; [0.75, 0.9) misspelled, unsure.
    """

    claim: Claim
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        return NAMED[self.claim.terms.kind] if self.score >= SURE_NAME else OptOutReason.NAME_UNSURE


SURE_NAME = 0.9
"""Score from which a name is meant."""
