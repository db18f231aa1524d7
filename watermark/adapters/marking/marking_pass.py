"""One run from a source to a marked file: decode once, mark, encode once."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from watermark.adapters.marking.ahead import Ahead
from watermark.adapters.marking.decoding import Colours, Darkroom, Picture
from watermark.adapters.marking.encoding import PictureWriter
from watermark.adapters.marking.markers import Marks
from watermark.adapters.marking.opening import origin_of, pictures_of, sound_of, unusable
from watermark.adapters.marking.quality import psnr, squared_error
from watermark.adapters.marking.sound_track import SoundTrack
from watermark.adapters.visible import VisibleMark
from watermark.domain.marks import Visibility
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import FrameEmbedder

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

_MEASURE_EVERY = 4
_PICTURES_AHEAD = 4
_PACKETS_AHEAD = 256


class MarkingPass:
    """Marks one video.

    Args:
        source: its path, for the sound, which is read on its own.
        reader: the same, open.
        writer: the target.
        marks: who marks.
        payload: what the marks say.
        look: the visible marks.
        visibility: how plainly they show.

    Raises:
        InvalidInput: the file holds no pictures.
    """

    def __init__(
        self,
        source: str,
        reader: "InputContainer",
        writer: "OutputContainer",
        marks: Marks,
        payload: int,
        look: VisibleLook,
        visibility: Visibility,
    ) -> None:
        self._reader, self._writer, self._marks = reader, writer, marks
        self._payload, self._look, self._visibility = payload, look, visibility
        stream = pictures_of(reader)
        if stream is None:
            raise unusable("The file holds no pictures.")
        self._stream = stream
        origin = origin_of(reader)
        self._darkroom = Darkroom(stream, origin, for_marking=True)
        self._writer_of_pictures: PictureWriter | None = None
        self._embedder: FrameEmbedder
        self._visible: VisibleMark
        heard = sound_of(reader)
        self._sound_source = (source, heard, origin) if heard is not None else None
        self.sound: SoundTrack | None = None
        self.size = (0, 0)
        self.frames = 0
        self._squared_error = 0.0
        self._measured = 0
        self._first = self._last = self._final_gap = Fraction(0)

    def run(self) -> None:
        """Do it.

        Raises:
            InvalidInput: it cannot be decoded to its end, or holds no picture that can be marked.
        """
        with Ahead(self._pictures, _PICTURES_AHEAD) as pictures:
            waiting = iter(pictures)
            first = next(waiting, None)
            if first is None:
                raise unusable("The file holds no picture that can be decoded.")
            picture, colours = first
            writer = self._started(picture, colours)
            with Ahead(self._packets, _PACKETS_AHEAD) as packets:
                sound = _Interleaved(iter(packets), self._writer)
                while True:
                    sound.write_until(picture.time)
                    writer.write(self._marked(picture))
                    following = next(waiting, None)
                    if following is None:
                        break
                    picture = following[0]
                writer.finish()
                sound.write_until(None)

    @property
    def fps(self) -> float:
        """Average frames a second, as written; of a single frame, as the source says.

        The last frame counts as long as the one before it.
        """
        shown = self._last - self._first + self._final_gap
        return float(self.frames / shown) if shown else float(self._darkroom.rate)

    @property
    def psnr_y(self) -> float:
        """PSNR in dB of the marked luma against the same luma without the invisible mark."""
        return psnr(self._squared_error / max(self._measured, 1))

    def _pictures(self) -> Iterator[tuple[Picture, Colours]]:
        """In the decoding thread."""
        self._stream.thread_type = "AUTO"
        for frame in self._reader.decode(self._stream):
            if frame.is_corrupt:
                raise unusable("The video is damaged.")
            colours = self._darkroom.colours(frame)
            for picture in self._darkroom.develop(frame):
                yield picture, colours
        for picture in self._darkroom.finish():
            yield picture, colours

    def _packets(self) -> "Iterator[Packet[Any]]":
        """In the sound's thread."""
        if self.sound is not None:
            yield from self.sound.packets(self._payload)

    def _started(self, first: Picture, colours: Colours) -> PictureWriter:
        high, wide = first.planes.y.shape
        self.size = (wide, high)
        writer = PictureWriter(self._writer, self.size, self._darkroom.rate, self._darkroom.time_base, colours)
        self._embedder = self._marks.pictures.embedder(self._payload, wide, high)
        self._visible = VisibleMark(self._look, self._marks.visible_key, self._payload, wide, high, self._visibility)
        if self._sound_source is not None:
            source, like, origin = self._sound_source
            self.sound = SoundTrack(source, self._writer, like, origin, self._marks.sound)
        # Opens the encoders: two threads are about to use them.
        self._writer.start_encoding()
        return writer

    def _marked(self, picture: Picture) -> Picture:
        if picture.planes.y.shape != self.size[::-1]:
            raise unusable("The pictures turn on the way.")
        drawn = self._visible.draw(picture.planes)
        marked = self._embedder.mark(drawn)
        if self.frames % _MEASURE_EVERY == 0:
            self._squared_error += squared_error(drawn.y, marked.y)
            self._measured += 1
        self._first = self._first if self.frames else picture.time
        self._final_gap = picture.time - self._last if self.frames else Fraction(0)
        self._last = picture.time
        self.frames += 1
        return Picture(marked, picture.time)


class _Interleaved:
    """Sound packets, written when their time has come."""

    def __init__(self, packets: "Iterator[Packet[Any]]", writer: "OutputContainer") -> None:
        self._packets = packets
        self._writer = writer
        self._waiting = next(packets, None)

    def write_until(self, moment: Fraction | None) -> None:
        """Write what comes before a moment in seconds; everything where that is None."""
        while self._waiting is not None and (moment is None or _time_of(self._waiting) <= moment):
            self._writer.mux(self._waiting)
            self._waiting = next(self._packets, None)


def _time_of(packet: "Packet[Any]") -> Fraction:
    return Fraction(packet.pts or 0) * (packet.time_base or Fraction(0))
