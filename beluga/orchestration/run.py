"""One run of a graph, as its nodes may see it and as its errors tell it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.notes import add_note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beluga.orchestration.plan import Step

__all__ = ["Memory", "Run", "note_path", "show_path"]

_SHOWN = 12
"""How many nodes of a path a message shows; a run that goes in circles has as many as its bound."""


@attrs.frozen
class Run:
    """The run so far, for a node that declares a parameter ``run``.

    Args:
        path: The names of the nodes that have given their output, in order.
        outputs: The last output of each of them, by name.
        original: What the graph was given.
    """

    path: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    original: Any = attrs.field(default=None, repr=False)


class Memory:
    """What a run keeps for the nodes that ask for more than the last output.

    Args:
        original: What the graph was given.
    """

    __slots__ = ("original", "outputs", "path")

    def __init__(self, original: Any) -> None:
        self.original: Any = original
        self.path: list[str] = []
        self.outputs: dict[str, Any] = {}

    def keep(self, step: Step, output: Any) -> None:
        """Remember what `step` gave."""
        self.path.append(step.name)
        self.outputs[step.name] = output

    def call(self, step: Step, function: Callable[..., Any], value: Any) -> Any:
        """Call `function` with `value` and with what `step` declares beside it."""
        if not step.extras:
            return function(value)
        return function(value, **{name: getattr(self, name) for name in step.extras})

    @property
    def run(self) -> Run:
        """A picture of the run as it is now, which later steps do not change."""
        return Run(tuple(self.path), MappingProxyType(self.outputs.copy()), self.original)


def show_path(path: Sequence[str]) -> str:
    """Return the last nodes of `path` with arrows between them."""
    shown = " -> ".join(path[-_SHOWN:])
    return shown if len(path) <= _SHOWN else f"({len(path) - _SHOWN} more) -> {shown}"


def note_path(error: BaseException, owner: str, path: Sequence[str]) -> None:
    """Note on `error` which way the run took; its last node is where it ended."""
    add_note(error, f"{owner}: {show_path(path)}")
