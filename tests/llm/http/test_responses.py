"""OpenAI's Responses API: items whole and as events, what goes back, and what fails."""

from __future__ import annotations

import json

import httpx
import pytest

from beluga import llm
from beluga.classification import ErrorCode
from beluga.errors import ProviderError
from beluga.llm import FakeProvider, Reply, collect, faults, tool_call
from beluga.schema import (
    AIMessage,
    CachePoint,
    FilePart,
    HumanMessage,
    ImagePart,
    OpaquePart,
    SystemMessage,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolMessage,
    Usage,
)

REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Hm."}, {"type": "summary_text", "text": "So."}],
    "encrypted_content": "secret",
}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed"}
PLAIN = {"type": "output_text", "text": "Well, "}
CITED = {"type": "output_text", "text": "Yes.", "annotations": [{"type": "url_citation", "url": "https://x"}]}
ITEMS = [
    REASONING,
    SEARCH,
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Well, "}, CITED],
    },
    {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"x": 1}'},
]
BODY = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "model": "gpt-5",
    "output": ITEMS,
    "usage": {"input_tokens": 5, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 1}},
}
MESSAGE = AIMessage(
    parts=[
        ThinkingPart("Hm."),
        ThinkingPart("So."),
        OpaquePart("openai-responses", REASONING),
        OpaquePart("openai-responses", SEARCH),
        TextPart("Well, "),
        TextPart("Yes."),
        OpaquePart("openai-responses", {"annotations": CITED["annotations"]}, "previous"),
        ToolCall("call_1", "f", {"x": 1}),
    ]
)


def events(*, deltas=True, done=True, ending="response.completed", body=BODY):
    """Return the events of a stream of `ITEMS`."""
    told = [{"type": "response.created", "response": {**body, "output": [], "status": "in_progress"}}]
    for index, item in enumerate(ITEMS):
        for number, part in enumerate(item.get("summary", ()) if deltas else ()):
            name = "response.reasoning_summary_text.delta"
            told += [
                {"type": name, "output_index": index, "summary_index": number, "delta": piece} for piece in part["text"]
            ]
        for number, part in enumerate(item.get("content", ()) if deltas else ()):
            name = "response.output_text.delta"
            told += [
                {"type": name, "output_index": index, "content_index": number, "delta": piece} for piece in part["text"]
            ]
        if done:
            told.append({"type": "response.output_item.done", "output_index": index, "item": item})
    return [*told, *([{"type": ending, "response": body}] if ending else ())]


@pytest.fixture
def ask(answering, sse):
    """Return what a model makes of a body, or of a list of events."""

    def ask(answer):
        content = {"json": answer} if isinstance(answer, dict) else {"content": sse(*answer)}
        transport = answering(httpx.Response(200, **content))
        model = llm.new("openai-responses", model="m", api_key="k", transport=transport)
        return model.generate("hi") if isinstance(answer, dict) else collect(model.stream("hi"))

    return ask


def test_items_are_parts(ask):
    """Messages and calls are parts of ours, reasoning is told too, and all that is the provider's own is kept."""
    response = ask(BODY)
    assert response.message == MESSAGE
    assert (response.finish_reason, response.id, response.model) == ("tool_calls", "resp_1", "gpt-5")
    assert response.usage == Usage(5, 3, 1)


@pytest.mark.parametrize("deltas", [False, True])
@pytest.mark.parametrize("done", [False, True])
def test_a_stream_means_the_same(ask, deltas, done):
    """Whether texts come in pieces, and whether items come before the end: nothing is lost or told twice."""
    response = ask(events(deltas=deltas, done=done))
    texts = [part for part in response.message.parts if isinstance(part, TextPart | ThinkingPart)]
    assert texts == [part for part in MESSAGE.parts if isinstance(part, TextPart | ThinkingPart)]
    assert set(map(repr, response.message.parts)) == set(map(repr, MESSAGE.parts))
    if done or not deltas:
        assert response.message == MESSAGE
    assert (response.finish_reason, response.id, response.usage) == ("tool_calls", "resp_1", Usage(5, 3, 1))


def sent(answering, messages, **options):
    """Return the body of a request."""
    transport = answering(httpx.Response(400))
    with pytest.raises(ProviderError):
        llm.new("openai-responses", model="m", api_key="k", transport=transport).generate(messages, **options)
    (request,) = transport.requests
    assert str(request.url) == "https://api.openai.com/v1/responses"
    return json.loads(request.content)


