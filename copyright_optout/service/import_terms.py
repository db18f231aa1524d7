"""What a line of a list says, as a filing."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from copyright_optout.domain import (
    Blocks,
    ClaimKind,
    ClaimTerms,
    Ground,
    Licence,
    Proof,
    Setting,
    Told,
    check_territories,
)
from copyright_optout.domain.claims import LONGEST_REFERENCE
from copyright_optout.domain.imports import ClaimImport
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.errors import UnusableClaim
from copyright_optout.ports.imports import ListedClaim
from copyright_optout.service.claims import Filing
from trust_kernel.names.plain import fold_name

Word = TypeVar("Word", bound=StrEnum)

_LONGEST_ACCOUNT = 100
_LONGEST_FOLDED = 1000
"""Characters of a title that are looked at to name it; a longer one is refused anyway."""


def reference_of(listed: ListedClaim, job: ClaimImport) -> str:
    """The rights holder's key, or one made of the folded title and the kind: the same line is the same claim."""
    given = " ".join(listed.texts.get("reference", "").split())
    if given:
        return given[: LONGEST_REFERENCE + 1]
    kind = listed.texts.get("kind", "").casefold() or job.kind
    said = f"{kind}\n{fold_name(listed.texts.get('title', '')[:_LONGEST_FOLDED])}"
    return "title:" + hashlib.sha256(said.encode()).hexdigest()[:24]


def filing_of(listed: ListedClaim, reference: str, job: ClaimImport) -> Filing:
    """The filing of a line; what the line leaves open comes from the import.

    Raises:
        UnusableClaim: a value cannot be read; `field` is its column.
        InvalidInput: a territory is no code of two letters.
    """
    texts = listed.texts
    if len(reference) > LONGEST_REFERENCE:
        raise _unusable("this reference is too long", "reference", f"{LONGEST_REFERENCE} characters")
    ground = _optional(Ground, texts.get("ground", ""), "ground")
    statement, registration = texts.get("statement", ""), texts.get("registration", "")
    proof = job.proof
    if ground or statement or registration:
        known = job.proof or Proof(Ground.OWNER)
        proof = Proof(ground or known.ground, statement or known.statement, registration or known.registration)
        if ground is None and job.proof is None:
            raise _unusable("say what the claim rests on", "ground", _values(Ground))
    return Filing(
        organisation_id=job.organisation_id,
        by=job.by,
        terms=_terms(listed, job),
        proof=proof,
        declared=job.declared,
        reference=reference,
        draft=not job.submit,
    )


def _terms(listed: ListedClaim, job: ClaimImport) -> ClaimTerms:
    texts, lists = listed.texts, listed.lists
    kind = _optional(ClaimKind, texts.get("kind", "") or job.kind, "kind")
    if kind is None:
        raise _unusable("say what kind of thing is claimed", "kind", _values(ClaimKind))
    return ClaimTerms(
        kind=kind,
        title=texts.get("title", ""),
        names=lists.get("names", ()),
        descriptions=lists.get("descriptions", ()),
        blocks=Blocks(
            frozenset(_one(Setting, value, "settings") for value in lists.get("settings", ())),
            check_territories(lists.get("territories", ())),
        ),
        licences=tuple(Licence(_account(value)) for value in lists.get("licensees", ())),
        told=_optional(Told, texts.get("told", ""), "told") or Told.TITLE,
        starts_at=_moment(texts.get("starts_at", ""), "starts_at"),
        expires_at=_moment(texts.get("expires_at", ""), "expires_at"),
    )


def _account(value: str) -> str:
    if len(value) > _LONGEST_ACCOUNT:
        raise _unusable("this is no account", "licensees", f"{_LONGEST_ACCOUNT} characters")
    return value


def _moment(value: str, field: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _unusable("this is no date", field, "2026-12-31 or 2026-12-31T12:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _optional(words: type[Word], value: str, field: str) -> Word | None:
    return _one(words, value, field) if value else None


def _one(words: type[Word], value: str, field: str) -> Word:
    try:
        return words(value.casefold())
    except ValueError:
        raise _unusable(f"{value[:40]!r} is none of them", field, _values(words)) from None


def _values(words: Iterable[StrEnum]) -> str:
    return ", ".join(word.value for word in words)


def _unusable(detail: str, field: str, limit: str) -> UnusableClaim:
    return UnusableClaim(detail, code=ImportFault.VALUE, field=field, limit=limit)
