"""Who is asking, and may they: every route says what it needs, and a test can ask every route what it said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request, Security, params
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from trust_kernel.errors import NotAuthenticated, NotPermitted
from trust_kernel.web.csrf import SAFE_METHODS, check_origin, check_token
from trust_kernel.web.domain import Reason

PUBLIC = "public"
"""What a route open to everybody declares."""

SIGNED_IN = "actor:any"
"""What a route open to every signed-in account declares."""

_BEARER = HTTPBearer(auto_error=False, description="An API key, `plc_…`.")
_CREDENTIALS = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


@dataclass(frozen=True, slots=True)
class Actor:
    """The account behind a request.

    Attributes:
        account_id: ``acct_…``.
        name: display name.
        roles: role names, as wiring defined them.
        permissions: ``area:action``; what the roles give, cut down to the scopes of the key where a key is used.
        via: "key" or "session".
    """

    account_id: str
    name: str
    roles: frozenset[str]
    permissions: frozenset[str]
    via: str

    def may(self, permission: str) -> bool:
        """Whether this actor holds a permission."""
        return permission in self.permissions


class Identities(Protocol):
    """Turns credentials into actors; `trust_kernel.web.accounts.Accounts` is the real one."""

    def actor_for_key(self, key: str) -> Actor | None:
        """The owner of a live API key, or None."""
        ...

    def actor_for_session(self, token: str) -> Actor | None:
        """The account of a live session, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and reach of the two cookies.

    Attributes:
        secure: set Secure and the ``__Host-`` prefix; required wherever the site is served over https.
        origins: further origins (``https://host``) that forms may be posted from, besides the site's own host.
    """

    secure: bool = True
    origins: frozenset[str] = field(default_factory=frozenset)

    @property
    def session(self) -> str:
        """Name of the cookie that holds the session token."""
        return "__Host-placet_session" if self.secure else "placet_session"

    @property
    def visit(self) -> str:
        """Name of the cookie that forms are tied to before anybody has signed in."""
        return "__Host-placet_visit" if self.secure else "placet_visit"


class Access:
    """Makes the dependencies that guard routes.

    Args:
        identities: where credentials are looked up.
        cookies: names of the cookies; `Cookies(secure=False)` for plain http on a developer's machine.
    """

    def __init__(self, identities: Identities, cookies: Cookies | None = None) -> None:
        self.identities = identities
        self.cookies = cookies or Cookies()

    def requires(self, permission: str) -> params.Depends:
        """The actor, who must hold `permission` (``area:action``).

        Raises:
            NotAuthenticated: nobody, or a credential that is not live (at request time).
            NotPermitted: the permission is missing, or a cookie request lacks its CSRF token (at request time).
        """
        if permission in {PUBLIC, SIGNED_IN} or ":" not in permission:
            raise ValueError(f"{permission!r} is not a permission of the form area:action")
        return _depends(_Required(self, permission))

    def signed_in(self) -> params.Depends:
        """The actor, whoever it is."""
        return _depends(_Required(self, SIGNED_IN))

    def optional(self) -> params.Depends:
        """The actor, or None; counts as public. A wrong API key is still refused, a stale cookie is not."""
        return _depends(_Optional(self))

    def public(self) -> params.Depends:
        """Open to everybody; gives None."""
        return _depends(_Public())

    def public_form(self) -> params.Depends:
        """Open to everybody, for a form post without an account: origin and CSRF token are checked. Gives None."""
        return _depends(_PublicForm(self))

    async def actor(self, request: Request) -> Actor | None:
        """The actor of a request, remembered on it; None where it carries no live credential.

        Raises:
            NotAuthenticated: it carries an API key that is not live.
        """
        if not hasattr(request.state, "actor"):
            request.state.actor = await run_in_threadpool(self._identify, request.headers, request.cookies)
        found: Actor | None = request.state.actor
        return found

    def _identify(self, headers: Headers, cookies: Mapping[str, str]) -> Actor | None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            actor = self.identities.actor_for_key(key.strip())
            if actor is None:
                raise NotAuthenticated("this API key is not valid", code=Reason.KEY_INVALID)
            return actor
        token = cookies.get(self.cookies.session)
        return self.identities.actor_for_session(token) if token else None

    async def checked_actor(self, request: Request) -> Actor | None:
        """The actor; where a cookie vouches for an unsafe request, its origin and CSRF token are checked too."""
        actor = await self.actor(request)
        if actor is not None and actor.via != "key" and request.method not in SAFE_METHODS:
            check_origin(request, self.cookies.origins)
            await check_token(request, (request.cookies.get(self.cookies.session),))
        return actor


@dataclass(frozen=True)
class _Required:
    access: Access
    permission: str

    async def __call__(self, request: Request, _key: _CREDENTIALS = None) -> Actor:
        actor = await self.access.checked_actor(request)
        if actor is None:
            raise NotAuthenticated("sign in, or send an API key", code=Reason.AUTH_REQUIRED)
        if self.permission != SIGNED_IN and not actor.may(self.permission):
            raise NotPermitted(f"this needs the permission {self.permission}")
        return actor


@dataclass(frozen=True)
class _Optional:
    access: Access
    permission: str = PUBLIC

    async def __call__(self, request: Request, _key: _CREDENTIALS = None) -> Actor | None:
        return await self.access.checked_actor(request)


@dataclass(frozen=True)
class _Public:
    permission: str = PUBLIC

    async def __call__(self) -> None:
        return None


@dataclass(frozen=True)
class _PublicForm:
    access: Access
    permission: str = PUBLIC

    async def __call__(self, request: Request) -> None:
        cookies = self.access.cookies
        check_origin(request, cookies.origins)
        await check_token(request, (request.cookies.get(cookies.visit), request.cookies.get(cookies.session)))


def _depends(guard: "_Required | _Optional | _Public | _PublicForm") -> params.Depends:
    made: params.Depends = Depends(guard)
    return made


def declared_permission(route: Any) -> str | None:
    """What a route declared: a permission, `PUBLIC`, `SIGNED_IN`, or None where it declared nothing.

    Args:
        route: an ``APIRoute``, or what `routes_of` yields.

    Raises:
        ValueError: it declared two different permissions.
    """
    dependant = getattr(route, "dependant", None)
    found = set(_permissions(dependant)) if dependant is not None else set()
    if len(found) > 1:
        raise ValueError(f"{getattr(route, 'path', route)} declares {sorted(found)}")
    return found.pop() if found else None


def _permissions(dependant: Any) -> Iterator[str]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, _Required | _Optional | _Public | _PublicForm):
            yield dependency.call.permission
        yield from _permissions(dependency)


def routes_of(app: Any) -> Iterator[Any]:
    """Every route of an application or router, those of included routers too; each knows its full `path`.

    Since FastAPI includes routers lazily, ``app.routes`` alone no longer lists them.
    """
    yield from iter_route_contexts(app.routes)
