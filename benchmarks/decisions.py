"""How long it takes to decide on a request: with words alone, and with a picture.

    python -m benchmarks.decisions [--of 1000 10000] [--json OUT]

The whole of `request_gates.judge` is timed, through the real house on SQLite: five gates, the registry, the policy,
and the commit of the decision. Beside it stand, from the same run, a bare Cedar decision on one finding, a bare decode
of the same picture by Pillow in this process, and the parts that the time goes to.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.house import HANDLE, Furnished, Scale, furnished
from benchmarks.measure import Timing, machine, repeated
from benchmarks.table import save, show
from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.stages import Admitted, Opened, Reference, Request
from placet.demo.characters import scenery
from placet.demo.deployment import shared_model_cache
from placet.demo.people import people
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage
from trust_kernel.ids import new_id

_WIDTH, _HEIGHT = 1280, 720
_PLAIN = (
    "A quiet harbour at dusk, the last ferry turning home across the water while lamps come on one by one along the "
    "quay; slow dolly to the left, warm light, light rain, 35 mm, gulls far off."
)
_LONGEST = 32_000


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request.

    Attributes:
        admitted: whether it ought to be let through.
    """

    name: str
    prompt: str
    admitted: bool
    picture: str = ""
    by_owner: bool = False


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often each kind of thing is timed, after so many rounds to warm up."""

    words: int
    longest: int
    pictures: int
    warm_up: int = 2


def cases(blocked: str) -> tuple[Case, ...]:
    """Requests of every kind."""
    longest = (_PLAIN + " ") * (_LONGEST // (len(_PLAIN) + 1))
    return (
        Case("words: nobody named", _PLAIN, admitted=True),
        Case("words: a granted likeness named", f"@{HANDLE} waves. {_PLAIN}", admitted=True),
        Case("words: a blocked name", f"{blocked} waves. {_PLAIN}", admitted=False),
        Case("words: the longest prompt (32,000 characters)", longest[:_LONGEST].strip(), admitted=True),
        Case("picture: scenery, 720p PNG", _PLAIN, admitted=True, picture="scenery"),
        Case("picture: one's own face, 720p PNG", _PLAIN, admitted=True, picture="face", by_owner=True),
    )


def draw_pictures(folder: Path) -> dict[str, Path]:
    """Two 720p PNG files: drawn scenery, and the same with a face of 300 pixels in it."""
    ground = scenery(5, _WIDTH, _HEIGHT)
    portrait = Image.fromarray(people(shared_model_cache())[0].portrait)
    faced = Image.fromarray(ground.copy())
    faced.paste(portrait.resize((640, 640)), (320, 60))
    drawn = {"scenery": Image.fromarray(ground), "face": faced}
    for name, picture in drawn.items():
        picture.save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in drawn}


def judged(place: Furnished, case: Case, reference: Reference | None, *, rounds: int, warm_up: int) -> Timing:
    """Time the request gates on new cases of one kind; each answer must be the expected one."""
    judge = place.house.gateway.line.request_gates.judge

    def prepare() -> Opened:
        return place.opened(
            Request(
                case_id=new_id("video"),
                account_id=place.owner if case.by_owner else place.requester,
                prompt=case.prompt,
                model="animatic",
                seconds=4,
                width=_WIDTH,
                height=_HEIGHT,
                seed=1,
                references=(reference,) if reference else (),
            )
        )

    def work(opened: Opened) -> None:
        answer = judge(opened)
        assert isinstance(answer, Admitted) is case.admitted, answer

    return repeated(prepare, work, rounds=rounds, warm_up=warm_up)


def parts(place: Furnished, pictures: dict[str, Path], rounds: Rounds) -> dict[str, Timing]:
    """What a decision is made of, each part alone."""
    guards, kernel = place.house.guards, place.house.kernel
    looked = {name: kernel.decoder.look(path, kernel.reference_limits) for name, path in pictures.items()}
    words: dict[str, Callable[[], object]] = {
        "names of people in the prompt": lambda: guards.likeness.named(_PLAIN),
        "names of works in the prompt": lambda: guards.optouts.named(_PLAIN),
        "handles in the prompt": lambda: guards.registry.handles_in(f"@{HANDLE} waves. {_PLAIN}"),
    }
    images: dict[str, Callable[[], object]] = {
        "decode in the sandbox": lambda: kernel.decoder.look(pictures["scenery"], kernel.reference_limits),
        "faces in scenery": lambda: guards.likeness.examine(looked["scenery"]),
        "faces in the picture with a face": lambda: guards.likeness.examine(looked["face"]),
        "PDQ of all views, and search": lambda: guards.optouts.pictured(looked["scenery"]),
    }
    timed = {name: _timed(work, rounds.words, rounds.warm_up) for name, work in words.items()}
    return timed | {name: _timed(work, rounds.pictures, rounds.warm_up) for name, work in images.items()}


def peers(place: Furnished, pictures: dict[str, Path], rounds: Rounds) -> dict[str, Timing]:
    """The least that such a decision could cost: Cedar alone, Pillow alone."""
    policy = CedarPolicy(default_policy())
    request = Request(new_id("video"), place.requester, _PLAIN, "animatic", 4, _WIDTH, _HEIGHT, 1)
    view = CaseView(Stage.REQUEST, request, place.house.kernel.clock.now())
    finding = Finding("prompt:names", Stage.REQUEST, Outcome.CLEAR, GatewayReason.GATE_CLEAR, Evidence("prompt"))
    report = GateReport((finding,))
    return {
        "peer: Cedar on one finding (two questions)": _timed(
            lambda: policy.decide(view, report), rounds.words, rounds.warm_up
        ),
        "peer: Pillow decodes the same PNG": _timed(
            lambda: _pillow(pictures["scenery"]), rounds.pictures, rounds.warm_up
        ),
    }


def measure(scale: Scale, rounds: Rounds) -> dict[str, Any]:
    """Everything at one scale."""
    with tempfile.TemporaryDirectory(prefix="placet-bench-") as name:
        folder = Path(name)
        pictures = draw_pictures(folder)
        with furnished(folder / "data", scale) as place:
            references = {kind: place.reference(path) for kind, path in pictures.items()}
            decided = {}
            for case in cases(place.blocked):
                often = rounds.pictures if case.picture else rounds.longest if len(case.prompt) > 1000 else rounds.words
                reference = references.get(case.picture)
                decided[case.name] = judged(place, case, reference, rounds=often, warm_up=rounds.warm_up)
            found = {
                "decisions": decided,
                "parts": parts(place, pictures, rounds),
                "peers": peers(place, pictures, rounds),
            }
    return {kind: {name: timing.as_json() for name, timing in timings.items()} for kind, timings in found.items()}


def _timed(work: Callable[[], object], rounds: int, warm_up: int) -> Timing:
    return repeated(lambda: None, lambda _: work(), rounds=rounds, warm_up=warm_up)


def _pillow(path: Path) -> None:
    with Image.open(path) as picture:
        np.asarray(picture.convert("RGB"))


def _tell(count: int, found: dict[str, dict[str, dict[str, Any]]]) -> None:
    rows = [
        {
            "what": name,
            "median ms": timing["median"],
            "p95 ms": timing["p95"],
            "cpu ms": timing["cpu"],
            "rounds": timing["rounds"],
        }
        for kind in ("decisions", "peers", "parts")
        for name, timing in found[kind].items()
    ]
    show(f"deciding, with {count:,} blocked names, opt-outs, grants and enrolled faces each", rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", type=int, nargs="+", default=[1_000, 10_000], help="names, claims, grants, faces each")
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it runs")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    rounds = Rounds(3, 1, 1, warm_up=0) if chosen.quick else Rounds(200, 20, 30)
    results: dict[str, Any] = {"machine": machine(), "scales": {}}
    for count in [20] if chosen.quick else chosen.of:
        found = measure(Scale.of(count), rounds)
        results["scales"][str(count)] = found
        _tell(count, found)
    save(chosen.json, results)


if __name__ == "__main__":
    main()
