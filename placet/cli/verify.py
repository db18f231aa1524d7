"""`placet verify PATH...`: the verifier without a server. It keeps nothing.

Exit status: 0 every file was read and nothing speaks against it (which proves nothing); 1 a file was changed after it
was signed, carries a copied mark, or its consent was withdrawn; 4 a file, or its credential, cannot be read; 2 and 3
bad usage; 75 a part that is needed does not answer, try again. Of several files 1 goes before 4 before 0.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from generator_gateway.api import Verification, Wording

AMISS, UNREADABLE = 1, 4


@click.command(
    epilog="Exit status: 0 nothing amiss, 1 changed, copied or withdrawn, 4 unreadable, 2, 3 usage, 75 later."
)
@data_option
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON; of several files one object a line.")
@click.option("--lang", type=click.Choice(["en", "it"]), help="Language. [default: that of the environment]")
@click.option("--trust-anchor", "trust", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tsa-anchor", "tsa", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(
    data: Path | None,
    paths: tuple[Path, ...],
    *,
    as_json: bool,
    lang: str | None,
    trust: tuple[Path, ...],
    tsa: tuple[Path, ...],
) -> None:
    """Say what files carry: content credential, marks, release, consent.

    PATH is a file, a folder (with all that is in it), or - for the standard input.
    """
    from generator_gateway.api import wording
    from placet.wiring.verifier import open_verifier

    anchors, stamps = _pem(trust, "--trust-anchor"), _pem(tsa, "--tsa-anchor")
    words = wording(lang or _spoken())
    several = len(paths) > 1 or paths[0].is_dir()
    statuses = {0}
    with open_verifier(settings_for(data)) as desk:
        for shown, path in _files(paths):
            try:
                found = desk.verify(path, trust_anchors=anchors, tsa_anchors=stamps)
            except OSError as error:
                click.echo(f"placet: {shown}: {error.strerror}", err=True)
                statuses.add(UNREADABLE)
                continue
            if as_json:
                click.echo(_json(found, words, shown, several=several))
            else:
                _tell(found, words, shown if several else "")
            statuses.add(status_of(found))
    sys.exit(next(status for status in (AMISS, UNREADABLE, 0) if status in statuses))


def status_of(found: "Verification") -> int:
    """The exit status that one file asks for."""
    from generator_gateway.api import Fit, Headline

    withdrawn = any(release.is_withdrawn or release.is_taken_down for release in found.releases)
    copied = Fit.DIFFERS in {span.fit for span in (*found.picture.spans, *found.sound.spans)}
    if withdrawn or copied or found.headline.code == Headline.TAMPERED:
        return AMISS
    unread = {Headline.MALFORMED, Headline.CREDENTIAL_UNREADABLE, Headline.TOO_COSTLY}
    return UNREADABLE if found.headline.code in unread else 0


def _spoken() -> str:
    """The language of the environment, as POSIX says it."""
    from generator_gateway.api import language_for

    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return language_for("", named.split(".")[0].split("_")[0])


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Every file that is meant, with the name to show; each lies on disk as long as it is asked about.

    Raises:
        NotFound: a path is neither a file nor a folder.
    """
    from trust_kernel.errors import NotFound

    for path in paths:
        if str(path) == "-":
            with _standard_input() as file:
                yield "-", file
        elif path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file() and not below.is_symlink():
                    yield str(below), below
        elif path.is_file():
            yield str(path), path
        else:
            raise NotFound("there is no such file or folder", field="PATH")


@contextmanager
def _standard_input() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="placet-verify-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


def _pem(paths: Sequence[Path], option: str) -> tuple[str, ...]:
    from trust_kernel.errors import InvalidInput

    try:
        return tuple(path.read_text("ascii") for path in paths)
    except UnicodeDecodeError as error:
        raise InvalidInput("an anchor is a PEM file", field=option) from error


def _json(found: "Verification", words: "Wording", shown: str, *, several: bool) -> str:
    from generator_gateway.routes.verification_out import verification_out

    # A name on disk is bytes; those that are no UTF-8 would make this no JSON.
    name = os.fsencode(shown).decode("utf-8", "replace")
    document = {"file": name} | verification_out(found, words).model_dump(mode="json")
    return json.dumps(document, indent=None if several else 2, ensure_ascii=False)


def _tell(found: "Verification", words: "Wording", name: str) -> None:
    from generator_gateway.api import STANDING
    from generator_gateway.routes.verification_out import sentence_of

    if name:
        click.echo(f"{_plain(name)}:")
    click.echo(sentence_of(found, words))
    for line in (*_facts(found, words), *_evidence(found, words)):
        click.echo(f"  {_plain(line)}")
    for note in found.notes:
        if note not in STANDING:
            click.echo(f"  - {_plain(words.say(note.code, note.values))}")


def _facts(found: "Verification", words: "Wording") -> Iterator[str]:
    facts = found.facts
    answers = (("signer", facts.signer), ("ai", facts.ai), ("unchanged", facts.unchanged), ("consent", facts.consent))
    for name, fact in answers:
        yield f"{words.say(f'verify:question:{name}')} {words.say(fact.answer.code, fact.answer.values)}"
        if fact is facts.signer:
            yield f"  {words.say(fact.explanation.code, fact.explanation.values)}"


def _evidence(found: "Verification", words: "Wording") -> Iterator[str]:
    yield f"C2PA: {found.credential.state}{''.join(f', {code}' for code in found.credential.codes)}"
    for track, mark in (("picture", found.picture), ("sound", found.sound)):
        yield f"{words.say(f'verify:label:{track}')}: {words.say(f'verify:mark:{mark.state}')}"
    for segment in found.timeline:
        begin, end = words.moment(segment.start), words.moment(segment.end)
        label = words.say(segment.label.code, segment.label.values)
        yield f"  {words.say(f'verify:label:{segment.track}')} {begin} - {end}: {label}"
    for number, release in enumerate(found.releases, start=1):
        proved = "proved" if release.ledger_proved else "unproved"
        ledger = words.say(f"verify:ledger:{proved}", (("index", release.ledger_index),))
        found_by = words.say(f"verify:found_by:{release.found_by}")
        yield f"{words.say('verify:label:release')} {number}: {release.video_id}, {found_by}; {ledger}"


def _plain(text: str) -> str:
    """Without what a terminal obeys: a name, or a title, is a stranger's."""
    return "".join(char if char.isprintable() else "?" for char in text)
