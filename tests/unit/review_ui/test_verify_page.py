"""The verify page: written while the file is taken apart, in the reader's language, and nothing of the file stays."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from generator_gateway.api import Step
from generator_gateway.ports.verification import Verification
from review_ui.verify.routes import PATH
from tests.factories.verifications import a_credential, a_verification
from tests.fakes.verify_page import VISIT, Reader, VerifySite, Visit
from trust_kernel.clock import SystemClock
from trust_kernel.errors import Unavailable
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.csrf import csrf_token
from watermark.api import CredentialState, IngredientReport

HOSTILE = "<script>alert(1)</script>\u202e\x07<img src=x onerror=alert(2)>"


def sentence(page: str) -> str:
    found = re.search(r'<p class="sentence">(.*?)</p>', page)
    assert found, page
    return found[1]


# --- the form


def test_every_route_is_open_to_everybody(site: VerifySite) -> None:
    paths = [route for route in routes_of(site.app) if getattr(route, "path", "").startswith(PATH)]
    assert len(paths) == 4
    assert {declared_permission(route) for route in paths} == {PUBLIC}


@pytest.mark.parametrize(
    ("query", "header", "language", "said"),
    [
        ("", "", "en", "You need no account"),
        ("", "it-IT,it;q=0.9,en;q=0.5", "it", "Non serve un account"),
        ("?lang=it", "en", "it", "Non serve un account"),
        ("?lang=en", "it", "en", "You need no account"),
        ("?lang=tlh", "", "en", "You need no account"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_browsers(
    visit: Visit, query: str, header: str, language: str, said: str
) -> None:
    answer = visit.client.get(f"{PATH}{query}", headers={"accept-language": header})
    page = Reader(answer.text)
    assert said in page.text
    assert page.all("html", lang=language)
    assert answer.headers["content-language"] == language
    assert page.all("form", enctype="multipart/form-data")[0]["action"] == f"{PATH}?lang={language}", "kept in the form"


def test_the_address_of_the_api_leads_a_browser_to_the_page(visit: Visit) -> None:
    answer = visit.client.get("/verify", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)


def test_the_form_says_what_is_looked_at_and_that_nothing_is_kept(visit: Visit) -> None:
    page = Reader(visit.client.get(PATH).text)
    assert "Nothing of it is kept." in page.text
    assert "Up to 100 kB." in page.text
    assert "not AI: nobody can know" in page.text
    labels = {found["for"] for found in page.all("label")}
    assert {"file", "keep"} <= labels


# --- an answer


def test_an_answer_is_one_sentence_then_facts_and_nothing_of_the_file_stays(visit: Visit, scratch: Path) -> None:
    answer = visit.ask("signed")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Reader(answer.text)
    assert sentence(answer.text) == "This was made with AI here, and it is as it was when it was signed."
    assert "About ferry.mp4" in page.text
    assert answer.text.index('class="sentence"') < answer.text.index("Who signed it?")
    assert len(page.all("h1")) == 1
    assert answer.text.rstrip().endswith("</html>")
    assert visit.site.desk.seen[0].suffix == ".mp4"
    assert list(scratch.iterdir()) == []
    assert visit.site.reports.kept == {}


def test_every_kind_of_answer_can_be_read_in_both_languages(visit: Visit) -> None:
    for name, found in visit.site.desk.known.items():
        for lang in ("en", "it"):
            page = Reader(visit.ask(name, lang=lang).text)
            assert page.all("html", lang=lang)
            assert "page:" not in page.text, name
            assert "verify:" not in page.text, name
            assert found.sha256 in page.text


def test_the_progress_comes_before_the_answer_step_by_step(site: VerifySite) -> None:
    reached = {step: threading.Event() for step in Step}
    allowed = {step: threading.Event() for step in Step}

    def between(step: Step) -> None:
        reached[step].set()
        assert allowed[step].wait(20)

    site.desk.between = between
    pieces = _pieces(site)
    seen = next(pieces)
    assert "</head>" in seen, "the page is there before anything is known"
    assert 'class="sentence"' not in seen
    for step, said in (
        (Step.RECEIVED, "Taking the file in"),
        (Step.CREDENTIAL, "Reading its content credential"),
        (Step.MARKS, "Looking and listening for marks"),
    ):
        while said not in seen:
            seen += next(pieces)
        assert reached[step].wait(20)
        assert 'class="sentence"' not in seen
        allowed[step].set()
    for event in allowed.values():
        event.set()
    seen += "".join(pieces)
    assert seen.index("Looking into the public record") < seen.index('class="sentence"')
    assert "<li>Done</li>" not in seen
    assert seen.rstrip().endswith("</html>")


def _pieces(site: VerifySite) -> Iterator[str]:
    """The answer's body as it is sent; the test client itself hands out nothing before all is there."""
    import asyncio
    import queue

    out: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + csrf_token(VISIT).encode() + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nsigned\r\n--x--\r\n'
    )
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"lang=en",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"multipart/form-data; boundary=x"),
            (b"cookie", f"{site.access.cookies.visit}={VISIT}".encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return next(sent)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            out.put(message.get("body", b"").decode())

    async def serve() -> None:
        try:
            await site.app(scope, receive, send)
        finally:
            out.put(None)

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    while (piece := out.get(timeout=30)) is not None:
        yield piece


def test_the_page_needs_no_script_no_style_of_its_own_and_nothing_from_elsewhere(visit: Visit) -> None:
    for name in ("spliced", "tampered"):
        page = Reader(visit.ask(name).text)
        assert not page.all("script")
        assert not any("style" in found for _, found in page.tags)
        addresses = [found.get("href") or found.get("src") or "" for tag, found in page.tags if tag != "a"]
        assert all(address == "" or address.startswith("/static/") for address in addresses)


def test_the_strip_has_a_table_that_says_the_same(visit: Visit) -> None:
    page = Reader(visit.ask("spliced").text)
    pictures, sound = page.all("svg", role="img")
    assert pictures["aria-label"].startswith("pictures: ")
    assert sound["aria-describedby"] == page.all("table")[0]["id"] == "seconds-table"
    assert "pictures 5.2 s 9 s from a video made here (video 2)" in page.text
    assert "sound 10 s 13 s a mark of no video known here" in page.text
    assert len(page.all("th", scope="col")) == 4


def test_nobody_is_named_in_an_answer(visit: Visit) -> None:
    for name in visit.site.desk.known:
        text = visit.ask(name).text
        assert "acct_" not in text
        assert "subj_" not in text
        assert "@" not in text.replace("checks@example.org", "")


def _hostile() -> Verification:
    fault = IngredientReport(HOSTILE, HOSTILE, HOSTILE, 0, (HOSTILE,), trusted=False)
    bad = a_credential(CredentialState.VALID_UNTRUSTED, title=HOSTILE, codes=(HOSTILE,), ingredients=(fault,))
    signer = replace(bad.signer, organisation=HOSTILE, common_name=HOSTILE, trusted=False) if bad.signer else None
    return a_verification(credential=replace(bad, signer=signer, generator=HOSTILE, manifest_label=HOSTILE))


def test_hostile_titles_and_names_are_shown_as_text(visit: Visit) -> None:
    visit.site.desk.known["hostile"] = _hostile()
    text = visit.ask("hostile", name=f"{HOSTILE}.mp4").text
    page = Reader(text)
    assert not page.all("script")
    assert not page.all("img", src="x")
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in page.text, "it can be read"
    assert "\u202e" not in text
    assert "\x07" not in text


# --- to take along


def _saved(page: Reader, prefix: str) -> Any:
    link = next(found for found in page.all("a") if found.get("download", "").startswith(prefix))
    kind, _, data = link["href"].partition(",")
    assert kind == "data:application/json;base64"
    return json.loads(base64.b64decode(data))


def test_the_download_is_what_the_api_says(visit: Visit) -> None:
    answer = visit.ask("recovered", lang="it")
    document = _saved(Reader(answer.text), "verification-")
    assert (document["headline"]["code"], document["language"]) == ("verify:headline:recovered", "it")
    assert document["recovered_credential"]["state"] == "recovered"


def test_crjson_is_offered_where_the_file_has_a_credential_and_only_there(visit: Visit) -> None:
    assert _saved(visit.read("signed"), "credential-") == {"manifests": []}
    assert not any(found.get("download", "").startswith("credential") for found in visit.read("nothing").all("a"))


def test_crjson_that_is_large_or_cannot_be_made_does_not_stand_in_the_way(visit: Visit) -> None:
    visit.site.desk.crjson_text = json.dumps({"x": "y" * 1_100_000})
    large = visit.ask("signed")
    assert len(large.text) < 100_000
    assert "POST /verify/crjson" in large.text
    visit.site.desk.crjson_failing = Unavailable("no sandbox")
    assert "as it was when it was signed" in sentence(visit.ask("signed").text)


def test_an_answer_is_kept_under_a_link_only_where_that_is_asked(visit: Visit) -> None:
    digest = visit.site.desk.known["recovered"].sha256
    assert visit.client.get(f"{PATH}/{digest}").status_code == 404
    kept = visit.read("recovered", keep="yes")
    assert kept.all("a", href=f"{PATH}/{digest}?lang=en")
    assert "It stands until" in kept.text
    there = visit.client.get(f"{PATH}/{digest.upper()}?lang=it")
    assert there.status_code == 200
    assert "è stata recuperata" in sentence(there.text)
    page = Reader(there.text)
    assert page.all("a", href=f"{PATH}/{digest}?lang=en"), "the switch stays with the answer"
    assert "ferry.mp4" not in page.text, "the file's name is not kept"


def test_a_kept_answer_goes_when_its_days_are_over(scratch: Path) -> None:
    assert scratch.exists()

    class Later(SystemClock):
        ahead = timedelta()

        def now(self) -> Any:
            return super().now() + self.ahead

    clock = Later()
    visit = Visit(VerifySite(clock))
    visit.read("nothing", keep="on")
    digest = visit.site.desk.known["nothing"].sha256
    assert visit.client.get(f"{PATH}/{digest}").status_code == 200
    clock.ahead = timedelta(days=31)
    assert visit.client.get(f"{PATH}/{digest}").status_code == 404


@pytest.mark.parametrize("digest", ["f" * 64, "x", "..%2f..%2fetc", "<script>"])
def test_a_link_to_nothing_is_said_in_plain_words(visit: Visit, digest: str) -> None:
    answer = visit.client.get(f"{PATH}/{digest}?lang=it", headers={"accept": "text/html"})
    assert answer.status_code == 404
    if "%2f" not in digest:
        assert "Qui non è conservata una risposta" in answer.text
    assert "<script>" not in answer.text
