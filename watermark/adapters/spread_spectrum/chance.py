"""How likely it is that a video without a mark seems to carry one.

Whatever a picture looks like, the data signs of a key that did not mark it are independent of it, each +1 or -1. So
for any fixed codeword, the matched statistic z (`demodulate.Reading`) of a video exceeds t with a probability of at
most exp(-t²/2) (Hoeffding, *Probability inequalities for sums of bounded random variables*, 1963). There are 2**64
codewords whose checksum fits; every attempt at a pose may meet any of them, by whatever decoder.
"""

import math

PAYLOADS = 2.0**64
"""Codewords whose checksum fits."""
MATCHED = 11.8
"""Matched statistic from which a mark is believed: one attempt in 1e11 reaches it by chance, and a reading makes
some dozens."""
ACCEPTED = 1e-10
"""Chance of a false mark so far, at most, for a mark to be believed. A file is read many times as it grows, and the
gates of n attempts sum up to ACCEPTED * (1 + 1/2 + ... + 1/n): below 1e-9 a file up to 10,000 attempts."""


def bound(matched: float, attempts: int) -> float:
    """Bound on the probability that any of some attempts reaches a matched statistic without a mark.

    Args:
        matched: the statistic, in standard deviations.
        attempts: poses and keys at which decoding was tried.
    """
    return min(1.0, attempts * PAYLOADS * math.exp(-matched * matched / 2))
