"""A mail server of our own on this machine: it takes mails, refuses them as told, and keeps what came."""

import asyncio
import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import BinaryIO


@dataclass
class Mailbox:
    """What came.

    Attributes:
        refuse: the answer to an address, such as "550 no such user"; "" takes it.
        signed_in: user and password of every sign-in.
        at: when each message was taken, by `time.monotonic`.
    """

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: Callable[[str], str] = lambda _address: ""
    sleep: float = 0.0

    def _keep(self, body: bytes, envelope: tuple[str, str], *, secure: bool) -> None:
        message = message_from_bytes(body, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        self.envelopes.append(envelope)
        self.encrypted.append(secure)
        self.at.append(time.monotonic())

    async def converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext | None
    ) -> None:
        """One conversation, as RFC 5321 has it, with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954)."""
        secure, sender, recipient = False, "", ""

        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say("220 sink")
        while line := await reader.readline():
            said = line.decode().strip()
            verb = said.upper()
            if verb.startswith("EHLO"):
                offers = ["AUTH PLAIN", "STARTTLS"] if context and not secure else ["AUTH PLAIN"]
                say("\r\n".join(["250-sink", *(f"250-{offer}" for offer in offers), "250 OK"]))
            elif verb == "STARTTLS" and context is not None:
                say("220 go on")
                await writer.drain()
                await writer.start_tls(context)
                secure = True
            elif verb.startswith("AUTH PLAIN"):
                _, user, password = base64.b64decode(said.split()[2]).decode().split("\0")
                self.signed_in.append((user, password))
                say("235 in" if password == "right" else "535 wrong")
            elif verb.startswith("MAIL FROM:"):
                sender = said[10:].split(">")[0].lstrip("<")
                say("250 OK")
            elif verb.startswith("RCPT TO:"):
                recipient = said[8:].split(">")[0].lstrip("<")
                say(self.refuse(recipient) or "250 OK")
            elif verb == "DATA":
                say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self.sleep)
                self._keep(body[:-3], (sender, recipient), secure=secure)
                say("250 taken")
            else:
                say("221 bye" if verb == "QUIT" else "250 OK")
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()


@contextmanager
def mailbox(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A server until the block ends; it offers STARTTLS where it has a context with a certificate."""
    box = Mailbox()
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: box.converse(r, w, context), "127.0.0.1", 0)

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(serve())
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        server.close()

    thread = threading.Thread(target=run, name="mailbox", daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _listen(coming: BinaryIO, *, is_body: bool) -> None:
    """Read one command, or a whole message."""
    while (line := coming.readline()) and is_body and line != b".\r\n":
        pass


@contextmanager
def dripping(*answers: bytes) -> Iterator[int]:
    """A server that gives these answers, the first unasked, then a byte now and then for five seconds; its port."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def converse() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as coming, suppress(OSError):
            for place, answer in enumerate(answers):
                connection.sendall(answer)
                if place + 1 < len(answers):
                    _listen(coming, is_body=answer.startswith(b"354"))
            for _ in range(100):
                if over.wait(0.05):
                    break
                connection.sendall(b"2")

    thread = threading.Thread(target=converse, name="dripping", daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        over.set()
        thread.join(10)
        listening.close()
