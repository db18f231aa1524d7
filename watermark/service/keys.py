"""The keys of marks: which one is in use, and which ones older videos bear.

Secrets are derived from the deployment's root key, one a number and purpose; only the numbers are kept. A new number
makes new marks unreadable to whoever got hold of an old secret; what was marked before stays readable.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from trust_kernel.clock import Clock
from watermark.domain.marks import MarkKey, MarkKeys
from watermark.ports.keys import KeyNumbers, Record, UnitOfWork

FIRST = 1
PICTURES = "watermark:video"
"""Purpose of the keys of marks in pictures."""
SOUND = "watermark:sound"
"""Purpose of the keys of marks in sound."""


class MarkKeyBook:
    """Gives keys, and takes new ones into use.

    Args:
        unit: joins the number and its ledger entry.
        numbers: which keys there are.
        derive: secret bytes for a purpose, the same every time.
        record: the ledger.
        clock: says when.
    """

    def __init__(
        self, unit: UnitOfWork, numbers: KeyNumbers, derive: Callable[[str], bytes], record: Record, clock: Clock
    ) -> None:
        self._unit = unit
        self._numbers = numbers
        self._derive = derive
        self._record = record
        self._clock = clock

    def keys(self, purpose: str) -> MarkKeys:
        """Every key of a purpose, as of now."""
        newest_first = [*sorted(self._numbers.taken(), reverse=True), FIRST]
        current, *former = (self._key(purpose, number) for number in newest_first)
        return MarkKeys(current, tuple(former))

    def in_use(self) -> Mapping[int, datetime | None]:
        """Every key's number and since when it is in use, the newest first; None for the first, used from the start."""
        taken = self._numbers.taken()
        return {**dict(sorted(taken.items(), reverse=True)), FIRST: None}

    def rotate(self) -> int:
        """Mark under a new key from now on; gives its number.

        Raises:
            Conflict: somebody else rotated in the same moment (`watermark:key:rotated`).
        """
        with self._unit.transaction():
            number = max(self.in_use()) + 1
            self._numbers.take(number, self._clock.now())
            self._record.append("watermark:key:rotated", {"key": number})
        return number

    def _key(self, purpose: str, number: int) -> MarkKey:
        return MarkKey(str(number), self._derive(f"{purpose}:{number}"))
