"""A small HTTP server on loopback: a thread for each connection, all gone when the block ends."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import socket
import struct
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import h11

from beluga.clock import environment
from beluga.llm.fake._wire import Break, Head, HTTPRequest
from beluga.llm.fake._wire.exchange import refused
from beluga.llm.fake.turns import Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from beluga.llm.fake._wire import Responder, WireEvent
    from beluga.llm.fake.transport import Cut

__all__ = ["Server"]

_BACKLOG = 128
_GLANCE = 0.05
"""Real seconds between two looks at whether the server is to stop, while a client is kept waiting."""

_PATIENCE = 5.0
"""Real seconds for a thread to end; only a script's own callable can take longer."""

_PIECE = 65_536
_LONGEST_HEAD = 65_536
_LARGEST_BODY = 64 * 1024 * 1024
_STATUSES = frozenset(map(int, HTTPStatus))

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
        log: Called with each request and the status of its answer, in the thread of its connection.
    """

    def __init__(
        self,
        respond: Responder,
        host: str,
        port: int,
        cut: Cut,
        log: Callable[[HTTPRequest, int], object] | None = None,
    ) -> None:
        self._respond = respond
        self._log = log
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
            message = "the server does not run: use `with fake.serve() as url:`"
            raise RuntimeError(message)
        host, port = _reached(self._listener)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> Self:
        """Begin to listen; from here on connections are taken.

        Raises:
            OSError: The port is taken, or the address is not this machine's.
            RuntimeError: The server runs already.
        """
        if self._listener is not None:
            message = f"the server runs already, at {self.url}"
            raise RuntimeError(message)
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
            with connection:
                http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
                while not self._stopping.is_set() and self._exchange(connection, http):
                    http.start_next_cycle()
        except (OSError, h11.LocalProtocolError):
            pass  # the client is gone, or wants what HTTP does not allow; both are its right
        finally:
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())

    def _exchange(self, connection: socket.socket, http: h11.Connection) -> bool:
        """Serve one request; return whether another may come."""
        try:
            request = _received(connection, http)
        except h11.RemoteProtocolError as error:
            reason = f"this is not a request that can be read: {error}"
            self._send(connection, http, refused(HTTPRequest("", "/"), reason))
            _drain(connection)
            return False
        if request is None:
            return False
        events = self._told(request, self._cut(self._respond(request)))
        is_whole = self._send(connection, http, events, head_only=request.method == "HEAD")
        return is_whole and http.our_state is h11.DONE and http.their_state is h11.DONE

    def _told(self, request: HTTPRequest, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        """Return the events, and tell of the answer when its head goes out."""
        if self._log is None:
            return events
        log = self._log

        def told() -> Iterator[WireEvent]:
            for event in events:
                if isinstance(event, Head):
                    log(request, event.status)
                yield event

        return told()

    def _send(
        self, connection: socket.socket, http: h11.Connection, events: Iterator[WireEvent], *, head_only: bool = False
    ) -> bool:
        """Play the events; return whether the answer came to its end."""
        for event in events:
            if isinstance(event, Pause):
                self._pause(event.seconds)
            elif isinstance(event, Break):
                self._break(connection, event)
                return False
            elif isinstance(event, Head):
                reason = "Overloaded" if event.status not in _STATUSES else HTTPStatus(event.status).phrase
                head = h11.Response(status_code=event.status, headers=[*event.headers], reason=reason.encode())
                connection.sendall(http.send(head) or b"")
            elif not head_only:
                connection.sendall(http.send(h11.Data(data=event)) or b"")
        connection.sendall(http.send(h11.EndOfMessage()) or b"")
        return True

    def _pause(self, seconds: float) -> None:
        clock = environment().clock
        # A clock that jumps passes the time at once; on every other one the wait has to end with the server.
        if getattr(clock, "jumps", False):
            clock.sleep(seconds)
        else:
            clock.wait(self._stopping, seconds)
        if self._stopping.is_set():
            message = "the server stops"
            raise OSError(message)

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


def _received(connection: socket.socket, http: h11.Connection) -> HTTPRequest | None:
    """Return the next request; None where the client has nothing more to say.

    Raises:
        h11.RemoteProtocolError: It is not HTTP, ends too early, or is too large.
    """
    asked: h11.Request | None = None
    body: list[bytes] = []
    size = 0
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                connection.sendall(
                    http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
                )
            data = connection.recv(_PIECE)
            if http.their_state is h11.IDLE and not http.trailing_data[0]:
                data = data.lstrip(b"\r\n") or data  # RFC 9112, section 2.2: blank lines before a request do not count
            http.receive_data(data)
        elif isinstance(event, h11.Request):
            if event.http_version not in {b"1.1", b"1.0"}:
                message = "it is not in HTTP/1.1"
                raise h11.RemoteProtocolError(message)
            asked = event
        elif isinstance(event, h11.Data):
            body.append(event.data)
            size += len(event.data)
            if size > _LARGEST_BODY:
                message = f"the body is larger than {_LARGEST_BODY} bytes"
                raise h11.RemoteProtocolError(message)
        elif isinstance(event, h11.EndOfMessage) and asked is not None:
            return _request(asked, b"".join(body))
        else:
            return None


def _request(asked: h11.Request, body: bytes) -> HTTPRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in asked.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return HTTPRequest(asked.method.decode().upper(), asked.target.decode("latin-1"), headers, body)


def _drain(connection: socket.socket) -> None:
    """Read what the client still sends: closing with unread bytes would reset the answer away from it."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_GLANCE)
    with contextlib.suppress(OSError):
        while connection.recv(_PIECE):
            pass


def _reached(listener: socket.socket) -> tuple[str, int]:
    """Return where a listener is reached from its own machine, also if it listens on all addresses."""
    host: str
    host, port, *_ = listener.getsockname()  # of IPv6 there are two more
    return _LOOPBACK.get(host, host), port


_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whoever asks for all addresses gets them
