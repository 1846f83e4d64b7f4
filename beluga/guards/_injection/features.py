"""What the model looks at: words, pairs of them, concepts and their neighbours, how the text opens.

A listed word counts as its concept too, so what is learnt of concepts holds in every language. Training and
scoring share these functions. A feature's name is 32 bits wide; no text is kept.
"""

from __future__ import annotations

import re
import zlib
from itertools import pairwise, repeat
from operator import rshift, xor
from typing import TYPE_CHECKING

from beluga.guards._injection.lexicon import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REACH", "clutter", "concepts", "opening", "words"]

# Concepts further apart than this many tokens say nothing about each other.
REACH = 6

_REMEMBERED = 50_000


def _code(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "replace"))


class _Words(dict[str, int]):
    """The feature of each token, found on first sight and then remembered."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        code = self[token] = _code(token)
        return code


class _Concepts(dict[str, int]):
    """The feature of one, two or three concepts in a row; there are at most 44 to the power of three."""

    def __missing__(self, letters: str) -> int:
        code = self[letters] = _code(f"~{letters}")
        return code


_WORDS = _Words()
_CONCEPTS = _Concepts()


def words(tokens: list[str]) -> list[int]:
    """Return the features of the tokens as they are written, and of each with the next one."""
    codes = list(map(_WORDS.__getitem__, tokens))
    return [*codes, *map(xor, codes, map(rshift, codes[1:], repeat(1)))]


def concepts(letters: str) -> list[int]:
    """Return the features of concepts, and of two and three in a row, however many words are between.

    At most `REACH` tokens lie between one and the next.
    """
    known = [at for at, letter in enumerate(letters) if letter != UNKNOWN]
    runs = [*set(letters)]
    said = letters.replace(UNKNOWN, "")
    close = [b - a <= REACH for a, b in pairwise(known)]
    runs += [said[at : at + 2] for at, second in enumerate(close) if second]
    runs += [said[at : at + 3] for at, (second, third) in enumerate(pairwise(close)) if second and third]
    return list(map(_CONCEPTS.__getitem__, runs))


# Suffixes found by search mix kinds of marks as no language does; a request in words stands before them.
_MARK = re.compile(r"[\[\]{}()\\|`~^<>=*_#@$+]")
_MARKS = frozenset("[]{}()\\|`~^<>=*_#\"/@$+;:&%!?-'")
_FEWEST_BEFORE = 24
_REGION = 120
_CLUTTERED = (4, 6, 8, 10)


def clutter(text: str) -> int:
    """Return how many kinds of marks stand together after a beginning in words, on one line.

    Args:
        text: The plain reading of a text.
    """
    mark = _MARK.search(text)
    if mark is None or mark.start() < _FEWEST_BEFORE:
        return 0
    end = mark.start() + _REGION
    return 0 if "\n" in text[:end] else len(_MARKS.intersection(text[mark.start() : end]))


def opening(tokens: list[str], letters: str, cluttered: int) -> Iterator[int]:
    """Yield the features of how a text begins: its first word, as word and concept, and its `clutter`."""
    if tokens:
        yield _code(f"^{letters[0]}")
        yield _code(f"^^{tokens[0]}")
    for least in _CLUTTERED:
        if cluttered >= least:
            yield _code(f"clutter{least}")
