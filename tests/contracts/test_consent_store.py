"""What every consent store must do: the one in memory, SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from consent_registry.domain import (
    Assurance,
    Audience,
    AudienceKind,
    Bar,
    Cameo,
    Grant,
    GrantUse,
    Group,
    Lockdown,
    Mode,
    OnRevocation,
    PersonReport,
    Purpose,
    Receipt,
    ReportReason,
    Scope,
    SubjectRecord,
)
from consent_registry.ports import ConsentStore, UnitOfWork
from consent_registry.store import SqlConsentStore
from consent_registry.tables import GrantRow, SubjectRow
from tests.factories.databases import postgres, sqlite
from tests.factories.grants import a_grant as any_grant
from tests.fakes.consent import FakeConsentStore, FakeUnit
from trust_kernel.errors import Conflict

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def a_subject(name: str = "ada", **changes: object) -> SubjectRecord:
    fields = {
        "id": f"subj_{name}",
        "account_id": f"acct_{name}",
        "handle": name,
        "display_name": name.title(),
        "consent_epoch": 0,
        "birth_year": 1990,
        "created_at": NOW,
    }
    return SubjectRecord(**{**fields, **changes})  # type: ignore[arg-type] # a record by its fields


def a_grant(name: str = "one", **changes: object) -> Grant:
    fields: dict[str, object] = {
        "id": f"grant_{name}",
        "audience": Audience(AudienceKind.PEOPLE, frozenset({"acct_bob", "acct_cyd"})),
        "scope": Scope(
            frozenset({Purpose.PERSONAL, Purpose.ARTISTIC}), unsaid=("never",), territories=frozenset({"IT"})
        ),
        "mode": Mode.PREVIEW,
        "starts_at": NOW,
        "expires_at": NOW + timedelta(days=30),
        "max_uses": 2,
        "daily_uses": 1,
        "on_revocation": OnRevocation.KEEP,
        "note": "no politics",
        "created_at": NOW,
    }
    return any_grant(**{**fields, **changes})


class ConsentStoreContract:
    """The contract; a subclass says which store."""

    @pytest.fixture
    def made(self, tmp_path: Path) -> Iterator[tuple[UnitOfWork, ConsentStore]]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, made: tuple[UnitOfWork, ConsentStore]) -> ConsentStore:
        return made[1]

    @pytest.fixture
    def unit(self, made: tuple[UnitOfWork, ConsentStore]) -> UnitOfWork:
        return made[0]

    def test_a_subject_is_found_by_id_account_and_handle(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        assert store.subject("subj_ada") == a_subject()
        assert store.subject_of("acct_ada") == a_subject()
        assert list(store.named({"ada", "nobody"})) == [a_subject()]
        assert store.subject("subj_bob") is None
        assert store.subject_of("acct_bob") is None

    def test_an_account_has_one_subject(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        with pytest.raises(Conflict, match="account"):
            store.add_subject(a_subject("bob", account_id="acct_ada"), "digest-bob")

    def test_a_handle_is_used_once_even_after_its_owner_is_forgotten(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.bury("subj_ada", NOW)
        with pytest.raises(Conflict, match="handle"):
            store.add_subject(a_subject("bob", handle="ada"), "digest-ada")

    def test_many_forgotten_subjects_stand_side_by_side(self, store: ConsentStore) -> None:
        for name in ("ada", "bob"):
            store.add_subject(a_subject(name), f"digest-{name}")
            store.bury(f"subj_{name}", NOW)
        assert store.subject("subj_bob") == a_subject(
            "bob", account_id=None, handle=None, display_name="", birth_year=None, forgotten_at=NOW
        )

    def test_locking_gives_rows_as_they_are_and_leaves_out_who_is_not_there(
        self, unit: UnitOfWork, store: ConsentStore
    ) -> None:
        store.add_subject(a_subject(), "digest-ada")
        with unit.transaction():
            assert store.lock(["subj_zoe", "subj_ada"]) == {"subj_ada": a_subject()}
            store.set_epoch("subj_ada", 2**40)
            assert store.lock(["subj_ada"])["subj_ada"].consent_epoch == 2**40
            assert store.lock([]) == {}

    def test_following_is_one_way_and_says_whether_it_changed_anything(self, store: ConsentStore) -> None:
        assert store.follow("a", "b", NOW)
        assert not store.follow("a", "b", NOW)
        assert store.follows("a", "b")
        assert not store.follows("b", "a")
        assert store.unfollow("a", "b")
        assert not store.unfollow("a", "b")
        assert not store.follows("a", "b")

    def test_dropping_an_account_drops_both_sides(self, store: ConsentStore) -> None:
        for pair in (("a", "b"), ("b", "a"), ("b", "c")):
            store.follow(*pair, NOW)
        store.drop_follows("a")
        assert not store.follows("a", "b")
        assert not store.follows("b", "a")
        assert store.follows("b", "c")

    def test_the_newest_cameo_counts(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        versions = [
            Cameo(f"cameo_{number}", "subj_ada", number, Assurance.STAFF_ATTESTED, True, False, False, NOW)
            for number in (1, 2)
        ]
        for cameo in versions:
            store.add_cameo(cameo, "acct_staff")
        assert store.cameo("subj_ada") == versions[1]
        store.drop_cameos("subj_ada")
        assert store.cameo("subj_ada") is None

    def test_media_are_replaced_part_by_part_and_dropped_together(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.put_media("subj_ada", "portrait", b"\x00old")
        store.put_media("subj_ada", "portrait", b"\x00new")
        store.put_media("subj_ada", "voice", b"v")
        assert store.media("subj_ada", "portrait") == b"\x00new"
        store.drop_media("subj_ada")
        assert store.media("subj_ada", "portrait") is None
        assert store.media("subj_ada", "voice") is None

    def test_a_grant_comes_back_as_it_went_in(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        grants = [a_grant("one"), a_grant("two", created_at=NOW + timedelta(seconds=1), max_uses=None)]
        for grant in reversed(grants):
            store.add_grant(grant)
        assert store.grant("grant_one") == grants[0]
        assert list(store.grants("subj_ada")) == grants
        assert store.grant("grant_three") is None

    def test_a_moment_given_in_another_zone_is_the_same_moment(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant(expires_at=(NOW + timedelta(days=1)).astimezone(timezone(timedelta(hours=9)))))
        found = store.grant("grant_one")
        assert found is not None
        assert found.expires_at == NOW + timedelta(days=1)

    def test_uses_stop_at_the_count(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant(max_uses=2))
        assert [store.count_use("grant_one") for _ in range(4)] == [True, True, False, False]
        found = store.grant("grant_one")
        assert found is not None
        assert found.uses == 2
        assert not store.count_use("grant_none")

    def test_a_revoked_grant_counts_no_use(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant(max_uses=None))
        store.mark_revoked("grant_one", NOW, 2)
        assert not store.count_use("grant_one")
        assert store.grant("grant_one") == a_grant(max_uses=None, revoked_at=NOW, version=2)

    def test_stripping_erases_words_and_people_and_leaves_the_rest(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant())
        store.strip_grants("subj_ada")
        assert store.grant("grant_one") == a_grant(note="", audience=Audience(AudienceKind.PEOPLE), scope=Scope())

    def test_bars_are_kept_once_each_and_dropped_by_whoever_set_them_alone(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "d1")
        store.add_subject(a_subject("dee"), "d2")
        assert store.add_bar(Bar("subj_ada", "acct_bob", NOW))
        assert not store.add_bar(Bar("subj_ada", "acct_bob", NOW))
        assert store.add_bar(Bar("subj_ada", "acct_dee", NOW + timedelta(seconds=1)))
        assert store.add_bar(Bar("subj_dee", "acct_ada", NOW))
        assert [bar.account_id for bar in store.bars("subj_ada")] == ["acct_bob", "acct_dee"]
        assert store.drop_bar("subj_ada", "acct_bob")
        assert not store.drop_bar("subj_ada", "acct_bob")
        assert not store.barred("subj_ada", "acct_bob")
        store.drop_bars("subj_ada")
        assert store.bars("subj_ada") == []
        assert store.barred("subj_dee", "acct_ada")

    def test_pauses_and_caps_stand_on_the_subject(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "d1")
        store.set_pause("subj_ada", NOW)
        store.set_daily_uses("subj_ada", 3)
        record = store.subject("subj_ada")
        assert record is not None
        assert (record.paused_at, record.daily_uses) == (NOW, 3)
        store.set_pause("subj_ada", None)
        store.set_daily_uses("subj_ada", None)
        assert store.lock(["subj_ada"])["subj_ada"] == a_subject()

    def test_the_lockdown_is_off_until_it_is_set(self, store: ConsentStore) -> None:
        assert store.lockdown() == Lockdown()
        assert not store.lockdown_held(to_change=False).on
        assert not store.lockdown_held(to_change=True).on
        store.set_lockdown(Lockdown(True, "a leak", "acct_admin", NOW))
        assert store.lockdown() == store.lockdown_held(to_change=False) == Lockdown(True, "a leak", "acct_admin", NOW)

    def test_uses_are_counted_by_grant_by_person_and_by_likeness(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "d1")
        for name in ("one", "two"):
            store.add_grant(a_grant(name))
        later = NOW + timedelta(hours=2)
        for use in (
            GrantUse("video_1", "grant_one", "subj_ada", "acct_bob", NOW),
            GrantUse("video_1", "grant_two", "subj_ada", "acct_bob", NOW),
            GrantUse("video_1", "grant_one", "subj_ada", "acct_bob", NOW),
            GrantUse("video_2", "grant_one", "subj_ada", "acct_cyd", later),
        ):
            store.add_use(use)
        before = NOW - timedelta(seconds=1)
        assert dict(store.uses_by("subj_ada", "acct_bob", before)) == {"grant_one": 1, "grant_two": 1}
        assert dict(store.uses_by("subj_ada", "acct_bob", NOW)) == {}
        assert (store.uses_of("subj_ada", before), store.uses_of("subj_ada", NOW)) == (2, 1)
        assert (store.uses_made("acct_bob", before), store.uses_made("acct_dee", before)) == (1, 0)
        store.hold_requester("acct_bob")
        store.hold_requester("acct_bob")

    def test_reports_are_paged_open_and_closed_and_closed_once(self, store: ConsentStore) -> None:
        reports = [
            PersonReport(f"prep_{number}", "acct_bob", "acct_cyd", ReportReason.FRAUD, "x", None, NOW)
            for number in range(3)
        ]
        for report in reports:
            store.add_report(report)
        assert store.report("prep_1") == reports[1]
        assert store.report("prep_9") is None
        assert [one.id for one in store.reports(closed=False, after="prep_0", limit=1)] == ["prep_1"]
        assert store.close_report("prep_1", "acct_staff", NOW, "done")
        assert not store.close_report("prep_1", "acct_staff", NOW, "twice")
        assert [one.note for one in store.reports(closed=True, after=None, limit=9)] == ["done"]
        assert [one.id for one in store.reports(closed=False, after=None, limit=9)] == ["prep_0", "prep_2"]
        assert store.reports_by("acct_bob", NOW - timedelta(seconds=1)) == 3
        assert store.reports_by("acct_bob", NOW) == 0

    def test_groups_hold_people_until_either_side_is_dropped(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "d1")
        store.add_subject(a_subject("dee"), "d2")
        for group in (Group("group_1", "subj_ada", "Family", NOW), Group("group_2", "subj_dee", "Work", NOW)):
            store.add_group(group)
        assert store.add_member("group_1", "acct_bob", NOW)
        assert not store.add_member("group_1", "acct_bob", NOW)
        store.add_member("group_2", "acct_ada", NOW)
        assert store.groups_with("subj_ada", "acct_bob") == {"group_1"}
        assert store.groups_with("subj_dee", "acct_bob") == frozenset()
        store.name_group("group_1", "Kin")
        assert store.group("group_1") == Group("group_1", "subj_ada", "Kin", NOW, frozenset({"acct_bob"}))
        assert store.drop_member("group_1", "acct_bob")
        assert not store.drop_member("group_1", "acct_bob")
        store.drop_groups("subj_ada", "acct_ada")
        assert store.groups("subj_ada") == []
        assert store.group("group_1") is None
        assert [group.account_ids for group in store.groups("subj_dee")] == [frozenset()]

    def test_receipts_are_kept_by_version(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant())
        receipts = [Receipt(f"rcpt_{number}", "grant_one", number, f"a.{number}.c", NOW) for number in (1, 2)]
        for receipt in receipts:
            store.add_receipt(receipt)
        assert store.receipt("grant_one", None) == receipts[1]
        assert store.receipt("grant_one", 1) == receipts[0]
        assert store.receipt("grant_one", 3) is None
        assert store.receipt("grant_two", None) is None
        assert store.receipts("subj_ada") == [receipts[1], receipts[0]]
        assert store.receipts("subj_none") == []
        assert store.receipt_named("rcpt_1") == receipts[0]
        assert store.receipt_named("rcpt_9") is None

    def test_a_grant_that_ended_by_itself_is_found_until_its_version_says_so(self, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        grant = a_grant()
        store.add_grant(grant)
        end = grant.expires_at
        assert store.ended_silently(end - timedelta(seconds=1), 10) == []
        assert [one.id for one in store.ended_silently(end, 10)] == ["grant_one"]
        assert store.ended_silently(end, 0) == []
        store.reach("grant_one", 2)
        assert store.ended_silently(end, 10) == []


class RollingBack:
    """What a store on a real database must do besides."""

    def test_what_a_failed_transaction_wrote_is_not_there(self, unit: UnitOfWork, store: ConsentStore) -> None:
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant())

        def fail() -> None:
            with unit.transaction():
                store.set_epoch("subj_ada", 7)
                store.count_use("grant_one")
                store.follow("a", "b", NOW)
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        assert store.subject("subj_ada") == a_subject()
        assert store.grant("grant_one") == a_grant()
        assert not store.follows("a", "b")


class TestFakeConsentStore(ConsentStoreContract):
    @pytest.fixture
    def made(self, tmp_path: Path) -> Iterator[tuple[UnitOfWork, ConsentStore]]:  # noqa: ARG002 - needs no files
        yield FakeUnit(), FakeConsentStore()  # noqa: PT022 - the contract's shape


class TestSqliteConsentStore(ConsentStoreContract, RollingBack):
    @pytest.fixture
    def made(self, tmp_path: Path) -> Iterator[tuple[UnitOfWork, ConsentStore]]:
        with sqlite(tmp_path) as database:
            yield database, SqlConsentStore(database)


@pytest.mark.postgres
class TestPostgresConsentStore(ConsentStoreContract, RollingBack):
    @pytest.fixture
    def made(self, tmp_path: Path) -> Iterator[tuple[UnitOfWork, ConsentStore]]:  # noqa: ARG002 - on a server
        with postgres() as database:
            yield database, SqlConsentStore(database)


def test_a_row_that_somebody_in_this_session_still_holds_is_read_anew(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        store = SqlConsentStore(database)
        store.add_subject(a_subject(), "digest-ada")
        store.add_grant(a_grant())
        with database.transaction() as session:
            held = session.get(GrantRow, "grant_one"), session.get(SubjectRow, "subj_ada")
            store.count_use("grant_one")
            store.set_epoch("subj_ada", 9)
            grant, subject = store.grant("grant_one"), store.subject("subj_ada")
        assert all(held)
        assert grant == a_grant(uses=1)
        assert subject == a_subject(consent_epoch=9)


def test_a_database_is_a_unit_of_work(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        unit: UnitOfWork = database
        opened: AbstractContextManager[object] = unit.transaction()
        with opened:
            pass
