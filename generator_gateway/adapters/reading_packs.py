"""The model packs by which text in pictures is read, and who makes them runnable."""

from collections.abc import Mapping
from pathlib import Path

from generator_gateway.adapters.ppocr import LONGEST, Letters, PaddleReader
from trust_kernel.errors import Broken
from trust_kernel.inference.models import Converter, ModelStore
from trust_kernel.inference.packs import ModelPack, WheelSource
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import SessionFactory

TEXT_FINDER = "text-finder"
TEXT_READER = "text-reader"
TEXT_LETTERS = "text-letters"

_WHEEL = "rapidocr==3.10.0"
_FOLDER = "rapidocr/models"
_READER_SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
_NOTE = "PaddlePaddle's PP-OCRv6, in a wheel under Apache-2.0 that is read and never imported."
_DATA = "Not published in full: pictures of documents, signs and screens, and rendered text (PaddleOCR's account)."


def _letters(source: Path, target: Path) -> None:
    """Write the letters that the reader knows, one a line: its ONNX file carries them as metadata.

    Raises:
        Broken: ``model:source:mismatch``, it carries none.
    """
    import onnx

    carried = {entry.key: entry.value for entry in onnx.load(str(source)).metadata_props}
    if not carried.get("character"):
        raise Broken("the text reader names no letters", code=ModelReason.SOURCE_MISMATCH)
    target.write_text(carried["character"].removesuffix("\n"), encoding="utf-8")


READING_PACKS: tuple[ModelPack, ...] = (
    ModelPack(
        name=TEXT_FINDER,
        kind="text-finder",
        version="6",
        source=WheelSource(
            _WHEEL,
            f"{_FOLDER}/PP-OCRv6_det_small.onnx",
            "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        ),
        licence="Apache-2.0",
        licence_note=_NOTE,
        commercial=True,
        converter="",
        takes="float32 BGR (1, 3, h, w) in [-1, 1], h and w multiples of 32",
        gives="probability that a pixel belongs to a letter, (1, 1, h, w)",
        data=_DATA,
        limits="Letters under about 8 pixels, ornaments, and text that a picture's texture hides.",
    ),
    ModelPack(
        name=TEXT_READER,
        kind="text-reader",
        version="6",
        source=WheelSource(_WHEEL, f"{_FOLDER}/PP-OCRv6_rec_small.onnx", _READER_SHA256),
        licence="Apache-2.0",
        licence_note=_NOTE,
        commercial=True,
        converter="",
        takes="float32 BGR (1, 3, 48, w) in [-1, 1], one upright line",
        gives="probabilities of 18,710 signs, a step of 8 pixels each",
        data=_DATA,
        limits=(
            "Latin, Greek, Chinese and Japanese letters; no Cyrillic, Arabic, Hebrew, Korean or Devanagari. "
            "Handwriting and display faces make it misread."
        ),
    ),
    ModelPack(
        name=TEXT_LETTERS,
        kind="text-letters",
        version="6",
        source=WheelSource(_WHEEL, f"{_FOLDER}/PP-OCRv6_rec_small.onnx", _READER_SHA256),
        licence="Apache-2.0",
        licence_note=_NOTE,
        commercial=True,
        converter="ppocr-letters",
        takes="",
        gives="the reader's signs, one a line",
        suffix=".txt",
        data=_DATA,
        limits="",
    ),
)

READING_CONVERTERS: Mapping[str, Converter] = {"ppocr-letters": _letters}


def paddle_reader(store: ModelStore, sessions: SessionFactory, *, longest: int = LONGEST) -> PaddleReader:
    """The reader over these packs; nothing is loaded, or even looked for, before its first picture."""
    pack = store.pack(TEXT_READER)
    return PaddleReader(
        f"ppocr-small-{pack.version}-{pack.source.sha256[:12]}",
        lambda: sessions.load(store.path(TEXT_FINDER)),
        lambda: sessions.load(store.path(TEXT_READER)),
        lambda: Letters.parse(store.path(TEXT_LETTERS).read_text("utf-8")),
        longest=longest,
    )
