"""`placet consent` and `placet lockdown`: what an operator can do for people with a shell alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consent_registry.api import (
    Assurance,
    Audience,
    AudienceKind,
    Cameo,
    ConsentRegistry,
    GrantState,
    GrantTerms,
    Modality,
    Mode,
    OnRevocation,
    Proof,
    TakeBack,
    Wanted,
)
from generator_gateway.service.owning import Appearing
from placet.cli.main import placet
from placet.wiring import House, build_house
from tests.factories.cases import a_request
from tests.factories.members import Member, joined
from tests.factories.ownership import out
from trust_kernel.errors import InvalidInput, NotFound, NotPermitted
from trust_kernel.settings import Settings

NAMED = ("--by", "olga@example.org", "--reason", "She called at night.")


@dataclass(frozen=True, slots=True)
class Night:
    """A deployment at night, with Olga at a shell."""

    folder: Path
    house: House
    ada: Member
    bob: Member

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(placet, [*arguments, "--data", str(self.folder)])

    def done(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def grant(self, audience: Audience, **terms: Any) -> str:
        registry = self.house.guards.registry
        plain = GrantTerms(audience, frozenset({Modality.FACE}), expires_at=registry.now() + timedelta(days=9))
        return registry.grant(self.ada.subject_id, replace(plain, **terms), actor=self.ada.account_id).id

    def for_bob(self, **terms: Any) -> str:
        return self.grant(Audience(AudienceKind.PEOPLE, frozenset({self.bob.account_id})), **terms)

    def released(self, number: int, grant_id: str) -> str:
        people = Appearing(self.ada.subject_id, self.ada.account_id, frozenset({"face"}), frozenset({grant_id}))
        shelves = self.house.shelves
        return out(shelves.cases, shelves.releases, f"video_{number:08}", people, maker=self.bob.account_id).case_id

    def status(self, video_id: str) -> str:
        found = self.house.shelves.releases.find(video_id)
        assert found is not None
        return found.status

    def state(self, grant_id: str) -> GrantState:
        registry = self.house.guards.registry
        return registry.grant_named(grant_id).state_at(registry.now())

    def told(self, kind: str, who: Member | None = None) -> list[dict[str, object]]:
        events = self.house.kernel.outbox.for_recipient((who or self.ada).account_id)
        return [dict(event.payload) for event in events if event.type == kind]

    def ledger(self, kind: str) -> list[dict[str, object]]:
        book = self.house.kernel.ledger
        return [json.loads(one.leaf)["body"] for one in book.entries(0, book.size()) if one.kind == kind]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    house = build_house(Settings(data_dir=tmp_path / "data", _env_file=None))
    house.kernel.database.create_all()
    joined(house, "olga", "admin")
    joined(house, "rita", "reviewer")
    ada, bob = (joined(house, name, "requester", "subject", handle=True, born=1990) for name in ("ada", "bob"))
    yield Night(tmp_path / "data", house, ada, bob)
    house.kernel.database.dispose()


def test_everything_that_stands_is_shown_and_no_address(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, since = night.house.guards.registry, datetime(2026, 3, 1, 12, tzinfo=UTC)
    cameo = Cameo("cameo_1", night.ada.subject_id, 2, Assurance.LIVE_CHALLENGE, True, False, False, since)
    monkeypatch.setattr(ConsentRegistry, "cameo", lambda _self, _subject_id: cameo)
    asking = night.for_bob(mode=Mode.ASK)
    wide = night.grant(Audience(AudienceKind.EVERYONE), on_revocation=OnRevocation.KEEP, max_uses=5)
    registry.revoke(wide, actor=night.ada.account_id)
    night.house.shelves.cases.accept(a_request("video_asked", night.bob.account_id))
    night.house.guards.approvals.await_answers(
        "video_asked", night.bob.account_id, [Wanted(night.ada.subject_id, asking, Mode.ASK)]
    )
    mallory = joined(night.house, "mallory", "subject", handle=True)
    registry.safety.bar(night.ada.subject_id, mallory.account_id, night.ada.account_id, TakeBack.STOP_NEW)
    registry.safety.pause(night.ada.subject_id, night.ada.account_id, paused=True)
    registry.safety.cap(night.ada.subject_id, night.ada.account_id, 3)

    said = night.done("consent", "show", "@ada")

    for line in (
        "likeness  face, version 2 of 2026-03-01 12:00 UTC, by live challenge; no picture and no sound is kept",
        "pause     every use is stopped since 20",
        "a day     at most 3 videos by others",
        "consents: 2",
        f"{asking}  holds, until 20",
        "for @bob: face; videos made: 0; videos go if it ends",
        f"{wide}  revoked, until 20",
        "for everyone: face; videos made: 0 of 5; videos stay if it ends",
        "barred: 1",
        "@mallory since 20",
        "open questions: 1",
        "@bob wants to make a video; no answer by 20",
    ):
        assert line in said
    assert "example.org" not in said
    assert "open questions: none" in night.done("consent", "show", "bob"), "a question to somebody else is not shown"


def test_one_consent_ends_for_somebody_who_is_told_that_an_operator_did_it_and_why(night: Night) -> None:
    ended, other = night.for_bob(on_revocation=OnRevocation.KEEP), night.grant(Audience(AudienceKind.EVERYONE))
    kept, gone = night.released(1, other), night.released(2, ended)

    said = night.done("consent", "revoke", "@ada", "--grant", ended, "--take-back", "--yes", *NAMED)

    assert said.splitlines() == [
        "ended: 1; videos withdrawn: 1; @ada is told",
        f"  {ended}",
        f"  {gone}",
    ]
    assert (night.state(ended), night.state(other)) == (GrantState.REVOKED, GrantState.ACTIVE)
    assert (night.status(gone), night.status(kept)) == ("withdrawn", "released")
    (told,) = night.told("consent:operator:revoked")
    assert (told["reason"], told["count"], told["withdrawn"]) == ("She called at night.", 1, 1)
    assert not night.told("consent:operator:revoked", night.bob), "the reason is for her alone"
    assert len(night.told("consent:grant:revoked", night.bob)) == 1, "whom it named is told that it ended"
    (entry,) = night.ledger("consent:operator:revoked")
    registry = night.house.guards.registry
    olga = night.house.kernel.accounts.by_email("olga@example.org")
    assert olga is not None
    assert (entry["actor"], entry["subject"]) == (registry.pseudonym(olga.id), registry.pseudonym(night.ada.subject_id))
    assert "called" not in json.dumps(entry), "a reason may name people, and the ledger is public"
    assert night.house.kernel.ledger.verify().ok


def test_a_second_time_nothing_happens_and_nobody_is_told(night: Night) -> None:
    line = ("consent", "revoke", "@ada", "--all", "--yes", *NAMED)
    night.for_bob()
    assert night.done(*line).startswith("ended: 1; videos withdrawn: 0")
    assert "nothing was changed" in night.done(*line)
    assert len(night.told("consent:operator:revoked")) == 1


def test_every_consent_ends_and_videos_stay_or_go_as_each_said_unless_taken_back(night: Night) -> None:
    stays, goes = night.for_bob(on_revocation=OnRevocation.KEEP), night.grant(Audience(AudienceKind.EVERYONE))
    kept, gone = night.released(1, stays), night.released(2, goes)
    night.done("consent", "revoke", "@ada", "--all", "--yes", *NAMED)
    assert (night.state(stays), night.state(goes)) == (GrantState.REVOKED, GrantState.REVOKED)
    assert (night.status(kept), night.status(gone)) == ("released", "withdrawn")
    night.done("consent", "revoke", "@ada", "--all", "--take-back", "--yes", *NAMED)
    assert night.status(kept) == "withdrawn"


def test_without_a_yes_nothing_ends(night: Night) -> None:
    grant = night.for_bob()
    assert night.run("consent", "revoke", "@ada", "--all", *NAMED).exit_code == 1  # nobody types an answer
    assert night.state(grant) is GrantState.ACTIVE


def test_a_likeness_is_paused_until_the_person_lets_it_go_on(night: Night) -> None:
    line = ("consent", "pause", "@ada", *NAMED)
    assert "@ada is stopped" in night.done(*line)
    safety = night.house.guards.registry.safety
    assert safety.settings(night.ada.subject_id).paused_at is not None
    (told,) = night.told("consent:operator:paused")
    assert told["reason"] == "She called at night."
    assert "nothing was changed" in night.done(*line)
    assert len(night.ledger("consent:operator:paused")) == 1
    safety.pause(night.ada.subject_id, night.ada.account_id, paused=False)
    assert safety.settings(night.ada.subject_id).paused_at is None


def test_a_minors_guardian_is_told_whom_it_is_about(night: Night) -> None:
    registry = night.house.guards.registry
    teen = joined(night.house, "teen", "subject", handle=True, born=registry.now().year - 16)
    link = registry.guardianship.ask(night.ada.account_id, teen.account_id, as_guardian=True)
    registry.guardianship.accept(link.id, by=teen.account_id)
    for staff in ("acct_staff_1", "acct_staff_2"):
        registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=staff)
    night.done("consent", "pause", "@teen", *NAMED)
    for kind in ("consent:operator:paused", "consent:subject:paused"):
        (hers,), (theirs,) = night.told(kind), night.told(kind, teen)
        assert (hers["whom"], "whom" in theirs) == ("teen", False), kind
    assert "guardians @ada" in night.done("consent", "show", "@teen")


def test_only_who_may_and_with_a_reason_and_for_the_one_who_is_named(night: Night) -> None:
    grant = night.for_bob()
    revoke = ("consent", "revoke", "@ada", "--yes")
    rita = ("--by", "rita@example.org", "--reason", "Why not.")
    assert isinstance(night.run(*revoke, "--all", *rita).exception, NotPermitted)
    assert isinstance(night.run("consent", "pause", "@ada", *rita).exception, NotPermitted)
    assert isinstance(night.run("lockdown", "on", *rita).exception, NotPermitted)
    stranger = ("--by", "nobody@example.org", "--reason", "Why not.")
    assert isinstance(night.run(*revoke, "--all", *stranger).exception, NotFound)
    silent = ("--by", "olga@example.org", "--reason", " ")
    assert isinstance(night.run(*revoke, "--all", *silent).exception, InvalidInput)
    assert isinstance(night.run("consent", "pause", "@ada", *silent).exception, InvalidInput)
    assert night.run(*revoke, *NAMED).exit_code == 2, "which consent has to be said"
    assert night.run(*revoke, "--all", "--grant", grant, *NAMED).exit_code == 2
    theirs = ("consent", "revoke", "@bob", "--yes", "--grant", grant)
    assert isinstance(night.run(*theirs, *NAMED).exception, NotFound), "it is hers, not his"
    assert isinstance(night.run("consent", "show", "@nobody").exception, NotFound)
    olga = night.house.kernel.accounts.by_email("olga@example.org")
    assert olga is not None
    night.house.kernel.accounts.disable(olga.id)
    assert isinstance(night.run(*revoke, "--all", *NAMED).exception, NotPermitted), "a shut account"
    assert night.state(grant) is GrantState.ACTIVE
    assert not night.house.guards.registry.safety.lockdown().on
    assert not night.told("consent:operator:revoked")


def test_everything_is_stopped_and_goes_on_again(night: Night) -> None:
    assert night.done("lockdown", "status") == "uses go on\n"
    assert night.done("lockdown", "on", *NAMED) == "everything is stopped\n"
    assert night.house.guards.registry.safety.lockdown().on
    said = night.done("lockdown", "status")
    assert said.startswith("everything is stopped\n  since   20")
    assert "by      olga\n  reason  She called at night." in said
    assert "already; nothing was changed" in night.done("lockdown", "on", *NAMED)
    assert "every use of every likeness is stopped" in night.done("consent", "show", "@ada")
    assert night.done("lockdown", "off", *NAMED) == "uses go on\n"
    assert not night.house.guards.registry.safety.lockdown().on


def test_a_wrong_folder_is_said_and_nothing_is_made_there(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    result = CliRunner().invoke(placet, ["consent", "show", "@ada", "--data", str(folder)])
    assert isinstance(result.exception, InvalidInput)
    assert not folder.exists()
