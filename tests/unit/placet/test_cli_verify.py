"""`placet verify` and the Python door: files, folders and the standard input; what they say and how they end."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import placet.wiring.verifier
from generator_gateway.api import Headline, VerificationDesk
from placet.cli.verify import verify
from placet.verify import sentence, verifier, verify_file
from tests.fakes.verification import World, a_credential, looks, marked
from trust_kernel.errors import NotFound
from watermark.api import CredentialState

A = 1 << 62 | 5
Run = Callable[..., Result]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Every desk that is opened is this one's."""
    folder = tmp_path / "files"
    folder.mkdir()
    made = World(folder)

    @contextmanager
    def opened(_settings: object) -> Iterator[VerificationDesk]:
        yield made.desk

    monkeypatch.setattr(placet.wiring.verifier, "open_verifier", opened)
    monkeypatch.setenv("LC_ALL", "C")
    made.file(b"plain", prints=looks("c"))
    return made


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*words: str | Path, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(verify, ["--data", str(tmp_path / "data"), *map(str, words)], input=stdin)

    return call


def written(world: World, name: str, content: bytes) -> Path:
    path = world.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_one_sentence_comes_first_and_nothing_amiss_ends_with_0(world: World, run: Run) -> None:
    done = run(written(world, "a.mp4", b"plain"))
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == (
        "Nothing was found that says how this was made. That does not prove anything either way."
    )


def test_it_speaks_italian_when_asked_or_when_the_environment_does(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(world, "a.mp4", b"plain")
    assert run(path, "--lang", "it").output.startswith("Non si è trovato nulla")
    monkeypatch.setenv("LC_ALL", "it_IT.UTF-8")
    assert run(path).output.startswith("Non si è trovato nulla")
    assert run(path, "--lang", "en").output.startswith("Nothing was found")


def test_a_changed_file_a_copied_mark_and_a_withdrawn_video_end_with_1(world: World, run: Run) -> None:
    world.release("a", A)
    world.file(b"changed", credential=a_credential(CredentialState.TAMPERED), prints=looks("c"))
    world.file(b"copied", picture=marked((0, 10, A)), prints=looks("c"))
    assert run(written(world, "x", b"changed")).exit_code == 1
    assert run(written(world, "x", b"copied")).exit_code == 1
    world.file(b"ours", picture=marked((0, 10, A)), prints=looks("a"))
    assert run(written(world, "x", b"ours")).exit_code == 0
    world.withdraw(world.releases.records["video_a"])
    assert run(written(world, "x", b"ours")).exit_code == 1


def test_what_cannot_be_read_ends_with_4_and_what_is_amiss_goes_before_it(world: World, run: Run) -> None:
    garbage = written(world, "garbage", b"?")
    assert run(garbage).exit_code == 4
    world.file(b"changed", credential=a_credential(CredentialState.TAMPERED), prints=looks("c"))
    assert run(garbage, written(world, "x", b"changed")).exit_code == 1


def test_one_file_gives_one_json_object(world: World, run: Run) -> None:
    done = run(written(world, "a.mp4", b"plain"), "--json")
    document = json.loads(done.output)
    assert document["headline"]["code"] == Headline.NOTHING
    assert document["file"].endswith("a.mp4")


def test_a_folder_gives_a_line_for_each_file_below_it_and_follows_no_link(world: World, run: Run) -> None:
    folder = world.folder / "many"
    for name in ("b.mp4", "a/deep/c.mp4", "d.mp4"):
        written(world, f"many/{name}", b"plain")
    (folder / "link.mp4").symlink_to("/etc/hostname")
    lines = [json.loads(line) for line in run(folder, "--json").output.splitlines()]
    assert [line["file"].removeprefix(f"{folder}/") for line in lines] == ["a/deep/c.mp4", "b.mp4", "d.mp4"]


def test_an_empty_folder_says_nothing_and_is_not_amiss(world: World, run: Run) -> None:
    (world.folder / "empty").mkdir()
    done = run(world.folder / "empty")
    assert (done.exit_code, done.output) == (0, "")


def test_the_standard_input_is_a_file_too(world: World, run: Run, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = run("-", "--json", stdin=b"plain")
    assert json.loads(done.output)["size"] == 5
    assert sorted(tmp_path.rglob("*")) == before
    assert world.prints.made == 1


def test_a_file_that_is_not_there_is_an_error(world: World, run: Run) -> None:
    done = run(world.folder / "nothing.mp4")
    assert isinstance(done.exception, NotFound)


def test_seconds_and_releases_are_listed(world: World, run: Run) -> None:
    world.release("a", A)
    world.file(b"part", picture=marked((5, 10, A)), prints=looks("c", "a"))
    said = run(written(world, "x", b"part")).output
    assert said.startswith("A part of this was made with AI here, from 5 s to 10 s.")
    assert "pictures 0 s - 5 s: no mark found" in said
    assert "pictures 5 s - 10 s: from a video made here (video 1)" in said
    assert "video 1: video_a, by the mark in its pictures; public record entry 909, proved" in said


def test_a_hostile_name_cannot_write_to_the_terminal(world: World, run: Run) -> None:
    first = written(world, "evil\x1b[2J.mp4", b"plain")
    said = run(first, written(world, "b.mp4", b"plain")).output
    assert "\x1b" not in said


def test_a_name_that_is_no_text_leaves_the_json_whole(world: World, run: Run) -> None:
    written(world, os.fsdecode(b"folder/clip-\xff.mp4"), b"plain")
    done = run("--json", world.folder / "folder")
    assert json.loads(done.stdout_bytes.decode("utf-8"))["file"].endswith("clip-\ufffd.mp4")


def test_an_anchor_that_is_no_text_is_refused(world: World, run: Run) -> None:
    anchor = written(world, "anchor.pem", b"\xd8\xff")
    done = run(written(world, "a.mp4", b"plain"), "--trust-anchor", anchor)
    assert "an anchor is a PEM file" in str(done.exception)


def test_the_python_door_gives_the_verification_itself(world: World) -> None:
    path = written(world, "a.mp4", b"plain")
    found = verify_file(path)
    assert found.headline.code == Headline.NOTHING
    assert sentence(found).startswith("Nothing was found")
    assert sentence(found, "it").startswith("Non si è trovato nulla")
    with verifier() as desk:
        assert desk.verify(path) == found


def test_the_python_door_says_that_a_file_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        verify_file(world.folder / "nothing.mp4")
