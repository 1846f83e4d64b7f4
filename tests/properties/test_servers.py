"""Any answer through any profile, in any cut, whole or streamed: the same message everywhere, and back what came."""

from __future__ import annotations

import itertools
import json

import attrs
from hypothesis import event, given
from hypothesis import strategies as st

from beluga.llm import collect
from beluga.llm._http import PROFILES
from beluga.llm._http.exchange import Exchange
from beluga.schema import AIMessage, HumanMessage, OpaquePart, TextPart, ThinkingPart, ToolCall, ToolMessage

CHATS = sorted(name for name, profile in PROFILES.items() if profile.dialect == "openai")
NUMBERINGS = ["as OpenAI", "all are 0", "none", "null"]
ENDINGS = ["end mark", "none", "no blank line"]

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.one_of(st.none(), st.integers(), texts, st.floats(allow_nan=False, allow_infinity=False))
arguments = st.dictionaries(texts, values, max_size=2)
calls = st.lists(st.tuples(st.sampled_from(["f", "g"]), arguments), max_size=3)


@attrs.frozen
class Answer:
    """What a server says, before it is written in its way."""

    thoughts: str
    text: str
    calls: tuple
    details: bool


answers = st.builds(Answer, texts, texts, calls.map(tuple), st.booleans())


def cut(draw, body):
    """Return `body` in pieces."""
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    return [body[start:end] for start, end in itertools.pairwise([0, *places, len(body)])]


def fragments(draw, text):
    """Return `text` in pieces that are not empty."""
    return [piece for piece in cut(draw, text) if piece] or [text]


def whole(profile, answer):
    """Return a chat completion."""
    message = {"role": "assistant", "content": answer.text or None}
    if answer.thoughts and profile.thoughts == "content":
        thoughts = {"type": "thinking", "thinking": [{"type": "text", "text": answer.thoughts}]}
        message["content"] = [thoughts, {"type": "text", "text": answer.text}]
    elif answer.thoughts:
        message[profile.thoughts or "reasoning_content"] = answer.thoughts
    if answer.details:
        message["reasoning_details"] = [{"type": "reasoning.text", "index": 0, "text": answer.thoughts + "."}]
    if answer.calls:
        message["tool_calls"] = [
            {"id": f"id{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(given_)}}
            for n, (name, given_) in enumerate(answer.calls)
        ]
    return {"choices": [{"message": message, "finish_reason": "stop"}], "id": "c", "model": "m"}


def events(draw, profile, answer):
    """Yield the events of a stream of the same answer, in one of the ways in use."""
    field = profile.thoughts or "reasoning_content"
    for piece in fragments(draw, answer.thoughts) if answer.thoughts else ():
        is_part = field == "content"
        part = {"type": "thinking", "thinking": [{"type": "text", "text": piece}]}
        yield {"content": [part]} if is_part else {field: piece}
    for piece in fragments(draw, answer.thoughts + ".") if answer.details else ():
        yield {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": piece}]}
    for piece in fragments(draw, answer.text) if answer.text else ():
        yield {"content": piece}
    numbering = draw(st.sampled_from(NUMBERINGS))
    repeated = draw(st.booleans()) or numbering != "as OpenAI"
    event(f"{numbering}, {len(answer.calls)} calls")
    for number, (name, given_) in enumerate(answer.calls):
        index = {"as OpenAI": {"index": number}, "all are 0": {"index": 0}, "null": {"index": None}}.get(numbering, {})
        for place, piece in enumerate(fragments(draw, json.dumps(given_))):
            head = {"id": f"id{number}"} if place == 0 or repeated else {}
            told = {"name": name} if place == 0 else {}
            yield {"tool_calls": [{**index, **head, "function": {**told, "arguments": piece}}]}


def stream(draw, profile, answer):
    """Return the bytes of a stream."""
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in events(draw, profile, answer)]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "id": "c", "model": "m"})
    lines = "".join(f"data: {json.dumps(chunk, ensure_ascii=draw(st.booleans()))}\n\n" for chunk in chunks)
    ending = draw(st.sampled_from(ENDINGS))
    event(f"ends with {ending}")
    lines = lines + "data: [DONE]\n\n" if ending == "end mark" else lines.rstrip("\n") if ending != "none" else lines
    return lines.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


def read(profile, pieces):
    """Return what a stream in pieces amounts to."""
    exchange = Exchange(profile, {})
    assert exchange.opens_stream(200, {})
    chunks = [chunk for piece in pieces for chunk in exchange.feed(piece)]
    return collect([*chunks, *exchange.finish()])


