"""One trace across threads, clients and services."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage, context, trace

from beluga import DeadlineExceeded, TimeoutBudget, budget, remaining, telemetry, traced

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = 0x0AF7651916CD43DD8448EB211C80319C


def trace_of(found):
    return trace.get_current_span(found).get_span_context().trace_id


def test_what_is_injected_is_extracted(spans):
    """A header of one service gives the context in another."""
    with telemetry.start_span("request") as span:
        headers = telemetry.inject({"x": "kept"})
    assert headers["x"] == "kept"
    assert trace_of(telemetry.extract(headers)) == span.get_span_context().trace_id


def test_nothing_is_injected_without_a_span():
    """There is no header for no trace."""
    assert telemetry.inject() == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": PARENT},
        {"TRACEPARENT": PARENT},
        [(b"TraceParent", PARENT.encode())],
        [("traceparent", PARENT)],
        httpx.Headers({"Traceparent": PARENT}),
    ],
    ids=["dict", "upper", "asgi", "pairs", "httpx"],
)
def test_any_form_of_headers_is_read(headers):
    """Names have no case, and ASGI's are bytes."""
    assert trace_of(telemetry.extract(headers)) == TRACE


@given(st.text(), st.binary())
def test_no_header_breaks_a_service(text, raw):
    """What is no valid trace begins a new one."""
    assert trace_of(telemetry.extract({"traceparent": text, "tracestate": text, "baggage": text})) in {0, TRACE}
    telemetry.extract([(b"traceparent", raw), (raw, raw)])


@pytest.mark.parametrize("headers", [None, 5, [1], [("a",)]], ids=str)
def test_what_is_no_headers_is_refused(headers):
    """The message says what is needed and what came."""
    with pytest.raises(TypeError, match="mapping or as pairs"):
        telemetry.extract(headers)


def test_extract_does_not_inherit_the_current_span(spans):
    """Without a header a service begins a trace of its own, whatever runs around it."""
    with telemetry.start_span("around"):
        assert trace_of(telemetry.extract({})) == 0


def test_baggage_leaves_and_enters_only_by_name():
    """What is not on the list stays where it is."""
    token = context.attach(baggage.set_baggage("tenant", "t1", baggage.set_baggage("api_key", "swordfish")))
    try:
        assert telemetry.inject() == {}
        headers = telemetry.inject(baggage=["tenant", "nobody"])
    finally:
        context.detach(token)
    assert headers == {"baggage": "tenant=t1"}
    incoming = {"baggage": "tenant=t1,role=admin"}
    assert baggage.get_all(telemetry.extract(incoming)) == {}
    assert dict(baggage.get_all(telemetry.extract(incoming, baggage=["tenant"]))) == {"tenant": "t1"}


@pytest.mark.parametrize("take", [telemetry.inject, telemetry.extract, telemetry.TraceMiddleware])
@pytest.mark.parametrize("baggage", ["tenant", [1]])
def test_baggage_is_a_list_of_names(take, baggage):
    """One text would be taken for a list of letters, and nothing would pass without a word."""
    with pytest.raises(TypeError, match=r"such as \['tenant'\]"):
        take({}, baggage=baggage)
    for hook in (telemetry.request_hook, telemetry.arequest_hook):
        with pytest.raises(TypeError, match="names"):
            hook(baggage=baggage)


def test_carry_takes_the_span_into_threads(spans):
    """Many threads at once run under the span in which the function was carried."""
    together = threading.Barrier(3)

    @traced("step")
    def step(number):
        together.wait(60)
        return number

    with telemetry.start_span("request"), ThreadPoolExecutor(3) as pool:
        assert list(pool.map(telemetry.carry(step), range(3))) == [0, 1, 2]
    spans.assert_tree("""
        request
          step
          step
          step
    """)


def test_carry_refuses_what_runs_elsewhere():
    """The body of a coroutine or a generator would not run in the carried context."""

    async def coroutine(): ...

    def generator():
        yield

    for function in (coroutine, generator):
        with pytest.raises(TypeError, match="plain functions"):
            telemetry.carry(function)
    with pytest.raises(TypeError, match="not int"):
        telemetry.carry(5)


def test_the_httpx_hooks_put_the_trace_into_requests(spans):
    """Sync and async clients send the current trace along."""

    def answer(request):
        return httpx.Response(200, text=request.headers.get("traceparent", ""))

    hooks = {"request": [telemetry.request_hook()]}
    with telemetry.start_span("request") as span:
        with httpx.Client(transport=httpx.MockTransport(answer), event_hooks=hooks) as client:
            assert f"{span.get_span_context().trace_id:032x}" in client.get("http://test/").text

        async def ask():
            hooks = {"request": [telemetry.arequest_hook()]}
            async with httpx.AsyncClient(transport=httpx.MockTransport(answer), event_hooks=hooks) as client:
                return (await client.get("http://test/")).text

        assert f"{span.get_span_context().trace_id:032x}" in asyncio.run(ask())


