"""What every printer of sound does: energy differences, and Chromaprint where its program is installed."""

import stat
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from copyright_optout.adapters.energy_printer import EnergyPrinter
from copyright_optout.adapters.fpcalc import FpcalcPrinter, find_fpcalc
from copyright_optout.ports import SoundPrinter
from copyright_optout.service.sound_shelf import SoundShelf
from tests.factories.references import melody
from trust_kernel.errors import Unavailable
from trust_kernel.media.refs import SAMPLE_RATE

RATE = SAMPLE_RATE


def noisy(samples: NDArray[np.float32], decibels: float) -> NDArray[np.float32]:
    """White noise so far under the sound."""
    level = float(np.sqrt(np.mean(samples**2))) / 10 ** (decibels / 20)
    return (samples + np.random.default_rng(1).normal(0, level, len(samples))).astype(np.float32)


class SoundPrinterContract:
    @pytest.fixture
    def printer(self) -> SoundPrinter:
        raise NotImplementedError

    def test_words_lie_as_far_apart_as_is_said(self, printer: SoundPrinter) -> None:
        long, short = len(printer.prints(melody(1, 40))), len(printer.prints(melody(1, 20)))
        assert (long - short) * printer.scheme.step == pytest.approx(20, abs=0.5)

    def test_a_stretch_is_found_again_where_it_is_through_noise_and_at_another_volume(
        self, printer: SoundPrinter
    ) -> None:
        shelf = SoundShelf(printer.scheme)
        every = printer.scheme.kept_every
        shelf.change({f"song {n}": printer.prints(melody(n, 40))[::every] for n in range(4)}, ())
        taken = melody(2, 40)[12 * RATE : 24 * RATE] * np.float32(0.3)
        query = np.concatenate([melody(8, 8), noisy(taken, 20), melody(9, 8)])
        (hit,) = shelf.search(printer.prints(query))
        assert hit.key == "song 2"
        assert hit.seconds == pytest.approx((8, 20), abs=1)
        assert hit.offset == pytest.approx(12, abs=1)

    def test_other_music_is_not(self, printer: SoundPrinter) -> None:
        shelf = SoundShelf(printer.scheme)
        shelf.change({f"song {n}": printer.prints(melody(n, 40))[:: printer.scheme.kept_every] for n in range(4)}, ())
        assert shelf.search(printer.prints(melody(7, 40))) == []

    def test_next_to_nothing_gives_nothing(self, printer: SoundPrinter) -> None:
        assert not printer.prints(np.zeros(100, np.float32)).any()


class TestEnergyPrinter(SoundPrinterContract):
    @pytest.fixture
    def printer(self) -> SoundPrinter:
        return EnergyPrinter()


class TestFpcalc(SoundPrinterContract):
    @pytest.fixture
    def printer(self) -> SoundPrinter:
        program = find_fpcalc()
        if program is None:
            pytest.skip("fpcalc is not installed")
        return FpcalcPrinter(program)


@pytest.mark.parametrize("script", ["exit 3", "echo no json", "echo '{\"duration\": 1}'"])
def test_a_program_that_fails_is_an_outage_and_no_empty_answer(tmp_path: Path, script: str) -> None:
    program = tmp_path / "fpcalc"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(Unavailable) as failed:
        FpcalcPrinter(str(program)).prints(melody(1, 8))
    assert failed.value.code == "optout:printer:unavailable"
    with pytest.raises(Unavailable):
        FpcalcPrinter(str(tmp_path / "gone")).prints(melody(1, 8))
