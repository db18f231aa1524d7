"""The C2PA Soft Binding Resolution API, version 2.2: manifests for files that lost theirs.

Nothing is asked of whoever asks, nothing of a file is kept, and no URL is ever fetched: the version has no
`byReference`.
"""

import tempfile
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response, params
from pydantic import BaseModel, Field

from generator_gateway.ports.bindings import BindingMatch, BindingReason
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.uploads import fed_in_pieces
from generator_gateway.service.bindings import MOST_MATCHES, Hint, SoftBindings
from generator_gateway.service.bindings_values import MOST_TEXT
from trust_kernel.errors import InvalidInput
from trust_kernel.web.access import Access

MANIFEST_TYPE = "application/c2pa"
MOST_IN_URL = 4096
"""Characters of a value in a URL; longer ones are posted."""
_READ = frozenset({"image", "audio", "video", "application"})
"""Kinds of media types whose bytes are looked at; what is in a file is said by its bytes, never by its type."""
_MOST_NAME = 256

_Algorithm = Annotated[str, Query(max_length=_MOST_NAME, description="Name of the soft-binding algorithm.")]
_MaxResults = Annotated[int, Query(alias="maxResults", ge=1, description=f"At most {MOST_MATCHES} are given.")]


class MatchOut(BaseModel):
    """A manifest that may be that of the file; `GET /manifests/{manifestId}` gives it."""

    manifestId: str  # noqa: N815 - as the standard spells it
    similarityScore: int = Field(ge=0, le=100)  # noqa: N815 - as the standard spells it


class MatchesOut(BaseModel):
    """Matches, the strongest first; none is an answer too."""

    matches: list[MatchOut]


class BindingIn(BaseModel):
    """A soft binding."""

    alg: str = Field(max_length=_MOST_NAME)
    value: str = Field(max_length=MOST_TEXT)


class AlgorithmOut(BaseModel):
    """Name of an algorithm."""

    alg: str


class WatermarkOut(AlgorithmOut):
    """Name of a watermark.

    The standard's schema asks of each of these, by a misplaced `oneOf`, for a property `watermarks` or `fingerprints`
    as well. One is given, so that clients that check against the schema take the answer.
    """

    watermarks: bool = True


class AlgorithmsOut(BaseModel):
    """What may be asked for."""

    watermarks: list[WatermarkOut]
    fingerprints: list[AlgorithmOut]


def build_binding_router(
    service: SoftBindings, access: Access, max_bytes: int, *, guards: Sequence[params.Depends] = ()
) -> APIRouter:
    """The API's routes, open to everybody; mount them under a prefix.

    Args:
        service: resolves.
        access: declares the routes public.
        max_bytes: size of an upload, at most.
        guards: what else comes before a search, such as a rate limit.
    """
    router = APIRouter(tags=["soft bindings"])
    public = [access.public()]
    _add_queries(router, service, [*public, *guards])
    _add_content(router, service, [*public, *guards], max_bytes)

    @router.get(
        "/manifests/{manifestId}",
        dependencies=public,
        response_class=Response,
        responses={200: {"content": {MANIFEST_TYPE: {}}}},
    )
    def manifest(
        manifestId: str,  # noqa: N803 - as the standard spells it
        active_only: Annotated[bool, Query(alias="returnActiveManifest")] = False,
    ) -> Response:
        """A manifest store, or one with the active manifest alone."""
        store = service.manifest(manifestId, active_only=active_only)
        return Response(store, media_type=MANIFEST_TYPE)

    @router.get("/services/supportedAlgorithms", dependencies=public)
    def supported_algorithms() -> AlgorithmsOut:
        """Names of the algorithms that are answered."""
        names = service.supported()
        return AlgorithmsOut(
            watermarks=[WatermarkOut(alg=name) for name in names.watermarks],
            fingerprints=[AlgorithmOut(alg=name) for name in names.fingerprints],
        )

    return router


def _add_queries(router: APIRouter, service: SoftBindings, dependencies: list[params.Depends]) -> None:
    @router.get("/matches/byBinding", dependencies=dependencies)
    def by_binding(
        alg: _Algorithm,
        value: Annotated[str, Query(description="The soft binding's value, base64.")],
        limit: _MaxResults = 10,
    ) -> MatchesOut:
        """Manifests that a soft binding leads to."""
        if len(value) > MOST_IN_URL:
            raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG, "the value is too long for a URL; post it instead")
        return _out(service.by_binding(alg, value, limit))

    @router.post("/matches/byBinding", dependencies=dependencies)
    def by_large_binding(binding: BindingIn, limit: _MaxResults = 10) -> MatchesOut:
        """Manifests that a soft binding too long for a URL leads to."""
        return _out(service.by_binding(binding.alg, binding.value, limit))


def _add_content(router: APIRouter, service: SoftBindings, dependencies: list[params.Depends], max_bytes: int) -> None:
    threads = ThreadsApart()

    @router.post("/matches/byContent", dependencies=dependencies, openapi_extra={"requestBody": _ANY_MEDIUM})
    async def by_content(
        request: Request,
        alg: Annotated[str | None, Query(max_length=_MOST_NAME)] = None,
        limit: _MaxResults = 10,
        hint_alg: Annotated[str | None, Query(alias="hintAlg", max_length=_MOST_NAME)] = None,
        hint_value: Annotated[str | None, Query(alias="hintValue", max_length=MOST_IN_URL)] = None,
    ) -> MatchesOut:
        """Manifests of what a file comes from or resembles. The body is the file itself; it is not kept."""
        _check_type(request.headers.get("content-type", "application/octet-stream"))
        hint = _hint(hint_alg, hint_value)
        with tempfile.TemporaryDirectory(prefix="placet-binding-") as folder:
            path = Path(folder) / "upload"
            await _store(request, path, max_bytes)
            return _out(await threads.run(lambda: _resolve(service, path, alg, hint, limit)))


def _resolve(
    service: SoftBindings, path: Path, alg: str | None, hint: Hint | None, limit: int
) -> tuple[BindingMatch, ...]:
    try:
        return service.by_content(path, algorithm=alg, hint=hint, limit=limit)
    except InvalidInput as error:
        if error.code != BindingReason.CONTENT:
            raise
        # The standard's word for an asset that cannot be taken, whatever its type said.
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error.detail) from error


def _check_type(content_type: str) -> None:
    if content_type.split("/", 1)[0].strip().lower() not in _READ:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send a picture, a video or sound as the body")


def _hint(algorithm: str | None, value: str | None) -> Hint | None:
    if algorithm is None and value is None:
        return None
    if algorithm is None or value is None:
        raise InvalidInput("hintAlg and hintValue go together", code=BindingReason.VALUE, field="hintValue")
    return Hint(algorithm, value)


async def _store(request: Request, path: Path, max_bytes: int) -> None:
    written = 0
    with path.open("wb") as target:

        def take(piece: bytes) -> None:
            nonlocal written
            written += len(piece)
            if written > max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the file has over {max_bytes} bytes")
            target.write(piece)

        await fed_in_pieces(request, take)
    if not written:
        raise InvalidInput("the body is empty", code=BindingReason.CONTENT)


def _out(found: Sequence[BindingMatch]) -> MatchesOut:
    return MatchesOut(
        matches=[MatchOut(manifestId=match.manifest_label, similarityScore=match.similarity) for match in found]
    )


_ANY_MEDIUM = {
    "required": True,
    "content": {
        f"{kind}/*": {"schema": {"type": "string", "format": "binary"}} for kind in ("image", "audio", "video")
    },
}
