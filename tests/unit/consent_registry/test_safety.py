"""What outranks every grant: the lockdown, bars, pauses, caps, and what is closed to people under 18."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from consent_registry.adapters.lexicon import Lexicon
from consent_registry.api import (
    AgeBand,
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    ConsentRegistry,
    Context,
    Purpose,
    RequesterCaps,
    Scope,
    Subject,
    TakeBack,
    Use,
    Using,
)
from consent_registry.domain import OnRevocation, ReportReason
from consent_registry.ports import UnstatedAges
from tests.unit.consent_registry.conftest import FACE, House, people
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted

BOB, CYD = "acct_bob", "acct_cyd"


class Admins:
    """One administrator."""

    def who_may(self, permission: str) -> list[str]:
        return ["acct_admin"] if permission in {"lockdown:set", "report:read"} else []


def rebuilt(house: House, **parts: object) -> ConsentRegistry:
    """The same registry with other parts."""
    house.parts = replace(house.parts, **parts)  # type: ignore[arg-type] # parts by their fields
    house.registry = ConsentRegistry(house.parts)
    return house.registry


class CountedAges(UnstatedAges):
    """Remembers of whom it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def band_of(self, account_id: str) -> AgeBand:
        self.asked.append(account_id)
        return super().band_of(account_id)


def told(house: House, kind: str) -> list[str]:
    return [recipient for known, recipient, _ in house.notifier.told if known == kind]


def asked(house: House, who: str, subject: Subject, use: Use) -> ConsentReason:
    ask = ConsentAsk(who, subject.id, FACE, remix=False, at=house.clock.now(), use=use)
    return house.registry.answer(ask).reason


# --- bars


def test_nothing_covers_somebody_who_is_barred_and_they_are_told_what_strangers_are_told(house: House) -> None:
    ada = house.person("ada")
    house.give(ada)
    house.give(ada, people(BOB, CYD))
    admitted = house.admit(BOB, ada)
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.AS_GRANTED)
    assert house.ask(BOB, ada).reason is ConsentReason.GRANT_NONE
    assert house.release(BOB, admitted) is ConsentReason.GRANT_NONE
    assert house.ask(CYD, ada).permitted
    assert BOB not in told(house, "consent:person:barred")


def test_barring_ends_grants_that_name_nobody_else_and_keeps_the_others(house: House) -> None:
    ada = house.person("ada")
    alone, shared, open_to_all = house.give(ada, people(BOB)), house.give(ada, people(BOB, CYD)), house.give(ada)
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.AS_GRANTED)
    assert [house.registry.grant_named(grant.id).revoked_at is None for grant in (alone, shared, open_to_all)] == [
        False,
        True,
        True,
    ]


def test_who_is_barred_is_not_told_of_the_grants_that_end_with_it(house: House) -> None:
    ada = house.person("ada")
    alone = house.give(ada, people(BOB))
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.AS_GRANTED)
    assert house.registry.grant_named(alone.id).revoked_at is not None
    assert told(house, "consent:grant:revoked") == [ada.account_id]


def unenrolled(house: House) -> Subject:
    return house.person("ada", enrolled=False)


def paused(house: House) -> Subject:
    ada = house.person("ada")
    house.registry.safety.pause(ada.id, ada.account_id, paused=True)
    return ada


def for_adults(house: House) -> Subject:
    rebuilt(house, ages=UnstatedAges({BOB: AgeBand.TEEN, CYD: AgeBand.TEEN}))
    return house.person("ada")


def there(house: House) -> Subject:
    return house.person("ada")


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (unenrolled, ConsentReason.CAMEO_UNKNOWN),
        (paused, ConsentReason.PAUSED),
        (for_adults, ConsentReason.MINOR_CONTEXT),
        (there, ConsentReason.GRANT_NONE),
    ],
)
def test_a_bar_cannot_be_told_from_there_being_no_grant(
    house: House, person: Callable[[House], Subject], reason: ConsentReason
) -> None:
    ada = person(house)
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.STOP_NEW)
    use = Use(contexts=frozenset({Context.SEXUAL}))
    assert [asked(house, who, ada, use) for who in (BOB, CYD)] == [reason, reason]


