"""Releases that are taken down because of a claim: never served meanwhile, brought back, or withdrawn for good."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from generator_gateway.ports import Cause
from generator_gateway.ports.takedowns import (
    MOST_RELEASES,
    UNDO_DAYS,
    Batch,
    BatchState,
    Footing,
    ItemState,
    TakedownCause,
    Touched,
)
from generator_gateway.ports.verification import FoundBy, standing_notes
from generator_gateway.schemas import video_out
from generator_gateway.service import takedown_grounds, takedown_search
from generator_gateway.service.owning import Act, Appearing, decide
from generator_gateway.service.takedown_search import SYSTEM, look_for_several
from generator_gateway.service.takedowns import TakedownDesk, TakedownParts
from generator_gateway.service.verification.desk import evidence_of
from generator_gateway.service.verification.facts import consent_fact
from generator_gateway.store.ownership import ObjectionStore
from generator_gateway.store.takedowns import TakedownStore
from tests.factories.ownership import ADA, BEA, out
from tests.unit.generator_gateway.conftest import House, LedgerProves
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotFound, NotPermitted, Unavailable

STAFF = "acct_staff"
WHY = TakedownCause("release:claim:touched", "claim_1", "Fennimore Fox")
FILE = b"0123456789"


@dataclass
class Touching:
    """Claims touch what a test says."""

    by: dict[str, list[Touched]] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    stands: dict[str, Footing] = field(default_factory=dict)

    def by_claims(self, claim_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        return {claim_id: self.by.get(claim_id, []) for claim_id in claim_ids}

    def waiting(self, claim_ids: Collection[str]) -> frozenset[str]:
        return frozenset(claim_ids) & self.later

    def footing(self, claim_ids: Collection[str]) -> Mapping[str, Footing]:
        return {claim_id: self.stands.get(claim_id, Footing.STANDS) for claim_id in claim_ids}

    def titles(self, claim_ids: Collection[str]) -> Mapping[str, str]:
        return {claim_id: claim_id.upper() for claim_id in claim_ids}


def desk_of(house: House, touches: Touching | None = None) -> TakedownDesk:
    return TakedownDesk(
        TakedownParts(
            database=house.database,
            clock=house.clock,
            batches=TakedownStore(house.database),
            releases=house.releases,
            objections=ObjectionStore(house.database),
            recall=house.recall,
            touches=touches or Touching(),
            record=house.ledger,
            notices=house.outbox,
            hearers=house.registry,
        )
    )


@pytest.fixture
def desk(house: House) -> TakedownDesk:
    """The desk of a house with two videos of Ada's; Bea is in the first."""
    digest = house.blobs.put_bytes(FILE)
    bea = house.person("bea", enrolled=False)
    shown = Appearing(bea.id, bea.account_id, frozenset({"face"}))
    out(house.cases, house.releases, "video_1", shown, media_digest=digest)
    out(house.cases, house.releases, "video_2", media_digest=digest)
    return desk_of(house)


def state(house: House, case_id: str = "video_1") -> str:
    return house.release(case_id).status


def item_states(desk: TakedownDesk, batch: Batch) -> dict[str, ItemState]:
    return {item.touched.case_id: item.state for item in desk.items(batch.id)}


# --- many claims at once


@pytest.fixture
def several(house: House, desk: TakedownDesk) -> TakedownDesk:
    """The same desk, with a search for three claims that took effect together; two of them touch something."""
    del desk
    touching = Touching({"claim_1": [Touched("video_2")], "claim_2": [Touched("video_1"), Touched("video_2")]})
    reason, claims = "release:claim:touched", ["claim_1", "claim_2", "claim_3"]
    look_for_several(TakedownStore(house.database), house.clock, reason, claims, SYSTEM)
    return desk_of(house, touching)


