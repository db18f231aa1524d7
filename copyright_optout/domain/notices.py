"""Notices under a statute: what each must say, and what becomes of it. None of this is legal advice.

The statutes: 17 U.S.C. 512(c)(3) and (g) (the DMCA); 47 U.S.C. 223a (the TAKE IT DOWN Act, section 3); and the NO FAKES
bill (S. 1367 and H.R. 2794, 119th Congress), which is not law: what it asks for is taken in as it stands there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from copyright_optout.domain.reasons import NoticeCause, NoticeFault
from copyright_optout.errors import IllegalMove
from trust_kernel.errors import InvalidInput


class Statute(StrEnum):
    """Under which law somebody gives notice."""

    DMCA = "dmca"
    TAKE_IT_DOWN = "take_it_down"
    NO_FAKES = "no_fakes"

    @property
    def cause(self) -> NoticeCause:
        """Why a video is taken down, in a code."""
        return NoticeCause[self.name]

    @property
    def knows_counter(self) -> bool:
        """Whether whoever made a video can have it back by a counter-notice: 47 U.S.C. 223a knows none."""
        return self is not Statute.TAKE_IT_DOWN

    @property
    def hides_giver(self) -> bool:
        """Whether whoever made a video learns nothing of who gave notice, nor what they wrote."""
        return self is Statute.TAKE_IT_DOWN


class Element(StrEnum):
    """What a notice has to contain."""

    SIGNATURE = "signature"
    WORK = "work"
    """The copyrighted work, or a list of several."""
    PERSON = "person"
    """Whose voice or likeness it is."""
    MATERIAL = "material"
    """The video, so that it can be found."""
    CONTACT = "contact"
    GOOD_FAITH = "good_faith"
    """Believed in good faith not to be allowed by the holder, their agent or the law."""
    ACCURATE = "accurate"
    AUTHORISED = "authorised"
    """Under penalty of perjury: may act for the holder."""
    NON_CONSENT = "non_consent"
    """Believed in good faith to be published without consent, and why."""


STATEMENTS = frozenset({Element.GOOD_FAITH, Element.ACCURATE, Element.AUTHORISED, Element.NON_CONSENT})
"""What is declared rather than filled in."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One element that a statute requires.

    Attributes:
        law: where it stands.
        checked: how it is looked for.
    """

    element: Element
    law: str
    checked: str


_SIGNED = "a name is typed as signature"
_REACHED = "a name, and an e-mail address, a telephone number or a postal address"
_FOUND = "a video, link, digest or file leads to a video that was made here"
_TICKED = "the statement is declared"

REQUIRED: Mapping[Statute, tuple[Requirement, ...]] = MappingProxyType(
    {
        Statute.DMCA: (
            Requirement(Element.SIGNATURE, "17 U.S.C. 512(c)(3)(A)(i)", _SIGNED),
            Requirement(Element.WORK, "17 U.S.C. 512(c)(3)(A)(ii)", "the work is named"),
            Requirement(Element.MATERIAL, "17 U.S.C. 512(c)(3)(A)(iii)", _FOUND),
            Requirement(Element.CONTACT, "17 U.S.C. 512(c)(3)(A)(iv)", _REACHED),
            Requirement(Element.GOOD_FAITH, "17 U.S.C. 512(c)(3)(A)(v)", _TICKED),
            Requirement(Element.ACCURATE, "17 U.S.C. 512(c)(3)(A)(vi)", _TICKED),
            Requirement(Element.AUTHORISED, "17 U.S.C. 512(c)(3)(A)(vi)", _TICKED),
        ),
        Statute.TAKE_IT_DOWN: (
            Requirement(Element.SIGNATURE, "47 U.S.C. 223a(a)(1)(B)(i)", _SIGNED),
            Requirement(Element.MATERIAL, "47 U.S.C. 223a(a)(1)(B)(ii)", _FOUND),
            Requirement(
                Element.NON_CONSENT, "47 U.S.C. 223a(a)(1)(B)(iii)", "the statement is declared, with a word on why"
            ),
            Requirement(Element.CONTACT, "47 U.S.C. 223a(a)(1)(B)(iv)", _REACHED),
        ),
        Statute.NO_FAKES: (
            Requirement(Element.SIGNATURE, "S. 1367, section 2", _SIGNED),
            Requirement(Element.PERSON, "S. 1367, section 2", "the person is named"),
            Requirement(Element.MATERIAL, "S. 1367, section 2", _FOUND),
            Requirement(Element.CONTACT, "S. 1367, section 2", _REACHED),
            Requirement(Element.GOOD_FAITH, "S. 1367, section 2", _TICKED),
            Requirement(Element.AUTHORISED, "S. 1367, section 2", _TICKED),
        ),
    }
)


class CounterStatement(StrEnum):
    """What a counter-notice declares: 17 U.S.C. 512(g)(3)(C) and (D)."""

    MISTAKE = "mistake"
    """Under penalty of perjury: believed in good faith to be down by mistake or because it was misidentified."""
    JURISDICTION = "jurisdiction"
    """Consents to a Federal District Court's jurisdiction: of their address, or abroad of any that we are found in."""
    SERVICE = "service"
    """Accepts service of process from whoever gave notice, or their agent."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    """Elements are missing: whoever gave notice was told which, and no clock runs."""
    VALID = "valid"
    ACTED = "acted"
    """The videos are taken down."""
    REJECTED = "rejected"
    COUNTERED = "countered"
    RESTORED = "restored"
    FINAL = "final"
    """What is down stays down."""
    WITHDRAWN = "withdrawn"
    """By whoever gave it."""


ENDED = (NoticeState.REJECTED, NoticeState.RESTORED, NoticeState.FINAL, NoticeState.WITHDRAWN)
"""States that nothing leads out of."""
_MOVES = MappingProxyType(
    {
        NoticeState.RECEIVED: frozenset({NoticeState.INCOMPLETE, NoticeState.VALID}),
        NoticeState.INCOMPLETE: frozenset(
            {NoticeState.INCOMPLETE, NoticeState.VALID, NoticeState.REJECTED, NoticeState.WITHDRAWN}
        ),
        NoticeState.VALID: frozenset({NoticeState.ACTED, NoticeState.REJECTED, NoticeState.WITHDRAWN}),
        NoticeState.ACTED: frozenset({NoticeState.COUNTERED, NoticeState.FINAL, NoticeState.WITHDRAWN}),
        NoticeState.COUNTERED: frozenset(
            {
                NoticeState.COUNTERED,
                NoticeState.ACTED,
                NoticeState.RESTORED,
                NoticeState.FINAL,
                NoticeState.WITHDRAWN,
            }
        ),
        **dict.fromkeys(ENDED, frozenset[NoticeState]()),
    }
)


class Rejection(StrEnum):
    """Why staff reject a notice."""

    NOT_SHOWN = "not_shown"
    """The video does not show what the notice says."""
    LAWFUL = "lawful"
    """The use is allowed: by a licence, by consent, or by law."""
    NOT_ENTITLED = "not_entitled"
    """Whoever gave notice may not."""
    ABUSE = "abuse"
    APPEALED = "appealed"
    """The owners of every video appealed, and were right; nothing that staff choose."""


REJECTIONS = tuple(why for why in Rejection if why is not Rejection.APPEALED)
"""What staff choose among."""


class FoundBy(StrEnum):
    """How a video was found for a notice."""

    NAMED = "named"
    LINKED = "linked"
    DIGEST = "digest"
    FILE = "file"
    STAFF = "staff"
    COPY = "copy"
    """An identical copy of one that was found otherwise."""


@dataclass(frozen=True, slots=True)
class Located:
    """A video that a notice is about.

    Attributes:
        case_id: the release.
        similarity: to what was handed in, 0 to 100; 100 where it was named.
        batch_id: by which it was taken down; empty before.
        reference_id: by which videos like it are stopped; empty for none.
    """

    case_id: str
    by: FoundBy
    similarity: int = 100
    batch_id: str = ""
    reference_id: str = ""
    restored_at: datetime | None = None

    @property
    def is_down(self) -> bool:
        """Whether the notice keeps it down."""
        return bool(self.batch_id) and self.restored_at is None


@dataclass(frozen=True, slots=True)
class Texts:
    """What somebody wrote: sealed where it is kept, never logged.

    Attributes:
        work: the work, or whose voice or likeness it is.
        statement: in their own words: why it is not allowed, or was not consented to.
        places: where the video is: ids, links, digests, as typed.
        on_behalf_of: for whom; empty for themselves.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    on_behalf_of: str = ""
    work: str = ""
    statement: str = ""
    places: tuple[str, ...] = ()
    signature: str = ""

    @property
    def is_reachable(self) -> bool:
        """Whether there is a name and a way to reach it."""
        return bool(self.name and ("@" in self.email or self.phone or self.address))


