"""What a release was made from: checked to the last generation, named, and small."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.factories.credentials import draw_video, flipped, make_authority, make_claim
from tests.fakes.credentials import InlineChild
from trust_kernel.errors import InvalidInput
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.domain.credentials import (
    THUMBNAIL_BYTES,
    CredentialProfile,
    CredentialReason,
    CredentialState,
    TrustAnchors,
)
from watermark.ports.credentials import IngredientFile
from watermark.service.credentials import CredentialService

PROFILE = CredentialProfile()
AUTHORITY = make_authority()
IDENTITY = AUTHORITY.issue()
STRANGER = make_authority("Stranger").issue()
ANCHORS = TrustAnchors((AUTHORITY.pem,))
READER = SandboxedReader(InlineChild())
SERVICE = CredentialService(C2paSigner(lambda: IDENTITY, PROFILE), READER, PROFILE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return draw_video(tmp_path / "source.mp4")


def unchecked(source: Path, target: Path, parent: Path) -> Path:
    """A remix by somebody who does not check what they build on, or lies."""
    packed = READER.pack([IngredientFile(parent, "parent", "parentOf", "Parent")], ANCHORS)
    C2paSigner(lambda: STRANGER, PROFILE).sign(source, target, make_claim(), packed)
    return target


def tampered(path: Path, target: Path) -> Path:
    data = path.read_bytes()
    target.write_bytes(flipped(data, data.index(b"mdat") + 40))
    return target


@pytest.mark.parametrize("role", ["parent", "inputs"])
@pytest.mark.parametrize("generations", [1, 2])
def test_nothing_is_built_on_what_was_made_from_a_tampered_file(
    source: Path, tmp_path: Path, role: str, generations: int
) -> None:
    SERVICE.sign(source, tmp_path / "first.mp4", make_claim())
    made = tampered(tmp_path / "first.mp4", tmp_path / "tampered.mp4")
    for at in range(generations):
        made = unchecked(source, tmp_path / f"{at}.mp4", made)
    # The file itself is as its signer left it; only what it was made from is not.
    report = SERVICE.examine(made)
    assert report.state is CredentialState.VALID_UNTRUSTED
    assert [fault.depth for fault in report.ingredient_faults] == [generations - 1]
    claim = make_claim(parent=made) if role == "parent" else make_claim(inputs=(made,))
    with pytest.raises(InvalidInput) as raised:
        SERVICE.sign(source, tmp_path / "out.mp4", claim)
    assert (raised.value.code, raised.value.field) == (CredentialReason.INGREDIENT, role)
    assert not (tmp_path / "out.mp4").exists()


def test_what_an_unknown_signer_made_may_be_built_upon(source: Path, tmp_path: Path) -> None:
    C2paSigner(lambda: STRANGER, PROFILE).sign(source, tmp_path / "theirs.mp4", make_claim(), ())
    SERVICE.sign(source, tmp_path / "out.mp4", make_claim(inputs=(tmp_path / "theirs.mp4",)))
    (ingredient,) = SERVICE.examine(tmp_path / "out.mp4").ingredients
    assert (ingredient.trusted, ingredient.faults) == (False, ())


def picture(size: int) -> bytes:
    """A JPEG of about as many bytes, filled up with a comment."""
    from PIL import Image

    box = io.BytesIO()
    Image.effect_noise((64, 36), 60).convert("RGB").save(box, "JPEG")
    head = box.getvalue()
    comment = bytes(size - len(head) - 4)
    return head[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + head[2:]


def chain(source: Path, folder: Path, thumbnails: Sequence[bytes]) -> list[int]:
    """Sizes of the manifest stores of a chain of remixes."""
    sizes, parent = [], None
    for at, thumbnail in enumerate(thumbnails):
        target = folder / f"generation{at}.mp4"
        sizes.append(len(SERVICE.sign(source, target, make_claim(parent=parent, thumbnail=thumbnail)).manifest))
        parent = target
    return sizes


def test_twenty_remixes_of_remixes_stay_below_a_megabyte(source: Path, tmp_path: Path) -> None:
    sizes = chain(source, tmp_path, [picture(THUMBNAIL_BYTES - 100 + at) for at in range(20)])
    assert sizes[-1] < 1_000_000
    report = SERVICE.examine(tmp_path / "generation19.mp4")
    assert report.state is CredentialState.TRUSTED
    assert [found.depth for found in report.ingredients] == list(range(19))
    assert not report.ingredient_faults


def test_each_thumbnail_is_kept_once_in_a_chain(source: Path, tmp_path: Path) -> None:
    pictures = [picture(9000 + at) for at in range(3)]
    chain(source, tmp_path, pictures)
    data = (tmp_path / "generation2.mp4").read_bytes()
    assert [data.count(one) for one in pictures] == [1, 1, 1]


def test_an_ingredient_still_shows_its_own_thumbnail(source: Path, tmp_path: Path) -> None:
    chain(source, tmp_path, [picture(9000), picture(9001)])
    report = SERVICE.examine(tmp_path / "generation1.mp4")
    assert report.document is not None
    (found,) = report.document["manifests"][report.manifest_label]["ingredients"]
    assert report.ingredients[0].manifest_label in found["thumbnail"]["identifier"]
    assert found["thumbnail"]["identifier"].endswith("c2pa.thumbnail.claim")


def test_a_thumbnail_that_would_bloat_every_remix_is_left_out(source: Path, tmp_path: Path) -> None:
    size = len(SERVICE.sign(source, tmp_path / "a.mp4", make_claim(thumbnail=picture(THUMBNAIL_BYTES + 1))).manifest)
    assert size < THUMBNAIL_BYTES
    assert SERVICE.examine(tmp_path / "a.mp4").state is CredentialState.TRUSTED


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_thumbnail_is_called_what_it_is(source: Path, tmp_path: Path, kind: str, media_type: str) -> None:
    from PIL import Image

    box = io.BytesIO()
    Image.new("RGB", (32, 18), "teal").save(box, kind)
    SERVICE.sign(source, tmp_path / "a.mp4", make_claim(thumbnail=box.getvalue()))
    report = SERVICE.examine(tmp_path / "a.mp4")
    assert report.document is not None
    assert report.document["manifests"][report.manifest_label]["thumbnail"]["format"] == media_type


def test_what_is_no_picture_is_no_thumbnail(source: Path, tmp_path: Path) -> None:
    SERVICE.sign(source, tmp_path / "a.mp4", make_claim(thumbnail=b"<svg onload=alert(1)>"))
    assert b"onload" not in (tmp_path / "a.mp4").read_bytes()
