"""instructor, which asks again where an answer does not fit."""

from __future__ import annotations

import instructor
import openai
import pydantic
import pytest

from beluga.llm import Reply, tool_call

GOOD, BAD = {"name": "Oslo", "people": 724290}, {"name": "Oslo", "people": "many"}


class City(pydantic.BaseModel):
    name: str
    people: int


@pytest.fixture(params=["TOOLS", "JSON", "JSON_SCHEMA"])
def client(way, request):
    asked = openai.OpenAI(api_key="none", base_url=way.url, max_retries=0, http_client=way.http())
    return instructor.from_openai(asked, mode=instructor.Mode[request.param])


def answer(client, given):
    """Return the reply with `given` that the mode of `client` expects."""
    text = pydantic.TypeAdapter(dict).dump_json(given).decode()
    return Reply(tools=[tool_call("City", **given)]) if client.mode is instructor.Mode.TOOLS else Reply(text)


def asked(client, create, **options):
    messages = [{"role": "user", "content": "city"}]
    return create(model="gpt-5", messages=messages, response_model=City, **options)


def test_an_answer_becomes_an_instance(client, script):
    """In whichever way it is asked for."""
    script.on("city").reply(answer(client, GOOD))
    assert asked(client, client.chat.completions.create).model_dump() == GOOD


def test_what_does_not_fit_is_asked_for_again(client, script):
    """With what is wrong with it."""
    script.on("city").reply(answer(client, BAD)).reply(answer(client, GOOD))
    script.on(lambda request: len(request.messages) > 1).reply(answer(client, GOOD))
    assert asked(client, client.chat.completions.create, max_retries=2).model_dump() == GOOD
    assert len(script.calls) == 2
    assert "people" in repr(script.calls[-1].messages)


def test_instances_come_in_part(client, script):
    """While the answer is streamed."""
    script.on("city").reply(answer(client, GOOD))
    seen = list(asked(client, client.chat.completions.create_partial))
    assert seen[-1].model_dump() == GOOD
