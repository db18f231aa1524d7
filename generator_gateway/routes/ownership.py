"""Whose a video is, and what its owners, and staff, do when they disagree."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from generator_gateway.service.lineage import Lineage, LineageDesk
from generator_gateway.service.ownership import MAX_NOTE, Ownership, OwnershipDesk
from trust_kernel.web.access import Access, Actor


class OwnerOut(BaseModel):
    """One owner.

    Attributes:
        pseudonym: what the video's credential and the ledger's list of owners call them.
        role: "requester" or "subject".
        share: exact, "1/3"; with the first role of somebody who has two.
    """

    pseudonym: str
    role: str
    handle: str | None
    you: bool
    rights: list[str]
    modalities: list[str]
    share: str


class ObjectionOut(BaseModel):
    """An objection.

    Attributes:
        by: handle.
        until: when it goes to staff.
    """

    by: str | None
    note: str
    state: str
    at: datetime
    until: datetime
    escalated_at: datetime | None
    decided_at: datetime | None


class OwnersOut(BaseModel):
    """Whose a video is.

    Attributes:
        state: "released", "objected", "taken_down" or "withdrawn".
        digest: what the ledger's entry `ledger_index` holds: SHA-256 of `canonical`.
        canonical: the list of owners as text, by pseudonyms.
        may: what the one who asks may do now.
    """

    object: Literal["video.owners"] = "video.owners"
    video_id: str
    state: str
    owners: list[OwnerOut]
    digest: str
    canonical: str
    ledger_index: int
    objections: list[ObjectionOut]
    may: list[str]


class ObjectIn(BaseModel):
    """Why somebody objects, in their words; the other owners and staff read it."""

    note: str = Field(default="", max_length=MAX_NOTE)


class ObjectionPage(BaseModel):
    """Videos that are held back by objections."""

    data: list[OwnersOut]
    has_more: bool


class DecideObjectionIn(BaseModel):
    """What a member of staff says."""

    decision: Literal["withdraw", "dismiss"]


class PersonOut(BaseModel):
    """Somebody in an ancestor; no handle for one who was forgotten."""

    handle: str | None
    modalities: list[str]


class AncestorOut(BaseModel):
    """One ancestor.

    Attributes:
        depth: 1 for the parent.
        state: "released", "objected", "taken_down", "withdrawn" or "unreleased".
    """

    video_id: str
    depth: int
    state: str
    people: list[PersonOut]


class LineageOut(BaseModel):
    """What a video is a remix of, nearest first.

    Attributes:
        stands: whether all of it is out.
    """

    object: Literal["video.lineage"] = "video.lineage"
    video_id: str
    stands: bool
    ancestors: list[AncestorOut]


def build_ownership_router(desk: OwnershipDesk, lineage: LineageDesk, access: Access) -> APIRouter:
    """Routes of owners under `/v1/videos/{video_id}`, and of staff under `/v1/objections`."""
    router = APIRouter(prefix="/v1", tags=["ownership"])
    _add_looking(router, desk, lineage, access)
    _add_steps(router, desk, access)
    _add_staff(router, desk, access)
    return router


def _add_looking(router: APIRouter, desk: OwnershipDesk, lineage: LineageDesk, access: Access) -> None:
    read = access.requires("video:read")

    @router.get("/videos/{video_id}/owners")
    def list_owners(video_id: str, actor: Annotated[Actor, read]) -> OwnersOut:
        """Whose a released video is: the list that the ledger has the digest of."""
        return _shown(desk, desk.owners(actor.account_id, video_id))

    @router.get("/videos/{video_id}/lineage")
    def show_lineage(video_id: str, actor: Annotated[Actor, read]) -> LineageOut:
        """What a video is a remix of, and where each of that stands."""
        return _lineage(lineage.of(actor.account_id, video_id))


def _add_steps(router: APIRouter, desk: OwnershipDesk, access: Access) -> None:
    delete = access.requires("video:delete")

    @router.post("/videos/{video_id}/withdraw")
    def withdraw_video(video_id: str, actor: Annotated[Actor, delete]) -> OwnersOut:
        """Take a video back for everybody, for good; it stays in its owners' lists as withdrawn."""
        return _shown(desk, desk.withdraw(actor.account_id, video_id))

    @router.post("/videos/{video_id}/object")
    def object_to_video(video_id: str, actor: Annotated[Actor, delete], body: ObjectIn | None = None) -> OwnersOut:
        """Have a video that one appears in held back from everybody who does not."""
        return _shown(desk, desk.object(actor.account_id, video_id, body.note if body else ""))

    @router.delete("/videos/{video_id}/objection")
    def lift_objection(video_id: str, actor: Annotated[Actor, delete]) -> OwnersOut:
        """Take one's own objection back."""
        return _shown(desk, desk.lift(actor.account_id, video_id))


def _add_staff(router: APIRouter, desk: OwnershipDesk, access: Access) -> None:
    read = access.requires("case:read")
    decide = access.requires("case:decide")

    @router.get("/objections")
    def list_objections(
        _actor: Annotated[Actor, read],
        due: bool = True,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ObjectionPage:
        """Videos that are held back and whose owners ran out of time; with `due=false` the others too."""
        found, more = desk.open_objections(due=due, after=after, limit=limit)
        return ObjectionPage(data=[_shown(desk, one) for one in found], has_more=more)

    @router.post("/objections/{video_id}")
    def decide_objection(video_id: str, body: DecideObjectionIn, actor: Annotated[Actor, decide]) -> OwnersOut:
        """Take the video back for everybody, or let it out again."""
        return _shown(desk, desk.decide(actor.account_id, video_id, uphold=body.decision == "withdraw"))


def _shown(desk: OwnershipDesk, ownership: Ownership) -> OwnersOut:
    return OwnersOut(
        video_id=ownership.case_id,
        state=ownership.state.value,
        owners=[
            OwnerOut(
                pseudonym=owner.pseudonym,
                role=owner.role,
                handle=owner.handle,
                you=owner.you,
                rights=list(owner.rights),
                modalities=list(owner.modalities),
                share=f"{owner.share.numerator}/{owner.share.denominator}",
            )
            for owner in ownership.owners
        ],
        digest=ownership.digest,
        canonical=ownership.canonical,
        ledger_index=ownership.ledger_index,
        objections=[
            ObjectionOut(
                by=desk.handle_of(one.account_id),
                note=one.note,
                state=one.state.value,
                at=one.at,
                until=one.until,
                escalated_at=one.escalated_at,
                decided_at=one.decided_at,
            )
            for one in ownership.objections
        ],
        may=list(ownership.may),
    )


def _lineage(lineage: Lineage) -> LineageOut:
    return LineageOut(
        video_id=lineage.case_id,
        stands=lineage.stands,
        ancestors=[
            AncestorOut(
                video_id=one.case_id,
                depth=one.depth,
                state=one.state,
                people=[PersonOut(handle=handle, modalities=list(what)) for handle, what in one.people],
            )
            for one in lineage.ancestors
        ],
    )
