"""`placet consent show|revoke|pause`: somebody's consent, for an operator who has them on the phone and no browser.

What is shown is what pages show to staff and to the person: no template, no picture, no e-mail address.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.operators import house_at, named_option, operator, person
from placet.cli.options import data_option

if TYPE_CHECKING:
    from consent_registry.api import Cameo, Grant, Subject
    from placet.wiring import House

_QUESTIONS = 1000
"""How many questions to somebody are looked through; those that wait come first."""


@click.group()
def consent() -> None:
    """Show, take back and pause what somebody allowed."""


@consent.command()
@data_option
@click.argument("handle", metavar="@HANDLE")
def show(data: Path | None, handle: str) -> None:
    """Say what stands for @HANDLE: likeness, consents, bars, pause, open questions."""
    house = house_at(data)
    subject = person(house, handle)
    for line in (*_standing(house, subject), *_grants(house, subject), *_bars(house, subject), *_asked(house, subject)):
        click.echo(line)


@consent.command()
@data_option
@click.argument("handle", metavar="@HANDLE")
@click.option("--grant", "grant_id", metavar="ID", help="Only this consent (grant_...).")
@click.option("--all", "everything", is_flag=True, help="Every consent of theirs.")
@click.option("--take-back", is_flag=True, help="Videos go too, whatever a consent says of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@named_option
def revoke(
    data: Path | None,
    handle: str,
    grant_id: str | None,
    by: str,
    reason: str,
    *,
    everything: bool,
    take_back: bool,
    yes: bool,
) -> None:
    """Take consent of @HANDLE back, for them: nothing more is made under it. They are told that you did so, and why.

    Videos that are out are withdrawn as each consent says; with --take-back in any case.
    """
    from consent_registry.api import TakeBack
    from consent_registry.routes import ADMINISTER

    if everything is (grant_id is not None):
        raise click.UsageError("say which consent with --grant ID, or --all")
    house = house_at(data)
    subject, account = person(house, handle), operator(house, by, ADMINISTER)
    if not yes:
        what = grant_id or "every consent"
        click.confirm(f"Take back {what} of @{subject.handle}? Nobody can undo this.", abort=True)
    done = house.guards.registry.operating.revoke(
        subject.id,
        account.id,
        reason,
        grant_id=grant_id,
        take_back=TakeBack.TAKE_BACK if take_back else TakeBack.AS_GRANTED,
    )
    if not (done.ended or done.withdrawn):
        click.echo("nothing stood any more; nothing was changed")
        return
    click.echo(f"ended: {len(done.ended)}; videos withdrawn: {len(done.withdrawn)}; @{subject.handle} is told")
    for name in (*done.ended, *done.withdrawn):
        click.echo(f"  {name}")


@consent.command()
@data_option
@click.argument("handle", metavar="@HANDLE")
@named_option
def pause(data: Path | None, handle: str, by: str, reason: str) -> None:
    """Stop every use of the likeness of @HANDLE. Consents stay; the person alone lets it go on, on their own page."""
    from consent_registry.routes import ADMINISTER

    house = house_at(data)
    subject, account = person(house, handle), operator(house, by, ADMINISTER)
    if house.guards.registry.operating.pause(subject.id, account.id, reason):
        click.echo(f"every use of @{subject.handle} is stopped; they are told, and let it go on themselves")
    else:
        click.echo("it was stopped already; nothing was changed")


def _standing(house: "House", subject: "Subject") -> Iterator[str]:
    from consent_registry.api import OPEN
    from review_ui.staff.words import enrolment

    registry = house.guards.registry
    kept, everybody = registry.safety.settings(subject.id), registry.safety.lockdown()
    yield f"@{subject.handle}, {subject.display_name} ({subject.id}){', under 18' if subject.minor else ''}"
    yield f"  likeness  {_likeness(registry.cameo(subject.id))}"
    for attempt in registry.enrolments.of(subject.id):
        if attempt.state in OPEN:
            yield f"  enrolment of {_day(attempt.created_at)} waits: {enrolment(attempt.state)}"
    if subject.minor:
        guardians = [_name(house, account) for account in sorted(registry.guardians(subject.id))]
        yield f"  guardians {', '.join(guardians) or 'none'}"
    yield f"  pause     {f'every use is stopped since {_day(kept.paused_at)}' if kept.paused_at else 'none'}"
    yield f"  a day     {'any number' if kept.daily_uses is None else f'at most {kept.daily_uses} videos by others'}"
    if everybody.on:
        yield "  lockdown  every use of every likeness is stopped"


def _grants(house: "House", subject: "Subject") -> Iterator[str]:
    from review_ui.portal.views import grant_view

    registry = house.guards.registry
    now = registry.now()
    found = registry.grants(subject.id)
    yield f"consents: {len(found) or 'none'}"
    for grant in reversed(found):
        view = grant_view(grant, now, lambda account: _handle(house, account))
        kept = "videos stay if it ends" if view.keeps else "videos go if it ends"
        yield f"  {view.id}  {view.state}, until {_day(view.until)}"
        yield f"    for {_whom(house, grant)}: {view.what}; videos made: {view.uses}; {kept}"


def _whom(house: "House", grant: "Grant") -> str:
    from consent_registry.api import AudienceKind

    audience = grant.terms.audience
    if audience.kind is AudienceKind.PEOPLE:
        return ", ".join(_name(house, account) for account in sorted(audience.account_ids))
    return {
        AudienceKind.ONLY_ME: "nobody else",
        AudienceKind.GROUPS: "people in their groups",
        AudienceKind.MUTUALS: "people who follow them and whom they follow",
        AudienceKind.EVERYONE: "everyone",
    }[audience.kind]


def _bars(house: "House", subject: "Subject") -> Iterator[str]:
    bars = house.guards.registry.safety.bars(subject.id)
    yield f"barred: {len(bars) or 'nobody'}"
    for bar in bars:
        yield f"  {_name(house, bar.account_id)} since {_day(bar.at)}"


def _asked(house: "House", subject: "Subject") -> Iterator[str]:
    from consent_registry.api import QuestionState

    asked = [
        question
        for question in house.guards.approvals.mine(subject.account_id, after=None, limit=_QUESTIONS)
        if question.state is QuestionState.WAITING and question.approval.subject_id == subject.id
    ]
    yield f"open questions: {len(asked) or 'none'}"
    for question in asked:
        one = question.approval
        who = f"@{question.asker}" if question.asker else one.account_id
        seen = "has made a video that they see first" if one.mode == "preview" else "wants to make a video"
        yield f"  {one.id}  {who} {seen}; no answer by {_day(one.until)} is a no"


def _likeness(cameo: "Cameo | None") -> str:
    if cameo is None:
        return "not enrolled"
    parts = [name for name, there in (("face", cameo.has_face), ("voice", cameo.has_voice)) if there]
    kept = "a portrait or voice sample is kept" if cameo.keeps_reference else "no picture and no sound is kept"
    how = str(cameo.assurance).replace("_", " ")
    return f"{' and '.join(parts)}, version {cameo.version} of {_day(cameo.created_at)}, by {how}; {kept}"


def _handle(house: "House", account_id: str) -> str | None:
    subject = house.guards.registry.subject_of(account_id)
    return subject.handle if subject else None


def _name(house: "House", account_id: str) -> str:
    handle = _handle(house, account_id)
    return f"@{handle}" if handle else account_id


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
