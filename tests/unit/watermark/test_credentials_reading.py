"""Reading: every way to interfere with a signed file, and what is said of it."""

import http.server
import io
import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.credentials import (
    CLAIM_SIGNING,
    EMAIL,
    TIME_STAMPING,
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
from tests.fakes.credentials import FakeReader, FakeSigner, InlineChild
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from watermark.adapters.c2pa_reading import SandboxedReader, read_here
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.adapters.c2pa_signing import C2paSigner, manifest_definition
from watermark.adapters.certificates import SigningIdentity
from watermark.adapters.claim_certificate import Cbor, leaf_certificate
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import (
    AiClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    TrustAnchors,
)
from watermark.ports.credentials import IngredientFile
from watermark.service.credentials import CredentialService

PROFILE = CredentialProfile()
OURS = make_authority("Placet root")
SIGNER = OURS.issue()
STRANGER = make_authority("Stranger")
TSA = make_authority("Clockmaker")
ANCHORS = TrustAnchors((OURS.pem,), (TSA.pem,))


def sign(source: Path, target: Path, identity: SigningIdentity = SIGNER, **changes: Any) -> Path:
    C2paSigner(lambda: identity, PROFILE).sign(source, target, make_claim(**changes), ())
    return target


def judge(path: Path, anchors: TrustAnchors = ANCHORS) -> CredentialReport:
    return report_on(read_here(path, anchors), PROFILE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("credentials")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    return draw_video(folder / "plain.mp4")


@pytest.fixture(scope="module")
def signed(folder: Path, plain: Path) -> bytes:
    return sign(plain, folder / "signed.mp4").read_bytes()


@pytest.fixture(scope="module")
def other(folder: Path) -> bytes:
    return sign(draw_video(folder / "other.mp4", 9), folder / "other-signed.mp4").read_bytes()


def written(folder: Path, data: bytes, name: str = "case.mp4") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_an_untouched_file_is_trusted(folder: Path, signed: bytes) -> None:
    report = judge(written(folder, signed))
    assert report.state is CredentialState.TRUSTED
    assert report.reasons == (CredentialReason.TRUSTED,)
    assert report.signer is not None
    assert report.signer.trusted
    assert report.codes == ()


@pytest.mark.parametrize("anchors", [TrustAnchors(), TrustAnchors((STRANGER.pem,))])
def test_without_the_right_anchor_a_signer_is_unknown_not_suspect(
    folder: Path, signed: bytes, anchors: TrustAnchors
) -> None:
    report = judge(written(folder, signed), anchors)
    assert (report.state, report.reasons) == (CredentialState.VALID_UNTRUSTED, (CredentialReason.UNTRUSTED,))
    assert "changed after" not in report.explanation


def test_an_attackers_authority_of_our_name_is_untrusted(folder: Path, plain: Path) -> None:
    forged = sign(plain, folder / "forged.mp4", make_authority("Placet root").issue())
    assert judge(forged).state is CredentialState.VALID_UNTRUSTED


@pytest.mark.parametrize("box", [b"mdat", b"mvhd", b"stts"])
def test_a_changed_byte_of_picture_or_index_is_tampering(folder: Path, signed: bytes, box: bytes) -> None:
    report = judge(written(folder, flipped(signed, signed.index(box) + 12)))
    assert report.state is CredentialState.TAMPERED
    assert report.codes == ("assertion.bmffHash.mismatch",)
    assert report.ai is AiClaim.YES


def test_an_edited_assertion_is_tampering(folder: Path, signed: bytes) -> None:
    report = judge(written(folder, signed.replace(b"p-subject", b"p-nobody1", 1)))
    assert (report.state, report.codes) == (CredentialState.TAMPERED, ("assertion.hashedURI.mismatch",))


def test_a_damaged_signature_is_tampering(folder: Path, signed: bytes) -> None:
    at = signed.index(b"cbor", signed.index(b"c2pa.signature", signed.rindex(b"c2pa.claim.v2")))
    end = at - 4 + int(struct.unpack_from(">I", signed, at - 4)[0])
    report = judge(written(folder, flipped(signed, end - 1)))
    assert report.state is CredentialState.TAMPERED
    assert "claimSignature.mismatch" in report.codes


def test_a_transplanted_manifest_is_tampering(folder: Path, signed: bytes, other: bytes) -> None:
    report = judge(written(folder, transplanted(signed, into=other)))
    assert report.state is CredentialState.TAMPERED


def test_a_stripped_manifest_leaves_no_credential(folder: Path, signed: bytes) -> None:
    box = manifest_box(signed)
    report = judge(written(folder, signed[: box.start] + signed[box.stop :]))
    assert (report.state, report.ai) == (CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN)
    assert "proves nothing" in report.explanation


def test_a_remuxed_file_has_no_credential(folder: Path, signed: bytes) -> None:
    import av

    source = written(folder, signed)
    with av.open(str(source)) as read, av.open(str(folder / "remuxed.mp4"), "w") as write:
        stream = write.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                write.mux(packet)
    assert judge(folder / "remuxed.mp4").state is CredentialState.NO_CREDENTIAL


MALFORMED = ["junk", "twice", "cbor", "cut", "text", "empty"]


def malform(data: bytes, how: str) -> bytes:
    box = manifest_box(data)
    claim = data.index(b"cbor", data.rindex(b"c2pa.claim.v2"))
    return {
        "junk": data + b"JUNKJUNKJUNKJUNKJUNK",
        "twice": data[: box.stop] + data[box] + data[box.stop :],
        "cbor": flipped(data, claim + 4, 0xFF),
        "cut": data[: box.stop - 200],
        "text": b"hello, world " * 100,
        "empty": b"",
    }[how]


@pytest.mark.parametrize("how", MALFORMED)
def test_what_cannot_be_parsed_is_malformed(folder: Path, signed: bytes, how: str) -> None:
    report = judge(written(folder, malform(signed, how)))
    assert (report.state, report.ai) == (CredentialState.MALFORMED, AiClaim.UNKNOWN)


def test_a_kind_of_file_that_holds_no_credentials_is_unsupported(folder: Path) -> None:
    assert judge(draw_video(folder / "clip.mkv")).state is CredentialState.UNSUPPORTED


def test_a_file_is_read_for_what_it_is_whatever_it_is_called(folder: Path, signed: bytes) -> None:
    assert judge(written(folder, signed, "holiday.jpg")).state is CredentialState.TRUSTED


def nested(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = struct.pack(">I4s", 8 + len(body), b"moov") + body
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom") + body


def test_a_file_nested_a_thousand_deep_is_malformed(folder: Path) -> None:
    assert judge(written(folder, nested(1000))).state is CredentialState.MALFORMED


@pytest.mark.parametrize(
    ("authority", "anchors"),
    [
        (TSA, ANCHORS),
        (OURS, ANCHORS),
        (OURS, TrustAnchors((OURS.pem,), (OURS.pem,))),
    ],
    ids=["stamp anchor", "claim anchor", "anchor in both lists"],
)
def test_a_time_stamp_certificate_is_no_claim_signers(
    folder: Path, plain: Path, authority: Authority, anchors: TrustAnchors
) -> None:
    forged = sign(plain, folder / "stamp.mp4", authority.issue((TIME_STAMPING,)))
    reading = read_here(forged, anchors)
    assert reading.store is not None
    assert reading.store["validation_state"] == "Trusted"  # what makes our own rule necessary
    report = report_on(reading, PROFILE)
    assert report.state is CredentialState.VALID_UNTRUSTED
    assert CredentialReason.WRONG_CERTIFICATE in report.reasons


def test_a_claim_signer_under_a_stamp_anchor_is_untrusted(folder: Path, plain: Path) -> None:
    assert judge(sign(plain, folder / "crossed.mp4", TSA.issue())).state is CredentialState.VALID_UNTRUSTED


def test_an_expired_certificate_is_the_signers_fault_not_tampering(folder: Path, signed: bytes) -> None:
    report = judge(written(folder, resigned(signed, SIGNER, expired_twin(OURS, SIGNER))))
    assert report.state is CredentialState.VALID_UNTRUSTED
    assert CredentialReason.EXPIRED in report.reasons
    assert "run out" in report.explanation
    assert "changed after" not in report.explanation


def test_signing_anew_with_the_same_leaf_is_still_trusted(folder: Path, signed: bytes) -> None:
    # Without this, the test above could pass because the file was taken apart wrongly.
    assert judge(written(folder, resigned(signed, SIGNER, SIGNER))).state is CredentialState.TRUSTED


def test_a_remix_of_a_tampered_parent_says_which_ingredient_failed(folder: Path, plain: Path, other: bytes) -> None:
    parent = written(folder, flipped(other, other.index(b"mdat") + 20), "parent.mp4")
    reader = SandboxedReader(InlineChild())
    packed = reader.pack([IngredientFile(parent, "parent", "parentOf", "Parent")], ANCHORS)
    target = folder / "remix.mp4"
    C2paSigner(lambda: SIGNER, PROFILE).sign(plain, target, make_claim(), packed)
    report = judge(target)
    assert report.state is CredentialState.TRUSTED
    assert CredentialReason.INGREDIENT in report.reasons
    (fault,) = report.ingredient_faults
    assert (fault.title, fault.faults) == ("Parent", ("assertion.bmffHash.mismatch",))


def test_an_ingredients_credential_changed_after_signing_is_tampering(folder: Path, plain: Path, other: bytes) -> None:
    parent = written(folder, other, "parent.mp4")
    packed = SandboxedReader(InlineChild()).pack([IngredientFile(parent, "parent", "parentOf", "Parent")], ANCHORS)
    target = folder / "remix.mp4"
    owners = make_claim().owners[:1]
    C2paSigner(lambda: SIGNER, PROFILE).sign(plain, target, make_claim(owners=owners), packed)
    data = target.read_bytes()
    assert data.count(b"p-subject") == 1  # only in the parent's
    assert judge(written(folder, data.replace(b"p-subject", b"p-nobody1"))).state is CredentialState.TAMPERED


def test_a_recovered_credential_says_that_the_file_differs(folder: Path, plain: Path) -> None:
    service = CredentialService(C2paSigner(lambda: SIGNER, PROFILE), SandboxedReader(InlineChild()), PROFILE)
    manifest = service.sign(plain, folder / "kept.mp4", make_claim()).manifest
    report = service.examine(plain, manifest=manifest)
    assert report.state is CredentialState.RECOVERED
    assert "differs" in report.explanation
    assert report.owners == make_claim().owners


def test_a_strangers_credential_is_never_called_recovered(folder: Path, plain: Path) -> None:
    manifest = C2paSigner(STRANGER.issue, PROFILE).sign(plain, folder / "s.mp4", make_claim(), ())
    service = CredentialService(C2paSigner(lambda: SIGNER, PROFILE), SandboxedReader(InlineChild()), PROFILE)
    assert service.examine(plain, manifest=manifest).state is CredentialState.TAMPERED


class _Counting(http.server.BaseHTTPRequestHandler):
    hits = 0

    def do_GET(self) -> None:
        type(self).hits += 1
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    _Counting.hits = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Counting) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/manifest.c2pa"
        running.shutdown()


@pytest.fixture
def remote(folder: Path, plain: Path, server: str) -> Path:
    from c2pa import Builder, C2paSigningAlg, Context, Signer

    builder = Builder(manifest_definition(make_claim(), PROFILE, ()), context=Context.from_dict(c2pa_settings(ANCHORS)))
    builder.set_no_embed()
    builder.set_remote_url(server)
    signer = Signer.from_callback(SIGNER.sign, C2paSigningAlg.ES256, SIGNER.chain_pem)
    target = folder / "remote.mp4"
    with plain.open("rb") as source, target.open("w+b") as signed:
        builder.sign(signer, "video/mp4", source, signed)
    return target


@pytest.mark.parametrize("sandbox", [InlineChild(), Sandbox()], ids=["settings", "settings and sandbox"])
def test_an_address_in_a_file_is_never_fetched(remote: Path, sandbox: Any) -> None:
    report = report_on(SandboxedReader(sandbox).read(remote, ANCHORS), PROFILE)
    assert report.state is CredentialState.REMOTE_MANIFEST_ONLY
    assert _Counting.hits == 0


def test_the_library_alone_would_fetch_it(remote: Path) -> None:
    # What makes the test above mean something.
    from c2pa import C2paError, Context, Reader

    with pytest.raises(C2paError):
        Reader(str(remote), context=Context.from_dict({}))
    assert _Counting.hits > 0


def test_foreign_files_are_read_in_a_child_with_the_same_result(folder: Path, signed: bytes) -> None:
    path = written(folder, signed)
    reader = SandboxedReader(Sandbox())
    assert reader.read(path, ANCHORS) == read_here(path, ANCHORS)
    (packed,) = reader.pack([IngredientFile(path, "parent", "parentOf", "Parent")], ANCHORS)
    assert packed.archive
    assert report_on(packed.reading, PROFILE).state is CredentialState.TRUSTED


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (MediaReason.DECODE_TOO_COSTLY, CredentialReason.TOO_COSTLY),
        (MediaReason.DECODE_FAILED, CredentialReason.MALFORMED),
    ],
)
def test_a_file_that_kills_its_reader_is_malformed(plain: Path, code: str, reason: CredentialReason) -> None:
    class Dying(InlineChild):
        def call(self, *_: Any, **__: Any) -> Any:
            raise InvalidInput("too much", code=code)

    report = CredentialService(FakeSigner(), SandboxedReader(Dying()), PROFILE).examine(plain)
    assert (report.state, report.reasons) == (CredentialState.MALFORMED, (reason,))


