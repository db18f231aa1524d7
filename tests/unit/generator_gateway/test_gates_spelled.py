"""Names that are written in pictures."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from copyright_optout.api import NamedWork
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.found_names import NameBooks
from generator_gateway.gates.spelled import MOST_SCENES, SpelledGate
from generator_gateway.ports import CaseView
from generator_gateway.ports.reading import NothingRead, ReadLine, TextReader
from likeness_guard.api import NamedPerson
from tests.factories.cases import NOON, a_request
from tests.factories.claims import a_claim, terms
from tests.fakes.optout import look_at
from tests.fakes.reading import PaintedReader
from tests.unit.generator_gateway.conftest import House
from trust_kernel.decisions import Finding, Outcome, Stage
from trust_kernel.media.refs import Look

LION = a_claim("claim_lion", says=terms("Leo Lionheart"), at=NOON)
RED, BLUE = 200, 40
LABEL = "AI \u00b7 placet"


def work(score: float = 1.0, alias: str = "Leo Lionheart") -> NamedWork:
    start = 0
    return NamedWork(LION, alias, (start, start + len(alias)), ("folded",), score)


def person(score: float = 1.0, alias: str = "Queen Mab") -> NamedPerson:
    return NamedPerson("entry_mab", "Queen Mab", alias, (0, len(alias)), (), score)


def line(text: str, confidence: float = 0.95, top: float = 0.1) -> ReadLine:
    return ReadLine(text, confidence, (0.1, top, 0.5, 0.1))


def picture(level: int = RED) -> NDArray[np.uint8]:
    return np.full((24, 32, 3), level, np.uint8)


def view(
    *looks: tuple[str, Look], stage: Stage = Stage.REQUEST, prompt: str = "a poster", by: str = "acct_a"
) -> CaseView:
    return CaseView(stage, a_request(account_id=by, prompt=prompt), NOON, looks)


def gate(house: House, reader: TextReader, *, worth: bool = True) -> SpelledGate:
    names = NameBooks(house.likeness, house.optouts)
    claimed = ClaimedWorks(house.optouts, house.registry)
    return SpelledGate(names, reader, claimed, worth_it=lambda: worth, own=(LABEL,))


def found(house: House, *lines: ReadLine, seen: CaseView | None = None) -> tuple[Finding, ...]:
    reader = PaintedReader({RED: lines})
    return gate(house, reader).look(seen or view(("ref_1", look_at(picture())))).findings


def test_a_picture_without_a_name_is_clear_and_says_what_read_it(house: House) -> None:
    report = gate(house, PaintedReader()).look(view(("ref_1", look_at(picture()))))
    assert [finding.outcome for finding in report.findings] == [Outcome.CLEAR]
    assert report.made_with == {"text:reader": "painted-1"}


@pytest.mark.parametrize(
    ("score", "confidence", "outcome", "reason"),
    [
        (1.0, 0.95, Outcome.MATCH, "optout:text:pictured"),
        (0.9, 0.8, Outcome.MATCH, "optout:text:pictured"),
        (0.89, 0.95, Outcome.UNSURE, "optout:text:unsure"),
        (1.0, 0.79, Outcome.UNSURE, "optout:text:unsure"),
    ],
    ids=["plain", "disguised", "only nearly the name", "hardly legible"],
)
def test_a_work_spelled_in_a_picture(
    house: House, score: float, confidence: float, outcome: Outcome, reason: str
) -> None:
    house.optouts.names = [work(score)]
    (finding,) = found(house, line("Leo Lionheart", confidence))
    assert (finding.outcome, finding.reason, finding.about) == (outcome, reason, "claim_lion")
    assert finding.score is not None
    assert finding.threshold is not None
    assert (finding.score >= finding.threshold) is (outcome is Outcome.MATCH)
    assert (finding.evidence.source, finding.evidence.seconds) == ("ref_1", None)
    assert finding.evidence.box == pytest.approx((0.1, 0.1, 0.5, 0.1))


def test_a_blocked_person_spelled_in_a_picture_is_of_the_blocklist(house: House) -> None:
    house.likeness.names = [person()]
    (finding,) = found(house, line("Queen Mab"))
    assert (finding.outcome, finding.reason, finding.about) == (Outcome.MATCH, "likeness:text:pictured", "entry_mab")
    assert finding.facts["gallery"] == "blocklist"


def test_a_name_on_two_lines_is_found_in_the_box_around_both(house: House) -> None:
    house.optouts.names = [work()]
    (finding,) = found(house, line("Leo", top=0.1), line("Lionheart", top=0.3))
    assert finding.outcome is Outcome.MATCH
    assert finding.evidence.box == pytest.approx((0.1, 0.1, 0.5, 0.3))


def test_what_was_found_in_a_video_says_when_it_is_on_show(house: House) -> None:
    house.optouts.names = [work()]
    frames = [picture(BLUE), picture(BLUE), picture(RED), picture(RED), picture(BLUE)]
    (finding,) = found(house, line("Leo Lionheart"), seen=view(("output", look_at(*frames)), stage=Stage.OUTPUT))
    assert finding.evidence.seconds == (1.0, 1.5)


def test_a_name_is_told_once_a_medium_by_its_surest_reading(house: House) -> None:
    house.optouts.names = [work()]
    reader = PaintedReader({RED: (line("Leo Lionheart", 0.6),), BLUE: (line("Leo Lionheart", 0.9),)})
    seen = view(("ref_1", look_at(picture(RED), picture(BLUE))), ("ref_2", look_at(picture(RED))))
    findings = gate(house, reader).look(seen).findings
    assert [(one.evidence.source, one.outcome) for one in findings] == [
        ("ref_1", Outcome.MATCH),
        ("ref_2", Outcome.UNSURE),
    ]


def test_who_holds_a_licence_may_show_the_name(house: House) -> None:
    house.optouts.names = [work()]
    house.optouts.licences = {("claim_lion", "acct_licensee")}
    by_licensee = view(("ref_1", look_at(picture())), by="acct_licensee")
    (finding,) = found(house, line("Leo Lionheart"), seen=by_licensee)
    assert (finding.outcome, finding.reason) == (Outcome.CONSENTED, "optout:claim:licensed")


def test_a_caption_of_the_prompt_in_what_was_made_says_nothing_new(house: House) -> None:
    house.optouts.names = [work(0.8)]
    prompt = "a lion, perhaps Leo Lionheart, in a park"
    made = view(("output", look_at(picture())), stage=Stage.OUTPUT, prompt=prompt)
    (finding,) = found(house, line("Leo Lionheart"), seen=made)
    assert finding.outcome is Outcome.CLEAR


def test_the_prompt_excuses_nothing_that_is_handed_in(house: House) -> None:
    house.optouts.names = [work()]
    (finding,) = found(house, line("Leo Lionheart"), seen=view(("ref_1", look_at(picture())), prompt="Leo Lionheart"))
    assert finding.outcome is Outcome.MATCH


@pytest.mark.parametrize("text", [LABEL, "ai placet", "AI\u00b7PLACET", "placet"])
def test_our_own_mark_is_no_name(house: House, text: str) -> None:
    house.optouts.names = [replace(work(), alias=text, span=(0, len(text)))]
    (finding,) = found(house, line(text))
    assert finding.outcome is Outcome.CLEAR


def test_a_name_beside_our_mark_is_found_all_the_same(house: House) -> None:
    house.optouts.names = [work()]
    (finding,) = found(house, line("Leo Lionheart"), line(LABEL, top=0.8))
    assert finding.outcome is Outcome.MATCH


def test_nothing_is_read_where_there_is_no_name_to_find(house: House) -> None:
    reader = PaintedReader({RED: (line("Leo Lionheart"),)})
    gate(house, reader, worth=False).look(view(("ref_1", look_at(picture()))))
    assert reader.read_pictures == 0


def test_a_deployment_that_reads_nothing_is_clear_and_says_nothing_of_a_reader(house: House) -> None:
    house.optouts.names = [work()]
    report = gate(house, NothingRead()).look(view(("ref_1", look_at(picture()))))
    assert [finding.outcome for finding in report.findings] == [Outcome.CLEAR]
    assert report.made_with == {}


def test_at_most_six_pictures_of_a_medium_are_read(house: House) -> None:
    reader = PaintedReader()
    gate(house, reader).look(view(("ref_1", look_at(*[picture(level) for level in range(0, 240, 20)]))))
    assert reader.read_pictures == MOST_SCENES == 6
