"""Taking in what others exchange, and giving claims out in their formats.

A feed of reservations becomes a list of claims, which goes the way of all lists; a bank of hashes becomes one claim, so
that it can be withdrawn as a whole, and is quarantined as a whole where it would stop too much.
"""

import hashlib
import io
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from copyright_optout.domain import (
    LEAST_QUALITY,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Fingerprint,
    ReferenceKind,
)
from copyright_optout.domain.feeds import HASHES, FeedClaim, FeedEntry, FeedFormat, FeedHash, Lost, Said
from copyright_optout.domain.imports import ClaimImport, LineTrouble
from copyright_optout.domain.reasons import FeedFault, ImportFault
from copyright_optout.ports import ClaimStore
from copyright_optout.ports.feeds import Feeds
from copyright_optout.service.claims import ClaimDesk, Filing
from copyright_optout.service.imports import ImportDesk, ImportOrder
from copyright_optout.service.references import ReferenceDesk
from trust_kernel.errors import Conflict, InvalidInput

_LIVE = frozenset(ClaimState) - {ClaimState.WITHDRAWN, ClaimState.EXPIRED}
_OPEN = frozenset({ClaimState.DRAFT, ClaimState.SUBMITTED})
_PAGE = 500
_LONGEST_BANK = 100
_FEWEST_BITS, _MOST_BITS = 64, 192
"""Bits that are set in a PDQ hash: each is a comparison with the median, so about 128 of 256 are; a hash far from that
is of nothing, and would be near everything that is of nothing."""


