"""The page behind a mail's last link: it asks, because mail scanners open links, and the button ends the mails."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from review_ui.notices import notice_words
from trust_kernel.delivery.mail import OFF_PATH, OffLinks
from trust_kernel.delivery.settings import NoticeBook
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages


def mails_ended(language: str) -> str:
    """What the button answers."""
    return notice_words(language).frame("off_done")


def build_mail_pages(book: NoticeBook, links: OffLinks, pages: Pages, access: Access) -> APIRouter:
    """`GET /notices/off/{token}`; its button posts to the same address."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{OFF_PATH}/{{token}}", dependencies=[access.public()])
    def ask(request: Request, token: str) -> HTMLResponse:
        account_id, _area = links.read(token)
        words = notice_words(book.of(account_id).language)
        return pages.render(request, "mails_off.html", words=words, token=token)

    return router
