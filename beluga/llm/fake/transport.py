"""The ways for real HTTP clients to reach something that answers: in the process, and over loopback.

In the process it is a transport of httpx, or of any module with the same classes. The module is an argument and nothing
is imported: openai 2 is built on httpx, openai 3 and anthropic 2 on httpx2, and each believes its own classes only.
Bodies are cut where a network might cut them, and a client's parser must not care.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import attrs

from beluga.clock import environment
from beluga.llm.fake._wire import Break, Head, HTTPRequest, WireEvent
from beluga.llm.fake.turns import Pause

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import ModuleType

    from beluga.llm.fake._wire import Responder
    from beluga.llm.fake.server import Server

__all__ = ["Chunking", "Cut", "Surfaces", "as_request", "based", "checked_chunking", "transport"]

Chunking = int | Sequence[int] | Literal["random"] | None
"""Bytes of each piece; sizes that come again and again; sizes by chance; None: an event is a piece."""

_LONGEST = 24
"""Bytes of a piece that is cut by chance: most events take several of them."""


def checked_chunking(chunking: Chunking) -> Chunking:
    """Return `chunking`, or raise.

    Raises:
        TypeError: It is neither a number nor a list of numbers.
        ValueError: A size is below 1, or none is given.
    """
    if chunking is None or chunking == "random":
        return chunking
    sizes = (chunking,) if isinstance(chunking, int) else chunking
    if isinstance(sizes, str | bytes) or not isinstance(sizes, Sequence):
        message = f'chunking is a number of bytes, a list of such, or "random", not {type(chunking).__name__}'
        raise TypeError(message)
    if any(isinstance(size, bool) or not isinstance(size, int) for size in sizes):
        message = "the sizes of chunking are ints"
        raise TypeError(message)
    if not sizes or min(sizes) < 1:
        message = f"chunking has sizes from 1 byte on, not {chunking!r}"
        raise ValueError(message)
    return tuple(sizes)


@attrs.frozen
class Cut:
    """How the bytes of bodies are cut and end their lines.

    Args:
        chunking: The sizes of the pieces.
        crlf: Whether the lines of events end with CR LF, as some gateways write them.
    """

    chunking: Chunking = attrs.field(default=None, converter=checked_chunking)
    crlf: bool = False

    def __call__(self, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        """Return `events` with other pieces; all bytes before a pause still come before it."""
        if self.crlf:
            events = _with_crlf(events)
        return events if self.chunking is None else self._cut(events)

    def _cut(self, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        sizes: Iterator[int] | None = None
        rest = b""
        size = 0
        for event in events:
            if not isinstance(event, bytes):
                if rest:
                    yield rest
                rest, size = b"", 0
                yield event
                continue
            rest += event
            sizes = sizes or self._sizes(event)
            size = size or next(sizes)
            while len(rest) >= size:
                yield rest[:size]
                rest, size = rest[size:], next(sizes)
        if rest:
            yield rest

    def _sizes(self, first: bytes) -> Iterator[int]:
        if self.chunking == "random":
            chance = random.Random(first)  # noqa: S311 - the same answer is to be cut in the same way
            return iter(lambda: chance.randint(1, _LONGEST), 0)
        sizes: Iterable[int] = self.chunking  # type: ignore[assignment]  # the converter has made it a tuple
        return itertools.cycle(sizes)


def _with_crlf(events: Iterator[WireEvent]) -> Iterator[WireEvent]:
    is_stream = False
    for event in events:
        if isinstance(event, Head):
            is_stream = ("content-type", "text/event-stream; charset=utf-8") in event.headers
        yield event.replace(b"\n", b"\r\n") if is_stream and isinstance(event, bytes) else event


_NEEDED = (
    *("BaseTransport", "AsyncBaseTransport", "SyncByteStream", "AsyncByteStream", "Response"),
    *("ConnectError", "ConnectTimeout", "ReadTimeout", "RemoteProtocolError"),
)


def transport(module: ModuleType, respond: Responder, cut: Cut) -> Any:
    """Return a transport of `module` that is answered by `respond`.

    Raises:
        TypeError: The module has no transports.
    """
    missing = [name for name in _NEEDED if not hasattr(module, name)]
    if missing:
        name = getattr(module, "__name__", type(module).__name__)
        message = f"transport() takes the module httpx or httpx2 itself; {name} has no {missing[0]}"
        raise TypeError(message)
    transport_class, body_class = based(module, _Transport, _Body)
    return transport_class(_Line(module, respond, cut, body_class))


@functools.cache
def based(module: Any, sender: type, body: type) -> tuple[type[Any], type[Any]]:
    """Return a transport and the body of an answer with the bases that clients of `module` check for."""
    return (
        type(sender.__name__, (sender, module.BaseTransport, module.AsyncBaseTransport), {}),
        type(body.__name__, (body, module.SyncByteStream, module.AsyncByteStream), {}),
    )


@attrs.frozen(eq=False)
class _Line:
    """What the exchanges of one transport share."""

    module: Any
    respond: Responder
    cut: Cut
    body: type[Any]

    def exchange(self, request: Any, content: bytes) -> _Answering:
        asked = as_request(request, content)
        return _Answering(self.cut(self.respond(asked)), request, self.module)

    def answer(self, head: Head, answering: _Answering) -> Any:
        return self.module.Response(
            head.status,
            headers=list(head.headers),
            stream=self.body(answering),
            extensions={"http_version": b"HTTP/1.1"},
        )


def as_request(request: Any, content: bytes) -> HTTPRequest:
    """Return a client's request, whose body is `content`, as a record."""
    path = request.url.raw_path.decode("ascii")
    return HTTPRequest(request.method.upper(), path, dict(request.headers), content)


