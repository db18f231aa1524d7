"""Mails to those who gave notice without an account: one for each state, tried again for some days."""

from time import monotonic

from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import Notice
from copyright_optout.service.notice_steps import NoticeSteps
from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome, next_attempt

_MOST = 1000
"""Mails of one sweep, as far as time allows."""
_SECONDS = 60.0
"""After which a sweep begins no other mail, so that a worker can be stopped: a server may take a minute for each."""


class NoticeMails:
    """Says by mail where notices stand."""

    def __init__(self, steps: NoticeSteps) -> None:
        self._steps = steps

    def of(self, notice_id: str) -> MailStanding:
        """How far mailing a notice's present state has come; raises NotFound."""
        return self._steps.parts.store.mail(notice_id)

    def post(self) -> int:
        """A worker's chore: mail where notices stand; gives how many mails went out.

        One that cannot be sent is put off and the next one has its turn. Only where the server itself does not answer
        the others wait for the next sweep, which begins with them.
        """
        parts = self._steps.parts
        sent, until = 0, monotonic() + _SECONDS
        for notice in parts.store.unmailed(parts.clock.now(), _MOST) if parts.mail.is_there else ():
            if monotonic() > until:
                break
            answer = self._sent(notice)
            if answer is None or answer.outcome is Outcome.TAKEN:
                parts.store.mailed(notice.id, notice.state)
                sent += answer is not None
                continue
            self._put_off(notice, answer)
            if answer.said == DeliveryReason.SERVER_SILENT:
                break
        return sent

    def _sent(self, notice: Notice) -> Answer | None:
        """What the server said; None where there is nobody to write to."""
        parts, texts = self._steps.parts, self._steps.texts(notice.id)
        if texts is None or "@" not in texts.email:
            return None
        return parts.mail.send(texts.email, texts.name, notice, parts.links.url(notice.id))

    def _put_off(self, notice: Notice, answer: Answer) -> None:
        parts = self._steps.parts
        before, now = parts.store.mail(notice.id), parts.clock.now()
        tries, since = before.tries + 1, before.since or now
        # Whoever mistyped their address, or is refused for good, follows the private link, which shows the same.
        again = next_attempt(tries, since, now) if answer.outcome is Outcome.LATER else None
        parts.store.not_mailed(notice.id, notice.state, MailStanding(tries, since, again, answer.said))