@pytest.mark.parametrize(
    ("take_back", "gone"),
    [(TakeBack.AS_GRANTED, {"goes"}), (TakeBack.STOP_NEW, set()), (TakeBack.TAKE_BACK, None)],
)
def test_barring_says_what_becomes_of_what_they_made(house: House, take_back: TakeBack, gone: set[str] | None) -> None:
    ada = house.person("ada")
    grants = {"goes": house.give(ada), "stays": house.give(ada, on_revocation=OnRevocation.KEEP)}
    house.registry.safety.bar(ada.id, BOB, ada.account_id, take_back)
    (ending,) = house.withdrawals.calls
    assert (ending.account_id, ending.halted, ending.for_good) == (BOB, None, False)
    assert ending.taken_back == (None if gone is None else {grants[name].id for name in gone})


def test_a_bar_is_listed_and_undone_without_bringing_ended_grants_back(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, people(BOB))
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.STOP_NEW)
    assert [bar.account_id for bar in house.registry.safety.bars(ada.id)] == [BOB]
    house.registry.safety.unbar(ada.id, BOB, ada.account_id)
    assert house.registry.safety.bars(ada.id) == ()
    assert house.ask(BOB, ada).reason is ConsentReason.GRANT_REVOKED
    house.give(ada)
    assert house.ask(BOB, ada).permitted


