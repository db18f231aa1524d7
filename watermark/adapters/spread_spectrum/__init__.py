"""The default invisible mark: a keyed spread-spectrum pattern in the luma.

``code`` turns a number into protected bits, ``tile`` turns bits into a keyed pattern, ``mask`` says how much of it each
place bears, ``embed`` adds it, ``detect`` gathers what is left of it, ``search`` finds how it lies now, and ``marker``
joins them behind the `VideoMarker` port.
"""

from watermark.adapters.spread_spectrum.marker import SpreadSpectrumMarker

__all__ = ["SpreadSpectrumMarker"]
