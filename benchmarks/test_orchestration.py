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

from beluga.orchestration import Graph, Scatter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

TEXT = "a billing question"


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


async def classify(text: str) -> str:
    return "billing"


async def billing(label: str) -> str:
    return "done"


async def branch(text: str) -> str:
    return text


def two_nodes(first: Callable[..., Any], second: Callable[..., Any]) -> Graph:
    """Return the conditional graph whose runs execute two nodes."""
    graph = Graph()
    graph.add_node("classify", first)
    graph.add_node("billing", second)
    graph.add_node("technical", lambda label: label)
    graph.route("classify", {"billing": "billing", "technical": "technical"})
    graph.set_entry("classify")
    return graph


async def plainly() -> str:
    return await billing(await classify(TEXT))


def test_a_graph_of_two_nodes_costs_at_most_four_times_plain_awaits() -> None:
    """Compiled once, a run looks nothing up."""
    graph = two_nodes(classify, billing)
    figures = fastest({"plain awaits": plainly, "beluga Graph": lambda: graph.ainvoke(TEXT)}, 200)
    show("graph, two nodes executed", figures)
    assert figures["beluga Graph"] <= 4 * figures["plain awaits"]


def test_a_scatter_of_ten_costs_at_most_a_fifth_more_than_gather() -> None:
    """One task for each branch and one future for all; with a limit, as few tasks as the limit."""
    nodes = [branch] * 10
    free, limited = Scatter(*nodes), Scatter(*nodes, limit=4)
    figures = fastest(
        {
            "asyncio.gather": lambda: asyncio.gather(*[node(TEXT) for node in nodes]),
            "beluga Scatter": lambda: free.acall(TEXT),
            "beluga Scatter, limit=4": lambda: limited.acall(TEXT),
        },
        10,
    )
    show("scatter of ten", figures)
    assert figures["beluga Scatter"] <= 1.2 * figures["asyncio.gather"]
    assert figures["beluga Scatter, limit=4"] <= 0.9 * figures["asyncio.gather"]


def test_a_sync_graph_starts_no_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without an event loop never makes one, which alone would cost 200 times the run."""
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: pytest.fail("an event loop was made"))
    graph = two_nodes(lambda text: "billing", lambda label: "done")
    assert graph.invoke(TEXT) == "done"
    began = time.perf_counter()
    for _ in range(10_000):
        graph.invoke(TEXT)
    print(f"\nsync graph, two nodes executed: {(time.perf_counter() - began) * 100:.2f} us")


def langgraph() -> Callable[[], Awaitable[Any]]:
    from langgraph.graph import END, START, StateGraph

    async def first(state: dict[str, Any]) -> dict[str, Any]:
        return {"label": await classify(state["text"])}

    async def second(state: dict[str, Any]) -> dict[str, Any]:
        return {"text": await billing(state["label"])}

    from typing import TypedDict

    graph = StateGraph(TypedDict("State", {"text": str, "label": str}))
    graph.add_node("classify", first)
    graph.add_node("billing", second)
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", lambda state: state["label"], {"billing": "billing"})
    graph.add_edge("billing", END)
    compiled = graph.compile()
    return lambda: compiled.ainvoke({"text": TEXT, "label": ""})


def pydantic_graph() -> Callable[[], Awaitable[Any]]:
    from pydantic_graph import GraphBuilder

    builder = GraphBuilder(input_type=str, output_type=str)

    @builder.step
    async def first(context: Any) -> str:
        return await classify(context.inputs)

    @builder.step
    async def second(context: Any) -> str:
        return await billing(context.inputs)

    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).to(second),
        builder.edge_from(second).to(builder.end_node),
    )
    graph = builder.build()
    return lambda: graph.run(inputs=TEXT)


def burr() -> Callable[[], Awaitable[Any]]:
    from burr.core import ApplicationBuilder, State, action, when

    @action(reads=["text"], writes=["label"])
    async def first(state: State) -> State:
        return state.update(label=await classify(state["text"]))

    @action(reads=["label"], writes=["answer"])
    async def second(state: State) -> State:
        return state.update(answer=await billing(state["label"]))

    def run() -> Awaitable[Any]:
        # An application keeps its place, so each run needs one of its own.
        builder = ApplicationBuilder().with_actions(classify=first, billing=second)
        builder = builder.with_transitions(("classify", "billing", when(label="billing")))
        return builder.with_state(text=TEXT).with_entrypoint("classify").build().arun(halt_after=["billing"])

    return run


def haystack() -> Callable[[], Awaitable[Any]]:
    from haystack import Pipeline, component

    @component
    class First:
        @component.output_types(label=str)
        def run(self, text: str) -> dict[str, str]:
            return {"label": "billing"}

    @component
    class Second:
        @component.output_types(answer=str)
        def run(self, label: str) -> dict[str, str]:
            return {"answer": "done"}

    pipeline = Pipeline()
    pipeline.add_component("classify", First())
    pipeline.add_component("billing", Second())
    pipeline.connect("classify.label", "billing.label")

    async def run() -> Any:
        return pipeline.run({"classify": {"text": TEXT}})

    return run


@pytest.mark.parametrize("peer", [langgraph, pydantic_graph, burr, haystack], ids=lambda peer: peer.__name__)
def test_a_graph_beside_its_peers(peer: Callable[[], Callable[[], Awaitable[Any]]]) -> None:
    """The same two nodes in another library take at least ten times as long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(peer.__name__, reason="measured only where the peer is installed")
        graph = two_nodes(classify, billing)
        cases = {"plain awaits": plainly, "beluga Graph": lambda: graph.ainvoke(TEXT), peer.__name__: peer()}
        figures = fastest(cases, 20, repeats=20)
    show(f"graph, two nodes executed, beside {peer.__name__}", figures)
    assert figures[peer.__name__] >= 10 * figures["beluga Graph"]
