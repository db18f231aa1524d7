"""Identifiers: sortable by the time they were made, unguessable, readable by their prefix."""

import secrets
import time


def new_id(prefix: str) -> str:
    """Make an id such as ``case_0198c1d2a3f-5be1…``: prefix, 11 hex digits of Unix milliseconds, 20 random ones.

    Ids of one prefix sort by creation time to the millisecond. 80 random bits make them unguessable.
    """
    return f"{prefix}_{time.time_ns() // 1_000_000:011x}{secrets.token_hex(10)}"


def new_release_number() -> int:
    """Draw the number that a watermark carries for one release: uniform in [1, 2**63).

    63 bits fit a signed BIGINT column; the mark's payload field is 64 bits wide.
    """
    return secrets.randbits(63) | 1 << 62