class _Transport:
    def __init__(self, line: _Line) -> None:
        self._line = line

    def handle_request(self, request: Any) -> Any:
        answering = self._line.exchange(request, request.read())
        for step in answering:
            if isinstance(step, Head):
                return self._line.answer(step, answering)
            _wait(step)
        raise answering.unanswered()

    async def handle_async_request(self, request: Any) -> Any:
        answering = self._line.exchange(request, await request.aread())
        for step in answering:
            if isinstance(step, Head):
                return self._line.answer(step, answering)
            await _await(step)
        raise answering.unanswered()


class _Body:
    def __init__(self, answering: _Answering) -> None:
        self._course = answering

    def __iter__(self) -> Iterator[bytes]:
        for step in self._course:
            if isinstance(step, bytes):
                yield step
            else:
                _wait(step)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for step in self._course:
            if isinstance(step, bytes):
                yield step
            else:
                await _await(step)

    def close(self) -> None:
        self._course.close()

    async def aclose(self) -> None:
        self._course.close()


class _Answering:
    """What happens in one exchange as the client feels it: pauses end at its time-outs, breaks are its errors."""

    def __init__(self, events: Iterator[WireEvent], request: Any, module: Any) -> None:
        self._events = events
        self._request = request
        self._module = module
        self._timeouts = request.extensions.get("timeout") or {}
        self._waited = 0.0

    def __iter__(self) -> Iterator[WireEvent]:
        for event in self._events:
            if isinstance(event, Pause):
                yield from self._paused(event.seconds)
            elif isinstance(event, Break):
                yield from self._broken(event)
            else:
                self._waited = 0.0
                yield event

    def close(self) -> None:
        """End the exchange before its end."""
        close = getattr(self._events, "close", None)
        if close is not None:
            close()

    def unanswered(self) -> Exception:
        """Return the error of an exchange that ended without an answer."""
        return self._error("RemoteProtocolError", "the server closed the connection without an answer")

    def _paused(self, seconds: float) -> Iterator[Pause]:
        limit = self._timeouts.get("read")
        self._waited += seconds
        if limit is None or self._waited <= limit:
            yield Pause(seconds)
            return
        yield Pause(seconds - (self._waited - limit))
        self._fail("ReadTimeout", f"nothing came for {limit:g} s")

    def _broken(self, how: Break) -> Iterator[Pause]:
        if how.kind == "connect_error":
            self._fail("ConnectError", "the fake provider refuses the connection")
        if how.kind == "cut":
            self._fail("RemoteProtocolError", "the server closed the connection in the middle of the body")
        phase: Literal["connect", "read"] = "connect" if how.kind == "connect_timeout" else "read"
        limit = self._timeouts.get(phase)
        # Without a time-out the client would wait for ever; a test is better off with the error.
        if limit is not None:
            yield Pause(max(0.0, limit - self._waited))
        self._fail(f"{phase.capitalize()}Timeout", f"the fake provider lets the client wait for its {phase} time-out")

    def _fail(self, name: str, message: str) -> NoReturn:
        raise self._error(name, message)

    def _error(self, name: str, message: str) -> Exception:
        error: Exception = getattr(self._module, name)(message, request=self._request)
        return error


