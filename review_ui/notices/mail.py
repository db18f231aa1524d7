"""Mails about what happened: the sentence of each event, in the reader's language, with a way to the site and out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from review_ui.notices import NoticeWords, notice_words
from trust_kernel.delivery.mail import Letter, Recipient
from trust_kernel.events import Event

_PAGE = Markup(
    '<!doctype html><html lang="{language}"><body style="font:16px/1.5 system-ui,sans-serif;max-width:36em">'
    "<p>{greeting}</p>{body}"
    '<p><a href="{go}">{go_words}</a></p>'
    '<p style="color:#666;font-size:13px">{sent}<br><a href="{off}">{off_words}</a></p></body></html>'
)
_MOST_IN_DIGEST = 100


@dataclass(frozen=True, slots=True)
class MailWriter:
    """Writes every mail.

    Attributes:
        site: how the site calls itself.
        likeness: what it calls a cameo.
        public_url: where it is reached.
        handle_of: the handle of an account; "" where it has none. An event about its reader speaks to them.
    """

    site: str
    likeness: str
    public_url: str
    handle_of: Callable[[str], str]

    def one(self, event: Event, recipient: Recipient, language: str, off_url: str) -> Letter:
        """A mail about one event."""
        words = notice_words(language)
        said = self._said(words, event, self.handle_of(recipient.account_id))
        return self._letter(words, recipient, f"{self.site}: {said[0]}", [said], off_url, lead="")

    def digest(self, events: Sequence[Event], recipient: Recipient, language: str, off_url: str) -> Letter:
        """A mail about a day, oldest first; of a very long day its end, and how much it was in all."""
        words = notice_words(language)
        handle = self.handle_of(recipient.account_id)
        said = [self._said(words, event, handle) for event in events[-_MOST_IN_DIGEST:]]
        count = len(events)
        subject = words.frame("digest_subject_one" if count == 1 else "digest_subject", count=str(count))
        return self._letter(words, recipient, f"{self.site}: {subject}", said, off_url, lead=words.frame("digest_lead"))

    def _said(self, words: NoticeWords, event: Event, handle: str) -> tuple[str, str]:
        """What happened, and what else there is to say about it."""
        video = event.payload.get("video_id")
        more = (
            words.why(event.payload),
            words.purpose(event.payload),
            words.frame("video", video=str(video)) if video else "",
            words.appeal(event.payload),
        )
        sentence = words.sentence(event.type, event.payload, handle, self.likeness)
        return sentence, " ".join(part for part in more if part)

    def _letter(
        self,
        words: NoticeWords,
        recipient: Recipient,
        subject: str,
        said: Sequence[tuple[str, str]],
        off_url: str,
        *,
        lead: str,
    ) -> Letter:
        greeting = words.frame("greeting", name=recipient.name)
        sent = words.frame("sent", site=self.site)
        go = f"{self.public_url.rstrip('/')}/"
        lines = [greeting, "", *([lead, ""] if lead else [])]
        body = Markup("<p>{}</p>").format(lead) if lead else Markup()
        for first, more in said:
            lines += [f"- {first}" if lead else first, *([f"  {more}" if lead else more] if more else []), ""]
            body += Markup("<p>{}{}</p>").format(first, Markup("<br><small>{}</small>").format(more) if more else "")
        lines += [words.frame("go", url=go), "", "-- ", sent, words.frame("off", url=off_url)]
        html = _PAGE.format(
            language=words.language,
            greeting=greeting,
            body=body,
            go=go,
            go_words=words.frame("go_link"),
            sent=sent,
            off=off_url,
            off_words=words.frame("off_link"),
        )
        return Letter(subject, "\n".join(lines) + "\n", str(html))
