"""What a request's span says about how the request ended."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from beluga import telemetry

START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body", "body": b"fine"}


class WebSocketDisconnect(Exception):
    """As Starlette's, by its name and its code."""

    def __init__(self, code):
        super().__init__()
        self.code = code


def served(app, kind="http", receives=(), scope=None):
    """Serve one request with the middleware; return its error, if any."""
    waiting = iter([*receives, {"type": "http.disconnect"}])

    async def receive():
        return next(waiting)

    async def send(_):
        return None

    async def main():
        connection = scope if scope is not None else {"type": kind, "method": "GET", "headers": []}
        try:
            await telemetry.TraceMiddleware(app)(connection, receive, send)
        except BaseException as error:
            return error
        return None

    return asyncio.run(main())


def acting(*steps, error=None):
    async def app(scope, receive, send):
        for step in steps:
            await (receive() if step is receive_one else send(step))
        if error is not None:
            raise error

    return app


def receive_one():
    """Stands for a step that receives."""


@pytest.mark.parametrize(
    ("app", "status", "why"),
    [
        (acting(START, BODY), 200, None),
        (acting({**START, "status": 404}, BODY), 404, None),
        (acting({**START, "status": 503}, BODY), 503, "503"),
        (acting(error=ZeroDivisionError()), 500, "ZeroDivisionError"),
        (acting(START, error=ZeroDivisionError()), 200, "ZeroDivisionError"),
        (acting(error=asyncio.CancelledError()), None, "asyncio.exceptions.CancelledError"),
        (acting(START, {**BODY, "more_body": True}, receive_one), 200, "ConnectionError"),
        (acting(START, BODY, receive_one), 200, None),
    ],
    ids=["fine", "not found", "refused", "error", "error in the body", "cancelled", "client gone", "client done"],
)
def test_the_span_ends_as_the_request_did(spans, app, status, why):
    """Status code and error are those that the client sees, or would have seen."""
    served(app)
    span = spans.one("GET")
    assert span.attributes.get("http.response.status_code") == status
    assert span.attributes.get("error.type") == why
    assert span.status.is_ok == (why is None)
    spans.assert_all_ended()


@pytest.mark.parametrize(("code", "is_ok"), [(1000, True), (1001, True), (1006, False), (1011, False)])
def test_a_websocket_that_closes_normally_has_not_failed(spans, code, is_ok):
    """A client that leaves is not an error of the application; a broken connection is one."""
    error = served(acting(error=WebSocketDisconnect(code)), kind="websocket")
    assert isinstance(error, WebSocketDisconnect)
    assert spans.one("GET").status.is_ok is is_ok
    assert "http.response.status_code" not in spans.one("GET").attributes


def test_the_middleware_twice_is_one_span(spans):
    """An application that is wrapped twice has one span for a request."""
    served(telemetry.TraceMiddleware(acting(START, BODY)))
    assert spans.outline() == "GET"


def test_an_unsampled_request_does_not_hide_the_next():
    """What an unsampled span leaves behind on a kept connection does not silence the requests that follow."""
    silent = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    left = []

    async def leave(scope, receive, send):
        left.append(context.get_current())

    with telemetry.use_provider(silent):
        served(leave)
    token = context.attach(left[0])
    try:
        seen = []

        async def see(scope, receive, send):
            seen.append(trace.get_current_span().is_recording())

        with telemetry.use_provider(TracerProvider(shutdown_on_exit=False)):
            served(see)
    finally:
        context.detach(token)
    assert seen == [True]
