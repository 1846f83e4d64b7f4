"""Run a graph: its nodes linked into steps beforehand, so that a run looks nothing up and builds nothing.

Four loops of the same shape walk the steps: sync or async, to the end or output by output. One loop behind all four
would be an async generator, which costs 2.5 us for two nodes where these cost 1.0.
"""

from __future__ import annotations

import contextlib
from types import AsyncGeneratorType, CoroutineType, GeneratorType, MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from beluga import events
from beluga.errors import GraphError, add_note
from beluga.orchestration.nodes import watched

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence

    from beluga.orchestration.edges import Edges, Route
    from beluga.orchestration.nodes import Node, NodeHooks

__all__ = ["CompiledGraph", "Run", "aiterate", "arun", "iterate", "run"]

_SHOWN = 12
"""How many nodes of a path a message shows; a run that goes in circles has as many as its bound."""


@attrs.frozen
class Run:
    """The run so far, for a node that declares a parameter ``run``.

    Args:
        path: The names of the nodes that have given their output, in order.
        outputs: The last output of each of them, by name.
        original: What the graph was given.
    """

    path: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    original: Any = attrs.field(default=None, repr=False)


class RunState:
    """What a run keeps for the nodes that ask for more than the last output.

    Args:
        original: What the graph was given.
    """

    __slots__ = ("original", "outputs", "path")

    def __init__(self, original: Any) -> None:
        self.original: Any = original
        self.path: list[str] = []
        self.outputs: dict[str, Any] = {}

    def keep(self, step: Step, output: Any) -> None:
        """Remember what `step` gave."""
        self.path.append(step.name)
        self.outputs[step.name] = output

    def call(self, step: Step, function: Callable[..., Any], value: Any) -> Any:
        """Call `function` with `value` and with what `step` declares beside it."""
        if not step.extras:
            return function(value)
        return function(value, **{name: getattr(self, name) for name in step.extras})

    @property
    def run(self) -> Run:
        """A picture of the run as it is now, which later steps do not change."""
        return Run(tuple(self.path), MappingProxyType(self.outputs.copy()), self.original)


class Step:
    """One node with the way on from it.

    `follow` picks the next step by the output; it is None at a terminal node.
    """

    __slots__ = ("acall", "awaits", "call", "extras", "follow", "name")

    def __init__(self, node: Node) -> None:
        self.name: str = node.name
        self.call: Callable[..., Any] = node.call
        self.acall: Callable[..., Any] = node.acall
        self.awaits: bool = node.awaits
        self.extras: tuple[str, ...] = node.extras
        self.follow: Callable[[Any], Step] | None = None


class CompiledGraph:
    """All steps of a graph; never changed once it is made.

    Args:
        name: The graph's name.
        entry: The name of the first node.
        nodes: All nodes by name.
        exits: The ways out of each node that has any.
        max_steps: The most nodes that a run may execute.
        hooks: What is called around each node.
        watch: Whether its runs tell subscribers and tracers.
    """

    __slots__ = ("entry", "is_async", "name", "remembers", "turns")

    def __init__(
        self,
        name: str,
        entry: str,
        nodes: Mapping[str, Node],
        exits: Mapping[str, Edges | Route],
        max_steps: int,
        hooks: NodeHooks,
        *,
        watch: bool,
    ) -> None:
        ready = [hooks.around(node) if hooks else node for node in nodes.values()]
        steps = {node.name: Step(watched(name, node) if watch else node) for node in ready}
        for source, ways in exits.items():
            choose = ways.chooser(source, steps)
            steps[source].follow = _announced(name, source, choose) if watch else choose
        self.name: str = name
        self.entry: Step = steps[entry]
        self.turns: range = range(max_steps)
        self.is_async: bool = any(node.is_async for node in nodes.values())
        self.remembers: bool = any(node.extras for node in nodes.values())


def _announced(owner: str, source: str, choose: Callable[[Any], Step]) -> Callable[[Any], Step]:
    """Return `choose`, telling subscribers of the edge."""

    def follow(output: Any) -> Step:
        step = choose(output)
        if events.listening():
            events.emit(events.EdgeTaken(owner, source, step.name))
        return step

    return follow


def run(graph: CompiledGraph, value: Any) -> Any:
    """Walk to the end and return the last output."""
    step, state = graph.entry, RunState(value) if graph.remembers else None
    path: list[str] = []
    try:
        for _ in graph.turns:
            path.append(step.name)
            output = step.call(value) if state is None else state.call(step, step.call, value)
            if type(output) is CoroutineType:
                _refuse_coroutine(step, output)
            if state is not None:
                state.keep(step, output)
            if step.follow is None:
                return output
            step = step.follow(output)
            value = output
        _refuse_more(graph, path)
    except Exception as error:
        _note_path(error, graph.name, path)
        raise


