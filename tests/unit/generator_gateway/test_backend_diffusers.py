"""The diffusers adapter without a pipeline: what it refuses."""

from pathlib import Path

import pytest

from generator_gateway.backends.diffusers import DiffusersBackend
from tests.contracts.test_video_backend import NoInputs
from trust_kernel.errors import Broken


def test_a_folder_without_a_pipeline_is_refused_when_the_line_is_built(tmp_path: Path) -> None:
    with pytest.raises(Broken) as refusal:
        DiffusersBackend(tmp_path, NoInputs())
    assert refusal.value.code == "backend:diffusers:missing"


def test_a_missing_extra_is_said_when_the_line_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(Broken, match=r"placet\[diffusers\]"):
        DiffusersBackend(tmp_path, NoInputs())
