"""The fake provider keeps the contract of models, and the contract notices who does not."""

from __future__ import annotations

import asyncio

import attrs
import httpx
import pytest

from beluga import llm
from beluga.llm import FakeProvider, Reply, faults, tool_call
from beluga.schema import Usage
from beluga.testing.contracts import ModelContract


class TestFakeProvider(ModelContract):
    """A text."""

    def make_model(self):
        return FakeProvider().default("Hello, and good morning!")

    def make_failing_model(self):
        return FakeProvider().default(faults.rate_limit(retry_after=3))


class TestFakeProviderWithTools(ModelContract):
    """Thoughts, text and tool calls, at a given cost."""

    def make_model(self):
        tools = [tool_call("search", query="whales"), tool_call("search", query="whales")]
        return FakeProvider().default(Reply("Let me see.", tools=tools, thinking="Hm.", usage=Usage(7, 30)))

    def make_failing_model(self):
        return FakeProvider().default(faults.connect_timeout())


class TestSlowFakeProvider(ModelContract):
    """A text that comes slowly, on virtual time."""

    def make_model(self):
        return FakeProvider().default(Reply("one two three", per_token=2.0, finish_reason="length"))

    def make_failing_model(self):
        return FakeProvider().default(faults.cut_stream(after=0))


class _Adapter(ModelContract):
    """A real adapter whose provider is played by a fake one."""

    secrets = ("sk-a-key-of-nobody",)
    provider = ""

    def over(self, fake):
        return llm.new(self.provider, model="a-model", api_key=self.secrets[0], transport=fake.transport(httpx))

    def make_model(self):
        tools = [tool_call("search", query="whales"), tool_call("search", query="whales")]
        return self.over(FakeProvider().default(Reply("Let me see.", tools=tools, usage=Usage(7, 30))))

    def make_failing_model(self):
        return self.over(FakeProvider().default(faults.quota()))


class TestOpenAI(_Adapter):
    """Chat completions."""

    provider = "openai"


class TestOpenAIResponses(_Adapter):
    """The Responses API."""

    provider = "openai-responses"


class TestAnthropic(_Adapter):
    """Messages."""

    provider = "anthropic"


class _Wrong(FakeProvider):
    """Breaks one promise."""

    def __init__(self, fault):
        super().__init__()
        self.default("Hello there")
        self.fault = fault

    def __repr__(self):
        return "<model with key sk-123>" if self.fault == "repr" else "<model>"

    async def agenerate(self, messages, **options):
        response = await super().agenerate(messages, **options)
        return attrs.evolve(response, usage=Usage(1, 1)) if self.fault == "usage" else response

    def stream(self, messages, **options):
        for chunk in super().stream(messages, **options):
            if self.fault == "cut" and chunk.finish_reason:
                return
            yield attrs.evolve(chunk, finish_reason="stop") if self.fault == "ends twice" else chunk


def _generate(model, question):
    return model.generate(question)


def _agenerate(model, question):
    return asyncio.run(model.agenerate(question))


def _stream(model, question):
    return list(model.stream(question))


BROKEN = {
    "cut": lambda suite, _: suite.test_a_stream_ends_once(_stream),
    "ends twice": lambda suite, _: suite.test_a_stream_ends_once(_stream),
    "repr": lambda suite, _: suite.test_its_repr_shows_no_secret(),
    "usage": lambda suite, expected: suite.test_every_way_gives_the_same_answer(_agenerate, expected),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_promise_is_noticed(fault):
    """Each rule passes for a model that keeps it, and fails for one that does not."""
    suite = ModelContract()
    suite.secrets = ["sk-123"]
    suite.make_model = lambda: _Wrong("none")
    expected = suite._answer(_generate, suite.make_model())
    BROKEN[fault](suite, expected)
    suite.make_model = lambda: _Wrong(fault)
    with pytest.raises(AssertionError):
        BROKEN[fault](suite, expected)
