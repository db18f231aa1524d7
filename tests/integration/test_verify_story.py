"""Real marks, credentials and fingerprints: what becomes of a released video on its way, and what is said of it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from generator_gateway.api import Fit, Headline, Track, Verification
from generator_gateway.ports.verification import FoundBy, MarkSpan
from tests.factories.credentials import manifest_box, transplanted
from tests.factories.released import (
    SOUND_RATE,
    Deployment,
    Released,
    babble,
    deployment,
    pictures_of,
    sound_of,
    write_film,
)
from tests.factories.videos import luma_frames
from watermark.api import CredentialState

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 24, 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("deployment")) as made:
        yield made


def drawn(seed: int, seconds: int = SECONDS) -> Iterator[VideoFrame]:
    for luma in luma_frames(width=WIDTH, height=HEIGHT, count=seconds * FPS, seed=seed):
        yield VideoFrame.from_ndarray(luma, "gray").reformat(format="yuv420p")


def made(house: Deployment, seed: int) -> Released:
    source = write_film(house.folder / f"source-{seed}.mp4", drawn(seed), babble(SECONDS, seed))
    return house.release(source)


@pytest.fixture(scope="module")
def first(house: Deployment) -> Released:
    return made(house, 1)


@pytest.fixture(scope="module")
def second(house: Deployment) -> Released:
    return made(house, 2)


def codes(found: Verification) -> set[str]:
    return {note.code.removeprefix("verify:note:") for note in found.notes}


def near(span: MarkSpan, start: float, end: float) -> bool:
    return abs(span.start - start) <= 1 and abs(span.end - end) <= 1


def test_the_released_file_is_known_by_its_credential_and_both_its_marks(house: Deployment, first: Released) -> None:
    found = house.desk.verify(first.path)
    assert found.headline.code == Headline.SIGNED_HERE
    assert (found.picture.fit, found.sound.fit) == (Fit.SAME, Fit.SAME)
    assert [release.video_id for release in found.releases] == [first.case_id]
    assert codes(found) == {"development"}


def test_a_copy_that_was_encoded_again_is_recovered_and_differs(
    house: Deployment, first: Released, tmp_path: Path
) -> None:
    copy = write_film(tmp_path / "copy.mp4", pictures_of(first.path), sound_of(first.path), crf=24)
    found = house.desk.verify(copy)
    assert found.headline.code == Headline.RECOVERED
    assert found.credential.state is CredentialState.NO_CREDENTIAL
    assert found.recovered_credential is not None
    assert found.recovered_credential.state is CredentialState.RECOVERED
    assert (found.picture.fit, found.sound.fit) == (Fit.SAME, Fit.SAME)


def test_a_transplanted_credential_does_not_fit_and_the_mark_says_whose_it_is(
    house: Deployment, first: Released, second: Released, tmp_path: Path
) -> None:
    path = tmp_path / "transplanted.mp4"
    path.write_bytes(transplanted(first.path.read_bytes(), second.path.read_bytes()))
    found = house.desk.verify(path)
    assert found.credential.state is CredentialState.TAMPERED
    assert found.release is not None
    assert (found.release.video_id, found.release.found_by) == (second.case_id, FoundBy.WATERMARK)
    assert "own_credential_broken" in codes(found)


def test_a_spliced_video_shows_the_seconds_of_each(
    house: Deployment, first: Released, second: Released, tmp_path: Path
) -> None:
    frames = [*islice(pictures_of(first.path), 4 * FPS), *islice(pictures_of(second.path), 4 * FPS)]
    found = house.desk.verify(write_film(tmp_path / "spliced.mp4", frames, None))
    assert found.headline.code == Headline.SPLICED
    spans = [span for span in found.picture.spans if span.fit is Fit.SAME]
    assert [span.video_id for span in spans] == [first.case_id, second.case_id]
    assert near(spans[0], 0, 4)
    assert near(spans[1], 4, 8)


def test_a_voice_from_one_video_under_the_pictures_of_another_is_shown(
    house: Deployment, first: Released, second: Released, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "voice.mp4", pictures_of(first.path), sound_of(second.path), crf=24)
    found = house.desk.verify(path)
    assert [(release.video_id, release.found_by) for release in found.releases] == [
        (first.case_id, FoundBy.WATERMARK),
        (second.case_id, FoundBy.SOUND_WATERMARK),
    ]
    assert "sound_of_another" in codes(found)
    numbers = {(segment.track, segment.number) for segment in found.timeline if segment.fit is Fit.SAME}
    assert numbers == {(Track.PICTURE, 1), (Track.SOUND, 2)}


def test_a_voice_from_here_in_a_strangers_film_is_shown_with_its_seconds(
    house: Deployment, first: Released, tmp_path: Path
) -> None:
    sound = babble(10, 77)
    sound[:, 4 * SOUND_RATE : 10 * SOUND_RATE] = sound_of(first.path)[:, : 6 * SOUND_RATE]
    found = house.desk.verify(write_film(tmp_path / "stranger.mp4", drawn(50, 10), sound))
    assert found.headline.code == Headline.SOUND_FROM_HERE
    assert near(found.sound.spans[0], 4, 10)
    assert found.release is not None
    assert (found.release.video_id, found.release.found_by) == (first.case_id, FoundBy.SOUND_WATERMARK)


def test_a_still_of_a_video_made_here_is_never_called_a_strangers(
    house: Deployment, first: Released, tmp_path: Path
) -> None:
    path = tmp_path / "still.png"
    frame = next(islice(pictures_of(first.path), 48, None))
    Image.fromarray(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)).save(path)
    found = house.desk.verify(path)
    assert found.headline.code not in {Headline.COPIED_MARK, Headline.MALFORMED}
    assert {release.video_id for release in found.releases} <= {first.case_id}
    assert found.timeline == ()


def test_a_strangers_film_is_searched_to_the_end_and_nothing_is_claimed(
    house: Deployment, first: Released, tmp_path: Path
) -> None:
    del first
    found = house.desk.verify(write_film(tmp_path / "other.mp4", drawn(60, 3), babble(3, 60)))
    assert found.headline.code == Headline.NOTHING
    assert {"no_credential", "no_mark", "absence"} <= codes(found)


def test_two_manifest_boxes_are_refused_as_a_credential_and_the_mark_still_speaks(
    house: Deployment, first: Released, tmp_path: Path
) -> None:
    data = first.path.read_bytes()
    box = data[manifest_box(data)]
    path = tmp_path / "double.mp4"
    path.write_bytes(data + box)
    found = house.desk.verify(path)
    assert found.credential.state in {CredentialState.MALFORMED, CredentialState.TAMPERED}
    assert found.facts.unchanged.answer.code != "verify:unchanged:unchanged"
    assert found.release is not None


def test_nothing_is_left_behind(house: Deployment, first: Released, tmp_path: Path) -> None:
    before = sorted(first.path.parent.rglob("*"))
    house.desk.verify(first.path)
    assert sorted(first.path.parent.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_the_container_of_a_copy_makes_no_difference(house: Deployment, first: Released, tmp_path: Path) -> None:
    path = tmp_path / "copy.mkv"
    with av.open(str(first.path)) as source, av.open(str(path), "w") as target:
        streams = {
            stream.index: target.add_stream_from_template(stream) for stream in source.streams.get(video=0, audio=0)
        }
        for packet in source.demux(list(source.streams.get(video=0, audio=0))):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    found = house.desk.verify(path)
    assert found.credential.state is CredentialState.UNSUPPORTED
    assert found.release is not None
    assert found.release.video_id == first.case_id
    assert np.isfinite(found.seconds)
