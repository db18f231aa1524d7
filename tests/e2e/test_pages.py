"""The pages in a real browser: what people read, what they can do by keyboard, and what is never asked of them."""

import base64
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.deployment import PATIENCE, Person, Server
from tests.e2e.pages_browser import CHROMIUM, chromium, sign_in, visiting
from tests.e2e.pages_server import PASSWORD, Visitor, attest, token_on, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]
UNSURE = "I sail past the harbour as Captain Fenimorre"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def olga(server: Server, admin: Person) -> Visitor:
    """Runs the place."""
    return visitor(server, admin, "olga", "admin")


@pytest.fixture(scope="module")
def rita(server: Server, admin: Person) -> Visitor:
    """Reviews cases."""
    return visitor(server, admin, "rita", "reviewer")


@pytest.fixture(scope="module")
def greta(server: Server, admin: Person) -> Visitor:
    """Asks for videos, has a handle, and no enrolled likeness."""
    made = visitor(server, admin, "greta", "requester", "subject")
    answer = made.person.http.post("/v1/subjects", json={"handle": "greta", "display_name": "Greta"})
    answer.raise_for_status()
    return made


@pytest.fixture(scope="module")
def hana(server: Server, admin: Person) -> tuple[Visitor, str]:
    """Has a handle and one grant; its id."""
    made = visitor(server, admin, "hana", "subject")
    person = made.person.http.post("/v1/subjects", json={"handle": "hana", "display_name": "Hana"}).raise_for_status()
    terms = {"audience": {"kind": "everyone"}, "modalities": ["face"], "note": "w" * 300}
    grant = made.person.http.post(f"/v1/subjects/{person.json()['id']}/grants", json=terms).raise_for_status()
    return made, str(grant.json()["id"])


@pytest.fixture(scope="module")
def held(ada: Person, admin: Person, assets: Path) -> str:
    """A case that waits for a person, with a picture of a face."""
    del admin
    picture = {"input_reference": ("ada-2.png", (assets / "ada-2.png").read_bytes())}
    fields = {"prompt": UNSURE, "model": "sora-2", "size": "640x360", "seconds": "1"}
    video_id = str(ada.http.post("/v1/videos", data=fields, files=picture).raise_for_status().json()["id"])
    assert ada.end_of(video_id)["placet"]["state"] == "held"
    return video_id


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with visiting(browser, server.url) as made:
        yield made


