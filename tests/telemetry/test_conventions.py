"""What is known of a call has the conventions' name, and captured content is what they ask for."""

from __future__ import annotations

import contextlib
import contextvars
import copy
import json
import pickle
from types import SimpleNamespace

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, Status, StatusCode

from beluga import chain, explain, telemetry, traced
from beluga.prompt import PromptBuilder, Template
from beluga.schema import HumanMessage, tool_of


def test_what_is_asked_of_a_model_is_recorded(spans):
    """Arguments with the usual names become the request's attributes, defaults and `**options` among them."""

    @traced(operation="chat", model="gpt-4o")
    def ask(question, *, temperature=0.2, model="another", **options):
        return "fine"

    ask(
        "how are you?",
        max_output_tokens=100,
        stop="END",
        n=2,
        seed=7,
        response_format={"type": "json_object"},
        top_p=None,
    )
    known = dict(spans.one("chat gpt-4o").attributes)
    assert known == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.seed": 7,
        "gen_ai.output.type": "json",
    }


@pytest.mark.parametrize(("form", "kind"), [({"type": "text"}, "text"), (dict, "json"), (None, None)])
def test_the_form_of_an_answer(spans, form, kind):
    """A form that is asked for is JSON, unless it says that it is text."""
    traced(operation="chat")(lambda question, response_format=None: "fine")("?", response_format=form)
    assert spans.spans[0].attributes.get("gen_ai.output.type") == kind


def test_arguments_of_other_functions_are_not_looked_at(spans):
    """A step of the application may call anything temperature."""
    traced("step")(lambda temperature: None)(20.5)
    assert dict(spans.spans[0].attributes) == {}


def test_tools_and_agents_are_described(spans):
    """Their description is the first line of the docstring; a tool tells of the call that it answers."""

    @traced(tool="lookup")
    def lookup(number, tool_call_id):
        """Find an order.

        More about it.
        """

    @traced(agent="desk")
    def desk(question):
        """Answer customers."""

    lookup(7, tool_call_id="call-1")
    desk("?")
    tool, agent = (dict(span.attributes) for span in spans.spans)
    assert tool["gen_ai.tool.description"] == "Find an order."
    assert (tool["gen_ai.tool.type"], tool["gen_ai.tool.call.id"]) == ("function", "call-1")
    assert agent["gen_ai.agent.description"] == "Answer customers."
    assert "gen_ai.agent.description" not in tool
    assert "gen_ai.tool.description" not in agent


def test_without_capture_nobody_looks_at_what_was_said(spans, caplog):
    """Neither on the span nor in a log that says what could not be read."""
    traced(model="gpt-4o")(lambda question: "my answer")("my question")
    with contextlib.suppress(ConnectionError):
        traced(model="gpt-4o")(lambda question: exec("raise ConnectionError"))("my question")
    assert "my " not in str([dict(span.attributes) for span in spans.spans])
    assert caplog.records == []


def test_a_conversation_is_named_on_what_belongs_to_it(spans):
    """Models, agents and tools inside the block tell its id; steps of the application do not."""
    with telemetry.use_conversation("c-1"):
        traced(agent="desk")(lambda: None)()
        traced("step")(lambda: None)()
    traced(agent="desk")(lambda: None)()
    assert [span.attributes.get("gen_ai.conversation.id") for span in spans.spans] == ["c-1", None, None]


def test_a_proxy_among_the_arguments_costs_no_content(spans):
    """A stranger's `__class__` may raise, as that of Flask's proxies does; what else was said is kept."""

    class Proxy:
        @property
        def __class__(self):
            raise RuntimeError

    @traced(operation="chat", capture=True)
    def ask(prompt, *more):
        return "fine"

    ask("hello", Proxy(), [Proxy()], {"role": "user", "content": Proxy()})
    (asked,) = (json.loads(span.attributes["gen_ai.input.messages"]) for span in spans.spans)
    assert asked[0] == {"role": "user", "parts": [{"type": "text", "content": "hello"}]}


