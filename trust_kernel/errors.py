"""What an exception means here: the machine, or the caller, failed. A refusal is a value, never one of these.

Errors carry no HTTP status. `trust_kernel.web.problems` maps them to RFC 9457 documents, the command line to exit
codes, the job runner to retry or fail.
"""

from typing import ClassVar


class PlacetError(Exception):
    """Base of every error that Placet raises on purpose.

    Args:
        detail: one sentence for the person who caused it; never holds secrets, media or templates.
        code: reason code in the grammar ``area:thing:what``; the class default says the kind alone.
        field: the input field at fault, as the caller spells it.
        limit: the limit that was passed, with its unit, as text.
    """

    default_code: ClassVar[str] = "kernel:error:unknown"
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str, *, code: str | None = None, field: str | None = None, limit: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.field = field
        self.limit = limit


class InvalidInput(PlacetError):  # noqa: N818 - the name says what is wrong; all of these are errors
    """The caller sent something that cannot be used."""

    default_code = "kernel:input:invalid"


class NotFound(PlacetError):  # noqa: N818
    """There is no such thing, or the caller may not know that there is."""

    default_code = "kernel:object:not_found"


class Gone(PlacetError):  # noqa: N818
    """There was such a thing; it was withdrawn and will not come back under this name."""

    default_code = "kernel:object:gone"


class NotPermitted(PlacetError):  # noqa: N818
    """The caller is known and may not do this."""

    default_code = "kernel:permission:missing"


class NotAuthenticated(PlacetError):  # noqa: N818
    """Nobody is signed in, or the key or session is not valid."""

    default_code = "kernel:auth:required"


class Conflict(PlacetError):  # noqa: N818
    """The request is sound but the state of things forbids it now."""

    default_code = "kernel:state:conflict"


class Unavailable(PlacetError):  # noqa: N818
    """A part that is needed does not answer. The caller may try again."""

    default_code = "kernel:part:unavailable"
    retryable = True


class Broken(PlacetError):  # noqa: N818
    """An invariant does not hold. Trying again will not help."""

    default_code = "kernel:invariant:broken"
