"""Continue the caller's trace in an ASGI application, with one span for each request.

Others make such a span too: FastAPI by itself, OpenTelemetry's instrumentation, a middleware further out. Theirs is the
current one then, and the request has its span. But what is current may also be left over: a server that reads the next
request of a kept connection inside the last one's context starts it with a span that has ended long ago.

    current span            the request's headers      the request is served in
    none, or one that ended any                        a span of ours, under what the headers tell of
    a server's              the same trace, or none    that span
    any other               the same trace, or none    a span of ours, under the current one
    any                     another trace              a span of ours, under what the headers tell of

Source: OpenTelemetry semantic conventions for HTTP servers 1.27 (stable).
"""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any

from beluga.telemetry.propagation import extract, named, only
from beluga.telemetry.spans import error_type, start_span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping

    from opentelemetry.context import Context

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["TraceMiddleware"]

_SERVER_ERROR = 500
_KINDS = frozenset({"http", "websocket"})
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
"""Those that have a name of their own in a trace: anything else is up to the client, and could be a secret."""

_NORMAL_CLOSES = frozenset({1000, 1001})
"""Codes with which a websocket is closed when all is well. Source: RFC 6455, section 7.4.1."""

_ours: weakref.WeakSet[Any] = weakref.WeakSet()
"""The spans opened here, to tell another request's from what an outer tracer has opened for this one."""


class TraceMiddleware:
    """One span for each request, in the trace of whoever sent it.

    It is named after the method and, where the framework leaves it in the scope, the route: paths and query strings may
    hold personal data and stay out. Where an outer tracer, such as FastAPI's own, has opened the request's span
    already, there is no second one. While nobody records, the caller's trace is still handed on.

    Args:
        app: The application.
        baggage: Names of the baggage entries that may come in; by default none.

    Example:
        >>> async def app(scope, receive, send): ...
        >>> app = TraceMiddleware(app)
    """

    def __init__(self, app: App, *, baggage: Iterable[str] = ()) -> None:
        self._app = app
        self._baggage = named(baggage)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in _KINDS:
            await self._app(scope, receive, send)
            return
        context, is_served = self._place(scope)
        if is_served:
            with _attached(context):
                await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind

        method = scope.get("method", "GET")  # a websocket begins with one
        if method not in _METHODS:
            method = "_OTHER"
        name = "HTTP" if method == "_OTHER" else method
        known = {"http.request.method": method, "url.scheme": scope.get("scheme")}
        with start_span(name, known, context=context, kind=SpanKind.SERVER) as span:
            _ours.add(span)
            try:
                closed = await self._serve(scope, receive, send, span)
            finally:
                route = getattr(scope.get("route"), "path", None)
                if isinstance(route, str):
                    span.update_name(f"{name} {route}")
                    span.set_attribute("http.route", route)
        if closed is not None:
            raise closed  # behind the span, which would take it for a failure

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: Any) -> Exception | None:
        """Run the application, and return the error that tells of a websocket that was closed as it should be."""
        request = _ServedRequest(span, receive, send, is_http=scope["type"] == "http")
        before, scope["beluga.span"] = scope.get("beluga.span"), span
        try:
            await self._app(scope, request.receive, request.send)
        except BaseException as error:
            if isinstance(error, Exception) and _closes_normally(error):
                return error
            request.fail(error)
            raise
        finally:
            scope["beluga.span"] = before
            request.end()
        return None

    def _place(self, scope: Scope) -> tuple[Context, bool]:
        """Return the context of a request, and whether its span is there already; see the table above."""
        from opentelemetry import baggage, trace

        remote = extract(scope.get("headers", ()), baggage=self._baggage)
        span = trace.get_current_span()
        here, there = span.get_span_context(), trace.get_current_span(remote).get_span_context()
        is_another = there.is_valid and there.trace_id != here.trace_id
        if not here.is_valid or is_another or _is_left_over(span, scope):
            return remote, False
        context = only(self._baggage, None)
        for name, value in baggage.get_all(remote).items():
            context = baggage.set_baggage(name, value, context)
        is_server = getattr(span, "kind", None) is trace.SpanKind.SERVER
        return context, is_server and (span not in _ours or scope.get("beluga.span") is span)


def _is_left_over(span: Any, scope: Scope) -> bool:
    if getattr(span, "end_time", None) is not None:
        return True
    # One that was not sampled has no end. Ours of another request would hide all that follow on the connection.
    return span in _ours and not span.is_recording() and scope.get("beluga.span") is not span


def _closes_normally(error: Exception) -> bool:
    """Say whether `error` is how Starlette tells of a websocket that was closed as it should be."""
    return type(error).__name__ == "WebSocketDisconnect" and getattr(error, "code", None) in _NORMAL_CLOSES


@contextlib.contextmanager
def _attached(context: Context) -> Iterator[None]:
    from opentelemetry.context import attach

    token = attach(context)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # collected in another context
            token.var.reset(token)


class _ServedRequest:
    """What goes to and fro for one request, and what it says about how that ended."""

    def __init__(self, span: Any, receive: Receive, send: Send, *, is_http: bool) -> None:
        self._span = span
        self._is_http = is_http
        self._receive = receive
        self._send = send
        self._has_begun = self._is_complete = self._is_gone = self._has_failed = False

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._is_gone |= message["type"] == "http.disconnect"
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            self._answered(message["status"])
        self._is_complete |= message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    def _answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            self._mark(str(status))

    def fail(self, error: BaseException) -> None:
        """Note an error: before the head has gone out, the server answers with 500."""
        if self._is_http and not self._has_begun and isinstance(error, Exception):
            self._answered(_SERVER_ERROR)
        self._mark(error_type(error))
        self._has_failed = True

    def end(self) -> None:
        """Note that the client left before the end, where nothing else says so."""
        if self._is_gone and not self._is_complete and not self._has_failed:
            self._mark("ConnectionError")

    def _mark(self, why: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._span.set_attribute("error.type", why)
        self._span.set_status(Status(StatusCode.ERROR))
