"""The default invisible mark: a keyed spread-spectrum pattern in the luma.

``code`` turns a number into protected bits, ``patterns`` turns bits into keyed patterns, ``schedule`` says which of
them a moment bears, ``mask`` how much of it each place bears, and ``embed`` adds it. ``windows`` and ``spectrum``
gather what is left of it, ``search`` finds how it lies now (with ``pose``, ``screen`` and ``settle``), ``demodulate``
reads it, ``chance`` says from when it is believed, ``detect`` goes through all that, and ``marker`` joins it all behind
the `VideoMarker` port.
"""

from watermark.adapters.spread_spectrum.marker import SpreadSpectrumMarker

__all__ = ["SpreadSpectrumMarker"]
