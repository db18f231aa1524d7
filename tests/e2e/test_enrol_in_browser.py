"""Somebody enrols with nothing but a browser, its camera and its microphone.

Chromium's fake devices play files: they are written once the page has shown what to say and do, by a head that code
turns (see `tests.factories.recordings`), and everything after the lens is real: the recorder of the browser, the
upload, the checks, the enrolment.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.deployment import BORN, Server, admin_of, environment, serving
from tests.e2e.pages_browser import CHROMIUM, chromium, sign_in, visiting
from tests.e2e.pages_server import Visitor, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]
TRIES = 4
"""As people may: a synthetic voice is misheard now and then, and a busy machine's browser drops half of the frames."""
_SLOWLY = "1.6"
"""As the page asks, and so that a frame that a busy machine drops is no sudden jump."""
_CLOSED = "5"
"""Seconds that the head rests at the end, so that the film does not begin to act again while it is recorded."""

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the fake camera and microphone find their files."""
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def browser(devices: Path) -> Iterator[Browser]:
    """Chromium with a camera and a microphone that play files."""
    with sync_playwright() as playwright:
        started = chromium(
            playwright,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={devices / 'camera.y4m'}",
            f"--use-file-for-fake-audio-capture={devices / 'microphone.wav'}%noloop",
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows nobody else: two voices of one synthesiser are alike enough to have staff look."""
    with serving(tmp_path_factory.mktemp("enrolling")) as running:
        yield running
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-4000:]


@pytest.fixture(scope="module")
def carla(deployment: Server) -> Visitor:
    """Has a handle and said when she was born; nobody has enrolled her."""
    made = visitor(deployment, admin_of(deployment), "carla", "subject")
    body = {"handle": "carla", "display_name": "Carla", "birth_year": BORN}
    made.person.http.post("/v1/subjects", json=body).raise_for_status()
    return made


def test_somebody_enrols_by_camera_and_microphone(
    browser: Browser, deployment: Server, carla: Visitor, devices: Path, assets: Path
) -> None:
    with visiting(browser, deployment.url) as page:
        page.context.grant_permissions(["camera", "microphone"], origin=deployment.url)
        sign_in(page, carla)
        page.goto("/me/enrol")
        page.click("text=Show me the digits")
        for _ in range(TRIES):
            length = _act(page, assets / "carla.png", devices)
            page.click("#open")
            page.click("#start")
            page.wait_for_timeout(1000 * length)
            page.click("#stop")
            page.click("#upload")
            page.wait_for_selector("ul.checks", state="attached", timeout=120_000)
            failed = set(page.locator("li.bad strong").all_inner_texts())
            if not failed:
                break
            page.click("button:has-text('Try again with new digits')")
        assert not failed, page.locator("ul.checks").first.inner_text()
        expect(page.locator("h1")).to_have_text("You are enrolled")
        expect(page.locator(".lead")).to_contain_text("Nobody may use them until you allow it")
    mine = carla.person.http.get("/v1/subjects/me").raise_for_status().json()
    assert (mine["cameo"]["assurance"], mine["cameo"]["has_voice"]) == ("live_challenge", True)


def _act(page: Page, portrait: Path, devices: Path) -> float:
    """Play what the page asks for before the camera; seconds until all of it was shown."""
    digits = [text.split()[0] for text in page.locator("[data-cue=digit]").all_inner_texts()]
    turns = [text.split()[-1] for text in page.locator("[data-cue=turn]").all_inner_texts()]
    how = ["--pace", _SLOWLY, "--before", "2", "--rest", _CLOSED]
    line: list[str | Path] = [
        sys.executable,
        "-m",
        "tests.factories.acting",
        portrait,
        devices,
        "--digits",
        *digits,
        "--turns",
        *turns,
    ]
    said = subprocess.run([*line, *how], cwd=_ROOT, env=environment(), check=True, capture_output=True, text=True)
    return float(said.stdout) + 1.0
