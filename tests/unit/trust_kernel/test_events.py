"""The outbox: events live and die with the transaction in which they happened."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories.databases import sqlite
from tests.fakes.consent import START, FakeClock
from trust_kernel.events import Outbox, OutboxRow


def test_an_event_is_read_back_as_it_was_told(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        outbox = Outbox(database, FakeClock())
        told = outbox.emit("video:case:held", "acct_ada", {"video_id": "video_1", "n": 3, "ok": True, "x": None})
        assert told.id.startswith("evt_")
        assert (told.type, told.recipient, told.at) == ("video:case:held", "acct_ada", START)
        assert list(outbox.for_recipient("acct_ada")) == [told]


def test_an_event_is_neither_routed_nor_read_when_it_happens(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        told = Outbox(database, FakeClock()).emit("a:b:c", "acct_ada", {})
        with database.reading() as session:
            row = session.get(OutboxRow, told.id)
        assert row is not None
        assert (row.routed_at, row.read_at) == (None, None)


def test_each_sees_their_own_newest_first(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        clock = FakeClock()
        outbox = Outbox(database, clock)
        for number in range(4):
            outbox.emit(f"a:b:n{number}", "acct_ada", {})
            outbox.emit("a:b:other", "acct_bea", {})
            clock.time += timedelta(seconds=1)
        assert [event.type for event in outbox.for_recipient("acct_ada")] == ["a:b:n3", "a:b:n2", "a:b:n1", "a:b:n0"]
        assert [event.type for event in outbox.for_recipient("acct_ada", limit=1)] == ["a:b:n3"]
        assert outbox.for_recipient("acct_cyd") == []


def test_an_event_of_a_transaction_that_rolls_back_never_happened(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        outbox = Outbox(database, FakeClock())
        with pytest.raises(ZeroDivisionError), database.transaction():  # noqa: PT012 - what is rolled back
            outbox.emit("a:b:c", "acct_ada", {})
            assert len(outbox.for_recipient("acct_ada")) == 1
            raise ZeroDivisionError
        assert outbox.for_recipient("acct_ada") == []
