"""Whom this deployment believes: the C2PA trust lists, in its data directory, and the roots that its settings name."""

from pathlib import Path

from trust_kernel.clock import SystemClock
from trust_kernel.errors import InvalidInput
from trust_kernel.settings import Settings
from watermark.adapters.certificates import check_anchors
from watermark.adapters.trust_lists import MAX_LIST, Fetch, TrustStore

_FETCH_SECONDS = 60.0


def build_trust(settings: Settings) -> TrustStore:
    """The lists in use, and their updates."""
    return TrustStore(settings.data_dir / "trust", SystemClock())


def build_trust_fetch(settings: Settings) -> Fetch:
    """Fetches a list: size-limited, and from public addresses unless the operator's settings say otherwise."""
    from trust_kernel.media.fetch import SafeFetcher

    return SafeFetcher(
        max_bytes=MAX_LIST, timeout_seconds=_FETCH_SECONDS, allow_hosts=frozenset(settings.fetch_hosts)
    ).fetch


def anchors_in(path: Path | None, setting: str) -> tuple[str, ...]:
    """The roots in a file that a setting names; none where it names none.

    Checked at start: the reader would leave out, silently, what it cannot parse.

    Raises:
        InvalidInput: the file cannot be read, or holds no certificate.
    """
    return check_anchors([pem_in(path, setting)]) if path else ()


def pem_in(path: Path, setting: str) -> str:
    """The text of a PEM file that a setting names.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the file that {setting} names cannot be read as PEM", field=setting) from error
