"""Giving notice under a statute, and what whoever gave it can do afterwards. None of this is legal advice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notice_clocks import NoticeClock, clocks_of, next_act
from copyright_optout.domain.notices import Element, Located, Notice, NoticeState, Statute, Texts, check_texts
from copyright_optout.service.notice_steps import SYSTEM, NoticeSteps, joined, ledger_body
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class GivenNotice:
    """What somebody hands in.

    Attributes:
        texts: what they wrote.
        declared: what they declare.
        file: a video or picture that shows what they mean; it is looked at and not kept.
        account_id: who they are here; None for somebody without an account.
        language: in which they are answered, "en" or "it".
    """

    statute: Statute
    texts: Texts
    declared: frozenset[Element] = frozenset()
    file: Path | None = field(default=None, compare=False)
    account_id: str | None = None
    language: str = "en"


class NoticeIntake:
    """Takes notices in.

    Args:
        steps: what happens to them.
    """

    def __init__(self, steps: NoticeSteps) -> None:
        self._steps = steps

    def file(self, given: GivenNotice) -> Notice:
        """Keep a notice as VALID, or as INCOMPLETE with what is missing; whoever gave it learns which.

        Raises:
            InvalidInput: a text is too long, or the file cannot be read.
            Unavailable: there is no room to look at the file.
        """
        steps, parts = self._steps, self._steps.parts
        texts = check_texts(given.texts)
        videos = self._located(texts, given.file)
        now = parts.clock.now()
        new = Notice(
            id=new_id("ntc"),
            statute=given.statute,
            state=NoticeState.RECEIVED,
            received_at=now,
            changed_at=now,
            account_id=given.account_id,
            language=given.language,
            declared=given.declared,
            videos=joined(videos, ()),
        )
        with parts.store.transaction():
            parts.store.add(new)
            digest = steps.write(new.id, texts)
            parts.record.append(NoticeEvent.RECEIVED, ledger_body(new, texts_sha256=digest))
            steps.tell(NoticeEvent.RECEIVED, new)
            return self._judged(new, texts)

    def complete(self, notice_id: str, given: GivenNotice) -> Notice:
        """Add to an incomplete notice: texts that are not empty replace those before; with all of it, the clock starts.

        Raises:
            InvalidInput, Unavailable: as `file`.
            IllegalMove: it is not INCOMPLETE.
        """
        steps, parts = self._steps, self._steps.parts
        more = check_texts(given.texts)
        videos = self._located(more, given.file)
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            notice.to(NoticeState.INCOMPLETE, parts.clock.now())  # nothing is written where it may not be
            texts = _merged(steps.texts(notice_id) or Texts(), more)
            digest = steps.write(notice_id, texts)
            parts.record.append(NoticeEvent.RECEIVED, ledger_body(notice, texts_sha256=digest))
            whole = replace(notice, declared=notice.declared | given.declared, videos=joined(notice.videos, videos))
            return self._judged(whole, texts)

    def locate(self, notice_id: str, places: Sequence[str], found: Sequence[Located], by: str) -> Notice:
        """Add videos that staff found for a notice before it is acted on; it may become VALID by that.

        Raises:
            InvalidInput: none of the places leads to a video.
            IllegalMove: it is neither INCOMPLETE nor VALID.
        """
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            if notice.state is not NoticeState.VALID:
                notice.to(NoticeState.INCOMPLETE, parts.clock.now())
            more = replace(notice, videos=joined(notice.videos, found))
            parts.record.append(NoticeEvent.LOCATED, ledger_body(more, actor=by, videos=len(places)))
            texts = steps.texts(notice_id)
            return steps.kept(more) if notice.state is NoticeState.VALID or texts is None else self._judged(more, texts)

    def withdraw(self, notice_id: str) -> Notice:
        """Take a notice back: what it took down is given back at once.

        Raises:
            IllegalMove: it has ended.
        """
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            ended = steps.undone(steps.locked(notice_id), NoticeState.WITHDRAWN, SYSTEM)
            parts.record.append(NoticeEvent.WITHDRAWN, ledger_body(ended))
            steps.tell(NoticeEvent.WITHDRAWN, ended)
            return steps.kept(ended)

    def of_token(self, token: str) -> Notice:
        """The notice that a private link leads to; raises NotFound."""
        return self._steps.found(self._steps.parts.links.read(token))

    def texts(self, notice_id: str) -> Texts | None:
        """What a notice says; None where that is not kept any more."""
        return self._steps.texts(notice_id)

    def next_clock(self, notice: Notice) -> NoticeClock | None:
        """What comes next for a notice; None where nothing runs. What is overdue stays until it was done."""
        parts = self._steps.parts
        running, now = clocks_of(notice, parts.terms), parts.clock.now()
        return next((one for one in running if one.due > now), running[-1] if running else None)

    def own(self, account_id: str) -> Sequence[Notice]:
        """Notices that an account gave, newest first."""
        return self._steps.parts.store.page(account_id=account_id)

    def _judged(self, notice: Notice, texts: Texts) -> Notice:
        steps, parts = self._steps, self._steps.parts
        judged = notice.judged(texts, parts.clock.now())
        if judged.state is NoticeState.VALID:
            parts.record.append(NoticeEvent.VALID, ledger_body(judged, videos=len(judged.videos)))
            steps.tell(NoticeEvent.VALID, judged)
            clock = next_act(judged, parts.terms)
            if clock is None:
                raise Conflict("a valid notice has a clock", code=NoticeFault.STATE)
            steps.ask_staff(judged, clock.due)
        else:
            parts.record.append(NoticeEvent.INCOMPLETE, ledger_body(judged, missing=",".join(judged.missing)))
            steps.tell(NoticeEvent.INCOMPLETE, judged)
        return steps.kept(judged)

    def _located(self, texts: Texts, file: Path | None) -> list[Located]:
        videos = self._steps.parts.videos
        return [*videos.locate(texts.places), *(videos.recognise(file) if file is not None else ())]


def _merged(before: Texts, more: Texts) -> Texts:
    names = ("name", "email", "phone", "address", "on_behalf_of", "work", "statement", "signature")
    fields = {name: getattr(more, name) or getattr(before, name) for name in names}
    return check_texts(Texts(places=(*before.places, *more.places), **fields))
