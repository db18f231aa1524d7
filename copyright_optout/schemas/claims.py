"""What the routes of claims take and give."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from copyright_optout.domain import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Concern,
    Concerning,
    Declaration,
    Ground,
    Licence,
    Proof,
    Setting,
    Told,
    check_territories,
    without_whom,
)


class LicenceBody(BaseModel):
    """What a rights holder lets one account make; no settings and no territories are all of them."""

    account_id: str = Field(max_length=100)
    settings: list[Setting] = Field(default=[])
    territories: list[str] = Field(default=[], max_length=300)
    until: AwareDatetime | None = None

    def licence(self) -> Licence:
        """The licence; raises InvalidInput."""
        return Licence(self.account_id, frozenset(self.settings), check_territories(self.territories), self.until)

    @classmethod
    def of(cls, licence: Licence) -> "LicenceBody":
        """What is told of a licence."""
        return cls(
            account_id=licence.account_id,
            settings=sorted(licence.settings),
            territories=sorted(licence.territories),
            until=licence.until,
        )


class LicencesBody(BaseModel):
    """All licences of a claim, anew."""

    licences: list[LicenceBody] = Field(max_length=1000)


class TermsBody(BaseModel):
    """What a claim says; a draft is made to say all of this anew."""

    title: str = Field(max_length=1000)
    kind: ClaimKind
    names: list[str] = Field(default=[], max_length=1000)
    descriptions: list[str] = Field(default=[], max_length=100)
    settings: list[Setting] = Field(default=[], description="only depictions in these; none for any")
    territories: list[str] = Field(default=[], max_length=300, description="only there; none for everywhere")
    licences: list[LicenceBody] = Field(default=[], max_length=1000)
    told: Told = Told.TITLE
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None

    def terms(self) -> ClaimTerms:
        """The terms; raises InvalidInput."""
        return ClaimTerms(
            kind=self.kind,
            title=self.title,
            names=tuple(self.names),
            descriptions=tuple(self.descriptions),
            blocks=Blocks(frozenset(self.settings), check_territories(self.territories)),
            licences=tuple(one.licence() for one in self.licences),
            told=self.told,
            starts_at=self.starts_at,
            expires_at=self.expires_at,
        )


class SubmissionBody(BaseModel):
    """Handing in a draft; what it said already need not be said again."""

    ground: Ground | None = None
    statement: str = Field(default="", max_length=4000)
    registration: str = Field(default="", max_length=4000)
    declarations: list[Declaration] = Field(default=[])

    def proof(self) -> Proof | None:
        """The proof, if one was given."""
        return None if self.ground is None else Proof(self.ground, self.statement, self.registration)


class DecisionBody(BaseModel):
    """What whoever decides has looked at."""

    seen: AwareDatetime = Field(description="`changed_at` of the claim as it was read")


class ActivationBody(DecisionBody):
    """Which concerns whoever activates has looked at."""

    despite: list[Concern] = Field(default=[])


class ProofView(BaseModel):
    """What a claim rests on."""

    ground: Ground
    statement: str
    registration: str


class ConcernView(BaseModel):
    """What is to be known of a claim; whom or what else it is about only staff see."""

    concern: Concern
    name: str
    about: str | None


class ClaimView(BaseModel):
    """A claim, as its rights holder and staff see it."""

    id: str
    organisation_id: str
    filed_by: str
    reference: str
    kind: ClaimKind
    title: str
    names: list[str]
    descriptions: list[str]
    settings: list[Setting]
    territories: list[str]
    licences: list[LicenceBody]
    told: Told
    only_licensed: bool
    state: ClaimState
    proof: ProofView | None
    declarations: list[Declaration]
    references: dict[str, int]
    concerns: list[ConcernView]
    created_at: datetime
    changed_at: datetime
    starts_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, claim: Claim, concerns: Sequence[Concerning] = (), *, staff: bool = False) -> "ClaimView":
        """The view of a claim."""
        terms, proof = claim.terms, claim.proof
        return cls(
            id=claim.id,
            organisation_id=claim.organisation_id,
            filed_by=claim.filed_by,
            reference=claim.reference,
            kind=terms.kind,
            title=terms.title,
            names=list(terms.names),
            descriptions=list(terms.descriptions),
            settings=sorted(terms.blocks.settings),
            territories=sorted(terms.blocks.territories),
            licences=[LicenceBody.of(one) for one in terms.licences],
            told=terms.told,
            only_licensed=claim.only_licensed,
            state=claim.state,
            proof=None
            if proof is None
            else ProofView(ground=proof.ground, statement=proof.statement, registration=proof.registration),
            declarations=sorted(claim.declared),
            references=dict(claim.references),
            concerns=[
                ConcernView(concern=one.concern, name=one.name, about=one.about if staff else None)
                for one in (concerns if staff else without_whom(concerns))
            ],
            created_at=claim.created_at,
            changed_at=claim.changed_at,
            starts_at=terms.starts_at,
            expires_at=terms.expires_at,
        )


class ClaimList(BaseModel):
    """Claims, newest first."""

    data: list[ClaimView]
    has_more: bool
