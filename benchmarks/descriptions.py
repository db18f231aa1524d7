"""How well prompts that describe a character without naming it are told from innocent ones, and what that costs.

    python -m benchmarks.descriptions [--json OUT] [--cache DIR]

Half of the characters and half of the innocent prompts set the threshold: the lowest at which no more than 1 % of
that half of the innocent prompts are held while all of its characters are claimed. The other half says what comes of
it. Then the halves are swapped. `shipped` is what the threshold in the code does on everything. Wilson intervals, 95 %.
"""

import argparse
import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.described_characters import MADE_UP, NEAR_MISSES, OLD
from benchmarks.rates import rate
from copyright_optout.adapters.minilm import SENTENCE_CONVERTERS, SENTENCE_PACKS, minilm
from copyright_optout.domain.describing import parts_of
from copyright_optout.ports.descriptions import SentenceEmbedder, Vectors
from placet.demo.deployment import shared_model_cache
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory

_HELD = 0.01
_WHO = (
    "a young woman", "an old fisherman", "two children", "a street musician", "a chef", "a nurse", "my dog", "a dancer",
    "a cyclist", "a group of friends", "a teacher", "a gardener", "a robot", "a black cat", "an astronaut", "a painter",
)  # fmt: skip
_DOES = (
    "walks along the beach", "makes coffee", "waits for a bus", "plays chess", "laughs at a joke", "rides a bicycle",
    "looks out of the window", "reads a newspaper", "feeds pigeons", "dances alone", "repairs an old radio",
    "runs through the rain", "sings at a party", "builds a snowman", "talks on the phone", "falls asleep on a sofa",
)  # fmt: skip
_WHERE = (
    "at sunrise", "in a busy station", "in Tokyo at night", "in a small village", "under cherry trees", "on a rooftop",
    "in slow motion", "in the style of a documentary", "with warm light", "seen from above", "in black and white",
    "in a green meadow",
)  # fmt: skip
_LONG = (
    "The camera moves slowly through a market in the early morning. Stalls are being set up. {} Steam rises from a "
    "kettle, and a radio plays somewhere. Soft light, shallow depth of field, 35 mm film."
)


@dataclass(frozen=True, slots=True)
class Scores:
    """Best cosine of each prompt with each character: rows are prompts, columns characters."""

    innocent: NDArray[np.float32]
    asking: NDArray[np.float32]


_LOOKS = (
    "tiny", "huge", "silver", "one-eyed", "striped", "three-headed", "clockwork", "glass", "two-tailed", "invisible",
    "sleepy", "feathered", "wooden", "burning", "winged", "paper", "frozen", "crowned", "masked", "shy",
)  # fmt: skip
_BEINGS = (
    "fox", "knight", "baker", "whale", "robot", "witch", "tortoise", "detective", "giant", "pirate", "owl", "princess",
    "bear", "ghost", "gardener", "dragon", "clown", "spider", "sailor", "queen", "wolf", "tailor", "frog", "wizard",
    "cat", "astronaut", "goblin", "horse", "librarian", "crab",
)  # fmt: skip
_WITH = (
    "a lantern for a heart", "a red scarf", "boots that leave no prints", "an umbrella sword", "pockets full of wind",
    "golden eyebrows", "a clock in the chest", "a talking hat", "a coat of maps", "wheels instead of feet",
    "a moustache of ivy", "a violin made of ice",
)  # fmt: skip
_WHO_DOES = (
    "collects lost shadows in an abandoned theatre", "guards a bridge between two dreams", "races against the moon",
    "solves riddles for the king of mice", "sells seconds at a night market", "teaches statues to dance",
    "searches for a stolen colour", "keeps winter in a jar", "paints doors that open", "sings ships ashore",
    "repairs broken promises", "rides a comet to school",
)  # fmt: skip


def made_up(count: int) -> list[str]:
    """Descriptions of characters that nobody has, put together from parts, the same each time."""
    parts = list(itertools.product(_LOOKS, _BEINGS, _WITH, _WHO_DOES))
    chosen = random.Random(5).sample(parts, count)  # noqa: S311 - repeatable, not secret
    return [f"A {look} {being} with {thing} who {does}." for look, being, thing, does in chosen]


def by_size(embedder: SentenceEmbedder, cast: Vectors, innocents: Sequence[str]) -> dict[str, Any]:
    """For so many descriptions, the threshold that holds 1 % of innocent prompts, and what the shipped one holds."""
    made = made_up(5_000)
    crowd = np.concatenate([cast, *(embedder.embed(made[start : start + 64]) for start in range(0, len(made), 64))])
    found = {}
    for count in (40, 150, 500, 1_500, 5_000):
        scores = best(embedder, innocents, crowd[:count])
        held = int((scores.max(axis=1) >= embedder.threshold(count)).sum())
        found[f"{count} descriptions"] = {
            "threshold for 1 %": threshold_of(scores),
            "shipped": embedder.threshold(count),
            "held": rate(held, len(innocents)),
        }
    return found


