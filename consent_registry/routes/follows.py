"""Who follows whom."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry
from consent_registry.routes.own import MANAGE
from trust_kernel.web.access import Access, Actor


def add_follows(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    """Routes of follows."""

    @router.post("/v1/follows/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def follow(account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Follow an account; two who follow each other are mutuals."""
        registry.follow(actor.account_id, account_id)

    @router.delete("/v1/follows/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def unfollow(account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Stop following."""
        registry.unfollow(actor.account_id, account_id)
