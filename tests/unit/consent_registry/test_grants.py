"""The pure rules: what a grant permits, to whom, and why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.domain import (
    AgeBand,
    Asker,
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Grant,
    GrantState,
    GrantTerms,
    Modality,
    Mode,
    OnRevocation,
    Permit,
    Refused,
    Relation,
    Tally,
    check_terms,
    choose,
    permits,
    why_not,
    years_after,
)
from tests.factories.grants import NOW, a_grant, changed
from trust_kernel.errors import InvalidInput

SECOND = timedelta(seconds=1)
FACE = frozenset({Modality.FACE})
BOTH = frozenset(Modality)
GRANT = a_grant()
ASK = ConsentAsk("acct_bob", "subj_ada", FACE, remix=False, at=NOW)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
audiences = st.one_of(
    st.builds(
        Audience,
        st.sampled_from([AudienceKind.ONLY_ME, AudienceKind.MUTUALS, AudienceKind.EVERYONE]),
        minors=st.booleans(),
    ),
    st.frozensets(st.sampled_from(["group_1", "group_2"]), min_size=1).map(
        lambda groups: Audience(AudienceKind.GROUPS, group_ids=groups)
    ),
    st.frozensets(st.sampled_from(["acct_bob", "acct_cyd", "acct_dee"]), min_size=1).map(
        lambda accounts: Audience(AudienceKind.PEOPLE, accounts)
    ),
)
modality_sets = st.frozensets(st.sampled_from(Modality), min_size=1)
terms = st.builds(
    GrantTerms,
    audience=audiences,
    modalities=modality_sets,
    starts_at=st.none() | moments,
    expires_at=moments,
    max_uses=st.none() | st.integers(1, 4),
    daily_uses=st.none() | st.integers(1, 3),
    mode=st.sampled_from(Mode),
    on_revocation=st.sampled_from(OnRevocation),
    allows_remix=st.booleans(),
)
grants = st.builds(
    Grant,
    id=st.sampled_from(["grant_1", "grant_2", "grant_3"]),
    subject_id=st.sampled_from(["subj_ada", "subj_eve"]),
    terms=terms,
    uses=st.integers(0, 5),
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
    use_id=st.just("video_1"),
)
askers = st.builds(
    Asker,
    account_id=st.sampled_from(["acct_bob", "acct_cyd", "acct_zoe"]),
    relation=st.sampled_from([Relation.MUTUAL, Relation.STRANGER]),
    age=st.sampled_from(AgeBand),
    groups=st.frozensets(st.sampled_from(["group_1", "group_2"])),
)
tallies = st.builds(Tally, today=st.dictionaries(st.sampled_from(["grant_1", "grant_2"]), st.integers(0, 4)))
BOB = Asker("acct_bob")
FRIEND = Asker("acct_bob", Relation.MUTUAL)
NONE_YET = Tally()


@given(grants, asks, askers, tallies)
def test_whatever_is_permitted_was_granted_in_every_respect(
    grant: Grant, ask: ConsentAsk, asker: Asker, tally: Tally
) -> None:
    if not isinstance(permits(grant, ask, asker, tally), Permit):
        return
    agreed = grant.terms
    assert grant.subject_id == ask.subject_id
    assert grant.starts_at <= ask.at < grant.expires_at
    assert grant.revoked_at is None
    assert agreed.max_uses is None or grant.uses < agreed.max_uses
    assert agreed.daily_uses is None or tally.today.get(grant.id, 0) < agreed.daily_uses
    assert agreed.mode is not Mode.ASK
    assert ask.modalities <= agreed.modalities
    assert agreed.allows_remix or not ask.remix
    match agreed.audience.kind:
        case AudienceKind.ONLY_ME:
            pytest.fail("only me, and somebody else was permitted")
        case AudienceKind.PEOPLE:
            assert asker.account_id in agreed.audience.account_ids
        case AudienceKind.GROUPS:
            assert agreed.audience.group_ids & asker.groups
        case AudienceKind.MUTUALS:
            assert asker.relation is Relation.MUTUAL
            assert agreed.audience.minors or not asker.age.minor
        case AudienceKind.EVERYONE:
            assert agreed.audience.minors or not asker.age.minor


@given(grants, asks, askers, tallies)
def test_a_revoked_grant_permits_nothing(grant: Grant, ask: ConsentAsk, asker: Asker, tally: Tally) -> None:
    assert isinstance(permits(replace(grant, revoked_at=NOW), ask, asker, tally), Refused)


@given(grants, asks, st.timedeltas(timedelta(0), timedelta(days=9000)), askers)
def test_nothing_is_permitted_from_the_second_of_expiry_on(
    grant: Grant, ask: ConsentAsk, later: timedelta, asker: Asker
) -> None:
    assert isinstance(permits(grant, replace(ask, at=grant.expires_at + later), asker, NONE_YET), Refused)


@given(grants, asks, askers, st.integers(1, 5))
def test_an_exhausted_grant_permits_nothing(grant: Grant, ask: ConsentAsk, asker: Asker, count: int) -> None:
    spent = changed(grant, max_uses=count, uses=count)
    assert isinstance(permits(spent, ask, asker, NONE_YET), Refused)


@given(grants, asks)
def test_a_grant_to_some_is_nothing_to_a_stranger(grant: Grant, ask: ConsentAsk) -> None:
    stranger = Asker("acct_stranger")
    if grant.terms.audience.kind is AudienceKind.EVERYONE:
        return
    assert permits(grant, ask, stranger, NONE_YET) == Refused(ConsentReason.GRANT_NONE)


@given(st.lists(grants, max_size=5, unique_by=lambda grant: grant.id), asks, askers, tallies)
def test_what_is_chosen_among_several_is_a_grant_that_permits(
    several: list[Grant], ask: ConsentAsk, asker: Asker, tally: Tally
) -> None:
    single = [permits(grant, ask, asker, tally) for grant in several]
    chosen = choose(several, ask, asker, tally)
    if isinstance(chosen, Permit):
        assert chosen in single
    else:
        assert not any(isinstance(one, Permit) for one in single)
        assert chosen in single or chosen == Refused(ConsentReason.GRANT_NONE)


@given(grants, asks, askers, tallies)
def test_release_asks_the_same_of_a_grant_as_admission_did(
    grant: Grant, ask: ConsentAsk, asker: Asker, tally: Tally
) -> None:
    grant = changed(grant, mode=Mode.AUTOMATIC)
    snapshot = ConsentSnapshot(ask.subject_id, 1, grant.id, ask.modalities)
    admitted = isinstance(permits(grant, replace(ask, remix=False), asker, tally), Permit)
    assert (why_not(grant, snapshot, asker, tally, ask.at) is None) is admitted


def test_expiry_is_exact_to_the_second() -> None:
    end = GRANT.expires_at
    assert permits(GRANT, replace(ASK, at=end - SECOND), BOB, NONE_YET) == Permit("grant_1")
    assert permits(GRANT, replace(ASK, at=end), BOB, NONE_YET) == Refused(ConsentReason.GRANT_EXPIRED)


@pytest.mark.parametrize(
    ("grant", "ask", "reason"),
    [
        (changed(GRANT, revoked_at=NOW), ASK, ConsentReason.GRANT_REVOKED),
        (changed(GRANT, expires_at=NOW), ASK, ConsentReason.GRANT_EXPIRED),
        (changed(GRANT, max_uses=3, uses=3), ASK, ConsentReason.GRANT_EXHAUSTED),
        (changed(GRANT, revoked_at=NOW, expires_at=NOW), ASK, ConsentReason.GRANT_REVOKED),
        (changed(GRANT, modalities=FACE), replace(ASK, modalities=BOTH), ConsentReason.MODALITY_NOT_GRANTED),
        (GRANT, replace(ASK, modalities=frozenset()), ConsentReason.MODALITY_NOT_GRANTED),
        (changed(GRANT, allows_remix=False), replace(ASK, remix=True), ConsentReason.REMIX_FORBIDDEN),
        (changed(GRANT, audience=Audience(AudienceKind.ONLY_ME)), ASK, ConsentReason.GRANT_NONE),
        (changed(GRANT, audience=Audience(AudienceKind.ONLY_ME), revoked_at=NOW), ASK, ConsentReason.GRANT_NONE),
    ],
)
def test_a_refusal_names_the_true_cause(grant: Grant, ask: ConsentAsk, reason: ConsentReason) -> None:
    assert permits(grant, ask, BOB, NONE_YET) == Refused(reason)


def test_a_mutual_is_covered_by_a_grant_to_mutuals_and_by_no_grant_to_only_me() -> None:
    mutuals = changed(GRANT, audience=Audience(AudienceKind.MUTUALS))
    assert permits(mutuals, ASK, FRIEND, NONE_YET) == Permit("grant_1")
    only_me = changed(GRANT, audience=Audience(AudienceKind.ONLY_ME))
    assert permits(only_me, ASK, FRIEND, NONE_YET) == Refused(ConsentReason.GRANT_NONE)
    assert permits(only_me, ASK, Asker("acct_ada", Relation.SELF), NONE_YET) == Permit("grant_1")


def test_an_uncounted_grant_is_used_before_a_counted_one() -> None:
    counted = changed(GRANT, id="grant_2", max_uses=1, expires_at=NOW + timedelta(days=300))
    assert choose([counted, GRANT], ASK, BOB, NONE_YET) == Permit("grant_1")


def test_of_two_uncounted_grants_the_longer_lasting_is_used() -> None:
    longer = changed(GRANT, id="grant_0", expires_at=NOW + timedelta(days=300))
    assert choose([GRANT, longer], ASK, BOB, NONE_YET) == Permit("grant_0")


def test_a_narrower_grant_in_force_explains_a_refusal_better_than_a_revoked_one() -> None:
    revoked = changed(GRANT, id="grant_0", revoked_at=NOW - SECOND)
    narrower = changed(GRANT, modalities=FACE)
    ask = replace(ASK, modalities=BOTH)
    assert choose([narrower, revoked], ask, BOB, NONE_YET) == Refused(ConsentReason.MODALITY_NOT_GRANTED)


def test_among_ended_grants_the_newest_explains() -> None:
    expired = changed(GRANT, id="grant_0", expires_at=NOW - SECOND, created_at=NOW - timedelta(days=9))
    revoked = changed(GRANT, revoked_at=NOW - SECOND)
    assert choose([revoked, expired], ASK, BOB, NONE_YET) == Refused(ConsentReason.GRANT_REVOKED)
    newer = changed(expired, created_at=NOW)
    assert choose([revoked, newer], ASK, BOB, NONE_YET) == Refused(ConsentReason.GRANT_EXPIRED)


def test_an_ended_grant_to_somebody_else_explains_nothing() -> None:
    elsewhere = changed(GRANT, audience=Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd"})), revoked_at=NOW)
    assert choose([elsewhere], ASK, BOB, NONE_YET) == Refused(ConsentReason.GRANT_NONE)


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
