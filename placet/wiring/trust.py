"""The C2PA trust lists for this deployment: kept in its data directory, fetched from public addresses."""

from trust_kernel.clock import SystemClock
from trust_kernel.settings import Settings
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
