"""What a span tells: usage of every provider's shape, events, content on request, and metrics."""

from __future__ import annotations

import gc
import json
import tracemalloc
import weakref
from types import SimpleNamespace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from beluga import CircuitBreaker, GuardBlocked, breaker, explain, guarded, rate_limited, retry, telemetry, traced
from beluga._foreign import merged, usage_of
from beluga.clock import environment
from beluga.guards.base import GuardResult
from beluga.schema import AIMessage, Chunk, HumanMessage, Response, SystemMessage, TextPart, ToolCall, Usage
from beluga.testing import fake_clock

SECRET = "sk-proj-" + "Zx9Kq2Lm8Rt4Vw1Yp6Ns3Bd7"


def obj(**fields):
    return SimpleNamespace(**fields)


RESULTS = {
    "ours": Response(AIMessage("x"), Usage(12, 3), "stop", "m-1", "r1"),
    "openai chat": obj(
        id="r1",
        model="m-1",
        usage=obj(prompt_tokens=12, completion_tokens=3),
        choices=[obj(finish_reason="stop")],
    ),
    "anthropic": obj(id="r1", model="m-1", usage=obj(input_tokens=12, output_tokens=3), stop_reason="stop"),
    "a dict": {
        "id": "r1",
        "model": "m-1",
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
        "choices": [{"finish_reason": "stop"}],
    },
}
STREAMS = {
    "ours": [Chunk("a"), Chunk(usage=Usage(12, 3), finish_reason="stop")],
    "openai chat": [
        obj(id="r1", model="m-1", usage=None, choices=[obj(finish_reason=None)]),
        obj(id="r1", model="m-1", usage=None, choices=[obj(finish_reason="stop")]),
        obj(id="r1", model="m-1", usage=obj(prompt_tokens=12, completion_tokens=3), choices=[]),
    ],
    "anthropic": [
        obj(
            type="message_start",
            message=obj(id="r1", model="m-1", usage=obj(input_tokens=12, output_tokens=1), stop_reason=None),
        ),
        obj(type="content_block_delta", delta=obj(text="a")),
        obj(type="message_delta", delta=obj(stop_reason="stop"), usage=obj(output_tokens=3)),
    ],
    "openai responses": [
        obj(type="response.created", response=obj(id="r1", model="m-1", usage=None)),
        obj(type="response.completed", response=obj(id="r1", model="m-1", usage=obj(input_tokens=12, output_tokens=3))),
    ],
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_a_result_tells_its_usage(result, spans):
    """Tokens, model, id and reason of every known shape are attributes."""
    traced(operation="chat", model="m")(lambda: result)()
    found = spans.one("chat m").attributes
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (12, 3)
    assert found["gen_ai.response.model"] == "m-1"
    assert found["gen_ai.response.id"] == "r1"
    assert found["gen_ai.response.finish_reasons"] == ("stop",)


@pytest.mark.parametrize("name", STREAMS)
def test_the_chunks_of_a_stream_tell_its_usage(name, spans):
    """Wherever a provider puts the figures, they are found."""

    @traced(operation="chat", model="m")
    def stream():
        yield from STREAMS[name]

    list(stream())
    found = spans.one("chat m").attributes
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (12, 3)
    assert found["gen_ai.request.stream"] is True
    if name != "ours":
        assert found["gen_ai.response.model"] == "m-1"


def test_running_totals_are_not_added_up():
    """Of two reports of one stream the larger figures count."""
    assert merged(Usage(12, 1), Usage(0, 30)) == Usage(12, 30)
    assert merged(None, Usage(1, 2)) == merged(Usage(1, 2), None) == Usage(1, 2)
    assert usage_of(STREAMS["anthropic"][0]) == Usage(12, 1)


def test_a_result_that_raises_tells_nothing(spans):
    """A property that fails does not reach the application."""

    class Hostile:
        def __getattribute__(self, name):
            raise RuntimeError

    result = Hostile()
    assert traced(operation="chat")(lambda: result)() is result
    spans.assert_all_ended()


def test_what_layers_inside_do_are_events(spans):
    """Retries, waits, opened circuits, refusals and verdicts of guards are on the span."""

    class Guard:
        name = "no_x"

        def validate(self, content, *, role="input"):
            return GuardResult(allowed="x" not in content, reason="x", guard=self.name)

    circuit = CircuitBreaker(failure_threshold=2, name="model")

    @traced("ask")
    @guarded(input=[Guard()])
    @retry(max_attempts=3)
    @circuit
    @rate_limited(limit=1, window=1.0, wait=True)
    def ask(text):
        raise TimeoutError

    with fake_clock():
        with pytest.raises(Exception, match="model"):
            ask("fine")
        with pytest.raises(GuardBlocked):
            ask("x")
    first, second = spans.spans
    names = [event.name for event in first.events]
    assert {"beluga.retry", "beluga.wait", "beluga.circuit", "beluga.refused"} <= set(names)
    assert [event.name for event in second.events] == ["beluga.guard"]
    assert second.events[0].attributes["verdict"] == "blocked"


def test_each_attempt_has_a_span_under_a_retry_outside(spans):
    """Inside a retry there is one span for each attempt, and no event on a span that has ended."""
    left = [TimeoutError, TimeoutError]

    @retry(max_attempts=3)
    @traced("ask")
    @breaker
    def ask():
        if left:
            raise left.pop()
        return "fine"

    with fake_clock():
        ask()
    assert [span.name for span in spans.spans] == ["ask"] * 3
    spans.assert_all_ended()


CONVERSATION = [
    SystemMessage("Be brief."),
    HumanMessage(f"I am ada@example.com, key {SECRET}"),
    AIMessage(parts=[ToolCall("1", "look", {"password": "swordfish", "number": 7})]),
]


def test_content_is_captured_redacted_when_asked_for(spans):
    """Messages stand in the conventions' form, without personal data and secrets."""

    @traced(operation="chat", model="m", capture=True)
    def ask(messages):
        return Response(AIMessage("write to bob@example.com"), Usage(1, 1), "stop")

    ask(CONVERSATION)
    found = spans.one("chat m").attributes
    spans.assert_no_leak("ada@example.com", "bob@example.com", SECRET, "swordfish")
    sent = json.loads(found["gen_ai.input.messages"])
    assert [message["role"] for message in sent] == ["system", "user", "assistant"]
    assert sent[0]["parts"] == [{"type": "text", "content": "Be brief."}]
    assert sent[2]["parts"][0]["arguments"]["number"] == 7
    (answer,) = json.loads(found["gen_ai.output.messages"])
    assert answer["finish_reason"] == "stop"
    assert answer["parts"][0]["content"].startswith("write to ")


def test_the_text_of_a_stream_is_captured_whole(spans):
    """What comes in pieces is redacted in one piece, so that no secret hides across chunks."""

    @traced(operation="chat", model="m", capture=True)
    def stream(question):
        yield from ("mail ada@", "exam", "ple.com now")

    list(stream("q"))
    spans.assert_no_leak("ada@example.com", "ple.com")
    (answer,) = json.loads(spans.one("chat m").attributes["gen_ai.output.messages"])
    assert answer["parts"][0]["content"].endswith("now")


def test_a_tool_captures_arguments_and_result(spans):
    """A tool has its own two attributes."""

    @traced(tool="look", capture=str.upper)
    def look(number, who):
        return {"found": [number, who, object()]}

    look(7, who="ada")
    found = spans.one("execute_tool look").attributes
    assert json.loads(found["gen_ai.tool.call.arguments"]) == {"NUMBER": 7, "WHO": "ADA"}
    assert json.loads(found["gen_ai.tool.call.result"]) == {"FOUND": [7, "ADA", "<object>"]}


@pytest.mark.parametrize(
    ("variable", "capture", "kept"),
    [
        ("true", None, True),
        ("SPAN_ONLY", None, True),
        ("NO_CONTENT", None, False),
        ("true", False, False),
        ("", None, False),
    ],
)
def test_the_environment_asks_for_content(variable, capture, kept, monkeypatch, spans):
    """The standard variable switches capture on, and an option of False has the last word."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", variable)
    traced(operation="chat", model="m", capture=capture)(lambda text: text)("hello")
    assert ("gen_ai.input.messages" in spans.one("chat m").attributes) is kept


def test_a_redactor_that_fails_withholds(spans):
    """Nothing is kept of a text that could not be redacted."""

    def broken(text):
        raise RuntimeError(text)

    assert traced(operation="chat", model="m", capture=broken)(lambda text: text)("hello") == "hello"
    spans.assert_no_leak("hello")
    assert "[WITHHELD]" in spans.one("chat m").attributes["gen_ai.output.messages"]


class Disguised:
    """A value that runs code of its own when it is asked what it is."""

    @property
    def __class__(self):
        raise RuntimeError


@pytest.mark.parametrize("tool", [None, "look"])
def test_values_that_fail_when_looked_at_cost_only_content(tool, spans, caplog):
    """The call goes on and the span ends, whatever is wrong with an argument, an item or a result."""
    value = Disguised()
    options = {"tool": tool} if tool else {"operation": "chat"}

    def echo(given=None):
        return value

    def stream(given=None):
        yield value

    for arguments in ((), (value,)):
        assert traced(**options, capture=True)(echo)(*arguments) is value
        assert list(traced(**options, capture=True)(stream)(*arguments)) == [value]
    spans.assert_all_ended()
    assert len(spans.spans) == 4


def test_an_argument_is_redacted_with_its_name_in_sight(spans):
    """A password is a secret because of what it is called."""

    @traced(operation="chat", model="m", capture=True)
    def ask(question, password):
        return "fine"

    ask("how are you?", password="swordfish")
    spans.assert_no_leak("swordfish")
    assert "how are you?" in spans.one("chat m").attributes["gen_ai.input.messages"]


def test_a_message_of_many_parts_is_kept_in_part(spans):
    """An attribute stays small enough to be sent, whatever a conversation holds."""
    parts = [{"type": "text", "text": "hello"}] * 5_000
    conversation = [{"role": "user", "content": parts}, HumanMessage(parts=[TextPart("hello")] * 5_000)]
    traced(operation="chat", model="m", capture=True)(lambda messages: None)(conversation)
    sent = json.loads(spans.one("chat m").attributes["gen_ai.input.messages"])
    assert [len(message["parts"]) for message in sent] == [100, 100]


def test_no_more_of_a_stream_is_kept_than_is_read(spans):
    """A stream of any length is captured in constant memory."""
    held = []

    @traced(operation="chat", model="m", capture=lambda text: held.append(len(text)) or "kept")
    def stream():
        for _ in range(1_000):
            yield "x" * 1_000

    running = stream()
    tracemalloc.start()
    try:
        for _ in running:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 300_000
    assert held == [20_000]


def test_what_is_no_models_answer_tells_its_usage_alone(spans):
    """The id and the model of an application's own record are content, which nobody asked for."""
    record = {"id": "ada@example.com", "model": "Tesla", "finish_reason": "sold", "usage": {"prompt_tokens": 3}}
    traced("load")(lambda: record)()
    traced(tool="load")(lambda: record)()
    spans.assert_no_leak("ada@example.com", "Tesla", "sold")
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in spans.spans] == [3, 3]


