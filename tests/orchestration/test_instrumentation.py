"""What subscribers and tracers are told of graphs and scatters."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from beluga import ErrorCode, traced
from beluga.clock import environment
from beluga.events import EdgeTaken, NodeFailed, NodeFinished, NodeStarted
from beluga.orchestration import Graph, Scatter, chain
from beluga.testing import fake_clock, record_events, record_spans


def routing() -> Graph:
    graph = Graph("support")
    graph.add_node("classify", lambda text: "billing")
    graph.add_node("billing", lambda label: "done")
    graph.route("classify", {"billing": "billing"})
    graph.set_entry("classify")
    return graph


def test_a_run_tells_of_nodes_and_edges() -> None:
    """In the order in which they happen, in all four ways to run."""

    async def drain(graph: Graph) -> None:
        await graph.ainvoke("x")
        assert [name async for name, _ in graph.astream("x")] == ["classify", "billing"]

    with fake_clock(), record_events() as seen:
        graph = routing()
        graph.invoke("x")
        assert len(list(graph.stream("x"))) == 2
        asyncio.run(drain(graph))
    assert seen == 4 * [
        NodeStarted("support", "classify"),
        NodeFinished("support", "classify", 0.0),
        EdgeTaken("support", "classify", "billing"),
        NodeStarted("support", "billing"),
        NodeFinished("support", "billing", 0.0),
    ]


def test_a_failure_tells_the_code_and_the_type_only() -> None:
    """The text of the error may hold anything."""

    async def fail(text: str) -> None:
        await environment().clock.asleep(2)
        raise TimeoutError(text)

    with fake_clock(), record_events(NodeFailed) as seen, pytest.raises(TimeoutError):
        asyncio.run(chain(fail, name="turn").ainvoke("secret"))
    assert seen == [NodeFailed("turn", "fail", 2.0, ErrorCode.TIMEOUT, "TimeoutError")]


def test_a_scatter_tells_of_its_branches() -> None:
    """Also of the ones that it cancels: each that began ends."""

    async def slow(text: str) -> None:
        await environment().clock.asleep(9)

    def quick(text: str) -> str:
        return text

    async def main() -> Any:
        return await Scatter(slow, chain(quick), policy="first", name="race").acall("x")

    with record_events() as seen:
        assert asyncio.run(main()) == "x"
    started = {event.node for event in seen.of(NodeStarted) if event.function == "race"}
    assert started == {"slow", "chain"}
    (failed,) = seen.of(NodeFailed)
    assert (failed.function, failed.node, failed.error) == ("race", "slow", "CancelledError")


def test_a_subscriber_that_comes_later_is_heard() -> None:
    """A graph that has run unseen is seen from then on."""
    graph = routing()
    graph.invoke("x")
    with record_events(EdgeTaken) as seen:
        graph.invoke("x")
    graph.invoke("x")
    assert len(seen) == 1


def test_every_node_has_a_span() -> None:
    """The branches of a scatter hang under their node, in threads too; and so do decorated functions."""

    @traced(tool="search")
    def search(text: str) -> str:
        return text

    @traced(operation="chat", model="gpt-4o")
    async def ask(texts: list[str]) -> str:
        return "done"

    graph = chain(str.strip, Scatter(search, str.upper, limit=1, name="gather"), ask, name="turn")
    with record_spans() as spans:
        assert asyncio.run(graph.ainvoke("x")) == "done"
    spans.assert_tree("""
        strip
        gather
          search
            execute_tool search
          upper
        ask
          chat gpt-4o
    """)
    spans.assert_all_ended()
    assert dict(spans.one("strip").attributes or {}) == {"beluga.orchestration.name": "turn"}


def test_a_failed_node_has_a_failed_span() -> None:
    """With the type of the error."""

    def fail(text: str) -> None:
        raise KeyError(text)

    with record_spans() as spans, pytest.raises(KeyError):
        chain(fail)("secret")
    spans.assert_all_ended()
    assert (spans.one("fail").attributes or {})["error.type"] == "KeyError"


def test_a_stream_keeps_no_span_while_its_consumer_works() -> None:
    """A node's span ends before its output goes out."""
    from opentelemetry import trace

    with record_spans() as spans:
        for _ in chain(str.strip, str.upper).stream("x"):
            assert not trace.get_current_span().is_recording()
        spans.assert_all_ended()


def test_nothing_heavy_is_imported_for_a_sync_graph() -> None:
    """No event loop, no OpenTelemetry and no thread pool before they are used."""
    code = (
        "import sys; from beluga.orchestration import chain, Scatter; from beluga.events import subscribe, Event\n"
        "Scatter(str.upper); assert chain(str.strip, str.upper)(' a ') == 'A'\n"
        "with subscribe(print, Event): chain(str.strip)(' a ')\n"
        "heavy = {'asyncio', 'opentelemetry', 'concurrent.futures', 'wrapt'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
