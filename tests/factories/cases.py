"""Requests, findings and stages for tests of the release path."""

from datetime import UTC, datetime

from sqlmodel import col, select

from generator_gateway.stages import (
    Admitted,
    Consent,
    Draft,
    Logged,
    Marked,
    Opened,
    Passed,
    Reference,
    Request,
    Signed,
)
from generator_gateway.tables import StageRow
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Evidence, Finding, Outcome, Ruling, Stage, Verdict
from trust_kernel.media.refs import MediaKind, MediaRef

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
RELEASE_NUMBER = 1 << 62


def a_request(
    case_id: str = "video_1",
    account_id: str = "acct_ada",
    *,
    prompt: str = "a quiet harbour",
    references: tuple[Reference, ...] = (),
    characters: tuple[str, ...] = (),
    remix_of: str | None = None,
) -> Request:
    """A small request for the fake backend."""
    return Request(
        case_id=case_id,
        account_id=account_id,
        prompt=prompt,
        model="fake",
        seconds=2,
        width=640,
        height=360,
        seed=7,
        references=references,
        characters=characters,
        remix_of=remix_of,
    )


def a_medium(letter: str = "a", kind: MediaKind = MediaKind.VIDEO) -> MediaRef:
    """A reference to a medium that is stored nowhere."""
    return MediaRef(letter * 64, kind, "video/mp4", 1_000)


def a_finding(
    outcome: Outcome = Outcome.CLEAR,
    reason: str = "gate:panel:clear",
    *,
    stage: Stage = Stage.REQUEST,
    gallery: str | None = None,
    gate: str = "test:gate",
    score: float | None = None,
) -> Finding:
    """One finding."""
    facts: dict[str, str | int | bool] = {} if gallery is None else {"gallery": gallery}
    return Finding(gate, stage, outcome, reason, Evidence("prompt"), score=score, facts=facts)


def a_ruling(verdict: Verdict, reason: str = "gate:panel:clear", message: str = "") -> Ruling:
    """A ruling on a finding with this reason."""
    return Ruling(a_finding(reason=reason), verdict, "test-policy", reason, message)


def a_decision(*rulings: Ruling, stage: Stage = Stage.REQUEST, decision_id: str = "dec_1") -> Decision:
    """A decision of these rulings."""
    return Decision(decision_id, stage, rulings, "policy-1", {"model": "1"})


def an_opened(request: Request | None = None) -> Opened:
    """A case on record."""
    return Opened(request or a_request(), NOON, 0, RELEASE_NUMBER)


def an_admitted(request: Request | None = None, consents: tuple[Consent, ...] = ()) -> Admitted:
    """An admitted case."""
    return Admitted(an_opened(request), "dec_1", consents)


def a_draft(admitted: Admitted | None = None) -> Draft:
    """A rendered case."""
    return Draft(admitted or an_admitted(), a_medium("b"), "fake")


def a_passed(draft: Draft | None = None) -> Passed:
    """A draft that was looked at."""
    return Passed(draft or a_draft(), "dec_2", (), ("f" * 64,))


def a_marked(passed: Passed | None = None) -> Marked:
    """A marked draft."""
    return Marked(passed or a_passed(), a_medium("c"), {"psnr_y": 44.0})


def a_signed(marked: Marked | None = None) -> Signed:
    """A signed draft."""
    stills = a_medium("e", MediaKind.IMAGE), a_medium("f", MediaKind.IMAGE)
    return Signed(marked or a_marked(), a_medium("d"), "urn:c2pa:1", "1" * 64, *stills)


def a_logged(signed: Signed | None = None) -> Logged:
    """A case that is on the ledger and about to go out."""
    return Logged(signed or a_signed(), 3, "checkpoint")


def reached(database: Database, case_id: str) -> tuple[str, ...]:
    """Names of the stages that a case has earned, in order."""
    statement = select(StageRow.stage).where(StageRow.case_id == case_id).order_by(col(StageRow.at))
    with database.reading() as session:
        return tuple(session.exec(statement))
