"""Claims from filing to withdrawal, and what they stop meanwhile."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.adapters.bit_matrix import BitMatrix
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.api import ClaimKind, ClaimState, NewClaim, OptOutIndex, OptOutReason
from copyright_optout.errors import IllegalMove, UnknownClaim, UnusableClaim
from copyright_optout.store import DatabaseClaims
from tests.factories.characters import fox
from tests.factories.databases import sqlite_at
from tests.fakes.optout import MemoryRecord, SetClock, look_at
from trust_kernel.errors import Unavailable

FOX = NewClaim("acct_a", ClaimKind.CHARACTER, "Fennimore Fox", names=["Fennimoro"], pictures=[fox(0)])
PROMPT = "A film in which Fennimore Fox flies"
LOOK = look_at(fox(0))


class Desk:
    """One database; as many processes on it as asked for."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite_at(path / "optouts.db")
        self.record = MemoryRecord()
        self.clock = SetClock()
        self.optouts = self.another_process()

    def another_process(self) -> OptOutIndex:
        return OptOutIndex(DatabaseClaims(self.database), PdqHasher(), BitMatrix(), self.record, self.clock)

    def active(self, new: NewClaim = FOX) -> str:
        return self.optouts.activate(self.optouts.file(new).id, actor="acct_s").id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def stopped(optouts: OptOutIndex) -> tuple[bool, bool]:
    return bool(optouts.named(PROMPT)), bool(optouts.pictured(LOOK))


def test_a_filed_claim_is_submitted_and_stops_nothing(desk: Desk) -> None:
    claim = desk.optouts.file(FOX)
    assert claim.state is ClaimState.SUBMITTED
    assert stopped(desk.optouts) == (False, False)


def test_an_active_claim_stops_its_name_and_its_picture(desk: Desk) -> None:
    claim_id = desk.active()
    (named,) = desk.optouts.named(PROMPT)
    assert named.claim.id == claim_id
    assert PROMPT[slice(*named.span)] == "Fennimore Fox"
    assert (named.score, named.reason) == (1.0, OptOutReason.CHARACTER_NAMED)
    (pictured,) = desk.optouts.pictured(LOOK)
    assert (pictured.claim_id, pictured.title, pictured.distance) == (claim_id, "Fennimore Fox", 0)
    assert pictured.reason is OptOutReason.CHARACTER_PICTURED


def test_a_misspelled_name_is_unsure(desk: Desk) -> None:
    desk.active()
    (named,) = desk.optouts.named("a film with Fennimoer Fox in it")
    assert named.reason is OptOutReason.NAME_UNSURE
    assert 0.75 <= named.score < 0.9


def test_a_withdrawn_claim_stops_nothing_in_any_process(desk: Desk) -> None:
    other = desk.another_process()
    claim_id = desk.active()
    assert stopped(other) == (True, True)
    desk.optouts.withdraw(claim_id, actor="acct_a")
    assert stopped(other) == (False, False)
    assert stopped(desk.optouts) == (False, False)


def test_another_process_sees_a_new_claim_at_its_next_search(desk: Desk) -> None:
    other = desk.another_process()
    assert stopped(other) == (False, False)
    desk.active()
    assert other.readiness().lag == 1
    assert stopped(other) == (True, True)
    assert other.readiness().lag == 0


def test_a_disputed_claim_is_suspended_until_it_is_active_again(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.dispute(claim_id, actor="acct_s")
    assert stopped(desk.optouts) == (False, False)
    desk.optouts.activate(claim_id, actor="acct_s")
    assert stopped(desk.optouts) == (True, True)


def test_an_expired_claim_stops_nothing_though_nobody_swept_it_away(desk: Desk) -> None:
    desk.active(replace(FOX, expires_at=desk.clock.moment + timedelta(hours=1)))
    assert stopped(desk.optouts) == (True, True)
    desk.clock.moment += timedelta(hours=1)
    assert stopped(desk.optouts) == (False, False)


def test_an_activation_that_is_rolled_back_stops_nothing_and_hides_nothing(desk: Desk) -> None:
    first, second = desk.optouts.file(FOX), desk.optouts.file(replace(FOX, title="Boxwell", names=[], pictures=[]))

    def fail() -> None:
        with desk.database.transaction():
            desk.optouts.activate(first.id, actor="acct_s")
            desk.optouts.named(PROMPT)
            raise Unavailable("the ledger is down")

    with pytest.raises(Unavailable):
        fail()
    assert not desk.optouts.named(PROMPT)
    desk.optouts.activate(second.id, actor="acct_s")
    assert desk.optouts.named("here comes Boxwell")


def test_many_claims_are_all_found_whichever_matcher_they_are_in(desk: Desk) -> None:
    names = [f"Zorbl{first}{second}k" for first in "aeiou" for second in "bcdfghjklmnpqrtv"]
    for number, name in enumerate(names):
        desk.active(NewClaim("acct_a", ClaimKind.WORK, name))
        if number % 8 == 0:
            assert [work.alias for work in desk.optouts.named(f"see {name} run") if work.score == 1.0] == [name]
    found = {work.alias for work in desk.optouts.named(" and ".join(names)) if work.score == 1.0}
    assert found == set(names)


def test_licensees_and_the_rights_holder_may(desk: Desk) -> None:
    claim_id = desk.active(replace(FOX, licensees=["acct_l"]))
    assert desk.optouts.licensed(claim_id, "acct_a")
    assert desk.optouts.licensed(claim_id, "acct_l")
    assert not desk.optouts.licensed(claim_id, "acct_x")
    assert not desk.optouts.licensed("claim_none", "acct_l")


def test_every_change_is_on_the_record_as_digests_and_codes(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.withdraw(claim_id, actor="acct_a")
    assert [kind for kind, _ in desk.record.entries] == [
        "optout:claim:submitted",
        "optout:claim:active",
        "optout:claim:withdrawn",
    ]
    for _, body in desk.record.entries:
        assert body["claim"] == claim_id
        assert all(value.isascii() and " " not in value for value in body.values() if isinstance(value, str))
        assert not any("ennimo" in str(value) for value in body.values())


def test_an_unknown_claim_cannot_be_moved(desk: Desk) -> None:
    with pytest.raises(UnknownClaim):
        desk.optouts.activate("claim_none", actor="acct_s")
    with pytest.raises(UnknownClaim):
        desk.optouts.claim("claim_none")


def test_a_withdrawn_claim_stays_withdrawn(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.withdraw(claim_id, actor="acct_a")
    with pytest.raises(IllegalMove):
        desk.optouts.activate(claim_id, actor="acct_s")


@pytest.mark.parametrize(
    ("new", "field", "code"),
    [
        (replace(FOX, title="  "), "title", "optout:claim:unusable"),
        (replace(FOX, title="x" * 201), "title", "optout:claim:unusable"),
        (replace(FOX, names=["!!!"]), "names", "optout:claim:unusable"),
        (replace(FOX, names=["name"] * 201), "names", "optout:claim:unusable"),
        (replace(FOX, expires_at=SetClock().moment), "expires_at", "optout:claim:unusable"),
        (replace(FOX, pictures=[fox(0)] * 51), "pictures", "optout:claim:unusable"),
        (replace(FOX, pictures=[np.zeros((99, 99, 3), np.uint8)]), "pictures", "optout:picture:featureless"),
    ],
)
def test_a_claim_that_cannot_be_searched_for_is_refused_by_field(
    desk: Desk, new: NewClaim, field: str, code: str
) -> None:
    with pytest.raises(UnusableClaim) as refusal:
        desk.optouts.file(new)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert not desk.optouts.claims()
