"""Names that are said, and words that somebody does not want to say."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from consent_registry.api import Scope
from copyright_optout.api import NamedWork
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.found_names import NameBooks
from generator_gateway.gates.spoken import MOST_NAMES, SpokenGate
from generator_gateway.ports import CaseView
from generator_gateway.ports.reading import NothingHeard, SpeechReader
from generator_gateway.stages import Consent
from likeness_guard.api import NamedPerson
from tests.factories.cases import NOON, a_request
from tests.factories.claims import a_claim, terms
from tests.fakes.reading import ScriptedListener
from tests.unit.generator_gateway.conftest import House
from trust_kernel.decisions import Finding, Outcome, Stage
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind

LION = a_claim("claim_lion", says=terms("Leo Lionheart"), at=NOON)
NOISE = np.full(3 * SAMPLE_RATE, 0.2, np.float32)


def work(alias: str = "Leo Lionheart") -> NamedWork:
    return NamedWork(LION, alias, (0, len(alias)), (), 1.0)


def person(alias: str = "Queen Mab") -> NamedPerson:
    return NamedPerson("entry_mab", "Queen Mab", alias, (0, len(alias)), (), 1.0)


def sound(samples: NDArray[np.float32] = NOISE) -> Look:
    none = np.zeros((0, 0, 0, 3), np.uint8)
    return Look(MediaKind.AUDIO, 0, 0, samples.size / SAMPLE_RATE, none, np.zeros(0), samples)


def view(look: Look, *, stage: Stage = Stage.REQUEST, prompt: str = "a speech") -> CaseView:
    source = "output" if stage is Stage.OUTPUT else "ref_1"
    return CaseView(stage, a_request(prompt=prompt), NOON, ((source, look),))


def gate(house: House, reader: SpeechReader, most: int = MOST_NAMES) -> SpokenGate:
    claimed = ClaimedWorks(house.optouts, house.registry)
    return SpokenGate(NameBooks(house.likeness, house.optouts), reader, claimed, house.registry, most_names=most)


def found(house: House, reader: SpeechReader, seen: CaseView) -> tuple[Finding, ...]:
    return gate(house, reader).look(seen).findings


def test_a_name_that_is_said_is_held_with_its_seconds_never_refused(house: House) -> None:
    house.optouts.names, house.likeness.names = [work()], [person()]
    listener = ScriptedListener(("Queen Mab", "Leo Lionheart"))
    findings = found(house, listener, view(sound()))
    assert {(one.reason, one.about, one.outcome, one.evidence.seconds) for one in findings} == {
        ("likeness:name:heard", "entry_mab", Outcome.UNSURE, (0.0, 1.0)),
        ("optout:name:heard", "claim_lion", Outcome.UNSURE, (1.0, 2.0)),
    }
    assert all(one.threshold == listener.threshold for one in findings)


def test_policy_sees_of_what_kind_a_claim_is_whose_name_was_said(house: House) -> None:
    house.optouts.names = [work()]
    (finding,) = found(house, ScriptedListener(("Leo Lionheart",)), view(sound()))
    assert finding.facts["category"] == LION.terms.kind.value


def test_a_name_is_told_once_however_often_it_is_said(house: House) -> None:
    house.optouts.names = [work()]
    assert len(found(house, ScriptedListener(("Leo Lionheart", "Leo Lionheart")), view(sound()))) == 1


def test_who_holds_a_licence_may_have_the_name_said(house: House) -> None:
    house.optouts.names = [work()]
    house.optouts.licences = {("claim_lion", a_request().account_id)}
    (finding,) = found(house, ScriptedListener(("Leo Lionheart",)), view(sound()))
    assert finding.outcome is Outcome.CONSENTED


def test_what_the_prompt_names_is_not_listened_for_in_what_was_made(house: House) -> None:
    house.optouts.names = [work()]
    listener = ScriptedListener(("Leo Lionheart",))
    made = view(sound(), stage=Stage.OUTPUT, prompt="Leo Lionheart speaks")
    (finding,) = found(house, listener, made)
    assert finding.outcome is Outcome.CLEAR
    assert listener.asked == []


def said(house: House, consent: Consent, *, stage: Stage = Stage.OUTPUT) -> tuple[Finding, ...]:
    seen = replace(view(sound(), stage=stage), consents=(consent,))
    return found(house, ScriptedListener(("quantum cheese",)), seen)


def a_consent(house: House) -> Consent:
    bruno = house.person("bruno")
    grant = house.give(bruno, scope=Scope(unsaid=("quantum cheese",)))
    return Consent(bruno.id, 1, grant.id, frozenset({"voice"}))


def test_words_that_a_person_does_not_want_to_say_hold_what_was_made(house: House) -> None:
    consent = a_consent(house)
    (finding,) = said(house, consent)
    assert (finding.outcome, finding.reason) == (Outcome.UNSURE, "consent:scope:words")
    assert (finding.about, finding.evidence.source) == (consent.subject_id, "output")


def test_words_that_a_person_does_not_want_to_say_may_be_handed_in(house: House) -> None:
    (finding,) = said(house, a_consent(house), stage=Stage.REQUEST)
    assert finding.outcome is Outcome.CLEAR


def test_whoever_uses_their_own_likeness_has_no_grant_and_no_words(house: House) -> None:
    ada = house.person("ada")
    (finding,) = said(house, Consent(ada.id, 1, None, frozenset({"voice"})))
    assert finding.outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros(SAMPLE_RATE, np.float32)], ids=["none", "silent"]
)
def test_nobody_listens_to_silence(house: House, samples: NDArray[np.float32]) -> None:
    house.optouts.names = [work()]
    listener = ScriptedListener(("Leo Lionheart",))
    (finding,) = found(house, listener, view(sound(samples)))
    assert (finding.outcome, listener.asked) == (Outcome.CLEAR, [])


def test_nobody_listens_where_there_is_nothing_to_listen_for(house: House) -> None:
    listener = ScriptedListener()
    found(house, listener, view(sound()))
    assert listener.asked == []


def test_no_more_names_are_listened_for_than_can_be_told_apart(house: House) -> None:
    house.optouts.names = [work(f"Leo {number}") for number in range(300)]
    house.likeness.names = [person(f"Mab {number}") for number in range(300)]
    listener = ScriptedListener()
    found(house, listener, view(sound()))
    (asked,) = listener.asked
    assert len(asked) == MOST_NAMES
    assert sum(phrase.startswith("Mab") for phrase in asked) == MOST_NAMES // 2


def test_a_deployment_may_listen_for_unwanted_words_alone(house: House) -> None:
    house.optouts.names = [work()]
    seen = replace(view(sound(), stage=Stage.OUTPUT), consents=(a_consent(house),))
    listener = ScriptedListener(("Leo Lionheart", "quantum cheese"))
    (finding,) = gate(house, listener, most=0).look(seen).findings
    assert (finding.reason, listener.asked) == ("consent:scope:words", [("quantum cheese",)])


def test_a_deployment_that_does_not_listen_is_clear(house: House) -> None:
    house.optouts.names = [work()]
    report = gate(house, NothingHeard()).look(view(sound()))
    assert ([one.outcome for one in report.findings], report.made_with) == ([Outcome.CLEAR], {})


def test_what_is_said_in_a_channel_that_follows_the_mix_has_no_moment(house: House) -> None:
    house.optouts.names = [work()]
    look = replace(sound(), duration=0.0)
    (finding,) = found(house, ScriptedListener(("Leo Lionheart",)), view(look))
    assert finding.evidence.seconds is None
