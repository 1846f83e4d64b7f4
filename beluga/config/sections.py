"""A schema is a class that declares its settings; one that holds others is a tree of sections."""

from __future__ import annotations

import dataclasses
import functools
import typing
from typing import Any

import attrs

from beluga._types.annotations import read_type
from beluga._types.classes import is_record
from beluga._types.fit import fit
from beluga._types.problems import demand
from beluga._types.scalars import BY_HAND
from beluga._types.tree import NO_DEFAULT, Field, Node, Record, arms, parts

__all__ = ["all_sections", "is_frozen", "section_in", "section_of"]


def section_of(schema: Any) -> Record:
    """Return the tree of `schema`, once all that it says is understood.

    Raises:
        TypeError: It is not an attrs or data class, a file has no form for one of its annotations, or a default would
            not be taken from a file.
    """
    if not is_record(schema) or typing.is_typeddict(schema):
        message = f"config: {schema!r} is not an attrs or data class; write @attrs.frozen above class ..."
        raise TypeError(message)
    return _section(schema)


@functools.lru_cache(maxsize=256)
def _section(schema: Any) -> Record:
    try:
        section = read_type(schema)
    except TypeError as error:
        message = f"config: {error}"
        raise TypeError(message) from error
    assert isinstance(section, Record)
    for inner in all_sections(section):
        for field in inner.fields.values():
            _check_default(inner, field)
    return section


def _check_default(section: Record, field: Field) -> None:
    if field.default is NO_DEFAULT or field.converts:
        return
    fitted, problems = fit(field.node, field.default, BY_HAND)
    if problems or fitted != field.default:
        shown = "***" if field.secret else repr(field.default)
        message = (
            f"config: the default of {section.name}.{field.name}, {shown}, must be {demand(field.node, by_hand=True)}"
        )
        raise TypeError(message)


def all_sections(section: Record) -> list[Record]:
    """Return `section` and all that can be reached from it."""
    reached: dict[int, Record] = {}
    pending: list[Node] = [section]
    while pending:
        node = pending.pop()
        if isinstance(node, Record):
            if id(node.fields) in reached:
                continue
            reached[id(node.fields)] = node
        pending += parts(node)
    return list(reached.values())


def section_in(node: Node, value: Any) -> Record | None:
    """Return the section of `node` that `value` is an instance of; None where it is a plain value."""
    return next((arm for arm in arms(node) if isinstance(arm, Record) and arm.make is type(value)), None)


def is_frozen(section: Record) -> bool:
    """Tell whether the instances of a section cannot be changed."""
    kind: Any = section.make
    if isinstance(kind, type) and issubclass(kind, tuple):
        return True
    try:
        object.__new__(kind).anything = None
    except (attrs.exceptions.FrozenInstanceError, dataclasses.FrozenInstanceError):
        return True
    except Exception:
        return False
    return False
