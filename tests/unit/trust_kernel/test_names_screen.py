"""The screen lets through whatever the matcher finds, and keeps back most of what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.names_carried import carried_names
from trust_kernel.names import NameMatcher
from trust_kernel.names.screen import NameScreen

NAMES = ("Fennimore Fox", "Zorblax", "Lyra", "O'Malley the Cat", "Дядя Стёпа", "Ångström Bear", "R2-D2")
SCREEN = NameScreen(NAMES)
MATCHER = NameMatcher((name, name) for name in NAMES)
PLAIN = ("a quiet harbour at dawn with small boats", "two dogs play in the snow, slow motion", "A red bus. 4k")


@pytest.mark.parametrize(
    "text",
    [
        "fennimore fox runs",
        "FENNIMOREFOX",
        "f e n n i m o r e  f o x",
        "fenn1more f0x",
        "Fenimmore Fox",
        "a Fennimroe Fox",
        "Fennimore Fxo at sea",
        "Phennimor Focks",
        "fennnnimore foxxx",
        "F.e.n.n.i.m.o.r.e Fox",
        "zorblax",
        "a Zorblacks in space",
        "lyra sings",
        "omalley the cat",
        "dyadya styopa",
        "ƒennimore fox",
        "r2d2 rolls",
    ],
)
def test_what_the_matcher_finds_is_let_through(text: str) -> None:
    assert not MATCHER.match(text) or SCREEN.may_name(text)


@pytest.mark.parametrize("text", PLAIN)
def test_innocent_words_are_kept_back(text: str) -> None:
    assert not SCREEN.may_name(text)


@pytest.mark.parametrize("text", ["$ymbols", "кот", "a cat 🐱", "what?!"])
def test_what_a_disguise_is_made_of_is_for_the_matcher(text: str) -> None:
    assert SCREEN.may_name(text)


@given(st.sampled_from(NAMES[:4]), st.integers(0, 30), st.sampled_from("abcdefghijklmnopqrstuvwxyz0123 ,-"), st.data())
def test_a_slip_or_two_never_hide_a_name_from_the_screen(name: str, at: int, letter: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(0, 2))):
        place = at % len(name)
        kind = data.draw(st.sampled_from(["change", "drop", "put", "swap"]))
        if kind == "swap":
            name = name[:place] + name[place + 1 : place + 2] + name[place : place + 1] + name[place + 2 :]
        else:
            name = name[:place] + ("" if kind == "drop" else letter) + name[place + (kind != "put") :]
        if not name:
            return
    text = f"a film of {name} at sea"
    assert not MATCHER.match(text) or SCREEN.may_name(text)


def test_a_name_carried_back_from_another_alphabet_is_let_through() -> None:
    for _, latin, native in carried_names():
        text = f"a film of {latin} at sea"
        assert not NameMatcher([("it", native)]).match(text) or NameScreen([native]).may_name(text), latin
