"""pydantic-ai, on chat completions and on the Responses API."""

from __future__ import annotations

import asyncio

import openai
import pydantic_ai
import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models import openai as models
from pydantic_ai.providers.openai import OpenAIProvider


@pytest.fixture(params=["OpenAIChatModel", "OpenAIResponsesModel"])
def agent(way, request):
    client = openai.AsyncOpenAI(api_key="none", base_url=way.url, max_retries=0, http_client=way.ahttp())
    model = getattr(models, request.param)("gpt-5", provider=OpenAIProvider(openai_client=client))
    agent = pydantic_ai.Agent(model)

    @agent.tool_plain
    def weather(city: str) -> str:
        """Say what the weather is."""
        return f"rain in {city}"

    return agent


def test_an_agent_answers(agent):
    """Whole and streamed."""

    async def both():
        whole = await agent.run("hi")
        async with agent.run_stream("hi") as run:
            return whole.output, await run.get_output()

    assert asyncio.run(both()) == ("Grüße!", "Grüße!")


def test_an_agent_uses_its_tool(agent, script):
    """It is called, and the model sees what it said."""
    assert agent.run_sync("weather").output == "It rains in Köln."
    assert "rain in Köln" in [message.text for message in script.calls[-1].messages]


def test_a_refusal_is_the_clients_own(agent):
    """With the provider's status."""
    with pytest.raises(ModelHTTPError) as caught:
        agent.run_sync("busy")
    assert caught.value.status_code == 429
