"""Frameworks that people talk to models with, unchanged, against the fake: in the process, and over loopback."""

from __future__ import annotations

from typing import Any

import attrs
import httpx2
import pytest

from beluga.llm import FakeProvider, Reply, faults, tool_call


@pytest.fixture
def script():
    """Answer what the battery asks: a greeting, a tool's call and what comes after it, a form, and a refusal."""
    fake = FakeProvider()
    fake.on(lambda request: request.text == "weather" and len(request.messages) < 3).reply(
        Reply(tools=[tool_call("weather", city="Köln")])
    )
    fake.on(lambda request: request.text == "weather").reply("It rains in Köln.")
    fake.on(lambda request: request.text == "busy").fault(faults.rate_limit(retry_after=7))
    fake.default("Grüße!")
    return fake


@attrs.frozen
class Way:
    """How clients reach the fake.

    Args:
        root: Its root URL, as Anthropic's clients want it.
        transport: What their HTTP clients send with; None over loopback.
    """

    root: str
    transport: Any = None

    @property
    def url(self) -> str:
        """The URL that OpenAI's clients want."""
        return f"{self.root}/v1"

    def http(self) -> Any:
        """Return an HTTP client for an SDK; None lets it make its own."""
        return None if self.transport is None else httpx2.Client(transport=self.transport)

    def ahttp(self) -> Any:
        """Return an async one."""
        return None if self.transport is None else httpx2.AsyncClient(transport=self.transport)


@pytest.fixture(params=["transport", "loopback"])
def way(script, request):
    """Both ways, with bodies that are cut by chance."""
    if request.param == "transport":
        yield Way("http://fake.invalid", script.transport(httpx2, chunking="random"))
        return
    with script.serve(chunking="random") as root:
        yield Way(root)


@pytest.fixture
def url(script):
    """Where OpenAI's clients of other languages reach it."""
    with script.serve(chunking="random") as root:
        yield f"{root}/v1"