def proposals(desk: TakedownDesk) -> dict[tuple[str, str], list[str]]:
    """By claim and title, what a batch would take down."""
    batches, _ = desk.page()
    assert {batch.state for batch in batches} <= {BatchState.PROPOSED}
    found = {(b.cause.about, b.cause.title): [item.touched.case_id for item in desk.items(b.id)] for b in batches}
    assert len(found) == len(batches)
    return found


TWO = {("claim_1", "CLAIM_1"): ["video_2"], ("claim_2", "CLAIM_2"): ["video_1", "video_2"]}


def test_claims_that_took_effect_together_are_one_search_and_one_proposal_each_that_touches_something(
    several: TakedownDesk,
) -> None:
    ((waiting,), _) = several.page()
    assert (waiting.state, waiting.several, waiting.cause.about) == (BatchState.SEARCHING, 3, "")
    assert several.search() == 1
    assert proposals(several) == TWO
    assert several.search() == 0


def test_of_two_workers_at_one_search_one_proposes(
    several: TakedownDesk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Touching({"claim_1": [Touched("video_2")], "claim_2": [Touched("video_1"), Touched("video_2")]})
    looked = slow.by_claims

    def overtaken(claim_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        several.search()
        return looked(claim_ids)

    monkeypatch.setattr(slow, "by_claims", overtaken)
    desk_of(house, slow).search()
    assert proposals(several) == TWO


def test_a_search_that_broke_off_goes_on_behind_what_it_proposed(
    several: TakedownDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = TakedownStore.fill
    with monkeypatch.context() as outage:

        def fill(self: TakedownStore, batch: Batch, *more: Any) -> None:
            if batch.cause.about == "claim_2":
                raise Unavailable("gone", code="kernel:database:unavailable")
            kept(self, batch, *more)

        outage.setattr(TakedownStore, "fill", fill)
        with pytest.raises(Unavailable):
            several.search()
    several.search()
    assert proposals(several) == TWO


# --- what taken down means


def test_nobody_is_given_what_was_taken_down_by_any_door(house: House, desk: TakedownDesk) -> None:
    link = house.sharing.share(ADA, "video_1")
    desk.take_down(["video_1"], WHY, STAFF)
    for account in (ADA, BEA):
        with pytest.raises(Gone) as refused, house.desk.download(account, "video_1"):
            pass
        assert refused.value.code == "release:video:taken_down"
    with pytest.raises(Gone), house.sharing.download(link.token):
        pass
    with pytest.raises(Gone):
        house.sharing.share(ADA, "video_1")
    assert house.bindings.manifest(house.release("video_1").manifest_label) is None


def test_nothing_is_made_of_what_was_taken_down(house: House) -> None:
    parent = house.released()
    desk_of(house).take_down([parent], WHY, STAFF)
    with pytest.raises(Gone) as refused:
        house.submit(remix_of=parent)
    assert refused.value.code == "release:video:taken_down"


def test_a_remix_under_way_does_not_come_out(house: House) -> None:
    parent = house.released()
    case = house.submit("again", remix_of=parent)
    desk_of(house).take_down([parent], WHY, STAFF)
    house.ended(case)
    assert house.cases.get(case.id).error_code == "remix:parent:taken_down"


def test_its_owners_may_still_end_it_but_not_object_to_it(house: House, desk: TakedownDesk) -> None:
    desk.take_down(["video_1"], WHY, STAFF)
    assert set(house.ownership.owners(BEA, "video_1").may) == {"see", "delete", "withdraw"}
    with pytest.raises(Gone):
        house.ownership.object(BEA, "video_1")
    house.ownership.withdraw(BEA, "video_1")
    assert state(house) == "withdrawn"


def test_the_videos_api_says_so(house: House, desk: TakedownDesk) -> None:
    desk.take_down(["video_1"], WHY, STAFF)
    shown = video_out(house.cases.get("video_1"), house.release("video_1"))
    assert (shown.status, shown.placet.state) == ("failed", "taken_down")
    assert shown.error is not None
    assert shown.error.code == "release:video:taken_down"


def test_owners_are_told_why_and_whoever_asked_for_it_where_to_appeal(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], WHY, STAFF)
    assert batch.undo_until is not None
    for account in (ADA, BEA):
        (told,) = house.notices(account, "release:video:taken_down")
        assert told.payload["reason"] == "release:claim:touched"
        assert told.payload["title"] == "Fennimore Fox"
        # Bea is in it and could only be refused: the desk of appeals takes those of whoever asked.
        assert told.payload.get("appeal") == ("/v1/videos/video_1/appeal" if account == ADA else None)
        assert told.payload["until"] == batch.undo_until.isoformat()
        assert "claim_1" not in str(told.payload)
    assert house.kinds()[-2:] == ["release:batch:taken_down", "release:video:taken_down"]


def test_verification_says_so_and_no_longer_once_it_is_back(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], WHY, STAFF)

    def said() -> tuple[str, str, tuple[str, ...]]:
        evidence = evidence_of(house.release("video_1"), FoundBy.CREDENTIAL, LedgerProves(house.ledger))
        notes = tuple(note.code for note in standing_notes([evidence]))
        return evidence.consent, consent_fact((evidence,)).answer.code, notes

    assert said() == ("taken_down", "verify:consent:taken_down", ("verify:note:taken_down",))
    desk.restore(batch.id, STAFF)
    assert said() == ("active", "verify:consent:active_one", ())


# --- proposing and confirming


def test_nothing_happens_before_a_person_confirms(house: House, desk: TakedownDesk) -> None:
    batch = desk.propose([Touched("video_1", "prompt", 1.0, "fox"), Touched("video_2")], WHY, SYSTEM)
    assert (batch.state, batch.counts) == (BatchState.PROPOSED, {ItemState.PROPOSED: 2})
    assert state(house) == "released"
    done = desk.confirm(batch.id, STAFF, ["video_1"], note="looked at it")
    assert (done.confirmed_by, done.note) == (STAFF, "looked at it")
    assert item_states(desk, done) == {"video_1": ItemState.TAKEN_DOWN, "video_2": ItemState.SPARED}
    assert (state(house), state(house, "video_2")) == ("taken_down", "released")


def test_only_what_was_proposed_is_confirmed_and_once(house: House, desk: TakedownDesk) -> None:
    batch = desk.propose([Touched("video_1")], WHY, SYSTEM)
    with pytest.raises(InvalidInput) as refused:
        desk.confirm(batch.id, STAFF, ["video_2"])
    assert refused.value.code == "takedown:batch:choice"
    with pytest.raises(InvalidInput):
        desk.confirm(batch.id, STAFF, [])
    desk.confirm(batch.id, STAFF)
    with pytest.raises(Conflict) as again:
        desk.confirm(batch.id, STAFF)
    assert again.value.code == "takedown:batch:state"
    assert state(house, "video_2") == "released"


def test_nobody_decides_about_their_own_video(house: House, desk: TakedownDesk) -> None:
    batch = desk.propose([Touched("video_1")], WHY, SYSTEM)
    for owner in (ADA, BEA):
        with pytest.raises(NotPermitted):
            desk.confirm(batch.id, owner)
    desk.confirm(batch.id, STAFF)
    with pytest.raises(NotPermitted):
        desk.restore(batch.id, ADA)
    assert state(house) == "taken_down"


def test_a_dismissed_batch_leaves_everything_as_it_is(house: House, desk: TakedownDesk) -> None:
    batch = desk.dismiss(desk.propose([Touched("video_1")], WHY, SYSTEM).id, STAFF)
    assert (batch.state, state(house)) == (BatchState.DISMISSED, "released")
    with pytest.raises(Conflict):
        desk.confirm(batch.id, STAFF)


def test_what_is_not_out_makes_no_batch(desk: TakedownDesk) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.take_down(["video_9"], WHY, STAFF)
    assert refused.value.code == "takedown:batch:nothing"
    with pytest.raises(InvalidInput) as many:
        desk.take_down([f"video_{number}" for number in range(MOST_RELEASES + 1)], WHY, STAFF)
    assert (many.value.code, many.value.limit) == ("takedown:batch:size", "1000 videos")
    with pytest.raises(NotFound):
        desk.batch("takedown_none")


# --- undoing


def test_undoing_brings_back_what_was_out_and_tells_its_owners(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1", "video_2"], WHY, STAFF)
    house.clock.advance(days=UNDO_DAYS, seconds=-1)
    undone = desk.restore(batch.id, STAFF, note="not his fox")
    assert (undone.state, undone.ended_by, undone.note) == (BatchState.UNDONE, STAFF, "not his fox")
    with house.desk.download(ADA, "video_1") as path:
        assert path.read_bytes() == FILE
    assert [told.payload["out"] for told in house.notices(BEA, "release:video:restored")] == [True]
    assert house.kinds().count("release:video:restored") == 2


def test_nothing_is_undone_after_thirty_days_to_the_second(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], WHY, STAFF)
    house.clock.advance(days=UNDO_DAYS)
    with pytest.raises(Conflict) as late:
        desk.restore(batch.id, STAFF)
    assert late.value.code == "takedown:batch:late"


def test_what_another_batch_holds_down_stays_down(house: House, desk: TakedownDesk) -> None:
    first = desk.take_down(["video_1"], WHY, STAFF)
    second = desk.take_down(["video_1"], TakedownCause("release:claim:touched", "claim_2"), STAFF)
    desk.restore(first.id, STAFF)
    assert state(house) == "taken_down"
    assert house.notices(ADA, "release:video:restored") == []
    desk.restore(second.id, STAFF)
    assert state(house) == "released"


def test_an_objection_holds_it_back_after_it_was_brought_back(house: House, desk: TakedownDesk) -> None:
    house.ownership.object(BEA, "video_1", "not like this")
    batch = desk.take_down(["video_1"], WHY, STAFF)
    assert state(house) == "taken_down"
    desk.restore(batch.id, STAFF)
    assert state(house) == "objected"
    assert [told.payload["out"] for told in house.notices(ADA, "release:video:restored")] == [False]


def test_a_withdrawal_wins_over_undoing(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1", "video_2"], WHY, STAFF)
    house.recall.take_back(
        house.recall.touched_by(Cause("consent:grant:revoked", case_ids=frozenset({"video_1"}))),
        Cause("consent:grant:revoked"),
    )
    undone = desk.restore(batch.id, STAFF)
    assert (state(house), state(house, "video_2")) == ("withdrawn", "released")
    assert item_states(desk, undone) == {"video_1": ItemState.OVERTAKEN, "video_2": ItemState.RESTORED}


def test_a_revocation_withdraws_what_is_taken_down(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    video = house.released("a picture of @ada", "acct_bob")
    desk = desk_of(house)
    batch = desk.take_down([video], WHY, STAFF)
    house.registry.revoke(grant.id, actor=ada.account_id)
    assert state(house, video) == "withdrawn"
    desk.restore(batch.id, STAFF)
    assert state(house, video) == "withdrawn"


# --- for good


def test_after_thirty_days_the_worker_withdraws_it_for_good(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], WHY, STAFF)
    house.clock.advance(days=UNDO_DAYS, seconds=-1)
    assert desk.sweep() == 0
    house.clock.advance(seconds=1)
    assert desk.sweep() == 1
    release = house.release("video_1")
    assert (release.status, release.withdrawn_reason) == ("withdrawn", "release:claim:touched")
    assert release.withdrawn_at == house.clock.now()
    assert desk.batch(batch.id).state is BatchState.FINAL
    assert desk.sweep() == 0
    assert len(house.notices(ADA, "release:video:withdrawn")) == 1


def test_a_batch_is_kept_as_long_as_something_is_undecided(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], WHY, STAFF)
    until = house.clock.now() + timedelta(days=60)
    assert desk.keep(batch.id, until).undo_until == until
    assert desk.keep(batch.id, until - timedelta(days=50)).undo_until == until
    house.clock.advance(days=59)
    assert desk.sweep() == 0
    desk.restore(batch.id, STAFF)
    assert state(house) == "released"


def test_what_a_notice_took_down_is_ended_by_the_notice_alone_whenever(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], TakedownCause("optout:notice:dmca", "ntc_1"), "system")
    house.clock.advance(days=UNDO_DAYS * 2)
    assert desk.sweep() == 0
    for deed in (desk.restore, lambda one, by: desk.spare(one, ["video_1"], by)):
        with pytest.raises(Conflict) as around:
            deed(batch.id, STAFF)
        assert around.value.code == "takedown:batch:of_notice"
    desk.restore(batch.id, STAFF, by_notice=True)
    assert state(house) == "released"


