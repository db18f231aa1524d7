"""What every store of enrolments, ages, guardians and estates must do: in memory, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from consent_registry.domain import Assurance, ConsentReason, SubjectRecord
from consent_registry.domain.attestations import Attestation, Matter, Proof
from consent_registry.domain.enrolments import EnrolmentAttempt, EnrolmentState, Look, Resemblance
from consent_registry.domain.estates import Dispute, Estate, EstateState
from consent_registry.domain.guardians import GuardianLink, GuardianState
from consent_registry.ports import AgeRecord, ConsentStore
from consent_registry.store import SqlConsentStore
from tests.factories.databases import postgres, sqlite
from tests.fakes.consent import FakeConsentStore
from trust_kernel.errors import Conflict

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=14)
ADA = SubjectRecord("subj_ada", "acct_ada", "ada", "Ada", 0, 1990, NOW)
ATTEMPT = EnrolmentAttempt(
    "enr_1",
    "subj_ada",
    Assurance.DOCUMENT,
    EnrolmentState.EXAMINED,
    "with a beard",
    keep_reference=True,
    proposed_by="acct_staff",
    created_at=NOW,
    until=LATER,
)
LOOK = Look(
    "look_1",
    "subj_ada",
    "first look",
    Assurance.LIVE_CHALLENGE,
    has_face=True,
    has_voice=False,
    keeps_reference=True,
    created_at=NOW,
)
LINK = GuardianLink("guard_1", "acct_mum", "acct_kid", "acct_mum", GuardianState.ASKED, NOW, NOW)
ESTATE = Estate("estate_1", "acct_heir", "elvis", "Elvis", date(1977, 8, 16), LATER, EstateState.CLAIMED, NOW)


class EnrolmentStoreContract:
    """Every store of them."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ConsentStore]:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _ada(self, store: ConsentStore) -> None:
        store.add_subject(ADA, "digest")

    def test_an_attestation_comes_back_by_what_it_is_about_and_grows_a_second_half(self, store: ConsentStore) -> None:
        first = Attestation("enr_1", Matter.ENROLMENT, Proof.PASSPORT, "acct_one", NOW)
        store.put_attestation(first)
        assert store.attestation("enr_1") == first
        both = replace(first, second_by="acct_two", second_at=LATER)
        store.put_attestation(both)
        assert store.attestation("enr_1") == both
        with pytest.raises(Conflict):
            store.put_attestation(replace(both, second_by="acct_three"))
        assert store.attestation("enr_1") == both
        assert store.attestation("enr_2") is None

    def test_of_two_first_halves_at_the_same_instant_one_is_refused(self, store: ConsentStore) -> None:
        first = Attestation("guard_1", Matter.GUARDIAN, Proof.PASSPORT, "acct_one", NOW)
        store.put_attestation(first)
        with pytest.raises(Conflict) as caught:
            store.put_attestation(replace(first, first_by="acct_two"))
        assert caught.value.code == "consent:attestation:raced"

    def test_links_of_the_grown_are_found_by_what_was_last_said_and_nobody_elses(self, store: ConsentStore) -> None:
        for number, (ward, state) in enumerate(
            [
                ("acct_ada", GuardianState.ACCEPTED),
                ("acct_kid", GuardianState.VERIFIED),
                ("acct_teen", GuardianState.VERIFIED),
                ("acct_kid", GuardianState.ENDED),
                ("acct_silent", GuardianState.ASKED),
            ]
        ):
            asked = NOW + timedelta(minutes=number)
            store.add_guardian(replace(LINK, id=f"guard_{number}", ward=ward, state=state, asked_at=asked))
        store.put_age(AgeRecord("acct_kid", 2007, verified=True, by="acct_staff", at=NOW))
        store.put_age(AgeRecord("acct_teen", 2008, verified=False, by="acct_teen", at=NOW))
        assert [link.id for link in store.guardians_grown(2007, 9)] == ["guard_0", "guard_1"]
        assert [link.id for link in store.guardians_grown(2008, 1)] == ["guard_0"]
        store.put_age(AgeRecord("acct_ada", 2010, verified=True, by="acct_staff", at=LATER))
        assert [link.id for link in store.guardians_grown(2007, 9)] == ["guard_1"]

    def test_an_attempt_moves_once_from_the_state_that_it_is_in(self, store: ConsentStore) -> None:
        store.add_attempt(ATTEMPT)
        assert store.attempt("enr_1") == ATTEMPT
        alike = (Resemblance("blocklist", "face", "blk_1", sure=True, score=0.9, name="Fig"),)
        review = replace(
            ATTEMPT, state=EnrolmentState.TO_REVIEW, reason=ConsentReason.PUBLIC_FIGURE, alike=alike, note="hm"
        )
        review = replace(review, challenge_id="chal_1", allowed_by="acct_mum")
        assert store.settle(review, before=EnrolmentState.EXAMINED)
        assert store.attempt("enr_1") == review
        assert not store.settle(ATTEMPT, before=EnrolmentState.EXAMINED)
        assert store.attempt("enr_1") == review

    def test_attempts_are_found_by_subject_state_and_deadline(self, store: ConsentStore) -> None:
        newer = replace(ATTEMPT, id="enr_2", created_at=NOW + timedelta(hours=1), state=EnrolmentState.ENROLLED)
        store.add_attempt(ATTEMPT)
        store.add_attempt(newer)
        assert list(store.attempts_of("subj_ada")) == [newer, ATTEMPT]
        assert list(store.attempts_in({EnrolmentState.EXAMINED}, 9)) == [ATTEMPT]
        assert list(store.attempts_due(LATER - timedelta(seconds=1), 9)) == []
        assert list(store.attempts_due(LATER, 9)) == [ATTEMPT]

    def test_media_keep_their_order_and_go_with_the_attempt_or_the_person(self, store: ConsentStore) -> None:
        store.add_attempt(ATTEMPT)
        store.add_attempt_media("enr_1", "picture", [b"a", b"b"])
        store.add_attempt_media("enr_1", "recording", [b"c"])
        assert list(store.attempt_media("enr_1", "picture")) == [b"a", b"b"]
        store.drop_attempt_media("enr_1")
        assert list(store.attempt_media("enr_1", "recording")) == []
        store.add_attempt_media("enr_1", "picture", [b"a"])
        store.add_look(LOOK)
        store.note_renewal_ask("subj_ada", "m", NOW)
        store.drop_attempts("subj_ada")
        assert (list(store.attempt_media("enr_1", "picture")), list(store.looks("subj_ada"))) == ([], [])
        assert store.attempt("enr_1") is None

    def test_looks_are_kept_oldest_first(self, store: ConsentStore) -> None:
        second = replace(LOOK, id="look_2", created_at=LATER)
        store.add_look(second)
        store.add_look(LOOK)
        assert list(store.looks("subj_ada")) == [LOOK, second]
        store.unkeep_looks("subj_ada")
        assert [look.keeps_reference for look in store.looks("subj_ada")] == [False, False]
        store.drop_look("look_1")
        assert [look.id for look in store.looks("subj_ada")] == ["look_2"]

    def test_somebody_is_asked_once_for_each_model(self, store: ConsentStore) -> None:
        assert store.note_renewal_ask("subj_ada", "one", NOW)
        assert not store.note_renewal_ask("subj_ada", "one", LATER)
        assert store.note_renewal_ask("subj_ada", "two", NOW)

    def test_an_age_is_what_was_registered_until_something_else_is_said(self, store: ConsentStore) -> None:
        assert store.age("acct_ada") == AgeRecord("acct_ada", 1990, verified=False, by="acct_ada", at=NOW)
        assert store.age("acct_bob") is None
        checked = AgeRecord("acct_ada", 2010, verified=True, by="acct_staff", at=LATER)
        store.put_age(checked)
        assert store.age("acct_ada") == checked
        subject = store.subject("subj_ada")
        assert subject is not None
        assert subject.birth_year == 2010
        store.put_age(replace(checked, birth_year=2011))
        again = store.age("acct_ada")
        assert again is not None
        assert again.birth_year == 2011

    def test_a_guardian_link_moves_once_from_the_state_that_it_is_in(self, store: ConsentStore) -> None:
        store.add_guardian(LINK)
        assert store.guardian("guard_1") == LINK
        assert list(store.guardians_about("acct_kid")) == list(store.guardians_about("acct_mum")) == [LINK]
        assert list(store.guardians_about("acct_ada")) == []
        assert store.move_guardian("guard_1", GuardianState.ASKED, GuardianState.ACCEPTED, LATER)
        assert not store.move_guardian("guard_1", GuardianState.ASKED, GuardianState.ENDED, LATER)
        moved = replace(LINK, state=GuardianState.ACCEPTED, settled_at=LATER)
        assert list(store.guardians_in({GuardianState.ACCEPTED}, 9)) == [moved]

    def test_an_estate_is_found_by_account_handle_subject_and_date(self, store: ConsentStore) -> None:
        store.add_estate(ESTATE)
        assert store.estate("estate_1") == ESTATE
        assert list(store.estates_of("acct_heir")) == list(store.estates_in({EstateState.CLAIMED}, 9)) == [ESTATE]
        assert store.estate_called("elvis") is None
        held = replace(ESTATE, state=EstateState.HELD, subject_id="subj_ada")
        assert store.move_estate(held, before=EstateState.CLAIMED)
        assert not store.move_estate(ESTATE, before=EstateState.CLAIMED)
        assert store.estate_called("elvis") == store.estate_about("subj_ada") == held
        assert list(store.estates_due(LATER - timedelta(seconds=1), 9)) == []
        assert list(store.estates_due(LATER, 9)) == [held]
        store.silence("subj_ada")
        subject = store.subject("subj_ada")
        assert subject is not None
        assert subject.account_id is None

    def test_disputes_are_kept_in_order(self, store: ConsentStore) -> None:
        store.add_estate(ESTATE)
        said = [Dispute(f"disp_{n}", "estate_1", "acct_bob", "no", NOW + timedelta(hours=n)) for n in range(2)]
        for dispute in reversed(said):
            store.add_dispute(dispute)
        assert list(store.disputes("estate_1")) == said


class TestFakeEnrolmentStore(EnrolmentStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ConsentStore]:  # noqa: ARG002 - needs no files
        yield FakeConsentStore()  # noqa: PT022 - the contract's shape


class TestSqliteEnrolmentStore(EnrolmentStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ConsentStore]:
        with sqlite(tmp_path) as database:
            yield SqlConsentStore(database)


@pytest.mark.postgres
class TestPostgresEnrolmentStore(EnrolmentStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ConsentStore]:  # noqa: ARG002 - on a server
        with postgres() as database:
            yield SqlConsentStore(database)
