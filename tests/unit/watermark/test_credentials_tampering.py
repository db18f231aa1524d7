"""Every way in which a signed file comes back other than it went, and the one right answer to each.

The table is the one that validators are compared by: what was done, and what must be said of it.
"""

import http.server
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.credentials import (
    Authority,
    draw_video,
    expired_twin,
    flipped,
    make_authority,
    make_claim,
    manifest_box,
    resigned,
    transplanted,
)
from watermark.adapters.c2pa_reading import read_here
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import SigningIdentity
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import (
    CredentialProfile,
    CredentialReport,
    CredentialState,
    TrustAnchors,
)

PROFILE = CredentialProfile()
OURS = make_authority("Placet root")
SIGNER = OURS.issue()
STRANGER = make_authority("Stranger")
ANCHORS = TrustAnchors((OURS.pem,))
TRUSTED, UNTRUSTED = CredentialState.TRUSTED, CredentialState.VALID_UNTRUSTED
TAMPERED, MALFORMED = CredentialState.TAMPERED, CredentialState.MALFORMED
NONE = CredentialState.NO_CREDENTIAL
BMFF = "assertion.bmffHash.mismatch"


@dataclass(frozen=True)
class Bench:
    """A signed file, another one, and room to work."""

    folder: Path
    plain: Path
    signed: bytes
    other: bytes

    def put(self, data: bytes, name: str = "case.mp4") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def sign(self, identity: SigningIdentity, name: str = "again.mp4") -> bytes:
        C2paSigner(lambda: identity, PROFILE).sign(self.plain, self.folder / name, make_claim(), ())
        return (self.folder / name).read_bytes()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    plain, another = draw_video(folder / "plain.mp4"), draw_video(folder / "another.mp4", 9)
    files = []
    for at, source in enumerate((plain, another)):
        C2paSigner(lambda: SIGNER, PROFILE).sign(source, folder / f"s{at}.mp4", make_claim(), ())
        files.append((folder / f"s{at}.mp4").read_bytes())
    return Bench(folder, plain, files[0], files[1])


def judge(path: Path, anchors: TrustAnchors = ANCHORS) -> CredentialReport:
    return report_on(read_here(path, anchors), PROFILE)


def swapped(bench: Bench) -> bytes:
    """The other file's pictures in this one's box."""
    ours, theirs = (data.index(b"mdat") + 2000 for data in (bench.signed, bench.other))
    size = 400
    return bench.signed[:ours] + bench.other[theirs : theirs + size] + bench.signed[ours + size :]


def signature_end(data: bytes) -> int:
    at = data.index(b"cbor", data.index(b"c2pa.signature", data.rindex(b"c2pa.claim.v2")))
    return at - 4 + int(struct.unpack_from(">I", data, at - 4)[0])


def wrong_key(bench: Bench) -> bytes:
    """The claim signed anew with a key that is not the certificate's."""
    return resigned(bench.signed, SIGNER, SigningIdentity(SIGNER.chain_pem, OURS.issue().key))


def remuxed(bench: Bench) -> bytes:
    return rewritten(bench, "copy")


def re_encoded(bench: Bench) -> bytes:
    return rewritten(bench, "encode")


def rewritten(bench: Bench, how: str) -> bytes:
    import av

    target = bench.folder / f"{how}.mp4"
    with av.open(str(bench.put(bench.signed, "from.mp4"))) as read, av.open(str(target), "w") as write:
        video = read.streams.video[0]
        if how == "copy":
            copied = write.add_stream_from_template(video)
            for packet in read.demux(video):
                if packet.dts is not None:
                    packet.stream = copied
                    write.mux(packet)
        else:
            made = write.add_stream("libx264", rate=12)
            made.width, made.height, made.pix_fmt = 64, 64, "yuv420p"
            for frame in read.decode(video):
                frame.pts = None
                write.mux(made.encode(frame))
            write.mux(made.encode())
    return target.read_bytes()


def stripped(bench: Bench) -> bytes:
    box = manifest_box(bench.signed)
    return bench.signed[: box.start] + bench.signed[box.stop :]


def doubled(bench: Bench) -> bytes:
    box = manifest_box(bench.signed)
    return bench.signed[: box.stop] + bench.signed[box] + bench.signed[box.stop :]


