"""What can go wrong here, beyond what can go wrong anywhere."""

from trust_kernel.errors import Conflict, InvalidInput, NotFound


class UnknownClaim(NotFound):
    """There is no such claim, or it is somebody else's."""

    default_code = "optout:claim:unknown"


class IllegalMove(Conflict):
    """The claim's state does not allow this."""

    default_code = "optout:claim:illegal_move"


class UnusableClaim(InvalidInput):
    """The claim says too little, or too much, to be searched for."""

    default_code = "optout:claim:unusable"
