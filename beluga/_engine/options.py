"""The options of a policy: converted and checked when a decorator runs, all worded alike, and some of them live.

A `Live` value stands in an option's place. The option is checked like any other, now and before every later value
comes into use, and reads as the current value from then on. A policy without one is not touched: only an object
that holds a live value gets another class, in which that option is a property.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import math
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from beluga._engine.target import check_plain, check_takes
from beluga._foreign import errors as anatomy
from beluga.classification import TRANSIENT, ErrorCode, classify, is_transient
from beluga.errors import BelugaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Matched = ErrorCode | str | type[Exception] | Callable[[Exception], bool]
    """What selects errors: a code, a type or a predicate."""

__all__ = [
    "Live",
    "OptionCheck",
    "any_function",
    "as_tuple",
    "choice",
    "flag",
    "follow",
    "following",
    "function",
    "instance",
    "is_live",
    "matcher",
    "number",
    "optional",
    "seconds",
    "seconds_if_any",
    "shown",
    "tuple_if_any",
    "whole",
]

T = TypeVar("T")
U = TypeVar("U")

Check = "Callable[[Any, attrs.Attribute[Any], Any], None]"


@attrs.frozen(eq=False)
class Live(Generic[T]):
    """A value that may change, in place of a policy's option; a `FileWatcher` makes them.

    Args:
        get: Returns the current value; called whenever a policy needs it, so it must be quick.
        check: Takes a rule, a callable that raises ValueError for a value it forbids. It is to apply the rule to the
            current value at once, and to every new one before that comes into use. Equal rules need be kept once.
        name: What a message calls it.
    """

    get: Callable[[], T]
    check: Callable[[Callable[[T], object]], object]
    name: str = "live"

    def map(self, function: Callable[[T], U]) -> Live[U]:
        """Return the live value of `function` of this one."""
        get = self.get
        return Live(lambda: function(get()), lambda rule: self.check(lambda value: rule(function(value))), self.name)

    def __repr__(self) -> str:
        return f"{self.get()!r} (live: {self.name})"


@attrs.frozen
class OptionCheck:
    """An option's check, ready for values that come later; equal for all objects of one kind of policy."""

    name: str
    attribute: attrs.Attribute[Any] = attrs.field(eq=attrgetter("name"), repr=False)
    check: Callable[[Any, attrs.Attribute[Any], Any], None] = attrs.field(repr=False)

    def __call__(self, value: Any) -> None:
        """Raise ValueError where the option does not take `value`."""
        self.check(self, self.attribute, value)


def following(
    check: Callable[[Any, attrs.Attribute[Any], Any], None],
) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return `check` such that it holds for all values of a `Live` option."""

    def checked(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, Live):
            value.check(OptionCheck(getattr(instance, "name", type(instance).__name__), attribute, checked))
        else:
            check(instance, attribute, value)

    return checked


def follow(options: Any, *names: str) -> None:
    """Let those of `names` that hold a `Live` in `options`, a frozen attrs object, read as its current value.

    Raises:
        TypeError: Another option holds one; its value is worked out once and cannot change.
    """
    kind: Any = type(options)
    held = [a.name for a in attrs.fields(kind) if isinstance(getattr(options, a.name, None), Live)]
    if not held:
        return
    fixed = [name for name in held if name not in names]
    if fixed:
        able = f"; these can: {', '.join(names)}" if names else ""
        message = f"{getattr(options, 'name', kind.__name__)}: {fixed[0]}= cannot follow a live value{able}"
        raise TypeError(message)
    # The class, not the object, says how an attribute is read, and both classes have the same slots.
    object.__setattr__(options, "__class__", _following_class(kind, tuple(held)))


def is_live(options: Any) -> bool:
    """Say whether `follow` found a live value in `options`."""
    return bool(getattr(options, "follows", ()))


@functools.lru_cache(maxsize=64)
def _following_class(kind: Any, names: tuple[str, ...]) -> type:
    readers = {name: _reader(getattr(kind, name)) for name in names}
    body = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__, "follows": names}
    made: type = type(kind)(kind.__name__, (kind,), {**body, **readers})
    return made


def _reader(slot: Any) -> property:
    read = slot.__get__
    return property(lambda options: read(options).get())


Validator = "Callable[[Any, attrs.Attribute[Any], Any], None]"


def seconds(value: float | str | datetime.timedelta) -> float:
    """Turn a `datetime.timedelta`, a text such as ``"1m30s"`` or an int into float seconds.

    What is none of these is left to the check.
    """
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        from beluga._types.scalars import seconds_of  # here, since the reader of configurations is not a light import

        with contextlib.suppress(ValueError):
            return seconds_of(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value  # type: ignore[return-value]  # the check tells of what is not a number


def seconds_if_any(value: float | str | datetime.timedelta | None) -> float | None:
    """Do the same where None stands for no such bound."""
    return None if value is None else seconds(value)


def _owner(instance: Any) -> str:
    owner: str = getattr(instance, "name", type(instance).__name__)
    return owner


def _fail(instance: Any, attribute: attrs.Attribute[Any], value: Any, rule: str) -> ValueError:
    converter: Any = attribute.converter
    if isinstance(value, str) and converter in {seconds, seconds_if_any}:
        rule = rule.replace("a number", "a number of seconds") + ", or a text such as '30s', '500ms' or '1h30m'"
    return ValueError(f"{_owner(instance)}: {attribute.alias}={value!r} must be {rule}")


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


def text_if_any(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Check that an option is a text, or None."""
    if value is not None and (not isinstance(value, str) or not value):
        message = f"{type(instance).concern}: {attribute.alias}={value!r} must be a text, or None"
        raise TypeError(message)


