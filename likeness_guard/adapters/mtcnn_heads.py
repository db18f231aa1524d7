"""Heads with five points by MTCNN alone: fast enough for every frame of a recording.

dlib's 68 landmarks would say more, but their training data excludes commercial use.
"""

from collections.abc import Sequence

from likeness_guard.adapters.mtcnn import Mtcnn, Proposal, Search
from likeness_guard.adapters.packs import MTCNN
from likeness_guard.ports import Picture
from likeness_guard.ports.watching import Head
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import Session, SessionFactory

_SURE = 0.95
"""Probability from which something counts as a head: a turned one scores less than a frontal one."""
_LEAST_SHARE = 1 / 12
"""The smallest head looked for, as a share of the frame's shorter side."""
_LEAST = 24.0
_TOGETHER = 16


class MtcnnHeads:
    """`HeadFinder` over the networks of the shipped detector.

    Args:
        mtcnn: the networks.
    """

    def __init__(self, mtcnn: Mtcnn) -> None:
        self._mtcnn = mtcnn

    def heads(self, frames: Sequence[Picture]) -> tuple[tuple[Head, ...], ...]:
        """Every upright head of every frame, largest first."""
        groups = (frames[start : start + _TOGETHER] for start in range(0, len(frames), _TOGETHER))
        found = (proposed for group in groups for proposed in self._mtcnn.find([_search(frame) for frame in group]))
        return tuple(
            _sorted([_head(proposal) for proposal in proposed if proposal.score >= _SURE]) for proposed in found
        )


def mtcnn_heads(store: ModelStore, sessions: SessionFactory) -> MtcnnHeads:
    """Over packs that are (or will be) in `store`; files load on first use."""

    def session(name: str) -> Session:
        return sessions.load(store.path(name))

    proposing, refining, final = MTCNN
    return MtcnnHeads(Mtcnn(lambda: session(proposing), lambda: session(refining), lambda: session(final), threads=1))


def _search(frame: Picture) -> Search:
    return Search(frame, max(_LEAST, min(frame.shape[:2]) * _LEAST_SHARE))


def _head(proposal: Proposal) -> Head:
    x0, y0, x1, y1 = proposal.corners
    return Head((x0, y0, x1 - x0, y1 - y0), min(1.0, proposal.score), proposal.points)


def _sorted(heads: Sequence[Head]) -> tuple[Head, ...]:
    return tuple(sorted(heads, key=lambda head: -head.box[2] * head.box[3]))
