"""What the verify page refuses, what it takes from people, and how it ends where something fails."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from review_ui.verify.routes import PATH
from tests.fakes.verify_page import MOST, VISIT, Reader, VerifySite, Visit
from tests.fakes.web import an_actor
from trust_kernel.errors import Broken, InvalidInput, Unavailable
from trust_kernel.web.csrf import csrf_token

# --- what people say of it


def test_somebody_can_say_that_an_answer_is_wrong(visit: Visit) -> None:
    page = visit.read("signed")
    assert page.all("textarea", maxlength="1000")
    assert "checks@example.org" in page.text
    answer = visit.complain(text="It is\r\nmine. <b>")
    assert (answer.status_code, "It was noted" in answer.text) == (200, True)
    (said, _) = visit.site.reports.feedback[0]
    assert (said.sha256, said.right, said.text) == ("d" * 64, False, "It is\nmine. <b>")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"sha256": "not one"}, 422),
        ({"text": "x" * 1001}, 422),
        ({"text": "x" * 30_000}, 422),
        ({"csrf_token": ""}, 403),
        ({"csrf_token": csrf_token("another")}, 403),
    ],
)
def test_what_is_too_long_or_from_elsewhere_is_not_taken(visit: Visit, form: dict[str, str], status: int) -> None:
    answer = visit.complain(**form)
    assert (answer.status_code, 'role="alert"' in answer.text) == (status, True)
    assert visit.site.reports.feedback == []


def test_a_text_of_a_thousand_letters_in_many_lines_is_taken(visit: Visit) -> None:
    assert visit.complain(text="\r\n".join(["x"] * 500)).status_code == 200


# --- refusals before anything is looked at


def test_a_form_without_a_file_asks_for_one(visit: Visit) -> None:
    token = {"csrf_token": csrf_token(VISIT)}
    for sent in ({"data": token}, {"data": token, "files": {"file": ("", b"")}}, {"json": token}):
        answer = visit.client.post(PATH, **sent)
        assert (answer.status_code, "Choose a file first." in answer.text) == (422, True)
    page = Reader(answer.text)
    at_fault = page.all("input", type="file")[0]
    assert at_fault["aria-invalid"] == "true"
    assert "file-fault" in at_fault["aria-describedby"].split()
    assert visit.site.desk.seen == []


def test_a_file_that_is_too_large_is_refused_before_the_page_begins(visit: Visit, scratch: Path) -> None:
    for size in (MOST + 1, MOST + 200_000):
        answer = visit.ask("x" * size, lang="it")
        assert (answer.status_code, "troppo grande: se ne possono controllare fino a 100 kB" in answer.text) == (
            413,
            True,
        )
    assert list(scratch.iterdir()) == []
    assert visit.site.desk.seen == []


@pytest.mark.parametrize(
    ("headers", "token", "said"),
    [
        ({"origin": "https://elsewhere.example"}, csrf_token(VISIT), "came from another site"),
        ({}, "", "open too long"),
        ({}, csrf_token("another"), "open too long"),
    ],
)
def test_a_form_from_elsewhere_or_without_its_token_does_nothing(
    visit: Visit, scratch: Path, headers: dict[str, str], token: str, said: str
) -> None:
    files = {"file": ("a.mp4", b"signed")}
    answer = visit.client.post(PATH, data={"csrf_token": token, "keep": "yes"}, files=files, headers=headers)
    assert (answer.status_code, said in answer.text) == (403, True)
    assert (visit.site.desk.seen, visit.site.reports.kept, list(scratch.iterdir())) == ([], {}, [])


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    visit = Visit(VerifySite(per_minute=1))
    assert visit.ask("signed").status_code == 200
    answers = [visit.ask("signed"), visit.complain(), visit.client.get(f"{PATH}/{'f' * 64}")]
    for answer in answers:
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert "Too many files from this address" in answer.text
    assert len(visit.site.desk.seen) == 1
    assert visit.client.get(PATH).status_code == 200, "the form itself costs nothing"


def test_whoever_finds_every_place_taken_is_told_to_come_back(visit: Visit, scratch: Path) -> None:
    with ExitStack() as taken:
        for _ in range(32):
            taken.enter_context(visit.site.threads.place())
        answer = visit.ask("signed")
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert "Try again in a moment. This says nothing about the file." in answer.text
    assert (visit.site.desk.seen, list(scratch.iterdir())) == ([], [])
    assert visit.ask("signed").status_code == 200


# --- failures on the way


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("the sandbox is out"), "A part that is needed does not answer"),
        (Broken("anchors"), "Something broke here"),
        (InvalidInput("unreadable"), "Choose a file first"),
    ],
)
def test_a_failure_on_the_way_ends_the_page_with_a_problem(
    visit: Visit, scratch: Path, error: Exception, said: str
) -> None:
    visit.site.desk.failing["bad"] = error
    answer = visit.ask("bad")
    page = Reader(answer.text)
    assert said in page.text
    assert "Reading its content credential" in page.text
    assert page.all("p", role="alert")
    assert 'class="sentence"' not in answer.text
    assert answer.text.rstrip().endswith("</html>")
    assert list(scratch.iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failure_that_nobody_foresaw_ends_the_page_too(visit: Visit, scratch: Path) -> None:
    visit.site.desk.failing["bug"] = RuntimeError("a bug")
    answer = visit.ask("bug")
    assert "Something broke here" in answer.text
    assert "a bug" not in answer.text
    assert answer.text.rstrip().endswith("</html>")
    assert list(scratch.iterdir()) == []


def test_whoever_is_signed_in_sees_their_own_links_and_a_token_of_their_session(visit: Visit) -> None:
    visit.site.identities.sessions["s"] = an_actor("likeness:manage", "case:read", via="session", name="Ada")
    visit.client.cookies.set(visit.site.access.cookies.session, "s")
    page = Reader(visit.ask("signed", csrf_token=csrf_token("s")).text)
    assert page.all("a", href="/me")
    assert page.all("a", href="/cases")
    tokens = {found["value"] for found in page.all("input", name="csrf_token")}
    assert tokens == {csrf_token("s")}