async def arun(graph: CompiledGraph, value: Any) -> Any:
    """Walk to the end and return the last output."""
    step, state = graph.entry, RunState(value) if graph.remembers else None
    path: list[str] = []
    try:
        for _ in graph.turns:
            path.append(step.name)
            output = step.acall(value) if state is None else state.call(step, step.acall, value)
            if step.awaits or type(output) is CoroutineType:
                output = await output
            if state is not None:
                state.keep(step, output)
            if step.follow is None:
                return output
            step = step.follow(output)
            value = output
        _refuse_more(graph, path)
    except Exception as error:
        _note_path(error, graph.name, path)
        raise


def iterate(graph: CompiledGraph, value: Any) -> Generator[tuple[str, Any]]:
    """Walk to the end and yield each node's name and output."""
    step, state = graph.entry, RunState(value) if graph.remembers else None
    path: list[str] = []
    try:
        for _ in graph.turns:
            path.append(step.name)
            output = step.call(value) if state is None else state.call(step, step.call, value)
            if type(output) is CoroutineType:
                _refuse_coroutine(step, output)
            if isinstance(output, AsyncGeneratorType):
                _refuse_stream(step)
            if isinstance(output, GeneratorType):
                items: list[Any] = []
                with contextlib.closing(output):
                    for item in output:
                        items.append(item)
                        yield step.name, item
                output = iter(items)
            else:
                yield step.name, output
            if state is not None:
                state.keep(step, output)
            if step.follow is None:
                return
            step = step.follow(output)
            value = output
        _refuse_more(graph, path)
    except Exception as error:
        _note_path(error, graph.name, path)
        raise


async def aiterate(graph: CompiledGraph, value: Any) -> AsyncGenerator[tuple[str, Any]]:
    """Walk to the end and yield each node's name and output."""
    step, state = graph.entry, RunState(value) if graph.remembers else None
    path: list[str] = []
    try:
        for _ in graph.turns:
            path.append(step.name)
            output = step.acall(value) if state is None else state.call(step, step.acall, value)
            if step.awaits or type(output) is CoroutineType:
                output = await output
            if isinstance(output, (GeneratorType, AsyncGeneratorType)):
                items: list[Any] = []
                async with contextlib.aclosing(_each(output)) as each:
                    async for item in each:
                        items.append(item)
                        yield step.name, item
                output = iter(items) if isinstance(output, GeneratorType) else _again(items)
            else:
                yield step.name, output
            if state is not None:
                state.keep(step, output)
            if step.follow is None:
                return
            step = step.follow(output)
            value = output
        _refuse_more(graph, path)
    except Exception as error:
        _note_path(error, graph.name, path)
        raise


async def _each(output: Any) -> AsyncGenerator[Any]:
    """Yield the items of a generator of either kind, and close it whatever happens."""
    if isinstance(output, GeneratorType):
        with contextlib.closing(output):
            for item in output:
                yield item
    else:
        async with contextlib.aclosing(output):
            async for item in output:
                yield item


async def _again(items: list[Any]) -> AsyncGenerator[Any]:
    for item in items:
        yield item


def _refuse_stream(step: Step) -> NoReturn:
    message = f"node {step.name!r} gave an async stream to a run that cannot await it: use astream"
    raise GraphError(message)


def _refuse_coroutine(step: Step, output: CoroutineType[Any, Any, Any]) -> NoReturn:
    """Raise for a plain function, such as a lambda, that gave a coroutine to a sync run."""
    output.close()  # else Python warns that nobody awaited it
    message = f"node {step.name!r} gave a coroutine to a run that cannot await it: use ainvoke or astream"
    raise GraphError(message)


def _refuse_more(graph: CompiledGraph, path: Sequence[str]) -> NoReturn:
    message = (
        f"{graph.name} took {len(path)} steps and reached no terminal node; the last were {_show_path(path)}: "
        "raise max_steps, or give the circle a way out"
    )
    raise GraphError(message)


def _show_path(path: Sequence[str]) -> str:
    """Return the last nodes of `path` with arrows between them."""
    shown = " -> ".join(path[-_SHOWN:])
    return shown if len(path) <= _SHOWN else f"({len(path) - _SHOWN} more) -> {shown}"


def _note_path(error: BaseException, owner: str, path: Sequence[str]) -> None:
    """Note on `error` which way the run took; its last node is where it ended."""
    add_note(error, f"{owner}: {_show_path(path)}")
