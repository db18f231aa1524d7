"""E-mail: each notice at once, once a day or never; to a real SMTP server; never twice, never with a forged header."""

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.databases import postgres, sqlite
from tests.factories.deliveries import Postal
from tests.factories.mail import Mailbox, dripping, mailbox
from trust_kernel.delivery import smtp
from trust_kernel.delivery.courier import Courier, DeliveryReport
from trust_kernel.delivery.domain import LEASE, Answer, Channel, DeliveryState, Outcome
from trust_kernel.delivery.mail import Letter, MailParts, Recipient, compose
from trust_kernel.delivery.settings import AreaSetting, Mailing
from trust_kernel.delivery.smtp import MailServer, Security, SmtpPost
from trust_kernel.errors import InvalidInput, NotFound

NOW, LATER, NEVER = (AreaSetting(mailing) for mailing in (Mailing.NOW, Mailing.DIGEST, Mailing.OFF))
GIVEN = "consent:grant:given"


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Postal]:
    with sqlite(tmp_path) as database:
        yield Postal(database, tmp_path)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# --- at once


def test_a_notice_is_mailed_to_its_account_in_its_language(post: Postal) -> None:
    post.book.choose("acct_a", language="it")
    post.directory.names["acct_a"] = "Ada Lovelace"
    post.emit(GIVEN)
    assert post.courier.round() == DeliveryReport(delivered=1)
    message, sender, recipient = post.letterbox.got[0]
    assert (sender, recipient) == ("placet@placet.example", "a@example.org")
    assert message["To"] == "Ada Lovelace <a@example.org>"
    assert text_of(message).startswith("it Ada Lovelace consent:grant:given")
    assert message["Auto-Submitted"] == "auto-generated"
    html = message.get_body(("html",))
    assert html is not None
    assert "consent:grant:given" in html.get_content()


def test_a_mail_that_is_tried_again_has_the_same_id(post: Postal) -> None:
    post.emit(GIVEN)
    post.letterbox.answer = Answer(Outcome.LATER, "mail:server:silent")
    assert post.courier.round() == DeliveryReport(retrying=1)
    post.letterbox.answer = Answer(Outcome.TAKEN, "250")
    post.clock.moment += timedelta(seconds=5)
    assert post.courier.round() == DeliveryReport(delivered=1)
    first, second = (message["Message-ID"] for message, _, _ in post.letterbox.got)
    assert first == second
    assert first.endswith("@placet.example>")


def test_each_mail_has_its_own_id(post: Postal) -> None:
    post.emit(GIVEN)
    post.emit(GIVEN)
    post.courier.round()
    assert len({message["Message-ID"] for message, _, _ in post.letterbox.got}) == 2


def test_who_wants_no_mails_gets_none(post: Postal) -> None:
    post.book.choose("acct_a", areas={"consent": NEVER})
    assert post.rows(post.emit(GIVEN)) == []
    assert post.courier.round() == DeliveryReport()


def test_mails_that_are_ended_while_one_waits_end_with_it(post: Postal) -> None:
    event_id = post.emit(GIVEN)
    post.letterbox.answer = Answer(Outcome.LATER, "451")
    post.courier.round()
    post.book.mail_off("acct_a", "consent")
    post.clock.moment += timedelta(seconds=5)
    assert post.courier.round() == DeliveryReport(dropped=1)
    assert len(post.letterbox.got) == 1
    assert (post.row(event_id).state, post.row(event_id).said) == (DeliveryState.DROPPED, "mail:notice:not_wanted")


def test_an_account_that_is_shut_is_not_written_to(post: Postal) -> None:
    post.directory.gone.add("acct_a")
    event_id = post.emit(GIVEN)
    assert post.courier.round() == DeliveryReport(dropped=1)
    assert (post.letterbox.got, post.row(event_id).said) == ([], "mail:account:gone")


def test_a_retry_by_mail_does_not_repeat_the_webhook(post: Postal) -> None:
    post.endpoints.register("acct_a", "https://hooks.example.org/a")
    post.letterbox.answer = Answer(Outcome.LATER, "451")
    post.emit(GIVEN)
    assert post.courier.round() == DeliveryReport(delivered=1, retrying=1)
    post.clock.moment += timedelta(seconds=5)
    post.courier.round()
    assert (len(post.receiver.got), len(post.letterbox.got)) == (1, 2)


# --- once a day


