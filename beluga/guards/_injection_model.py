r"""The statistical model: a logistic regression over words, pieces of words and concepts, in plain Python.

It reads a text sentence by sentence. A sentence is worth the sum of its features' weights::

    Kindly forget what you were told before.
    words      kindly  forget  what ...             the word itself, and its pieces: <kin kind kindl ... dly>
    pairs      \\n+kindly  kindly+forget ... before+\\n
    concepts   I  w  Y  m  P    wY Ym mP    wYm YmP  the same in every language

and a run of one, two, four or eight sentences is worth their sum divided by the root of its length: an instruction
neither drowns in a long document nor is cut in two. As all sums are sums over sentences, all runs of a text cost
little more than its sentences. The worst run decides. A long text has more runs and so more chances to look bad by
accident, which the toll takes back: a constant times the logarithm of the number of sentences.

Training and scoring share the functions that make features. A feature's name is 30 bits wide; no text is kept.

``_injection_model.bin`` holds it: four little-endian float32 (bias, unit of the weights, threshold, toll), the number
of features as uint32, then the features as sorted uint32 and their weights as int8. It is written by
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
from itertools import accumulate, repeat
from operator import add, and_, mul, rshift, sub, xor
from typing import TYPE_CHECKING

import attrs

from beluga.guards._injection_concepts import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "FEWEST",
    "RUNS",
    "LogisticModel",
    "clutter",
    "of_clutter",
    "of_letters",
    "of_pairs",
    "of_token",
    "probability",
    "shipped",
]

RUNS = (1, 2, 4, 8)
# A text of two words is no surer a case than one of eight.
FEWEST = 8
# Concepts further apart than this many tokens say nothing about each other.
REACH = 6
_APART = UNKNOWN * REACH
# What stands before the first word of a sentence and after its last.
_END = "\n"
_PIECES = (3, 4, 5)
# More of a token than this is data, not a word.
_LONGEST_WORD = 24
_REMEMBERED = 50_000


def probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


_ROOTS = tuple(1.0 / math.sqrt(max(size, FEWEST)) for size in range(512))


def _root(size: int, unit: float) -> float:
    return unit * _ROOTS[size]


_BITS = 0x3FFFFFFF
_PIECE = zlib.crc32(b"#")


def _code(name: str) -> int:
    """Return the feature called `name`: 30 bits, which CPython computes with at half the cost of 32."""
    return zlib.crc32(name.encode("utf-8", "replace")) & _BITS


class _Codes(dict[str, int]):
    """The number of each token, found on first sight and then remembered."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        code = self[token] = _code(token)
        return code


_CODES = _Codes()


def of_token(token: str) -> list[int]:
    """Return the features of a word and of its pieces."""
    framed = f"<{token[:_LONGEST_WORD]}>"
    spans = [(at, at + size) for size in _PIECES for at in range(len(framed) - size + 1)]
    if framed.isascii():
        raw = framed.encode()
        pieces = [raw[start:end] for start, end in spans]
    else:
        pieces = [framed[start:end].encode("utf-8", "replace") for start, end in spans]
    return [_CODES[token], *map(and_, map(zlib.crc32, pieces, repeat(_PIECE)), repeat(_BITS))]


def of_pairs(sentences: Iterable[Sequence[str]]) -> Iterator[int]:
    """Yield the features of every two tokens in a row, and of the first and last of a sentence.

    A sentence of so many tokens has one more of them.
    """
    codes = [_CODES[_END]]
    for words in sentences:
        codes += map(_CODES.__getitem__, words)
        codes.append(codes[0])
    return map(xor, codes, map(rshift, codes[1:], repeat(1)))


def of_letters(letters: str) -> set[int]:
    """Return the features of the concepts of a sentence, and of two and three in a row, whatever stands between."""
    found: set[str] = set()
    for part in letters.split(_APART):
        said = part.replace(UNKNOWN, "")
        found.update(said, map(add, said, said[1:]), map("".join, zip(said, said[1:], said[2:], strict=False)))
    return {_code(f"~{run}") for run in found}


