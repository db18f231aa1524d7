"""`placet names`: what an operator is told about names before they are filed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from placet.cli.names import names

ALIASES = "entity,alias\nmouse,Mickey Mouse\nthe,the\nhanks,Tom Hanks\n"
PROMPTS = 'id,prompt\na,"a film with T0m H4nks"\nb,apple pie\nc,Mickey smiles\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "aliases.csv").write_text(ALIASES, encoding="utf-8")
    (tmp_path / "prompts.csv").write_text(PROMPTS, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, aliases: str = "aliases.csv") -> Result:
    files = ("--aliases", str(folder / aliases), "--prompts", str(folder / "prompts.csv"))
    return CliRunner().invoke(names, ["match", *files, "--json", str(folder / "out.json"), *arguments])


def answer(folder: Path) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return found


def test_each_prompt_is_answered_with_what_it_names_and_where(folder: Path) -> None:
    result = run(folder)
    assert answer(folder) == {
        "a": [
            {"entity": "hanks", "alias": "Tom Hanks", "span": [12, 21], "transformations": ["leetspeak"], "score": 0.98}
        ],
        "b": [],
        "c": [],
    }
    assert "3 prompts, 1 of them with a name" in result.output


def test_a_bad_row_is_told_by_its_line_and_the_exit_status(folder: Path) -> None:
    result = run(folder)
    assert "aliases.csv line 3: common word" in result.stderr
    assert result.exit_code == 1
    (folder / "aliases.csv").write_text(ALIASES.replace("the,the\n", ""), encoding="utf-8")
    assert run(folder).exit_code == 0


def test_hints_are_given_to_who_asks(folder: Path) -> None:
    run(folder, "--hints")
    assert [hit["transformations"] for hit in answer(folder)["c"]] == [["part"]]


def test_prepared_names_answer_as_the_list_does(folder: Path) -> None:
    run(folder)
    plain = answer(folder)
    made = CliRunner().invoke(
        names, ["prepare", "--aliases", str(folder / "aliases.csv"), "--out", str(folder / "kept")]
    )
    assert made.exit_code == 1  # one row was left out
    assert run(folder, aliases="kept").exit_code == 0
    assert answer(folder) == plain


def test_an_answer_is_there_whole_or_not_at_all(folder: Path) -> None:
    (folder / "prompts.csv").write_text("wrong,columns\n", encoding="utf-8")
    assert run(folder).exit_code != 0
    assert [path.name for path in folder.iterdir() if "out.json" in path.name] == []