@dataclass(frozen=True, slots=True)
class EntryNote:
    """What became of an entry that was not taken in whole.

    Attributes:
        number: its place in the feed, from 1: the same as its line in the report of the import.
        trouble: why nothing of it was taken in; None where something was.
        lost: what of it a claim cannot say.
    """

    number: int
    trouble: LineTrouble | None = None
    lost: frozenset[Lost] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of a feed.

    Attributes:
        job: takes in its claims, as drafts; None of a bank of hashes, or where no entry reserves anything.
        claim_id: of a bank of hashes.
        added: hashes that were not there yet.
    """

    notes: Sequence[EntryNote]
    job: ClaimImport | None = None
    claim_id: str = ""
    added: int = 0


@dataclass(frozen=True, slots=True)
class FeedOut:
    """Claims as a feed.

    Attributes:
        claims: how many it has.
        lost: what they say, and it cannot.
    """

    document: bytes
    claims: int
    lost: frozenset[Lost]


class FeedDesk:
    """Feeds in and out. Whether somebody acts for an organisation is for whoever calls to know."""

    def __init__(
        self, feeds: Feeds, claims: ClaimStore, desk: ClaimDesk, imports: ImportDesk, references: ReferenceDesk | None
    ) -> None:
        self._feeds = feeds
        self._claims = claims
        self._desk = desk
        self._imports = imports
        self._references = references

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
            return self._bank(self._feeds.hashes(form, data), organisation_id, by, bank)
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
        claims, after = list[Claim](), None
        while page := self._claims.page(organisation_ids, states=_LIVE, after=after, limit=_PAGE):
            claims += page
            after = page[-1].id
        return self._hashes_of(form, claims) if form in HASHES else self._reservations_of(form, claims)

    def _bank(self, hashes: Sequence[FeedHash], organisation_id: str, by: str, bank: str) -> FeedReport:
        bank = " ".join(bank.split())
        if not bank or len(bank) > _LONGEST_BANK or not bank.isprintable():
            raise InvalidInput(
                "say which bank these hashes are of",
                code=FeedFault.BANK,
                field="bank",
                limit=f"{_LONGEST_BANK} characters",
            )
        sound = [one for one in hashes if _is_sound(one)]
        notes = [_hash_note(one) for one in hashes if one.lost or not _is_sound(one)]
        if not sound:
            return FeedReport(notes)
        reference = f"bank:{bank}"
        with self._claims.transaction():
            claim = self._claims.by_reference(organisation_id, [reference]).get(reference)
            if claim is None:
                terms = ClaimTerms(ClaimKind.WORK, f"Bank of hashes: {bank}")
                claim = self._desk.file(Filing(organisation_id, by, terms, reference=reference, draft=True))
            claim = self._claims.get(claim.id, lock=True) or claim
            known = set(self._claims.prints(claim.id))
            fresh = {one.bits: Fingerprint(one.bits, one.quality) for one in sound if one.bits not in known}
            if fresh and claim.state not in _OPEN:
                raise Conflict(
                    "this bank was looked at already; give further hashes another name",
                    code=ImportFault.STANDS,
                    field="bank",
                )
            self._claims.add_prints(claim.id, fresh.values())
        return FeedReport(notes, claim_id=claim.id, added=len(fresh))

    def _hashes_of(self, form: FeedFormat, claims: Sequence[Claim]) -> FeedOut:
        found: dict[str, str] = {}
        count = 0
        for claim in claims:
            prints = self._claims.prints(claim.id)
            count += bool(prints)
            found |= dict.fromkeys((bits for bits in prints if bits not in found), claim.terms.title)
        out = [FeedHash(number, bits, label=label) for number, (bits, label) in enumerate(found.items(), start=1)]
        lost = frozenset({Lost.TERMS}) if claims else frozenset[Lost]()
        return FeedOut(self._feeds.of_hashes(form, out), count, lost)

    def _reservations_of(self, form: FeedFormat, claims: Sequence[Claim]) -> FeedOut:
        out, lost = list[FeedClaim](), set[Lost]()
        for claim in claims:
            about = self._code(claim) if form is FeedFormat.TDMAI else _place(claim)
            lost |= {
                *([] if about else [Lost.ISCC]),
                *([Lost.LICENCES] if claim.terms.licences else []),
                *([Lost.REFERENCES] if claim.references or self._claims.prints(claim.id) else []),
                *([Lost.PROOF] if claim.proof else []),
            }
            if about:
                out.append(FeedClaim(about, _said(claim)))
        return FeedOut(self._feeds.of_claims(form, out), len(out), frozenset(lost))

    def _code(self, claim: Claim) -> str:
        """The ISCC of a claim's first medium, else of its title; empty where none was made."""
        known = self._references.of_claim(claim.id) if self._references else ()
        media = sorted(known, key=lambda one: one.kind is ReferenceKind.TEXT)
        return next((code for one in media for code in one.codes), "")


def _line(form: FeedFormat, entry: FeedEntry) -> tuple[str, EntryNote | None]:
    """A line of a list of claims, empty where there is nothing to claim."""
    if not entry.about:
        return "", EntryNote(entry.number, LineTrouble(FeedFault.ENTRY, "this entry cannot be read"))
    if not entry.reserved:
        return "", EntryNote(entry.number, LineTrouble(FeedFault.OPEN, "this entry reserves nothing"))
    note = EntryNote(entry.number, lost=entry.lost) if entry.lost else None
    digest = hashlib.sha256(entry.about.encode()).hexdigest()[:24]
    given: object = {"kind": ClaimKind.WORK.value, "title": entry.about, "reference": f"{form}:{digest}"}
    return json.dumps(given if entry.said is None else entry.said), note


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


def _is_sound(one: FeedHash) -> bool:
    return (
        bool(one.bits) and one.quality >= LEAST_QUALITY and _FEWEST_BITS <= int(one.bits, 16).bit_count() <= _MOST_BITS
    )


def _hash_note(one: FeedHash) -> EntryNote:
    if _is_sound(one):
        return EntryNote(one.number, lost=one.lost)
    detail = "this is no PDQ hash that something can be recognised by"
    return EntryNote(one.number, LineTrouble(FeedFault.HASH, detail, limit=f"64 hex digits, quality {LEAST_QUALITY}"))
