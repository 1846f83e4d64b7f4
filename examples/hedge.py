"""Hedge: ask once more when an answer takes long, so that one slow answer in twenty is nobody's experience."""

from __future__ import annotations

import asyncio
import random

from beluga import hedge
from beluga.testing import fake_clock


class Model:
    """Answers in half a second, and in ten seconds one time in twenty."""

    def __init__(self) -> None:
        self.requests = 0
        self._rng = random.Random(7)

    async def ask(self) -> str:
        """Answer."""
        self.requests += 1
        await asyncio.sleep(10.0 if self._rng.random() < 0.05 else self._rng.uniform(0.4, 0.6))
        return "fine"


async def main() -> None:
    """Ask a thousand times without, and with a second run after one second."""
    clock = asyncio.get_running_loop()
    for name, decorate in (("alone", lambda function: function), ("hedged", hedge(after=1.0))):
        model, times = Model(), []
        ask = decorate(model.ask)
        for _ in range(1000):
            began = clock.time()
            await ask()
            times.append(clock.time() - began)
        print(f"{name}: 99 of 100 within {sorted(times)[990]:.1f} s, {model.requests} requests")


if __name__ == "__main__":
    with fake_clock() as clock:
        clock.run(main())
