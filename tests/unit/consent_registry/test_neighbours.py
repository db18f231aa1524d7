"""The registry beside its real neighbours: ledger, outbox, decoder."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from consent_registry.api import ConsentRegistry
from consent_registry.routes import ATTEST, build_router
from tests.factories.databases import sqlite
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.consent_registry.conftest import House, people
from trust_kernel.audit.ledger import Ledger
from trust_kernel.audit.notes import NoteSigner
from trust_kernel.events import Outbox
from trust_kernel.media.decode import Decoder
from trust_kernel.media.sandbox import Sandbox


class Street:
    """A house with real neighbours."""

    def __init__(self, house: House) -> None:
        self.house = house
        signer = NoteSigner("placet.example/ledger", Ed25519PrivateKey.generate())
        self.ledger = Ledger(house.database, house.clock, signer, "placet.example/ledger")
        self.outbox = Outbox(house.database, house.clock)
        object.__setattr__(house.parts, "record", self.ledger)
        object.__setattr__(house.parts, "notifier", self.outbox)
        self.registry = ConsentRegistry(house.parts)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with sqlite(tmp_path) as database:
        yield Street(House(database, tmp_path))


def test_every_change_is_on_the_real_ledger_and_the_ledger_holds(street: Street) -> None:
    ada = street.house.person("ada")
    grant = street.house.give(ada, people("acct_bob"), note="words with spaces @ signs")
    street.registry.revoke(grant.id, actor="acct_ada")
    street.registry.forget(ada.id, actor="acct_ada")
    kinds = [street.ledger.entry(index).kind for index in range(4)]
    assert kinds == [
        "consent:cameo:enrolled",
        "consent:grant:given",
        "consent:grant:revoked",
        "consent:subject:forgotten",
    ]
    assert street.ledger.verify().ok


def test_a_change_that_rolls_back_leaves_neither_entry_nor_notice(street: Street) -> None:
    ada = street.house.person("ada")
    grant = street.house.give(ada)
    size = street.ledger.verify().size
    notices = len(street.outbox.for_recipient("acct_ada"))
    street.house.withdrawals.failing = True
    with pytest.raises(RuntimeError):
        street.registry.revoke(grant.id, actor="acct_ada")
    assert street.ledger.verify().size == size
    assert len(street.outbox.for_recipient("acct_ada")) == notices


def test_those_concerned_find_it_among_their_notices(street: Street) -> None:
    ada = street.house.person("ada")
    grant = street.house.give(ada, people("acct_bob"))
    (event,) = street.outbox.for_recipient("acct_bob")
    assert (event.type, event.payload["grant_id"]) == ("consent:grant:given", grant.id)


def a_png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((64, 48, 3), (200, 10, 10), np.uint8)).save(file, "PNG")
    return file.getvalue()


def a_wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes((8_000 * np.sin(np.arange(16_000) / 9)).astype("<i2").tobytes())
    return file.getvalue()


def test_real_uploads_are_decoded_and_kept_sealed(street: Street) -> None:
    identities = FakeIdentities()
    staff = identities.add(an_actor(ATTEST, account_id="acct_staff"))
    app = FastAPI()
    app.include_router(build_router(street.registry, access_of(identities), Decoder(Sandbox())))
    other = identities.add(an_actor(ATTEST, account_id="acct_other"))
    ada = street.house.person("ada", enrolled=False, birth_year=1990)
    files = [("pictures", ("a.png", a_png())), ("recordings", ("a.wav", a_wav()))]
    client = TestClient(app)
    answer = client.post(
        f"/v1/subjects/{ada.id}/enrolment", files=files, data={"keep_reference": "true"}, headers=staff
    )
    assert answer.status_code == 202, answer.text
    confirmed = client.post(f"/v1/enrolments/{answer.json()['id']}/confirm", headers=other)
    assert confirmed.json()["state"] == "enrolled", confirmed.text
    media = street.registry.references(ada.id)
    assert media.portrait is not None
    assert media.voice is not None
    assert media.portrait.shape == (64, 48, 3)
    assert tuple(media.portrait[0, 0]) == (200, 10, 10)
    assert abs(media.voice.size - 16_000) <= 160
