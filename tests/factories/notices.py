"""Notices that have everything that their law asks for, but for what a test leaves out."""

from dataclasses import replace

from copyright_optout.api import CounterStatement, CounterTexts, Element, GivenNotice, Statute, Texts
from copyright_optout.domain.notices import REQUIRED, STATEMENTS

TEXTS = Texts(
    name="Vera Rossi",
    email="vera@example.org",
    phone="+39 055 000000",
    address="Via Esempio 1, Firenze",
    work="The Teal Fox, a film of 1998",
    statement="I never agreed to this.",
    places=("video_1",),
    signature="Vera Rossi",
)
COUNTER = CounterTexts(name="Max Maker", address="1 Example Road, Springfield", phone="555 0100", signature="Max Maker")
SWORN = frozenset(CounterStatement)


def statements(statute: Statute) -> frozenset[Element]:
    """What a law has declared."""
    return frozenset(one.element for one in REQUIRED[statute]) & STATEMENTS


def given(
    statute: Statute = Statute.TAKE_IT_DOWN,
    *,
    without: tuple[Element, ...] = (),
    account_id: str | None = None,
    places: tuple[str, ...] = ("video_1",),
) -> GivenNotice:
    """A notice that has everything, or everything but some elements."""
    texts = replace(TEXTS, places=places)
    blank = {
        Element.SIGNATURE: {"signature": ""},
        Element.WORK: {"work": ""},
        Element.PERSON: {"work": ""},
        Element.MATERIAL: {"places": ()},
        Element.CONTACT: {"name": ""},
    }
    for element in without:
        texts = replace(texts, **blank.get(element, {}))  # type: ignore[arg-type] # texts, and one empty tuple
    return GivenNotice(statute, texts, statements(statute) - set(without), account_id=account_id)
