"""How a plain callable becomes a node, decided once before the first run, and how its calls are watched."""

from __future__ import annotations

import contextlib
import functools
import inspect
from abc import ABC, abstractmethod
from inspect import Parameter
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events, telemetry
from beluga._engine.target import Kind, kind_of
from beluga.clock import environment
from beluga.errors import GraphError, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Composite", "Node", "NodeHooks", "name_of", "node_of", "observed", "refuse_async", "unique", "watched"]

EXTRAS = ("original", "run")
"""The parameters that a node may declare beside its first one."""


OWNER = "beluga.orchestration.name"
"""The span attribute that names the graph or scatter; our own, because no convention has a word for it."""


class Composite(ABC):
    """What consists of nodes and can be one itself: a graph, a chain, a scatter."""

    name: str
    extras: tuple[str, ...] = ()
    """Which of `EXTRAS` it takes as keyword arguments, to hand them on to its own nodes."""

    @property
    @abstractmethod
    def nodes(self) -> tuple[Node, ...]:
        """What it consists of."""

    @property
    @abstractmethod
    def is_async(self) -> bool:
        """Whether one of its nodes has to be awaited, so that it cannot be called without an event loop."""

    def __beluga_kind__(self) -> Kind:
        """Let decorators treat it like a function, or like an async one."""
        return Kind.ASYNC if self.is_async else Kind.SYNC

    def within(self) -> Iterator[Composite]:
        """Yield the composites among its nodes and theirs."""
        for node in self.nodes:
            if node.composite is not None:
                yield node.composite
                yield from node.composite.within()

    @abstractmethod
    def __call__(self, value: Any, /) -> Any:
        """Run it without an event loop; with an async node, return what `acall` returns."""

    @abstractmethod
    async def acall(self, value: Any, /) -> Any:
        """Run it on the running event loop."""


@attrs.frozen
class Node:
    """A callable with all that a run has to know of it.

    Args:
        name: Unique within its graph or scatter.
        function: What the user gave.
        call: What a run without an event loop calls.
        acall: What a run on an event loop calls.
        awaits: Whether `acall` gives something to await.
        extras: Which of `EXTRAS` it declares.
        composite: `function` again where it is one.
    """

    name: str
    function: Callable[..., Any]
    call: Callable[..., Any]
    acall: Callable[..., Any]
    awaits: bool
    extras: tuple[str, ...]
    composite: Composite | None = None

    @property
    def is_async(self) -> bool:
        """Whether it cannot run without an event loop; of a composite this is only known when it is complete."""
        return self.awaits if self.composite is None else self.composite.is_async


def node_of(function: Any, name: str | None = None) -> Node:
    """Return the node that `function` makes.

    A class is called like a function; a generator function's output is its iterator, unread.

    Raises:
        TypeError: It is not callable, or not with the one argument that a node gets.
    """
    # By type, because the proxy of a decorated composite claims to be an instance and must be called itself.
    if issubclass(type(function), Composite):
        label = name or function.name
        return Node(label, function, function.__call__, function.acall, True, function.extras, function)
    if not callable(function):
        message = f"a node must be callable, and {name or 'this one'} is of type {type(function).__name__}"
        raise TypeError(message)
    label = name or name_of(function)
    awaits = not isinstance(function, type) and kind_of(function) is Kind.ASYNC
    return Node(label, function, function, function, awaits, _extras(label, function))


def _extras(name: str, function: Callable[..., Any]) -> tuple[str, ...]:
    """Return which of `EXTRAS` `function` declares after its first parameter."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # built-ins without a signature
        return ()
    if not parameters or parameters[0].kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD):
        message = (
            f"node {name!r} takes no positional argument, and a node is given the output of the one before it: "
            "let it take one parameter"
        )
        raise TypeError(message)
    known = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    found = tuple(p.name for p in parameters[1:] if p.name in EXTRAS and p.kind in known)
    variadic = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    missing = [
        p.name
        for p in parameters[1:]
        if p.name not in found and p.default is Parameter.empty and p.kind not in variadic
    ]
    if missing:
        message = (
            f"node {name!r} needs arguments that nobody gives it: {', '.join(missing)}; bind them with "
            "functools.partial, or give them defaults"
        )
        raise TypeError(message)
    return found


def name_of(function: Any) -> str:
    """Return what to call `function`: its own name, or that of its type."""
    while isinstance(function, functools.partial):
        function = function.func
    name: str = getattr(function, "__name__", None) or type(function).__name__
    return name


def unique(names: Iterable[str]) -> list[str]:
    """Return `names` with a number added to those that came before.

    Example:
        >>> unique(["ask", "ask", "check"])
        ['ask', 'ask_2', 'check']
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}  # where to go on counting, else a thousand times one name takes seconds
    fresh: list[str] = []
    for name in names:
        label, count = name, counts.get(name, 1)
        while label in taken:
            count += 1
            label = f"{name}_{count}"
        counts[name] = count
        taken.add(label)
        fresh.append(label)
    return fresh


