"""A browser at the verify page, and where uploads lie meanwhile."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.verify_page import VerifySite, Visit


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads lie while they are looked at."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def site(scratch: Path) -> VerifySite:
    assert scratch.exists()
    return VerifySite(contact="checks@example.org")


@pytest.fixture
def visit(site: VerifySite) -> Iterator[Visit]:
    made = Visit(site)
    with made.client:
        yield made