def test_a_day_is_told_in_one_mail_at_the_hour_that_was_chosen(post: Postal) -> None:
    post.book.choose("acct_a", hour=7, zone="Europe/Rome")
    for kind in ("case:video:done", "case:video:held"):
        post.emit(kind)
        post.clock.moment += timedelta(minutes=1)
    assert post.courier.round() == DeliveryReport()
    post.clock.moment = post.clock.moment.replace(day=3, hour=5, minute=59)
    assert post.courier.round() == DeliveryReport()
    post.clock.moment = post.clock.moment.replace(hour=6, minute=0)  # 7 in Rome, in winter
    assert post.courier.round() == DeliveryReport(delivered=1)
    (only,) = post.letterbox.got
    assert only[0]["Subject"] == "2 notices"
    assert "case:video:done case:video:held" in text_of(only[0])
    assert post.courier.round() == DeliveryReport()


def test_each_day_has_a_digest_of_its_own(post: Postal) -> None:
    for _ in range(2):
        post.emit("case:video:done")
        post.courier.round()
        post.clock.moment += timedelta(days=1)
        post.courier.round()
    subjects = [(message["Subject"], message["Message-ID"]) for message, _, _ in post.letterbox.got]
    assert [subject for subject, _ in subjects] == ["1 notices", "1 notices"]
    assert len({identity for _, identity in subjects}) == 2


def test_a_digest_whose_sender_died_is_sent_again_under_the_same_id(post: Postal, tmp_path: Path) -> None:
    class Dying:
        def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
            post.letterbox.hand_in(message, sender, recipient)
            raise KeyboardInterrupt

    first = Postal(post.database, tmp_path, Dying())
    for number in range(3):
        post.emit("case:video:done", number=number)
    post.courier.round()
    post.clock.moment += timedelta(days=1)
    courier = Courier(post.database, post.clock, first.senders)
    with pytest.raises(KeyboardInterrupt):
        courier.round()
    assert post.courier.round() == DeliveryReport()
    post.clock.moment += timedelta(seconds=121)
    assert post.courier.round() == DeliveryReport(delivered=1)
    ids = [message["Message-ID"] for message, _, _ in post.letterbox.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_one_click_ends_digests(post: Postal) -> None:
    post.emit("case:video:done")
    post.courier.round()
    post.clock.moment += timedelta(days=1)
    post.courier.round()
    link = post.letterbox.got[0][0]["List-Unsubscribe"].strip("<>")
    account_id, area = post.links.read(link.rsplit("/", 1)[1])
    assert (account_id, area) == ("acct_a", "digest")
    post.book.digest_off(account_id)
    assert post.book.of("acct_a").areas["case"].mail is Mailing.OFF
    assert post.book.of("acct_a").areas["consent"].mail is Mailing.NOW


def test_a_link_that_ends_mails_cannot_be_made_up(post: Postal) -> None:
    token = post.links.token("acct_a", "consent")
    assert post.links.read(token) == ("acct_a", "consent")
    for forged in ("", "x", token[:-1], token.replace("acct_a", "acct_b"), token.replace("consent", "case"), "é.é.é"):
        with pytest.raises(NotFound):
            post.links.read(forged)


def race(post: Postal) -> None:
    people = [f"acct_{number}" for number in range(4)]
    for person in people:
        for _ in range(5):
            post.emit("case:video:done", to=person)
        post.emit(GIVEN, to=person)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: post.courier.round(), range(3)))
        post.clock.moment += timedelta(days=1)
        list(pool.map(lambda _: post.courier.round(), range(3)))
    post.courier.round()
    subjects = sorted((message["Subject"], recipient) for message, _, recipient in post.letterbox.got)
    expected = [(subject, f"{number}@example.org") for subject in ("5 notices", GIVEN) for number in range(4)]
    assert subjects == sorted(expected)


def test_processes_that_mail_at_once_send_each_mail_once(post: Postal) -> None:
    race(post)


@pytest.mark.postgres
def test_processes_that_mail_at_once_send_each_mail_once_on_postgresql(tmp_path: Path) -> None:
    with postgres() as database:
        race(Postal(database, tmp_path))


# --- headers


ANY_TEXT = st.text(max_size=60) | st.sampled_from(["a\r\nBcc: x@y.org", "a\nX: y", "\r\n\r\nbody", "a\x85b\u2028c", ""])


