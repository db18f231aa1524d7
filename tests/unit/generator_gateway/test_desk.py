"""What clients do with videos: ask, look, download, delete; and what is not theirs does not exist."""

from dataclasses import asdict
from pathlib import Path

import pytest

from generator_gateway.service.videos import MAX_PROMPT, NewVideo
from generator_gateway.stages import Released
from tests.unit.generator_gateway.conftest import House, elsewhere
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotFound

ADA, BEA, CYD = "acct_ada", "acct_bea", "acct_cyd"


def new(prompt: str = "a harbour", **fields: object) -> NewVideo:
    wanted = {"model": "fake", "size": "640x360", **fields}
    return NewVideo(prompt=prompt, **wanted)  # type: ignore[arg-type] # by field


def refused(house: House, video: NewVideo) -> InvalidInput:
    with pytest.raises(InvalidInput) as error:
        house.desk.submit(ADA, video)
    assert house.desk.list(ADA, after=None, limit=10, ascending=True) == ([], False)
    assert house.queue.sent == []
    return error.value


# --- asking


def test_a_request_is_kept_whole_and_put_on_the_queue(house: House) -> None:
    case = house.desk.submit(ADA, new("a harbour", seconds="8", characters=("subj_1",), purpose="artistic", seed=3))
    assert (case.account_id, case.status, case.progress) == (ADA, "queued", 0)
    assert case.created_at == house.clock.now()
    kept = asdict(house.cases.get(case.id).request)
    assert kept == {
        "case_id": case.id,
        "account_id": ADA,
        "prompt": "a harbour",
        "model": "fake",
        "seconds": 8,
        "width": 640,
        "height": 360,
        "seed": 3,
        "references": (),
        "characters": ("subj_1",),
        "remix_of": None,
        "purpose": "artistic",
        "territories": (),
        "languages": (),
        "contexts": (),
    }
    assert case.id.startswith("video_")
    assert house.queue.sent == [case.id]


@pytest.mark.parametrize("prompt", ["", " \n\t", "x" * (MAX_PROMPT + 1)], ids=["empty", "blank", "32,001"])
def test_a_prompt_has_1_to_32000_characters(house: House, prompt: str) -> None:
    error = refused(house, new(prompt))
    assert (error.code, error.field, error.limit) == (
        "request:prompt:length",
        "prompt",
        "1 to 32000 characters",
    )


@pytest.mark.parametrize("prompt", ["x", "x" * MAX_PROMPT])
def test_the_shortest_and_the_longest_prompt_are_taken(house: House, prompt: str) -> None:
    assert house.desk.submit(ADA, new(prompt)).request.prompt == prompt


@pytest.mark.parametrize(
    "seconds",
    ["0", "11", "-1", "4.0", "", "x", "1e1", "٤", "0000041", "000009999", "9" * 5000, " 4", "4\n", "+4"],
)
def test_seconds_are_a_whole_number_within_the_limit(house: House, seconds: str) -> None:
    error = refused(house, new(seconds=seconds))
    assert (error.code, error.field, error.limit) == ("request:seconds:unsupported", "seconds", "1 to 10")


@pytest.mark.parametrize("seconds", ["1", "10"])
def test_the_shortest_and_the_longest_video_are_taken(house: House, seconds: str) -> None:
    assert house.desk.submit(ADA, new(seconds=seconds)).request.seconds == int(seconds)


@pytest.mark.parametrize("size", ["640x361", "", "640X360", "huge"])
def test_a_size_is_one_of_those_made(house: House, size: str) -> None:
    error = refused(house, new(size=size))
    assert (error.code, error.field, error.limit) == ("request:size:unsupported", "size", "640x360, 720x1280")


def test_a_size_is_width_by_height(house: House) -> None:
    request = house.desk.submit(ADA, new(size="720x1280")).request
    assert (request.width, request.height) == (720, 1280)


def test_a_model_is_one_of_those_known(house: House) -> None:
    error = refused(house, new(model="other"))
    assert (error.code, error.field, error.limit) == ("request:model:unknown", "model", "fake, sora-2")


def test_a_reference_is_stored_under_its_digest(house: House, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"image of a harbour")
    (reference,) = house.desk.submit(ADA, new(references=(photo,))).request.references
    assert reference.id.startswith("ref_")
    assert reference.role == "input_reference"
    assert house.blobs.read(reference.media.digest) == b"image of a harbour"


def test_a_reference_that_is_no_medium_is_refused(house: House, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"broken")
    assert refused(house, new(references=(photo,))).field == "input_reference"


