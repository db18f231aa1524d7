"""What notices are joined to: releases as people know them, batches of take-downs, the mail server."""

import hashlib
import smtplib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import col, update

from copyright_optout.api import NoticeDesk
from copyright_optout.domain.notices import FoundBy, Notice, NoticeState, Statute
from generator_gateway.errors import GatewayReason
from generator_gateway.ports.bindings import BindingMatch, Prints
from generator_gateway.ports.takedowns import Batch, BatchItem, BatchState, ItemState, TakedownCause, Touched
from generator_gateway.service.bindings import UNCONFIRMED
from generator_gateway.service.locating import read_places
from generator_gateway.store import CaseStore, LeaseBook, ReleaseStore
from generator_gateway.store.bindings import BindingStore
from generator_gateway.store.locating import LocatingStore
from generator_gateway.tables import ReleaseRow
from placet.wiring.notices import NoticeTakedowns, ReleasedVideos, SmtpNoticeMail
from review_ui.notice.words import letter, notice_page_words
from tests.factories.databases import sqlite
from tests.factories.notices import given
from tests.factories.ownership import out
from tests.fakes.media import InMemoryBlobs
from tests.fakes.notices import NoticeWorld
from tests.fakes.optout import SetClock
from trust_kernel.delivery.domain import Answer, Outcome
from trust_kernel.delivery.smtp import MailServer, Security, SmtpPost
from trust_kernel.errors import Conflict, InvalidInput, NotFound, Unavailable

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTICE = Notice("ntc_1", Statute.DMCA, NoticeState.VALID, NOW, NOW, language="it")
SONG = tuple(range(1_000_000, 1_000_400))
HOUR = timedelta(hours=1)


def frames(seed: int, change: int = 0) -> tuple[str, ...]:
    """Hashes of four frames, of which `change` are others."""
    made = [hashlib.sha256(f"{seed}/{number}".encode()).hexdigest() for number in range(4)]
    return tuple([hashlib.sha256(f"x{seed}/{n}".encode()).hexdigest() for n in range(change)] + made[change:])


@dataclass
class Looked:
    """What looking at a file gives."""

    prints_: Prints = field(default_factory=Prints)
    marks: tuple[BindingMatch, ...] = ()
    installed: bool = True

    def prints(self, path: Path) -> Prints:
        del path
        return self.prints_

    def by_content(self, path: Path, *, algorithm: str) -> tuple[BindingMatch, ...]:
        del path
        assert algorithm == "com.placet.mark.1"
        if not self.installed:
            raise Unavailable("the detector is not installed")
        return self.marks


@dataclass
class Shop:
    """Releases in a database: a video, one of its bytes, one encoded again, one with half of it, one with its song."""

    videos: ReleasedVideos
    looked: Looked
    releases: ReleaseStore


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with sqlite(tmp_path) as database:
        clock = SetClock()
        cases = CaseStore(database, clock, LeaseBook(database, clock, timedelta(seconds=30)))
        releases, bindings = ReleaseStore(database), BindingStore(database, InMemoryBlobs())
        kept = {
            "video_a": ("a" * 64, Prints(frames(1), SONG)),
            "video_b": ("a" * 64, Prints(frames(9))),
            "video_c": ("c" * 64, Prints(frames(1))),
            "video_d": ("d" * 64, Prints(frames(1, change=2))),
            "video_e": ("e" * 64, Prints(frames(5), SONG)),
        }
        for number, (case_id, (digest, prints)) in enumerate(kept.items()):
            out(cases, releases, case_id, media_digest=digest)
            with database.transaction() as session:
                changed = update(ReleaseRow).where(col(ReleaseRow.case_id) == case_id)
                session.exec(changed.values(ledger_index=number))
            bindings.register(case_id, prints, "")
        looked = Looked()
        videos = ReleasedVideos(LocatingStore(database), bindings, looked, looked)  # type: ignore[arg-type] # as used
        yield Shop(videos, looked, releases)


def test_identical_copies_have_the_same_bytes_or_the_same_pictures_and_not_the_same_song_or_a_part(shop: Shop) -> None:
    found = {copy.case_id: (copy.by, copy.similarity) for copy in shop.videos.copies(["video_a"])}
    assert found == {"video_b": (FoundBy.COPY, 100), "video_c": (FoundBy.COPY, 100)}
    assert shop.videos.copies(["video_e"]) == []
    assert {copy.case_id for copy in shop.videos.copies(["video_a", "video_c"])} == {"video_b"}


def test_a_file_is_recognised_by_its_bytes_its_pictures_or_its_mark(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"something")
    assert shop.videos.recognise(path) == []
    shop.looked.prints_ = Prints(frames(5))
    assert [one.case_id for one in shop.videos.recognise(path)] == ["video_e"]
    shop.looked.prints_ = Prints(sound=SONG)
    assert shop.videos.recognise(path) == []
    sure, doubtful = (BindingMatch(case, "urn", similarity, "mark") for case, similarity in _MARKED)
    shop.looked.marks = (sure, doubtful)
    assert [(one.case_id, one.by) for one in shop.videos.recognise(path)] == [("video_d", FoundBy.FILE)]
    shop.looked.installed = False
    assert shop.videos.recognise(path) == []