def choice(*words: str) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Demand one of `words`."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, Live):
            return  # as for a flag
        if value not in words:
            raise _fail(instance, attribute, value, " or ".join(f'"{word}"' for word in words))

    return check


def shown(self: Any) -> str:
    """Return the repr of an attrs object, which shows each option by the name that it is given by."""
    fields = [each for each in attrs.fields(type(self)) if each.repr]
    return f"{type(self).__name__}({', '.join(f'{each.alias}={getattr(self, each.name)!r}' for each in fields)})"


def any_function(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Demand something that can be called with one argument, of any kind."""
    if not callable(value):
        raise _fail(instance, attribute, value, "a function")
    check_takes(f"{_owner(instance)}: {attribute.alias}=", value)


def function(instance: Any, attribute: attrs.Attribute[Any], value: Any, takes: int = 1) -> None:
    """Demand something that can be called with so many arguments, and answers by itself."""
    if not callable(value):
        raise _fail(instance, attribute, value, "a function")
    check_plain(f"{_owner(instance)}: {attribute.alias}=", value, takes)


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


def as_tuple(errors: Matched | Iterable[Matched]) -> tuple[Matched, ...]:
    """Turn one item, or any iterable of them, into a tuple."""
    several: Any = errors
    single = isinstance(errors, (str, type)) or callable(errors) or not hasattr(errors, "__iter__")
    return (several,) if single else tuple(several)


def tuple_if_any(errors: Matched | Iterable[Matched] | None) -> tuple[Matched, ...] | None:
    """Do the same where None stands for the default."""
    return None if errors is None else as_tuple(errors)


def matcher(
    errors: Iterable[Any], option: str, spared: tuple[type[Exception], ...] = ()
) -> Callable[[Exception], bool]:
    """Return a test that is true for the errors that one of `errors` names, and for groups of nothing else.

    Args:
        errors: Error codes, exception types and predicates.
        option: The option they come from, for messages.
        spared: Refusals of ours that neither a code nor a broad type means, only their own.

    Raises:
        TypeError: An item is none of these.
        ValueError: A string is no error code.
    """
    codes, tests = set(), []
    for item in errors:
        if isinstance(item, str):
            codes.add(_code(item, option))
        elif isinstance(item, type) and issubclass(item, Exception):
            tests.append(_test_for(item, spared))
        elif callable(item) and not isinstance(item, type):
            check_plain(option, item)
            tests.append(item)
        else:
            message = (
                f"{option} holds {item!r}: list error codes, Exception types or predicates "
                "(what is no Exception, such as a cancellation, always passes)"
            )
            raise TypeError(message)

    def matches(error: Exception) -> bool:
        leaves = anatomy.leaves(error)
        if leaves and all(isinstance(leaf, Exception) and matches(leaf) for leaf in leaves):
            return True
        code = classify(error)
        if code in codes and (code not in TRANSIENT or is_transient(error)) and not isinstance(error, spared):
            return True
        return any(test(error) for test in tests)

    return matches


def _code(name: str, option: str) -> ErrorCode:
    try:
        return ErrorCode(name)
    except ValueError:
        message = f"{option} holds {name!r}, which is no error code; known are {', '.join(ErrorCode)}"
        raise ValueError(message) from None


def _test_for(kind: type[Exception], spared: tuple[type[Exception], ...]) -> Callable[[Exception], bool]:
    if issubclass(kind, BelugaError):
        return lambda error: isinstance(error, kind)
    # A broad type such as Exception does not mean our own refusals: an open circuit is not to be hammered.
    return lambda error: (
        isinstance(error, kind) and getattr(error, "retryable", True) is not False and not isinstance(error, spared)
    )