def test_a_reader_that_takes_too_long_is_stopped(folder: Path, signed: bytes) -> None:
    limits = ChildLimits(wall_seconds=0.02)
    service = CredentialService(FakeSigner(), SandboxedReader(Sandbox(), limits), PROFILE)
    assert service.examine(written(folder, signed)).reasons == (CredentialReason.TOO_COSTLY,)


def test_anchors_that_cannot_be_read_are_our_fault_not_the_files(folder: Path, signed: bytes) -> None:
    with pytest.raises(Broken) as raised:
        read_here(written(folder, signed), TrustAnchors(("-----BEGIN CERTIFICATE-----\nAAAA\n",)))
    assert raised.value.code == CredentialReason.ANCHORS


def test_wiring_can_add_anchors_and_so_can_a_caller(folder: Path, plain: Path) -> None:
    path = sign(plain, folder / "stranger.mp4", STRANGER.issue())
    signer, reader = C2paSigner(lambda: SIGNER, PROFILE), SandboxedReader(InlineChild())
    assert CredentialService(signer, reader, PROFILE).examine(path).state is CredentialState.VALID_UNTRUSTED
    wired = CredentialService(signer, reader, PROFILE, TrustAnchors((STRANGER.pem,)))
    assert wired.examine(path).state is CredentialState.TRUSTED
    asked = CredentialService(signer, reader, PROFILE).examine(path, trust_anchors=[STRANGER.pem])
    assert asked.state is CredentialState.TRUSTED


