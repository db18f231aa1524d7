"""Long work on the blocklist, away from any request."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from likeness_guard.adapters.people_files import Looker, MediaFolder, read_people
from likeness_guard.domain.people import EXPLAINED, usually_lifted_by
from likeness_guard.schemas import LineOut
from likeness_guard.service.blocklist import Blocklist
from trust_kernel.media.refs import MediaLimits


def import_people(
    blocklist: Blocklist,
    file: Path,
    by: str,
    *,
    pictures: Path | None,
    decoder: Looker,
    limits: MediaLimits,
    source: str = "",
    dry_run: bool = False,
) -> Iterator[tuple[LineOut, bool]]:
    """Take in a table or a Wikidata document; gives what became of each line, and whether there is nothing to look at.

    Raises:
        InvalidInput: an `ImportFault`: the file is not what it should be. Batches before that place are kept.
    """
    media = MediaFolder(pictures, decoder, limits) if pictures else None
    with file.open("rb") as stream:
        people = read_people(stream, datetime.now(UTC).date())
        for report in blocklist.importer().run(people, by, media=media, source=source, dry_run=dry_run):
            yield LineOut.of(report), report.is_plain


def category_lines() -> Iterator[tuple[str, str, str]]:
    """Every category, who usually may lift a block of it, and what it means."""
    for category, text in EXPLAINED.items():
        yield category.value, usually_lifted_by(category).value, text