def test_what_is_spared_comes_out_and_with_the_last_of_it_the_batch_is_undone(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1", "video_2"], WHY, STAFF)
    assert desk.spare(batch.id, ["video_1"], STAFF).state is BatchState.TAKEN_DOWN
    assert (state(house), state(house, "video_2")) == ("released", "taken_down")
    with pytest.raises(Conflict):
        desk.spare(batch.id, ["video_1"], STAFF)
    with pytest.raises(NotPermitted):
        desk.spare(batch.id, ["video_2"], ADA)
    assert desk.spare(batch.id, ["video_2"], STAFF).state is BatchState.UNDONE
    assert house.kinds().count("release:batch:spared") == 2


def test_what_was_withdrawn_meanwhile_is_not_spared_and_keeps_nothing_else_down(
    house: House, desk: TakedownDesk
) -> None:
    batch = desk.take_down(["video_1", "video_2"], WHY, STAFF)
    house.ownership.withdraw(ADA, "video_1")
    assert desk.spare(batch.id, ["video_1", "video_2"], STAFF).state is BatchState.UNDONE
    assert item_states(desk, batch) == {"video_1": ItemState.OVERTAKEN, "video_2": ItemState.RESTORED}
    assert (state(house), state(house, "video_2")) == ("withdrawn", "released")


# --- what it is about does not stand any more


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("footing", [Footing.WAITS, Footing.ENDED])
def test_nothing_is_taken_down_for_what_does_not_stand_now(house: House, footing: Footing) -> None:
    touching = Touching(stands={"claim_1": footing})
    desk = desk_of(house, touching)
    batch = desk.propose([Touched("video_1")], WHY, SYSTEM)
    with pytest.raises(Conflict) as refused:
        desk.confirm(batch.id, STAFF)
    assert refused.value.code == "takedown:batch:groundless"
    assert (state(house), desk.batch(batch.id).state) == ("released", BatchState.PROPOSED)
    touching.stands.clear()
    desk.confirm(batch.id, STAFF)
    assert state(house) == "taken_down"


@pytest.mark.usefixtures("desk")
def test_what_was_proposed_for_what_ended_is_dismissed_by_itself_and_proposed_anew_once_it_stands(house: House) -> None:
    touching = Touching({"claim_1": [Touched("video_1")]})
    desk = desk_of(house, touching)
    batch = desk.look_for(WHY, SYSTEM)
    desk.search()
    touching.stands["claim_1"] = Footing.WAITS
    desk.sweep()
    assert desk.batch(batch.id).state is BatchState.PROPOSED, "staff have still to look at the claim"
    touching.stands["claim_1"] = Footing.ENDED
    desk.sweep()
    gone = desk.batch(batch.id)
    assert (gone.state, gone.ended_by, item_states(desk, gone)) == (
        BatchState.DISMISSED,
        SYSTEM,
        {"video_1": ItemState.LAPSED},
    )
    assert house.kinds()[-1] == "release:batch:lapsed"
    touching.stands.clear()
    again = desk.look_for(WHY, SYSTEM)
    desk.search()
    assert desk.batch(again.id).state is BatchState.PROPOSED


@pytest.mark.parametrize("footing", [Footing.WAITS, Footing.ENDED])
def test_what_is_down_for_what_does_not_stand_is_put_before_staff_and_never_final_meanwhile(
    house: House, desk: TakedownDesk, footing: Footing
) -> None:
    touching = Touching()
    desk = desk_of(house, touching)
    batch = desk.take_down(["video_1"], WHY, STAFF)
    other = desk.take_down(["video_2"], TakedownCause("release:claim:touched", "claim_2"), STAFF)
    desk.sweep()
    assert desk.page(groundless=True) == ([], False)
    touching.stands["claim_1"] = footing
    desk.sweep()
    assert [one.id for one in desk.page(groundless=True)[0]] == [batch.id]
    assert desk.batch(batch.id).groundless_since == house.clock.now()
    for _ in range(10):
        house.clock.advance(days=6)
        desk.sweep()
    assert (state(house), state(house, "video_2")) == ("taken_down", "withdrawn")
    assert desk.batch(other.id).state is BatchState.FINAL
    assert desk.restore(batch.id, STAFF).groundless_since is None
    assert state(house) == "released"


@pytest.mark.usefixtures("desk")
def test_what_is_down_goes_for_good_once_its_cause_stands_again(house: House) -> None:
    touching = Touching(stands={"claim_1": Footing.ENDED})
    desk = desk_of(house, touching)
    batch = desk.take_down(["video_1"], WHY, STAFF)
    house.clock.advance(days=UNDO_DAYS)
    desk.sweep()
    assert desk.batch(batch.id).groundless_since is not None
    touching.stands.clear()
    desk.sweep()
    assert (state(house), desk.batch(batch.id).groundless_since) == ("taken_down", None)
    house.clock.advance(days=7)
    desk.sweep()
    assert (state(house), desk.batch(batch.id).state) == ("withdrawn", BatchState.FINAL)


@pytest.mark.usefixtures("desk")
def test_the_watch_gets_round_to_every_batch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takedown_grounds, "_TOUR", 1)
    touching = Touching(stands={"claim_1": Footing.ENDED})
    desk = desk_of(house, touching)
    made = {desk.take_down([case_id], WHY, STAFF).id for case_id in ("video_1", "video_2")}
    for _ in made:
        desk.sweep()
    assert {one.id for one in desk.page(groundless=True)[0]} == made