_MARKED = (("video_d", 100), ("video_e", UNCONFIRMED))


def test_the_bytes_of_a_release_are_recognised_whatever_became_of_it(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"the file")
    digest = hashlib.sha256(b"the file").hexdigest()
    assert shop.videos.locate([digest]) == []
    assert [one.by for one in shop.videos.locate([f"see VIDEO: video_a, {'c' * 64} and video_zzz"])] == [
        FoundBy.DIGEST,
        FoundBy.NAMED,
    ]


def test_owners_come_with_the_maker_first(shop: Shop) -> None:
    assert shop.videos.owners(["video_a", "video_none"]) == {"video_a": ["acct_ada"]}
    assert "video_a" in shop.videos.owned("acct_ada")
    assert not shop.videos.owned("acct_nobody")
    assert list(shop.videos.fingerprints("video_a")) == list(frames(1))


def test_among_a_few_videos_the_identical_ones_are_those_that_a_search_over_all_finds(shop: Shop) -> None:
    every = ["video_a", "video_b", "video_c", "video_d", "video_e"]
    for one in every:
        others = [other for other in every if other != one]
        assert set(shop.videos.identical(one, others)) == {copy.case_id for copy in shop.videos.copies([one])}
    assert not shop.videos.identical("video_a", ())


def test_what_is_withdrawn_for_good_is_known(shop: Shop) -> None:
    shop.releases.mark_withdrawn("video_a", "release:video:withdrawn_by_maker", NOW)
    assert set(shop.videos.withdrawn(["video_a", "video_b"])) == {"video_a"}


def test_places_are_read_out_of_whatever_people_write() -> None:
    said = read_places(
        [
            "https://placet.example/s/AbCdEfGhIjKlMnOpQrStUv_-12",
            "/v1/videos/video_0198c1d2a3fabc/content?variant=thumbnail",
            f"SHA256={'AB' * 32}.",
            "video_",
            "/s/short",
            "f" * 65,
        ]
    )
    assert said.case_ids == ["video_0198c1d2a3fabc"]
    assert said.link_hashes == [hashlib.sha256(b"AbCdEfGhIjKlMnOpQrStUv_-12").hexdigest()]
    assert said.digests == ["ab" * 32]


# --- batches


@dataclass
class Desk:
    """The gateway's desk, which refuses with a code."""

    code: str = ""
    error: type[InvalidInput] | type[Conflict] | type[NotFound] = Conflict
    done: list[str] = field(default_factory=list)

    def _do(self, what: str) -> Batch:
        if self.code:
            raise self.error("no", code=self.code)
        self.done.append(what)
        return Batch("takedown_1", TakedownCause("x"), BatchState.TAKEN_DOWN, "system", NOW)

    def take_down(self, case_ids: object, cause: TakedownCause, by: str, *, until: datetime) -> Batch:
        del case_ids, by, until
        return self._do(f"down for {cause.reason} about {cause.about}")

    def restore(self, batch_id: str, by: str, *, by_notice: bool) -> Batch:
        assert by_notice
        return self._do(f"back {batch_id} {by}")

    def keep(self, batch_id: str, until: datetime) -> Batch:
        return self._do(f"keep {batch_id} {until - NOW}")

    def finalise(self, batch_id: str, by: str) -> Batch:
        return self._do(f"final {batch_id} {by}")

    def lock(self, batch_ids: Collection[str], case_ids: Collection[str]) -> None:
        self._do(f"lock {sorted(batch_ids)} {sorted(case_ids)}")

    def spare(self, batch_id: str, case_ids: Collection[str], by: str, *, by_notice: bool) -> Batch:
        assert by_notice
        return self._do(f"some {batch_id} {sorted(case_ids)} {by}")

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        del batch_id
        return [BatchItem(Touched("v"), ItemState.RESTORED), BatchItem(Touched("w"), ItemState.OVERTAKEN)]


@dataclass
class Appealed:
    """The appeals that are open, by what they are against."""

    batches: frozenset[str] = frozenset()

    def open_against(self, decision_ids: Collection[str]) -> bool:
        return bool(self.batches & set(decision_ids))


def batches(desk: Desk) -> NoticeTakedowns:
    return NoticeTakedowns(desk, Appealed(frozenset({"t"})))  # type: ignore[arg-type] # what is used of both


