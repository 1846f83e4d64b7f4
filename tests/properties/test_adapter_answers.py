"""Whatever a server sends, an adapter returns a well-formed answer or raises a ProviderError that tells no secret."""

from __future__ import annotations

import copy
import json

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beluga.errors import ProviderError
from beluga.llm._http import PROFILES
from beluga.llm._http.exchange import Exchange
from beluga.schema import Chunk, OpaquePart, Response, ToolCall, Usage

SPOKEN = ("openai", "anthropic", "openai-responses", "gemini")
DIALECTS = pytest.mark.parametrize("dialect", [PROFILES[name] for name in SPOKEN], ids=SPOKEN)

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)

ANSWERS = {
    "openai": {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello.",
                    "refusal": None,
                    "reasoning_content": "hm",
                    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "x", "arguments": "{}"}}],
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
    },
    "anthropic": {
        "id": "msg_1",
        "model": "claude",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "Hello."},
            {"type": "tool_use", "id": "1", "name": "x", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 1},
    },
    "openai-responses": {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "gpt-5",
        "error": None,
        "incomplete_details": None,
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "Hello.", "annotations": []},
                    {"type": "refusal", "refusal": "no"},
                ],
            },
            {"id": "fc_1", "type": "function_call", "call_id": "1", "name": "x", "arguments": "{}"},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 1}},
    },
    "gemini": {
        "responseId": "r",
        "modelVersion": "gemini-2.5-pro",
        "candidates": [
            {
                "index": 0,
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "hm", "thought": True},
                        {"text": "Hello.", "thoughtSignature": "s"},
                        {"functionCall": {"id": "1", "name": "x", "args": {"a": 1}}},
                    ],
                },
                "finishReason": "STOP",
                "safetyRatings": [],
            }
        ],
        "promptFeedback": {"safetyRatings": []},
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "thoughtsTokenCount": 1},
    },
}

EVENTS = {
    "openai": [
        {"choices": [{"index": 0, "delta": {"content": "a", "reasoning_content": "h"}, "finish_reason": None}]},
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "x", "arguments": "{}"}}]},
                    "finish_reason": "tool_calls",
                }
            ]
        },
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "a"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "a"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "1", "name": "x", "input": {}},
        },
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ],
    "openai-responses": [
        {"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5", "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "m", "type": "message"}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"},
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "a"},
        {
            "type": "response.output_item.done",
            "output_index": 1,
            "item": {"id": "f", "type": "function_call", "call_id": "1", "name": "x", "arguments": "{}"},
        },
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {
                "id": "m",
                "type": "message",
                "content": [{"type": "output_text", "text": "a", "annotations": []}],
            },
        },
    ],
    "gemini": [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "hm", "thought": True}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "a"}, {"functionCall": {"name": "x", "args": {}}}]}}]},
    ],
}
# What ends a stream in its dialect is the whole answer.
EVENTS["openai-responses"].append({"type": "response.completed", "response": ANSWERS["openai-responses"]})
EVENTS["gemini"].append(ANSWERS["gemini"])


def places(value, path=()):
    """Yield the paths to everything in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


@st.composite
def spoilt(draw, good):
    """Draw a copy of `good` in which one thing is replaced by another, or is missing."""
    value = copy.deepcopy(good)
    path = draw(st.sampled_from(list(places(value))))
    if not path:
        return draw(JSON)
    owner = value
    for key in path[:-1]:
        owner = owner[key]
    if isinstance(owner, dict) and draw(st.booleans()):
        del owner[path[-1]]
    else:
        owner[path[-1]] = draw(JSON)
    return value


def check_call(call):
    """Make sure that a tool call is one."""
    assert isinstance(call, ToolCall)
    assert all(isinstance(text, str) for text in (call.id, call.name, call.raw or ""))
    assert isinstance(call.arguments, dict)


@DIALECTS
@given(data=st.data())
def test_an_answer_is_well_formed_or_an_error(dialect, data):
    """One thing in it is wrong: it does not matter, or it is an invalid response; nothing half-right comes out."""
    body = data.draw(st.one_of(JSON, spoilt(ANSWERS[dialect.provider])))
    content = json.dumps(body).encode()
    try:
        response = Exchange(dialect, {}).answered(200, {}, content)
    except ProviderError:
        return
    assert isinstance(response, Response)
    assert isinstance(response.usage, Usage)
    assert isinstance(response.finish_reason, str | None)
    assert isinstance(response.model, str)
    assert isinstance(response.id, str)
    for part in response.message.parts:
        if isinstance(part, ToolCall):
            check_call(part)
        elif isinstance(part, OpaquePart):
            assert isinstance(part.data, dict)
        else:
            assert isinstance(part.text, str)
            assert isinstance(getattr(part, "signature", None), str | None)
    hash(response)


@DIALECTS
@given(data=st.data())
def test_a_stream_is_well_formed_or_an_error(dialect, data):
    """The same for streams, event by event."""
    events = EVENTS[dialect.provider]
    place = data.draw(st.integers(0, len(events) - 1))
    wrong = data.draw(st.one_of(JSON, spoilt(events[place])))
    listed = [*events[:place], wrong, *events[place + 1 :]]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in listed) + "data: [DONE]\n\n"
    exchange = Exchange(dialect, {})
    assert exchange.opens_stream(200, {})
    try:
        for chunk in exchange.feed(body.encode()):
            check_chunk(chunk)
        exchange.finish()
    except ProviderError:
        return


def check_chunk(chunk):
    """Make sure that every field of a chunk is of its kind."""
    assert isinstance(chunk, Chunk)
    for field, kind in (("text", str), ("thinking", str), ("finish_reason", str | None), ("signature", str | None)):
        assert isinstance(getattr(chunk, field), kind), attrs.asdict(chunk)
    assert isinstance(chunk.usage, Usage | None)
    if chunk.tool_call is not None:
        check_call(chunk.tool_call)


@DIALECTS
@given(content=st.binary(max_size=200), status=st.sampled_from([200, 302, 400, 429, 500]))
def test_any_bytes_are_an_answer_or_an_error(dialect, content, status):
    """No other exception gets out."""
    for kind in ("application/json", "text/event-stream", "text/html", ""):
        exchange = Exchange(dialect, {})
        with pytest.raises(ProviderError):
            exchange.answered(status, {"content-type": kind}, content)
        exchange = Exchange(dialect, {})
        with pytest.raises(ProviderError):
            if not exchange.opens_stream(status, {"content-type": kind}):
                raise exchange.refused(content)
            list(exchange.feed(content))
            exchange.finish()


# Longer than any word of ours, and with a digit, so that a match is no accident.
SECRETS = st.text(min_size=9, max_size=40).map(lambda text: text + "0")


@DIALECTS
@given(secret=SECRETS, status=st.sampled_from([200, 400, 401, 404, 429, 500]), data=st.data())
@example(secret="sk-ant-0123456789", status=401, data=None)
def test_no_answer_puts_its_text_into_an_error(dialect, secret, status, data):
    """Whatever field of body or headers a server repeats a secret in, the message does not."""
    fields = ["message", "type", "code", "param", "error_code"]
    names = fields if data is None else data.draw(st.lists(st.sampled_from(fields), min_size=1))
    error = dict.fromkeys(names, secret) | {"details": {"error_code": secret}}
    headers = {"content-type": secret, dialect.request_id: f"{secret} {secret}", "retry-after": secret}
    exchange = Exchange(dialect, {})
    with pytest.raises(ProviderError) as caught:
        exchange.answered(status, headers, json.dumps({"error": error}).encode())
    assert secret not in f"{caught.value} {caught.value!r}"