def test_signing_in_needs_nothing_but_a_keyboard(page: Page, greta: Visitor) -> None:
    page.goto("/sign-in?next=/me")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    assert (skip.bounding_box() or {"x": -1})["x"] >= 0, "the skip link shows itself once it has the focus"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("id") == "email", "skipping leads past the navigation"
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.type(greta.email)
    page.keyboard.press("Tab")
    page.keyboard.type(greta.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    expect(page.locator(".lead")).to_contain_text("@greta")


def test_a_wrong_password_is_said_without_saying_which_half_was_wrong(page: Page, greta: Visitor) -> None:
    said = []
    for email in (greta.email, "nobody@pages.example.org"):
        page.goto("/sign-in")
        page.fill("#email", email)
        page.fill("#password", "not it")
        page.click("main button")
        said.append(page.locator("[role=alert]").inner_text())
        assert page.input_value("#email") == email, "what was typed is still there"
        assert page.input_value("#password") == ""
    assert said[0] == said[1] == "E-mail or password is wrong."


def test_a_form_from_another_site_or_without_its_token_does_nothing(server: Server, greta: Visitor) -> None:
    with httpx.Client(base_url=server.url, headers={"accept": "text/html"}, timeout=60) as client:
        token = token_on(client.get("/sign-in").text)
        client.post("/sign-in", data={"email": greta.email, "password": PASSWORD, "csrf_token": token})
        grant = {"audience": "everyone", "modality": "face", "days": "30"}
        bare = client.post("/me/allow", data=grant)
        own = token_on(client.get("/me").text)
        foreign = client.post(
            "/me/allow", data=grant | {"csrf_token": own}, headers={"origin": "https://elsewhere.example"}
        )
        assert bare.status_code == foreign.status_code == 403
        assert "This is not open to you" in bare.text
        assert "The form is out of date" in bare.text
        assert "Nobody but you." in client.get("/me").text


def _checked(page: Page, content: bytes, name: str = "ferry.mp4", *, keep: bool = False, lang: str = "en") -> None:
    """Have a file checked on the page and wait until all of the answer is there."""
    page.goto(f"/is-this-ai?lang={lang}")
    page.set_input_files("#file", {"name": name, "mimeType": "video/mp4", "buffer": content})
    if keep:
        page.check("#keep")
    page.click("main button")
    page.wait_for_selector(".result", timeout=_LOOKING)
    page.wait_for_load_state()


_LOOKING = 90_000
"""Milliseconds that taking a file apart may take on a busy machine."""
_OWN = ("/me/allow", "/me/approvals", "/me/end", "/me/end/everything", "/me/end/person?person=@greta")
"""Pages of a person's own that stand alone."""
_STAFF = tuple(
    f"/staff{page}"
    for page in (
        "",
        "/enrolments",
        "/vouch",
        "/guardians",
        "/estates",
        "/ages?who=@ada",
        "/reports",
        "/objections?state=all",
        "/claims?state=active",
        "/takedowns",
        "/notices",
        "/appeals?state=all",
        "/lockdown",
        "/deliveries",
    )
)
"""Pages of whoever runs the place."""
_RIGHTS = tuple(f"/rights{page}" for page in ("", "/claims/new", "/imports", "/feeds", "/appeals", "/organisations"))
"""Pages of rights holders."""
_NOTICE = ("/notice", "/notice?law=dmca", "/notice?law=take_it_down&lang=it", "/notice/nothing")
"""Where somebody without an account has a video taken down."""


def test_verification_says_one_sentence_first_then_three_facts_and_consent(page: Page, own_file: bytes) -> None:
    _checked(page, own_file)
    expect(page.locator(".sentence")).to_have_text(
        "This was made with AI here, and it is as it was when it was signed."
    )
    expect(page.locator(".kicker")).to_contain_text("ferry.mp4")
    answers = dict(
        zip(
            page.locator(".evidence h3").all_inner_texts(),
            page.locator(".evidence .tag").all_inner_texts(),
            strict=True,
        )
    )
    assert answers == {
        "Who signed it?": "a test signer",
        "Does it say that AI made it?": "made with AI",
        "Is it as it was signed?": "unchanged",
        "Do the people in it still agree?": "yes",
    }
    expect(page.locator(".caution")).to_have_text("Nobody outside that deployment can trust a development certificate.")
    expect(page.locator(".timeline svg[role=img]").first).to_be_visible()
    expect(page.locator(".working")).to_be_hidden()
    with page.expect_download() as download:
        page.click("text=Answer as JSON")
    document = json.loads(Path(download.value.path()).read_text())
    assert download.value.suggested_filename == f"verification-{document['sha256'][:12]}.json"
    assert document["sentence"] == page.locator(".sentence").inner_text()
    assert document["release"]["consent"] == "active"
    with page.expect_download() as download:
        page.click("text=Credential as crJSON")
    assert json.loads(Path(download.value.path()).read_text())


def test_a_file_is_checked_by_keyboard_alone_and_without_scripts(
    browser: Browser, server: Server, own_file: bytes
) -> None:
    with visiting(browser, server.url, script=False) as page:
        page.goto("/is-this-ai?lang=it")
        page.set_input_files("#file", {"name": "traghetto.mp4", "mimeType": "video/mp4", "buffer": own_file})
        page.focus("#file")
        page.keyboard.press("Tab")
        assert page.locator(":focus").get_attribute("id") == "keep"
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".result", timeout=_LOOKING)
        page.wait_for_load_state()
        expect(page.locator(".sentence")).to_contain_text("fatto qui con l'IA")
        expect(page.locator(".steps li").first).to_have_text("Ricevo il file")
        link = page.locator(".take a.long").get_attribute("href") or ""
        page.goto(link)
        expect(page.locator(".sentence")).to_contain_text("fatto qui con l'IA")
        page.click(".languages >> text=English")
        expect(page.locator(".sentence")).to_contain_text("made with AI here")
        page.click("text=Is this wrong?")
        page.fill("#text", "This is only a try.")
        page.click("text=Say so")
        expect(page.locator("h1")).to_have_text("Thank you")


def test_a_link_to_no_answer_says_so_in_plain_words(page: Page) -> None:
    answer = page.goto(f"/is-this-ai/{'0' * 64}")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("No answer is kept here")
    assert "not AI" not in page.locator("main").inner_text()


@pytest.mark.parametrize("content", [b"no video at all, just words", b"", b"\x00" * 4096])
def test_a_file_that_is_no_media_is_answered_in_words(page: Page, content: bytes) -> None:
    _checked(page, content, "x.mp4")
    expect(page.locator(".sentence")).to_contain_text("can't be read as media")
    expect(page.locator(".result")).not_to_contain_text("AI")


