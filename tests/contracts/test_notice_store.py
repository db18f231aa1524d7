"""What every store of notices does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import Counter, Element, FoundBy, Located, Notice, NoticeState, Rejection, Statute
from copyright_optout.ports.notices import NoticeStore
from copyright_optout.store import DatabaseNotices
from tests.factories.databases import postgres, sqlite
from tests.fakes.notices import MemoryNotices
from trust_kernel.errors import NotFound

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
COUNTER = Counter("ctr_1", "acct_m", NOW + HOUR, ("video_1",))
WHOLE = Notice(
    id="ntc_1",
    statute=Statute.DMCA,
    state=NoticeState.COUNTERED,
    received_at=NOW,
    changed_at=NOW + HOUR,
    account_id="acct_h",
    language="it",
    declared=frozenset({Element.ACCURATE, Element.GOOD_FAITH}),
    videos=(
        Located("video_2", FoundBy.NAMED, batch_id="takedown_1", reference_id="ref_1"),
        Located("video_1", FoundBy.COPY, 97, "takedown_2", "ref_2", NOW + 2 * HOUR),
    ),
    counters=(COUNTER,),
    valid_at=NOW,
    acted_at=NOW + HOUR,
    suit_at=NOW + 2 * HOUR,
    claim_id="claim_1",
)


def a_notice(number: int, state: NoticeState = NoticeState.INCOMPLETE, *, account: str | None = None) -> Notice:
    missing = (Element.CONTACT, Element.SIGNATURE) if state is NoticeState.INCOMPLETE else ()
    at = NOW + number * HOUR
    return Notice(f"ntc_{number}", Statute.TAKE_IT_DOWN, state, at, at, account_id=account, missing=missing)


class NoticeStoreContract:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[NoticeStore]:
        raise NotImplementedError

    def test_a_notice_is_kept_with_its_videos_and_counter_notices_in_order(self, store: NoticeStore) -> None:
        store.add(WHOLE)
        assert store.get("ntc_1") == store.get("ntc_1", lock=True) == WHOLE
        assert store.get("ntc_2") is None

    def test_a_change_replaces_everything(self, store: NoticeStore) -> None:
        store.add(WHOLE)
        store.add(a_notice(2))
        with store.transaction():
            before = store.get("ntc_1", lock=True)
            assert before is not None
            changed = replace(
                before,
                state=NoticeState.REJECTED,
                rejection=Rejection.ABUSE,
                suit_at=None,
                videos=before.videos[::-1][:1],
                counters=(replace(COUNTER, restored_at=NOW + 3 * HOUR), replace(COUNTER, id="ctr_2")),
            )
            store.replace(changed, due=None, look=None)
            assert store.get("ntc_1") == changed
        assert store.get("ntc_1") == changed
        assert store.get("ntc_2") == a_notice(2)
        with pytest.raises(NotFound):
            store.replace(a_notice(3), due=None, look=None)

    def test_a_page_is_newest_first_and_of_what_was_asked_for(self, store: NoticeStore) -> None:
        for notice in (WHOLE, a_notice(2), a_notice(3, NoticeState.VALID, account="acct_v")):
            store.add(notice)
        assert [one.id for one in store.page()] == ["ntc_3", "ntc_2", "ntc_1"]
        assert [one.id for one in store.page(after="ntc_3", limit=1)] == ["ntc_2"]
        assert [one.id for one in store.page(states=[NoticeState.VALID, NoticeState.COUNTERED])] == ["ntc_3", "ntc_1"]
        assert [one.id for one in store.page(statute=Statute.DMCA)] == ["ntc_1"]
        assert [one.id for one in store.page(account_id="acct_v")] == ["ntc_3"]

    def test_a_video_leads_to_the_notices_that_took_it_down(self, store: NoticeStore) -> None:
        store.add(WHOLE)
        store.add(replace(a_notice(2), videos=(Located("video_1", FoundBy.FILE, 90),)))
        assert [one.id for one in store.about(["video_1", "video_9"])] == ["ntc_1"]
        assert list(store.about([])) == []

    def test_what_runs_comes_in_pages_the_next_to_run_out_first(self, store: NoticeStore) -> None:
        for number, due in ((1, NOW + 2 * HOUR), (2, NOW + HOUR), (3, None), (4, NOW + 2 * HOUR)):
            store.add(a_notice(number, NoticeState.VALID))
            store.replace(a_notice(number, NoticeState.VALID), due=due, look=None)
        ((place, notice),) = store.running(None, 1)
        assert (place, notice) == ((NOW + HOUR, "ntc_2"), a_notice(2, NoticeState.VALID))
        assert [key for (_, key), _ in store.running(place, 10)] == ["ntc_1", "ntc_4"]
        assert [key for (_, key), _ in store.running((NOW + 2 * HOUR, "ntc_1"), 10)] == ["ntc_4"]

    def test_what_is_to_be_looked_at_comes_in_pages_the_longest_due_first(self, store: NoticeStore) -> None:
        for number, look in ((1, NOW + HOUR), (2, NOW), (3, None), (4, NOW + 2 * HOUR), (5, NOW)):
            store.add(a_notice(number, NoticeState.VALID))
            store.replace(a_notice(number, NoticeState.VALID), due=None, look=look)
        assert list(store.to_look_at(NOW + HOUR, None, 2)) == [(NOW, "ntc_2"), (NOW, "ntc_5")]
        assert list(store.to_look_at(NOW + HOUR, (NOW, "ntc_5"), 2)) == [(NOW + HOUR, "ntc_1")]
        store.look_again("ntc_2", None)
        store.look_again("ntc_5", NOW + HOUR)
        assert list(store.to_look_at(NOW, None, 2)) == []

    def test_staff_are_warned_once_of_each_thing_that_is_due(self, store: NoticeStore) -> None:
        store.add(a_notice(1, NoticeState.VALID))
        assert store.warned("ntc_1", NOW)
        store.replace(a_notice(1, NoticeState.VALID), due=NOW, look=NOW)
        assert not store.warned("ntc_1", NOW)
        assert store.warned("ntc_1", NOW + HOUR)

    def test_texts_are_kept_by_part_until_they_are_dropped(self, store: NoticeStore) -> None:
        for notice in (a_notice(1, NoticeState.FINAL), a_notice(2), a_notice(3, NoticeState.VALID), a_notice(4)):
            store.add(notice)
        for number in (1, 2, 3):
            store.keep_text(f"ntc_{number}", "notice", b"first")
        store.keep_text("ntc_1", "notice", b"second")
        store.keep_text("ntc_1", "ctr_1", b"other")
        assert (store.text("ntc_1", "notice"), store.text("ntc_1", "ctr_1")) == (b"second", b"other")
        assert sorted(store.ended(NOW + 2 * HOUR, 10)) == ["ntc_1", "ntc_2"]
        assert list(store.ended(NOW + HOUR, 10)) == ["ntc_1"]
        store.drop_texts("ntc_1")
        assert store.text("ntc_1", "notice") is store.text("ntc_1", "ctr_1") is None
        assert store.text("ntc_2", "notice") == b"first"
        assert list(store.ended(NOW + 2 * HOUR, 10)) == ["ntc_2"]

    def test_each_state_is_to_be_mailed_once_to_those_without_an_account(self, store: NoticeStore) -> None:
        store.add(a_notice(1))
        store.add(a_notice(2, account="acct_v"))
        store.add(a_notice(3, NoticeState.VALID))
        assert [one.id for one in store.unmailed(NOW, 10)] == ["ntc_1", "ntc_3"]
        store.mailed("ntc_1", NoticeState.INCOMPLETE)
        assert [one.id for one in store.unmailed(NOW, 10)] == ["ntc_3"]
        store.replace(a_notice(1, NoticeState.VALID), due=None, look=None)
        assert [one.id for one in store.unmailed(NOW, 1)] == ["ntc_1"]

    def test_a_mail_that_failed_waits_for_its_time_and_another_state_is_tried_at_once(self, store: NoticeStore) -> None:
        for number in (1, 2):
            store.add(a_notice(number))
        assert store.mail("ntc_1") == MailStanding()
        failed = MailStanding(2, NOW, NOW + 9 * HOUR, "mail:server:refused 554")
        store.not_mailed("ntc_1", NoticeState.VALID, failed)
        assert store.mail("ntc_1") == MailStanding()
        store.not_mailed("ntc_1", NoticeState.INCOMPLETE, failed)
        assert store.mail("ntc_1") == failed
        assert [one.id for one in store.unmailed(NOW + 8 * HOUR, 10)] == ["ntc_2"]
        assert [one.id for one in store.unmailed(NOW + 9 * HOUR, 10)] == ["ntc_2", "ntc_1"]
        store.replace(replace(a_notice(1), language="it"), due=None, look=None)
        assert store.mail("ntc_1") == failed
        store.replace(a_notice(1, NoticeState.VALID), due=None, look=None)
        assert store.mail("ntc_1") == MailStanding()
        assert [one.id for one in store.unmailed(NOW, 10)] == ["ntc_1", "ntc_2"]

    def test_a_mail_that_was_given_up_is_not_tried_again(self, store: NoticeStore) -> None:
        store.add(a_notice(1))
        store.not_mailed("ntc_1", NoticeState.INCOMPLETE, MailStanding(1, NOW, None, "mail:address:unusable"))
        assert store.mail("ntc_1").given_up
        assert list(store.unmailed(NOW + 99 * HOUR, 10)) == []
        store.mailed("ntc_1", NoticeState.INCOMPLETE)
        assert store.mail("ntc_1") == MailStanding()
        with pytest.raises(NotFound):
            store.mail("ntc_9")


class TestMemoryNotices(NoticeStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[NoticeStore]:
        del tmp_path
        yield MemoryNotices()  # noqa: PT022 - the contract's shape


class TestDatabaseNotices(NoticeStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[NoticeStore]:
        with sqlite(tmp_path) as database:
            yield DatabaseNotices(database)


@pytest.mark.postgres
class TestDatabaseNoticesOnPostgres(NoticeStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[NoticeStore]:
        del tmp_path
        with postgres() as database:
            yield DatabaseNotices(database)
