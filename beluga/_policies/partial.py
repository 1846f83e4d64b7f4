"""See in a JSON text that is still being written what of it is complete.

A value is complete when nothing that follows could change it: a text at its closing quote, a number at what comes
behind it. The text up to there, with the open brackets closed, is JSON::

    {"name": "Oslo", "lines": [{"text": "te      what has come
    {"name": "Oslo"}                             what is complete

Each character is looked at once, and nothing is made unless a value has been completed.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from typing import Any, Final

import attrs

from beluga._types.fit import fit
from beluga._types.scalars import INVALID
from beluga._types.tree import Foreign, Items, OneOf, Record, Row, Table, TypeNode

__all__ = ["NOTHING_NEW", "PartialAnswer", "partial"]

NOTHING_NEW: Final = object()
"""Stands for a piece of text that has completed nothing."""

_CLOSERS: Final = {"{": "}", "[": "]"}


class PartialAnswer:
    """A JSON text in pieces.

    Args:
        begin: Finds in a text where its JSON begins; -1 while that is not known.
    """

    def __init__(self, begin: Any) -> None:
        self.text = ""
        self._begin = begin
        self._start = -1
        self._at = 0
        self._last: Any = NOTHING_NEW
        self._open: list[str] = []
        self._in_text = self._is_escaped = self._expects_key = self._is_key = self._is_bare = self._is_done = False

    def feed(self, piece: str) -> Any:
        """Take the next piece; return the JSON value that is complete so far, or `NOTHING_NEW`."""
        self.text += piece
        if self._start < 0:
            self._start = self._at = self._begin(self.text)
            if self._start < 0:
                return NOTHING_NEW
        complete, closers = -1, ""
        for at in range(self._at, len(self.text)):
            end = self._step(self.text[at], at)
            if end > 0:
                complete, closers = end, "".join(reversed(self._open))
        self._at = len(self.text)
        if complete < 0:
            return NOTHING_NEW
        try:
            value = json.loads(self.text[self._start : complete] + closers, strict=False)
        except ValueError:
            return NOTHING_NEW  # the end of the stream will tell what is wrong
        if value == self._last:
            return NOTHING_NEW
        self._last = value
        return value

    def _step(self, char: str, at: int) -> int:
        """Take one character; return where a value has been completed, or 0."""
        if self._is_done:
            return 0
        if self._in_text:
            if self._is_escaped or char == "\\":
                self._is_escaped = not self._is_escaped
            elif char == '"':
                self._in_text = False
                return 0 if self._is_key else at + 1
            return 0
        was_bare, self._is_bare = self._is_bare, False
        if char == '"':
            self._in_text, self._is_key = True, self._expects_key
        elif char in _CLOSERS:
            self._open.append(_CLOSERS[char])
            self._expects_key = char == "{"
        elif char in "}]" and self._open:
            self._open.pop()
            self._expects_key, self._is_done = False, not self._open
            return at + 1
        elif char == ",":
            self._expects_key = self._open[-1:] == ["}"]
            return at if was_bare else 0
        elif char == ":":
            self._expects_key = False
        else:
            self._is_bare = was_bare or not char.isspace()
        return 0


def partial(node: TypeNode, value: Any) -> Any:
    """Return what `node` makes of a value of which parts have not come: fields that are missing are None.

    Neither converters nor validators of a class run: they expect a whole one.
    """
    match node:
        case Record() if isinstance(value, dict):
            return _instance(
                node, {key: partial(node.fields[key].node, value[key]) for key in node.fields if key in value}
            )
        case Items() if isinstance(value, list):
            try:
                return node.make([partial(node.item, each) for each in value])
            except TypeError:
                return None
        case Row() if isinstance(value, list):
            return tuple(partial(item, each) for item, each in zip(node.items, value, strict=False))
        case Table() if isinstance(value, dict):
            return node.make({key: partial(node.item, each) for key, each in value.items()})
        case OneOf():
            return _one_of(node, value)
        case Foreign() if isinstance(value, dict) and hasattr(node.kind, "model_construct"):
            return node.kind.model_construct(**value)
        case _:
            fitted, _ = fit(node, value)
            return None if fitted is INVALID else fitted


def _one_of(node: OneOf, value: Any) -> Any:
    fitted, _ = fit(node, value)
    if fitted is not INVALID:
        return fitted
    for arm in node.arms:
        fields = arm.fields.keys() if isinstance(arm, Record) else None
        if isinstance(value, dict) and (isinstance(arm, (Table, Foreign)) or (fields and value.keys() <= fields)):
            return partial(arm, value)
        if isinstance(value, list) and isinstance(arm, (Items, Row)):
            return partial(arm, value)
    return None


def _instance(node: Record, given: dict[str, Any]) -> Any:
    kind = node.make
    if typing.is_typeddict(kind) or not isinstance(kind, type):
        return given
    values = {field.name: given.get(key) for key, field in node.fields.items()}
    if issubclass(kind, tuple):
        return kind(**values)
    instance = object.__new__(kind)
    fields: Any = attrs.fields(kind) if attrs.has(kind) else dataclasses.fields(typing.cast("Any", kind))
    for name in (each.name for each in fields):
        object.__setattr__(instance, name, values.get(name))
    return instance
