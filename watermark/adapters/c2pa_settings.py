"""Settings for c2pa-python: whom to believe, and never to touch the network.

Without `trust_config` a certificate for document signing would be refused; without `remote_manifest_fetch: False` the
validator would fetch whatever address a file names.
"""

from typing import Any
from urllib.parse import urlsplit

from watermark.domain.credential_report import CLAIM_USAGES
from watermark.domain.credentials import CLAIM_ANCHORS, STAMP_ANCHORS, TrustAnchors

_MEMORY_MB = 16
"""MiB of asset that c2pa keeps in memory before it uses a file: 100 MB then costs 140 MB instead of 243 MB."""


def c2pa_settings(anchors: TrustAnchors, tsa_url: str | None = None) -> dict[str, Any]:
    """Settings for a `c2pa.Context`; it may only speak to the time-stamp authority, where one is given."""
    lists = [
        {"trust_anchors": "\n".join(pems), "trust_uri": uri, "trust_kind": kind}
        for pems, uri, kind in ((anchors.claims, CLAIM_ANCHORS, "manifest"), (anchors.stamps, STAMP_ANCHORS, "tsa"))
        if pems
    ]
    host = urlsplit(tsa_url).hostname if tsa_url else None
    return {
        "trust": {"trust_config": "\n".join(sorted(CLAIM_USAGES)), "anchors": lists},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {
            "allowed_network_hosts": [host] if host else [],
            "backing_store_memory_threshold_in_mb": _MEMORY_MB,
        },
        # c2pa would draw thumbnails of ingredients: pictures of people, in public.
        "builder": {"thumbnail": {"enabled": False}},
    }
