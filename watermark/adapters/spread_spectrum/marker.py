"""The spread-spectrum mark behind the `VideoMarker` port."""

from trust_kernel.errors import InvalidInput
from watermark.adapters.spread_spectrum.code import PAYLOAD_BITS
from watermark.adapters.spread_spectrum.detect import SpreadSpectrumDetector
from watermark.adapters.spread_spectrum.embed import TARGET_PSNR_Y, OnePattern, SpreadSpectrumEmbedder
from watermark.adapters.spread_spectrum.search import PatternSearch
from watermark.adapters.spread_spectrum.tile import carriers, tile
from watermark.domain.marks import WatermarkReason


class SpreadSpectrumMarker:
    """A `VideoMarker` that survives re-encoding, resizing, cropping, mirroring and slight rotation.

    Args:
        key: secret bytes; who does not have them can neither read nor write a mark.
        target_psnr: dB of luma that a mark may cost.
    """

    name = "spread-spectrum"
    payload_bits = PAYLOAD_BITS

    def __init__(self, key: bytes, target_psnr: float = TARGET_PSNR_Y) -> None:
        self._roles = carriers(key)
        self._search = PatternSearch(self._roles)
        self._target_psnr = target_psnr

    def embedder(self, payload: int, width: int, height: int) -> SpreadSpectrumEmbedder:
        """Start marking one video of `width` × `height` pixels.

        Raises:
            InvalidInput: the payload is not in [0, 2**64).
        """
        if not 0 <= payload < 1 << self.payload_bits:
            raise InvalidInput(
                "The number does not fit into a mark.",
                code=WatermarkReason.PAYLOAD,
                field="payload",
                limit=f"{self.payload_bits} bits",
            )
        pattern = tile(self._roles, payload)
        return SpreadSpectrumEmbedder(lambda _: pattern, OnePattern(), width, height, self._target_psnr)

    def detector(self) -> SpreadSpectrumDetector:
        """Start reading one video."""
        return SpreadSpectrumDetector(self._roles, self._search)
