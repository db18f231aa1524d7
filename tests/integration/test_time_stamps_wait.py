"""A release whose time-stamp authority is out: it waits, keeps what it earned, and never goes out without its stamp."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator_gateway.errors import GatewayReason
from generator_gateway.service.runner import CaseRunner
from generator_gateway.stages import Signed
from placet.wiring import House
from tests.factories.credentials import TIME_STAMPING, make_authority
from tests.factories.time_stamps import OPENSSL, StampServer, running_authority
from tests.integration.deployments import ask, house, settle
from tests.integration.evidence import assert_all_settled, assert_released_once, entries, journal, releases, row
from watermark.adapters.media_metadata import read_metadata
from watermark.api import CredentialState
from watermark.domain.disclosure import LatentField

pytestmark = pytest.mark.skipif(not OPENSSL, reason="needs the openssl command, which makes the stamps")
ONCE_EACH = 3
"""Stamps of one release: video, thumbnail, spritesheet."""
TSA = make_authority("Clockmaker")


@pytest.fixture
def authority() -> Iterator[StampServer]:
    with running_authority(TSA.issue((TIME_STAMPING,), name="Stamper")) as server:
        yield server


@pytest.fixture
def stamping(authority: StampServer, tmp_path: Path) -> Iterator[House]:
    anchors = tmp_path / "tsa.pem"
    anchors.write_text(TSA.pem)
    with house(tmp_path / "data", tsa_url=authority.url, tsa_anchors=anchors, jurisdictions=("eu", "cn")) as built:
        yield built


def impatient(built: House, patience: timedelta = timedelta(hours=24)) -> CaseRunner:
    """A runner over the same line that lets no case rest."""
    shelves = built.shelves
    return CaseRunner(built.gateway.line, shelves.leases, shelves.cases, rest=timedelta(), patience=patience)


def stored(built: House) -> set[str]:
    """Names of every file in the media store."""
    return {path.name for path in (built.kernel.settings.data_dir / "media").rglob("*") if path.is_file()}


def test_a_release_waits_for_its_stamp_and_then_goes_out_with_it(stamping: House, authority: StampServer) -> None:
    people, runner = settle(stamping), impatient(stamping)
    case = ask(stamping, people.ada)
    authority.mood = "error"
    assert runner.run(case.id) is None
    marked, kept = journal(stamping, case.id)["Marked"], stored(stamping)
    for _ in range(2 * stamping.kernel.settings.max_attempts):
        assert runner.run(case.id) is None
    assert journal(stamping, case.id)["Marked"] == marked  # nothing is made twice
    assert stored(stamping) == kept  # and nothing piles up
    assert "Signed" not in journal(stamping, case.id)
    assert (row(stamping, case.id).status, row(stamping, case.id).attempts) == ("in_progress", 0)
    assert releases(stamping, case.id) == []
    assert entries(stamping, case.id) == {"case:request:opened": 1}

    authority.mood = "well"
    assert runner.run(case.id) is not None
    assert_released_once(stamping, case.id, people)
    assert_all_settled(stamping, people, released=1)
    for variant in ("video", "thumbnail", "spritesheet"):
        with stamping.gateway.videos.download(people.ada, case.id, variant) as path:
            report = stamping.guards.credentials.examine(path)
            said = read_metadata(str(path))
            mark = stamping.guards.marking.read(path, thorough=False).picture
        assert report.state is CredentialState.TRUSTED
        assert report.signer is not None
        assert abs(datetime.fromisoformat(report.signer.signed_at) - datetime.now(UTC)) < timedelta(hours=1)
        assert report.soft_binding is not None
        number = report.soft_binding.release_number
        assert number is not None
        assert said["fields"][LatentField.IDENTIFIER] == f"{number:016x}"
        assert said["aigc"]["ProduceID"] == f"{number:016x}"
        assert mark is not None
        assert mark.payload == number


def test_a_release_that_waited_a_day_is_given_up_and_never_went_out(stamping: House, authority: StampServer) -> None:
    people, runner = settle(stamping), impatient(stamping, patience=timedelta())
    case = ask(stamping, people.ada)
    authority.mood = "error"
    assert runner.run(case.id) is None
    assert runner.run(case.id) is not None
    assert (row(stamping, case.id).status, row(stamping, case.id).error_code) == (
        "failed",
        GatewayReason.CASE_EXHAUSTED,
    )
    assert releases(stamping, case.id) == []
    assert entries(stamping, case.id) == {"case:request:opened": 1, "case:request:denied": 1}


def test_an_authority_that_goes_out_between_two_files_of_a_release_leaves_none_of_them_behind(
    stamping: House, authority: StampServer
) -> None:
    people, runner = settle(stamping), impatient(stamping)
    case = ask(stamping, people.ada)
    authority.mood = "error"
    assert runner.run(case.id) is None
    kept = stored(stamping)
    for answered in range(1, ONCE_EACH):
        authority.mood, authority.answers = "well", authority.asked + answered
        assert runner.run(case.id) is None
        assert stored(stamping) == kept
    authority.mood, authority.answers = "well", None
    assert runner.run(case.id) is not None
    assert_released_once(stamping, case.id, people)
    signed = stamping.shelves.journal.earned(case.id, Signed)
    assert signed is not None
    assert stored(stamping) - kept == {signed.media.digest, *signed.kept}