def test_who_is_barred_stays_barred_when_they_leave_and_keep_their_account(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    house.registry.safety.bar(ada.id, bob.account_id, ada.account_id, TakeBack.STOP_NEW)
    house.registry.safety.bar(bob.id, CYD, bob.account_id, TakeBack.STOP_NEW)
    house.registry.forget(bob.id, actor=bob.account_id)
    assert [bar.account_id for bar in house.registry.safety.bars(ada.id)] == [bob.account_id]
    assert house.parts.store.bars(bob.id) == []


def test_nobody_bars_themselves(house: House) -> None:
    ada = house.person("ada")
    with pytest.raises(InvalidInput):
        house.registry.safety.bar(ada.id, ada.account_id, ada.account_id, TakeBack.STOP_NEW)


# --- pauses and caps


def test_a_pause_stops_everybody_the_person_included_until_it_ends(house: House) -> None:
    ada = house.person("ada")
    house.give(ada)
    admitted, own = house.admit(BOB, ada), house.admit(ada.account_id, ada)
    house.registry.safety.pause(ada.id, ada.account_id, paused=True)
    for who, snapshot in ((BOB, admitted), (ada.account_id, own)):
        assert house.ask(who, ada).reason is ConsentReason.PAUSED
        assert house.release(who, snapshot) is ConsentReason.PAUSED
    house.registry.safety.pause(ada.id, ada.account_id, paused=False)
    assert house.release(BOB, admitted) is None


def test_an_administrator_may_pause_a_likeness_and_never_let_it_go_on(house: House) -> None:
    ada = house.person("ada")
    house.registry.safety.pause(ada.id, "acct_admin", paused=True)
    with pytest.raises(NotPermitted):
        house.registry.safety.pause(ada.id, "acct_admin", paused=False)
    house.registry.safety.bar(ada.id, BOB, "acct_admin", TakeBack.STOP_NEW)
    with pytest.raises(NotPermitted):
        house.registry.safety.unbar(ada.id, BOB, "acct_admin")


def test_a_cap_counts_releases_by_everybody_else_within_a_day(house: House) -> None:
    ada = house.person("ada")
    house.give(ada)
    house.registry.safety.cap(ada.id, ada.account_id, 1)
    bobs, cyds = house.admit(BOB, ada), house.admit(CYD, ada)
    assert house.release(BOB, bobs) is None
    assert house.release(CYD, cyds) is ConsentReason.DAY_SPENT
    assert house.ask(CYD, ada).reason is ConsentReason.DAY_SPENT
    assert house.release(ada.account_id, house.admit(ada.account_id, ada)) is None
    house.clock.advance(hours=24, seconds=1)
    assert house.release(CYD, cyds) is None


def test_a_stranger_whom_nothing_covers_learns_nothing_of_a_cap(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, people(BOB))
    house.registry.safety.cap(ada.id, ada.account_id, 0)
    assert house.ask(CYD, ada).reason is ConsentReason.GRANT_NONE


def test_the_daily_count_of_a_grant_is_each_persons_own(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, daily_uses=1)
    snapshot = house.admit(BOB, ada)
    assert house.release(BOB, snapshot) is None
    assert house.release(BOB, snapshot) is ConsentReason.DAY_SPENT
    assert house.ask(BOB, ada).reason is ConsentReason.DAY_SPENT
    assert house.release(CYD, house.admit(CYD, ada)) is None
    house.clock.advance(hours=24, seconds=1)
    assert house.release(BOB, snapshot) is None


@pytest.mark.parametrize(("band", "cap"), [(AgeBand.TEEN, 1), (AgeBand.CHILD, 0), (AgeBand.ADULT, None)])
def test_how_much_somebody_may_make_of_others_hangs_on_their_age(house: House, band: AgeBand, cap: int | None) -> None:
    rebuilt(house, ages=UnstatedAges({BOB: band}), caps=RequesterCaps(teen=1))
    ada, dee = house.person("ada"), house.person("dee")
    for person in (ada, dee):
        house.give(person, Audience(AudienceKind.EVERYONE, minors=True))
    made = 0
    while made < 3 and house.ask(BOB, ada if made % 2 else dee).permitted:
        person = ada if made % 2 else dee
        assert house.release(BOB, house.admit(BOB, person)) is None
        made += 1
    assert made == (3 if cap is None else cap)
    if cap is not None:
        assert house.ask(BOB, ada).reason is ConsentReason.REQUESTER_SPENT


# --- people under 18


def test_everyone_means_people_under_18_only_where_the_grant_says_so(house: House) -> None:
    rebuilt(house, ages=UnstatedAges({BOB: AgeBand.TEEN}))
    ada = house.person("ada")
    house.give(ada)
    assert house.ask(BOB, ada).reason is ConsentReason.GRANT_NONE
    house.give(ada, Audience(AudienceKind.EVERYONE, minors=True))
    assert house.ask(BOB, ada).permitted


@pytest.mark.parametrize("who", [BOB, "acct_ada"])
def test_some_contexts_are_closed_where_somebody_is_under_18_whatever_is_granted(house: House, who: str) -> None:
    rebuilt(house, ages=UnstatedAges({who: AgeBand.TEEN}))
    ada = house.person("ada")
    everything = Scope(frozenset(Purpose), allowed_contexts=frozenset(Context))
    house.give(ada, Audience(AudienceKind.EVERYONE, minors=True), scope=everything) if who == BOB else None
    assert asked(house, who, ada, Use()) in {ConsentReason.GRANT_ACTIVE, ConsentReason.OWN}
    assert asked(house, who, ada, Use(contexts=frozenset({Context.VIOLENT}))) is ConsentReason.MINOR_CONTEXT
    assert asked(house, who, ada, Use(Purpose.SEXUAL)) is ConsentReason.MINOR_CONTEXT


def test_a_birth_year_that_is_checked_meanwhile_stops_the_release(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, Audience(AudienceKind.EVERYONE, minors=True), scope=Scope(allowed_contexts=frozenset(Context)))
    admitted = house.admit(BOB, ada)
    rebuilt(house, ages=UnstatedAges({BOB: AgeBand.TEEN}))
    with house.database.transaction():
        reason = house.registry.recheck(
            [admitted], account_id=BOB, at=house.clock.now(), use=Use(contexts=frozenset({Context.SEXUAL}))
        )
    assert reason is ConsentReason.MINOR_CONTEXT


# --- lockdown


def test_a_lockdown_stops_every_use_of_everybody_and_nothing_is_counted(house: House) -> None:
    rebuilt(house, staff=Admins())
    ada, dee = house.person("ada"), house.person("dee")
    grant = house.give(ada, max_uses=5)
    admitted, own = house.admit(BOB, ada), house.admit(dee.account_id, dee)
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak of the index")
    assert {house.ask(BOB, ada).reason, house.ask(dee.account_id, dee).reason} == {ConsentReason.LOCKDOWN}
    assert house.release(BOB, admitted) is ConsentReason.LOCKDOWN
    assert house.release(dee.account_id, own) is ConsentReason.LOCKDOWN
    assert house.uses(grant) == 0
    assert told(house, "consent:lockdown:on") == ["acct_admin"]
    house.registry.safety.set_lockdown("acct_admin", on=False, reason="mended")
    assert house.release(BOB, admitted) is None


def test_the_lockdown_stands_on_the_ledger_without_names_and_a_second_time_changes_nothing(house: House) -> None:
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="Ada Lovelace asked")
    before = len(house.record.entries)
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="again")
    assert len(house.record.entries) == before
    kind, body = house.record.entries[-1]
    assert kind == "consent:lockdown:on"
    assert "Ada" not in str(body)
    assert "acct_admin" not in str(body)
    with pytest.raises(InvalidInput):
        house.registry.safety.set_lockdown("acct_admin", on=False, reason=" ")