def bad_cbor(bench: Bench) -> bytes:
    claim = bench.signed.index(b"cbor", bench.signed.rindex(b"c2pa.claim.v2"))
    return flipped(bench.signed, claim + 4, 0xFF)


FREE_BOX = struct.pack(">I4s", 16, b"free") + bytes(8)
TABLE: list[tuple[str, Callable[[Bench], bytes], CredentialState, str]] = [
    ("untouched", lambda bench: bench.signed, TRUSTED, ""),
    ("attacker's own CA with our name", lambda bench: bench.sign(twin().issue()), UNTRUSTED, "signingCredential"),
    ("mdat changed", lambda bench: flipped(bench.signed, bench.signed.index(b"mdat") + 40), TAMPERED, BMFF),
    ("moov changed", lambda bench: flipped(bench.signed, bench.signed.index(b"mvhd") + 12), TAMPERED, BMFF),
    ("video swapped", swapped, TAMPERED, BMFF),
    ("manifest transplanted", lambda bench: transplanted(bench.signed, into=bench.other), TAMPERED, BMFF),
    (
        "assertion edited",
        lambda bench: bench.signed.replace(b"p-subject", b"p-nobody1", 1),
        TAMPERED,
        "assertion.hashedURI.mismatch",
    ),
    ("wrong key", wrong_key, TAMPERED, "claimSignature.mismatch"),
    (
        "signature damaged",
        lambda bench: flipped(bench.signed, signature_end(bench.signed) - 1),
        TAMPERED,
        "claimSignature.mismatch",
    ),
    # The standard leaves these two out of the hash.
    ("byte in ftyp", lambda bench: flipped(bench.signed, bench.signed.index(b"ftyp") + 11, 3), TRUSTED, ""),
    ("free box appended", lambda bench: bench.signed + FREE_BOX, TRUSTED, ""),
    ("remuxed", remuxed, NONE, ""),
    ("re-encoded", re_encoded, NONE, ""),
    ("stripped", stripped, NONE, ""),
    ("trailing junk", lambda bench: bench.signed + b"JUNKJUNKJUNKJUNKJUNK", MALFORMED, ""),
    ("two manifest boxes", doubled, MALFORMED, ""),
    ("bad CBOR", bad_cbor, MALFORMED, ""),
    # With stamps: test_credentials_stamps.py.
    (
        "expired later, no stamp",
        lambda bench: resigned(bench.signed, SIGNER, expired_twin(OURS, SIGNER)),
        UNTRUSTED,
        "",
    ),
]


def twin() -> Authority:
    return make_authority("Placet root")


@pytest.mark.parametrize(("done", "state", "code"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_answer_is_the_one_right_answer(
    bench: Bench, done: Callable[[Bench], bytes], state: CredentialState, code: str
) -> None:
    report = judge(bench.put(done(bench)))
    assert report.state is state
    assert any(found.startswith(code) for found in report.codes) if code else state is UNTRUSTED or not report.codes
    assert ("changed after" in report.explanation) is (state is TAMPERED)


@pytest.mark.parametrize(
    ("anchors", "state"),
    [
        (ANCHORS, TRUSTED),
        (TrustAnchors(), UNTRUSTED),
        (TrustAnchors((STRANGER.pem,)), UNTRUSTED),
        (TrustAnchors((), (OURS.pem,)), UNTRUSTED),
    ],
    ids=["right", "none", "wrong", "right, but for stamps alone"],
)
def test_trust_is_the_anchors_alone(bench: Bench, anchors: TrustAnchors, state: CredentialState) -> None:
    assert judge(bench.put(bench.signed), anchors).state is state


@pytest.fixture
def responder() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/ocsp", asked
        listening.shutdown()


def test_revocation_is_not_asked_for_at_an_address_that_a_file_names(
    bench: Bench, responder: tuple[str, list[str]]
) -> None:
    address, asked = responder
    made = OURS.issue()
    identity = SigningIdentity(OURS.certify(made.key.public_key(), revoked_at=address), made.key)
    assert address.encode() in bench.sign(identity)
    assert judge(bench.folder / "again.mp4").state is TRUSTED
    assert asked == []
