"""Windows round spots: they go with the picture, and how many of them make a match."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from copyright_optout.adapters.pdq import REFERENCE_SPOTS, TURNED_SPOTS, TURNS, PdqHasher
from copyright_optout.adapters.pdq_hash import pdq, pdq_mirrored
from copyright_optout.adapters.spots import windows
from copyright_optout.api import Band, OptOutIndex
from copyright_optout.domain import Fingerprint, Thresholds
from tests.factories.claims import active, terms
from tests.factories.references import Picture, picture
from tests.fakes.optout import MemoryClaims, look_at, optout_parts


def hashed(shown: Picture, most: int = 24) -> NDArray[np.bool_]:
    return pdq_mirrored(windows(shown, most))[0]


def shared(one: Picture, other: Picture) -> int:
    """Windows of the one that are near a window of the other, however mirrored."""
    apart = (hashed(one)[:, :, None] != hashed(other, 48)[None, None, :, 0]).sum(axis=3)
    return int((apart.min(axis=(1, 2)) <= 31).sum())


@pytest.mark.parametrize(
    "edit",
    [
        lambda shown: shown[20:, 30:],
        lambda shown: np.ascontiguousarray(shown[:, ::-1]),
        lambda shown: cv2.resize(shown, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA),
        lambda shown: np.pad(shown, ((40, 10), (70, 5), (0, 0))),
    ],
    ids=["cut", "mirrored", "smaller", "in a frame"],
)
def test_windows_go_with_what_is_shown(edit: Callable[[Picture], Picture]) -> None:
    for seed in (3, 4, 5):
        assert shared(edit(picture(seed)), picture(seed)) >= 2
        assert shared(edit(picture(seed)), picture(seed + 10)) == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 1), (17, 23)])
def test_small_and_plain_pictures_have_no_windows(size: tuple[int, int]) -> None:
    assert windows(np.full((*size, 3), 90, np.uint8), 24).shape == (0, 64, 64)


def test_many_pictures_are_hashed_as_one_is() -> None:
    points = windows(picture(1), 12)
    bits, qualities = pdq_mirrored(points)
    assert len(points) > 3
    for number, each in enumerate(points):
        grey = np.repeat(each.astype(np.uint8)[..., None], 3, axis=2)
        for mirrored, shown in enumerate((grey, grey[:, ::-1])):
            alone, quality = pdq(np.ascontiguousarray(shown))
            assert int((alone != bits[number, mirrored]).sum()) <= 2
            assert abs(quality - int(qualities[number])) <= 1


def test_a_reference_keeps_so_many_windows_at_most_and_marks_them() -> None:
    made = PdqHasher().references(picture(1))
    spots = [one for one in made if one.spot]
    assert not made[0].spot
    assert 0 < len(spots) <= REFERENCE_SPOTS + TURNED_SPOTS * len(TURNS)
    assert len({one.bits for one in spots}) == len(spots)


def claimed(spots: int, limits: Thresholds) -> tuple[OptOutIndex, str]:
    """A claim of which so many windows of `picture(1)` are known, and nothing else."""
    known = [view for view in PdqHasher().views(picture(1)) if view.spot][:spots]
    store = MemoryClaims()
    optouts = OptOutIndex(replace(optout_parts(store), thresholds=limits))
    bits = [bytes(view.turned[:1].astype(">u8").view(np.uint8)).hex() for view in known]
    claim = active(optouts, terms("Fennimore"))
    store.add_prints(claim, [Fingerprint(each, 100, spot=True) for each in bits])
    store.replace(store.many([claim])[claim])
    return optouts, claim


def test_one_shared_window_is_for_a_person_and_two_are_a_match() -> None:
    for spots, band in ((1, Band.UNSURE), (2, Band.MATCH)):
        optouts, claim = claimed(spots, Thresholds())
        (work,) = optouts.pictured(look_at(picture(1)))
        assert (work.claim.id, work.band, work.distance) == (claim, band, 0)
        assert work.quality >= 50


def test_an_operator_says_how_many_windows_make_a_match() -> None:
    optouts, _ = claimed(3, Thresholds(least_spots=4))
    (work,) = optouts.pictured(look_at(picture(1)))
    assert work.band is Band.UNSURE
    assert optouts.made_with["optout:least_spots"] == "4"


def test_windows_are_no_hashes_of_pictures() -> None:
    """What is given to others, and held against released frames, is whole pictures and crops."""
    store = MemoryClaims()
    optouts = OptOutIndex(optout_parts(store))
    claim = active(optouts, terms("Fennimore"), pictures=[picture(1)])
    made = PdqHasher().references(picture(1))
    assert list(store.prints(claim)) == [one.bits for one in made if not one.spot]
    (change,) = store.changes_since(0, 10)
    assert change.spots == tuple(one.bits for one in made if one.spot)
