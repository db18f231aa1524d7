"""Signing in and out, accounts and API keys over HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trust_kernel.errors import NotAuthenticated
from trust_kernel.web.access import Access, Actor, Cookies
from trust_kernel.web.accounts import Accounts
from trust_kernel.web.domain import Throttled
from trust_kernel.web.pages import Pages, set_cookie
from trust_kernel.web.problems import status_of
from trust_kernel.web.rate import Network, client_key
from trust_kernel.web.schemas import AccountOut, KeyList, KeyOut, Me, NewAccount, NewKey, NewKeyOut

_HOME = "/"
"""Where a browser goes after signing in, unless the form says otherwise, and after signing out."""


def build_router(accounts: Accounts, access: Access) -> APIRouter:
    """Routes of accounts and keys (JSON), and sign-out.

    Args:
        accounts: the service.
        access: makes the guards.
    """
    router = APIRouter(tags=["accounts"])
    _add_accounts(router, accounts, access)
    _add_keys(router, accounts, access)

    @router.post("/sign-out", include_in_schema=False)
    def sign_out(request: Request, _actor: Annotated[Actor, access.signed_in()]) -> Response:
        accounts.sign_out(request.cookies.get(access.cookies.session, ""))
        response = RedirectResponse(_HOME, HTTPStatus.SEE_OTHER)
        set_cookie(response, access.cookies, access.cookies.session, "", max_age=0)
        return response

    return router


def build_pages_router(accounts: Accounts, access: Access, pages: Pages, proxies: Sequence[Network] = ()) -> APIRouter:
    """The sign-in page.

    Args:
        accounts: the service.
        access: makes the guards.
        pages: renders ``sign_in.html``.
        proxies: networks of proxies that are believed about whom they speak for; failures are counted by address.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in", dependencies=[access.optional()], response_class=HTMLResponse)
    def sign_in_page(request: Request, next: str = _HOME) -> Response:  # noqa: A002 - the query parameter's name
        return pages.render(request, "sign_in.html", message="", email="", next=local_path(next))

    @router.post("/sign-in", dependencies=[access.public_form()], response_class=HTMLResponse)
    def sign_in(
        request: Request,
        email: Annotated[str, Form(max_length=254)],
        password: Annotated[str, Form(max_length=1024)],
        next: Annotated[str, Form(max_length=2000)] = _HOME,  # noqa: A002 - the form field's name
    ) -> Response:
        goal = local_path(next)
        address = client_key(request.scope, proxies)
        replaces = request.cookies.get(access.cookies.session)
        try:
            signed = accounts.sign_in(email, password, address=address, replaces=replaces)
        except (NotAuthenticated, Throttled) as error:
            return pages.render(
                request, "sign_in.html", status=status_of(error), message=error.detail, email=email, next=goal
            )
        return _welcome(goal, access.cookies, signed.token)

    return router


def local_path(path: str) -> str:
    r"""A path on this site, or the start: never another host (``//host``, ``/\host``, ``https:…``)."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local else _HOME


def _welcome(goal: str, cookies: Cookies, token: str) -> Response:
    response = RedirectResponse(goal, HTTPStatus.SEE_OTHER)
    set_cookie(response, cookies, cookies.session, token)
    # The form's cookie has done its work; another person at this browser gets a new one.
    set_cookie(response, cookies, cookies.visit, "", max_age=0)
    return response


def _add_accounts(router: APIRouter, accounts: Accounts, access: Access) -> None:
    @router.post("/v1/accounts", status_code=HTTPStatus.CREATED)
    def register(body: NewAccount, _actor: Annotated[Actor, access.requires("account:write")]) -> AccountOut:
        """Make an account with roles."""
        return AccountOut.of(accounts.register(body.email, body.password, body.roles, body.name))

    @router.get("/v1/me")
    def me(actor: Annotated[Actor, access.signed_in()]) -> Me:
        """Who the caller is and what it may do."""
        return Me(
            id=actor.account_id,
            name=actor.name,
            roles=sorted(actor.roles),
            permissions=sorted(actor.permissions),
            via=actor.via,
        )


def _add_keys(router: APIRouter, accounts: Accounts, access: Access) -> None:
    @router.post("/v1/keys", status_code=HTTPStatus.CREATED)
    def issue(body: NewKey, actor: Annotated[Actor, access.requires("key:manage")]) -> NewKeyOut:
        """Make an API key; its secret is in this answer and nowhere else."""
        issued = accounts.issue_key(
            actor.account_id,
            body.name,
            actor.permissions if body.scopes is None else body.scopes,
            lasts=timedelta(days=body.lasts_days) if body.lasts_days else None,
            ceiling=actor.permissions,
        )
        return NewKeyOut(key=issued.plaintext, **KeyOut.of(issued.info).model_dump())

    @router.get("/v1/keys")
    def keys(actor: Annotated[Actor, access.requires("key:manage")]) -> KeyList:
        """The caller's keys, revoked ones too, newest first."""
        return KeyList(data=[KeyOut.of(key) for key in accounts.keys(actor.account_id)])

    @router.delete("/v1/keys/{key_id}", status_code=HTTPStatus.NO_CONTENT)
    def revoke(key_id: str, actor: Annotated[Actor, access.requires("key:manage")]) -> None:
        """Stop a key for good."""
        accounts.revoke_key(actor.account_id, key_id)
