"""The release path. This is the whole of it; every promise that Placet makes hangs on this order."""

from typing import TYPE_CHECKING

from generator_gateway.stages import Ended, Request, Stopped

if TYPE_CHECKING:
    from generator_gateway.ports import Cause, Line, Recall


def produce(request: Request, line: "Line") -> Ended:
    """Take one request to its end: released, held or denied.

    Every step keeps what it earned, so calling this again for the same request goes on where the last call stopped.
    """
    opened = line.ledger.open(request)  # intent is on record before any work
    admitted = line.request_gates.judge(opened)  # text, image, video and audio inputs; consent; policy
    if isinstance(admitted, Stopped):
        return line.ledger.close(admitted)
    draft = line.backend.render(admitted)  # quarantined
    passed = line.output_gates.judge(draft)  # the same guards look at what was really made
    if isinstance(passed, Stopped):
        return line.ledger.close(passed)
    marked = line.marker.mark(passed)  # visible and invisible marks, read back
    signed = line.signer.sign(marked)  # C2PA, verified after signing
    logged = line.ledger.seal(signed)  # inclusion proof
    return line.vault.release(logged)  # one transaction: consent re-checked, co-owners recorded


def withdraw(cause: "Cause", recall: "Recall") -> tuple[str, ...]:
    """Take back every release that a cause touches, in the caller's transaction; gives their ids."""
    releases = recall.touched_by(cause)  # locked, in id order
    return recall.take_back(releases, cause)  # status, ledger, notices
