"""Who is told what of a claim: its organisation, the person whose name it is, staff, and whoever it stopped."""

from dataclasses import replace

import pytest

from copyright_optout.api import Claim, ClaimState, Concern, Concerning, OptOutIndex, Role, Told
from copyright_optout.errors import UnknownClaim
from copyright_optout.schemas.claims import ClaimView
from tests.factories.claims import DECLARED, PROOF, active, filing, terms
from tests.fakes.optout import KnownNames, MemoryOutbox, optout_parts
from trust_kernel.errors import Conflict

FOX = terms("Fennimore Fox")
ADA = terms("The Countess", "Ada Lovelace")


class Office:
    """acct_o owns the organisation, acct_m acts for it; Ada Lovelace is registered."""

    def __init__(self) -> None:
        self.outbox, self.people = MemoryOutbox(), KnownNames({"ada lovelace": "acct_ada"})
        self.optouts = OptOutIndex(optout_parts(people=self.people, outbox=self.outbox))
        organisations = self.optouts.organisations
        self.organisation = organisations.found("Fox Studio", "acct_o").id
        organisations.put_member(self.organisation, "acct_m", Role.AGENT, "acct_o")
        organisations.accept(self.organisation, "acct_m")

    def told(self, what: str) -> list[str]:
        return [who for kind, who, _ in self.outbox.sent if kind == f"optout:{what}"]

    def filed(self, by: str = "acct_o") -> Claim:
        return self.optouts.desk.file(filing(self.optouts, ADA, by=by))

    def concerns(self, claim: Claim) -> set[Concern]:
        return {one.concern for one in self.optouts.concerns([claim.id]).get(claim.id, ())}


@pytest.fixture
def office() -> Office:
    return Office()


def test_every_member_is_told_what_becomes_of_a_claim_but_whoever_did_it(office: Office) -> None:
    claim_id = active(office.optouts, FOX, by="acct_m")
    desk = office.optouts.desk
    desk.quarantine(claim_id, actor="acct_s", about="12")
    desk.activate(claim_id, actor="acct_s", despite=[Concern.FLOOD])
    desk.move(claim_id, ClaimState.DISPUTED, actor="acct_s")
    desk.move(claim_id, ClaimState.WITHDRAWN, actor="acct_m")
    everybody = ["acct_m", "acct_o"]
    assert sorted(office.told("claim:active")) == sorted([*everybody, *everybody])
    assert sorted(office.told("claim:quarantined")) == sorted(office.told("claim:disputed")) == everybody
    assert office.told("claim:withdrawn") == ["acct_o"]
    facts = next(facts for kind, _, facts in office.outbox.sent if kind == "optout:claim:disputed")
    assert facts == {"claim_id": claim_id, "title": "Fennimore Fox"}


def test_somebody_whose_name_is_claimed_is_told_once_it_is_handed_in(office: Office) -> None:
    drawn = replace(filing(office.optouts, ADA, by="acct_o"), draft=True)
    draft = office.optouts.desk.file(drawn)
    assert office.told("person:named") == []
    office.optouts.desk.submit(draft.id, by="acct_o", proof=PROOF, declared=DECLARED)
    office.filed()
    assert office.told("person:named") == ["acct_ada", "acct_ada"]


def test_an_objection_is_told_to_staff_once_and_has_to_be_looked_at(office: Office) -> None:
    claim = office.filed()
    for _ in range(2):
        office.optouts.desk.object(claim.id, by="acct_ada")
    assert office.told("person:objected") == ["acct_s"]
    assert office.concerns(claim) == {Concern.PERSON, Concern.OBJECTION}
    with pytest.raises(Conflict):
        office.optouts.desk.activate(claim.id, actor="acct_s", despite=[Concern.PERSON])
    office.optouts.desk.activate(claim.id, actor="acct_s", despite=[Concern.PERSON, Concern.OBJECTION])


