"""A pack that a stranger made is run in a sandboxed child before it is taken in."""

from collections.abc import Callable, Mapping
from pathlib import Path

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.added import Check
from trust_kernel.inference.manifests import PackManifest
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.media.sandbox import ChildLimits, Sandbox

_LIMITS = ChildLimits(wall_seconds=180.0, cpu_seconds=360.0, memory_bytes=16_000_000_000, file_bytes=100_000_000)
"""Address space, not memory: torch maps far more than it touches."""


def check_in_child(
    sandbox: Sandbox, examine: Callable[..., Mapping[str, str]], recipe: Callable[[PackManifest], object]
) -> Check:
    """The check that `AddedPacks` asks for.

    Args:
        sandbox: starts the child.
        examine: runs the pack in a folder and gives what was found; called in the child.
        recipe: reads the manifest; raises InvalidInput for what needs no child to be refused.
    """

    def check(manifest: PackManifest, folder: Path) -> Mapping[str, str]:
        recipe(manifest)
        try:
            reply = sandbox.call(examine, limits=_LIMITS, folder=folder.resolve())
        except InvalidInput as error:
            if not error.code.startswith("media:"):
                raise
            detail = "this model does not run: its file is broken, or it takes too long or too much memory"
            raise InvalidInput(detail, code=ModelReason.PACK_UNRUNNABLE) from error
        return {str(name): str(value) for name, value in reply.items()}

    return check
