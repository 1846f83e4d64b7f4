"""One call of a scatter, as the runners get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import Tally
    from beluga.orchestration.scatter_call import Bounds

__all__ = ["Job"]


class Job:
    """What the branches of one call get, and where they report.

    Args:
        nodes: The branches.
        value: What each of them is given.
        given: What those that declare ``original`` or ``run`` are given beside it.
        limit: The most that run at once.
        bounds: Their time and spending; None where they just inherit those of the caller.
        tally: Where they report.
    """

    __slots__ = ("bounds", "given", "limit", "nodes", "tally", "value")

    def __init__(
        self,
        nodes: Sequence[Node],
        value: Any,
        given: Mapping[str, Any],
        limit: int,
        bounds: Bounds | None,
        tally: Tally,
    ) -> None:
        self.nodes: Sequence[Node] = nodes
        self.value: Any = value
        self.given: Mapping[str, Any] = given
        self.limit: int = limit
        self.bounds: Bounds | None = bounds
        self.tally: Tally = tally

    def extras(self, node: Node) -> dict[str, Any]:
        """Return what `node` declares beside its first parameter."""
        return {name: self.given[name] for name in node.extras}
