"""Look at a graph that does not run: find what cannot be reached or cannot end, and draw it as Mermaid text.

Source: Mermaid flowchart syntax, version 11 (entity codes such as ``#quot;`` inside quoted labels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["draw", "problems_of"]


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
