"""Rights holders, requesters and staff in their browsers: a claim from its form to a won appeal; a list, a takedown."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import openai
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.deployment import PATIENCE, Person, Server
from tests.e2e.pages_browser import CHROMIUM, chromium, sign_in, visiting
from tests.e2e.pages_server import Visitor, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]
TITLE, LISTED = "Orsolo Quindle", "Tamsin Vexley"
"""Nobody else's in these tests: what one claims must not stop what another makes."""
SIZE, SECONDS = cast("Any", "640x360"), cast("Any", "1")
_STOPS = 60
"""More stops of the tabulator than any form here has."""
_FOCUS = """wanted => {
  const e = document.activeElement;
  const seen = e.type === "date" || getComputedStyle(e).outlineStyle === "solid"; // a date shows which part it is
  return [e.matches(wanted), seen, e.outerHTML.slice(0, 200)];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def wilma(server: Server, admin: Person) -> Visitor:
    """Holds rights."""
    return visitor(server, admin, "wilma", "rights_holder")


@pytest.fixture(scope="module")
def rosa(server: Server, admin: Person) -> Visitor:
    """Looks at claims and appeals."""
    return visitor(server, admin, "rosa", "reviewer")


@pytest.fixture(scope="module")
def tess(server: Server, admin: Person) -> Visitor:
    """Asks for videos."""
    return visitor(server, admin, "tess", "requester")


@pytest.fixture(scope="module")
def earlier(tess: Visitor) -> str:
    """A video that was made before anybody claimed anything of it."""
    return tess.person.ask(f"{TITLE} and {LISTED} on a pier")


def reach(page: Page, control: str) -> None:
    """Go on by tabulator until a control has the focus; whatever has it on the way can be seen to have it."""
    page.wait_for_load_state()  # with its style sheet
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        there, seen, element = page.evaluate(_FOCUS, control)
        assert seen, f"nobody sees that this has the focus: {element}"
        if there:
            return
    pytest.fail(f"the keyboard leads to no {control}")


def file_by_keyboard(page: Page) -> None:
    """Fill in the form of a claim from its top to its end with nothing but keys; keep it as a draft."""
    page.goto("/rights/claims/new")
    keys = page.keyboard
    reach(page, "#kind")
    reach(page, "#title")
    keys.type(TITLE)
    reach(page, "#names")
    keys.type("Орсоло Квиндл")
    keys.press("Enter")
    keys.type("Signor Quindle")
    reach(page, "#descriptions")
    reach(page, "summary")
    keys.press("Enter")
    reach(page, "[name=settings][value=comedy]")
    reach(page, "#expires_at")
    reach(page, "#ground")
    keys.press("ArrowUp")
    reach(page, "#statement")
    keys.type("I have drawn him since 1998.")
    reach(page, "[value=draft]")
    keys.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("Kept as a draft.")


def try_on_the_past(page: Page) -> None:
    """Ask what the draft would have stopped, and read it."""
    reach(page, "#days")
    page.keyboard.press("Enter")
    tried = page.locator("#rehearsal")
    expect(tried.locator(".sentence")).to_contain_text(re.compile(r"^1 of \d+ requests in 7 days would have been"))
    expect(tried.locator("mark")).to_have_text(TITLE)
    expect(tried).not_to_contain_text(LISTED)  # the words around the match are somebody else's
    assert tried.locator("tbody tr").count() == 1


def submit(page: Page) -> None:
    """Hand the draft in: what is missing is said beside it, and nothing that was typed is lost."""
    page.fill("#statement", "I have drawn him since 1998, and printed him.")
    page.click("#submit button")
    expect(page.locator("#declarations-fault")).to_be_visible()
    expect(page.locator("#statement")).to_have_value("I have drawn him since 1998, and printed him.")
    for box in page.locator("[name=declarations]").all():
        box.check()
    page.click("#submit button")
    expect(page.locator("h1 .tag")).to_have_text("waits for staff")


def activate(page: Page, title: str) -> None:
    """Find a claim among those that wait, look at its proof, let it take effect."""
    page.goto("/staff")
    page.click("main >> text=Claims")
    page.click(f"h2 a:has-text('{title}')")
    page.click("text=The proof is good")
    expect(page.locator("[role=status]")).to_contain_text("the proof was looked at")
    page.click("text=Activate it")
    expect(page.locator("[role=status]")).to_contain_text("It is active")


def appeal(page: Page, video: str, statement: str) -> None:
    """Say on a video's page why the refusal is wrong."""
    page.goto(f"/me/videos/{video}")
    expect(page.locator("main")).to_contain_text("optout:character:named")
    page.fill("#statement", statement)
    page.click("#appeal button")
    expect(page.locator("[role=status]")).to_contain_text("Your appeal is in.")


def answer(page: Page, video: str, deed: str, note: str) -> None:
    """Answer the appeal about a video."""
    page.goto("/staff/appeals")
    page.click(f"text=Video {video[-8:]}")
    page.fill("#note", note)
    page.click(f"text={deed}")
    expect(page.locator("[role=status]")).to_be_visible()


