"""What every model of looks does, and how a pack of one is taken in."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.adapters.looks_packs import examine, looks_embedder, looks_self_test
from copyright_optout.adapters.null_looks import NullLooks
from copyright_optout.adapters.onnx_looks import OnnxLooks, looks_recipe
from copyright_optout.api import Band, ClaimKind, OptOutReason
from copyright_optout.ports import LooksEmbedder
from tests.factories.claims import active
from tests.factories.references import Claimant, picture
from tests.fakes.looks import looks_pack
from tests.fakes.optout import look_at
from trust_kernel.db import Database
from trust_kernel.errors import Broken, InvalidInput, NotPermitted
from trust_kernel.inference.added import AddedPacks
from trust_kernel.inference.manifests import read_manifest
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.sandbox import Sandbox


def embedder_of(pack: Path) -> OnnxLooks:
    return OnnxLooks(read_manifest(pack), lambda: pack, SessionFactory())


class LooksEmbedderContract:
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> LooksEmbedder:
        raise NotImplementedError

    def test_every_picture_gives_one_vector_of_the_said_length(self, embedder: LooksEmbedder) -> None:
        made = embedder.embed([picture(1), picture(2)[:50], picture(3)[:, :50]])
        assert made.shape == (3, embedder.dimensions)
        assert made.dtype == np.float32
        assert embedder.embed([]).shape == (0, embedder.dimensions)

    def test_without_a_model_nothing_says_that_looks_are_searched(self, embedder: LooksEmbedder) -> None:
        assert embedder.is_installed == bool(embedder.version)
        assert 0 < embedder.threshold <= 1


class TestNullLooks(LooksEmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> LooksEmbedder:
        del tmp_path
        return NullLooks()


class RealLooksContract(LooksEmbedderContract):
    def test_vectors_are_units_and_the_same_alone_and_together(self, embedder: LooksEmbedder) -> None:
        pictures = [picture(seed) for seed in range(5)]
        together = embedder.embed(pictures)
        assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
        assert np.allclose(together, np.concatenate([embedder.embed([one]) for one in pictures]), atol=1e-5)

    def test_a_picture_is_most_like_itself_smaller(self, embedder: LooksEmbedder) -> None:
        pictures = [picture(seed) for seed in range(5)]
        cosines = embedder.embed(pictures) @ embedder.embed([one[::2, ::2] for one in pictures]).T
        assert (cosines.argmax(axis=1) == np.arange(5)).all()


class TestOneVectorAPicture(RealLooksContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> LooksEmbedder:
        return embedder_of(looks_pack(tmp_path / "looks"))


class TestClassToken(RealLooksContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> LooksEmbedder:
        return embedder_of(looks_pack(tmp_path / "looks", tokens=True, input={"side": 32, "fit": "pad", "batch": 2}))


class TestMeanOfTokens(RealLooksContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> LooksEmbedder:
        said = {"side": 32, "fit": "crop", "pool": "mean", "channels": "bgr", "mean": [120, 110, 100], "std": 60.0}
        return embedder_of(looks_pack(tmp_path / "looks", tokens=True, input=said))


# --- the pack


@pytest.mark.parametrize(
    "said",
    [
        {"side": 4000},
        {"fit": "melt"},
        {"threshold": 1.0},
        {"mean": [1, 2]},
        {"colour": "rgb"},
    ],
)
def test_a_recipe_that_does_not_hold_is_refused_by_the_field(tmp_path: Path, said: dict[str, object]) -> None:
    pack = looks_pack(tmp_path / "looks", input=said)
    with pytest.raises(InvalidInput) as refused:
        looks_recipe(read_manifest(pack))
    assert refused.value.code == "model:manifest:malformed"
    assert str(refused.value.field).startswith(f"input.{next(iter(said))}")


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("nan", "model:output:not_finite"), ("constant", "model:output:constant"), ("batch", "model:output:batch")],
)
def test_a_model_that_says_nothing_of_use_is_not_taken_in(tmp_path: Path, trouble: str, code: str) -> None:
    with pytest.raises(Broken) as refused:
        examine(str(looks_pack(tmp_path / "looks", trouble=trouble)))
    assert refused.value.code == code


def test_a_model_of_another_length_is_not_taken_in(tmp_path: Path) -> None:
    with pytest.raises(Broken) as refused:
        examine(str(looks_pack(tmp_path / "looks", output={"dimensions": 9})))
    assert refused.value.code == "model:output:shape"


def test_an_added_pack_serves_and_production_asks_for_its_licence(tmp_path: Path) -> None:
    packs = AddedPacks(tmp_path / "added", ())
    with closing(Sandbox(threads=1)) as sandbox:
        packs.add(looks_pack(tmp_path / "looks", commercial=False), looks_self_test(sandbox))
    assert looks_embedder(packs, "looks").is_installed
    assert not looks_embedder(packs, "").is_installed
    with pytest.raises(NotPermitted) as refused:
        looks_embedder(packs, "looks", production=True)
    assert refused.value.code == "likeness:model:non_commercial"


def test_a_pack_of_another_kind_does_not_serve(tmp_path: Path) -> None:
    packs = AddedPacks(tmp_path / "added", ())
    pack = looks_pack(tmp_path / "looks", kind="face-embedder")
    packs.add(pack, lambda _manifest, _folder: {})
    with pytest.raises(InvalidInput) as refused:
        looks_embedder(packs, "looks")
    assert refused.value.code == "model:pack:wrong_kind"


# --- what it is for


@pytest.fixture
def claimant(tmp_path: Path) -> Claimant:
    database = Database(f"sqlite:///{tmp_path}/claims.db")
    database.create_all()
    return Claimant(database, looks=embedder_of(looks_pack(tmp_path / "looks", input={"side": 32, "threshold": 0.97})))


def test_what_looks_like_a_claimed_character_is_for_a_person_never_refused_alone(claimant: Claimant) -> None:
    claim = claimant.claim(ClaimKind.CHARACTER)
    claimant.desk.add_picture(claim.id, picture(1), by="acct_a", staff=True)
    claimant.desk.add_picture(claimant.claim(ClaimKind.CHARACTER).id, picture(2), by="acct_a", staff=True)
    assert claimant.optouts.looks_searched
    again = np.clip(picture(1).astype(int) + np.random.default_rng(1).integers(-9, 9, picture(1).shape), 0, 255)
    (work,) = claimant.optouts.resembled(look_at(picture(9), again.astype(np.uint8), picture(8), seconds=1.0))
    assert (work.claim.id, work.band, work.reason) == (claim.id, Band.UNSURE, OptOutReason.LOOKS_ALIKE)
    assert work.score >= work.score_threshold == 0.97
    assert work.seconds == (1.0, 1.0)
    assert claimant.optouts.made_with["optout:looks"] == work.model


def test_a_picture_that_came_with_the_claim_is_looked_for_as_well(claimant: Claimant) -> None:
    claim = active(claimant.optouts, pictures=[picture(1)])
    (work,) = claimant.optouts.resembled(look_at(picture(1)))
    assert work.claim.id == claim


def test_vectors_of_a_former_model_are_not_compared(claimant: Claimant, tmp_path: Path) -> None:
    claim = claimant.claim(ClaimKind.CHARACTER)
    claimant.desk.add_picture(claim.id, picture(1), by="acct_a", staff=True)
    pack = looks_pack(tmp_path / "newer", seed=2, input={"side": 32, "threshold": 0.97})
    newer = replace(claimant.desk._parts, looks=embedder_of(pack))
    assert newer.looks.version != claimant.looks.version
    claimant.looks = newer.looks
    assert claimant.process().resembled(look_at(picture(1))) == ()
