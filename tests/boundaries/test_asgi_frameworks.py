"""One trace for each request, whoever else traces it."""

from __future__ import annotations

import asyncio

import fastapi
import httpx
import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from beluga import telemetry, traced
from beluga.testing import record_spans

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
HEADERS = {"traceparent": f"00-{TRACE:032x}-b7ad6b7169203331-01"}
TRACES_BY_ITSELF = hasattr(fastapi.FastAPI(), "_native_telemetry")


@traced(tool="look")
def look():
    return "fine"


def native(provider):
    app = fastapi.FastAPI(telemetry={"tracer_provider": provider, "operation_spans": False})
    app.add_api_route("/orders/{number}", lambda number: look())
    app.add_api_route("/broken", broken)
    app.add_middleware(telemetry.TraceMiddleware)
    return app


def quiet(provider):
    app = fastapi.FastAPI(**({"telemetry": {"tracing": False}} if TRACES_BY_ITSELF else {}))
    app.add_api_route("/orders/{number}", lambda number: look())
    app.add_api_route("/broken", broken)
    app.add_middleware(telemetry.TraceMiddleware)
    return app


def instrumented(provider):
    app = quiet(provider)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, exclude_spans=["send", "receive"])
    return app


def starlette(provider):
    async def order(request):
        return PlainTextResponse(look())

    async def fail(request):
        broken()

    routes = [Route("/orders/{number}", order), Route("/broken", fail)]
    return Starlette(routes=routes, middleware=[Middleware(telemetry.TraceMiddleware)])


def broken():
    raise ZeroDivisionError


APPS = [quiet, instrumented, starlette]
if TRACES_BY_ITSELF:
    APPS.append(native)


@pytest.fixture(params=APPS, ids=lambda make: make.__name__)
def served(request):
    """A function that asks the application for a path, and returns the spans of it."""

    def ask(path, headers=HEADERS, around=context.get_current):
        async def main():
            provider = telemetry.spans._TRACES.get()
            transport = httpx.ASGITransport(request.param(provider), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                token = context.attach(around())
                try:
                    return await client.get(path, headers=headers)
                finally:
                    context.detach(token)

        return asyncio.run(main())

    return ask


@pytest.mark.parametrize("headers", [HEADERS, {}], ids=["continued", "new"])
def test_one_trace_and_one_span_of_a_server(served, headers):
    """Whoever opens the request's span, there is one, and what the application does stands under it."""
    with record_spans() as spans:
        answer = served("/orders/4711", headers)
    assert answer.status_code == 200
    servers = [span for span in spans.spans if span.kind is trace.SpanKind.SERVER]
    assert len(servers) == 1, spans.tree()
    assert len({span.context.trace_id for span in spans.spans}) == 1, spans.tree()
    assert [line.strip() for line in spans.outline().splitlines()] == ["GET /orders/{number}", "execute_tool look"]
    if headers:
        assert servers[0].context.trace_id == TRACE
    spans.assert_all_ended()


def test_an_error_has_the_status_that_the_client_sees(served):
    """An exception is a 500 on the request's span, whoever has opened it, and its status says so."""
    with record_spans() as spans:
        answer = served("/broken")
    (server,) = spans.spans
    assert answer.status_code == 500
    assert not server.status.is_ok
    status = server.attributes.get("http.response.status_code", server.attributes.get("http.status_code"))
    assert status == 500


@pytest.mark.parametrize("served", [quiet, starlette], indirect=True, ids=lambda make: make.__name__)
@pytest.mark.parametrize("headers", [HEADERS, {}], ids=["continued", "new"])
def test_a_span_that_is_left_over_is_not_the_parent(served, headers):
    """A kept connection may begin the next request inside the last one's context; that trace is over."""
    with record_spans() as spans:
        with telemetry.start_span("the last request", kind=trace.SpanKind.SERVER) as last:
            left_over = context.get_current()
        served("/orders/4711", headers, around=lambda: left_over)
    server = spans.one("GET /orders/{number}")
    assert server.context.trace_id != last.get_span_context().trace_id
    assert server.context.trace_id == TRACE or not headers
    spans.assert_all_ended()


@pytest.mark.parametrize("served", [quiet, starlette], indirect=True, ids=lambda make: make.__name__)
def test_a_client_in_the_same_process_is_the_parent(served):
    """What calls the application without a network, such as a test, has the request's span under its own."""
    with record_spans() as spans, telemetry.start_span("test"):
        served("/orders/4711", {})
    spans.assert_tree("""
        test
          GET /orders/{number}
            execute_tool look
    """)


def test_only_named_baggage_comes_in(served):
    """An outer tracer takes all baggage in; behind the middleware there is what was named, here nothing."""
    seen = []

    @traced("look")
    def see():
        seen.append(dict(baggage.get_all()))

    provider = TracerProvider(shutdown_on_exit=False)
    with telemetry.use_provider(provider):
        served("/orders/1", {**HEADERS, "baggage": "tenant=acme"})
        see()
    assert seen == [{}]
