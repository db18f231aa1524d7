"""HTML pages: Jinja templates that escape everything and fail on names that do not exist."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from trust_kernel.web.access import Actor, Cookies
from trust_kernel.web.csrf import csrf_token


def kernel_templates() -> BaseLoader:
    """Loader of this package's own templates: ``sign_in.html``, ``problem.html``; both extend ``base.html``."""
    return PackageLoader("trust_kernel.web", "templates")


class Pages:
    """Renders templates with what every page needs.

    Args:
        loaders: where templates are looked for, first match wins; `kernel_templates` comes last by itself.
        cookies: the same as given to `Access`.
        branding: how the site calls itself; templates read it as ``branding``.
        filters: Jinja filters by name.
    """

    def __init__(
        self,
        loaders: Sequence[BaseLoader],
        cookies: Cookies,
        branding: Any,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._cookies = cookies
        self.environment = Environment(
            loader=ChoiceLoader([*loaders, kernel_templates()]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals["branding"] = branding
        self.environment.filters.update(filters or {})

    def render(self, request: Request, template: str, *, status: int = HTTPStatus.OK, **context: Any) -> HTMLResponse:
        """A page, with ``request``, ``actor`` (or None), ``csrf_token`` and ``branding`` beside the context given.

        The actor is known where the route requires one or takes `Access.optional`. Pages are never cached.
        """
        actor: Actor | None = getattr(request.state, "actor", None)
        secret = self._secret(request, actor)
        made = self.environment.get_template(template).render(
            context | {"request": request, "actor": actor, "csrf_token": csrf_token(secret)}
        )
        response = HTMLResponse(made, status, headers={"cache-control": "no-store"})
        if secret not in request.cookies.values():
            set_cookie(response, self._cookies, self._cookies.visit, secret)
        return response

    def _secret(self, request: Request, actor: Actor | None) -> str:
        held = request.cookies.get(self._cookies.session) if actor is not None else None
        return held or request.cookies.get(self._cookies.visit) or secrets.token_urlsafe(32)


def set_cookie(response: Response, cookies: Cookies, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other sites' forms do not send.

    Args:
        response: where it is set.
        cookies: says whether it goes over https alone.
        name: one of the names of `cookies`.
        value: its value; empty with a `max_age` of 0 deletes it.
        max_age: seconds; None until the browser closes.
    """
    response.set_cookie(name, value, max_age=max_age, path="/", secure=cookies.secure, httponly=True, samesite="lax")
