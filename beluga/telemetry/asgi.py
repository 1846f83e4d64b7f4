"""Continue the caller's trace in an ASGI application.

Source: OpenTelemetry semantic conventions for HTTP servers 1.27 (stable).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.telemetry.propagation import extract, named
from beluga.telemetry.spans import start_span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["TraceMiddleware"]

_SERVER_ERROR = 500
_KINDS = frozenset({"http", "websocket"})
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
"""Those that have a name of their own in a trace: anything else is up to the client, and could be a secret."""


class TraceMiddleware:
    """One span for each request, in the trace of whoever sent it.

    It is named after the method and, where the framework leaves it in the scope, the route: paths and query strings may
    hold personal data and stay out. While nobody records, the caller's trace is still handed on.

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
        from opentelemetry.trace import SpanKind

        method = scope.get("method", "GET")  # a websocket begins with one
        if method not in _METHODS:
            method = "_OTHER"
        name = "HTTP" if method == "_OTHER" else method
        context = extract(scope.get("headers", ()), baggage=self._baggage)
        known = {"http.request.method": method, "url.scheme": scope.get("scheme")}
        with start_span(name, known, context=context, kind=SpanKind.SERVER) as span:
            try:
                await self._app(scope, receive, _watched(send, span))
            finally:
                route = getattr(scope.get("route"), "path", None)
                if isinstance(route, str):
                    span.update_name(f"{name} {route}")
                    span.set_attribute("http.route", route)


def _watched(send: Send, span: Any) -> Send:
    """Return `send`, which notes the status of the answer on its way."""

    async def watching(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            span.set_attribute("http.response.status_code", status)
            if status >= _SERVER_ERROR:
                from opentelemetry.trace import Status, StatusCode

                span.set_attribute("error.type", str(status))
                span.set_status(Status(StatusCode.ERROR))
        await send(message)

    return watching
