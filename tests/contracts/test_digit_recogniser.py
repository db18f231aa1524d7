"""What every recogniser of spoken digits promises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from consent_registry.adapters.pocketsphinx_digits import PocketSphinxDigits
from consent_registry.domain.challenge_checks import USUAL, edits
from consent_registry.ports.challenges import DigitRecogniser
from tests.factories.recordings import spoken
from tests.fakes.challenges import FakeRecogniser
from trust_kernel.media.refs import SAMPLE_RATE


class DigitRecogniserContract:
    def make(self, *digits: int) -> DigitRecogniser:
        """One that will hear these."""
        raise NotImplementedError

    def sound(self, *digits: int) -> NDArray[np.float32]:
        """These, spoken."""
        raise NotImplementedError

    @pytest.mark.parametrize("digits", [(3, 1, 4, 1, 5, 9, 2, 6), (2, 7, 1, 8, 2, 8, 1, 8), (0, 6, 5, 0, 3, 7, 4, 9)])
    def test_digits_are_understood_in_order_but_for_two_at_most(self, digits: tuple[int, ...]) -> None:
        found = self.make(*digits).recognise(self.sound(*digits), "en")
        assert edits([one.digit for one in found], digits) <= USUAL.edits
        moments = [moment for one in found for moment in (one.start, one.end)]
        assert moments == sorted(moments)
        assert all(one.end > one.start >= 0 for one in found)

    def test_nothing_is_understood_in_silence(self) -> None:
        assert self.make(1, 2).recognise(np.zeros(2 * SAMPLE_RATE, np.float32), "en") == ()

    def test_it_says_which_languages_it_knows(self) -> None:
        assert "en" in self.make().languages


class TestFakeRecogniser(DigitRecogniserContract):
    def make(self, *digits: int) -> DigitRecogniser:
        return FakeRecogniser(digits)

    def sound(self, *digits: int) -> NDArray[np.float32]:
        return np.ones(len(digits) * SAMPLE_RATE, np.float32)


class TestPocketSphinxDigits(DigitRecogniserContract):
    @pytest.fixture(scope="class")
    def recogniser(self) -> PocketSphinxDigits:
        pytest.importorskip("pocketsphinx")
        return PocketSphinxDigits()

    @pytest.fixture(autouse=True)
    def _kept(self, recogniser: PocketSphinxDigits) -> None:
        self._recogniser = recogniser  # its model takes a second to load

    def make(self, *digits: int) -> DigitRecogniser:  # noqa: ARG002 - it hears what is said
        return self._recogniser

    def sound(self, *digits: int) -> NDArray[np.float32]:
        return spoken(digits)

    def test_what_was_said_before_changes_nothing(self) -> None:
        sound = spoken((4, 2, 6, 0, 3, 5, 1, 7))
        first, second = (self._recogniser.recognise(sound, "en") for _ in range(2))
        assert [one.digit for one in first] == [one.digit for one in second]
