"""Nodes that follow each other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from beluga.orchestration.graph import Graph
from beluga.orchestration.nodes import node_of, unique

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["chain"]


def chain(*nodes: Callable[..., Any], name: str | None = None) -> Graph:
    """Return the graph in which each of `nodes` gets the output of the one before it.

    Args:
        nodes: At least one callable of one argument; the same one may come several times.
        name: What events, spans and notes call it; None takes ``"chain"``.

    Raises:
        TypeError: A node cannot be called with one argument.
        ValueError: There is no node.

    Example:
        >>> chain(str.strip, str.split, len)("  three plain words ")
        3
    """
    if not nodes:
        message = "chain needs at least one node"
        raise ValueError(message)
    graph = Graph(name or "chain", max_steps=max(100, len(nodes)))
    labels = unique(node_of(function).name for function in nodes)
    for label, function in zip(labels, nodes, strict=True):
        graph.add_node(label, function)
    for source, target in itertools.pairwise(labels):
        graph.add_edge(source, target)
    graph.set_entry(labels[0])
    return graph
