"""Who is blocked today is found in what was released yesterday; staff decide, and what may stay is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.ports import AppearanceState, CaseView, GateReport, MarkRuling
from generator_gateway.ports.takedowns import Batch, BatchState, ItemState, TakedownCause
from generator_gateway.service.owning import Appearing
from generator_gateway.service.takedowns import TakedownDesk, TakedownParts
from generator_gateway.service.touching_people import PersonTouches
from generator_gateway.service.tracing import Tracer
from generator_gateway.store import AppearanceStore
from generator_gateway.store.blocked import BlockedAppearances
from generator_gateway.store.ownership import ObjectionStore
from generator_gateway.store.past import PastStore
from generator_gateway.store.takedowns import TakedownStore
from likeness_guard.adapters.people_files import read_people
from likeness_guard.api import LikenessGuard, NewEntry
from likeness_guard.service.blocklist_terms import ReferenceMedia
from placet.wiring.blocking import LooksForPeople
from tests.factories.appeals import SAID
from tests.factories.databases import postgres, sqlite
from tests.factories.ownership import ADA, appearing, out
from tests.fakes.likeness import fake_guard, picture_of, video, voice_of
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_takedowns import Touching
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Lift, Ruling, Stage, Verdict
from trust_kernel.errors import Conflict

REASON = "release:person:touched"
STAFF = "acct_staff"
ZEB, MIRA = 5, 9
"""People by their colours and loudness."""
NAME = "Zebulon Quartermain"


class Lenient:
    """The policy that ships, but for people of whom it lets everything through.

    Args:
        lets: their entries.
    """

    def __init__(self) -> None:
        self.lets: set[str] = set()
        self._policy = CedarPolicy(default_policy())

    def decide(self, view: CaseView, report: GateReport) -> Decision:
        (finding,) = report.findings
        if finding.about in self.lets:
            ruling = Ruling(finding, Verdict.ALLOW, "lets", finding.reason, "")
            return Decision("dec_1", finding.stage, (ruling,), "", {})
        return self._policy.decide(view, report)

    def visible_mark(self, view: CaseView) -> MarkRuling:
        return self._policy.visible_mark(view)


@dataclass
class Lifted:
    """What appeals lifted."""

    lifts: set[tuple[str, Lift]] = field(default_factory=set)

    def overturned(self, case_id: str, stage: Stage, draft: str) -> frozenset[Lift]:
        del stage, draft
        return frozenset(lift for case, lift in self.lifts if case == case_id)


@dataclass
class Town:
    """A gateway, a blocklist over fake networks, and what joins them."""

    house: House
    guard: LikenessGuard
    tracer: Tracer
    desk: TakedownDesk
    policy: Lenient
    lifted: Lifted
    videos: int = 0

    def released(self, prompt: str, *shown: int, voice: int | None = None, who: Sequence[Appearing] = ()) -> str:
        """A video that is out, with what the output gate kept of it."""
        self.videos += 1
        case_id = f"video_{self.videos:04}"
        out(self.house.cases, self.house.releases, case_id, *who, prompt=prompt)
        sound = voice_of(voice) if voice else None
        self.guard.examine(video([picture_of(*shown or (20,))] * 2, sound), keep_as=case_id)
        return case_id

    def block(self, name: str, *, face: int | None = None, **terms: object) -> str:
        faces = [picture_of(face)] if face else []
        return self.guard.add_entry(NewEntry(name, faces=faces, **terms))  # type: ignore[arg-type] # by name

    def sweep(self) -> list[Batch]:
        """What a worker does, in its order; gives what is proposed, oldest first."""
        self.tracer.sweep()
        self.desk.search()
        return self.desk.page(state=BatchState.PROPOSED)[0][::-1]

    def found(self, batch: Batch) -> dict[str, tuple[str, str]]:
        """By video, what it was found by and whom it is about."""
        items = (item.touched for item in self.desk.items(batch.id))
        return {one.case_id: (one.found_by, one.about or batch.cause.about) for one in items}


def town_over(database: Database, folder: Path) -> Town:
    house = House(database, folder)
    guard = fake_guard(database, folder / "root.key", after=LooksForPeople(house))  # type: ignore[arg-type] # it has what is needed of a kernel
    policy, lifted = Lenient(), Lifted()
    people = PersonTouches(
        guard, PastStore(database), BlockedAppearances(database), policy, lifted, house.journal, house.clock
    )
    parts = TakedownParts(
        database=database,
        clock=house.clock,
        batches=TakedownStore(database),
        releases=house.releases,
        objections=ObjectionStore(database),
        recall=house.recall,
        touches=Touching(),
        record=house.ledger,
        notices=house.outbox,
        hearers=house.registry,
        people=people,
    )
    shelf = AppearanceStore(database)
    tracer = Tracer(database, house.clock, guard, shelf, house.registry, house.ledger, house.outbox)
    return Town(house, guard, tracer, TakedownDesk(parts), policy, lifted)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with sqlite(tmp_path) as database:
        yield town_over(database, tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def any_town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as database:
        yield town_over(database, tmp_path)


def test_named_seen_and_heard_become_one_batch_that_is_taken_down_and_undone(any_town: Town) -> None:
    town = any_town
    named, seen = town.released("Zebulon Quartermain at sea"), town.released("a captain", ZEB)
    town.released("a quiet harbour", MIRA)
    entry = town.block(NAME, face=ZEB)
    (batch,) = town.sweep()
    assert (batch.cause, batch.opened_by) == (TakedownCause(REASON, entry), "system")
    assert town.found(batch) == {named: ("prompt", entry), seen: ("face", entry)}
    assert town.sweep() == [batch], "neither a second search nor a second batch"

    town.desk.confirm(batch.id, STAFF)
    assert {town.house.release(one).status for one in (named, seen)} == {"taken_down"}
    (told, _) = town.house.notices(ADA, "release:video:taken_down")
    assert (told.payload["reason"], told.payload["title"]) == (REASON, None)
    assert NAME not in str(told.payload)
    town.desk.restore(batch.id, STAFF)
    assert {town.house.release(one).status for one in (named, seen)} == {"released"}


def test_a_month_later_it_is_for_good(town: Town) -> None:
    case_id = town.released(NAME)
    town.block(NAME)
    (batch,) = town.sweep()
    town.desk.confirm(batch.id, STAFF)
    town.house.clock.advance(days=31)
    town.desk.sweep()
    release = town.house.release(case_id)
    assert (release.status, release.withdrawn_reason) == ("withdrawn", REASON)


def test_an_entry_that_is_not_kept_is_not_looked_for(town: Town) -> None:
    town.released(NAME)

    def undone() -> None:
        with town.house.database.transaction():
            town.block(NAME)
            raise Conflict("no", code="x:y:z")

    with pytest.raises(Conflict):
        undone()
    assert town.desk.page() == ([], False)
    assert town.sweep() == []


def test_a_piece_of_a_list_is_one_batch_that_says_of_each_video_whom_it_touches(any_town: Town) -> None:
    town = any_town
    one, two = town.released("Zebulon Quartermain"), town.released("Mirabel Okonkwo dances")
    rows = b"name\nZebulon Quartermain\nMirabel Okonkwo\nSomebody Else Entirely\n"
    reports = list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    zeb, mira, other = (report.entry_id for report in reports)
    waiting, _ = town.desk.page()
    assert [(batch.state, batch.several) for batch in waiting] == [(BatchState.SEARCHING, 3)]
    (batch,) = town.sweep()
    assert (batch.cause.about, batch.several) == ("", 2)
    assert town.found(batch) == {one: ("prompt", zeb), two: ("prompt", mira)}
    assert [len(town.desk.page(about=about)[0]) for about in (zeb, mira, other)] == [1, 1, 0]
    list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    assert town.sweep() == [batch], "the same list again asks for nothing"


def test_a_list_that_touches_nothing_leaves_nothing(town: Town) -> None:
    town.released("a harbour")
    rows = b"name\nZebulon Quartermain\nMirabel Okonkwo\n"
    list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    town.desk.search()
    assert town.desk.page() == ([], False)


def test_people_whose_pictures_came_later_become_one_batch_together(any_town: Town) -> None:
    town = any_town
    entries = [town.block("Zebulon Quartermain"), town.block("Mirabel Okonkwo")]
    town.sweep()
    videos = [town.released("a captain", ZEB), town.released("a dancer", voice=MIRA)]
    town.guard.blocklist.teach(entries[0], ReferenceMedia([picture_of(ZEB)]), STAFF)
    town.guard.blocklist.teach(entries[1], ReferenceMedia([], [voice_of(MIRA)]), STAFF)
    (batch,) = town.sweep()
    assert (batch.several, batch.found) == (2, 2)
    assert town.found(batch) == {videos[0]: ("face", entries[0]), videos[1]: ("voice", entries[1])}
    assert town.sweep() == [batch]


def test_what_policy_lets_through_is_left_out(town: Town) -> None:
    town.released(NAME)
    town.released("a captain", ZEB)
    town.policy.lets.add(town.block(NAME, face=ZEB))
    assert town.sweep() == []
    assert town.desk.page() == ([], False)
    assert BlockedAppearances(town.house.database).unbatched() == [], "and it is not asked again and again"


def test_what_an_appeal_lifted_for_this_person_is_left_out(town: Town) -> None:
    one, two = town.released(NAME), town.released(NAME)
    entry = town.block(NAME)
    town.lifted.lifts = {(one, Lift("likeness:name:blocklisted", entry)), (two, Lift("likeness:name:blocklisted", "x"))}
    (batch,) = town.sweep()
    assert set(town.found(batch)) == {two}


def test_whoever_said_yes_themselves_is_left_out_where_they_did(town: Town) -> None:
    town.house.person("zeb", enrolled=False)
    zeb = appearing("zeb")
    town.guard.enrol(str(zeb.subject_id), [picture_of(ZEB)], [voice_of(ZEB)])
    town.tracer.sweep()
    theirs = town.released("Zebulon Quartermain", ZEB, who=[zeb])
    others = [town.released("Zebulon Quartermain", who=[appearing("mira")]), town.released("a captain", ZEB)]
    town.block(NAME, face=ZEB)
    (batch,) = town.sweep()
    assert set(town.found(batch)) == set(others)
    assert theirs not in town.found(batch)


def test_whoever_is_blocked_from_a_later_day_on_is_looked_for_then(any_town: Town) -> None:
    town = any_town
    named, seen = town.released(NAME), town.released("a captain", ZEB)
    town.block(NAME, face=ZEB, starts_at=town.house.clock.now() + timedelta(days=2))
    assert town.sweep() == []
    town.house.clock.advance(days=3)
    (batch,) = town.sweep()
    assert set(town.found(batch)) == {named, seen}


@pytest.mark.parametrize("shown", [ZEB, MIRA])
def test_two_workers_at_once_propose_it_once(town: Town, monkeypatch: pytest.MonkeyPatch, shown: int) -> None:
    town.released("Zebulon Quartermain" if shown == MIRA else "a captain", shown)
    town.block(NAME, face=ZEB)
    town.tracer.sweep()
    people = town.desk._parts.people
    slow, once = {"by_people": people.by_people, "tracked": people.tracked}, []

    def overtaken(name: str) -> Any:
        def call(*given: Any) -> Any:
            found = slow[name](*given)  # type: ignore[operator] # one of the two
            if name not in once:
                once.append(name)
                town.desk.search()
            return found

        return call

    for name in slow:
        monkeypatch.setattr(people, name, overtaken(name), raising=True)
    town.desk.search()
    assert once
    assert [batch.state for batch in town.desk.page()[0]] == [BatchState.PROPOSED]


def test_a_face_found_after_the_name_in_one_video_makes_no_second_batch(town: Town) -> None:
    case_id = town.released(NAME, ZEB)
    entry = town.block(NAME)
    (batch,) = town.sweep()
    town.guard.blocklist.teach(entry, ReferenceMedia([picture_of(ZEB)]), STAFF)
    assert town.sweep() == [batch]
    assert set(town.found(batch)) == {case_id}
    assert not town.desk._parts.people.tracked(), "and it is not looked at again and again"


def test_of_a_list_those_who_are_blocked_later_are_looked_for_later(town: Town) -> None:
    now, later = town.released("Zebulon Quartermain"), town.released("Mirabel Okonkwo")
    starts = town.house.clock.now().date() + timedelta(days=2)
    rows = f"name,starts\nZebulon Quartermain,\nMirabel Okonkwo,{starts}\n".encode()
    list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    (first,) = town.sweep()
    assert set(town.found(first)) == {now}
    town.house.clock.advance(days=3)
    _, second = town.sweep()
    assert set(town.found(second)) == {later}


def test_whose_block_is_over_is_not_looked_for(town: Town) -> None:
    town.released(NAME)
    town.released("a captain", ZEB)
    town.block(NAME, face=ZEB, ends_at=town.house.clock.now() + timedelta(days=1))
    town.house.clock.advance(days=2)
    assert town.sweep() == []
    assert town.desk.page() == ([], False)


def test_whose_block_was_lifted_meanwhile_is_not_looked_for(town: Town) -> None:
    town.released(NAME, ZEB)
    town.guard.remove_entry(town.block(NAME, face=ZEB))
    assert town.sweep() == []
    assert town.desk.page() == ([], False)


def test_a_new_name_is_looked_for_and_what_staff_let_stay_is_not_proposed_again(any_town: Town) -> None:
    town = any_town
    stays, goes = town.released(NAME, ZEB), town.released("Old Zeb of Quartermain Hall")
    entry = town.block(NAME, face=ZEB)
    (batch,) = town.sweep()
    assert set(town.found(batch)) == {stays}
    town.desk.dismiss(batch.id, STAFF)
    (seen,), _ = AppearanceStore(town.house.database).page(state=None, owner=entry, after=None, limit=9)
    assert (seen.state, seen.decided_by, seen.batch_id) == (AppearanceState.DISMISSED, STAFF, batch.id)
    town.guard.blocklist.change(entry, {"note": "seen"}, STAFF)
    assert town.desk.page(state=BatchState.SEARCHING) == ([], False), "nothing that is searched for changed"
    town.guard.blocklist.change(entry, {"aliases": ["Old Zeb of Quartermain Hall"]}, STAFF)
    (second,) = town.sweep()
    assert set(town.found(second)) == {goes}


def test_what_stays_of_a_batch_stays_on_the_list_of_appearances_too(town: Town) -> None:
    one, two = town.released("a captain", ZEB), town.released("a sailor", ZEB)
    entry = town.block(NAME, face=ZEB)
    (batch,) = town.sweep()
    town.desk.confirm(batch.id, STAFF, [one])
    shelf = AppearanceStore(town.house.database)
    states = {a.found.case_id: a.state for a in shelf.page(state=None, owner=entry, after=None, limit=9)[0]}
    assert states == {one: AppearanceState.OPEN, two: AppearanceState.DISMISSED}
    assert {item.state for item in town.desk.items(batch.id)} == {ItemState.TAKEN_DOWN, ItemState.SPARED}


def test_the_ledger_holds_whom_each_video_of_a_common_batch_is_about(town: Town) -> None:
    town.released("Zebulon Quartermain"), town.released("Mirabel Okonkwo")
    rows = b"name\nZebulon Quartermain\nMirabel Okonkwo\n"
    reports = list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    (batch,) = town.sweep()
    town.desk.confirm(batch.id, STAFF)
    ledger = town.house.ledger
    leaves = [one.leaf.decode() for one in ledger.entries(0, ledger.size()) if one.kind == "release:video:taken_down"]
    for report in reports:
        assert sum(f'"about":"{report.entry_id}"' in leaf for leaf in leaves) == 1
    assert not any("Quartermain" in leaf for leaf in leaves)


def test_where_one_blocks_end_the_rest_of_a_common_batch_goes_on(any_town: Town) -> None:
    town = any_town
    one, two = town.released(NAME), town.released("Mirabel Okonkwo sings")
    rows = b"name\nZebulon Quartermain\nMirabel Okonkwo\n"
    list(town.guard.blocklist.importer().run(read_people(BytesIO(rows), date(2026, 11, 22)), STAFF))
    (batch,) = town.sweep()
    about = {case_id: entry for case_id, (_, entry) in town.found(batch).items()}
    town.desk.confirm(batch.id, STAFF)
    town.guard.blocklist.remove(about[one])
    town.desk.sweep()
    assert [found.id for found in town.desk.page(groundless=True)[0]] == [batch.id]
    town.house.clock.advance(days=30)
    town.desk.sweep()
    assert [town.house.release(case_id).status for case_id in (one, two)] == ["taken_down", "withdrawn"]
    assert town.desk.restore(batch.id, STAFF).state is BatchState.UNDONE
    assert [town.house.release(case_id).status for case_id in (one, two)] == ["released", "withdrawn"]


@pytest.mark.parametrize("swept", [False, True])
def test_of_a_common_proposal_only_what_stands_is_taken_down(town: Town, *, swept: bool) -> None:
    entries = [town.block("Zebulon Quartermain"), town.block("Mirabel Okonkwo")]
    town.sweep()
    one, two = town.released("a captain", ZEB), town.released("a dancer", voice=MIRA)
    town.guard.blocklist.teach(entries[0], ReferenceMedia([picture_of(ZEB)]), STAFF)
    town.guard.blocklist.teach(entries[1], ReferenceMedia([], [voice_of(MIRA)]), STAFF)
    (batch,) = town.sweep()
    town.guard.blocklist.remove(entries[0])
    if swept:
        town.desk.sweep()
        assert town.desk.batch(batch.id).counts == {ItemState.LAPSED: 1, ItemState.PROPOSED: 1}
    down = town.desk.confirm(batch.id, STAFF)
    assert [town.house.release(case_id).status for case_id in (one, two)] == ["released", "taken_down"]
    assert down.counts == {ItemState.LAPSED: 1, ItemState.TAKEN_DOWN: 1}


def test_an_appeal_against_it_takes_two(house: House) -> None:
    case_id = house.released("a captain")
    house.takedowns.take_down([case_id], TakedownCause(REASON, "blk_1"), STAFF)
    appeal = house.appeals.file(ADA, case_id, SAID)
    house.appeal_review.overturn(appeal.id, "acct_second", "It is somebody else.")
    assert house.release(case_id).status == "taken_down"
    house.appeal_review.overturn(appeal.id, "acct_third", "It is somebody else.")
    assert house.release(case_id).status == "released"
