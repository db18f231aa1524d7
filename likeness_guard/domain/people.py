"""Public figures who are blocked: who they are, until when, and who may lift the block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Category(StrEnum):
    """Why a person is on the blocklist; `EXPLAINED` says it in words."""

    HEAD_OF_STATE = "head_of_state"
    HEAD_OF_GOVERNMENT = "head_of_government"
    LEGISLATOR = "legislator"
    CANDIDATE = "candidate"
    JUDGE = "judge"
    OFFICIAL = "official"
    ROYALTY = "royalty"
    JOURNALIST = "journalist"
    ATHLETE = "athlete"
    PERFORMER = "performer"
    BUSINESS = "business"
    ACTIVIST = "activist"
    PRIVATE_PERSON_BY_REQUEST = "private_person_by_request"
    MINOR = "minor"
    VICTIM = "victim"
    DECEASED_WITH_ESTATE = "deceased_with_estate"
    DECEASED = "deceased"
    OTHER = "other"


EXPLAINED: Mapping[Category, str] = {
    Category.HEAD_OF_STATE: "a president, monarch or other head of a state, in office or lately",
    Category.HEAD_OF_GOVERNMENT: "a prime minister, chancellor or other head of a government",
    Category.LEGISLATOR: "a member of a parliament or council",
    Category.CANDIDATE: "somebody who stands in an election; give the end of the block with it",
    Category.JUDGE: "a judge or prosecutor",
    Category.OFFICIAL: "a minister, officer, diplomat or other holder of a public office",
    Category.ROYALTY: "a member of a reigning or formerly reigning house",
    Category.JOURNALIST: "somebody who reports or comments under their own name",
    Category.ATHLETE: "somebody known for sport",
    Category.PERFORMER: "an actor, musician, presenter, writer or other artist",
    Category.BUSINESS: "somebody known for leading or owning a business",
    Category.ACTIVIST: "somebody known for a cause",
    Category.PRIVATE_PERSON_BY_REQUEST: "somebody who is not public and asked to be kept out",
    Category.MINOR: "a child or young person under the age of majority; never lifted by one person alone",
    Category.VICTIM: "somebody known for what was done to them",
    Category.DECEASED_WITH_ESTATE: "a dead person whose heirs hold rights in the likeness",
    Category.DECEASED: "a dead person without known heirs",
    Category.OTHER: "anybody else; say why in the note",
}


class LiftedBy(StrEnum):
    """Who may lift a block, or loosen it."""

    NOBODY = "nobody"
    PERSON = "person"
    ESTATE = "estate"
    TWO_STAFF = "two_staff"
    POLICY_TEAM = "policy_team"


STRICTNESS: tuple[LiftedBy, ...] = (
    LiftedBy.POLICY_TEAM,
    LiftedBy.TWO_STAFF,
    LiftedBy.ESTATE,
    LiftedBy.PERSON,
    LiftedBy.NOBODY,
)
"""From the laxest to the strictest."""

_USUALLY: Mapping[Category, LiftedBy] = {
    Category.MINOR: LiftedBy.TWO_STAFF,
    Category.VICTIM: LiftedBy.PERSON,
    Category.PRIVATE_PERSON_BY_REQUEST: LiftedBy.PERSON,
    Category.DECEASED_WITH_ESTATE: LiftedBy.ESTATE,
}


def usually_lifted_by(category: Category) -> LiftedBy:
    """Who may lift a block of a category where nobody said otherwise: the policy team, for most."""
    return _USUALLY.get(category, LiftedBy.POLICY_TEAM)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name.

    Attributes:
        name: as it is written.
        language: BCP 47 tag of its language or script, "ru" or "zh-Hant" for example; empty where nobody said.
    """

    name: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A blocklist entry to be made.

    Attributes:
        name: as the public knows the person.
        aliases: other names, spellings, scripts.
        category: a `Category` or its value; OTHER if left out.
        faces: uint8 RGB pictures with one face each.
        voices: float32 mono sounds at 16 kHz.
        lifted_by: who may lift it; what is usual for the category if left out.
        starts_at: blocks nothing before; at once if left out.
        ends_at: blocks nothing from then on; for good if left out.
        source: where the facts come from, a URL or a few words.
        external_id: the person's id elsewhere, "Q42" of Wikidata for example: the same id again is the same person.
        note: for other staff.
    """

    name: str
    aliases: Sequence[str | Alias] = ()
    category: str = ""
    faces: Sequence[NDArray[np.uint8]] = ()
    voices: Sequence[NDArray[np.float32]] = ()
    lifted_by: LiftedBy | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    source: str = ""
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LiftProposal:
    """One person's wish to lift a block that one alone may not lift.

    Attributes:
        by: account of the one who proposed.
        word_of: PERSON or ESTATE where they asked; None where nobody had to.
        proof: where their request can be read.
    """

    by: str
    reason: str
    at: datetime
    word_of: LiftedBy | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A blocklist entry, without its templates.

    Attributes:
        version: 1 when made, one more with every change.
        media: SHA-256 of reference files taken in, hex: the same file again adds nothing.
        salt: 16 random bytes, hex, in what the ledger commits to, so that nobody can try names against it.
        proposal: a lift that waits for a second person.
    """

    id: str
    name: str
    aliases: tuple[Alias, ...]
    category: Category
    has_face: bool
    has_voice: bool
    lifted_by: LiftedBy
    created_by: str
    created_at: datetime
    updated_at: datetime
    salt: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    source: str = ""
    external_id: str = ""
    note: str = ""
    version: int = 1
    media: tuple[str, ...] = ()
    proposal: LiftProposal | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the person is called."""
        return tuple(dict.fromkeys((self.name, *(alias.name for alias in self.aliases))))

    def stands(self, now: datetime) -> bool:
        """Whether it blocks anything at a moment."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)


