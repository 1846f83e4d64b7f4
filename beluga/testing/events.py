"""Keep the events of a block, to assert on them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from beluga import events

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventRecorder", "record_events"]

E = TypeVar("E", bound=events.Event)


class EventRecorder(list[events.Event]):
    """The events so far, in order."""

    def of(self, *kinds: type[E]) -> list[E]:
        """Return those of `kinds`."""
        return [event for event in self if isinstance(event, kinds)]

    def one(self, kind: type[E]) -> E:
        """Return the only event of `kind`.

        Raises:
            AssertionError: There is none, or more than one.
        """
        found = self.of(kind)
        if len(found) != 1:
            seen = ", ".join(type(event).__name__ for event in self) or "nothing"
            message = f"expected one {kind.__name__}, got {len(found)}; recorded were {seen}"
            raise AssertionError(message)
        return found[0]


@contextlib.contextmanager
def record_events(*kinds: type[events.Event]) -> Iterator[EventRecorder]:
    """Record every event, or those of `kinds`, until the block ends; of all threads.

    Example:
        >>> from beluga.events import EdgeTaken, emit
        >>> with record_events() as seen:
        ...     emit(EdgeTaken("graph", source="a", target="b"))
        >>> seen.one(EdgeTaken).target
        'b'
    """
    recorder = EventRecorder()
    with events.subscribe(recorder.append, *kinds):
        yield recorder
