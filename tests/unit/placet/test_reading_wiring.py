"""What a deployment reads between the lines, and what it says it does not."""

from pathlib import Path
from typing import Any

import pytest

from placet.wiring import build_models
from placet.wiring.packs import READERS, unread, wanted
from trust_kernel.settings import Settings


def settings(**chosen: Any) -> Settings:
    return Settings(_env_file=None, **chosen)


def test_by_default_all_is_read_but_spoken_names() -> None:
    assert unread(settings()) == ("names that are said: not listened for (PLACET_LISTEN)",)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"match_descriptions": False}, "descriptions: not compared with prompts (PLACET_MATCH_DESCRIPTIONS)"),
        ({"read_pictures": False}, "text in pictures: not read (PLACET_READ_PICTURES)"),
        ({"listen": "nothing"}, "words not to be said: not listened for (PLACET_LISTEN)"),
    ],
)
def test_what_is_turned_off_is_said(chosen: dict[str, Any], said: str) -> None:
    assert said in unread(settings(**chosen))
    assert unread(settings(listen="names")) == ()


def test_packs_of_what_is_turned_off_are_known_and_not_fetched(tmp_path: Path) -> None:
    chosen = settings(model_cache=tmp_path, match_descriptions=False)
    names = build_models(chosen).names()
    assert {pack.name for pack in READERS} <= set(names)
    fetched = set(wanted(chosen, names))
    assert set(names) - fetched == {"sentence-minilm", "sentence-minilm-words"}
    assert set(wanted(settings(read_pictures=False), names)) & {pack.name for pack in READERS} == {
        "sentence-minilm",
        "sentence-minilm-words",
    }
    assert wanted(settings(), names) == names


def test_every_reader_says_where_its_weights_come_from_and_where_they_are_weak() -> None:
    for pack in READERS:
        assert pack.commercial
        assert pack.licence == "Apache-2.0"
        assert pack.data
        assert pack.limits or pack.suffix == ".txt"
