"""How well names that are said are heard, how often one is heard that nobody said, and what listening takes.

    python -m benchmarks.spoken [--json OUT] [--quick]

The demo's eight synthetic voices say sentences with a name in them and sentences without. `heard` counts the name that
was said; `wrong` sentences in which any of the names was heard that was not said. Real voices in real noise are not in
it: take the figures for an upper bound. Wilson intervals, 95 %.
"""

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rates import rate
from generator_gateway.adapters.pocketsphinx_phrases import PocketSphinxPhrases
from generator_gateway.ports.reading import SpeechReader
from placet.demo.voices import VOICES, speak
from trust_kernel.media.refs import SAMPLE_RATE

Sound = NDArray[np.float32]

KNOWN = ("Captain Fennimore", "Sherlock Holmes", "Robin Hood", "Peter Pan", "Winston Harper", "Moby Dick")
"""Names of words that the dictionary has, mostly."""
INVENTED = ("Zelda Quimby", "Orla Brackenfoot", "Morwen Tale", "Jasper Quillfeather", "Brindlewick", "Tamsin Oggleby")
"""Names that are spelt into sounds by rules."""
FRAMES = ("Hello, I am {}, and this is my story.", "Yesterday I saw {} at the station.", "Please give this to {}.")
PLAIN = (
    "The weather tomorrow will be mild with a little rain in the west.",
    "Please close the door before you leave the building.",
    "We are going to the market to buy bread, cheese and apples.",
    "The captain said that the harbour would be open again on Monday.",
    "I have never seen so many people on the beach in winter.",
    "This is a film about a quiet village and its old lighthouse.",
)


def crowd(count: int) -> tuple[str, ...]:
    """So many names that nobody says, beside those that somebody does."""
    first = ("Anna", "Bruno", "Clara", "David", "Emma", "Frank", "Greta", "Henry", "Irene", "Jacob", "Karen", "Leo")
    last = ("Anderson", "Baxter", "Coleman", "Dawson", "Eastwood", "Foster", "Garrison", "Hamilton", "Irving")
    return tuple(f"{one} {other}" for one, other in itertools.product(first, last))[:count]


def said(texts: Sequence[str], voices: Sequence[str]) -> Iterator[tuple[str, Sound]]:
    """Each text by each voice."""
    for text, voice in itertools.product(texts, voices):
        yield text, speak(text, VOICES[voice])


def measure(reader: SpeechReader, names: Sequence[str], voices: Sequence[str], others: int) -> dict[str, Any]:
    """Recall, wrong names and time with `others` further names listened for."""
    phrases = tuple(sorted({*KNOWN, *INVENTED, *crowd(others)}))
    found = wrong = tried = 0
    length = spent = 0.0
    for name, frame in itertools.product(names, FRAMES):
        for _, sound in said([frame.format(name)], voices):
            start = time.process_time()
            heard = {one.phrase for one in reader.spot(sound, phrases)}
            spent += time.process_time() - start
            length += sound.size / SAMPLE_RATE
            found += name in heard
            wrong += bool(heard - {name})
            tried += 1
    return {
        "heard": rate(found, tried),
        "wrong": rate(wrong, tried),
        "processor seconds a second": round(spent / length, 3),
    }


def plain(reader: SpeechReader, voices: Sequence[str], others: int) -> dict[str, Any]:
    """How often any name is heard where none is said."""
    phrases = tuple(sorted({*KNOWN, *INVENTED, *crowd(others)}))
    results = [bool(reader.spot(sound, phrases)) for _, sound in said(PLAIN, voices)]
    return rate(sum(results), len(results))


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    reader = PocketSphinxPhrases()
    voices = list(VOICES)[:2] if chosen.quick else list(VOICES)
    figures = {
        f"{others} other names": {
            "known words": measure(reader, KNOWN, voices, others),
            "invented": measure(reader, INVENTED, voices, others),
            "nothing said": plain(reader, voices, others),
        }
        for others in (0, 100)
    }
    text = json.dumps(figures, indent=1)
    print(text)
    if chosen.json:
        chosen.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
