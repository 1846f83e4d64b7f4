"""Logistic regression over sparse sets of features, in plain Python, fitted by L-BFGS.

A set has one number, the value that all of its features have in it: the log-odds of a set are the bias plus
that value times the sum of its features' weights. The loss is convex and the steps are deterministic, so the
same sets give the same weights.

Source: Nocedal and Wright, Numerical Optimization (2nd edition), algorithms 7.4 and 3.1.
"""

from __future__ import annotations

import math
from array import array
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Bag", "fit", "log_odds"]

_STEPS = 60
_REMEMBERED = 8
# A step must gain at least this share of what its slope promises; else it is halved.
_LEAST_GAIN = 1e-4
_MOST_HALVINGS = 20


class Bag(NamedTuple):
    """A set of features, by number, and the value that each has."""

    features: array[int]
    value: float


def log_odds(bag: Bag, weights: Sequence[float], bias: float) -> float:
    return bias + bag.value * sum(map(weights.__getitem__, bag.features))


def fit(
    bags: Sequence[Bag], labels: Sequence[bool], importance: Sequence[float], penalty: Sequence[float]
) -> tuple[list[float], float]:
    """Return the weights and the bias that fit best.

    Args:
        bags: What to learn from.
        labels: Which of them are attacks.
        importance: How much each counts, 1.0 on average.
        penalty: For each feature the price of the square of its weight.
    """
    loss = _loss(bags, labels, importance, [*penalty, 0.0])
    point = _minimise(loss, [0.0] * (len(penalty) + 1))
    return point[:-1], point[-1]


def _loss(
    bags: Sequence[Bag], labels: Sequence[bool], importance: Sequence[float], penalty: list[float]
) -> Callable[[list[float]], tuple[float, list[float]]]:
    """Return the function from a point, the weights and then the bias, to its loss and slope."""
    holders = _holders(bags, len(penalty) - 1)
    share = 1 / len(bags)

    def loss(point: list[float]) -> tuple[float, list[float]]:
        total, errors, scaled = 0.0, [], []
        bias = point[-1]
        for bag, label, weight in zip(bags, labels, importance, strict=True):
            odds = log_odds(bag, point, bias)
            total += weight * (_softplus(odds) - label * odds)
            error = weight * share * (1 / (1 + math.exp(-max(-60.0, min(60.0, odds)))) - label)
            errors.append(error)
            scaled.append(error * bag.value)
        cost = total * share + sum(p * x * x for p, x in zip(penalty, point, strict=True)) / 2
        slope = [sum(map(scaled.__getitem__, held)) for held in holders]
        slope.append(sum(errors))
        return cost, [s + p * x for s, p, x in zip(slope, penalty, point, strict=True)]

    return loss


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _holders(bags: Sequence[Bag], count: int) -> list[array[int]]:
    """Return for each feature the bags that hold it."""
    holders = [array("L") for _ in range(count)]
    for at, bag in enumerate(bags):
        for feature in bag.features:
            holders[feature].append(at)
    return holders


def _dot(a: list[float], b: list[float]) -> float:
    return sum(map(mul, a, b))


def _plus(a: list[float], factor: float, b: list[float]) -> list[float]:
    return [x + factor * y for x, y in zip(a, b, strict=True)]


def _minimise(loss: Callable[[list[float]], tuple[float, list[float]]], point: list[float]) -> list[float]:
    """Return where the convex `loss` is least, or nearly so, from `point` on."""
    cost, slope = loss(point)
    moves: list[tuple[list[float], list[float], float]] = []
    for _ in range(_STEPS):
        direction = _direction(slope, moves)
        promised = _dot(slope, direction)
        size = 1.0 if moves else 1 / max(math.sqrt(_dot(slope, slope)), 1e-12)
        for _ in range(_MOST_HALVINGS):
            there = _plus(point, size, direction)
            new_cost, new_slope = loss(there)
            if new_cost <= cost + _LEAST_GAIN * size * promised:
                break
            size /= 2
        else:
            break
        move, change = _plus(there, -1.0, point), _plus(new_slope, -1.0, slope)
        if (bend := _dot(move, change)) > 0:
            moves = [*moves[1 - _REMEMBERED :], (move, change, 1 / bend)]
        point, cost, slope = there, new_cost, new_slope
    return point


def _direction(slope: list[float], moves: list[tuple[list[float], list[float], float]]) -> list[float]:
    """Return the way down: the slope, bent by what the last moves tell of the curvature."""
    direction = [-x for x in slope]
    factors = []
    for move, change, inverse in reversed(moves):
        factors.append(inverse * _dot(move, direction))
        direction = _plus(direction, -factors[-1], change)
    if moves:
        move, change, inverse = moves[-1]
        scale = 1 / (inverse * _dot(change, change))
        direction = [scale * x for x in direction]
    for (move, change, inverse), factor in zip(moves, reversed(factors), strict=True):
        direction = _plus(direction, factor - inverse * _dot(change, direction), move)
    return direction
