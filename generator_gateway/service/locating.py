"""What people write when they say which video they mean: its id, a link to it, the SHA-256 of its file."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ID = re.compile(r"video_[0-9A-Za-z]+")
_LINK = re.compile(r"/s/([0-9A-Za-z_-]{20,100})")
_DIGEST = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of where videos are.

    Attributes:
        case_ids: video ids, alone or in addresses.
        link_hashes: SHA-256 of the tokens of share links, as they are kept.
        digests: SHA-256 of files, hex in lower case.
    """

    case_ids: Sequence[str]
    link_hashes: Sequence[str]
    digests: Sequence[str]


def read_places(places: Iterable[str]) -> Said:
    """Find ids, share links and digests in texts; whatever else stands in them is passed over."""
    texts = list(places)
    tokens = _found(_LINK, texts)
    return Said(
        case_ids=_found(_ID, texts),
        link_hashes=[hashlib.sha256(token.encode()).hexdigest() for token in tokens],
        digests=[digest.lower() for digest in _found(_DIGEST, texts)],
    )


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(one for text in texts for one in pattern.findall(text)))
