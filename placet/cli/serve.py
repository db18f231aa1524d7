"""`placet serve`, `placet worker`, `placet migrate`."""

import json
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from placet.wiring import House

_ADMIN = "admin@placet.local"


@click.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port; 0 takes any free one.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Written once all is ready.")
@click.option("--no-pages", is_flag=True, help="The API alone.")
@click.option("--no-worker", is_flag=True, help="No worker in this process.")
def serve(data: Path | None, host: str, port: int, ready_file: Path | None, *, no_pages: bool, no_worker: bool) -> None:
    """Run the API, the pages and a worker in one process; prints the URLs and a first admin's key."""
    import uvicorn

    from placet.app import build_app
    from placet.serving import listening, server_config
    from placet.worker import EmbeddedWorker

    listener = listening(host, port)
    url = f"http://{host}:{listener.getsockname()[1]}"
    changes: dict[str, object] = {} if "PLACET_PUBLIC_URL" in os.environ else {"public_url": url}
    house = _house(data, **changes)
    key = _admin_key(house)
    house.kernel.sandbox.prepare()
    house.kernel.strangers.prepare()
    worker = None if no_worker else EmbeddedWorker(house)
    server = uvicorn.Server(server_config(build_app(house, pages=not no_pages)))
    threading.Thread(
        target=_announce, args=(server, url, key, ready_file, house.kernel.settings.data_dir), daemon=True
    ).start()
    if worker is not None:
        worker.start()
    try:
        server.run(sockets=[listener])
    finally:
        if worker is not None:
            worker.stop()


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run a worker; it needs a broker that other processes reach too."""
    from placet.worker import run_worker

    run_worker(_house(data))


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to the newest schema."""
    from placet.migrate import migrate as run
    from placet.wiring import build_kernel

    run(build_kernel(settings_for(data)))
    click.echo("the database has the newest schema")


def _house(data: Path | None, **changes: object) -> "House":
    from placet.migrate import migrate as run
    from placet.wiring import build_house, build_models
    from placet.wiring.packs import wanted

    settings = settings_for(data, **changes)
    models = build_models(settings)
    for name in wanted(settings, models.names()):
        if name not in models.installed():
            click.echo(f"fetching the model pack {name}", err=True)
            models.pull(name)
    house = build_house(settings)
    run(house.kernel)
    return house


def _admin_key(house: "House") -> str | None:
    """The first admin's key, made once; later starts say where it was written."""
    accounts = house.kernel.accounts
    if accounts.by_email(_ADMIN) is not None:
        return None
    password = secrets.token_urlsafe(18)
    account = accounts.register(_ADMIN, password, ["admin"], "First admin")
    key = accounts.issue_key(account.id, "first key", accounts.permissions(account.id)).plaintext
    note = house.kernel.settings.data_dir / "first-admin.json"
    descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"email": _ADMIN, "password": password, "admin_key": key}, file, indent=2)
    return key


def _announce(server: object, url: str, key: str | None, ready_file: Path | None, data: Path) -> None:
    import time

    from trust_kernel.files import put_file

    while not getattr(server, "started", False):
        time.sleep(0.02)
    note = data / "first-admin.json"
    if key is None and note.exists():
        key = json.loads(note.read_text())["admin_key"]
    click.echo(f"API      {url}/v1\npages    {url}/\nverify   {url}/is-this-ai\nadmin    {note}")
    if key is not None:
        click.echo(f"key      {key}")
    if ready_file is not None:
        put_file(ready_file, json.dumps({"url": url, "admin_key": key}).encode())
