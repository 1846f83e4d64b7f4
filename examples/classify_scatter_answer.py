"""One support turn: classify, ask three retrievers at once with a share of one budget each, answer.

The seconds of the turn and the model come from a configuration file that is edited while the program runs: each
turn reads the current one once. Run it with ``python examples/classify_scatter_answer.py``; it needs no network.
"""

from __future__ import annotations

import asyncio
import pathlib
import tempfile

import attrs

from beluga import TimeoutBudget, remaining
from beluga.clock import environment
from beluga.config import FileWatcher, Seconds, field
from beluga.llm import FakeProvider, Reply
from beluga.orchestration import BranchResult, Graph, Scatter
from beluga.testing import fake_clock


@attrs.frozen
class Settings:
    """What operators may change: seconds for a whole turn, and the model that answers."""

    turn_seconds: Seconds = field(6.0, min=0.1)
    model: str = "gpt-4o"


file = pathlib.Path(tempfile.mkdtemp()) / "desk.json"
file.write_text('{"turn_seconds": "6s", "model": "gpt-4o"}')
live = FileWatcher(file, Settings)
provider = FakeProvider().default(Reply("Your refund for invoice 17 is on its way."))


def classify(text: str) -> str:
    return "billing" if "invoice" in text else "general"


async def invoices(topic: str, original: str) -> str:
    await environment().clock.asleep(0.4)
    return f"invoice 17 is paid twice ({len(original)} characters say so)"


async def handbook(topic: str) -> str:
    await environment().clock.asleep(0.8)
    return f"rules for {topic}: refunds within 14 days"


async def archive(topic: str) -> str:
    print(f"  archive has {remaining():.1f} s")
    await environment().clock.asleep(60.0)
    return "too late to be of use"


def found(outcomes: list[BranchResult]) -> list[str]:
    for outcome in outcomes:
        print(f"  {outcome.name:<8} {outcome.status:<9} after {outcome.elapsed:.1f} s")
    return [outcome.value for outcome in outcomes if outcome.ok]


async def answer(facts: list[str], original: str) -> str:
    print(f"  answer has {remaining():.1f} s")
    reply = await provider.agenerate(f"{original}\n" + "\n".join(facts))
    return f"{live.current.model}: {reply.text} ({len(facts)} facts)"


turn = Graph("turn")
turn.add_node("classify", classify)
turn.add_node("retrieve", Scatter(invoices, handbook, archive, policy="collect", budget="split"))
turn.add_node("found", found)
turn.add_node("answer", answer)
turn.add_edge("classify", "retrieve")
turn.add_edge("retrieve", "found")
turn.add_edge("found", "answer")
turn.set_entry("classify")


async def handle(text: str) -> str:
    budget = TimeoutBudget(live.current.turn_seconds)
    async with budget.allocate():
        return await turn.ainvoke(text)


async def serve() -> None:
    text = "Refund my invoice please"
    print(f"turn of {live.current.turn_seconds:g} s")
    print(await handle(text))
    file.write_text('{"turn_seconds": "1.5s", "model": "gpt-4o-mini"}')
    live.poll()  # a service writes ``async with live:`` and need not ask
    print(f"turn of {live.current.turn_seconds:g} s")
    print(await handle(text))


def main() -> None:
    turn.check()
    with fake_clock():
        asyncio.run(serve())


if __name__ == "__main__":
    main()
