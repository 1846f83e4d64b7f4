"""Frameworks that people talk to models with, unchanged, against the served fake."""

from __future__ import annotations

import pytest

from beluga.llm import FakeProvider, Reply, faults, tool_call


@pytest.fixture
def script():
    """Answer what the battery asks: a greeting, a tool's call and what comes after it, and a refusal."""
    fake = FakeProvider()
    fake.on(lambda request: request.text == "weather" and len(request.messages) < 3).reply(
        Reply(tools=[tool_call("weather", city="Köln")])
    )
    fake.on(lambda request: request.text == "weather").reply("It rains in Köln.")
    fake.on(lambda request: request.text == "busy").fault(faults.rate_limit(retry_after=7))
    fake.default("Grüße!")
    return fake


@pytest.fixture
def url(script):
    """Where OpenAI's clients reach it."""
    with script.serve(chunking="random") as root:
        yield f"{root}/v1"
