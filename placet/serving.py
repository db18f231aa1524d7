"""How the server serves, whoever starts it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

IDLE_SECONDS = 75
"""How long an unused connection stays open: longer than clients (httpx: 5 s) and proxies (nginx, load balancers: 60 s)
keep one for their next request, so that none is closed while a request is on its way."""


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
