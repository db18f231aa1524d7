"""Weight files are read as data: nothing in them can run."""

import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from likeness_guard.adapters.dlib_graph import convert_dlib_resnet
from likeness_guard.adapters.onnx_voice import mel_power
from likeness_guard.adapters.packs import CONVERTERS, PACKS, VOICE_GE2E
from likeness_guard.adapters.torch_weights import read_checkpoint
from tests.fakes.likeness import shared_models
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import OnnxSession

MAGIC = 0x1950A86A20F9469CFC6C


class Bomb:
    """What a malicious checkpoint would hold."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/placet-was-here",)


def legacy(path: Path, tree: object) -> Path:
    out = io.BytesIO()
    for value in (MAGIC, 1001, {"protocol_version": 1001}, tree, []):
        pickle.dump(value, out, protocol=2)
    path.write_bytes(out.getvalue())
    return path


def test_a_checkpoint_that_names_code_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(Broken) as refused:
        read_checkpoint(legacy(tmp_path / "evil.pt", {"model_state": Bomb()}))
    assert refused.value.code == "model:checkpoint:refused"
    assert not Path("/tmp/placet-was-here").exists()  # noqa: S108 - the path that the bomb would make


def test_an_innocent_checkpoint_is_read(tmp_path: Path) -> None:
    assert read_checkpoint(legacy(tmp_path / "fine.pt", {"step": 3}))["step"] == 3


@pytest.mark.parametrize("data", [b"", b"no pickle", pickle.dumps(7), struct.pack("<q", 5) * 20])
def test_bytes_that_are_no_checkpoint_are_broken(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    with pytest.raises(Broken):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x01\x05con_4\x01\x02", b"\x01\x05con_4\x01\x02\x01\x7f\x01\x01\x01\x01\x01\x01ab"]
)
def test_bytes_that_are_no_dlib_network_are_broken(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.dat"
    path.write_bytes(data)
    with pytest.raises(Broken):
        convert_dlib_resnet(path, tmp_path / "x.onnx")


def test_views_of_one_storage_at_different_offsets_are_told_apart(tmp_path: Path) -> None:
    state = read_checkpoint(shared_models().pack(VOICE_GE2E).source.fetch(tmp_path))["model_state"]
    assert state["lstm.weight_ih_l0"].shape == (1024, 40)
    assert state["lstm.weight_ih_l1"].shape == (1024, 256)
    assert not np.allclose(state["lstm.weight_hh_l0"], state["lstm.weight_hh_l1"])


def test_the_voice_networks_onnx_twin_equals_torchs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    store = shared_models()
    state = read_checkpoint(store.pack(VOICE_GE2E).source.fetch(tmp_path))["model_state"]
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    for prefix, module in (("lstm.", lstm), ("linear.", linear)):
        own = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        module.load_state_dict({name: torch.from_numpy(value) for name, value in own.items()})
    mels = np.random.default_rng(0).random((2, 160, 40), np.float32)
    with torch.no_grad():
        raw = torch.relu(linear(lstm(torch.from_numpy(mels))[1][0][-1])).numpy()
    ours = OnnxSession(store.path(VOICE_GE2E)).run({"mels": mels})[0]
    assert np.abs(ours - raw / np.linalg.norm(raw, axis=1, keepdims=True)).max() <= 1e-5


def test_the_mel_band_of_a_tone_is_the_one_at_its_frequency() -> None:
    time = np.arange(16_000) / 16_000
    low = mel_power(np.sin(2 * np.pi * 300 * time).astype(np.float32)).mean(axis=0)
    high = mel_power(np.sin(2 * np.pi * 3000 * time).astype(np.float32)).mean(axis=0)
    assert low.shape == (40,)
    assert low.argmax() < 8
    assert 22 < high.argmax() < 32


def test_every_pack_is_pinned_licensed_and_convertible() -> None:
    assert len({pack.name for pack in PACKS}) == len(PACKS)
    for pack in PACKS:
        assert len(pack.source.sha256) == 64
        assert pack.licence
        assert pack.commercial
        assert not pack.converter or pack.converter in CONVERTERS
        assert "68" not in pack.source.describe()
