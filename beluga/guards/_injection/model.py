"""The statistical model: a logistic regression over some twenty thousand features, in plain Python.

It looks at words, pairs of them, concepts and their neighbours, and how the text opens. A listed word counts as its
concept too, so what is learnt of concepts holds in every language. Training and scoring share the functions that make
features. A feature's name is 32 bits wide; no text is kept.

``model.bin`` holds it: three little-endian float32 (bias, unit of the weights, threshold), the number of
features as uint32, then the features as sorted uint32 and their weights as int8. It is written by
``tools/train_injection.py`` and described in ``docs/reference/injection_model.md``.
"""

from __future__ import annotations

import functools
import math
import pathlib
import re
import struct
import sys
import zlib
from array import array
from itertools import pairwise, repeat
from operator import rshift, xor
from typing import TYPE_CHECKING

import attrs

from beluga.guards._injection.lexicon import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FEWEST",
    "REACH",
    "STRIDE",
    "WINDOW",
    "LogisticModel",
    "ScoredWindow",
    "clutter",
    "concepts",
    "opening",
    "probability",
    "shipped",
    "words",
]

# Tokens judged together, and from one such window to the next. An instruction in a long document must not
# drown in it, nor be cut in two.
WINDOW = 128
STRIDE = 96
# A text of two words is no surer a case than one of eight.
FEWEST = 8


@attrs.frozen
class ScoredWindow:
    """A run of tokens, from `start` up to `end`, and its log-odds of being an attack."""

    logit: float
    start: int
    end: int


def probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def _features(model: LogisticModel) -> frozenset[int]:
    return frozenset(model.weights)


@attrs.frozen
class LogisticModel:
    """Weights by feature.

    Args:
        bias: The log-odds of a text without any feature.
        threshold: The probability from which a text counts as an attack.
        weights: The log-odds that each feature adds, before the division by the root of the length.
    """

    bias: float
    threshold: float
    weights: dict[int, float] = attrs.field(repr=False)
    _known: frozenset[int] = attrs.field(init=False, repr=False, default=attrs.Factory(_features, takes_self=True))

    def windows(self, tokens: list[str], letters: str, cluttered: int = 0) -> list[ScoredWindow]:
        """Return the log-odds of every window of a text of `tokens` with these concept `letters`.

        A feature counts once a window, so that repeating a word proves nothing. `cluttered` is what
        `clutter` says of the text.
        """
        size = len(tokens)
        found = []
        for start in range(0, max(1, size - WINDOW + STRIDE), STRIDE):
            end = min(start + WINDOW, size)
            features = [*words(tokens[start:end]), *concepts(letters[start:end])]
            if start == 0:
                features += opening(tokens, letters, cluttered)
            total = sum(map(self.weights.__getitem__, self._known.intersection(features)))
            found.append(ScoredWindow(self.bias + total / math.sqrt(max(end - start, FEWEST)), start, end))
        return found


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


_HEADER = struct.Struct("<fffI")


def unpack(data: bytes) -> LogisticModel:
    """Return the model that `data` holds."""
    bias, unit, threshold, count = _HEADER.unpack_from(data)
    features, weights = array("I"), array("b")
    body = _HEADER.size + 4 * count
    features.frombytes(data[_HEADER.size : body])
    weights.frombytes(data[body:])
    if sys.byteorder == "big":
        features.byteswap()
    return LogisticModel(bias, threshold, {f: w * unit for f, w in zip(features, weights, strict=True)})


@functools.cache
def shipped() -> LogisticModel:
    """Return the model that comes with the package, read once."""
    return unpack(pathlib.Path(__file__).with_name("model.bin").read_bytes())