def test_a_form_without_a_file_asks_for_one(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers={"accept": "text/html"}, timeout=60) as client:
        token = token_on(client.get("/is-this-ai").text)
        empty = client.post("/is-this-ai", data={"csrf_token": token}, files={"file": ("", b"")})
        none = client.post("/is-this-ai", data={"csrf_token": token})
    assert empty.status_code == none.status_code == 422
    assert "Choose a file first." in empty.text
    assert "Choose a file first." in none.text


def test_faces_in_a_case_are_blurred_until_somebody_asks(page: Page, rita: Visitor, held: str) -> None:
    sign_in(page, rita)
    page.goto(f"/cases/{held}")
    blurred = _picture(page)
    page.click("text=Show it")
    clear = _picture(page)
    assert blurred.shape == clear.shape
    assert _detail(blurred) * 20 < _detail(clear), "what is not sent can't be unblurred"
    page.click("text=Blur it again")
    assert np.array_equal(_picture(page), blurred)


def test_a_held_case_goes_on_once_a_person_says_why(page: Page, rita: Visitor, ada: Person, held: str) -> None:
    sign_in(page, rita)
    page.goto("/cases?status=held")
    row = page.locator("tr", has_text=UNSURE).first
    expect(row).to_contain_text("may name a work or character that was opted out")
    expect(row).to_contain_text("optout:name:unsure")
    page.goto(f"/cases/{held}")
    expect(page.locator("mark")).to_have_text("Captain Fenimorre")
    page.fill("#note", "   ")
    page.click("text=Let it go on")
    expect(page.locator("[role=alert]")).to_contain_text("Say why")
    page.fill("#note", "Another captain.")
    page.click("text=Let it go on")
    page.wait_for_url(f"**/cases/{held}")
    assert page.locator("#note").count() == 0, "decided once"
    assert ada.end_of(held)["placet"]["state"] == "completed", "a doubt that was lifted is not raised again"

    page.reload()
    expect(page.locator("h1 .tag")).to_have_text("released")
    page.click("figure:has-text('What was made') >> text=Show it")
    assert page.locator("video").evaluate("async v => { v.load(); await v.play(); return v.videoWidth }") == 640


def test_cases_are_closed_to_everybody_else(page: Page, greta: Visitor, held: str) -> None:
    sign_in(page, greta)
    for path in ("/cases", f"/cases/{held}"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("h1")).to_have_text("This is not open to you")
    assert page.locator("nav >> text=Staff").count() == 0
    assert page.locator("nav >> text=Cases").count() == 0
    assert page.request.get(f"/cases/{held}/media/draft").status == 403
    assert page.request.get(f"/cases/{held}/media/draft/film").status == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"#person": "@nobody_at_all"}, "Nobody here is called @nobody_at_all."),
        ({"#person": ""}, "Say who: their handle."),
        ({"#person": "ada", "#days": "soon"}, "Give a whole number of days."),
        ({"#person": "ada", "#days": "999999"}, "Give 1 to 3660 days."),
        ({"#person": "ada", "#uses": "0"}, "The number of uses is out of range."),
    ],
)
def test_a_wrong_field_is_named_beside_it_and_nothing_typed_is_lost(
    page: Page, greta: Visitor, ada: Person, wrong: dict[str, str], said: str
) -> None:
    del ada
    sign_in(page, greta)
    page.goto("/me/allow")
    page.click("text=More limits")
    page.fill("#note", "Greetings only.")
    for name, text in wrong.items():
        page.fill(name, text)
    page.click("text=Allow it")
    at_fault = page.locator("[aria-invalid=true]")
    assert at_fault.count() == 1
    described = (at_fault.get_attribute("aria-describedby") or "").split()[-1]
    assert page.locator(f"#{described}").inner_text() == said
    assert page.input_value("#note") == "Greetings only."
    assert all(page.input_value(name) == text for name, text in wrong.items())
    page.goto("/me")
    expect(page.locator("main")).to_contain_text("Nobody but you.")


