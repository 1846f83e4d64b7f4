"""What the fake provider makes of the bodies that clients send, and what it refuses."""

from __future__ import annotations

import json

import httpx
import pytest

from beluga.llm import FakeProvider
from beluga.schema import (
    AIMessage,
    AudioPart,
    CachePoint,
    FilePart,
    HumanMessage,
    ImagePart,
    SystemMessage,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
)

PNG = "data:image/png;base64,iVBORw0KGgo="
IMAGE = ImagePart(url=PNG)
PDF = FilePart(data=b"%PDF-1")
WAV = "UklGRgAAAABXQVZF"

OPENAI = [
    ({"role": "system", "content": "s"}, [SystemMessage("s")]),
    ({"role": "developer", "content": [{"type": "text", "text": "s"}]}, [SystemMessage("s")]),
    (
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}},
                {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0x", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
        [
            HumanMessage(
                parts=[
                    *("a", CachePoint(), ImagePart(url=PNG, detail="high"), ImagePart(url="https://x.org/a.png")),
                    AudioPart(url=f"data:audio/wav;base64,{WAV}"),
                    FilePart(data=b"%PDF-1", name="a.pdf"),
                    FilePart(url="file://file-1"),
                ]
            )
        ],
    ),
    ({"role": "assistant", "content": "hello", "refusal": None}, [AIMessage("hello")]),
    ({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, [AIMessage("no")]),
    (
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{broken"}},
            ],
        },
        [
            AIMessage(
                parts=[ThinkingPart("hm"), ToolCall("c1", "f", {"x": 1}), ToolCall("c2", "g", raw="{broken")],
            )
        ],
    ),
    ({"role": "tool", "tool_call_id": "c1", "content": "42"}, [ToolMessage("42", "c1")]),
]

ANTHROPIC = [
    ({"role": "user", "content": "hi"}, [HumanMessage("hi")]),
    (
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": PNG.partition(",")[2]},
                },
                {"type": "document", "source": {"type": "url", "url": "https://x.org/a.pdf"}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "t"}},
                {"type": "image", "source": {"type": "file", "file_id": "f1"}},
            ],
        },
        [
            HumanMessage(
                parts=[
                    *("a", CachePoint(3600.0), IMAGE, FilePart(url="https://x.org/a.pdf")),
                    FilePart(data=b"t", mime_type="text/plain"),
                    ImagePart(url="file://f1"),
                ]
            )
        ],
    ),
    (
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "x"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
            ],
        },
        [
            AIMessage(
                parts=[ThinkingPart("hm", "s"), ThinkingPart("", "d"), TextPart("x"), ToolCall("c1", "f", {"x": 1})],
            )
        ],
    ),
]


def send(body, path="/v1/chat/completions", method="POST", fake=None, headers=()):
    """Send `body` through a transport; return the answer."""
    fake = fake or FakeProvider().default("ok")
    content = body if isinstance(body, bytes) else json.dumps(body)
    client = httpx.Client(transport=fake.transport(httpx))
    return client.request(method, f"https://api.test{path}", content=content, headers=dict(headers))


def logged(body, path):
    """Return the one call that `body` became."""
    fake = FakeProvider().default("ok")
    answer = send(body, path, fake=fake)
    assert answer.status_code == 200, answer.text
    return fake.calls[0]


@pytest.mark.parametrize(("message", "records"), OPENAI)
def test_messages_of_openai_are_read(message, records):
    """Every kind of message and part of chat completions becomes a record."""
    body = {"model": "gpt-4o", "messages": [message]}
    assert list(logged(body, "/v1/chat/completions").messages) == records


@pytest.mark.parametrize(("message", "records"), ANTHROPIC)
def test_messages_of_anthropic_are_read(message, records):
    """Every kind of message and block becomes a record."""
    body = {"model": "claude", "max_tokens": 9, "messages": [message]}
    assert list(logged(body, "/v1/messages").messages) == records


