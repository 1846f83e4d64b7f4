"""What a list, a mapping or a union of values may be."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga.config.problems import INVALID, Findings, shown
from beluga.config.shapes import SCALAR_KINDS, Nothing, Shape

if TYPE_CHECKING:
    from beluga.config.problems import Place

__all__ = ["MAPPINGS", "SEQUENCES", "Items", "OneOf", "Record", "Table", "is_scalar", "parts"]

SEQUENCES: Final[Mapping[Any, Callable[[Any], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: tuple,
    collections.abc.Set: frozenset,
}
"""Annotations of one item type, each with what it becomes; the abstract ones become what cannot change."""

MAPPINGS: Final[Mapping[Any, Callable[[Any], Any]]] = {dict: dict, collections.abc.Mapping: types.MappingProxyType}


@attrs.frozen
class Items:
    """A list of values of one shape."""

    item: Shape
    make: Callable[[Any], Any]

    @property
    def rule(self) -> str:
        return f"a list, each item {self.item.rule}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if not isinstance(value, (list, tuple, set, frozenset)):
            return found.reject(place, self.rule, value, opaque=True)
        fitted = [self.item.fit(item, place.at(index), found) for index, item in enumerate(value)]
        return INVALID if any(item is INVALID for item in fitted) else self.make(fitted)

    def read(self, text: str) -> Any:
        return json.loads(text)


@attrs.frozen
class Record:
    """A list of so many values, each of its own shape."""

    shapes: tuple[Shape, ...]

    @property
    def rule(self) -> str:
        return f"a list of {len(self.shapes)}: {', '.join(shape.rule for shape in self.shapes)}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if not isinstance(value, (list, tuple)) or len(value) != len(self.shapes):
            return found.reject(place, self.rule, value, opaque=True)
        pairs = enumerate(zip(self.shapes, value, strict=True))
        fitted = [shape.fit(item, place.at(index), found) for index, (shape, item) in pairs]
        return INVALID if any(item is INVALID for item in fitted) else tuple(fitted)

    def read(self, text: str) -> Any:
        return json.loads(text)


@attrs.frozen
class Table:
    """A mapping of free keys to values of one shape."""

    item: Shape
    make: Callable[[Any], Any]

    @property
    def rule(self) -> str:
        return f"a table, each value {self.item.rule}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if not isinstance(value, Mapping):
            return found.reject(place, self.rule, value, opaque=True)
        fitted: dict[str, Any] = {}
        for key, item in value.items():
            if isinstance(key, str):
                # Of a secret table the keys are not shown either.
                fitted[key] = self.item.fit(item, place if place.secret else place.at(key), found)
            elif place.secret:
                fitted[str(key)] = found.note(place, "has a key that is no string")
            else:
                fitted[str(key)] = found.note(place, f"has the key {shown(key)}, which must be a string")
        return INVALID if any(item is INVALID for item in fitted.values()) else self.make(fitted)

    def read(self, text: str) -> Any:
        return json.loads(text)


@attrs.frozen
class OneOf:
    """A value of any of several shapes, the first that fits."""

    arms: tuple[Shape, ...]

    @property
    def rule(self) -> str:
        return " or ".join(arm.rule for arm in self.arms)

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if value is None and Nothing() in self.arms:
            return None
        others = [arm for arm in self.arms if arm != Nothing()]
        if len(others) == 1:
            return others[0].fit(value, place, found)  # its own problems say more than "neither fits"
        for arm in others:
            fitted = arm.fit(value, place, Findings())
            if fitted is not INVALID:
                return fitted
        return found.reject(place, self.rule, value, opaque=not is_scalar(self))

    def read(self, text: str) -> Any:
        for arm in sorted(self.arms, key=lambda arm: arm.rule == "a string"):
            with contextlib.suppress(ValueError):
                return arm.read(text)
        raise ValueError(self.rule)


def is_scalar(shape: Shape) -> bool:
    """Return whether `shape` is one plain value, so that a message may show what stands in its place."""
    arms = shape.arms if isinstance(shape, OneOf) else (shape,)
    return all(isinstance(arm, SCALAR_KINDS) for arm in arms)


def parts(shape: Shape) -> tuple[Shape, ...]:
    """Return the shapes that `shape` is made of; none for a scalar."""
    match shape:
        case Items() | Table():
            return (shape.item,)
        case Record():
            return shape.shapes
        case OneOf():
            return shape.arms
        case _:
            return ()
