"""What the routes of dry runs take and give."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from copyright_optout.domain.rehearsals import Example, Outcome, Rehearsal, RehearsalState


class RehearsalBody(BaseModel):
    """How far back to look."""

    days: int = Field(default=7, description="1 to 90")


class DayView(BaseModel):
    """Requests of one day (UTC) that the claim touches, by outcome."""

    day: date
    counts: dict[Outcome, int]


class ExampleView(BaseModel):
    """One request that the claim touches; whose and which it was only staff are told.

    Attributes:
        words: the words that matched, and nothing around them; empty where it was a picture.
        written: how the name was hidden, such as "leetspeak" or "typo".
    """

    video_id: str | None
    at: datetime | None
    outcome: Outcome
    found_by: str
    words: str
    written: list[str]
    score: float


class RehearsalView(BaseModel):
    """A dry run of a claim; its figures are null as long as it waits.

    Attributes:
        requests: all that were made in these days.
        stopped: those that would have been denied or held.
    """

    id: str
    claim_id: str
    days: int
    state: RehearsalState
    asked_at: datetime
    done_at: datetime | None
    requests: int | None = None
    stopped: int | None = None
    counts: dict[Outcome, int] | None = None
    by_day: list[DayView] | None = None
    examples: list[ExampleView] | None = None

    @classmethod
    def of(cls, made: Rehearsal, *, staff: bool) -> "RehearsalView":
        """The view of a rehearsal."""
        view = cls(
            id=made.id,
            claim_id=made.claim_id,
            days=made.days,
            state=made.state,
            asked_at=made.asked_at,
            done_at=made.done_at,
        )
        if made.tally is None:
            return view
        tally = made.tally
        return view.model_copy(
            update={
                "requests": tally.requests,
                "stopped": tally.stopped,
                "counts": {outcome: tally.counts.get(outcome, 0) for outcome in Outcome},
                "by_day": [DayView(day=day, counts=dict(counts)) for day, counts in tally.days],
                "examples": [_example(one, staff=staff) for one in tally.examples],
            }
        )


def _example(one: Example, *, staff: bool) -> ExampleView:
    return ExampleView(
        video_id=one.case_id if staff else None,
        at=one.at if staff else None,
        outcome=one.outcome,
        found_by=one.found_by,
        words=one.words,
        written=list(one.transformations),
        score=one.score,
    )
