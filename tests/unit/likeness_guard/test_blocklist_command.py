"""`placet blocklist`, over a fake house."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from likeness_guard.domain.people import Category
from placet.cli.blocklist import blocklist
from tests.unit.likeness_guard.blocklist_house import House
from tests.unit.likeness_guard.test_blocklist_import import PlainDecoder, save
from trust_kernel.db import Database
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import MediaLimits


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(database, tmp_path / "root.key")
    kernel = SimpleNamespace(decoder=PlainDecoder(), reference_limits=MediaLimits())
    guards = SimpleNamespace(likeness=SimpleNamespace(blocklist=house.list))
    built = SimpleNamespace(kernel=kernel, guards=guards)
    monkeypatch.setattr("placet.wiring.build_house", lambda _settings: built)
    return house


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(blocklist, [str(argument) for argument in arguments])


def test_a_list_is_imported_with_its_pictures_and_reported_line_by_line(house: House, tmp_path: Path) -> None:
    table, report = tmp_path / "list.csv", tmp_path / "report.json"
    table.write_text("name,external_id,faces\nAda,Q1,ada.png\nGrace,Q2,gone.png\n,Q3,\n", "utf-8")
    save(tmp_path, "ada.png", 5)
    done = run("import", table, "--pictures", tmp_path, "--report", report, "--source", "the team")
    assert done.exit_code == 1, done.output
    assert "2 added, 0 updated, 0 unchanged, 1 rejected, 3 to look at" in done.output
    assert "line 4: " in done.output
    lines = json.loads(report.read_text("utf-8"))
    assert [(line["line"], line["outcome"]) for line in lines] == [(2, "added"), (3, "added"), (4, "rejected")]
    assert lines[1]["troubles"][0]["code"] == "likeness:import:file_missing"
    (ada, grace) = house.list.entries()
    assert (ada.has_face, grace.has_face, ada.source, ada.created_by) == (True, False, "the team", "command-line")


def test_a_dry_run_keeps_nothing_and_says_so(house: House, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("name\nJean Bartik\n", "utf-8")
    done = run("import", table, "--dry-run")
    assert (done.exit_code, done.output) == (0, "would be: 1 added, 0 updated, 0 unchanged, 0 rejected, 0 to look at\n")
    assert house.list.count() == 0


@pytest.mark.usefixtures("house")
def test_a_report_of_an_empty_list_is_still_a_document(tmp_path: Path) -> None:
    table, report = tmp_path / "list.csv", tmp_path / "report.json"
    table.write_text("name\n", "utf-8")
    assert run("import", table, "--report", report).exit_code == 0
    assert json.loads(report.read_text("utf-8")) == []


@pytest.mark.usefixtures("house")
def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_bytes(b"\x89PNG\r\n\x00")
    assert isinstance(run("import", table).exception, InvalidInput)


def test_every_category_is_listed_with_who_may_lift_it() -> None:
    said = run("categories").output
    assert [line.split()[0] for line in said.splitlines()] == [category.value for category in Category]
    assert "two_staff" in said
