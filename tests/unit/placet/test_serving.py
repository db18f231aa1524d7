"""How the server listens."""

import socket

from placet.serving import listening


def test_what_is_sent_on_a_connection_goes_out_at_once() -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
