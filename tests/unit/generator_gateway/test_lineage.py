"""What a remix comes from: one statement for the whole chain, whatever its length, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from generator_gateway.ports import MAX_LINEAGE, Ancestry, ReleaseState
from generator_gateway.service.owning import Appearing
from tests.factories.cases import NOON, a_request
from tests.factories.ownership import ADA, CYD, appearing, out
from tests.unit.generator_gateway.conftest import House
from trust_kernel.errors import NotFound


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """What the database is asked inside the block."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):  # SQLite's, which asks for nothing
            asked.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)


def chain(house: House, length: int) -> str:
    """Releases of Ada's, each made of the one before, somebody else in each; and a request to remix the last."""
    parent: str | None = None
    for number in range(length):
        name = f"p{number % 7}"
        case_id = f"video_{number:03}"
        out(house.cases, house.releases, case_id, appearing(name, "face", "voice"), remix_of=parent)
        parent = case_id
    house.accept(a_request("video_new", remix_of=parent))
    return "video_new"


def test_a_chain_of_fifty_is_answered_by_one_statement(any_house: House) -> None:
    case_id = chain(any_house, 50)
    with statements(any_house) as asked:
        ancestry = any_house.releases.ancestry(case_id)
    assert len(asked) == 1, asked
    assert ancestry.case_ids == tuple(f"video_{number:03}" for number in reversed(range(50)))
    assert [ancestor.depth for ancestor in ancestry.ancestors] == list(range(1, 51))
    assert all(ancestor.stands for ancestor in ancestry.ancestors)
    assert set(ancestry.people) == {(f"subj_p{number}", what) for number in range(7) for what in ("face", "voice")}
    assert len(ancestry.people) == 14


def test_an_original_has_no_ancestors(house: House) -> None:
    house.accept(a_request())
    assert house.releases.ancestry("video_1") == Ancestry()
    assert house.releases.ancestry("video_nowhere") == Ancestry()


def test_a_chain_past_the_limit_shows_one_more_and_no_further(house: House) -> None:
    assert len(house.releases.ancestry(chain(house, MAX_LINEAGE + 5)).ancestors) == MAX_LINEAGE + 1


def test_where_each_ancestor_stands_is_as_of_this_moment(any_house: House) -> None:
    house = any_house
    case_id = chain(house, 3)
    house.releases.mark_withdrawn("video_000", "x:y:z", NOON)
    house.releases.set_state("video_001", ReleaseState.OBJECTED)
    states = [ancestor.status for ancestor in house.releases.ancestry(case_id).ancestors]
    assert states == ["released", "objected", "withdrawn"]
    assert not house.releases.all_stand(["video_002", "video_001"])
    assert house.releases.all_stand(["video_002"])


def test_a_parent_that_was_never_released_stands_nowhere(house: House) -> None:
    house.accept(a_request("video_0"))
    house.accept(a_request("video_new", remix_of="video_0"))
    (parent,) = house.releases.ancestry("video_new").ancestors
    assert (parent.status, parent.stands, parent.people) == (None, False, ())
    assert not house.releases.all_stand(["video_0"])


def test_several_people_in_one_ancestor_are_all_there(house: House) -> None:
    out(house.cases, house.releases, "video_0", appearing("bea"), appearing("cyd", "voice"))
    house.accept(a_request("video_new", remix_of="video_0"))
    assert house.releases.ancestry("video_new").people == (("subj_bea", "face"), ("subj_cyd", "voice"))


def test_owners_are_told_what_their_video_comes_from_and_others_are_not(house: House) -> None:
    bea = house.person("bea", enrolled=False)
    out(house.cases, house.releases, "video_0", appearing("gone", "voice"))
    guest = Appearing(bea.id, bea.account_id, frozenset({"face"}))
    out(house.cases, house.releases, "video_1", guest, remix_of="video_0")
    out(house.cases, house.releases, "video_2", guest, remix_of="video_1")
    house.releases.mark_withdrawn("video_0", "x:y:z", NOON)
    lineage = house.lineage.of(ADA, "video_2")
    assert [(one.case_id, one.depth, one.state, one.people) for one in lineage.ancestors] == [
        ("video_1", 1, "released", (("bea", ("face",)),)),
        ("video_0", 2, "withdrawn", ((None, ("voice",)),)),
    ]
    assert not lineage.stands
    assert house.lineage.of(bea.account_id, "video_2") == lineage
    with pytest.raises(NotFound):
        house.lineage.of(CYD, "video_2")
