"""A feed of very many claims goes out in pieces, and is read in pages."""

from pathlib import Path

import pytest

from copyright_optout.adapters.feeds import FeedFiles
from copyright_optout.api import FeedDesk, FeedFormat
from copyright_optout.service import feeds
from tests.factories.databases import sqlite
from tests.factories.imports import import_house


@pytest.mark.parametrize("form", [FeedFormat.TDMREP, FeedFormat.RSL])
def test_the_first_claims_go_out_before_the_last_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: FeedFormat
) -> None:
    monkeypatch.setattr(feeds, "_PAGE", 3)
    with sqlite(tmp_path) as database:
        house = import_house(database)
        house.taken("title\n" + "".join(f"Foxwort Number{number:02}\n" for number in range(10)))
        claims = house.desk._tools.claims
        read: list[str | None] = []
        page = claims.page

        def noted(*whose: object, after: str | None = None, **more: object) -> object:
            read.append(after)
            return page(*whose, after=after, **more)  # type: ignore[arg-type] # as it was called

        monkeypatch.setattr(claims, "page", noted)
        desk = FeedDesk(FeedFiles(), claims, house.index.desk, house.desk, None, house.clock)
        pieces = desk.pieces(form, [house.own])
        first = [next(pieces), next(pieces)]
        assert len(read) == 1
        whole = b"".join([*first, *pieces])
        assert len(read) == 5
        assert whole == desk.give_out(form, [house.own]).document
        assert whole.count(b"Foxwort") == 10
