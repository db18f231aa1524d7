"""Silero's voice activity network: one call for a whole sound."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.vectors import checked
from likeness_guard.ports import Sound, Speech
from trust_kernel.inference.sessions import Session
from trust_kernel.media.refs import SAMPLE_RATE

_FRAME = 512
_CONTEXT = 64
_STATE = (1, 1, 128)
_ON = 0.5
_OFF = 0.35
"""Silero's own hysteresis: speech starts at 0.5 and ends below 0.35."""
_LEAST_SPEECH = 0.25
_LEAST_SILENCE = 0.2
_MARGIN = 0.05
_CHUNK = 2048
"""Frames that the network sees at once (65 s): bounds memory, changes nothing else."""


class SileroVoiceActivity:
    """Finds speech; music and tones score low.

    Args:
        session: gives the loaded network (`silero_vad_16k_sequence.onnx`).
    """

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def probabilities(self, sound: Sound) -> NDArray[np.float32]:
        """Probability of speech for every frame of 32 ms; the network's memory goes on from chunk to chunk.

        Raises:
            Broken: ``model:output:shape`` or ``model:output:not_finite``.
        """
        count = -(-sound.size // _FRAME)
        hidden = cell = np.zeros(_STATE, np.float32)
        context = np.zeros(_CONTEXT, np.float32)
        found = [np.zeros(0, np.float32)]
        for at in range(0, count, _CHUNK):
            rows = min(_CHUNK, count - at)
            frames = np.zeros((rows, _FRAME), np.float32)
            part = sound[at * _FRAME : (at + rows) * _FRAME]
            frames.reshape(-1)[: part.size] = part
            before = np.concatenate([context[None], frames[:-1, -_CONTEXT:]])
            feeds = {"input": np.concatenate([before, frames], axis=1), "h": hidden, "c": cell}
            raw, hidden, cell = self._session().run(feeds)
            found.append(checked(raw, rows, 1)[:, 0])
            context = frames[-1, -_CONTEXT:]
        return np.concatenate(found)

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        """Stretches of speech of at least a quarter of a second.

        Raises:
            Broken: ``model:output:shape`` or ``model:output:not_finite``.
        """
        chances = self.probabilities(sound)
        step = _FRAME / SAMPLE_RATE
        spans: list[list[int]] = []
        talking = False
        for number, chance in enumerate(chances.tolist()):
            talking = chance >= (_OFF if talking else _ON)
            if not talking:
                continue
            if spans and (number - spans[-1][1]) * step <= _LEAST_SILENCE:
                spans[-1][1] = number + 1
            else:
                spans.append([number, number + 1])
        total = sound.size / SAMPLE_RATE
        return tuple(
            Speech(max(0.0, a * step - _MARGIN), min(total, b * step + _MARGIN), float(chances[a:b].mean()))
            for a, b in spans
            if (b - a) * step >= _LEAST_SPEECH
        )
