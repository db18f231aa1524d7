"""Model packs for the command line: the self-test, the fetcher, and what calibrations say."""

from collections.abc import Mapping
from pathlib import Path

from trust_kernel.inference.added import AddedPack, Check, Fetch
from trust_kernel.inference.manifests import PackManifest
from trust_kernel.settings import Settings

_LARGEST_FILE = 2_000_000_000
_FETCH_SECONDS = 3600.0


def build_pack_check() -> Check:
    """The self-test that every pack must pass, in a sandbox."""
    from copyright_optout.adapters.looks_packs import looks_self_test
    from copyright_optout.adapters.onnx_looks import KIND
    from likeness_guard.adapters.self_test import self_test
    from trust_kernel.media.sandbox import Sandbox

    sandbox = Sandbox(threads=1)
    people, looks = self_test(sandbox), looks_self_test(sandbox)

    def check(manifest: PackManifest, folder: Path) -> Mapping[str, str]:
        return looks(manifest, folder) if manifest.kind == KIND else people(manifest, folder)

    return check


def build_pack_fetch(settings: Settings) -> Fetch:
    """Fetches a pack's files: https, size-limited, and from public addresses unless the operator's settings say so."""
    from trust_kernel.media.fetch import SafeFetcher

    fetcher = SafeFetcher(
        max_bytes=_LARGEST_FILE, timeout_seconds=_FETCH_SECONDS, allow_hosts=frozenset(settings.fetch_hosts)
    )
    return fetcher.fetch


def packs_in_use(settings: Settings) -> dict[str, str]:
    """Names of the packs that the settings choose, by role; empty names are left out."""
    chosen = {
        "face": settings.face_pack,
        "voice": settings.voice_pack,
        "detector": settings.detector_pack,
        "liveness": settings.liveness_pack,
        "looks": settings.looks_pack,
    }
    return {role: name for role, name in chosen.items() if name}


def recipe_lines(pack: AddedPack) -> tuple[str, ...]:
    """How a pack is fed, defaults included."""
    from copyright_optout.adapters.onnx_looks import KIND, looks_recipe
    from likeness_guard.adapters.recipes import recipe_of

    recipe = looks_recipe if pack.manifest.kind == KIND else recipe_of
    return tuple(f"{name} = {value}" for name, value in recipe(pack.manifest).model_dump().items())


def error_rates(pack: AddedPack, calibration: bytes) -> tuple[str, ...]:
    """What a pack's calibration says of its errors; checks that it is the pack's own.

    Raises:
        Broken: ``likeness:calibration:malformed``.
        InvalidInput: ``model:calibration:foreign``.
    """
    from likeness_guard.adapters.self_test import check_calibration

    return check_calibration(pack.manifest, calibration).summary()


def shipped_error_rates(version: str) -> tuple[str, ...]:
    """What the calibration that ships for a model version says of its errors; nothing where none ships."""
    from likeness_guard.adapters.calibrations import read_calibration, shipped_calibrations

    found = (read_calibration(data) for data in shipped_calibrations().values())
    return next((calibration.summary() for calibration in found if calibration.pack == version), ())
