"""Who comes later is found in what went out before, by itself; a person decides what becomes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from consent_registry.api import Subject
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import AppearanceState
from generator_gateway.service.tracing import AppearanceDesk, Tracer
from generator_gateway.store import AppearanceStore
from generator_gateway.tables import AppearanceRow
from likeness_guard.api import Band
from tests.fakes.tracing import Surely, There
from tests.unit.generator_gateway.conftest import FACE, House
from trust_kernel.errors import Broken, Conflict, NotFound, NotPermitted, PlacetError, Unavailable

OPEN, DISPUTED, WITHDRAWN, DISMISSED = AppearanceState
ENTRY = "blk_1"
STAFF = "acct_staff"


class Tracing:
    """A house whose releases are searched."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.shelf = AppearanceStore(house.database)
        self.tracer = Tracer(
            house.database, house.clock, house.finder, self.shelf, house.registry, house.ledger, house.outbox
        )
        self.desk = AppearanceDesk(
            house.database,
            house.clock,
            self.shelf,
            house.cases,
            house.registry,
            house.recall,
            house.ledger,
            house.outbox,
            {ENTRY: "Bonnie Prince"}.get,
        )

    def sweep(self, owner: str, cause: str = "enrolled") -> int:
        """Look for somebody now."""
        self.house.finder.look_for(owner, cause)
        return self.tracer.sweep()

    def rows(self) -> list[AppearanceRow]:
        with self.house.database.reading() as session:
            return list(session.exec(select(AppearanceRow).order_by(AppearanceRow.id)))

    def found(self, owner: str) -> list[tuple[str, str]]:
        """Cases and modalities in which somebody was found."""
        return [(row.case_id, row.modality) for row in self.rows() if row.owner == owner]

    def one(self, name: str = "bea") -> tuple[Subject, str]:
        """A person who was found in a release; and the appearance's id."""
        person, case_id = self.house.person(name), self.house.released()
        self.house.finder.shows(person.id, There(case_id))
        self.sweep(person.id)
        return person, next(row.id for row in self.rows() if row.owner == person.id)

    def told(self, account_id: str) -> list[str]:
        return [event.type for event in self.house.notices(account_id) if ":appearance:" in event.type]

    def due(self) -> int:
        return len(self.house.finder.searches_due(100))


@pytest.fixture
def tracing(house: House) -> Tracing:
    return Tracing(house)


@pytest.fixture
def any_tracing(any_house: House) -> Tracing:
    return Tracing(any_house)


# --- searching


def test_somebody_enrolled_later_is_found_in_what_went_out_before(any_tracing: Tracing) -> None:
    house = any_tracing.house
    case_id = house.released()
    bea = house.person("bea")
    house.finder.shows(bea.id, There(case_id, judgement=Surely(Band.UNSURE, 0.61, 0.4, 0.02)))
    assert any_tracing.sweep(bea.id) == 1
    (row,) = any_tracing.rows()
    assert (row.owner, row.case_id, row.modality, row.state, row.cause) == (bea.id, case_id, "face", "open", "enrolled")
    assert (row.band, row.score, row.probability, row.fpir) == ("unsure", 0.61, 0.4, 0.02)
    assert any_tracing.due() == 0
    assert any_tracing.tracer.sweep() == 0


def test_the_person_is_told_once_for_a_search_and_neither_scores_nor_videos(tracing: Tracing) -> None:
    house, bea = tracing.house, tracing.house.person("bea")
    cases = [house.released(), house.released()]
    house.finder.shows(bea.id, There(cases[0]), There(cases[0], "voice"), There(cases[1]))
    tracing.sweep(bea.id)
    (told,) = house.notices(bea.account_id, "likeness:appearance:found")
    assert told.payload == {"count": 3, "cause": "enrolled"}
    tracing.sweep(bea.id, "revoked")
    assert len(house.notices(bea.account_id, "likeness:appearance:found")) == 1, "nothing new, nothing to tell"


