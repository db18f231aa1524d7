"""A process that reads what it missed in several pieces knows all of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from copyright_optout.adapters.bit_matrix import BitMatrix
from copyright_optout.api import Claim, ClaimState, OptOutIndex
from copyright_optout.domain import Fingerprint
from tests.factories.claims import a_claim, terms
from tests.factories.databases import sqlite
from tests.factories.references import Claimant, melody, picture, played, video
from tests.fakes.optout import MemoryClaims, look_at, optout_parts
from trust_kernel.db import Database

NAMES = ("Fennimore Fox", "Boxwell Badger", "Grizelda Grouse", "Quillon Quail", "Tamsin Toad")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) as made:
        yield made


def kept(store: MemoryClaims) -> list[Claim]:
    claims = [a_claim(f"claim_{number}", says=terms(name)) for number, name in enumerate(NAMES)]
    store.add(claims, {})
    return claims


def test_names_and_pictures_of_every_piece_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copyright_optout.service.recognition._AT_ONCE", 2)
    store = MemoryClaims()
    parts = optout_parts(store)
    claims = kept(store)
    for number, claim in enumerate(claims):
        bits = [one.bits for one in parts.hasher.references(picture(number))]
        store.add_prints(claim.id, [Fingerprint(each, 100) for each in bits])
        store.replace(claim)
    optouts = OptOutIndex(replace(parts, index=BitMatrix()))
    assert {work.claim.id for work in optouts.named(" and ".join(NAMES))} == {claim.id for claim in claims}
    for number, claim in enumerate(claims):
        assert [work.claim.id for work in optouts.pictured(look_at(picture(number)))] == [claim.id]
    assert optouts.readiness().lag == 0


def test_what_ends_in_a_later_piece_than_it_began_in_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copyright_optout.service.recognition._AT_ONCE", 2)
    store = MemoryClaims()
    first, *others = kept(store)
    optouts = OptOutIndex(optout_parts(store))
    store.replace_many([first, *others])
    assert len(optouts.named(" and ".join(NAMES))) == len(NAMES)
    store.replace_many(others[:3])
    store.replace(replace(first, state=ClaimState.WITHDRAWN))
    assert {work.claim.id for work in optouts.named(" and ".join(NAMES))} == {claim.id for claim in others}


def test_an_outage_in_the_midst_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copyright_optout.service.recognition._AT_ONCE", 2)
    store = MemoryClaims()
    for claim in kept(store):
        store.replace(claim)
    optouts = OptOutIndex(optout_parts(store))
    asked = store.changes_since
    with monkeypatch.context() as outage:
        outage.setattr(store, "changes_since", lambda reached, most: asked(reached, most) if reached < 3 else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            optouts.warm_up()
    assert optouts.readiness().lag > 0
    assert len(optouts.named(" and ".join(NAMES))) == len(NAMES)


def test_videos_and_sounds_of_claims_that_took_effect_together_are_all_found(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copyright_optout.service.watching._AT_ONCE", 1)
    claimant = Claimant(database)
    films = [claimant.claim(state=ClaimState.SUBMITTED) for _ in range(3)]
    for number, claim in enumerate(films):
        claimant.refers(claim, video(number * 3, number * 3 + 1, number * 3 + 2))
    tune = claimant.claim(state=ClaimState.SUBMITTED)
    claimant.refers(tune, played(melody(1, 12.0)))
    known = claimant.optouts.several([claim.id for claim in (*films, tune)])
    claimant.activate(known.values())
    late = claimant.process()
    assert [work.claim.id for work in late.pictured(video(6, 7, 8))] == [films[2].id]
    assert [work.claim.id for work in late.heard(played(melody(1, 12.0)))] == [tune.id]
