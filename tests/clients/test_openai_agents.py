"""openai-agents, on its default model and on chat completions."""

from __future__ import annotations

import asyncio

import agents
import openai
import pytest


def weather(city: str) -> str:
    """Say what the weather is."""
    return f"rain in {city}"


@pytest.fixture(params=["OpenAIResponsesModel", "OpenAIChatCompletionsModel"])
def agent(way, request):
    agents.set_tracing_disabled(disabled=True)
    client = openai.AsyncOpenAI(api_key="none", base_url=way.url, max_retries=0, http_client=way.ahttp())
    model = getattr(agents, request.param)("gpt-5", openai_client=client)
    return agents.Agent(name="desk", model=model, tools=[agents.function_tool(weather)])


def test_an_agent_answers(agent):
    """Whole and streamed."""

    async def both():
        whole = await agents.Runner.run(agent, "hi")
        run = agents.Runner.run_streamed(agent, "hi")
        assert [event async for event in run.stream_events()]
        return whole.final_output, run.final_output

    assert asyncio.run(both()) == ("Grüße!", "Grüße!")


def test_an_agent_uses_its_tool(agent, script):
    """It is called, and the model sees what it said."""
    assert asyncio.run(agents.Runner.run(agent, "weather")).final_output == "It rains in Köln."
    assert "rain in Köln" in [message.text for message in script.calls[-1].messages]


def test_a_refusal_is_the_clients_own(agent):
    """The runner passes it on."""
    with pytest.raises(openai.RateLimitError):
        asyncio.run(agents.Runner.run(agent, "busy"))
