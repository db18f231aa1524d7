"""Giving, taking back, asking, and asking again at release."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent_registry.api import (
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    OnRevocation,
)
from consent_registry.ports import Ending
from tests.unit.consent_registry.conftest import BOTH, FACE, VOICE, House, people
from trust_kernel.errors import InvalidInput, NotFound


def test_without_a_grant_nobody_else_may(house: House) -> None:
    ada = house.person("ada")
    answer = house.ask("acct_bob", ada)
    assert (answer.permitted, answer.reason, answer.grant_id) == (False, ConsentReason.GRANT_NONE, None)
    assert answer.epoch == ada.consent_epoch


def test_a_person_may_always_use_their_own_likeness(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    answer = house.ask("acct_ada", ada, BOTH, remix=True)
    assert (answer.permitted, answer.reason, answer.grant_id) == (True, ConsentReason.OWN, None)


def test_a_grant_permits_those_it_is_for(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"))
    answer = house.ask("acct_bob", ada, BOTH)
    assert (answer.permitted, answer.reason, answer.grant_id) == (True, ConsentReason.GRANT_ACTIVE, grant.id)
    assert answer.modalities == BOTH
    assert house.ask("acct_cyd", ada).reason is ConsentReason.GRANT_NONE


def test_a_likeness_that_nobody_enrolled_is_unknown_whatever_was_granted(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    house.give(ada)
    assert house.ask("acct_bob", ada).reason is ConsentReason.CAMEO_UNKNOWN


def test_a_subject_that_is_not_there_is_unknown(house: House) -> None:
    ask = ConsentAsk("acct_bob", "subj_none", FACE, remix=False, at=house.clock.now())
    answer = house.registry.answer(ask)
    assert (answer.permitted, answer.reason, answer.epoch) == (False, ConsentReason.CAMEO_UNKNOWN, 0)


def test_a_face_grant_gives_no_voice(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, modalities=FACE)
    assert house.ask("acct_bob", ada, FACE).permitted
    assert house.ask("acct_bob", ada, VOICE).reason is ConsentReason.MODALITY_NOT_GRANTED
    assert house.ask("acct_bob", ada, BOTH).reason is ConsentReason.MODALITY_NOT_GRANTED


def test_remix_needs_its_own_yes(house: House) -> None:
    ada = house.person("ada")
    house.give(ada)
    assert house.ask("acct_bob", ada, remix=True).reason is ConsentReason.REMIX_FORBIDDEN
    house.give(ada, allows_remix=True)
    assert house.ask("acct_bob", ada, remix=True).permitted


def test_a_grant_to_mutuals_holds_while_both_follow(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, Audience(AudienceKind.MUTUALS))
    house.registry.follow("acct_bob", "acct_ada")
    assert house.ask("acct_bob", ada).reason is ConsentReason.GRANT_NONE
    house.registry.follow("acct_ada", "acct_bob")
    snapshot = house.admit("acct_bob", ada)
    house.registry.unfollow("acct_ada", "acct_bob")
    assert house.ask("acct_bob", ada).reason is ConsentReason.GRANT_NONE
    assert house.release("acct_bob", snapshot) is ConsentReason.GRANT_NONE


def test_becoming_and_ceasing_to_be_mutuals_raises_the_epoch(house: House) -> None:
    before = house.person("ada").consent_epoch

    def epoch() -> int:
        found = house.registry.subject_of("acct_ada")
        assert found is not None
        return found.consent_epoch

    house.registry.follow("acct_bob", "acct_ada")
    assert epoch() == before
    house.registry.follow("acct_ada", "acct_bob")
    house.registry.follow("acct_ada", "acct_bob")
    assert epoch() == before + 1
    house.registry.unfollow("acct_bob", "acct_ada")
    house.registry.unfollow("acct_bob", "acct_ada")
    assert epoch() == before + 2


@pytest.mark.parametrize("other", ["acct_ada", "", "acct\x00", "two words", "x" * 101])
def test_nobody_follows_themselves_or_what_is_no_account(house: House, other: str) -> None:
    with pytest.raises(InvalidInput):
        house.registry.follow("acct_ada", other)


def test_a_revoked_grant_permits_nothing_and_says_so(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    revocation = house.registry.revoke(grant.id, actor="acct_ada")
    answer = house.ask("acct_bob", ada)
    assert (answer.permitted, answer.reason) == (False, ConsentReason.GRANT_REVOKED)
    assert answer.epoch == revocation.epoch > ada.consent_epoch + 1


def test_an_expired_grant_permits_nothing_and_says_so(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, expires_at=house.clock.now() + timedelta(hours=1))
    house.clock.advance(seconds=3599)
    assert house.ask("acct_bob", ada).permitted
    house.clock.advance(seconds=1)
    assert house.ask("acct_bob", ada).reason is ConsentReason.GRANT_EXPIRED


def test_revoking_withdraws_what_was_made_under_the_grant(house: House) -> None:
    ada = house.person("ada")
    grant, other = house.give(ada), house.give(ada)
    house.withdrawals.out = {"video_1": grant.id, "video_2": other.id}
    revocation = house.registry.revoke(grant.id, actor="acct_ada")
    assert revocation.withdrawn == ("video_1",)
    only = frozenset({grant.id})
    assert house.withdrawals.calls == [Ending(ada.id, only, only, None, "consent:grant:revoked", house.clock.now())]


def test_revoking_leaves_releases_alone_where_the_terms_say_keep(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, on_revocation=OnRevocation.KEEP)
    house.withdrawals.out = {"video_1": grant.id}
    assert house.registry.revoke(grant.id, actor="acct_ada").withdrawn == ()
    # nothing is named, but whoever implements it learns that a consent ended
    (ending,) = house.withdrawals.calls
    assert (ending.subject_id, ending.halted, ending.taken_back) == (ada.id, frozenset({grant.id}), frozenset())


def test_revoking_twice_changes_nothing_the_second_time(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    first = house.registry.revoke(grant.id, actor="acct_ada")
    entries = len(house.record.entries)
    house.withdrawals.out = {"video_1": grant.id}
    assert house.registry.revoke(grant.id, actor="acct_ada") == replace(first, withdrawn=())
    assert len(house.record.entries) == entries


def test_an_expired_grant_can_still_be_revoked_to_take_its_releases_back(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, expires_at=house.clock.now() + timedelta(hours=1))
    house.clock.advance(days=1)
    house.withdrawals.out = {"video_1": grant.id}
    assert house.registry.revoke(grant.id, actor="acct_ada").withdrawn == ("video_1",)


def test_a_revocation_that_cannot_withdraw_did_not_happen(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    epoch = house.registry.subject(ada.id).consent_epoch
    house.withdrawals.failing = True
    with pytest.raises(RuntimeError):
        house.registry.revoke(grant.id, actor="acct_ada")
    assert house.registry.grant_named(grant.id).revoked_at is None
    assert house.registry.subject(ada.id).consent_epoch == epoch


def test_releases_are_withdrawn_before_the_ledger_is_locked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    entries = len(house.record.entries)
    seen = []

    def withdraw(*_: object) -> tuple[str, ...]:
        seen.append(len(house.record.entries))
        return ()

    monkeypatch.setattr(house.withdrawals, "withdraw_for", withdraw)
    house.registry.revoke(grant.id, actor="acct_ada")
    house.give(ada)
    house.registry.forget(ada.id, actor="acct_ada")
    assert seen == [entries, entries + 2]


def test_revoking_all_ends_every_grant_in_one_go(house: House) -> None:
    ada = house.person("ada")
    kept = house.give(ada, on_revocation=OnRevocation.KEEP)
    grants = [house.give(ada, people("acct_bob")), house.give(ada)]
    house.withdrawals.out = {"video_1": grants[0].id, "video_2": grants[1].id, "video_3": kept.id}
    before = house.registry.subject(ada.id).consent_epoch
    revocation = house.registry.revoke_all(ada.id, actor="acct_ada")
    assert revocation.withdrawn == ("video_1", "video_2")
    assert revocation.epoch == before + 1
    assert all(grant.revoked_at == house.clock.now() for grant in house.registry.grants(ada.id))
    assert not house.ask("acct_bob", ada).permitted


def test_what_is_not_there_is_not_found(house: House) -> None:
    for call in (
        lambda: house.registry.revoke("grant_none", actor="acct_ada"),
        lambda: house.registry.revoke_all("subj_none", actor="acct_ada"),
        lambda: house.registry.grants("subj_none"),
        lambda: house.registry.grant_named("grant_none"),
        lambda: house.registry.receipt("grant_none"),
    ):
        with pytest.raises(NotFound):
            call()


def test_every_change_of_consent_raises_the_epoch(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    epochs = [ada.consent_epoch]
    grant = house.give(ada)
    epochs.append(house.registry.subject(ada.id).consent_epoch)
    house.registry.revoke(grant.id, actor="acct_ada")
    epochs.append(house.registry.subject(ada.id).consent_epoch)
    house.registry.revoke_all(ada.id, actor="acct_ada")
    epochs.append(house.registry.subject(ada.id).consent_epoch)
    assert epochs == [0, 1, 2, 3]


def test_a_release_counts_one_use(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, max_uses=2)
    snapshot = house.admit("acct_bob", ada)
    assert house.release("acct_bob", snapshot) is None
    assert house.uses(grant) == 1
    assert house.ask("acct_bob", ada).permitted
    assert house.release("acct_bob", snapshot) is None
    assert house.ask("acct_bob", ada).reason is ConsentReason.GRANT_EXHAUSTED
    assert house.release("acct_bob", snapshot) is ConsentReason.GRANT_EXHAUSTED
    assert house.uses(grant) == 2


def test_asking_counts_nothing(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, max_uses=1)
    for _ in range(3):
        assert house.ask("acct_bob", ada).permitted
    assert house.uses(grant) == 0


def test_one_fallen_consent_stops_the_release_and_uses_up_no_other(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    standing, falling = house.give(ada, max_uses=5), house.give(bob)
    snapshots = [house.admit("acct_cyd", ada), house.admit("acct_cyd", bob)]
    house.registry.revoke(falling.id, actor="acct_bob")
    assert house.release("acct_cyd", *snapshots) is ConsentReason.GRANT_REVOKED
    assert house.uses(standing) == 0


def test_a_release_that_rolls_back_uses_nothing_up(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, max_uses=1)
    snapshot = house.admit("acct_bob", ada)

    def fail() -> None:
        with house.database.transaction():
            assert house.registry.recheck([snapshot], account_id="acct_bob", at=house.clock.now()) is None
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert house.uses(grant) == 0


def test_face_and_voice_under_one_grant_are_one_use(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, max_uses=1)
    snapshot = house.admit("acct_bob", ada)
    voice = replace(snapshot, modalities=VOICE)
    assert house.release("acct_bob", snapshot, voice) is None
    assert house.uses(grant) == 1


def test_a_grant_to_somebody_else_meanwhile_does_not_stop_a_release(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, people("acct_bob"))
    snapshot = house.admit("acct_bob", ada)
    house.give(ada, people("acct_cyd"))
    assert house.registry.subject(ada.id).consent_epoch > snapshot.epoch
    assert house.release("acct_bob", snapshot) is None


def test_another_grant_does_not_stand_in_for_the_one_that_was_revoked(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    snapshot = house.admit("acct_bob", ada)
    house.registry.revoke(grant.id, actor="acct_ada")
    house.give(ada)
    assert house.release("acct_bob", snapshot) is ConsentReason.GRANT_REVOKED


def test_a_consent_that_expired_since_admission_stops_the_release(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, expires_at=house.clock.now() + timedelta(minutes=5))
    snapshot = house.admit("acct_bob", ada)
    house.clock.advance(minutes=5)
    assert house.release("acct_bob", snapshot) is ConsentReason.GRANT_EXPIRED


def test_a_snapshot_is_good_for_its_own_account_and_modalities_only(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, people("acct_bob"), modalities=FACE)
    snapshot = house.admit("acct_bob", ada)
    assert house.release("acct_cyd", snapshot) is ConsentReason.GRANT_NONE
    wider = replace(snapshot, modalities=BOTH)
    assert house.release("acct_bob", wider) is ConsentReason.MODALITY_NOT_GRANTED
    unknown = replace(snapshot, modalities=frozenset({"gait"}))
    assert house.release("acct_bob", unknown) is ConsentReason.MODALITY_NOT_GRANTED


def test_a_snapshot_of_ones_own_use_is_good_for_oneself_only(house: House) -> None:
    ada = house.person("ada")
    snapshot = ConsentSnapshot(ada.id, ada.consent_epoch, None, FACE)
    assert house.release("acct_ada", snapshot) is None
    assert house.release("acct_bob", snapshot) is ConsentReason.GRANT_NONE


def test_a_grant_of_one_person_says_nothing_of_another(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    grant = house.give(bob)
    forged = ConsentSnapshot(ada.id, ada.consent_epoch, grant.id, FACE)
    assert house.release("acct_cyd", forged) is ConsentReason.GRANT_NONE


def test_a_snapshot_from_a_future_that_the_database_does_not_know_stops_the_release(house: House) -> None:
    ada = house.person("ada")
    house.give(ada)
    snapshot = house.admit("acct_bob", ada)
    ahead = replace(snapshot, epoch=snapshot.epoch + 1)
    assert house.release("acct_bob", ahead) is ConsentReason.EPOCH_CHANGED


def test_a_release_with_nobody_in_it_needs_no_consent(house: House) -> None:
    assert house.release("acct_bob") is None


def test_the_ledger_hears_of_every_change_in_pseudonyms(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"), note="never politics")
    house.registry.revoke(grant.id, actor="acct_admin")
    kinds = [kind for kind, _ in house.record.entries]
    assert kinds == ["consent:cameo:enrolled", "consent:grant:given", "consent:grant:revoked"]
    given, revoked = (body for _, body in house.record.entries[1:])
    assert given["grant"] == revoked["grant"] == grant.id
    assert given["subject"] == given["actor"] == revoked["subject"] != revoked["actor"]
    written = str(house.record.entries)
    for secret in (ada.id, "acct_", "Ada", "politics"):
        assert secret not in written


def test_ledger_bodies_are_short_codes_digests_and_numbers(house: House) -> None:
    house.registry.forget(house.person("ada").id, actor="acct_ada")
    grant = house.give(house.person("bob"))
    house.registry.revoke(grant.id, actor="acct_bob")
    for _, body in house.record.entries:
        for value in body.values():
            assert isinstance(value, int) or (value.isascii() and len(value) <= 200 and not set(" @") & set(value))


def test_those_concerned_are_told(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"))
    house.registry.revoke(grant.id, actor="acct_ada")
    told = [(kind, recipient) for kind, recipient, _ in house.notifier.told]
    assert told == [
        ("consent:cameo:enrolled", "acct_ada"),
        ("consent:grant:given", "acct_ada"),
        ("consent:grant:given", "acct_bob"),
        ("consent:grant:revoked", "acct_ada"),
        ("consent:grant:revoked", "acct_bob"),
    ]
    assert house.notifier.told[-1][2] == {
        "subject_id": ada.id,
        "handle": "ada",
        "grant_id": grant.id,
        "modalities": "face,voice",
    }


def test_a_minors_grant_is_shorter(house: House) -> None:
    kid = house.person("kid", birth_year=2008)
    assert kid.minor
    house.guard("acct_mum", kid)
    with pytest.raises(InvalidInput) as caught:
        house.give(kid, by="acct_mum", expires_at=house.clock.now() + timedelta(days=365 * 6))
    assert caught.value.limit == "5 years"
    assert house.registry.grants(kid.id) == ()
