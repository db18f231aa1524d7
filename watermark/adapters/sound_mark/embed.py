"""Raising and lowering cells, as much as the sound around them hides."""

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.sound_mark.cells import FRAME, HOP, LOW, RATE, boxed, resampled
from watermark.adapters.sound_mark.pattern import BINS, PERIOD
from watermark.ports.marks import Sound

TARGET_SNR = 25.5
"""dB of the sound over what the mark adds."""
SHORTEST = 1.0
"""Seconds; shorter sound is passed unmarked."""
_BAND, _AROUND = 13, 3
"""Frequencies (200 Hz: about a critical band below 1 kHz) and frames over which loudness is taken."""
_COMPRESSION = 0.6
"""What may be added grows with this power of the band's: quiet moments may bear a larger share than loud ones."""
_MOST_OF_BAND = 0.06
"""Power that may be added, as a share of the band's: 12 dB below it, where noise hides noise easily."""
_MOST_CHANGE = 10 ** (3.0 / 20) - 1
"""Most that one cell is changed: 3 dB."""
_ONSET = 4.0
"""Power of a band over that in the frame before from which sound sets in. What is added lasts as long as the frame, and
must not be heard before what hides it: little is hidden beforehand, and much afterwards."""
_TONE, _TONE_CHANGE = 3.0, 0.05
"""A cell with so many times the power of its band on average is a tone, which hides less: it is changed by 0.4 dB."""
_QUIET = 1e-3
"""Bands below this share of the mean power do not say how loud the sound is."""
_SILENT_RUN = 32
"""Samples of zero in a row that are silence."""
_BATCH = 1024
_FITTING_FRAMES, _FITTING_RUN = 1500, 100
_FITTING_STEPS = 14
_MOST_RAISE = 1.06
"""Factor by which what is added is raised at most to reach the target."""
_KEPT = 0.46
"""Share of the power given to cells that is left when overlapping frames are added; measured, 0.44 to 0.47."""

Plane = NDArray[np.float32]
_WINDOW = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME).astype(np.float32)


def marked(sound: Sound, tile: Plane, target_snr: float = TARGET_SNR) -> Sound:
    """A marked copy.

    Args:
        sound: any rate, any channels; shorter than a second or silent, it comes back as it is.
        tile: the pattern, +1 and -1, shape (256, 320).
        target_snr: dB, at least.
    """
    if sound.seconds < SHORTEST or not sound.samples.any():
        return sound
    samples = resampled(sound.samples, sound.rate, RATE)
    padded = np.pad(samples, ((0, 0), (HOP, FRAME + HOP)))
    energy = float(np.square(samples, dtype=np.float64).sum())
    share = _fitted_share(padded, target_snr, energy)
    added = _added(padded, tile, share)[:, HOP : HOP + samples.shape[1]]
    # The fit is an estimate; the target is a promise, and what it leaves is used.
    allowed = energy * 10 ** (-target_snr / 10) / (float(np.square(added, dtype=np.float64).sum()) + 1e-20)
    back = resampled(added * np.float32(min(_MOST_RAISE, allowed**0.5)), RATE, sound.rate)
    whole = np.zeros_like(sound.samples)
    length = min(back.shape[1], whole.shape[1])
    whole[:, :length] = back[:, :length]
    whole[_silent(sound.samples)] = 0
    # The mark gives way where it would go beyond full scale.
    most = np.maximum(np.abs(sound.samples), np.float32(1))
    return Sound(np.clip(sound.samples + whole, -most, most), sound.rate)


def _silent(samples: Plane) -> NDArray[np.bool_]:
    """Where samples are within a run of zeros; a single zero is just a wave that crosses it."""
    zeros = samples == 0
    runs = zeros.copy()
    for shift in range(1, _SILENT_RUN):
        runs[:, shift:] &= zeros[:, :-shift]
    whole: NDArray[np.bool_] = runs.copy()
    for shift in range(1, _SILENT_RUN):
        whole[:, :-shift] |= runs[:, shift:]
    return whole


def _frames(padded: Plane, start: int, stop: int) -> NDArray[np.complex64]:
    """Spectra of frames start to stop, shape (channels, frames, 513)."""
    views = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=1)[:, ::HOP][:, start:stop]
    return np.fft.rfft(views * _WINDOW, axis=2).astype(np.complex64)


