"""PDQ bit for bit: expectations were made with Facebook's own implementation (pdqhash 0.2.8)."""

import numpy as np
import pytest
from numpy.typing import NDArray

from copyright_optout.adapters.pdq_hash import pdq, pdq_dihedral

REFERENCE = {
    0: "05ef001a1f6f001a57ef001a7fef001affefaa9aaae0554bffe0554b001eaab5",
    1: "aacfaaa5a2cfaaa5a2cfaaa500cfaaa5004f555aaad155faaad5ff905522541a",
    2: "02ff00212aff2029ebff0029afff0029bfff00a9fffffffe5554aaa900010003",
    3: "115b354a955b094a555b5d4a555b014a555b954a555b554a555bffda5558aab5",
}
TURNED = {
    0: "006b00e5016f06e5 00bc04c900bc01c9 00e9056302e90563 00e90a9c02e92a9c "
    "05ef001a1f6f001a 08ba054f0a3a044f 88ba12b0aabaaab0 bbbc00363fbc4036",
    3: "115b354a955b094a 115bca35955bf6b5 20450ebe4005eefe 75105beb1540baab "
    "cc0effdff40eff9f cf0efff0f40ebff0 f455ffe175157d41 f750eff47d507f54",
}


def _drawn(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:64, 0:64]
    waves = [
        127 + 100 * np.sin((x * rng.uniform(0.02, 0.4) + y * rng.uniform(0.02, 0.4)) + rng.uniform(0, 6))
        for _ in range(3)
    ]
    return np.stack(waves, -1).astype(np.uint8)


def _hex(bits: NDArray[np.bool_]) -> str:
    return np.packbits(bits).tobytes().hex()


@pytest.mark.parametrize(("seed", "expected"), REFERENCE.items())
def test_a_hash_is_that_of_the_reference_implementation(seed: int, expected: str) -> None:
    bits, quality = pdq(_drawn(seed))
    assert (_hex(bits), quality) == (expected, 100)


@pytest.mark.parametrize(("seed", "expected"), TURNED.items())
def test_all_eight_ways_to_turn_a_picture_are_those_of_the_reference(seed: int, expected: str) -> None:
    orientations, _ = pdq_dihedral(_drawn(seed))
    assert sorted(_hex(bits)[:16] for bits in orientations) == expected.split()


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud, np.rot90, lambda picture: np.rot90(picture, 2)])
def test_a_turned_picture_has_one_of_the_eight_hashes(turn: object) -> None:
    picture = _drawn(1)
    turned, _ = pdq(np.ascontiguousarray(turn(picture)))  # type: ignore[operator]
    orientations, _ = pdq_dihedral(picture)
    assert min(int((bits != turned).sum()) for bits in orientations) <= 2


def test_a_plain_picture_has_no_quality() -> None:
    assert pdq(np.full((64, 64, 3), 120, np.uint8))[1] == 0


def test_only_sixty_four_points_a_side_are_hashed() -> None:
    with pytest.raises(ValueError, match="64 by 64"):
        pdq(np.zeros((32, 64, 3), np.uint8))
