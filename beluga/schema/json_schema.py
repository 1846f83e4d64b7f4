"""The JSON schema of a Python type, as providers want it for tools and for structured output.

Plain types, containers, choices and records are known: attrs classes, data classes and typed dictionaries.
Descriptions come from ``Annotated[..., "text"]``, from a field's ``metadata={"description": ...}``, or from
the docstring.
"""

from __future__ import annotations

import types
import typing
from collections import abc
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, Literal, NewType, NoReturn, NotRequired, Required, Union

from beluga._types.docstrings import described
from beluga.schema.records import is_record, own_doc, properties

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.schema.records import Property

__all__ = ["json_schema", "object_schema"]

_SCALARS: dict[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    None: "null",
    types.NoneType: "null",
}
_LISTS = (list, abc.Sequence, abc.MutableSequence, abc.Iterable, abc.Collection)
_SETS = (set, frozenset, abc.Set, abc.MutableSet)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)
_MARKERS = (Annotated, Required, NotRequired)


def json_schema(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of a Python type.

    Records become objects without further properties, whose ``required`` are the fields without a default. A
    record that contains itself becomes a ``$ref``, all others stand where they are used.

    Args:
        kind: A class or annotation.

    Raises:
        TypeError: When it is, or contains, a type that JSON has no form for; the message has its place.

    Example:
        >>> import attrs
        >>> @attrs.frozen
        ... class City:
        ...     "A city."
        ...
        ...     name: str
        ...     people: int | None = None
        >>> schema = json_schema(City)
        >>> schema["properties"]["people"]
        {'anyOf': [{'type': 'integer'}, {'type': 'null'}]}
        >>> schema["required"], schema["description"]
        (['name'], 'A city.')

    Source: JSON Schema, draft 2020-12.
    """
    writer = _Writer(kind)
    return writer.complete(writer.schema(kind, "the type"))


def object_schema(owner: str, fields: Iterable[Property]) -> dict[str, Any]:
    """Return the JSON schema of an object that no class describes, such as the arguments of a function.

    Args:
        owner: Whose properties they are; for messages.
        fields: In their order.

    Raises:
        TypeError: When a property's type has no form in JSON.
    """
    writer = _Writer()
    return writer.complete(writer.object(owner, fields))


class _Writer:
    """Describes one type and all that it contains."""

    def __init__(self, root: Any = None) -> None:
        self._root = root
        self._open: list[type] = []
        self._names: dict[type, str] = {}
        self._definitions: dict[str, dict[str, Any]] = {}

    def complete(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Add the definitions to which `schema` refers."""
        return {**schema, "$defs": self._definitions} if self._definitions else schema

    def object(self, owner: str, fields: Iterable[Property]) -> dict[str, Any]:
        schemas: dict[str, Any] = {}
        required: list[str] = []
        for each in fields:
            schemas[each.name] = self.schema(each.kind, f"{owner}.{each.name}", each.description)
            if each.required:
                required.append(each.name)
        return {"type": "object", "properties": schemas, "required": required, "additionalProperties": False}

    def schema(self, kind: Any, where: str, description: str = "") -> dict[str, Any]:
        kind, annotated = _unwrapped(kind)
        schema = self._bare(kind, where)
        text = annotated or description
        # OpenAI refuses a $ref that has neighbours.
        return {**schema, "description": text} if text and "$ref" not in schema else schema

    def _bare(self, kind: Any, where: str) -> dict[str, Any]:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if kind is Any:
            return {}
        if isinstance(kind, abc.Hashable) and kind in _SCALARS:
            return {"type": _SCALARS[kind]}
        if origin is Literal:
            return _choice(arguments, where)
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema(each, where) for each in arguments]}
        if not isinstance(kind, type) or arguments:
            return self._container(kind, origin, arguments, where)
        if issubclass(kind, Enum):
            text = described(own_doc(kind))[0]
            return {**_choice([each.value for each in kind], where), **({"description": text} if text else {})}
        return self._record(kind) if is_record(kind) else self._container(kind, kind, (), where)

    def _container(self, kind: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> dict[str, Any]:
        if origin is tuple and arguments and arguments[-1] is not ...:
            items = [self.schema(each, f"{where}[{place}]") for place, each in enumerate(arguments)]
            return {"type": "array", **_places(items), "minItems": len(items), "maxItems": len(items)}
        if origin is tuple or origin in _LISTS:
            return {"type": "array", "items": self._inner(arguments[:1], f"{where}[]")}
        if origin in _SETS:
            return {"type": "array", "items": self._inner(arguments, f"{where}[]"), "uniqueItems": True}
        if origin not in _MAPPINGS:
            _refuse(kind, where)
        if arguments and arguments[0] not in (str, Any):
            msg = f"{where} has keys of type {_name(arguments[0])}, but the keys of a JSON object are str"
            raise TypeError(msg)
        return {"type": "object", "additionalProperties": self._inner(arguments[1:], f"{where}{{}}")}

    def _inner(self, arguments: tuple[Any, ...], where: str) -> dict[str, Any]:
        return self.schema(arguments[0], where) if arguments else {}

    def _record(self, kind: type) -> dict[str, Any]:
        if kind in self._open and kind is self._root:
            return {"$ref": "#"}
        if kind in self._open and kind not in self._names:
            self._names[kind] = _free(kind.__name__, self._names.values())
        if kind not in self._names:
            self._open.append(kind)
            schema = self.object(kind.__name__, properties(kind))
            self._open.pop()
            if text := described(own_doc(kind))[0]:
                schema["description"] = text
            if kind not in self._names:
                return schema
            self._definitions[self._names[kind]] = schema
        return {"$ref": f"#/$defs/{self._names[kind]}"}


def _places(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what describes so many items one by one.

    OpenAI refuses every array without ``items``, and in strict mode ``prefixItems``; where all are the same, nobody
    needs those, and elsewhere ``items`` says nothing new, as there is no item after the last.
    """
    different = [each for place, each in enumerate(items) if each not in items[:place]]
    if len(different) == 1:
        return {"items": different[0]}
    return {"prefixItems": items, "items": {"anyOf": different}}


def _unwrapped(kind: Any) -> tuple[Any, str]:
    """Return a type without markers, new names and aliases around it, and the outermost text in ``Annotated``."""
    text = ""
    while True:
        if typing.get_origin(kind) in _MARKERS:
            text = text or next((each for each in getattr(kind, "__metadata__", ()) if isinstance(each, str)), "")
            kind = typing.get_args(kind)[0]
        elif isinstance(kind, NewType):
            kind = kind.__supertype__
        elif type(kind).__name__ == "TypeAliasType":  # of Python 3.12: type Name = ...
            kind = kind.__value__
        else:
            return kind, text


def _choice(values: Iterable[Any], where: str) -> dict[str, Any]:
    plain = [each.value if isinstance(each, Enum) else each for each in values]
    for value in plain:
        if type(value) not in _SCALARS:
            _refuse(type(value), where)
    kinds = sorted({_SCALARS[type(value)] for value in plain})
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": plain}


def _free(name: str, taken: Iterable[str]) -> str:
    """Return `name`, numbered where it is taken."""
    used = set(taken)
    numbered = (f"{name}_{number}" for number in range(2, len(used) + 2))
    return name if name not in used else next(each for each in numbered if each not in used)


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _refuse(kind: Any, where: str) -> NoReturn:
    if isinstance(kind, (str, ForwardRef)):
        msg = f"{where} is written as a string, which nobody can resolve here; write the type itself"
    else:
        msg = (
            f"{where} is {_name(kind)}, which JSON has no form for; use str, int, float, bool, None, list, "
            f"tuple, set, dict, Literal, an Enum, an attrs or data class, or a TypedDict"
        )
    raise TypeError(msg)
