"""Reference media kept for later models, sealed under the owner's key."""

from collections.abc import Sequence

from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import Picture, Reference, ReferenceCodec, ReferenceStore, Sound
from trust_kernel.envelope import Keyring


class References:
    """Keeps and opens reference media.

    Args:
        store: rows.
        codec: media to bytes.
        keyring: seals them under one key an owner.
    """

    def __init__(self, store: ReferenceStore, codec: ReferenceCodec, keyring: Keyring) -> None:
        self._store = store
        self._codec = codec
        self._keyring = keyring

    def keep(
        self, owner: str, gallery: Gallery, pictures: Sequence[Picture], sounds: Sequence[Sound], look: str = ""
    ) -> None:
        """Seal and store."""
        parts = [(Modality.FACE, self._codec.pack_face(picture)) for picture in pictures]
        parts += [(Modality.VOICE, self._codec.pack_voice(sound)) for sound in sounds]
        for modality, data in parts:
            self._store.keep(owner, gallery, modality, self._keyring.seal(owner, data, _context(modality)), look)

    def pictures(self, owner: str) -> dict[str, list[Picture]]:
        """Every kept picture of a face, by look; raises NotFound where the owner's key was shredded."""
        found: dict[str, list[Picture]] = {}
        for one in self._store.of_owner(owner, Modality.FACE):
            found.setdefault(one.look, []).append(self._codec.unpack_face(self._opened(one)))
        return found

    def sounds(self, owner: str) -> dict[str, list[Sound]]:
        """Every kept sound, by look; raises NotFound where the owner's key was shredded."""
        found: dict[str, list[Sound]] = {}
        for one in self._store.of_owner(owner, Modality.VOICE):
            found.setdefault(one.look, []).append(self._codec.unpack_voice(self._opened(one)))
        return found

    def drop_look(self, owner: str, look: str) -> None:
        """Delete what is kept of one look."""
        self._store.drop_look(owner, look)

    def drop(self, owner: str) -> None:
        """Delete everything kept of an owner."""
        self._store.drop(owner)

    def _opened(self, kept: Reference) -> bytes:
        return self._keyring.open(kept.owner, kept.sealed, _context(kept.modality))


def _context(modality: Modality) -> str:
    return f"likeness:reference:{modality}"
