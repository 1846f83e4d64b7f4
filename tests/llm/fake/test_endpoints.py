"""What the fake provider serves beside answers, and what it refuses in the words of who it plays."""

from __future__ import annotations

import base64
import gzip
import json
import math
import struct

import httpx
import pytest

from beluga import llm
from beluga.classification import ErrorCode
from beluga.errors import ProviderError
from beluga.llm import FakeProvider, Reply, collect, tool_call
from beluga.schema import AIMessage, HumanMessage, OpaquePart, ToolCall, ToolMessage

CHAT = "/v1/chat/completions"
VERSION = {"anthropic-version": "2023-06-01"}


def send(body, path=CHAT, *, method="POST", fake=None, headers=(), **options):
    """Return the answer to a raw request."""
    fake = fake or FakeProvider().default("ok")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with httpx.Client(transport=fake.transport(httpx)) as client:
        return client.request(method, f"http://fake{path}", content=content, headers=dict(headers), **options)


def vectors(*texts, **options):
    """Return the embeddings of texts."""
    answer = send({"model": "e", "input": list(texts), **options}, "/v1/embeddings")
    return [each["embedding"] for each in answer.json()["data"]]


def likeness(one, other):
    """Return the cosine of the angle between two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_embeddings_mean_something():
    """They have length 1, equal texts have equal ones, and similar texts near ones."""
    order, same, way, whales = vectors(
        "Where is my order?", "Where is my order?", "Your orders are on the way.", "Whales sing at night."
    )
    assert order == same
    assert all(math.isclose(likeness(each, each), 1.0) for each in (order, way, whales))
    assert likeness(order, way) > likeness(order, whales) + 0.1


def test_embeddings_come_in_the_form_that_is_asked_for():
    """As floats or their bytes, of any size, and of a text given as tokens."""
    (floats,) = vectors("x", dimensions=8)
    (packed,) = vectors("x", dimensions=8, encoding_format="base64")
    assert list(struct.unpack("<8f", base64.b64decode(packed))) == pytest.approx(floats)
    answer = send({"model": "e", "input": [1, 2, 3]}, "/v1/embeddings").json()
    assert (len(answer["data"]), answer["usage"]["total_tokens"]) == (1, 2)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "e"},
        {"input": "x"},
        {"model": "e", "input": []},
        {"model": "e", "input": [""]},
        {"model": "e", "input": 7},
        {"model": "e", "input": "x", "dimensions": 0},
        {"model": "e", "input": "x", "encoding_format": "z"},
    ],
)
def test_embeddings_of_nothing_are_refused(body):
    """As the provider refuses them."""
    answer = send(body, "/v1/embeddings")
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_models_tokens_and_moderations_are_served():
    """In the shape of who is asked."""
    assert send(b"", "/v1/models/gpt-4o", method="GET").json()["id"] == "gpt-4o"
    assert send(b"", "/v1/models/claude", method="GET", headers=VERSION).json()["type"] == "model"
    asked = {"model": "c", "messages": [{"role": "user", "content": "How are you?"}]}
    assert send(asked, "/v1/messages/count_tokens", headers=VERSION).json() == {"input_tokens": 3}
    (result,) = send({"input": "x"}, "/v1/moderations").json()["results"]
    assert result["flagged"] is False


@pytest.mark.parametrize("path", ["/v1/threads/t/messages", "/v1/assistants", "/"])
def test_what_is_unknown_says_so_in_the_providers_words(path):
    """The messages of a thread are not Anthropic's."""
    answer = send({}, path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_bodies_may_be_compressed():
    """And one that only says that it is gets the provider's 400."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    assert send(gzip.compress(body), headers={"content-encoding": "gzip"}).status_code == 200
    assert send(body, headers={"content-encoding": "gzip"}).status_code == 400
    assert send(body, headers={"content-encoding": "br"}).status_code == 400


@pytest.mark.parametrize("text", [b'{"x": NaN}', b'{"x": "\\ud800"}', b'{"x": "\xff"}'])
@pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
def test_what_is_not_json_is_refused(text, path):
    """As the real APIs do, so that a test finds a conversation that would be stuck."""
    assert send(text, path).status_code == 400


USE = {"type": "tool_use", "id": "a", "name": "f", "input": {}}


@pytest.mark.parametrize("content", ["Answer: ", [{**USE, "id": "a.b"}], [USE, USE]])
def test_anthropics_own_rules_hold(content):
    """About blanks at the end of a prefill, and ids."""
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}]
    answer = send({"model": "m", "max_tokens": 9, "messages": messages}, "/v1/messages")
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_unknown_blocks_are_opaque_parts():
    """Also those of a tool's result."""
    fake = FakeProvider("ok")
    block = {"type": "search_result", "source": "s"}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [block]}
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [result, block]}]}
    assert send(asked, "/v1/messages", fake=fake).status_code == 200
    tool, user = fake.calls[0].messages
    assert tool.parts == user.parts == (OpaquePart("anthropic", block),)


def test_probabilities_are_given_and_several_choices_refused():
    """Neither is silent."""
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    (choice,) = send(asked | {"logprobs": True}).json()["choices"]
    assert "".join(each["token"] for each in choice["logprobs"]["content"]) == "ok"
    assert "'n'" in send(asked | {"n": 2}).json()["error"]["message"]


@pytest.mark.parametrize(
    "profile", ["mistral", "groq", "deepseek", "openrouter", "azure", "ollama", "bedrock-anthropic"]
)
@pytest.mark.parametrize("streamed", [False, True])
def test_the_fake_plays_a_profile(profile, streamed):
    """A model of the same profile gets on with it: thoughts come and go back, ids fit, nothing is refused."""
    fake = FakeProvider(Reply("Yes.", thinking="Hm. So.", tools=[tool_call("f", x=1)]), "ok", profile=profile)
    place = {"base_url": "https://x.example/v1"} if profile in {"azure", "bedrock-anthropic"} else {}
    model = llm.new(profile, model="m", api_key="k", transport=fake.transport(httpx, chunking="random"), **place)
    answer = collect(model.stream("hi", max_tokens=9)) if streamed else model.generate("hi", max_tokens=9)
    (call,) = answer.tool_calls
    assert (answer.text, answer.message.thinking, call.arguments) == ("Yes.", "Hm. So.", {"x": 1})
    model.generate([HumanMessage("hi"), answer.message, ToolMessage("done", call.id)])
    back = fake.calls[1].messages[1]
    assert back.tool_calls == answer.tool_calls
    takes_none = profile == "azure"
    assert back.thinking == ("" if takes_none else "Hm. So.")


def test_the_fake_refuses_as_the_profile_does():
    """What is written for OpenAI fails at Mistral in a test, and not in production."""
    fake = FakeProvider(profile="mistral").default("ok")
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    answer = send(asked | {"max_completion_tokens": 5}, fake=fake)
    assert answer.status_code == 422
    assert "mistral does not take this field" in answer.json()["error"]["message"]
    model = llm.new("openai", model="m", api_key="k", transport=fake.transport(httpx))
    history = [HumanMessage("x"), AIMessage(parts=[ToolCall("call_1", "f")]), ToolMessage("ok", "call_1")]
    with pytest.raises(ProviderError) as caught:
        model.generate(history)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    with pytest.raises(ValueError, match="did you mean 'mistral'"):
        FakeProvider(profile="mistrall")
