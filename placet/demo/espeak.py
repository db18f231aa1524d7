"""One utterance of espeak-ng in a process of its own: ``python -m placet.demo.espeak`` with JSON on stdin.

The library keeps state between utterances that no call of it clears (two equal requests differ by some samples), and
is not thread-safe. A fresh process is equal each time. Reads {text, variant, rate, pitch, melody}; writes the sample
rate as four little-endian bytes and then 16-bit samples. Exit status 3: no such voice.
"""

import ctypes
import json
import sys
from array import array
from pathlib import Path
from typing import Any

# Constants of espeak-ng's speak_lib.h.
_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: sound goes to the callback, whole, before espeak_Synth returns
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_UTF8 = 1
_SEED = 1

NO_SUCH_VOICE = 3
"""Exit status."""

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def _library() -> tuple[Any, int]:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    home = Path(espeakng_loader.get_data_path()).parent
    rate = library.espeak_Initialize(_RETRIEVAL, 0, str(home).encode(), _DONT_EXIT)
    if rate <= 0:
        sys.exit("espeak-ng did not start")
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
    return library, int(rate)


def main() -> None:
    """Speak what stdin asks for."""
    asked = json.load(sys.stdin)
    library, rate = _library()
    if library.espeak_SetVoiceByName(asked["variant"].encode()) != 0:
        sys.exit(NO_SUCH_VOICE)
    settings = ((_RATE, asked["rate"]), (_VOLUME, 100), (_PITCH, asked["pitch"]), (_RANGE, asked["melody"]))
    for parameter, value in settings:
        library.espeak_SetParameter(parameter, value, 0)
    sound = array("h")

    def take(wave: Any, count: int, _events: Any) -> int:
        if wave and count > 0:
            sound.frombytes(ctypes.string_at(wave, count * 2))
        return 0

    callback = _CALLBACK(take)  # named, so that it outlives the call
    library.espeak_SetSynthCallback(callback)
    raw = asked["text"].encode()
    if library.espeak_Synth(raw, ctypes.c_size_t(len(raw) + 1), 0, 1, 0, _UTF8, None, None) != 0:
        sys.exit("espeak-ng could not speak")
    library.espeak_Synchronize()
    if sys.byteorder == "big":
        sound.byteswap()
    sys.stdout.buffer.write(rate.to_bytes(4, "little") + sound.tobytes())


if __name__ == "__main__":
    main()