def test_what_a_notice_took_down_needs_nothing_else_to_stand_on(house: House, desk: TakedownDesk) -> None:
    batch = desk.take_down(["video_1"], TakedownCause("optout:notice:dmca", "ntc_1"), "system")
    desk.sweep()
    assert desk.finalise(batch.id, STAFF).state is BatchState.FINAL
    assert state(house) == "withdrawn"


def test_nothing_is_looked_for_that_ended_nor_proposed_where_it_ended_meanwhile(
    house: House, desk: TakedownDesk
) -> None:
    touching = Touching({"claim_1": [Touched("video_1")]})
    desk = desk_of(house, touching)
    asked = desk.look_for(WHY, STAFF)
    touching.stands["claim_1"] = Footing.ENDED
    desk.search()
    assert desk.batch(asked.id).state is BatchState.NOTHING
    with pytest.raises(Conflict) as refused:
        desk.look_for(WHY, STAFF)
    assert refused.value.code == "takedown:batch:groundless"
    touching.stands["claim_1"] = Footing.WAITS
    again = desk.look_for(WHY, STAFF)
    desk.search()
    assert desk.batch(again.id).state is BatchState.PROPOSED, "staff may look before they activate it"


# --- searching


def test_a_search_proposes_what_a_claim_touches_and_is_out(house: House, desk: TakedownDesk) -> None:
    desk.take_down(["video_2"], WHY, STAFF)
    found = [Touched("video_1", "prompt", 0.9, "f0x"), Touched("video_2"), Touched("video_9")]
    searching = desk_of(house, Touching({"claim_7": found}))
    asked = searching.look_for(TakedownCause("release:claim:touched", "claim_7"), STAFF)
    assert searching.look_for(TakedownCause("release:claim:touched", "claim_7"), STAFF).id == asked.id
    assert searching.search() == 1
    batch = searching.batch(asked.id)
    assert batch.state is BatchState.PROPOSED
    assert [item.touched for item in searching.items(batch.id)] == [found[0]]
    assert searching.search() == 0


