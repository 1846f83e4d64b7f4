"""Put layers on a callable without changing what it is.

A plain function gets a native wrapper of its own kind; class and static methods are opened and closed again;
anything else (bound methods, partials, callable instances, built-ins) gets a transparent wrapt proxy.

A block of code (``with breaker:``) is a generator function of one step, decorated like any other: what stands before
the block is done until its ``yield``, the block runs while it rests there, and what the block raised is thrown into it.
So every rule of the policy holds as it does for functions, and is written once.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from types import FunctionType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from beluga._engine.call import Outcome
from beluga._engine.drivers import driver, new_call
from beluga._engine.policy import Policy
from beluga._engine.stack import Stack, used_twice
from beluga._engine.streams import async_generator_driver, generator_driver
from beluga._engine.target import Kind, Target, inner_callable, kind_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

__all__ = ["BlockPolicy", "block", "decorate", "explain", "layers", "native", "redecorated"]

F = TypeVar("F")

_MARK = "__beluga__"


def decorate(policy: Policy, function: F) -> F:
    """Return `function` with `policy` as its outermost layer.

    Raises:
        TypeError: `function` is of a kind that cannot be decorated, or that `policy` cannot honour.
    """
    if isinstance(function, Policy):
        message = f"cannot decorate the decorator {function.name}: put {policy.name} above it, on the same function"
        raise TypeError(message)
    if isinstance(function, (classmethod, staticmethod)):
        return cast("F", type(function)(decorate(policy, function.__func__)))
    _check_once(policy, function)
    inner = _stack_of(function)
    if inner is not None and inspect.ismethod(function):
        # The class's function is decorated, and this method of one instance gets one more layer.
        plain = inner.target.function.__get__(function.__self__)
        stack = Stack(Target(plain, inner.kind), (policy, *inner.layers))
    elif inner is None:
        stack = Stack(Target(cast("Callable[..., Any]", function), kind_of(function)), (policy,))
    else:
        stack = inner.under(policy)
    return cast("F", _wrap(stack, function))


def _check_once(policy: Policy, function: Any) -> None:
    """Refuse a policy that is on `function` already, or on what this partial, method or wrapper calls."""
    for _ in range(100):  # whoever wraps deeper than that, or in a circle, is not checked further
        inner = inner_callable(function)
        if inner is None and isinstance(call := getattr(type(function), "__call__", None), FunctionType):  # noqa: B004 - what it calls
            inner = call
        if inner is None:
            return
        stack = _stack_of(inner)
        if stack is not None and any(layer is policy for layer in stack.layers):
            raise used_twice(policy, stack.target)
        function = inner


def _wrap(stack: Stack, like: Any) -> Any:
    plain = stack.target.function
    if not inspect.isfunction(plain):
        return _proxy(stack, plain)
    wrapper = native(stack)
    functools.update_wrapper(wrapper, like)
    wrapper.__wrapped__ = plain  # type: ignore[attr-defined]  # functions take attributes
    # The mark names its owner: another library's functools.wraps copies it along with every attribute. It does so
    # weakly, or every function that is decorated on the fly would wait for the garbage collector.
    setattr(wrapper, _MARK, _Mark((weakref.ref(wrapper), stack)))
    for layer in stack.layers:
        # What a decorated function has besides, as `structured` gives it `stream`, knows all its layers.
        attributes = getattr(type(layer), "__beluga_attributes__", None)
        if attributes is not None:
            vars(wrapper).update(attributes(layer, stack))
    return wrapper


class _Mark(tuple[Callable[[], Any], Stack]):
    """The owner of a stack, and the stack.

    cloudpickle (Ray, Dask, joblib, Spark) pickles a function of ``__main__``, a lambda or a closure by value: its code,
    what that refers to, and its attributes. The first two are made anew, and the attribute that does it is this one.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        owner, stack = self
        return _revived, (owner(), stack)