def test_a_recorded_call_leaves_nothing_to_the_collector(spans):
    """What a call keeps goes when it ends, without a cycle to find."""
    call = traced("call")(lambda: None)
    call()
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            call()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_options_are_explained_whatever_they_are():
    """A mapping among them is shown like the others."""

    @traced("ask", attributes={"tier": 1})
    def ask(): ...

    assert "attributes={'tier': 1}" in explain(ask)


@pytest.fixture
def measured():
    """A meter provider of this context, and what it has recorded."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)

    def points():
        data = reader.get_metrics_data()
        return (
            {}
            if data is None
            else {
                metric.name: list(metric.data.data_points)
                for resource in data.resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
            }
        )

    with telemetry.use_meter_provider(provider):
        yield points


def test_calls_to_a_model_are_measured_without_a_tracer(measured):
    """Duration, tokens and time to first chunk, with the conventions' buckets, where only metrics are recorded."""

    @traced(operation="chat", model="m", provider="openai")
    def stream():
        environment().clock.sleep(0.5)
        yield Chunk("a")
        yield Chunk(usage=Usage(100, 20))

    with fake_clock():
        list(stream())
    found = measured()
    (duration,) = found["gen_ai.client.operation.duration"]
    assert duration.sum == pytest.approx(0.5)
    assert duration.explicit_bounds[:3] == (0.01, 0.02, 0.04)
    assert dict(duration.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
    }
    assert {p.attributes["gen_ai.token.type"]: p.sum for p in found["gen_ai.client.token.usage"]} == {
        "input": 100,
        "output": 20,
    }
    assert found["gen_ai.client.token.usage"][0].explicit_bounds[-1] == 67108864
    assert found["gen_ai.client.operation.time_to_first_chunk"][0].sum == pytest.approx(0.5)