def test_the_ledger_says_that_a_search_was_done_and_of_whom_nothing(tracing: Tracing) -> None:
    bea, _ = tracing.one()
    entries = tracing.house.ledger.entries(0, tracing.house.ledger.size())
    (entry,) = [entry for entry in entries if entry.kind == "likeness:search:done"]
    assert b'"found":1' in entry.leaf
    assert b'"cause":"enrolled"' in entry.leaf
    assert bea.id.encode() not in entry.leaf
    assert b"score" not in entry.leaf


def test_a_blocked_person_is_found_and_staff_see_who_it_is(tracing: Tracing) -> None:
    house = tracing.house
    case_id = house.released()
    house.finder.shows(ENTRY, There(case_id))
    tracing.sweep(ENTRY, "blocked")
    (one,), more = tracing.desk.page(state=OPEN, owner=None, after=None, limit=10)
    assert (one.found.owner, one.found.case_id, more) == (ENTRY, case_id, False)
    assert tracing.desk.name(one) == "Bonnie Prince"
    assert tracing.told("acct_ada") == [], "whoever made it learns of it when it is taken back"


def test_whoever_takes_a_consent_back_is_looked_for_in_what_was_made_without_any(any_tracing: Tracing) -> None:
    house = any_tracing.house
    bea = house.person("bea")
    grant = house.give(bea)
    granted, other = house.released("@bea waves", "acct_cyd"), house.released()
    house.finder.shows(bea.id, There(granted), There(other))
    house.registry.revoke(grant.id, actor=bea.account_id)
    assert [search.cause for search in house.finder.searches_due(10)] == ["revoked"]
    any_tracing.tracer.sweep()
    assert any_tracing.found(bea.id) == [(other, "face")], "the granted one is withdrawn already"


def test_a_revocation_that_is_undone_looks_for_nobody(tracing: Tracing) -> None:
    house = tracing.house
    bea = house.person("bea")
    grant = house.give(bea)

    def revoke_and_fail() -> None:
        with house.database.transaction():
            house.registry.revoke(grant.id, actor=bea.account_id)
            raise Conflict("undone")

    with pytest.raises(Conflict):
        revoke_and_fail()
    assert tracing.due() == 0


def test_somebody_who_is_forgotten_is_looked_for_no_more(tracing: Tracing) -> None:
    house = tracing.house
    bea, case_id = house.person("bea"), house.released()
    house.finder.shows(bea.id, There(case_id))
    house.finder.look_for(bea.id, "enrolled")
    house.registry.forget(bea.id, actor=bea.account_id)
    assert tracing.tracer.sweep() == 1
    assert (tracing.rows(), tracing.due(), house.finder.looked) == ([], 0, [])


def test_tracks_that_show_a_subject_become_theirs_and_those_of_a_blocked_person_do_not(tracing: Tracing) -> None:
    bea, _ = tracing.one()
    tracing.sweep(ENTRY, "blocked")
    assert tracing.house.finder.adopted == [bea.id]


def test_an_entry_without_templates_is_struck_off(tracing: Tracing) -> None:
    tracing.house.finder.failing[ENTRY] = NotFound("shredded", code="kernel:key:shredded")
    assert tracing.sweep(ENTRY, "blocked") == 1
    assert tracing.due() == 0


def test_a_known_co_owner_is_not_reported_but_for_what_they_did_not_grant(tracing: Tracing) -> None:
    house = tracing.house
    bea = house.person("bea")
    house.give(bea, modalities=FACE)
    case_id = house.released("@bea waves", "acct_cyd")
    (owner,) = [owner for owner in house.release(case_id).owners if owner.subject_id]
    assert owner.modalities == ("face",)
    house.finder.shows(bea.id, There(case_id, "face"), There(case_id, "voice"))
    tracing.sweep(bea.id)
    assert tracing.found(bea.id) == [(case_id, "voice")]


def test_whoever_made_a_video_is_not_told_that_they_are_in_it(tracing: Tracing) -> None:
    house = tracing.house
    case_id = house.released(account_id="acct_bea")
    bea = house.person("bea")
    house.finder.shows(bea.id, There(case_id))
    tracing.sweep(bea.id)
    assert tracing.rows() == []


