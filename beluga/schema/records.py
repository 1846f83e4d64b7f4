"""The fields of a record as properties of a JSON object: attrs classes, data classes, typed dictionaries."""

from __future__ import annotations

import dataclasses
import typing
from typing import TYPE_CHECKING, Any, NotRequired, Required

import attrs

from beluga._types.docstrings import described

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Property", "is_record", "own_doc", "properties"]


@attrs.frozen
class Property:
    """One property of a JSON object.

    Args:
        name: Its key.
        kind: Its Python type, resolved: no string.
        required: Whether an object without it is wrong.
        description: What it is, for the model; one in ``Annotated`` goes first.
    """

    name: str
    kind: Any
    required: bool = True
    description: str = ""


def is_record(kind: type) -> bool:
    """Tell whether a class declares its fields: an attrs or data class, or a TypedDict."""
    return attrs.has(kind) or dataclasses.is_dataclass(kind) or typing.is_typeddict(kind)


def own_doc(kind: type) -> str:
    """Return the docstring of a class, "" where it has none of its own."""
    doc = kind.__dict__.get("__doc__") or ""
    # dataclasses write one where there is none, such as "City(name: str)".
    return "" if doc.startswith(f"{kind.__name__}(") else str(doc)


def properties(kind: type) -> Iterator[Property]:
    """Yield what the initialiser of a record takes, in the order of declaration.

    A field is described by its ``metadata={"description": ...}``, or in the class's docstring.

    Raises:
        TypeError: When an annotation cannot be resolved.
    """
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except NameError as error:
        msg = f"an annotation of {kind.__name__} cannot be resolved: {error}; its module must import it at run time"
        raise TypeError(msg) from error
    said = described(own_doc(kind))[1]
    for name, hint, is_required, metadata, alias in _fields(kind, hints):
        yield Property(alias, hint, is_required, metadata.get("description") or said.get(name, ""))


def _fields(kind: Any, hints: dict[str, Any]) -> Iterator[tuple[str, Any, bool, Any, str]]:
    if typing.is_typeddict(kind):
        for name, hint in hints.items():
            yield name, hint, _is_required(kind, name, hint), {}, name
    elif attrs.has(kind):
        for field in attrs.fields(kind):
            if field.init:
                hint = hints.get(field.name, Any)
                yield field.name, hint, field.default is attrs.NOTHING, field.metadata, field.alias or field.name
    else:
        for each in dataclasses.fields(kind):
            if each.init:
                is_required = each.default is each.default_factory is dataclasses.MISSING
                yield each.name, hints[each.name], is_required, each.metadata, each.name


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    # __required_keys__ knows nothing of Required and NotRequired in annotations that are strings.
    origin = typing.get_origin(hint)
    return origin is Required or (origin is not NotRequired and name in kind.__required_keys__)
