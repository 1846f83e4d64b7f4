"""Timeout budget: one deadline for a model call, a tool and a memory write that follow each other."""

from __future__ import annotations

from beluga import DeadlineExceeded, TimeoutBudget, budget, remaining
from beluga.clock import environment
from beluga.llm import FakeProvider, faults
from beluga.testing import fake_clock

model = FakeProvider(faults.stall(60.0), "too late")


@budget(10.0)
async def turn() -> str:
    """Ask a model that stalls; the call is cancelled at the deadline."""
    return (await model.agenerate("Hello?")).text


def steps() -> None:
    """Give each step a fraction of what is left when it begins."""
    clock = environment().clock
    whole = TimeoutBudget(10.0)
    with whole.allocate(0.6):
        clock.sleep(2.0)  # the model was quick
        print(f"model: {remaining():.1f} s of its share left, {whole.remaining():.1f} s in all")
    with whole.allocate(0.3):
        print(f"tool: {remaining():.1f} s")
        clock.sleep(1.0)
    with whole.allocate(1.0):
        print(f"memory: {remaining():.1f} s")


def main() -> None:
    """Spread a budget over three steps, then let one run out."""
    with fake_clock() as clock:
        steps()
        began = clock.monotonic()
        try:
            clock.run(turn())
        except DeadlineExceeded as error:
            print(f"after {clock.monotonic() - began:.0f} s: {error}")


if __name__ == "__main__":
    main()
