"""Limits, money and circuits that processes share: two of them here, on a store for tests."""

from __future__ import annotations

from collections.abc import Callable

from beluga import Amount, Refused, breaker, budget, rate_limited, spend
from beluga.stores import FakeStore
from beluga.testing import fake_clock

store = FakeStore()
"""In production ``RedisStore("redis://...")``; the rest stays as it is."""

Ask = Callable[[str, float], str]


def start_process(*, is_healthy: bool) -> Ask:
    """Return what each process has: the same function behind the same names, with nothing in common but the store."""

    @budget(cost=1.0, key="tenant", window=86_400, store=store, name="money", estimate=Amount(cost=0.1))
    @breaker(failure_threshold=2, store=store, name="provider")
    @rate_limited(limit=4, window=60.0, key="tenant", store=store, name="requests")
    def ask(tenant: str, cost: float) -> str:
        if not is_healthy:
            message = "no route to the provider"
            raise ConnectionError(message)
        spend(cost=cost)
        return "fine"

    return ask


def tell(who: str, ask: Ask, tenant: str, cost: float) -> None:
    """Print how a call went."""
    try:
        print(f"{who} for {tenant}: {ask(tenant, cost)}")
    except Refused as error:
        print(f"{who} for {tenant}: {error.code}, again in {error.retry_after:g} s")
    except ConnectionError as error:
        print(f"{who} for {tenant}: {error}")


def main() -> None:
    """Use up a limit and a budget from two processes, find a provider down in one, and lose the store."""
    with fake_clock() as clock:
        here, there = start_process(is_healthy=True), start_process(is_healthy=True)
        for who, ask in (("here", here), ("there", there)) * 2:
            tell(who, ask, "ada", 0.01)
        tell("here", here, "ada", 0.01)
        tell("here", here, "bob", 0.95)
        tell("there", there, "bob", 0.01)
        clock.advance(60.0)
        sick = start_process(is_healthy=False)
        for _ in range(2):
            tell("sick", sick, "eve", 0.01)
        tell("here", here, "eve", 0.01)
        clock.advance(30.0)
        tell("here", here, "eve", 0.01)
        with store.down():
            tell("here, no store", here, "ada", 0.01)


if __name__ == "__main__":
    main()
