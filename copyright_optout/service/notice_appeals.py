"""What a won appeal does to a notice: under a law that knows no counter-notice, it ends it as far as a video goes."""

from dataclasses import replace

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notices import Notice, NoticeState, Rejection
from copyright_optout.service.notice_steps import NoticeSteps, ledger_body
from trust_kernel.errors import Conflict


class NoticeAppeals:
    """The side of notices that appeals see."""

    def __init__(self, steps: NoticeSteps) -> None:
        self._steps = steps

    def giver(self, notice_id: str) -> str | None:
        """Account that gave a notice, and may not decide an appeal about it; None where none did. Raises NotFound."""
        return self._steps.found(notice_id).account_id

    def lift(self, notice_id: str, case_id: str, by: str) -> Notice:
        """Give a video back, with its identical copies, and stop what is like it no longer, because an appeal was won.

        Copies come back with it, whosever they are: they show the same, and what stops what is like them would stop
        the video too. Once nothing is down any more, the notice is rejected.

        Args:
            notice_id: which.
            case_id: the video that was appealed about.
            by: account that decided.

        Raises:
            NotFound: there is no such notice.
            Conflict: its law has counter-notices for that, or it does not keep this video down.
            NotPermitted: whoever decides gave it, or owns one of its videos.
        """
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            steps.check_disinterested(notice, by)
            if notice.statute.knows_counter:
                raise Conflict("this law has counter-notices for that", code=NoticeFault.STATE, field="state")
            others = {video.case_id for video in notice.down} - {case_id}
            if len(others) == len(notice.down):
                raise Conflict("this notice does not keep it down", code=NoticeFault.STATE, field="state")
            back = {case_id, *parts.videos.identical(case_id, others)}
            spared, given = steps.spare(notice, back, by)
            if case_id not in given:
                raise Conflict("it was withdrawn meanwhile", code=NoticeFault.STATE, field="state")
            lifted = replace(spared, changed_at=parts.clock.now())
            parts.record.append(NoticeEvent.APPEALED, ledger_body(lifted, actor=by, videos=len(given)))
            if lifted.down:
                steps.tell(NoticeEvent.APPEALED, lifted)
                return steps.kept(lifted)
            return self._rejected(lifted, by)

    def _rejected(self, notice: Notice, by: str) -> Notice:
        steps = self._steps
        ended = replace(notice.to(NoticeState.REJECTED, notice.changed_at), rejection=Rejection.APPEALED)
        steps.parts.record.append(NoticeEvent.REJECTED, ledger_body(ended, actor=by, why=Rejection.APPEALED.value))
        steps.tell(NoticeEvent.REJECTED, ended)
        return steps.kept(ended)