def test_the_fakes_agree_with_the_real_reader(tmp_path: Path) -> None:
    source = draw_video(tmp_path / "a.mp4")
    service = CredentialService(FakeSigner(), FakeReader(), PROFILE)
    service.sign(source, tmp_path / "s.mp4", make_claim())
    assert service.examine(tmp_path / "s.mp4").state is CredentialState.TRUSTED
    assert service.examine(source).state is CredentialState.NO_CREDENTIAL
    data = (tmp_path / "s.mp4").read_bytes()
    (tmp_path / "t.mp4").write_bytes(flipped(data, data.index(b"mdat") + 20))
    assert service.examine(tmp_path / "t.mp4").state is CredentialState.TAMPERED


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_byte_of_the_video_goes_unseen(data: st.DataObject, folder: Path, signed: bytes) -> None:
    # The standard leaves the manifest box, ftyp, free, skip and mfra out of the hash; all the rest is covered.
    box = manifest_box(signed)
    covered = [at for at in range(32, len(signed)) if not box.start <= at < box.stop]
    free = signed.find(b"free", box.stop)
    if free >= 0:
        covered = [at for at in covered if not free - 4 <= at < free + 4]
    at = data.draw(st.sampled_from(covered))
    mask = data.draw(st.integers(1, 255))
    assert not judge(written(folder, flipped(signed, at, mask), "flip.mp4")).is_sound


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_byte_of_the_credential_makes_it_say_something_else(
    data: st.DataObject, folder: Path, signed: bytes
) -> None:
    box = manifest_box(signed)
    at = data.draw(st.integers(box.start, box.stop - 1))
    report = judge(written(folder, flipped(signed, at, data.draw(st.integers(1, 255))), "flip.mp4"))
    if report.state is CredentialState.TRUSTED:
        whole = judge(written(folder, signed, "whole.mp4"))
        assert (report.owners, report.soft_binding, report.title, report.actions) == (
            whole.owners,
            whole.soft_binding,
            whole.title,
            whole.actions,
        )


