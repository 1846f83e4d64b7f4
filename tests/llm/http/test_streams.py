"""What streams carry: texts, thoughts, tool calls, and the same answer whatever the cut."""

from __future__ import annotations

import itertools
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.classification import ErrorCode
from beluga.errors import ProviderError
from beluga.llm import collect
from beluga.llm._http import ANTHROPIC, OPENAI
from beluga.llm._http.exchange import Exchange
from beluga.schema import AIMessage, Chunk, OpaquePart, TextPart, ThinkingPart, ToolCall, Usage

KIND = {"content-type": "text/event-stream"}


def read(dialect, *pieces):
    """Return the chunks of a stream whose bytes come in pieces."""
    exchange = Exchange(dialect, {})
    assert exchange.opens_stream(200, KIND)
    chunks = [chunk for piece in pieces for chunk in exchange.feed(piece)]
    exchange.finish()
    return chunks


def openai_stream(sse, *deltas, reason="stop", usage=None):
    """Return the bytes of a stream of OpenAI's with these deltas."""
    return sse(
        *({"choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None} for delta in deltas),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        *([{"choices": [], "usage": usage}] if usage else ()),
        "[DONE]",
    )


def anthropic_stream(sse, *blocks, reason="end_turn"):
    """Return the bytes of a stream of Anthropic's: of each block its start and its deltas."""
    events = [{"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}]
    for index, (start, *deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events.extend({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}})
    events.append({"type": "message_stop"})
    return sse(*((event["type"], event) for event in events))


def test_openai_tool_calls_arrive_whole(sse):
    """Only the first fragment has id and name; those of several calls may be mixed."""
    body = openai_stream(
        sse,
        {"content": "Let me look."},
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "search", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"q": "wh'}}]},
        {"tool_calls": [{"index": 1, "id": "call_2", "function": {"name": "now"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": 'ales"}'}}]},
        reason="tool_calls",
    )
    assert read(OPENAI, body) == [
        Chunk("Let me look."),
        Chunk(tool_call=ToolCall("call_1", "search", {"q": "whales"})),
        Chunk(tool_call=ToolCall("call_2", "now")),
        Chunk(finish_reason="tool_calls"),
    ]


def test_openai_usage_comes_in_a_chunk_without_choices(sse):
    """It ends up in the last chunk, with the finish reason."""
    body = openai_stream(sse, {"content": "a"}, usage={"prompt_tokens": 3, "completion_tokens": 1})
    assert read(OPENAI, body)[-1] == Chunk(usage=Usage(3, 1), finish_reason="stop")


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_of_servers_like_openai_are_read(sse, name):
    """Two names are in use."""
    assert read(OPENAI, openai_stream(sse, {name: "Hm."}, {"content": "Yes."}))[0] == Chunk(thinking="Hm.")


def test_openai_refusals_are_texts_with_a_reason(sse):
    """The model says stop itself."""
    chunks = read(OPENAI, openai_stream(sse, {"refusal": "I can"}, {"refusal": "not."}))
    assert chunks == [Chunk("I can"), Chunk("not."), Chunk(finish_reason="content_filter")]


def test_other_choices_are_passed_over(sse):
    """Who asks for several has the first one."""
    body = sse(
        {"choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": "yes"}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        "[DONE]",
    )
    assert collect(read(OPENAI, body)).text == "yes"


def test_a_choice_without_a_number_is_the_first(sse):
    """As in a whole answer: its text must not get lost."""
    body = sse({"choices": [{"index": None, "delta": {"content": "yes"}, "finish_reason": "stop"}]}, "[DONE]")
    assert collect(read(OPENAI, body)).text == "yes"


def test_openai_content_in_parts_is_text(sse):
    """As in a whole answer."""
    assert read(OPENAI, openai_stream(sse, {"content": [{"type": "text", "text": "yes"}]}))[0] == Chunk("yes")


def test_openai_tool_calls_after_the_finish_reason_are_not_lost(sse):
    """A server that is early with its reason still means its calls."""
    body = sse(
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {
            "choices": [
                {"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "now"}}]}}
            ]
        },
        "[DONE]",
    )
    assert collect(read(OPENAI, body)).tool_calls == (ToolCall("call_1", "now"),)


TOOL = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "tool_use", "id": "1", "name": "f", "input": {}},
}
PIECE = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}}
STOP = {"type": "content_block_stop", "index": 0}


@pytest.mark.parametrize(
    "events",
    [[TOOL, STOP, PIECE], [PIECE, STOP]],
    ids=["late", "alone"],
)
def test_an_anthropic_tool_call_in_disorder_is_an_error(sse, events):
    """It would be lost, or its tool be called without its arguments."""
    ending = [{"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"}]
    with pytest.raises(ProviderError) as caught:
        read(ANTHROPIC, sse(*((event["type"], event) for event in (*events, *ending))))
    assert caught.value.code is ErrorCode.INVALID_RESPONSE


def test_anthropic_blocks_become_parts(sse):
    """Thoughts with their seal, encrypted thoughts, text, and a tool call whose arguments come in pieces."""
    body = anthropic_stream(
        sse,
        (
            {"type": "thinking", "thinking": ""},
            {"type": "thinking_delta", "thinking": "Let me "},
            {"type": "thinking_delta", "thinking": "see."},
            {"type": "signature_delta", "signature": "sealed"},
        ),
        ({"type": "redacted_thinking", "data": "abc"},),
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": "I look."}),
        (
            {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"q": "wh'},
            {"type": "input_json_delta", "partial_json": 'ales"}'},
        ),
        ({"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},),
        ({"type": "of_tomorrow", "stuff": 1}, {"type": "delta_of_tomorrow"}),
        reason="tool_use",
    )
    response = collect(read(ANTHROPIC, body))
    assert response.message.parts == (
        ThinkingPart("Let me see.", "sealed"),
        ThinkingPart("", "redacted_thinking:abc"),
        TextPart("I look."),
        ToolCall("toolu_1", "search", {"q": "whales"}),
        ToolCall("toolu_2", "now"),
        OpaquePart("anthropic", {"type": "of_tomorrow", "stuff": 1}),
    )
    assert (response.usage, response.finish_reason) == (Usage(5, 9), "tool_calls")


def test_arguments_cut_by_the_length_are_kept_raw(sse):
    """They are no JSON, and the finish reason says why."""
    body = anthropic_stream(
        sse,
        (
            {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"q": "wh'},
        ),
        reason="max_tokens",
    )
    response = collect(read(ANTHROPIC, body))
    assert response.tool_calls == (ToolCall("toolu_1", "search", raw='{"q": "wh'),)
    assert response.finish_reason == "length"


@given(texts=st.lists(st.text(min_size=1, max_size=8), max_size=5), data=st.data())
def test_every_cut_gives_the_same_chunks(sse, texts, data):
    """Of both dialects, at random places and byte by byte; the chunks are the texts as they were sent."""
    block = ({"type": "text", "text": ""}, *({"type": "text_delta", "text": text} for text in texts))
    bodies = (
        (OPENAI, openai_stream(sse, *({"content": text} for text in texts), usage={"prompt_tokens": 1})),
        (ANTHROPIC, anthropic_stream(sse, block)),
    )
    for dialect, body in bodies:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=10)))
        edges = [0, *cuts, len(body)]
        chunks = read(dialect, *(body[a:b] for a, b in itertools.pairwise(edges)))
        assert [chunk.text for chunk in chunks[:-1]] == texts
        assert chunks[-1].finish_reason == "stop"
        assert read(dialect, *(bytes([byte]) for byte in body)) == chunks


def test_the_whole_and_the_stream_say_the_same(wire, answering):
    """One message, asked for in both ways."""

    def answer(request):
        if json.loads(request.content).get("stream"):
            return httpx.Response(200, content=wire.stream("Hel", "lo."), headers=KIND)
        return httpx.Response(200, json=wire.answer)

    model = wire.model(transport=answering(answer))
    whole, streamed = model.generate("Hi"), collect(model.stream("Hi"))
    assert streamed.message == whole.message == AIMessage("Hello.")
    assert (streamed.usage, streamed.finish_reason) == (whole.usage, whole.finish_reason)