def test_what_was_withdrawn_deleted_or_never_released_is_not_reported(tracing: Tracing) -> None:
    house = tracing.house
    bea = house.person("bea")
    grant = house.give(bea)
    withdrawn, deleted = house.released("@bea waves", "acct_cyd"), house.released()
    house.registry.revoke(grant.id, actor=bea.account_id)
    house.desk.delete("acct_ada", deleted)
    waiting = house.submit()
    house.desk.delete("acct_ada", waiting.id)
    house.finder.shows("subj_x", There("video_none"))
    house.finder.shows(bea.id, *(There(case_id) for case_id in (withdrawn, deleted, waiting.id, "video_none")))
    tracing.sweep(bea.id)
    assert tracing.rows() == []


def test_what_was_looked_at_before_and_is_released_a_moment_later_is_found_too(tracing: Tracing) -> None:
    house = tracing.house
    running = house.submit()
    bea = house.person("bea")
    house.finder.shows(bea.id, There(running.id))
    assert tracing.sweep(bea.id) == 1
    assert (tracing.rows(), tracing.due()) == ([], 1)
    house.ended(running)
    assert tracing.tracer.sweep() == 1
    assert (tracing.found(bea.id), tracing.due()) == ([(running.id, "face")], 0)


def test_an_outage_leaves_a_search_due_and_the_others_go_on(tracing: Tracing) -> None:
    house = tracing.house
    bea, dot, case_id = house.person("bea"), house.person("dot"), house.released()
    failures: list[PlacetError] = [Unavailable("no index"), Broken("a template has the wrong length")]
    for person in (bea, dot):
        house.finder.shows(person.id, There(case_id))
        house.finder.look_for(person.id, "enrolled")
        house.clock.advance(seconds=1)
    for failure in failures:
        house.finder.failing[bea.id] = failure
        tracing.tracer.sweep()
    assert (tracing.found(bea.id), tracing.found(dot.id)) == ([], [(case_id, "face")])
    house.finder.failing.clear()
    assert tracing.tracer.sweep() == 1
    assert (tracing.found(bea.id), tracing.due()) == ([(case_id, "face")], 0)


def test_of_two_workers_at_one_search_only_one_writes(any_tracing: Tracing) -> None:
    house = any_tracing.house
    bea, case_id = house.person("bea"), house.released()
    house.finder.shows(bea.id, There(case_id))
    house.finder.look_for(bea.id, "enrolled")

    def overtaken() -> None:
        house.finder.while_looking = lambda: None
        with ThreadPoolExecutor(1) as other:
            assert other.submit(any_tracing.tracer.sweep).result() == 1

    house.finder.while_looking = overtaken
    assert any_tracing.tracer.sweep() == 0
    assert any_tracing.found(bea.id) == [(case_id, "face")]
    assert any_tracing.told(bea.account_id) == ["likeness:appearance:found"]
    assert house.kinds().count("likeness:search:done") == 1


def test_two_searches_for_one_person_at_once_keep_one_appearance(any_tracing: Tracing) -> None:
    house = any_tracing.house
    bea, case_id = house.person("bea"), house.released()
    house.finder.shows(bea.id, There(case_id))
    for cause in ("enrolled", "revoked", "enrolled", "revoked"):
        house.finder.look_for(bea.id, cause)
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(Context().run, any_tracing.tracer.sweep) for _ in range(4)]
    assert sum(one.result() for one in done) == 4
    assert any_tracing.found(bea.id) == [(case_id, "face")]
    assert any_tracing.told(bea.account_id) == ["likeness:appearance:found"]


def test_a_later_search_brings_the_figures_up_to_date(tracing: Tracing) -> None:
    bea, _ = tracing.one()
    finder = tracing.house.finder
    (there,) = finder.places[bea.id]
    finder.places[bea.id] = [There(there.case_id, judgement=Surely(Band.UNSURE, 0.6, 0.5, 0.03))]
    tracing.sweep(bea.id, "revoked")
    (row,) = tracing.rows()
    assert (row.band, row.score, row.probability, row.fpir, row.cause) == ("unsure", 0.6, 0.5, 0.03, "revoked")


