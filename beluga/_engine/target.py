"""The function under the decorators: its kind, its name and signature, and where its arguments arrive."""

from __future__ import annotations

import enum
import functools
import inspect
from inspect import Parameter
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._engine.call import Call


__all__ = [
    "EVERY_KIND",
    "Argument",
    "Kind",
    "Target",
    "argument_reader",
    "arguments_of",
    "check_plain",
    "check_takes",
    "inner_callable",
    "kind_of",
    "unhashable",
    "variadic",
]


class Kind(enum.Enum):
    """How a function gives its result."""

    SYNC = "function"
    ASYNC = "async function"
    GENERATOR = "generator function"
    ASYNC_GENERATOR = "async generator function"

    @property
    def noun(self) -> str:
        """What a message calls one, with its article."""
        return f"{'an' if self.is_async else 'a'} {self.value}"

    @property
    def is_async(self) -> bool:
        """Whether the caller awaits it."""
        return self in (Kind.ASYNC, Kind.ASYNC_GENERATOR)

    @property
    def is_stream(self) -> bool:
        """Whether it gives many items instead of one value."""
        return self in (Kind.GENERATOR, Kind.ASYNC_GENERATOR)


EVERY_KIND = frozenset(Kind)

_FIXES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((type,), "decorate its methods, or the function that builds instances"),
    ((property, functools.cached_property), "put the decorator under it, on the function"),
    ((functools.partialmethod,), "decorate the function before making it a partialmethod"),
)


def kind_of(target: Any) -> Kind:
    """Say which kind `target` is; an object of ours whose call has no kind of its own says so by `__beluga_kind__`.

    Raises:
        TypeError: It cannot be decorated; the message says what to decorate instead.
    """
    for types, fix in _FIXES:
        if isinstance(target, types):
            message = f"cannot decorate the {type(target).__name__} {_name(target)}: {fix}"
            raise TypeError(message)
    if inspect.iscoroutine(target) or inspect.isgenerator(target) or inspect.isasyncgen(target):
        message = f"cannot decorate a running {type(target).__name__}: decorate the function, not its call"
        raise TypeError(message)
    if not callable(target):
        message = f"cannot decorate {type(target).__name__}: it is not callable"
        raise TypeError(message)
    told = getattr(type(target), "__beluga_kind__", None)  # of the type, because an instance may invent attributes
    if told is not None:
        kind: Kind = told(target)
        return kind
    inner = target
    for _ in range(100):
        while isinstance(inner, functools.partial):
            inner = inner.func
        kind = _declared_kind(inner)
        if kind is Kind.SYNC and not isinstance(inner, (FunctionType, MethodType)):
            kind = _declared_kind(getattr(type(inner), "__call__", None))  # noqa: B004 - its code, not whether
        if kind is not Kind.SYNC:
            # A context manager, say, wraps a generator function, and gives no stream.
            return kind if inner is target or kind is Kind.ASYNC or isinstance(target, functools.partial) else Kind.SYNC
        wrapped = inner_callable(inner)
        if wrapped is None or _runs_what_it_wraps(inner):
            return Kind.SYNC
        inner = wrapped
    return Kind.SYNC


def check_takes(option: str, function: Any, count: int = 1) -> None:
    """Demand that `function`, which an option holds, can be called with `count` arguments, as far as that is sure.

    Raises:
        TypeError: It cannot, which else the first call would find that needs it.
    """
    if isinstance(function, type) or hasattr(function, "__signature__"):
        return  # what a metaclass, or a signature that somebody wrote, makes of it is not sure
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):  # a built-in may have none
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        several = "argument" if count == 1 else "arguments"
        got = f"{_name(function)}({', '.join(signature.parameters)})"
        message = f"{option} takes a function that is called with {count} {several} by position, and got {got}"
        raise TypeError(message) from None


def check_plain(option: str, function: Any, takes: int = 1) -> None:
    """Demand that `function`, which an option holds, answers by itself when it is called with so many arguments.

    Raises:
        TypeError: It takes others, is async or a stream; asked in the middle of a call, where nobody awaits, it would
            always be true.
    """
    kind = Kind.SYNC if isinstance(function, type) else kind_of(function)
    if kind is not Kind.SYNC:
        message = f"{option} is {kind.noun}, {_name(function)}, and must be a plain one: nobody awaits it"
        raise TypeError(message)
    check_takes(option, function, takes)


def inner_callable(target: Any) -> Any:
    """Return what `target`, a partial, a method or another library's wrapper, calls; None where it hides nothing."""
    if isinstance(target, functools.partial):
        return target.func
    if inspect.ismethod(target) or isinstance(target, (classmethod, staticmethod)):
        return target.__func__
    if isinstance(target, FunctionType):
        return target.__dict__.get("__wrapped__")
    # Not getattr: an object may answer any name.
    return inspect.getattr_static(target, "__wrapped__", None)


_RUNNERS = frozenset({"run", "run_coroutine_threadsafe", "run_sync", "run_until_complete", "async_to_sync"})


def _runs_what_it_wraps(wrapper: Any) -> bool:
    """Say whether `wrapper` is one that makes an async function a plain one, such as ``asyncio.run(function())``."""
    code = getattr(wrapper, "__code__", None)
    return code is not None and not _RUNNERS.isdisjoint(code.co_names)


def _declared_kind(target: Any) -> Kind:
    if inspect.isasyncgenfunction(target):
        return Kind.ASYNC_GENERATOR
    if inspect.iscoroutinefunction(target):
        return Kind.ASYNC
    if inspect.isgeneratorfunction(target):
        return Kind.GENERATOR
    return Kind.SYNC


def _name(target: Any) -> str:
    return repr(getattr(target, "__qualname__", type(target).__qualname__))


class Target:
    """The plain callable under the decorators, as policies see it when they bind to it.

    Args:
        function: What the innermost layer calls.
        kind: How it gives its result.
        declared: The callable whose name and parameters count; None for `function` itself.
    """

    def __init__(self, function: Callable[..., Any], kind: Kind, declared: Callable[..., Any] | None = None) -> None:
        self.function = function
        self.kind = kind
        self.declared: Callable[..., Any] = function if declared is None else declared
        self.name: str = _qualified_name(self.declared)

    @property
    def shared_name(self) -> str | None:
        """What it is called in every process; None for a block of code, which has no name."""
        module = getattr(self.declared, "__module__", None)
        return None if module is None or module.startswith("beluga._engine") else f"{module}.{self.name}"

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The parameters, read when a policy first asks for them (10 us)."""
        return inspect.signature(self.declared)


def _qualified_name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    name: str = getattr(function, "__qualname__", None) or type(function).__qualname__
    return name


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

    def is_given(self, call: Call) -> bool:
        """Say whether the call has it."""
        return self.name in call.kwargs or (self.index is not None and self.index < len(call.args))

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
        TypeError: The function has no parameter of that name, or `source` is async.
    """
    if not isinstance(source, str):
        if not callable(source):
            message = f"{what}={source!r} must be the name of a parameter, or a function of all arguments by name"
            raise TypeError(message)
        check_plain(what, source)
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


def unhashable(concern: str, key: Any, name: str) -> TypeError:
    """Build the error that says that what the option `key` of a policy gave for a call of `name` cannot be one."""
    return TypeError(
        f"{concern}: key= gave a {type(key).__name__} for {name}, which cannot be a key: name a parameter that is "
        "hashable, such as a str, or give a function of all arguments by name that returns one"
    )
