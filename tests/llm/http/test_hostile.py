"""Answers with something else at one place: each is an answer or a `ProviderError`, and nothing from inside."""

from __future__ import annotations

import copy
import json

from beluga.errors import ProviderError
from beluga.llm import collect
from beluga.llm._http import ANTHROPIC, OPENAI
from beluga.llm._http.exchange import Exchange
from beluga.schema import HumanMessage, Response

GONE = object()
INSTEAD = (None, 0, -1, 1.5, True, "", "x", 10**30, [], [None], ["x"], [[]], {}, {"a": 1}, GONE)

DIALECTS = {"openai": OPENAI, "anthropic": ANTHROPIC}
CALL = {"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q": 1}'}}
BLOCKS = (
    {"type": "thinking", "thinking": "Hm.", "signature": "sealed"},
    {"type": "redacted_thinking", "data": "abc"},
    {"type": "tool_use", "id": "1", "name": "search", "input": {"q": 1}},
)


def places(value, path=()):
    """Yield the path of every value inside of a JSON value, itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def changed(value, path, new):
    """Return a copy with something else, or nothing, at `path`."""
    if not path:
        return None if new is GONE else new
    whole = holder = copy.deepcopy(value)
    for key in path[:-1]:
        holder = holder[key]
    if new is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return whole


def variants(value):
    """Yield every change of one place."""
    for path in places(value):
        for new in INSTEAD:
            yield changed(value, path, new)


def rich(wire):
    """Return an answer with all that one may hold."""
    answer = copy.deepcopy(wire.answer)
    if wire.provider == "openai":
        answer["choices"][0]["message"].update(refusal=None, reasoning_content="Hm.", tool_calls=[CALL])
    else:
        answer["content"] += BLOCKS
    return answer


def events(wire):
    """Return the events of a stream with all that one may hold."""
    if wire.provider == "openai":
        delta = {"content": "a", "refusal": None, "reasoning": "Hm.", "tool_calls": [{"index": 0, **CALL}]}
        return [*wire.opening, {"choices": [{"index": 0, "delta": delta}]}, *wire.ending]
    deltas = (
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "sealed"},
        {"type": "input_json_delta", "partial_json": '{"q": 1}'},
        {"type": "text_delta", "text": "a"},
    )
    middle = [{"type": "content_block_start", "index": n, "content_block": block} for n, block in enumerate(BLOCKS, 1)]
    middle += [{"type": "content_block_delta", "index": 3, "delta": delta} for delta in deltas]
    middle += [{"type": "content_block_stop", "index": n} for n in (1, 2, 3)]
    return [*wire.opening, *(("event", event) for event in middle), *wire.ending]


def streamed(wire, body):
    """Return the chunks of a stream's bytes."""
    exchange = Exchange(DIALECTS[wire.provider], {})
    assert exchange.opens_stream(200, {"content-type": "text/event-stream"})
    chunks = list(exchange.feed(body))
    exchange.finish()
    return chunks


def test_any_answer_is_one_or_an_error(wire):
    """What comes out can be shown, hashed and said again."""
    for body in variants(rich(wire)):
        try:
            response = Exchange(DIALECTS[wire.provider], {}).answered(200, {}, json.dumps(body).encode())
        except ProviderError:
            continue
        assert isinstance(response, Response)
        assert repr(response)
        hash(response)
        for dialect in DIALECTS.values():
            json.dumps(dialect.speech.request(dialect, "any", [HumanMessage("Hi"), response.message], {}))


def test_any_stream_is_one_or_an_error(wire, sse):
    """Whichever of its events is not what it should be."""
    whole = events(wire)
    assert collect(streamed(wire, sse(*whole))).tool_calls
    for place, event in enumerate(whole):
        name, data = event if isinstance(event, tuple) else (None, event)
        for other in () if isinstance(data, str) else variants(data):
            text = json.dumps(other)
            body = sse(*whole[:place], (name, text) if name else text, *whole[place + 1 :])
            try:
                response = collect(streamed(wire, body))
            except ProviderError:
                continue
            assert repr(response)
            hash(response)
