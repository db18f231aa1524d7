"""Becoming a subject, and leaving."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault
from consent_registry.routes.own import MANAGE, own
from consent_registry.schemas import ForgottenOut, NewSubject, SubjectOut
from trust_kernel.errors import NotFound, NotPermitted
from trust_kernel.web.access import Access, Actor


def add_people(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    """Routes of people."""

    @router.post("/v1/subjects", status_code=HTTPStatus.CREATED)
    def register(body: NewSubject, actor: Annotated[Actor, access.requires(MANAGE)]) -> SubjectOut:
        """Become a subject: somebody whom prompts can name, and who decides what follows from that."""
        made = registry.register_subject(actor.account_id, body.handle, body.display_name, birth_year=body.birth_year)
        return SubjectOut.of(made, None)

    @router.get("/v1/subjects/me")
    def me(actor: Annotated[Actor, access.requires(MANAGE)]) -> SubjectOut:
        """The subject of the account that asks."""
        found = registry.subject_of(actor.account_id)
        if found is None:
            raise NotFound("this account has no subject yet", code=ConsentFault.SUBJECT_UNKNOWN)
        return SubjectOut.of(found, registry.cameo(found.id))

    @router.delete("/v1/subjects/{subject_id}")
    def forget(
        subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)], *, with_account: bool = False
    ) -> ForgottenOut:
        """Forget a person for good: grants, templates and media end, and whatever shows them is withdrawn.

        With `with_account` the account goes too, with every video that it made; that is for its owner alone.
        """
        subject = own(registry, subject_id, actor)
        if with_account and subject.account_id != actor.account_id:
            raise NotPermitted("an account is its owner's to end", code=ConsentFault.ACCOUNT_BY_OTHER)
        gone = registry.forget(subject_id, actor=actor.account_id, with_account=with_account)
        return ForgottenOut(withdrawn=list(gone))
