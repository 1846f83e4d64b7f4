"""What tracing costs beside its peers: while nobody records, while somebody does, and on streams.

``pytest benchmarks/test_telemetry.py --benchmark-group-by=group`` prints one table for each of the groups. Peers that
are not installed are left out; none of them sends anything. The idle groups come first, because some of the peers set
the global provider, and then somebody records.
"""

from __future__ import annotations

import io

import pytest

from beluga import telemetry, traced
from benchmarks.floors import ITEMS, answer, numbers_async, pass_through
from benchmarks.subjects import SPAN, recording


def _raw():
    from opentelemetry import trace

    tracer = trace.get_tracer("raw")
    return lambda function: tracer.start_as_current_span(**SPAN)(function)


def _logfire():
    logfire = pytest.importorskip("logfire")
    logfire.configure(send_to_logfire=False, console=False, inspect_arguments=False)
    return logfire.instrument("chat", allow_generator=True)


def _openinference():
    instrumentation = pytest.importorskip("openinference.instrumentation")
    from opentelemetry.sdk.trace import TracerProvider

    tracer = instrumentation.OITracer(
        TracerProvider(shutdown_on_exit=False).get_tracer("peer"), instrumentation.TraceConfig()
    )
    return tracer.llm


def _langfuse():
    langfuse = pytest.importorskip("langfuse")
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(shutdown_on_exit=False)
    langfuse.Langfuse(
        public_key="pk", secret_key="sk", tracing_enabled=True, tracer_provider=provider, host="http://127.0.0.1:9"
    )
    return langfuse.observe


def _traceloop():
    sdk = pytest.importorskip("traceloop.sdk")
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter
    from traceloop.sdk.decorators import task

    # Without init() it would record nothing and look quick; what it exports, it exports to nowhere.
    nowhere = ConsoleSpanExporter(io.StringIO(), formatter=lambda _: "")
    sdk.Traceloop.init(exporter=nowhere, disable_batch=True, instruments=set(), telemetry_enabled=False)
    return task(name="chat")


PEERS = {
    "raw OpenTelemetry": _raw,
    "logfire": _logfire,
    "openinference": _openinference,
    "langfuse": _langfuse,
    "traceloop": _traceloop,
}
OURS = traced(operation="chat", model="gpt-4o", provider="openai")


@pytest.fixture
def streamed(benchmark, loop):
    """Measure an async generator function by reading all its items."""

    async def read(function):
        async for _ in function(ITEMS):
            pass

    def measure(function):
        benchmark.extra_info["items"] = ITEMS
        loop.run_until_complete(read(function))  # the first one loads modules
        return benchmark(lambda: loop.run_until_complete(read(function)))

    return measure


@pytest.mark.benchmark(group="a call while nobody records")
@pytest.mark.parametrize("name", ["pass-through", "beluga", "raw OpenTelemetry"])
def test_idle_call(benchmark, name):
    """The floor is a pass-through closure; the bar is 3 times that."""
    function = {"pass-through": pass_through, "beluga": OURS, "raw OpenTelemetry": _raw()}[name](answer)
    assert benchmark(function, 1) == 1


@pytest.mark.benchmark(group="a stream of 100 items while nobody records")
@pytest.mark.parametrize("name", ["bare", "beluga"])
def test_idle_stream(streamed, name):
    """The floor is the generator itself; the bar is 3 times that."""
    streamed(numbers_async if name == "bare" else OURS(numbers_async))


@pytest.mark.benchmark(group="a call that is recorded")
@pytest.mark.parametrize("name", ["bare span", "beluga", *PEERS])
def test_recorded_call(benchmark, name):
    """The floor opens the same span by hand; the bar is 1.2 times that."""
    with recording() as tracer:

        def bare(question):
            with tracer.start_as_current_span(**SPAN):
                return answer(question)

        if name == "bare span":
            function = bare
        elif name == "raw OpenTelemetry":
            function = tracer.start_as_current_span(**SPAN)(answer)
        else:
            function = (OURS if name == "beluga" else PEERS[name]())(answer)
        function(1)  # the first call loads modules, and few rounds would be planned after it
        assert benchmark(function, 1) == 1


@pytest.mark.benchmark(group="a stream of 100 items that is recorded")
@pytest.mark.parametrize("name", ["bare", "beluga", *(name for name in PEERS if name != "raw OpenTelemetry")])
def test_recorded_stream(streamed, name):
    """Raw OpenTelemetry has no answer here: as a decorator it ends the span before the first item."""
    with recording():
        streamed(numbers_async if name == "bare" else (OURS if name == "beluga" else PEERS[name]())(numbers_async))


@pytest.mark.benchmark(group="the tree of 1,000 spans")
def test_tree(benchmark):
    """What printing a trace costs."""
    from beluga.testing import record_spans

    with record_spans() as spans, telemetry.start_span("request"):
        for _ in range(1_000):
            OURS(answer)(1)
    assert len(benchmark(spans.tree).splitlines()) == 1_001