class _Written:
    """Gives the function that a wrapper from another process calls, made when it is first called."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._function: Callable[..., Any] | None = None

    def __call__(self) -> Callable[..., Any]:
        if self._function is None:
            self._function = native(self._stack)
        return self._function

    def __reduce__(self) -> tuple[Any, ...]:
        return _Written, (self._stack,)


def _revived(wrapper: Any, stack: Stack) -> _Mark:
    """Let `wrapper`, which has just been unpickled, run `stack`."""
    if not stack.kind.is_stream:  # streams are written by hand, and their code works anywhere
        wrapper.__globals__.update(write=_Written(stack), Outcome=Outcome)
        wrapper.__code__ = native(stack).__code__
    return _Mark((weakref.ref(wrapper), stack))


def _proxy(stack: Stack, target: Any) -> Any:
    return _proxy_class()(target, stack)


@functools.cache
def _proxy_class() -> Any:
    """Return the transparent proxy for what is not a plain function; here, because wrapt takes long to import."""
    import wrapt

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

    return LayeredProxy


def _stack_of(function: Any) -> Stack | None:
    stack = _marked(function)
    if stack is None and (isinstance(function, (classmethod, staticmethod)) or inspect.ismethod(function)):
        return _marked(function.__func__)
    return stack


def _marked(function: Any) -> Stack | None:
    # Looked up where only we can have put it: an RPC stub, say, answers every getattr with another stub.
    if isinstance(function, FunctionType):
        mark = function.__dict__.get(_MARK)
    else:
        mark = getattr(function, _MARK) if hasattr(type(function), _MARK) else None
    if isinstance(mark, tuple) and isinstance(mark[-1], Stack):
        owner, stack = mark[0], mark[-1]
        if owner() is function:
            return stack
    return None


_DRIVERS: Mapping[Kind, Callable[[Stack], Callable[..., Any]]] = {
    Kind.SYNC: driver,
    Kind.ASYNC: driver,
    Kind.GENERATOR: generator_driver,
    Kind.ASYNC_GENERATOR: async_generator_driver,
}


def native(stack: Stack) -> Callable[..., Any]:
    """Return a function of the stack's own kind that runs its target through its layers."""
    at = stack.around_at
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


def redecorated(function: Any, policies: tuple[Policy, ...]) -> Any:
    """Return `function` with `policies` around it, the outermost first, as a pickle of it is read."""
    for policy in reversed(policies):
        function = decorate(policy, function)
    return function


def layers(function: Callable[..., Any]) -> tuple[Policy, ...]:
    """Return the policies around `function`, outermost first; empty where it has none.

    Example:
        >>> from beluga import breaker, retry
        >>> @retry
        ... @breaker
        ... def ask(): ...
        >>> [policy.name for policy in layers(ask)]
        ['retry', 'breaker']
    """
    stack = _stack_of(function)
    return () if stack is None else stack.layers


def explain(function: Callable[..., Any]) -> str:
    """Describe the layers of `function` with their options, their live state, and misplaced ones.

    Raises:
        TypeError: `function` has no layer of beluga's.

    Example:
        >>> from beluga import retry
        >>> @retry(max_attempts=5)
        ... def ask(question: str) -> str: ...
        >>> print(explain(ask))
        function ask(question: str) -> str
          1. retry  max_attempts=5 initial_backoff=0.5 max_backoff=30.0 backoff_factor=2.0 jitter=True
    """
    stack = _stack_of(function)
    if stack is None:
        message = f"{getattr(function, '__qualname__', function)!r} is not decorated by beluga"
        raise TypeError(message)
    return stack.describe()


def block() -> Generator[None, None, None]:
    """Stand for a block in a thread."""
    yield


async def async_block() -> AsyncGenerator[None, None]:
    """Stand for a block in a task."""
    yield


_ENTERED: ContextVar[tuple[tuple[Policy, Any], ...]] = ContextVar("beluga.blocks", default=())
"""The blocks that run in this context, the innermost last."""


class BlockPolicy(Policy):
    """A policy that can also stand around a block: ``with policy:`` or ``async with policy:``."""

    def __enter__(self) -> Self:
        """Enter the block, or refuse it as a call would be refused."""
        manager = self._managed(0)
        manager.__enter__()
        _ENTERED.set((*_ENTERED.get(), (self, manager)))
        return self

    def __exit__(self, *error: object) -> bool | None:
        """Leave the block with how it ended."""
        left: bool | None = self._left().__exit__(*error)
        return left

    async def __aenter__(self) -> Self:
        """Enter the block, or refuse it as a call would be refused; where the policy waits, other tasks run."""
        manager = self._managed(1)
        await manager.__aenter__()
        _ENTERED.set((*_ENTERED.get(), (self, manager)))
        return self

    async def __aexit__(self, *error: object) -> bool | None:
        """Leave the block with how it ended."""
        left: bool | None = await self._left().__aexit__(*error)
        return left

    def _managed(self, which: int) -> Any:
        managers = vars(self).get("_managers")
        if managers is None:
            key = getattr(self, "key", None)
            if key is not None:
                message = f"{self.name}: a block has no arguments to read key={key!r} from: decorate a function"
                raise TypeError(message)
            managers = contextlib.contextmanager(self(block)), contextlib.asynccontextmanager(self(async_block))
            vars(self)["_managers"] = managers
        return managers[which]()

    def _left(self) -> Any:
        entered = _ENTERED.get()
        at = max((i for i, (policy, _) in enumerate(entered) if policy is self), default=-1)
        if at < 0:
            message = f"{self.name}: there is no block of it here to leave: it was not entered, or in another context"
            raise RuntimeError(message)
        _ENTERED.set(entered[:at] + entered[at + 1 :])
        return entered[at][1]
