"""The ways out of a node: conditional edges, and routes by value."""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import attrs

from beluga.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

__all__ = ["Edge", "Edges", "Route"]


def _check_condition(edge: Edge, _: object, condition: Any) -> None:
    if condition is None:
        return
    if not callable(condition):
        message = f"{edge}: the condition must be a callable of the output, not {type(condition).__name__}"
        raise TypeError(message)
    if inspect.iscoroutinefunction(condition):
        message = f"{edge}: the condition must not be async; let the node return what it decides by"
        raise TypeError(message)


@attrs.frozen(repr=False)
class Edge:
    """A way from one node to another.

    Args:
        source: The name of a node, or its function.
        target: The same.
        condition: Given the source's output, says whether to go this way; None always does.
    """

    source: str | Callable[..., Any]
    target: str | Callable[..., Any]
    condition: Callable[[Any], Any] | None = attrs.field(default=None, validator=_check_condition)

    def __repr__(self) -> str:
        """Show the names, and whether there is a condition."""
        source, target = (getattr(end, "__name__", end) for end in (self.source, self.target))
        return f"Edge({source!r}, {target!r}{'' if self.condition is None else ', condition'})"

    @property
    def label(self) -> str:
        """The condition's name; empty where there is none."""
        if self.condition is None:
            return ""
        name: str = getattr(self.condition, "__name__", "condition")
        return "condition" if name == "<lambda>" else name


class Edges:
    """The edges out of one node, tried in the order in which they were added."""

    def __init__(self) -> None:
        self._edges: list[Edge] = []

    def add(self, edge: Edge) -> None:
        """Add an edge whose ends are names.

        Raises:
            GraphError: An edge without condition comes before it, so that it would never be taken.
        """
        if self._edges and self._edges[-1].condition is None:
            message = (
                f"{edge} would never be taken, because {self._edges[-1]} comes first and has no condition: "
                "give that one a condition, or add it last"
            )
            raise GraphError(message)
        self._edges.append(edge)

    def arrows(self) -> Iterator[tuple[str, str]]:
        """Yield each target with the label of its arrow."""
        for edge in self._edges:
            yield str(edge.target), edge.label

    def chooser(self, name: str, steps: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Return the function that picks the next of `steps` by the output of node `name`."""
        ways = [(edge, edge.condition, steps[str(edge.target)]) for edge in self._edges]
        _, first_condition, first_step = ways[0]
        if first_condition is None:
            return lambda _: first_step
        tried = [f"{edge.target!r} ({edge.label})" for edge in self._edges]

        def choose(output: Any) -> Any:
            for edge, condition, step in ways:
                if condition is None:
                    return step
                answer = condition(output)
                if type(answer) is CoroutineType:
                    raise _undecided(edge, answer)
                if answer:
                    return step
            raise _no_way(name, output, tried, "add an edge without condition as the last one")

        return choose


class Route:
    """The ways out of one node by the value that it returns.

    Args:
        targets: The name of a node for each value.
        otherwise: The node for any other value; None makes that an error.
    """

    def __init__(self, targets: Mapping[Hashable, str], otherwise: str | None) -> None:
        self._targets = targets
        self._otherwise = otherwise

    def arrows(self) -> Iterator[tuple[str, str]]:
        """Yield each target with the label of its arrow."""
        for value, target in self._targets.items():
            yield target, value if isinstance(value, str) else repr(value)
        if self._otherwise is not None:
            yield self._otherwise, "otherwise"

    def chooser(self, name: str, steps: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Return the function that picks the next of `steps` by the output of node `name`."""
        table = {value: steps[target] for value, target in self._targets.items()}
        fallback = None if self._otherwise is None else steps[self._otherwise]
        tried = [repr(value) for value in self._targets]

        def choose(output: Any) -> Any:
            try:
                return table[output]
            except (KeyError, TypeError):  # a TypeError is that of an unhashable output
                if fallback is not None:
                    return fallback
            raise _no_way(name, output, tried, "add the value, or give otherwise=")

        return choose


def _undecided(edge: Edge, answer: CoroutineType[Any, Any, Any]) -> GraphError:
    answer.close()  # else Python warns that nobody awaited it
    return GraphError(
        f"the condition of {edge} gave a coroutine, which would always be true: let the node return what it decides by"
    )


def _no_way(name: str, output: Any, tried: Sequence[str], fix: str) -> GraphError:
    # The type alone: the output itself may be a customer's text.
    kind = type(output).__name__
    return GraphError(f"no edge from {name!r} matches its output, a {kind}; tried {', '.join(tried)}: {fix}")