def test_an_answer_goes_back_as_it_came(answering):
    """Its items in their order, with what only the provider can read."""
    body = sent(answering, [SystemMessage("Be brief."), HumanMessage("hi"), MESSAGE, ToolMessage("2", "call_1")])
    assert body["input"] == [
        {"role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        REASONING,
        SEARCH,
        {"role": "assistant", "content": [{"type": "output_text", "text": "Well, ", "annotations": []}, CITED]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"x":1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "2"},
    ]


def test_options_have_its_names(answering):
    """The bound, tools, the choice of one, and a schema; what it has no name for is refused before it is sent."""

    def look(x: int) -> str:
        """Look."""

    body = sent(answering, "hi", max_tokens=9, tools=[look], tool_choice="look", schema=int, store=False)
    assert (body["max_output_tokens"], body["store"]) == (9, False)
    assert body["tools"][0].items() >= {"type": "function", "name": "look", "description": "Look."}.items()
    assert body["tool_choice"] == {"type": "function", "name": "look"}
    assert body["text"]["format"].items() >= {"type": "json_schema", "schema": {"type": "integer"}}.items()
    with pytest.raises(ValueError, match="takes no stop"):
        sent(answering, "hi", stop="x")


def test_pictures_and_files_are_parts_of_the_input(answering):
    """By address, by id and as bytes."""
    message = HumanMessage(
        parts=[
            ImagePart(url="https://x/a.png"),
            FilePart(url="file://file-1"),
            FilePart(data=b"%PDF-1.7", mime_type="application/pdf", name="a.pdf"),
            CachePoint(),
        ]
    )
    assert sent(answering, message)["input"][0]["content"] == [
        {"type": "input_image", "detail": "auto", "image_url": "https://x/a.png"},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjc="},
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}, "content_filter"),
        ({"output": ITEMS[:3]}, "stop"),
    ],
)
def test_why_an_answer_ended_is_told(ask, body, reason):
    """In the words of all providers."""
    assert ask(BODY | body).finish_reason == reason
    assert ask([{"type": "response.completed", "response": BODY | body}]).finish_reason == reason


BROKEN = {"type": "error", "code": "server_error", "message": "x"}
FAILED = BODY | {"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "x"}, "output": []}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (FAILED, ErrorCode.RATE_LIMIT),
        ([*events(ending="")[:-1], {"type": "response.failed", "response": FAILED}], ErrorCode.RATE_LIMIT),
        (
            [*events(ending=""), {"type": "error", "code": "server_error", "message": "x"}],
            ErrorCode.PROVIDER_UNAVAILABLE,
        ),
        (events(ending=""), ErrorCode.INVALID_RESPONSE),
        (BODY | {"status": "cancelled"}, ErrorCode.PROVIDER_UNAVAILABLE),
    ],
)
def test_a_failure_is_an_error(ask, answer, code):
    """Also one that a stream tells after it began, and a stream without its end."""
    with pytest.raises(ProviderError) as caught:
        ask(answer)
    assert (caught.value.code, caught.value.partial) == (code, isinstance(answer, list))


@pytest.mark.parametrize("streamed", [False, True])
def test_the_fake_speaks_it(streamed):
    """Thoughts, text and calls; a fault; and a conversation that is gone on with by the id of its last response."""
    reply = Reply("Yes.", thinking="Hm.", tools=[tool_call("f", x=1)])
    fake = FakeProvider(reply, faults.overloaded_in_stream(), "Bye.")
    model = llm.new("openai-responses", model="m", api_key="k", transport=fake.transport(httpx, chunking="random"))
    ask = (lambda *a, **k: collect(model.stream(*a, **k))) if streamed else model.generate
    first = ask([SystemMessage("s"), HumanMessage("hi")])
    assert (first.text, first.message.thinking, first.finish_reason) == ("Yes.", "Hm.", "tool_calls")
    with pytest.raises(ProviderError) as caught:
        ask("again")
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE
    (call,) = first.tool_calls
    assert ask([ToolMessage("2", call.id)], previous_response_id=first.id).text == "Bye."
    asked = fake.calls[2].messages
    assert [type(message).__name__ for message in asked] == ["HumanMessage", "AIMessage", "ToolMessage"]
    with pytest.raises(ProviderError, match="invalid_value, about previous_response_id"):
        ask("hi", previous_response_id="resp_unknown")
