"""`placet models`: weights are data, pinned by hash."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.calibrate import calibrate
from placet.cli.options import data_option, settings_for
from placet.cli.renewal import renew, retire

if TYPE_CHECKING:
    from trust_kernel.inference.added import AddedPack
    from trust_kernel.inference.models import ModelStore


@click.group()
def models() -> None:
    """List, fetch, add, check and describe model packs."""


@models.command("list")
@data_option
def list_packs(data: Path | None) -> None:
    """Every pack: those that ship and those that were added; a star marks those in use."""
    from placet.wiring import build_models
    from placet.wiring.models import packs_in_use
    from placet.wiring.packs import unread

    settings = settings_for(data)
    store, used = build_models(settings), packs_in_use(settings)
    click.echo(f"  {'name':24} {'kind':16} {'licence':24} {'commercial':12} state")
    for name in store.names():
        card = store.card(name)
        _row(name, used, card.pack.kind, card.pack.licence, _yes(card.pack.commercial), _state(card.installed))
    for name in store.added.names():
        _added_row(store, name, used)
    if "liveness" not in used:
        click.echo("liveness: no pack in use (PLACET_LIVENESS_PACK); pictures of pictures are not told from people")
    if "looks" not in used:
        click.echo("looks: no pack in use (PLACET_LOOKS_PACK); look-alikes of claimed characters are not searched")
    for line in unread(settings):
        click.echo(line)


@models.command()
@data_option
@click.argument("names", nargs=-1)
def pull(data: Path | None, names: tuple[str, ...]) -> None:
    """Fetch packs ("default": all of the embedded default), check their hashes, convert or test them once."""
    from placet.wiring import build_models
    from placet.wiring.models import build_pack_check, build_pack_fetch
    from placet.wiring.packs import wanted

    settings = settings_for(data)
    store = build_models(settings)
    for name in wanted(settings, store.names()) if names in {(), ("default",)} else names:
        if name in store.added.names():
            path = store.added.pull(name, build_pack_fetch(settings), build_pack_check()).folder
        else:
            path = store.pull(name)
        click.echo(f"{name:24} {path}")


@models.command()
@data_option
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--licence-held", default="", metavar="TEXT", help="The licence that you hold for this pack.")
def add(data: Path | None, path: Path, licence_held: str) -> None:
    """Add the pack at PATH (a folder with pack.json): hashes are checked and it is tested in a sandbox."""
    from placet.wiring import build_models
    from placet.wiring.models import build_pack_check
    from trust_kernel.errors import NotPermitted
    from trust_kernel.inference.manifests import read_manifest

    settings = settings_for(data)
    manifest = read_manifest(path)
    click.echo(
        f"{manifest.name}: licence {manifest.licence}{'' if manifest.commercial else ' (not for commercial use)'}"
    )
    if manifest.licence_note:
        click.echo(manifest.licence_note)
    if settings.environment == "production" and not manifest.commercial and not licence_held.strip():
        raise NotPermitted(
            f"production takes {manifest.name} only with --licence-held and the licence that you hold",
            code="likeness:model:non_commercial",
        )
    added = build_models(settings).added.add(path, build_pack_check(), licence_held=licence_held.strip())
    if added.complete:
        click.echo(f"added {manifest.name}; its vectors are called {manifest.model_version}")
    else:
        click.echo(f"added {manifest.name}; files are missing: run `placet models pull {manifest.name}`")


@models.command()
@data_option
@click.argument("name")
@click.argument("text")
def licence(data: Path | None, name: str, text: str) -> None:
    """State in TEXT the licence that you hold for the added pack NAME; empty takes the statement back."""
    from placet.wiring import build_models

    packs = build_models(settings_for(data)).added
    packs.state_licence(name, text.strip())
    click.echo(f"{name} {'may' if packs.get(name).usable_commercially else 'may not'} be used commercially")


@models.command()
@data_option
@click.argument("name")
def remove(data: Path | None, name: str) -> None:
    """Forget a pack that was added; galleries made with it cannot be searched any more."""
    from placet.wiring import build_models
    from placet.wiring.models import packs_in_use
    from trust_kernel.errors import Conflict
    from trust_kernel.inference.reasons import ModelReason

    settings = settings_for(data)
    if name in packs_in_use(settings).values():
        raise Conflict(f"{name} is in use here", code=ModelReason.PACK_IN_USE)
    build_models(settings).added.remove(name)
    click.echo(f"removed {name}")


@models.command()
@data_option
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def attach(data: Path | None, name: str, file: Path) -> None:
    """Give the added pack NAME the calibration in FILE, as `placet models calibrate` wrote it."""
    from placet.wiring import build_models
    from placet.wiring.models import error_rates

    packs = build_models(settings_for(data)).added
    content = file.read_bytes()
    lines = error_rates(packs.get(name), content)
    packs.attach(name, content)
    click.echo("\n".join(lines))


@models.command()
@data_option
@click.argument("names", nargs=-1)
def verify(data: Path | None, names: tuple[str, ...]) -> None:
    """Hash every installed pack again, and test the added ones again; exit status 1 on any trouble."""
    from placet.wiring import build_models
    from placet.wiring.models import packs_in_use

    settings = settings_for(data)
    store = build_models(settings)
    used = [name for name in packs_in_use(settings).values() if name not in store.installed()]
    everything = dict.fromkeys((*store.installed(), *used, *store.added.names()))
    troubles = [_verified(store, name) for name in names or everything]
    sys.exit(1 if any(troubles) else 0)


@models.command()
@data_option
@click.argument("name")
def card(data: Path | None, name: str) -> None:
    """What to know before relying on a pack: data, error rates, limits, licence."""
    from placet.wiring import build_models

    settings = settings_for(data)
    store = build_models(settings)
    rows = _added_card(store, store.added.get(name)) if name in store.added.names() else _shipped_card(store, name)
    for title, value in rows:
        if value:
            click.echo(f"{title:10} {value}")


models.add_command(calibrate)
models.add_command(renew)
models.add_command(retire)


def _verified(store: "ModelStore", name: str) -> bool:
    """Check one pack and say so; True where there is trouble."""
    from placet.wiring.models import build_pack_check
    from trust_kernel.errors import PlacetError

    try:
        if name in store.added.names():
            pack = store.added.verify(name)
            build_pack_check()(pack.manifest, pack.folder)
        else:
            store.verify(name)
    except PlacetError as error:
        click.echo(f"{name:24} TROUBLE: {error.detail} ({error.code})")
        return True
    click.echo(f"{name:24} sound")
    return False


def _shipped_card(store: "ModelStore", name: str) -> list[tuple[str, str]]:
    from placet.wiring.models import shipped_error_rates

    found = store.card(name)
    pack = found.pack
    return [
        ("name", f"{pack.name} {pack.version}"),
        ("kind", pack.kind),
        ("source", found.source),
        ("licence", f"{pack.licence}{'' if pack.commercial else ' (not for commercial use)'}"),
        ("note", pack.licence_note),
        ("data", pack.data),
        ("limits", pack.limits),
        ("takes", pack.takes),
        ("gives", pack.gives),
        *(("errors", line) for line in shipped_error_rates(f"{pack.name}-{pack.version}")),
        ("sha256", found.sha256 or "not installed"),
    ]


def _added_card(store: "ModelStore", pack: "AddedPack") -> list[tuple[str, str]]:
    from placet.wiring.models import error_rates, recipe_lines

    manifest = pack.manifest
    held = [("held", f"the operator states: {pack.licence_held}")] if pack.licence_held else []
    calibration = store.added.calibration(manifest.name)
    rates = error_rates(pack, calibration) if calibration else ("not measured here: run `placet models calibrate`",)
    return [
        ("name", f"{manifest.name} {manifest.version}"),
        ("kind", f"{manifest.kind}, run by {manifest.adapter}"),
        ("vectors", manifest.model_version),
        ("licence", f"{manifest.licence}{'' if manifest.commercial else ' (not for commercial use)'}"),
        ("note", manifest.licence_note),
        *held,
        ("data", manifest.data),
        ("limits", manifest.limits),
        *(("errors", line) for line in rates),
        *(("input", line) for line in recipe_lines(pack)),
        *(("sha256", f"{file.sha256}  {file.path}") for file in manifest.files),
        *(("test", f"{key}: {value}") for key, value in pack.found.items()),
        ("state", _state(pack.complete)),
    ]


def _added_row(store: "ModelStore", name: str, used: dict[str, str]) -> None:
    from trust_kernel.errors import Broken

    try:
        pack = store.added.get(name)
    except Broken as error:
        _row(name, used, "?", "?", "?", f"TROUBLE: {error.detail}")
        return
    commercial = "stated" if pack.licence_held and not pack.manifest.commercial else _yes(pack.manifest.commercial)
    state = "added" if pack.complete else "waits for pull"
    _row(name, used, pack.manifest.kind, pack.manifest.licence, commercial, state)


def _row(name: str, used: dict[str, str], kind: str, licence: str, commercial: str, state: str) -> None:
    star = "*" if name in used.values() else " "
    click.echo(f"{star} {name:24} {kind:16} {licence[:24]:24} {commercial:12} {state}")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _state(installed: bool) -> str:
    return "installed" if installed else "-"
