"""Chaos: let a real function fail by chance on a staging system, and see what its decorators make of it."""

from __future__ import annotations

from beluga import events, retry
from beluga.testing import chaos, fake_clock, faults, unleash


@retry(max_attempts=5)
@chaos(rate=0.3, errors=[ConnectionError("the line is dead"), faults.rate_limit(retry_after=2.0)], delay=1.0)
def ask(question: str) -> str:
    """Answer; off stage there is no chaos, and this costs two look-ups."""
    return "fine"


def main() -> None:
    """Ask a hundred times in the calm, and a hundred times in each of two storms, the second like the first."""
    print("calm:", {ask("Why?") for _ in range(100)})
    for _ in range(2):
        retries: list[events.RetryScheduled] = []
        with fake_clock(), unleash(seed=7), events.subscribe(retries.append, events.RetryScheduled):
            answers = [ask("Why?") for _ in range(100)]
        print(f"storm: {len(answers)} answers, {len(retries)} retries")


if __name__ == "__main__":
    main()
