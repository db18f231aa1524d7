"""Files as they come from outside: copies of a video, and media that is broken, too large or too long."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image


def reencoded(video: bytes, target: Path) -> Path:
    """Encoded again at CRF 28, as platforms do; the credential is lost on the way."""
    with av.open(io.BytesIO(video), "r") as reader, av.open(str(target), "w") as writer:
        source = reader.streams.video[0]
        stream: Any = writer.add_stream("libx264", rate=source.average_rate or 24, options={"crf": "28"})
        stream.width, stream.height, stream.pix_fmt = source.width, source.height, "yuv420p"
        for frame in reader.decode(source):
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    return target


def stripped(video: bytes, target: Path) -> Path:
    """The same pictures and sound in a new container, without the credential."""
    with av.open(io.BytesIO(video), "r") as reader, av.open(str(target), "w") as writer:
        copies = {stream.index: writer.add_stream_from_template(stream) for stream in reader.streams}
        for packet in reader.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                writer.mux(packet)
    return target


def altered(video: bytes, target: Path) -> Path:
    """A second of its header's clock made shorter, with the credential left on (ISO/IEC 14496-12, 8.4.2)."""
    data = bytearray(video)
    place = data.index(b"mdhd") + 16
    data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") * 5 // 4).to_bytes(4, "big")
    target.write_bytes(data)
    return target


def footage(width: int = 320, height: int = 180, frames: int = 24, rate: int = 24) -> bytes:
    """A video of drifting noise that never passed here."""
    noise = np.random.default_rng(5).integers(0, 255, (height, width + frames, 3), np.uint8)
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as writer:
        stream: Any = writer.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            view = np.ascontiguousarray(noise[:, number : number + width])
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        writer.mux(stream.encode(None))
    return held.getvalue()


def two_hours() -> bytes:
    """7200 seconds in a few kilobytes: a grey frame a minute."""
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as writer:
        stream: Any = writer.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        grey = np.full((64, 64, 3), 128, np.uint8)
        for minute in range(121):
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts = minute * 60
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    return held.getvalue()


def wide_picture(side: int = 10_000) -> bytes:
    """A PNG of a hundred megapixels in a few kilobytes."""
    held = io.BytesIO()
    Image.new("1", (side, side)).save(held, "PNG")
    return held.getvalue()


def bomb(megabytes: int = 400) -> bytes:
    """A PNG of 64 by 64 whose profile unpacks to hundreds of megabytes (the iCCP chunk is read before any pixel)."""
    zeros = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = b"".join(zeros.compress(block) for _ in range(megabytes)) + zeros.flush()
    rows = zlib.compress(b"".join(b"\x00" + bytes(64) for _ in range(64)))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)),
        (b"iCCP", b"p\x00\x00" + packed),
        (b"IDAT", rows),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
