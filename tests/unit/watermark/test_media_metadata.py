"""Disclosures in files: written whole or not at all, read by others, in the way of nobody."""

import json
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.credentials import draw_video, make_authority, make_claim
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.media_metadata import (
    KINDS,
    PNG,
    STILL,
    VIDEO,
    WEBP,
    metadata_from,
    read_metadata,
    write_metadata,
)
from watermark.adapters.media_metadata.mp4 import XMP_UUID
from watermark.adapters.media_metadata.xmp import parse_aigc, parse_packet, write_packet
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import CredentialProfile, CredentialState
from watermark.domain.disclosure import Deployment, Disclosure, DisclosureReason, Made, disclose
from watermark.domain.disclosure_assertions import DISCLOSURE_LABEL, assertions_of
from watermark.domain.disclosure_profiles import profiles_named

AUTHORITY = make_authority()
ODD = 'Søren & Søn <i>"film"</i> 公司 ]]>'


def made(provider: str = ODD, jurisdictions: tuple[str, ...] = ("eu", "us-ca", "cn")) -> Disclosure:
    deployment = Deployment(provider, "Placet", "0.1.0", "https://acme.example/verify?a=1&b=2")
    return disclose(profiles_named(jurisdictions), deployment, Made("rel-7", datetime(2026, 11, 22, 3, tzinfo=UTC)))


def stated(disclosure: Disclosure) -> dict[str, Any]:
    fields = {field.value: value for field, value in disclosure.fields.items()}
    return {"fields": fields, "aigc": None if disclosure.aigc is None else dict(disclosure.aigc)}


def found(path: Path) -> dict[str, Any]:
    return {key: value for key, value in read_metadata(str(path)).items() if key != "comment"}


def pictures(path: Path) -> list[bytes]:
    import av

    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


