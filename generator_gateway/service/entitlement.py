"""What the rules of ownership say to somebody who asks, as the errors that every door of ours knows."""

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import ReleaseRecord, ReleaseState
from generator_gateway.service.owning import Act, decide
from trust_kernel.errors import Conflict, Gone, NotPermitted


def entitle(act: Act, release: ReleaseRecord, account_id: str) -> None:
    """Let an account do something with a release, or say why not.

    Raises:
        Gone: it was withdrawn, or taken down.
        Conflict: somebody who appears in it objects to it.
        NotPermitted: it is not theirs to do.
    """
    entries = [owner for owner in release.owners if owner.account_id == account_id]
    reason = decide(act, entries, ReleaseState(release.status))
    if reason is None:
        return
    if reason is GatewayReason.RELEASE_WITHDRAWN:
        raise Gone("this video was withdrawn", code=reason, field="video_id")
    if reason is GatewayReason.RELEASE_TAKEN_DOWN:
        raise Gone(
            "this video was taken down; its owners were told why and how to appeal", code=reason, field="video_id"
        )
    if reason is GatewayReason.RELEASE_OBJECTED:
        raise Conflict("somebody who appears in this video objects to it", code=reason, field="video_id")
    raise NotPermitted("this is not yours to do with this video", code=reason)
