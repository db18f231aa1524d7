"""Enrolment by oneself: what it takes, the challenge, the recording, what came of it, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import (
    MAX_LABEL,
    MAX_SECONDS,
    OPEN,
    Challenge,
    ChallengeDesk,
    CheckFinding,
    EnrolmentAttempt,
    Subject,
    Turn,
    check_label,
)
from consent_registry.routes.challenges import MAX_RECORDING_BYTES, recording_on_disk
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, PlacetError, Unavailable
from trust_kernel.web.access import Actor
from trust_kernel.web.domain import Throttled
from trust_kernel.web.problems import status_of

PATH = "/me/enrol"
_LANGUAGE = "en"
"""The digits that the shipped recogniser understands."""
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ARROWS: Mapping[Turn, str] = {Turn.LEFT: "←", Turn.RIGHT: "→", Turn.UP: "↑", Turn.DOWN: "↓"}
_YEAR = 4
_CHECKS: Mapping[str, str] = {
    "face": "Your face is in the picture all the time",
    "light": "There is enough light",
    "alone": "You are alone in the picture",
    "size": "Your face is near enough",
    "same": "It is one person from start to end",
    "alive": "It is a living face",
    "depth": "It is a head, not a photo or a screen",
    "turns": "The turns, in their order",
    "voice": "You can be heard",
    "digits": "The digits, in their order",
    "lips": "Your lips move as you speak",
    "whole": "It was recorded in one go",
    "fresh": "It was recorded after the digits were given",
    "new": "It was never handed in before",
}
"""What each check looks at, as a sentence that holds where it is passed."""


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge as it is shown.

    Attributes:
        digits: each with its word.
        turns: each with an arrow, for somebody who sees themselves as in a mirror.
        left: whole seconds until it is over.
    """

    id: str
    digits: tuple[tuple[int, str], ...]
    turns: tuple[tuple[str, str], ...]
    until: datetime
    left: int


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check as it is shown.

    Attributes:
        name: what was looked at, in words.
        advice: how to do better; empty where it passed.
        at: second of the recording where it shows.
    """

    name: str
    passed: bool
    advice: str
    at: float | None
    score: float
    threshold: float


def build_own_enrolment_pages(door: Door, desk: ChallengeDesk) -> APIRouter:
    """`/me/enrol` and below.

    Args:
        door: what pages of a person's own share.
        desk: gives challenges and examines recordings.
    """
    router = APIRouter(include_in_schema=False)
    booth = _Booth(door, desk)
    _add_beginning(router, booth)
    _add_answering(router, booth)
    return router


@dataclass(frozen=True, slots=True)
class _Booth:
    """The pages in their states: what it takes, a challenge, a result."""

    door: Door
    desk: ChallengeDesk

    def begin(
        self,
        request: Request,
        actor: Actor,
        *,
        problem: str = "",
        faults: Faults | None = None,
        status: int = HTTPStatus.OK,
        **more: Any,
    ) -> HTMLResponse:
        """What it takes, and how far one is."""
        registry = self.door.registry
        subject = self.door.own(actor)
        waiting = next((one for one in registry.enrolments.of(subject.id) if one.state in OPEN), None)
        unstated = registry.ages.of(actor.account_id) is None
        context = {"year": ""} | more
        return self.door.pages.render(
            request,
            "me_enrol.html",
            status=status,
            subject=subject,
            cameo=registry.cameo(subject.id),
            waiting=waiting,
            unstated=unstated,
            barred="" if unstated else self._barred(subject),
            problem=problem,
            faults=faults or Faults(),
            max_seconds=round(MAX_SECONDS),
            **context,
        )

    def _barred(self, subject: Subject) -> str:
        """Why somebody cannot enrol at their age; empty where they can."""
        try:
            self.door.registry.enrolments.check_age(subject.id)
        except NotPermitted as error:
            return sentence(error)
        return ""

    def own_challenge(self, actor: Actor, challenge_id: str) -> Challenge:
        """A challenge that was given to the caller; to anybody else there is none."""
        challenge = self.desk.challenge(challenge_id)
        if challenge.subject_id != self.door.own(actor).id:
            raise NotFound("there is no such challenge")
        return challenge

    def ask(
        self,
        request: Request,
        challenge: Challenge,
        *,
        faults: Faults | None = None,
        status: int = HTTPStatus.OK,
        label: str = "",
        keep: str = "",
    ) -> HTMLResponse:
        """The challenge and where the recording goes; or that it is over."""
        return self.door.pages.render(
            request,
            "me_enrol_challenge.html",
            status=status,
            challenge=_challenge_view(challenge, self.door.registry.now()),
            used=challenge.used_at is not None,
            faults=faults or Faults(),
            label=label,
            keep=keep,
            max_seconds=round(MAX_SECONDS),
            max_bytes=MAX_RECORDING_BYTES,
            max_label=MAX_LABEL,
        )

    def result(
        self,
        request: Request,
        findings: tuple[CheckFinding, ...] = (),
        enrolment: EnrolmentAttempt | None = None,
        *,
        problem: str = "",
        status: int = HTTPStatus.OK,
    ) -> HTMLResponse:
        """What came of a recording."""
        checks = [_check_view(finding) for finding in findings]
        return self.door.pages.render(
            request,
            "me_enrol_result.html",
            status=status,
            failed=[check for check in checks if not check.passed],
            passed=[check for check in checks if check.passed],
            enrolment=enrolment,
            problem=problem,
        )


def _add_beginning(router: APIRouter, booth: _Booth) -> None:
    manage = booth.door.access.requires(MANAGE)

    @router.get(PATH, response_model=None)
    def begin(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse | RedirectResponse:
        if booth.door.registry.subject_of(actor.account_id) is None:
            return RedirectResponse("/me", HTTPStatus.SEE_OTHER)  # a handle comes first
        return booth.begin(request, actor)

    @router.post(f"{PATH}/age", response_model=None)
    def state_age(
        request: Request, actor: Annotated[Actor, manage], birth_year: Annotated[str, Form(max_length=20)] = ""
    ) -> HTMLResponse | RedirectResponse:
        try:
            booth.door.registry.ages.state(actor.account_id, _year(birth_year))
        except (InvalidInput, Conflict) as error:
            return booth.begin(request, actor, faults=faults_in(error), status=status_of(error), year=birth_year)
        return RedirectResponse(PATH, HTTPStatus.SEE_OTHER)

    @router.post(PATH, response_model=None)
    def challenge_me(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse | RedirectResponse:
        try:
            challenge = booth.desk.issue(booth.door.own(actor).id, _LANGUAGE)
        except (NotPermitted, Throttled) as error:
            return booth.begin(request, actor, problem=sentence(error), status=status_of(error))
        return RedirectResponse(f"{PATH}/{challenge.id}", HTTPStatus.SEE_OTHER)

    @router.post(f"{PATH}/attempts/{{enrolment_id}}/withdraw", response_model=None)
    def withdraw(
        request: Request, enrolment_id: str, actor: Annotated[Actor, manage]
    ) -> HTMLResponse | RedirectResponse:
        try:
            booth.door.registry.enrolments.withdraw(enrolment_id, by=actor.account_id)
        except Conflict:
            problem = "Nothing was taken back: this enrolment was decided meanwhile."
            return booth.begin(request, actor, problem=problem, status=HTTPStatus.CONFLICT)
        return RedirectResponse(f"{PATH}?done=withdrawn", HTTPStatus.SEE_OTHER)


def _add_answering(router: APIRouter, booth: _Booth) -> None:
    manage = booth.door.access.requires(MANAGE)

    @router.get(f"{PATH}/{{challenge_id}}")
    def ask(request: Request, challenge_id: str, actor: Annotated[Actor, manage]) -> HTMLResponse:
        return booth.ask(request, booth.own_challenge(actor, challenge_id))

    @router.post(f"{PATH}/{{challenge_id}}")
    def answer(
        request: Request,
        challenge_id: str,
        actor: Annotated[Actor, manage],
        recording: Annotated[UploadFile | None, File()] = None,
        keep_reference: Annotated[str, Form(max_length=10)] = "",
        label: Annotated[str, Form(max_length=200)] = "",
    ) -> HTMLResponse:
        challenge = booth.own_challenge(actor, challenge_id)
        try:
            check_label(label)
            with recording_on_disk(_chosen(recording)) as path:
                outcome = booth.desk.answer(challenge.id, path, keep_reference=keep_reference == "yes", label=label)
        except (InvalidInput, Conflict, NotPermitted, Unavailable) as error:
            return _not_taken(request, booth, challenge, error, label, keep_reference)
        return booth.result(request, outcome.findings, outcome.enrolment)


def _not_taken(
    request: Request, booth: _Booth, challenge: Challenge, error: PlacetError, label: str, keep: str
) -> HTMLResponse:
    """The form again where the challenge still serves, else why the recording came to nothing."""
    status = status_of(error)
    if booth.desk.challenge(challenge.id).used_at is None:
        return booth.ask(request, challenge, faults=faults_in(error), status=status, label=label, keep=keep)
    return booth.result(request, problem=sentence(error), status=status)


def _year(text: str) -> int:
    trimmed = text.strip()
    if not (trimmed.isascii() and trimmed.isdigit() and len(trimmed) == _YEAR):
        raise InvalidInput("give the year with four digits", field="birth_year")
    return int(trimmed)


def _chosen(recording: UploadFile | None) -> UploadFile:
    if recording is None or not recording.size:
        raise InvalidInput("choose a recording first", field="recording")
    return recording


def _challenge_view(challenge: Challenge, now: datetime) -> ChallengeView:
    return ChallengeView(
        id=challenge.id,
        digits=tuple((digit, _WORDS[digit]) for digit in challenge.digits),
        turns=tuple((str(turn), _ARROWS[turn]) for turn in challenge.turns),
        until=challenge.expires_at,
        left=max(0, int((challenge.expires_at - now).total_seconds())),
    )


def _check_view(finding: CheckFinding) -> CheckView:
    return CheckView(
        name=_CHECKS.get(finding.check, finding.check),
        passed=finding.passed,
        advice=finding.advice,
        at=finding.at,
        score=finding.score,
        threshold=finding.threshold,
    )