def video(path: Path, *, sound: bool = False, front: bool = False) -> Path:
    """A short film, with its index at the end, or in front as for the web."""
    import av

    options = {"movflags": "faststart"} if front else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        track = container.add_stream("aac", rate=48_000) if sound else None
        noise = np.random.default_rng(1)
        for _ in range(12):
            picture = noise.integers(0, 255, (64, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            if track is not None:
                hiss = noise.standard_normal((1, 4000)).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(hiss, format="fltp", layout="mono")
                frame.sample_rate = 48_000
                container.mux(track.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            container.mux(track.encode())
    return path


def still(path: Path, **options: Any) -> Path:
    from PIL import Image

    noise = np.random.default_rng(2).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, "JPEG", **options)
    return path


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("front", [False, True])
def test_a_video_says_what_was_disclosed_and_shows_what_it_showed(tmp_path: Path, sound: bool, front: bool) -> None:
    path = video(tmp_path / "film.mp4", sound=sound, front=front)
    data = path.read_bytes()
    assert (data.index(b"moov") < data.index(b"mdat")) is front
    before = pictures(path)
    write_metadata(path, made(), VIDEO)
    assert found(path) == stated(made())
    assert pictures(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_sound_of_a_video_with_its_index_in_front_stays_where_the_index_says(tmp_path: Path) -> None:
    import av

    def sound(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(audio=0)]

    path = video(tmp_path / "film.mp4", sound=True, front=True)
    before = sound(path)
    write_metadata(path, made(), VIDEO)
    assert sound(path) == before


def test_a_widely_used_demuxer_gives_the_chinese_values_under_their_key(tmp_path: Path) -> None:
    import av

    path = video(tmp_path / "film.mp4")
    write_metadata(path, made(), VIDEO)
    with av.open(str(path)) as container:
        assert json.loads(container.metadata["AIGC"]) == made().aigc
        assert container.metadata["comment"] == made().sentence


def test_where_china_is_not_asked_about_nothing_is_said_to_it(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4")
    write_metadata(path, made(jurisdictions=("eu",)), VIDEO)
    assert found(path)["aigc"] is None
    assert b'"ContentProducer"' not in path.read_bytes()


def test_disclosing_again_replaces_what_was_said(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4", front=True)
    write_metadata(path, made("First"), VIDEO)
    size = path.stat().st_size
    write_metadata(path, made("Other"), VIDEO)
    data = path.read_bytes()
    assert len(data) == size
    assert data.count(XMP_UUID) == 1
    assert b"First" not in data
    assert found(path) == stated(made("Other"))


def test_the_name_of_the_encoder_and_other_old_tags_are_gone_afterwards(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4")
    assert b"Lavf" in path.read_bytes()
    write_metadata(path, made(), VIDEO)
    assert b"Lavf" not in path.read_bytes()


def test_a_still_says_what_was_disclosed_and_keeps_its_pixels_and_profile(tmp_path: Path) -> None:
    from PIL import Image

    path = still(tmp_path / "still.jpg", icc_profile=b"profile", dpi=(72, 72))
    before = np.asarray(Image.open(path))
    data = path.read_bytes()
    more = b"http://ns.adobe.com/xmp/extension/\x00old"
    path.write_bytes(data[:2] + struct.pack(">HH", 0xFFE1, len(more) + 2) + more + data[2:])
    write_metadata(path, made(), STILL)
    write_metadata(path, made("Other"), STILL)
    assert found(path) == stated(made("Other"))
    assert more not in path.read_bytes()
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), before)
        assert picture.info["icc_profile"] == b"profile"
    data = path.read_bytes()
    assert data.count(b"http://ns.adobe.com/xap/1.0/\x00") == 1
    assert data.count(b"Photoshop 3.0") == 1
    assert data[2:4] == b"\xff\xe0"


def picture(path: Path, kind: str, mode: str = "RGB", **options: Any) -> Path:
    from PIL import Image

    noise = np.random.default_rng(3).integers(0, 255, (48, 65, len(mode)), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind.partition("/")[2], **options)
    return path


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        (WEBP, "RGB", {}),
        (WEBP, "RGB", {"lossless": True}),
        (WEBP, "RGBA", {"lossless": True}),
        (WEBP, "RGBA", {}),
        (WEBP, "RGB", {"icc_profile": b"profile"}),
        (WEBP, "RGB", {"xmp": b"<x/>"}),
        (PNG, "RGB", {}),
        (PNG, "RGBA", {"icc_profile": b"profile"}),
    ],
)
def test_thumbnails_say_what_was_disclosed_and_keep_their_pixels(
    tmp_path: Path, kind: str, mode: str, options: dict[str, Any]
) -> None:
    from PIL import Image

    path = picture(tmp_path / "thumbnail", kind, mode, **options)
    before = np.asarray(Image.open(path))
    write_metadata(path, made("First"), kind)
    write_metadata(path, made("Other"), kind)
    assert found(path) == stated(made("Other"))
    assert b"First" not in path.read_bytes()
    with Image.open(path) as shown:
        assert np.array_equal(np.asarray(shown), before)
        assert shown.info.get("icc_profile") == options.get("icc_profile")


@pytest.mark.parametrize("kind", [WEBP, PNG])
def test_a_damaged_thumbnail_is_refused_and_left_as_it_was(tmp_path: Path, kind: str) -> None:
    whole = picture(tmp_path / "thumbnail", kind).read_bytes()
    for length in (4, 12, 20, 30, len(whole) - 2):
        path = tmp_path / "cut"
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInput):
            write_metadata(path, made(), kind)
        assert path.read_bytes() == whole[:length]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_was_written_survives_signing_which_stays_trusted_and_then_forbids_more(tmp_path: Path, kind: str) -> None:
    path = video(tmp_path / "a.mp4", sound=True, front=True) if kind == VIDEO else picture(tmp_path / "a.still", kind)
    write_metadata(path, made(), kind)
    identity = AUTHORITY.issue()
    signer = C2paSigner(lambda: identity, CredentialProfile())
    target = tmp_path / "signed"
    signer.sign(path, target, make_claim(media_type=kind, extra_assertions=assertions_of(made())), [])
    reading = signer.read_back(target)
    assert report_on(reading, CredentialProfile()).state is CredentialState.TRUSTED
    assert reading.store is not None
    said = json.dumps(reading.store["manifests"][reading.store["active_manifest"]]["assertions"], ensure_ascii=False)
    for words in (DISCLOSURE_LABEL, '"Iptc4xmpExt:AISystemUsed": "Placet"', '"humanOversightLevel": "prompt_guided"'):
        assert words in said
    assert found(target) == stated(made())
    before = target.read_bytes()
    with pytest.raises(InvalidInput) as refusal:
        write_metadata(target, made(), kind)
    assert refusal.value.code == DisclosureReason.SIGNED
    assert target.read_bytes() == before


def test_a_second_validator_agrees_with_a_file_that_says_everything(tmp_path: Path) -> None:
    encypher_c2pa = pytest.importorskip("encypher_c2pa")
    path, target = video(tmp_path / "plain.mp4", front=True), tmp_path / "signed.mp4"
    write_metadata(path, made(), VIDEO)
    identity = AUTHORITY.issue()
    claim = make_claim(extra_assertions=assertions_of(made()))
    C2paSigner(lambda: identity, CredentialProfile()).sign(path, target, claim, [])
    verdict = encypher_c2pa.verify(
        target, trust_pem=AUTHORITY.pem, no_default_trust=True, telemetry=False, online=False
    )
    assert verdict["validation_state"] == "Trusted"
    assert not verdict["validation_results"].get("failure")


def test_metadata_cannot_be_changed_after_signing_without_being_found_out(tmp_path: Path) -> None:
    path = video(tmp_path / "plain.mp4")
    write_metadata(path, made("Acme"), VIDEO)
    identity = AUTHORITY.issue()
    signer = C2paSigner(lambda: identity, CredentialProfile())
    target = tmp_path / "signed.mp4"
    signer.sign(path, target, make_claim(), [])
    data = target.read_bytes()
    assert data.count(b"<placet:Provider>Acme<") == 1
    target.write_bytes(data.replace(b"<placet:Provider>Acme<", b"<placet:Provider>Evil<"))
    assert report_on(signer.read_back(target), CredentialProfile()).state is CredentialState.TAMPERED


def test_a_second_program_reads_the_same(tmp_path: Path) -> None:
    tool = shutil.which("exiftool")
    if tool is None:
        pytest.skip("there is no exiftool on this machine")
    film, photo = video(tmp_path / "film.mp4", front=True), still(tmp_path / "still.jpg")
    paths = {WEBP: picture(tmp_path / "a.webp", WEBP), PNG: picture(tmp_path / "a.png", PNG), VIDEO: film, STILL: photo}
    for kind, path in paths.items():
        write_metadata(path, made(), kind)
        answer = subprocess.run(
            [tool, "-j", "-G1", "-validate", "-all:all", str(path)], capture_output=True, check=True, timeout=60
        )
        said = json.loads(answer.stdout)[0]
        assert said["ExifTool:Validate"] == "OK"
        assert said["XMP-iptcExt:DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
        assert said["XMP-dc:Identifier"] == "rel-7"
        assert said["XMP-placet:Provider"] == ODD
    assert said["IPTC:Caption-Abstract"] == made().sentence


@pytest.mark.parametrize("name", ["two_indexes", "fragmented", "no_ftyp", "cut", "open_ended", "zip", "empty", "loop"])
def test_a_video_that_cannot_be_written_into_is_refused_and_left_as_it_was(tmp_path: Path, name: str) -> None:
    data = video(tmp_path / "film.mp4").read_bytes()
    at = data.index(b"moov") - 4
    moov = data[at:]
    spoiled = {
        "two_indexes": data + moov,
        "fragmented": data + struct.pack(">I4s", 8, b"moof"),
        "no_ftyp": data[struct.unpack_from(">I", data)[0] :],
        "cut": data[: len(data) // 2],
        "open_ended": data + struct.pack(">I4s", 0, b"free"),
        "zip": b"PK\x03\x04" + bytes(100),
        "empty": b"",
        "loop": data[:at] + moov.replace(struct.pack(">4s", b"stco"), b"stco")[:-8],
    }[name]
    path = tmp_path / "spoiled.mp4"
    path.write_bytes(spoiled)
    with pytest.raises(InvalidInput) as refusal:
        write_metadata(path, made(), VIDEO)
    assert refusal.value.code == DisclosureReason.FILE
    assert path.read_bytes() == spoiled
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["film.mp4", "spoiled.mp4"]


def test_chunk_offsets_that_point_nowhere_are_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4", front=True)
    data = bytearray(path.read_bytes())
    at = data.index(b"stco") + 12
    data[at : at + 4] = struct.pack(">I", 1 << 31)
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        write_metadata(path, made(), VIDEO)


def test_a_picture_is_not_a_video_and_a_text_is_neither(tmp_path: Path) -> None:
    path = still(tmp_path / "still.jpg")
    for kind in (VIDEO, "text/plain"):
        with pytest.raises(InvalidInput):
            write_metadata(path, made(), kind)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(InvalidInput):
        write_metadata(path, made(), STILL)


def test_what_does_not_read_back_is_never_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = video(tmp_path / "film.mp4")
    before = path.read_bytes()
    monkeypatch.setattr("watermark.adapters.media_metadata.write_packet", lambda _: b"<x/>")
    with pytest.raises(Broken):
        write_metadata(path, made(), VIDEO)
    assert path.read_bytes() == before


def test_files_that_say_nothing_say_nothing(tmp_path: Path) -> None:
    for path in (video(tmp_path / "film.mp4"), still(tmp_path / "still.jpg")):
        assert read_metadata(str(path)) == {"fields": {}, "aigc": None, "comment": ""}
    other = tmp_path / "other"
    for content in (b"", b"\x00", b"PK\x03\x04", b"\xff\xd8\xff", b"\x00\x00\x00\x08ftyp"):
        other.write_bytes(content)
        assert read_metadata(str(other))["fields"] == {}


def test_a_video_that_was_cut_off_still_says_what_comes_before_the_cut(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4", front=True)
    write_metadata(path, made(), VIDEO)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 100])
    assert found(path) == {"fields": {}, "aigc": made().aigc}


def test_strangers_files_are_read_in_the_sandbox(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4")
    write_metadata(path, made(), VIDEO)
    metadata = metadata_from(Sandbox().call(read_metadata, limits=ChildLimits(), source=path))
    assert metadata.says_ai
    assert metadata.fields["provider"] == ODD
    assert metadata.aigc == made().aigc
    assert metadata.comment == made().sentence


def packet(body: str) -> bytes:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {rdf}>{body}</rdf:RDF></x:xmpmeta>'.encode()


def test_xmp_of_other_programs_is_understood() -> None:
    spaces = 'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:T="http://www.tc260.org.cn/ns/AIGC/1.0/"'
    as_attribute = packet(f'<rdf:Description {spaces} e:DigitalSourceType="http://x/trainedAlgorithmicMedia"/>')
    by_reference = packet(
        f'<rdf:Description {spaces}><e:DigitalSourceType rdf:resource="http://x/trainedAlgorithmicMedia"/>'
        '<T:AIGC>{"Label":"1","ContentProducer":"P","More":["x"]}</T:AIGC></rdf:Description>'
    )
    assert parse_packet(as_attribute)[0] == {"source_type": "http://x/trainedAlgorithmicMedia"}
    fields, aigc = parse_packet(b"\xef\xbb\xbf" + by_reference + bytes(2000))
    assert fields == {"source_type": "http://x/trainedAlgorithmicMedia"}
    assert aigc == {"Label": "1", "ContentProducer": "P"}


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + packet(""),
        packet("<rdf:Description/>").decode().encode("utf-16"),
        b"<a>" * 200_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b" " * 2_000_000,
        b"\x00\xff\xfe",
        b"",
    ],
)
def test_hostile_xmp_says_nothing_and_costs_nothing(hostile: bytes) -> None:
    assert parse_packet(hostile) == ({}, None)


@pytest.mark.parametrize("hostile", ["[" * 100_000, "[" * 15_000, "[]", "1", "{}", '{"Label":1}', '{"AIGC":[]}', "{"])
def test_hostile_aigc_values_say_nothing(hostile: str) -> None:
    assert parse_aigc(hostile) is None


def test_a_strangers_words_lose_what_would_deceive_the_eye_and_are_cut() -> None:
    body = packet(
        '<rdf:Description xmlns:p="urn:placet:disclosure:1:">'
        f"<p:Provider>\u202eA\u200b{'x' * 5000}</p:Provider></rdf:Description>"
    )
    provider = parse_packet(body)[0]["provider"]
    assert provider.startswith("Axx")
    assert len(provider) == 300
    assert parse_aigc(json.dumps({"Label": "1", "ContentProducer": "\u202eA\x07"})) == {
        "Label": "1",
        "ContentProducer": "A",
    }


def written() -> Iterator[bytes]:
    """A file of each kind with metadata, made once."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        film = draw_video(Path(folder) / "film.mp4", frames=2)
        for kind in (VIDEO, STILL, WEBP, PNG):
            path = film if kind == VIDEO else picture(Path(folder) / "still", kind)
            write_metadata(path, made(), kind)
            yield path.read_bytes()


FILES = tuple(written())


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_no_damage_makes_reading_fail_in_any_other_way_than_silence(seed: int) -> None:
    import tempfile

    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    data = bytearray(chance.choice(FILES))
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with tempfile.NamedTemporaryFile() as file:
        file.write(data[: chance.randint(1, len(data))])
        file.flush()
        answer = read_metadata(file.name)
    assert all(len(value) <= 300 and value.isprintable() for value in answer["fields"].values())


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_writing_into_a_damaged_video_fails_clearly_or_reads_back(seed: int) -> None:
    import tempfile

    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    data = bytearray(FILES[0])
    at = data.index(b"moov")
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(at, len(data))] = chance.randrange(256)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(data)
        try:
            write_metadata(path, made(), VIDEO)
        except InvalidInput:
            assert path.read_bytes() == data
        else:
            assert found(path) == stated(made())


@given(st.text(min_size=1, max_size=300).filter(lambda text: text.isprintable() and text.strip() == text))
@settings(max_examples=150, deadline=None)
def test_any_name_that_may_be_disclosed_comes_back_as_it_was(name: str) -> None:
    disclosure = made(name)
    fields, aigc = parse_packet(write_packet(disclosure))
    assert {"fields": fields, "aigc": aigc} == stated(disclosure)