def test_whatever_is_granted_the_first_thing_that_stands_against_it_is_told(house: House) -> None:
    rebuilt(house, ages=UnstatedAges({BOB: AgeBand.TEEN}))
    ada = house.person("ada")
    use = Use(contexts=frozenset({Context.SEXUAL}))
    house.give(ada, Audience(AudienceKind.EVERYONE, minors=True))
    house.registry.safety.bar(ada.id, BOB, ada.account_id, TakeBack.STOP_NEW)
    reasons = [asked(house, BOB, ada, Use()), asked(house, BOB, ada, use)]
    house.registry.safety.pause(ada.id, ada.account_id, paused=True)
    reasons.append(asked(house, BOB, ada, use))
    house.registry.forget(ada.id, actor=ada.account_id)
    reasons.append(asked(house, BOB, ada, use))
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak")
    reasons.append(asked(house, BOB, ada, use))
    assert reasons == [
        ConsentReason.GRANT_NONE,
        ConsentReason.MINOR_CONTEXT,
        ConsentReason.PAUSED,
        ConsentReason.CAMEO_UNKNOWN,
        ConsentReason.LOCKDOWN,
    ]


# --- what is asked again after it was made


def test_words_are_read_and_held_against_the_scope_at_admission_and_again(house: House) -> None:
    rebuilt(house, reader=Lexicon.shipped())
    ada = house.person("ada")
    house.give(ada)
    assert asked(house, BOB, ada, Use(words="@ada in a bloody fight")) is ConsentReason.SCOPE_CONTEXT
    assert asked(house, BOB, ada, Use(words="@ada on a quiet beach")) is ConsentReason.GRANT_ACTIVE
    admitted = house.admit(BOB, ada)
    now = house.clock.now()
    assert house.registry.still([admitted], Using(BOB, "video_1", now, Use(words="hello"))) == {}
    heard = Using(BOB, "video_1", now, Use(words="he is a murderer covered in blood"))
    assert house.registry.still([admitted], heard) == {ada.id: ConsentReason.SCOPE_CONTEXT}
    assert house.registry.grants(ada.id)[0].uses == 0


def test_a_consent_that_ended_no_longer_stands(house: House) -> None:
    ada, dee = house.person("ada"), house.person("dee")
    grant = house.give(ada)
    house.give(dee)
    snapshots = [house.admit(BOB, ada), house.admit(BOB, dee)]
    house.registry.revoke(grant.id, actor=ada.account_id)
    using = Using(BOB, "video_1", house.clock.now(), Use())
    assert house.registry.still(snapshots, using) == {ada.id: ConsentReason.GRANT_REVOKED}
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak")
    assert set(house.registry.still(snapshots, using).values()) == {ConsentReason.LOCKDOWN}


def test_a_release_asks_for_each_age_once_while_it_holds_the_subject(house: House) -> None:
    ada, ages = house.person("ada"), CountedAges()
    rebuilt(house, ages=ages)
    house.give(ada)
    admitted = house.admit(BOB, ada)
    ages.asked.clear()
    assert house.release(BOB, admitted) is None
    assert sorted(ages.asked) == sorted({BOB, str(ada.account_id)})


# --- revocation's forms


def test_a_revocation_takes_back_keeps_or_goes_by_the_grant(house: House) -> None:
    ada = house.person("ada")
    goes, stays = house.give(ada), house.give(ada, on_revocation=OnRevocation.KEEP)
    house.registry.revoke(goes.id, actor=ada.account_id, take_back=TakeBack.STOP_NEW)
    house.registry.revoke(stays.id, actor=ada.account_id, take_back=TakeBack.TAKE_BACK)
    first, second = house.withdrawals.calls
    assert (first.halted, first.taken_back) == (frozenset({goes.id}), frozenset())
    assert (second.halted, second.taken_back) == (frozenset({stays.id}), frozenset({stays.id}))


