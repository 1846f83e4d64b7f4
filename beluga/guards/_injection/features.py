"""What the model looks at: tokens, pairs of them, concepts that stand near each other, how the text opens.

A listed word counts as its concept, so its features are the same in every language; any other token counts
as itself. Training and scoring share these functions. A feature's name is 32 bits wide; no text is kept.
"""

from __future__ import annotations

import re
import zlib
from operator import xor
from typing import TYPE_CHECKING

from beluga.guards._injection.lexicon import UNKNOWN
from beluga.guards._injection.reading import LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["REACH", "clutter", "codes_of", "nearby", "opening", "pairs"]

# Concepts further apart than this many tokens say nothing about each other.
REACH = 6

_REMEMBERED = 50_000


def _code(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "replace"))


class _Codes(dict[str, int]):
    """A number for each token, found on first sight and then remembered."""

    def __init__(self, name: Callable[[str], str]) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, token: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        code = self[token] = _code(self._name(token))
        return code


def _concept_or_word(token: str) -> str:
    letter = LETTERS[token]
    return token if letter == UNKNOWN else f"={letter}"


_SINGLE = _Codes(_concept_or_word)
_FIRST = _Codes("{} ".format)
_SECOND = _Codes(" {}".format)


def codes_of(tokens: list[str]) -> list[int]:
    """Return the feature of each token."""
    return list(map(_SINGLE.__getitem__, tokens))


def pairs(tokens: list[str]) -> list[int]:
    """Return the feature of each token, as it is written, and the next one."""
    return list(map(xor, map(_FIRST.__getitem__, tokens), map(_SECOND.__getitem__, tokens[1:])))


class _Near(dict[str, int]):
    """The feature of each sequence of concepts; there are at most 43 to the power of three."""

    def __missing__(self, letters: str) -> int:
        code = self[letters] = _code(f"~{letters}")
        return code


_NEAR = _Near()


def nearby(letters: str) -> list[tuple[int, int]]:
    """Return ``(token index, feature)`` of two and three concepts in a row, however many words are between.

    The index is that of the last concept; at most `REACH` tokens lie between one and the next.
    """
    found: list[tuple[int, int]] = []
    before = last = ""
    last_at = -REACH - 1
    for at, letter in enumerate(letters):
        if letter == UNKNOWN:
            continue
        if at - last_at > REACH:
            before = ""
        else:
            found.append((at, _NEAR[last + letter]))
            if before:
                found.append((at, _NEAR[before + last + letter]))
            before = last
        last, last_at = letter, at
    return found


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
