"""The verify page with a desk that answers by what is in the file: the name of an example, or a failure."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from generator_gateway.api import ReportDesk, ReportTerms, Step, Verification
from generator_gateway.routes.apart import ThreadsApart
from review_ui.dressing import Branding, build_pages, build_static_router
from review_ui.verify.routes import PATH, build_verify_pages
from review_ui.verify.working import VerifyServices
from tests.factories.verifications import examples
from tests.fakes.verification import MemoryReports, ProvenLedger, ShelvedReleases
from tests.fakes.web import FakeIdentities, access_of
from trust_kernel.clock import Clock, SystemClock
from trust_kernel.web.csrf import csrf_token
from trust_kernel.web.problems import install
from trust_kernel.web.rate import RateLimit, TokenBuckets

MOST = 100_000
VISIT = "a-visit"


class SpokenDesk:
    """Gives the verification that the file's text names; what `failing` holds is raised instead.

    Attributes:
        seen: where each file lay, in order.
        between: called after each step but the last, before the next.
    """

    def __init__(self) -> None:
        self.known = examples()
        self.failing: dict[str, Exception] = {}
        self.crjson_text: str | None = '{"manifests": []}'
        self.crjson_failing: Exception | None = None
        self.seen: list[Path] = []
        self.between: Callable[[Step], None] = lambda _step: None

    def verify(self, path: Path, *, on_step: Callable[[Step], None] | None = None) -> Verification:
        self.seen.append(path)
        name = path.read_text()
        for step in Step:
            if on_step is not None:
                on_step(step)
            self.between(step)
            if step is Step.MARKS and name in self.failing:
                raise self.failing[name]
        return self.known[name]

    def crjson(self, path: Path) -> str | None:
        assert path.exists()
        if self.crjson_failing is not None:
            raise self.crjson_failing
        return self.crjson_text


class VerifySite:
    """An application with nothing but this page, on plain http."""

    def __init__(self, clock: Clock | None = None, *, per_minute: int = 1000, contact: str = "") -> None:
        self.desk = SpokenDesk()
        self.reports = MemoryReports()
        self.releases = ShelvedReleases()
        self.identities = FakeIdentities()
        self.access = access_of(self.identities)
        kept = ReportDesk(self.reports, self.releases, ProvenLedger(), clock or SystemClock(), ReportTerms(30, contact))
        limit, self.threads = RateLimit(TokenBuckets(per_minute)), ThreadsApart()
        pages = build_pages(self.access.cookies, Branding("Placet", "likeness"))
        self.app = FastAPI()
        self.app.include_router(build_static_router(self.access))
        services = VerifyServices(self.desk, kept, limit, MOST, self.threads)
        self.app.include_router(build_verify_pages(services, pages, self.access))
        install(self.app, pages=pages)


class Reader(HTMLParser):
    """What a browser makes of a page: text that is seen, and tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def all(self, tag: str, **having: str) -> list[dict[str, str]]:
        return [found for name, found in self.tags if name == tag and having.items() <= found.items()]


class Visit:
    """A browser without scripts at the page."""

    def __init__(self, site: VerifySite) -> None:
        self.site = site
        self.client = TestClient(site.app, raise_server_exceptions=False, follow_redirects=False)
        self.client.cookies.set(site.access.cookies.visit, VISIT)

    def ask(self, content: str = "signed", name: str = "ferry.mp4", lang: str = "en", **form: str) -> Any:
        fields = {"csrf_token": csrf_token(VISIT)} | form
        return self.client.post(f"{PATH}?lang={lang}", data=fields, files={"file": (name, content.encode())})

    def read(self, content: str = "signed", **form: str) -> Reader:
        answer = self.ask(content, **form)
        assert answer.status_code == 200, answer.text
        return Reader(answer.text)

    def complain(self, **form: str) -> Any:
        fields = {"csrf_token": csrf_token(VISIT), "sha256": "d" * 64, "text": "no"} | form
        return self.client.post(f"{PATH}/feedback", data=fields)
