"""Taking in what others exchange, and giving claims out in their formats.

A feed of reservations becomes a list of claims, which goes the way of all lists; a bank of hashes becomes one claim,
see `feed_banks`.
"""

import hashlib
import io
import json
from collections.abc import Collection, Iterable, Iterator

from copyright_optout.domain import Claim, ClaimKind, ClaimState, ReferenceKind
from copyright_optout.domain.claims import ENDED
from copyright_optout.domain.feeds import (
    HASHES,
    EntryNote,
    FeedClaim,
    FeedEntry,
    FeedFormat,
    FeedOut,
    FeedReport,
    Lost,
    Said,
)
from copyright_optout.domain.imports import LineTrouble
from copyright_optout.domain.reasons import FeedFault
from copyright_optout.ports import ClaimStore
from copyright_optout.ports.feeds import Feeds
from copyright_optout.service.claims import ClaimDesk
from copyright_optout.service.feed_banks import HashBanks, Told, shows_anything
from copyright_optout.service.imports import ImportDesk, ImportOrder
from copyright_optout.service.references import ReferenceDesk
from trust_kernel.clock import Clock

_LIVE = frozenset(ClaimState) - ENDED
_PAGE = 500
_UNREADABLE = LineTrouble(FeedFault.ENTRY, "this entry cannot be read")


class FeedDesk:
    """Feeds in and out. Whether somebody acts for an organisation is for whoever calls to know."""

    def __init__(
        self,
        feeds: Feeds,
        claims: ClaimStore,
        desk: ClaimDesk,
        imports: ImportDesk,
        references: ReferenceDesk | None,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._claims = claims
        self._imports = imports
        self._references = references
        self._banks = HashBanks(claims, desk, references, clock)

    def take_in(self, form: FeedFormat, data: bytes, *, organisation_id: str, by: str, bank: str = "") -> FeedReport:
        """Have a feed's entries become drafts; the same feed again adds nothing.

        Args:
            form: what the feed is.
            data: all of it.
            organisation_id: whose claims they become.
            by: account that sends it.
            bank: what a feed of hashes is called: the claim's name and key.

        Raises:
            InvalidInput: it cannot be read, is too long, or a feed of hashes has no name.
            Conflict: the claim of this bank was looked at already, and there are new hashes for it.
        """
        if form in HASHES:
            return self._banks.take_in(
                self._feeds.hashes(form, data), organisation_id=organisation_id, by=by, bank=bank
            )
        lines, notes = [], []
        for entry in self._feeds.entries(form, data):
            line, note = _line(form, entry)
            lines.append(line)
            notes += [note] if note else []
        if not any(lines):
            return FeedReport(notes)
        # An entry that is passed over leaves its line empty, so that the report's numbers are the feed's.
        order = ImportOrder(organisation_id, by, submit=False)
        return FeedReport(notes, self._imports.start(order, io.BytesIO("\n".join([*lines, ""]).encode())))

    def give_out(self, form: FeedFormat, organisation_ids: Collection[str] | None) -> FeedOut:
        """The claims of these organisations, or of all, that have not ended."""
        told = Told()
        document = b"".join(self._pieces(form, organisation_ids, told))
        return FeedOut(document, told.claims, frozenset(told.lost))

    def pieces(self, form: FeedFormat, organisation_ids: Collection[str] | None) -> Iterator[bytes]:
        """The same a piece at a time: there may be very many."""
        return self._pieces(form, organisation_ids, Told())

    def lost(self, form: FeedFormat, organisation_ids: Collection[str] | None) -> frozenset[Lost]:
        """What these claims say and a format cannot: to be told before the first piece."""
        told = Told()
        for _ in self._pieces(form, organisation_ids, told):
            pass
        return frozenset(told.lost)

    def _pieces(self, form: FeedFormat, organisation_ids: Collection[str] | None, told: Told) -> Iterator[bytes]:
        claims = self._live(organisation_ids)
        if form in HASHES:
            return self._feeds.of_hashes(form, self._banks.going_out(claims, told))
        return self._feeds.of_claims(form, self._going_out(form, claims, told))

    def _live(self, organisation_ids: Collection[str] | None) -> Iterator[Claim]:
        """Claims that have not ended, a page at a time: there may be very many."""
        after = None
        while page := self._claims.page(organisation_ids, states=_LIVE, after=after, limit=_PAGE):
            yield from page
            after = page[-1].id

    def _going_out(self, form: FeedFormat, claims: Iterable[Claim], told: Told) -> Iterator[FeedClaim]:
        for claim in claims:
            about = self._code(claim) if form is FeedFormat.TDMAI else _place(claim)
            told.lost |= {
                *([] if about else [Lost.ISCC]),
                *([Lost.LICENCES] if claim.terms.licences else []),
                *([Lost.REFERENCES] if shows_anything(claim) else []),
                *([Lost.PROOF] if claim.proof else []),
            }
            if about:
                told.claims += 1
                yield FeedClaim(about, _said(claim))

    def _code(self, claim: Claim) -> str:
        """The ISCC of a claim's first medium that has one, else its title's Meta-Code; empty where none is made."""
        if self._references is None:
            return ""
        media = self._references.of_claim(claim.id) if claim.references else ()
        known = (code for one in media if one.kind is not ReferenceKind.TEXT for code in one.codes)
        return next(known, "") or self._references.text_code(claim)


def _line(form: FeedFormat, entry: FeedEntry) -> tuple[str, EntryNote | None]:
    """A line of a list of claims, empty where there is nothing to claim."""
    if not entry.about:
        return "", EntryNote(entry.number, _UNREADABLE)
    if not entry.reserved:
        return "", EntryNote(entry.number, LineTrouble(FeedFault.OPEN, "this entry reserves nothing"))
    digest = hashlib.sha256(entry.about.encode()).hexdigest()[:24]
    given: object = {"kind": ClaimKind.WORK.value, "title": entry.about, "reference": f"{form}:{digest}"}
    said = given if entry.said is None else entry.said
    try:
        # Only of objects is a list made: another value, as its first line, would have it taken for another format.
        line = json.dumps(said) if isinstance(said, dict) else ""
    except RecursionError:
        line = ""
    if not line:
        return "", EntryNote(entry.number, _UNREADABLE)
    return line, EntryNote(entry.number, lost=entry.lost) if entry.lost else None


def _place(claim: Claim) -> str:
    """What a claim is about where a format wants an address: the one it came with, else a name of its own."""
    title = claim.terms.title
    return title if title.startswith(("https://", "http://", "/")) else f"urn:placet:{claim.id}"


def _said(claim: Claim) -> Said:
    """Our own term: the fields of a list of claims, those left out that say nothing."""
    terms = claim.terms
    dates = {"starts_at": terms.starts_at, "expires_at": terms.expires_at}
    fields: dict[str, str | list[str]] = {
        "title": terms.title,
        "kind": terms.kind.value,
        "names": list(terms.names),
        "descriptions": list(terms.descriptions),
        "settings": sorted(terms.blocks.settings),
        "territories": sorted(terms.blocks.territories),
        "told": terms.told.value,
        "reference": claim.reference,
        **{name: moment.isoformat() for name, moment in dates.items() if moment},
    }
    return {name: value for name, value in fields.items() if value}