def _watch_and_say_yes(page: Page, asker: Person, video_id: str) -> None:
    """Answer what waits at home; when this returns the video is out."""
    page.goto("/me")
    expect(page.locator(".tasks")).to_contain_text("@greta made a video of you.")
    page.click("text=Watch and answer")
    expect(page.locator(".prompt")).to_contain_text("@fabio waves on a terrace at dusk")
    film = page.request.get(page.locator("video").get_attribute("src") or "")
    assert (film.status, film.body()[4:8]) == (200, b"ftyp")
    page.click("text=Yes, they may have it")
    expect(page.locator("[role=status]")).to_contain_text("You said yes.")
    deadline = time.monotonic() + PATIENCE
    while (video := asker.video(video_id))["placet"]["state"] != "completed":
        assert time.monotonic() < deadline, video
        time.sleep(0.2)


def _end_consent(page: Page, asker: Person, video_id: str) -> None:
    """End the consent from home; the video under it is withdrawn, and both receipts are there."""
    page.goto("/me")
    expect(page.locator("#uses + table")).to_contain_text("@greta")
    expect(page.locator(".told")).to_contain_text("A video with your likeness came out.")
    page.click("tr:has-text('@greta') >> text=End")
    expect(page.locator("#revoke")).to_contain_text("1 video is withdrawn at once.")
    assert asker.http.get(f"/v1/videos/{video_id}/content").status_code == 200, "nothing happened yet"
    page.click("text=Yes, end it")

    expect(page.locator("[role=status]")).to_contain_text("1 video was withdrawn")
    expect(page.locator("h1 .tag")).to_have_text("revoked")
    assert asker.http.get(f"/v1/videos/{video_id}/content").status_code == 410
    expect(page.locator(".receipts li")).to_have_count(2)
    receipt = page.request.get(page.locator("text=Signed receipt").first.get_attribute("href") or "").text()
    claims = json.loads(base64.urlsafe_b64decode(receipt.split(".")[1] + "=="))
    assert claims["@type"] == "dpv:ConsentReceipt"
    page.goto("/me")
    expect(page.locator(".told")).to_contain_text("A video was withdrawn. Why: the consent was revoked.")


def test_consent_is_given_and_taken_back_on_pages_alone(
    browser: Browser, server: Server, admin: Person, greta: Visitor, assets: Path
) -> None:
    fabio = visitor(server, admin, "fabio", "subject")
    with visiting(browser, server.url, script=False) as page:
        sign_in(page, fabio)
        page.goto("/me")
        page.fill("#handle", "Fabio!")
        page.click("text=Take this handle")
        expect(page.locator("#handle-fault")).to_contain_text("lower-case letters")
        page.fill("#handle", "fabio")
        page.click("text=Take this handle")
        expect(page.locator(".lead")).to_contain_text("Not enrolled yet")
        subject = fabio.person.http.get("/v1/subjects/me").raise_for_status().json()["id"]
        fabio.person.http.put("/v1/me/age", json={"birth_year": 1990}).raise_for_status()
        attest(admin, subject, "fabio", assets)

        page.reload()
        expect(page.locator(".lead")).to_contain_text("face and voice")
        page.click("text=Allow somebody")
        page.fill("#person", "@greta")
        page.check("input[name=modality][value=voice]")
        page.check("text=Show me each video first")
        page.click("text=Allow it")
        expect(page.locator(".sentence")).to_contain_text("@greta may use your face and voice in videos until")
        held = greta.person.make("@fabio waves on a terrace at dusk")
        assert held["placet"]["state"] == "held", held
        assert greta.person.http.get(f"/v1/videos/{held['id']}/content").status_code == 409, "nobody has it yet"

        _watch_and_say_yes(page, greta.person, held["id"])
        _end_consent(page, greta.person, held["id"])


