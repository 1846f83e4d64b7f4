"""The windows through which a guarded stream's items go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from beluga.schema import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Window", "window_for"]


class Window(Protocol):
    """Takes a stream's items and gives those that may go out."""

    @property
    def whole(self) -> str | None:
        """The text so far where all of it has to be judged at the end, else None."""
        ...

    def feed(self, item: Any) -> Iterable[Any]:
        """Take one item; return those that may go out now."""
        ...

    def close(self) -> Iterable[Any]:
        """Return what was held back, when the stream has ended well."""
        ...

    def release(self, text: str) -> Iterable[Any]:
        """Return what was held back, with `text` in place of the text."""
        ...


def window_for(guards: Sequence[Any], *, observe: bool) -> Window:
    """Return a sliding window if every guard has a stream of its own, else one that waits for the end."""
    if not observe and all(callable(getattr(guard, "stream", None)) for guard in guards):
        return _Sliding([guard.stream() for guard in guards])
    return _Observing() if observe else _Waiting()


def _text_of(item: Any) -> str | None:
    """Return the text of an item; None for one that carries none."""
    if isinstance(item, str):
        return item
    if isinstance(item, Chunk):
        return item.text or None
    if item is None or isinstance(item, (bool, int, float)):
        return None
    message = f"a guard cannot look into a stream's {type(item).__qualname__}: yield str or Chunk"
    raise TypeError(message)


class _Items:
    """Keeps the order: an item without text goes out behind the text that came before it."""

    whole: str | None = None

    def __init__(self) -> None:
        self._last_text: Any = ""
        # Each with how much text came before it. What guards change shifts that a little; the end makes it exact.
        self._behind: list[tuple[float, Any]] = []
        self._begun = False
        self._fed = self._sent = 0.0

    def _emit(self, text: str, *, end: bool = False) -> list[Any]:
        self._sent = math.inf if end else self._sent + len(text)
        behind = [item for after, item in self._behind if after <= self._sent]
        self._behind = self._behind[len(behind) :]
        if not text:
            return behind
        last = self._last_text
        return [attrs.evolve(last, text=text) if isinstance(last, Chunk) else text, *behind]

    def _queue(self, item: Any) -> list[Any]:
        if not self._begun:
            return [item]
        self._behind.append((self._fed, item))
        return []

    def _note(self, item: Any, text: str) -> None:
        """Remember what kind of item the text came in; a chunk's other fields go out behind it."""
        self._begun = True
        self._fed += len(text)
        if isinstance(item, Chunk):
            self._last_text = Chunk()
            rest = attrs.evolve(item, text="")
            if rest != self._last_text:
                self._behind.append((self._fed, rest))
        else:
            self._last_text = ""


class _Sliding(_Items):
    """Holds back only what may yet become a finding of one of the streams."""

    def __init__(self, streams: list[Any]) -> None:
        super().__init__()
        self._streams = streams

    def feed(self, item: Any) -> Iterable[Any]:
        text = _text_of(item)
        if text is None:
            return self._queue(item)
        self._note(item, text)
        for stream in self._streams:
            text = stream.feed(text) if text else ""
        return self._emit(text) if text else ()

    def close(self) -> Iterable[Any]:
        text = ""
        for stream in self._streams:
            text = (stream.feed(text) if text else "") + stream.close()
        return self._emit(text, end=True)

    def release(self, text: str) -> Iterable[Any]:
        return self._emit(text, end=True)


class _Waiting(_Items):
    """Holds everything back until the whole text has been judged."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[str] = []

    @property
    def whole(self) -> str | None:  # type: ignore[override]  # computed here
        return "".join(self._texts)

    def feed(self, item: Any) -> Iterable[Any]:
        text = _text_of(item)
        if text is None:
            return self._queue(item)
        self._note(item, text)
        self._texts.append(text)
        return ()

    def close(self) -> Iterable[Any]:
        return self._emit("".join(self._texts), end=True)

    def release(self, text: str) -> Iterable[Any]:
        return self._emit(text, end=True)


class _Observing(_Waiting):
    """Lets everything through at once, and keeps the text for the report at the end."""

    def feed(self, item: Any) -> Iterable[Any]:
        text = _text_of(item)
        if text is not None:
            self._texts.append(text)
        return (item,)

    def release(self, text: str) -> Iterable[Any]:  # noqa: ARG002 - it went out already
        return ()
