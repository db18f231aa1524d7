"""Claims and the past: dry runs, the guard against floods, and what was released before a claim took effect."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from sqlmodel import select

from consent_registry.adapters.lexicon import Lexicon
from copyright_optout.api import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    ClaimTraces,
    Concern,
    FloodLimits,
    Footage,
    Licence,
    OptOutIndex,
    OptOutParts,
    Outcome,
    PastParts,
    Setting,
    Stops,
    Tally,
)
from copyright_optout.domain.rehearsals import RehearsalState
from copyright_optout.service import rehearsing
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseRehearsals
from copyright_optout.tables import OptOutRehearsalRow
from generator_gateway.errors import GatewayReason
from generator_gateway.ports.bindings import Prints
from generator_gateway.ports.takedowns import BatchState, Footing, TakedownCause, Touched
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.service.touching import ReleaseTouches
from generator_gateway.store.past import PastStore
from placet.wiring.rehearsing import LooksBack, PastCases
from tests.factories.cases import a_request
from tests.factories.claims import filing
from tests.factories.databases import postgres, sqlite
from tests.factories.ownership import ADA, out
from tests.factories.references import melody, picture
from tests.fakes.gateway import SeeingOptOuts
from tests.fakes.optout import look_at, optout_parts
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_lineage import statements
from tests.unit.generator_gateway.test_takedowns import desk_of
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sound_prints import sound_prints
from trust_kernel.media.sound_search import KEPT_EVERY

FOX = ClaimTerms(ClaimKind.CHARACTER, "Fennimore Fox", ("Fenni",))
LIMITS = FloodLimits(share=0.2, least=10, days=7)


@dataclass
class Past:
    """A gateway, its claims, and how they look at its past."""

    house: House
    optouts: OptOutIndex
    touches: ReleaseTouches
    desk: TakedownDesk
    parts: OptOutParts

    def asked(self, *prompts: str, account_id: str = ADA) -> list[str]:
        """Requests with these prompts, made now."""
        made = []
        for prompt in prompts:
            self.house.clock.advance(seconds=1)
            Past.count += 1
            made.append(f"video_{Past.count:06}")
            self.house.cases.accept(replace(a_request(made[-1], account_id), prompt=prompt))
        return made

    count = 0

    def claim(self, says: ClaimTerms = FOX, **more: object) -> str:
        return self.optouts.desk.file(filing(self.optouts, says, **more)).id  # type: ignore[arg-type] # by name

    def tally(self, claim_id: str, days: int = 7) -> Tally:
        assert self.optouts.rehearsals is not None
        made = self.optouts.rehearsals.ask(self.optouts.claim(claim_id), days, by="acct_a")
        assert made.tally is not None
        return made.tally

    def released(
        self, prompt: str, pictures: tuple[str, ...] = (), digest: str = "", sound: tuple[int, ...] = ()
    ) -> str:
        """A video that is out, made of a prompt, with these fingerprints."""
        Past.count += 1
        case_id = f"video_{Past.count:06}"
        out(self.house.cases, self.house.releases, case_id, prompt=prompt, media_digest=digest or case_id)
        self.house.bindings.register(case_id, Prints(pictures=pictures, sound=sound), "")
        return case_id


def past_of(database: Database, directory: Path) -> Past:
    house = House(database, directory)
    parts = replace(
        optout_parts(DatabaseClaims(database), DatabaseOrganisations(database), clock=house.clock, outbox=house.outbox),
        past=PastParts(
            PastCases(PastStore(database), Lexicon.shipped()),
            DatabaseRehearsals(database),
            LIMITS,
            LooksBack(house),  # type: ignore[arg-type] # it has what is needed of a kernel
        ),
    )
    optouts = OptOutIndex(parts)
    house = House(database, directory, clock=house.clock, optouts=cast("SeeingOptOuts", optouts))
    touches = ReleaseTouches(optouts, PastStore(database), house.bindings, house.registry)
    optouts.organisations.found("Foxworks", "acct_a")
    return Past(house, optouts, touches, desk_of(house, touches), parts)  # type: ignore[arg-type] # the real one


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with sqlite(tmp_path) as database:
        yield past_of(database, tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def any_past(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Past]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as database:
        yield past_of(database, tmp_path)


# --- dry runs


def test_a_dry_run_counts_what_a_claim_would_have_stopped_and_shows_no_more_than_its_words(any_past: Past) -> None:
    any_past.asked("a quiet harbour", "Fennimore Fox waves at Ada Lovelace", "fennimore f0x", "Fenimore Foks at sea")
    claim = any_past.claim()
    tally = any_past.tally(claim)
    assert tally.requests == 4
    assert tally.counts == {Outcome.DENIED: 2, Outcome.HELD: 1}
    assert tally.stopped == 3
    words = {example.words: example for example in tally.examples}
    assert set(words) == {"Fennimore Fox", "fennimore f0x", "Fenimore Foks"}
    assert "leetspeak" in words["fennimore f0x"].transformations


def test_it_is_counted_by_day(any_past: Past) -> None:
    any_past.asked("Fennimore Fox", "Fennimore Fox again")
    any_past.house.clock.advance(days=2)
    any_past.asked("Fennimore Fox a third time")
    today = any_past.house.clock.now().date()
    tally = any_past.tally(any_past.claim())
    assert tally.days == [(today - timedelta(days=2), {Outcome.DENIED: 2}), (today, {Outcome.DENIED: 1})]


def test_it_looks_back_so_many_days_and_no_further(any_past: Past) -> None:
    any_past.asked("Fennimore Fox")
    any_past.house.clock.advance(days=3)
    claim = any_past.claim()
    assert any_past.tally(claim, days=3).requests == 1
    any_past.house.clock.advance(seconds=1)
    assert any_past.tally(claim, days=3).requests == 0


@pytest.mark.parametrize("days", [0, 91])
def test_it_looks_back_ninety_days_at_most(past: Past, days: int) -> None:
    assert past.optouts.rehearsals is not None
    with pytest.raises(InvalidInput) as refused:
        past.optouts.rehearsals.ask(past.optouts.claim(past.claim()), days, by="acct_a")
    assert (refused.value.code, refused.value.field) == ("optout:rehearsal:days", "days")


def test_what_is_left_open_is_told_apart(past: Past) -> None:
    past.asked("Fennimore Fox with a gun", "Fennimore Fox at sea")
    says = replace(FOX, blocks=Blocks(frozenset({Setting.VIOLENT, Setting.WEAPONS})))
    assert past.tally(past.claim(says)).counts == {Outcome.DENIED: 1, Outcome.LEFT_OPEN: 1}


def test_a_licence_for_somebody_does_not_tell_whether_they_asked(past: Past) -> None:
    past.asked("Fennimore Fox", account_id="acct_lic")
    past.asked("Fennimore Fox", account_id="acct_a")
    licensed = past.tally(past.claim(replace(FOX, licences=(Licence("acct_lic"),))))
    assert licensed == past.tally(past.claim())
    assert licensed.counts == {Outcome.DENIED: 2}


def test_a_picture_is_found_in_what_was_released_however_it_was_flipped(past: Past) -> None:
    drawn = picture(1)
    bits = past.optouts.fingerprints(look_at(np.asarray(drawn[:, ::-1])))
    past.released("a cat", bits)
    past.released("a dog", past.optouts.fingerprints(look_at(picture(2))))
    tally = past.tally(past.claim(pictures=[drawn]))
    (example,) = tally.examples
    assert (tally.counts, example.found_by, example.words) == ({Outcome.DENIED: 1}, "picture", "")


def test_many_requests_are_for_the_worker(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "AT_ONCE", 1)
    past.asked("Fennimore Fox", "a harbour")
    claim = past.claim()
    assert past.optouts.rehearsals is not None
    asked = past.optouts.rehearsals.ask(past.optouts.claim(claim), 7, by="acct_a")
    assert (asked.state, asked.tally) == (RehearsalState.WAITING, None)
    with pytest.raises(Conflict) as refused:
        past.optouts.rehearsals.ask(past.optouts.claim(claim), 90, by="acct_a")
    assert refused.value.code == "optout:rehearsal:waits"
    past.optouts.rehearse()
    done = past.optouts.rehearsals.latest(claim)
    assert done is not None
    assert done.tally is not None
    assert (done.id, done.state, done.tally.stopped) == (asked.id, RehearsalState.DONE, 1)


def test_of_a_claims_dry_runs_the_last_is_kept_and_that_not_for_ever(past: Past) -> None:
    claim = past.claim()
    past.asked("Fennimore Fox")
    assert past.tally(claim).stopped == 1
    past.asked("Fennimore Fox")
    assert past.tally(claim).stopped == 2
    with past.house.database.reading() as session:
        assert len(session.exec(select(OptOutRehearsalRow)).all()) == 1
    past.house.clock.advance(days=91)
    past.optouts.rehearse()
    assert past.optouts.rehearsals is not None
    assert past.optouts.rehearsals.latest(claim) is None


# --- floods


def test_a_claim_that_would_stop_too_much_is_quarantined_and_people_are_told(past: Past) -> None:
    past.asked(*["Fennimore Fox"] * 3, *["a harbour"] * 9)
    claim = past.claim()
    assert past.optouts.desk.activate(claim, actor="acct_s").state is ClaimState.QUARANTINED
    (concern,) = past.optouts.concerns([claim])[claim]
    assert (concern.concern, concern.about) == (Concern.FLOOD, "25.0")
    (told,) = past.house.notices("acct_s", "optout:claim:flooded")
    assert told.payload["percent"] == "25.0"
    assert len(past.house.notices("acct_a", "optout:claim:quarantined")) == 1
    assert past.optouts.named("Fennimore Fox") == ()


def test_staff_may_activate_it_despite_that(past: Past) -> None:
    past.asked(*["Fennimore Fox"] * 3, *["a harbour"] * 9)
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    done = past.optouts.desk.activate(claim, actor="acct_s", despite=[Concern.FLOOD])
    assert done.state is ClaimState.ACTIVE


def test_few_requests_or_a_small_share_say_nothing(past: Past) -> None:
    past.asked(*["Fennimore Fox"] * 9)
    assert past.optouts.desk.activate(past.claim(), actor="acct_s").state is ClaimState.ACTIVE
    past.asked(*["a harbour"] * 40)
    other = past.claim(replace(FOX, names=()))
    assert past.optouts.desk.activate(other, actor="acct_s", despite=[Concern.DUPLICATE]).state is ClaimState.ACTIVE


def test_licensed_requests_flood_nothing(past: Past) -> None:
    past.asked(*["Fennimore Fox"] * 12, account_id="acct_lic")
    claim = past.claim(replace(FOX, licences=(Licence("acct_lic"),)))
    assert past.optouts.desk.activate(claim, actor="acct_s").state is ClaimState.ACTIVE


def run(past: Past, *prompts: str) -> list[str]:
    """Real requests, judged by the real gates."""
    ended = []
    for prompt in prompts:
        case = past.house.submit(prompt)
        past.house.runner.run(case.id)
        ended.append(past.house.cases.get(case.id).status)
    return ended


def test_a_claim_that_suddenly_stops_too_much_is_quarantined(past: Past) -> None:
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    assert run(past, *["Fennimore Fox"] * 3) == ["failed"] * 3
    past.optouts.guard()
    assert past.optouts.claim(claim).state is ClaimState.ACTIVE, "three requests say nothing"
    run(past, *["a quiet harbour"] * 8)
    past.house.clock.advance(minutes=2)
    past.optouts.guard()
    assert past.optouts.claim(claim).state is ClaimState.QUARANTINED
    assert run(past, "Fennimore Fox") == ["completed"]


def test_nobody_takes_a_claim_out_of_effect_by_asking_for_it_again_and_again(past: Past) -> None:
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    past.asked(*["a quiet harbour"] * 8, account_id="acct_other")
    run(past, *["Fennimore Fox"] * 9)
    past.optouts.guard()
    assert past.optouts.claim(claim).state is ClaimState.ACTIVE


def test_what_claims_stop_is_counted_once_a_request_without_reading_a_decision_and_kept_for_a_day(past: Past) -> None:
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    case = past.house.submit("Fennimore Fox")
    past.house.runner.run(case.id)
    (decision,) = past.house.cases.decisions(case.id)
    past.house.cases.save_decision(case.id, replace(decision, id="dec_again"))
    begun = past.house.clock.now() - timedelta(hours=1)
    store = PastStore(past.house.database)
    with statements(past.house) as asked:
        assert store.stopped(begun) == Stops({ADA: 1}, {claim: {ADA: 1}})
    assert not any("decisions" in one for one in asked)
    assert store.stopped(past.house.clock.now() + timedelta(seconds=1)) == Stops({}, {})
    past.house.clock.advance(hours=23)
    past.optouts.guard()
    assert store.stopped(begun).by_claim
    past.house.clock.advance(hours=2)
    past.optouts.guard()
    assert store.stopped(begun).by_claim == {}


STOPS = {"acct_a": 30, "acct_b": 30, "acct_c": 30}


@pytest.mark.parametrize(
    ("stopped", "others", "too_many"),
    [
        (STOPS, {"acct_d": 100}, True),
        ({"acct_a": 30, "acct_b": 30}, {"acct_d": 100}, False),  # two who know each other
        ({"acct_a": 88, "acct_b": 1, "acct_c": 1}, {"acct_d": 100}, False),  # one, and two more for the look of it
        (STOPS, {f"acct_{number}": 1 for number in range(100)}, False),  # three of a hundred accounts
        ({"acct_a": 30}, {}, True),  # a site that has one account asks for everybody
    ],
)
def test_a_claim_stops_too_much_where_many_are_stopped(
    stopped: dict[str, int], others: dict[str, int], *, too_many: bool
) -> None:
    stops = Stops(stopped | others, {"claim_1": stopped})
    assert (stops.too_many("claim_1", LIMITS) is not None) is too_many


def test_what_staff_accepted_is_left_alone_until_it_doubles(past: Past) -> None:
    past.asked(*["Fennimore Fox"] * 3, *["a harbour"] * 9)
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    past.optouts.desk.activate(claim, actor="acct_s", despite=[Concern.FLOOD])
    past.house.clock.advance(days=2)
    run(past, *["Fennimore Fox"] * 4, *["a quiet harbour"] * 8)
    past.optouts.guard()
    assert past.optouts.claim(claim).state is ClaimState.ACTIVE
    run(past, *["Fennimore Fox"] * 12)
    past.house.clock.advance(minutes=20)
    past.optouts.guard()
    assert past.optouts.claim(claim).state is ClaimState.QUARANTINED


# --- what was released before


def test_an_activated_claim_has_what_it_touches_proposed(any_past: Past) -> None:
    past = any_past
    named = past.released("fenn1more fox dances")
    drawn = picture(3)
    shown = past.released("a cat", past.optouts.fingerprints(look_at(np.asarray(drawn[::-1]))))
    past.released("a quiet harbour", past.optouts.fingerprints(look_at(picture(4))))
    claim = past.claim(pictures=[drawn])
    past.optouts.desk.activate(claim, actor="acct_s")
    (searching,), _ = past.desk.page(about=claim)
    assert searching.state is BatchState.SEARCHING
    assert past.desk.search() == 1
    batch = past.desk.batch(searching.id)
    assert (batch.state, batch.found, batch.cause.title) == (BatchState.PROPOSED, 2, "Fennimore Fox")
    found = {item.touched.case_id: item.touched for item in past.desk.items(batch.id)}
    assert set(found) == {named, shown}
    assert (found[named].found_by, found[named].what) == ("prompt", "fenn1more fox")
    assert found[shown].found_by == "picture"
    past.desk.confirm(batch.id, "acct_s")
    assert past.house.release(named).status == "taken_down"


def test_a_batch_follows_its_claim(any_past: Past) -> None:
    past = any_past
    down, proposed = past.released("Fennimore Fox dances"), past.released("Fennimore Fox sings")
    claim = past.claim()
    past.optouts.desk.activate(claim, actor="acct_s")
    past.desk.search()
    (batch,), _ = past.desk.page(about=claim)
    past.desk.confirm(batch.id, "acct_s", [down])
    cause = TakedownCause(GatewayReason.TAKEN_DOWN_FOR_CLAIM, claim)
    second = past.desk.propose([Touched(proposed)], cause, "acct_s")
    past.optouts.desk.move(claim, ClaimState.DISPUTED, actor="acct_s")
    with pytest.raises(Conflict):
        past.desk.confirm(second.id, "acct_s")
    past.house.clock.advance(days=31)
    past.desk.sweep()
    assert (past.desk.batch(second.id).state, past.house.release(down).status) == (BatchState.DISMISSED, "taken_down")
    assert [one.id for one in past.desk.page(groundless=True)[0]] == [batch.id]
    past.optouts.desk.activate(claim, actor="acct_s")
    past.desk.sweep()
    assert past.desk.page(groundless=True) == ([], False)
    past.optouts.desk.move(claim, ClaimState.WITHDRAWN, actor="acct_a")
    past.desk.restore(batch.id, "acct_s")
    assert past.house.release(down).status == "released"


def test_where_a_claim_stands_is_told_to_the_second(past: Past) -> None:
    now = past.house.clock.now()
    later = past.claim(replace(FOX, starts_at=now + timedelta(days=1), expires_at=now + timedelta(days=2)))

    def stands() -> Footing:
        return past.touches.footing([later])[later]

    assert stands() is Footing.WAITS, "nobody has looked at it"
    past.optouts.desk.activate(later, actor="acct_s")
    found = []
    for _ in range(3):
        found.append((stands(), past.touches.waiting([later]) == {later}))
        past.house.clock.advance(days=1)
    assert found == [(Footing.WAITS, True), (Footing.STANDS, False), (Footing.ENDED, False)]
    assert past.touches.footing(["claim_none"]) == {"claim_none": Footing.ENDED}


def test_a_claim_that_was_withdrawn_before_it_began_is_not_waited_for(past: Past) -> None:
    past.released("Fennimore Fox dances")
    claim = past.claim(replace(FOX, starts_at=past.house.clock.now() + timedelta(days=1)))
    past.optouts.desk.activate(claim, actor="acct_s")
    past.optouts.desk.move(claim, ClaimState.WITHDRAWN, actor="acct_a")
    past.desk.search()
    assert past.desk.page(about=claim) == ([], False)


def test_what_a_claim_permits_is_not_touched(past: Past) -> None:
    past.released("Fennimore Fox")
    claim = past.claim(replace(FOX, licences=(Licence(ADA),)))
    assert past.touches.by_claims([claim]) == {claim: []}


class _Referenced(OptOutIndex):
    """A claim with reference media, as they are kept of it."""

    def __init__(self, parts: OptOutParts, traces: ClaimTraces) -> None:
        super().__init__(parts)
        self._traces = traces

    def traces(self, claim: Claim) -> ClaimTraces:
        del claim
        return self._traces


def touched_by(past: Past, traces: ClaimTraces) -> dict[str, str]:
    """How each release is touched by a claim with these reference media."""
    optouts = _Referenced(past.parts, traces)
    store = PastStore(past.house.database)
    touches = ReleaseTouches(optouts, store, past.house.bindings, past.house.registry)
    claim = past.claim()
    return {one.case_id: one.found_by for one in touches.by_claims([claim])[claim]}


def words_of(*hashes: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    return np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").reshape(-1, 4).astype(np.uint64)


def test_a_copy_of_a_claimed_video_is_found_and_one_shared_picture_is_not_enough(past: Past) -> None:
    bits = [past.optouts.fingerprints(look_at(picture(seed)))[0] for seed in range(20, 26)]
    others = [past.optouts.fingerprints(look_at(picture(seed)))[0] for seed in range(40, 46)]
    copy = past.released("a cat", tuple(bits[:4]))
    past.released("a dog", (bits[0], *others[:5]))
    film = Footage(words_of(*bits), np.arange(6, dtype=np.float64))
    assert touched_by(past, ClaimTraces(words_of(), (film,))) == {copy: "video"}


@pytest.mark.parametrize("lead", [0.0, 0.05, 1.5])
def test_a_claimed_sound_is_found_in_what_was_released_by_what_is_kept_of_both(past: Past, lead: float) -> None:
    played = melody(7, 20.0)
    before = melody(9, 5.0)[: round(lead * SAMPLE_RATE)]
    song = past.released("a song", sound=tuple(sound_prints(np.concatenate([before, played])).tolist()))
    past.released("another", sound=tuple(sound_prints(melody(3, 20.0)).tolist()))
    kept = sound_prints(played)[::KEPT_EVERY]
    assert touched_by(past, ClaimTraces(words_of(), (), (kept,))) == {song: "sound"}


def test_closing_everything_has_what_was_left_open_proposed(past: Past) -> None:
    says = replace(FOX, blocks=Blocks(frozenset({Setting.VIOLENT})))
    claim = past.claim(says)
    past.optouts.desk.activate(claim, actor="acct_s")
    case_id = past.released("Fennimore Fox at sea")
    past.desk.search()
    assert not past.desk.page(about=claim)[0]
    (seat,) = past.optouts.organisations.seats("acct_a")
    past.optouts.organisations.change(seat.organisation.id, "acct_a", only_licensed=True)
    past.desk.search()
    (batch,), _ = past.desk.page(about=claim)
    assert batch.state is BatchState.PROPOSED
    assert [item.touched.case_id for item in past.desk.items(batch.id)] == [case_id]