def test_a_batch_names_the_law_and_the_notice() -> None:
    desk = Desk()
    assert batches(desk).take_down(["v"], cause="c", about="ntc_1", by="system", until=NOW) == "takedown_1"
    batches(desk).keep("t", NOW + HOUR)
    batches(desk).restore("t", by="acct_s")
    batches(desk).finalise("t", by="acct_s")
    batches(desk).lock(["v"], ["t"])
    assert set(batches(desk).spare("t", ["v", "w"], by="acct_s")) == {"v"}
    assert desk.done == [
        "down for c about ntc_1",
        "keep t 1:00:00",
        "back t acct_s",
        "final t acct_s",
        "lock ['t'] ['v']",
        "some t ['v', 'w'] acct_s",
    ]
    assert batches(desk).contested(["t", "u"])
    assert not batches(desk).contested(["u"])


def test_what_is_not_out_is_no_fault_and_what_was_undone_before_is_none_either() -> None:
    nothing = batches(Desk(GatewayReason.TAKEDOWN_NOTHING, InvalidInput))
    assert nothing.take_down(["v"], cause="c", about="ntc_1", by="system", until=NOW) == ""
    undone = batches(Desk(GatewayReason.TAKEDOWN_STATE))
    undone.restore("t", by="system")
    undone.keep("t", NOW)
    undone.finalise("t", by="system")
    assert not undone.spare("t", ["v"], by="system")


def test_any_other_refusal_is_told() -> None:
    many = batches(Desk(GatewayReason.TAKEDOWN_SIZE, InvalidInput))
    with pytest.raises(InvalidInput):
        many.take_down(["v"], cause="c", about="ntc_1", by="system", until=NOW)
    unknown = batches(Desk(GatewayReason.TAKEDOWN_UNKNOWN, NotFound))
    with pytest.raises(NotFound):
        unknown.restore("t", by="system")


# --- mails


@dataclass
class Postbox:
    """A mail server."""

    outcome: Outcome = Outcome.TAKEN
    handed: list[tuple[EmailMessage, str]] = field(default_factory=list)

    def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
        del sender
        self.handed.append((message, recipient))
        return Answer(self.outcome, "250")


class AsciiServer(SmtpPost):
    """A server without SMTPUTF8, as the standard library finds it."""

    def __init__(self, server: MailServer) -> None:
        super().__init__(server)
        self.taken: list[str] = []

    def _handed_in(self, message: EmailMessage, sender: str, recipient: str) -> None:
        del message, sender
        if not recipient.isascii():
            raise smtplib.SMTPNotSupportedError
        self.taken.append(recipient)


def mail(post: Postbox) -> SmtpNoticeMail:
    return SmtpNoticeMail(post, "notices@placet.example", "Placet", SetClock())


def test_a_mail_says_where_the_notice_stands_in_its_language_with_the_private_link() -> None:
    post = Postbox()
    said = mail(post).send("vera@example.org", "Vera\r\nBcc: x@example.org", NOTICE, "https://p.example/notice/t")
    assert said == Answer(Outcome.TAKEN, "250")
    ((message, recipient),) = post.handed
    assert (recipient, message["Bcc"]) == ("vera@example.org", None)
    assert message["Subject"] == "Placet: la tua segnalazione"
    assert "https://p.example/notice/t" in message.get_content()
    assert "ha tutto quello che la legge chiede" in message.get_content()


@pytest.mark.parametrize("outcome", [Outcome.LATER, Outcome.NEVER, Outcome.TAKEN])
def test_what_the_server_says_decides_whether_it_is_tried_again(outcome: Outcome) -> None:
    assert mail(Postbox(outcome)).send("vera@example.org", "Vera", NOTICE, "link").outcome is outcome


def test_a_server_that_takes_no_such_letters_keeps_no_other_mail_waiting() -> None:
    world, server = NoticeWorld(), AsciiServer(MailServer("mail.example", 25, Security.NONE))
    desk = NoticeDesk(replace(world.parts, mail=SmtpNoticeMail(server, "n@p.example", "Placet", world.clock)))
    for address in ("x@m\u00fcller.example", "vera@example.org"):
        desk.intake.file(replace(given(), texts=replace(given().texts, email=address)))
        world.later(seconds=1)
    assert desk.mails.post() == 1
    assert server.taken == ["vera@example.org"]


@pytest.mark.parametrize("address", ["vera@", "@", "ve ra@example.org", "vera@example.org\r\nBcc: x@example.org"])
def test_an_address_that_is_none_is_given_up(address: str) -> None:
    post = Postbox()
    assert mail(post).send(address, "Vera", NOTICE, "link").outcome is Outcome.NEVER
    assert post.handed == []


# --- words


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_state_element_and_reason_has_words(language: str) -> None:
    words = notice_page_words(language)
    assert all(f"page:notice:state:{state}" in words.codes for state in NoticeState)
    assert all("page:" not in text for state in NoticeState for text in _written(language, state))


def _written(language: str, state: NoticeState) -> tuple[str, str]:
    return letter(language, state, site="Placet", name="Vera", link="link")


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    english, italian = notice_page_words("en"), notice_page_words("it")
    assert english.codes == italian.codes
    assert [code for code in english.codes if english.places(code) != italian.places(code)] == []
