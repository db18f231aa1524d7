"""The spread-spectrum mark behind the `VideoMarker` port."""

from watermark.adapters.spread_spectrum.code import PAYLOAD_BITS
from watermark.adapters.spread_spectrum.detect import SpreadSpectrumDetector
from watermark.adapters.spread_spectrum.embed import TARGET_PSNR_Y, SpreadSpectrumEmbedder
from watermark.adapters.spread_spectrum.keyed import KeyedPatterns
from watermark.adapters.spread_spectrum.patterns import pattern
from watermark.adapters.spread_spectrum.schedule import Schedule
from watermark.domain.marks import MarkKeys, check_payload


class SpreadSpectrumMarker:
    """A `VideoMarker` that survives re-encoding, resizing, cropping, mirroring, slight rotation and perspective.

    Args:
        keys: who does not have them can neither read nor write a mark.
        target_psnr: dB of luma that a mark may cost.
    """

    name = "spread-spectrum"
    payload_bits = PAYLOAD_BITS

    def __init__(self, keys: MarkKeys, target_psnr: float = TARGET_PSNR_Y) -> None:
        self._keyed = tuple(KeyedPatterns(key) for key in keys.all)
        self._target_psnr = target_psnr

    def embedder(self, payload: int, width: int, height: int) -> SpreadSpectrumEmbedder:
        """Start marking one video of `width` × `height` pixels.

        Raises:
            InvalidInput: the payload is not in [0, 2**64).
        """
        check_payload(payload, self.payload_bits)
        current = self._keyed[0]
        return SpreadSpectrumEmbedder(
            lambda number: pattern(current.roles, number, payload),
            Schedule(current.key.secret, payload),
            width,
            height,
            self._target_psnr,
        )

    def detector(self) -> SpreadSpectrumDetector:
        """Start reading one video."""
        return SpreadSpectrumDetector(self._keyed)
