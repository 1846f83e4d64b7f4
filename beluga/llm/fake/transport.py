"""A transport of httpx, or of any module with the same classes, whose other end is in the process.

The module is an argument and nothing is imported: openai 2 is built on httpx, openai 3 and anthropic 2 on
httpx2, and each believes its own classes only.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import attrs

from beluga.clock import environment
from beluga.llm.fake._wire.events import Break, Head, HTTPRequest
from beluga.llm.fake.replies import Pause

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from beluga.llm.fake._wire.chunking import Cut
    from beluga.llm.fake._wire.events import Responder, WireEvent

__all__ = ["as_request", "transport"]

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
    transport_class, body_class = _classes(module)
    return transport_class(_Line(module, respond, cut, body_class))


@functools.cache
def _classes(module: ModuleType) -> tuple[type[Any], type[Any]]:
    """Return the two classes below with the bases that clients of `module` check for."""
    bases: Any = module
    return (
        type("FakeTransport", (_Transport, bases.BaseTransport, bases.AsyncBaseTransport), {}),
        type("FakeBody", (_Body, bases.SyncByteStream, bases.AsyncByteStream), {}),
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
