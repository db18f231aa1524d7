"""Whatever becomes of a claim: only an active one stands, only while its time lasts, and an end is an end."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.api import Claim, ClaimState, OptOutIndex
from copyright_optout.domain import may_move
from copyright_optout.errors import IllegalMove
from tests.factories.claims import DECLARED, PROOF, filing, terms
from tests.fakes.optout import MemoryRecord, SetClock, optout_parts

SECOND = timedelta(seconds=1)
ENDED = (ClaimState.WITHDRAWN, ClaimState.EXPIRED)
STATES = tuple(ClaimState)
EXPIRES = SetClock().moment + 5 * SECOND

steps = st.lists(
    st.one_of(st.sampled_from(STATES), st.just("submit"), st.just("expire"), st.sampled_from((0, 1, 3))), max_size=14
)


class Life:
    """One claim, and whatever is tried with it."""

    def __init__(self) -> None:
        self.clock, self.record = SetClock(), MemoryRecord()
        self.optouts = OptOutIndex(optout_parts(clock=self.clock, record=self.record))
        drawn = filing(self.optouts, replace(terms("Zorblax"), expires_at=EXPIRES))
        self.id = self.optouts.desk.file(replace(drawn, draft=True)).id

    def step(self, what: ClaimState | str | int) -> None:
        desk = self.optouts.desk
        if isinstance(what, int):
            self.clock.moment += what * SECOND
        elif what == "expire":
            desk.expire(actor="clock")
        elif what == "submit":
            desk.submit(self.id, by="acct_a", proof=PROOF, declared=DECLARED)
        elif what is ClaimState.ACTIVE:
            desk.activate(self.id, actor="acct_s")
        else:
            desk.move(self.id, ClaimState(what), actor="acct_s")

    @property
    def claim(self) -> Claim:
        return self.optouts.claim(self.id)


@given(steps)
def test_nothing_ends_an_ended_claim_and_only_an_active_one_stops_anything(tried: list[ClaimState | str | int]) -> None:
    life = Life()
    for what in tried:
        before, written = life.claim, len(life.record.entries)
        try:
            life.step(what)
        except IllegalMove:
            assert (life.claim, len(life.record.entries)) == (before, written)
        after = life.claim
        if before.state in ENDED:
            assert after == before
        elif after.state is not before.state:
            assert may_move(before.state, after.state)
            assert life.record.entries[-1][0] == f"optout:claim:{after.state}"
        stops = bool(life.optouts.named("see Zorblax run"))
        assert stops == (after.state is ClaimState.ACTIVE and life.clock.moment < EXPIRES)


def test_a_claim_that_somebody_ended_is_not_expired_as_well() -> None:
    life = Life()
    for what in ("submit", ClaimState.ACTIVE, ClaimState.WITHDRAWN, 9, "expire"):
        life.step(what)
    assert life.claim.state is ClaimState.WITHDRAWN
