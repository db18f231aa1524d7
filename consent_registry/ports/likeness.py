"""Templates of faces and voices, as the registry needs them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Enrolled(Protocol):
    """What came of an enrolment."""

    @property
    def face_templates(self) -> int:
        """Face templates made."""
        ...

    @property
    def voice_templates(self) -> int:
        """Voice templates made."""
        ...

    @property
    def portrait(self) -> NDArray[np.uint8] | None:
        """Head and shoulders of the best picture, uint8 RGB (h, w, 3); None where no picture was given."""
        ...


class Alike(Protocol):
    """Somebody else who looks or sounds like whoever is to be enrolled. Enumerations are texts here."""

    @property
    def gallery(self) -> str:
        """Either "cameo" or "blocklist"."""
        ...

    @property
    def modality(self) -> str:
        """Either "face" or "voice"."""
        ...

    @property
    def about(self) -> str:
        """Subject or blocklist entry."""
        ...

    @property
    def band(self) -> str:
        """Either "match" or "unsure"."""
        ...

    @property
    def score(self) -> float:
        """Cosine in [-1, 1]."""
        ...

    @property
    def name(self) -> str:
        """Of the blocklist entry."""
        ...


class Screened(Protocol):
    """What a search of everybody said."""

    @property
    def alike(self) -> Sequence[Alike]:
        """Others, the surest first."""
        ...

    @property
    def unlike_self(self) -> frozenset[Any]:
        """What of "face" and "voice" is unlike the person's own earlier enrolment."""
        ...


class LikenessEnroller(Protocol):
    """Makes, searches and destroys templates. What `prepare` gives is only ever handed back."""

    def prepare(self, faces: Sequence[NDArray[np.uint8]], voices: Sequence[NDArray[np.float32]]) -> Any:
        """Have the networks look and listen, outside any transaction.

        Args:
            faces: uint8 RGB pictures.
            voices: float32 mono sounds at 16 kHz.

        Raises:
            InvalidInput: no face, several faces, too little voice.
        """
        ...

    def screen(self, prepared: Any, *, besides: str) -> Screened:
        """Who else, enrolled or blocked, is like what was prepared; and whether `besides` is. A search alone."""
        ...

    def keep(self, subject_id: str, prepared: Any, *, keep_reference: bool, look: str = "") -> Enrolled:
        """Add what was prepared as a look of a subject, in the caller's transaction.

        Args:
            subject_id: whose likeness.
            prepared: of `prepare`.
            keep_reference: whether media may be kept, sealed, so that a later model can make new templates.
            look: id of the look.
        """
        ...

    def drop_look(self, subject_id: str, look: str) -> int:
        """Destroy the templates and kept media of one look, in the caller's transaction."""
        ...

    def template_versions(self, subject_id: str) -> Mapping[str, tuple[str, ...]]:
        """By look, the model versions that a subject's templates were made by."""
        ...

    def forget(self, subject_id: str) -> None:
        """Destroy every template of a subject."""
        ...