def test_nobody_sees_another_persons_grant(server: Server, greta: Visitor, ada: Person, page: Page) -> None:
    grant = ada.grant({"kind": "everyone"}, modalities=["voice"])
    try:
        sign_in(page, greta)
        answer = page.goto(f"/me/grants/{grant['id']}")
        assert answer is not None
        assert answer.status == 404
        token = token_on(page.context.request.get("/me").text())
        refused = page.context.request.post(
            f"/me/grants/{grant['id']}/revoke", form={"csrf_token": token}, headers={"origin": server.url}
        )
        assert refused.status == 404
    finally:
        ada.revoke(grant["id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_speaks_to_a_screen_reader(
    browser: Browser,
    server: Server,
    rita: Visitor,
    olga: Visitor,
    hana: tuple[Visitor, str],
    held: str,
    own_video: str,
    own_file: bytes,
    scheme: str,
) -> None:
    subject, grant = hana
    tour: list[tuple[Visitor | None, list[str]]] = [
        (
            None,
            [
                "/",
                "/is-this-ai",
                "/is-this-ai?lang=it",
                f"/is-this-ai/{'0' * 64}",
                "/sign-in",
                "/nothing/here",
                *_NOTICE,
            ],
        ),
        (rita, ["/", "/cases", "/cases?status=queued", f"/cases/{held}", f"/cases/{own_video}?clear=draft"]),
        (olga, ["/cases", *_STAFF, *_RIGHTS, "/me/videos"]),
        (subject, ["/", "/me", f"/me/grants/{grant}", *_OWN, "/cases"]),
    ]
    for who, paths in tour:
        with visiting(browser, server.url, width=390, scheme="dark" if scheme == "dark" else "light") as page:
            if who is not None:
                sign_in(page, who)
            for path in paths:
                page.goto(path)
                assert page.evaluate(_WIDE) == [], f"{path} is wider than a phone"
                assert page.evaluate(_FAULTS) == [], path
            if who is None:
                _checked(page, own_file, "w" * 200, lang="it")
                page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
                assert page.evaluate(_WIDE) == []
                assert page.evaluate(_FAULTS) == []


def test_every_text_colour_can_be_read_on_every_ground_in_both_schemes(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        address = re.search(r'href="(/static/[^"]+\.css[^"]*)"', client.get("/").text)
        assert address is not None
        sheet = client.get(address[1]).text
    blocks = re.findall(r":root \{([^}]*)\}", sheet)
    assert len(blocks) == 2, "a light scheme and a dark one"
    for block in blocks:
        tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        texts, grounds = ("ink", "quiet", "accent", "allow", "hold", "deny"), ("ground", "panel", "wash")
        pairs = [(text, ground) for text in texts for ground in grounds]
        pairs += [("accent-ink", "accent"), ("danger-ink", "danger"), ("deny", "blush"), ("ink", "blush")]
        poor = {pair: round(_contrast(*(tokens[name] for name in pair)), 2) for pair in pairs}
        assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}
        assert min(_contrast(tokens["edge"], tokens[ground]) for ground in grounds) >= 3, "borders of controls"


def test_problems_are_pages_for_people_and_documents_for_programs(page: Page, server: Server) -> None:
    answer = page.goto("/nothing/here")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is nothing here")
    expect(page.locator("main")).to_contain_text("kernel:object:not_found")
    document = httpx.get(f"{server.url}/nothing/here", timeout=60)
    assert document.headers["content-type"].startswith("application/problem+json")


def _picture(page: Page) -> np.ndarray:
    source = page.locator("figure img").first.get_attribute("src") or ""
    with Image.open(io.BytesIO(page.request.get(source).body())) as opened:
        return np.asarray(opened.convert("L"), np.float32)


def _detail(picture: np.ndarray) -> float:
    """Mean squared difference of neighbours."""
    return float(np.mean(np.diff(picture, axis=0) ** 2) + np.mean(np.diff(picture, axis=1) ** 2))


def _contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *, header *, footer *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
_FAULTS = """() => {
  const faults = [], all = q => [...document.querySelectorAll(q)];
  const name = e => (e.innerText || e.getAttribute("aria-label") || e.querySelector("img")?.alt || "").trim();
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title.trim()) faults.push("no title");
  if (all("h1").length !== 1) faults.push("not one h1");
  if (all("main").length !== 1) faults.push("not one main");
  all("input:not([type=hidden]), select, textarea").forEach(
    e => { if (!e.labels.length) faults.push("no label: " + e.outerHTML); });
  all("img").forEach(e => { if (!e.hasAttribute("alt")) faults.push("no alt: " + e.src); });
  all("a, button, summary").forEach(e => { if (!name(e)) faults.push("no name: " + e.outerHTML); });
  all("table").forEach(e => { if (!e.querySelector("th[scope]")) faults.push("no header cells"); });
  all("[aria-describedby]").forEach(e => e.getAttribute("aria-describedby").split(/ +/).forEach(
    id => { if (!document.getElementById(id)) faults.push("described by nothing: " + id); }));
  const ids = all("[id]").map(e => e.id);
  ids.filter((id, place) => ids.indexOf(id) !== place).forEach(id => faults.push("twice: " + id));
  let level = 0;
  all("h1, h2, h3, h4").forEach(e => {
    const next = +e.tagName[1];
    if (next > level + 1) faults.push("skipped to " + e.innerText);
    level = next;
  });
  all("[style], script:not([src])").forEach(e => faults.push("inline: " + e.outerHTML.slice(0, 60)));
  return faults;
}"""
