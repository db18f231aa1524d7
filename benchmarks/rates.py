"""Rates of things that happened or did not, with Wilson's 95 % interval."""

import math
from typing import Any

_Z = 1.96


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a rate (Wilson, "Probable inference", JASA 1927); (0, 1) where nothing was tried."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(hits: int, of: int) -> dict[str, Any]:
    """A rate with its interval, for a file of figures."""
    low, high = wilson(hits, of)
    return {
        "hits": hits,
        "of": of,
        "rate": round(hits / max(of, 1), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }
