"""Packs of looks: taken from the model store, and looked at hard before they are taken in."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from copyright_optout.adapters.null_looks import NullLooks
from copyright_optout.adapters.onnx_looks import KIND, OnnxLooks, looks_recipe
from copyright_optout.ports import LooksEmbedder
from trust_kernel.errors import Broken, InvalidInput, NotPermitted
from trust_kernel.inference.added import AddedPacks, Check
from trust_kernel.inference.graphs import check_graph
from trust_kernel.inference.manifests import read_manifest
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.self_tests import check_in_child
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.sandbox import Sandbox

_SAME = 1e-3
_TOLD_APART = 1e-4


def looks_embedder(packs: AddedPacks, name: str, *, production: bool = False) -> LooksEmbedder:
    """The embedder of a pack that was added; none where `name` is empty.

    Raises:
        NotFound: ``model:pack:unknown``.
        Unavailable: ``model:pack:not_installed``.
        InvalidInput: ``model:pack:wrong_kind``.
        NotPermitted: ``likeness:model:non_commercial``, in production.
        Broken: ``model:pack:changed``.
    """
    if not name:
        return NullLooks()
    pack = packs.get(name)
    if pack.manifest.kind != KIND:
        raise InvalidInput(f"{name} does not tell how things look", code=ModelReason.PACK_WRONG_KIND)
    if production and not pack.usable_commercially:
        raise NotPermitted(
            f"the licence of {name} ({pack.manifest.licence}) excludes commercial use: state the licence that you hold "
            f"with `placet models licence {name} TEXT`, or use another pack",
            code="likeness:model:non_commercial",
        )
    packs.path(name)  # hashed at start, not with the first picture
    return OnnxLooks(pack.manifest, lambda: packs.path(name), SessionFactory())


def looks_self_test(sandbox: Sandbox) -> Check:
    """The check that `AddedPacks` asks for, in a child of `sandbox`; of packs of this kind."""
    return check_in_child(sandbox, examine, looks_recipe)


def examine(folder: str) -> dict[str, str]:
    """Run a pack on made-up pictures; gives what was found. Called in a child.

    Raises:
        InvalidInput: ``model:manifest:malformed``, ``model:graph:...``.
        Broken: ``model:output:shape``, ``model:output:not_finite``, ``model:output:constant``, ``model:output:batch``.
    """
    root = Path(folder)
    manifest = read_manifest(root)
    for file in manifest.files:
        if file.path.endswith(".onnx"):
            check_graph(root / file.path)
    began = time.perf_counter()
    embedder = OnnxLooks(manifest, _same(root), SessionFactory())
    dice = np.random.default_rng(5)
    pictures = [dice.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(40, 0).repeat(40, 1) for _ in range(2)]
    alone = np.concatenate([embedder.embed([picture]) for picture in pictures])
    together = embedder.embed(pictures)
    if np.abs(alone - together).max() > _SAME:
        raise Broken("the model's answer depends on what else is in the batch", code=ModelReason.OUTPUT_BATCH)
    if np.abs(together[0] - together[1]).max() < _TOLD_APART:
        raise Broken("the model says the same of everything", code=ModelReason.OUTPUT_CONSTANT)
    return {"self_test": "passed", "seconds": f"{time.perf_counter() - began:.2f}"}


def _same(folder: Path) -> Callable[[], Path]:
    return lambda: folder
