"""Cached answers: ask once for all who ask the same at once, keep tenants apart, and outlive an outage."""

from __future__ import annotations

import asyncio

from beluga import Cache
from beluga.llm import FakeProvider, faults
from beluga.testing import fake_clock

model = FakeProvider("Four weeks.", "Two weeks.", faults.server_error(503))
answers = Cache(ttl=300.0, per="tenant", stale=3600.0)


@answers
async def ask(question: str, *, tenant: str) -> str:
    """Ask the model what a tenant's policy says."""
    return (await model.agenerate(question)).text


async def main() -> None:
    """Let a hundred ask at once, then another tenant, and then everybody during an outage."""
    hundred = await asyncio.gather(*(ask("How long is the warranty?", tenant="north") for _ in range(100)))
    print(f"100 at once: {set(hundred)} from {len(model.calls)} call")
    print("another tenant:", await ask("How long is the warranty?", tenant="south"), f"({len(model.calls)} calls)")
    await asyncio.sleep(600.0)
    print("stale, and the model is down:", await ask("How long is the warranty?", tenant="north"))
    print(f"forgotten: {answers.forget()} of {answers.stats.hits + answers.stats.waited} answers that cost nothing")


if __name__ == "__main__":
    with fake_clock() as clock:
        clock.run(main())
