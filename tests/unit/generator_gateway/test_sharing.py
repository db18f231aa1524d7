"""Share links: whoever has one watches, until it ends or anybody who may says that the video is not to be seen."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from generator_gateway.routes.sharing import build_sharing_router
from generator_gateway.service.owning import Appearing
from generator_gateway.service.sharing import MAX_DAYS, MAX_LINKS
from generator_gateway.tables import ShareLinkRow
from tests.factories.ownership import ADA, BEA, CYD, out
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotFound
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.problems import install
from trust_kernel.web.rate import RateLimit, TokenBuckets

VIDEO = "video_1"
FILE = b"0123456789"


@pytest.fixture
def shared(house: House) -> House:
    """A house with a video of Ada's that shows Bea, and its file."""
    bea = house.person("bea", enrolled=False)
    digest = house.blobs.put_bytes(FILE)
    out(
        house.cases,
        house.releases,
        VIDEO,
        Appearing(bea.id, bea.account_id, frozenset({"face"})),
        media_digest=digest,
    )
    return house


def watch(house: House, token: str) -> bytes:
    with house.sharing.download(token) as path:
        return path.read_bytes()


def gone(house: House, token: str) -> str:
    """A link leads nowhere, by either door; gives what is said."""
    with pytest.raises(Gone) as error:
        watch(house, token)
    with pytest.raises(Gone):
        house.sharing.open(token)
    return error.value.code


# --- making and ending


def test_whoever_has_the_link_watches_without_an_account(shared: House) -> None:
    made = shared.sharing.share(ADA, VIDEO, days=3)
    seen = shared.sharing.open(made.token)
    assert (seen.video_id, seen.size, seen.seconds, seen.people) == (VIDEO, "640x360", 2, 1)
    assert seen.link.expires_at == shared.clock.now() + timedelta(days=3)
    assert watch(shared, made.token) == FILE


def test_only_the_hash_of_a_token_is_kept(shared: House) -> None:
    token = shared.sharing.share(ADA, VIDEO).token
    assert len(token) >= 43
    with shared.database.reading() as session:
        (row,) = session.exec(select(ShareLinkRow))
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in repr(row)
    assert shared.sharing.share(ADA, VIDEO).token != token


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
def test_a_link_lasts_thirty_days_at_most(shared: House, days: int) -> None:
    with pytest.raises(InvalidInput) as error:
        shared.sharing.share(ADA, VIDEO, days=days)
    assert (error.value.code, error.value.field) == ("release:link:term", "days")


def test_a_link_ends_to_the_second(shared: House) -> None:
    token = shared.sharing.share(ADA, VIDEO, days=1).token
    shared.clock.advance(days=1, seconds=-1)
    assert watch(shared, token) == FILE
    shared.clock.advance(seconds=1)
    assert gone(shared, token) == "release:link:ended"


def test_every_owner_is_told_of_a_link_sees_it_and_may_end_it(shared: House) -> None:
    made = shared.sharing.share(ADA, VIDEO)
    (told,) = shared.notices(BEA, "release:link:made")
    assert told.payload["link_id"] == made.link.id
    assert made.token not in str(told.payload)
    assert shared.notices(ADA, "release:link:made") == []
    assert list(shared.sharing.links(BEA, VIDEO)) == [made.link]
    shared.sharing.end(BEA, VIDEO, made.link.id)
    assert gone(shared, made.token) == "release:link:ended"
    assert len(shared.notices(ADA, "release:link:revoked")) == 1
    assert [link.revoked_by for link in shared.sharing.links(ADA, VIDEO)] == [BEA]
    with pytest.raises(NotFound):
        shared.sharing.end(ADA, VIDEO, made.link.id)


def test_a_link_of_another_video_cannot_be_ended_by_its_owners(shared: House) -> None:
    out(shared.cases, shared.releases, "video_2", maker=CYD)
    other = shared.sharing.share(CYD, "video_2").link
    with pytest.raises(NotFound):
        shared.sharing.end(ADA, VIDEO, other.id)
    for act in (
        lambda: shared.sharing.share(ADA, "video_2"),
        lambda: shared.sharing.links(ADA, "video_2"),
        lambda: shared.sharing.end(ADA, "video_2", other.id),
    ):
        with pytest.raises(NotFound) as error:
            act()
        assert error.value.code == "video:object:unknown"


def test_a_video_has_so_many_links_and_no_more(shared: House) -> None:
    links = [shared.sharing.share(ADA, VIDEO) for _ in range(MAX_LINKS)]
    with pytest.raises(Conflict) as error:
        shared.sharing.share(BEA, VIDEO)
    assert error.value.code == "release:link:too_many"
    shared.sharing.end(ADA, VIDEO, links[0].link.id)
    assert shared.sharing.share(BEA, VIDEO).link.account_id == BEA


def test_what_is_not_finished_cannot_be_shared(house: House) -> None:
    with pytest.raises(Conflict) as error:
        house.sharing.share(ADA, house.submit().id)
    assert error.value.code == "case:state:unfinished"


