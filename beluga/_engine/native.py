"""Choose the driver for a stack's kind, and split a stack at a layer that runs the call by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga._engine.drivers import driver, new_call
from beluga._engine.kinds import Kind
from beluga._engine.stack import Stack, Target
from beluga._engine.streams import async_generator_driver, generator_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["native"]

_DRIVERS: Mapping[Kind, Callable[[Stack], Callable[..., Any]]] = {
    Kind.SYNC: driver,
    Kind.ASYNC: driver,
    Kind.GENERATOR: generator_driver,
    Kind.ASYNC_GENERATOR: async_generator_driver,
}


def native(stack: Stack) -> Callable[..., Any]:
    """Return a function of the stack's own kind that runs its target through its layers."""
    at = stack.around_at()
    if at is None:
        return _DRIVERS[stack.kind](stack)
    outside, inside = stack.layers[:at], stack.layers[at + 1 :]
    function = _ran_by(stack, at, native(Stack(stack.target, inside)))
    target = Target(function, stack.kind, stack.target.declared)
    return _DRIVERS[stack.kind](Stack(target, outside))


def _ran_by(stack: Stack, at: int, inner: Callable[..., Any]) -> Callable[..., Any]:
    around = stack.bound[at].around

    def run(*args: Any, **kwargs: Any) -> Any:
        return around(new_call(stack, args, kwargs), lambda: inner(*args, **kwargs))

    return run
