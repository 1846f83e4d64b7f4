"""Options that may change while a policy is in use.

A `Live` value stands in an option's place. The option is checked like any other, now and before every later value
comes into use, and reads as the current value from then on. A policy without one is not touched: only an object
that holds a live value gets another class, in which that option is a property.
"""

from __future__ import annotations

import functools
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Live", "Rule", "follow", "following", "is_live"]

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
class Rule:
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
            value.check(Rule(getattr(instance, "name", type(instance).__name__), attribute, checked))
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
        able = ", ".join(name for name in names if not name.startswith("_"))
        message = (
            f"{getattr(options, 'name', kind.__name__)}: {fixed[0]}= cannot follow a live value; these can: {able}"
        )
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