def test_captured_content_is_apart_and_valid(spans):
    """Instructions and tools have attributes of their own, and every one is JSON, whatever the numbers."""

    def weather(city: str) -> str:
        """Say what the weather is."""

    @traced(operation="chat", capture=True)
    def ask(messages, system, tools, model):
        return "fine"

    @traced(tool="look", capture=True)
    def look(number):
        return {"score": float("nan"), "limit": float("inf")}

    ask([HumanMessage("I am ada@example.com")], "You are kind.", [tool_of(weather), {"name": "other"}], "gpt-4o")
    look(float("-inf"))
    asked, looked = (dict(span.attributes) for span in spans.spans)

    def strict(text):
        return json.loads(text, parse_constant=pytest.fail)

    assert strict(asked["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "I am [EMAIL]"}]}
    ]
    assert strict(asked["gen_ai.system_instructions"]) == [{"type": "text", "content": "You are kind."}]
    first, second = strict(asked["gen_ai.tool.definitions"])
    assert (first["type"], first["name"], first["description"]) == ("function", "weather", "Say what the weather is.")
    assert second == {"name": "other"}
    assert strict(looked["gen_ai.tool.call.arguments"]) == {"number": "-inf"}
    assert strict(looked["gen_ai.tool.call.result"]) == {"score": "nan", "limit": "inf"}


def test_spans_of_others_are_redacted_on_their_way(spans):
    """Every text of a span is redacted in a copy; numbers, ids and times stay, and so does the span itself."""
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(telemetry.RedactingProcessor(SimpleSpanProcessor(kept)))
    mail, link = "ada@example.com", SpanContext(1, 2, is_remote=True)
    span = provider.get_tracer("other").start_span(
        f"mail {mail}", attributes={"to": [mail, "x"], "n": 3, "password": "swordfish"}, links=[Link(link, {"a": mail})]
    )
    span.add_event(f"sent to {mail}", {"b": mail})
    span.set_status(Status(StatusCode.ERROR, f"no {mail}"))
    span.end()
    (seen,) = kept.get_finished_spans()
    assert mail not in seen.to_json()
    assert "swordfish" not in seen.to_json()
    assert seen.attributes["n"] == 3
    assert seen.attributes["to"] == ("[EMAIL]", "x")
    assert (seen.context, seen.start_time, seen.end_time) == (span.context, span.start_time, span.end_time)
    assert span.attributes["to"] == (mail, "x")


def test_what_cannot_be_redacted_is_withheld():
    """A redactor that fails costs the text and not the span."""
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)

    def broken(text):
        raise RuntimeError(text)

    processor = telemetry.RedactingProcessor(SimpleSpanProcessor(kept), redact=broken)
    provider.add_span_processor(processor)
    provider.get_tracer("other").start_span("name", attributes={"a": "b"}).end()
    assert provider.force_flush()
    provider.shutdown()
    (seen,) = kept.get_finished_spans()
    assert seen.name == "[WITHHELD]"
    assert "b" not in seen.attributes.values()


GREETING = Template("Answer {name} kindly.", name="greeting", version="1.10")
PROMPTS = {
    "a text": lambda: GREETING.render(name="Ana"),
    "a message": lambda: HumanMessage(GREETING.render(name="Ana")),
    "a message among others": lambda: [HumanMessage("?"), HumanMessage(parts=["see:", GREETING.render(name="Ana")])],
    "a dict": lambda: ({"role": "system", "content": GREETING.render(name="Ana")},),
    "a builder without a name": lambda: PromptBuilder(system_prompt=GREETING.render(name="Ana")).build(user_input="?"),
    "a builder of that name": lambda: PromptBuilder(system_prompt="?", name="greeting", version="1.10").build(),
}


def _prompt_of(span):
    return [span.attributes.get(f"gen_ai.prompt.{key}") for key in ("name", "version")]


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("inside", [False, True], ids=["given", "made inside"])
def test_a_prompt_is_named_on_the_call_that_uses_it(spans, prompt, inside):
    """The name and the version stand on the model's span, whether the prompt is given or made by the function."""
    ask = traced(operation="chat", model="gpt-4o")(lambda prompt: prompt() if callable(prompt) else prompt)
    ask(prompt if inside else prompt())
    assert _prompt_of(spans.one("chat gpt-4o")) == ["greeting", "1.10"]


def test_a_prompt_of_a_name_travels_in_pickles_and_copies():
    """It reaches the worker process in which the model is asked."""
    text, built = pickle.loads(pickle.dumps((PROMPTS["a text"](), PROMPTS["a builder of that name"]())))
    assert text == "Answer Ana kindly."
    assert text.prompt == built.prompt == copy.deepcopy(built).prompt == copy.copy(text).prompt