def test_what_staff_let_stay_is_not_opened_again(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    tracing.desk.decide(identity, STAFF, DISMISSED, "a twin")
    tracing.sweep(bea.id, "revoked")
    (row,) = tracing.rows()
    assert (row.id, row.state, row.cause, row.note) == (identity, "dismissed", "enrolled", "a twin")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["release", "delete", "refuse", "leave"]), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_no_appearance_ever_names_a_case_that_never_went_out(tracing: Tracing, steps: list[tuple[str, bool]]) -> None:
    house = tracing.house
    owner = f"blk_{len(house.finder.places)}"
    out: set[str] = set()
    for step, look in steps:
        case = house.submit()
        house.finder.shows(owner, There(case.id), There(case.id, "voice"))
        if step in {"release", "delete"}:
            house.ended(case)
        if step == "release":
            out.add(case.id)
        if step in {"delete", "refuse"}:
            house.desk.delete("acct_ada", case.id)
        if look:
            tracing.sweep(owner, "blocked")
    tracing.sweep(owner, "blocked")
    named = {case_id for case_id, _ in tracing.found(owner)}
    assert all(house.releases.find(case_id) is not None for case_id in named)
    assert out <= named
    while tracing.due():  # cases of this round that still run keep their search due
        for case_id in house.leases.abandoned():
            house.desk.delete("acct_ada", case_id)
        tracing.tracer.sweep()


# --- deciding


def test_staff_take_a_release_back_and_everybody_concerned_is_told(any_tracing: Tracing) -> None:
    house = any_tracing.house
    bea, identity = any_tracing.one()
    decided = any_tracing.desk.decide(identity, STAFF, WITHDRAWN, "it is her")
    case_id = decided.found.case_id
    assert (decided.state, decided.decided_by, decided.note) == (WITHDRAWN, STAFF, "it is her")
    assert decided.decided_at == house.clock.now()
    release = house.release(case_id)
    assert (release.status, release.withdrawn_reason) == ("withdrawn", "likeness:appearance:withdrawn")
    (told,) = house.notices("acct_ada", "release:video:withdrawn")
    assert told.payload == {"video_id": case_id, "reason": "likeness:appearance:withdrawn"}
    assert any_tracing.told(bea.account_id)[-1] == "likeness:appearance:withdrawn"
    assert house.kinds()[-2:] == ["release:video:withdrawn", "review:appearance:withdrawn"]


def test_staff_let_a_release_stay(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    decided = tracing.desk.decide(identity, STAFF, DISMISSED, "a twin")
    assert decided.state is DISMISSED
    assert tracing.house.release(decided.found.case_id).status == "released"
    assert tracing.told(bea.account_id)[-1] == "likeness:appearance:dismissed"
    assert tracing.house.kinds()[-1] == "review:appearance:dismissed"


@pytest.mark.parametrize("first", [WITHDRAWN, DISMISSED])
@pytest.mark.parametrize("second", [WITHDRAWN, DISMISSED])
def test_what_is_decided_is_not_decided_again(
    tracing: Tracing, first: AppearanceState, second: AppearanceState
) -> None:
    _, identity = tracing.one()
    tracing.desk.decide(identity, STAFF, first, "")
    size = tracing.house.ledger.size()
    with pytest.raises(Conflict) as raised:
        tracing.desk.decide(identity, STAFF, second, "")
    assert raised.value.code == GatewayReason.APPEARANCE_DECIDED
    assert tracing.house.ledger.size() == size


def test_of_two_decisions_at_once_one_counts_and_the_other_leaves_nothing_behind(any_tracing: Tracing) -> None:
    house, desk = any_tracing.house, any_tracing.desk
    for number in range(6):
        _, identity = any_tracing.one(f"bea_{number}")

        def decide(state: AppearanceState, identity: str = identity) -> str:
            try:
                return desk.decide(identity, STAFF, state, "").state
            except Conflict:
                return "too late"

        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(Context().run, decide, state) for state in (WITHDRAWN, DISMISSED)]
            ends = [one.result() for one in running]
        after = desk.open(identity)
        assert sorted(ends) == sorted(["too late", after.state])
        out = house.release(after.found.case_id).status == "released"
        assert out == (after.state is DISMISSED)


