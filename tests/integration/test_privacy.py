"""Nothing biometric and no secret leaves the places where it is sealed; and what was forgotten can't be opened."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import select

from consent_registry.tables import CameoMediaRow
from likeness_guard.domain import Gallery, Modality
from likeness_guard.service.rotation import rotation
from likeness_guard.service.templates import Likeness, context_of
from likeness_guard.tables import LikenessTemplateRow
from placet.wiring import House
from tests.integration.deployments import PASSWORD, Place, house, until
from tests.integration.story import Told, ask, end, serving, tell, verify
from trust_kernel.envelope import DataKeyRow
from trust_kernel.errors import NotFound
from trust_kernel.media.refs import MediaLimits

pytestmark = pytest.mark.slow

_WINDOW = 48
"""Bytes of a secret that count as having found it."""
_VARIED = 8
"""Different bytes that such a piece has at least."""
_KEPT_HERE = {"root.key", "first-admin.json"}
"""Files in the data directory whose purpose is to hold a secret, readable by their owner alone."""

Needles = Mapping[str, bytes]


def _windows(secret: bytes) -> Iterator[bytes]:
    """Pieces from all over a secret, as they are and as text would carry them."""
    size = min(_WINDOW, len(secret))
    pieces = [secret[start : start + size] for start in {(len(secret) - size) * part // 6 for part in range(7)}]
    # silence and plain colours are in many files
    for piece in [piece for piece in pieces if len(set(piece)) >= _VARIED]:
        yield piece
        yield piece.hex().encode()
        # what base64 makes of the piece, whichever of three alignments it has
        yield from (base64.b64encode(piece[skip:])[:40] for skip in range(3))


def _found(needles: Needles, haystack: bytes) -> list[str]:
    assert [name for name, secret in needles.items() if not any(_windows(secret))] == []
    return [name for name, secret in needles.items() if any(piece in haystack for piece in _windows(secret))]


def _unrotated(told: Told, scratch: Path) -> dict[Modality, NDArray[np.float32]]:
    """Bruno's embeddings as the models give them, before they are turned and sealed."""
    made: dict[Modality, NDArray[np.float32]] = {}
    limits = MediaLimits(50_000_000, 40_000_000, 120.0, 60.0)
    with house(scratch / "elsewhere") as other:
        book = other.guards.likeness._book
        keep = book.keep

        def watched(owner: str, gallery: Gallery, likenesses: Iterable[Likeness], look: str = "") -> None:
            kept = list(likenesses)
            made.update({one.modality: one.vector for one in kept})
            keep(owner, gallery, kept, look)

        book.keep = watched  # type: ignore[method-assign]
        pictures, sounds = [], []
        for number, picture in enumerate(told.pictures):
            path = scratch / f"{number}.png"
            path.write_bytes(picture)
            pictures.append(other.kernel.decoder.look(path, limits).frames[0])
        path = scratch / "voice.wav"
        path.write_bytes(told.recording)
        sounds.append(other.kernel.decoder.look(path, limits).audio)
        other.guards.likeness.enrol("subj_elsewhere", pictures, sounds)
    return made


def _templates(home: House, subject: str) -> dict[Modality, tuple[bytes, bytes]]:
    """Sealed and opened template of each modality."""
    with home.kernel.database.reading() as session:
        rows = session.exec(select(LikenessTemplateRow).where(LikenessTemplateRow.owner == subject)).all()
    found = {}
    for row in rows:
        context = context_of(Gallery(row.gallery), Modality(row.modality), row.pack)
        assert row.sealed is not None
        found[Modality(row.modality)] = (row.sealed, home.kernel.keyring.open(subject, row.sealed, context))
    return found


def _media(home: House, subject: str) -> dict[str, bytes]:
    """Kept reference media, sealed."""
    with home.kernel.database.reading() as session:
        return {
            row.part: row.sealed
            for row in session.exec(select(CameoMediaRow).where(CameoMediaRow.subject_id == subject))
        }


def _biometrics(home: House, told: Told, scratch: Path) -> dict[str, bytes]:
    needles = {f"picture {number}": picture[256:] for number, picture in enumerate(told.pictures)}
    needles["recording"] = told.recording[4000:]
    plain = _unrotated(told, scratch)
    with home.kernel.database.reading() as session:
        packs = {Modality(row.modality): row.pack for row in session.exec(select(LikenessTemplateRow))}
    templates = _templates(home, told.subject)
    assert set(plain) == set(templates) == set(Modality)
    for modality, vector in plain.items():
        _, rotated = templates[modality]
        turn = rotation(home.kernel.keys.derive(f"likeness:rotation:{packs[modality]}"), len(vector))
        # the needles are the true ones: turned, they are what the server sealed
        assert np.allclose(vector @ turn, np.frombuffer(rotated, "<f4"), atol=1e-4)
        needles[f"{modality} embedding"] = np.ascontiguousarray(vector, "<f4").tobytes()
        needles[f"{modality} template"] = rotated
        needles |= _spelled(f"{modality} embedding", vector)
        needles |= _spelled(f"{modality} template", np.frombuffer(rotated, "<f4"))
    for part, sealed in _media(home, told.subject).items():
        needles[f"kept {part}"] = home.kernel.keyring.open(told.subject, sealed, f"cameo:{part}")[256:]
    return needles


