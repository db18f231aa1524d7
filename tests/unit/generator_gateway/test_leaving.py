"""Whoever leaves is gone from what never came out as well: drafts, previews, what was handed in, cases under way."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from consent_registry.api import ApprovalState, ConsentRegistry, Mode, Subject
from generator_gateway.service.leaving import CaseLeaving
from generator_gateway.service.records import LedgerSteps
from generator_gateway.service.telling import UseNotices
from generator_gateway.stages import Draft, Previewed
from generator_gateway.store import MediaUses
from generator_gateway.store.leaving import LeavingCases
from generator_gateway.store.ownership import ToldUseStore
from likeness_guard.api import Band
from placet.wiring.leaving import HouseDepartures
from tests.factories.cases import a_finding, reached
from tests.factories.staff_pages import StaffRoom
from tests.unit.generator_gateway.conftest import EVERYONE, KEEP, House, elsewhere, seen
from trust_kernel.db import Database
from trust_kernel.decisions import Outcome
from trust_kernel.errors import Gone, NotFound
from trust_kernel.media.leaving import LeavingMedia


def joined(house: House) -> None:
    """Have the registry erase what the gateway holds, as an installation has it."""
    database, clock, found = house.database, house.clock, LeavingCases(house.database)
    notices = UseNotices(house.registry, house.cases, ToldUseStore(database), house.outbox)
    ledger = LedgerSteps(database, clock, house.journal, house.cases, house.ledger, house.outbox, notices, KEEP)
    media = LeavingMedia(database, clock, house.blobs, found.is_used, _rewritten)
    leaving = CaseLeaving(
        database, found, house.cases, house.leases, ledger, house.recall, MediaUses(database), house.finder, media
    )
    parts = replace(house._parts(), departures=HouseDepartures(database, leaving, media, lambda _: None))
    house.registry = ConsentRegistry(parts)


def _rewritten(database: Database) -> bool:
    """What is left in the file of a database is another test's."""
    del database
    return True