@pytest.mark.usefixtures("desk")
def test_what_staff_let_stay_is_not_proposed_again_and_leaves_room_for_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takedown_search, "MOST_RELEASES", 1)
    cause = TakedownCause("release:claim:touched", "claim_7")
    desk = desk_of(house, Touching({"claim_7": [Touched("video_1", "prompt", 0.9), Touched("video_2", "prompt", 0.8)]}))
    proposed = []
    for asker in (STAFF, STAFF, SYSTEM, STAFF):
        asked = desk.look_for(cause, asker)
        desk.search()
        proposed.append([item.touched.case_id for item in desk.items(asked.id)] if asker == STAFF else None)
        if asked.id in {batch.id for batch in desk.page(state=BatchState.PROPOSED)[0]}:
            desk.dismiss(asked.id, STAFF)
    assert proposed == [["video_1"], ["video_2"], None, []]


@pytest.mark.usefixtures("desk")
def test_claims_that_begin_later_are_searched_for_then(house: House) -> None:
    touching = Touching({"claim_1": [Touched("video_1")], "claim_2": [Touched("video_2")]}, {"claim_2"})
    desk, reason = desk_of(house, touching), "release:claim:touched"
    look_for_several(TakedownStore(house.database), house.clock, reason, ["claim_1", "claim_2"], SYSTEM)
    desk.search()
    assert [batch.cause.about for batch in desk.page(state=BatchState.PROPOSED)[0]] == ["claim_1"]
    desk.search()
    assert [batch.cause.about for batch in desk.page(state=BatchState.SEARCHING)[0]] == ["claim_2"]
    touching.later.clear()
    desk.search()
    assert {batch.cause.about for batch in desk.page(state=BatchState.PROPOSED)[0]} == {"claim_1", "claim_2"}


