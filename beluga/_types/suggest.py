"""The known name that a wrong one was probably meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(wrong: object, known: Iterable[object]) -> str:
    """Return the known name most like `wrong`; empty where more than a third of the letters would differ.

    Case and the difference of ``-`` and ``_`` are not counted.

    Example:
        >>> nearest("modle", ["mode", "model", "max_tokens"]), nearest("Max-Tokens", ["model", "max_tokens"])
        ('model', 'max_tokens')
    """
    plain = _plain(wrong)
    best, fewest = "", (1 + len(plain) / 3, 0)
    for name in map(str, known):
        # Of two names at the same distance, the one of the same length: letters are swapped more often than lost.
        edits = (_distance(plain, _plain(name)), abs(len(plain) - len(name)))
        if edits < fewest and edits[0] <= len(name) / 2:
            best, fewest = name, edits
    return best


def _plain(name: object) -> str:
    return str(name)[:_LONGEST].casefold().replace("-", "_")


_LONGEST = 64
"""Letters that are compared; the work grows with their square."""


def _distance(a: str, b: str) -> int:
    """Return how many letters to change, add, drop or swap with their neighbour.

    Source: optimal string alignment; F. J. Damerau, "A technique for computer detection and correction of spelling
    errors", CACM 7(3), 1964.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        last, before = before, row
        row = [i]
        for j, y in enumerate(b, start=1):
            edits = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                edits = min(edits, last[j - 2] + 1)
            row.append(edits)
    return row[-1]
