"""Ask several sources at once: fan out, fan in, and what to do when one of them is slow or broken.

Run it with ``python examples/scatter.py``; it needs no network and no key.
"""

from __future__ import annotations

import asyncio

from beluga.clock import environment
from beluga.orchestration import Scatter, quorum
from beluga.testing import fake_clock


def node_a(text: str) -> str:
    return f"A processed: {text}"


def node_b(text: str) -> str:
    return f"B processed: {text}"


def node_c(text: str) -> str:
    return f"C processed: {text}"


async def search(question: str) -> str:
    await environment().clock.asleep(0.2)
    return f"a web page about {question}"


async def database(question: str) -> str:
    await environment().clock.asleep(0.1)
    raise ConnectionError


async def archive(question: str) -> str:
    await environment().clock.asleep(30.0)
    return f"an old file about {question}"


async def ask_sources() -> None:
    outcomes = await Scatter(search, database, archive, policy="collect", timeout=2.0).acall("refunds")
    for outcome in outcomes:
        print(f"collect: {outcome.name:<9} {outcome.status:<9} after {outcome.elapsed:.1f} s")

    print("first:  ", await Scatter(search, database, archive, policy="first").acall("refunds"))

    outcomes = await Scatter(search, search, archive, policy=quorum(2)).acall("refunds")
    print("quorum: ", ", ".join(f"{outcome.name} {outcome.status}" for outcome in outcomes))

    try:
        await Scatter(search, database, archive).acall("refunds")
    except ConnectionError as error:
        print("fail_fast:", type(error).__name__, error.__notes__)


def main() -> None:
    for index, result in enumerate(Scatter(node_a, node_b, node_c)("hello")):
        print(f"Node {index}: {result}")
    with fake_clock() as clock:  # thirty seconds that nobody has to wait for
        asyncio.run(ask_sources())
        print(f"virtual seconds: {clock.monotonic():.1f}")


if __name__ == "__main__":
    main()
