"""Kinds of files, further statements, other people's validators, and files made to do harm."""

import io
import json
import struct
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.credentials import TIME_STAMPING, draw_video, flipped, make_authority, make_claim
from tests.factories.time_stamps import OPENSSL, running_authority
from tests.fakes.credentials import InlineChild
from trust_kernel.errors import InvalidInput
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.domain.credential_store import text
from watermark.domain.credentials import (
    AiClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    TrustAnchors,
)
from watermark.service.credentials import CredentialService

PROFILE = CredentialProfile()
AUTHORITY = make_authority()
IDENTITY = AUTHORITY.issue()
SERVICE = CredentialService(C2paSigner(lambda: IDENTITY, PROFILE), SandboxedReader(InlineChild()), PROFILE)
STILLS = [("image/jpeg", "JPEG"), ("image/png", "PNG"), ("image/webp", "WEBP")]


def draw_still(path: Path, kind: str) -> Path:
    from PIL import Image

    Image.effect_noise((96, 64), 60).convert("RGB").save(path, kind)
    return path


def draw_sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<8000h", *(at % 99 for at in range(8000))))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return draw_video(tmp_path / "source.mp4")


def test_something_real_that_was_worked_upon_says_so(source: Path, tmp_path: Path) -> None:
    composite = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    SERVICE.sign(source, tmp_path / "out.mp4", make_claim(source_type=composite))
    report = SERVICE.examine(tmp_path / "out.mp4")
    assert (report.state, report.ai) == (CredentialState.TRUSTED, AiClaim.YES)
    assert report.actions[0].source_type == "compositeWithTrainedAlgorithmicMedia"
    assert said(report, "cawg.metadata")[0]["Iptc4xmpExt:DigitalSourceType"] == composite


def manifest_of(report: CredentialReport) -> dict[str, Any]:
    assert report.document is not None
    found = report.document["manifests"][report.manifest_label]
    assert isinstance(found, dict)
    return found


def said(report: CredentialReport, label: str) -> list[Any]:
    return [held["data"] for held in manifest_of(report)["assertions"] if held["label"] == label]


@pytest.mark.parametrize(("media_type", "kind"), STILLS)
def test_a_still_is_signed_as_a_video_is(tmp_path: Path, media_type: str, kind: str) -> None:
    still = draw_still(tmp_path / "still", kind)
    SERVICE.sign(still, tmp_path / "out", make_claim(media_type=media_type, duration=0))
    report = SERVICE.examine(tmp_path / "out")
    assert (report.state, report.ai) == (CredentialState.TRUSTED, AiClaim.YES)
    assert report.soft_binding is not None
    assert report.soft_binding.release_number == make_claim().release_number
    (binding,) = said(report, "c2pa.soft-binding")
    assert binding["blocks"][0]["scope"] == {}
    data = (tmp_path / "out").read_bytes()
    (tmp_path / "changed").write_bytes(flipped(data, len(data) - 20))
    assert SERVICE.examine(tmp_path / "changed").state is CredentialState.TAMPERED


def test_a_still_may_be_taken_from_a_release(source: Path, tmp_path: Path) -> None:
    SERVICE.sign(source, tmp_path / "release.mp4", make_claim())
    still = draw_still(tmp_path / "still.jpg", "JPEG")
    SERVICE.sign(still, tmp_path / "out.jpg", make_claim(media_type="image/jpeg", parent=tmp_path / "release.mp4"))
    (parent,) = SERVICE.examine(tmp_path / "out.jpg").ingredients
    assert (parent.relationship, parent.trusted) == ("parentOf", True)


def test_sound_alone_states_the_mark_in_the_sound_alone(tmp_path: Path) -> None:
    claim = make_claim(media_type="audio/wav", sound_number=7)
    SERVICE.sign(draw_sound(tmp_path / "a.wav"), tmp_path / "out.wav", claim)
    report = SERVICE.examine(tmp_path / "out.wav")
    assert report.state is CredentialState.TRUSTED
    assert report.soft_binding is None
    assert report.sound_binding is not None
    assert report.sound_binding.release_number == 7


