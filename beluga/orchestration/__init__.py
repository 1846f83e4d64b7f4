"""Graphs, scatters and chains over plain functions.

Any callable of one argument is a node. It gets what the node before it gave; a parameter named ``original``
gets what the whole graph was given, and one named ``run`` gets the `Run` so far.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beluga.orchestration.edges import Edge
    from beluga.orchestration.graph import Graph
    from beluga.orchestration.outcome import Outcome
    from beluga.orchestration.rules import quorum
    from beluga.orchestration.run import Run
    from beluga.orchestration.scatter import Scatter
    from beluga.orchestration.sequence import chain

__all__ = ["Edge", "Graph", "Outcome", "Run", "Scatter", "chain", "quorum"]

_ROOMS = {
    "Edge": "edges",
    "Graph": "graph",
    "Outcome": "outcome",
    "Run": "run",
    "Scatter": "scatter",
    "chain": "sequence",
    "quorum": "rules",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
