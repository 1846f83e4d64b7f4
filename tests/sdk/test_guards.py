"""What openai's and anthropic's own clients return is guarded like our own."""

from __future__ import annotations

import asyncio

import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import RawContentBlockDeltaEvent
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from beluga import GuardBlocked, guarded
from beluga.guards import PatternDetector, PIIRedactor

BAD = PatternDetector(("override", "bad"))
MAIL = PIIRedactor()


def call_of(arguments, **more):
    return {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}, **more}


def test_objects_of_sdks_are_guarded_like_ours():
    """What openai's and anthropic's own clients return is redacted, in its own type."""
    completion = ChatCompletion.model_validate({
        "id": "x", "created": 1, "model": "m", "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "mail ana@example.com",
            "tool_calls": [call_of('{"to": "ana@example.com", "n": 1}')],
        }}],
    })  # fmt: skip
    message = AnthropicMessage.model_validate({
        "id": "x", "model": "m", "role": "assistant", "type": "message",
        "usage": {"input_tokens": 1, "output_tokens": 1},
        "content": [
            {"type": "thinking", "thinking": "ana@example.com", "signature": "s"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"to": "ana@example.com"}},
        ],
    })  # fmt: skip
    ask = guarded(output=[MAIL])(lambda value: value)

    answer = ask(completion)
    assert type(answer) is ChatCompletion
    assert answer.choices[0].message.content == "mail [EMAIL]"
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"to": "[EMAIL]", "n": 1}'
    assert completion.choices[0].message.content == "mail ana@example.com"
    blocks = ask(message).content
    assert (blocks[0].thinking, blocks[1].input) == ("[EMAIL]", {"to": "[EMAIL]"})


def chunk_of(**delta):
    return ChatCompletionChunk.model_validate({
        "id": "x", "created": 1, "model": "m", "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    })  # fmt: skip


def test_chunks_of_sdks_go_through_the_window():
    """The pieces of openai's and anthropic's streams are redacted across their edges, and stay their own type."""

    @guarded(output=[MAIL])
    def stream():
        for piece in ("mail ana@", "example.com", " today", " bye"):
            yield chunk_of(content=piece)

    @guarded(output=[MAIL])
    async def events():
        for piece in ("mail ana@", "example.com", " today"):
            event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            yield RawContentBlockDeltaEvent.model_validate(event)

    async def collected():
        return [event async for event in events()]

    chunks = list(stream())
    assert all(type(chunk) is ChatCompletionChunk for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content for chunk in chunks) == "mail [EMAIL] today bye"
    assert "".join(event.delta.text for event in asyncio.run(collected())) == "mail [EMAIL] today"


def test_a_tool_call_in_pieces_is_judged_whole():
    """Fragments of arguments wait for the last one, escapes read, and leave as they came if nothing is wrong."""
    pieces = ['{"to": "b', "\\u0061d", '"}']

    def stream(guard, pieces):
        def fragments():
            for piece in pieces:
                yield chunk_of(tool_calls=[{"index": 0, "function": {"arguments": piece}}])

        return list(guarded(output=[guard])(fragments)())

    with pytest.raises(GuardBlocked, match="override"):
        stream(BAD, pieces)
    assert [c.choices[0].delta.tool_calls[0].function.arguments for c in stream(MAIL, pieces)] == pieces
    with pytest.raises(GuardBlocked, match="cannot be changed"):
        stream(MAIL, ['{"to": "ana@', 'example.com"}'])
