"""How well credentials are read and how long signing and reading take.

The corpus is a directory with `manifest.csv` (columns file, expected, expected_ai), `files/`, `test_root.pem` and
`test_tsa_root.pem`. Run: python -m benchmarks.c2pa --corpus DIR [--json OUT]
"""

import argparse
import csv
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trust_kernel.clock import SystemClock
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.c2pa_reading import SandboxedReader, read_here
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DevelopmentAuthority
from watermark.domain.credentials import CredentialClaim, CredentialProfile, Owner, TrustAnchors
from watermark.service.credentials import CredentialService

_ROUNDS = 20


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
    print(f"{right} of {len(results)} right")
    return {"right": right, "of": len(results), "rows": results}


def timings(service: CredentialService, folder: Path) -> dict[str, float]:
    source = folder / "source.mp4"
    draw(source)
    claim = CredentialClaim("A test", 1 << 62, (Owner("p1", "requester"),), "animatic", datetime.now(UTC), 2.0)
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
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        service = make_service(Path(name))
        results = score(service, arguments.corpus)
        results["timings"] = timings(service, Path(name))
    print(json.dumps(results["timings"], indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
