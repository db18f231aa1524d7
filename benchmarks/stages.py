"""What each stage of the release path costs for one video, beside a plain transcode of the same file.

    python -m benchmarks.stages [--seconds 10] [--size 1280x720] [--runs 3] [--json OUT]

@ada asks for a video of herself: the request gates, the animatic backend, the output gates on what was drawn, marks,
credentials, ledger, release, one after the other through the real house on SQLite. In the same run PyAV decodes the
draft and encodes it again with the marker's own settings for x264, which is the least that any gate that touches
pixels must cost; ratios are to that. Processor seconds count this process and its children.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.house import HANDLE, Furnished, Scale, furnished
from benchmarks.measure import Cost, machine, once
from benchmarks.table import save, show
from generator_gateway.stages import Draft, Released, Request, Stopped
from trust_kernel.ids import new_id
from watermark.adapters.marking.encoding import X264

_PROMPT = f"@{HANDLE} walks along a quiet harbour at dusk while the last ferry turns home; slow dolly, warm light"
TRANSCODE = "peer: plain transcode"
DECODE = "peer: plain decode"

Step = TypeVar("Step")


@dataclass(frozen=True, slots=True)
class Film:
    """What is asked for."""

    seconds: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one video cost.

    Attributes:
        stages: from request to release, in order.
        parts: what the output gates did, done again one by one.
        peers: PyAV on the same draft, in this process.
    """

    stages: Mapping[str, Cost]
    parts: Mapping[str, Cost]
    peers: Mapping[str, Cost]

    def rows(self) -> dict[str, Cost]:
        """Everything, with the sum of the stages and that sum without the rendering."""
        gate = [cost for name, cost in self.stages.items() if not name.startswith("render")]
        sums = {"all": _sum(self.stages.values()), "all but render": _sum(gate)}
        return {**self.stages, **sums, **self.peers, **self.parts}


def run(place: Furnished, film: Film, seed: int) -> Run:
    """One video from request to release."""
    line = place.house.gateway.line
    cost: dict[str, Cost] = {}
    request = Request(new_id("video"), place.owner, _PROMPT, "animatic", film.seconds, film.width, film.height, seed)
    opened, cost["open (ledger)"] = once(lambda: place.opened(request))
    admitted, cost["request gates"] = once(lambda: _passing(line.request_gates.judge(opened)))
    draft, cost["render (animatic)"] = once(lambda: line.backend.render(admitted))
    passed, cost["output gates"] = once(lambda: _passing(line.output_gates.judge(draft)))
    marked, cost["mark and read back"] = once(lambda: line.marker.mark(passed))
    signed, cost["sign and verify"] = once(lambda: line.signer.sign(marked))
    logged, cost["seal (ledger)"] = once(lambda: line.ledger.seal(signed))
    released, cost["release"] = once(lambda: line.vault.release(logged))
    assert isinstance(released, Released), released
    return Run(cost, output_parts(place, draft), peers(place, draft))


def peers(place: Furnished, draft: Draft) -> dict[str, Cost]:
    """PyAV on the same draft, in this process."""
    with (
        place.house.kernel.blobs.open_path(draft.media.digest) as source,
        tempfile.TemporaryDirectory(prefix="placet-bench-") as folder,
    ):
        _, decoding = once(lambda: _decode(source))
        _, transcoding = once(lambda: _transcode(source, Path(folder) / "again.mp4"))
    return {DECODE: decoding, TRANSCODE: transcoding}


def output_parts(place: Furnished, draft: Draft) -> dict[str, Cost]:
    """What looking at the draft is made of."""
    guards, kernel = place.house.guards, place.house.kernel
    with kernel.blobs.open_path(draft.media.digest) as path:
        look, decoding = once(lambda: kernel.decoder.look(path, kernel.output_limits))
    _, examining = once(lambda: guards.likeness.examine(look))
    _, comparing = once(lambda: guards.optouts.pictured(look))
    _, printing = once(lambda: guards.optouts.fingerprints(look))
    return {
        "output: decode and sample": decoding,
        "output: faces and voices": examining,
        "output: PDQ of all views, and search": comparing,
        "output: fingerprints": printing,
    }


def _passing(answer: Step | Stopped) -> Step:
    assert not isinstance(answer, Stopped), answer
    return answer


def _decode(source: Path) -> None:
    import av

    with av.open(str(source)) as reader:
        video = reader.streams.video[0]
        video.thread_type = "AUTO"
        for frame in reader.decode(video):
            assert frame.planes[0].line_size


def _transcode(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        video = reader.streams.video[0]
        video.thread_type = "AUTO"
        stream: Any = writer.add_stream("libx264", rate=video.average_rate, options=dict(X264))
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        sound = reader.streams.audio[0]
        copied = writer.add_stream_from_template(sound)
        for packet in reader.demux([video, sound]):
            if packet.stream.index == video.index:
                for frame in packet.decode():
                    writer.mux(stream.encode(frame))
            elif packet.dts is not None:
                packet.stream = copied
                writer.mux(packet)
        writer.mux(stream.encode(None))


def summed(runs: list[Run]) -> list[dict[str, Any]]:
    """Medians over runs, and each row's ratio to the plain transcode of the same run."""
    costs = [run.rows() for run in runs]
    return [
        {
            "stage": stage,
            "wall s": statistics.median(cost[stage].wall for cost in costs),
            "cpu s": statistics.median(cost[stage].cpu for cost in costs),
            "to transcode": statistics.median(cost[stage].wall / cost[TRANSCODE].wall for cost in costs),
        }
        for stage in costs[0]
    ]


def _sum(costs: Iterable[Cost]) -> Cost:
    found = list(costs)
    return Cost(sum(cost.wall for cost in found), sum(cost.cpu for cost in found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--of", type=int, default=1_000, help="names, claims, grants, faces each in the house")
    parser.add_argument("--quick", action="store_true", help="one short, small video in an almost empty house")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.seconds, chosen.size, chosen.runs, chosen.of = 1, "640x360", 1, 10
    width, height = (int(side) for side in chosen.size.split("x"))
    film = Film(chosen.seconds, width, height)
    facts = machine()
    with (
        tempfile.TemporaryDirectory(prefix="placet-bench-") as folder,
        furnished(Path(folder) / "data", Scale.of(chosen.of)) as place,
    ):
        if not chosen.quick:
            run(place, Film(1, 640, 360), 0)  # loads the models
        runs = [run(place, film, number) for number in range(chosen.runs)]
    rows = summed(runs)
    show(f"{chosen.seconds} s at {chosen.size}, medians of {chosen.runs}", rows)
    save(
        chosen.json,
        {"machine": facts, "seconds": chosen.seconds, "size": chosen.size, "runs": chosen.runs, "rows": rows},
    )


if __name__ == "__main__":
    main()
