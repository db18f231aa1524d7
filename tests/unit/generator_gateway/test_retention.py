"""Media goes once nobody may need it any more, and not before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator_gateway.errors import GatewayReason
from generator_gateway.service.retention import Retention
from generator_gateway.stages import Reference, Request, Stopped
from generator_gateway.store import CaseJournal, CaseStore, LeaseBook, MediaUses
from tests.factories.databases import sqlite
from tests.fakes.tracing import KnowingFinder
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict
from trust_kernel.errors import Unavailable
from trust_kernel.media.blobs import FileBlobs
from trust_kernel.media.refs import MediaKind, MediaRef

KEEP = timedelta(hours=72)


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Desk:
    """Cases with media, refused at will."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = Hands()
        self.leases = LeaseBook(database, self.clock, timedelta(seconds=30))
        self.cases = CaseStore(database, self.clock, self.leases)
        self.journal = CaseJournal(database, self.clock, self.leases)
        self.blobs = FileBlobs(folder / "media")
        self.finder = KnowingFinder(database, self.clock)
        self.retention = Retention(MediaUses(database), self.blobs, self.clock, KEEP, self.finder)

    def ask(self, case_id: str, photo: bytes) -> str:
        digest = self.blobs.put_bytes(photo)
        media = MediaRef(digest, MediaKind.IMAGE, "image/png", len(photo))
        request = Request(case_id, "acct_1", "a boat", "animatic", 4, 640, 360, 1, (Reference("ref_1", media),))
        self.cases.accept(request)
        self.leases.claim(case_id)
        return digest

    def refuse(self, case_id: str) -> None:
        self.cases.stop(Stopped(case_id, Verdict.DENY, (GatewayReason.POLICY_DEFAULT,), "no"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with sqlite(tmp_path) as database:
        yield Desk(database, tmp_path)


def test_a_refused_photo_is_kept_for_the_time_of_appeals_and_then_deleted(desk: Desk) -> None:
    photo = desk.ask("video_1", b"somebody")
    desk.refuse("video_1")
    desk.clock.at += KEEP
    assert desk.retention.sweep() == 0
    desk.clock.at += timedelta(seconds=1)
    assert desk.retention.sweep() == 1
    assert not desk.blobs.exists(photo)
    assert desk.retention.sweep() == 0


def test_a_photo_that_another_case_still_uses_stays(desk: Desk) -> None:
    photo = desk.ask("video_1", b"somebody")
    desk.ask("video_2", b"somebody")
    desk.refuse("video_1")
    desk.clock.at += KEEP * 2
    assert desk.retention.sweep() == 0
    assert desk.blobs.exists(photo)
    desk.refuse("video_2")
    desk.clock.at += KEEP * 2
    assert desk.retention.sweep() == 1


def test_an_open_or_a_held_case_keeps_its_media_however_long_it_waits(desk: Desk) -> None:
    waiting = desk.ask("video_1", b"open")
    held = desk.ask("video_2", b"held")
    desk.cases.stop(Stopped("video_2", Verdict.HOLD, ("optout:name:unsure",), "wait"))
    desk.clock.at += KEEP * 100
    assert desk.retention.sweep() == 0
    assert desk.blobs.exists(waiting)
    assert desk.blobs.exists(held)


def test_a_deleted_case_loses_its_media(desk: Desk) -> None:
    photo = desk.ask("video_1", b"somebody")
    desk.cases.drop("video_1")
    desk.clock.at += KEEP * 2
    assert desk.retention.sweep() == 1
    assert not desk.blobs.exists(photo)


def test_tracks_of_what_was_made_go_with_the_media_and_not_before(desk: Desk) -> None:
    desk.ask("video_1", b"somebody")
    desk.refuse("video_1")
    desk.clock.at += KEEP
    desk.retention.sweep()
    assert desk.finder.discarded == []
    desk.clock.at += timedelta(seconds=1)
    desk.retention.sweep()
    assert desk.finder.discarded == ["video_1"]


def test_media_whose_tracks_cannot_be_destroyed_is_found_again(desk: Desk) -> None:
    photo = desk.ask("video_1", b"somebody")
    desk.refuse("video_1")
    desk.clock.at += KEEP * 2
    desk.finder.failing["video_1"] = Unavailable("no")
    with pytest.raises(Unavailable):
        desk.retention.sweep()
    assert desk.blobs.exists(photo)
    desk.finder.failing.clear()
    assert desk.retention.sweep() == 1
    assert desk.finder.discarded == ["video_1"]
