"""Drive the real SDKs of OpenAI and Anthropic against the fake provider, in the process and over loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import anthropic
import attrs
import httpx
import httpx2
import openai
import pytest

TOOL = {"type": "object", "properties": {"city": {"type": "string"}}}


@attrs.frozen
class Seen:
    """What the SDK gives to its user."""

    text: str
    calls: tuple[Any, ...]
    input_tokens: int
    output_tokens: int
    finish_reason: str | None


class OpenAI:
    """The SDK of OpenAI, of whichever major is installed."""

    module = httpx if openai.__version__.startswith("2.") else httpx2
    clients = (openai.OpenAI, openai.AsyncOpenAI)  # by whether it is async
    root = "/v1"
    stopped, called = "stop", "tool_calls"

    def create(self, client, text, *, stream):
        tool = {"type": "function", "function": {"name": "weather", "parameters": TOOL}}
        asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], "tools": [tool]}
        if stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return client.chat.completions.create(**asked)

    def seen(self, answer):
        (choice,) = answer.choices
        calls = tuple(
            (c.id, c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls or ()
        )
        usage = answer.usage
        return Seen(
            choice.message.content or "", calls, usage.prompt_tokens, usage.completion_tokens, choice.finish_reason
        )

    def joined(self, chunks):
        text, calls, usage, finish = "", {}, None, None
        for chunk in chunks:
            usage = chunk.usage or usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
                for call in choice.delta.tool_calls or ():
                    known = calls.setdefault(call.index, [call.id, call.function.name, ""])
                    known[2] += call.function.arguments or ""
        told = tuple((id_, name, json.loads(written)) for id_, name, written in calls.values())
        return Seen(text, told, usage.prompt_tokens, usage.completion_tokens, finish)

    def stream(self, client, text):
        with self.create(client, text, stream=True) as answer:
            return self.joined(list(answer))

    async def astream(self, client, text):
        async with await self.create(client, text, stream=True) as answer:
            return self.joined([chunk async for chunk in answer])


class Anthropic:
    """The SDK of Anthropic."""

    module = httpx2
    clients = (anthropic.Anthropic, anthropic.AsyncAnthropic)
    root = ""
    stopped, called = "end_turn", "tool_use"

    def asked(self, text):
        tools = [{"name": "weather", "input_schema": TOOL}]
        return {
            "model": "claude",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": text}],
            "tools": tools,
        }

    def create(self, client, text, *, stream):
        assert not stream
        return client.messages.create(**self.asked(text))

    def seen(self, answer):
        calls = tuple((b.id, b.name, b.input) for b in answer.content if b.type == "tool_use")
        text = "".join(block.text for block in answer.content if block.type == "text")
        return Seen(text, calls, answer.usage.input_tokens, answer.usage.output_tokens, answer.stop_reason)

    def stream(self, client, text):
        with client.messages.stream(**self.asked(text)) as answer:
            return self.seen(answer.get_final_message())

    async def astream(self, client, text):
        async with client.messages.stream(**self.asked(text)) as answer:
            return self.seen(await answer.get_final_message())


@attrs.frozen
class Caller:
    """One SDK on one surface, sync or async, whole or streamed.

    Args:
        sdk: Which of the SDKs.
        over: ``"transport"`` or ``"loopback"``.
        is_async: Whether its asynchronous client is used.
        is_stream: Whether the answer is streamed.
        around: What is put around the asynchronous call.
    """

    sdk: Any
    over: str
    is_async: bool
    is_stream: bool
    around: Any = lambda function: function

    def ask(self, fake, text="hi", *, clock=None, **options):
        """Return what the SDK makes of the answer."""
        options = {"max_retries": 0, "timeout": 60.0} | options
        with contextlib.ExitStack() as stack:
            if self.over == "loopback":
                options["base_url"] = stack.enter_context(fake.serve()) + self.sdk.root
            else:
                options["base_url"] = "https://api.example.invalid" + self.sdk.root
            if not self.is_async:
                return self._ask(fake, text, options)
            main = self.around(self._aask)(fake, text, options)
            return clock.run(main) if clock is not None else asyncio.run(main)

    def _client(self, fake, options):
        if self.over == "transport":
            kind = self.sdk.module.AsyncClient if self.is_async else self.sdk.module.Client
            options = options | {"http_client": kind(transport=fake.transport(self.sdk.module, chunking="random"))}
        return self.sdk.clients[self.is_async](api_key="sk-not-a-key", **options)

    def _ask(self, fake, text, options):
        with self._client(fake, options) as client:
            if self.is_stream:
                return self.sdk.stream(client, text)
            return self.sdk.seen(self.sdk.create(client, text, stream=False))

    async def _aask(self, fake, text, options):
        async with self._client(fake, options) as client:
            if self.is_stream:
                return await self.sdk.astream(client, text)
            return self.sdk.seen(await self.sdk.create(client, text, stream=False))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """A proxy of the machine would get the calls to loopback too."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=[OpenAI(), Anthropic()], ids=["openai", "anthropic"])
def sdk(request):
    """Each SDK."""
    return request.param


@pytest.fixture(params=["transport", "loopback"])
def over(request):
    """Each surface."""
    return request.param


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request):
    """Each side of the SDKs."""
    return request.param


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def is_stream(request):
    """Whole answers and streams."""
    return request.param


@pytest.fixture
def caller(sdk, over, is_async, is_stream):
    """Each combination."""
    return Caller(sdk, over, is_async, is_stream)


@pytest.fixture
def make():
    """Make a caller of one's own combination."""
    return Caller
