"""Take the items of a stream through the layers that want to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga._engine.call import Call

__all__ = ["Items"]


class Items:
    """The items of one call on their way out, through the `depth` outermost layers."""

    __slots__ = ("_filters", "_resumes", "_suspends", "call", "held")

    def __init__(self, call: Call, depth: int) -> None:
        ambient = [layer for i, layer in call.stack.ambient if i < depth and layer.wants_items(call)]
        self.call = call
        self.held: list[Any] = []
        self._filters = [layer for i, layer in call.stack.filters if i < depth and layer.wants_items(call)]
        self._resumes = [layer.resume for layer in ambient]
        self._suspends = [layer.suspend for layer in reversed(ambient)]

    @classmethod
    def of(cls, call: Call, depth: int) -> Items | None:
        """Return the items of `call`, or None where no layer has anything to do with them."""
        if not (call.stack.filters or call.stack.ambient):
            return None
        items = cls(call, depth)
        return items if items._filters or items._resumes else None

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

    def suspend(self) -> None:
        """Take back what the layers made ambient, inner ones first."""
        for undo in self._suspends:
            undo(self.call)

    def resume(self) -> None:
        """Make it ambient again, outer layers first."""
        for redo in self._resumes:
            redo(self.call)
