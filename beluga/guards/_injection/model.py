"""The statistical model: a logistic regression over some twenty thousand features, in plain Python.

``model.bin`` holds it: three little-endian float32 (bias, unit of the weights, threshold), the number of
features as uint32, then the features as sorted uint32 and their weights as int8. It is written by
``tools/train_injection.py`` and described in ``docs/reference/injection_model.md``.
"""

from __future__ import annotations

import functools
import math
import pathlib
import struct
import sys
from array import array

import attrs

from beluga.guards._injection.features import concepts, opening, words

__all__ = ["FEWEST", "STRIDE", "WINDOW", "Model", "Window", "probability", "shipped"]

# Tokens judged together, and from one such window to the next. An instruction in a long document must not
# drown in it, nor be cut in two.
WINDOW = 128
STRIDE = 96
# A text of two words is no surer a case than one of eight.
FEWEST = 8


@attrs.frozen
class Window:
    """A run of tokens, from `start` up to `end`, and its log-odds of being an attack."""

    logit: float
    start: int
    end: int


def probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def _features(model: Model) -> frozenset[int]:
    return frozenset(model.weights)


@attrs.frozen
class Model:
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

    def windows(self, tokens: list[str], letters: str, cluttered: int = 0) -> list[Window]:
        """Return the log-odds of every window of a text of `tokens` with these concept `letters`.

        A feature counts once a window, so that repeating a word proves nothing. `cluttered` is what
        `beluga.guards._injection.features.clutter` says of the text.
        """
        size = len(tokens)
        found = []
        for start in range(0, max(1, size - WINDOW + STRIDE), STRIDE):
            end = min(start + WINDOW, size)
            features = [*words(tokens[start:end]), *concepts(letters[start:end])]
            if start == 0:
                features += opening(tokens, letters, cluttered)
            total = sum(map(self.weights.__getitem__, self._known.intersection(features)))
            found.append(Window(self.bias + total / math.sqrt(max(end - start, FEWEST)), start, end))
        return found


_HEADER = struct.Struct("<fffI")


def unpack(data: bytes) -> Model:
    """Return the model that `data` holds."""
    bias, unit, threshold, count = _HEADER.unpack_from(data)
    features, weights = array("I"), array("b")
    body = _HEADER.size + 4 * count
    features.frombytes(data[_HEADER.size : body])
    weights.frombytes(data[body:])
    if sys.byteorder == "big":
        features.byteswap()
    return Model(bias, threshold, {f: w * unit for f, w in zip(features, weights, strict=True)})


@functools.cache
def shipped() -> Model:
    """Return the model that comes with the package, read once."""
    return unpack(pathlib.Path(__file__).with_name("model.bin").read_bytes())
