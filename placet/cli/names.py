"""`placet names`: try names on prompts before they are filed."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from trust_kernel.names import NameMatcher
    from trust_kernel.names.lists import BadRow

_SHOWN = 100
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group()
def names() -> None:
    """Names in prompts, without any server or database."""


@names.command()
@click.option("--aliases", type=_FILE, required=True, help="CSV with columns entity,alias; or what `prepare` wrote.")
@click.option("--prompts", type=_FILE, required=True, help="CSV with columns id,prompt.")
@click.option("--json", "out", type=_OUT, required=True, help="Write what was found here.")
@click.option("--hints", is_flag=True, help="Also say what only points to a name, as one word of it does.")
def match(aliases: Path, prompts: Path, out: Path, hints: bool) -> None:
    """Look for names in prompts: {id: [{entity, alias, span, transformations, score}]}."""
    from trust_kernel.names.lists import read_prompts

    troubles = _Troubles()
    matcher = _matcher(aliases, troubles)
    counts: Counter[str] = Counter()
    with prompts.open("rb") as file, _whole(out) as written:
        written.write("{")
        for number, prompt in read_prompts(file, troubles.of(prompts)):
            hits = list(_found(matcher, prompt, hints=hints))
            written.write(f"{',' if counts['prompts'] else ''}\n{json.dumps(number)}: {json.dumps(hits)}")
            counts["prompts"] += 1
            counts["hit"] += bool(hits)
        written.write("\n}\n")
    click.echo(f"{len(matcher)} spellings, {counts['prompts']} prompts, {counts['hit']} of them with a name")
    sys.exit(troubles.status())


@names.command()
@click.option("--aliases", type=_FILE, required=True, help="CSV with columns entity,alias.")
@click.option("--out", type=_OUT, required=True, help="Write the prepared names here.")
def prepare(aliases: Path, out: Path) -> None:
    """Prepare many names once, in a file that `match` opens at once."""
    troubles = _Troubles()
    matcher = _matcher(aliases, troubles)
    matcher.keep(out)
    click.echo(f"{len(matcher)} spellings in {out}")
    sys.exit(troubles.status())


def _matcher(aliases: Path, troubles: "_Troubles") -> "NameMatcher":
    from trust_kernel.names import NameMatcher
    from trust_kernel.names.files import is_prepared
    from trust_kernel.names.lists import read_aliases

    if is_prepared(aliases):
        return NameMatcher.opened(aliases)
    with aliases.open("rb") as file:
        return NameMatcher(read_aliases(file, troubles.of(aliases)))


def _found(matcher: "NameMatcher", prompt: str, *, hints: bool) -> Iterator[dict[str, object]]:
    for hit in matcher.match(prompt, hints=hints):
        yield {
            "entity": hit.entity,
            "alias": hit.alias,
            "span": list(hit.span),
            "transformations": list(hit.transformations),
            "score": hit.score,
        }


@contextmanager
def _whole(out: Path) -> Iterator[TextIO]:
    """A file that is there whole, or not at all."""
    beside = out.with_name(f"{out.name}.{os.getpid()}.new")
    try:
        with beside.open("w", encoding="utf-8") as written:
            yield written
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


class _Troubles:
    """Says what is wrong with lines, the first hundred of a file; counts the rest."""

    def __init__(self) -> None:
        self._counts: Counter[Path] = Counter()

    def of(self, path: Path) -> "Callable[[BadRow], None]":
        """What to call for each bad row of a file."""

        def report(row: "BadRow") -> None:
            self._counts[path] += 1
            if self._counts[path] <= _SHOWN:
                click.echo(f"{path.name} line {row.line}: {row.detail}", err=True)

        return report

    def status(self) -> int:
        """Exit status, after the last word on each file."""
        for path, count in self._counts.items():
            click.echo(f"{path.name}: {count} rows left out", err=True)
        return 1 if self._counts else 0
