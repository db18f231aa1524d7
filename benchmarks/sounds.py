"""Sounds made by code, and what happens to sound on its way through the internet; all with PyAV."""

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from placet.demo.voices import VOICES, speak
from trust_kernel.media.refs import SAMPLE_RATE
from watermark.ports.marks import Sound

_TEXT = (
    "The quick brown fox jumps over the lazy dog near the river bank. Nobody may use a face or a voice without asking "
    "first. Consent can be given, limited and taken back at any time, and the record shows it."
)
_PIECE = 4096
_OPUS_RATE = 48_000


def speech(seconds: float = 10.0, voice: str = "ada") -> Sound:
    """A demo voice that speaks, 16 kHz mono."""
    samples = speak(_TEXT, VOICES[voice])[: round(seconds * SAMPLE_RATE)]
    return Sound(samples[None].copy(), SAMPLE_RATE)


def music(seconds: float = 10.0, rate: int = 44_100, seed: int = 3) -> Sound:
    """Plucked chords, a bass and a hat, four beats a second; mono."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    whole = np.zeros(count + rate, np.float64)
    moments = np.arange(round(0.9 * rate)) / rate
    for beat in np.arange(0.0, seconds, 0.25):
        start = round(float(beat) * rate)
        note = np.zeros(len(moments))
        for step in rng.choice([0, 3, 5, 7, 10, 12, 15, 19], 3):
            for partial in range(1, 9):
                wave = np.sin(2 * np.pi * 196 * 2 ** (step / 12) * partial * moments + rng.uniform(0, 6))
                note += 0.08 / partial * wave * np.exp(-moments * (3 + partial))
        bass = 65.4 * 2 ** (rng.choice([0, 5, 7]) / 12)
        note += 0.2 * np.sin(2 * np.pi * bass * moments) * np.exp(-moments * 4)
        note += 0.06 * rng.standard_normal(len(moments)) * np.exp(-moments * 60)
        whole[start : start + len(note)] += note
    whole = whole[:count] / np.abs(whole[:count]).max() * 0.7
    return Sound(whole.astype(np.float32)[None], rate)


def loaded(path: Path) -> Sound:
    """A file's sound as it is."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return Sound(_gathered(container.decode(stream), stream.layout.name, stream.rate), stream.rate)


def saved(path: Path, sound: Sound) -> None:
    """Write a 16-bit WAV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_coded(sound, "pcm_s16le", "wav").getvalue())


def _frame(samples: NDArray[np.float32], rate: int, pts: int = 0) -> av.AudioFrame:
    layout = "mono" if len(samples) == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate, frame.pts = rate, pts
    return frame


def _gathered(frames: Iterator[av.AudioFrame], layout: str, rate: int) -> NDArray[np.float32]:
    resampler = av.AudioResampler("fltp", layout, rate)
    pieces = [piece.to_ndarray() for frame in frames for piece in resampler.resample(frame)]
    pieces += [piece.to_ndarray() for piece in resampler.resample(None)]
    return np.concatenate(pieces, axis=1).astype(np.float32)


def _coded(sound: Sound, codec: str, container: str, kilobits: int | None = None) -> io.BytesIO:
    file = io.BytesIO()
    layout = "mono" if len(sound.samples) == 1 else "stereo"
    rate = _OPUS_RATE if codec == "libopus" else sound.rate
    with av.open(file, "w", format=container) as writer:
        stream = cast("av.AudioStream", writer.add_stream(codec, rate=rate, layout=layout))
        context = stream.codec_context
        if kilobits:
            context.bit_rate = kilobits * 1000
        resampler = av.AudioResampler(context.format, context.layout, rate, context.frame_size or 1024)
        for piece in (*resampler.resample(_frame(sound.samples, sound.rate)), *resampler.resample(None), None):
            writer.mux(stream.encode(piece))
    file.seek(0)
    return file


def coded(sound: Sound, codec: str, container: str, kilobits: int) -> Sound:
    """After an encoder and a decoder."""
    with av.open(_coded(sound, codec, container, kilobits), "r") as reader:
        layout = "mono" if len(sound.samples) == 1 else "stereo"
        return Sound(_gathered(reader.decode(audio=0), layout, sound.rate), sound.rate)


def filtered(sound: Sound, *filters: tuple[str, str]) -> Sound:
    """After a chain of FFmpeg's filters."""
    graph = av.filter.Graph()
    layout = "mono" if len(sound.samples) == 1 else "stereo"
    source = last = graph.add_abuffer(sample_rate=sound.rate, format="fltp", layout=layout)
    for name, arguments in (*filters, ("aformat", f"sample_fmts=fltp:sample_rates={sound.rate}")):
        node = graph.add(name, arguments)
        last.link_to(node)
        last = node
    sink = graph.add("abuffersink")
    last.link_to(sink)
    graph.configure()
    pieces: list[NDArray[np.float32]] = []

    def drain() -> None:
        while True:
            try:
                pieces.append(np.asarray(cast("av.AudioFrame", sink.pull()).to_ndarray(), np.float32))
            except (BlockingIOError, EOFError):
                return

    for start in range(0, sound.samples.shape[1], _PIECE):
        source.push(_frame(sound.samples[:, start : start + _PIECE], sound.rate, start))
        drain()
    source.push(None)
    drain()
    return Sound(np.concatenate(pieces, axis=1), sound.rate)


