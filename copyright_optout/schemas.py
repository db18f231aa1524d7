"""What the HTTP routes take and give."""

from datetime import datetime

from pydantic import BaseModel

from copyright_optout.domain import Claim, ClaimKind, ClaimState


class ClaimView(BaseModel):
    """A claim, as its rights holder and staff see it."""

    id: str
    rights_holder: str
    kind: ClaimKind
    title: str
    names: list[str]
    licensees: list[str]
    territory: str
    state: ClaimState
    pictures: int
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, claim: Claim) -> "ClaimView":
        """The view of a claim."""
        return cls(
            id=claim.id,
            rights_holder=claim.rights_holder,
            kind=claim.kind,
            title=claim.title,
            names=list(claim.names),
            licensees=list(claim.licensees),
            territory=claim.territory,
            state=claim.state,
            pictures=claim.pictures,
            created_at=claim.created_at,
            changed_at=claim.changed_at,
            expires_at=claim.expires_at,
        )


class ClaimList(BaseModel):
    """Claims, newest first."""

    data: list[ClaimView]
