"""The ways between nodes: chosen by conditional edges or by value in a run, checked and drawn before one.

Source: Mermaid flowchart syntax, version 11 (entity codes such as ``#quot;`` inside quoted labels).
"""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import attrs

from beluga.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

__all__ = ["Edge", "Edges", "Route", "draw", "problems_of"]


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


def problems_of(entry: str | None, targets: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one sentence for each problem.

    Args:
        entry: The first node; None where none is set.
        targets: For each node those that its edges lead to; none for a terminal one.
    """
    if not targets:
        return ["it has no nodes: add some with add_node"]
    if entry is None:
        return ["it has no entry: name the first node with set_entry"]
    reached = _reach([entry], targets)
    problems = [f"node {name!r} cannot be reached from {entry!r}" for name in targets if name not in reached]
    ending = _reach([name for name, ways in targets.items() if not ways], _reversed(targets))
    endless = [name for name in targets if name not in ending]
    circling = [name for name in endless if name in _reach(targets[name], targets)]
    seen: set[str] = set()
    for name in circling:
        if name not in seen:
            circle = [other for other in circling if _mutual(name, other, targets)]
            seen.update(circle)
            problems.append(f"the circle {' -> '.join([*circle, circle[0]])} has no way out")
    problems += [f"no terminal node can be reached from {name!r}" for name in endless if name not in circling]
    return problems


def _reach(start: Sequence[str], targets: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the nodes of `start` and all that their arrows lead to."""
    found: set[str] = set()
    pending = list(start)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(targets[name])
    return found


def _reversed(targets: Mapping[str, Sequence[str]]) -> Mapping[str, list[str]]:
    sources: dict[str, list[str]] = {name: [] for name in targets}
    for source, ways in targets.items():
        for target in ways:
            sources[target].append(source)
    return sources


def _mutual(one: str, other: str, targets: Mapping[str, Sequence[str]]) -> bool:
    return other in _reach(targets[one], targets) and one in _reach(targets[other], targets)


def draw(entry: str | None, arrows: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """Return the flowchart; the entry has round ends.

    Args:
        entry: The first node, if there is one.
        arrows: For each node the targets and labels of its edges.
    """
    return "\n".join(["flowchart TD", *_lines(entry, arrows)])


def _lines(entry: str | None, arrows: Mapping[str, Iterable[tuple[str, str]]]) -> Iterator[str]:
    # Numbers, because a node may be called "end", which Mermaid keeps for itself.
    ids = {name: f"n{number}" for number, name in enumerate(arrows)}
    for name, node in ids.items():
        label = _quoted(name)
        yield f"    {node}([{label}])" if name == entry else f"    {node}[{label}]"
    for name, ways in arrows.items():
        for target, label in ways:
            arrow = f"-->|{_quoted(label)}|" if label else "-->"
            yield f"    {ids[name]} {arrow} {ids[target]}"


def _quoted(label: str) -> str:
    safe = " ".join(label.split()).replace("#", "#35;").replace('"', "#quot;")
    return f'"{safe}"'
