"""Everything about notices, joined."""

from copyright_optout.service.notice_appeals import NoticeAppeals
from copyright_optout.service.notice_countering import CounterDesk
from copyright_optout.service.notice_deciding import NoticeBench
from copyright_optout.service.notice_mailing import NoticeMails
from copyright_optout.service.notice_steps import NoticeLinks, NoticeParts, NoticeSteps
from copyright_optout.service.notices import NoticeIntake


class NoticeDesk:
    """Notices under a statute.

    Attributes:
        intake: for whoever gives notice.
        counters: for the owners of what was taken down.
        bench: for staff, and for the clock.
        appeals: for staff who decide an appeal about what a notice took down.
        mails: to those without an account.
        links: private links of those without an account.
    """

    def __init__(self, parts: NoticeParts) -> None:
        steps = NoticeSteps(parts)
        self.intake = NoticeIntake(steps)
        self.counters = CounterDesk(steps)
        self.bench = NoticeBench(steps, self.intake)
        self.appeals = NoticeAppeals(steps)
        self.mails = NoticeMails(steps)
        self.links: NoticeLinks = parts.links
