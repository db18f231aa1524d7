"""What everything that binds releases to fingerprints and marks must do, on SQLite and PostgreSQL."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from generator_gateway.ports.bindings import Bindings, ByteCodes, Prints
from generator_gateway.service.bindings_iscc import read_code
from generator_gateway.store.bindings import BindingStore
from generator_gateway.tables import CaseRow, ReleaseRow
from tests.factories.databases import postgres, sqlite
from tests.fakes.bindings import FakeRelease, MemoryBindings
from tests.fakes.media import InMemoryBlobs
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BIG = (1 << 62) + 77
CODE = "ISCC:K4AFPTO5TP6JDOMBXVB2Q437A4RJPELOCQE3P5YRIY6LHS6YNJ65SMA"
OTHER_CODE = "ISCC:K4A" + "A" * 52


def pictures(seed: int, count: int = 12) -> tuple[str, ...]:
    """Hashes of frames that are all different."""
    return tuple(hashlib.sha256(f"{seed}/{number}".encode()).hexdigest() for number in range(count))


def sound(seed: int, seconds: float = 10.0) -> tuple[int, ...]:
    """Sub-fingerprints of sound that changes every eighth of a second."""
    words = np.random.default_rng(seed).integers(1, 1 << 32, round(seconds * 7.8125) + 1)
    return tuple(np.repeat(words, 4).tolist())


def blurred(bits: str, flipped: int = 20) -> str:
    """A hash with its first bits turned over, as re-encoding does here and there."""
    return f"{int(bits, 16) ^ (1 << flipped) - 1:064x}"


class World:
    """Releases, and what binds them."""

    bindings: Bindings

    def release(self, case_id: str, number: int, label: str, index: int, status: str = "released") -> None:
        """Put a release on record."""
        raise NotImplementedError

    def remix(self, case_id: str, of: str) -> None:
        """Say of a release that it is a remix of another."""
        raise NotImplementedError

    def blob(self, data: bytes) -> str:
        """Store a manifest."""
        raise NotImplementedError

    def released(self, case_id: str, prints: Prints, *, number: int = 1, status: str = "released") -> None:
        """A release with everything, on its own ledger entry."""
        index = int(hashlib.sha256(case_id.encode()).hexdigest()[:8], 16)
        self.release(case_id, number, f"urn:c2pa:{case_id}", index, status)
        self.bindings.register(case_id, prints, self.blob(case_id.encode()))


class DatabaseWorld(World):
    def __init__(self, database: Database) -> None:
        self.database = database
        self.blobs = InMemoryBlobs()
        self.bindings = BindingStore(database, self.blobs)

    def release(self, case_id: str, number: int, label: str, index: int, status: str = "released") -> None:
        row = ReleaseRow(
            case_id=case_id,
            release_number=number,
            media_digest="0" * 64,
            manifest_label=label,
            fingerprints=[],
            status=status,
            released_at=NOW,
            ledger_index=index,
        )
        with self.database.transaction() as session:
            session.add(row)

    def remix(self, case_id: str, of: str) -> None:
        row = CaseRow(
            id=case_id,
            account_id="acct_a",
            status="completed",
            request={},
            release_number=int(hashlib.sha256(case_id.encode()).hexdigest()[:8], 16),
            remix_of=of,
            created_at=NOW,
        )
        with self.database.transaction() as session:
            session.add(row)

    def blob(self, data: bytes) -> str:
        return self.blobs.put_bytes(data)


class MemoryWorld(World):
    def __init__(self) -> None:
        self.memory = MemoryBindings()
        self.bindings = self.memory

    def release(self, case_id: str, number: int, label: str, index: int, status: str = "released") -> None:
        del index
        self.memory.releases[case_id] = FakeRelease(number, label, status)

    def remix(self, case_id: str, of: str) -> None:
        self.memory.releases[case_id] = replace(self.memory.releases[case_id], remix_of=of)

    def blob(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.memory.manifests[digest] = data
        return digest


class BindingsContract:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        raise NotImplementedError

    def test_a_release_must_be_there_before_it_is_bound(self, world: World) -> None:
        with pytest.raises(NotFound):
            world.bindings.register("video_none", Prints(), "0" * 64)

    def test_a_mark_names_one_release_and_only_that(self, world: World) -> None:
        world.released("video_a", Prints(), number=BIG)
        world.released("video_b", Prints(), number=BIG + 1)
        (match,) = world.bindings.by_mark(BIG)
        assert (match.case_id, match.manifest_label) == ("video_a", "urn:c2pa:video_a")
        assert (match.similarity, match.matched_by) == (100, "mark")
        assert world.bindings.by_mark(BIG + 2) == ()

    def test_a_mark_in_sound_names_every_release_that_shares_its_bits(self, world: World) -> None:
        world.released("video_a", Prints(), number=BIG)
        world.released("video_b", Prints(), number=(1 << 40) + BIG % (1 << 32))
        world.released("video_c", Prints(), number=5)
        found = world.bindings.by_sound_mark(BIG % (1 << 32))
        assert [(match.case_id, match.matched_by) for match in found] == [
            ("video_a", "sound_mark"),
            ("video_b", "sound_mark"),
        ]
        assert world.bindings.by_sound_mark(6) == ()

    def test_a_number_with_the_highest_bit_of_32_is_found(self, world: World) -> None:
        world.released("video_a", Prints(), number=(1 << 32) - 1)
        assert [match.case_id for match in world.bindings.by_sound_mark((1 << 32) - 1)] == ["video_a"]

    def test_a_manifest_comes_back_as_it_was_stored(self, world: World) -> None:
        world.released("video_a", Prints())
        assert world.bindings.manifest("urn:c2pa:video_a") == b"video_a"
        assert world.bindings.manifest("urn:c2pa:video_b") is None

    def test_a_release_bound_without_a_manifest_has_none(self, world: World) -> None:
        world.release("video_a", 3, "urn:c2pa:video_a", 3)
        world.bindings.register("video_a", Prints(), "")
        assert world.bindings.manifest("urn:c2pa:video_a") is None

    def test_pictures_are_found_again_after_re_encoding(self, world: World) -> None:
        world.released("video_a", Prints(pictures=pictures(1)), number=1)
        world.released("video_b", Prints(pictures=pictures(2)), number=2)
        (match,) = world.bindings.nearest(Prints(pictures=tuple(map(blurred, pictures(1)))))
        assert (match.case_id, match.matched_by) == ("video_a", "pictures")
        assert 80 <= match.similarity < 100

    def test_an_excerpt_of_pictures_is_found(self, world: World) -> None:
        world.released("video_a", Prints(pictures=pictures(1)))
        assert [m.case_id for m in world.bindings.nearest(Prints(pictures=pictures(1)[3:6]))] == ["video_a"]

    def test_pictures_that_are_only_half_the_same_are_not_found(self, world: World) -> None:
        world.released("video_a", Prints(pictures=pictures(1)))
        mixed = pictures(1)[:6] + pictures(2)[:6]
        assert world.bindings.nearest(Prints(pictures=mixed)) == ()

    def test_sound_is_found_by_itself(self, world: World) -> None:
        world.released("video_a", Prints(sound=sound(1)), number=1)
        world.released("video_b", Prints(sound=sound(2)), number=2)
        (match,) = world.bindings.nearest(Prints(sound=sound(2)[80:240]))
        assert (match.case_id, match.matched_by, match.similarity) == ("video_b", "sound", 100)

    def test_equal_bytes_are_found_by_their_code(self, world: World) -> None:
        world.released("video_a", Prints(iscc=CODE), number=1)
        world.released("video_b", Prints(iscc=OTHER_CODE), number=2)
        world.released("video_c", Prints(), number=3)
        for found in (world.bindings.nearest(Prints(iscc=CODE)), world.bindings.by_codes(read_code(CODE))):
            (match,) = found
            assert (match.case_id, match.matched_by, match.similarity) == ("video_a", "iscc", 100)
        assert world.bindings.by_codes(ByteCodes(instance=b"\x01" * 16)) == ()

    def test_one_release_that_is_alike_in_several_ways_is_given_once_for_each(self, world: World) -> None:
        both = Prints(pictures=pictures(1), sound=sound(1), iscc=CODE)
        world.released("video_a", both)
        ways = sorted(match.matched_by for match in world.bindings.nearest(both))
        assert ways == ["iscc", "pictures", "sound"]

    def test_no_more_are_given_than_asked_for_and_the_best_come_first(self, world: World) -> None:
        world.released("video_a", Prints(pictures=tuple(map(blurred, pictures(1)))), number=1)
        world.released("video_b", Prints(pictures=pictures(1)), number=2)
        found = world.bindings.nearest(Prints(pictures=pictures(1)))
        assert [match.case_id for match in found] == ["video_b", "video_a"]
        assert world.bindings.nearest(Prints(pictures=pictures(1)), limit=1) == found[:1]

    def test_nothing_is_like_nothing(self, world: World) -> None:
        world.released("video_a", Prints())
        assert world.bindings.nearest(Prints()) == ()
        assert world.bindings.nearest(Prints(pictures=pictures(1), sound=sound(1))) == ()

    def test_a_withdrawn_release_is_still_found(self, world: World) -> None:
        world.released("video_a", Prints(pictures=pictures(1)), number=BIG, status="withdrawn")
        assert world.bindings.by_mark(BIG)
        assert world.bindings.by_sound_mark(BIG % (1 << 32))
        assert world.bindings.nearest(Prints(pictures=pictures(1)))

    def test_the_manifest_of_a_withdrawn_release_is_not_given_because_it_shows_a_picture_of_it(
        self, world: World
    ) -> None:
        world.released("video_a", Prints(), number=BIG, status="withdrawn")
        world.released("video_b", Prints(), number=2)
        assert world.bindings.manifest("urn:c2pa:video_a") is None
        assert world.bindings.manifest("urn:c2pa:video_b")

    @pytest.mark.parametrize(("status", "is_given"), [("released", True), ("withdrawn", False)])
    def test_the_manifest_of_a_remix_is_given_as_long_as_all_that_it_shows_stands(
        self, world: World, status: str, is_given: bool
    ) -> None:
        world.released("video_a", Prints(), number=1, status=status)
        world.released("video_b", Prints(), number=2)
        world.released("video_c", Prints(), number=3)
        world.remix("video_b", "video_a")
        world.remix("video_c", "video_b")
        assert (world.bindings.manifest("urn:c2pa:video_c") is not None) == is_given

    def test_one_release_is_compared_alone(self, world: World) -> None:
        world.released("video_a", Prints(pictures=pictures(1), sound=sound(1)), number=1)
        world.released("video_b", Prints(pictures=pictures(2), sound=sound(2)), number=2)
        mixed = Prints(pictures=pictures(1), sound=sound(2))
        assert [match.matched_by for match in world.bindings.fits("video_a", mixed)] == ["pictures"]
        assert [match.matched_by for match in world.bindings.fits("video_b", mixed)] == ["sound"]
        assert world.bindings.fits("video_c", mixed) == ()

    def test_what_was_released_a_moment_ago_is_found(self, world: World) -> None:
        # Ledger entries commit in order; these two are as `released` counts them, the later one after a search.
        world.release("video_a", 1, "urn:a", 10)
        world.bindings.register("video_a", Prints(pictures=pictures(1)), "")
        assert world.bindings.nearest(Prints(pictures=pictures(2))) == ()
        world.release("video_b", 2, "urn:b", 11)
        world.bindings.register("video_b", Prints(pictures=pictures(2)), "")
        assert [match.case_id for match in world.bindings.nearest(Prints(pictures=pictures(2)))] == ["video_b"]


class TestMemoryBindings(BindingsContract):
    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()


class TestSqliteBindings(BindingsContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with sqlite(tmp_path) as database:
            yield DatabaseWorld(database)

    def test_what_is_not_committed_is_neither_found_nor_passed_over(self, world: World) -> None:
        assert isinstance(world, DatabaseWorld)
        prints = Prints(pictures=pictures(1))
        with contextlib.suppress(ZeroDivisionError), world.database.transaction():
            world.release("video_a", 1, "urn:a", 10)
            world.bindings.register("video_a", prints, "")
            assert world.bindings.nearest(prints) == ()
            _ = 1 / 0
        assert world.bindings.by_mark(1) == ()
        world.release("video_b", 2, "urn:b", 10)
        world.bindings.register("video_b", prints, "")
        assert [match.case_id for match in world.bindings.nearest(prints)] == ["video_b"]

    def test_a_process_that_starts_later_finds_what_was_bound_before(self, world: World) -> None:
        assert isinstance(world, DatabaseWorld)
        for number in range(3):
            world.release(f"video_{number}", number, f"urn:{number}", number)
            world.bindings.register(f"video_{number}", Prints(pictures=pictures(number)), "")
        late = BindingStore(world.database, world.blobs)
        late.warm_up()
        assert [match.case_id for match in late.nearest(Prints(pictures=pictures(2)))] == ["video_2"]


@pytest.mark.postgres
class TestPostgresBindings(TestSqliteBindings):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        del tmp_path
        with postgres() as database:
            yield DatabaseWorld(database)
