"""A schema is a class that declares its settings: how one is declared, and the tree of sections that they make."""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from beluga._types.annotations import read_type
from beluga._types.classes import MARKS, Marks, is_record
from beluga._types.fit import fit
from beluga._types.problems import demand
from beluga._types.scalars import BY_HAND, Seconds
from beluga._types.tree import NO_DEFAULT, Bounds, Field, Record, TypeNode, arms, parts

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["Seconds", "all_sections", "field", "is_frozen", "section_in", "section_of"]


T = TypeVar("T")


@overload
def field(
    default: T,
    *,
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> T: ...
@overload
def field(
    *,
    factory: Callable[[], T],
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> T: ...
@overload
def field(
    *,
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> Any: ...
def field(
    default: Any = attrs.NOTHING,
    *,
    factory: Callable[[], Any] | None = None,
    min: float | None = None,  # noqa: A002 - the word of the field
    max: float | None = None,  # noqa: A002 - the word of the field
    secret: bool = False,
    env: str | None = None,
) -> Any:
    """Declare one setting of an attrs class.

    A setting without anything to declare needs no `field`: ``model: str = "gpt-4o"`` is one.

    Args:
        default: Its value where the file has none; left out, the setting is required.
        factory: Makes the default anew for each configuration, for lists and the like.
        min: The least number allowed; seconds for `Seconds`.
        max: The greatest number allowed.
        secret: Never show the value, in no message, repr or command.
        env: The whole name of a variable that overrides the setting, whatever the prefix.

    Raises:
        ValueError: The bounds are not numbers, or leave nothing between them.

    Example:
        >>> @attrs.frozen
        ... class AppConfig:
        ...     max_tokens: int = field(4096, min=1, max=128_000)
        ...     api_key: str = field("", secret=True, env="OPENAI_API_KEY")
        >>> AppConfig(api_key="sk-123")
        AppConfig(max_tokens=4096, api_key=***)
    """
    for name, bound in (("min", min), ("max", max)):
        if bound is not None and (isinstance(bound, bool) or not math.isfinite(bound)):
            message = f"field: {name}={bound!r} must be a finite number"
            raise ValueError(message)
    if min is not None and max is not None and min > max:
        message = f"field: min={min!r} is above max={max!r}, so no value would do"
        raise ValueError(message)
    return attrs.field(
        default=default if factory is None else attrs.Factory(factory),
        repr=_masked if secret else True,
        metadata={MARKS: Marks(Bounds(min, max), secret, env)},
    )


def _masked(_: Any) -> str:
    return "***"


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
    pending: list[TypeNode] = [section]
    while pending:
        node = pending.pop()
        if isinstance(node, Record):
            if id(node.fields) in reached:
                continue
            reached[id(node.fields)] = node
        pending += parts(node)
    return list(reached.values())


def section_in(node: TypeNode, value: Any) -> Record | None:
    """Return the section of `node` that `value` is an instance of; None where it is a plain value."""
    return next((arm for arm in arms(node) if isinstance(arm, Record) and arm.make is type(value)), None)


def is_frozen(section: Record) -> bool:
    """Tell whether the instances of a section cannot be changed."""
    kind: Any = section.make
    if typing.is_typeddict(kind) or issubclass(kind, tuple):  # a dict is taken as lists are
        return True
    try:
        object.__new__(kind).anything = None
    except (attrs.exceptions.FrozenInstanceError, dataclasses.FrozenInstanceError):
        return True
    except Exception:
        return False
    return False
