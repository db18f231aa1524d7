"""What somebody typed into the form of a claim, and the claim that it makes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Form, UploadFile

from copyright_optout.api import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimTerms,
    Declaration,
    Ground,
    Licence,
    Proof,
    Setting,
    Told,
    check_territories,
)
from review_ui.portal.typed import one_of
from trust_kernel.errors import InvalidInput

_Named = TypeVar("_Named", bound=StrEnum)
_Text = Annotated[str, Form(max_length=10_000)]
_Long = Annotated[str, Form(max_length=200_000)]
_Boxes = Annotated[list[str] | None, Form()]


@dataclass(frozen=True, slots=True)
class ClaimForm:
    """The fields as they were typed; names and descriptions a line each, territories parted by spaces or commas."""

    organisation: str = ""
    kind: str = ClaimKind.CHARACTER.value
    title: str = ""
    names: str = ""
    descriptions: str = ""
    settings: frozenset[str] = frozenset()
    territories: str = ""
    told: str = Told.TITLE.value
    starts_at: str = ""
    expires_at: str = ""

    @classmethod
    def of(cls, claim: Claim) -> "ClaimForm":
        """What a claim says already."""
        terms = claim.terms
        return cls(
            organisation=claim.organisation_id,
            kind=terms.kind.value,
            title=terms.title,
            names="\n".join(terms.names),
            descriptions="\n".join(terms.descriptions),
            settings=frozenset(one.value for one in terms.blocks.settings),
            territories=" ".join(sorted(terms.blocks.territories)),
            told=terms.told.value,
            starts_at=f"{terms.starts_at:%Y-%m-%d}" if terms.starts_at else "",
            expires_at=f"{terms.expires_at:%Y-%m-%d}" if terms.expires_at else "",
        )

    def terms(self, licences: tuple[Licence, ...] = ()) -> ClaimTerms:
        """What the claim says; raises InvalidInput."""
        return ClaimTerms(
            kind=one_of(ClaimKind, self.kind, "kind", "Choose what it is."),
            title=self.title,
            names=_lines(self.names),
            descriptions=_lines(self.descriptions),
            blocks=Blocks(_named(Setting, self.settings), check_territories(re.split(r"[\s,;]+", self.territories))),
            licences=licences,
            told=one_of(Told, self.told, "told", "Choose what they are told."),
            starts_at=day(self.starts_at, "starts_at"),
            expires_at=day(self.expires_at, "expires_at"),
        )


@dataclass(frozen=True, slots=True)
class ProofForm:
    """Why somebody may claim it, as it was typed."""

    ground: str = Ground.OWNER.value
    statement: str = ""
    registration: str = ""
    declarations: frozenset[str] = frozenset()

    @classmethod
    def of(cls, claim: Claim) -> "ProofForm":
        """What a draft says already."""
        declared = frozenset(one.value for one in claim.declared)
        if claim.proof is None:
            return cls(declarations=declared)
        return cls(claim.proof.ground.value, claim.proof.statement, claim.proof.registration, declared)

    @property
    def proof(self) -> Proof:
        """What the claim rests on; raises InvalidInput."""
        ground = one_of(Ground, self.ground, "ground", "Choose what it rests on.")
        return Proof(ground, self.statement, self.registration)

    @property
    def draft_proof(self) -> Proof | None:
        """The same of a draft, which may say nothing yet."""
        return self.proof if self.statement.strip() or self.registration.strip() else None

    @property
    def declared(self) -> frozenset[Declaration]:
        """What is declared; what is no declaration is left out."""
        return _named(Declaration, self.declarations)


def claim_form(
    organisation: _Text = "",
    kind: _Text = "",
    title: _Text = "",
    names: _Long = "",
    descriptions: _Long = "",
    settings: _Boxes = None,
    territories: _Text = "",
    told: _Text = "",
    starts_at: _Text = "",
    expires_at: _Text = "",
) -> ClaimForm:
    """Read the form; raises nothing, so that nothing typed is lost."""
    boxes = frozenset(settings or ())
    return ClaimForm(organisation, kind, title, names, descriptions, boxes, territories, told, starts_at, expires_at)


def proof_form(
    ground: _Text = "", statement: _Text = "", registration: _Text = "", declarations: _Boxes = None
) -> ProofForm:
    """Read the form; raises nothing, so that nothing typed is lost."""
    return ProofForm(ground, statement, registration, frozenset(declarations or ()))


def day(text: str, field: str) -> datetime | None:
    """The beginning of a day in UTC, from ``2027-01-31``; None for nothing typed; raises InvalidInput."""
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput("Give a date as 2027-01-31.", field=field) from error


def needed(text: str, field: str, problem: str) -> str:
    """At most 100 characters of what was typed; raises InvalidInput, which says the problem, where nothing was."""
    if not text.strip():
        raise InvalidInput(problem, field=field)
    return text.strip()[:100]


def chosen(file: UploadFile | None) -> UploadFile:
    """The file that came with a form; raises InvalidInput where none did."""
    if file is None or not file.filename:
        raise InvalidInput("Choose a file.", field="file")
    return file


def settings_of(names: Iterable[str]) -> frozenset[Setting]:
    """The settings among what was ticked."""
    return _named(Setting, names)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _named(kind: type[_Named], names: Iterable[str]) -> frozenset[_Named]:
    ticked = frozenset(names)
    return frozenset(one for one in kind if one.value in ticked)
