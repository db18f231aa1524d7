"""How well credentials are read, how long signing and reading take, and how large they grow.

The corpus is a directory with `manifest.csv` (columns file, expected, expected_ai), `files/`, `test_root.pem` and
`test_tsa_root.pem`. Ends with 1 where an answer was wrong.

Run: python -m benchmarks.c2pa --corpus DIR [--large GIGABYTES] [--json OUT]
"""

import argparse
import csv
import dataclasses
import io
import json
import resource
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trust_kernel.clock import SystemClock
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.c2pa_reading import SandboxedReader, read_here
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DevelopmentAuthority
from watermark.domain.credentials import THUMBNAIL_BYTES, CredentialClaim, CredentialProfile, Owner, TrustAnchors
from watermark.service.credentials import CredentialService

_ROUNDS = 20
_GENERATIONS = 20


def make_service(folder: Path) -> CredentialService:
    profile = CredentialProfile()
    authority = DevelopmentAuthority(folder / "authority", SystemClock())
    return CredentialService(C2paSigner(authority.identity, profile), SandboxedReader(Sandbox()), profile)


def score(service: CredentialService, corpus: Path) -> dict[str, Any]:
    roots = [(corpus / "test_root.pem").read_text()]
    stamps = [(corpus / "test_tsa_root.pem").read_text()]
    with (corpus / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    results = []
    for row in rows:
        started = time.perf_counter()
        report = service.examine(corpus / "files" / row["file"], trust_anchors=roots, tsa_anchors=stamps)
        took = time.perf_counter() - started
        good = report.state == row["expected"] and report.ai == row["expected_ai"]
        results.append(
            {
                "file": row["file"],
                "expected": [row["expected"], row["expected_ai"]],
                "got": [report.state.value, report.ai.value],
                "right": good,
                "codes": report.codes,
                "seconds": took,
            }
        )
        mark = "ok   " if good else "WRONG"
        print(f"{mark} {row['file']:<26} expected {row['expected']}/{row['expected_ai']}", end=" ")
        print(f"got {report.state}/{report.ai} in {took * 1000:.0f} ms")
    right = sum(bool(result["right"]) for result in results)
    by = {"state": tally(results, 0), "ai": tally(results, 1)}
    for question, counts in by.items():
        for expected, (hits, of) in sorted(counts.items()):
            print(f"{question:<6} {expected:<22} {hits} of {of} right")
    print(f"{right} of {len(results)} right")
    return {"right": right, "of": len(results), "by": by, "rows": results}


def tally(results: list[dict[str, Any]], question: int) -> dict[str, tuple[int, int]]:
    """Right and total for each expected answer to a question: 0 the state, 1 whether AI made it."""
    of = Counter(result["expected"][question] for result in results)
    right = Counter(
        result["expected"][question] for result in results if result["got"][question] == result["expected"][question]
    )
    return {expected: (right[expected], count) for expected, count in of.items()}


def chain(service: CredentialService, folder: Path) -> list[int]:
    """Bytes of the manifest store over a chain of twenty remixes, each with the largest thumbnail that is taken."""
    from PIL import Image

    source, parent, sizes = folder / "source.mp4", None, []
    for generation in range(_GENERATIONS):
        box = io.BytesIO()
        Image.effect_noise((64, 36), 60).convert("RGB").save(box, "JPEG")
        comment = bytes(THUMBNAIL_BYTES - box.tell() - 4)
        thumbnail = (
            box.getvalue()[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + box.getvalue()[2:]
        )
        claim = dataclasses.replace(make_claim(), parent=parent, thumbnail=thumbnail)
        parent = folder / f"generation{generation}.mp4"
        sizes.append(len(service.sign(source, parent, claim).manifest))
    return sizes


def large(service: CredentialService, folder: Path, gigabytes: float) -> dict[str, float]:
    """Seconds and memory of reading a large file: a small signed one, and after it a box that takes no room on disk."""
    path, more = folder / "large.mp4", int(gigabytes * 1e9)
    service.sign(folder / "source.mp4", path, make_claim())
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        file.write(struct.pack(">I4sQ", 1, b"mdat", more))
        file.truncate(end + more)
    started = time.perf_counter()
    report = service.examine(path)
    took = time.perf_counter() - started
    if report.codes != ("assertion.bmffHash.mismatch",):
        raise SystemExit(f"the large file reads {report.state}")
    # Of every child so far; none but this one had anything large to read.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"gigabytes": gigabytes, "seconds": took, "peak_mb": peak}


def make_claim() -> CredentialClaim:
    return CredentialClaim("A test", 1 << 62, (Owner("p1", "requester"),), "animatic", datetime.now(UTC), 2.0)


def timings(service: CredentialService, folder: Path) -> dict[str, float]:
    source = folder / "source.mp4"
    draw(source)
    claim = make_claim()
    signed = folder / "signed.mp4"

    def median(work: Any) -> float:
        spent = []
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            work()
            spent.append(time.perf_counter() - started)
        return statistics.median(spent) * 1000

    return {
        "source_bytes": source.stat().st_size,
        "sign_and_verify_ms": median(lambda: service.sign(source, signed, claim)),
        "read_in_child_ms": median(lambda: service.examine(signed)),
        "read_here_ms": median(lambda: read_here(signed, TrustAnchors())),
    }


def draw(path: Path) -> None:
    import av
    import numpy as np

    noise = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 640, 352, "yuv420p"
        for _ in range(48):
            picture = noise.integers(0, 255, (352, 640, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--large", type=float, help="also read a file of so many gigabytes")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        service = make_service(Path(name))
        results = score(service, arguments.corpus)
        results["timings"] = timings(service, Path(name))
        results["chain_bytes"] = chain(service, Path(name))
        if arguments.large:
            results["large"] = large(service, Path(name), arguments.large)
    print(json.dumps({key: results[key] for key in ("timings", "chain_bytes", "large") if key in results}, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    if results["right"] < results["of"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
