"""The pure rules: what a grant permits, to whom, and why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.domain import (
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Grant,
    GrantState,
    GrantTerms,
    Modality,
    OnRevocation,
    Permit,
    Refused,
    Relation,
    check_terms,
    choose,
    permits,
    why_not,
    years_after,
)
from trust_kernel.errors import InvalidInput

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FACE = frozenset({Modality.FACE})
BOTH = frozenset(Modality)
GRANT = Grant(
    id="grant_1",
    subject_id="subj_ada",
    audience=Audience(AudienceKind.EVERYONE),
    modalities=BOTH,
    expires_at=NOW + timedelta(days=1),
    max_uses=None,
    uses=0,
    on_revocation=OnRevocation.WITHDRAW,
    allows_remix=True,
    note="",
    version=1,
    created_at=NOW - timedelta(days=1),
)
ASK = ConsentAsk("acct_bob", "subj_ada", FACE, remix=False, at=NOW)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
audiences = st.one_of(
    st.sampled_from([Audience(kind) for kind in AudienceKind if kind is not AudienceKind.PEOPLE]),
    st.frozensets(st.sampled_from(["acct_bob", "acct_cyd", "acct_dee"]), min_size=1).map(
        lambda accounts: Audience(AudienceKind.PEOPLE, accounts)
    ),
)
modality_sets = st.frozensets(st.sampled_from(Modality), min_size=1)
grants = st.builds(
    Grant,
    id=st.sampled_from(["grant_1", "grant_2", "grant_3"]),
    subject_id=st.sampled_from(["subj_ada", "subj_eve"]),
    audience=audiences,
    modalities=modality_sets,
    expires_at=moments,
    max_uses=st.none() | st.integers(1, 4),
    uses=st.integers(0, 5),
    on_revocation=st.sampled_from(OnRevocation),
    allows_remix=st.booleans(),
    note=st.just(""),
    version=st.just(1),
    created_at=moments,
    revoked_at=st.none() | moments,
)
asks = st.builds(
    ConsentAsk,
    account_id=st.sampled_from(["acct_bob", "acct_cyd", "acct_zoe"]),
    subject_id=st.just("subj_ada"),
    modalities=modality_sets,
    remix=st.booleans(),
    at=moments,
)
others = st.sampled_from([Relation.MUTUAL, Relation.STRANGER])


@given(grants, asks, moments, others)
def test_whatever_is_permitted_was_granted_in_every_respect(
    grant: Grant, ask: ConsentAsk, now: datetime, relation: Relation
) -> None:
    if not isinstance(permits(grant, ask, now, relation), Permit):
        return
    assert grant.subject_id == ask.subject_id
    assert now < grant.expires_at
    assert grant.revoked_at is None
    assert grant.max_uses is None or grant.uses < grant.max_uses
    assert ask.modalities <= grant.modalities
    assert grant.allows_remix or not ask.remix
    match grant.audience.kind:
        case AudienceKind.ONLY_ME:
            pytest.fail("only me, and somebody else was permitted")
        case AudienceKind.PEOPLE:
            assert ask.account_id in grant.audience.account_ids
        case AudienceKind.MUTUALS:
            assert relation is Relation.MUTUAL
        case AudienceKind.EVERYONE:
            pass


@given(grants, asks, moments, others)
def test_a_revoked_grant_permits_nothing(grant: Grant, ask: ConsentAsk, now: datetime, relation: Relation) -> None:
    assert isinstance(permits(replace(grant, revoked_at=NOW), ask, now, relation), Refused)


@given(grants, asks, st.timedeltas(timedelta(0), timedelta(days=9000)), others)
def test_nothing_is_permitted_from_the_second_of_expiry_on(
    grant: Grant, ask: ConsentAsk, later: timedelta, relation: Relation
) -> None:
    assert isinstance(permits(grant, ask, grant.expires_at + later, relation), Refused)


@given(grants, asks, moments, st.integers(1, 5))
def test_an_exhausted_grant_permits_nothing(grant: Grant, ask: ConsentAsk, now: datetime, count: int) -> None:
    spent = replace(grant, max_uses=count, uses=count)
    assert isinstance(permits(spent, ask, now, Relation.MUTUAL), Refused)


@given(grants, asks, moments)
def test_a_grant_to_only_me_people_or_mutuals_is_nothing_to_a_stranger(
    grant: Grant, ask: ConsentAsk, now: datetime
) -> None:
    if grant.audience.kind is AudienceKind.EVERYONE or ask.account_id in grant.audience.account_ids:
        return
    assert permits(grant, ask, now, Relation.STRANGER) == Refused(ConsentReason.GRANT_NONE)


@given(st.lists(grants, max_size=5), asks, moments, others)
def test_what_is_chosen_among_several_is_a_grant_that_permits(
    several: list[Grant], ask: ConsentAsk, now: datetime, relation: Relation
) -> None:
    single = [permits(grant, ask, now, relation) for grant in several]
    chosen = choose(several, ask, now, relation)
    if isinstance(chosen, Permit):
        assert chosen in single
    else:
        assert not any(isinstance(one, Permit) for one in single)
        assert chosen in single or chosen == Refused(ConsentReason.GRANT_NONE)


@given(grants, asks, moments, others)
def test_release_asks_the_same_of_a_grant_as_admission_did(
    grant: Grant, ask: ConsentAsk, now: datetime, relation: Relation
) -> None:
    snapshot = ConsentSnapshot(ask.subject_id, 1, grant.id, ask.modalities)
    admitted = isinstance(permits(grant, replace(ask, remix=False), now, relation), Permit)
    assert (why_not(grant, snapshot, ask.account_id, now, relation) is None) is admitted


def test_expiry_is_exact_to_the_second() -> None:
    end = GRANT.expires_at
    assert permits(GRANT, ASK, end - SECOND, Relation.STRANGER) == Permit("grant_1")
    assert permits(GRANT, ASK, end, Relation.STRANGER) == Refused(ConsentReason.GRANT_EXPIRED)


@pytest.mark.parametrize(
    ("grant", "ask", "reason"),
    [
        (replace(GRANT, revoked_at=NOW), ASK, ConsentReason.GRANT_REVOKED),
        (replace(GRANT, expires_at=NOW), ASK, ConsentReason.GRANT_EXPIRED),
        (replace(GRANT, max_uses=3, uses=3), ASK, ConsentReason.GRANT_EXHAUSTED),
        (replace(GRANT, revoked_at=NOW, expires_at=NOW), ASK, ConsentReason.GRANT_REVOKED),
        (replace(GRANT, modalities=FACE), replace(ASK, modalities=BOTH), ConsentReason.MODALITY_NOT_GRANTED),
        (GRANT, replace(ASK, modalities=frozenset()), ConsentReason.MODALITY_NOT_GRANTED),
        (replace(GRANT, allows_remix=False), replace(ASK, remix=True), ConsentReason.REMIX_FORBIDDEN),
        (replace(GRANT, audience=Audience(AudienceKind.ONLY_ME)), ASK, ConsentReason.GRANT_NONE),
        (replace(GRANT, audience=Audience(AudienceKind.ONLY_ME), revoked_at=NOW), ASK, ConsentReason.GRANT_NONE),
    ],
)
def test_a_refusal_names_the_true_cause(grant: Grant, ask: ConsentAsk, reason: ConsentReason) -> None:
    assert permits(grant, ask, NOW, Relation.STRANGER) == Refused(reason)


def test_a_mutual_is_covered_by_a_grant_to_mutuals_and_by_no_grant_to_only_me() -> None:
    mutuals = replace(GRANT, audience=Audience(AudienceKind.MUTUALS))
    assert permits(mutuals, ASK, NOW, Relation.MUTUAL) == Permit("grant_1")
    only_me = replace(GRANT, audience=Audience(AudienceKind.ONLY_ME))
    assert permits(only_me, ASK, NOW, Relation.MUTUAL) == Refused(ConsentReason.GRANT_NONE)
    assert permits(only_me, ASK, NOW, Relation.SELF) == Permit("grant_1")


def test_an_uncounted_grant_is_used_before_a_counted_one() -> None:
    counted = replace(GRANT, id="grant_2", max_uses=1, expires_at=NOW + timedelta(days=300))
    assert choose([counted, GRANT], ASK, NOW, Relation.STRANGER) == Permit("grant_1")


def test_of_two_uncounted_grants_the_longer_lasting_is_used() -> None:
    longer = replace(GRANT, id="grant_0", expires_at=NOW + timedelta(days=300))
    assert choose([GRANT, longer], ASK, NOW, Relation.STRANGER) == Permit("grant_0")


def test_a_narrower_grant_in_force_explains_a_refusal_better_than_a_revoked_one() -> None:
    revoked = replace(GRANT, id="grant_0", revoked_at=NOW - SECOND)
    narrower = replace(GRANT, modalities=FACE)
    ask = replace(ASK, modalities=BOTH)
    assert choose([narrower, revoked], ask, NOW, Relation.STRANGER) == Refused(ConsentReason.MODALITY_NOT_GRANTED)


def test_among_ended_grants_the_newest_explains() -> None:
    expired = replace(GRANT, id="grant_0", expires_at=NOW - SECOND, created_at=NOW - timedelta(days=9))
    revoked = replace(GRANT, revoked_at=NOW - SECOND)
    assert choose([revoked, expired], ASK, NOW, Relation.STRANGER) == Refused(ConsentReason.GRANT_REVOKED)
    newer = replace(expired, created_at=NOW)
    assert choose([revoked, newer], ASK, NOW, Relation.STRANGER) == Refused(ConsentReason.GRANT_EXPIRED)


def test_an_ended_grant_to_somebody_else_explains_nothing() -> None:
    elsewhere = replace(GRANT, audience=Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd"})), revoked_at=NOW)
    assert choose([elsewhere], ASK, NOW, Relation.STRANGER) == Refused(ConsentReason.GRANT_NONE)


TERMS = GrantTerms(Audience(AudienceKind.EVERYONE), FACE)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"modalities": frozenset()}, "modalities"),
        ({"audience": Audience(AudienceKind.PEOPLE)}, "audience"),
        ({"audience": Audience(AudienceKind.EVERYONE, frozenset({"acct_bob"}))}, "audience"),
        ({"audience": Audience(AudienceKind.PEOPLE, frozenset(map(str, range(1001))))}, "audience"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": 2**31}, "max_uses"),
        ({"audience": Audience(AudienceKind.PEOPLE, frozenset({"acct\x00"}))}, "audience"),
        ({"audience": Audience(AudienceKind.PEOPLE, frozenset({"x" * 101}))}, "audience"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW - SECOND}, "expires_at"),
        ({"expires_at": datetime(2026, 9, 1)}, "expires_at"),  # noqa: DTZ001 - without a zone on purpose
        ({"expires_at": years_after(NOW, 10) + SECOND}, "expires_at"),
        ({"expires_at": datetime.max.replace(tzinfo=UTC)}, "expires_at"),
    ],
)
def test_terms_past_a_limit_name_the_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_terms(replace(TERMS, **changes), NOW, minor=False)  # type: ignore[arg-type] # terms by their fields
    assert caught.value.field == field
    assert caught.value.code.startswith("consent:")


def test_a_grant_lasts_ten_years_at_most_and_a_minors_five() -> None:
    ten, five = replace(TERMS, expires_at=years_after(NOW, 10)), replace(TERMS, expires_at=years_after(NOW, 5))
    assert check_terms(ten, NOW, minor=False).expires_at == ten.expires_at
    assert check_terms(five, NOW, minor=True).expires_at == five.expires_at
    with pytest.raises(InvalidInput) as caught:
        check_terms(ten, NOW, minor=True)
    assert (caught.value.field, caught.value.limit) == ("expires_at", "5 years")


def test_a_grant_without_an_end_lasts_one_year() -> None:
    assert check_terms(TERMS, NOW, minor=True).expires_at == datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_an_end_is_cut_to_the_second() -> None:
    terms = replace(TERMS, expires_at=NOW + timedelta(hours=1, microseconds=999_999))
    assert check_terms(terms, NOW, minor=False).expires_at == NOW + timedelta(hours=1)


def test_a_leap_day_has_an_anniversary() -> None:
    leap_day = datetime(2028, 2, 29, tzinfo=UTC)
    assert years_after(leap_day, 1) == datetime(2029, 2, 28, tzinfo=UTC)
    assert years_after(leap_day, 4) == datetime(2032, 2, 29, tzinfo=UTC)


@given(grants, moments)
def test_every_grant_stands_somewhere_and_revocation_outranks_all(grant: Grant, now: datetime) -> None:
    state = grant.state_at(now)
    assert (state is GrantState.REVOKED) is (grant.revoked_at is not None)
    if state is GrantState.ACTIVE:
        assert now < grant.expires_at
