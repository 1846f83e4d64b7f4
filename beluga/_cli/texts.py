"""Texts that are read block by block: as characters, and with the lines and columns of their places."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lines", "decoded"]


def decoded(source: BinaryIO, size: int) -> Iterator[str]:
    """Yield what `source` holds as text, in blocks; a byte that is not UTF-8 becomes a lone surrogate.

    Args:
        source: Where to read, to its end.
        size: The most bytes of a block.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    read = getattr(source, "read1", source.read)  # what is there, rather than waiting for a full block
    while block := read(size):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


class Lines:
    r"""Where the lines of a text begin, as far as somebody may still ask.

    Example:
        >>> lines = Lines()
        >>> lines.feed("one\ntwo")
        >>> lines.place(5)
        (2, 2)
    """

    def __init__(self) -> None:
        self._before = 0  # lines that were forgotten
        self._starts = [0]
        self._size = 0

    def feed(self, block: str) -> None:
        """Take the next part of the text."""
        at = block.find("\n")
        while at >= 0:
            self._starts.append(self._size + at + 1)
            at = block.find("\n", at + 1)
        self._size += len(block)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of `offset`, from 1."""
        line = bisect_right(self._starts, offset)
        return self._before + line, offset - self._starts[line - 1] + 1

    def forget(self, offset: int) -> None:
        """Nobody will ask for places before `offset` any more."""
        done = bisect_right(self._starts, offset) - 1
        self._before += done
        del self._starts[:done]
