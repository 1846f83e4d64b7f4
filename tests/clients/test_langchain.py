"""langchain-openai, on chat completions and on the Responses API."""

from __future__ import annotations

import langchain_openai
import openai
import pytest


@pytest.fixture(params=[False, True], ids=["chat", "responses"])
def model(url, request):
    return langchain_openai.ChatOpenAI(
        model="gpt-5", api_key="none", base_url=url, max_retries=0, use_responses_api=request.param
    )


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


def test_a_refusal_is_the_clients_own(model):
    """With the wait that the provider asks for."""
    with pytest.raises(openai.RateLimitError) as caught:
        model.invoke("busy")
    assert caught.value.response.headers["retry-after"] == "7"
