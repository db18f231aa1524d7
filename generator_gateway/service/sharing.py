"""Share links: whoever has one watches a release without an account, as long as every rule lets it be out."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseSummary, Hearers, Notices, ReleaseRecord, Releases, ReleaseState
from generator_gateway.ports.ownership import ShareLink, ShareLinks
from generator_gateway.service.entitlement import entitle
from generator_gateway.service.owning import Act
from generator_gateway.service.telling import OwnerNotices
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotFound
from trust_kernel.ids import new_id
from trust_kernel.media.blobs import Blobs

MAX_DAYS = 30
"""Longest life of a link: nobody remembers for longer whom they gave it to."""
DEFAULT_DAYS = 7
MAX_LINKS = 20
"""Links of one release that hold at once."""
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as its maker is given it, once.

    Attributes:
        token: 256 random bits, URL-safe; only its SHA-256 is kept.
    """

    link: ShareLink
    token: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link leads to.

    Attributes:
        video_id: the release's.
        seconds: length asked for.
        size: "1280x720".
        people: how many appear in it by consent.
    """

    video_id: str
    link: ShareLink
    seconds: int
    size: str
    people: int


class SharingDesk:
    """Makes links, lists and ends them, and opens what they lead to.

    Args:
        see: a case that an account may see; raises NotFound for any other.
        case_of: a case, whoever asks.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        releases: Releases,
        links: ShareLinks,
        see: Callable[[str, str], CaseSummary],
        case_of: Callable[[str], CaseSummary],
        blobs: Blobs,
        notices: Notices,
        hearers: Hearers,
    ) -> None:
        self._database = database
        self._clock = clock
        self._releases = releases
        self._links = links
        self._see = see
        self._case_of = case_of
        self._blobs = blobs
        self._owners = OwnerNotices(notices, hearers)

    # --- owners

    def share(self, account_id: str, case_id: str, days: int = DEFAULT_DAYS) -> NewLink:
        """Make a link; every other owner is told, sees it, and may end it.

        Raises:
            InvalidInput: not 1 to `MAX_DAYS` days.
            NotFound: the caller does not own it.
            Conflict: not finished, objected to, or `MAX_LINKS` hold already.
            Gone: withdrawn.
        """
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(
                "a link lasts a whole number of days",
                code=GatewayReason.LINK_TERM,
                field="days",
                limit=f"1 to {MAX_DAYS}",
            )
        self._see(account_id, case_id)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.transaction():
            release = self._finished(self._releases.lock(case_id))
            entitle(Act.SHARE, release, account_id)
            now = self._clock.now()
            if sum(link.holds_at(now) for link in self._links.of(case_id)) >= MAX_LINKS:
                raise Conflict(
                    "this video has as many links as it may", code=GatewayReason.LINK_TOO_MANY, limit=f"{MAX_LINKS}"
                )
            link = ShareLink(new_id("link"), case_id, account_id, now, now + timedelta(days=days))
            self._links.add(link, _hash(token))
            self._owners.tell("release:link:made", release, _said(link), but=account_id)
        return NewLink(link, token)

    def links(self, account_id: str, case_id: str) -> Sequence[ShareLink]:
        """All links of a release, newest first; any owner sees them."""
        self._see(account_id, case_id)
        self._finished(self._releases.find(case_id))
        return self._links.of(case_id)

    def end(self, account_id: str, case_id: str, link_id: str) -> None:
        """End a link, whoever of the owners made it; raises NotFound where none holds."""
        self._see(account_id, case_id)
        with self._database.transaction():
            release = self._finished(self._releases.find(case_id))
            now = self._clock.now()
            if not self._links.revoke(case_id, link_id, account_id, now):
                raise NotFound("there is no such link", code=GatewayReason.LINK_UNKNOWN)
            link = next(one for one in self._links.of(case_id) if one.id == link_id)
            self._owners.tell("release:link:revoked", release, _said(link), but=account_id)

    def _finished(self, release: ReleaseRecord | None) -> ReleaseRecord:
        if release is None:
            raise Conflict("this video is not finished", code=GatewayReason.CASE_UNFINISHED)
        return release

    # --- whoever has the link

    def open(self, token: str) -> Shared:
        """What a link leads to at this moment.

        Raises:
            NotFound: there never was such a link.
            Gone: it ran out or was ended; or the video is withdrawn, taken down, or held back by an objection.
        """
        link, release = self._standing(token)
        request = self._case_of(release.case_id).request
        people = sum(owner.role == "subject" for owner in release.owners)
        return Shared(release.case_id, link, request.seconds, f"{request.width}x{request.height}", people)

    @contextmanager
    def download(self, token: str, variant: str = "video") -> Iterator[Path]:
        """The file that a link leads to, or its thumbnail or spritesheet; raises as `open` does."""
        _, release = self._standing(token)
        with self._blobs.open_path(release.digest_of(variant)) as path:
            yield path

    def _standing(self, token: str) -> tuple[ShareLink, ReleaseRecord]:
        link = self._links.by_token(_hash(token))
        if link is None:
            raise NotFound("there is no such link", code=GatewayReason.LINK_UNKNOWN)
        if not link.holds_at(self._clock.now()):
            raise Gone("this link has ended", code=GatewayReason.LINK_ENDED)
        release = self._releases.find(link.case_id)
        if release is None or release.status != ReleaseState.RELEASED:
            # Which of these it is, is the owners' affair.
            raise Gone("this video is not shown any more", code=GatewayReason.LINK_ENDED)
        return link, release


def _said(link: ShareLink) -> dict[str, str | int | bool | None]:
    return {"video_id": link.case_id, "link_id": link.id, "until": link.expires_at.isoformat()}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
