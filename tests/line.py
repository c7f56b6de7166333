"""The line to a server on this machine, which can be slow, be cut and freeze when a test says so."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_CHUNK = 1 << 16
_END = b"Q\x00\x00\x00\x08END\x00"
"""What ends a unit that only read: nobody waits for the answer, so it is no round trip."""


class Line:
    """A relay of TCP on a free port of this machine, in a thread of its own.

    round_trip: seconds that a question and its answer spend under way, half of them each.
    """

    def __init__(self, to: int, *, round_trip: float = 0.0) -> None:
        self.round_trip = round_trip
        self.round_trips = 0
        """How many times a client has asked something after it was answered."""
        self.port = 0
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._open: set[StreamWriter] = set()
        self._serving: asyncio.Server | None = None
        self._whole = True
        self._flows = asyncio.Event()
        self._flows.set()

    def cut(self) -> None:
        """Every connection is broken, and new ones are too until `mend`."""
        self._whole = False
        self._loop.call_soon_threadsafe(self._break)

    def freeze(self) -> None:
        """Nothing comes through any more, and nobody is told: connections stay open until `mend`."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def mend(self) -> None:
        """The line is good again; what was under way when it froze arrives."""
        self._whole = True
        self._loop.call_soon_threadsafe(self._flows.set)

    def _break(self) -> None:
        for one in list(self._open):
            one.transport.abort()

    async def _serve(self, started: Event) -> None:
        self._serving = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._serving.sockets[0].getsockname()[1]
        started.set()
        await self._serving.serve_forever()

    async def _relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        ends = [writer]
        self._open.add(writer)
        try:
            await self._flows.wait()
            if not self._whole:
                return
            answers, server = await asyncio.open_connection("127.0.0.1", self._to)
            ends.append(server)
            self._open.add(server)
            for one in ends:
                one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked = [False]
            ways = (
                self._carry(reader, server, asked, asks=True),
                self._carry(answers, writer, asked, asks=False),
            )
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for one in ends:
                one.transport.abort()
            self._open.difference_update(ends)

    async def _carry(
        self, source: StreamReader, sink: StreamWriter, asked: list[bool], *, asks: bool
    ) -> None:
        """One way, each piece as late as it was sent: what follows closely arrives as closely."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.ensure_future(self._deliver(under_way, sink))
        try:
            while data := await source.read(_CHUNK):
                if data != _END:
                    self.round_trips += asks and not asked[0]
                    asked[0] = asks
                under_way.put_nowait((self._loop.time() + self.round_trip / 2, data))
            under_way.put_nowait((0.0, b""))
            await arriving
        except OSError:  # one end was reset: the other is told, or it would wait for ever
            sink.transport.abort()
            raise
        finally:
            arriving.cancel()

    async def _deliver(self, under_way: "asyncio.Queue[tuple[float, bytes]]", sink: StreamWriter) -> None:
        while True:
            at, data = await under_way.get()
            if not data:
                sink.close()
                return
            if (left := at - self._loop.time()) > 0:
                await asyncio.sleep(left)
            await self._flows.wait()
            sink.write(data)
            await sink.drain()

    def _run(self, started: Event) -> None:
        asyncio.set_event_loop(self._loop)
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve(started))
        for task in (left := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def start(self) -> None:
        """Listens from now on."""
        started = Event()
        self._thread = Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def stop(self) -> None:
        """Breaks every connection and listens no more."""
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def _end(self) -> None:
        self._break()
        if self._serving is not None:
            self._serving.close()


@contextmanager
def line(to: int, *, round_trip: float = 0.0) -> Iterator[Line]:
    """A line to the server that listens on this port, until the end of the block."""
    one = Line(to, round_trip=round_trip)
    one.start()
    try:
        yield one
    finally:
        one.stop()