@given(subject=ANY_TEXT, name=ANY_TEXT, address=ANY_TEXT | st.just("a@example.org"), body=ANY_TEXT)
def test_nothing_that_people_wrote_becomes_a_header(subject: str, name: str, address: str, body: str) -> None:
    parts = _parts()
    try:
        message = compose(
            parts, "dlv_1", Recipient("acct_a", address, name), Letter(subject, body, body), "https://x.example/off"
        )
        head = bytes(message).split(b"\r\n\r\n")[0]
    except (InvalidInput, UnicodeEncodeError):
        return
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in {b" ", b"\t"}]
    assert set(names) <= {
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
        b"auto-submitted",
        b"list-unsubscribe",
        b"list-unsubscribe-post",
        b"mime-version",
        b"content-type",
        b"content-transfer-encoding",
    }
    assert len(names) == len(set(names))


def _parts() -> MailParts:
    class Stopped:
        def now(self) -> dt.datetime:
            return dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    blank: dict[str, object] = dict.fromkeys(("book", "recipients", "writer", "post", "links"))
    return MailParts(clock=Stopped(), sender="placet@placet.example", site="Placet", **blank)  # type: ignore[arg-type]  # what composing does not touch


def test_the_link_that_ends_mails_stands_in_its_header_as_it_is() -> None:
    url = f"https://placet.example/notices/off/{'x' * 200}"
    message = compose(_parts(), "dlv_1", Recipient("acct_a", "a@example.org", "Ada"), Letter("s", "t", "h"), url)
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in bytes(message)
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in bytes(message)


@pytest.mark.parametrize("address", ["a,b@example.org", "a\r\nRCPT TO:<x@y.org>@example.org", "no address", "<a@b>"])
def test_an_address_that_cannot_be_written_to_is_given_up_at_once(post: Postal, address: str) -> None:
    post.directory.addresses["acct_a"] = address
    event_id = post.emit(GIVEN)
    assert post.courier.round() == DeliveryReport(dead=1)
    assert (post.letterbox.got, post.row(event_id).said) == ([], "mail:address:unusable")


# --- SMTP


