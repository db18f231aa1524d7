"""Handing mails to a server by SMTP, with the standard library."""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Self

from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome
from trust_kernel.errors import InvalidInput

_SECONDS = 15.0
"""For connecting and for each wait on the server."""
DEADLINE = 60.0
"""For a whole conversation: half of a delivery's lease, so that no other process takes the mail up meanwhile."""
_PERMANENT = range(500, 600)


class Security(StrEnum):
    """How the conversation with the server is kept secret."""

    TLS = "tls"
    """From the first byte; usually port 465."""
    STARTTLS = "starttls"
    """Agreed on before anything is said; refused where the server does not offer it. Usually port 587."""
    NONE = "none"
    """Not at all; for a server on the same machine."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in.

    Attributes:
        user: empty: nobody signs in.
        context: for TLS; None: the system's authorities are believed.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None


class SmtpPost:
    """Talks to one server, a conversation a mail.

    Args:
        server: never an address that a stranger named.
        seconds: patience with each answer.
        deadline: seconds for the whole conversation, however the server spreads its answers.

    Raises:
        InvalidInput: a password would go over the network in the clear.
    """

    def __init__(self, server: MailServer, seconds: float = _SECONDS, deadline: float = DEADLINE) -> None:
        if server.user and server.security is Security.NONE:
            raise InvalidInput(
                "a password goes over TLS only", code=DeliveryReason.SERVER_MALFORMED, field="smtp_security"
            )
        self._server = server
        self._seconds = min(seconds, deadline)
        self._deadline = deadline

    def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
        """Send; the answer holds a status and no text of the server's, which may repeat the address."""
        try:
            self._handed_in(message, sender, recipient)
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(DeliveryReason.ADDRESS_REFUSED, min(status for status, _ in error.recipients.values()))
        except smtplib.SMTPNotSupportedError:
            # STARTTLS, signing in, or letters outside ASCII in the address: the server may learn it.
            return Answer(Outcome.LATER, DeliveryReason.SERVER_REFUSED)
        except smtplib.SMTPResponseException as error:
            # What the server has against this deployment, the sender or the moment is put right here, not by giving up.
            return Answer(Outcome.LATER, f"{DeliveryReason.SERVER_REFUSED} {error.smtp_code}")
        except (OSError, smtplib.SMTPException):
            return Answer(Outcome.LATER, DeliveryReason.SERVER_SILENT)
        except ValueError:
            return Answer(Outcome.NEVER, DeliveryReason.ADDRESS_UNUSABLE)
        return Answer(Outcome.TAKEN, "250")

    def _handed_in(self, message: EmailMessage, sender: str, recipient: str) -> None:
        with _Watch(self._deadline) as watch:
            try:
                self._converse(watch, message, sender, recipient)
            except (smtplib.SMTPException, OSError) as error:
                if watch.ended:  # what was read last is half an answer, and the library takes it for a whole one
                    raise TimeoutError from error
                raise

    def _converse(self, watch: "_Watch", message: EmailMessage, sender: str, recipient: str) -> None:
        server = self._server
        context = self._context() if server.security is Security.TLS else None
        with contextlib.closing(_Conversation(server, watch, context, self._seconds)) as connection:
            if server.security is Security.STARTTLS:
                connection.starttls(context=self._context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message, from_addr=sender, to_addrs=[recipient])
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()  # taken already: however it says good-bye, it is not sent again

    def _context(self) -> ssl.SSLContext:
        return self._server.context or ssl.create_default_context()


class _Watch:
    """Ends a conversation at its deadline, from a thread of its own: a time-out begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.ended = False
        self._ends = time.monotonic() + seconds
        self._same: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._same is not None:
            self._same.close()

    def left(self) -> float:
        """Seconds until the deadline."""
        return self._ends - time.monotonic()

    def over(self, connected: socket.socket) -> None:
        """Watch a connection, by a second handle of it: TLS takes the first one over."""
        self._same = connected.dup()
        self._timer = threading.Timer(self.left(), self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.ended = True
        if self._same is not None:
            with contextlib.suppress(OSError):
                self._same.shutdown(socket.SHUT_RDWR)


class _Conversation(smtplib.SMTP):
    """A conversation that is watched from its first byte, TLS or not.

    Args:
        server: to connect to.
        watch: holds the deadline.
        context: for TLS from the first byte; None: without.
        seconds: patience with each answer.
    """

    def __init__(self, server: MailServer, watch: _Watch, context: ssl.SSLContext | None, seconds: float) -> None:
        self._watch = watch
        self._tls = context
        super().__init__(server.host, server.port, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # the one place where the library connects; its own TLS subclass does it here too
        plain = self._first(host, port, timeout)
        self._watch.over(plain)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain

    def _first(self, host: str, port: int, timeout: float) -> socket.socket:
        fault: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if self._watch.left() <= 0:
                break
            made = socket.socket(family, kind, protocol)
            made.settimeout(min(timeout, self._watch.left()))
            try:
                made.connect(address)
            except OSError as error:
                made.close()
                fault = error
            else:
                made.settimeout(timeout)
                return made
        raise fault or TimeoutError


def _refused(reason: DeliveryReason, status: int) -> Answer:
    outcome = Outcome.NEVER if status in _PERMANENT else Outcome.LATER
    return Answer(outcome, f"{reason} {status}")
