"""Graphs, scatters and chains over plain functions.

Any callable of one argument is a node. It gets what the node before it gave; a parameter named ``original``
gets what the whole graph was given, and one named ``run`` gets the `Run` so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    import beluga.orchestration.scatter as scatter  # noqa: PLR0402 - the other form confuses mypy in its own package
    from beluga.orchestration.edges import Edge
    from beluga.orchestration.executor import Run
    from beluga.orchestration.graph import Graph, chain
    from beluga.orchestration.results import BranchResult, quorum
    from beluga.orchestration.scatter import Scatter

__all__ = ["BranchResult", "Edge", "Graph", "Run", "Scatter", "chain", "quorum", "scatter"]

_ROOMS = {
    "orchestration.edges": "Edge",
    "orchestration.graph": "Graph chain",
    "orchestration.results": "BranchResult quorum",
    "orchestration.executor": "Run",
    "orchestration.scatter": "Scatter",
}
_MODULES = ("scatter",)

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS, _MODULES)
