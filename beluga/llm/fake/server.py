"""A small HTTP server on loopback: a thread for each connection, all gone when the block ends."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import socket
import struct
import threading
from typing import TYPE_CHECKING, BinaryIO, Self

from beluga.clock import environment
from beluga.llm.fake._wire.events import Break, Head, HTTPRequest
from beluga.llm.fake._wire.exchange import refused
from beluga.llm.fake._wire.http1 import LAST_CHUNK, BadRequest, chunk, head, read_request
from beluga.llm.fake.replies import Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from beluga.llm.fake._wire.chunking import Cut
    from beluga.llm.fake._wire.events import Responder, WireEvent
    from beluga.llm.fake._wire.http1 import Incoming

__all__ = ["Server"]

_BACKLOG = 128
_GLANCE = 0.05
"""Real seconds between two looks at whether the server is to stop, while a client is kept waiting."""

_PATIENCE = 5.0
"""Real seconds for a thread to end; only a script's own callable can take longer."""

# Closing with a linger of zero sends a reset in place of a proper end.
_RESET = struct.pack("ii", 1, 0)


class Server:
    """Serves HTTP while its block runs; made by `FakeProvider.serve`.

    The threads run in the context that the block was entered in, so pauses pass on the clock of there.

    Args:
        respond: Answers the requests.
        host: The address to listen on.
        port: 0 finds a free one.
        cut: How bodies are cut.
    """

    def __init__(self, respond: Responder, host: str, port: int, cut: Cut) -> None:
        self._respond = respond
        self._cut = cut
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._threads: set[threading.Thread] = set()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> str:
        self.start()
        return self.url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The root URL, as this machine reaches it.

        Raises:
            RuntimeError: The server does not run.
        """
        if self._listener is None:
            msg = "the server does not run: use `with fake.serve() as url:`"
            raise RuntimeError(msg)
        host, port = _reached(self._listener)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> Self:
        """Begin to listen; from here on connections are taken.

        Raises:
            OSError: The port is taken, or the address is not this machine's.
            RuntimeError: The server runs already.
        """
        if self._listener is not None:
            msg = f"the server runs already, at {self.url}"
            raise RuntimeError(msg)
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(self._address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
        self._listener = listener
        self._stopping.clear()
        self._acceptor = self._thread(lambda: self._accept(listener))
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close all connections and wait until every thread has ended."""
        listener, acceptor = self._listener, self._acceptor
        self._listener = self._acceptor = None
        if listener is None or acceptor is None:
            return
        self._stopping.set()
        # A thread that waits in accept() notices no close; a last connection wakes it on every platform.
        with contextlib.suppress(OSError):
            socket.create_connection(_reached(listener), _PATIENCE).close()
        acceptor.join(_PATIENCE)
        listener.close()
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(_PATIENCE)

    def _thread(self, work: Callable[[], object]) -> threading.Thread:
        context = contextvars.copy_context()
        return threading.Thread(target=context.run, args=(work,), name="beluga-fake-server", daemon=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # such as too many open files: wait until some are closed
                if self._stopping.wait(_GLANCE):
                    return
                continue
            if self._stopping.is_set():
                connection.close()
                return
            thread = self._thread(functools.partial(self._serve, connection))
            with self._lock:
                self._connections.add(connection)
                self._threads.add(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            # Small events are to leave at once; waiting for more costs 40 ms with delayed acknowledgements.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, connection.makefile("rb") as source:
                while not self._stopping.is_set() and self._exchange(connection, source):
                    pass
        except OSError:
            pass  # the client is gone, which is its right
        finally:
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())

    def _exchange(self, connection: socket.socket, source: BinaryIO) -> bool:
        """Serve one request; return whether another may come."""
        try:
            incoming = read_request(source, connection.sendall)
        except BadRequest as error:
            events = refused(HTTPRequest("", "/"), f"this is no request that can be read: {error}")
            self._send(connection, events, keep_alive=False, chunked=False)
            return False
        if incoming is None:
            return False
        return self._answer(connection, incoming)

    def _answer(self, connection: socket.socket, incoming: Incoming) -> bool:
        events = self._cut(self._respond(incoming.request))
        # Whoever asks for the head alone would take the body for the next answer.
        keep_alive = incoming.keep_alive and incoming.request.method != "HEAD"
        return self._send(connection, events, keep_alive=keep_alive, chunked=incoming.chunked)

    def _send(self, connection: socket.socket, events: Iterator[WireEvent], *, keep_alive: bool, chunked: bool) -> bool:
        is_chunked = False
        for event in events:
            if isinstance(event, Pause):
                self._pause(event.seconds)
            elif isinstance(event, Break):
                self._break(connection, event)
                return False
            elif isinstance(event, Head):
                has_length = any(name == "content-length" for name, _ in event.headers)
                is_chunked = chunked and not has_length
                keep_alive = keep_alive and (has_length or is_chunked)
                connection.sendall(head(event, keep_alive=keep_alive, chunked=is_chunked))
            else:
                connection.sendall(chunk(event) if is_chunked else event)
        if is_chunked:
            connection.sendall(LAST_CHUNK)
        return keep_alive

    def _pause(self, seconds: float) -> None:
        clock = environment().clock
        # A clock that jumps passes the time at once; on every other one the wait has to end with the server.
        if getattr(clock, "jumps", False):
            clock.sleep(seconds)
        else:
            clock.wait(self._stopping, seconds)
        if self._stopping.is_set():
            msg = "the server stops"
            raise OSError(msg)

    def _break(self, connection: socket.socket, how: Break) -> None:
        if how.kind in {"read_timeout", "connect_timeout"}:
            self._keep_waiting(connection)
        elif how.kind == "connect_error":
            # The connection stands already; a reset is as near to a refusal as a socket can come.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _keep_waiting(self, connection: socket.socket) -> None:
        """Say nothing until the client gives up or the server stops."""
        connection.settimeout(_GLANCE)
        while not self._stopping.is_set():
            try:
                if not connection.recv(1024):
                    return
            except TimeoutError:
                continue


def _reached(listener: socket.socket) -> tuple[str, int]:
    """Return where a listener is reached from its own machine, also if it listens on all addresses."""
    host: str
    host, port, *_ = listener.getsockname()  # of IPv6 there are two more
    return _LOOPBACK.get(host, host), port


_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whoever asks for all addresses gets them