class _Known(dict[str, dict[int, int]]):
    """The weights of each token's features, of those that have any, found on first sight and then remembered."""

    def __init__(self, weights: dict[int, int]) -> None:
        super().__init__()
        self._weights = weights

    def __missing__(self, token: str) -> dict[int, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        known = filter(self._weights.__contains__, of_token(token))
        weights = self[token] = {feature: self._weights[feature] for feature in known}
        return weights

    def sum(self, tokens: Iterable[str]) -> int:
        """Return the sum over the features of `tokens`, each counted once."""
        seen: dict[int, int] = {}
        for weights in map(self.__getitem__, tokens):
            seen |= weights
        return sum(seen.values())


class _Worth(dict[str, int]):
    """The sum of the weights of a sentence's concepts, found on first sight and then remembered."""

    def __init__(self, weights: dict[int, int]) -> None:
        super().__init__()
        self._weights = weights

    def __missing__(self, letters: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        worth = self[letters] = _sum(self._weights, of_letters(letters))
        return worth


def _sum(weights: dict[int, int], features: Iterable[int]) -> int:
    return sum(map(weights.get, features, repeat(0)))


def _known_to(model: LogisticModel) -> _Known:
    return _Known(model.weights)


def _worth_to(model: LogisticModel) -> _Worth:
    return _Worth(model.weights)


@attrs.frozen
class LogisticModel:
    """Weights by feature.

    Args:
        bias: The log-odds of a text without any feature.
        unit: The log-odds that a weight of 1 adds, before the division by the root of the length.
        threshold: The probability from which a text counts as an attack.
        toll: What the logarithm of the number of sentences is multiplied with and taken off the log-odds.
        weights: The weight of each feature.
    """

    bias: float
    unit: float
    threshold: float
    toll: float
    weights: dict[int, int] = attrs.field(repr=False)
    _known: _Known = attrs.field(init=False, repr=False, default=attrs.Factory(_known_to, takes_self=True))
    _concepts: _Worth = attrs.field(init=False, repr=False, default=attrs.Factory(_worth_to, takes_self=True))

    def runs(
        self, sentences: Sequence[Sequence[str]], letters: Sequence[str], *, kinds: int = 0, among: int = 0
    ) -> Iterator[tuple[int, list[float]]]:
        """Yield for each length of run the log-odds of every run of that length, from the first sentence on.

        A word or a piece counts once a sentence, so that repeating it proves nothing.

        Args:
            sentences: The tokens of each sentence.
            letters: Their concepts.
            kinds: What `clutter` says of the text.
            among: The number of sentences of the text that these are a part of, where there are more.
        """
        alone = map(self._known.sum, sentences)
        pairs = [0, *accumulate(map(self.weights.get, of_pairs(sentences), repeat(0)))]
        sizes = [0, *accumulate(map(len, sentences))]
        count = len(sentences)
        # Of the pairs, those of the sentences before: as many as tokens, and one more for each sentence.
        ends = map(pairs.__getitem__, map(add, sizes, range(count + 1)))
        sums = list(map(add, ends, accumulate(map(add, alone, map(self._concepts.__getitem__, letters)), initial=0)))
        base = self.bias - self.toll * math.log(max(count, among, 1))
        for length in sorted({min(length, count) for length in RUNS} - {0}):
            roots = map(_root, map(sub, sizes[length:], sizes), repeat(self.unit))
            odds = list(map(add, map(mul, map(sub, sums[length:], sums), roots), repeat(base)))
            odds[0] += _sum(self.weights, of_clutter(kinds)) * _root(sizes[length], self.unit)
            yield length, odds


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


def of_clutter(kinds: int) -> list[int]:
    """Return the features of so many kinds of marks at the beginning of a text."""
    return [_code(f"clutter{least}") for least in _CLUTTERED if kinds >= least]


_HEADER = struct.Struct("<ffffI")


def unpack(data: bytes) -> LogisticModel:
    """Return the model that `data` holds."""
    bias, unit, threshold, toll, count = _HEADER.unpack_from(data)
    features, weights = array("I"), array("b")
    body = _HEADER.size + 4 * count
    features.frombytes(data[_HEADER.size : body])
    weights.frombytes(data[body:])
    if sys.byteorder == "big":
        features.byteswap()
    return LogisticModel(bias, unit, threshold, toll, dict(zip(features, weights, strict=True)))


@functools.cache
def shipped() -> LogisticModel:
    """Return the model that comes with the package, read once."""
    return unpack(pathlib.Path(__file__).with_suffix(".bin").read_bytes())
