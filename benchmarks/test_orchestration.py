"""What graphs and scatters cost, as ratios to plain awaits and to `asyncio.gather` in the same run.

Run with ``pytest benchmarks/test_orchestration.py -s`` to see the tables. Peers are measured where installed.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from beluga.orchestration import Scatter, scatter
from benchmarks.graph_peers import GRAPHS, SCATTERS
from benchmarks.graph_subjects import BRANCHES, TEXT, billing, branch, classify, gathered, plainly, two_nodes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


def fastest(cases: Mapping[str, Callable[[], Awaitable[Any]]], rounds: int, repeats: int = 400) -> dict[str, float]:
    """Return the least microseconds of each case; the cases take turns, so that load on the machine hits all."""
    best = dict.fromkeys(cases, float("inf"))

    async def measure() -> None:
        for case in cases.values():
            await case()
        for _ in range(repeats):
            for name, case in cases.items():
                began = time.perf_counter()
                for _ in range(rounds):
                    await case()
                best[name] = min(best[name], (time.perf_counter() - began) / rounds * 1e6)

    # In a thread, because its stack is empty: beneath pytest's sixty frames a call can cost twice as much,
    # when it happens to lie where CPython 3.11 has to add a chunk to the stack.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, measure()).result()
    return best


def show(title: str, figures: Mapping[str, float]) -> None:
    """Print `figures` as ratios to the first one."""
    floor = next(iter(figures.values()))
    print(f"\n{title}")
    for name, figure in figures.items():
        print(f"  {name:<32} {figure:9.2f} us  {figure / floor:9.2f} x")


def test_a_graph_of_two_nodes_costs_at_most_four_times_plain_awaits() -> None:
    """Compiled once, a run looks nothing up."""
    graph = two_nodes(classify, billing)
    figures = fastest({"plain awaits": plainly, "beluga Graph": lambda: graph.ainvoke(TEXT)}, 200)
    show("graph, two nodes executed", figures)
    assert figures["beluga Graph"] <= 4 * figures["plain awaits"]


def test_a_scatter_of_ten_costs_at_most_a_fifth_more_than_gather() -> None:
    """One task for each branch and one future for all; with a limit, as few tasks as the limit."""
    nodes = [branch] * BRANCHES
    free, limited = Scatter(*nodes), Scatter(*nodes, limit=4)
    figures = fastest(
        {
            "asyncio.gather": gathered,
            "beluga Scatter": lambda: free.acall(TEXT),
            "beluga Scatter, limit=4": lambda: limited.acall(TEXT),
        },
        10,
    )
    show("scatter of ten", figures)
    assert figures["beluga Scatter"] <= 1.2 * figures["asyncio.gather"]
    assert figures["beluga Scatter, limit=4"] <= 0.9 * figures["asyncio.gather"]


def test_a_map_over_ten_thousand_items_costs_no_more_than_a_semaphore_loop() -> None:
    """A hundred workers take the items from one iterator, where the loop by hand makes a task for each."""
    count, limit = 10_000, 100

    async def by_hand() -> list[str]:
        places = asyncio.Semaphore(limit)

        async def one() -> str:
            async with places:
                return await branch(TEXT)

        return await asyncio.gather(*(one() for _ in range(count)))

    figures = fastest(
        {
            "semaphore loop": by_hand,
            "beluga map": lambda: scatter.map(branch, [TEXT] * count, limit=limit),
            "beluga map, generator": lambda: scatter.map(branch, iter([TEXT] * count), limit=limit),
        },
        1,
        repeats=7,
    )
    show("10,000 items, limit=100", figures)
    assert figures["beluga map"] <= 1.2 * figures["semaphore loop"]
    assert figures["beluga map, generator"] <= 1.2 * figures["semaphore loop"]


def test_a_sync_graph_starts_no_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without an event loop never makes one, which alone would cost 200 times the run."""
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: pytest.fail("an event loop was made"))
    graph = two_nodes(lambda text: "billing", lambda label: "done")
    assert graph.invoke(TEXT) == "done"
    began = time.perf_counter()
    for _ in range(10_000):
        graph.invoke(TEXT)
    print(f"\nsync graph, two nodes executed: {(time.perf_counter() - began) * 100:.2f} us")


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_beside_its_peers(name: str) -> None:
    """The same two nodes in another library take at least ten times as long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name, reason="measured only where the peer is installed")
        graph = two_nodes(classify, billing)
        cases = {"plain awaits": plainly, "beluga Graph": lambda: graph.ainvoke(TEXT), name: GRAPHS[name]()}
        figures = fastest(cases, 20, repeats=20)
    show(f"graph, two nodes executed, beside {name}", figures)
    assert figures[name] >= 10 * figures["beluga Graph"]


@pytest.mark.parametrize("name", SCATTERS)
def test_a_scatter_beside_its_peers(name: str) -> None:
    """The same ten branches in another library take at least ten times as long, and give the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name, reason="measured only where the peer is installed")
        scatter, run = Scatter(*[branch] * BRANCHES), SCATTERS[name]()
        assert str(asyncio.run(run())).count(TEXT) >= BRANCHES
        cases = {"asyncio.gather": gathered, "beluga Scatter": lambda: scatter.acall(TEXT), name: run}
        figures = fastest(cases, 5, repeats=20)
    show(f"scatter of ten, beside {name}", figures)
    assert figures[name] >= 10 * figures["beluga Scatter"]
