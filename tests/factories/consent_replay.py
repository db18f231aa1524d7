"""Replays the public ledger, and holds everything else against what it says."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from consent_registry.api import Grant, Mode, OnRevocation
from generator_gateway.stages import Admitted, Released, Request
from generator_gateway.store.leases import UNDER_WAY
from generator_gateway.tables import CaseConsentRow, CaseRow, OwnerRow, ReleaseGrantRow, ReleaseRow
from tests.unit.generator_gateway.conftest import House
from trust_kernel.clock import aware
from trust_kernel.errors import Conflict, Gone, NotFound, NotPermitted

STRANGER = "acct_nobody"
VARIANTS = ("video", "thumbnail", "spritesheet")
DAY = timedelta(hours=24)
_SAID = {"consent:approval:given": True, "consent:approval:denied": False, "consent:approval:silent": False}
_SWITCHES = {
    "consent:subject:paused": True,
    "consent:subject:resumed": False,
    "consent:person:barred": True,
    "consent:person:unbarred": False,
    "consent:lockdown:on": True,
    "consent:lockdown:off": False,
    "release:video:objected": True,
    "release:objection:lifted": False,
}
"""What is on from one entry to another, each with whom it concerns."""


@dataclass
class Replay:
    """What was true after the last entry that was read.

    Attributes:
        revoked: ids of ended grants.
        released: when each case was, by id.
        withdrawn: case ids.
        on: pauses, bars, lockdown and objections, as `_switch` names them.
        said: what people answered, by case and grant.
        links: case ids by the token of a link to them.
        checked: the state in which a release was last asked for.
        taken_back: what a revocation said of releases, by grant, where it did not leave that to the terms.
    """

    house: House
    read: int = 0
    given: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    released: dict[str, datetime] = field(default_factory=dict)
    released_at_index: dict[str, int] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    used_at: dict[tuple[str, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))
    forgotten: set[str] = field(default_factory=set)
    on: set[tuple[str, ...]] = field(default_factory=set)
    said: dict[tuple[str, str], bool] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    taken_back: dict[str, bool] = field(default_factory=dict)
    people_of: dict[str, frozenset[str]] = field(default_factory=dict)

    # --- reading on

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        house = self.house
        entries = house.ledger.entries(self.read, house.ledger.size())
        for number, entry in enumerate(entries, self.read):
            leaf = json.loads(entry.leaf)
            self._take(number, entry.kind, leaf["body"], datetime.fromisoformat(leaf["at"]))
        self.read += len(entries)

    def _take(self, number: int, kind: str, body: dict[str, str], at: datetime) -> None:
        if kind == "consent:grant:given":
            self.given.add(body["grant"])
        elif kind == "consent:grant:revoked":
            assert body["grant"] not in self.revoked, "revoked twice"
            self.revoked.add(body["grant"])
        elif kind == "consent:subject:forgotten":
            self.forgotten.add(body["subject"])
        elif kind in _SWITCHES:
            (self.on.add if _SWITCHES[kind] else self.on.discard)(_switch(kind, body))
        elif kind in _SAID:
            self.said[body["use"], body["grant"]] = _SAID[kind]
        elif kind == "release:video:released":
            self._let_out(number, body["case"], at)
        elif kind == "release:video:withdrawn":
            assert body["case"] in self.released, "withdrawn but never released"
            assert body["case"] not in self.withdrawn, "withdrawn twice"
            self.withdrawn.add(body["case"])

    def _let_out(self, number: int, case_id: str, at: datetime) -> None:
        """The heart of it: every consent of a release stood at the instant that the ledger gives it."""
        assert case_id not in self.released, "released twice"
        made = self.house.journal.earned(case_id, Released)
        assert made is not None, "released, and the journal does not know"
        admitted = made.logged.signed.marked.passed.draft.admitted
        request = admitted.opened.request
        for grant_id in {consent.grant_id for consent in admitted.consents if consent.grant_id}:
            grant = self.house.registry.grant_named(grant_id)
            self._assert_stands(grant, request.account_id, at)
            answered = grant.terms.mode is Mode.AUTOMATIC or self.said.get((case_id, grant_id), False)
            assert answered, "released without the answer that the grant asks for"
        self._assert_own(admitted)
        self._assert_nothing_is_stopped(admitted)
        self._assert_everybody_asked(request, admitted)
        self.released[case_id], self.released_at_index[case_id] = at, number

    def _assert_stands(self, grant: Grant, account_id: str, at: datetime) -> None:
        assert grant.id in self.given, "released under a grant that was not given yet"
        assert grant.id not in self.revoked, "released under a grant that was revoked before"
        assert grant.starts_at <= at < grant.expires_at, "released outside a grant's time"
        terms = grant.terms
        assert not terms.audience.account_ids or account_id in terms.audience.account_ids, "released for somebody else"
        self.uses[grant.id] += 1
        assert terms.max_uses is None or self.uses[grant.id] <= terms.max_uses, "used more often than granted"
        today = self.used_at[grant.id, account_id]
        today.append(at)
        count = sum(at - DAY < one for one in today)
        assert terms.daily_uses is None or count <= terms.daily_uses, "used more often than granted in a day"

    def _assert_own(self, admitted: Admitted) -> None:
        for consent in admitted.consents:
            assert self._pseudonym(consent.subject_id) not in self.forgotten, "released with somebody forgotten"
            if consent.grant_id is None:
                own = self.house.registry.subject_of(admitted.opened.request.account_id)
                assert own is not None, "somebody else's likeness as one's own"
                assert own.id == consent.subject_id, "somebody else's likeness as one's own"

    def _assert_nothing_is_stopped(self, admitted: Admitted) -> None:
        asker = self._pseudonym(admitted.opened.request.account_id)
        for consent in admitted.consents:
            subject = self._pseudonym(consent.subject_id)
            assert ("lockdown",) not in self.on, "released in a lockdown"
            assert ("subject", subject) not in self.on, "released while somebody in it paused their likeness"
            assert ("person", subject, asker) not in self.on, "released for somebody who was barred"

    def _assert_everybody_asked(self, request: Request, admitted: Admitted) -> None:
        """Who was named, and who is in what it is made of, consented; and the parent was still out."""
        named = {mention.subject_id for mention in self.house.registry.handles_in(request.prompt)} - {None}
        wanted = frozenset(subject for subject in named if subject is not None)
        if request.remix_of is not None:
            assert request.remix_of in self.released, "a remix of what was never out"
            assert request.remix_of not in self.withdrawn, "a remix of what was taken back"
            assert not self._objected(request.remix_of), "a remix of what somebody objects to"
            wanted |= self.people_of[request.remix_of]
        assert wanted <= {consent.subject_id for consent in admitted.consents}, "somebody in it was never asked"
        self.people_of[request.case_id] = wanted

    def _pseudonym(self, identity: str) -> str:
        return self.house.registry._parts.pseudonym(identity)

    # --- holding the rest against it

    def check_database(self) -> None:
        """Releases, grants, uses and cases say what the ledger says."""
        with self.house.database.reading() as session:
            releases = {row.case_id: row for row in session.exec(select(ReleaseRow))}
            under = list(session.exec(select(ReleaseGrantRow)))
            going = select(CaseConsentRow).join(CaseRow, col(CaseRow.id) == col(CaseConsentRow.case_id))
            open_consents = list(session.exec(going.where(col(CaseRow.status).in_(UNDER_WAY))))
        assert releases.keys() == self.released.keys(), "releases that the ledger does not know, or the other way round"
        for case_id, row in releases.items():
            assert row.status == self._state(case_id), "the ledger and the release differ"
            assert row.ledger_index == self.released_at_index[case_id]
            assert aware(row.released_at) == self.released[case_id]
        self._check_grants({row.grant_id for row in under})
        for used in under:
            if used.grant_id in self.revoked and self._takes_back(used.grant_id):
                assert used.case_id in self.withdrawn, "a revoked grant's release is still out"
        for consent in open_consents:
            assert consent.grant_id not in self.revoked, "a case goes on under a revoked grant"
            pair = (self._pseudonym(consent.subject_id), self._pseudonym(consent.account_id))
            assert not consent.grant_id or ("person", *pair) not in self.on, "a case goes on for somebody barred"

    def _objected(self, case_id: str) -> bool:
        return any(switch[:2] == ("objection", case_id) for switch in self.on)

    def _state(self, case_id: str) -> str:
        if case_id in self.withdrawn:
            return "withdrawn"
        return "objected" if self._objected(case_id) else "released"

    def _check_grants(self, used: set[str]) -> None:
        for grant_id in self.given:
            grant = self.house.registry.grant_named(grant_id)
            assert (grant.revoked_at is not None) == (grant_id in self.revoked), "the ledger and the grant differ"
            assert grant.uses == self.uses[grant_id], "uses were counted wrong"
        assert used <= self.given

    def _takes_back(self, grant_id: str) -> bool:
        if grant_id in self.taken_back:
            return self.taken_back[grant_id]
        return self.house.registry.grant_named(grant_id).terms.on_revocation is OnRevocation.WITHDRAW

    def check_desk(self, *, again: bool = False) -> None:
        """What is out is served to its owners alone; what is not, to nobody; and nobody in it is left out.

        Args:
            again: also what has not changed since it was last asked for.
        """
        changed = {case_id for case_id in self.released if again or self.checked.get(case_id) != self._state(case_id)}
        if not changed:
            return
        with self.house.database.reading() as session:
            rows = list(session.exec(select(OwnerRow).where(col(OwnerRow.case_id).in_(changed))))
        owners: dict[str, list[OwnerRow]] = defaultdict(list)
        for row in rows:
            owners[row.case_id].append(row)
        for case_id in changed:
            subjects = {row.subject_id for row in owners[case_id]} - {None}
            assert subjects == self.people_of[case_id], "a co-owner is missing, or one too many"
            assert sum(row.role == "requester" for row in owners[case_id]) == 1
            for account_id in {row.account_id for row in owners[case_id]}:
                shown = any(row.account_id == account_id and row.subject_id for row in owners[case_id])
                self._check_served(case_id, account_id, shown=shown)
            with pytest.raises(NotFound):
                self._download(STRANGER, case_id, "video")
            self.checked[case_id] = self._state(case_id)
        for token, case_id in self.links.items():
            self._check_link(token, case_id)

    def _check_served(self, case_id: str, account_id: str, *, shown: bool) -> None:
        state = self._state(case_id)
        out = state == "released" or (state == "objected" and shown)
        for variant in VARIANTS:
            if out:
                self._download(account_id, case_id, variant)
            else:  # not found where its owner deleted it
                with pytest.raises((Gone, NotFound, Conflict, NotPermitted)):
                    self._download(account_id, case_id, variant)

    def _check_link(self, token: str, case_id: str) -> None:
        if self._state(case_id) == "released":
            with self.house.sharing.download(token) as path:
                assert path.exists()
        else:
            with pytest.raises((Gone, NotFound)), self.house.sharing.download(token):
                pass

    def _download(self, account_id: str, case_id: str, variant: str) -> None:
        with self.house.desk.download(account_id, case_id, variant) as path:
            assert path.exists()


def _switch(kind: str, body: dict[str, str]) -> tuple[str, ...]:
    """What a kind of entry turns on or off."""
    if kind.startswith("consent:lockdown"):
        return ("lockdown",)
    if kind.startswith("consent:subject"):
        return ("subject", body["subject"])
    if kind.startswith("consent:person"):
        return ("person", body["subject"], body["person"])
    return ("objection", body["case"], body["by"])