def innocent_prompts(count: int) -> list[str]:
    """Generated prompts and near misses, the same each time."""
    made = [" ".join(parts) for parts in itertools.product(_WHO, _DOES, _WHERE)]
    chosen = random.Random(7).sample(made, count - len(NEAR_MISSES))  # noqa: S311 - repeatable, not secret
    return [*chosen, *NEAR_MISSES]


def best(embedder: SentenceEmbedder, prompts: Sequence[str], descriptions: Vectors) -> NDArray[np.float32]:
    """The score of each prompt with each description, as the index would give it: (n, characters)."""
    return np.stack([(embedder.embed(parts_of(prompt)) @ descriptions.T).max(axis=0) for prompt in prompts])


def threshold_of(innocent: NDArray[np.float32]) -> float:
    """The lowest threshold at which the share of innocent prompts that is allowed is held."""
    worst = np.sort(innocent.max(axis=1))
    return float(np.ceil(np.quantile(worst, 1 - _HELD) * 100) / 100)


def figures(scores: Scores, own: NDArray[np.intp], threshold: float) -> dict[str, Any]:
    """Recall of prompts that ask for a character, and share of innocent ones held, at a threshold."""
    found = int((scores.asking[np.arange(len(own)), own] >= threshold).sum())
    held = int((scores.innocent.max(axis=1) >= threshold).sum())
    return {"threshold": threshold, "recall": rate(found, len(own)), "held": rate(held, len(scores.innocent))}


def halves(scores: Scores, own: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Each half of characters and innocent prompts sets the threshold for the other."""
    characters = scores.asking.shape[1]
    found = []
    for first in (0, 1):
        ours, theirs = np.arange(characters) % 2 == first, np.arange(characters) % 2 != first
        mine = scores.innocent[first::2][:, ours]
        rows = np.flatnonzero(theirs[own])
        place = np.cumsum(theirs) - 1
        other = Scores(scores.innocent[1 - first :: 2][:, theirs], scores.asking[rows][:, theirs])
        found.append(figures(other, place[own[rows]], threshold_of(mine)))
    return found


def costs(embedder: SentenceEmbedder) -> dict[str, float]:
    """Processor milliseconds that one prompt takes on one thread: median of twenty."""
    asked = {
        "20 words": innocent_prompts(60)[0],
        "60 words in sentences": _LONG.format("A cat watches."),
        "1,000 words": "a quiet harbour at dusk with small boats. " * 125,
    }
    found = {}
    for name, prompt in asked.items():
        times = []
        for _ in range(20):
            start = time.process_time()
            embedder.embed(parts_of(prompt))
            times.append((time.process_time() - start) * 1000)
        found[name] = float(np.median(times))
    return found


def measure(embedder: SentenceEmbedder, *, innocents: int = 1000) -> dict[str, Any]:
    """Everything, as plain values."""
    cast = {**OLD, **MADE_UP}
    names = list(cast)
    descriptions = embedder.embed([cast[name][0] for name in names])
    asking = [(number, prompt) for number, name in enumerate(names) for prompt in cast[name][1]]
    own = np.array([number for number, _ in asking])
    innocent = best(embedder, innocent_prompts(innocents), descriptions)
    scores = Scores(innocent, best(embedder, [prompt for _, prompt in asking], descriptions))
    buried = [_LONG.format(f"{prompt[0].upper()}{prompt[1:]}.") for _, prompt in asking]
    long = Scores(innocent, best(embedder, buried, descriptions))
    shipped = embedder.threshold(len(names))
    return {
        "characters": len(names),
        "halves": halves(scores, own),
        "shipped": figures(scores, own, shipped),
        "buried in a longer prompt": figures(long, own, shipped)["recall"],
        "by number of descriptions": by_size(embedder, descriptions, innocent_prompts(innocents)),
        "by threshold": [figures(scores, own, round(at, 2)) for at in np.arange(0.4, 0.75, 0.05)],
        "processor milliseconds": costs(embedder),
    }


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=None, help="folder of model packs")
    chosen = parser.parse_args()
    store = ModelStore(chosen.cache or shared_model_cache(), SENTENCE_PACKS, SENTENCE_CONVERTERS)
    for name in store.names():
        store.pull(name)
    text = json.dumps(measure(minilm(store, SessionFactory())), indent=1)
    print(text)
    if chosen.json:
        chosen.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
