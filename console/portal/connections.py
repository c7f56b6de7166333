"""The connections of the portal: who asks slowly, or does not read the answer, holds none for long."""

from asyncio import TimerHandle, Transport

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.portal.web import Portal

HEAD_SECONDS = 10.0
"""From the connection, or from the last answer, to the last line of the next request's head. What follows the
head has a limit of its own (`BODY_SECONDS`)."""
ANSWER_SECONDS = 60.0
"""How long a request whose head has come may take in all, its answer read."""
WAITING = 1_000
"""Connections at once; more are asked to come back."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 that breaks off what keeps it waiting; of uvicorn's own limits none holds before an answer."""

    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        # Before the next request of a line of them, which may be answered at once.
        self._wait(HEAD_SECONDS)
        super().on_response_complete()

    def _wait(self, seconds: float, *, answering: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._late, answering)

    def _late(self, answering: bool) -> None:
        if answering or self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
        else:
            self._wait(ANSWER_SECONDS, answering=True)


def settings_of(portal: Portal, *, proxies: str = "") -> Config:
    """How a portal is served; uvicorn's own log stays silent, for its lines name addresses.

    proxies: the addresses, with commas between, whose word is taken for whom they serve; empty for none.
    """
    return Config(
        portal.application(),
        http=PromptProtocol,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        limit_concurrency=WAITING,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
