"""Draw a graph as Mermaid text.

Source: Mermaid flowchart syntax, version 11 (entity codes such as ``#quot;`` inside quoted labels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["draw"]


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
