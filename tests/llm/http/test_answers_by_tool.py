"""Answers of a form from servers that take no schema of an answer: a call of a tool, which reads as a text."""

from __future__ import annotations

import asyncio
import json

import attrs
import httpx
import pytest

from beluga import structured
from beluga.errors import ProviderError
from beluga.llm import FakeProvider, Reply, collect, new, tool_call
from beluga.schema import tool_of


@attrs.frozen
class City:
    name: str
    people: int


OSLO = '{"name":"Oslo","people":724290}'
SERVERS = {
    "deepseek": {},
    "bedrock-anthropic": {"base_url": "https://bedrock-runtime.eu-north-1.amazonaws.com"},
}


def asked(fake):
    """Return the options of the last request, as they came."""
    return fake.calls[-1].options


def weather(city: str) -> str:
    """Say what the weather is."""
    return city


@pytest.fixture(params=SERVERS)
def server(request):
    """A model of a server without schemas, and the fake that plays it."""
    fake = FakeProvider(profile=request.param)
    transport = fake.transport(httpx, chunking="random")
    return new(request.param, model="m", api_key="none", transport=transport, **SERVERS[request.param]), fake


def test_an_answer_of_a_form_is_a_text_whole_and_streamed(server):
    """The forced call is the answer, and its finish reason that of a text."""
    model, fake = server
    fake.default(OSLO)
    whole, streamed = model.generate("Oslo?", schema=City), collect(model.stream("Oslo?", schema=City))
    assert json.loads(whole.text) == json.loads(streamed.text) == json.loads(OSLO)
    assert [(answer.finish_reason, answer.tool_calls) for answer in (whole, streamed)] == [("stop", ())] * 2
    (tool,) = asked(fake)["tools"]
    assert tool.parameters["required"] == ["name", "people"]
    assert "response_format" not in asked(fake)


def test_structured_gets_instances_async_too(server):
    """As from a server that takes schemas; what does not fit is asked for again."""
    model, fake = server
    fake.on(lambda request: len(request.messages) > 1).reply(OSLO)
    fake.default('{"name": "Oslo", "people": "many"}')

    @structured(City)
    async def ask(messages, schema=None):
        return await model.agenerate(messages, schema=schema)

    assert asyncio.run(ask("Oslo?")) == City("Oslo", 724290)
    assert [message.role for message in fake.calls[-1].messages] == ["user", "assistant", "user"]


def test_a_tool_may_be_called_before_the_answer(server):
    """With tools of one's own any of them may come first, and is a call."""
    model, fake = server
    fake.on("go").reply(Reply(tools=[tool_call("weather", city="Oslo")])).reply(OSLO)
    called = model.generate("go", schema=City, tools=[weather])
    assert [call.name for call in called.tool_calls] == ["weather"]
    assert called.finish_reason == "tool_calls"
    assert asked(fake)["tool_choice"] in ("required", {"type": "any"})
    assert json.loads(model.generate("go", schema=City, tools=[weather]).text) == json.loads(OSLO)


def test_a_text_instead_of_the_call_is_an_answer_too(server):
    """Not every server forces a model."""
    model, fake = server
    fake.default("I do not know.")
    assert model.generate("Oslo?", schema=City).text == "I do not know."


def test_a_tool_of_the_same_name_is_refused(server):
    """Its calls would be taken for answers."""
    model, _ = server
    mine = attrs.evolve(tool_of(weather), name="final_answer")
    with pytest.raises(ValueError, match="rename yours"):
        model.generate("Oslo?", schema=City, tools=[mine])


def test_a_form_of_ones_own_is_sent_as_it_is():
    """Raw names win; a server that does not take it says so."""
    fake = FakeProvider(profile="deepseek").default("{}")
    model = new("deepseek", model="m", api_key="none", transport=fake.transport(httpx))
    assert model.generate("Oslo?", schema=City, response_format={"type": "json_object"}).text == "{}"
    assert "tools" not in asked(fake)
    with pytest.raises(ProviderError, match="400"):
        model.generate("Oslo?", response_format={"type": "json_schema", "json_schema": {}})


def test_where_schemas_are_known_no_tool_is_made():
    """OpenAI is asked by its own field."""
    fake = FakeProvider(OSLO)
    new("openai", model="m", api_key="none", transport=fake.transport(httpx)).generate("Oslo?", schema=City)
    assert asked(fake)["response_format"]["type"] == "json_schema"
    assert "tools" not in asked(fake)