async def _served(app, headers=(), kind="http", **more):
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "method": "GET", "scheme": "http", "path": "/orders/4711", "headers": list(headers), **more}
    await telemetry.TraceMiddleware(app)(scope, receive, send)
    return sent


def test_the_middleware_continues_the_callers_trace(spans):
    """The request's span is the server's part of the trace, named without the path."""

    class Route:
        path = "/orders/{number}"

    async def app(scope, receive, send):
        scope["route"] = Route
        await send({"type": "http.response.start", "status": 503})

    asyncio.run(_served(app, [(b"traceparent", PARENT.encode())]))
    span = spans.one("GET /orders/{number}")
    assert span.context.trace_id == TRACE
    assert span.kind is trace.SpanKind.SERVER
    assert span.attributes["http.response.status_code"] == 503
    assert not span.status.is_ok
    spans.assert_no_leak("4711")
    spans.assert_all_ended()


def test_a_method_that_is_none_does_not_name_the_span(spans):
    """A client may send any word, and a name for each would be one more series in every store."""

    async def app(scope, receive, send): ...

    asyncio.run(_served(app, method="SWORDFISH"))
    spans.assert_no_leak("SWORDFISH")
    assert spans.one("HTTP").attributes["http.request.method"] == "_OTHER"


def test_a_websocket_begins_with_a_get(spans):
    """Its span is named like that of the request that opens it."""

    async def app(scope, receive, send):
        del scope["method"]

    asyncio.run(_served(app, kind="websocket"))
    assert spans.one("GET").attributes["http.request.method"] == "GET"


def test_a_span_by_hand_ends_in_another_context_without_a_word(spans, caplog):
    """A generator that is closed in another context than it began leaves nothing current and logs nothing."""

    def steps():
        with telemetry.start_span("inside"):
            yield

    running = steps()
    contextvars.copy_context().run(next, running)
    running.close()
    spans.assert_all_ended()
    assert trace_of(None) == 0
    assert caplog.records == []


def test_the_middleware_hands_the_trace_on_while_nobody_records():
    """A service without a recorder does not break the trace."""
    seen = []

    async def app(scope, receive, send):
        seen.append(telemetry.inject())

    asyncio.run(_served(app, [(b"traceparent", PARENT.encode())]))
    assert seen == [{"traceparent": PARENT}]


def test_the_middleware_lets_the_rest_pass(spans):
    """Lifespan has no request, and an exception goes on."""

    async def fail(scope, receive, send):
        raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(_served(fail, kind="lifespan"))
    assert spans.spans == ()
    with pytest.raises(KeyError):
        asyncio.run(_served(fail))
    assert spans.one("GET").attributes["error.type"] == "KeyError"


def test_a_deadline_goes_along_and_the_time_on_the_way_counts(fake_clock, spans):
    """What is left of the sender's budget is what the receiver has, less what the queue took; and it is one trace."""

    @budget(10.0)
    def send():
        with telemetry.start_span("send"):
            return telemetry.inject({})

    headers = send()
    fake_clock.advance(3.0)
    with telemetry.resume(headers), telemetry.start_span("work"):
        assert remaining() == pytest.approx(7.0, abs=1e-5)
    assert remaining() is None
    assert spans.outline() == "send\n  work"
    with telemetry.resume(headers, longest=2.0):
        assert remaining() == pytest.approx(2.0)
    with TimeoutBudget(1.0).allocate(), telemetry.resume(headers):
        assert remaining() == pytest.approx(1.0)  # a budget around that ends earlier counts
    fake_clock.advance(7.0)
    with pytest.raises(DeadlineExceeded), telemetry.resume(headers):
        pytest.fail("nothing is left, so nothing is begun")


def test_headers_that_tell_of_nothing_change_nothing(spans):
    """Neither the span around nor the budget."""
    with telemetry.start_span("here"), TimeoutBudget(1.0).allocate(), telemetry.resume({"other": "x"}):
        assert 0 < remaining() <= 1.0
        with telemetry.start_span("inside"):
            pass
    assert spans.outline() == "here\n  inside"


def test_a_block_that_awaits_is_cancelled_at_the_deadline(fake_clock):
    """As if the budget of the sender were its own; a plain block says that it was late when it ends."""
    headers = {"Beluga-Deadline": str(fake_clock.time() + 5.0)}

    async def work():
        async with telemetry.resume(headers):
            await asyncio.sleep(60)

    with pytest.raises(DeadlineExceeded, match="what was sent here did not finish"):
        fake_clock.run(work())
    assert fake_clock.monotonic() == 5.0
    headers = {b"beluga-deadline": str(fake_clock.time() + 5.0).encode()}
    with pytest.raises(DeadlineExceeded), telemetry.resume(headers):
        fake_clock.advance(6.0)


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-inf", "1e999"])
def test_what_is_no_deadline_is_none(text):
    """Headers may come from anybody: what is no figure changes nothing, and nothing is raised for it."""
    with telemetry.resume({"beluga-deadline": text}):
        assert remaining() is None
    with telemetry.resume({}):
        assert remaining() is None
