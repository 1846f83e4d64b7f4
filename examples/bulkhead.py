"""Bulkhead: let so many calls run at once, and find out how many that may be."""

from __future__ import annotations

import asyncio

from beluga import Bulkhead, BulkheadFull, ErrorCode, ProviderError, bulkhead
from beluga.testing import fake_clock

BEARS = 40
"""How many calls at once the provider bears, which it tells nobody."""


@bulkhead(2, max_queue=1)
async def summarise(document: str) -> str:
    """Take a second for each document, two at a time, with room for one that waits."""
    await asyncio.sleep(1.0)
    return f"a summary of {document}"


class Provider:
    """Refuses whoever is one too many."""

    def __init__(self) -> None:
        self.running = self.answered = self.refused = 0

    async def ask(self) -> None:
        """Answer in half a second."""
        self.running += 1
        try:
            if self.running > BEARS:
                self.refused += 1
                raise ProviderError("too many at once", code=ErrorCode.RATE_LIMIT)
            await asyncio.sleep(0.5)
            self.answered += 1
        finally:
            self.running -= 1


async def fixed() -> None:
    """Send four documents at once: two run, one waits, and one is told when to come again."""
    results = await asyncio.gather(*map(summarise, "abcd"), return_exceptions=True)
    for result in results:
        print(f"refused, again in {result.retry_after:.0f} s" if isinstance(result, BulkheadFull) else result)


async def found() -> None:
    """Let 200 workers ask for half a minute."""
    provider, slots = Provider(), Bulkhead("auto", max_queue=200)
    ask = slots(provider.ask)

    async def worker() -> None:
        while True:
            try:
                await ask()
            except ProviderError:
                await asyncio.sleep(0.5)

    workers = [asyncio.create_task(worker()) for _ in range(200)]
    await asyncio.sleep(30.0)
    near = 0.9 * BEARS <= slots.limit() <= 1.1 * BEARS
    rare = provider.refused <= 0.01 * provider.answered
    print(f"found within a tenth: {near}; refused no more than a hundredth: {rare}")
    for each in workers:
        each.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


if __name__ == "__main__":
    with fake_clock() as clock:
        clock.run(fixed())
        clock.run(found())
