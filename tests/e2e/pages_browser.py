"""A browser that goes nowhere but to the server, and remembers whatever went wrong on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, Route

from tests.e2e.pages_server import Visitor

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 20_000


@dataclass
class Watch:
    """What must stay empty.

    Attributes:
        foreign: addresses elsewhere that a page asked for.
        broken: parts of pages that did not load.
        said: errors on the console, other than a page's own status.
    """

    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def quiet(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.foreign or self.broken or self.said)


def chromium(playwright: Playwright, *flags: str) -> Browser:
    """Start Chromium, with more flags where a test needs them."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS, *flags])


@contextmanager
def visiting(
    browser: Browser, url: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light", script: bool = True
) -> Iterator[Page]:
    """A fresh visit; at its end nothing foreign was asked for and nothing broke."""
    watch, home = Watch(), urlsplit(url).netloc
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=script
    )
    context.set_default_timeout(_PATIENCE)

    def guard(route: Route) -> None:
        target = urlsplit(route.request.url)
        if target.scheme in {"http", "https"} and target.netloc != home:
            watch.foreign.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def on_response(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            watch.broken.append(f"{response.status} {response.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            watch.said.append(message.text)

    context.route("**/*", guard)
    context.on("response", on_response)
    context.on("console", on_console)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert watch.quiet, watch


def sign_in(page: Page, who: Visitor) -> None:
    """Sign in on the page."""
    page.goto("/sign-in")
    page.fill("#email", who.email)
    page.fill("#password", who.password)
    page.click("main button")
    page.wait_for_selector("text=Sign out")