def _spelled(name: str, vector: NDArray[np.float32]) -> dict[str, bytes]:
    """Some numbers of a vector as JSON and logs would spell them."""
    spelled = [repr(number).encode() for number in vector.tolist()]
    telling = [text for text in spelled if len(set(text)) >= _VARIED][:8]
    return {f"{name}, number {place}": text for place, text in enumerate(telling)}


def _secrets(home: House, told: Told) -> dict[str, bytes]:
    people = {"ada": told.ada, "bruno": told.bruno, "staff": told.staff}
    needles = {f"key of {name}": person.key.encode()[-30:] for name, person in people.items()}
    needles["password"] = PASSWORD.encode()
    needles["root key"] = (home.kernel.settings.data_dir / "keys" / "root.key").read_bytes()
    return needles


def _database_bytes(place: Place) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(place.data.glob("placet.db*")))


def _all_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.name not in _KEPT_HERE)


def test_nothing_biometric_and_no_secret_is_logged_answered_recorded_or_stored_open(sqlite_place: Place) -> None:
    place = sqlite_place
    with serving(place, loud=True) as server:
        told = tell(server, place.folder)
        verify(server, told.released)
        night = {"prompt": "the same at night"}
        remix = told.ada.http.post(f"/v1/videos/{told.video}/remix", json=night).raise_for_status().json()
        assert end(told.ada, remix["id"])[0] == "completed"
        for path in ("/v1/videos", "/v1/me", "/v1/keys", "/v1/webhooks", "/ledger/entries", "/ledger/checkpoint"):
            told.ada.http.get(path).raise_for_status()
        told.staff.http.get(f"/v1/cases/{told.video}").raise_for_status()
        told.bruno.http.get(f"/v1/subjects/{told.subject}/grants").raise_for_status()
        told.bruno.http.get(f"/v1/grants/{told.grant}/receipt").raise_for_status()
        told.bruno.http.post(f"/v1/grants/{told.grant}/revoke").raise_for_status()
        # errors answer too
        assert told.bruno.http.get("/v1/cases").is_client_error
        assert told.ada.http.post("/v1/videos", content=b"{").is_client_error
        assert end(told.ada, ask(told.ada))[0] == "failed"
        with place.house() as home:
            needles = {**_biometrics(home, told, place.folder), **_secrets(home, told)}
            answers = b"\n".join(server.answers)
            log = server.child.said().encode()
            ledger = "\n".join(entry.leaf.decode() for entry in home.kernel.ledger.entries(0, 1000)).encode()
            stored = _database_bytes(place)
        # the places are the right ones
        assert b"DEBUG" in log
        assert told.video.encode() in log + answers
        assert b"likeness_templates" in stored
        assert b"release:video:released" in ledger
        assert _found({"control": b"Captain of nothing at all"}, log) == []
        assert _found({"control": told.grant.encode()}, answers) == ["control"]
        for name, haystack in (("log", log), ("answers", answers), ("ledger", ledger), ("database", stored)):
            assert (name, _found(needles, haystack)) == (name, [])
        for file in (*_all_files(place.data), *_all_files(place.folder / "scratch")):
            assert (file.name, _found(needles, file.read_bytes())) == (file.name, [])


def test_what_was_forgotten_cannot_be_opened_with_all_that_is_left(sqlite_place: Place) -> None:
    place = sqlite_place
    with serving(place) as server:
        told = tell(server, place.folder)
        with place.house() as home:
            templates, media = _templates(home, told.subject), _media(home, told.subject)
            with home.kernel.database.reading() as session:
                key = session.get(DataKeyRow, told.subject)
                assert key is not None
                assert key.wrapped is not None
                gone = {"wrapped key": key.wrapped, **{f"sealed {part}": sealed for part, sealed in media.items()}}
            gone |= {f"sealed {modality} template": sealed for modality, (sealed, _) in templates.items()}
        assert set(_found(gone, _database_bytes(place))) == set(gone)  # so the search below can find them

        answer = told.bruno.http.delete(f"/v1/subjects/{told.subject}").raise_for_status()

        assert answer.json()["withdrawn"] == [told.video]
        until(lambda: _found(gone, _database_bytes(place)) == [], "the database's file to be rid of them", 20)
        assert end(told.ada, ask(told.ada))[0] == "failed"
    assert _found(gone, _database_bytes(place)) == []
    # somebody who kept the sealed bytes from before, and now has the database and the key file
    with place.house() as home:
        for sealed, _ in templates.values():
            with pytest.raises(NotFound):
                home.kernel.keyring.open(told.subject, sealed, "likeness:template")
        for part, sealed in media.items():
            with pytest.raises(NotFound):
                home.kernel.keyring.open(told.subject, sealed, f"cameo:{part}")
        assert _templates(home, told.subject) == {}
        assert _media(home, told.subject) == {}
