"""A whole Placet for the demo: its own data directory, a real server on a free port, real accounts and keys."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from placet.app import build_app
from placet.migrate import migrate
from placet.serving import listening, server_config
from placet.wiring import House, build_house, build_models
from placet.wiring.packs import wanted
from placet.worker import EmbeddedWorker
from trust_kernel.errors import Unavailable
from trust_kernel.settings import Settings

START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with a key."""

    account_id: str
    http: httpx.Client

    def video(self, video_id: str) -> dict[str, Any]:
        """One video job."""
        found: dict[str, Any] = self.http.get(f"/v1/videos/{video_id}").raise_for_status().json()
        return found


@dataclass(frozen=True, slots=True)
class Deployment:
    """The running house, reached over HTTP like any other."""

    house: House
    url: str

    def client(self, name: str, *roles: str) -> Client:
        """An account with a key."""
        accounts = self.house.kernel.accounts
        account = accounts.register(f"{name}@demo.placet.local", secrets.token_urlsafe(18), roles, name.capitalize())
        key = accounts.issue_key(account.id, "demo", accounts.permissions(account.id)).plaintext
        http = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {key}"}, timeout=120)
        return Client(account.id, http)


def shared_model_cache() -> Path:
    """Where the demo keeps model packs between runs, unless PLACET_MODEL_CACHE says otherwise."""
    named = os.environ.get("PLACET_MODEL_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "placet" / "models"


@contextmanager
def deployed(data: Path, say: Callable[[str], None]) -> Iterator[Deployment]:
    """Serve a new deployment from `data` until the block ends.

    Raises:
        Unavailable: a model pack cannot be fetched, or the server did not start.
    """
    settings = Settings(data_dir=data.resolve(), model_cache=shared_model_cache(), sweep_seconds=1.0)
    models = build_models(settings)
    for name in wanted(settings, models.names()):
        if name not in models.installed():
            say(f"fetching the model pack {name}")
            models.pull(name)
    listener = listening("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    house = build_house(settings.model_copy(update={"public_url": url}))
    migrate(house.kernel)
    server = uvicorn.Server(server_config(build_app(house)))
    worker = EmbeddedWorker(house)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    worker.start()
    try:
        _await(lambda: server.started)
        yield Deployment(house, url)
    finally:
        server.should_exit = True
        worker.stop()
        thread.join(timeout=10)
        house.kernel.database.dispose()


def _await(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise Unavailable("the server did not start in time")
        time.sleep(0.02)
