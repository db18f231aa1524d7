"""The Python door of verification: no server, no browser, nothing left behind.

from placet.verify import verify_file

found = verify_file("clip.mp4")
print(sentence(found), found.credential.state, found.facts.ai.tone)
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from placet.cli.options import settings_for

if TYPE_CHECKING:
    from generator_gateway.api import Verification, VerificationDesk

__all__ = ["sentence", "verifier", "verify_file"]


@contextmanager
def verifier(data: str | os.PathLike[str] | None = None) -> "Iterator[VerificationDesk]":
    """A desk for several files; `desk.verify(path)` for each.

    Args:
        data: data directory of a deployment whose marks and releases are to be known; by default what
            ``PLACET_DATA_DIR`` says, or ``./placet-data``. Where there is none, credentials alone are read.

    Raises:
        InvalidInput: a trust anchor in the settings cannot be read.
    """
    from placet.wiring.verifier import open_verifier

    with open_verifier(settings_for(Path(data) if data is not None else None)) as desk:
        yield desk


def verify_file(
    path: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
    trust_anchors: Sequence[str] = (),
    tsa_anchors: Sequence[str] = (),
) -> "Verification":
    """Say everything that is known about one file.

    Args:
        path: any file.
        data: see `verifier`.
        trust_anchors: PEM texts, further roots of claim signers.
        tsa_anchors: PEM texts, further roots of time-stamp authorities.

    Raises:
        NotFound: there is no such file.
        Broken: the anchors cannot be read.
        Unavailable: the database does not answer.
    """
    from trust_kernel.errors import NotFound

    file = Path(path)
    if not file.is_file():
        raise NotFound("there is no such file", field="path")
    with verifier(data) as desk:
        return desk.verify(file, trust_anchors=tuple(trust_anchors), tsa_anchors=tuple(tsa_anchors))


def sentence(found: "Verification", language: str = "en") -> str:
    """The plain sentence of a verification.

    Args:
        found: what was found.
        language: "en" or "it".
    """
    from generator_gateway.api import wording
    from generator_gateway.routes.verification_out import sentence_of

    return sentence_of(found, wording(language))