def test_what_was_kept_at_first_can_still_be_taken_back(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    house.withdrawals.out = {"video_1": grant.id}
    assert house.registry.revoke(grant.id, actor=ada.account_id, take_back=TakeBack.STOP_NEW).withdrawn == ()
    assert house.registry.revoke(grant.id, actor=ada.account_id).withdrawn == ()
    again = house.registry.revoke(grant.id, actor=ada.account_id, take_back=TakeBack.TAKE_BACK)
    assert again.withdrawn == ("video_1",)
    assert house.registry.grant_named(grant.id).version == 2
    assert house.registry.revoke_all(ada.id, actor=ada.account_id, take_back=TakeBack.TAKE_BACK).withdrawn


def test_taking_everything_back_reaches_what_no_grant_was_used_for_and_spares_ones_own(house: House) -> None:
    ada = house.person("ada")
    house.withdrawals.out = {"video_1": "a search found them in it"}
    every = house.registry.revoke_all(ada.id, actor=ada.account_id, take_back=TakeBack.TAKE_BACK)
    assert every.withdrawn == ("video_1",)
    grant = house.give(ada)
    house.registry.revoke_all(ada.id, actor=ada.account_id, take_back=TakeBack.TAKE_BACK)
    assert [(one.halted, one.taken_back, one.spared) for one in house.withdrawals.calls] == [
        (frozenset(), None, ada.account_id),
        (frozenset({grant.id}), None, ada.account_id),
    ]
    assert not any(one.for_good for one in house.withdrawals.calls), "they are looked for"


def test_ending_everything_reaches_no_further_where_it_takes_nothing_back(house: House) -> None:
    ada = house.person("ada")
    house.withdrawals.out = {"video_1": "a search found them in it"}
    for take_back in (TakeBack.AS_GRANTED, TakeBack.STOP_NEW):
        house.give(ada)
        assert house.registry.revoke_all(ada.id, actor=ada.account_id, take_back=take_back).withdrawn == ()


# --- reports


def test_a_report_reaches_staff_and_is_closed_once(house: House) -> None:
    rebuilt(house, staff=Admins())
    safety = house.registry.safety
    first = safety.report(BOB, CYD, ReportReason.HARASSMENT, "  keeps asking ", None)
    house.clock.advance(minutes=1)
    second = safety.report(BOB, CYD, ReportReason.FRAUD, "again", "video_1")
    assert first.text == "keeps asking"
    assert told(house, "consent:person:reported") == ["acct_admin", "acct_admin"]
    assert [one.id for one in safety.reports(closed=False, after=None, limit=9)] == [first.id, second.id]
    assert [one.id for one in safety.reports(closed=False, after=first.id, limit=9)] == [second.id]
    closed = safety.decide_report(first.id, "acct_admin", "warned")
    assert (closed.closed_by, closed.note) == ("acct_admin", "warned")
    assert [one.id for one in safety.reports(closed=True, after=None, limit=9)] == [first.id]
    with pytest.raises(Conflict):
        safety.decide_report(first.id, "acct_admin", "twice")
    assert told(house, "consent:report:decided") == [BOB]
    assert CYD not in {recipient for _, recipient, _ in house.notifier.told}


def test_nobody_reports_without_words_nor_themselves_nor_all_day(house: House) -> None:
    safety = house.registry.safety
    for who, text in ((BOB, "me"), (CYD, "  "), (CYD, "x" * 2001)):
        with pytest.raises(InvalidInput):
            safety.report(BOB, who, ReportReason.OTHER, text, None)
    for _ in range(20):
        safety.report(BOB, CYD, ReportReason.OTHER, "again", None)
    with pytest.raises(Conflict):
        safety.report(BOB, CYD, ReportReason.OTHER, "again", None)
    house.clock.advance(hours=timedelta(days=1).total_seconds() / 3600, seconds=1)
    safety.report(BOB, CYD, ReportReason.OTHER, "next day", None)
