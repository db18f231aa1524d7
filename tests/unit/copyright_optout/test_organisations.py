"""Who acts for a rights holder, as what, and what is left when people go."""

from dataclasses import replace

import pytest

from copyright_optout.api import ClaimState, Concern, OptOutIndex, OptOutReason, Role
from tests.factories.claims import active, filing, terms
from tests.fakes.optout import EveryAccount, KnownNames, MemoryOutbox, MemoryRecord, optout_parts
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted


class Guild:
    """One organisation, owned by acct_o."""

    def __init__(self) -> None:
        self.record, self.outbox = MemoryRecord(), MemoryOutbox()
        self.optouts = OptOutIndex(optout_parts(record=self.record, outbox=self.outbox))
        self.desk = self.optouts.organisations
        self.id = self.desk.found("Guild", "acct_o").id

    def take_in(self, account_id: str, role: Role, by: str = "acct_o", *, staff: bool = False) -> None:
        self.desk.put_member(self.id, account_id, role, by, staff=staff)
        if self.desk.invitations(account_id):
            self.desk.accept(self.id, account_id)

    def roles(self) -> dict[str, Role]:
        return {one.account_id: one.role for one in self.desk.members(self.id, "acct_s", staff=True)}


@pytest.fixture
def guild() -> Guild:
    return Guild()


@pytest.mark.parametrize("name", ["", "  ", "!?", "x" * 201])
def test_an_organisation_has_a_name(guild: Guild, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        guild.desk.found(name, "acct_o")
    assert (refusal.value.field, refusal.value.code) == ("name", "optout:organisation:name")


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.OWNER, {"own", "act", "see"}), (Role.AGENT, {"act", "see"}), (Role.VIEWER, {"see"}), (None, set())],
)
def test_each_role_may_what_those_below_it_may(guild: Guild, role: Role | None, may: set[str]) -> None:
    if role is not None:
        guild.take_in("acct_m", role)
    needed = {"own": Role.OWNER, "act": Role.AGENT, "see": Role.VIEWER}
    allowed = set()
    for what, level in needed.items():
        try:
            guild.desk.seat("acct_m", guild.id, level)
        except (NotFound, NotPermitted):
            continue
        allowed.add(what)
    assert allowed == may


def test_to_a_stranger_it_does_not_exist_and_to_a_viewer_it_is_not_theirs_to_change(guild: Guild) -> None:
    guild.take_in("acct_v", Role.VIEWER)
    with pytest.raises(NotFound):
        guild.desk.change(guild.id, "acct_x", name="Mine")
    with pytest.raises(NotPermitted) as refusal:
        guild.desk.change(guild.id, "acct_v", name="Mine")
    assert refusal.value.code == "optout:organisation:role_missing"


def test_an_account_that_is_no_account_is_not_taken_in() -> None:
    desk = OptOutIndex(replace(optout_parts(), accounts=EveryAccount(gone={"acct_x"}))).organisations
    own = desk.found("Other", "acct_o")
    with pytest.raises(NotFound) as refusal:
        desk.put_member(own.id, "acct_x", Role.AGENT, "acct_o")
    assert refusal.value.code == "optout:organisation:member_unknown"


def test_the_last_owner_cannot_step_down_and_another_can(guild: Guild) -> None:
    guild.take_in("acct_m", Role.AGENT)
    with pytest.raises(Conflict) as gone:
        guild.desk.drop_member(guild.id, "acct_o", "acct_o")
    with pytest.raises(Conflict) as lowered:
        guild.take_in("acct_o", Role.AGENT)
    assert gone.value.code == lowered.value.code == "optout:organisation:last_owner"
    guild.take_in("acct_m", Role.OWNER)
    guild.desk.drop_member(guild.id, "acct_o", "acct_o")
    assert guild.roles() == {"acct_m": Role.OWNER}


def test_everybody_may_go_and_nobody_but_owners_may_send_away(guild: Guild) -> None:
    guild.take_in("acct_a", Role.AGENT)
    guild.take_in("acct_v", Role.VIEWER)
    with pytest.raises(NotPermitted):
        guild.desk.drop_member(guild.id, "acct_v", "acct_a")
    guild.desk.drop_member(guild.id, "acct_v", "acct_v")
    guild.desk.drop_member(guild.id, "acct_a", "acct_o")
    assert guild.roles() == {"acct_o": Role.OWNER}
    with pytest.raises(NotFound):
        guild.desk.drop_member(guild.id, "acct_a", "acct_o")


def test_who_only_sees_files_for_an_organisation_of_their_own(guild: Guild) -> None:
    guild.take_in("acct_v", Role.VIEWER)
    own = guild.desk.own("acct_v")
    assert own.id != guild.id
    assert guild.desk.own("acct_v") == own
    guild.take_in("acct_a", Role.AGENT)
    assert guild.desk.own("acct_a").id == guild.id


def test_members_are_licensed_until_they_go(guild: Guild) -> None:
    claim = guild.optouts.claim(active(guild.optouts, terms("Boxwell"), by="acct_o"))
    guild.take_in("acct_v", Role.VIEWER)
    assert guild.optouts.permits(claim, "acct_v") is OptOutReason.LICENSED
    guild.desk.drop_member(guild.id, "acct_v", "acct_o")
    assert guild.optouts.permits(claim, "acct_v") is None


