"""What everything that listens for phrases promises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from generator_gateway.adapters.pocketsphinx_phrases import PocketSphinxPhrases
from generator_gateway.ports.reading import SpeechReader
from placet.demo.voices import VOICES, speak
from tests.fakes.reading import ScriptedListener
from trust_kernel.media.refs import SAMPLE_RATE

SAID, UNSAID = "Sherlock Holmes", "Jasper Quillfeather"


class SpeechReaderContract:
    def make(self) -> SpeechReader:
        """One that will hear `SAID` in the sound."""
        raise NotImplementedError

    def sound(self) -> NDArray[np.float32]:
        """Somebody says it."""
        raise NotImplementedError

    def test_what_is_said_is_heard_at_its_moment(self) -> None:
        reader = self.make()
        (heard,) = reader.spot(self.sound(), (SAID, UNSAID))
        assert heard.phrase == SAID
        assert 0 <= heard.seconds[0] < heard.seconds[1] <= self.sound().size / SAMPLE_RATE + 0.5
        assert 0 < heard.score <= 1
        assert heard.score >= reader.threshold

    def test_what_is_not_asked_for_is_not_heard(self) -> None:
        assert self.make().spot(self.sound(), (UNSAID,)) == ()

    def test_nothing_is_heard_in_silence_or_for_nothing(self) -> None:
        reader = self.make()
        assert reader.spot(np.zeros(0, np.float32), (SAID,)) == ()
        assert reader.spot(self.sound(), ()) == ()

    def test_it_says_what_it_is(self) -> None:
        assert self.make().version


class TestScriptedListener(SpeechReaderContract):
    def make(self) -> SpeechReader:
        return ScriptedListener((SAID,))

    def sound(self) -> NDArray[np.float32]:
        return np.ones(SAMPLE_RATE, np.float32)


class TestPocketSphinxPhrases(SpeechReaderContract):
    @pytest.fixture(scope="class")
    def reader(self) -> PocketSphinxPhrases:
        pytest.importorskip("pocketsphinx")
        return PocketSphinxPhrases()

    @pytest.fixture(scope="class")
    def spoken(self) -> NDArray[np.float32]:
        return speak(f"Hello, I am {SAID}, and this is my story.", VOICES["bruno"])

    @pytest.fixture(autouse=True)
    def _kept(self, reader: PocketSphinxPhrases, spoken: NDArray[np.float32]) -> None:
        self._reader, self._spoken = reader, spoken  # its model takes a second to load

    def make(self) -> SpeechReader:
        return self._reader

    def sound(self) -> NDArray[np.float32]:
        return self._spoken

    def test_what_was_listened_for_before_changes_nothing(self) -> None:
        first = self._reader.spot(self._spoken, (SAID,))
        self._reader.spot(self._spoken, (UNSAID,))
        assert self._reader.spot(self._spoken, (SAID,)) == first

    @pytest.mark.parametrize(
        "phrase", ["Bo", "\u0428\u0435\u0440\u043b\u043e\u043a", "R2D2", "the one and only Sherlock Holmes", "!?"]
    )
    def test_what_cannot_be_listened_for_is_passed_over(self, phrase: str) -> None:
        heard = self._reader.spot(self._spoken, (phrase, SAID))
        assert [one.phrase for one in heard] == [SAID]
        assert self._reader.spot(self._spoken, (phrase,)) == ()
