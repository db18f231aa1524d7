"""Claims as rows, and back."""

from datetime import datetime
from typing import Any

from copyright_optout.domain import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Declaration,
    Ground,
    Licence,
    Proof,
    Setting,
    Told,
)
from copyright_optout.tables import OptOutClaimRow


def row_of(claim: Claim) -> OptOutClaimRow:
    """A claim's row; its generation is the store's to give."""
    return OptOutClaimRow(**values_of(claim))


def values_of(claim: Claim) -> dict[str, Any]:
    """The columns of a claim's row, but for its generation: for many rows at once, of which no object is needed."""
    terms = claim.terms
    return {
        "id": claim.id,
        "organisation_id": claim.organisation_id,
        "filed_by": claim.filed_by,
        "reference": claim.reference or None,
        "kind": terms.kind.value,
        "title": terms.title,
        "names": list(terms.names),
        "descriptions": list(terms.descriptions),
        "blocks": {"settings": sorted(terms.blocks.settings), "territories": sorted(terms.blocks.territories)},
        "licences": [_licence(one) for one in terms.licences],
        "told": terms.told.value,
        "state": claim.state.value,
        "proof": proof_kept(claim.proof),
        "declared": sorted(claim.declared),
        "media": dict(claim.references),
        "created_at": claim.created_at,
        "changed_at": claim.changed_at,
        "starts_at": terms.starts_at,
        "expires_at": terms.expires_at,
        "salt": claim.salt,
    }


def claim_of(row: OptOutClaimRow, *, only_licensed: bool) -> Claim:
    """A row's claim."""
    terms = ClaimTerms(
        kind=ClaimKind(row.kind),
        title=row.title,
        names=tuple(row.names),
        descriptions=tuple(row.descriptions),
        blocks=Blocks(frozenset(map(Setting, row.blocks["settings"])), frozenset(row.blocks["territories"])),
        licences=tuple(map(_licensed, row.licences)),
        told=Told(row.told),
        starts_at=row.starts_at,
        expires_at=row.expires_at,
    )
    return Claim(
        id=row.id,
        organisation_id=row.organisation_id,
        filed_by=row.filed_by,
        terms=terms,
        state=ClaimState(row.state),
        created_at=row.created_at,
        changed_at=row.changed_at,
        reference=row.reference or "",
        proof=proof_of(row.proof),
        declared=frozenset(map(Declaration, row.declared)),
        references=tuple(sorted(row.media.items())),
        only_licensed=only_licensed,
        salt=row.salt,
    )


def _licence(licence: Licence) -> dict[str, Any]:
    return {
        "account": licence.account_id,
        "settings": sorted(licence.settings),
        "territories": sorted(licence.territories),
        "until": None if licence.until is None else licence.until.isoformat(),
    }


def _licensed(kept: dict[str, Any]) -> Licence:
    until = kept["until"]
    return Licence(
        kept["account"],
        frozenset(map(Setting, kept["settings"])),
        frozenset(kept["territories"]),
        None if until is None else datetime.fromisoformat(until),
    )


def proof_kept(proof: Proof | None) -> dict[str, str] | None:
    """A proof as it is kept."""
    if proof is None:
        return None
    texts = dict(zip(_TEXTS, (proof.statement, proof.registration, proof.file_digest), strict=True))
    return {"ground": proof.ground.value, **texts}


def proof_of(kept: dict[str, str] | None) -> Proof | None:
    """What was kept as a proof."""
    return None if kept is None else Proof(Ground(kept["ground"]), *_texts(kept))


_TEXTS = ("statement", "registration", "file_digest")


def _texts(kept: dict[str, str]) -> tuple[str, ...]:
    return tuple(kept[name] for name in _TEXTS)
