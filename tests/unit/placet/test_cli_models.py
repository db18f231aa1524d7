"""`placet models`: what it prints, what it refuses, and with which exit status."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import NewTemplate
from likeness_guard.store import DatabaseTemplateStore
from placet.cli.main import main
from placet.migrate import migrate
from placet.wiring import build_house
from tests.fakes.packs import face_pack, manifest_of, write_manifest
from trust_kernel.settings import Settings

Said = tuple[int, str]
Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    for name in ("PLACET_ENVIRONMENT", "PLACET_FACE_PACK", "PLACET_MODEL_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLACET_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["placet", "models", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out + out.err

    return call


def stored(tmp_path: Path, name: str) -> Path:
    return tmp_path / "data" / "models" / "added" / name


def test_a_pack_is_added_listed_described_verified_and_removed(tmp_path: Path, run: Run) -> None:
    folder = face_pack(tmp_path / "face-better", licence_note="ask legal first")
    status, said = run("add", str(folder))
    assert (status, "CC0-1.0" in said, "ask legal first" in said, "added face-better" in said) == (0, True, True, True)
    line = next(line for line in run("list")[1].splitlines() if "face-better" in line)
    assert line.split() == ["face-better", "face-embedder", "CC0-1.0", "yes", "added"]
    status, said = run("card", "face-better")
    assert status == 0
    for part in ("random numbers", "knows nobody", "not measured here", "self_test: passed", "side = 32", "CC0-1.0"):
        assert part in said
    assert run("verify", "face-better") == (0, f"{'face-better':24} sound\n")
    assert run("remove", "face-better")[0] == 0
    assert run("card", "face-better")[0] == 3


def test_the_list_marks_what_is_in_use_and_says_that_liveness_is_not_looked_at(run: Run) -> None:
    status, said = run("list")
    assert status == 0
    starred = {line.split()[1] for line in said.splitlines() if line.startswith("* ")}
    assert starred == {"face-dlib-resnet", "voice-ge2e"}
    assert "liveness: no pack in use" in said
    assert "looks: no pack in use" in said
    assert "look-alikes of claimed characters are not searched" in said
    assert "names that are said: not listened for (PLACET_LISTEN)" in said


def test_the_card_of_a_shipped_pack_states_source_licence_and_hash(run: Run) -> None:
    status, said = run("card", "voice-ge2e")
    assert status == 0
    for part in ("resemblyzer==0.1.4", "Apache-2.0", "not installed", "VoxCeleb"):
        assert part in said


def test_production_refuses_a_non_commercial_pack_until_a_licence_is_stated(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(face_pack(tmp_path / "research", commercial=False, licence="research only"))
    monkeypatch.setenv("PLACET_ENVIRONMENT", "production")
    status, said = run("add", folder)
    assert status == 1
    assert "research only (not for commercial use)" in said
    assert "likeness:model:non_commercial" in said
    assert run("add", folder, "--licence-held", "  ")[0] == 1
    assert not stored(tmp_path, "research").exists()
    assert run("add", folder, "--licence-held", "contract 7/2026")[0] == 0
    assert "the operator states: contract 7/2026" in run("card", "research")[1]
    assert "stated" in run("list")[1]


def test_a_licence_may_be_stated_later_and_taken_back(tmp_path: Path, run: Run) -> None:
    run("add", str(face_pack(tmp_path / "research", commercial=False)))
    assert run("licence", "research", "contract 8/2026") == (0, "research may be used commercially\n")
    assert "the operator states: contract 8/2026" in run("card", "research")[1]
    assert run("licence", "research", " ") == (0, "research may not be used commercially\n")
    assert "the operator states" not in run("card", "research")[1]
    assert run("verify", "research")[0] == 0
    assert run("licence", "nobody", "x")[0] == 3


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"surprise": 1}, 2, "model:manifest:malformed"),
        ({"files": [{"path": "../model.onnx", "sha256": "0" * 64}]}, 2, "model:manifest:malformed"),
        ({"files": [{"path": "model.onnx", "sha256": "0" * 64}]}, 1, "model:source:mismatch"),
        ({"files": [{"path": "other.onnx", "sha256": "0" * 64}]}, 2, "model:file:missing"),
        ({"output": {"dimensions": 64}}, 1, "model:output:shape"),
        ({"name": "face-dlib-resnet"}, 1, "model:pack:reserved"),
        ({"adapter": "yaml"}, 2, "model:manifest:malformed"),
    ],
)
def test_a_bad_pack_is_refused_with_a_reason_and_leaves_nothing(
    tmp_path: Path, run: Run, changes: dict[str, object], status: int, code: str
) -> None:
    folder = face_pack(tmp_path / "bad")
    write_manifest(folder, {**manifest_of(folder), **changes})
    found, said = run("add", str(folder))
    assert (found, f"({code})" in said) == (status, True)
    assert "Traceback" not in said
    assert not stored(tmp_path, "bad").exists()


def test_a_pack_that_waits_is_pulled_tested_and_then_there(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = face_pack(tmp_path / "face-far")
    document = manifest_of(folder)
    document["files"][0]["url"] = "https://models.example/model.onnx"
    write_manifest(folder, document)
    weights = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").unlink()
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return weights

    monkeypatch.setattr("placet.wiring.models.build_pack_fetch", lambda _settings: fetch)
    assert "run `placet models pull face-far`" in run("add", str(folder))[1]
    assert asked == []
    assert "waits for pull" in run("list")[1]
    assert run("verify", "face-far")[0] == 1
    assert run("pull", "face-far")[0] == 0
    assert asked == ["https://models.example/model.onnx"]
    assert run("verify", "face-far")[0] == 0


def test_the_same_name_is_refused_a_second_time(tmp_path: Path, run: Run) -> None:
    folder = str(face_pack(tmp_path / "face-better"))
    assert run("add", folder)[0] == 0
    status, said = run("add", folder)
    assert (status, "model:pack:exists" in said) == (1, True)


def test_verify_finds_a_file_that_was_changed(tmp_path: Path, run: Run) -> None:
    run("add", str(face_pack(tmp_path / "face-better")))
    with (stored(tmp_path, "face-better") / "model.onnx").open("ab") as file:
        file.write(b"\0")
    status, said = run("verify", "face-better")
    assert status == 1
    assert "TROUBLE" in said
    assert "model:pack:changed" in said
    (stored(tmp_path, "face-better") / "pack.json").write_text("{}")
    assert "TROUBLE" in run("list")[1]
    assert run("verify")[0] == 1


def test_verify_says_when_a_pack_in_use_is_not_there(run: Run) -> None:
    status, said = run("verify")
    assert status == 1
    assert said.count("model:pack:not_installed") == 2
    assert run("verify", "nobody")[0] == 1


def test_a_calibration_measured_with_something_else_is_not_attached(tmp_path: Path, run: Run) -> None:
    run("add", str(face_pack(tmp_path / "face-better")))
    (tmp_path / "c.json").write_text(json.dumps({"pack": "face-other-1"}))
    status, said = run("attach", "face-better", str(tmp_path / "c.json"))
    assert status in {1, 2}
    assert "calibration" in said
    assert "not measured here" in run("card", "face-better")[1]


def test_a_pack_in_use_is_not_removed(run: Run) -> None:
    assert run("remove", "face-dlib-resnet")[0] == 1


def test_after_a_change_of_model_the_command_says_who_is_left_and_what_may_be_dropped(run: Run) -> None:
    built = build_house(Settings(_env_file=None))
    migrate(built.kernel)
    assert run("renew") == (0, "0 renewed; 0 known by a former model alone\n")
    store = DatabaseTemplateStore(built.kernel.database, built.kernel.clock)
    store.add_templates([NewTemplate("subj_a", "subj_a", Gallery.CAMEO, Modality.FACE, "face-former-1", b"sealed")])
    status, said = run("renew")
    assert status == 1
    assert "subj_a let no media be kept" in said
    status, said = run("retire", "face-former-1")
    assert status != 0
    assert "likeness:model:in_use" in said
    store.drop_templates("subj_a")
    assert run("retire", "face-former-1") == (0, "0 templates of face-former-1 dropped\n")
    assert run("retire", built.kernel.settings.face_pack + "-2")[0] != 0
    built.kernel.database.dispose()