def test_a_failed_call_is_measured_with_its_error(measured):
    """The type of the error is an attribute of the duration; tools and agents are no client operations."""

    def fail():
        raise TimeoutError

    for decorator in (traced(operation="chat"), traced(tool="t"), traced):
        with pytest.raises(TimeoutError):
            decorator(fail)()
    (duration,) = measured()["gen_ai.client.operation.duration"]
    assert duration.attributes["error.type"] == "TimeoutError"


def test_a_meter_that_fails_costs_only_the_measurement(spans, caplog):
    """The call goes on and its span ends."""

    class Broken(MeterProvider):
        def get_meter(self, *args, **kwargs):
            raise RuntimeError

    with telemetry.use_meter_provider(Broken(shutdown_on_exit=False)):
        assert traced(operation="chat", model="m")(lambda: "fine")() == "fine"
    spans.assert_all_ended()
    assert "could not measure" in caplog.text


def test_exemplars_belong_to_the_calls_own_span(measured, spans):
    """A measurement is taken while the span is current, so that it leads to it."""
    provider = TracerProvider(shutdown_on_exit=False)
    with telemetry.use_provider(provider):
        traced(operation="chat", model="m", attributes=lambda _: {})(lambda: "fine")()
    (point,) = measured()["gen_ai.client.operation.duration"]
    assert [exemplar.span_id is not None for exemplar in point.exemplars] == [True]


