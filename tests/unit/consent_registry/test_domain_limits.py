"""Where the limits of consent lie, to the unit: the last value that is taken and the first that is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consent_registry.domain import (
    Asker,
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    GrantTerms,
    Modality,
    Refused,
    SubjectRecord,
    Tally,
    check_terms,
    choose,
    mentions,
    years_after,
)
from consent_registry.domain.people import check_account_id, check_birth_year, check_display_name, is_minor
from consent_registry.domain.receipts import Issuer, document
from tests.factories.grants import a_grant, changed
from trust_kernel.errors import InvalidInput

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TERMS = GrantTerms(Audience(AudienceKind.EVERYONE), frozenset({Modality.FACE}))


def people(count: int) -> Audience:
    return Audience(AudienceKind.PEOPLE, frozenset(f"acct_{number}" for number in range(count)))


def checked(**changes: object) -> GrantTerms:
    return check_terms(replace(TERMS, **changes), NOW, minor=False)  # type: ignore[arg-type] # by field


def field_of(refused: Callable[[], object]) -> tuple[str | None, str | None]:
    with pytest.raises(InvalidInput) as error:
        refused()
    return error.value.field, error.value.limit


@pytest.mark.parametrize("uses", [1, 2_147_483_647])
def test_a_grant_is_for_one_use_to_the_most_that_a_database_counts(uses: int) -> None:
    assert checked(max_uses=uses).max_uses == uses


@pytest.mark.parametrize("uses", [0, -1, 2_147_483_648])
def test_no_fewer_and_no_more(uses: int) -> None:
    assert field_of(lambda: checked(max_uses=uses)) == ("max_uses", "1 to 2147483647")


def test_a_note_has_at_most_500_characters_and_no_control_characters() -> None:
    assert len(checked(note="x" * 500).note) == 500
    assert field_of(lambda: checked(note="x" * 501)) == ("note", "500 characters")
    assert checked(note="one\r\n\ttwo").note == "one\r\n\ttwo"
    for sign in ("\x00", "\x1b", "\ud800"):
        assert field_of(lambda sign=sign: checked(note=f"a{sign}"))[0] == "note"  # type: ignore[misc] # bound now


def test_a_grant_names_at_most_1000_people() -> None:
    assert len(checked(audience=people(1_000)).audience.account_ids) == 1_000
    assert field_of(lambda: checked(audience=people(1_001))) == ("audience", "1 to 1000 accounts")


def test_only_a_grant_to_people_names_any() -> None:
    assert field_of(lambda: checked(audience=people(0)))[0] == "audience"
    named = Audience(AudienceKind.EVERYONE, frozenset({"acct_bob"}))
    assert field_of(lambda: checked(audience=named))[0] == "audience"
    assert field_of(lambda: checked(audience=Audience(AudienceKind.PEOPLE, frozenset({"a b"}))))[0] == "audience"


def test_a_grant_is_for_something() -> None:
    assert field_of(lambda: checked(modalities=frozenset()))[0] == "modalities"


def test_a_grant_ends_at_least_a_second_from_now() -> None:
    soon = NOW + timedelta(seconds=1)
    assert checked(expires_at=soon).expires_at == soon
    assert field_of(lambda: checked(expires_at=NOW))[0] == "expires_at"
    # cut to the second, this is now
    assert field_of(lambda: checked(expires_at=NOW + timedelta(milliseconds=999)))[0] == "expires_at"
    assert field_of(lambda: checked(expires_at=NOW.replace(tzinfo=None, year=2027)))[0] == "expires_at"


@pytest.mark.parametrize(("minor", "years"), [(False, 10), (True, 5)])
def test_a_grant_ends_at_most_ten_years_from_now_and_a_minors_five(minor: bool, years: int) -> None:
    last = NOW.replace(year=2026 + years)
    assert check_terms(replace(TERMS, expires_at=last), NOW, minor=minor).expires_at == last
    later = replace(TERMS, expires_at=last + timedelta(seconds=1))
    assert field_of(lambda: check_terms(later, NOW, minor=minor)) == ("expires_at", f"{years} years")


def test_an_end_is_kept_in_utc_and_whole_seconds() -> None:
    end = datetime(2026, 9, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    kept = checked(expires_at=end).expires_at
    assert kept is not None
    assert kept.isoformat() == "2026-09-01T10:00:00+00:00"
    undated = check_terms(TERMS, NOW.replace(microsecond=7), minor=False).expires_at
    assert undated is not None
    assert undated.isoformat() == "2027-03-01T12:00:00+00:00"


def test_a_leap_day_some_years_on() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert years_after(leap, 1) == datetime(2029, 2, 28, 12, tzinfo=UTC)
    assert years_after(leap, 4) == datetime(2032, 2, 29, 12, tzinfo=UTC)


# --- refusals among several grants

GRANT = a_grant(audience=Audience(AudienceKind.PEOPLE, frozenset({"acct_bob"})), modalities=frozenset({Modality.FACE}))
ASK = ConsentAsk("acct_bob", "subj_ada", frozenset({Modality.FACE}), remix=False, at=NOW)


def test_a_grant_in_force_for_somebody_else_does_not_hide_why_ones_own_ended() -> None:
    mine = changed(GRANT, revoked_at=NOW)
    others = changed(GRANT, id="grant_2", audience=Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd"})))
    assert choose([mine, others], ASK, Asker("acct_bob"), Tally()) == Refused(ConsentReason.GRANT_REVOKED)


# --- people


@pytest.mark.parametrize("name", ["x", "x" * 80, " Ada \n"])
def test_a_display_name_has_1_to_80_characters(name: str) -> None:
    assert check_display_name(name) == name.strip()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "a\u200bb"])
def test_no_fewer_no_more_and_none_invisible(name: str) -> None:
    assert field_of(lambda: check_display_name(name)) == ("display_name", "80 characters")


def test_an_account_id_has_1_to_100_characters() -> None:
    for account_id in ("x", "!" * 100, "~"):
        assert check_account_id(account_id, "who") == account_id
    for account_id in ("", "x" * 101, "a b", "é", "a\n"):
        assert field_of(lambda account_id=account_id: check_account_id(account_id, "who"))[0] == "who"  # type: ignore[misc] # bound now


def test_a_birth_year_lies_between_1900_and_now() -> None:
    for year in (1900, 2026, None):
        assert check_birth_year(year, NOW) == year
    for year in (1899, 2027):
        assert field_of(lambda year=year: check_birth_year(year, NOW)) == ("birth_year", "1900 to 2026")  # type: ignore[misc] # bound now


@pytest.mark.parametrize(("year", "minor"), [(2008, True), (2007, False), (2026, True), (None, False)])
def test_whoever_may_turn_18_this_year_is_a_minor(year: int | None, minor: bool) -> None:
    assert is_minor(year, NOW) is minor


@pytest.mark.parametrize("gone", ["forgotten_at", "account_id", "handle"])
def test_whoever_is_forgotten_in_any_part_is_nobody(gone: str) -> None:
    record = SubjectRecord("subj_ada", "acct_ada", "ada", "Ada", 3, 2010, NOW)
    there = record.as_of(NOW)
    assert there is not None
    assert (there.id, there.account_id, there.handle, there.display_name, there.consent_epoch, there.minor) == (
        "subj_ada",
        "acct_ada",
        "ada",
        "Ada",
        3,
        True,
    )
    changed = replace(record, **{gone: NOW if gone == "forgotten_at" else None})  # type: ignore[arg-type] # by field
    assert changed.as_of(NOW) is None


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("@ada", [("ada", (0, 4))]),
        (" @ada", [("ada", (1, 5))]),
        ("x@ada", [("ada", (1, 5))]),
        ("x@ada.com", []),
        ("@ada.com", [("ada", (0, 4))]),
        ("ﬁ@ada", [("ada", (1, 5))]),
        ("\uff20Ada", [("ada", (0, 4))]),
        ("@a\u200bda", [("ada", (0, 5))]),
        ("@ab", []),
        ("@" + "a" * 30, [("a" * 30, (0, 31))]),
        ("@" + "a" * 31, []),
    ],
)
def test_where_a_handle_begins_and_ends(prompt: str, found: list[tuple[str, tuple[int, int]]]) -> None:
    assert [(mention.handle, mention.span) for mention in mentions(prompt)] == found


# --- receipts


@pytest.mark.parametrize(
    ("note", "digest"), [("", "None"), ("for the harbour film", "'pseudonym of note:for the harbour film'")]
)
def test_a_receipt_holds_a_digest_of_a_note_and_of_nothing_where_there_is_none(note: str, digest: str) -> None:
    receipt = document(
        "rcpt_1",
        changed(GRANT, note=note),
        Issuer("https://placet.example"),
        lambda identity: f"pseudonym of {identity}",
        by="subj_ada",
        at=NOW,
    )
    assert f"'placet:noteDigest': {digest}" in repr(receipt)


@pytest.mark.parametrize(
    ("audience", "recipients"),
    [
        (Audience(AudienceKind.EVERYONE), "['placet:audience:everyone']"),
        (Audience(AudienceKind.MUTUALS), "['placet:audience:mutuals']"),
        (
            Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd", "acct_bob"})),
            "['placet:pseudonym of acct_bob', 'placet:pseudonym of acct_cyd']",
        ),
    ],
)
def test_a_receipt_says_whom_a_grant_is_for(audience: Audience, recipients: str) -> None:
    receipt = document(
        "rcpt_1",
        changed(GRANT, audience=audience),
        Issuer("https://placet.example"),
        lambda identity: f"pseudonym of {identity}",
        by="subj_ada",
        at=NOW,
    )
    assert f"'dpv:hasRecipient': {recipients}" in repr(receipt)