class EntryEvent(StrEnum):
    """What happened to an entry; the kinds of its ledger entries, and IMPORTED that of a batch of them."""

    ADDED = "likeness:entry:added"
    CHANGED = "likeness:entry:changed"
    LIFT_PROPOSED = "likeness:entry:lift_proposed"
    LIFTED = "likeness:entry:lifted"
    IMPORTED = "likeness:entry:imported"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One line of an entry's history.

    Attributes:
        version: of the entry after it.
        by: account that did it.
        name: of the entry then; it stays readable after the block was lifted.
        changes: what was there before and after, by field, as text.
        reason: why, where somebody had to say.
    """

    entry_id: str
    version: int
    event: EntryEvent
    by: str
    at: datetime
    name: str
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    reason: str = ""


class Likeness(StrEnum):
    """How two people on the list, or one of them and an enrolled person, are alike; reported, never refused."""

    SAME_NAME = "likeness:similar:same_name"
    NEAR_NAME = "likeness:similar:near_name"
    FACE = "likeness:similar:face"
    VOICE = "likeness:similar:voice"


@dataclass(frozen=True, slots=True)
class Similar:
    """Somebody who may be the same person, or be taken for them.

    Attributes:
        about: blocklist entry, or subject where `gallery` is "cameo".
        name: of the entry; empty for a subject.
        score: 1.0 for the same name; else likeness of the names in [0, 1], or the cosine.
        sure: the score would count as a match; else it lies in the unsure band.
    """

    about: str
    kind: Likeness
    score: float
    sure: bool
    gallery: str = "blocklist"
    name: str = ""


class Noise(StrEnum):
    """Why a name will be found where nobody is meant, or seldom where somebody is."""

    COMMON_WORD = "likeness:name:common_word"
    SHORT = "likeness:name:short"


@dataclass(frozen=True, slots=True)
class NoisyName:
    """A name that is a common word or very short."""

    name: str
    why: Noise


@dataclass(frozen=True, slots=True)
class Added:
    """What adding or changing an entry gave.

    Attributes:
        similar: who is like them.
        noisy: names that will be found where nobody is meant.
    """

    entry: Entry
    similar: tuple[Similar, ...] = ()
    noisy: tuple[NoisyName, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries to list.

    Attributes:
        text: part of a name or alias, whatever its case and accents.
        standing_at: only those that block something then.
        after: (name, id) of the last entry of the page before.
        limit: at most so many, 1 to 1,000.
    """

    text: str = ""
    category: Category | None = None
    standing_at: datetime | None = None
    after: tuple[str, str] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A blocklisted person named in a text.

    Attributes:
        alias: the name or alias that was hit.
        span: characters [start, end) of the text as given.
        transformations: what disguised the name, in words.
        score: 1.0 for the plain name, less for looser likeness.
    """

    entry_id: str
    name: str
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float
