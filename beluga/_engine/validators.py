"""Checks of options, all made when a decorator runs and all worded alike: what, which value, what instead.

For a live option they hold for every value that it will have.
"""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from beluga._engine.live import Live, following

if TYPE_CHECKING:
    from collections.abc import Callable

    import attrs

__all__ = ["flag", "function", "instance", "number", "optional", "seconds", "seconds_if_any", "whole"]

Validator = "Callable[[Any, attrs.Attribute[Any], Any], None]"


def seconds(value: float | datetime.timedelta) -> float:
    """Turn a `datetime.timedelta` into float seconds and an int into a float; leave the rest to the check."""
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def seconds_if_any(value: float | datetime.timedelta | None) -> float | None:
    """Do the same where None stands for no such bound."""
    return None if value is None else seconds(value)


def _fail(instance: Any, attribute: attrs.Attribute[Any], value: Any, rule: str) -> ValueError:
    owner = getattr(instance, "name", type(instance).__name__)
    return ValueError(f"{owner}: {attribute.name}={value!r} must be {rule}")


def whole(minimum: int) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Demand an int of at least `minimum`; a bool is no int."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise _fail(instance, attribute, value, f"a whole number of at least {minimum}")

    return following(check)


def number(
    minimum: float, maximum: float = math.inf, *, above: bool = False
) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Demand a finite number from `minimum` to `maximum`, or strictly above `minimum`; NaN is no number."""
    lower = f"above {minimum:g}" if above else f"at least {minimum:g}"
    rule = f"a number {lower}" + ("" if math.isinf(maximum) else f" and at most {maximum:g}")

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or value < minimum or value > maximum or (above and value == minimum):
            raise _fail(instance, attribute, value, rule)

    return following(check)


def flag(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Demand True or False."""
    if isinstance(value, Live):
        return  # `follow` says which options may be live, and this is none of them
    if not isinstance(value, bool):
        raise _fail(instance, attribute, value, "True or False")


def function(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Demand something that can be called."""
    if not callable(value):
        raise _fail(instance, attribute, value, "a function")


def instance(kind: type) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Demand an object of `kind`."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind):
            raise _fail(instance, attribute, value, f"a {kind.__name__}")

    return check


def optional(
    check: Callable[[Any, attrs.Attribute[Any], Any], None],
) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Let None pass, and check everything else."""

    def checked(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None:
            check(instance, attribute, value)

    return following(checked)