@pytest.mark.parametrize("number", [0, 1, (1 << 32) - 1])
def test_marks_in_picture_and_sound_are_told_apart(source: Path, tmp_path: Path, number: int) -> None:
    SERVICE.sign(source, tmp_path / "out.mp4", make_claim(sound_number=number))
    report = SERVICE.examine(tmp_path / "out.mp4")
    assert report.soft_binding is not None
    assert report.sound_binding is not None
    assert report.soft_binding.release_number == make_claim().release_number
    assert report.sound_binding.release_number == number
    assert [held["alg"] for held in said(report, "c2pa.soft-binding")] == ["com.placet.mark.1", "com.placet.sound.1"]


@pytest.mark.parametrize("number", [-1, 1 << 32])
def test_a_number_that_no_sound_can_carry_is_refused(source: Path, tmp_path: Path, number: int) -> None:
    with pytest.raises(InvalidInput) as raised:
        SERVICE.sign(source, tmp_path / "out.mp4", make_claim(sound_number=number))
    assert raised.value.field == "sound_number"


@pytest.mark.parametrize("media_type", ["image/svg+xml", "video/x-matroska", "", "../../etc"])
def test_other_kinds_are_not_signed(source: Path, tmp_path: Path, media_type: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        SERVICE.sign(source, tmp_path / "out.mp4", make_claim(media_type=media_type))
    assert raised.value.field == "media_type"


def test_a_file_that_is_not_of_its_type_is_not_signed(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        SERVICE.sign(source, tmp_path / "out.jpg", make_claim(media_type="image/jpeg"))
    assert not (tmp_path / "out.jpg").exists()


def test_what_a_law_asks_for_is_added_to_what_we_say(source: Path, tmp_path: Path) -> None:
    extra: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("cawg.metadata", {"@context": {"x": "http://example.org/x/"}, "x:provider": "Acme"}),
        ("c2pa.ai-disclosure", {"contentProfile": {"humanOversightLevel": "prompt_guided"}}),
        ("com.placet.aigc", {"Label": "1"}),
    )
    SERVICE.sign(source, tmp_path / "out.mp4", make_claim(extra_assertions=extra))
    report = SERVICE.examine(tmp_path / "out.mp4")
    assert report.state is CredentialState.TRUSTED
    (metadata,) = said(report, "cawg.metadata")
    assert (metadata["x:provider"], metadata["dc:title"]) == ("Acme", make_claim().title)
    assert set(metadata["@context"]) == {"dc", "Iptc4xmpExt", "x"}
    (disclosure,) = said(report, "c2pa.ai-disclosure")
    assert disclosure["modelName"] == "animatic"
    assert disclosure["contentProfile"] == {"humanOversightLevel": "prompt_guided"}
    assert said(report, "com.placet.aigc") == [{"Label": "1"}]
    created = {held["label"]: held.get("created") for held in manifest_of(report)["assertions"]}
    assert (created["com.placet.aigc"], created["c2pa.ai-disclosure"], created["cawg.metadata"]) == (True, True, None)


@pytest.mark.parametrize(
    "label",
    ["c2pa.actions.v2", "c2pa.soft-binding", "c2pa.soft-binding__1", "c2pa.hash.bmff.v3", PROFILE.ownership_label],
)
def test_what_only_we_can_know_cannot_be_stated_for_us(source: Path, tmp_path: Path, label: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        SERVICE.sign(source, tmp_path / "out.mp4", make_claim(extra_assertions=((label, {"owners": []}),)))
    assert raised.value.code == CredentialReason.RESERVED


def test_the_credential_can_be_had_as_crjson(source: Path, tmp_path: Path) -> None:
    label = SERVICE.sign(source, tmp_path / "out.mp4", make_claim()).manifest_label
    found = SERVICE.crjson(tmp_path / "out.mp4")
    assert found is not None
    document = json.loads(found)
    # What the schema of crJSON requires, and what it does not allow.
    assert set(document) >= {"@context", "manifests", "jsonGenerator"}
    (manifest,) = document["manifests"]
    assert manifest["label"] == label
    assert set(manifest) >= {"claim.v2", "assertions", "signature"}
    assert not set(manifest) & {"isUpdateManifest", "isCompressedManifest"}
    assert SERVICE.crjson(source) is None


def test_crjson_is_made_in_the_sandbox_and_of_recovered_credentials_too(source: Path, tmp_path: Path) -> None:
    manifest = SERVICE.sign(source, tmp_path / "out.mp4", make_claim()).manifest
    reader = SandboxedReader(Sandbox())
    anchors = TrustAnchors((AUTHORITY.pem,))
    assert reader.crjson(source, anchors) is None
    found = reader.crjson(source, anchors, manifest)
    assert found is not None
    assert "assertion.bmffHash.mismatch" in found


def second_opinion(path: Path, stamps: str | None = None) -> dict[str, Any]:
    import encypher_c2pa

    found = encypher_c2pa.verify(
        path, trust_pem=AUTHORITY.pem, tsa_trust_pem=stamps, no_default_trust=True, telemetry=False, online=False
    )
    assert isinstance(found, dict)
    return found


def agreed(path: Path) -> None:
    assert SERVICE.examine(path).state is CredentialState.TRUSTED
    opinion = second_opinion(path)
    assert (opinion["integrity"], opinion["signature"], opinion["hard_binding"]) == ("valid", "valid", "match")
    assert opinion["validation_state"] == "Trusted"


class TestASecondOpinion:
    """Another validator, with a core of its own, says the same of what we sign."""

    def test_of_a_video_with_everything_in_it(self, source: Path, tmp_path: Path) -> None:
        box = io.BytesIO()
        draw_still(tmp_path / "t.jpg", "JPEG")
        box.write((tmp_path / "t.jpg").read_bytes())
        extra = (("com.placet.aigc", {"Label": "1"}),)
        claim = make_claim(sound_number=9, thumbnail=box.getvalue(), extra_assertions=extra)
        SERVICE.sign(source, tmp_path / "out.mp4", claim)
        agreed(tmp_path / "out.mp4")

    def test_of_remixes(self, source: Path, tmp_path: Path) -> None:
        thumbnail = draw_still(tmp_path / "t.jpg", "JPEG").read_bytes()
        parent = None
        for at in range(3):
            target = tmp_path / f"{at}.mp4"
            claim = make_claim(parent=parent, thumbnail=thumbnail, inputs=(tmp_path / "t.jpg",))
            SERVICE.sign(source, target, claim)
            parent = target
        agreed(target)

    @pytest.mark.parametrize(("media_type", "kind"), STILLS)
    def test_of_stills(self, tmp_path: Path, media_type: str, kind: str) -> None:
        still = draw_still(tmp_path / "still", kind)
        SERVICE.sign(still, tmp_path / f"out.{kind.lower()}", make_claim(media_type=media_type, duration=0))
        agreed(tmp_path / f"out.{kind.lower()}")

    @pytest.mark.skipif(not OPENSSL, reason="needs the openssl command, which makes the stamps")
    def test_of_what_is_stamped(self, source: Path, tmp_path: Path) -> None:
        tsa = make_authority("Clockmaker")
        with running_authority(tsa.issue((TIME_STAMPING,), name="Stamper")) as server:
            signer = C2paSigner(lambda: IDENTITY, PROFILE, tsa_url=server.url, stamps=(tsa.pem,))
            service = CredentialService(signer, SandboxedReader(InlineChild()), PROFILE)
            service.sign(source, tmp_path / "out.mp4", make_claim())
        agreed(tmp_path / "out.mp4")
        assert "timeStamp.trusted" in json.dumps(second_opinion(tmp_path / "out.mp4", tsa.pem))
        assert "timeStamp.trusted" not in json.dumps(second_opinion(tmp_path / "out.mp4", AUTHORITY.pem))

    def test_of_a_changed_file(self, source: Path, tmp_path: Path) -> None:
        SERVICE.sign(source, tmp_path / "out.mp4", make_claim())
        data = (tmp_path / "out.mp4").read_bytes()
        (tmp_path / "changed.mp4").write_bytes(flipped(data, data.index(b"mdat") + 40))
        opinion = second_opinion(tmp_path / "changed.mp4")
        assert opinion["hard_binding"] != "match"
        assert SERVICE.examine(tmp_path / "changed.mp4").state is CredentialState.TAMPERED


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><title>&lt;script&gt;alert(1)&lt;/script&gt;</title><script>a()</script></svg>'


def zipped() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("video.mp4", b"nothing")
    return box.getvalue()


def riff_bomb(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = b"LIST" + struct.pack("<I", len(body) + 4) + b"bomb" + body
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def boxes(*kinds: bytes, size: int) -> bytes:
    """Boxes that claim to be far larger than the file."""
    head = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom")
    return head + b"".join(struct.pack(">I4s", size, kind) for kind in kinds)


HARMFUL = {
    "SVG with a script": SVG,
    "ZIP called .mp4": zipped(),
    "nested RIFF": riff_bomb(3000),
    "box of 4 GB": boxes(b"moov", size=0xFFFFFFFF),
    "boxes of nothing": boxes(*[b"uuid"] * 500, size=0),
    "box smaller than its head": boxes(b"moov", b"mdat", size=4),
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "a JPEG of empty segments": b"\xff\xd8" + b"\xff\xeb\x00\x02" * 20_000 + b"\xff\xd9",
    "PNG chunk of 2 GB": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 0x7FFFFFFF, b"caBX"),
    "a PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF",
}
CALM = {
    CredentialState.MALFORMED,
    CredentialState.NO_CREDENTIAL,
    CredentialState.UNSUPPORTED,
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_file_made_to_do_harm_gets_a_calm_answer(tmp_path: Path, name: str) -> None:
    (tmp_path / "video.mp4").write_bytes(HARMFUL[name])
    service = CredentialService(C2paSigner(lambda: IDENTITY, PROFILE), SandboxedReader(Sandbox()), PROFILE)
    report = service.examine(tmp_path / "video.mp4")
    assert report.state in CALM
    assert report.ai is AiClaim.UNKNOWN
    assert service.crjson(tmp_path / "video.mp4") is None


def test_a_script_in_the_title_of_a_signed_svg_is_text(tmp_path: Path) -> None:
    from c2pa import Builder, C2paSigningAlg, Context, Signer

    title = "<script>alert(document.cookie)</script>\u202egpj.\u2028<img src=x>"
    actions = {
        "label": "c2pa.actions.v2",
        "data": {
            "actions": [{"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}]
        },
        "created": True,
    }
    definition = {"claim_version": 2, "title": title, "format": "image/svg+xml", "assertions": [actions]}
    signer = Signer.from_callback(IDENTITY.sign, C2paSigningAlg.ES256, IDENTITY.chain_pem)
    context = Context.from_dict(c2pa_settings(TrustAnchors((AUTHORITY.pem,))))
    target = tmp_path / "out.svg"
    with Builder(definition, context=context) as builder, target.open("w+b") as signed:
        builder.sign(signer, "image/svg+xml", io.BytesIO(SVG), signed)
    report = SERVICE.examine(target)
    assert report.state is CredentialState.TRUSTED
    assert report.title == "<script>alert(document.cookie)</script>gpj.<img src=x>"


@given(st.text(max_size=400))
def test_no_title_keeps_what_is_not_seen_or_breaks_a_line(words: str) -> None:
    cleaned = text(words)
    assert len(cleaned) <= 200
    assert not {"\u202e", "\u2066", "\u200f", "\u2028", "\u2029", "\x00", "\x1b", "\n", "\r", "\x85"} & set(cleaned)
    assert text(cleaned) == cleaned
