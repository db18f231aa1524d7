"""What an error carries: a code, and where it helps a field and a limit; never an HTTP status."""

import pytest

from trust_kernel.errors import (
    Broken,
    Conflict,
    Gone,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    PlacetError,
    Unavailable,
)

CODES = {
    PlacetError: "kernel:error:unknown",
    InvalidInput: "kernel:input:invalid",
    NotFound: "kernel:object:not_found",
    Gone: "kernel:object:gone",
    NotPermitted: "kernel:permission:missing",
    NotAuthenticated: "kernel:auth:required",
    Conflict: "kernel:state:conflict",
    Unavailable: "kernel:part:unavailable",
    Broken: "kernel:invariant:broken",
}


@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_every_kind_has_a_code_of_its_own(kind: type[PlacetError], code: str) -> None:
    error = kind("what happened")
    assert (error.code, error.detail, str(error)) == (code, "what happened", "what happened")
    assert (error.field, error.limit) == (None, None)
    assert isinstance(error, PlacetError)


def test_a_closer_code_a_field_and_a_limit_may_be_given() -> None:
    error = InvalidInput("too long", code="request:prompt:length", field="prompt", limit="32000 characters")
    assert (error.code, error.field, error.limit) == ("request:prompt:length", "prompt", "32000 characters")


@pytest.mark.parametrize("kind", CODES)
def test_only_what_is_unavailable_may_be_tried_again(kind: type[PlacetError]) -> None:
    assert kind.retryable is (kind is Unavailable)


@pytest.mark.parametrize("kind", CODES)
def test_no_error_knows_http(kind: type[PlacetError]) -> None:
    assert not [name for name in vars(kind("x")) | vars(kind) if "status" in name]
