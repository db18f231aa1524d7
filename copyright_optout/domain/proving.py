"""Why somebody may claim what they claim, and what they declare."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from copyright_optout.domain.reasons import OptOutFault
from trust_kernel.errors import InvalidInput
from trust_kernel.texts import check_text

LONGEST_PROOF = 2000


class Ground(StrEnum):
    """What a claim rests on."""

    AUTHOR = "author"
    OWNER = "owner"
    LICENSEE = "licensee"
    AGENT = "agent"
    ESTATE = "estate"


class Declaration(StrEnum):
    """What whoever files says to be true, under penalty of perjury where the law knows it."""

    ACCURATE = "accurate"
    """What the claim says is true and complete."""
    AUTHORISED = "authorised"
    """Whoever files owns the right or acts for the owner."""
    GOOD_FAITH = "good_faith"
    """Whoever files believes in good faith that a depiction would not be lawful without leave."""


NEEDED = frozenset(Declaration)


@dataclass(frozen=True, slots=True)
class Proof:
    """What speaks for a claim; staff look at it, machines do not.

    Attributes:
        statement: in words: since when, by what.
        registration: number in a register, or empty.
        file_digest: SHA-256 of a document that is kept with it, hex, or empty.
    """

    ground: Ground
    statement: str = ""
    registration: str = ""
    file_digest: str = ""


def check_declarations(declared: Iterable[Declaration]) -> frozenset[Declaration]:
    """All that are needed; raises InvalidInput that names those missing."""
    found = frozenset(declared)
    missing = sorted(NEEDED - found)
    if missing:
        raise InvalidInput(
            f"declare as well: {', '.join(missing)}",
            code=OptOutFault.DECLARATIONS,
            field="declarations",
            limit=", ".join(sorted(NEEDED)),
        )
    return found


def check_proof(proof: Proof) -> Proof:
    """A proof that says something; raises InvalidInput."""
    statement, registration = proof.statement.strip(), proof.registration.strip()
    if max(len(statement), len(registration)) > LONGEST_PROOF:
        raise InvalidInput(
            "this proof is too long", code=OptOutFault.PROOF, field="proof", limit=f"{LONGEST_PROOF} characters"
        )
    if not (statement or registration or proof.file_digest):
        raise InvalidInput(
            "say what the claim rests on: a statement, a registration or a document",
            code=OptOutFault.PROOF,
            field="proof",
        )
    check_text(statement, "statement")
    check_text(registration, "registration")
    return Proof(proof.ground, statement, registration, proof.file_digest)
