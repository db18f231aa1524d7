"""What every shelf of vectors of descriptions does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.api import ClaimState, Organisation, Role
from copyright_optout.domain import Membership
from copyright_optout.domain.describing import digest_of
from copyright_optout.ports.descriptions import Vector
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseVectors
from tests.factories.claims import MADE, a_claim
from tests.factories.databases import postgres, sqlite
from trust_kernel.db import Database

MOUSE, KEEPER = digest_of("a mouse"), digest_of("a keeper")


def vector(seed: int) -> Vector:
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


@dataclass
class World:
    """A shelf, and claims that vectors can be of."""

    database: Database

    def __post_init__(self) -> None:
        owner = Membership("org_a", "acct_a", Role.OWNER, MADE)
        DatabaseOrganisations(self.database).found(Organisation("org_a", "Fennimore Films", MADE), owner)
        self.claims = DatabaseClaims(self.database)
        self.claims.add([a_claim("claim_1"), a_claim("claim_2")], {})
        self.vectors = DatabaseVectors(self.database)

    def kept(self, version: str = "model-1") -> dict[tuple[str, str], list[float]]:
        found = self.vectors.of_claims(["claim_1", "claim_2", "claim_9"], version)
        return {key: made.tolist() for key, made in found.items()}


class TestSqliteVectors:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with sqlite(tmp_path) as database:
            yield World(database)

    def test_vectors_come_back_as_they_were_kept_by_claim_and_text(self, world: World) -> None:
        made = {("claim_1", MOUSE): vector(1), ("claim_1", KEEPER): vector(2), ("claim_2", MOUSE): vector(3)}
        world.vectors.keep("model-1", made)
        assert world.kept() == {key: each.tolist() for key, each in made.items()}
        assert list(world.vectors.of_claims(["claim_2"], "model-1")) == [("claim_2", MOUSE)]
        assert not world.vectors.of_claims([], "model-1")

    def test_whoever_made_one_first_is_right(self, world: World) -> None:
        world.vectors.keep("model-1", {("claim_1", MOUSE): vector(1)})
        world.vectors.keep("model-1", {("claim_1", MOUSE): vector(2), ("claim_1", KEEPER): vector(3)})
        assert world.kept() == {("claim_1", MOUSE): vector(1).tolist(), ("claim_1", KEEPER): vector(3).tolist()}

    def test_another_model_takes_the_place_of_the_first(self, world: World) -> None:
        world.vectors.keep("model-1", {("claim_1", MOUSE): vector(1), ("claim_2", MOUSE): vector(1)})
        world.vectors.keep("model-2", {("claim_1", MOUSE): vector(2)})
        assert world.kept("model-1") == {("claim_2", MOUSE): vector(1).tolist()}
        assert world.kept("model-2") == {("claim_1", MOUSE): vector(2).tolist()}

    @pytest.mark.parametrize("end", [ClaimState.WITHDRAWN, ClaimState.EXPIRED])
    def test_they_are_forgotten_with_the_claim_one_by_one_or_many(self, world: World, end: ClaimState) -> None:
        made = {("claim_1", MOUSE): vector(1), ("claim_2", MOUSE): vector(2)}
        world.vectors.keep("model-1", made)
        world.claims.replace(a_claim("claim_1", state=ClaimState.DISPUTED))
        assert len(world.kept()) == 2
        world.claims.replace(a_claim("claim_1", state=end))
        assert list(world.kept()) == [("claim_2", MOUSE)]
        world.claims.replace_many([a_claim("claim_2", state=end)])
        assert world.kept() == {}
        world.vectors.keep("model-1", made)  # by a process that had not read of it
        assert world.kept() == {}


@pytest.mark.postgres
class TestPostgresVectors(TestSqliteVectors):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        del tmp_path
        with postgres() as database:
            yield World(database)

    def test_a_claim_that_is_being_ended_leaves_nothing_behind_and_holds_nobody_up(self, world: World) -> None:
        made = {("claim_1", MOUSE): vector(1), ("claim_2", MOUSE): vector(2)}
        with ThreadPoolExecutor(1) as pool, world.database.transaction():
            ending = world.claims.get("claim_1", lock=True)
            assert ending is not None
            world.claims.replace(replace(ending, state=ClaimState.WITHDRAWN))
            pool.submit(world.vectors.keep, "model-1", made).result(timeout=20)
        assert list(world.kept()) == [("claim_2", MOUSE)]
