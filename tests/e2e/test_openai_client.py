"""The stock `openai` client speaks to the server as it is; only its base URL changes."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import av
import openai
import pytest
from PIL import Image

from tests.e2e.conftest import CHARACTER, FIGURE
from tests.e2e.deployment import Person, Server

SIZE = cast("Any", "640x360")
ONE = cast("Any", "1")
TWO = cast("Any", "2")


@pytest.fixture(scope="module")
def client(server: Server, ada: Person) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=ada.key, max_retries=0) as opened:
        yield opened


def placet(video: Any) -> dict[str, Any]:
    """What we say beyond the videos API."""
    said: dict[str, Any] = video.model_extra["placet"]
    return said


def test_a_video_is_created_polled_and_downloaded_as_asked(client: openai.OpenAI) -> None:
    video = client.videos.create_and_poll(
        prompt="A paper boat drifts down a rainy street at night", model="sora-2", seconds=TWO, size=SIZE
    )
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert (video.seconds, video.size, video.model) == ("2", "640x360", "sora-2")
    assert video.completed_at is not None
    assert video.completed_at >= video.created_at
    assert client.videos.retrieve(video.id) == video
    with av.open(io.BytesIO(client.videos.download_content(video.id).read()), "r") as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (picture.width, picture.height) == (640, 360)
        frames = sum(1 for _ in film.decode(picture))
        assert picture.average_rate is not None
        assert frames / float(picture.average_rate) == pytest.approx(2.0, abs=0.1)


def test_a_video_comes_with_a_thumbnail_and_a_spritesheet(client: openai.OpenAI, own_video: str) -> None:
    thumbnail = client.videos.download_content(own_video, variant="thumbnail")
    spritesheet = client.videos.download_content(own_video, variant="spritesheet")
    with Image.open(io.BytesIO(thumbnail.read())) as small, Image.open(io.BytesIO(spritesheet.read())) as sheet:
        assert small.format == "WEBP"
        assert small.width / small.height == pytest.approx(16 / 9, abs=0.02)
        assert sheet.format == "JPEG"
        assert (sheet.width // 5) / (sheet.height // 4) == pytest.approx(16 / 9, abs=0.02)
    with pytest.raises(openai.BadRequestError, match="variant"):
        client.videos.download_content(own_video, variant=cast("Any", "soundtrack"))


def test_a_video_of_one_second_has_a_spritesheet_too(ada: Person) -> None:
    video = ada.make("A cloud passes")
    sheet = ada.http.get(f"/v1/videos/{video['id']}/content", params={"variant": "spritesheet"})
    assert sheet.status_code == 200, sheet.text


def test_every_key_of_the_video_object_is_there(ada: Person, own_video: str) -> None:
    video = ada.http.get(f"/v1/videos/{own_video}")
    keys = "id object model status progress created_at completed_at expires_at prompt size seconds error"
    assert set(video.json()) == {*keys.split(), "remixed_from_video_id", "placet"}
    assert video.json()["object"] == "video"
    assert int(video.headers["openai-poll-after-ms"]) > 0


def test_a_list_is_paged_in_both_orders_without_gap_or_repeat(client: openai.OpenAI) -> None:
    asked = [client.videos.create(prompt=f"{FIGURE} number {n}", seconds=ONE, size=SIZE).id for n in range(5)]
    newest = [video.id for _, video in zip(range(5), client.videos.list(limit=2), strict=False)]
    assert newest == asked[::-1]
    page = client.videos.list(limit=2)
    assert (len(page.data), page.has_more, page.last_id) == (2, True, asked[3])
    upwards = [video.id for video in client.videos.list(limit=3, order="asc")]
    downwards = [video.id for video in client.videos.list(limit=3, order="desc")]
    assert upwards == downwards[::-1]
    assert len(set(upwards)) == len(upwards)


def test_a_reference_can_be_a_file(client: openai.OpenAI, assets: Path) -> None:
    video = client.videos.create_and_poll(
        prompt="The valley wakes up", seconds=ONE, size=SIZE, input_reference=assets / "scenery-1.png"
    )
    assert video.status == "completed", video


def test_a_reference_can_be_a_data_url(client: openai.OpenAI, assets: Path) -> None:
    url = f"data:image/png;base64,{base64.b64encode((assets / 'carla.png').read_bytes()).decode()}"
    extra = {"input_reference": {"image_url": url}}
    video = client.videos.create_and_poll(prompt="She dances in the rain", seconds=ONE, size=SIZE, extra_body=extra)
    assert video.status == "failed"
    assert video.error is not None
    assert video.error.code == "likeness:face:stranger"


def test_a_cameo_can_be_named_by_its_id(client: openai.OpenAI, ada: Person, dario: Person) -> None:
    own = client.videos.create_and_poll(
        prompt="A walk on the pier", seconds=ONE, size=SIZE, extra_body={"characters": [{"id": ada.subject_id}]}
    )
    assert own.status == "completed", own
    other = client.videos.create_and_poll(
        prompt="A walk on the pier", seconds=ONE, size=SIZE, extra_body={"characters": [{"id": dario.subject_id}]}
    )
    assert other.error is not None
    assert other.error.code.startswith("consent:grant:")


def test_a_video_can_be_remixed(client: openai.OpenAI, own_video: str) -> None:
    remix = client.videos.poll(client.videos.remix(own_video, prompt="The same at night").id)
    assert remix.status == "completed", remix
    assert remix.remixed_from_video_id == own_video


def test_a_deleted_video_is_gone_for_everybody(client: openai.OpenAI) -> None:
    video = client.videos.create_and_poll(prompt="A kite over the dunes", seconds=ONE, size=SIZE)
    deleted = client.videos.delete(video.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (video.id, True, "video.deleted")
    for look in (client.videos.retrieve, client.videos.download_content, client.videos.delete):
        with pytest.raises(openai.NotFoundError):
            look(video.id)
    assert video.id not in [listed.id for listed in client.videos.list(limit=100)]


def test_a_refused_video_fails_with_a_documented_code_and_a_sentence(client: openai.OpenAI) -> None:
    video = client.videos.create_and_poll(prompt=f"{FIGURE} reads the evening news", seconds=ONE, size=SIZE)
    assert video.status == "failed"
    assert video.error is not None
    assert video.error.code == "likeness:name:blocklisted"
    assert video.error.message.endswith(".")
    assert FIGURE not in video.error.message
    assert placet(video)["reasons"] == ["likeness:name:blocklisted"]


def test_every_reason_of_a_refusal_is_given(client: openai.OpenAI) -> None:
    prompt = f"{FIGURE}, {CHARACTER} and @nobody_at_all sail past the harbour"
    video = client.videos.create_and_poll(prompt=prompt, seconds=ONE, size=SIZE)
    given = {"likeness:name:blocklisted", "optout:character:named", "consent:cameo:unknown"}
    assert set(placet(video)["reasons"]) == given


def test_a_held_video_waits_in_the_queue_and_says_so(client: openai.OpenAI, ada: Person) -> None:
    video = client.videos.create(prompt="Captain Fenimorre sails past the harbour", seconds=ONE, size=SIZE)
    held = ada.end_of(video.id)
    assert (held["status"], held["placet"]["state"], held["error"]) == ("queued", "held", None)
    assert held["placet"]["reasons"] == ["optout:name:unsure"]
    assert "person" in held["placet"]["message"]
    with pytest.raises(openai.ConflictError):
        client.videos.download_content(video.id)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size": "123x456"}, "size"),
        ({"seconds": "11"}, "seconds"),
        ({"model": "sora-3"}, "model"),
        ({"prompt": ""}, "prompt"),
    ],
)
def test_what_is_not_made_is_a_bad_request_that_names_field_and_limit(
    client: openai.OpenAI, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(**{"prompt": "A kite", "seconds": ONE, "size": SIZE} | fields)
    assert refused.value.param == field
    body: Any = refused.value.response.json()
    assert body["field"] == field
    assert body["limit"]


def test_a_wrong_key_is_an_authentication_error(server: Server) -> None:
    stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="plc_0000000000000000_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        stranger.videos.list()


def test_an_unknown_video_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.videos.retrieve("video_unknown")
    assert refused.value.code == "video:object:unknown"
