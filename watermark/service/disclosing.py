"""Says in every file of a release what the jurisdictions that apply ask to be said."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from watermark.domain.disclosure import Deployment, Disclosure, DisclosureProfile, Made, Nature, disclose, opening_of
from watermark.domain.disclosure_assertions import Assertion, assertions_of
from watermark.domain.marks import OpeningLabel

WriteMetadata = Callable[[Path, Disclosure, str], None]
"""Writes a disclosure into a file of ours, in place; the last argument is its media type."""


_ANY = Made("0" * 16, datetime(1970, 1, 1, tzinfo=UTC), Nature.GENERATED, "")
"""A release that lacks nothing: what is missing then is missing of the deployment."""


class DisclosureService:
    """Discloses.

    Args:
        profiles: those of the jurisdictions that apply.
        deployment: who provides what.
        write: writes metadata.
        written: media types that it writes into; others carry what is disclosed in their credential alone.

    Raises:
        InvalidInput: a fact about the deployment is missing (`watermark:disclosure:missing_fact`): better now than when
            the first video waits to be signed.
    """

    def __init__(
        self,
        profiles: Sequence[DisclosureProfile],
        deployment: Deployment,
        write: WriteMetadata,
        written: frozenset[str],
    ) -> None:
        self._profiles = tuple(profiles)
        self._deployment = deployment
        self._write = write
        self._written = written
        disclose(self._profiles, deployment, _ANY)

    @property
    def opening(self) -> OpeningLabel | None:
        """The label that has to stand at the start of a video."""
        return opening_of(self._profiles, self._deployment.opening_text)

    def state(self, path: Path, media_type: str, made: Made) -> tuple[Assertion, ...]:
        """Write the disclosure into a file that is not signed yet; gives what its credential is to say as well.

        Raises:
            InvalidInput: the file is not one of ours, or a fact is missing (`watermark:disclosure:missing_fact`).
            Broken: what was written does not read back.
        """
        disclosure = disclose(self._profiles, self._deployment, made)
        if media_type in self._written:
            self._write(path, disclosure, media_type)
        return assertions_of(disclosure)
