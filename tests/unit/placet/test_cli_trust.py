"""`placet trust`: what it shows, what it takes, and with which exit status."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import placet.wiring.trust
from placet.cli.trust import trust
from trust_kernel.errors import Conflict, Unavailable
from trust_kernel.settings import Settings
from watermark.adapters.trust_lists import shipped_trust
from watermark.domain.trust_lists import TrustKind

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACET_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(trust, list(arguments))


def folder_of(tmp_path: Path, *, leave_out: int = 0) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir(exist_ok=True)
    for kind, name in ((TrustKind.CLAIMS, "C2PA-TRUST-LIST.pem"), (TrustKind.STAMPS, "C2PA-TSA-TRUST-LIST.pem")):
        (folder / name).write_text("".join(authority.pem for authority in shipped_trust().of(kind)[leave_out:]))
    return folder


def test_the_list_shows_source_and_date_and_of_each_authority_kind_expiry_and_name(run: Run) -> None:
    lines = run("list").output.splitlines()
    lists = shipped_trust()
    assert lines[0].startswith(f"C2PA trust lists of {lists.date}, shipped, from C2PA Conformance Program")
    assert len(lines) == 1 + len(lists.authorities)
    google = next(line for line in lines if "CN=Google C2PA Root CA G3" in line)
    assert google.split()[:4] == ["claims", "root", "until", "2050-05-08"]
    assert any(line.startswith("stamps") and "issuing" in line for line in lines)


def test_the_list_for_programs_is_one_json_object_with_whole_digests(run: Run) -> None:
    document = json.loads(run("list", "--json").output)
    assert document["shipped"] is True
    assert len(document["authorities"]) == len(shipped_trust().authorities)
    assert all(len(authority["sha256"]) == 64 for authority in document["authorities"])
    assert set(document["sha256"]) == {"claims", "stamps"}


def test_an_update_from_a_folder_says_what_changed_and_is_in_use_from_then_on(tmp_path: Path, run: Run) -> None:
    result = run("update", "--from", str(folder_of(tmp_path, leave_out=1)))
    assert result.exit_code == 0
    assert "- claims" in result.output
    assert "50 authorities, 0 new, 2 gone" in result.output
    assert ", fetched, from stick" in run("list").output.splitlines()[0]


def test_a_list_that_shrank_is_refused_unless_forced(tmp_path: Path, run: Run) -> None:
    folder = folder_of(tmp_path, leave_out=18)
    refused = run("update", "--from", str(folder))
    assert isinstance(refused.exception, Conflict)
    assert "shipped" in run("list").output.splitlines()[0]
    assert run("update", "--from", str(folder), "--force").exit_code == 0


def test_an_update_fetches_both_lists_from_the_c2pa(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, asked = folder_of(tmp_path), list[str]()

    def fetch(url: str) -> bytes:
        asked.append(url)
        return (folder / url.rpartition("/")[2]).read_bytes()

    def build(settings: Settings) -> Callable[[str], bytes]:
        assert settings.data_dir == tmp_path / "data"
        return fetch

    monkeypatch.setattr(placet.wiring.trust, "build_trust_fetch", build)
    result = run("update")
    assert "52 authorities, 0 new, 0 gone" in result.output
    start = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/"
    assert asked == [f"{start}C2PA-TRUST-LIST.pem", f"{start}C2PA-TSA-TRUST-LIST.pem"]


def test_without_an_answer_nothing_changes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(_: str) -> bytes:
        raise Unavailable("the address does not answer")

    monkeypatch.setattr(placet.wiring.trust, "build_trust_fetch", lambda _: fetch)
    assert isinstance(run("update").exception, Unavailable)
    assert "shipped" in run("list").output.splitlines()[0]
