"""A verifier for a machine without a deployment: it reads credentials, and says that it looked for nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from generator_gateway.api import ReleaseRecord, Sources, VerificationDesk
from generator_gateway.ports.bindings import BindingMatch, Prints
from placet.wiring.trust import anchors_in, build_trust
from trust_kernel.errors import Unavailable
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.settings import Settings
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.certificates import DEVELOPMENT
from watermark.api import CredentialClaim, CredentialProfile, CredentialService, MarksFound, TrustAnchors
from watermark.domain.credentials import Reading
from watermark.ports.credentials import PackedIngredient


@contextmanager
def bare_desk(settings: Settings) -> Iterator[VerificationDesk]:
    """A desk that believes the C2PA's lists and the roots in the settings, and makes nothing on disk."""
    named = TrustAnchors(
        anchors_in(settings.trust_anchors, "trust_anchors"), anchors_in(settings.tsa_anchors, "tsa_anchors")
    )
    anchors = build_trust(settings).load().anchors.joined(named)
    sandbox = Sandbox(threads=1)
    try:
        yield VerificationDesk(
            Sources(
                credentials=CredentialService(_NoSigner(), SandboxedReader(sandbox), CredentialProfile(), anchors),
                marks=_NoMarks(),
                prints=_NoPrints(),
                bindings=_NoBindings(),
                releases=_NoReleases(),
                ledger=_NoLedger(),
                alike=lambda _left, _right: False,
                development=DEVELOPMENT,
            )
        )
    finally:
        sandbox.close()


def _not_here(what: str) -> NoReturn:
    raise Unavailable(f"there is no deployment here, so no {what}", code="watermark:marker:unavailable")


class _NoSigner:
    """Believes nobody of its own and signs nothing."""

    anchors = TrustAnchors()
    is_stamping = False

    def sign(
        self, source: Path, target: Path, claim: CredentialClaim, ingredients: Sequence[PackedIngredient]
    ) -> bytes:
        del source, target, claim, ingredients
        _not_here("key to sign with")

    def read_back(self, path: Path) -> Reading:
        del path
        _not_here("key that could have signed")


class _NoMarks:
    """Marks are read under a deployment's keys."""

    def read(self, path: Path, *, thorough: bool) -> MarksFound:
        del path, thorough
        _not_here("key to look for marks with")


class _NoPrints:
    """With no releases to compare with, fingerprints are not worth a decode."""

    def prints(self, path: Path) -> Prints:
        del path
        _not_here("release to compare with")


class _NoBindings:
    """Nothing is bound."""

    def manifest(self, manifest_label: str) -> bytes | None:
        del manifest_label
        return None

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        del sound_number
        return ()

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        del prints, limit
        return ()

    def fits(self, case_id: str, prints: Prints) -> tuple[BindingMatch, ...]:
        del case_id, prints
        return ()


class _NoReleases:
    """Nothing was released."""

    def find(self, case_id: str) -> ReleaseRecord | None:
        del case_id
        return None

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        del release_number
        return None

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        del manifest_label
        return None


class _NoLedger:
    """Holds nothing."""

    def proves(self, index: int) -> bool:
        del index
        return False
