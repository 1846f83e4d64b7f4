"""The rows of the table about graphs and scatters."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

from beluga.orchestration import Scatter
from benchmarks.graph_peers import GRAPHS, SCATTERS
from benchmarks.graph_subjects import BRANCHES, TEXT, billing, branch, classify, gathered, plainly, two_nodes
from benchmarks.peers import installed
from benchmarks.row import Row
from benchmarks.timing import async_batch, measure

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.timing import Batch

__all__ = ["rows"]


def rows(loop: asyncio.AbstractEventLoop, seconds: float) -> Iterator[Row]:
    """Measure two nodes against plain awaits, and ten branches against `asyncio.gather`."""
    take: Callable[..., Batch] = functools.partial(async_batch, loop)
    contenders = {"floor": take(plainly), "ours": take(two_nodes(classify, billing).ainvoke, TEXT)}
    figures = measure(contenders, seconds / 4)
    theirs = _measure_peers(take, GRAPHS, seconds / 4)
    yield Row(what="graph, two nodes executed", floor=figures["floor"], ours=figures["ours"], target=4.0, peers=theirs)
    nodes = [branch] * BRANCHES
    contenders = {
        "floor": take(gathered),
        "free": take(Scatter(*nodes).acall, TEXT),
        "limited": take(Scatter(*nodes, limit=4).acall, TEXT),
    }
    figures = measure(contenders, seconds / 4)
    theirs = _measure_peers(take, SCATTERS, seconds / 4)
    yield Row(what="scatter of 10", floor=figures["floor"], ours=figures["free"], target=1.2, peers=theirs)
    yield Row(what="scatter of 10, limit=4", floor=figures["floor"], ours=figures["limited"], target=0.9)


def _measure_peers(
    take: Callable[..., Batch], makers: Mapping[str, Callable[[], Any]], seconds: float
) -> dict[str, float | None]:
    """Measure each peer that is installed by itself: a millisecond of another leaves the caches cold."""
    figures: dict[str, float | None] = dict.fromkeys(makers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a peer deprecates is its own affair
        for name, make in makers.items():
            if installed(name):
                figures |= measure({name: take(make())}, seconds / len(makers))
    return figures