def at_rate(sound: Sound, rate: int) -> Sound:
    """Resampled."""
    return Sound(soxr.resample(sound.samples.T, sound.rate, rate).T.astype(np.float32).copy(), rate)


def faster(sound: Sound, speed: float) -> Sound:
    """Played faster, and so higher."""
    return Sound(at_rate(sound, round(sound.rate / speed)).samples, sound.rate)


def tempo(sound: Sound, change: float) -> Sound:
    """Played faster, at the same pitch."""
    return filtered(sound, ("atempo", str(change)))


def part(sound: Sound, start: float, end: float) -> Sound:
    """Cut out, in seconds."""
    return Sound(sound.samples[:, round(start * sound.rate) : round(end * sound.rate)].copy(), sound.rate)


def noisy(sound: Sound, snr: float) -> Sound:
    """With white noise, in dB below the sound."""
    noise = np.random.default_rng(0).standard_normal(sound.samples.shape)
    level = np.sqrt(np.square(sound.samples, dtype=np.float64).mean()) * 10 ** (-snr / 20)
    return Sound((sound.samples + noise * level).astype(np.float32), sound.rate)


def platform(sound: Sound) -> Sound:
    """Made as loud as all the others, uploaded as AAC 96k, kept as Opus 48k."""
    louder = filtered(sound, ("loudnorm", "I=-14"))
    return coded(coded(louder, "aac", "adts", 96), "libopus", "ogg", 48)


def _mono(sound: Sound) -> Sound:
    return Sound(sound.samples.mean(axis=0, keepdims=True), sound.rate)


def _sixteen_bits(sound: Sound) -> Sound:
    return Sound(np.round(sound.samples * 32767).astype(np.float32) / np.float32(32767), sound.rate)


Attack = Callable[[Sound], Sound]
ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "none": lambda sound: sound,
        "MP3 64k": lambda sound: coded(sound, "libmp3lame", "mp3", 64),
        "AAC 48k": lambda sound: coded(sound, "aac", "adts", 48),
        "AAC 32k": lambda sound: coded(sound, "aac", "adts", 32),
        "Opus 24k": lambda sound: coded(sound, "libopus", "ogg", 24),
        "noise 20 dB": lambda sound: noisy(sound, 20),
        "noise 10 dB": lambda sound: noisy(sound, 10),
        "8 kHz": lambda sound: at_rate(at_rate(sound, 8000), sound.rate),
        "low-pass 3 kHz": lambda sound: filtered(sound, ("lowpass", "f=3000")),
        "high-pass 500 Hz": lambda sound: filtered(sound, ("highpass", "f=500")),
        "echo": lambda sound: filtered(sound, ("aecho", "0.8:0.8:60|130:0.5|0.3")),
        "compressor": lambda sound: filtered(sound, ("acompressor", "threshold=0.05:ratio=6")),
        "crop to 5 s": lambda sound: part(sound, 2.313, 7.313),
        "crop to 3 s": lambda sound: part(sound, 3.313, 6.313),
        "crop to 5 s, AAC 48k": lambda sound: coded(part(sound, 2.313, 7.313), "aac", "adts", 48),
        "speed 0.90": lambda sound: faster(sound, 0.90),
        "speed 1.03": lambda sound: faster(sound, 1.03),
        "speed 1.10": lambda sound: faster(sound, 1.10),
        "speed 1.05, MP3 64k": lambda sound: coded(faster(sound, 1.05), "libmp3lame", "mp3", 64),
        "tempo 0.90": lambda sound: tempo(sound, 0.90),
        "tempo 1.05": lambda sound: tempo(sound, 1.05),
        "tempo 1.10": lambda sound: tempo(sound, 1.10),
        "tempo 1.25": lambda sound: tempo(sound, 1.25),
        "pitch up 5 %": lambda sound: faster(tempo(sound, 1 / 1.05), 1.05),
        "volume 30 %": lambda sound: Sound(sound.samples * np.float32(0.3), sound.rate),
        "16 bits": _sixteen_bits,
        "mono": _mono,
        "platform": platform,
    }
)
"""What a mark in sound must survive, and some more."""
