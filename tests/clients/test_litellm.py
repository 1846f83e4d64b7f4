"""litellm, as it speaks to OpenAI, Anthropic, Mistral and Gemini; it makes its HTTP clients itself: over loopback."""

from __future__ import annotations

import litellm
import pytest

TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture(params=["openai/gpt-5", "anthropic/claude-sonnet-4-5", "mistral/m", "gemini/gemini-2.5-flash"])
def ask(url, request):
    """Ask a model of that provider."""
    has_version = request.param.startswith(("openai", "mistral"))
    base = url if has_version else url.removesuffix("/v1")

    def asked(text, **options):
        messages = [{"role": "user", "content": text}]
        return litellm.completion(
            request.param, messages, api_base=base, api_key="none", num_retries=0, max_retries=0, **options
        )

    return asked


def test_an_answer_is_the_same_whole_and_streamed(ask):
    """Text and usage."""
    answer = ask("hi")
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in ask("hi", stream=True))
    assert (answer.choices[0].message.content, streamed) == ("Grüße!", "Grüße!")
    assert answer.usage.completion_tokens > 0


def test_tools_are_called_whole_and_streamed(ask):
    """With their arguments as they were."""
    whole = ask("weather", tools=[TOOL])
    streamed = litellm.stream_chunk_builder(list(ask("weather", tools=[TOOL], stream=True)))
    for answer in (whole, streamed):
        (call,) = answer.choices[0].message.tool_calls
        assert (call.function.name, litellm.utils.json.loads(call.function.arguments)) == ("weather", {"city": "Köln"})


def test_a_refusal_is_the_clients_own(ask):
    """The same for every provider."""
    with pytest.raises(litellm.RateLimitError):
        ask("busy")


def test_responses_and_embeddings(url):
    """Of OpenAI."""
    told = {"api_base": url, "api_key": "none"}
    assert litellm.responses("hi", "openai/gpt-5", **told).output_text == "Grüße!"
    vectors = litellm.embedding("openai/text-embedding-3-small", ["a", "a", "b"], **told).data
    assert vectors[0]["embedding"] == vectors[1]["embedding"] != vectors[2]["embedding"]
