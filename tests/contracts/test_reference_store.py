"""What every store of reference media does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.api import Claim, ClaimKind, ClaimState, ClaimTerms, Organisation, Role
from copyright_optout.domain import Footage, Membership, Reference, ReferenceKind, SoundPrint
from copyright_optout.ports import ReferenceStore
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseReferences
from tests.factories.databases import postgres
from trust_kernel.db import Database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class World:
    """A store, and claims that references can be of."""

    database: Database

    def __post_init__(self) -> None:
        owner = Membership("org_a", "acct_a", Role.OWNER, NOW)
        DatabaseOrganisations(self.database).found(Organisation("org_a", "Fennimore Films", NOW), owner)
        self.store: ReferenceStore = DatabaseReferences(self.database)
        self.claims = DatabaseClaims(self.database)

    def claim(self, claim_id: str) -> Claim:
        claim = Claim(claim_id, "org_a", "acct_a", ClaimTerms(ClaimKind.WORK, "x"), ClaimState.SUBMITTED, NOW, NOW)
        self.claims.add([claim], {})
        return claim

    def move(self, claim: Claim, state: ClaimState) -> None:
        self.claims.replace(replace(claim, state=state))


def reference(claim: Claim, number: int, kind: ReferenceKind = ReferenceKind.VIDEO) -> Reference:
    dice = np.random.default_rng(number)
    return Reference(
        f"ref_{number}",
        claim.id,
        kind,
        NOW + timedelta(seconds=number),
        seconds=2.5,
        footage=Footage(dice.integers(0, 1 << 64, (3, 4), dtype=np.uint64), np.array([0.0, 0.033, 7200.5])),
        sounds=(
            SoundPrint("energy-1", dice.integers(0, 1 << 32, 4, dtype=np.uint32), speed=96),
            SoundPrint("energy-1", dice.integers(0, 1 << 32, 5, dtype=np.uint32)),
        ),
        codes=("ISCC:A", "ISCC:B"),
        looks=dice.normal(size=(2, 8)).astype(np.float32),
        looks_by="looks-1",
    )


class TestSqliteReferences:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        database = Database(f"sqlite:///{tmp_path}/references.db")
        database.create_all()
        yield World(database)
        database.dispose()

    def test_a_reference_comes_back_as_it_was_kept(self, world: World) -> None:
        kept = reference(world.claim("claim_1"), 1)
        world.store.add(kept)
        for found in (*world.store.of_claim("claim_1"), *world.store.find(["ref_1", "ref_9"])):
            plain = (found.id, found.claim_id, found.kind, found.created_at, found.seconds, found.codes, found.looks_by)
            assert plain == ("ref_1", "claim_1", kept.kind, kept.created_at, 2.5, kept.codes, "looks-1")
            assert found.footage is not None
            assert kept.footage is not None
            assert np.array_equal(found.footage.hashes, kept.footage.hashes)
            assert np.array_equal(found.footage.seconds, kept.footage.seconds)
            assert [(sound.printer, sound.speed) for sound in found.sounds] == [("energy-1", 96), ("energy-1", 100)]
            for ours, theirs in zip(found.sounds, kept.sounds, strict=True):
                assert np.array_equal(ours.words, theirs.words)
            assert found.looks is not None
            assert kept.looks is not None
            assert np.array_equal(found.looks, kept.looks)

    def test_what_there_is_not_stays_away(self, world: World) -> None:
        claim = world.claim("claim_1")
        world.store.add(Reference("ref_1", claim.id, ReferenceKind.SOUND, NOW))
        (found,) = world.store.of_claim(claim.id)
        assert (found.footage, found.sounds, found.looks, found.codes) == (None, (), None, ())

    def test_references_are_listed_oldest_first_counted_without_texts_and_dropped(self, world: World) -> None:
        claim, other = world.claim("claim_1"), world.claim("claim_2")
        for number, kind in ((3, ReferenceKind.SOUND), (1, ReferenceKind.VIDEO), (2, ReferenceKind.TEXT)):
            world.store.add(reference(claim, number, kind))
        world.store.add(reference(other, 4))
        assert [one.id for one in world.store.of_claim(claim.id)] == ["ref_1", "ref_2", "ref_3"]
        assert (world.store.count(claim.id), world.store.count("claim_9")) == (2, 0)
        world.store.drop("ref_1")
        world.store.drop("ref_9")
        assert [one.id for one in world.store.of_claim(claim.id)] == ["ref_2", "ref_3"]
        assert [one.id for one in world.store.of_claim(other.id)] == ["ref_4"]

    def test_changes_come_in_order_a_few_at_a_time_with_references_of_active_claims_alone(self, world: World) -> None:
        claims = [world.claim(f"claim_{number}") for number in range(3)]
        for number, claim in enumerate(claims):
            world.store.add(reference(claim, number))
        world.move(claims[2], ClaimState.ACTIVE)
        world.move(claims[0], ClaimState.ACTIVE)
        world.move(claims[1], ClaimState.WITHDRAWN)
        first = world.store.changes_since(0, 2)
        assert [(one.claim_id, [r.id for r in one.references]) for one in first] == [
            ("claim_2", ["ref_2"]),
            ("claim_0", ["ref_0"]),
        ]
        (last,) = world.store.changes_since(first[-1].generation, 2)
        assert (last.claim_id, last.references) == ("claim_1", ())
        assert world.store.changes_since(last.generation, 2) == []

    def test_claims_that_changed_together_come_together(self, world: World) -> None:
        claims = [world.claim(f"claim_{number}") for number in range(4)]
        for number, claim in enumerate(claims):
            world.store.add(reference(claim, number))
        world.claims.replace_many([replace(claim, state=ClaimState.ACTIVE) for claim in claims[:3]])
        world.move(claims[3], ClaimState.ACTIVE)
        first = world.store.changes_since(0, 2)
        assert [one.claim_id for one in first] == ["claim_0", "claim_1", "claim_2"]
        assert [one.claim_id for one in world.store.changes_since(first[-1].generation, 2)] == ["claim_3"]

    def test_what_may_yet_be_undone_is_not_told(self, world: World) -> None:
        claim = world.claim("claim_1")
        with world.database.transaction():
            world.store.add(reference(claim, 1))
            world.move(claim, ClaimState.ACTIVE)
            assert world.store.changes_since(0, 9) == []
        assert len(world.store.changes_since(0, 9)) == 1


@pytest.mark.postgres
class TestPostgresReferences(TestSqliteReferences):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        del tmp_path
        with postgres() as database:
            yield World(database)
