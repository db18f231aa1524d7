"""A claim, a refusal and an appeal on pages alone: rights holder, requester and staff, each in their own browser."""

import re
from collections.abc import Iterator

import pytest

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
