"""What a notice took down stays out: videos and pictures like it are found by the gates that look for claimed works."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.api import ClaimKind, NoticeState, Statute, Told
from copyright_optout.domain import OptOutReason
from copyright_optout.domain.notices import Notice
from tests.factories.databases import sqlite
from tests.factories.references import Claimant, picture, video

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTICE = Notice("ntc_1", Statute.TAKE_IT_DOWN, NoticeState.ACTED, NOW, NOW)
FIRST, SECOND = (1, 2, 3), (4, 5, 6)


@pytest.fixture
def claimant(tmp_path: Path) -> Iterator[Claimant]:
    with sqlite(tmp_path) as database:
        yield Claimant(database)


def hashes(*seeds: int) -> list[str]:
    return [PdqHasher().fingerprint(picture(seed)).bits for seed in seeds]


def test_what_is_like_it_is_stopped_until_the_notice_ends_in_every_process(claimant: Claimant) -> None:
    here, elsewhere = claimant.optouts, claimant.process()
    assert elsewhere.pictured(video(*FIRST)) == ()
    claim_id, made = here.staydown.stop(NOTICE, {"video_1": hashes(*FIRST)}, "acct_staff")
    assert list(made) == ["video_1"]
    for look in (video(*FIRST), video(2), video(*FIRST, 7)):
        (found,) = elsewhere.pictured(look)
        assert (found.claim.id, found.reason) == (claim_id, OptOutReason.WORK_PICTURED)
        assert (found.claim.terms.kind, found.claim.terms.told) == (ClaimKind.WORK, Told.NOTHING)
    assert elsewhere.pictured(video(*SECOND)) == ()
    here.staydown.end(claim_id, "acct_staff")
    here.staydown.end(claim_id, "acct_staff")
    assert elsewhere.pictured(video(*FIRST)) == ()


def test_one_of_several_videos_can_be_let_go(claimant: Claimant) -> None:
    staydown = claimant.optouts.staydown
    claim_id, made = staydown.stop(NOTICE, {"video_1": hashes(*FIRST), "video_2": hashes(*SECOND)}, "acct_staff")
    staydown.spare(claim_id, made["video_1"])
    elsewhere = claimant.process()
    assert elsewhere.pictured(video(*FIRST)) == ()
    assert [found.claim.id for found in elsewhere.pictured(video(*SECOND))] == [claim_id]


def test_a_video_without_fingerprints_stops_nothing(claimant: Claimant) -> None:
    assert claimant.optouts.staydown.stop(NOTICE, {"video_1": ()}, "acct_staff") == ("", {})
    claimant.optouts.staydown.end("", "acct_staff")
