"""Read annotations into a tree, once: plain types, containers, choices, classes that declare their fields, functions.

Whatever has no form in JSON or a file is refused here, with its place, so that nobody has to ask again later.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections import abc
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NewType, NoReturn, NotRequired, Required, Union

import attrs

from beluga._types.classes import (
    MARKS,
    READ_ONLY,
    Marks,
    check_call,
    declared,
    described,
    filled,
    is_record,
    own_doc,
    type_arguments,
)
from beluga._types.scalars import SCALARS, SECONDS
from beluga._types.tree import (
    NULL,
    UNBOUNDED,
    Anything,
    Bounds,
    Choice,
    Field,
    Foreign,
    Items,
    OneOf,
    Option,
    Record,
    Row,
    Scalar,
    Table,
    TypeNode,
    bounds_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["read_function", "read_type"]


def read_type(kind: Any, where: str = "the type") -> TypeNode:
    """Return the tree of a type; that of a class is read once.

    Args:
        kind: A class or annotation.
        where: What messages call its place.

    Raises:
        TypeError: It is, or contains, a type that has no form in JSON; the message has its place.
    """
    # Unions are equal in any order, so that only classes are told apart well enough to be remembered.
    if isinstance(kind, type) and is_record(kind):
        return _read_class(kind)
    return _TypeReader().read(kind, where)


@functools.lru_cache(maxsize=256)
def _read_class(kind: Any) -> TypeNode:
    return _TypeReader().read(kind, kind.__name__)


def read_function(function: Callable[..., Any]) -> Record:
    """Return the parameters of a function as the fields of a record, which is made into a dict of arguments.

    Args:
        function: A function, method, partial or callable object.

    Raises:
        TypeError: A parameter has no annotation, cannot be given by name, or is of a type without a form in JSON.
    """
    source = _documented(function)
    name, (doc, said) = source.__name__, described(source.__doc__)
    try:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
    except NameError as error:
        _unresolved(name, error)
    record = Record(function, name, dict, doc=doc)
    reader = _TypeReader()
    for each in parameters:
        if each.kind not in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
            message = f"{name}: a model gives arguments by name, which {each} cannot take"
            raise TypeError(message)
        if each.annotation is each.empty:
            message = f"{name}: the parameter {each.name} needs an annotation, so that the model knows its type"
            raise TypeError(message)
        node = reader.read(each.annotation, f"{name}.{each.name}")
        required = each.default is each.empty
        record.fields[each.name] = Field(each.name, each.name, node, required, said.get(each.name, ""))
    return record


def _documented(function: Any) -> Any:
    """Return what bears name and docstring: the function inside a partial, the class of a callable object."""
    while not hasattr(function, "__name__") and hasattr(function, "func"):
        function = function.func
    return function if hasattr(function, "__name__") else type(function)


_SEQUENCES: Final[dict[Any, Callable[[list[Any]], Any]]] = {
    **dict.fromkeys((list, abc.MutableSequence), list),
    **dict.fromkeys((tuple, abc.Sequence, abc.Iterable, abc.Collection), tuple),
    **dict.fromkeys((set, abc.MutableSet), set),
    **dict.fromkeys((frozenset, abc.Set), frozenset),
}
"""What each annotation becomes; the abstract ones become what cannot change."""

_MAPPINGS: Final[dict[Any, Callable[[dict[str, Any]], Any]]] = {
    **dict.fromkeys((dict, abc.MutableMapping), dict),
    abc.Mapping: types.MappingProxyType,
}

_MARKERS: Final = {Required, NotRequired, Final, READ_ONLY}


class _TypeReader:
    """Reads one type and all that it contains."""

    def __init__(self) -> None:
        self._records: dict[Any, Record] = {}
        self._aliases: list[Any] = []
        self._owners: list[Any] = []

    def read(self, hint: Any, where: str) -> TypeNode:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is Annotated:
            return self._annotated(arguments[0], hint.__metadata__, where)
        if origin in _MARKERS:
            return self.read(arguments[0], where)
        if isinstance(hint, NewType):
            return self.read(hint.__supertype__, where)
        if type(hint).__name__ == "TypeAliasType" or type(origin).__name__ == "TypeAliasType":
            return self._alias(hint, origin, arguments, where)
        if hint is typing.Self and self._owners:
            return self.read(self._owners[-1], where)
        if isinstance(hint, typing.TypeVar) and hint.__bound__ is not None:
            return self.read(hint.__bound__, where)
        return self._plain(hint, origin, arguments, where)

    def _plain(self, hint: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> TypeNode:
        """Read a type with nothing around it."""
        if hint is None:
            return NULL
        if hint is Any:
            return Anything()
        if origin in (Union, types.UnionType):
            return OneOf(tuple(self.read(each, where) for each in arguments))
        if origin is Literal:
            return _choice(arguments, where)
        return self._class(hint, origin, arguments, where)

    def _annotated(self, hint: Any, metadata: Iterable[Any], where: str) -> TypeNode:
        text, bounds, is_seconds = "", UNBOUNDED, False
        for mark in metadata:
            if isinstance(mark, str) and mark == SECONDS:
                is_seconds = True
            elif isinstance(mark, str):
                text = text or mark
            else:
                text = text or _description(mark)
                bounds &= bounds_of(mark)
        node = Scalar(SCALARS[SECONDS], Bounds(least=0)) if is_seconds else self.read(hint, where)
        node = bounded(node, bounds, where)
        return attrs.evolve(node, description=text) if text else node

    def _alias(self, hint: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> TypeNode:
        """Read what ``type Name = ...`` of Python 3.12 stands for."""
        alias = origin if arguments else hint
        if any(alias is each for each in self._aliases):
            message = f"{where} is {alias}, which contains itself; write a class, which may"
            raise TypeError(message)
        self._aliases.append(alias)
        node = self.read(filled(alias.__value__, dict(zip(alias.__type_params__, arguments, strict=False))), where)
        self._aliases.pop()
        return node

    def _class(self, hint: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> TypeNode:
        kind = origin or hint
        if not isinstance(kind, abc.Hashable) or not isinstance(kind, type):
            _refuse(hint, where)
        if kind in SCALARS:
            return Scalar(SCALARS[kind])
        if issubclass(kind, Enum):
            return _choice(kind, where, described(own_doc(kind))[0])
        if callable(getattr(kind, "model_json_schema", None)) and callable(getattr(kind, "model_validate", None)):
            return Foreign(hint)
        if is_record(kind):
            return self._record(hint, kind, arguments)
        return self._container(hint, kind, arguments, where)

    def _container(self, hint: Any, kind: Any, arguments: tuple[Any, ...], where: str) -> TypeNode:
        if kind is tuple and any(getattr(each, "__unpacked__", False) for each in arguments):
            _refuse(hint, where)
        if kind is tuple and arguments and arguments[-1] is not ...:
            return Row(tuple(self.read(each, f"{where}[{place}]") for place, each in enumerate(arguments)))
        if kind is tuple and typing.get_origin(hint) is tuple and not arguments:
            return Row(())  # tuple[()]
        if kind in _SEQUENCES:
            return Items(self.read(arguments[0] if arguments else Any, f"{where}[]"), _SEQUENCES[kind])
        if kind not in _MAPPINGS:
            _refuse(hint, where)
        item = self.read(arguments[1] if arguments else Any, f"{where}{{}}")
        return Table(item, _MAPPINGS[kind], self._key(arguments[0], where) if arguments else None)

    def _key(self, hint: Any, where: str) -> TypeNode | None:
        """Return what a key has to be; None where every text is one."""
        if hint in (str, Any):
            return None
        node = self.read(hint, f"{where}{{}}")
        is_text = isinstance(node, Choice) and all(isinstance(option.written, str) for option in node.options)
        if not (is_text or (isinstance(node, Scalar) and node.type.schema.get("type") == "string")):
            message = f"{where} has keys of type {_name(hint)}, but the keys of a JSON object are str"
            raise TypeError(message)
        return node

    def _record(self, hint: Any, kind: Any, arguments: tuple[Any, ...]) -> Record:
        if hint in self._records:
            return self._records[hint]
        name = kind.__name__ if not arguments else f"{kind.__name__}[{', '.join(map(_name, arguments))}]"
        doc, said = described(own_doc(kind))
        record = self._records[hint] = Record(hint, name, kind, doc=doc)
        try:
            hints = typing.get_type_hints(kind, include_extras=True)
        except NameError as error:
            _unresolved(kind.__name__, error)
        known = type_arguments(kind, arguments)
        self._owners.append(hint)
        for field, metadata in declared(kind, hints):
            annotation = filled(hints.get(field.name, Any), known)
            marks: Marks = metadata.get(MARKS) or Marks()
            where = f"{kind.__name__}.{field.name}"
            record.fields[field.key] = attrs.evolve(
                field,
                node=bounded(self.read(annotation, where), marks.bounds, where),
                description=metadata.get("description") or said.get(field.key, said.get(field.name, "")),
                secret=marks.secret,
                env=marks.env,
            )
        self._owners.pop()
        if not typing.is_typeddict(kind):
            check_call(kind, record)
        return record


def _choice(values: Any, where: str, doc: str = "") -> Choice:
    options = [Option(each.value, each, each.name) if isinstance(each, Enum) else Option(each, each) for each in values]
    for option in options:
        if isinstance(option.written, bytes):
            _refuse(bytes, where)
    return Choice(tuple(options), doc)


# Bounds


def bounded(node: TypeNode, bounds: Bounds, where: str) -> TypeNode:
    """Return `node` within `bounds`; of a union, those arms that can have them.

    Raises:
        TypeError: It cannot have them.
    """
    if bounds == UNBOUNDED:
        return node
    if isinstance(node, OneOf):
        able = [_can_have(arm, bounds) for arm in node.arms]
        if any(able):
            pairs = zip(node.arms, able, strict=True)
            return attrs.evolve(node, arms=tuple(bounded(arm, bounds, where) if can else arm for arm, can in pairs))
    elif isinstance(node, (Scalar, Items, Table)) and _can_have(node, bounds):
        return attrs.evolve(node, bounds=node.bounds & bounds)
    message = f"the bounds{bounds.words()} of {where} need a {'number' if bounds.of_values else 'text or list'}"
    raise TypeError(message)


def _can_have(node: TypeNode, bounds: Bounds) -> bool:
    if isinstance(node, Scalar):
        texts = node.type.kind in (str, bytes)
        return (
            (not bounds.of_values or node.type.ordered)
            and (not bounds.of_sizes or texts)
            and (bounds.pattern is None or node.type.kind is str)
        )
    return isinstance(node, (Items, Table)) and not bounds.of_values and bounds.pattern is None


def _description(mark: Any) -> str:
    text = getattr(mark, "description", None) or getattr(mark, "documentation", None)
    return text if isinstance(text, str) else ""


# What cannot be read


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not typing.get_args(kind) else str(kind)


def _refuse(kind: Any, where: str) -> NoReturn:
    if isinstance(kind, (str, typing.ForwardRef)):
        message = f"{where} is written as a string, which nobody can resolve here; write the type itself"
    else:
        message = (
            f"{where} is {_name(kind)}, which neither JSON nor a file has a form for; use str, int, float, bool, None, "
            "dates, Decimal, UUID, Path, bytes, Literal, an Enum, list, tuple, set, dict, unions, an attrs or data "
            "class, a TypedDict, a NamedTuple or a pydantic model"
        )
    raise TypeError(message)


def _unresolved(name: str, error: NameError) -> NoReturn:
    message = (
        f"an annotation of {name} cannot be resolved: {error}; its module must import it at run time, and define "
        "classes that it names at the top level"
    )
    raise TypeError(message) from error
