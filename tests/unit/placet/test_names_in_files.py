"""The house keeps its names where the operator said."""

from pathlib import Path

from placet.wiring import House, build_house
from trust_kernel.names.kept import ShelfFolder
from trust_kernel.names.shelves import Keeper
from trust_kernel.settings import Settings


def _keepers(house: House) -> list[Keeper | None]:
    return [
        house.guards.optouts._recognition._names._keeper,
        house.guards.likeness.blocklist._names._book._keeper,
    ]


def test_names_of_claims_and_of_people_are_kept_apart_in_the_index_folder(tmp_path: Path) -> None:
    house = build_house(Settings(data_dir=tmp_path / "data", index_folder=tmp_path / "index"))
    works, people = _keepers(house)
    house.kernel.database.dispose()
    assert isinstance(works, ShelfFolder)
    assert isinstance(people, ShelfFolder)
    assert [(keeper._folder, keeper._book) for keeper in (works, people)] == [
        (tmp_path / "index", "claims"),
        (tmp_path / "index", "blocklist"),
    ]
