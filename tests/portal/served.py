"""The portal on a port of this machine, as `hotliner portail` serves it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from uvicorn import Server

from console.portal.connections import settings_of
from console.portal.web import Portal


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(portal: Portal, port: int) -> Iterator[None]:
    """Serve on loopback until the end of the block."""
    server = Server(settings_of(portal))
    with socket.create_server(("127.0.0.1", port), backlog=512) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(10)
