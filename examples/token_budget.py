"""Token budget: what calls may cost, counted from the usage that the provider reports."""

from __future__ import annotations

import httpx

from beluga import BudgetExceeded, budget
from beluga.llm import FakeProvider, Reply, new
from beluga.schema import Response, Usage

server = FakeProvider().default(Reply("Done.", usage=Usage(input_tokens=300, output_tokens=100, cached_tokens=200)))
model = new("openai", model="gpt-4o", api_key="unused", transport=server.transport(httpx))


def price(usage: Usage) -> float:
    """Return dollars, from so much a million tokens: input, cached input, output."""
    fresh = usage.input_tokens - usage.cached_tokens
    return (2.50 * fresh + 1.25 * usage.cached_tokens + 10.00 * usage.output_tokens) / 1e6


@budget(tokens=1_000, key="project", estimate=400)
def ask(question: str, *, project: str) -> Response:
    """Ask for a project, which has a thousand tokens; 400 are set aside before, and what was used counts after."""
    return model.generate(question)


@budget(cost=0.004, price=price)
def agent(task: str) -> int:
    """Work on a task in steps, as many as the money lasts for."""
    for step in range(1, 100):
        try:
            think(task)
        except BudgetExceeded:
            return step - 1
    return 99


@budget(cost=1.0, price=price)
def think(task: str) -> Response:
    """Take one step, which is charged to the agent as well."""
    return model.generate(task)


def main() -> None:
    """Let two projects spend their tokens, and an agent its money."""
    for project in ("blue", "blue", "blue", "green", "blue"):
        try:
            usage = ask("Are we there yet?", project=project).usage
            print(f"{project}: {usage.total_tokens} tokens, {price(usage) * 100:.2f} cents")
        except BudgetExceeded as error:
            print(f"{project}: {error.spent:.0f} of {error.limit:.0f} {error.unit} are spent")
    print("steps of the agent:", agent("Sort the mail."))


if __name__ == "__main__":
    main()
