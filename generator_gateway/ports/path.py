"""The steps of the release path, as the pipeline calls them."""

from typing import Protocol

from generator_gateway.stages import (
    Admitted,
    Draft,
    Ended,
    Logged,
    Marked,
    Opened,
    Passed,
    Request,
    Signed,
    Stopped,
)


class CaseLedger(Protocol):
    """Puts a case on record."""

    def open(self, request: Request) -> Opened:
        """Record the intent before any work."""
        ...

    def seal(self, signed: Signed) -> Logged:
        """Record what is about to be released; gives the inclusion proof's place."""
        ...

    def close(self, stopped: Stopped) -> Stopped:
        """Record why a case goes no further."""
        ...


class RequestGates(Protocol):
    """Everything that looks at a request."""

    def judge(self, opened: Opened) -> Admitted | Stopped:
        """Run every gate, ask policy."""
        ...


class OutputGates(Protocol):
    """Everything that looks at what was made."""

    def judge(self, draft: Draft) -> Passed | Stopped:
        """Run every gate on the draft, ask policy."""
        ...


class Renderer(Protocol):
    """Renders an admitted case into quarantine."""

    def render(self, admitted: Admitted) -> Draft:
        """Make the draft."""
        ...


class Marker(Protocol):
    """Visible and invisible marks."""

    def mark(self, passed: Passed) -> Marked:
        """Mark the draft and read the mark back."""
        ...


class Signer(Protocol):
    """Content credentials."""

    def sign(self, marked: Marked) -> Signed:
        """Sign, then verify what was signed."""
        ...


class Vault(Protocol):
    """The door out."""

    def release(self, logged: Logged) -> Ended:
        """Re-check consent under lock and release, or stop, in one transaction."""
        ...


class Line(Protocol):
    """The release path's parts."""

    @property
    def ledger(self) -> CaseLedger: ...  # noqa: D102
    @property
    def request_gates(self) -> RequestGates: ...  # noqa: D102
    @property
    def backend(self) -> Renderer: ...  # noqa: D102
    @property
    def output_gates(self) -> OutputGates: ...  # noqa: D102
    @property
    def marker(self) -> Marker: ...  # noqa: D102
    @property
    def signer(self) -> Signer: ...  # noqa: D102
    @property
    def vault(self) -> Vault: ...  # noqa: D102
