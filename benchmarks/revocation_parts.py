"""The people, the cases and the processes that `benchmarks.revocation` measures with.

One real video is made, marked, signed and sealed; every round takes the same pictures to the door out, as cases of
their own. From there on all is real: the registry's revocation, the vault's release, the HTTP download, each in a
process of its own, on one database.
"""

import contextvars
import http.client
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from consent_registry.api import Audience, AudienceKind, GrantTerms, Modality
from generator_gateway.api import NewVideo
from generator_gateway.ports import Prints
from generator_gateway.service.vault import ReleaseVault
from generator_gateway.stages import Logged, Released, Request, Stopped
from placet.demo.deployment import shared_model_cache
from placet.demo.people import people
from placet.wiring import House
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live for a minute
PROMPT = "@bruno waves from a ferry at sunrise"
HANDLES = ("bruno", "carla")
"""People of the demo who give, one for each revoker."""
PACE = 0.01
"""Seconds that a client waits between two downloads."""
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives consent and takes it back.

    Attributes:
        owner: account that the subject speaks through.
        subject: whose likeness.
    """

    owner: str
    subject: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in it.

    Attributes:
        asker: account that asks and downloads.
        key: the asker's API key.
        givers: one for each revoker, so that none waits for another's; the video shows the first.
    """

    asker: str
    key: str
    givers: tuple[Giver, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to get or release something.

    Attributes:
        began: seconds of the machine's monotonic clock, which all its processes share.
        ended: likewise.
        done: whether it was released, or served.
        queued: seconds of it in which this thread was ready to run and no processor was free; 0 where nobody says.
    """

    began: float
    ended: float
    done: bool
    queued: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one revocation looked like from both sides.

    Attributes:
        grant_id: what was revoked.
        committed: when the revocation had committed.
        took: seconds that revoking took.
        releases: by the worker.
        downloads: by the clients.
    """

    grant_id: str
    committed: float
    took: float
    releases: tuple[Try, ...]
    downloads: tuple[Try, ...]


def cast(house: House) -> Cast:
    """Register who asks and who gives; the first of these is enrolled with face and voice, the others as well."""
    accounts, registry = house.kernel.accounts, house.guards.registry
    asker = accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
    known = {person.handle: person for person in people(shared_model_cache())}
    givers = []
    for handle in HANDLES:
        owner = accounts.register(f"{handle}@placet.test", PASSWORD, ["subject"], handle.capitalize()).id
        subject = registry.register_subject(owner, handle, handle.capitalize()).id
        registry.enrol_attested(
            subject,
            attested_by=owner,
            pictures=known[handle].looks[:3],
            recordings=[known[handle].consent_speech()],
            keep_reference=True,
        )
        givers.append(Giver(owner, subject))
    key = accounts.issue_key(asker, "benchmark", accounts.permissions(asker)).plaintext
    return Cast(asker, key, tuple(givers))


def allow(house: House, asker: str, giver: Giver) -> str:
    """A grant of face and voice to the asker, taken back on revocation; gives its id."""
    terms = GrantTerms(Audience(AudienceKind.PEOPLE, frozenset({asker})), frozenset(Modality))
    return house.guards.registry.grant(giver.subject, terms, actor=giver.owner).id


def sealed(house: House, cast: Cast) -> Logged:
    """One real case, walked as far as the door out; its fingerprints are remembered for all that look like it."""
    new = NewVideo(PROMPT, house.kernel.settings.backend, seconds="1", size="640x360")
    case = house.gateway.videos.submit(cast.asker, new)
    assert house.shelves.leases.claim(case.id) is not None
    line = house.gateway.line
    admitted = line.request_gates.judge(line.ledger.open(case.request))
    assert not isinstance(admitted, Stopped), admitted
    passed = line.output_gates.judge(line.backend.render(admitted))
    assert not isinstance(passed, Stopped), passed
    return line.ledger.seal(line.signer.sign(line.marker.mark(passed)))


class _Remembered:
    """Fingerprints that were made once: every case of the benchmark has the same pictures."""

    def __init__(self, prints: Prints) -> None:
        self._prints = prints

    def prints(self, path: Path) -> Prints:
        """What was made of the first of them."""
        del path
        return self._prints


def vault_of(house: House) -> ReleaseVault:
    """The real vault, whose parts only a benchmark may reach into."""
    vault = house.gateway.line.vault
    assert isinstance(vault, ReleaseVault)
    return vault


def remember_prints(house: House, prints: Prints) -> None:
    """Have a house's vault use these fingerprints: making them takes a second, before any lock is taken."""
    vault_of(house)._prints = _Remembered(prints)  # noqa: SLF001 - the one step that is not measured


def at_the_door(house: House, pattern: Logged, giver: Giver, grant_id: str) -> str:
    """The pattern's pictures as another case under another grant, ready to go out; gives its id."""
    marked = pattern.signed.marked
    draft = marked.passed.draft
    request: Request = replace(draft.admitted.opened.request, case_id=new_id("video"))
    journal, cases = house.shelves.journal, house.shelves.cases
    epoch = house.guards.registry.subject(giver.subject).consent_epoch
    consents = tuple(
        replace(consent, subject_id=giver.subject, epoch=epoch, grant_id=grant_id)
        for consent in draft.admitted.consents
    )
    with house.kernel.database.transaction():
        cases.accept(request)
        lease = house.shelves.leases.claim(request.case_id)
        assert lease is not None
        opened = replace(draft.admitted.opened, request=request, release_number=cases.release_number(request.case_id))
        admitted = replace(draft.admitted, opened=opened, consents=consents)
        passed = replace(
            marked.passed,
            draft=replace(draft, admitted=admitted),
            seen=(giver.subject,),
            sensed=tuple((giver.subject, modality) for _, modality in marked.passed.sensed),
        )
        logged = replace(pattern, signed=replace(pattern.signed, marked=replace(marked, passed=passed)))
        journal.earn(request.case_id, admitted)
        journal.earn(request.case_id, logged)
        house.shelves.leases.let_go(lease)
    return request.case_id


_SCHEDULED = Path("/proc/thread-self/schedstat")


def _queued() -> float:
    """Seconds that this thread has waited for a processor in its life (Linux: proc_pid_schedstat)."""
    try:
        return int(_SCHEDULED.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


class Attempt:
    """One worker's attempt to let a case out; claimed now, made when it is told to.

    Attributes:
        lost: somebody else had the case, or it had been sent back to the start.
    """

    def __init__(self, house: House, case_id: str) -> None:
        self._house = house
        self._context = contextvars.Context()
        claimed = self._context.run(house.shelves.leases.claim, case_id)
        self._logged = house.shelves.journal.earned(case_id, Logged) if claimed else None
        self.lost = self._logged is None

    def make(self) -> Try:
        """Go through the door: the vault locks, looks again, and lets it out or not."""
        began, queued = time.monotonic(), _queued()
        done = self._context.run(self._release)
        return Try(began, time.monotonic(), done, _queued() - queued)

    def _release(self) -> bool:
        if self._logged is None:
            return False
        with suppress(Conflict):  # sent back while we were at it
            return isinstance(self._house.gateway.line.vault.release(self._logged), Released)
        return False


def release(house: House, case_id: str) -> Try:
    """Claim and attempt at once."""
    return Attempt(house, case_id).make()


# --- what runs beside each other


def work(house: House, orders: Connection) -> None:
    """A worker: told of two cases, claims both; one it lets out while the other side revokes, one after that."""
    while (case_ids := orders.recv()) is not None:
        racing, late = (Attempt(house, case_id) for case_id in case_ids)
        orders.send(None)
        time.sleep(orders.recv())
        tries = [racing.make()]
        orders.recv()
        orders.send([*tries, late.make()])


def download(urls: Sequence[str], key: str, orders: Connection) -> None:
    """A client of every server in turn: told of a video, gets it again and again until it is refused everywhere."""
    clients = [_Client(url, key) for url in urls]
    while (case_id := orders.recv()) is not None:
        assert clients[0].get(case_id).done, "what was released is not served"
        orders.send(None)
        orders.send(list(_until_refused(clients, case_id, orders)))


def _until_refused(clients: Sequence["_Client"], case_id: str, orders: Connection) -> Iterator[Try]:
    """Downloads, until each server has refused one that began after we were told that the revocation committed."""
    told = False
    deadline = time.monotonic() + _PATIENCE
    while not told:
        assert time.monotonic() < deadline, "nobody ever revoked"
        told = orders.poll()
        for client in clients:
            yield client.get(case_id)
            time.sleep(PACE)
    orders.recv()


class _Client:
    """One connection to one server."""

    def __init__(self, url: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, case_id: str) -> Try:
        """Get the whole video; anything but the video and "gone" is an error."""
        began, queued = time.monotonic(), _queued()
        self._connection.request("GET", f"/v1/videos/{case_id}/content", headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        assert response.status in {http.client.OK, http.client.GONE}, response.status
        return Try(began, time.monotonic(), response.status == http.client.OK, _queued() - queued)


@dataclass(frozen=True, slots=True)
class Others:
    """Who a revoker plays with."""

    worker: Connection
    client: Connection


@dataclass(frozen=True, slots=True)
class Span:
    """How long to go on: this many rounds, or as many as begin within these seconds."""

    rounds: int
    seconds: float


def revoke(house: House, asker: str, giver: Giver, pattern: Logged, others: Others, span: Span) -> list[Round]:
    """Round after round: allow, let one video out, and revoke while a worker and a client are at it."""
    chance = random.Random(giver.subject)  # noqa: S311 - jitter
    usual = 0.02
    found: list[Round] = []
    deadline = time.monotonic() + span.seconds
    while len(found) < span.rounds and time.monotonic() < deadline:
        grant_id = allow(house, asker, giver)
        with house.kernel.database.transaction():
            out, *ready = [at_the_door(house, pattern, giver, grant_id) for _ in range(3)]
        first = release(house, out)
        assert first.done, "nothing stood against this release"
        usual = 0.9 * usual + 0.1 * (first.ended - first.began)
        others.client.send(out)
        others.worker.send(ready)
        others.client.recv()
        others.worker.recv()
        # anything from a release that is done before the revocation begins to one that begins after its end
        others.worker.send(max(0.0, chance.uniform(-usual, usual)))
        time.sleep(chance.uniform(0, usual))
        began = time.monotonic()
        house.guards.registry.revoke(grant_id, actor=giver.owner)
        committed = time.monotonic()
        others.worker.send(None)
        others.client.send(None)
        releases, downloads = others.worker.recv(), others.client.recv()
        found.append(Round(grant_id, committed, committed - began, tuple(releases), tuple(downloads)))
    others.worker.send(None)
    others.client.send(None)
    return found