def test_nobody_decides_on_what_they_made_or_are_said_to_be_in(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    for account_id in ("acct_ada", bea.account_id):
        with pytest.raises(NotPermitted) as raised:
            tracing.desk.decide(identity, account_id, DISMISSED, "")
        assert raised.value.code == GatewayReason.REVIEW_OWN
    assert tracing.desk.open(identity).state is OPEN


def test_an_appearance_in_what_is_no_longer_out_reads_as_withdrawn(tracing: Tracing) -> None:
    _, identity = tracing.one()
    tracing.house.desk.delete("acct_ada", tracing.desk.open(identity).found.case_id)
    assert tracing.desk.open(identity).state is WITHDRAWN
    assert tracing.desk.page(state=OPEN, owner=None, after=None, limit=10) == ([], False)
    (one,), _ = tracing.desk.page(state=WITHDRAWN, owner=None, after=None, limit=10)
    assert one.id == identity
    for state in (WITHDRAWN, DISMISSED):
        with pytest.raises(Conflict):
            tracing.desk.decide(identity, STAFF, state, "")


def test_an_appearance_that_is_not_there_is_not_found(tracing: Tracing) -> None:
    calls: list[Callable[[], object]] = [
        lambda: tracing.desk.open("app_none"),
        lambda: tracing.desk.decide("app_none", STAFF, DISMISSED, ""),
        lambda: tracing.desk.dispute("acct_bea", "app_none"),
        lambda: tracing.desk.page(state=None, owner=None, after="app_none", limit=1),
    ]
    for call in calls:
        with pytest.raises(NotFound) as raised:
            call()
        assert raised.value.code == GatewayReason.APPEARANCE_UNKNOWN


# --- people themselves


def test_a_person_asks_for_a_video_back_and_staff_see_it_first(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    _, later = tracing.one("dot")
    asked = tracing.desk.dispute(bea.account_id, identity)
    assert (asked.state, asked.disputed_at, asked.disputable) == (DISPUTED, tracing.house.clock.now(), False)
    listed, _ = tracing.desk.page(state=None, owner=None, after=None, limit=10)
    assert [one.id for one in listed] == [identity, later]
    tracing.sweep(bea.id, "revoked")
    assert tracing.desk.open(identity).state is DISPUTED
    assert tracing.desk.decide(identity, STAFF, WITHDRAWN, "").state is WITHDRAWN


def test_a_person_can_ask_once_even_after_staff_let_it_stay(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    tracing.desk.decide(identity, STAFF, DISMISSED, "a twin")
    tracing.desk.dispute(bea.account_id, identity)
    assert tracing.desk.decide(identity, "acct_other", DISMISSED, "still a twin").state is DISMISSED
    with pytest.raises(Conflict):
        tracing.desk.dispute(bea.account_id, identity)


def test_what_is_not_out_any_more_cannot_be_asked_back(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    tracing.house.desk.delete("acct_ada", tracing.desk.open(identity).found.case_id)
    with pytest.raises(Conflict):
        tracing.desk.dispute(bea.account_id, identity)


def test_people_see_and_ask_for_their_own_alone(tracing: Tracing) -> None:
    bea, identity = tracing.one()
    dot, other = tracing.one("dot")
    assert [one.id for one in tracing.desk.own(bea.account_id, after=None, limit=10)[0]] == [identity]
    assert tracing.desk.own("acct_nobody", after=None, limit=10) == ([], False)
    for account_id in (bea.account_id, "acct_nobody"):
        with pytest.raises(NotFound):
            tracing.desk.dispute(account_id, other)
    assert tracing.desk.open(other).state is OPEN
    assert tracing.desk.name(tracing.desk.open(other)) == "@dot"
    tracing.house.registry.forget(dot.id, actor=dot.account_id)
    assert tracing.desk.name(tracing.desk.open(other)) == "somebody who was forgotten"
