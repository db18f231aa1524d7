"""Which backend makes the videos."""

from generator_gateway.backends.animatic import AnimaticBackend
from generator_gateway.ports import VideoBackend
from placet.wiring.kernel import Kernel
from trust_kernel.errors import InvalidInput


def build_backend(kernel: Kernel) -> VideoBackend:
    """The configured backend; nothing heavy loads before the first video."""
    settings = kernel.settings
    if settings.backend == "animatic":
        return AnimaticBackend(kernel.decoder, kernel.output_limits)
    if settings.backend_pipeline is None:
        raise InvalidInput("PLACET_BACKEND_PIPELINE names no directory", field="backend_pipeline")
    from generator_gateway.backends.diffusers import DiffusersBackend

    return DiffusersBackend(settings.backend_pipeline, kernel.decoder, limits=kernel.output_limits)
