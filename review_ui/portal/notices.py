"""Legal notices that took down what somebody owns: what was said, and the counter-notice that answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import CounterStatement, CounterTexts, NoticeDesk, Received, missing_in_counter
from review_ui.portal.door import Door
from review_ui.portal.faults import Faults, faults_in, sentence
from trust_kernel.errors import Conflict, InvalidInput
from trust_kernel.web.access import Actor

PATH = "/me/notices"
LAWS: Mapping[str, str] = {
    "dmca": "Copyright: the DMCA, 17 U.S.C. 512",
    "take_it_down": "Intimate pictures: the TAKE IT DOWN Act, 47 U.S.C. 223a",
    "no_fakes": "Voice and likeness: the NO FAKES bill, S. 1367, which we follow though it is not law",
}
SWORN: Mapping[CounterStatement, str] = {
    CounterStatement.MISTAKE: "Under penalty of perjury: I believe in good faith that it was taken down by mistake, or "
    "because it was taken for something else.",
    CounterStatement.JURISDICTION: "I consent to the jurisdiction of the Federal District Court for my address; "
    "outside the United States, of any district in which this site may be found.",
    CounterStatement.SERVICE: "I will accept service of process from whoever gave notice, or from their agent.",
}
_NEEDED = "This is needed."
_MOST = 10_000
"""Characters that a form takes in; the desk has its own limits, and says so."""
_Text = Annotated[str, Form(max_length=_MOST)]


@dataclass(frozen=True, slots=True)
class TypedCounter:
    """What somebody typed; a page that finds fault with it shows it again."""

    texts: CounterTexts = field(default_factory=lambda: CounterTexts("", "", "", ""))
    declared: frozenset[CounterStatement] = frozenset()


def typed_counter(
    name: _Text = "",
    address: _Text = "",
    phone: _Text = "",
    email: _Text = "",
    statement: _Text = "",
    signature: _Text = "",
    declared: Annotated[list[str] | None, Form()] = None,
) -> TypedCounter:
    """Read the form; what is missing the page says."""
    sworn = frozenset(one for one in CounterStatement if one.value in (declared or ()))
    return TypedCounter(CounterTexts(name, address, phone, signature, email, statement), sworn)


def build_own_notice_pages(door: Door, desk: NoticeDesk) -> APIRouter:
    """`/me/notices` and below."""
    router = APIRouter(include_in_schema=False)
    signed_in = door.access.signed_in()

    @router.get(PATH)
    def notices(request: Request, actor: Annotated[Actor, signed_in]) -> HTMLResponse:
        rows = [(one, state_of(one)) for one in desk.counters.received(actor.account_id)]
        return door.pages.render(request, "my_notices.html", rows=rows, laws=LAWS)

    @router.get(f"{PATH}/{{notice_id}}")
    def notice(request: Request, notice_id: str, actor: Annotated[Actor, signed_in]) -> HTMLResponse:
        return _page(door, request, desk.counters.one(notice_id, actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/counter", response_model=None)
    def counter(
        request: Request,
        notice_id: str,
        actor: Annotated[Actor, signed_in],
        said: Annotated[TypedCounter, Depends(typed_counter)],
    ) -> HTMLResponse | RedirectResponse:
        received = desk.counters.one(notice_id, actor.account_id)
        try:
            desk.counters.counter(notice_id, actor.account_id, said.texts, said.declared)
        except InvalidInput as error:
            faults = _faults(error, said)
            return _page(door, request, received, said, faults=faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except Conflict as error:
            again = desk.counters.one(notice_id, actor.account_id)
            return _page(door, request, again, said, problem=sentence(error), status=HTTPStatus.CONFLICT)
        return RedirectResponse(f"{PATH}/{notice_id}?done=countered", HTTPStatus.SEE_OTHER)

    return router


def state_of(received: Received) -> tuple[str, str]:
    """Where an owner's videos stand, in words, and the style that says so."""
    if not received.down:
        return ("withdrawn for good", "deny") if received.gone else ("back", "released")
    return ("asked back", "hold") if received.window else ("down", "withdrawn")


def _page(
    door: Door,
    request: Request,
    received: Received,
    said: TypedCounter | None = None,
    *,
    faults: Faults | None = None,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    return door.pages.render(
        request,
        "my_notice.html",
        status=status,
        received=received,
        notice=received.notice,
        law=LAWS[received.notice.statute],
        state=state_of(received),
        typed=said or TypedCounter(),
        sworn=[(one.value, text) for one, text in SWORN.items()],
        faults=faults or Faults(),
        problem=problem,
    )


def _faults(error: InvalidInput, said: TypedCounter) -> Faults:
    """Everything that is missing at once; or the one text that is too long."""
    statements = {one.value for one in CounterStatement}
    missing = missing_in_counter(said.texts, said.declared)
    if error.field not in missing:
        return faults_in(error)
    return Faults({"declared" if name in statements else name: _NEEDED for name in missing})