def test_results_of_tools_become_messages_of_their_own():
    """Anthropic's turn of several results reads like OpenAI's several messages."""
    results = [
        {"type": "tool_result", "tool_use_id": "c1", "content": "42"},
        {"type": "tool_result", "tool_use_id": "c2", "is_error": True},
        {"type": "text", "text": "and now?"},
    ]
    body = {"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": results}]}
    call = logged(body, "/v1/messages")
    assert call.messages == (ToolMessage("42", "c1"), ToolMessage("", "c2", True), HumanMessage("and now?"))
    assert call.text == "and now?"


def test_a_system_prompt_of_anthropic_comes_first():
    """What stands beside the messages is the first of them."""
    blocks = [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]
    for system, record in [("s", SystemMessage("s")), (blocks, SystemMessage(parts=["s", CachePoint()]))]:
        asked = [{"role": "user", "content": "hi"}]
        body = {"model": "claude", "max_tokens": 9, "system": system, "messages": asked}
        assert logged(body, "/v1/messages").messages == (record, HumanMessage("hi"))


def test_tools_and_the_rest_of_the_body_are_options():
    """Tools become records, those that the provider runs stay as they are, and nothing else is touched."""
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    search, run = Tool("search", "Look.", schema), {"type": "web_search_20250305", "name": "web_search"}
    messages = [{"role": "user", "content": "hi"}]
    function = {"name": "search", "description": "Look.", "parameters": schema}
    openai = {
        "model": "m",
        "messages": messages,
        "tools": [{"type": "function", "function": function}, run],
        "top_p": 1,
    }
    call = logged(openai, "/chat/completions")
    assert call.options == {"model": "m", "tools": [search, run], "top_p": 1}
    tool = {"name": "search", "description": "Look.", "input_schema": schema}
    anthropic = {"model": "m", "max_tokens": 9, "messages": messages, "tools": [tool, run]}
    assert logged(anthropic, "/v1/messages").options == {"model": "m", "max_tokens": 9, "tools": [search, run]}


def test_a_call_knows_its_dialect_and_headers_and_hides_them():
    """A key in a header can be asserted on, and is in no repr."""
    fake = FakeProvider().default("ok")
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    send(body, fake=fake, headers=[("Authorization", "Bearer sk-1234")])
    fake.generate("hi")
    assert [call.dialect for call in fake.calls] == ["openai", ""]
    assert fake.calls[0].headers["authorization"] == "Bearer sk-1234"
    assert "sk-1234" not in repr(fake.calls)
    assert [call.attempt for call in fake.calls] == [1, 2]


M = [{"role": "user", "content": "hi"}]
SECRET = "tell-nobody"
BAD = [
    (b"", "", "the body is empty"),
    (b"{", "", "not valid JSON"),
    (b"\xff", "", "not valid JSON"),
    (b"[" * 100_000, "", "not valid JSON"),
    ([SECRET], "", "got an array"),
    ({}, "model", "model"),
    ({"model": 5}, "model", "a string"),
    ({"model": "m"}, "messages", "messages"),
    ({"model": "m", "messages": SECRET}, "messages", "expected an array, but got a string"),
    ({"model": "m", "messages": []}, "messages", "at least one message"),
    ({"model": "m", "messages": [SECRET]}, "messages[0]", "expected an object"),
    ({"model": "m", "messages": [*M, {"role": SECRET, "content": "x"}]}, "messages[1].role", "user"),
    ({"model": "m", "messages": [{"role": "user"}]}, "messages[0].content", "content"),
    ({"model": "m", "messages": [{"role": "user", "content": None}]}, "messages[0].content", "got null"),
    ({"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text", ""),
    ({"model": "m", "messages": M, "stream": "yes"}, "stream", "a boolean"),
    ({"model": "m", "messages": M, "tools": {}}, "tools", "an array"),
]
ONLY_OPENAI = [
    ({"model": "m", "messages": M, "stream_options": {"include_usage": True}}, "stream_options", "stream"),
    ({"model": "m", "messages": [{"role": "assistant"}]}, "messages[0].content", "content"),
    (
        {"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}]},
        "messages[0].tool_calls[0].function",
        "",
    ),
    ({"model": "m", "messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", ""),
    (
        {
            "model": "m",
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}],
        },
        "messages[0].content[0]",
        "scheme",
    ),
    (
        {"model": "m", "messages": M, "tools": [{"type": "function", "function": {"name": "has space"}}]},
        "tools[0]",
        "letters",
    ),
]


@pytest.mark.parametrize(("body", "param", "told"), [*BAD, *ONLY_OPENAI])
def test_openai_refuses_as_openai(body, param, told):
    """What cannot be read is a 400 in OpenAI's shape that names the place, quotes no content, and is no call."""
    fake = FakeProvider("ok")
    answer = send(body, fake=fake)
    error = answer.json()["error"]
    assert (answer.status_code, answer.headers["x-should-retry"]) == (400, "false")
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param or None)
    assert told in error["message"]
    assert SECRET not in answer.text
    assert fake.calls == ()


