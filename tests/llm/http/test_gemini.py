"""Google's Gemini API: what is sent, what comes back whole or as a stream, and what fails."""

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
    HumanMessage,
    ImagePart,
    OpaquePart,
    SystemMessage,
    ThinkingPart,
    ToolCall,
    ToolMessage,
    Usage,
)

PARTS = [
    {"text": "Hm. So.", "thought": True},
    {"text": "Let me see."},
    {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "seal"},
    {"functionCall": {"name": "f", "args": {"x": 2}}},
    {"executableCode": {"language": "PYTHON", "code": "1"}},
]
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 2, "cachedContentTokenCount": 3}
BODY = {
    "candidates": [{"content": {"role": "model", "parts": PARTS}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": USAGE,
    "modelVersion": "gemini-3-pro",
    "responseId": "r1",
}
MESSAGE = AIMessage(
    parts=[
        ThinkingPart("Hm. So."),
        "Let me see.",
        ToolCall("call_1", "f", {"x": 1}),
        OpaquePart("gemini", {"thoughtSignature": "seal"}, "previous"),
        ToolCall("call_2", "f", {"x": 2}),
        OpaquePart("gemini", PARTS[4]),
    ]
)


def pieces(*parts, **more):
    """Return an event with these parts."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


@pytest.fixture
def ask(answering, sse):
    """Return what a model makes of a body, or of a list of events."""

    def ask(answer, status=200):
        content = {"json": answer} if isinstance(answer, dict) else {"content": sse(*answer)}
        model = llm.new("gemini", model="m", api_key="k", transport=answering(httpx.Response(status, **content)))
        return model.generate("hi") if isinstance(answer, dict) else collect(model.stream("hi"))

    return ask


def test_parts_are_parts_whole_and_streamed(ask):
    """Thoughts, text, calls with their signature, and what only the provider knows."""
    streamed = ask(
        [
            pieces({"text": "Hm. ", "thought": True}),
            pieces({"text": "So.", "thought": True}),
            pieces({"text": "Let me "}, {"text": "see."}),
            pieces(*PARTS[2:]),
            {**BODY, "candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]},
        ]
    )
    for response in (ask(BODY), streamed):
        assert response.message == MESSAGE
        assert (response.finish_reason, response.model, response.id) == ("tool_calls", "gemini-3-pro", "r1")
        assert response.usage == Usage(9, 6, 3, reasoning_tokens=2)


def sent(answering, messages, **options):
    """Return the body of a request."""
    transport = answering(httpx.Response(400))
    with pytest.raises(ProviderError):
        llm.new("gemini", model="gemini-3-pro", api_key="k", transport=transport).generate(messages, **options)
    (request,) = transport.requests
    place = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent"
    assert (str(request.url), request.headers["x-goog-api-key"]) == (place, "k")
    return json.loads(request.content)


def test_an_answer_goes_back_as_it_came(answering):
    """Each signature on its part; results under the names of their calls."""
    history = [
        SystemMessage("Be brief."),
        HumanMessage(parts=["hi", ImagePart(data=b"GIF89a" + bytes(8))]),
        MESSAGE,
        ToolMessage("1", "call_1"),
        ToolMessage("no", "call_2", is_error=True),
    ]
    body = sent(answering, history)
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    user, model, results = body["contents"]
    assert user["parts"][1]["inlineData"]["mimeType"] == "image/gif"
    assert model == {"role": "model", "parts": PARTS[1:]}
    assert results["parts"] == [
        {"functionResponse": {"name": "f", "response": {"result": "1"}}},
        {"functionResponse": {"name": "f", "response": {"error": "no"}}},
    ]


def test_options_have_its_names(answering):
    """The settings of a generation, tools, the choice of one, and a schema."""

    def look(x: int) -> str:
        """Look."""

    options = {"max_tokens": 9, "temperature": 0, "stop": "x", "schema": int, "safetySettings": []}
    body = sent(answering, "hi", tools=[look, {"googleSearch": {}}], tool_choice="look", **options)
    assert body["generationConfig"] == {
        "maxOutputTokens": 9,
        "temperature": 0,
        "stopSequences": ["x"],
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "integer"},
    }
    assert [next(iter(tool)) for tool in body["tools"]] == ["googleSearch", "functionDeclarations"]
    assert body["toolConfig"]["functionCallingConfig"] == {"mode": "ANY", "allowedFunctionNames": ["look"]}
    assert body["safetySettings"] == []


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38.5s"}
LIMIT = {"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED", "details": [RETRY]}}


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (LIMIT, 429, ErrorCode.RATE_LIMIT),
        ([pieces({"text": "Hel"}), LIMIT], 200, ErrorCode.RATE_LIMIT),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, 200, ErrorCode.CONTENT_FILTERED),
        ([{"promptFeedback": {"blockReason": "SAFETY"}}], 200, ErrorCode.CONTENT_FILTERED),
        (pieces(finishReason="MALFORMED_FUNCTION_CALL"), 200, ErrorCode.PROVIDER_UNAVAILABLE),
        ([pieces({"text": "Hel"})], 200, ErrorCode.INVALID_RESPONSE),
        ({"candidates": []}, 200, ErrorCode.INVALID_RESPONSE),
    ],
)
def test_a_failure_is_an_error(ask, answer, status, code):
    """Whole, in a stream, and where the stream is cut; with the wait that the server asks for."""
    with pytest.raises(ProviderError) as caught:
        ask(answer, status)
    assert caught.value.code is code
    assert caught.value.retry_after == (38.5 if code is ErrorCode.RATE_LIMIT else None)


def test_an_answer_that_is_held_back_says_so(ask):
    """As the other providers' do."""
    assert ask(pieces(finishReason="SAFETY")).finish_reason == "content_filter"
    assert ask([pieces({"text": "x"}, finishReason="MAX_TOKENS")]).finish_reason == "length"


@pytest.mark.parametrize("streamed", [False, True])
def test_the_fake_speaks_it(streamed):
    """A whole turn with a tool, and a limit with its wait."""
    reply = Reply("Yes.", thinking="Hm.", tools=[tool_call("f", x=1), tool_call("f", x=2)])
    fake = FakeProvider(reply, "Bye.", faults.rate_limit(retry_after=3))
    model = llm.new("gemini", model="g", api_key="k", transport=fake.transport(httpx, chunking="random"))
    ask = (lambda *a, **k: collect(model.stream(*a, **k))) if streamed else model.generate
    first = ask([SystemMessage("s"), HumanMessage("hi")], max_tokens=5)
    assert (first.text, first.message.thinking, first.finish_reason) == ("Yes.", "Hm.", "tool_calls")
    results = [ToolMessage(str(call.arguments["x"]), call.id) for call in first.tool_calls]
    assert ask([SystemMessage("s"), HumanMessage("hi"), first.message, *results]).text == "Bye."
    asked = fake.calls[1]
    assert (asked.model, asked.dialect) == ("g", "gemini")
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "tool", "tool"]
    assert OpaquePart("gemini", {"thoughtSignature": "ZmFrZQ=="}, "previous") in asked.messages[2].parts
    assert [message.tool_call_id for message in asked.messages[3:]] == [call.id for call in first.tool_calls]
    with pytest.raises(ProviderError) as caught:
        ask("hi")
    assert (caught.value.code, caught.value.retry_after) == (ErrorCode.RATE_LIMIT, 3.0)
