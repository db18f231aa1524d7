"""How the server serves, whoever starts it."""

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

IDLE_SECONDS = 75
"""How long an unused connection stays open: longer than clients (httpx: 5 s) and proxies (nginx, load balancers: 60 s)
keep one for their next request, so that none is closed while a request is on its way."""


def listening(host: str, port: int) -> socket.socket:
    """A socket to serve on; port 0 takes any free one.

    What is sent on its connections goes out at once. asyncio sees to that only on sockets that it made itself; on
    ours each body would wait 40 ms for the client to acknowledge the headers (Nagle, RFC 896, and delayed ACK).
    """
    listener = socket.create_server((host, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections have it from here
    return listener


def server_config(app: "FastAPI") -> "uvicorn.Config":
    """Terms of a server for this application."""
    import uvicorn

    return uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        # Whom to believe about a client's address is a setting of ours, not uvicorn's guess.
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
    )