def test_a_claim_is_filed_by_keyboard_tried_activated_contested_and_lifted_once(
    browser: Browser, server: Server, wilma: Visitor, rosa: Visitor, tess: Visitor, earlier: str
) -> None:
    with visiting(browser, server.url) as page:
        sign_in(page, wilma)
        page.click("text=Rights")
        page.click("nav >> text=Organisations")
        page.fill("#name", "Quindle & Daughters")
        page.click("text=Set it up")
        expect(page.locator("h2").first).to_have_text("Quindle & Daughters")
        file_by_keyboard(page)
        try_on_the_past(page)
        submit(page)
    assert tess.person.end_of(earlier)["status"] == "completed", "what is out before the claim counts stays out"
    with visiting(browser, server.url) as staff:
        sign_in(staff, rosa)
        activate(staff, TITLE)

        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=tess.person.key, max_retries=0) as client:
            prompts = (f"A card for my uncle {TITLE}: a quiet harbour", "Signor Qu1ndle robs a bank")
            asked = [client.videos.create(prompt=one, model="sora-2", seconds=SECONDS, size=SIZE) for one in prompts]
            right, wrong = (client.videos.poll(one.id) for one in asked)
            for video in (right, wrong):
                assert (video.status, video.error and video.error.code) == ("failed", "optout:character:named")
                assert ((video.error and video.error.model_extra) or {})["appeal"] == f"/v1/videos/{video.id}/appeal"
            with visiting(browser, server.url, script=False) as page:
                sign_in(page, tess)
                appeal(page, right.id, "He is my uncle, and that is his name.")
                appeal(page, wrong.id, "I like him.")
                answer(staff, right.id, "They are right", "Another Orsolo.")
                answer(staff, wrong.id, "The decision stands", "It is the drawn one.")

                assert client.videos.poll(right.id).status == "completed"
                assert client.videos.download_content(right.id).read()[4:8] == b"ftyp"
                page.goto(f"/me/videos/{right.id}")
                expect(page.locator("h1 .tag")).to_have_text("released")
                expect(page.locator("#appeal .tag")).to_have_text("you were right")
                page.goto(f"/me/videos/{wrong.id}")
                expect(page.locator("#appeal .tag")).to_have_text("the decision stands")
                expect(page.locator("#appeal")).to_contain_text("It is the drawn one.")
                assert page.locator("#statement").count() == 0, "once alone"
    assert tess.person.video(earlier)["placet"]["state"] == "completed", "a search only proposes"


def send_list(page: Page) -> None:
    """Send a list with one good line and one bad one; when this returns it was read."""
    page.goto("/rights/imports")
    table = f"title,kind\n{LISTED},character\nthe,character\n".encode()
    page.set_input_files("#file", {"name": "claims.csv", "mimeType": "text/csv", "buffer": table})
    page.fill("#statement", "Ours since 1998.")
    for box in page.locator("[name=declarations]").all():
        box.check()
    page.click("text=Submit them all")
    page.wait_for_url("**/rights/imports/imp_*")
    reload_until(page, "h1 .tag:text-is('read')")


def reload_until(page: Page, wanted: str) -> None:
    """Look again, as people do, until a worker has done something."""
    deadline = time.monotonic() + PATIENCE
    while not page.locator(wanted).count():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        time.sleep(0.2)
        page.reload()


def test_a_list_is_answered_by_line_and_a_takedown_is_confirmed_and_undone(
    browser: Browser, server: Server, wilma: Visitor, rosa: Visitor, tess: Visitor, earlier: str
) -> None:
    assert tess.person.end_of(earlier)["status"] == "completed"
    content = f"/v1/videos/{earlier}/content"
    with visiting(browser, server.url) as page:
        sign_in(page, wilma)
        send_list(page)
        expect(page.locator("main li.panel")).to_have_count(1)
        expect(page.locator("main li.panel")).to_contain_text("Line 3, the:")
        with page.expect_download() as report:
            page.click("text=The report, line by line")
        assert "optout:" in Path(report.value.path()).read_text()
    with visiting(browser, server.url) as page:
        sign_in(page, rosa)
        activate(page, LISTED)
        page.goto("/staff/takedowns?state=proposed")
        reload_until(page, f"h2:has-text('{LISTED}')")
        page.click(f"h2 a:has-text('{LISTED}')")
        expect(page.locator("main label")).to_contain_text([f"Video {earlier[-8:]}", "Why"])
        page.fill("#note", "It is her.")
        page.click("text=Take them down")
        expect(page.locator("[role=status]")).to_contain_text("Taken down.")
        assert tess.person.http.get(content).status_code == 410

        with visiting(browser, server.url) as owner:
            sign_in(owner, tess)
            owner.goto("/me/videos")
            owner.click("tr:has-text('taken down') >> td[data-label=Appeal] a")
            expect(owner.locator("h1 .tag")).to_have_text("taken down")
            expect(owner.locator("#statement")).to_be_visible()
            page.click("text=Undo it")
            expect(page.locator("[role=status]")).to_contain_text("They are out again")
            owner.reload()
            expect(owner.locator("h1 .tag")).to_have_text("released")
        assert tess.person.http.get(content).status_code == 200
