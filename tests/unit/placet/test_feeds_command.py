"""`placet feeds`, as an operator types it."""

from pathlib import Path

from click.testing import CliRunner

from placet.cli.main import placet
from placet.migrate import migrate
from placet.wiring import build_house
from trust_kernel.settings import Settings

HASH = "0f" * 32


def test_an_operator_takes_a_bank_in_and_writes_it_out(tmp_path: Path) -> None:
    migrate(build_house(Settings(data_dir=tmp_path)).kernel)
    own = build_house(Settings(data_dir=tmp_path)).guards.optouts.organisations.own("acct_a").id
    bank, out = tmp_path / "bank.txt", tmp_path / "out.json"
    bank.write_text(f"{HASH}\nno hash\n", "utf-8")

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(placet, ["feeds", *arguments, "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.output

    taken = run("import", str(bank), "--format", "pdq", "--organisation", own, "--bank", "Films")
    assert ": 1 hashes added" in taken
    assert "entry 2: this is no PDQ or vPDQ hash" in taken
    assert run("export", "--format", "threatexchange", "--out", str(out)) == "1 claims; left out: terms\n"
    assert HASH in out.read_text("utf-8")
    again = run("import", str(out), "--format", "threatexchange", "--organisation", own, "--bank", "Films")
    assert again.endswith(": 0 hashes added\n")
