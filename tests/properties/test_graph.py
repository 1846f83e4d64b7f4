"""What holds for every graph."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from beluga import GraphError
from beluga.orchestration import Graph

Ways = dict[int, list[int]]


@st.composite
def ways(draw: st.DrawFn) -> Ways:
    """Generate up to six nodes with the targets of each."""
    count = draw(st.integers(1, 6))
    targets = st.lists(st.integers(0, count - 1), max_size=3, unique=True)
    return {node: draw(targets) for node in range(count)}


def built(ways: Ways, *, asynchronous: bool = False, max_steps: int = 20) -> Graph:
    """Return the graph whose nodes go to the target that the input has for each step."""
    graph = Graph(max_steps=max_steps)
    for node in ways:

        def call(choices: tuple[int, ...]) -> tuple[int, ...]:
            return choices[1:]

        async def acall(choices: tuple[int, ...]) -> tuple[int, ...]:
            await asyncio.sleep(0)
            return choices[1:]

        graph.add_node(str(node), acall if asynchronous and node % 2 else call)
    for node, targets in ways.items():
        for place, target in enumerate(targets):

            def chosen(choices: tuple[int, ...], place: int = place, count: int = len(targets)) -> bool:
                return bool(choices) and choices[0] % count == place

            graph.add_edge(str(node), str(target), chosen)
    graph.set_entry("0")
    return graph


def walked(ways: Ways, choices: tuple[int, ...], max_steps: int) -> list[str] | None:
    """Return the path that a plain loop takes; None where it finds no way or no end."""
    node, path = 0, ["0"]
    while ways[node]:
        choices = choices[1:]
        if not choices or len(path) == max_steps:
            return None
        node = ways[node][choices[0] % len(ways[node])]
        path.append(str(node))
    return path


def ran(graph: Graph, choices: tuple[int, ...]) -> list[str] | None:
    """Return the path of a sync run; None where it raised."""
    try:
        return [name for name, _ in graph.stream(choices)]
    except GraphError:
        return None


choices = st.lists(st.integers(0, 5), max_size=8).map(tuple)


@given(ways(), choices, st.integers(1, 8))
def test_a_run_goes_where_a_plain_loop_goes(ways: Ways, choices: Any, max_steps: int) -> None:
    """The same nodes in the same order, or an error where the loop finds no way on."""
    assert ran(built(ways, max_steps=max_steps), choices) == walked(ways, choices, max_steps)


@given(ways(), choices)
def test_all_four_ways_to_run_agree(ways: Ways, choices: Any) -> None:
    """Sync and async, to the end and output by output."""

    async def awaited(graph: Graph) -> Any:
        try:
            items = [item async for item in graph.astream(choices)]
            return items, await graph.ainvoke(choices)
        except GraphError as error:
            return str(error)

    def called(graph: Graph) -> Any:
        try:
            return list(graph.stream(choices)), graph.invoke(choices)
        except GraphError as error:
            return str(error)

    sync = called(built(ways))
    assert sync == asyncio.run(awaited(built(ways)))
    assert sync == asyncio.run(awaited(built(ways, asynchronous=True)))
    if not isinstance(sync, str):
        assert sync[0][-1][1] == sync[1]


@given(ways())
def test_check_passes_exactly_the_sound_graphs(ways: Ways) -> None:
    """Those whose nodes all are reached from the entry and all reach a terminal one."""

    def reach(start: int) -> set[int]:
        found: set[int] = set()
        pending = [start]
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                pending += ways[node]
        return found

    unreached = set(ways) - reach(0)
    endless = {node for node in ways if all(ways[other] for other in reach(node))}
    try:
        built(ways).check()
    except GraphError as error:
        message = str(error)
        assert unreached or endless
        assert all(f"node '{node}' cannot be reached" in message for node in unreached)
        assert all(f"'{node}'" in message or f" {node} ->" in message for node in endless)
    else:
        assert not unreached
        assert not endless
