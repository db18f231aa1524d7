"""A claim, a refusal and an appeal on pages alone: rights holder, requester and staff, each in their own browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from copyright_optout.api import OptOutIndex
from generator_gateway.gates.claims import ClaimedWorks
from placet.wiring.appeals import ClaimsAppealed
from tests.unit.placet import test_appeals_over_http as over_http
from tests.unit.placet.test_appeals_over_http import Scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from over_http.whole_scene(tmp_path_factory.mktemp("appeal_pages"))


def appealed(scene: Scene, prompt: str) -> tuple[str, str]:
    """A refused request of Ada's against which she appealed on her page; the video and staff's page of the appeal."""
    video = str(scene.refused(prompt)["id"])
    said = {"statement": "My <cat> is called that.", "licence": "L-17"}
    scene.page(scene.ada, f"/me/videos/{video}/appeal", 200, **said)
    found = re.search(
        r'/staff/appeals/appeal_\w+(?=">Video ' + video[-8:] + ")", scene.page(scene.staff, "/staff/appeals")
    )
    assert found
    return video, found[0]


def test_staff_lift_what_stopped_it_and_whoever_appealed_was_right(scene: Scene) -> None:
    video, here = appealed(scene, "Captain Fennimore sails")
    assert "</strong> appeal" in scene.page(scene.staff, "/staff")
    page = scene.page(scene.staff, here)
    assert "My <cat> is called that." in page
    assert 'value="optout:character:named"' in page
    assert "Choose what becomes of it." in scene.page(scene.staff, here, 422, note="kept <words>")
    assert "kept <words>" in scene.page(scene.staff, here, 422, note="kept <words>", deed="overturn", reasons="no:such")
    assert "They were right." in scene.page(scene.staff, here, deed="overturn", note="A cat.")
    assert "you were right" in scene.page(scene.ada, f"/me/videos/{video}")
    assert here not in scene.page(scene.staff, "/staff/appeals")
    assert here in scene.page(scene.staff, "/staff/appeals?state=all")


def test_the_decision_stands_with_a_reason(scene: Scene) -> None:
    video, here = appealed(scene, "Captain Fennimore sleeps")
    assert "Say why." in scene.page(scene.staff, here, 422, deed="uphold")
    assert "The decision stands." in scene.page(scene.staff, here, deed="uphold", note="It is the captain.")
    assert "It is the captain." in scene.page(scene.ada, f"/me/videos/{video}")


def test_the_rights_holder_reads_what_of_theirs_was_found_and_lets_it_be_made(scene: Scene) -> None:
    video, here = appealed(scene, "A secret plan of Captain Fennimore")
    page = scene.page(scene.holder, "/rights/appeals")
    assert "<mark>Captain Fennimore</mark>" in page
    assert "L-17" in page
    for hidden in ("secret plan", scene.ada.account_id, video):
        assert hidden not in page
    number = here.rpartition("/")[2]
    which = {"appeal_id": number, "claim_id": scene.claim_id}
    assert "Say something." in scene.page(scene.holder, "/rights/appeals", 422, comment=" ", **which)
    assert "Not <ours>" in scene.page(scene.holder, "/rights/appeals", 200, comment="Not <ours>", **which)
    assert "Not <ours>" in scene.page(scene.staff, here)
    scene.page(scene.mallory, "/rights/appeals", 404, comment="mine", **which)
    assert "You let this one be made" in scene.page(scene.holder, "/rights/appeals", 200, deed="permit", **which)
    assert "the rights holder lets it be made" in scene.page(scene.ada, f"/me/videos/{video}")
    assert "Nobody appeals" in scene.page(scene.mallory, "/rights/appeals")


def statements(scene: Scene, deed: Callable[[], object]) -> int:
    """How many statements the database is asked for a deed."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    engine = scene.house.kernel.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        deed()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(said)


def test_the_list_of_own_videos_asks_as_much_for_many_as_for_one(scene: Scene) -> None:
    who = over_http.join(scene.house, "zoe", "requester")
    of_many = replace(scene, ada=who)
    first = appealed(of_many, "Captain Fennimore reads")[0]
    of_one = statements(scene, lambda: scene.page(who, "/me/videos"))
    for number in range(4):
        of_many.refused(f"Captain Fennimore reads {number} books")
    assert statements(scene, lambda: scene.page(who, "/me/videos")) == of_one
    page = scene.page(who, "/me/videos")
    assert page.count(">Appeal<span") == 4
    assert page.count("waits for an answer") == 1
    assert f"about the video …{first[-8:]}" not in page


def test_claims_that_are_appealed_about_are_looked_up_together(scene: Scene) -> None:
    optouts: OptOutIndex = scene.house.guards.optouts
    claims = ClaimsAppealed(optouts, ClaimedWorks(optouts, scene.house.guards.registry))
    of_one = statements(scene, lambda: claims.claims([scene.claim_id]))
    assert statements(scene, lambda: claims.claims([scene.claim_id, "claim_no", "claim_none"])) == of_one
    known = claims.claims([scene.claim_id, "claim_no"])
    assert [(one.id, one.title) for one in known.values()] == [(scene.claim_id, "Captain Fennimore")]


def test_a_rights_holders_page_looks_up_each_appeal_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    appealed(scene, "Captain Fennimore rests")
    hearing = scene.house.gateway.appeals.hearing
    monkeypatch.setattr(type(hearing), "show", None)  # nobody asks for one after the other
    assert "<mark>Captain Fennimore</mark>" in scene.page(scene.holder, "/rights/appeals")
