"""langchain-openai, on chat completions and on the Responses API, and langchain-anthropic."""

from __future__ import annotations

import anthropic
import langchain_anthropic
import langchain_openai
import openai
import pytest


@pytest.fixture(params=["chat", "responses", "anthropic"])
def model(way, request):
    if request.param != "anthropic":
        return langchain_openai.ChatOpenAI(
            model="gpt-5",
            api_key="none",
            base_url=way.url,
            max_retries=0,
            http_client=way.http(),
            use_responses_api=request.param == "responses",
        )
    model = langchain_anthropic.ChatAnthropic(model="claude", api_key="none", base_url=way.root, max_retries=0)
    if way.transport is not None:  # it has no setting for a client, and keeps the one that it makes
        client = anthropic.Anthropic(api_key="none", base_url=way.root, max_retries=0, http_client=way.http())
        model.__dict__["_client"] = client
    return model


def weather(city: str) -> str:
    """Say what the weather is."""
    return f"rain in {city}"


def test_an_answer_is_the_same_whole_and_streamed(model):
    """Text and usage."""
    answer = model.invoke("hi")
    assert (answer.text, "".join(chunk.text for chunk in model.stream("hi"))) == ("Grüße!", "Grüße!")
    assert answer.usage_metadata["output_tokens"] > 0


def test_tools_are_called_whole_and_streamed(model):
    """With their arguments as they were."""
    bound = model.bind_tools([weather])
    streamed = None
    for chunk in bound.stream("weather"):
        streamed = chunk if streamed is None else streamed + chunk
    for answer in (bound.invoke("weather"), streamed):
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("weather", {"city": "Köln"})]


def test_what_a_tool_answered_goes_back(model, script):
    """The model sees it, and says what follows."""
    bound = model.bind_tools([weather])
    asked = [("human", "weather")]
    called = bound.invoke(asked)
    told = {"role": "tool", "content": "rain in Köln", "tool_call_id": called.tool_calls[0]["id"]}
    assert bound.invoke([*asked, called, told]).text == "It rains in Köln."
    assert "rain in Köln" in [message.text for message in script.calls[-1].messages]


def test_a_refusal_is_the_clients_own(model):
    """With the wait that the provider asks for."""
    with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)) as caught:
        model.invoke("busy")
    assert caught.value.response.headers["retry-after"] == "7"