def test_providers_of_the_past_are_let_go():
    """A test suite that makes a provider for each test does not keep them all."""
    alive = []
    for _ in range(5):
        traces, metrics = TracerProvider(shutdown_on_exit=False), MeterProvider(shutdown_on_exit=False)
        with telemetry.use_provider(traces), telemetry.use_meter_provider(metrics):
            traced(operation="chat", model="m")(lambda: None)()
        alive += [weakref.ref(traces), weakref.ref(metrics)]
    del traces, metrics
    gc.collect()
    assert sum(found() is not None for found in alive) <= 2


def test_tokens_of_a_failed_stream_are_counted_with_the_others(measured):
    """The error's type is an attribute of the duration, and not of the tokens, whose sums it would split."""

    @traced(operation="chat", model="m")
    def stream():
        yield Chunk(usage=Usage(5, 1))
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(stream())
    found = measured()
    assert found["gen_ai.client.operation.duration"][0].attributes["error.type"] == "TimeoutError"
    assert all("error.type" not in point.attributes for point in found["gen_ai.client.token.usage"])


def test_the_version_to_come_has_other_names(monkeypatch, measured, spans):
    """The standard variable switches the table."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http, gen_ai_latest_experimental")
    traced(operation="chat", model="m")(lambda: Usage(9, 2, cache_write_tokens=4))()
    assert spans.one("chat m").attributes["gen_ai.usage.cache_write.input_tokens"] == 4
    assert {"gen_ai.client.inference.duration", "gen_ai.client.inference.operation.input_tokens"} <= set(measured())


def test_the_old_name_of_the_provider_on_request(monkeypatch, spans):
    """Dashboards that read `gen_ai.system` get it beside the new name, with its old value."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai/dup")
    traced(operation="chat", provider="x_ai", model="m")(lambda: None)()
    found = spans.one("chat m").attributes
    assert (found["gen_ai.provider.name"], found["gen_ai.system"]) == ("x_ai", "xai")


def test_samplers_see_the_attributes():
    """What is known at the start is there when the sampler decides."""
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler

    seen = []

    class Watching(Sampler):
        def should_sample(self, parent_context, trace_id, name, kind=None, attributes=None, links=None, **_):
            seen.append((name, dict(attributes)))
            return ALWAYS_OFF.should_sample(parent_context, trace_id, name)

        def get_description(self):
            return "watching"

    with telemetry.use_provider(TracerProvider(sampler=Watching(), shutdown_on_exit=False)):
        traced(operation="chat", model="m", provider="p", attributes={"tier": 1})(lambda: "fine")()
    assert seen == [
        (
            "chat m",
            {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "p", "gen_ai.request.model": "m", "tier": 1},
        )
    ]


def test_a_provider_is_in_use_from_the_call_on():
    """`use_provider` acts at the call, and is undone by its block or by a call, once."""
    provider = TracerProvider(shutdown_on_exit=False)
    undo = telemetry.use_provider(provider)
    assert telemetry.tracer() is not None
    undo()
    undo()
    assert telemetry.tracer() is None
    with telemetry.use_provider(provider):
        assert telemetry.tracer() is not None
    assert telemetry.tracer() is None


@pytest.mark.parametrize("key", ["the api's", "the bare name"])
def test_suppressed_instrumentation_is_heard(spans, key):
    """Inside OpenTelemetry's `suppress_instrumentation` nothing is recorded, in either of its spellings."""
    from opentelemetry import context

    @traced("step")
    def step():
        return "fine"

    name = "suppress_instrumentation" if key == "the bare name" else context._SUPPRESS_INSTRUMENTATION_KEY
    token = context.attach(context.set_value(name, True))
    try:
        assert step() == "fine"
        with telemetry.start_span("request"):
            pass
    finally:
        context.detach(token)
    assert not spans.spans
    step()
    assert spans.outline() == "step"