# --- what ends every link at once


def test_a_withdrawal_ends_every_link_with_the_next_request(shared: House) -> None:
    token = shared.sharing.share(ADA, VIDEO).token
    shared.ownership.withdraw(BEA, VIDEO)
    assert gone(shared, token) == "release:link:ended"
    with pytest.raises(Gone):
        shared.sharing.share(ADA, VIDEO)


def test_an_objection_closes_links_and_lifting_it_opens_them(shared: House) -> None:
    token = shared.sharing.share(ADA, VIDEO).token
    shared.ownership.object(BEA, VIDEO)
    assert gone(shared, token) == "release:link:ended"
    for owner in (ADA, BEA):
        with pytest.raises(Conflict) as error:
            shared.sharing.share(owner, VIDEO)
        assert error.value.code == "release:video:objected"
    shared.ownership.lift(BEA, VIDEO)
    assert watch(shared, token) == FILE


def test_a_token_that_was_never_given_leads_nowhere(shared: House) -> None:
    for token in ("", "x", "a" * 43):
        with pytest.raises(NotFound) as error:
            watch(shared, token)
        assert error.value.code == "release:link:unknown"


# --- over HTTP


class Door:
    """The routes, and who uses them."""

    def __init__(self, house: House, per_minute: int = 1_000) -> None:
        identities = FakeIdentities()
        self.app = FastAPI()
        limit = RateLimit(TokenBuckets(per_minute))
        self.app.include_router(
            build_sharing_router(house.sharing, access_of(identities), "https://placet.example/", [limit.guard()])
        )
        install(self.app, openai_prefixes=("/v1/videos",))
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.ada = identities.add(an_actor("video:share", "video:read", account_id=ADA))
        self.cyd = identities.add(an_actor("video:share", "video:read", account_id=CYD))
        self.reader = identities.add(an_actor("video:read", account_id="acct_reader"))


@pytest.fixture
def door(shared: House) -> Iterator[Door]:
    made = Door(shared)
    with made.client:
        yield made


def test_only_what_a_link_leads_to_is_public(door: Door) -> None:
    declared = {
        (method, route.path): declared_permission(route)
        for route in routes_of(door.app)
        for method in route.methods
        if route.path.startswith(("/v1", "/s/"))
    }
    assert declared == {
        ("POST", "/v1/videos/{video_id}/links"): "video:share",
        ("GET", "/v1/videos/{video_id}/links"): "video:read",
        ("DELETE", "/v1/videos/{video_id}/links/{link_id}"): "video:share",
        ("GET", "/s/{token}/about"): PUBLIC,
        ("GET", "/s/{token}/content"): PUBLIC,
    }


def test_a_link_is_made_used_and_ended_over_http(door: Door) -> None:
    made = door.client.post(f"/v1/videos/{VIDEO}/links", headers=door.ada, json={"days": 2})
    assert made.status_code == 201, made.text
    url = made.json()["url"]
    assert url.startswith("https://placet.example/s/")
    path = url.removeprefix("https://placet.example")
    about = door.client.get(f"{path}/about")
    assert about.json()["content"] == f"{path}/content"
    assert {about.headers[name] for name in ("cache-control", "referrer-policy")} == {"no-store", "no-referrer"}
    whole = door.client.get(f"{path}/content")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, FILE, "video/mp4")
    assert (whole.headers["cache-control"], whole.headers["referrer-policy"]) == ("no-store", "no-referrer")
    (listed,) = door.client.get(f"/v1/videos/{VIDEO}/links", headers=door.ada).json()["data"]
    assert (listed["mine"], "url" in listed) == (True, False)
    ended = door.client.delete(f"/v1/videos/{VIDEO}/links/{listed['id']}", headers=door.ada)
    assert ended.status_code == 204
    assert door.client.get(f"{path}/content").status_code == door.client.get(f"{path}/about").status_code == 410


def test_a_player_asks_for_a_range(door: Door) -> None:
    url = door.client.post(f"/v1/videos/{VIDEO}/links", headers=door.ada).json()["url"]
    path = url.removeprefix("https://placet.example")
    part = door.client.get(f"{path}/content", headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert part.headers["cache-control"] == "no-store"


def test_others_and_keys_without_the_permission_make_no_links(door: Door) -> None:
    assert door.client.post(f"/v1/videos/{VIDEO}/links", headers=door.cyd).status_code == 404
    assert door.client.post(f"/v1/videos/{VIDEO}/links", headers=door.reader).status_code == 403
    assert door.client.get("/s/nothing/content").status_code == 404
    assert door.client.get("/s/nothing/content", params={"variant": "raw"}).status_code in {400, 422}


def test_whoever_tries_tokens_is_slowed_down(shared: House) -> None:
    door = Door(shared, per_minute=2)
    with door.client:
        answers = [door.client.get(f"/s/guess{number}/content").status_code for number in range(3)]
    assert answers == [404, 404, 429]