def store_of(path: Path) -> tuple[bytes, str]:
    from c2pa import Context, Reader

    with Reader(str(path), context=Context.from_dict(c2pa_settings(ANCHORS))) as reader:
        label = json.loads(reader.json())["active_manifest"]
        box = io.BytesIO()
        reader.resource_to_stream(f"self#jumbf=/c2pa/{label}/c2pa.signature", box)
    return box.getvalue(), label


def test_the_signers_usages_are_read_out_of_the_signature(folder: Path, signed: bytes) -> None:
    leaf = leaf_certificate(*store_of(written(folder, signed)))
    assert leaf is not None
    assert leaf.usages == {CLAIM_SIGNING, EMAIL}


def test_a_certificate_of_another_manifest_does_not_count(folder: Path, signed: bytes) -> None:
    store, label = store_of(written(folder, signed))
    assert leaf_certificate(store, label[:-1]) is None


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_store_gives_no_certificate_or_some_but_never_an_error(
    data: st.DataObject, folder: Path, signed: bytes
) -> None:
    store, label = store_of(written(folder, signed, "usages.mp4"))
    at = data.draw(st.integers(0, len(store) - 1))
    leaf_certificate(flipped(store, at, data.draw(st.integers(1, 255)))[: data.draw(st.integers(0, len(store)))], label)


@given(st.binary(max_size=64))
def test_arbitrary_bytes_are_read_as_cbor_or_refused(raw: bytes) -> None:
    try:
        Cbor(raw).value()
    except ValueError:
        return


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1864", 100),
        ("3863", -100),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("6449455446", "IETF"),
        ("83010203", [1, 2, 3]),
        ("a201020304", {1: 2, 3: 4}),
        ("c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z"),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f0102ff", [1, 2]),
        ("bf6161019f", None),
        ("f6", None),
    ],
)
def test_cbor_follows_the_rfcs_examples(raw: str, value: object) -> None:
    if raw == "bf6161019f":
        with pytest.raises(ValueError, match="end early"):
            Cbor(bytes.fromhex(raw)).value()
    else:
        assert Cbor(bytes.fromhex(raw)).value() == value


def test_deeply_nested_cbor_is_refused() -> None:
    with pytest.raises(ValueError, match="deep"):
        Cbor(b"\x81" * 5000 + b"\x00").value()
