"""`placet optouts`, as an operator types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from placet.cli.main import placet
from placet.migrate import migrate
from placet.wiring import build_house
from trust_kernel.errors import NotFound
from trust_kernel.settings import Settings

DECLARED = ("--declare", "accurate", "--declare", "authorised", "--declare", "good_faith")
ALL = ("--kind", "character", "--ground", "owner", "--statement", "ours since 1998", *DECLARED)


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(placet, ["optouts", *arguments, "--data", str(folder)])


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    migrate(build_house(Settings(data_dir=tmp_path)).kernel)
    return tmp_path


def test_an_operator_takes_a_list_in_lists_activates_and_withdraws(deployment: Path, tmp_path: Path) -> None:
    own = build_house(Settings(data_dir=deployment)).guards.optouts.organisations.own("acct_a").id
    table, report = tmp_path / "claims.csv", tmp_path / "report.jsonl"
    table.write_text("title,reference\nFennimore Fox,ref-1\nthe,ref-2\n", "utf-8")

    tried = run(deployment, "import", str(table), "--organisation", own, "--dry-run", *ALL)
    assert "would be: 1 added, 0 changed, 0 unchanged, 1 rejected, 0 to look at" in tried.output
    assert run(deployment, "list").output == ""

    done = run(deployment, "import", str(table), "--organisation", own, "--report", str(report), *ALL)
    assert done.exit_code == 1, done.output
    assert "line 3: 'the' is in every other sentence (optout:name:common)" in done.output
    lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert [(line["line"], line["outcome"]) for line in lines] == [(2, "added"), (3, "rejected")]

    (listed,) = run(deployment, "list", "--organisation", own, "--state", "submitted").output.splitlines()
    claim_id, state, _, reference, title = listed.split("\t")
    assert (state, reference, title) == ("submitted", "ref-1", "Fennimore Fox")
    import_id = done.output.split("\n")[0]
    assert run(deployment, "activate", import_id).output == "1 activated, 0 left\n"
    assert f"{claim_id}  active  character  Fennimore Fox" in run(deployment, "show", claim_id).output
    assert run(deployment, "withdraw", claim_id).output == "withdrawn\n"


def test_a_word_that_is_none_and_an_organisation_that_is_none_are_refused(deployment: Path, tmp_path: Path) -> None:
    table = tmp_path / "claims.csv"
    table.write_text("title\nFennimore Fox\n", "utf-8")
    wrong = run(deployment, "import", str(table), "--organisation", "org_x", "--kind", "wizard")
    assert isinstance(wrong.exception, NotFound)
    bad = run(deployment, "list", "--state", "asleep")
    assert bad.exit_code == 2
    assert "draft, submitted" in bad.output
