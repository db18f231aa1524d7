"""Staff's pages over a gateway and a registry whose networks see what a test says, and people in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consent_registry.api import EnrolmentAttempt, Estate, GuardianLink, Media, Subject
from generator_gateway.service.owning import OBJECTION_DAYS, Appearing
from review_ui.dressing import Branding, build_pages, build_static_router
from review_ui.staff.ages import build_age_pages
from review_ui.staff.appearances import build_appearance_pages
from review_ui.staff.deliveries import build_delivery_pages
from review_ui.staff.door import Door
from review_ui.staff.enrolments import build_enrolment_pages
from review_ui.staff.lockdown import build_lockdown_pages
from review_ui.staff.objections import build_objection_pages
from review_ui.staff.overview import Desks, build_overview_page
from review_ui.staff.people import People
from review_ui.staff.pictures import still
from review_ui.staff.reports import build_report_pages
from review_ui.staff.routes import build_staff_pages
from review_ui.staff.standing import build_estate_pages, build_guardian_pages
from review_ui.staff.vouching import build_vouching_pages
from tests.factories.ownership import BEA, out
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_tracing import Tracing
from trust_kernel.delivery.letters import DeadLetters
from trust_kernel.errors import NotFound
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.web.csrf import csrf_token
from trust_kernel.web.domain import Account
from trust_kernel.web.problems import install

REVIEWER = ("case:read", "case:decide", "cameo:attest", "report:read")
EVERYTHING = (*REVIEWER, "delivery:manage", "lockdown:set")
NAMES = {"acct_one": "Olga One", "acct_two": "Tom Two", "acct_boss": "Bo Boss", "acct_kin": "Kim Kin"}
PICTURE = np.random.default_rng(1).integers(0, 256, (48, 40, 3)).astype(np.uint8)
VOICE = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)


class Names:
    """`AccountNames`: what a few accounts are called."""

    def account(self, account_id: str) -> Account:
        if account_id not in NAMES:
            raise NotFound("there is no such account")
        made = datetime(2026, 1, 1, tzinfo=UTC)
        return Account(account_id, "", NAMES[account_id], frozenset(), disabled=False, created_at=made)


class Still:
    """`Stills`: one picture of everything."""

    def poster(self, path: Path) -> bytes:
        del path
        return still(PICTURE)


class Uploads:
    """`UploadDecoder`: a file whose bytes begin with "picture" is one, any other is a recording."""

    def look(self, path: Path, limits: MediaLimits) -> Look:
        del limits
        if path.read_bytes().startswith(b"picture"):
            return Look(MediaKind.IMAGE, 40, 48, 1.0, PICTURE[None], np.zeros(1), VOICE[:0])
        return Look(MediaKind.AUDIO, 0, 0, 1.0, PICTURE[None][:0], np.zeros(0), VOICE)


class StaffRoom:
    """Two reviewers, "one" and "two", and "boss", who may do everything, at their pages."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.registry = house.registry
        identities = FakeIdentities()
        access = access_of(identities)
        self.cookie = access.cookies.session
        pages = build_pages(access.cookies, Branding("Placet", "likeness"))
        door = Door(house.registry, People(house.registry, Names()), pages, access)
        letters, tracing = DeadLetters(house.database, house.clock), Tracing(house)
        self.app = FastAPI()
        for router in (
            build_static_router(access),
            build_overview_page(
                door, Desks(house.reviews, tracing.desk, house.ownership, letters, lambda _actor: iter(()))
            ),
            build_enrolment_pages(door),
            build_vouching_pages(door, Uploads()),
            build_guardian_pages(door),
            build_estate_pages(door),
            build_age_pages(door),
            build_report_pages(door),
            build_objection_pages(door, house.ownership),
            build_lockdown_pages(door),
            build_appearance_pages(tracing.desk, door),
            build_delivery_pages(letters, door),
            build_staff_pages(house.reviews, house.desk, Still(), door),
        ):
            self.app.include_router(router)
        install(self.app, pages=pages)
        self.client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        identities.sessions = {
            "one": an_actor(*REVIEWER, account_id="acct_one", via="session"),
            "two": an_actor(*REVIEWER, account_id="acct_two", via="session"),
            "boss": an_actor(*EVERYTHING, account_id="acct_boss", via="session"),
            "bea": an_actor(*EVERYTHING, account_id="acct_bea", via="session"),
            "mallory": an_actor("likeness:manage", "video:create", account_id="acct_mallory", via="session"),
        }

    # --- at the pages

    def get(self, who: str, path: str, status: int = 200) -> str:
        """A page as somebody sees it."""
        answer = self.client.get(path, headers={"cookie": f"{self.cookie}={who}", "accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text

    def media(self, who: str, path: str) -> bytes:
        """A picture or a recording."""
        answer = self.client.get(path, headers={"cookie": f"{self.cookie}={who}"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.content

    def post(self, who: str, path: str, **form: str) -> tuple[int, str]:
        """A form that somebody sends: the status, and where it leads or what the page says."""
        data = {"csrf_token": csrf_token(who), **form}
        headers = {"cookie": f"{self.cookie}={who}", "accept": "text/html"}
        answer = self.client.post(path, data=data, headers=headers)
        return answer.status_code, answer.headers.get("location", answer.text)

    def hand_in(self, who: str, files: list[tuple[str, tuple[str, bytes]]], /, **form: str) -> tuple[int, str]:
        """The form on which staff vouch for somebody, with files."""
        fields = {"csrf_token": csrf_token(who), **form}
        parts = [f'form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
        # browsers send a nameless file where none was chosen, which the test client cannot
        parts += [
            f'form-data; name="{name}"; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
            + content
            for name, (file, content) in files
        ]
        body = b"".join(b"--cut\r\nContent-Disposition: " + part + b"\r\n" for part in parts) + b"--cut--\r\n"
        headers = {"cookie": f"{self.cookie}={who}", "accept": "text/html"}
        headers["content-type"] = "multipart/form-data; boundary=cut"
        answer = self.client.post("/staff/vouch", content=body, headers=headers)
        return answer.status_code, answer.headers.get("location", answer.text)

    # --- what waits on them

    def person(self, name: str, birth_year: int = 1990, *, enrolled: bool = False) -> Subject:
        """Somebody with a handle, who said when they were born."""
        made = self.house.person(name, enrolled=enrolled)
        self.registry.ages.state(made.account_id, birth_year)
        return made

    def proposed(self, name: str = "ada", by: str = "acct_one") -> EnrolmentAttempt:
        """An enrolment that one member of staff vouched for."""
        subject = self.person(name)
        return self.registry.enrolments.propose(subject.id, Media((PICTURE, PICTURE), (VOICE,)), by=by)

    def guarded(self) -> GuardianLink:
        """A guardian whom both sides agree on."""
        teen = self.person("teen", self.house.clock.now().year - 16)
        self.registry.ages.state("acct_kin", 1980)
        link = self.registry.guardianship.ask("acct_kin", teen.account_id, as_guardian=True)
        return self.registry.guardianship.accept(link.id, by=teen.account_id)

    def claimed(self) -> Estate:
        """A claim to speak for somebody who died."""
        self.registry.ages.state("acct_kin", 1980)
        died = self.house.clock.now().date() - timedelta(days=900)
        return self.registry.estates.claim("acct_kin", "nonna", "Nonna Rosa", died_on=died)

    def objected(self, case_id: str = "video_1", *, due: bool = True) -> str:
        """A video of Ada's that Bea, who is in it, objects to."""
        bea = self.registry.by_handle("bea") or self.house.person("bea", enrolled=False)
        digest = self.house.blobs.put_bytes(b"the video")
        people = Appearing(bea.id, bea.account_id, frozenset({"face"}))
        out(self.house.cases, self.house.releases, case_id, people, media_digest=digest)
        self.house.ownership.object(BEA, case_id, "not <like> this")
        if due:
            self.house.clock.advance(days=OBJECTION_DAYS)
        return case_id
