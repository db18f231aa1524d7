"""The embedded backend: a previsualisation, drawn on the CPU. Nothing to download, nothing to configure.

It reads a scene out of the prompt's words and draws it in layers under a moving camera, shows granted likenesses as
portraits and input references as pictures, and puts granted voices on the sound track. Equal orders give equal bytes on
one machine with one set of library versions.
"""

from pathlib import Path

from generator_gateway.backends.orders import Looker, check, whole_or_nothing
from generator_gateway.ports import Progress, RenderOrder
from trust_kernel.media.refs import MediaLimits

_INPUT_FPS = 10.0
_INPUT_LONGEST = 1280


class AnimaticBackend:
    """Draws MP4 files: H.264 at 24 frames a second with BT.709 colours, AAC at 48 kHz.

    Args:
        decoder: reads input references.
        limits: what an input reference may be.
    """

    name = "animatic"

    def __init__(self, decoder: Looker, limits: MediaLimits | None = None) -> None:
        self._decoder = decoder
        self._limits = limits or MediaLimits()

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        """Draw the film into `target`, which appears whole or not at all.

        Args:
            order: any prompt; sides even, 64 to 4096 and at most 3.7 megapixels; 1 to 120 seconds.
            target: file to write; its folder exists.
            progress: called four times per second of film.

        Raises:
            InvalidInput: size or length out of range, or an input reference that cannot be decoded.
        """
        check(order)
        # numpy, OpenCV, PyAV and Pillow load with the first film, not with the application.
        from generator_gateway.backends.drawing.film import shoot

        looks = [
            self._decoder.look(item.path, self._limits, fps=_INPUT_FPS, longest=_INPUT_LONGEST) for item in order.inputs
        ]
        with whole_or_nothing(target) as partial:
            shoot(order, looks, partial, progress)
