"""How long it takes from a commit until a mail server and a webhook's receiver have it.

    python -m benchmarks.delivery [--events 200] [--rate 20] [--quick] [--postgres] [--json OUT]

Each event is committed by itself, so many a second, and goes to one of 50 accounts, by SMTP and to a webhook: real
sockets on this machine, the courier in a thread of its own and looking once a second, as in a worker. `burst` commits
all of them as fast as it can. Processor and database share the machine with the two servers.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.table import Row, save, show
from tests.e2e.receiver import receiving
from tests.factories.databases import postgres, sqlite
from tests.factories.deliveries import Postal
from tests.factories.mail import mailbox
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.delivery.courier import Courier
from trust_kernel.delivery.domain import Channel
from trust_kernel.delivery.endpoints import WebhookEndpoints
from trust_kernel.delivery.smtp import MailServer, Security, SmtpPost
from trust_kernel.delivery.webhooks import WebhookSender
from trust_kernel.events import Outbox
from trust_kernel.web.outgoing import HttpxPoster

_ACCOUNTS = 50
_PATIENCE = 120.0
_KIND = "consent:grant:revoked"


def measured(database: Database, folder: Path, events: int, rate: float) -> dict[str, list[float]]:
    """Seconds from each commit to receipt, by channel."""
    clock, stop = SystemClock(), threading.Event()
    with mailbox() as box, receiving() as receiver:
        town = Postal(database, folder, SmtpPost(MailServer("127.0.0.1", box.port, Security.NONE)))
        outbox = Outbox(database, clock)
        endpoints = WebhookEndpoints(database, clock, town.keys, plain_http=True)
        for number in range(_ACCOUNTS):
            endpoints.register(f"acct_{number}", f"{receiver.url}/")
        poster = HttpxPoster(lambda host, _port: [host])
        senders = {**town.senders, Channel.WEBHOOK: WebhookSender(database, clock, poster, town.keys)}
        courier = threading.Thread(target=Courier(database, clock, senders).run, args=(stop,))
        courier.start()
        committed: dict[str, float] = {}
        for number in range(events):
            event = outbox.emit(_KIND, f"acct_{number % _ACCOUNTS}", {"subject": f"n{number}"})
            committed[event.id] = time.monotonic()
            committed[f"n{number}"] = committed[event.id]
            time.sleep(1 / rate if rate else 0)
        deadline = time.monotonic() + _PATIENCE
        while (len(box.got) < events or len(receiver.first) < events) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        courier.join()
    assert len(box.got) == len(receiver.first) == events, (len(box.got), len(receiver.first))
    mails = [at - committed[str(mail["Subject"])] for at, mail in zip(box.at, box.got, strict=True)]
    return {"mail": mails, "webhook": [at - committed[event] for event, at in receiver.first.items()]}


def _row(name: str, found: dict[str, list[float]]) -> Iterator[Row]:
    for channel, waits in found.items():
        ordered = sorted(waits)
        yield {
            "database": name,
            "channel": channel,
            "events": len(ordered),
            "p50_ms": 1000 * statistics.median(ordered),
            "p99_ms": 1000 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
            "max_ms": 1000 * ordered[-1],
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    parser.add_argument("--quick", action="store_true", help="50 events")
    parser.add_argument("--postgres", action="store_true", help="on the packaged PostgreSQL too")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    events = 50 if chosen.quick else chosen.events
    rows: list[Row] = []
    for name, opened in (("sqlite", sqlite), ("postgresql", lambda _folder: postgres())):
        if name == "postgresql" and not chosen.postgres:
            continue
        for kind, rate in (("steady", chosen.rate), ("burst", 0.0)):
            with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as database:
                rows += _row(f"{name}, {kind}", measured(database, Path(folder), events, rate))
    show("From commit to receipt", rows)
    save(chosen.json, {"machine": machine(), "rows": rows})


if __name__ == "__main__":
    main()