def refuse_async(owner: str, nodes: Sequence[Node], instead: str) -> None:
    """Make sure that all `nodes` can run without an event loop.

    Args:
        owner: What they belong to.
        nodes: All of them, because which ones a run meets is not known before it.
        instead: The call that would serve.

    Raises:
        GraphError: One of them is async.
    """
    found = [node.name for node in nodes if node.is_async]
    if found:
        message = f"{owner} has async nodes ({', '.join(found)}) and was called without await: use {instead}"
        raise GraphError(message)


@attrs.frozen
class NodeHooks:
    """What a graph calls around each of its nodes.

    Args:
        before: Given the node's name and its input.
        after: Given the node's name and its output.
        on_error: Given the node's name and its error, which is raised then.
    """

    before: Callable[[str, Any], object] | None
    after: Callable[[str, Any], object] | None
    on_error: Callable[[str, Exception], object] | None

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(NodeHooks):
            hook = getattr(self, field.name)
            if hook is not None and (not callable(hook) or kind_of(hook) is not Kind.SYNC):
                kind = kind_of(hook).value if callable(hook) else type(hook).__name__
                message = f"{field.name}= must be a plain function of a node's name and what it is about, not a {kind}"
                raise TypeError(message)

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return any(hook is not None for hook in (self.before, self.after, self.on_error))

    def around(self, node: Node) -> Node:
        """Return `node` with the hooks around each call of it."""
        name, call, acall = node.name, node.call, node.acall

        def hooked_call(value: Any, /, **extras: Any) -> Any:
            with self._watch(name, value) as ended:
                output = call(value, **extras)
                if type(output) is not CoroutineType:  # which is refused right after this
                    ended(output)
            return output

        async def hooked_acall(value: Any, /, **extras: Any) -> Any:
            with self._watch(name, value) as ended:
                output = acall(value, **extras)
                if node.awaits or type(output) is CoroutineType:
                    output = await output
                ended(output)
            return output

        return attrs.evolve(node, call=hooked_call, acall=hooked_acall, awaits=True)

    @contextlib.contextmanager
    def _watch(self, name: str, value: Any) -> Iterator[Callable[[Any], object]]:
        if self.before is not None:
            self.before(name, value)
        try:
            yield lambda output: None if self.after is None else self.after(name, output)
        except Exception as error:
            if self.on_error is not None:
                self.on_error(name, error)
            raise


def observed() -> bool:
    """Say whether anybody subscribes or records just now."""
    return events.listening() or telemetry.tracer() is not None


def watched(owner: str, node: Node) -> Node:
    """Return `node` with events and a span around each call of it.

    Args:
        owner: The name of its graph or scatter.
        node: The node.
    """
    name, call, acall = node.name, node.call, node.acall

    def watched_call(value: Any, /, **extras: Any) -> Any:
        with _watch(owner, name):
            return call(value, **extras)

    async def watched_acall(value: Any, /, **extras: Any) -> Any:
        with _watch(owner, name):
            return await acall(value, **extras)

    return attrs.evolve(node, call=watched_call, acall=watched_acall if node.awaits else watched_call)


@contextlib.contextmanager
def _watch(owner: str, name: str) -> Iterator[None]:
    with _span(owner, name):
        monotonic = environment().monotonic
        began = monotonic()
        if events.listening():
            events.emit(events.NodeStarted(owner, name))
        try:
            yield
        except BaseException as error:
            if events.listening():
                code, kind = classify(error), type(error).__name__
                events.emit(events.NodeFailed(owner, name, monotonic() - began, code, kind))
            raise
        if events.listening():
            events.emit(events.NodeFinished(owner, name, monotonic() - began))


def _span(owner: str, name: str) -> contextlib.AbstractContextManager[Any]:
    # start_span would import OpenTelemetry even where only events are wanted.
    if telemetry.tracer() is None:
        return contextlib.nullcontext()
    return telemetry.start_span(name, {OWNER: owner})
