"""What the model looks at: single tokens, and concepts that stand near each other.

A listed word counts as its concept, so its features are the same in every language; any other token counts
as itself. Training and scoring share these functions. A feature's name is 32 bits wide; no text is kept.
"""

from __future__ import annotations

import zlib

from beluga.guards._injection.lexicon import UNKNOWN
from beluga.guards._injection.reading import LETTERS

__all__ = ["REACH", "codes_of", "nearby"]

# Concepts further apart than this many tokens say nothing about each other.
REACH = 6

_REMEMBERED = 50_000


class _Codes(dict[str, int]):
    """The feature of each token, found on first sight and then remembered."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        letter = LETTERS[token]
        name = token if letter == UNKNOWN else f"={letter}"
        code = self[token] = zlib.crc32(name.encode("utf-8", "replace"))
        return code


_CODES = _Codes()


def codes_of(tokens: list[str]) -> list[int]:
    """Return the feature of each token."""
    return list(map(_CODES.__getitem__, tokens))


class _Near(dict[str, int]):
    """The feature of each sequence of concepts; there are at most 33 to the power of three."""

    def __missing__(self, letters: str) -> int:
        code = self[letters] = zlib.crc32(f"~{letters}".encode())
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