@pytest.mark.parametrize("by", ["acct_x", "acct_o"])
def test_nobody_objects_in_somebody_elses_name(office: Office, by: str) -> None:
    claim = office.filed()
    with pytest.raises(UnknownClaim):
        office.optouts.desk.object(claim.id, by=by)
    assert office.concerns(claim) == {Concern.PERSON}


def test_a_draft_on_ones_name_is_not_there_and_an_ended_claim_no_longer(office: Office) -> None:
    draft = office.optouts.desk.file(replace(filing(office.optouts, ADA, by="acct_o"), draft=True))
    ended = office.filed()
    office.optouts.desk.move(ended.id, ClaimState.WITHDRAWN, actor="acct_o")
    for claim in (draft, ended):
        with pytest.raises(UnknownClaim):
            office.optouts.desk.object(claim.id, by="acct_ada")


def test_an_artist_who_claims_their_own_name_is_no_concern(office: Office) -> None:
    claim = office.filed(by="acct_ada")
    assert office.concerns(claim) == set()
    assert office.told("person:named") == []


def test_somebody_elses_draft_is_no_concern_and_is_one_once_it_is_handed_in(office: Office) -> None:
    draft = office.optouts.desk.file(replace(filing(office.optouts, FOX, by="acct_o"), draft=True))
    mine = office.optouts.desk.file(filing(office.optouts, FOX, by="acct_b"))
    assert office.concerns(mine) == set()
    office.optouts.desk.submit(draft.id, by="acct_o", proof=PROOF, declared=DECLARED)
    assert office.concerns(draft) == {Concern.DUPLICATE}
    with pytest.raises(Conflict):
        office.optouts.desk.activate(mine.id, actor="acct_s")
    assert office.concerns(mine) == {Concern.DUPLICATE}


def test_whoever_registers_after_a_claim_was_filed_is_a_concern_when_it_is_activated(office: Office) -> None:
    claim = office.optouts.desk.file(filing(office.optouts, FOX, by="acct_o"))
    office.people.names["fennimore fox"] = "acct_fox"
    with pytest.raises(Conflict) as refusal:
        office.optouts.desk.activate(claim.id, actor="acct_s")
    assert refusal.value.code == "optout:claim:concerns"
    assert office.concerns(claim) == {Concern.PERSON}
    assert office.told("person:named") == ["acct_fox"], "they were not there to be told when it was filed"
    office.optouts.desk.activate(claim.id, actor="acct_s", despite=[Concern.PERSON])
    assert office.told("person:named") == ["acct_fox"], "and are told once"


def test_a_namesake_who_registers_later_is_told_as_well(office: Office) -> None:
    claim = office.filed()
    office.people.names["ada lovelace"] = "acct_other_ada"
    office.optouts.desk.activate(claim.id, actor="acct_s", despite=[Concern.PERSON])
    assert office.told("person:named") == ["acct_ada", "acct_other_ada"]


def test_the_rights_holder_does_not_see_how_many_bear_a_name(office: Office) -> None:
    claim = office.filed()
    concerns = [Concerning(Concern.PERSON, "Ada Lovelace", account) for account in ("acct_ada", "acct_other_ada")]
    seen = [(one.name, one.about) for one in ClaimView.of(claim, concerns).concerns]
    assert seen == [("Ada Lovelace", None)]
    assert [one.about for one in ClaimView.of(claim, concerns, staff=True).concerns] == ["acct_ada", "acct_other_ada"]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (Told.NOTHING, {}),
        (Told.KIND, {"kind": "character"}),
        (Told.TITLE, {"kind": "character", "title": "Fennimore Fox"}),
        (Told.HOLDER, {"kind": "character", "title": "Fennimore Fox", "holder": "Fox Studio"}),
    ],
)
def test_a_requester_is_told_what_the_claim_lets_them_know(office: Office, level: Told, said: dict[str, str]) -> None:
    claim = office.optouts.claim(active(office.optouts, replace(FOX, told=level), by="acct_o"))
    assert office.optouts.told(claim) == said
