"""Ages, guardians and estates: who may speak for whom, who vouches for it, and when it ends."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consent_registry.api import (
    AgeBand,
    Assurance,
    Audience,
    AudienceKind,
    ConsentReason,
    ConsentRegistry,
    EnrolmentState,
    EstateState,
    Grant,
    GuardianState,
    Subject,
)
from consent_registry.domain import years_after
from consent_registry.domain.ages import adults_born_by, band_of
from consent_registry.domain.attestations import Attestation, Matter, Proof
from consent_registry.domain.challenges import SoundPrint
from consent_registry.domain.enrolments import EnrolmentAttempt
from consent_registry.domain.estates import Estate, until_of
from consent_registry.domain.guardians import GuardianLink
from consent_registry.store.challenges import SqlChallenges
from tests.unit.consent_registry.conftest import EVERYONE, House
from tests.unit.consent_registry.test_enrolments import ONE, TWIN, TWO, kept_media, live, propose, registry_of, told
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, PlacetError

MUM, KID = "acct_mum", "acct_kid"
TEEN_YEAR = 2011  # 14 for sure on the test's day in 2026
DIED = date(2020, 5, 4)


@pytest.fixture
def registry(house: House) -> ConsentRegistry:
    made = registry_of(house, guardians=True)
    house.registry = made
    return made


def code_of(caught: "pytest.ExceptionInfo[PlacetError]") -> str:
    return caught.value.code


def said(registry: ConsentRegistry, *, ward: int = TEEN_YEAR, guardian: int = 1980) -> None:
    registry.ages.state(MUM, guardian)
    registry.ages.state(KID, ward)


def linked(registry: ConsentRegistry) -> GuardianLink:
    """A guardian whom two members of staff vouched for."""
    said(registry)
    link = registry.guardianship.ask(MUM, KID, as_guardian=True)
    registry.guardianship.accept(link.id, by=KID)
    registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=ONE)
    return registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=TWO)


def the_kid(house: House) -> Subject:
    return house.person("kid", enrolled=False, birth_year=TEEN_YEAR)


# --- ages


def test_a_band_is_the_younger_one_until_the_year_is_over() -> None:
    day = datetime(2026, 12, 31, tzinfo=UTC)
    assert [band_of(year, day) for year in (2007, 2008, 2012, 2013, None)] == [
        AgeBand.ADULT,
        AgeBand.TEEN,
        AgeBand.TEEN,
        AgeBand.CHILD,
        AgeBand.UNKNOWN,
    ]
    assert band_of(adults_born_by(day), day) is AgeBand.ADULT
    assert band_of(adults_born_by(day) + 1, day) is AgeBand.TEEN


def test_nobody_makes_themselves_older_but_staff_who_saw_a_proof_may(house: House, registry: ConsentRegistry) -> None:
    assert registry.ages.band(KID) is AgeBand.UNKNOWN
    registry.ages.state(KID, 2009)
    registry.ages.state(KID, 2011)
    with pytest.raises(Conflict) as caught:
        registry.ages.state(KID, 1990)
    assert code_of(caught) == "consent:age:verified"
    registry.ages.verify(KID, 1990, by=ONE)
    assert registry.ages.band(KID) is AgeBand.ADULT
    with pytest.raises(Conflict):
        registry.ages.state(KID, 2011)
    with pytest.raises(NotPermitted) as own:
        registry.ages.verify(ONE, 1990, by=ONE)
    assert code_of(own) == "consent:attestation:own"
    with pytest.raises(InvalidInput):
        registry.ages.state(MUM, 1899)
    assert told(house, "consent:age:checked") == {KID}
    assert KID not in str(house.record.entries), "the ledger names nobody"


def test_an_age_that_staff_checked_is_the_subjects_too(house: House, registry: ConsentRegistry) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    assert not ada.minor
    registry.ages.verify(ada.account_id, 2012, by=ONE)
    assert registry.subject(ada.id).minor


def test_being_forgotten_makes_nobody_older(house: House, registry: ConsentRegistry) -> None:
    registry.forget(the_kid(house).id, actor=KID)
    with pytest.raises(Conflict) as caught:
        registry.ages.state(KID, 1980)
    assert code_of(caught) == "consent:age:verified"
    assert registry.ages.band(KID) is AgeBand.TEEN
    assert registry.register_subject(KID, "kid_again", "Kid", birth_year=1980).minor


# --- guardians


def test_a_link_takes_both_sides_and_two_members_of_staff(house: House, registry: ConsentRegistry) -> None:
    said(registry)
    link = registry.guardianship.ask(KID, MUM, as_guardian=False)
    assert (link.guardian, link.ward, link.state) == (MUM, KID, GuardianState.ASKED)
    with pytest.raises(NotFound):
        registry.guardianship.accept(link.id, by=KID)  # who asked
    with pytest.raises(NotFound):
        registry.guardianship.accept(link.id, by="acct_eve")
    with pytest.raises(Conflict):
        registry.guardianship.attest(link.id, Proof.PASSPORT, by=ONE)  # not accepted yet
    assert registry.guardianship.accept(link.id, by=MUM).state is GuardianState.ACCEPTED
    assert [one.id for one in registry.guardianship.waiting()] == [link.id]
    with pytest.raises(InvalidInput) as no_proof:
        registry.guardianship.attest(link.id, Proof.WILL, by=ONE)
    assert code_of(no_proof) == "consent:attestation:proof"
    with pytest.raises(NotPermitted) as own:
        registry.guardianship.attest(link.id, Proof.PASSPORT, by=MUM)
    assert code_of(own) == "consent:attestation:own"
    assert registry.guardianship.attest(link.id, Proof.PASSPORT, by=ONE).state is GuardianState.ACCEPTED
    assert registry.heard_by(KID) == {KID: ""}
    with pytest.raises(NotPermitted) as same:
        registry.guardianship.attest(link.id, Proof.PASSPORT, by=ONE)
    assert code_of(same) == "consent:attestation:same"
    assert registry.guardianship.attest(link.id, Proof.PASSPORT, by=TWO).state is GuardianState.VERIFIED
    assert registry.heard_by(KID) == {KID: "", MUM: KID}
    assert registry.heard_by(MUM) == {MUM: ""}
    assert told(house, "consent:guardian:confirmed") == {MUM, KID}
    kinds = [kind for kind, _ in house.record.entries if kind.startswith("consent:guardian")]
    assert kinds == ["consent:guardian:asked", "consent:guardian:accepted", "consent:guardian:confirmed"]
    assert registry.guardianship.waiting() == []
    with pytest.raises(Conflict) as twice:
        registry.guardianship.ask(MUM, KID, as_guardian=True)
    assert code_of(twice) == "consent:guardian:exists"


@pytest.mark.parametrize(("ward", "guardian"), [(2000, 1980), (2016, 1980), (TEEN_YEAR, 2010)])
def test_only_an_adult_is_the_guardian_of_somebody_between_13_and_17(
    registry: ConsentRegistry, ward: int, guardian: int
) -> None:
    said(registry, ward=ward, guardian=guardian)
    with pytest.raises(NotPermitted) as caught:
        registry.guardianship.ask(MUM, KID, as_guardian=True)
    assert code_of(caught) == "consent:guardian:ages"


def test_whose_age_nobody_said_is_linked_with_nobody(registry: ConsentRegistry) -> None:
    with pytest.raises(NotPermitted):
        registry.guardianship.ask(MUM, KID, as_guardian=True)


def test_either_side_or_staff_end_a_link_and_nobody_else(house: House, registry: ConsentRegistry) -> None:
    link = linked(registry)
    with pytest.raises(NotFound):
        registry.guardianship.end(link.id, by="acct_eve")
    assert registry.guardianship.end(link.id, by=KID).state is GuardianState.ENDED
    assert registry.heard_by(KID) == {KID: ""}
    with pytest.raises(Conflict) as caught:
        registry.guardianship.end(link.id, by=ONE, staff=True)
    assert code_of(caught) == "consent:guardian:settled"
    assert told(house, "consent:guardian:ended") == {MUM, KID}


def test_a_minor_gives_no_consent_alone_but_revokes_alone(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    linked(registry)
    with pytest.raises(NotPermitted) as caught:
        house.give(kid, EVERYONE)
    assert code_of(caught) == "consent:minor:alone"
    with pytest.raises(NotPermitted) as other:
        house.give(kid, EVERYONE, by="acct_eve")
    assert code_of(other) == "consent:grant:by_other"
    grant = house.give(kid, EVERYONE, by=MUM)
    assert told(house, "consent:grant:given") == {KID, MUM}
    registry.revoke(grant.id, actor=KID)
    assert registry.grant_named(grant.id).revoked_at is not None


def test_a_minor_whose_grant_covers_mutuals_follows_nobody_more_alone(house: House, registry: ConsentRegistry) -> None:
    kid = house.person("kid", birth_year=TEEN_YEAR)
    linked(registry)
    registry.follow(KID, "acct_amy")
    grant = house.give(kid, Audience(AudienceKind.MUTUALS), by=MUM)
    registry.follow("acct_bob", KID)
    for other in ("acct_bob", "acct_cyd"):  # back, or first: it is their half of being mutuals
        with pytest.raises(NotPermitted) as caught:
            registry.follow(KID, other)
        assert code_of(caught) == "consent:minor:alone"
        assert "let you follow more people" in caught.value.detail
    assert house.ask("acct_bob", kid).reason is ConsentReason.GRANT_NONE
    registry.follow("acct_amy", KID)
    assert house.ask("acct_amy", kid).permitted, "whom they followed when the guardian gave it"
    registry.unfollow(KID, "acct_amy")
    registry.revoke(grant.id, actor=KID)
    registry.follow(KID, "acct_bob")


def test_a_link_ends_by_itself_at_18_and_says_what_still_stands(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    link = linked(registry)
    standing = house.give(kid, EVERYONE, by=MUM, expires_at=datetime(2031, 1, 1, tzinfo=UTC))
    house.clock.time = datetime(2029, 12, 31, tzinfo=UTC)  # 18 by then, or not: the younger age counts
    assert registry.guardianship.of_age() == 0
    house.clock.time = datetime(2030, 1, 1, tzinfo=UTC)
    assert registry.guardianship.of_age() == 1
    assert registry.guardianship.of_age() == 0
    assert registry.guardianship.about(KID)[0].state is GuardianState.ENDED
    payloads = [
        payload for kind, who, payload in house.notifier.told if (kind, who) == ("consent:guardian:of_age", KID)
    ]
    assert payloads == [{"link_id": link.id, "grants_standing": 1}]
    assert registry.grant_named(standing.id).revoked_at is None
    with pytest.raises(NotPermitted):
        house.give(kid, EVERYONE, by=MUM)
    house.give(kid, EVERYONE)


def test_the_tending_chore_lapses_ends_and_asks(house: House, registry: ConsentRegistry) -> None:
    the_kid(house)
    link = linked(registry)
    attempt = propose(house, registry, house.person("ada", enrolled=False, birth_year=1990).id)
    estate = held(registry, until=date(2026, 6, 1))
    house.clock.time = datetime(2030, 1, 1, tzinfo=UTC)
    registry.tend(["subj_nobody"], "m")
    assert registry.enrolments.named(attempt.id).state is EnrolmentState.LAPSED
    assert registry.guardianship.about(KID)[0].id == link.id
    assert registry.guardianship.about(KID)[0].state is GuardianState.ENDED
    assert registry.estates.of(estate.account_id)[0].state is EstateState.ENDED


# --- enrolling a minor


def test_whoever_is_too_young_or_said_no_age_is_not_enrolled(house: House, registry: ConsentRegistry) -> None:
    silent = house.person("silent", enrolled=False)
    child = house.person("child", enrolled=False, birth_year=2016)
    kid = the_kid(house)
    for subject, code in (
        (silent, "consent:age:unstated"),
        (child, "consent:enrolment:too_young"),
        (kid, "consent:guardian:missing"),
    ):
        with pytest.raises(NotPermitted) as caught:
            propose(house, registry, subject.id)
        assert code_of(caught) == code
        with pytest.raises(NotPermitted):
            registry.enrolments.check_age(subject.id)
    assert kept_media(house) == 0
    linked(registry)
    registry.enrolments.check_age(kid.id)
    with pytest.raises(NotPermitted) as not_here:  # where guardians may not approve
        propose(house, registry_of(house), kid.id)
    assert code_of(not_here) == "consent:enrolment:too_young"


def test_a_guardian_has_the_last_word_on_a_minors_enrolment(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    linked(registry)
    for yes, state in ((False, EnrolmentState.REFUSED), (True, EnrolmentState.ENROLLED)):
        attempt = registry.enrolments.confirm(propose(house, registry, kid.id).id, by=TWO)
        assert attempt.state is EnrolmentState.WITH_GUARDIAN
        assert MUM in told(house, "consent:enrolment:guardian_asked")
        for nobody in (KID, "acct_eve", ONE):
            with pytest.raises(NotFound):
                registry.enrolments.approve(attempt.id, by=nobody, yes=True)
        assert registry.enrolments.approve(attempt.id, by=MUM, yes=yes).state is state
        assert kept_media(house) == 0
        with pytest.raises(Conflict):
            registry.enrolments.approve(attempt.id, by=MUM, yes=True)
    assert registry.cameo(kid.id) is not None


def test_a_minor_who_is_like_somebody_still_goes_to_review(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    linked(registry)
    attempt = registry.enrolments.confirm(propose(house, registry, kid.id).id, by=TWO)
    house.enroller.says = TWIN
    assert registry.enrolments.approve(attempt.id, by=MUM, yes=True).state is EnrolmentState.TO_REVIEW
    assert registry.cameo(kid.id) is None


def test_a_guardian_cannot_vouch_for_the_ward(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    linked(registry)
    with pytest.raises(NotPermitted) as caught:
        propose(house, registry, kid.id, by=MUM)
    assert code_of(caught) == "consent:attestation:own"


def in_review(house: House, registry: ConsentRegistry, subject: Subject) -> EnrolmentAttempt:
    """Somebody who passed a challenge, and is like somebody."""
    house.enroller.says = TWIN
    attempt = registry.enrolments.enrol_live(live(house, subject.id), keep_reference=False)
    assert attempt.state is EnrolmentState.TO_REVIEW
    return attempt


def test_who_turns_out_to_be_too_young_while_staff_look_is_not_enrolled(
    house: House, registry: ConsentRegistry
) -> None:
    ada = house.person("ada", enrolled=False, birth_year=1990)
    attempt = in_review(house, registry, ada)
    registry.ages.verify(ada.account_id, 2016, by=ONE)
    with pytest.raises(NotPermitted) as caught:
        registry.enrolments.decide(attempt.id, by=TWO, enrol=True)
    assert code_of(caught) == "consent:enrolment:too_young"
    assert registry.cameo(ada.id) is None
    assert registry.enrolments.decide(attempt.id, by=TWO, enrol=False).state is EnrolmentState.REFUSED


def test_who_turns_out_to_need_a_guardian_while_staff_look_goes_to_the_guardian(
    house: House, registry: ConsentRegistry
) -> None:
    kid = house.person("kid", enrolled=False, birth_year=1990)
    attempt = in_review(house, registry, kid)
    registry.ages.verify(KID, TEEN_YEAR, by=ONE)
    with pytest.raises(NotPermitted) as missing:
        registry.enrolments.decide(attempt.id, by=TWO, enrol=True)
    assert code_of(missing) == "consent:guardian:missing"
    house.guard(MUM, kid)
    waiting = registry.enrolments.decide(attempt.id, by=TWO, enrol=True, note="twins")
    assert (waiting.state, waiting.note, registry.cameo(kid.id)) == (EnrolmentState.WITH_GUARDIAN, "twins", None)
    assert told(house, "consent:enrolment:guardian_asked") == {MUM}
    assert registry.enrolments.approve(attempt.id, by=MUM, yes=True).state is EnrolmentState.TO_REVIEW
    assert registry.enrolments.decide(attempt.id, by=TWO, enrol=True).state is EnrolmentState.ENROLLED


def test_a_guardians_yes_counts_while_they_are_the_guardian(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    link = linked(registry)
    attempt = registry.enrolments.confirm(propose(house, registry, kid.id).id, by=TWO)
    house.enroller.says = TWIN
    registry.enrolments.approve(attempt.id, by=MUM, yes=True)
    registry.guardianship.end(link.id, by=MUM)
    house.guard("acct_dad", kid)
    waiting = registry.enrolments.decide(attempt.id, by=ONE, enrol=True)
    assert (waiting.state, registry.cameo(kid.id)) == (EnrolmentState.WITH_GUARDIAN, None)
    assert "acct_dad" in told(house, "consent:enrolment:guardian_asked")


def test_a_guardians_no_leaves_no_prints_of_the_recording(house: House, registry: ConsentRegistry) -> None:
    kid = the_kid(house)
    linked(registry)
    challenges = SqlChallenges(house.database)
    challenges.add_prints(kid.id, "chal_1", [SoundPrint(7, 1)])
    attempt = registry.enrolments.enrol_live(live(house, kid.id), keep_reference=False)
    assert (attempt.state, challenges.alike([SoundPrint(7, 1)])) == (EnrolmentState.WITH_GUARDIAN, 1)
    registry.enrolments.approve(attempt.id, by=MUM, yes=False)
    assert challenges.alike([SoundPrint(7, 1)]) == 0


# --- estates


def claimed(registry: ConsentRegistry, until: date | None = None) -> Estate:
    registry.ages.state("acct_heir", 1980)
    return registry.estates.claim("acct_heir", "elvis", "Elvis", died_on=DIED, until=until)


def held(registry: ConsentRegistry, until: date | None = None) -> Estate:
    estate = claimed(registry, until)
    registry.estates.attest(estate.id, Proof.DEATH_CERTIFICATE, by=ONE)
    return registry.estates.attest(estate.id, Proof.WILL, by=TWO)


def given(house: House, estate: Estate) -> Grant:
    return house.give(house.registry.subject(estate.subject_id or ""), EVERYONE, by=estate.account_id)


def test_a_claim_means_nothing_until_two_members_of_staff_vouched(house: House, registry: ConsentRegistry) -> None:
    estate = claimed(registry)
    assert told(house, "consent:estate:claimed") == {ONE, TWO}
    assert registry.subject_of("acct_heir") is None
    with pytest.raises(NotPermitted):
        registry.estates.attest(estate.id, Proof.WILL, by="acct_heir")
    with pytest.raises(InvalidInput):
        registry.estates.attest(estate.id, Proof.PASSPORT, by=ONE)
    registry.estates.attest(estate.id, Proof.WILL, by=ONE)
    assert registry.subject_of("acct_heir") is None
    with pytest.raises(NotPermitted) as same:
        registry.estates.attest(estate.id, Proof.WILL, by=ONE)
    assert code_of(same) == "consent:attestation:same"
    done = registry.estates.attest(estate.id, Proof.WILL, by=TWO)
    subject = registry.subject_of("acct_heir")
    assert subject is not None
    assert (done.state, done.subject_id, subject.handle) == (EstateState.HELD, subject.id, "elvis")
    assert done.until == datetime(2090, 5, 4, tzinfo=UTC)
    with pytest.raises(Conflict) as late:
        registry.estates.attest(estate.id, Proof.WILL, by="acct_three")
    assert code_of(late) == "consent:estate:settled"


def test_only_an_adult_speaks_for_the_dead(registry: ConsentRegistry) -> None:
    with pytest.raises(NotPermitted) as silent:
        registry.estates.claim("acct_heir", "elvis", "Elvis", died_on=DIED)
    assert code_of(silent) == "consent:age:unstated"
    registry.ages.state("acct_heir", TEEN_YEAR)
    with pytest.raises(NotPermitted) as young:
        registry.estates.claim("acct_heir", "elvis", "Elvis", died_on=DIED)
    assert code_of(young) == "consent:estate:minor"


def test_an_age_checked_after_the_claim_counts(registry: ConsentRegistry) -> None:
    estate = claimed(registry)
    registry.ages.verify("acct_heir", TEEN_YEAR, by=ONE)
    with pytest.raises(NotPermitted) as caught:
        registry.estates.attest(estate.id, Proof.WILL, by=ONE)
    assert code_of(caught) == "consent:estate:minor"


def test_an_account_speaks_for_one_alone(house: House, registry: ConsentRegistry) -> None:
    claimed(registry)
    for account in ("acct_heir", house.person("ada", enrolled=False, birth_year=1980).account_id):
        with pytest.raises(Conflict) as caught:
            registry.estates.claim(account, "other", "Other", died_on=DIED)
        assert code_of(caught) == "consent:estate:taken"


def test_two_claims_of_one_handle_do_not_both_stand(registry: ConsentRegistry) -> None:
    registry.ages.state("acct_rival", 1980)
    rival = registry.estates.claim("acct_rival", "elvis", "Elvis", died_on=DIED)
    held(registry)
    registry.estates.attest(rival.id, Proof.WILL, by=ONE)
    with pytest.raises(Conflict) as caught:
        registry.estates.attest(rival.id, Proof.WILL, by=TWO)
    assert code_of(caught) == "consent:handle:taken"


@pytest.mark.parametrize(
    ("died", "until", "code"),
    [
        (date(2030, 1, 1), None, "consent:death:impossible"),
        (date(1799, 1, 1), None, "consent:death:impossible"),
        (date(1950, 1, 1), None, "consent:estate:end"),
        (DIED, date(2090, 5, 5), "consent:estate:end"),
        (DIED, date(2026, 3, 1), "consent:estate:end"),
    ],
)
def test_an_estate_lasts_at_most_70_years_from_the_death(died: date, until: date | None, code: str) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with pytest.raises(InvalidInput) as caught:
        until_of(died, until, now)
    assert code_of(caught) == code
    assert until_of(date(2024, 2, 29), None, now) == years_after(datetime(2024, 2, 29, tzinfo=UTC), 70)


def test_the_dead_are_enrolled_from_references_at_the_lowest_assurance(house: House, registry: ConsentRegistry) -> None:
    subject_id = held(registry).subject_id or ""
    with pytest.raises(InvalidInput) as alive:
        propose(house, registry, subject_id)
    assert code_of(alive) == "consent:attestation:proof"
    done = registry.enrolments.confirm(propose(house, registry, subject_id, proof=Proof.REFERENCES).id, by=TWO)
    assert (done.state, done.assurance) == (EnrolmentState.ENROLLED, Assurance.ESTATE)
    with pytest.raises(InvalidInput):
        propose(house, registry, house.person("ada", enrolled=False, birth_year=1990).id, proof=Proof.REFERENCES)


def test_grants_of_an_estate_end_with_it_at_the_latest(house: House, registry: ConsentRegistry) -> None:
    estate = held(registry, until=date(2027, 1, 1))
    grant = given(house, estate)
    assert grant.expires_at == estate.until
    within = house.give(
        registry.subject(estate.subject_id or ""), by="acct_heir", expires_at=house.clock.now() + timedelta(days=3)
    )
    assert within.expires_at < estate.until


def test_at_its_date_an_estate_stops_by_itself_and_nobody_speaks_for_the_dead(
    house: House, registry: ConsentRegistry
) -> None:
    estate = held(registry, until=date(2027, 1, 1))
    grant = given(house, estate)
    house.clock.time = estate.until - timedelta(seconds=1)
    assert registry.estates.expire() == 0
    house.clock.time = estate.until
    assert registry.estates.expire() == 1
    assert registry.estates.expire() == 0
    assert registry.grant_named(grant.id).revoked_at is not None
    assert registry.subject_of("acct_heir") is None
    assert told(house, "consent:estate:ended") == {"acct_heir"}
    assert house.enroller.forgotten == [], "the templates stay, and protect"
    with pytest.raises(NotFound):
        house.give(registry.subject(estate.subject_id or ""), EVERYONE, by="acct_heir")


def test_an_enrolment_that_waits_ends_with_the_estate_and_the_handle_is_nobodys(
    house: House, registry: ConsentRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = held(registry)
    given(house, estate)
    attempt = propose(house, registry, estate.subject_id or "", proof=Proof.REFERENCES)
    before, logged = len(house.record.entries), list[int]()

    def withdraw(_: object) -> tuple[str, ...]:
        logged.append(len(house.record.entries))
        return ()

    monkeypatch.setattr(house.withdrawals, "withdraw_for", withdraw)
    registry.estates.end(estate.id, by=ONE)
    assert registry.enrolments.named(attempt.id).state is EnrolmentState.WITHDRAWN
    assert (kept_media(house), list(registry.enrolments.waiting())) == (0, [])
    assert logged == [before], "releases are locked before the ledger"
    assert registry.by_handle("elvis") is None
    assert [mention.subject_id for mention in registry.handles_in("@elvis sings")] == [None]


def test_an_enrolment_of_somebody_whom_nobody_speaks_for_stops_no_list(house: House, registry: ConsentRegistry) -> None:
    subject_id = held(registry).subject_id or ""
    attempt = propose(house, registry, subject_id, proof=Proof.REFERENCES)
    house.parts.store.silence(subject_id)
    assert not registry.enrolments.concerns(attempt, "acct_heir")
    assert [one.id for one in registry.enrolments.waiting()] == [attempt.id]


def test_an_estate_that_another_worker_ended_first_stops_nobody(
    house: House, registry: ConsentRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = held(registry, until=date(2027, 1, 1))
    registry.estates.end(estate.id, by=ONE)
    monkeypatch.setattr(house.parts.store, "estates_due", lambda _now, _limit: [estate])
    assert registry.estates.expire() == 0


def test_staff_refuse_a_claim_and_end_what_was_disputed(house: House, registry: ConsentRegistry) -> None:
    refused = registry.estates.end(claimed(registry).id, by=ONE)
    assert refused.state is EstateState.REFUSED
    with pytest.raises(Conflict):
        registry.estates.end(refused.id, by=ONE)
    estate = held(registry)
    with pytest.raises(NotFound):
        registry.estates.dispute("nobody", "no", by="acct_sister")
    with pytest.raises(InvalidInput):
        registry.estates.dispute("elvis", "  ", by="acct_sister")
    registry.estates.dispute("ELVIS", "he is my brother", by="acct_sister")
    assert told(house, "consent:estate:disputed") == {ONE, TWO}
    assert [one.reason for one in registry.estates.disputes(estate.id)] == ["he is my brother"]
    assert "brother" not in str(house.record.entries)
    assert [one.id for one in registry.estates.standing()] == [estate.id]
    assert registry.estates.end(estate.id, by=TWO).state is EstateState.ENDED
    assert registry.subject_of("acct_heir") is None


def test_a_forgotten_estate_ends_without_a_fault(house: House, registry: ConsentRegistry) -> None:
    estate = held(registry, until=date(2027, 1, 1))
    registry.forget(estate.subject_id or "", actor="acct_heir")
    house.clock.time = estate.until
    assert registry.estates.expire() == 1


# --- at the same instant


def test_two_members_of_staff_at_the_same_instant_are_a_conflict_and_not_a_fault(
    registry: ConsentRegistry, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(registry)
    link = registry.guardianship.ask(MUM, KID, as_guardian=True)
    registry.guardianship.accept(link.id, by=KID)
    estate = claimed(registry)
    registry.guardianship.attest(link.id, Proof.PASSPORT, by=ONE)
    registry.estates.attest(estate.id, Proof.WILL, by=ONE)
    store = house.parts.store
    with monkeypatch.context() as patched:
        patched.setattr(store, "attestation", lambda _about: None)  # as it was read a moment ago
        with pytest.raises(Conflict) as guardian:
            registry.guardianship.attest(link.id, Proof.PASSPORT, by=TWO)
        with pytest.raises(Conflict) as heir:
            registry.estates.attest(estate.id, Proof.WILL, by=TWO)
    assert code_of(guardian) == code_of(heir) == "consent:attestation:raced"
    for about in (link.id, estate.id):
        kept = store.attestation(about)
        assert kept is not None
        assert (kept.first_by, kept.complete) == (ONE, False)
    assert registry.guardianship.attest(link.id, Proof.PASSPORT, by=TWO).state is GuardianState.VERIFIED


def test_of_two_second_halves_at_the_same_instant_one_is_refused(
    registry: ConsentRegistry, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = linked(registry)
    done = house.parts.store.attestation(link.id)
    assert done is not None
    stale = Attestation(link.id, Matter.GUARDIAN, done.proof, done.first_by, done.first_at)
    monkeypatch.setattr(house.parts.store, "attestation", lambda _about: stale)
    with pytest.raises(Conflict) as caught:
        registry.guardianship.attest(link.id, Proof.PASSPORT, by="acct_three")
    assert code_of(caught) == "consent:guardian:settled"