def test_whoever_leaves_is_taken_out_and_the_claims_stay(guild: Guild) -> None:
    claim_id = active(guild.optouts, terms("Boxwell"), by="acct_o")
    guild.take_in("acct_m", Role.OWNER)
    guild.desk.take_out("acct_o")
    assert guild.roles() == {"acct_m": Role.OWNER}
    assert guild.optouts.claim(claim_id).state is ClaimState.ACTIVE
    assert not [kind for kind, _, _ in guild.outbox.sent if "ownerless" in kind]


def test_staff_are_told_of_what_nobody_owns_any_more_and_name_somebody_only_then(guild: Guild) -> None:
    guild.take_in("acct_a", Role.AGENT)
    with pytest.raises(NotFound):
        guild.take_in("acct_a", Role.OWNER, by="acct_s", staff=True)
    guild.desk.take_out("acct_o")
    told = [(who, facts["organisation_id"]) for kind, who, facts in guild.outbox.sent if kind.endswith("ownerless")]
    assert told == [("acct_s", guild.id)]
    with pytest.raises(NotPermitted):
        guild.take_in("acct_a", Role.OWNER, by="acct_a")
    guild.take_in("acct_a", Role.OWNER, by="acct_s", staff=True)
    assert guild.roles() == {"acct_a": Role.OWNER}


def test_every_change_of_members_is_on_the_record(guild: Guild) -> None:
    guild.take_in("acct_m", Role.OWNER)
    guild.desk.drop_member(guild.id, "acct_m", "acct_o")
    guild.desk.change(guild.id, "acct_o", only_licensed=True)
    guild.desk.change(guild.id, "acct_o", only_licensed=True)
    said = [(kind, body.get("role"), body.get("only_licensed")) for kind, body in guild.record.entries]
    assert said == [
        ("optout:organisation:founded", None, None),
        ("optout:organisation:member_changed", "invited", None),
        ("optout:organisation:member_changed", "owner", None),
        ("optout:organisation:member_changed", "none", None),
        ("optout:organisation:changed", None, 1),
    ]


def test_whoever_is_invited_is_no_member_before_they_say_yes(guild: Guild) -> None:
    claim = guild.optouts.claim(active(guild.optouts, terms("Boxwell"), by="acct_o"))
    guild.desk.put_member(guild.id, "acct_m", Role.AGENT, "acct_o")
    assert [who for kind, who, _ in guild.outbox.sent if kind == "optout:organisation:invited"] == ["acct_m"]
    assert guild.optouts.permits(claim, "acct_m") is None
    assert guild.desk.own("acct_m").id != guild.id, "what they file is not filed for whoever invited them"
    with pytest.raises(NotFound):
        guild.desk.seat("acct_m", guild.id, Role.VIEWER)
    with pytest.raises(NotFound):
        guild.desk.accept(guild.id, "acct_x")
    guild.desk.put_member(guild.id, "acct_m", Role.VIEWER, "acct_o")  # what is offered may change
    assert guild.desk.accept(guild.id, "acct_m").role is Role.VIEWER
    assert guild.optouts.permits(claim, "acct_m") is OptOutReason.LICENSED


def test_an_invitation_can_be_declined_and_taken_back(guild: Guild) -> None:
    for by in ("acct_m", "acct_o"):
        guild.desk.put_member(guild.id, "acct_m", Role.OWNER, "acct_o")
        guild.desk.drop_member(guild.id, "acct_m", by)
        assert not guild.desk.invitations("acct_m")
        with pytest.raises(NotFound):
            guild.desk.accept(guild.id, "acct_m")
    guild.desk.put_member(guild.id, "acct_m", Role.OWNER, "acct_o")
    guild.desk.take_out("acct_m")
    assert guild.roles() == {"acct_o": Role.OWNER}


def test_inviting_somebody_does_not_take_the_protection_of_their_name() -> None:
    office = OptOutIndex(optout_parts(people=KnownNames({"ada lovelace": "acct_ada"})))
    guild_id = office.organisations.found("Fox Studio", "acct_o").id
    office.organisations.put_member(guild_id, "acct_ada", Role.VIEWER, "acct_o")
    claim = office.desk.file(filing(office, terms("Ada Lovelace"), by="acct_o"))
    assert Concern.PERSON in {one.concern for one in office.concerns([claim.id])[claim.id]}


def test_a_claim_is_filed_for_an_organisation_not_for_an_account(guild: Guild) -> None:
    claim = guild.optouts.desk.file(filing(guild.optouts, terms("Boxwell"), by="acct_o"))
    assert claim.organisation_id == guild.id


def test_whoever_acts_for_an_organisation_decides_nothing_about_its_claims(guild: Guild) -> None:
    claim = guild.optouts.desk.file(filing(guild.optouts, terms("Boxwell"), by="acct_o"))
    guild.take_in("acct_s", Role.VIEWER)
    with pytest.raises(NotPermitted) as activating:
        guild.optouts.desk.activate(claim.id, actor="acct_s")
    with pytest.raises(NotPermitted) as verifying:
        guild.optouts.desk.move(claim.id, ClaimState.VERIFIED, actor="acct_s")
    assert activating.value.code == verifying.value.code == "optout:claim:own"
    assert guild.optouts.desk.activate(claim.id, actor="acct_t").state is ClaimState.ACTIVE
