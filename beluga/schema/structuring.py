"""Make values of a Python type from parsed JSON: the way back from what `json_schema` describes."""

from __future__ import annotations

import inspect
import types
import typing
from collections import abc
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, NotRequired, Required, Union

from beluga.schema.problems import Problem
from beluga.schema.records import is_record, properties
from beluga.schema.shapes import Anything, Choice, Field, Items, OneOf, Plain, Quantity, Record, Row, Shape, Table

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Structurer"]

_SCALARS: dict[Any, Shape] = {
    Any: Anything(),
    str: Plain(str, "a string"),
    bool: Plain(bool, "true or false"),
    int: Quantity(int),
    float: Quantity(float),
    None: Plain(types.NoneType, "null"),
    types.NoneType: Plain(types.NoneType, "null"),
}
_SEQUENCES: dict[Any, Callable[[list[Any]], Any]] = {
    **dict.fromkeys((list, abc.MutableSequence), list),
    **dict.fromkeys((tuple, abc.Sequence, abc.Iterable, abc.Collection), tuple),
    **dict.fromkeys((set, abc.MutableSet), set),
    **dict.fromkeys((frozenset, abc.Set), frozenset),
}
"""What each annotation becomes; the abstract ones become what cannot change."""
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


class Structurer:
    """Turns parsed JSON into values of one type, or says everything that is wrong with it.

    It knows what `json_schema` knows: plain types, containers, choices, attrs classes, data classes and typed
    dictionaries. Defaults, converters and validators of a class do their work. A key that a class does not know
    is a problem: it may be a misspelt one, whose default would be taken for the answer.

    Args:
        kind: A class or annotation.

    Raises:
        TypeError: It is, or contains, a type that JSON has no form for.

    Example:
        >>> import attrs
        >>> @attrs.frozen
        ... class Line:
        ...     text: str
        ...     price: float = 0.0
        >>> lines = Structurer(list[Line])
        >>> lines([{"text": "tea", "price": 2}])
        ([Line(text='tea', price=2.0)], [])
        >>> print(lines([{"text": "tea", "price": "two"}])[1][0])
        [0].price: expected a number, not a string
    """

    def __init__(self, kind: Any) -> None:
        self._shape = _Reading().shape(kind, getattr(kind, "__name__", "the type"))

    def __call__(self, value: Any) -> tuple[Any, list[Problem]]:
        """Return the value of the type and no problems, or anything and the problems."""
        problems: list[Problem] = []
        try:
            structured = self._shape.fit(value, (), problems)
        except RecursionError:
            return None, [Problem((), "is nested too deeply")]
        return structured, problems


class _Reading:
    """Finds the shapes of one type and of all that it contains."""

    def __init__(self) -> None:
        self._records: dict[Any, Record] = {}

    def shape(self, kind: Any, where: str) -> Shape:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (Annotated, Required, NotRequired):
            return self.shape(arguments[0], where)
        if isinstance(kind, NewType):
            return self.shape(kind.__supertype__, where)
        if type(kind).__name__ == "TypeAliasType":  # of Python 3.12: type Name = ...
            return self.shape(kind.__value__, where)
        if origin is Literal:
            return _choice(arguments, where)
        if origin in (Union, types.UnionType):
            return OneOf(tuple(self.shape(each, where) for each in arguments))
        if origin is None and isinstance(kind, abc.Hashable) and kind in _SCALARS:
            return _SCALARS[kind]
        if isinstance(kind, type) and not arguments:
            return self._class(kind, where)
        return self._container(origin, kind, arguments, where)

    def _class(self, kind: type, where: str) -> Shape:
        if issubclass(kind, Enum):
            return _choice(kind, where)
        if is_record(kind):
            return self._record(kind)
        return self._container(kind, kind, (), where)

    def _container(self, origin: Any, kind: Any, arguments: tuple[Any, ...], where: str) -> Shape:
        if origin is tuple and arguments and arguments[-1] is not ...:
            return Row(tuple(self.shape(each, f"{where}[{place}]") for place, each in enumerate(arguments)))
        if origin in _SEQUENCES:
            return Items(self.shape(arguments[0] if arguments else Any, f"{where}[]"), _SEQUENCES[origin])
        if origin in _MAPPINGS and (not arguments or arguments[0] in (str, Any)):
            return Table(self.shape(arguments[1] if arguments else Any, f"{where}{{}}"))
        name = kind.__name__ if isinstance(kind, type) and not arguments else repr(kind)
        message = f"{where} is of type {name}, which cannot be made from JSON"
        raise TypeError(message)

    def _record(self, kind: type) -> Record:
        if kind not in self._records:
            record = self._records[kind] = Record(kind, kind.__name__)
            record.fields = {
                each.name: Field(self.shape(each.kind, f"{kind.__name__}.{each.name}"), each.required)
                for each in properties(kind)
            }
            if not typing.is_typeddict(kind):
                _check_call(kind, record)
        return self._records[kind]


def _choice(values: Any, where: str) -> Choice:
    choices = [(each.value if isinstance(each, Enum) else each, each) for each in values]
    for written, _ in choices:
        if not (written is None or isinstance(written, (str, int, float))):
            message = f"{where} has a choice of type {type(written).__name__}, which cannot be made from JSON"
            raise TypeError(message)
    return Choice(choices)


def _check_call(kind: type, record: Record) -> None:
    """Refuse a class that cannot be made from its fields, before a model is asked for what nobody can take."""
    signature = inspect.signature(kind)
    required = {key: None for key, field in record.fields.items() if field.required}
    try:
        signature.bind(**dict.fromkeys(record.fields))
        signature.bind(**required)
    except TypeError as error:
        message = f"{kind.__name__} cannot be made from its fields, by keyword: {error}"
        raise TypeError(message) from None