def test_a_search_that_finds_nothing_says_so(house: House) -> None:
    desk = desk_of(house)
    asked = desk.look_for(TakedownCause("release:claim:touched", "claim_7"), STAFF)
    desk.search()
    assert desk.batch(asked.id).state is BatchState.NOTHING
    assert house.kinds() == []


def test_a_search_that_nobody_asked_for_and_that_finds_nothing_leaves_nothing(house: House) -> None:
    desk = desk_of(house)
    desk.look_for(TakedownCause("release:claim:touched", "claim_7"), SYSTEM)
    assert desk.search() == 1
    assert desk.page() == ([], False)


def test_batches_are_listed_newest_first(desk: TakedownDesk) -> None:
    made = [desk.take_down([case_id], WHY, STAFF) for case_id in ("video_1", "video_2")]
    page, more = desk.page(limit=1)
    assert [one.id for one in page] == [max(one.id for one in made)]
    assert more
    assert [one.id for one in desk.of_cases(["video_1"])["video_1"]] == [made[0].id]
    assert desk.page(about="claim_9") == ([], False)


# --- every order of things

ACTS = st.sampled_from(["withdraw", "delete", "object", "lift"])


class Releases(RuleBasedStateMachine):
    """Whatever staff, owners and the claim do in whatever order."""

    house: House
    desk: TakedownDesk
    touching: Touching
    count = 0

    def __init__(self) -> None:
        super().__init__()
        Releases.count += 1
        self.case = f"video_{Releases.count}"
        bea = self.house.registry.subject_of(BEA)
        assert bea is not None
        shown = Appearing(bea.id, BEA, frozenset({"face"}))
        out(self.house.cases, self.house.releases, self.case, shown)
        self.batches: dict[str, bool] = {}
        self.proposed = ""
        self.withdrawn = False
        self.touching.stands.clear()

    @precondition(lambda self: not self.withdrawn)
    @rule()
    def take_down(self) -> None:
        self.batches[self.desk.take_down([self.case], WHY, STAFF).id] = True

    @rule(footing=st.sampled_from(Footing))
    def become(self, footing: Footing) -> None:
        """The claim is disputed, suspended, withdrawn or in effect again; a worker comes by."""
        self.touching.stands["claim_1"] = footing
        self.desk.sweep()
        if footing is Footing.ENDED:
            assert not self.proposed or self.desk.batch(self.proposed).state is BatchState.DISMISSED
            self.proposed = ""
        for batch, holds in self.batches.items():
            assert (self.desk.batch(batch).groundless_since is not None) == (holds and footing is not Footing.STANDS)

    @precondition(lambda self: not self.withdrawn and not self.proposed)
    @rule()
    def propose(self) -> None:
        self.proposed = self.desk.propose([Touched(self.case)], WHY, SYSTEM).id

    @precondition(lambda self: bool(self.proposed))
    @rule()
    def confirm(self) -> None:
        stands = self._stands()
        try:
            self.desk.confirm(self.proposed, STAFF)
        except Conflict:
            assert not stands or self.withdrawn
        else:
            assert stands
            assert not self.withdrawn
            self.batches[self.proposed], self.proposed = True, ""

    def _stands(self) -> bool:
        return self.touching.footing(["claim_1"])["claim_1"] is Footing.STANDS

    @precondition(lambda self: any(self.batches.values()))
    @rule(last=st.booleans())
    def undo(self, last: bool) -> None:
        held = [batch for batch, holds in self.batches.items() if holds]
        batch = held[-1 if last else 0]
        self.desk.restore(batch, STAFF)
        self.batches[batch] = False

    @precondition(lambda self: any(self.batches.values()))
    @rule()
    def finalise(self) -> None:
        batch = next(batch for batch, holds in self.batches.items() if holds)
        ended = self.desk.finalise(batch, SYSTEM).state is BatchState.FINAL
        assert ended == (self._stands() or self.withdrawn)
        if ended:
            self.batches[batch] = False
            self.withdrawn = True

    @rule(act=ACTS)
    def own(self, act: str) -> None:
        acts: Mapping[str, Callable[[], object]] = {
            "withdraw": lambda: self.house.ownership.withdraw(BEA, self.case),
            "object": lambda: self.house.ownership.object(BEA, self.case),
            "lift": lambda: self.house.ownership.lift(BEA, self.case),
            "delete": lambda: self.house.recall.take_back(
                self.house.recall.touched_by(Cause("consent:grant:revoked", case_ids=frozenset({self.case}))),
                Cause("consent:grant:revoked"),
            ),
        }
        try:
            acts[act]()
        except (Gone, Conflict, NotFound):
            return
        self.withdrawn |= act in {"withdraw", "delete"}

    @invariant()
    def nothing_is_served_that_anything_holds(self) -> None:
        release = self.house.release(self.case)
        if self.withdrawn:
            assert release.status == "withdrawn"
        elif any(self.batches.values()):
            assert release.status == "taken_down"
        else:
            assert release.status in {"released", "objected"}
        held = self.withdrawn or any(self.batches.values())
        for act in (Act.DOWNLOAD, Act.SHARE, Act.REMIX):
            for account in (ADA, BEA):
                entries = [owner for owner in release.owners if owner.account_id == account]
                assert not held or decide(act, entries, release.status) is not None  # type: ignore[arg-type] # as kept


def test_whatever_the_order_nothing_is_served_that_is_held_down(house: House) -> None:
    house.person("bea", enrolled=False)
    Releases.house, Releases.touching = house, Touching()
    Releases.desk = desk_of(house, Releases.touching)
    run_state_machine_as_test(
        Releases,
        settings=settings(
            max_examples=20,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        ),
    )