@given(st.data(), st.sampled_from(CHATS), answers)
def test_an_answer_is_the_same_everywhere_and_goes_back_as_it_came(data, name, answer):
    """Whole and streamed, in any cut and framing; and its server gets all of it back."""
    profile = PROFILES[name]
    body = whole(profile, answer)
    message = Exchange(profile, {}).answered(200, {}, json.dumps(body).encode()).message
    pieces = cut(data.draw, stream(data.draw, profile, answer))
    streamed = read(profile, pieces)
    # The one that came first stands first: details in pieces may come before or after the text.
    assert streamed.message.text == message.text == answer.text
    assert streamed.message.thinking == message.thinking == answer.thoughts
    assert streamed.message.tool_calls == message.tool_calls
    assert [(call.name, call.arguments) for call in message.tool_calls] == list(answer.calls)
    assert set(map(repr, streamed.message.parts)) == set(map(repr, message.parts))
    results = [ToolMessage("ok", call.id) for call in message.tool_calls]
    (_, back, *after) = profile.speech.request(profile, "m", [HumanMessage("-"), streamed.message, *results], {})[
        "messages"
    ]
    assert [each["tool_call_id"] for each in after] == [call["id"] for call in back.get("tool_calls", ())]
    expected = body["choices"][0]["message"]
    if name in {"azure", "openai"}:  # which never send it, and refuse it
        assert "reasoning_details" not in back
    else:
        assert back.get("reasoning_details") == expected.get("reasoning_details")
    if profile.thoughts not in {None, "content"} and not answer.details:
        assert back.get(profile.thoughts) == (answer.thoughts or None)


def block(kind, **fields):
    """Draw a block of `kind`."""
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


spoken = texts.map(lambda text: text + ".")
blocks = st.lists(
    st.one_of(
        block("text", text=spoken),
        block("text", text=spoken, citations=st.just([{"cited_text": "x"}])),
        block("thinking", thinking=texts, signature=spoken),
        block("tool_use", name=st.sampled_from(["f", "g"]), input=arguments),
        block("server_tool_use", id=st.just("srv"), name=st.just("web_search"), input=arguments),
    ),
    min_size=1,
    max_size=5,
)
FIELDS = {"text": "text", "thinking": "thinking", "server_tool_use": "input", "tool_use": "input"}
DELTAS = {
    "input": ("input_json_delta", "partial_json"),
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
}


@given(st.data(), blocks)
def test_anthropics_blocks_are_the_same_everywhere_and_go_back_as_they_came(data, given_):
    """The same for the other dialect, whose answers are lists of blocks."""
    content = [block | ({"id": f"t{n}"} if block["type"] == "tool_use" else {}) for n, block in enumerate(given_)]
    told = []
    for index, block in enumerate(content):
        field = FIELDS[block["type"]]
        begun = {**block, field: {} if field == "input" else "", "signature": "", "citations": None}
        known = block.keys() | {"type"}
        told.append({"type": "content_block_start", "index": index, "content_block": {k: begun[k] for k in known}})
        whole_text = json.dumps(block[field]) if field == "input" else block[field]
        kind, name = DELTAS[field]
        deltas = [{"type": kind, name: piece} for piece in fragments(data.draw, whole_text)]
        deltas += [{"type": "signature_delta", "signature": block["signature"]}] if "signature" in block else []
        deltas += [{"type": "citations_delta", "citation": each} for each in block.get("citations", ())]
        told += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        told.append({"type": "content_block_stop", "index": index})
    told += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
    lines = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in told)
    lines = lines.rstrip("\n") if data.draw(st.booleans()) else lines
    profile = PROFILES["anthropic"]
    body = {"content": content, "stop_reason": "end_turn"}
    message = Exchange(profile, {}).answered(200, {}, json.dumps(body).encode()).message
    assert read(profile, cut(data.draw, lines.encode())).message == message
    sent = profile.speech.request(profile, "m", [HumanMessage("-"), message, HumanMessage("-")], {})["messages"]
    assert sent[1]["content"] == content
    kinds = {TextPart, ThinkingPart, ToolCall, OpaquePart}
    assert {type(part) for part in message.parts} <= kinds
    assert isinstance(message, AIMessage)


def responses_items(answer, draw):
    """Return the items of OpenAI's Responses for an answer, in an order of their own."""
    items = []
    if answer.thoughts:
        summary = [{"type": "summary_text", "text": answer.thoughts}]
        items.append({"id": "rs", "type": "reasoning", "summary": summary, "encrypted_content": "sealed"})
    if answer.details:
        items.append({"id": "ws", "type": "web_search_call", "status": "completed", "action": {"query": answer.text}})
    if answer.text:
        content = [{"type": "output_text", "text": answer.text, "annotations": []}]
        items.append({"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": content})
    for at, (name, given_) in enumerate(answer.calls):
        call = {"call_id": f"c{at}", "name": name, "arguments": json.dumps(given_), "status": "completed"}
        items.append({"id": f"f{at}", "type": "function_call", **call})
    return draw(st.permutations(items))


