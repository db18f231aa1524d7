"""What every `ApprovalStore` does: the one over SQL, and the one that tests use."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from consent_registry.domain import (
    Approval,
    ApprovalState,
    Audience,
    AudienceKind,
    Grant,
    GrantTerms,
    Modality,
    Mode,
    SubjectRecord,
)
from consent_registry.ports import ApprovalStore
from consent_registry.store import SqlConsentStore
from tests.factories.databases import postgres, sqlite
from tests.fakes.approvals import FakeApprovals
from tests.fakes.consent import START
from trust_kernel.db import Database

HOUR = timedelta(hours=1)


def an_approval(number: int, use: str = "video_1", *, grant: str = "grant_1", subject: str = "subj_1") -> Approval:
    return Approval(
        id=f"appr_{number}",
        use_id=use,
        subject_id=subject,
        grant_id=grant,
        account_id="acct_bob",
        mode=Mode.ASK,
        asked_at=START,
        until=START + number * HOUR,
    )


class ApprovalStoreContract:
    """The contract; two subjects with a grant each are there."""

    @contextmanager
    def empty(self, folder: Path) -> Iterator[ApprovalStore]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ApprovalStore]:
        with self.empty(tmp_path) as store:
            yield store

    def test_a_question_is_kept_as_it_was_put(self, store: ApprovalStore) -> None:
        asked = an_approval(1)
        assert store.add_approval(asked)
        assert store.approval("appr_1") == asked
        assert store.approval("appr_2") is None

    def test_a_use_a_person_and_a_grant_have_one_question(self, store: ApprovalStore) -> None:
        assert store.add_approval(an_approval(1))
        assert not store.add_approval(an_approval(2))
        assert store.add_approval(an_approval(3, "video_2"))
        assert [one.id for one in store.approvals_of_use("video_1")] == ["appr_1"]

    def test_questions_of_a_use_come_by_grant_or_by_deadline(self, store: ApprovalStore) -> None:
        first, second = an_approval(2), an_approval(1, grant="grant_2", subject="subj_2")
        store.add_approval(first)
        store.add_approval(second)
        assert store.of_use("video_1", "subj_1") == {"grant_1": first}
        assert list(store.approvals_of_use("video_1")) == [second, first]

    def test_an_answer_is_kept_with_its_time_and_note(self, store: ApprovalStore) -> None:
        store.add_approval(an_approval(1))
        store.answer_approval("appr_1", ApprovalState.APPROVED, START, "fine")
        found = store.approval("appr_1")
        assert found is not None
        assert (found.answer, found.answered_at) == (ApprovalState.APPROVED, START)
        assert store.note_of("appr_1") == "fine"

    def test_a_question_put_anew_has_no_answer(self, store: ApprovalStore) -> None:
        store.add_approval(an_approval(1))
        store.answer_approval("appr_1", ApprovalState.APPROVED, START, "fine")
        store.ask_anew("appr_1", "d" * 64, START + HOUR, START + 5 * HOUR)
        found = store.approval("appr_1")
        assert found is not None
        assert (found.answer, found.answered_at, found.shown) == (None, None, "d" * 64)
        assert (found.asked_at, found.until) == (START + HOUR, START + 5 * HOUR)
        assert store.note_of("appr_1") == ""

    def test_a_person_sees_what_waits_first_then_the_newest_answers_in_pages(self, store: ApprovalStore) -> None:
        for number in range(1, 7):
            store.add_approval(an_approval(number, f"video_{number}"))
        for number in (2, 3, 4):
            store.answer_approval(f"appr_{number}", ApprovalState.REFUSED, START + number * HOUR, "")
        found: list[str] = []
        after = None
        while page := store.approvals_of({"subj_1"}, after=after, limit=2):
            found.extend(one.id for one in page)
            after = page[-1].id
        assert found == ["appr_1", "appr_5", "appr_6", "appr_4", "appr_3", "appr_2"]

    def test_a_page_after_somebody_elses_question_starts_at_the_beginning(self, store: ApprovalStore) -> None:
        store.add_approval(an_approval(1))
        store.add_approval(an_approval(2, grant="grant_2", subject="subj_2"))
        assert [one.id for one in store.approvals_of({"subj_1"}, after="appr_none", limit=5)] == ["appr_1"]

    def test_what_is_due_is_found_at_its_deadline_and_not_once_answered(self, store: ApprovalStore) -> None:
        for number in (1, 2, 3):
            store.add_approval(an_approval(number, f"video_{number}"))
        store.answer_approval("appr_1", ApprovalState.APPROVED, START, "")
        assert [one.id for one in store.unanswered_since(START + 2 * HOUR, 10)] == ["appr_2"]
        assert [one.id for one in store.unanswered_since(START + 9 * HOUR, 1)] == ["appr_2"]

    def test_what_is_unanswered_can_be_walked_through(self, store: ApprovalStore) -> None:
        for number in (1, 2, 3):
            store.add_approval(an_approval(number, f"video_{number}"))
        store.answer_approval("appr_2", ApprovalState.APPROVED, START, "")
        assert [one.id for one in store.unanswered_after("", 1)] == ["appr_1"]
        assert [one.id for one in store.unanswered_after("appr_1", 5)] == ["appr_3"]

    def test_nothing_is_left_of_a_forgotten_persons_words(self, store: ApprovalStore) -> None:
        store.add_approval(an_approval(1))
        store.add_approval(an_approval(2, "video_2"))
        store.add_approval(an_approval(3, grant="grant_2", subject="subj_2"))
        store.answer_approval("appr_1", ApprovalState.REFUSED, START, "no")
        store.strip_approvals("subj_1")
        assert store.note_of("appr_1") == ""
        assert [one.id for one in store.unanswered_since(START + 99 * HOUR, 10)] == ["appr_3"]


def peopled(database: Database) -> SqlConsentStore:
    """A store with those who can be asked."""
    store = SqlConsentStore(database)
    for name in ("1", "2"):
        store.add_subject(SubjectRecord(f"subj_{name}", f"acct_{name}", f"person{name}", "A", 0, None, START), name)
        terms = GrantTerms(
            Audience(AudienceKind.EVERYONE), frozenset({Modality.FACE}), starts_at=START, expires_at=START + HOUR
        )
        store.add_grant(Grant(f"grant_{name}", f"subj_{name}", terms, 0, 1, START))
    return store


class TestSqliteApprovals(ApprovalStoreContract):
    @contextmanager
    def empty(self, folder: Path) -> Iterator[ApprovalStore]:
        with sqlite(folder) as database:
            yield peopled(database)


@pytest.mark.postgres
class TestPostgresApprovals(ApprovalStoreContract):
    @contextmanager
    def empty(self, folder: Path) -> Iterator[ApprovalStore]:
        del folder
        with postgres() as database:
            yield peopled(database)


class TestFakeApprovals(ApprovalStoreContract):
    @contextmanager
    def empty(self, folder: Path) -> Iterator[ApprovalStore]:
        del folder
        yield FakeApprovals()