@pytest.mark.parametrize(("body", "param", "told"), BAD)
def test_anthropic_refuses_as_anthropic(body, param, told):
    """The same in Anthropic's shape, with its way to write a place."""
    fake = FakeProvider("ok")
    if isinstance(body, dict):
        body = {"max_tokens": 9, **body}
    answer = send(body, "/v1/messages", fake=fake)
    document = answer.json()
    assert (answer.status_code, answer.headers["x-should-retry"]) == (400, "false")
    assert document.keys() == {"type", "error", "request_id"}
    assert (document["type"], document["error"]["type"]) == ("error", "invalid_request_error")
    assert param.replace("[", ".").replace("]", "") in document["error"]["message"]
    assert SECRET not in answer.text
    assert fake.calls == ()


@pytest.mark.parametrize("tokens", [None, 0, True, "9"])
def test_anthropic_demands_a_limit(tokens):
    """Without a number of tokens from 1 on there is no answer."""
    body = {"model": "m", "messages": M, "max_tokens": tokens}
    assert "max_tokens" in send(body, "/v1/messages").json()["error"]["message"]


def test_null_is_as_absent():
    """Clients send null for what they leave out."""
    body = {"model": "m", "messages": M, "stream": None, "tools": None, "stream_options": None}
    assert send(body).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/responses", 405),
        ("PUT", "/v1/messages", 405),
        ("POST", "/v1/assistants", 404),
        ("GET", "/", 404),
    ],
)
def test_other_places_are_not_found(method, path, status):
    """A wrong path or method is refused with what there is, and is worth no retry."""
    answer = send(b"", path, method)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (status, "false")
    assert "POST" in answer.json()["error"]["message"] or "/v1/messages" in answer.json()["error"]["message"]


def test_an_unknown_place_speaks_the_dialect_of_its_client():
    """Who sends Anthropic's version header gets Anthropic's shape."""
    assert send(b"", "/v2", headers=[("anthropic-version", "2023-06-01")]).json()["type"] == "error"


def test_models_can_be_listed():
    """Clients that look first what there is find one model, in the list of their dialect."""
    assert [model["id"] for model in send(b"", "/v1/models", "GET").json()["data"]] == ["fake"]
    listed = send(b"", "/v1/models?limit=5", "GET", headers=[("anthropic-version", "2023-06-01")]).json()
    assert (listed["has_more"], listed["data"][0]["type"]) == (False, "model")


def test_an_exhausted_script_is_a_clear_refusal(dialect):
    """The answer names the call, its last text and the rules that are left, and tells clients not to retry."""
    fake = FakeProvider("one")
    fake.on("refund").reply("x")
    body = dialect.body("hello there", stream=False)
    assert send(body, dialect.path, fake=fake).status_code == 200
    answer = send(body, dialect.path, fake=fake)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (400, "false")
    for told in ("call 2", "'hello there'", "'refund'"):
        assert told in answer.json()["error"]["message"]


def test_a_script_that_fails_says_how(dialect):
    """An error of the test's own callable comes out as a 500 with its type, and is worth no retry."""
    fake = FakeProvider(lambda request: request.nothing)
    answer = send(dialect.body("hi", stream=True), dialect.path, fake=fake)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (500, "false")
    assert "AttributeError" in answer.json()["error"]["message"]
