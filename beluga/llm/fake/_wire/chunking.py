"""Cut the bytes of an answer where a network might, and a client's parser must not care."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import attrs

from beluga.llm.fake._wire import Head, WireEvent

__all__ = ["AS_WRITTEN", "Chunking", "Cut", "checked_chunking"]

Chunking = int | Sequence[int] | Literal["random"] | None
"""Bytes of each piece; sizes that come again and again; sizes by chance; None: an event is a piece."""

_LONGEST = 24
"""Bytes of a piece that is cut by chance: most events take several of them."""


def checked_chunking(chunking: Chunking) -> Chunking:
    """Return `chunking`, or raise.

    Raises:
        TypeError: It is neither a number nor a list of numbers.
        ValueError: A size is below 1, or there is none.
    """
    if chunking is None or chunking == "random":
        return chunking
    sizes = (chunking,) if isinstance(chunking, int) else chunking
    if isinstance(sizes, str | bytes) or not isinstance(sizes, Sequence):
        message = f'chunking is a number of bytes, a list of such, or "random", not {type(chunking).__name__}'
        raise TypeError(message)
    if any(isinstance(size, bool) or not isinstance(size, int) for size in sizes):
        message = "the sizes of chunking are ints"
        raise TypeError(message)
    if not sizes or min(sizes) < 1:
        message = f"chunking has sizes from 1 byte on, not {chunking!r}"
        raise ValueError(message)
    return tuple(sizes)


@attrs.frozen
class Cut:
    """How the bytes of bodies are cut and end their lines.

    Args:
        chunking: The sizes of the pieces.
        crlf: Whether the lines of events end with CR LF, as some gateways write them.
    """

    chunking: Chunking = attrs.field(default=None, converter=checked_chunking)
    crlf: bool = False

    def __call__(self, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        """Return `events` with other pieces; all bytes before a pause still come before it."""
        if self.crlf:
            events = _with_crlf(events)
        return events if self.chunking is None else self._cut(events)

    def _cut(self, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        sizes: Iterator[int] | None = None
        rest = b""
        size = 0
        for event in events:
            if not isinstance(event, bytes):
                if rest:
                    yield rest
                rest, size = b"", 0
                yield event
                continue
            rest += event
            sizes = sizes or self._sizes(event)
            size = size or next(sizes)
            while len(rest) >= size:
                yield rest[:size]
                rest, size = rest[size:], next(sizes)
        if rest:
            yield rest

    def _sizes(self, first: bytes) -> Iterator[int]:
        if self.chunking == "random":
            chance = random.Random(first)  # noqa: S311 - the same answer is to be cut in the same way
            return iter(lambda: chance.randint(1, _LONGEST), 0)
        sizes: Iterable[int] = self.chunking  # type: ignore[assignment]  # the converter has made it a tuple
        return itertools.cycle(sizes)


AS_WRITTEN = Cut()
"""An event is a piece."""


def _with_crlf(events: Iterator[WireEvent]) -> Iterator[WireEvent]:
    is_stream = False
    for event in events:
        if isinstance(event, Head):
            is_stream = ("content-type", "text/event-stream; charset=utf-8") in event.headers
        yield event.replace(b"\n", b"\r\n") if is_stream and isinstance(event, bytes) else event
