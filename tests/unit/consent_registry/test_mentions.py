"""How prompts name people."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.domain import check_display_name, check_handle, mentions
from trust_kernel.errors import InvalidInput


def handles(prompt: str) -> list[str]:
    return [mention.handle for mention in mentions(prompt)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("@ada dances with @bob_2.", ["ada", "bob_2"]),
        ("@Ada and @ADA", ["ada", "ada"]),
        ('(@ada), "@bob"; @cyd\'s hat', ["ada", "bob", "cyd"]),
        ("line\n@ada\tline", ["ada"]),
        ("so@ada sings", ["ada"]),
        ("wow.@ada", ["ada"]),
        ("@ada.Then she sings", ["ada"]),
        ("@ada-like", ["ada"]),
        ("\uff20ada", ["ada"]),
        ("@\uff41\uff44\uff41", ["ada"]),
        ("@a\u200bd\u200da", ["ada"]),
        ("\u202e@ada\u202c", ["ada"]),
        ("@@ada", ["ada"]),
        ("@ada@bob", ["ada", "bob"]),
        ("write to ada@example.org", []),
        ("write to a.da+x@mail.example.org now", []),
        ("@ad", []),
        ("@" + "a" * 31, []),
        ("@" + "a" * 30, ["a" * 30]),
        ("@ ada", []),
        ("an @ sign", []),
        ("", []),
    ],
)
def test_handles_are_found_and_addresses_are_not(prompt: str, expected: list[str]) -> None:
    assert handles(prompt) == expected


def test_a_span_points_at_the_prompt_as_sent() -> None:
    prompt = "see @a\u200bDa!"
    (mention,) = mentions(prompt)
    assert prompt[slice(*mention.span)] == "@a\u200bDa"


@given(st.text(alphabet="@adA_9. -\u200b\uff20\ufb01x", max_size=60))
def test_every_mention_lies_where_its_span_says(prompt: str) -> None:
    end = 0
    for mention in mentions(prompt):
        start, stop = mention.span
        assert end <= start < stop <= len(prompt)
        assert prompt[start] in "@\uff20"
        end = stop


@given(st.text(max_size=40), st.from_regex(r"[a-z0-9_]{3,30}", fullmatch=True), st.sampled_from([" ", "!", "\n", ""]))
def test_a_handle_after_a_space_is_never_missed(before: str, handle: str, after: str) -> None:
    assert handle in handles(f"{before} @{handle}{after}")


@pytest.mark.parametrize("prompt", ["@" * 32_000, "@ada" * 8_000, "a@a." * 8_000, "x@" + "a.a-" * 8_000])
def test_the_longest_prompt_is_read_in_bounded_time(prompt: str) -> None:
    started = time.perf_counter()
    mentions(prompt[:32_000])
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("handle", ["ada", "a_1", "0" * 30])
def test_a_handle_is_small_letters_digits_and_underscores(handle: str) -> None:
    assert check_handle(handle) == handle


@pytest.mark.parametrize(
    "handle", ["ad", "a" * 31, "Ada", "a da", "ada\n", "\u0430da", "ada-b", "@ada", "", "\u0663\u0663\u0663"]
)
def test_anything_else_is_no_handle(handle: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_handle(handle)
    assert caught.value.field == "handle"


@pytest.mark.parametrize("name", ["", "   ", "a" * 81, "Ada\u202eadA", "Ada\nStaff", "Ada\u200b"])
def test_a_display_name_shows_what_it_holds(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_display_name(name)
    assert caught.value.field == "display_name"


def test_a_display_name_may_be_in_any_script() -> None:
    assert check_display_name(" Ада Лавлейс ") == "Ада Лавлейс"
