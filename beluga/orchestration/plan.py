"""A graph turned into linked steps, so that a run looks nothing up and builds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga import events
from beluga.orchestration.instrumentation import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga.orchestration.edges import Edges, Route
    from beluga.orchestration.nodes import Node

__all__ = ["Plan", "Step"]


class Step:
    """One node with the way on from it.

    `follow` picks the next step by the output; it is None at a terminal node.
    """

    __slots__ = ("acall", "awaits", "call", "extras", "follow", "name")

    def __init__(self, node: Node) -> None:
        self.name: str = node.name
        self.call: Callable[..., Any] = node.call
        self.acall: Callable[..., Any] = node.acall
        self.awaits: bool = node.awaits
        self.extras: tuple[str, ...] = node.extras
        self.follow: Callable[[Any], Step] | None = None


class Plan:
    """All steps of a graph; never changed once it is made.

    Args:
        name: The graph's name.
        entry: The name of the first node.
        nodes: All nodes by name.
        exits: The ways out of each node that has any.
        max_steps: The most nodes that a run may execute.
        watch: Whether its runs tell subscribers and tracers.
    """

    __slots__ = ("entry", "is_async", "name", "remembers", "turns")

    def __init__(
        self,
        name: str,
        entry: str,
        nodes: Mapping[str, Node],
        exits: Mapping[str, Edges | Route],
        max_steps: int,
        *,
        watch: bool,
    ) -> None:
        steps = {node.name: Step(watched(name, node) if watch else node) for node in nodes.values()}
        for source, ways in exits.items():
            choose = ways.chooser(source, steps)
            steps[source].follow = _announced(name, source, choose) if watch else choose
        self.name: str = name
        self.entry: Step = steps[entry]
        self.turns: range = range(max_steps)
        self.is_async: bool = any(node.is_async for node in nodes.values())
        self.remembers: bool = any(node.extras for node in nodes.values())


def _announced(graph: str, source: str, choose: Callable[[Any], Step]) -> Callable[[Any], Step]:
    """Return `choose`, telling subscribers of the edge."""

    def follow(output: Any) -> Step:
        step = choose(output)
        if events.listening():
            events.emit(events.EdgeTaken(graph, source, step.name))
        return step

    return follow
