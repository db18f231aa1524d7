"""Webhook endpoints over HTTP."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from trust_kernel.delivery.endpoints import OWN_STYLE, WebhookEndpoint, WebhookEndpoints
from trust_kernel.web.access import Access, Actor


class NewEndpoint(BaseModel):
    """Where events go, which (``area:thing:what``, ``area:*`` or ``*``), and whose events they are to look like."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000)
    types: list[str] = Field(default_factory=lambda: ["*"], max_length=50)
    style: str = Field(default=OWN_STYLE, max_length=20)


class EndpointOut(BaseModel):
    """An endpoint without its secret."""

    id: str
    url: str
    types: list[str]
    style: str
    disabled: bool
    created_at: datetime

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointOut":
        """From the domain's value."""
        return cls(
            id=endpoint.id,
            url=endpoint.url,
            types=list(endpoint.types),
            style=endpoint.style,
            disabled=endpoint.disabled,
            created_at=endpoint.created_at,
        )


class NewEndpointOut(EndpointOut):
    """An endpoint just made: the only time that `secret` (``whsec_…``) is shown."""

    secret: str


class EndpointList(BaseModel):
    """An account's endpoints."""

    data: list[EndpointOut]


def build_router(hooks: WebhookEndpoints, access: Access) -> APIRouter:
    """Routes by which an account manages its own endpoints."""
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

    @router.post("", status_code=HTTPStatus.CREATED)
    def register(body: NewEndpoint, actor: Annotated[Actor, access.requires("webhook:manage")]) -> NewEndpointOut:
        """Add an endpoint; the secret that signs what it gets is in this answer and nowhere else."""
        made = hooks.register(actor.account_id, body.url, body.types, body.style)
        return NewEndpointOut(secret=made.secret, **EndpointOut.of(made.endpoint).model_dump())

    @router.get("")
    def endpoints(actor: Annotated[Actor, access.requires("webhook:manage")]) -> EndpointList:
        """The caller's endpoints."""
        return EndpointList(data=[EndpointOut.of(endpoint) for endpoint in hooks.of(actor.account_id)])

    @router.delete("/{endpoint_id}", status_code=HTTPStatus.NO_CONTENT)
    def remove(endpoint_id: str, actor: Annotated[Actor, access.requires("webhook:manage")]) -> None:
        """Delete an endpoint."""
        hooks.remove(actor.account_id, endpoint_id)

    return router