def test_a_prompt_without_a_version_is_known_by_its_static_part():
    """The version changes when what is cached changes, and only then."""
    builder = PromptBuilder(system_prompt="Be kind.", name="desk")
    assert builder.build(user_input="?").prompt.version == builder.fingerprint()[:8]


def test_a_prompt_is_not_named_where_no_model_is_called(spans):
    """Steps, agents and tools may make prompts for the calls inside; a prompt without a name is nobody's."""
    for kind in ({"name": "step"}, {"agent": "desk"}, {"tool": "look"}):
        traced(**kind)(lambda prompt: GREETING.render(name="Ana"))(GREETING.render(name="Ana"))
    traced(operation="chat")(lambda prompt: prompt)(Template("Hi").render())
    assert [_prompt_of(span) for span in spans.spans] == [[None, None]] * 4


@pytest.mark.parametrize(
    "kind", [lambda **fields: fields, lambda **fields: SimpleNamespace(**fields)], ids=["item", "attribute"]
)
def test_an_agent_tells_what_is_known_of_it(spans, kind):
    """An agent of a framework or a card gives its id, description and version beside its name."""
    agent = kind(name="desk", id="a-7", description="Answers.", version="2.0", secret="s3cret")
    traced(agent=agent)(lambda: None)()
    told = dict(spans.one("invoke_agent desk", agent="desk").attributes)
    assert told == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "desk",
        "gen_ai.agent.id": "a-7",
        "gen_ai.agent.description": "Answers.",
        "gen_ai.agent.version": "2.0",
    }
    assert "s3cret" not in explain(traced(agent=agent)(lambda: None))


@pytest.mark.parametrize(
    "agent", ["", 7, {}, {"name": 7}, object()], ids=["empty", "number", "nothing", "odd name", "object"]
)
def test_an_agent_without_a_name_is_refused(agent):
    """The span could not be told from others."""
    with pytest.raises(TypeError, match="agent= must be a text, or have a name"):
        traced(agent=agent)


LONE = "a\ud800b"


def _fail():
    raise ValueError(LONE)


def _fail_oddly():
    raise type("Odd", (Exception,), {"__qualname__": LONE})


def _by_hand():
    with telemetry.start_span(LONE, {LONE: LONE}):
        _fail()


LONE_PLACES = {
    "error": lambda: traced("step")(_fail)(),
    "type": lambda: traced("step")(_fail_oddly)(),
    "name": lambda: traced(LONE)(_fail)(),
    "model": lambda: traced(operation="chat", model=LONE)(lambda stop: {"model": LONE, "id": LONE})([LONE]),
    "agent": lambda: traced(agent={"name": LONE, "id": LONE, "version": LONE})(_fail)(),
    "tool": lambda: traced(tool=LONE, capture=True)(lambda given: given)({LONE: LONE}),
    "messages": lambda: traced(operation="chat", capture=True)(lambda messages: LONE)([HumanMessage(LONE)]),
    "attributes": lambda: traced("step", attributes=lambda _: {LONE: [LONE]})(_fail)(),
    "by hand": _by_hand,
    "prompt": lambda: traced(operation="chat")(lambda _: LONE)(Template("?", name=LONE).render()),
    "conversation": lambda: (telemetry.use_conversation(LONE), traced(agent="desk")(_fail)()),
    "graph": lambda: chain(lambda _: _fail(), name=LONE)(1),
}


@pytest.mark.parametrize("act", LONE_PLACES.values(), ids=LONE_PLACES)
def test_a_lone_surrogate_never_costs_an_export(spans, act):
    """No text of a span is one that UTF-8 cannot hold: the exporter would lose all that it has."""

    def run():
        with contextlib.suppress(Exception):
            act()

    contextvars.copy_context().run(run)
    assert spans.spans
    for span in spans.spans:
        texts = [span.name, span.status.description or ""]
        for attributes in (span.attributes, *(event.attributes for event in span.events)):
            for key, value in attributes.items():
                texts += [key, *(value if isinstance(value, tuple) else [value])]
        assert all(text.encode() for text in texts if isinstance(text, str) and text)
