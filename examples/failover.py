"""Failover: ask OpenAI, and Anthropic while OpenAI is down, without waiting for it each time."""

from __future__ import annotations

import httpx

from beluga import CircuitBreaker, fallback
from beluga.llm import FakeProvider, faults, new
from beluga.testing import fake_clock

# Scripts stand in for both companies; without transport= the same lines reach the real ones.
openai_server = FakeProvider(*[faults.server_error(503)] * 3, "It is 42, says OpenAI again.")
anthropic_server = FakeProvider().default("It is 42, says Anthropic.")

openai = new("openai", model="gpt-4o", api_key="unused", transport=openai_server.transport(httpx))
anthropic = new("anthropic", model="claude-sonnet-4-5", api_key="unused", transport=anthropic_server.transport(httpx))

circuit = CircuitBreaker(failure_threshold=3, reset_timeout=30.0, name="openai")


def ask_anthropic(question: str) -> str:
    """Ask the second provider."""
    return anthropic.generate(question).text


@fallback(ask_anthropic)
@circuit
def ask(question: str) -> str:
    """Ask the first provider, unless its circuit is open."""
    return openai.generate(question).text


def main() -> None:
    """Fail over three times, then without asking OpenAI at all, and go back when it is up again."""
    with fake_clock() as clock:
        for number in range(1, 6):
            answer = ask("What is the answer?")
            print(f"call {number}: {answer} (openai was asked {len(openai_server.calls)} times, {circuit.state})")
        clock.advance(30.0)
        print("30 s later:", ask("What is the answer?"), circuit.state)


if __name__ == "__main__":
    main()
