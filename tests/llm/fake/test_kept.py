"""Answers that are kept: read, listed, changed and deleted by their ids, as OpenAI keeps them."""

from __future__ import annotations

import json

import httpx
import pytest

from beluga.llm import FakeProvider

ASKED = [{"role": "user", "content": "How are you?"}]


@pytest.fixture
def fake():
    return FakeProvider("Fine.", "Well.")


@pytest.fixture
def client(fake):
    with httpx.Client(transport=fake.transport(httpx), base_url="http://fake") as client:
        yield client


def test_a_chat_is_kept_where_it_asks_for_that(client):
    """It is read, listed, changed and deleted; one that does not ask is not there."""
    kept = client.post("/v1/chat/completions", json={"model": "m", "messages": ASKED, "store": True}).json()
    client.post("/v1/chat/completions", json={"model": "m", "messages": ASKED})
    place = f"/v1/chat/completions/{kept['id']}"
    assert client.get(place).json()["choices"] == kept["choices"]
    assert [each["id"] for each in client.get("/v1/chat/completions").json()["data"]] == [kept["id"]]
    assert client.get(f"{place}/messages").json()["data"][0]["content"] == "How are you?"
    assert client.post(place, json={"metadata": {"a": "b"}}).json()["metadata"] == {"a": "b"}
    assert client.get(place).json()["metadata"] == {"a": "b"}
    assert client.delete(place).json() == {"id": kept["id"], "object": "chat.completion.deleted", "deleted": True}
    assert client.get("/v1/chat/completions").json()["data"] == []


def test_a_response_is_kept_unless_it_asks_not_to_be(client, fake):
    """It is read whole and streamed, with what was asked; nothing of it is played again."""
    kept = client.post("/v1/responses", json={"model": "m", "input": "How are you?"}).json()
    place = f"/v1/responses/{kept['id']}"
    assert client.get(place).json()["output"] == kept["output"]
    assert client.post(f"{place}/cancel").json()["status"] == "completed"
    (item,) = client.get(f"{place}/input_items").json()["data"]
    assert (item["role"], item["content"][0]["text"]) == ("user", "How are you?")
    events = client.get(place, params={"stream": "true"}).text
    assert "response.completed" in events
    assert len(fake.calls) == 1
    unkept = client.post("/v1/responses", json={"model": "m", "input": "?", "store": False}).json()
    refused = client.get(f"/v1/responses/{unkept['id']}")
    assert refused.status_code == 400
    assert "script" in refused.json()["error"]["message"]


def test_an_answer_that_was_never_given_comes_from_the_script(client, fake):
    """What comes after an answer can be tested without one; its id is the one that was asked for."""
    for place, part in (("responses", "output"), ("chat/completions", "choices")):
        answer = client.get(f"/v1/{place}/from_the_database").json()
        assert answer["id"] == "from_the_database"
        assert json.dumps(answer[part]).count("Fine." if place == "responses" else "Well.") == 1
    fake.assert_done()


def test_the_input_is_counted_and_made_shorter(client):
    """Neither takes an answer from the script."""
    counted = client.post("/v1/responses/input_tokens", json={"model": "m", "input": "one two three"}).json()
    assert counted["object"] == "response.input_tokens"
    assert counted["input_tokens"] > 0
    short = client.post("/v1/responses/compact", json={"model": "m", "input": "one two three"}).json()
    assert [item["type"] for item in short["output"]] == ["compaction"]
    assert short["usage"]["input_tokens"] == counted["input_tokens"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/v1/responses/r", None, 404),
        ("POST", "/v1/responses/compact", {"input": "x"}, 400),
        ("POST", "/v1/responses/input_tokens", {"input": 7}, 400),
        ("POST", "/v1/chat/completions/c", {"metadata": 7}, 400),
        ("GET", "/v1/responses/r/output", None, 404),
        ("POST", "/v1/chat/completions/c/cancel", {}, 404),
        ("GET", "/v1/responses", None, 405),
        ("DELETE", "/v1/models", None, 404),
    ],
)
def test_what_the_provider_would_refuse_is_refused(client, method, path, body, status):
    """In its own words, and without a step of the script."""
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, "invalid_request_error")