def responses_events(item, at, draw):
    """Yield the events of one item."""
    placed = {"output_index": at, "item_id": item["id"]}
    empty = {"summary": [], "content": [], "arguments": ""}
    begun = {key: empty.get(key, value) for key, value in item.items()}
    yield {"type": "response.output_item.added", "output_index": at, "item": begun}
    text, kind = {
        "message": lambda: (item["content"][0]["text"], "output_text"),
        "reasoning": lambda: (item["summary"][0]["text"], "reasoning_summary_text"),
        "function_call": lambda: (item["arguments"], "function_call_arguments"),
    }.get(item["type"], lambda: ("", ""))()
    for piece in fragments(draw, text) if text else ():
        yield {"type": f"response.{kind}.delta", **placed, "content_index": 0, "summary_index": 0, "delta": piece}
    yield {"type": "response.output_item.done", "output_index": at, "item": item}


@given(st.data(), answers)
def test_responses_items_are_the_same_everywhere(data, answer):
    """Whole and streamed, in any cut; texts, thoughts, calls and what we do not know stand in their order."""
    profile, items = PROFILES["openai-responses"], responses_items(answer, data.draw)
    body = {"id": "r", "object": "response", "status": "completed", "model": "m", "output": items}
    message = Exchange(profile, {}).answered(200, {}, json.dumps(body).encode()).message
    told = [event_ for at, item in enumerate(items) for event_ in responses_events(item, at, data.draw)]
    told.append({"type": "response.completed", "response": body})
    lines = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in told)
    streamed = read(profile, cut(data.draw, lines.encode())).message
    assert (streamed.text, streamed.thinking) == (message.text, message.thinking) == (answer.text, answer.thoughts)
    assert streamed.tool_calls == message.tool_calls
    assert sorted((call.id, call.name, repr(call.arguments)) for call in message.tool_calls) == [
        (f"c{at}", name, repr(given_)) for at, (name, given_) in enumerate(answer.calls)
    ]
    sent = [
        profile.speech.request(profile, "m", [HumanMessage("-"), each, HumanMessage("-")], {})["input"][1:-1]
        for each in (message, streamed)
    ]
    assert sent[0] == sent[1]
    sealed = ("reasoning", "web_search_call")  # what has to go back unchanged
    assert [each for each in sent[0] if each.get("type") in sealed] == [
        each for each in items if each["type"] in sealed
    ]


@given(st.data(), answers)
def test_geminis_parts_are_the_same_everywhere_and_go_back_as_they_came(data, answer):
    """The same for its parts, with their signatures, which a stream gives in events of any size."""
    parts = [{"text": answer.thoughts, "thought": True}] if answer.thoughts else []
    parts += [{"text": answer.text}] if answer.text else []
    parts += [
        {
            "functionCall": {"id": f"c{at}", "name": name, "args": given_},
            **({"thoughtSignature": "s"} if not at else {}),
        }
        for at, (name, given_) in enumerate(answer.calls)
    ]
    parts += [{"executableCode": {"language": "PYTHON", "code": answer.text}}] if answer.details else []
    profile, end = PROFILES["gemini"], {"finishReason": "STOP"}
    body = {"candidates": [{"content": {"role": "model", "parts": parts}, **end}], "modelVersion": "m"}
    message = Exchange(profile, {}).answered(200, {}, json.dumps(body).encode()).message
    told = [{"candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in parts]
    told.append({"candidates": [{"content": {"role": "model", "parts": []}, **end}], "modelVersion": "m"})
    lines = "".join(f"data: {json.dumps(each)}\n\n" for each in told)
    assert read(profile, cut(data.draw, lines.encode())).message == message
    assert [(call.id, call.name, call.arguments) for call in message.tool_calls] == [
        (f"c{at}", name, given_) for at, (name, given_) in enumerate(answer.calls)
    ]
    sent = profile.speech.request(profile, "m", [HumanMessage("-"), message, HumanMessage("-")], {})["contents"]
    event(f"{len(parts)} parts")
    back = [part for part in parts if not part.get("thought")]  # thoughts without a signature are not wanted back
    assert [each["parts"] for each in sent if each["role"] == "model"] == ([back] if back else [])