class Story:
    """Ada and Cleo can be asked for; Bob asks."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.person("bob")
        self.ada, self.cleo = house.person("ada"), house.person("cleo")
        joined(house)

    def asks(self, prompt: str = "@ada waves", account_id: str = "acct_bob", **fields: object) -> str:
        case = self.house.submit(prompt, account_id, **fields)
        self.house.runner.run(case.id)
        return case.id

    def previewed(self, subject: Subject) -> None:
        self.house.give(subject, EVERYONE, mode=Mode.PREVIEW)

    def says_no(self, name: str) -> None:
        (question,) = self.house.approvals.mine(f"acct_{name}", after=None, limit=5)
        self.house.approvals.answer(question.approval.id, ApprovalState.REFUSED, actor=f"acct_{name}")

    def made(self, case_id: str) -> tuple[str, ...]:
        """Digests of what was made of a case and never came out."""
        draft, preview = self.house.journal.earned(case_id, Draft), self.house.journal.earned(case_id, Previewed)
        return tuple(one.media.digest for one in (draft, preview) if one is not None)

    def leaves(self, who: Subject) -> None:
        self.house.registry.forget(who.id, actor=who.account_id)

    def kept(self, digests: tuple[str, ...]) -> list[bool]:
        return [self.house.blobs.exists(digest) for digest in digests]


@pytest.fixture
def story(house: House) -> Story:
    return Story(house)


def test_a_draft_that_was_refused_at_its_preview_goes_with_the_person_in_it(any_house: House, tmp_path: Path) -> None:
    story = Story(any_house)
    house, room = any_house, StaffRoom(any_house)
    story.previewed(story.ada)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of a lake")
    case_id = story.asks("@ada at this lake", references=(photo,))
    made = story.made(case_id)
    (reference,) = house.cases.get(case_id).request.references
    story.says_no("ada")
    house.runner.run(case_id)
    film = f"/cases/{case_id}/media/draft/film"
    assert (house.cases.get(case_id).status, len(made), room.media("one", film)) == ("failed", 2, b"drawn")

    story.leaves(story.ada)

    assert story.kept((*made, reference.media.digest)) == [False, False, False]
    room.get("one", film, 404)
    room.get("one", f"/cases/{case_id}/media/draft", 404)
    assert room.get("one", f"/cases/{case_id}")
    with pytest.raises(NotFound), house.reviews.draft(case_id):
        pass
    assert reached(house.database, case_id) == ()
    assert house.finder.discarded == [case_id]


def test_a_case_that_waits_is_refused_when_somebody_whom_it_is_about_leaves(any_house: House) -> None:
    story = Story(any_house)
    house = any_house
    story.previewed(story.ada)
    story.previewed(story.cleo)
    case_id = story.asks("@ada and @cleo wave")
    made = story.made(case_id)
    (question,) = house.approvals.mine("acct_cleo", after=None, limit=5)
    assert house.cases.get(case_id).status == "held"

    story.leaves(story.ada)

    case = house.cases.get(case_id)
    assert (case.status, case.reasons) == ("failed", ("consent:subject:forgotten",))
    assert story.kept(made) == [False, False]
    (told,) = house.notices("acct_bob", "video:case:failed")
    assert told.payload["code"] == "consent:subject:forgotten"
    assert len(house.notices("acct_cleo", "likeness:use:refused")) == 1
    assert house.kinds()[-1] == "case:request:denied"
    assert house.runner.run(case_id) is None
    with pytest.raises(Gone), house.previews.open(question.approval.id, "acct_cleo"):
        pass


def test_what_staff_have_yet_to_look_at_goes_too(story: Story) -> None:
    house = story.house
    house.give(story.ada)
    house.gate.findings = (a_finding(Outcome.UNSURE, "likeness:face:unsure"),)
    case_id = story.asks()
    assert house.cases.get(case_id).status == "held"
    story.leaves(story.ada)
    assert house.cases.get(case_id).error_code == "consent:subject:forgotten"


def test_what_shows_somebody_who_was_never_asked_goes_too(story: Story) -> None:
    house = story.house
    house.likeness.shown[b"drawn"] = (seen(story.ada.id),)
    case_id = story.asks("somebody on a beach")
    made = story.made(case_id)
    assert (house.cases.get(case_id).status, story.kept(made)) == ("failed", [True])
    story.leaves(story.ada)
    assert story.kept(made) == [False]


def test_what_nobody_has_looked_at_yet_is_not_made_of_nobody(story: Story) -> None:
    """Its words are about to name nobody, and would be let through."""
    house = story.house
    house.give(story.ada)
    waiting, other = house.submit("@ada waves", "acct_bob").id, house.submit("@adam waves", "acct_bob").id
    story.leaves(story.ada)
    assert house.cases.get(waiting).error_code == "consent:subject:forgotten"
    assert house.cases.get(other).status == "queued"
    assert house.runner.run(waiting) is None
    assert house.backend.orders == []


def test_what_may_be_of_somebody_else_stays_and_goes_on(story: Story) -> None:
    house = story.house
    house.give(story.cleo)
    house.likeness.shown[b"drawn"] = (seen(story.ada.id, band=Band.UNSURE),)
    like, of_cleo = story.asks("somebody on a beach"), story.asks("@cleo waves")
    before = [house.cases.get(one).status for one in (like, of_cleo)]
    story.leaves(story.ada)
    assert story.kept(story.made(like)) == [True]
    assert [house.cases.get(one).status for one in (like, of_cleo)] == before == ["held", "held"]


def test_what_came_out_without_the_person_stays_out(story: Story, tmp_path: Path) -> None:
    house = story.house
    house.give(story.ada)
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of ada")
    house.likeness.shown[b"image of ada"] = (seen(story.ada.id),)
    refused_first = story.asks("a portrait", account_id="acct_cleo", references=(photo,))
    other = house.released("a harbour by night", "acct_bob")
    story.leaves(story.ada)
    assert house.release(other).status == "released"
    assert house.blobs.exists(house.release(other).media_digest)
    assert house.release(refused_first).status == "withdrawn"


def test_a_worker_that_is_drawing_somebody_who_leaves_keeps_nothing_of_it(story: Story) -> None:
    house = story.house
    house.give(story.ada)
    case = house.submit("@ada waves", "acct_bob")
    draw = house.backend.render

    def drawn_meanwhile(*given: object) -> None:
        draw(*given)  # type: ignore[arg-type] # as it is called
        elsewhere(lambda: story.leaves(story.ada))

    house.backend.render = drawn_meanwhile  # type: ignore[assignment] # while it is drawn
    assert house.runner.run(case.id) is None
    assert b"drawn" not in house.blobs.stored.values()
    assert house.runner.run(case.id) is None or house.cases.get(case.id).status == "failed"
    assert b"drawn" not in house.blobs.stored.values()


@pytest.mark.parametrize("step", ["mark", "mark_still"])
def test_a_worker_whose_case_is_taken_leaves_no_file_behind(story: Story, step: str) -> None:
    """Marked and signed files are stored under the lease alone, like drafts."""
    house = story.house
    house.give(story.ada)
    case = house.submit("@ada waves", "acct_bob")
    done: Callable[..., object] = getattr(house.marking, step)
    before: set[str] = set()

    def taken(*given: object, **named: object) -> object:
        answer = done(*given, **named)
        before.update(house.blobs.stored)
        elsewhere(lambda: house.leases.seize(case.id))
        return answer

    setattr(house.marking, step, taken)
    assert house.runner.run(case.id) is None
    assert set(house.blobs.stored) == before
