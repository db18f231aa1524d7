"""The default mark in sound: a keyed pattern of cells of the spectrogram, raised or lowered by up to 3 dB.

``code`` turns a number into protected bits, ``pattern`` turns bits into a keyed pattern, ``cells`` turns sound into
what a detector looks at, ``embed`` writes the pattern, ``search`` finds how it lies now, ``detect`` reads and proves
it, ``stretches`` tells which seconds carry it, and ``marker`` joins them behind the `SoundMarker` port.
"""

from watermark.adapters.sound_mark.marker import KeyedSoundMarker

__all__ = ["KeyedSoundMarker"]
