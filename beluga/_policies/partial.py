"""Make instances of a JSON text that is still being written, as far as it is complete.

A value is complete when nothing that follows could change it: a text at its closing quote, a number at what comes
behind it. What is complete goes into the bracket that is open around it, and is looked at no more::

    {"name": "Oslo", "lines": [{"text": "te      what has come
    City(name="Oslo", lines=None)                what is told of it: of the open brackets those with something in them

Each character is looked at once, and each value is made once. What a new one costs are the brackets around it: a copy
of what each holds already, and an instance of it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import typing
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from beluga._types.fit import fit
from beluga._types.scalars import INVALID
from beluga._types.tree import Anything, Field, Foreign, Items, OneOf, Record, Row, Scalar, Table, TypeNode, arms

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEY", "NOTHING_NEW", "PartialAnswer", "boxed", "partial"]

NOTHING_NEW: Final = object()
"""Stands for a piece of text that has completed nothing."""

KEY: Final = "value"
"""The key of the object in which what is not an object is asked for."""


def boxed(node: TypeNode, name: str) -> Record:
    """Return an object with `node` at its one key."""
    return Record(None, name, dict, {KEY: Field(KEY, KEY, node)})


_ANY: Final = Anything()
_QUOTE: Final = re.compile(r'["\\]')
_WORD_END: Final = re.compile(r"[\s,\]}/]")
_COMMENT: Final = re.compile(r"//[^\n]*\n|/\*.*?\*/", re.DOTALL)
_COMMENT_BEGUN: Final = re.compile(r"/(?:\Z|[/*])")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_PAIRS: Final = {"}": dict, "]": list}
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse, strict=False)


class _Bracket:
    """An object or a list that is open.

    Args:
        node: What is made of it.
        is_object: Which of the two it is.
    """

    __slots__ = ("holds", "is_told", "key", "kind", "node")

    def __init__(self, node: TypeNode, *, is_object: bool) -> None:
        self.node = node
        self.kind = _kind_of(node, is_object=is_object)
        self.holds: Any = {} if is_object else []
        self.key = ""
        self.is_told = False  # whether something in it is complete

    def inner(self) -> TypeNode:
        """Return what is made of the value that comes next."""
        kind = self.kind
        match kind:
            case Record():
                field = kind.fields.get(self.key)
                return _ANY if field is None else field.node
            case Items() | Table():
                return kind.item
            case Row():
                return kind.items[len(self.holds)] if len(self.holds) < len(kind.items) else _ANY
            case _:
                return _ANY

    def put(self, value: Any) -> None:
        """Take a complete value."""
        if type(self.holds) is list:
            self.holds.append(value)
        else:
            self.holds[self.key] = value

    def made(self, last: Any = NOTHING_NEW) -> Any:
        """Return what there is of it, with the bracket `last` that is open in it."""
        if last is NOTHING_NEW:
            holds = self.holds.copy()
        else:
            holds = [*self.holds, last] if type(self.holds) is list else {**self.holds, self.key: last}
        if self.kind is not _ANY:
            return _assembled(self.kind, holds)
        return holds if self.node is _ANY else partial(self.node, holds)


def _kind_of(node: TypeNode, *, is_object: bool) -> TypeNode:
    """Return the one arm of `node` that can begin with this bracket; where there are more, all has to be seen first."""
    wanted = (Record, Table, Foreign, Anything) if is_object else (Items, Row, Foreign, Anything)
    fitting = [arm for arm in arms(node) if isinstance(arm, wanted)]
    return fitting[0] if len(fitting) == 1 and not isinstance(fitting[0], (Foreign, Anything)) else _ANY


class PartialAnswer:
    """An answer in pieces.

    Args:
        begin: Finds in a text where its JSON begins; -1 while that is not known.
        node: What is made of it.
        is_boxed: Whether it is asked for in an object; it may come alone too.
    """

    def __init__(self, begin: Callable[[str], int], node: TypeNode = _ANY, *, is_boxed: bool = False) -> None:
        self.text: str = ""
        self._begin = begin
        self._node = node
        self._is_boxed = is_boxed
        self._box = _ANY if _may_hold_key(node) else boxed(node, "")
        self._at = -1  # what has been looked at; -1 before the JSON begins
        self._seen = 0  # of the text before that
        self._token = -1  # where a text or a word began that is not complete
        self._open: list[_Bracket] = []
        self._wants = "value"
        self._is_over = False  # whether the JSON has ended, or is none
        self._value: Any = NOTHING_NEW

    def feed(self, piece: str) -> Any:
        """Take the next piece; return the instance as far as it is complete now, or `NOTHING_NEW`."""
        self.text += piece
        if self._is_over or (self._at < 0 and not self._begins()):
            return NOTHING_NEW
        self._value = NOTHING_NEW
        is_new, size = False, len(self.text)
        try:
            while self._at < size and not self._is_over:
                if self._token < 0:
                    is_new |= self._begin_token()
                elif self.text[self._token] == '"':
                    is_new |= self._go_on_in_text(size)
                elif self.text[self._token] == "/":
                    self._go_on_in_comment(size)
                else:
                    is_new |= self._go_on_in_word(size)
        except ValueError:
            self._is_over = True  # the end of the stream will tell what is wrong
        if not is_new:
            return NOTHING_NEW
        value = self._value
        for bracket in reversed(self._open):
            if bracket.is_told:
                value = bracket.made(value)
        return self._unboxed(value)

    def _begins(self) -> bool:
        """Say whether the JSON has begun; a text is not looked at twice, but for a bracket at its end."""
        new = self.text[self._seen :].rstrip()
        if "{" in new or "[" in new:
            self._at = self._begin(self.text)
        self._seen += len(new) - new.endswith(("{", "["))  # what comes behind it tells what it is
        return self._at >= 0

    def _begin_token(self) -> bool:
        """Take one character outside of texts and words; say whether a value is complete."""
        text, at, wants = self.text, self._at, self._wants
        char = text[at]
        self._at = at + 1
        if char.isspace():
            return False
        if char == '"' and wants in {"value", "key"}:
            self._token = at
        elif char == "," and wants == "next":
            self._wants = "key" if type(self._open[-1].holds) is dict else "value"
        elif char == ":" and wants == "colon":
            self._wants = "value"
        elif wants == "value" and char in "{[":
            self._opens(is_object=char == "{")
        elif char in _PAIRS and self._open and type(self._open[-1].holds) is _PAIRS[char]:
            return self._closes()
        elif char == "/" or (wants == "value" and char not in ",:}]"):
            self._token = at
        else:
            _refuse(char)
        return False

    def _go_on_in_text(self, size: int) -> bool:
        """Look for the closing quote; say whether a value is complete."""
        end = _QUOTE.search(self.text, self._at)
        if end is None:
            self._at = size
            return False
        self._at = end.end()
        if end[0] == "\\":
            self._at += 1  # whatever it is: it may not have come yet
            return False
        word = _DECODER.decode(self.text[self._token : self._at])
        if self._wants == "value":
            return self._complete(word)
        self._token, self._wants = -1, "colon"
        if self._is_boxed and len(self._open) == 1 and not self._open[0].holds and word != KEY:
            self._open = [_Bracket(self._node, is_object=True)]
            self._is_boxed = False
        self._open[-1].key = word
        return False

    def _go_on_in_comment(self, size: int) -> None:
        """Look for the end of a comment."""
        comment = _COMMENT.match(self.text, self._token)
        if comment is not None:
            self._at, self._token = comment.end(), -1
        elif _COMMENT_BEGUN.match(self.text, self._token):
            self._at = size
        else:
            _refuse("/")

    def _go_on_in_word(self, size: int) -> bool:
        """Look for the end of a number or name; say whether a value is complete."""
        end = _WORD_END.search(self.text, self._at)
        self._at = size if end is None else end.start()
        return end is not None and self._complete(_DECODER.decode(self.text[self._token : self._at]))

    def _complete(self, value: Any) -> bool:
        """Put a value without parts into its bracket, and tell it and those around."""
        self._token, self._wants = -1, "next"
        bracket = self._open[-1]
        node = bracket.inner()
        is_plain = node is _ANY or (type(node) is Scalar and type(value) is node.exact)
        bracket.put(value if is_plain else partial(node, value))
        self._tell()
        return True

    def _opens(self, *, is_object: bool) -> None:
        if self._open:
            node = self._open[-1].inner()
        elif self._is_boxed and is_object:
            node = self._box
        else:
            node, self._is_boxed = self._node, False
        self._open.append(_Bracket(node, is_object=is_object))
        self._wants = "key" if is_object else "value"

    def _closes(self) -> bool:
        closed = self._open.pop()
        made, self._wants = closed.made(), "next"
        if self._open:
            self._open[-1].put(made)
            if not closed.is_told:
                self._tell()
        else:
            self._is_over, self._value = True, made
        return not closed.is_told

    def _tell(self) -> None:
        for bracket in reversed(self._open):
            if bracket.is_told:
                return
            bracket.is_told = True

    def _unboxed(self, value: Any) -> Any:
        if not self._is_boxed:
            return value
        if self._box is not _ANY:
            return value.get(KEY)
        return partial(self._node, value[KEY] if value.keys() == {KEY} else value)


def _may_hold_key(node: TypeNode) -> bool:
    """Say whether a value of `node` may be an object with the key of the box, so that all of it has to be seen."""
    return any(
        isinstance(arm, (Table, Foreign, Anything)) or (isinstance(arm, Record) and KEY in arm.fields)
        for arm in arms(node)
    )


def partial(node: TypeNode, value: Any) -> Any:
    """Return what `node` makes of a value of which parts have not come: fields that are missing are None.

    Neither converters nor validators of a class run: they expect a whole one.
    """
    match node:
        case Record() if isinstance(value, dict):
            fields = node.fields
            return _assembled(node, {key: partial(fields[key].node, value[key]) for key in fields if key in value})
        case Items() if isinstance(value, list):
            return _assembled(node, [partial(node.item, each) for each in value])
        case Row() if isinstance(value, list):
            return tuple(partial(item, each) for item, each in zip(node.items, value, strict=False))
        case Table() if isinstance(value, dict):
            return _assembled(node, {key: partial(node.item, each) for key, each in value.items()})
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


def _assembled(kind: TypeNode, holds: Any) -> Any:
    """Return the object, list, row or table of parts that are made already."""
    match kind:
        case Record():
            return _instance(kind, holds)
        case Items():
            try:
                return kind.make(holds)
            except TypeError:  # a set of what cannot be hashed before it is whole
                return None
        case Row():
            return tuple(holds[: len(kind.items)])
        case Table():
            return kind.make(holds)
        case _:
            raise AssertionError(kind)


def _instance(node: Record, given: dict[str, Any]) -> Any:
    kind: Any = node.make
    names = _attributes(kind)
    if names is None:
        return {key: given[key] for key in node.fields if key in given}
    values = {field.name: given.get(key) for key, field in node.fields.items()}
    if issubclass(kind, tuple):
        return kind(**values)
    instance = object.__new__(kind)
    put = object.__setattr__
    for name in names:
        put(instance, name, values.get(name))
    return instance


@functools.lru_cache(maxsize=256)
def _attributes(kind: Any) -> tuple[str, ...] | None:
    """Return the attributes of a class; None where a dict is made."""
    if kind is dict or typing.is_typeddict(kind) or not isinstance(kind, type):
        return None
    if issubclass(kind, tuple):
        return ()
    fields: Any = attrs.fields(kind) if attrs.has(kind) else dataclasses.fields(typing.cast("Any", kind))
    return tuple(field.name for field in fields)
