"""How a text becomes word pieces, and weights become a network."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.adapters.minilm_graph import HEADS, LAYERS, WIDTH, convert_minilm, read_safetensors
from copyright_optout.adapters.wordpiece import WordPieces
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import OnnxSession

_NAMES = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "play",
    "##ing",
    "##ed",
    "cafe",
    ",",
    "the",
    "\u732b",
    "un",
    "##a",
    "'",
    "t",
)
PIECES = WordPieces("\n".join(_NAMES))


def pieces(text: str, longest: int = 256) -> list[str]:
    return [_NAMES[number] for number in PIECES.encode(text, longest)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("playing", ["play", "##ing"]),
        ("PLAYED, the", ["play", "##ed", ",", "the"]),
        ("caf\u00e9", ["cafe"]),
        ("the\u732bthe", ["the", "\u732b", "the"]),
        ("t't", ["t", "'", "t"]),
        ("una", ["un", "##a"]),
        ("unx the", ["[UNK]", "the"]),
        ("the\u200b \0the", ["the", "the"]),
        ("p" * 101, ["[UNK]"]),
        ("", []),
    ],
    ids=["piece", "case", "accent", "chinese", "mark", "longest first", "unknown", "invisible", "too long", "nothing"],
)
def test_words_are_cut_into_the_longest_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == ["[CLS]", *expected, "[SEP]"]


def test_a_long_text_is_cut_and_still_ends() -> None:
    assert pieces("the " * 50, longest=8) == ["[CLS]", *["the"] * 6, "[SEP]"]


def test_a_vocabulary_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        WordPieces("the\nplay")


def weights() -> dict[str, np.ndarray]:
    made = np.random.default_rng(1)

    def some(*shape: int) -> np.ndarray:
        return (made.standard_normal(shape) * 0.05).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(20, WIDTH),
        "embeddings.position_embeddings.weight": some(16, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
        "embeddings.LayerNorm.weight": 1 + some(WIDTH),
        "embeddings.LayerNorm.bias": some(WIDTH),
    }
    inner = 2 * WIDTH
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        sizes = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        sizes |= {"attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (inner, WIDTH)}
        sizes |= {"output.dense": (WIDTH, inner)}
        for part, size in sizes.items():
            found[f"{name}.{part}.weight"], found[f"{name}.{part}.bias"] = some(*size), some(size[0])
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            found[f"{name}.{part}.weight"], found[f"{name}.{part}.bias"] = 1 + some(WIDTH), some(WIDTH)
    return found


def written(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    header, body, start = {"__metadata__": {"format": "pt"}}, b"", 0
    for name, tensor in tensors.items():
        data = tensor.astype("<f4").tobytes()
        entry = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, start + len(data)]}
        header[name] = entry  # type: ignore[assignment] # metadata is the one entry of another form
        body, start = body + data, start + len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def expected(parts: dict[str, np.ndarray], numbers: list[int]) -> np.ndarray:
    """BERT by hand, for one text without padding."""

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return np.asarray(x @ parts[f"{name}.weight"].T + parts[f"{name}.bias"])

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        even = centred / np.sqrt(centred.var(-1, keepdims=True) + 1e-12)
        return np.asarray(even * parts[f"{name}.weight"] + parts[f"{name}.bias"])

    def gelu(x: np.ndarray) -> np.ndarray:
        from math import erf

        return np.asarray(x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2))))

    words = parts["embeddings.word_embeddings.weight"][numbers]
    places = parts["embeddings.position_embeddings.weight"][: len(numbers)]
    x = norm(words + places + parts["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for part in np.split(np.arange(WIDTH), HEADS):
            weighed = q[:, part] @ k[:, part].T / np.sqrt(WIDTH // HEADS)
            shares = np.exp(weighed - weighed.max(-1, keepdims=True))
            heads.append(shares / shares.sum(-1, keepdims=True) @ v[:, part])
        attended = dense(np.concatenate(heads, axis=1), f"{name}.attention.output.dense")
        x = norm(x + attended, f"{name}.attention.output.LayerNorm")
        x = norm(
            x + dense(gelu(dense(x, f"{name}.intermediate.dense")), f"{name}.output.dense"), f"{name}.output.LayerNorm"
        )
    mean = x.mean(axis=0)
    vector: np.ndarray = mean / np.linalg.norm(mean)
    return vector


def test_the_network_does_what_the_papers_say_and_padding_changes_nothing(tmp_path: Path) -> None:
    parts = weights()
    convert_minilm(written(tmp_path / "weights", parts), tmp_path / "net.onnx")
    texts = [[2, 5, 9, 7, 3], [2, 11, 3]]
    ids, mask = np.zeros((2, 5), np.int64), np.zeros((2, 5), np.float32)
    for row, numbers in enumerate(texts):
        ids[row, : len(numbers)], mask[row, : len(numbers)] = numbers, 1
    (vectors,) = OnnxSession(tmp_path / "net.onnx").run({"ids": ids, "mask": mask})
    for row, numbers in enumerate(texts):
        assert vectors[row] == pytest.approx(expected(parts, numbers), abs=2e-5)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    parts = weights()
    del parts["encoder.layer.3.output.dense.bias"]
    with pytest.raises(Broken) as refused:
        convert_minilm(written(tmp_path / "weights", parts), tmp_path / "net.onnx")
    assert refused.value.code == "model:source:mismatch"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 8 + b"{}", struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 20) + b'{"a":{"dtype":"F32"}}'],
    ids=["empty", "a header longer than the file", "no names", "no offsets"],
)
def test_a_file_that_is_no_safetensors_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "weights").write_bytes(data)
    with pytest.raises(Broken) as refused:
        read_safetensors(tmp_path / "weights")
    assert refused.value.code == "model:source:mismatch"
