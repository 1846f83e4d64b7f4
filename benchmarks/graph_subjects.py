"""The two nodes and the ten branches that every library runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from beluga.orchestration import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BRANCHES", "TEXT", "billing", "branch", "classify", "gathered", "plainly", "two_nodes"]

TEXT = "a billing question"
BRANCHES = 10


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
    """Run the two nodes without any graph."""
    return await billing(await classify(TEXT))


async def gathered() -> list[str]:
    """Run the ten branches without any scatter."""
    return await asyncio.gather(*[branch(TEXT) for _ in range(BRANCHES)])
