"""A work that is not named outright, in a whole house with the real readers: described, and written in a picture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from generator_gateway.api import NewVideo
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.ports import CaseView
from placet.demo.deployment import shared_model_cache
from placet.wiring import House, build_models
from placet.wiring.packs import READERS
from placet.wiring.reading import build_reading
from tests.factories.cases import NOON, a_request
from tests.factories.claims import active, terms
from tests.integration.deployments import PASSWORD, house, settings
from trust_kernel.decisions import Outcome, Stage

DESCRIPTION = "A lighthouse keeper made of sails who steers storms with a copper kite and collects lost letters."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house")
    models = build_models(settings(data, model_cache=shared_model_cache()))
    for pack in READERS:
        models.pull(pack.name)
    with house(data) as built:
        holder = built.kernel.accounts.register("studio@placet.test", PASSWORD, ["rights_holder"], "Studio").id
        says = replace(terms("Orla Brackenfoot"), descriptions=(DESCRIPTION,))
        active(built.guards.optouts, says, by=holder)
        yield built


@pytest.fixture(scope="module")
def account(served: House) -> str:
    return served.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id


def judged(served: House, account: str, new: NewVideo) -> tuple[str, tuple[str, ...]]:
    case = served.gateway.videos.submit(account, new)
    served.gateway.runner.run(case.id)
    found = served.shelves.cases.get(case.id)
    return found.status, found.reasons


def sheet(path: Path, text: str) -> Path:
    page = Image.new("RGB", (640, 360), (236, 228, 210))
    ImageDraw.Draw(page).text((70, 150), text, fill=(40, 30, 60), font=ImageFont.load_default(44))
    page.save(path)
    return path


def test_a_prompt_that_describes_a_claimed_character_waits_for_a_person(served: House, account: str) -> None:
    prompt = "the lighthouse keeper made of sails flies his copper kite into the storm"
    assert judged(served, account, NewVideo(prompt, "animatic", seconds="1")) == ("held", ("optout:description:alike",))


def test_a_name_on_a_sheet_that_is_handed_in_is_refused_with_its_place(
    served: House, account: str, tmp_path: Path
) -> None:
    new = NewVideo("make her dance", "animatic", references=(sheet(tmp_path / "sheet.png", "Orla Brackenfoot"),))
    case = served.gateway.videos.submit(account, new)
    served.gateway.runner.run(case.id)
    found = served.shelves.cases.get(case.id)
    assert (found.status, found.reasons) == ("failed", ("optout:text:pictured",))
    (decision,) = served.shelves.cases.decisions(case.id)
    (finding,) = [ruling.finding for ruling in decision.rulings if ruling.finding.outcome is Outcome.MATCH]
    assert finding.evidence.source == case.request.references[0].id
    assert finding.evidence.box is not None
    left, top, wide, high = finding.evidence.box
    assert (left < 0.2, 0.3 < top < 0.5, 0.3 < wide < 0.8, high < 0.3) == (True,) * 4
    assert decision.made_with["text:reader"].startswith("ppocr")
    assert decision.made_with["optout:descriptions"].startswith("sentence-minilm")


def test_other_words_and_other_sheets_are_clear(served: House, tmp_path: Path) -> None:
    guards, kernel = served.guards, served.kernel
    gates = build_reading(kernel, guards, ClaimedWorks(guards.optouts, guards.registry))
    look = kernel.decoder.look(sheet(tmp_path / "sheet.png", "Fresh coffee daily"))
    view = CaseView(Stage.REQUEST, a_request(prompt="a postman in a mountain village"), NOON, (("ref_1", look),))
    outcomes = {gate.name: [finding.outcome for finding in gate.look(view).findings] for gate in gates}
    clear = [Outcome.CLEAR]
    assert outcomes == {"prompt:descriptions": clear, "spelled:names": clear, "spoken:names": clear}
