"""Dead letters over HTTP, for staff."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from trust_kernel.delivery.domain import Channel, DeliveryState
from trust_kernel.delivery.letters import DeadLetters, Delivery, DeliveryFilter
from trust_kernel.web.access import Access, Actor

PERMISSION = "delivery:manage"
_Text = Annotated[str, Query(max_length=100)]


class DeliveryList(BaseModel):
    """Deliveries, newest first."""

    data: list[Delivery]
    has_more: bool


class WhichTarget(BaseModel):
    """An endpoint's or an account's id."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(min_length=1, max_length=64)


class Retried(BaseModel):
    """How many deliveries are tried again."""

    retried: int


class Why(BaseModel):
    """Why a delivery is taken off the list."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=2000)


def build_router(letters: DeadLetters, access: Access) -> APIRouter:
    """`/v1/deliveries` and below."""
    router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

    @router.get("")
    def deliveries(
        _actor: Annotated[Actor, access.requires(PERMISSION)],
        state: DeliveryState = DeliveryState.DEAD,
        channel: Channel | None = None,
        target: _Text = "",
        account: _Text = "",
        said: _Text = "",
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DeliveryList:
        """Deliveries in a state, the dead ones where none is named."""
        found, more = letters.page(DeliveryFilter(state, channel, target, account, said), after=after, limit=limit)
        return DeliveryList(data=list(found), has_more=more)

    @router.post("/retry")
    def retry_target(body: WhichTarget, _actor: Annotated[Actor, access.requires(PERMISSION)]) -> Retried:
        """Try everything again that is dead for a target."""
        return Retried(retried=letters.retry_target(body.target))

    @router.post("/{delivery_id}/retry", status_code=HTTPStatus.NO_CONTENT)
    def retry(delivery_id: str, _actor: Annotated[Actor, access.requires(PERMISSION)]) -> None:
        """Try a dead one again."""
        letters.retry(delivery_id)

    @router.post("/{delivery_id}/drop", status_code=HTTPStatus.NO_CONTENT)
    def drop(delivery_id: str, body: Why, actor: Annotated[Actor, access.requires(PERMISSION)]) -> None:
        """Take a dead one off the list."""
        letters.drop(delivery_id, by=actor.account_id, why=body.why)

    return router
