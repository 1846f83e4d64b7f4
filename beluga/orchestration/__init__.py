"""Graphs, scatters and chains over plain functions.

Any callable of one argument is a node. It gets what the node before it gave; a parameter named ``original``
gets what the whole graph was given, and one named ``run`` gets the `Run` so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga.orchestration.chains import chain
    from beluga.orchestration.edges import Edge
    from beluga.orchestration.graph import Graph
    from beluga.orchestration.outcome import Outcome
    from beluga.orchestration.rules import quorum
    from beluga.orchestration.run import Run
    from beluga.orchestration.scatter import Scatter

__all__ = ["Edge", "Graph", "Outcome", "Run", "Scatter", "chain", "quorum"]

_ROOMS = {
    "orchestration.edges": "Edge",
    "orchestration.graph": "Graph",
    "orchestration.outcome": "Outcome",
    "orchestration.rules": "quorum",
    "orchestration.run": "Run",
    "orchestration.scatter": "Scatter",
    "orchestration.chains": "chain",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
