"""Messages and tools as strangers write them: dicts of both providers, objects of their SDKs, tools of MCP."""

from __future__ import annotations

import json
import types

import httpx
import pytest

from beluga import llm
from beluga.errors import ProviderError
from beluga.llm import FakeProvider
from beluga.schema import AIMessage, HumanMessage, Tool, ToolCall, ToolMessage, tool_of

SAID = {"type": "text", "text": "What is this?"}
CALLED = {"name": "f", "arguments": '{"x": 1}'}
OPENAI = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [SAID, {"type": "image_url", "image_url": {"url": "https://x/a.png"}}]},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": CALLED}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "2"},
]
ANTHROPIC = [
    {"role": "user", "content": [SAID, {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "f", "input": {"x": 1}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "2"}]},
]
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


class Look:
    """Look it up."""

    @classmethod
    def model_json_schema(cls):
        """Return the schema, as pydantic's models do."""
        return SCHEMA


TOOLS = [
    {"type": "function", "function": {"name": "Look", "description": "Look it up.", "parameters": SCHEMA}},
    {"type": "function", "name": "Look", "description": "Look it up.", "parameters": SCHEMA},
    {"name": "Look", "description": "Look it up.", "input_schema": SCHEMA},
    {"name": "Look", "description": "Look it up.", "inputSchema": SCHEMA},
    types.SimpleNamespace(name="Look", description="Look it up.", inputSchema=SCHEMA),
    Look,
]


@pytest.mark.parametrize("provider", ["openai", "openai-responses", "anthropic"])
@pytest.mark.parametrize("messages", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
def test_dicts_of_either_provider_go_to_any(provider, messages):
    """What arrives is what was meant."""
    fake = FakeProvider("ok")
    llm.new(provider, model="m", api_key="k", transport=fake.transport(httpx)).generate(messages)
    (request,) = fake.calls
    user, answer, result = (each for each in request.messages if each.role != "system")
    assert (user.text, user.parts[1].url) == ("What is this?", "https://x/a.png")
    assert answer.tool_calls == (ToolCall("call_1", "f", {"x": 1}),)
    assert (result.text, result.tool_call_id) == ("2", "call_1")


def test_what_an_sdk_returns_is_a_message():
    """Its objects are dumped, and may stand among ours."""
    answer = types.SimpleNamespace(role="assistant", model_dump=lambda **_: {"role": "assistant", "content": "Hello."})
    fake = FakeProvider("ok")
    fake.generate([HumanMessage("hi"), answer, {"role": "user", "content": "and?"}])
    assert fake.calls[0].messages == (HumanMessage("hi"), AIMessage("Hello."), HumanMessage("and?"))
    fake = FakeProvider("ok")
    fake.generate({"role": "tool", "tool_call_id": "a", "content": "x"})
    assert fake.calls[0].messages == (ToolMessage("x", "a"),)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"role": "robot", "content": "secret"}, "known roles are"),
        ({"role": "user", "content": [{"text": "secret"}]}, "'type' is missing"),
        ({"role": "tool", "content": "secret"}, "'tool_call_id' is missing"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "'url' is missing"),
        ({"role": "assistant", "tool_calls": [{"id": "a", "function": None}]}, "that cannot be read"),
        ({"role": "assistant", "content": None, "function_call": {"name": "secret"}}, "write them as those"),
    ],
)
def test_a_dict_that_says_nothing_is_refused(message, told):
    """With its place, and without its text."""
    with pytest.raises((TypeError, ValueError), match=told) as caught:
        FakeProvider("ok").generate([HumanMessage("hi"), message])
    assert "message 1 is a dict" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("tool", TOOLS, ids=["openai", "responses", "anthropic", "mcp", "mcp object", "pydantic"])
@pytest.mark.parametrize("provider", ["openai", "openai-responses", "anthropic"])
def test_tools_of_every_shape_go_to_any_provider(tool, provider):
    """None goes through unread."""
    assert tool_of(tool) == Tool("Look", "Look it up.", SCHEMA)
    fake = FakeProvider("ok")
    llm.new(provider, model="m", api_key="k", transport=fake.transport(httpx)).generate("hi", tools=[tool])
    assert fake.calls[0].options["tools"] == [Tool("Look", "Look it up.", SCHEMA)]


@pytest.mark.parametrize("provider", ["openai", "openai-responses", "anthropic"])
def test_tools_that_the_provider_runs_go_as_they_are(answering, provider):
    """They have no schema."""
    transport = answering(httpx.Response(400))
    with pytest.raises(ProviderError):
        llm.new(provider, model="m", api_key="k", transport=transport).generate("hi", tools=[{"type": "web_search"}])
    assert json.loads(transport.requests[0].content)["tools"] == [{"type": "web_search"}]
