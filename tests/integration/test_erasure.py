"""Whoever left is recognised by nobody any more: real networks, a real index, the real command."""

from pathlib import Path

from PIL import Image
from skimage import data

from placet.demo.deployment import shared_model_cache
from placet.wiring import build_house
from placet.wiring.erased import search
from trust_kernel.settings import Settings


def test_the_index_knows_a_probe_until_the_person_leaves(tmp_path: Path) -> None:
    face = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    probe = tmp_path / "probe.png"
    Image.fromarray(face).save(probe)
    house = build_house(Settings(data_dir=tmp_path / "data", model_cache=shared_model_cache()))
    kernel, registry = house.kernel, house.guards.registry
    kernel.database.create_all()
    account = kernel.accounts.register("ada@example.org", "a long password", ("subject",), "Ada")
    ada = registry.register_subject(account.id, "ada_leaver", "Ada L", birth_year=1980)
    house.guards.likeness.enrol(ada.id, [face], [], keep_reference=True)
    try:
        before = search(house, ada.id, (), probe)
        assert (before.recognised, before.key_left, before.clean) == (True, True, False)
        registry.forget(ada.id, actor=account.id)
        after = search(house, ada.id, ("@ada_leaver", "Ada L"), probe)
        assert (after.recognised, after.key_left, after.hits()) == (False, False, [])
        assert after.clean
    finally:
        kernel.sandbox.close()
        kernel.strangers.close()
        kernel.database.dispose()
