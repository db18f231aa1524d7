"""One server for all of these tests, and the people who are there before the first of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployment import Person, Server, admin_of, command, enrol, join, serving
from tests.e2e.story import Borrowed, borrow_and_revoke

FIGURE = "Tom Hanks"
CHARACTER = "Captain Fennimore"
DECLARED = {"ground": "author", "statement": "Ours.", "declarations": ["accurate", "authorised", "good_faith"]}


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's pictures and voices, as its command writes them."""
    folder = tmp_path_factory.mktemp("assets")
    done = command("demo", "assets", "--out", str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server; once all is over its log must hold nothing that nobody foresaw."""
    with serving(tmp_path_factory.mktemp("deployment")) as running:
        yield running
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-4000:]


@pytest.fixture(scope="session")
def admin(server: Server) -> Person:
    """Staff who may do everything; a public figure and a studio's character are protected already."""
    staff = admin_of(server)
    studio = join(server, staff, "studio", "rights_holder")
    staff.http.post("/v1/blocklist", data={"name": FIGURE, "category": "performer"}).raise_for_status()
    filed = studio.http.post(
        "/v1/optouts",
        data={"title": CHARACTER, "kind": "character", "names": [CHARACTER, "Fennimore the Fox"]} | DECLARED,
    )
    claim = filed.raise_for_status().json()
    staff.http.post(f"/v1/optouts/{claim['id']}/activate", json={"seen": claim["changed_at"]}).raise_for_status()
    return staff


@pytest.fixture(scope="session")
def ada(server: Server, admin: Person, assets: Path) -> Person:
    """Asks for videos; her own likeness is enrolled."""
    return enrol(join(server, admin, "ada", "requester", "subject"), admin, "ada", assets)


@pytest.fixture(scope="session")
def bruno(server: Server, admin: Person, assets: Path) -> Person:
    """Somebody else whose likeness is enrolled."""
    return enrol(join(server, admin, "bruno", "requester", "subject"), admin, "bruno", assets)


@pytest.fixture(scope="session")
def dario(server: Server, admin: Person, assets: Path) -> Person:
    """Another, enrolled by pictures alone."""
    return enrol(join(server, admin, "dario", "subject"), admin, "dario", assets, voice=False)


@pytest.fixture(scope="session")
def mallory(server: Server, admin: Person) -> Person:
    """Has an account, and nothing else."""
    return join(server, admin, "mallory", "requester", "subject", "rights_holder")


@pytest.fixture(scope="session")
def own_video(ada: Person) -> str:
    """A released video of Ada's, in her own likeness."""
    made = ada.make("@ada waves from a ferry at sunrise, calm sea", seconds="2")
    assert made["status"] == "completed", made
    return str(made["id"])


@pytest.fixture(scope="session")
def own_file(ada: Person, own_video: str) -> bytes:
    """The file of that video."""
    return ada.file(own_video)


@pytest.fixture(scope="session")
def borrowed(ada: Person, bruno: Person) -> Borrowed:
    """A video with Bruno in it that Ada made under his grant, and his revocation."""
    return borrow_and_revoke(ada, bruno)


@pytest.fixture(scope="session")
def elena(server: Server, admin: Person, assets: Path) -> Person:
    """A fourth, enrolled by pictures alone."""
    return enrol(join(server, admin, "elena", "subject"), admin, "elena", assets, voice=False)