def _wait(step: WireEvent) -> None:
    if isinstance(step, Pause) and step.seconds:
        environment().clock.sleep(step.seconds)


async def _await(step: WireEvent) -> None:
    if isinstance(step, Pause) and step.seconds:
        await environment().clock.asleep(step.seconds)


class Surfaces:
    """Base of what answers HTTP requests."""

    def transport(self, module: ModuleType, *, chunking: Chunking = None, crlf: bool = False) -> Any:
        """Return a transport for the clients of `module`, sync and async ones, that opens no socket.

        The errors are the module's own, and the client's time-outs are kept on the environment's clock: a
        stall of 90 s against a read time-out of 60 s raises ``ReadTimeout`` after 60 s of that clock.

        Args:
            module: ``httpx`` or ``httpx2``, whichever the client is built on; openai 2 is built on httpx,
                openai 3 and anthropic 2 on httpx2.
            chunking: Into how many bytes the bodies are cut: a number, a list that comes again and again, or
                ``"random"``; None leaves every event whole.
            crlf: Whether the lines of a stream end with CR LF.

        Raises:
            TypeError: `module` has no transports, or the chunking is not one.
            ValueError: A size of the chunking is below 1.

        Example:
            >>> import httpx
            >>> from beluga.llm import FakeProvider
            >>> client = httpx.Client(transport=FakeProvider("It is sunny.").transport(httpx))
            >>> body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How is the weather?"}]}
            >>> answer = client.post("https://api.openai.com/v1/chat/completions", json=body).json()
            >>> answer["choices"][0]["message"]["content"]
            'It is sunny.'
        """
        from beluga.llm.fake.transport import Cut, transport

        return transport(module, self._responder(), Cut(chunking, crlf))

    def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        chunking: Chunking = None,
        crlf: bool = False,
        log: Callable[[HTTPRequest, int], object] | None = None,
    ) -> Server:
        """Return a context manager that serves HTTP to any client while the block runs, and gives the root URL.

        Clients of OpenAI add ``/v1`` to it, those of Anthropic do not. Their time-outs are real here.

        Args:
            host: The address to listen on.
            port: None is taken from others: 0 finds a free one.
            chunking: As of `transport`.
            crlf: As of `transport`.
            log: Called with each request and the status of its answer.

        Raises:
            OSError: On entry, when the port is taken.
            ImportError: h11 is not installed.

        Example:
            >>> from urllib.request import urlopen
            >>> from beluga.llm import FakeProvider
            >>> with FakeProvider().serve() as url:
            ...     urlopen(f"{url}/v1/models").status
            200
        """
        from beluga.llm.fake.transport import Cut

        try:
            from beluga.llm.fake.server import Server
        except ModuleNotFoundError as error:
            message = f'to serve HTTP takes {error.name}: pip install "beluga-ai[llm]"'
            raise ImportError(message) from None
        return Server(self._responder(), host, port, Cut(chunking, crlf), log)

    def _responder(self) -> Responder:
        """Return what answers requests."""
        raise NotImplementedError
