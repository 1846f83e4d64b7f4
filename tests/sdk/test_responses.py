"""OpenAI's SDK on the Responses API, in the process and over loopback."""

from __future__ import annotations

import openai
import pytest
from pydantic import BaseModel

from beluga.llm import FakeProvider, Reply, faults, tool_call


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture(params=["transport", "loopback"])
def client(request, sdk):
    """Return what makes a client of a fake provider."""
    if sdk.root != "/v1":
        pytest.skip("only OpenAI has this API")
    serving = []

    def client(fake):
        options = {"api_key": "sk-not-a-key", "max_retries": 0}
        if request.param == "transport":
            http = sdk.module.Client(transport=fake.transport(sdk.module, chunking="random"))
            return openai.OpenAI(http_client=http, **options)
        server = fake.serve()
        serving.append(server)
        return openai.OpenAI(base_url=server.__enter__() + "/v1", **options)

    yield client
    for server in serving:
        server.__exit__(None, None, None)


TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}


def test_whole_answers_are_read(client):
    """Text, reasoning and calls; and the next turn by the id of the response."""
    fake = FakeProvider(Reply("Yes.", thinking="Hm.", tools=[tool_call("f", x=1)]), "Bye.")
    sdk = client(fake)
    answer = sdk.responses.create(model="gpt-5", instructions="Be brief.", input="hi", tools=[TOOL])
    assert answer.output_text == "Yes."
    assert [item.type for item in answer.output] == ["reasoning", "message", "function_call"]
    result = {"type": "function_call_output", "call_id": answer.output[2].call_id, "output": "2"}
    after = sdk.responses.create(model="gpt-5", previous_response_id=answer.id, input=[result])
    assert after.output_text == "Bye."
    assert [message.role for message in fake.calls[1].messages] == ["user", "assistant", "tool"]
    assert after.usage.total_tokens == after.usage.input_tokens + after.usage.output_tokens


def test_streams_are_read(client):
    """Every event that the SDK puts a response together from."""
    sdk = client(FakeProvider(Reply("It is sunny.", thinking="Hm.", tools=[tool_call("f", x=1)])))
    with sdk.responses.stream(model="gpt-5", input="hi", tools=[TOOL]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "It is sunny."
    assert final.output[2].arguments == '{"x":1}'
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert {"response.output_text.delta", "response.function_call_arguments.done"} <= set(kinds)


def test_answers_are_parsed(client):
    """Into a class of the user's."""
    sdk = client(FakeProvider('{"name": "Bern", "people": 134000}'))
    answer = sdk.responses.parse(model="gpt-5", input="Which?", text_format=City)
    assert answer.output_parsed == City(name="Bern", people=134000)


def test_faults_are_the_sdks_errors(client):
    """A refusal, an answer that was cut by its bound, and a stream that breaks off."""
    sdk = client(FakeProvider(faults.rate_limit(), Reply("x", finish_reason="length"), faults.overloaded_in_stream(1)))
    with pytest.raises(openai.RateLimitError):
        sdk.responses.create(model="gpt-5", input="hi")
    assert sdk.responses.create(model="gpt-5", input="hi").incomplete_details.reason == "max_output_tokens"
    events = sdk.responses.create(model="gpt-5", input="hi", stream=True)
    assert [event.type for event in events][-1] == "error"  # which the SDK hands on
