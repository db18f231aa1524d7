"""Reading and writing what others exchange."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from copyright_optout.domain.feeds import FeedClaim, FeedEntry, FeedFormat, FeedHash


class Feeds(Protocol):
    """Every format of `FeedFormat`."""

    def entries(self, form: FeedFormat, data: bytes) -> Sequence[FeedEntry]:
        """The entries of a feed of reservations.

        Raises:
            InvalidInput: a `FeedFault`: it is no such feed, or has too many entries.
        """
        ...

    def hashes(self, form: FeedFormat, data: bytes) -> Sequence[FeedHash]:
        """The entries of a feed of hashes; raises as `entries`."""
        ...

    def of_claims(self, form: FeedFormat, claims: Iterable[FeedClaim]) -> Iterator[bytes]:
        """A feed of reservations, in pieces; claims are asked for one by one."""
        ...

    def of_hashes(self, form: FeedFormat, hashes: Iterable[FeedHash]) -> Iterator[bytes]:
        """A feed of hashes, in pieces; asked for one by one."""
        ...
