"""Google's SDK against the fake provider, over loopback; the environments without it leave this out."""

from __future__ import annotations

import pytest

from beluga.llm import FakeProvider, Reply, faults, tool_call

genai = pytest.importorskip("google.genai", reason="google-genai is in an environment of its own")
errors = pytest.importorskip("google.genai.errors")


@pytest.fixture
def client():
    """Return what makes a client of a fake provider."""
    serving, kept = [], []

    def client(fake):
        server = fake.serve()
        serving.append(server)
        made = genai.Client(api_key="not-a-key", http_options={"base_url": server.__enter__()})
        kept.append(made)  # one that nobody holds closes itself
        return made

    yield client
    for server in serving:
        server.__exit__(None, None, None)


def test_whole_answers_are_read(client):
    """Text, thoughts, calls and usage; and the conversation goes on."""
    fake = FakeProvider(Reply("Yes.", thinking="Hm.", tools=[tool_call("f", x=1)]), "Bye.")
    chat = client(fake).chats.create(model="gemini-3-pro", config={"system_instruction": "Be brief."})
    answer = chat.send_message("hi")
    assert answer.candidates[0].content.parts[1].text == "Yes."
    assert answer.function_calls[0].args == {"x": 1}
    assert answer.usage_metadata.total_token_count > 0
    part = genai.types.Part.from_function_response(name="f", response={"result": "2"})
    assert chat.send_message(part).text == "Bye."
    assert [message.role for message in fake.calls[1].messages] == ["system", "user", "assistant", "tool"]


def test_streams_are_read(client):
    """In pieces, and together the same."""
    fake = FakeProvider("It is sunny today.")
    chunks = list(client(fake).models.generate_content_stream(model="gemini-3-pro", contents="hi"))
    assert "".join(chunk.text or "" for chunk in chunks) == "It is sunny today."
    assert chunks[-1].candidates[0].finish_reason == "STOP"


def test_faults_are_the_sdks_errors(client):
    """With their status."""
    fake = FakeProvider(faults.rate_limit(retry_after=1))
    with pytest.raises(errors.ClientError) as caught:
        client(fake).models.generate_content(model="gemini-3-pro", contents="hi")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
