"""Both dialects behind one interface: how to ask, and what the wire carries."""

from __future__ import annotations

import asyncio
import json

import attrs
import httpx
import pytest

from beluga import llm

KEY = "sk-test-Abc123-never-shown"
PROMPT = "the prompt that no message may quote"


def sse(*events):
    """Return the bytes of events, named where they come as a pair."""
    lines = []
    for event in events:
        name, data = event if isinstance(event, tuple) else (None, event)
        data = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        lines.append((f"event: {name}\n" if name else "") + f"data: {data}\n\n")
    return "".join(lines).encode()


@attrs.frozen
class Wire:
    """What one provider answers."""

    provider: str
    url: str
    id_header: str
    answer: dict
    opening: tuple
    ending: tuple

    def model(self, **settings):
        """Return a model of the provider."""
        return llm.new(self.provider, **{"model": "gpt-4o", "api_key": KEY, **settings})

    def error(self, openai, anthropic):
        """Return the body of an error, from each provider's words for it."""
        if self.provider == "openai":
            return {"error": {"message": f"{PROMPT} {KEY}", **openai}}
        return {"type": "error", "error": {"message": f"{PROMPT} {KEY}", **anthropic}}

    def error_event(self, body):
        """Return `body` as an event of a stream."""
        return body if self.provider == "openai" else ("error", body)

    def text_event(self, text):
        """Return an event with a piece of text."""
        if self.provider == "openai":
            return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], "usage": None}
        delta = {"type": "text_delta", "text": text}
        return ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta})

    def beginning(self, *texts):
        """Return the bytes of a stream that does not end."""
        return sse(*self.opening, *map(self.text_event, texts))

    def stream(self, *texts):
        """Return the bytes of a whole stream."""
        return self.beginning(*texts) + sse(*self.ending)


OPENAI = Wire(
    "openai",
    "https://api.openai.com/v1/chat/completions",
    "x-request-id",
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
    },
    ({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},),
    (
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {
            "choices": [],
            "usage": {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
        },
        "[DONE]",
    ),
)

ANTHROPIC = Wire(
    "anthropic",
    "https://api.anthropic.com/v1/messages",
    "request-id",
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Hello."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 8, "output_tokens": 3, "cache_read_input_tokens": 4},
    },
    (
        (
            "message_start",
            {
                "type": "message_start",
                "message": {
                    "id": "msg_1",
                    "content": [],
                    "usage": {"input_tokens": 8, "output_tokens": 1, "cache_read_input_tokens": 4},
                },
            },
        ),
        (
            "content_block_start",
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ),
        ("ping", {"type": "ping"}),
    ),
    (
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        (
            "message_delta",
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        ),
        ("message_stop", {"type": "message_stop"}),
    ),
)


@pytest.fixture(params=[OPENAI, ANTHROPIC], ids=lambda wire: wire.provider)
def wire(request):
    """Each provider."""
    return request.param


def _generate(model, messages, /, **options):
    return model.generate(messages, **options)


def _agenerate(model, messages, /, **options):
    async def main():
        async with model:
            return await model.agenerate(messages, **options)

    return asyncio.run(main())


def _stream(model, messages, /, **options):
    return list(model.stream(messages, **options))


def _astream(model, messages, /, **options):
    async def main():
        async with model:
            return [chunk async for chunk in model.astream(messages, **options)]

    return asyncio.run(main())


@pytest.fixture(params=[_generate, _agenerate], ids=["sync", "async"])
def ask(request):
    """Ask for the whole answer."""
    return request.param


@pytest.fixture(params=[_stream, _astream], ids=["sync", "async"])
def ask_stream(request):
    """Ask for a stream, and gather it."""
    return request.param


@pytest.fixture(params=[_generate, _agenerate, _stream, _astream], ids=["sync", "async", "stream", "astream"])
def ask_any(request):
    """Ask in each of the four ways."""
    return request.param


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in given pieces, may end with an error, and knows whether it was closed."""

    def __init__(self, pieces, error=None):
        self.pieces = pieces
        self.error = error
        self.closed = False

    def __iter__(self):
        yield from self.pieces
        if self.error:
            raise self.error

    async def __aiter__(self):
        for piece in self:
            yield piece

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


@pytest.fixture
def pieces():
    """Return the class of bodies that come in pieces."""
    return Pieces


def answering(response):
    """Return a transport that gives `response` to everything, or calls it, and keeps what was asked."""

    def handle(request):
        handle.requests.append(request)
        return response(request) if callable(response) else response

    handle.requests = []
    transport = httpx.MockTransport(handle)
    transport.requests = handle.requests
    return transport


@pytest.fixture(name="answering")
def answering_fixture():
    """Return the maker of transports."""
    return answering


@pytest.fixture(name="sse", scope="session")
def sse_fixture():
    """Return the maker of streams' bytes."""
    return sse


@pytest.fixture
def secrets():
    """Return what must be in no message."""
    return (KEY, PROMPT)
