"""What happens to videos on the internet: re-encoded, stripped, edited. And a video that never passed here."""

from pathlib import Path
from typing import Any

import numpy as np

from placet.demo.characters import scenery

SMALL_HEIGHT = 480


def reencoded(source: Path, target: Path) -> Path:
    """Scaled to 480 lines and encoded again at CRF 30, as platforms do; the credential is lost on the way."""
    import av

    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        video = reader.streams.video[0]
        width = video.width * SMALL_HEIGHT // video.height // 2 * 2
        stream: Any = writer.add_stream("libx264", rate=video.average_rate or 24, options={"crf": "30"})
        stream.width, stream.height, stream.pix_fmt = width, SMALL_HEIGHT, "yuv420p"
        for frame in reader.decode(video):
            small = frame.reformat(width=width, height=SMALL_HEIGHT)
            small.pts, small.time_base = frame.pts, frame.time_base
            writer.mux(stream.encode(small))
        writer.mux(stream.encode(None))
    return target


def stripped(source: Path, target: Path) -> Path:
    """The same pictures and sound in a new container, without the credential."""
    import av

    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        copies = {stream.index: writer.add_stream_from_template(stream) for stream in reader.streams}
        for packet in reader.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                writer.mux(packet)
    return target


def edited(source: Path, target: Path) -> Path:
    """The same file made to play a quarter faster, by one number in its header, with its credential left on."""
    data = bytearray(source.read_bytes())
    # ISO/IEC 14496-12, 8.4.2: "mdhd", version and flags, two times, then the ticks a second of the first track.
    place = data.index(b"mdhd") + 16
    ticks = int.from_bytes(data[place : place + 4], "big")
    data[place : place + 4] = (ticks * 5 // 4).to_bytes(4, "big")
    target.write_bytes(data)
    return target


def unrelated(target: Path) -> Path:
    """A video of drawn scenery that never passed here."""
    import av

    picture = scenery(77, 1280, 720)
    with av.open(str(target), "w") as writer:
        stream: Any = writer.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for number in range(72):
            view = np.ascontiguousarray(picture[90 : 90 + 540, number * 4 : number * 4 + 960])
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        writer.mux(stream.encode(None))
    return target


def copied_picture(source: Path, target: Path) -> Path:
    """A picture as copies of it go: smaller, trimmed by three per cent, saved as JPEG."""
    from PIL import Image

    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    trim_x, trim_y = round(picture.width * 0.015), round(picture.height * 0.015)
    picture = picture.crop((trim_x, trim_y, picture.width - trim_x, picture.height - trim_y))
    picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(target, "JPEG", quality=70)
    return target
