"""Releases by their rows alone, for tests of what owners do with them."""

import hashlib
from collections.abc import Iterable

from generator_gateway.ports import ReleaseRecord
from generator_gateway.service.owning import Appearing, owners_of
from generator_gateway.store import CaseStore, ReleaseStore
from tests.factories.cases import NOON, a_request

ADA, BEA, CYD = "acct_ada", "acct_bea", "acct_cyd"


def appearing(name: str, *modalities: str, grants: Iterable[str] = ()) -> Appearing:
    """Somebody in a video: subject and account are told by their name."""
    return Appearing(f"subj_{name}", f"acct_{name}", frozenset(modalities or ("face",)), frozenset(grants))


def out(
    cases: CaseStore,
    releases: ReleaseStore,
    case_id: str = "video_1",
    *people: Appearing,
    maker: str = ADA,
    remix_of: str | None = None,
    media_digest: str = "d" * 64,
    prompt: str = "a quiet harbour",
) -> ReleaseRecord:
    """Accept a case and put its release on record."""
    cases.accept(a_request(case_id, maker, prompt=prompt, remix_of=remix_of))
    number = int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:7], "big")
    record = ReleaseRecord(
        case_id=case_id,
        release_number=number,
        media_digest=media_digest,
        manifest_label=f"urn:c2pa:{case_id}",
        fingerprints=(),
        status="released",
        released_at=NOON,
        ledger_index=number % 1_000,
        owners=owners_of(maker, people),
    )
    releases.add(record)
    return record
