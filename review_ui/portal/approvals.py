"""Uses that wait for one's own yes: who asks, what for, and the video where it is to be seen first."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import ApprovalDesk, ApprovalState, Mode, Question, QuestionState
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.words import context, purpose
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted
from trust_kernel.web.access import Actor

PATH = "/me/approvals"
_PAGE = 20
_ANSWERS = {"approve": ApprovalState.APPROVED, "refuse": ApprovalState.REFUSED}
_STATES = {
    QuestionState.WAITING: ("waits for you", "hold"),
    QuestionState.APPROVED: ("you said yes", "good"),
    QuestionState.REFUSED: ("you said no", "bad"),
    QuestionState.LAPSED: ("no answer, which is a no", "bad"),
    QuestionState.ENDED: ("no answer needed any more", "none"),
}


class Seen(Protocol):
    """Knows what was handed in; `generator_gateway.service.previews.PreviewDesk` is the real one."""

    def pictures(self, approval_id: str, account_id: str) -> tuple[str, ...]:
        """Ids of what can be shown, blurred, if the question stands at this moment."""
        ...


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as the person who is asked sees it.

    Attributes:
        who: who asks: "@ada", or "somebody without a handle".
        whom: who is in it: "you", or the handle of a minor whom one looks after.
        purpose: in words; "" where what was asked for is gone.
        facts: what else is declared, as pairs.
        handed_in: pictures, videos and sounds that came with it.
        watch: whether there is a video to see first.
        may_answer: whether an answer is waited for.
        may_approve: whether this person can say yes: for a minor a guardian alone can.
        may_refuse: whether a yes can still become a no.
        released: whether it is, or was, out.
    """

    id: str
    grant_id: str
    who: str
    whom: str
    mode: Mode
    state: str
    tone: str
    asked: datetime
    until: datetime
    answered: datetime | None
    prompt: str
    purpose: str
    facts: tuple[tuple[str, str], ...]
    handed_in: int
    watch: bool
    may_answer: bool
    may_approve: bool
    may_refuse: bool
    released: bool
    note: str


def build_approval_pages(door: Door, desk: ApprovalDesk, seen: Seen) -> APIRouter:
    """`/me/approvals` and below."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    def show(
        request: Request,
        actor: Actor,
        approval_id: str,
        faults: Faults | None = None,
        problem: str = "",
        typed: str = "",
    ) -> HTMLResponse:
        question = question_view(desk.one(approval_id, actor.account_id), door, actor.account_id)
        may_look = question.handed_in and question.may_refuse
        status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.CONFLICT if problem else HTTPStatus.OK
        return door.pages.render(
            request,
            "me_approval.html",
            status=status,
            question=question,
            pictures=seen.pictures(approval_id, actor.account_id) if may_look else (),
            faults=faults or Faults(),
            problem=problem,
            typed=typed or question.note,
        )

    @router.get(PATH)
    def inbox(request: Request, actor: Annotated[Actor, manage], after: str | None = None) -> HTMLResponse:
        if not door.wards(actor):  # a guardian answers without a handle of their own, too
            door.own(actor)
        found = desk.mine(actor.account_id, after=after, limit=_PAGE + 1)
        views = [question_view(question, door, actor.account_id) for question in found[:_PAGE]]
        more = views[-1].id if len(found) > _PAGE else None
        return door.pages.render(request, "me_approvals.html", questions=views, after=after, next=more)

    @router.get(f"{PATH}/{{approval_id}}")
    def one(request: Request, approval_id: str, actor: Annotated[Actor, manage]) -> HTMLResponse:
        return show(request, actor, approval_id)

    @router.post(f"{PATH}/{{approval_id}}", response_model=None)
    def answer(
        request: Request,
        approval_id: str,
        actor: Annotated[Actor, manage],
        said: Annotated[str, Form(alias="answer")] = "",
        note: Annotated[str, Form(max_length=5_000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        if said not in _ANSWERS:
            return show(request, actor, approval_id, Faults({"answer": "Say yes or no."}), typed=note)
        try:
            desk.answer(approval_id, _ANSWERS[said], actor=actor.account_id, note=note.strip())
        except InvalidInput as error:
            return show(request, actor, approval_id, faults_in(error), typed=note)
        except (Conflict, NotPermitted) as error:
            return show(request, actor, approval_id, problem=sentence(error))
        return RedirectResponse(f"{PATH}/{approval_id}?done={said}", HTTPStatus.SEE_OTHER)

    return router


def question_view(question: Question, door: Door, account_id: str) -> QuestionView:
    """A question in words, to the account of the person, or of a minor's guardian."""
    approval, use = question.approval, question.use
    subject = door.registry.subject(approval.subject_id)
    own = subject.account_id == account_id
    words, tone = _STATES[question.state]
    going_on = use is not None and use.open
    willing = question.state in {QuestionState.WAITING, QuestionState.APPROVED}
    return QuestionView(
        id=approval.id,
        grant_id=approval.grant_id,
        who=f"@{question.asker}" if question.asker else "somebody without a handle",
        whom="you" if own else f"@{subject.handle}",
        mode=approval.mode,
        state=words,
        tone=tone,
        asked=approval.asked_at,
        until=approval.until,
        answered=approval.answered_at if question.state in {QuestionState.APPROVED, QuestionState.REFUSED} else None,
        prompt=use.prompt if use else "",
        purpose=purpose(use.purpose).partition(":")[0] if use else "",
        facts=_facts(question),
        handed_in=len(use.references) if use else 0,
        watch=approval.mode is Mode.PREVIEW and going_on and willing,
        may_answer=question.state is QuestionState.WAITING,
        may_approve=question.state is QuestionState.WAITING and not (own and subject.minor),
        may_refuse=going_on and willing,
        released=use is not None and use.released,
        note=question.note,
    )


def _facts(question: Question) -> tuple[tuple[str, str], ...]:
    use = question.use
    if use is None:
        return ()
    said = (
        ("Shown in", ", ".join(use.territories) or "anywhere"),
        ("Spoken in", ", ".join(use.languages) or "any language"),
        ("They say it shows", ", ".join(context(name) for name in use.contexts)),
        ("Made from", f"an earlier video (…{use.remix_of[-8:]})" if use.remix_of else ""),
    )
    return tuple((name, value) for name, value in said if value)
