"""Claims from filing to withdrawal, and what they stop meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from copyright_optout.api import (
    Blocks,
    Claim,
    ClaimState,
    ClaimTerms,
    Concern,
    Concerning,
    Declaration,
    Depiction,
    Licence,
    OptOutIndex,
    OptOutReason,
    Setting,
)
from copyright_optout.errors import IllegalMove, UnknownClaim, UnusableClaim
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations
from tests.factories.characters import fox
from tests.factories.claims import DECLARED, PROOF, active, filing, terms
from tests.factories.databases import sqlite_at
from tests.fakes.optout import KnownNames, MemoryRecord, SetClock, look_at, optout_parts
from trust_kernel.errors import Conflict, InvalidInput, Unavailable

FOX = terms("Fennimore Fox", "Fennimoro")
Picture = NDArray[np.uint8]
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
        return OptOutIndex(
            optout_parts(
                DatabaseClaims(self.database),
                DatabaseOrganisations(self.database),
                record=self.record,
                clock=self.clock,
                people=KnownNames({"ada lovelace": "acct_ada"}),
            )
        )

    def filed(self, says: ClaimTerms = FOX, by: str = "acct_a", pictures: Sequence[Picture] = (fox(0),)) -> Claim:
        return self.optouts.desk.file(filing(self.optouts, says, by=by, pictures=pictures))

    def concerns(self, claim: Claim) -> Sequence[Concerning]:
        return self.optouts.concerns([claim.id]).get(claim.id, ())

    def active(self, says: ClaimTerms = FOX) -> str:
        return active(self.optouts, says, pictures=[fox(0)])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def stopped(optouts: OptOutIndex) -> tuple[bool, bool]:
    return bool(optouts.named(PROMPT)), bool(optouts.pictured(LOOK))


def test_a_filed_claim_is_submitted_and_stops_nothing(desk: Desk) -> None:
    claim = desk.filed()
    assert claim.state is ClaimState.SUBMITTED
    assert stopped(desk.optouts) == (False, False)


def test_an_active_claim_stops_its_name_and_its_picture(desk: Desk) -> None:
    claim_id = desk.active()
    (named,) = desk.optouts.named(PROMPT)
    assert named.claim.id == claim_id
    assert PROMPT[slice(*named.span)] == "Fennimore Fox"
    assert (named.score, named.reason) == (1.0, OptOutReason.CHARACTER_NAMED)
    (pictured,) = desk.optouts.pictured(LOOK)
    assert (pictured.claim.id, pictured.distance) == (claim_id, 0)
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
    desk.optouts.desk.move(claim_id, ClaimState.WITHDRAWN, actor="acct_a")
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
    desk.optouts.desk.move(claim_id, ClaimState.DISPUTED, actor="acct_s")
    assert stopped(desk.optouts) == (False, False)
    desk.optouts.desk.activate(claim_id, actor="acct_s")
    assert stopped(desk.optouts) == (True, True)


def test_an_expired_claim_stops_nothing_though_nobody_swept_it_away(desk: Desk) -> None:
    desk.active(replace(FOX, expires_at=desk.clock.moment + timedelta(hours=1)))
    assert stopped(desk.optouts) == (True, True)
    desk.clock.moment += timedelta(hours=1)
    assert stopped(desk.optouts) == (False, False)


def test_an_activation_that_is_rolled_back_stops_nothing_and_hides_nothing(desk: Desk) -> None:
    first, second = desk.filed(), desk.filed(terms("Boxwell"), pictures=())

    def fail() -> None:
        with desk.database.transaction():
            desk.optouts.desk.activate(first.id, actor="acct_s")
            desk.optouts.named(PROMPT)
            raise Unavailable("the ledger is down")

    with pytest.raises(Unavailable):
        fail()
    assert not desk.optouts.named(PROMPT)
    desk.optouts.desk.activate(second.id, actor="acct_s")
    assert desk.optouts.named("here comes Boxwell")


def test_many_claims_are_all_found_whichever_matcher_they_are_in(desk: Desk) -> None:
    names = [f"Zorbl{first}{second}k" for first in "aeiou" for second in "bcdfghjklmnpqrtv"]
    for number, name in enumerate(names):
        desk.active(terms(name))
        if number % 8 == 0:
            assert [work.alias for work in desk.optouts.named(f"see {name} run") if work.score == 1.0] == [name]
    found = {work.alias for work in desk.optouts.named(" and ".join(names)) if work.score == 1.0}
    assert found == set(names)


def test_licensees_and_members_of_the_organisation_may(desk: Desk) -> None:
    claim = desk.filed(replace(FOX, licences=(Licence("acct_l"),)))
    assert desk.optouts.permits(claim, "acct_a") is OptOutReason.LICENSED
    assert desk.optouts.permits(claim, "acct_l") is OptOutReason.LICENSED
    assert desk.optouts.permits(claim, "acct_x") is None


def test_what_a_claim_leaves_open_is_open_until_its_organisation_licenses_or_nothing(desk: Desk) -> None:
    claim = desk.filed(replace(FOX, blocks=Blocks(frozenset({Setting.VIOLENT}))))
    assert desk.optouts.permits(claim, "acct_x") is OptOutReason.NOT_BLOCKED
    assert desk.optouts.permits(claim, "acct_x", Depiction(frozenset({Setting.VIOLENT}))) is None
    desk.optouts.organisations.change(claim.organisation_id, "acct_a", only_licensed=True)
    assert desk.optouts.permits(desk.optouts.claim(claim.id), "acct_x") is None


def test_licences_may_be_changed_while_a_claim_stands(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.desk.license(claim_id, [Licence("acct_l")], by="acct_a")
    assert desk.optouts.permits(desk.optouts.claim(claim_id), "acct_l") is OptOutReason.LICENSED
    assert stopped(desk.optouts) == (True, True)


def test_a_draft_is_changed_until_it_is_handed_in_with_proof_and_declarations(desk: Desk) -> None:
    bare = replace(filing(desk.optouts, FOX), proof=None, declared=frozenset(), draft=True)
    draft = desk.optouts.desk.file(bare)
    changed = desk.optouts.desk.change(draft.id, terms("Boxwell"), by="acct_a")
    assert (changed.state, changed.terms.title) == (ClaimState.DRAFT, "Boxwell")
    for proof, declared, field in ((None, DECLARED, "ground"), (PROOF, {Declaration.ACCURATE}, "declarations")):
        with pytest.raises(InvalidInput) as refusal:
            desk.optouts.desk.submit(draft.id, by="acct_a", proof=proof, declared=declared)
        assert refusal.value.field == field
    handed_in = desk.optouts.desk.submit(draft.id, by="acct_a", proof=PROOF, declared=DECLARED)
    assert handed_in.state is ClaimState.SUBMITTED
    with pytest.raises(Conflict):
        desk.optouts.desk.change(draft.id, FOX, by="acct_a")


@pytest.mark.parametrize(
    ("says", "concern"),
    [
        (terms("Ada Lovelace"), Concern.PERSON),
        (terms("Boxwell", "Fennimore Fox"), Concern.DUPLICATE),
    ],
)
def test_a_concern_has_to_be_named_by_whoever_activates_the_claim(
    desk: Desk, says: ClaimTerms, concern: Concern
) -> None:
    desk.active()
    claim = desk.filed(says, by="acct_b", pictures=())
    assert [one.concern for one in desk.concerns(claim)] == [concern]
    with pytest.raises(Conflict) as refusal:
        desk.optouts.desk.activate(claim.id, actor="acct_s")
    assert refusal.value.code == "optout:claim:concerns"
    assert desk.optouts.desk.activate(claim.id, actor="acct_s", despite=[concern]).state is ClaimState.ACTIVE


def test_an_everyday_word_is_a_concern_that_stops_nobody(desk: Desk) -> None:
    claim = desk.filed(terms("Frozen", "Apple"), pictures=())
    assert {one.concern for one in desk.concerns(claim)} == {Concern.COMMON_WORD}
    assert desk.optouts.desk.activate(claim.id, actor="acct_s").state is ClaimState.ACTIVE


def test_ones_own_second_claim_on_a_name_is_no_concern(desk: Desk) -> None:
    desk.active()
    assert not desk.concerns(desk.filed())


def test_a_quarantined_claim_stops_nothing_until_staff_say_despite_the_flood(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.desk.quarantine(claim_id, actor="acct_s", about="12")
    assert stopped(desk.optouts) == (False, False)
    with pytest.raises(Conflict):
        desk.optouts.desk.activate(claim_id, actor="acct_s")
    desk.optouts.desk.activate(claim_id, actor="acct_s", despite=[Concern.FLOOD])
    assert stopped(desk.optouts) == (True, True)


def test_claims_that_are_over_are_noted_once(desk: Desk) -> None:
    claim_id = desk.active(replace(FOX, expires_at=desk.clock.moment + timedelta(hours=1)))
    assert not desk.optouts.desk.expire(actor="chore")
    desk.clock.moment += timedelta(hours=1)
    assert [claim.id for claim in desk.optouts.desk.expire(actor="chore")] == [claim_id]
    assert desk.optouts.claim(claim_id).state is ClaimState.EXPIRED
    assert not desk.optouts.desk.expire(actor="chore")


def test_every_change_is_on_the_record_as_digests_and_codes(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.desk.move(claim_id, ClaimState.WITHDRAWN, actor="acct_a")
    founded, *changes = desk.record.entries
    assert founded[0] == "optout:organisation:founded"
    assert [kind for kind, _ in changes] == [
        "optout:claim:submitted",
        "optout:claim:active",
        "optout:claim:withdrawn",
    ]
    for _, body in changes:
        assert body["claim"] == claim_id
        assert all(value.isascii() and " " not in value for value in body.values() if isinstance(value, str))
        assert not any("ennimo" in str(value) for value in body.values())


def test_an_unknown_claim_cannot_be_moved(desk: Desk) -> None:
    with pytest.raises(UnknownClaim):
        desk.optouts.desk.activate("claim_none", actor="acct_s")
    with pytest.raises(UnknownClaim):
        desk.optouts.claim("claim_none")


def test_a_withdrawn_claim_stays_withdrawn(desk: Desk) -> None:
    claim_id = desk.active()
    desk.optouts.desk.move(claim_id, ClaimState.WITHDRAWN, actor="acct_a")
    with pytest.raises(IllegalMove):
        desk.optouts.desk.activate(claim_id, actor="acct_s")


@pytest.mark.parametrize(
    ("says", "field", "code"),
    [
        (terms("  "), "title", "optout:name:empty"),
        (terms("x" * 201), "title", "optout:name:length"),
        (terms("x" * 50_000_000), "title", "optout:name:length"),
        (terms("Fox", "!!!"), "names", "optout:name:empty"),
        (terms("Fox", "The"), "names", "optout:name:common"),
        (terms("Fox", *["name"] * 201), "names", "optout:claim:unusable"),
        (replace(FOX, expires_at=SetClock().moment), "expires_at", "optout:claim:dates"),
        (replace(FOX, descriptions=("x" * 1001,)), "descriptions", "optout:claim:unusable"),
        (replace(FOX, licences=tuple(Licence(f"acct_{n}") for n in range(1001))), "licensees", "optout:claim:licences"),
    ],
    ids=["empty", "long", "very long", "no letter", "the", "many names", "dates", "long description", "many licences"],
)
def test_a_claim_that_cannot_be_searched_for_is_refused_by_field(
    desk: Desk, says: ClaimTerms, field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.filed(says)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert not desk.optouts.page(None)


@pytest.mark.parametrize(
    ("pictures", "code"),
    [
        ([fox(0)] * 21, "optout:claim:unusable"),
        ([np.zeros((99, 99, 3), np.uint8)], "optout:picture:featureless"),
    ],
)
def test_pictures_that_cannot_be_searched_for_are_refused(desk: Desk, pictures: list[Picture], code: str) -> None:
    with pytest.raises(UnusableClaim) as refusal:
        desk.filed(pictures=pictures)
    assert (refusal.value.field, refusal.value.code) == ("pictures", code)
    assert not desk.optouts.page(None)


def test_a_reference_is_kept_whole_or_refused(desk: Desk) -> None:
    drawn = filing(desk.optouts, FOX)
    assert desk.optouts.desk.file(replace(drawn, reference="r" * 200)).reference == "r" * 200
    with pytest.raises(UnusableClaim) as refusal:
        desk.optouts.desk.file(replace(drawn, reference="r" * 201))
    assert (refusal.value.field, refusal.value.limit) == ("reference", "200 characters")


def test_a_name_that_people_bear_can_be_claimed_though_it_is_a_word_too(desk: Desk) -> None:
    assert desk.filed(terms("Will")).terms.title == "Will"
