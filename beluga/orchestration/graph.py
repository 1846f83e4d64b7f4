"""A graph of plain functions, in which each output decides where to go next; a chain is one without a choice."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeVar, overload

from beluga.errors import ErrorCode, GraphError
from beluga.events import listening
from beluga.orchestration import executor
from beluga.orchestration.edges import Edge, Edges, Route, draw, problems_of
from beluga.orchestration.executor import CompiledGraph
from beluga.orchestration.nodes import Composite, Node, NodeHooks, name_of, node_of, refuse_async, unique
from beluga.telemetry import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Hashable, Mapping

__all__ = ["Graph", "chain"]

F = TypeVar("F", bound="Callable[..., Any]")


class Graph(Composite):
    """Nodes and the ways between them; a run goes from the entry to a node that no edge leaves.

    Any callable of one argument is a node: a plain function, sync or async, a decorated one, a class, a scatter,
    another graph. It gets the output of the node before it, the first one what the graph is given. A parameter
    named ``original`` gets what the graph was given, and one named ``run`` the `Run` so far. A graph inside
    another one is a run of its own, with an ``original`` of its own.

    Called, it runs; with an async node the call is awaited, and decorators treat it as an async function. `invoke`
    needs no event loop and starts none. `ainvoke` takes sync and async nodes; a sync one runs on the event loop, so
    one that blocks belongs into a `Scatter`, which has threads, or into `asyncio.to_thread`. `stream` and `astream`
    yield what each node gives, and the items of a generator one by one; the node after it gets an iterator. An error
    comes out as it was raised, with the run's path as a note.

    Args:
        name: What events, spans and notes call it; None takes ``"graph"``.
        max_steps: The most nodes that one run may execute.
        before: Called with a node's name and its input before it runs.
        after: Called with a node's name and its output.
        on_error: Called with a node's name and its error, which is raised then.

    Raises:
        TypeError: A hook is not a plain function.
        ValueError: `max_steps` is below 1.

    Example:
        >>> graph = Graph("support")
        >>> @graph.node(entry=True)
        ... def classify(text):
        ...     return "billing" if "invoice" in text else "technical"
        >>> @graph.node
        ... def billing(label, original):
        ...     return f"billing looks into: {original}"
        >>> @graph.node
        ... def technical(label):
        ...     return "an engineer will call"
        >>> graph.route(classify, {"billing": billing, "technical": technical})
        >>> graph.invoke("my invoice is wrong")
        'billing looks into: my invoice is wrong'
    """

    def __init__(
        self,
        name: str | None = None,
        max_steps: int = 100,
        *,
        before: Callable[[str, Any], object] | None = None,
        after: Callable[[str, Any], object] | None = None,
        on_error: Callable[[str, Exception], object] | None = None,
    ) -> None:
        self.name: str = name or "graph"
        if not isinstance(max_steps, int) or isinstance(max_steps, bool) or max_steps < 1:
            message = f"{self.name}: max_steps={max_steps!r} must be a whole number of at least 1"
            raise ValueError(message)
        self.max_steps = max_steps
        self._hooks = NodeHooks(before, after, on_error)
        self._nodes: dict[str, Node] = {}
        self._names: dict[Any, list[str]] = {}  # the names of each function's nodes
        self._exits: dict[str, Edges | Route] = {}
        self._entry: str | None = None
        self._compiled: tuple[CompiledGraph, CompiledGraph] | None = None

    def __repr__(self) -> str:
        """Show the name and the nodes."""
        return f"Graph({self.name!r}: {', '.join(self._nodes) or 'empty'})"

    @overload
    def node(self, name: F, /) -> F: ...
    @overload
    def node(self, name: str | None = None, *, entry: bool = False) -> Callable[[F], F]: ...
    def node(self, name: Any = None, *, entry: bool = False) -> Any:
        """Add the decorated function as a node, and return it unchanged.

        Args:
            name: The node's name; None takes the function's.
            entry: Whether the graph begins here.

        Raises:
            TypeError: It cannot be called with one argument.
            GraphError: There is a node of that name.
        """
        if callable(name):
            self.add_node(None, name)
            return name

        def add(function: F) -> F:
            label = self._add(name, function)
            if entry:
                self.set_entry(label)
            return function

        return add

    def add_node(self, name: str | None, function: Callable[..., Any]) -> None:
        """Add `function` as a node.

        Args:
            name: Its name in this graph; None takes the function's.
            function: Any callable of one argument.

        Raises:
            TypeError: It cannot be called with one argument.
            GraphError: There is a node of that name.
        """
        self._add(name, function)

    def _add(self, name: str | None, function: Callable[..., Any]) -> str:
        if name is not None and not (isinstance(name, str) and name):
            message = f"{self.name}: a node's name must be a string with something in it, not {name!r}"
            raise TypeError(message)
        node = node_of(function, name)
        if function is self:
            message = f"{self.name} cannot be a node of itself: a run would never end"
            raise GraphError(message)
        if node.composite is not None and self in node.composite.within():
            message = f"{node.composite.name} cannot be a node of {self.name}, which it holds: a run would never end"
            raise GraphError(message)
        if node.name in self._nodes:
            message = f"{self.name} has a node {node.name!r} already: give this one another name"
            raise GraphError(message)
        self._nodes[node.name] = node
        self._names.setdefault(_key(function), []).append(node.name)
        self._compiled = None
        return node.name

    def set_entry(self, node: str | Callable[..., Any]) -> None:
        """Let runs begin at `node`, given by name or as its function.

        Raises:
            GraphError: There is no such node (``not_found``).
        """
        self._entry = self._name(node)
        self._compiled = None

    def add_edge(
        self,
        edge: Edge | str | Callable[..., Any],
        target: str | Callable[..., Any] | None = None,
        condition: Callable[[Any], Any] | None = None,
    ) -> None:
        """Add a way from one node to another; the first one whose condition holds is taken.

        Args:
            edge: An `Edge`, or the source.
            target: Where the edge leads; only with a source.
            condition: Given the source's output, says whether to go this way; None always does.

        Raises:
            GraphError: A node is unknown (``not_found``), the edge could never be taken, or the source has a route.
            TypeError: The condition is not a function, or there is no target.
        """
        if not isinstance(edge, Edge):
            if target is None:
                message = f"{self.name}: add_edge wants an Edge, or a source and a target"
                raise TypeError(message)
            edge = Edge(edge, target, condition)
        elif target is not None or condition is not None:
            message = f"{self.name}: {edge} has its target and condition already"
            raise TypeError(message)
        source = self._name(edge.source)
        named = Edge(source, self._name(edge.target), edge.condition)
        ways = self._exits.get(source, Edges())
        if isinstance(ways, Route):
            message = f"{self.name}: {source!r} has a route already: add the value there instead of {edge}"
            raise GraphError(message)
        ways.add(named)
        self._exits[source] = ways
        self._compiled = None

    def route(
        self,
        node: str | Callable[..., Any],
        targets: Mapping[Hashable, str | Callable[..., Any]],
        otherwise: str | Callable[..., Any] | None = None,
    ) -> None:
        """Choose the next node by the value that `node` returns.

        Args:
            node: The node that decides.
            targets: The next node for each value.
            otherwise: The next node for any other value; None makes another value an error.

        Raises:
            GraphError: A node is unknown (``not_found``), or `node` has edges already.
            ValueError: There is no target.
        """
        source = self._name(node)
        if source in self._exits:
            message = f"{self.name}: {source!r} has edges already, and a route would hide them"
            raise GraphError(message)
        if not targets:
            message = f"{self.name}: the route from {source!r} needs at least one value"
            raise ValueError(message)
        names = {value: self._name(target) for value, target in targets.items()}
        self._exits[source] = Route(names, None if otherwise is None else self._name(otherwise))
        self._compiled = None

    def check(self) -> None:
        """Make sure that every node can be reached and that every run can end.

        Edges to nowhere need no check: they are refused when they are added.

        Raises:
            GraphError: It lists every problem: no entry, nodes that cannot be reached, nodes from which no terminal
                node can be reached, circles without a way out.
        """
        targets = {name: [target for target, _ in ways] for name, ways in self._arrows().items()}
        problems = problems_of(self._entry, targets)
        if problems:
            raise GraphError("\n".join([f"{self.name} has problems:", *(f"  {problem}" for problem in problems)]))

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart.

        Example:
            >>> graph = Graph()
            >>> graph.add_node("load", str.strip)
            >>> graph.add_node("parse", str.split)
            >>> graph.add_edge("load", "parse")
            >>> graph.set_entry("load")
            >>> print(graph.mermaid())
            flowchart TD
                n0(["load"])
                n1["parse"]
                n0 --> n1
        """
        return draw(self._entry, self._arrows())

    def _arrows(self) -> dict[str, list[tuple[str, str]]]:
        return {name: list(self._exits[name].arrows()) if name in self._exits else [] for name in self._nodes}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Its nodes, in the order in which they were added."""
        return tuple(self._nodes.values())

    @property
    def is_async(self) -> bool:
        """Whether a node has to be awaited, so that `invoke` refuses to run."""
        return any(node.is_async for node in self._nodes.values())

    def invoke(self, value: Any, /) -> Any:
        """Run without an event loop, and return the last node's output.

        Raises:
            GraphError: There is an async node, no entry, no edge that matches, or no end within `max_steps`.
        """
        return executor.run(self._current_sync(), value)

    async def ainvoke(self, value: Any, /) -> Any:
        """Run on the running event loop, and return the last node's output.

        Raises:
            GraphError: There is no entry, no edge that matches, or no end within `max_steps`.
        """
        return await executor.arun(self._current(), value)

    def stream(self, value: Any, /) -> Generator[tuple[str, Any]]:
        """Run like `invoke`, and yield each node's name with its output.

        Raises:
            GraphError: As `invoke`; what is known before the first node is raised by the call.
        """
        return executor.iterate(self._current_sync(), value)

    def astream(self, value: Any, /) -> AsyncGenerator[tuple[str, Any]]:
        """Run like `ainvoke`, and yield each node's name with its output.

        Raises:
            GraphError: As `ainvoke`; what is known before the first node is raised by the call.
        """
        return executor.aiterate(self._current(), value)

    def __call__(self, value: Any, /) -> Any:
        """Do what `invoke` does; with an async node, what `ainvoke` does, so that the call is awaited."""
        compiled = self._current()
        return executor.arun(compiled, value) if compiled.is_async else executor.run(compiled, value)

    async def acall(self, value: Any, /) -> Any:
        """Do what `ainvoke` does."""
        return await self.ainvoke(value)

    def _name(self, ref: str | Callable[..., Any]) -> str:
        """Return the name of the node that `ref` names or is."""
        named = [ref] if isinstance(ref, str) else self._names.get(_key(ref), [])
        if len(named) == 1 and named[0] in self._nodes:
            return named[0]
        shown = ref if isinstance(ref, str) else name_of(ref)
        if len(named) > 1:
            message = f"{self.name}: {shown} is the function of several nodes: {', '.join(named)}; say which by name"
            raise GraphError(message)
        known = ", ".join(self._nodes) or "none yet"
        message = f"{self.name} has no node {shown!r}; it has {known}: add it with add_node first"
        raise GraphError(message, code=ErrorCode.NOT_FOUND)

    def _current(self) -> CompiledGraph:
        plain, watched = self._compiled or self._compile()
        # What observed() says, without the frame for it: 40 ns of the 800 that two nodes take.
        return watched if listening() or tracer() is not None else plain

    def _current_sync(self) -> CompiledGraph:
        compiled = self._current()
        if compiled.is_async:
            refuse_async(self.name, list(self._nodes.values()), "ainvoke or astream")
        return compiled

    def _compile(self) -> tuple[CompiledGraph, CompiledGraph]:
        """Compile the graph for runs that nobody watches, and for those that somebody does."""
        if self._entry is None:
            message = f"{self.name} has no entry: name the first node with set_entry"
            raise GraphError(message)
        parts = (self.name, self._entry, self._nodes, self._exits, self.max_steps, self._hooks)
        self._compiled = both = (CompiledGraph(*parts, watch=False), CompiledGraph(*parts, watch=True))
        return both


def _key(function: Any) -> Any:
    """Return what tells functions apart: a bound method is another object each time, but equal to itself."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def chain(*nodes: Callable[..., Any], name: str | None = None) -> Graph:
    """Return the graph in which each of `nodes` gets the output of the one before it.

    Args:
        nodes: At least one callable of one argument; the same one may come several times.
        name: What events, spans and notes call it; None takes ``"chain"``.

    Raises:
        TypeError: A node cannot be called with one argument.
        ValueError: There is no node.

    Example:
        >>> chain(str.strip, str.split, len)("  three plain words ")
        3
    """
    if not nodes:
        message = "chain needs at least one node"
        raise ValueError(message)
    graph = Graph(name or "chain", max_steps=max(100, len(nodes)))
    labels = unique(node_of(function).name for function in nodes)
    for label, function in zip(labels, nodes, strict=True):
        graph.add_node(label, function)
    for source, target in itertools.pairwise(labels):
        graph.add_edge(source, target)
    graph.set_entry(labels[0])
    return graph
