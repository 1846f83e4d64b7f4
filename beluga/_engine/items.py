"""Take the items of a stream through the layers that want to see them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beluga._engine.call import Call
    from beluga._engine.policy import Policy

__all__ = ["Items"]


class Items:
    """The items of one call on their way out through the layers that have to do with them."""

    __slots__ = ("_filters", "_resumes", "_suspends", "call", "held", "resume", "shown", "suspend")

    def __init__(self, call: Call, filters: list[Policy], ambient: list[Policy]) -> None:
        self.call = call
        self.held: list[Any] = []
        self._filters = filters
        self._resumes = [layer.resume for layer in ambient]
        self._suspends = [layer.suspend for layer in reversed(ambient)]
        # With one layer each, the usual case, its own method serves without a loop around it (0.1 us an item each).
        self.suspend: Callable[[], None] = _only(self._suspends, call) or self._suspend_all
        self.resume: Callable[[], None] = _only(self._resumes, call) or self._resume_all
        hooks = [layer.on_item for layer in self._filters]
        self.shown: Callable[[Any], Iterable[Any]] = _only(hooks, call) or self._shown_to_all

    @classmethod
    def of(cls, call: Call, depth: int) -> Items | None:
        """Return the items of `call`, or None where none of its `depth` outermost layers has to do with them."""
        stack = call.stack
        filters = [layer for i, layer in stack.filters if i < depth and layer.wants_items(call)]
        ambient = [layer for i, layer in stack.ambient if i < depth and layer.wants_items(call)]
        return cls(call, filters, ambient) if filters or ambient else None

    def through(self, items: Iterable[Any], start: int = 0) -> Iterable[Any]:
        """Pass `items` through the layers from `start` on, innermost first; one may become none or several."""
        for layer in self._filters[start:]:
            items = [outgoing for item in items for outgoing in layer.on_item(self.call, item)]
        return items

    def flush(self) -> Iterator[Ask]:
        """Put what the layers kept back into `held`; yield the I/O that must be answered on the way."""
        for position, layer in enumerate(self._filters, 1):
            produced = layer.on_end(self.call)
            while isinstance(produced, Ask):
                yield produced
                failure = None if self.call.answer is None else self.call.answer.error
                if failure is not None and not isinstance(failure, Exception):
                    raise failure  # a cancellation is no answer
                produced = layer.on_end(self.call)
            self.call.answer = None
            self.held.extend(self.through(produced, position))

    def _shown_to_all(self, item: Any) -> Iterable[Any]:
        """Show one item to the layers; return what is to be handed out for it."""
        return self.through((item,))

    def _suspend_all(self) -> None:
        """Take back what the layers made ambient, inner ones first."""
        for undo in self._suspends:
            undo(self.call)

    def _resume_all(self) -> None:
        """Make it ambient again, outer layers first."""
        for redo in self._resumes:
            redo(self.call)


def _only(hooks: list[Callable[..., Any]], call: Call) -> Callable[..., Any] | None:
    """Return the only hook, bound to `call`."""
    return functools.partial(hooks[0], call) if len(hooks) == 1 else None
