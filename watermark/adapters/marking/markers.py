"""The markers of a file, built inside the child from what its caller sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trust_kernel.errors import InvalidInput, Unavailable
from watermark.adapters.imwatermark import RivaGanMarker
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.domain.marks import MarkKeys, WatermarkReason
from watermark.ports.marks import SoundMarker, SoundPresence, VideoMarker

MARKERS: Mapping[str, Callable[[MarkKeys], VideoMarker]] = {
    SpreadSpectrumMarker.name: SpreadSpectrumMarker,
    RivaGanMarker.name: RivaGanMarker,
}
"""Markers of pictures by the name that settings use."""
DEFAULT_MARKER = SpreadSpectrumMarker.name


@dataclass(frozen=True, slots=True)
class Marks:
    """Who marks a file, and who reads it.

    Attributes:
        pictures: the invisible mark of pictures.
        sound: the mark of sound.
        visible_key: secret bytes that the visible mark's path is drawn from.
        presence: gives a second look at sound, which only says that somebody's mark is there; None where that is not
            installed. Asked only where there is sound to be read: loading it takes half a second.
    """

    pictures: VideoMarker
    sound: SoundMarker
    visible_key: bytes
    presence: Callable[[], SoundPresence | None] = lambda: None


def build_marks(name: str, picture_keys: MarkKeys, sound_keys: MarkKeys) -> Marks:
    """The markers under their keys.

    Raises:
        InvalidInput: no such marker of pictures.
        Unavailable: its package is missing.
    """
    from watermark.adapters.sound_mark import KeyedSoundMarker

    pictures, sound = build_marker(name, picture_keys), KeyedSoundMarker(sound_keys)
    return Marks(pictures, sound, picture_keys.current.secret, _presence)


def _presence() -> SoundPresence | None:
    from watermark.adapters.perth import PerthPresence

    try:
        return PerthPresence()
    except Unavailable:
        return None


def build_marker(name: str, keys: MarkKeys) -> VideoMarker:
    """The marker of pictures that settings name.

    Raises:
        InvalidInput: no such marker.
        Unavailable: its package is missing.
    """
    if name not in MARKERS:
        raise InvalidInput(
            f"There is no marker '{name}'; there are {', '.join(MARKERS)}.", code=WatermarkReason.MARKER, field="marker"
        )
    return MARKERS[name](keys)
