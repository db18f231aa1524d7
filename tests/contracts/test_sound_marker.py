"""What every `SoundMarker` and every `SoundPresence` promises."""

import importlib.util
from abc import ABC, abstractmethod

import numpy as np
import pytest

from benchmarks.sounds import at_rate, music, speech
from tests.fakes.sound_marks import PlainPresence, PlainSoundMarker
from trust_kernel.errors import InvalidInput
from watermark.adapters.perth import PerthPresence
from watermark.adapters.sound_mark import KeyedSoundMarker
from watermark.domain.marks import MarkKey, MarkKeys, Search, WatermarkReason
from watermark.ports.marks import Sound, SoundMarker, SoundPresence

OLD, NEW, STRANGE = MarkKey("1", b"an old key"), MarkKey("2", b"a newer key"), MarkKey("9", b"somebody else's")
PAYLOAD = 0xFEED_5EED


def _stereo(seconds: float = 4.0) -> Sound:
    both = np.concatenate([music(seconds).samples, music(seconds, seed=4).samples * np.float32(0.5)])
    return Sound(both, 44_100)


class SoundMarkerContract(ABC):
    @abstractmethod
    def marker(self, keys: MarkKeys) -> SoundMarker: ...

    def test_a_payload_comes_back_and_only_under_its_key(self) -> None:
        marked = self.marker(MarkKeys(NEW)).mark(_stereo(), PAYLOAD)
        reading = self.marker(MarkKeys(NEW, (OLD,))).read(marked, Search.ALIGNED)
        assert reading.found
        assert (reading.payload, reading.key_id) == (PAYLOAD, "2")
        assert reading.confidence >= reading.threshold
        assert reading.chance <= 1e-9
        assert reading.seconds == pytest.approx(4.0, abs=0.01)

        stranger = self.marker(MarkKeys(STRANGE)).read(marked, Search.ALIGNED)
        assert not stranger.found
        assert (stranger.payload, stranger.key_id, stranger.stretches, stranger.chance) == (None, None, (), 1.0)

    def test_a_mark_under_a_former_key_is_read_and_says_so(self) -> None:
        marked = self.marker(MarkKeys(OLD)).mark(_stereo(), PAYLOAD)
        reading = self.marker(MarkKeys(NEW, (OLD,))).read(marked, Search.ALIGNED)
        assert (reading.payload, reading.key_id) == (PAYLOAD, "1")

    def test_the_stretches_tell_where_the_mark_is(self) -> None:
        marker = self.marker(MarkKeys(NEW))
        stretches = marker.read(marker.mark(_stereo(), PAYLOAD), Search.ALIGNED).stretches
        assert [(one.payload, one.key_id) for one in stretches] == [(PAYLOAD, "2")]
        assert stretches[0].start == pytest.approx(0.0, abs=0.3)
        assert stretches[0].end == pytest.approx(4.0, abs=0.3)

    def test_unmarked_sound_holds_no_mark(self) -> None:
        reading = self.marker(MarkKeys(NEW, (OLD,))).read(_stereo(), Search.FULL)
        assert not reading.found
        assert reading.payloads == ()

    def test_marking_keeps_shape_and_rate_and_leaves_its_input_alone(self) -> None:
        sound = _stereo()
        before = sound.samples.copy()
        sound.samples.flags.writeable = False
        marked = self.marker(MarkKeys(NEW)).mark(sound, PAYLOAD)
        assert np.array_equal(sound.samples, before)
        assert not np.array_equal(marked.samples, before)
        assert (marked.samples.shape, marked.rate) == (before.shape, sound.rate)
        assert marked.samples.dtype == np.float32

    @pytest.mark.parametrize("sound", [Sound(np.zeros((2, 96_000), np.float32), 48_000), music(0.9)])
    def test_silence_and_sound_under_a_second_stay_as_they_are(self, sound: Sound) -> None:
        assert np.array_equal(self.marker(MarkKeys(NEW)).mark(sound, PAYLOAD).samples, sound.samples)

    @pytest.mark.parametrize("samples", [0, 1, 100, 8000])
    def test_nothing_heard_is_nothing_found(self, samples: int) -> None:
        silence = Sound(np.zeros((1, samples), np.float32), 8000)
        assert not self.marker(MarkKeys(NEW)).read(silence, Search.FULL).found

    @pytest.mark.parametrize("payload", [-1, 1 << 32])
    def test_a_payload_that_does_not_fit_is_refused(self, payload: int) -> None:
        with pytest.raises(InvalidInput) as refused:
            self.marker(MarkKeys(NEW)).mark(_stereo(), payload)
        assert refused.value.code == WatermarkReason.PAYLOAD


class TestKeyedSoundMarker(SoundMarkerContract):
    def marker(self, keys: MarkKeys) -> SoundMarker:
        return KeyedSoundMarker(keys)


class TestPlainFake(SoundMarkerContract):
    def marker(self, keys: MarkKeys) -> SoundMarker:
        return PlainSoundMarker(keys)


class SoundPresenceContract(ABC):
    @abstractmethod
    def presence(self) -> SoundPresence: ...

    def test_marked_sound_scores_higher_than_the_same_sound_unmarked(self) -> None:
        presence, sound = self.presence(), at_rate(speech(4.0), 44_100)
        marked = presence.mark(sound)
        assert (marked.samples.shape, marked.rate) == (sound.samples.shape, sound.rate)
        assert marked.samples.dtype == np.float32
        before, after = presence.score(sound), presence.score(marked)
        assert 0 <= before < 0.4
        assert before + 0.25 < after <= 1

    def test_silence_and_next_to_nothing_score_nothing(self) -> None:
        presence = self.presence()
        assert presence.score(Sound(np.zeros((1, 48_000), np.float32), 48_000)) == 0
        assert presence.score(Sound(np.zeros((1, 10), np.float32), 48_000)) == 0


@pytest.mark.skipif(importlib.util.find_spec("perth") is None, reason="extra perth not installed")
class TestPerth(SoundPresenceContract):
    def presence(self) -> SoundPresence:
        return PerthPresence()


class TestPlainPresence(SoundPresenceContract):
    def presence(self) -> SoundPresence:
        return PlainPresence()
