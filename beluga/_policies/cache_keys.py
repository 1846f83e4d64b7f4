"""What makes two calls the same for a cache: their arguments, whatever way they are given, as something hashable.

``f(1, b=2)``, ``f(1, 2)`` and ``f(a=1, b=2)`` are one call. ``f(1)``, ``f(1.0)`` and ``f(True)`` are three, although
Python takes these values for equal: a model may well answer them differently.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import warnings
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._engine.target import argument_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._engine.call import Call
    from beluga._engine.target import Target

__all__ = ["frozen", "key_of_arguments", "tenant_reader", "warn_of_sharing"]

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


def frozen(value: Any, name: str, advice: str = "name the arguments that count by key=") -> Hashable:
    """Return something hashable that is equal for equal values of one type, and for nothing else.

    Args:
        value: An argument: plain data in any nesting, a record, a model of pydantic, or anything that is hashable.
        name: What a message calls it.
        advice: What a message says to do about it.

    Raises:
        TypeError: It holds something that can change and does not say what it consists of.
    """
    try:
        return _frozen(value)
    except RecursionError:
        problem = "it is nested too deeply, or holds itself"
    except _UnknownError as unknown:
        problem = f"it holds a {unknown.args[0]}, which is not hashable"
    message = f"cached: {name}= cannot tell calls apart, as {problem}: {advice}"
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
    for base, consists_of in _BASES:
        if issubclass(kind, base):
            return (kind, consists_of(value)) if kind is base else (kind, consists_of(value), _besides(value, base))
    compares_by_identity: bool = getattr(kind, "__eq__", None) is object.__eq__
    parts = None if compares_by_identity else _parts(value)
    return (kind, _own(value)) if parts is None else (kind, tuple([(name, _frozen(each)) for name, each in parts]))


_BASES: Final[tuple[tuple[type, Callable[[Any], Hashable]], ...]] = (
    (enum.Enum, lambda member: member.name),
    (str, str.__str__),
    (bytes, bytes),
    (int, int),
    (bytearray, bytes),
    (list, lambda items: tuple([_frozen(each) for each in items])),
    (tuple, lambda items: tuple([_frozen(each) for each in items])),
    (collections.OrderedDict, lambda pairs: tuple([(_frozen(key), _frozen(each)) for key, each in pairs.items()])),
    (dict, lambda pairs: frozenset([(_frozen(key), _frozen(each)) for key, each in pairs.items()])),
    (set, lambda items: frozenset([_frozen(each) for each in items])),
    (frozenset, lambda items: frozenset([_frozen(each) for each in items])),
)
"""What values of these types, and of those made from them, consist of."""


def _besides(value: Any, base: type) -> Hashable:
    """Return the attributes of a value whose class is made from `base`: a text with a language is not just a text."""
    if base is enum.Enum:
        return None
    slots = [getattr(kind, "__slots__", ()) for kind in type(value).__mro__ if kind is not base]
    names = [name for each in slots for name in ((each,) if isinstance(each, str) else each)]
    known = {name: getattr(value, name) for name in names if name != "__dict__" and hasattr(value, name)}
    known |= getattr(value, "__dict__", {})
    return frozenset([(name, _frozen(each)) for name, each in known.items()]) if known else None


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


def tenant_reader(target: Target, key: object, per: Any) -> Callable[[Call], Hashable] | None:
    """Return what reads from a call for whom it is; None where all calls are for all.

    With a key that leaves ``self`` out, that is for each instance alone, whose model or client may be another.

    Args:
        target: The function.
        key: What its calls are told apart by; None for all arguments, and so for ``self``.
        per: The option that names the tenant; False where all share.
    """
    tenant = argument_reader(target, per, "cached: per") if per else None
    first = next(iter(target.signature.parameters), None)
    if key is None or key == first or per is False or first not in {"self", "cls"}:
        return None if tenant is None else lambda call: frozen(tenant(call), "per")
    instance = argument_reader(target, first, "cached: key")
    advice = f"write per=False where all instances share their answers of {target.name}"

    def read(call: Call) -> Hashable:
        return frozen(instance(call), "self", advice), None if tenant is None else frozen(tenant(call), "per")

    return read


def warn_of_sharing(key: object, target: Target) -> None:
    """Warn where a key leaves out whose call it is."""
    found = [name for name in target.signature.parameters if name != key and set(name.split("_")) & _TENANTS]
    if found:
        message = (
            f"cached: the key of {target.name} leaves out {found[0]}, so one could get the answer of another: "
            f"write per={found[0]!r}, or per=False where all share them on purpose"
        )
        warnings.warn(message, UserWarning, stacklevel=5)
