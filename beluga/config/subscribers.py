"""What differs between two configurations, and who is told."""

from __future__ import annotations

import inspect
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from beluga import events
from beluga.config.fields import section_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga._types.tree import Record
    from beluga.errors import ConfigError

__all__ = ["Change", "Subscribers", "Unsubscribe", "changed_settings", "spread"]

T = TypeVar("T")


@attrs.frozen
class Change(Generic[T]):
    """A new configuration has become current.

    Args:
        old: The one before.
        new: The current one.
        changed: The dotted paths of the settings whose values differ, in the schema's order.
    """

    old: T
    new: T
    changed: tuple[str, ...]


def changed_settings(section: Record, old: Any, new: Any, above: str = "") -> tuple[str, ...]:
    """Return the dotted paths of the settings that differ; sections are looked into."""
    paths: list[str] = []
    for field in section.fields.values():
        path = f"{above}{field.key}"
        before, after = (getattr(config, field.name) for config in (old, new))
        inner = section_in(field.node, before)
        if inner is not None and type(before) is type(after):
            paths += changed_settings(inner, before, after, f"{path}.")
        elif _differ(before, after):
            paths.append(path)
    return tuple(paths)


def _differ(before: Any, after: Any) -> bool:
    """Say whether a file would write them differently; to ``!=`` 1 is True and 1.0."""
    if type(before) is not type(after) or before != after:
        return True
    if isinstance(before, dict):
        return any(_differ(value, after[key]) for key, value in before.items())
    return isinstance(before, (list, tuple)) and any(map(_differ, before, after))


class Unsubscribe:
    """Call it, or leave its block, to be told no more."""

    def __init__(self, remove: Callable[[], None]) -> None:
        self._remove = remove

    def __call__(self) -> None:
        """Stop; a second call changes nothing."""
        self._remove()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._remove()


class Subscribers(Generic[T]):
    """Tell everybody the news, in order, one at a time, whichever threads they come from.

    Args:
        path: The file they are about.
        failed: Given what a callback raised.
    """

    def __init__(self, path: str, failed: Callable[[Exception], object]) -> None:
        self._path = path
        self._failed = failed
        self._callbacks: tuple[tuple[object, Callable[[Change[T]], object]], ...] = ()
        self._waiting: deque[Change[T] | ConfigError] = deque()
        self.revive()

    def revive(self) -> None:
        """Take locks that nobody holds."""
        self._adding = threading.Lock()
        # Nobody waits for this lock: who finds it taken leaves the news to its holder.
        self._telling = threading.Lock()

    def add(self, callback: Callable[[Change[T]], object]) -> Unsubscribe:
        """Tell `callback` too, from the next change on."""
        token = object()
        with self._adding:
            self._callbacks = (*self._callbacks, (token, callback))

        def remove() -> None:
            with self._adding:
                self._callbacks = tuple(entry for entry in self._callbacks if entry[0] is not token)

        return Unsubscribe(remove)

    def enqueue(self, news: Change[T] | ConfigError) -> None:
        """Put a change or a rejection in line; `tell` hands it out."""
        self._waiting.append(news)

    def tell(self) -> None:
        """Hand out what is in line, unless another thread, or a callback's caller, is doing so."""
        while self._waiting and self._telling.acquire(blocking=False):
            try:
                while self._waiting:
                    self._tell_of(self._waiting.popleft())
            finally:
                self._telling.release()

    def _tell_of(self, news: Change[T] | ConfigError) -> None:
        if events.listening():
            events.emit(_event(self._path, news))
        if isinstance(news, Change):
            for _, callback in self._callbacks:
                try:
                    callback(news)
                except Exception as error:
                    self._failed(error)


def _event(path: str, news: Change[Any] | ConfigError) -> events.Event:
    if isinstance(news, Change):
        return events.ConfigReloaded(path, news.changed)
    return events.ConfigRejected(path, tuple(map(str, news.errors)))


def spread(callback: Callable[[Any, Any, tuple[str, ...]], object]) -> Callable[[Change[Any]], object]:
    """Return `callback(old, new, changed)` as a callback of the change.

    Raises:
        TypeError: It is no callable, or an async function, whose coroutine nobody would await.
    """
    if not callable(callback) or inspect.iscoroutinefunction(callback):
        message = (
            f"subscribe: {callback!r} must be a plain function of (old, new, changed); in async code write "
            "async for change in watcher"
        )
        raise TypeError(message)
    return lambda change: callback(change.old, change.new, change.changed)
