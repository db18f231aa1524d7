"""Handing mails to a server by SMTP, with the standard library."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome
from trust_kernel.errors import InvalidInput

_SECONDS = 15.0
"""For connecting and for each wait on the server; all of a conversation stays within a delivery's lease."""
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

    Raises:
        InvalidInput: a password would go over the network in the clear.
    """

    def __init__(self, server: MailServer, seconds: float = _SECONDS) -> None:
        if server.user and server.security is Security.NONE:
            raise InvalidInput(
                "a password goes over TLS only", code=DeliveryReason.SERVER_MALFORMED, field="smtp_security"
            )
        self._server = server
        self._seconds = seconds

    def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
        """Send; the answer holds a status and no text of the server's, which may repeat the address."""
        try:
            connection = self._connected()
            try:
                connection.send_message(message, from_addr=sender, to_addrs=[recipient])
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    connection.quit()  # taken already: however it says good-bye, it is not sent again
            finally:
                connection.close()
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

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._seconds, context=self._context()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._seconds)
        try:
            if server.security is Security.STARTTLS:
                connection.starttls(context=self._context())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _context(self) -> ssl.SSLContext:
        return self._server.context or ssl.create_default_context()


def _refused(reason: DeliveryReason, status: int) -> Answer:
    outcome = Outcome.NEVER if status in _PERMANENT else Outcome.LATER
    return Answer(outcome, f"{reason} {status}")