def certificate(directory: Path) -> Path:
    """A self-signed certificate for this machine, with its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def plain(box: Mailbox, seconds: float = 5.0) -> SmtpPost:
    return SmtpPost(MailServer("127.0.0.1", box.port, Security.NONE), seconds)


def a_message() -> EmailMessage:
    return compose(
        _parts(), "dlv_1", Recipient("acct_a", "a@example.org", "Ada è qui"), Letter("Perché", "già", "<p>già</p>"), "u"
    )


def test_a_mail_arrives_as_it_was_written() -> None:
    with mailbox() as box:
        assert plain(box).hand_in(a_message(), "placet@placet.example", "a@example.org").outcome is Outcome.TAKEN
        (message,) = box.got
    assert box.envelopes == [("placet@placet.example", "a@example.org")]
    assert (message["Subject"], text_of(message).strip()) == ("Perché", "già")
    assert message["To"] == "Ada è qui <a@example.org>"


def test_mails_and_the_password_go_over_tls(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))
    with mailbox(serving) as box:
        server = MailServer("127.0.0.1", box.port, Security.STARTTLS, "placet", "right", trusting)
        assert SmtpPost(server).hand_in(a_message(), "p@placet.example", "a@example.org").outcome is Outcome.TAKEN
        assert (box.encrypted, box.signed_in) == ([True], [("placet", "right")])
        stranger = MailServer("127.0.0.1", box.port, Security.STARTTLS, "placet", "right")
        answer = SmtpPost(stranger).hand_in(a_message(), "p@placet.example", "a@example.org")
        assert answer == Answer(Outcome.LATER, "mail:server:silent"), "a certificate that nobody vouches for"
        wrong = MailServer("127.0.0.1", box.port, Security.STARTTLS, "placet", "wrong", trusting)
        answer = SmtpPost(wrong).hand_in(a_message(), "p@placet.example", "a@example.org")
        assert answer == Answer(Outcome.LATER, "mail:server:refused 535")
        assert len(box.got) == 1


def test_where_tls_is_asked_for_and_not_offered_nothing_is_said() -> None:
    with mailbox() as box:
        server = MailServer("127.0.0.1", box.port, Security.STARTTLS)
        answer = SmtpPost(server).hand_in(a_message(), "p@placet.example", "a@example.org")
        assert (answer.outcome, box.got) == (Outcome.LATER, [])


def test_a_password_never_goes_in_the_clear() -> None:
    with pytest.raises(InvalidInput):
        SmtpPost(MailServer("127.0.0.1", 25, Security.NONE, "placet", "secret"))


def test_an_address_that_is_refused_for_good_is_a_dead_letter_at_once(tmp_path: Path) -> None:
    with mailbox() as box, sqlite(tmp_path) as database:
        post = Postal(database, tmp_path, plain(box))
        box.refuse = lambda address: f"550 no {address} here"
        event_id = post.emit(GIVEN)
        assert post.courier.round() == DeliveryReport(dead=1)
        assert post.row(event_id).said == "mail:address:refused 550"
        box.refuse = lambda _address: "451 come again"
        waiting = post.emit(GIVEN)
        assert post.courier.round() == DeliveryReport(retrying=1)
        assert post.row(waiting).said == "mail:address:refused 451"
        box.refuse = lambda _address: ""
        post.clock.moment += timedelta(seconds=5)
        assert post.courier.round() == DeliveryReport(delivered=1)


def test_a_server_that_is_silent_or_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        server = MailServer("127.0.0.1", deaf.getsockname()[1], Security.NONE)
        answer = SmtpPost(server, 0.2).hand_in(a_message(), "p@placet.example", "a@example.org")
    assert answer == Answer(Outcome.LATER, "mail:server:silent")
    away = SmtpPost(server, 0.2).hand_in(a_message(), "p@placet.example", "a@example.org")
    assert away == Answer(Outcome.LATER, "mail:server:silent")


TO_THE_END = (b"220 sink\r\n", b"250 OK\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n", b"250 taken\r\n")


@pytest.mark.parametrize("answers", [(), *(TO_THE_END[:number] for number in range(1, len(TO_THE_END)))])
def test_a_server_that_drips_is_given_up_at_the_deadline_wherever_it_begins(answers: tuple[bytes, ...]) -> None:
    with dripping(*answers) as port:
        begun = time.monotonic()
        post = SmtpPost(MailServer("127.0.0.1", port, Security.NONE), seconds=5, deadline=0.3)
        answer = post.hand_in(a_message(), "p@placet.example", "a@example.org")
    assert answer == Answer(Outcome.LATER, "mail:server:silent")
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(("security", "before"), [(Security.TLS, ()), (Security.STARTTLS, (b"220 sink\r\n",))])
def test_a_server_that_drips_while_tls_is_agreed_on_is_given_up_too(
    security: Security, before: tuple[bytes, ...]
) -> None:
    half_a_record = b"\x16\x03\x03\x40\x00"
    offers = (b"250-sink\r\n250 STARTTLS\r\n", b"220 go on\r\n") if before else ()
    with dripping(*before, *offers, half_a_record) as port:
        begun = time.monotonic()
        post = SmtpPost(MailServer("127.0.0.1", port, security), seconds=5, deadline=0.3)
        answer = post.hand_in(a_message(), "p@placet.example", "a@example.org")
    assert answer == Answer(Outcome.LATER, "mail:server:silent")
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("good_bye", [(), (b"421 not now\r\n",)])
def test_a_mail_that_was_taken_is_not_sent_again_however_the_server_says_good_bye(good_bye: tuple[bytes, ...]) -> None:
    with dripping(*TO_THE_END, *good_bye) as port:
        post = SmtpPost(MailServer("127.0.0.1", port, Security.NONE), seconds=5, deadline=0.5)
        answer = post.hand_in(a_message(), "p@placet.example", "a@example.org")
    assert answer == Answer(Outcome.TAKEN, "250")


def test_a_conversation_is_over_long_before_another_process_takes_its_mail_up() -> None:
    assert timedelta(seconds=smtp.DEADLINE) <= LEASE / 2


def test_no_address_is_logged_or_kept_with_a_delivery(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mailbox() as box, sqlite(tmp_path) as database:
        post = Postal(database, tmp_path, plain(box))
        box.refuse = lambda address: f"550 no {address} here"
        row = post.emit(GIVEN)
        post.courier.round()
        kept = str(post.row(row).model_dump())
    assert "example.org" not in kept
    assert "example.org" not in caplog.text
    assert post.senders.keys() == {Channel.WEBHOOK, Channel.MAIL, Channel.DIGEST}
