"""`placet optouts`: claims of rights holders, in bulk and one by one."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO, TypeVar

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from copyright_optout.api import Claim, ClaimImport, ImportDesk, ImportOrder, LineReport, OptOutIndex

Word = TypeVar("Word", bound=StrEnum)

_BY = "command-line"
_SHOWN = 20
_PATIENCE = 1.0
_OUTCOMES = ("added", "changed", "unchanged", "rejected")
_DECLARED = ("accurate", "authorised", "good_faith")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def optouts() -> None:
    """Claims of rights holders."""


@optouts.command("import")
@data_option
@click.argument("file", type=_FILE)
@click.option("--organisation", required=True, help="Id of the rights holder whose claims they are.")
@click.option("--kind", help="Of every line that names none: character, work, franchise, style or music.")
@click.option("--ground", help="Of every line that gives none: author, owner, licensee, agent or estate.")
@click.option("--statement", default="", help="What the claims rest on, for lines that do not say.")
@click.option("--declare", multiple=True, help=f"{', '.join(_DECLARED)}: all three, unless they are kept as drafts.")
@click.option("--drafts", is_flag=True, help="Keep them as drafts, to be handed in later.")
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what became of each line.")
def take_in(
    data: Path | None,
    file: Path,
    organisation: str,
    kind: str | None,
    ground: str | None,
    statement: str,
    declare: tuple[str, ...],
    drafts: bool,
    dry_run: bool,
    report: Path | None,
) -> None:
    """Take in a list of claims (CSV, JSON lines or a JSON array); again is fine, and adds nothing twice."""
    index = _opened(data)
    desk = _desk(index)
    index.organisations.organisation(organisation)
    order = _order(organisation, kind, ground, statement, declare, drafts=drafts)
    with file.open("rb") as stream, _written(report) as out:
        lines = desk.rehearse(order, stream) if dry_run else _taken_in(desk, order, stream)
        counts = _told(lines, out)
    told = ", ".join(f"{counts[name]} {name}" for name in (*_OUTCOMES, "to look at"))
    click.echo(f"{'would be: ' if dry_run else ''}{told}")
    sys.exit(1 if counts["rejected"] else 0)


@optouts.command("list")
@data_option
@click.option("--organisation", help="Those of one rights holder alone.")
@click.option("--state", "states", multiple=True, help="Those in this state alone; may be given again.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_claims(data: Path | None, organisation: str | None, states: tuple[str, ...], limit: int) -> None:
    """List claims, newest first: id, state, kind, reference, title."""
    from copyright_optout.api import ClaimState

    wanted = [_word(ClaimState, state, "--state") for state in states]
    for claim in _opened(data).page_of(organisation, states=wanted, limit=limit):
        terms = claim.terms
        click.echo("\t".join((claim.id, claim.state.value, terms.kind.value, claim.reference or "-", terms.title)))


@optouts.command()
@data_option
@click.argument("claim_id")
def show(data: Path | None, claim_id: str) -> None:
    """Show one claim, and what is to be known of it."""
    index = _opened(data)
    for line in _lines_of(index, index.claim(claim_id)):
        click.echo(line)


@optouts.command()
@data_option
@click.argument("claim_or_import")
@click.option("--despite", multiple=True, help="A concern of a claim that was looked at; may be given again.")
def activate(data: Path | None, claim_or_import: str, despite: tuple[str, ...]) -> None:
    """Let a claim take effect; or an import's claims, but for those with a concern that somebody has to look at."""
    from copyright_optout.api import Concern

    index = _opened(data)
    if claim_or_import.startswith("imp_"):
        desk = _desk(index)
        done = _finished(desk, desk.activate(claim_or_import, actor=_BY).id)
        click.echo(f"{done.activated} activated, {done.left} left")
        return
    named = [_word(Concern, concern, "--despite") for concern in despite]
    click.echo(index.desk.activate(claim_or_import, actor=_BY, despite=named).state.value)


@optouts.command()
@data_option
@click.argument("claim_id")
def withdraw(data: Path | None, claim_id: str) -> None:
    """End a claim for good."""
    from copyright_optout.api import ClaimState

    click.echo(_opened(data).desk.move(claim_id, ClaimState.WITHDRAWN, actor=_BY).state.value)


def _opened(data: Path | None) -> "OptOutIndex":
    from placet.wiring import build_house

    return build_house(settings_for(data)).guards.optouts


def _desk(index: "OptOutIndex") -> "ImportDesk":
    assert index.imports is not None  # noqa: S101 - the house always has it
    return index.imports


def _order(
    organisation: str, kind: str | None, ground: str | None, statement: str, declare: Iterable[str], *, drafts: bool
) -> "ImportOrder":
    from copyright_optout.api import ClaimKind, Declaration, Ground, ImportOrder, Proof

    return ImportOrder(
        organisation_id=organisation,
        by=_BY,
        submit=not drafts,
        kind=_word(ClaimKind, kind, "--kind") if kind else None,
        proof=Proof(_word(Ground, ground, "--ground"), statement) if ground else None,
        declared=frozenset(_word(Declaration, one, "--declare") for one in declare),
    )


def _taken_in(desk: "ImportDesk", order: "ImportOrder", file: BinaryIO) -> "Iterator[LineReport]":
    done = _finished(desk, desk.start(order, file).id)
    click.echo(done.id)
    yield from desk.report(done)
    if done.failure is not None:
        click.echo(f"  after line {done.last_line}: {done.failure.detail} ({done.failure.code})", err=True)


def _finished(desk: "ImportDesk", import_id: str) -> "ClaimImport":
    """Work at an import to its end; a server beside us may be at it already."""
    while (job := desk.work(import_id)).is_unfinished:
        time.sleep(_PATIENCE)
    return job


def _told(lines: "Iterable[LineReport]", out: TextIO | None) -> Counter[str]:
    from copyright_optout.routes.imports import line_of_report

    counts: Counter[str] = Counter()
    for line in lines:
        if out is not None:
            out.write(line_of_report(line))
        counts[line.outcome.value] += 1
        counts["to look at"] += bool(line.concerns)
        if line.trouble is not None and counts["rejected"] <= _SHOWN:
            click.echo(f"  line {line.line}: {line.trouble.detail} ({line.trouble.code})", err=True)
    return counts


def _lines_of(index: "OptOutIndex", claim: "Claim") -> Iterator[str]:
    terms = claim.terms
    yield f"{claim.id}  {claim.state}  {terms.kind}  {terms.title}"
    yield f"organisation: {claim.organisation_id}, filed by {claim.filed_by}"
    if terms.names:
        yield f"names: {' | '.join(terms.names)}"
    for concern in index.concerns([claim.id]).get(claim.id, ()):
        yield f"look at: {concern.concern} {concern.name} {concern.about}".rstrip()


def _word(words: type[Word], value: str, option: str) -> Word:
    try:
        return words(value.casefold())
    except ValueError:
        raise click.BadParameter(f"one of {', '.join(word.value for word in words)}", param_hint=option) from None


@contextmanager
def _written(report: Path | None) -> Iterator[TextIO | None]:
    """The file of the report: one JSON object a line."""
    if report is None:
        yield None
        return
    with report.open("w", encoding="utf-8") as out:
        yield out
