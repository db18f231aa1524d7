"""What people are told has words, in every language, for every kind of event that the code can tell."""

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_ui.notices import LANGUAGES, notice_words
from review_ui.notices.mail import MailWriter
from tests.unit.test_docs import CLAIM_KINDS, CODES, codes_in_code, kinds_given_to, rows
from trust_kernel.clock import SystemClock
from trust_kernel.delivery.mail import Recipient
from trust_kernel.events import Event

TALLIES = {"added", "changed", "rejected", "activated", "left", "line"}
PLACES = {"who", "asker", "until", "count", "likeness", "title", *TALLIES}
PAYLOAD: dict[str, str | int | bool | None] = {
    "handle": "bruno",
    "by": "carla",
    "until": "2026-03-04T05:06:00+00:00",
    "count": 3,
    "code": "consent:grant:revoked",
    "purpose": "commercial",
    "video_id": "video_1",
    "title": "Fennimore",
    **dict.fromkeys(sorted(TALLIES), 4),
}
ADA = Recipient("acct_a", "a@example.org", "Ada <b>")
WRITER = MailWriter("Placet", "likeness", "https://placet.example", lambda _account: "ada")


@cache
def kinds_told() -> frozenset[str]:
    """Every kind that the code tells, and every kind that the reference page lists."""
    return kinds_given_to("emit", "tell", "_tell") | set(rows(CODES, "Notices"))


def an_event(kind: str, **payload: str | int | bool | None) -> Event:
    return Event("evt_1", kind, "acct_a", payload, SystemClock().now())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_event_has_words(language: str) -> None:
    assert sorted(kinds_told() - notice_words(language).kinds) == [], (
        f"say in review_ui/notices/{language}.json what these mean"
    )


def test_no_words_are_there_for_what_never_happens() -> None:
    assert sorted(notice_words().kinds - codes_in_code() - CLAIM_KINDS) == []


def test_every_language_says_the_same_things_with_the_same_places() -> None:
    english, italian = (notice_words(language).places() for language in LANGUAGES)
    assert set(english) == set(italian)
    for code, places in english.items():
        assert places - {"likeness"} == italian[code] - {"likeness"}, code
        assert code.startswith("frame ") or places <= PLACES, code


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(notice_words().kinds))
def test_a_sentence_is_whole(kind: str, language: str) -> None:
    said = notice_words(language).sentence(kind, PAYLOAD, "ada", "likeness")
    assert said[0].isupper() or said[0] == "@"
    assert said.endswith(".")
    assert not re.search(r"[{}]|  | ,| \.|@ |@\.", said)


def test_a_notice_in_italian_says_why_and_until_when_in_italian() -> None:
    words = notice_words("it")
    asked = words.sentence("consent:approval:asked", PAYLOAD, "bruno", "likeness")
    assert asked.startswith("@carla vuole fare un video con la tua immagine.")
    assert "4 mar 2026, 05:06 UTC" in asked
    assert words.why(PAYLOAD) == "Perché: il consenso è stato ritirato."
    assert words.purpose(PAYLOAD) == "Scopo: commerciale."


def test_a_refusal_says_until_when_it_can_be_appealed_about_and_to_whom() -> None:
    words, can = notice_words(), {**PAYLOAD, "appeal": "/v1/videos/video_1/appeal"}
    assert words.appeal(can) == "You can appeal until 4 Mar 2026, 05:06 UTC."
    assert words.appeal(PAYLOAD) == ""
    letter = WRITER.one(an_event("video:case:failed", **can), ADA, "it", "https://off.example/x")
    assert "Puoi fare ricorso fino al 4 mar 2026, 05:06 UTC." in letter.text


def test_a_guardian_hears_word_for_word_what_the_minor_is_told() -> None:
    said = notice_words().sentence("consent:grant:revoked", {"handle": "kid", "whom": "kid"}, "mum", "likeness")
    assert said == "@kid, whom you look after, was told: “You took a consent back.”"
    other = notice_words().sentence("consent:grant:revoked", {"handle": "ada", "whom": "kid"}, "ada", "likeness")
    assert "@ada no longer lets you" in other, "a consent that the minor had from the guardian"


def test_somebody_without_a_handle_is_somebody() -> None:
    words = notice_words()
    assert "for somebody" in words.sentence("likeness:use:drafted", {"handle": None}, "ada", "likeness")
    assert words.sentence("consent:approval:asked", {"by": "acct_9"}, "ada", "likeness").startswith("Somebody wants")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guardian_reads_what_the_minor_is_told_and_whom_it_is_about(language: str) -> None:
    words, kind = notice_words(language), "likeness:use:drafted"
    theirs = words.sentence(kind, PAYLOAD, "mia", "likeness")
    said = words.sentence(kind, PAYLOAD | {"whom": "mia"}, "ada", "likeness")
    assert said.startswith("@mia, ")
    assert theirs in said
    assert words.sentence(kind, PAYLOAD | {"whom": "acct_1"}, "ada", "likeness")[0].isupper()


def test_a_kind_without_words_is_shown_as_it_is() -> None:
    assert notice_words().sentence("new:thing:happened", {}, "ada", "likeness") == "new:thing:happened"
    assert notice_words("xx").language == "en"


def test_a_mail_speaks_to_the_one_who_is_told_and_leads_to_the_site_and_out() -> None:
    letter = WRITER.one(an_event("consent:grant:revoked", handle="ada"), ADA, "en", "https://off.example/x")
    assert letter.subject == "Placet: You took a consent back."
    assert "Hello Ada <b>," in letter.text
    assert "https://placet.example/" in letter.text
    assert letter.text.rstrip().endswith("https://off.example/x")
    assert "Ada &lt;b&gt;" in letter.html
    assert '<a href="https://off.example/x">' in letter.html


def test_a_digest_tells_everything_in_order_and_counts() -> None:
    events = [an_event("consent:grant:given", handle="ada"), an_event("consent:grant:revoked", handle="ada")]
    letter = WRITER.digest(events, ADA, "it", "https://off.example/x")
    assert letter.subject == "Placet: 2 avvisi da ieri"
    assert letter.text.index("Hai permesso") < letter.text.index("Hai ritirato")
    assert WRITER.digest(events[:1], ADA, "en", "u").subject == "Placet: One notice since yesterday"
    assert WRITER.digest(events * 100, ADA, "en", "u").text.count("You took") == 50


@given(
    value=st.text(max_size=30), kind=st.sampled_from(sorted(notice_words().kinds)), language=st.sampled_from(LANGUAGES)
)
def test_nothing_in_an_event_becomes_markup(value: str, kind: str, language: str) -> None:
    hostile = f"<script>{value}"
    letter = WRITER.one(an_event(kind, **dict.fromkeys(PAYLOAD, hostile)), ADA, language, "https://off.example/x")
    assert "<script>" not in letter.html
