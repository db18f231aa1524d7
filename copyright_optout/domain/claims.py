"""Claims of rights holders, and what they go through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from copyright_optout.domain.blocking import EVERYTHING, Blocks, Depiction, Licence
from copyright_optout.domain.proving import Declaration, Proof
from copyright_optout.domain.reasons import OptOutFault
from copyright_optout.errors import IllegalMove, UnusableClaim
from trust_kernel.texts import check_text

MOST_NAMES = 200
LONGEST_NAME = 200
LONGEST_REFERENCE = 200
"""Characters of a rights holder's own key for a claim."""
MOST_PICTURES = 20
"""Reference pictures that are handed in with a claim."""
MOST_DESCRIPTIONS = 20
LONGEST_DESCRIPTION = 1000


class ClaimKind(StrEnum):
    """What is claimed."""

    CHARACTER = "character"
    WORK = "work"
    FRANCHISE = "franchise"
    STYLE = "style"
    """The style of a named living artist: their name is what is looked for."""
    MUSIC = "music"


class ClaimState(StrEnum):
    """Where a claim stands. Only ACTIVE claims stop anything."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    """It would stop, or has begun to stop, more than a claim should: people look first."""
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Told(StrEnum):
    """What somebody whose request a claim stopped is told of it; each tells what those before it tell."""

    NOTHING = "nothing"
    """That something protected was found, and where."""
    KIND = "kind"
    TITLE = "title"
    HOLDER = "holder"

    @property
    def names(self) -> tuple[str, ...]:
        """What may be named."""
        levels = (Told.KIND, Told.TITLE, Told.HOLDER)
        return tuple(level.value for level in levels[: levels.index(self) + 1]) if self in levels else ()


ENDED = frozenset({ClaimState.WITHDRAWN, ClaimState.EXPIRED})
"""Nothing leads out of these."""
CHANGEABLE = frozenset({ClaimState.DRAFT, ClaimState.SUBMITTED})
"""As long as staff have not decided, reference media may be added, and a list may have the claim say something else."""
IN_FORCE = frozenset({ClaimState.ACTIVE, ClaimState.QUARANTINED, ClaimState.DISPUTED})
"""What was let take effect and has not ended, whether or not it stops anything just now."""
_MOVES = MappingProxyType(
    {
        ClaimState.DRAFT: frozenset({ClaimState.SUBMITTED, ClaimState.WITHDRAWN}),
        ClaimState.SUBMITTED: frozenset(
            {ClaimState.DRAFT, ClaimState.VERIFIED, ClaimState.ACTIVE, ClaimState.QUARANTINED, ClaimState.WITHDRAWN}
        ),
        ClaimState.VERIFIED: frozenset({ClaimState.ACTIVE, ClaimState.QUARANTINED, ClaimState.WITHDRAWN}),
        ClaimState.ACTIVE: frozenset({ClaimState.QUARANTINED, ClaimState.DISPUTED, *ENDED}),
        ClaimState.QUARANTINED: frozenset({ClaimState.ACTIVE, *ENDED}),
        ClaimState.DISPUTED: frozenset({ClaimState.ACTIVE, *ENDED}),
        ClaimState.WITHDRAWN: frozenset(),
        ClaimState.EXPIRED: frozenset(),
    }
)


def may_move(before: ClaimState, after: ClaimState) -> bool:
    """Whether a claim may go from one state to another; withdrawn and expired ones are final."""
    return after in _MOVES[before]


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """What a claim says, and may be changed to say as long as it is a draft.

    Attributes:
        title: what the rights holder calls it; searched for like the names.
        names: further names, aliases and spellings, in any language.
        descriptions: how somebody would describe it without naming it.
        blocks: which depictions.
        licences: who may nevertheless, and what.
        told: what requesters are told.
        starts_at: the moment from which it stops something; None for from when it is active.
        expires_at: the moment from which it no longer does; None for never.
    """

    kind: ClaimKind
    title: str
    names: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    blocks: Blocks = EVERYTHING
    licences: tuple[Licence, ...] = ()
    told: Told = Told.TITLE
    starts_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def aliases(self) -> tuple[str, ...]:
        """Everything that a prompt is searched for."""
        return tuple(dict.fromkeys((self.title, *self.names)))


@dataclass(frozen=True, slots=True)
class Claim:
    """A rights holder's statement that a work or character may not be generated.

    Attributes:
        id: ``claim_...``.
        organisation_id: whose it is.
        filed_by: account that filed it.
        reference: the rights holder's own key for it, unique among theirs; empty for none.
        proof: None as long as it is a draft without one.
        declared: under penalty of perjury; all of `proving.NEEDED` from SUBMITTED on.
        references: how many reference media of each kind ("picture", "video", "sound") were filed.
        only_licensed: its organisation lets nothing be made without a licence.
        salt: in what the ledger commits to; see `commitments`.
    """

    id: str
    organisation_id: str
    filed_by: str
    terms: ClaimTerms
    state: ClaimState
    created_at: datetime
    changed_at: datetime
    reference: str = ""
    proof: Proof | None = None
    declared: frozenset[Declaration] = frozenset()
    references: tuple[tuple[str, int], ...] = ()
    only_licensed: bool = field(default=False, compare=False)
    salt: str = field(default="", compare=False)

    @property
    def told_title(self) -> str:
        """Its title, where whoever it stops may know that; else nothing."""
        return self.terms.title if Told.TITLE.value in self.terms.told.names else ""

    def stands(self, at: datetime) -> bool:
        """Whether it stops anything at a moment: from its start on, and no longer at `expires_at` itself."""
        terms = self.terms
        return (
            self.state is ClaimState.ACTIVE
            and (terms.starts_at is None or terms.starts_at <= at)
            and not self.is_over(at)
        )

    def is_over(self, at: datetime) -> bool:
        """Whether its time has run out at a moment."""
        return self.terms.expires_at is not None and self.terms.expires_at <= at

    def licenses(self, account_id: str, depiction: Depiction, at: datetime) -> bool:
        """Whether a licence lets an account make a depiction."""
        return any(one.account_id == account_id and one.covers(depiction, at) for one in self.terms.licences)

    def blocks(self, depiction: Depiction) -> bool:
        """Whether a depiction is one that it blocks; any is, where its organisation licenses or nothing."""
        return self.only_licensed or self.terms.blocks.touches(depiction)

    def check_move(self, after: ClaimState) -> None:
        """Raises IllegalMove where the claim may not go to that state."""
        if not may_move(self.state, after):
            raise IllegalMove(f"a claim that is {self.state} cannot become {after}", field="state")


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What an index must know of a claim that began or ceased to stand.

    Attributes:
        generation: of the change; grows in the order of commits.
        fingerprints: of reference pictures and crops of them, hex; empty where it does not stand.
        spots: of windows round spots of them, hex.
    """

    claim_id: str
    generation: int
    active: bool
    aliases: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexReadiness:
    """How far this process has read.

    Attributes:
        generation: the last change in memory.
        latest: the last change committed.
    """

    generation: int
    latest: int

    @property
    def lag(self) -> int:
        """Changes not read yet; the next search reads them first."""
        return self.latest - self.generation


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names with their spaces in order, each once; raises UnusableClaim."""
    if len(names) > MOST_NAMES:
        raise UnusableClaim("too many names", field="names", limit=f"{MOST_NAMES} names")
    return tuple(dict.fromkeys(check_name(name, "names") for name in names))


def check_name(name: str, field: str) -> str:
    """A name with its spaces in order; raises InvalidInput where it is empty, too long, or no name."""
    if len(name) > LONGEST_NAME * 4:  # before anything looks at it: somebody may send megabytes
        raise _too_long(field)
    check_text(name, field)
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise _too_long(field)
    if not any(character.isalnum() for character in name):
        raise UnusableClaim("a name needs at least one letter or digit", code=OptOutFault.NAME_EMPTY, field=field)
    return name


def _too_long(field: str) -> UnusableClaim:
    return UnusableClaim(
        "this name is too long", code=OptOutFault.NAME_LENGTH, field=field, limit=f"{LONGEST_NAME} characters"
    )


def check_descriptions(descriptions: Iterable[str]) -> tuple[str, ...]:
    """Descriptions that say something, each once; raises UnusableClaim."""
    found = tuple(dict.fromkeys(" ".join(text.split()) for text in descriptions if text.strip()))
    if len(found) > MOST_DESCRIPTIONS or any(len(text) > LONGEST_DESCRIPTION for text in found):
        raise UnusableClaim(
            "too many descriptions, or one that is too long",
            field="descriptions",
            limit=f"{MOST_DESCRIPTIONS} of {LONGEST_DESCRIPTION} characters",
        )
    for text in found:
        check_text(text, "descriptions")
    return found