@dataclass(frozen=True, slots=True)
class CounterTexts:
    """What a counter-notice says of whoever sends it: the claimant is given it, as 512(g)(2)(B) asks."""

    name: str
    address: str
    phone: str
    signature: str
    email: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter-notice by an owner of some of the videos.

    Attributes:
        id: ``ctr_...``.
        case_ids: what they want back.
        restored_at: when they got it.
    """

    id: str
    account_id: str
    received_at: datetime
    case_ids: tuple[str, ...]
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, without what was written in it.

    Attributes:
        id: ``ntc_...``.
        account_id: who gave it; None for somebody without an account.
        language: in which they are answered.
        missing: required elements that are not there; empty from VALID on.
        valid_at: when the last missing element came; clocks run from here.
        suit_at: since when a law suit about it is pending; None where none is.
        claim_id: the internal claim by which videos alike are stopped; empty for none.
        rejection: why staff rejected it.
    """

    id: str
    statute: Statute
    state: NoticeState
    received_at: datetime
    changed_at: datetime
    account_id: str | None = None
    language: str = "en"
    declared: frozenset[Element] = frozenset()
    missing: tuple[Element, ...] = ()
    videos: tuple[Located, ...] = ()
    counters: tuple[Counter, ...] = ()
    valid_at: datetime | None = None
    acted_at: datetime | None = None
    suit_at: datetime | None = None
    claim_id: str = ""
    rejection: Rejection | None = None

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The videos that it is about."""
        return tuple(video.case_id for video in self.videos)

    @property
    def down(self) -> tuple[Located, ...]:
        """Videos that it keeps down."""
        return tuple(video for video in self.videos if video.is_down)

    @property
    def open_counters(self) -> tuple[Counter, ...]:
        """Counter-notices that were not followed yet."""
        return tuple(counter for counter in self.counters if counter.restored_at is None)

    def to(self, state: NoticeState, at: datetime) -> "Notice":
        """The notice in another state.

        Raises:
            IllegalMove: ``optout:notice:state``, where it cannot go there.
        """
        reversed_ = state is NoticeState.REJECTED and self.state is NoticeState.ACTED and not self.statute.knows_counter
        if state not in _MOVES[self.state] and not reversed_:
            raise IllegalMove(
                f"a notice that is {self.state} cannot become {state}", code=NoticeFault.STATE, field="state"
            )
        return replace(self, state=state, changed_at=at)

    def judged(self, texts: Texts, at: datetime) -> "Notice":
        """The notice as VALID or INCOMPLETE, by what it says; a clock starts with the last element that comes."""
        missing = missing_elements(self.statute, texts, self.declared, located=bool(self.videos))
        state = NoticeState.INCOMPLETE if missing else NoticeState.VALID
        return replace(self.to(state, at), missing=missing, valid_at=None if missing else at)


def missing_elements(
    statute: Statute, texts: Texts, declared: Collection[Element], *, located: bool
) -> tuple[Element, ...]:
    """Elements that a statute requires and a notice lacks, in the statute's order.

    Args:
        statute: which.
        texts: what was written.
        declared: what was declared.
        located: whether a video was found.
    """
    there = {
        Element.SIGNATURE: bool(texts.signature),
        Element.WORK: bool(texts.work),
        Element.PERSON: bool(texts.work),
        Element.MATERIAL: located,
        Element.CONTACT: texts.is_reachable,
        **{element: element in declared for element in STATEMENTS},
    }
    there[Element.NON_CONSENT] &= bool(texts.statement)
    return tuple(one.element for one in REQUIRED[statute] if not there[one.element])


LONGEST = MappingProxyType(
    {"name": 200, "email": 254, "phone": 50, "address": 500, "on_behalf_of": 200, "work": 2000, "statement": 4000}
    | {"signature": 200}
)
"""Characters of each text."""
MOST_PLACES = 100
LONGEST_PLACE = 500


def check_texts(texts: Texts) -> Texts:
    """The texts, trimmed; raises InvalidInput where one is longer than `LONGEST` says."""
    fields = {name: _checked(name, getattr(texts, name)) for name in LONGEST}
    places = tuple(dict.fromkeys(place.strip() for place in texts.places if place.strip()))
    if len(places) > MOST_PLACES or any(len(place) > LONGEST_PLACE for place in places):
        raise InvalidInput(
            "too many videos at once, or one that is too long",
            code=NoticeFault.TEXT,
            field="videos",
            limit=f"{MOST_PLACES} of {LONGEST_PLACE} characters",
        )
    return Texts(places=places, **fields)


_COUNTER_NEEDS = ("name", "address", "phone", "signature")


def missing_in_counter(texts: CounterTexts, declared: Collection[CounterStatement]) -> tuple[str, ...]:
    """What a counter-notice lacks of 17 U.S.C. 512(g)(3): names of its texts, then of its statements."""
    blank = [name for name in _COUNTER_NEEDS if not getattr(texts, name).strip()]
    return (*blank, *(one.value for one in CounterStatement if one not in declared))


def check_counter(texts: CounterTexts, declared: Collection[CounterStatement]) -> CounterTexts:
    """A counter-notice with every element of 17 U.S.C. 512(g)(3); raises InvalidInput that names what is missing."""
    names = (*_COUNTER_NEEDS, "email", "statement")
    checked = CounterTexts(**{name: _checked(name, getattr(texts, name)) for name in names})
    missing = missing_in_counter(checked, declared)
    if missing:
        raise InvalidInput(
            f"a counter-notice needs as well: {', '.join(missing)}",
            code=NoticeFault.COUNTER_INCOMPLETE,
            field=missing[0],
            limit="17 U.S.C. 512(g)(3)",
        )
    return checked


def _checked(name: str, text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST[name]:
        raise InvalidInput(
            "this text is too long", code=NoticeFault.TEXT, field=name, limit=f"{LONGEST[name]} characters"
        )
    return text
