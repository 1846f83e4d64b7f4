"""The transparent proxy for callables that are no plain functions; apart, because wrapt takes long to import."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import wrapt

from beluga._engine.stack import Stack
from beluga._engine.target import Target
from beluga._engine.wrapping import native, redecorated

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LayeredProxy"]


class LayeredProxy(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # generic in its stubs only
    """A callable that looks like its target in every way and runs it through the layers."""

    def __init__(self, target: Any, stack: Stack) -> None:
        run = native(stack)

        def through_layers(
            wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            if wrapped is target:
                return run(*args, **kwargs)
            # A descriptor, such as an lru_cache on a method, was bound to an instance on the way here.
            bound = Stack(Target(wrapped, stack.kind), stack.layers)
            return native(bound)(*args, **kwargs)

        super().__init__(target, through_layers)
        self._self_stack = stack

    @property
    def __beluga__(self) -> tuple[Callable[[], LayeredProxy], Stack]:
        return lambda: self, self._self_stack

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle what is decorated and the policies, which begin anew."""
        return redecorated, (self.__wrapped__, self._self_stack.layers)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return redecorated(*copy.deepcopy((self.__wrapped__, self._self_stack.layers), memo))

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()