def _bands(power: Plane) -> Plane:
    """Power that hides what is added to a cell: that of the band around it, less where it has just set in."""
    bands = boxed(power, 1, _BAND)[:, LOW : LOW + BINS]
    around = boxed(bands, _AROUND, 1)
    # Halfway, in dB, between what the frame itself and what the one before would hide.
    around[1:] = np.minimum(around[1:], np.sqrt(around[1:] * bands[:-1] * np.float32(_ONSET)))
    return around


class _Share:
    """How much each cell may be changed.

    Args:
        reference: power of a band of ordinary loudness.
        amount: power that may be added to such a band, as a share of it.
    """

    def __init__(self, reference: float, amount: float) -> None:
        self._reference = reference
        self.amount = amount

    def change(self, power: Plane, bands: Plane) -> Plane:
        """Relative change of amplitude of every cell, shape (frames, 320)."""
        relative = bands / np.float32(self._reference) + np.float32(1e-12)
        share = np.minimum(self.amount * relative ** (_COMPRESSION - 1), _MOST_OF_BAND)
        change = np.minimum(np.sqrt(share * bands / (power + np.float32(1e-20))), np.float32(_MOST_CHANGE))
        tones = power > _TONE * bands
        return np.asarray(np.where(tones, np.minimum(change, np.float32(_TONE_CHANGE)), change), np.float32)


def _fitted_share(padded: Plane, target_snr: float, energy: float) -> _Share:
    """The largest share that keeps the target, fitted on frames spread over the sound."""
    count = (padded.shape[1] - FRAME) // HOP + 1
    # Of long sound, every so manieth run of frames will do.
    step = -(-count // _FITTING_FRAMES)
    runs = [range(at, min(at + _FITTING_RUN, count)) for at in range(0, count, _FITTING_RUN * step)]
    powers = [np.square(np.abs(_frames(padded, run.start, run.stop))).sum(axis=0) for run in runs]
    bands = np.concatenate([_bands(power) for power in powers])
    cells = np.concatenate([power[:, LOW : LOW + BINS] for power in powers])
    loud = bands[bands > bands.mean() * _QUIET]
    reference = float(loud.mean()) if loud.size else 1.0
    # Parseval: a one-sided spectrum holds half. What neighbouring frames and cells add cancels out in part.
    scale = 2.0 / FRAME * _KEPT * count / len(cells)
    allowed = energy * 10 ** (-target_snr / 10)
    low, high = 1e-5, 10.0
    for _ in range(_FITTING_STEPS):
        middle = float(np.sqrt(low * high))
        change = _Share(reference, middle).change(cells, bands)
        if float((cells * change**2).sum()) * scale > allowed:
            high = middle
        else:
            low = middle
    return _Share(reference, low)


def _added(padded: Plane, tile: Plane, share: _Share) -> Plane:
    """What the mark adds, float32 of the padded shape."""
    total = np.zeros_like(padded)
    count = (padded.shape[1] - FRAME) // HOP + 1
    for start in range(0, count, _BATCH):
        # Some frames more on either side, for loudness over time.
        first, last = max(start - 2, 0), min(start + _BATCH + 1, count)
        spectra = _frames(padded, first, last)
        power = np.square(np.abs(spectra)).sum(axis=0)
        change = share.change(power[:, LOW : LOW + BINS], _bands(power))
        change *= tile[np.arange(first, last) % PERIOD]
        spectra[:, :, :LOW] = 0
        spectra[:, :, LOW + BINS :] = 0
        # A raised cell grows by the same ratio as a lowered one shrinks.
        spectra[:, :, LOW : LOW + BINS] *= np.where(change > 0, change, change / (1 - change))
        stop = min(start + _BATCH, count)
        pieces = np.fft.irfft(spectra[:, start - first : stop - first], FRAME, axis=2).astype(np.float32) * _WINDOW
        _overlap(total, pieces, start)
    return total


def _overlap(total: Plane, pieces: Plane, start: int) -> None:
    """Add frames, shape (channels, frames, 1024), the first of which is frame `start`."""
    for half in range(2):
        part = pieces[:, :, half * HOP : (half + 1) * HOP]
        at = (start + half) * HOP
        total[:, at : at + part.shape[1] * HOP] += part.reshape(len(total), -1)
