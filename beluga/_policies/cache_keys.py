"""What makes two calls the same for a cache: their arguments, whatever way they are given, as something hashable.

``f(1, b=2)``, ``f(1, 2)`` and ``f(a=1, b=2)`` are one call. ``f(1)``, ``f(1.0)`` and ``f(True)`` are three, although
Python takes these values for equal: a model may well answer them differently.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import warnings
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._engine.target import Target

__all__ = ["frozen", "key_of_arguments", "warn_of_sharing"]

_TENANTS: Final = frozenset({"account", "customer", "org", "organization", "project", "tenant", "user", "workspace"})
"""What parameters are called that say on whose behalf a call is made."""
_AS_IT_IS: Final = frozenset({str, bytes, int, type(None)})
"""Types of which no two values are equal that are not the same."""


def key_of_arguments(target: Target) -> Callable[[tuple[Any, ...], dict[str, Any]], Hashable]:
    """Return what makes a key of the arguments of a call of `target`, defaults filled in."""
    parameters = tuple(target.signature.parameters.values())
    places = [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    count = len(places)
    bind = target.signature.bind

    def key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Hashable:
        if kwargs or len(args) != count or len(parameters) != count:
            bound = bind(*args, **kwargs)
            bound.apply_defaults()
            return tuple([frozen(value, name) for name, value in bound.arguments.items()])
        for value in args:  # nearly every call: each parameter in its place, and texts alone
            if type(value) not in _AS_IT_IS:
                return tuple([frozen(value, place.name) for value, place in zip(args, places, strict=True)])
        return args

    return key


def frozen(value: Any, name: str) -> Hashable:
    """Return something hashable that is equal for equal values of one type, and for nothing else.

    Args:
        value: An argument: plain data in any nesting, a record, a model of pydantic, or anything that is hashable.
        name: What a message calls it.

    Raises:
        TypeError: It holds something that can change and does not say what it consists of.
    """
    try:
        return _frozen(value)
    except RecursionError:
        problem = "it is nested too deeply, or holds itself"
    except _UnknownError as unknown:
        problem = f"it holds a {unknown.args[0]}, which is not hashable"
    message = f"cached: {name}= cannot tell calls apart, as {problem}: name the arguments that count by key="
    raise TypeError(message)


class _UnknownError(Exception):
    """A value of this type cannot be frozen."""


_SHOWN: Final = frozenset({float, complex, datetime.datetime, datetime.time, decimal.Decimal})
"""Types of which equal values may differ, as 0.0 and -0.0, "1.0" and "1.00", or one moment in two zones."""


def _frozen(value: Any) -> Hashable:
    kind = type(value)
    if kind in _AS_IT_IS:
        known: Hashable = value
        return known
    if kind in _SHOWN:
        return kind, repr(value), getattr(value, "fold", 0)
    if issubclass(kind, bytearray):
        return kind, bytes(value)
    if issubclass(kind, (list, tuple)):
        return kind, tuple([_frozen(each) for each in value])
    if issubclass(kind, dict):
        return kind, frozenset([(_frozen(key), _frozen(each)) for key, each in value.items()])
    if issubclass(kind, (set, frozenset)):
        return kind, frozenset([_frozen(each) for each in value])
    compares_by_identity: bool = getattr(kind, "__eq__", None) is object.__eq__
    parts = None if compares_by_identity else _parts(value)
    return (kind, _own(value)) if parts is None else (kind, tuple([(name, _frozen(each)) for name, each in parts]))


def _own(value: Any) -> Hashable:
    """Return what tells for itself whether it is equal."""
    try:
        hash(value)
    except Exception:  # a stranger's __hash__ may raise anything
        raise _UnknownError(type(value).__qualname__) from None
    known: Hashable = value
    return known


def _parts(value: Any) -> list[tuple[str, Any]] | None:
    """Return what a record or a model consists of, by name; None where it does not say."""
    kind = type(value)
    names: Any
    if attrs.has(kind):
        names = [field.name for field in attrs.fields(kind)]
    elif dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    else:
        names = getattr(kind, "model_fields", None)  # of pydantic, which is not imported
        if names is None:
            return None
        names = [*names, *(getattr(value, "__pydantic_extra__", None) or ())]
    return [(name, getattr(value, name, None)) for name in names]


def warn_of_sharing(key: object, target: Target) -> None:
    """Warn where a key leaves out whose call it is."""
    found = [name for name in target.signature.parameters if name != key and set(name.split("_")) & _TENANTS]
    if found:
        message = (
            f"cached: the key of {target.name} leaves out {found[0]}, so one could get the answer of another: "
            f"write per={found[0]!r}, or per=False where all share them on purpose"
        )
        warnings.warn(message, UserWarning, stacklevel=5)