def test_equal_prompts_and_sizes_draw_alike_and_others_do_not(house: House) -> None:
    seeds = [house.desk.submit(ADA, video).request.seed for video in (new("a"), new("a"), new("b"))]
    seeds.append(house.desk.submit(ADA, new("a", size="720x1280")).request.seed)
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3
    assert all(0 <= seed < 1 << 32 for seed in seeds)
    assert house.desk.submit(ADA, new("a", seed=0)).request.seed == 0


# --- asking twice


def test_the_same_request_under_the_same_key_is_the_same_video(any_house: House, tmp_path: Path) -> None:
    house = any_house
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"image of a harbour")
    first, again = (house.desk.submit(ADA, new(references=(photo,)), "key-1") for _ in range(2))
    assert first.id == again.id
    assert house.queue.sent == [first.id]


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a hill"},
        {"seconds": "5"},
        {"size": "720x1280"},
        {"seed": 99},
        {"characters": ("subj_1",)},
        {"purpose": "artistic"},
        {"model": "sora-2"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_another_request_under_the_same_key_is_a_conflict(any_house: House, other: dict[str, object]) -> None:
    any_house.desk.submit(ADA, new(), "key-1")
    with pytest.raises(Conflict) as error:
        any_house.desk.submit(ADA, new(**{"prompt": "a harbour", **other}), "key-1")  # type: ignore[arg-type]
    assert error.value.code == "request:idempotency_key:reused"
    assert len(any_house.queue.sent) == 1


def test_another_reference_under_the_same_key_is_a_conflict(house: House, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"image of a harbour")
    house.desk.submit(ADA, new(references=(photo,)), "key-1")
    photo.write_bytes(b"image of a hill")
    with pytest.raises(Conflict):
        house.desk.submit(ADA, new(references=(photo,)), "key-1")


def test_keys_of_different_accounts_do_not_meet(house: House) -> None:
    assert house.desk.submit(ADA, new(), "key-1").id != house.desk.submit(BEA, new("other"), "key-1").id


def test_without_a_key_every_request_is_a_new_one(house: House) -> None:
    assert house.desk.submit(ADA, new()).id != house.desk.submit(ADA, new()).id


# --- whose it is


def denied(house: House, account_id: str, case_id: str) -> None:
    """Nothing that this account can do tells that there is such a video."""
    for act in (
        lambda: house.desk.see(account_id, case_id),
        lambda: house.desk.download(account_id, case_id).__enter__(),
        lambda: house.desk.delete(account_id, case_id),
        lambda: house.desk.submit(account_id, new(remix_of=case_id)),
    ):
        with pytest.raises(NotFound) as error:
            act()
        assert error.value.code == "video:object:unknown"


def test_the_videos_of_others_do_not_exist(house: House) -> None:
    denied(house, CYD, house.submit().id)
    released = house.released()
    denied(house, CYD, released)
    denied(house, CYD, "video_nowhere")
    assert house.release(released).status == "released"


def test_whoever_appears_sees_downloads_and_deletes_what_is_out(house: House) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    assert house.desk.see(BEA, case_id).id == case_id
    with house.desk.download(BEA, case_id) as path:
        assert b"|drawn|" in path.read_bytes()
    assert [case.id for case in house.desk.list(BEA, after=None, limit=5, ascending=True)[0]] == [case_id]
    house.desk.delete(BEA, case_id)
    assert house.release(case_id).status == "withdrawn"
    denied(house, BEA, case_id)
    assert house.desk.see(ADA, case_id).id == case_id


def test_whoever_appears_sees_nothing_before_it_is_out(house: House) -> None:
    house.give(house.person("bea"))
    denied(house, BEA, house.submit("@bea waves").id)


# --- downloading


def test_the_maker_downloads_what_was_signed(house: House) -> None:
    case_id = house.released()
    number = house.release(case_id).release_number
    with house.desk.download(ADA, case_id) as path:
        assert path.read_bytes() == b"label=urn:c2pa:%d|mark=%d|drawn|told=%016x" % (number, number, number)


def test_an_unfinished_video_is_a_conflict(house: House) -> None:
    case_id = house.submit().id
    with pytest.raises(Conflict) as error, house.desk.download(ADA, case_id):
        pass
    assert error.value.code == "case:state:unfinished"


def test_a_withdrawn_video_is_gone_for_everybody(house: House) -> None:
    grant = house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.registry.revoke(grant.id, actor=BEA)
    for account_id in (ADA, BEA):
        assert house.desk.see(account_id, case_id).id == case_id
        with pytest.raises(Gone) as error, house.desk.download(account_id, case_id):
            pass
        assert error.value.code == "release:video:withdrawn"


# --- deleting


def test_deleting_withdraws_and_tells_every_owner(house: House) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.desk.delete(ADA, case_id)
    record = house.release(case_id)
    assert (record.status, record.withdrawn_reason) == ("withdrawn", "release:video:deleted_by_owner")
    assert house.kinds()[-1] == "release:video:withdrawn"
    assert house.kinds().count("release:video:withdrawn") == 1
    for account_id in (ADA, BEA):
        assert len(house.notices(account_id, "release:video:withdrawn")) == 1
    assert house.desk.list(ADA, after=None, limit=5, ascending=True) == ([], False)


def test_a_deleted_video_does_not_exist_any_more(house: House) -> None:
    case_id = house.released()
    house.desk.delete(ADA, case_id)
    denied(house, ADA, case_id)


def test_deleting_an_open_case_stops_it(house: House) -> None:
    case_id = house.submit().id
    house.desk.delete(ADA, case_id)
    case = house.cases.get(case_id)
    assert (case.status, case.error_code) == ("failed", "video:object:deleted")
    assert house.runner.run(case_id) is None
    assert house.leases.abandoned() == []


def test_deleting_a_case_under_work_takes_it_from_its_worker(house: House) -> None:
    case_id = house.submit().id
    house.claimed(case_id)
    elsewhere(lambda: house.desk.delete(ADA, case_id))
    with pytest.raises(Conflict):
        house.walk(house.cases.requested(case_id))
    assert house.releases.find(case_id) is None


def test_deleting_what_is_not_there_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        house.cases.drop("video_nowhere")


# --- remixing


def test_only_a_finished_video_is_remixed(house: House) -> None:
    parent = house.submit().id
    with pytest.raises(Conflict) as error:
        house.desk.submit(ADA, new(remix_of=parent))
    assert (error.value.code, error.value.field) == ("case:state:unfinished", "video_id")


def test_a_withdrawn_video_is_not_remixed(house: House) -> None:
    grant = house.give(house.person("bea"))
    parent = house.released("@bea waves")
    house.registry.revoke(grant.id, actor=BEA)
    with pytest.raises(Gone) as error:
        house.desk.submit(ADA, new(remix_of=parent))
    assert error.value.code == "release:video:withdrawn"


def test_a_remix_is_signed_over_its_parent_and_drawn_from_its_unmarked_draft(house: House) -> None:
    parent = house.released()
    child = house.submit("by night", remix_of=parent)
    assert isinstance(house.ended(child), Released)
    assert house.backend.inputs == [b"drawn"]
    assert [claim.parent is not None for claim in house.credentials.claims if claim.media_type == "video/mp4"] == [
        False,
        True,
    ]
    assert house.releases.ancestry(child.id).case_ids == (parent,)


# --- lists


def test_lists_come_in_pages_in_either_order(any_house: House) -> None:
    house = any_house
    ids = [house.submit(f"number {number}").id for number in range(5)]
    house.submit("not hers", CYD)
    ordered = sorted(ids)

    def page(after: str | None, *, ascending: bool) -> tuple[list[str], bool]:
        cases, more = house.desk.list(ADA, after=after, limit=2, ascending=ascending)
        return [case.id for case in cases], more

    assert page(None, ascending=True) == (ordered[:2], True)
    assert page(ordered[1], ascending=True) == (ordered[2:4], True)
    assert page(ordered[3], ascending=True) == (ordered[4:], False)
    assert page(None, ascending=False) == (ordered[:-3:-1], True)
    assert page(ordered[1], ascending=False) == ([ordered[0]], False)


def test_a_video_that_somebody_made_of_themselves_is_listed_once(house: House) -> None:
    house.person("ada")
    case_id = house.released("@ada waves")
    assert [case.id for case in house.desk.list(ADA, after=None, limit=5, ascending=True)[0]] == [case_id]


def test_all_cases_of_one_status_are_listed_for_staff(house: House) -> None:
    open_case, done = house.submit().id, house.released()
    assert [case.id for case in house.cases.page(None, after=None, limit=5, ascending=True, status="queued")[0]] == [
        open_case
    ]
    assert {case.id for case in house.cases.page(None, after=None, limit=5, ascending=True)[0]} == {open_case, done}
