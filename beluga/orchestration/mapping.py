# ruff: noqa: A001 - nobody would look for it under another name
"""One function for every item of a list that is known only at run time: at once, bounded, in order or as they come.

With ``limit=3``, where the second item is done first::

    items    a   b   c   d   e ...     drawn one by one, as a place becomes free
             |   |   |   :
    at work  a   b   c   :             b is done: its place is free, and d is drawn
                 |       :
    stream       b ...                 results as they come; the place is free once b has been taken
    map      a   b   c ...             or all of them at the end, in the order of the items
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncIterable, Iterable, Sized
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from beluga._engine.target import Kind, kind_of
from beluga.orchestration.nodes import Node, node_of, observed, watched
from beluga.orchestration.results import BranchResult, Completion, Quorum, Results, stop_rule
from beluga.orchestration.scatter_call import ScatterCall, ScatterOptions, run_threads, stream_threads

if TYPE_CHECKING:
    import datetime
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator

    from beluga.orchestration.scatter_call import Branch

    Seconds = float | datetime.timedelta | None
    Budget = Literal["shared", "split"]

__all__ = ["map", "stream"]

T = TypeVar("T")
R = TypeVar("R")

_LIMIT = 32
"""How many run at once unless told otherwise: enough to keep a provider busy, few enough for threads."""


@overload
def map(  # type: ignore[overload-overlap]  # a coroutine function is told by what it returns
    function: Callable[[T], Coroutine[Any, Any, R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    policy: Literal["fail_fast"] = "fail_fast",
    limit: int | None = ...,
    timeout: Seconds = ...,
    branch_timeout: Seconds = ...,
    budget: Budget = ...,
    name: str | None = ...,
) -> Coroutine[Any, Any, list[R]]: ...
@overload
def map(
    function: Callable[[T], Coroutine[Any, Any, R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    policy: Literal["collect"] | Quorum,
    limit: int | None = ...,
    timeout: Seconds = ...,
    branch_timeout: Seconds = ...,
    budget: Budget = ...,
    name: str | None = ...,
) -> Coroutine[Any, Any, list[BranchResult]]: ...
@overload
def map(
    function: Callable[[T], Any],
    items: AsyncIterable[T],
    *,
    policy: Completion = ...,
    limit: int | None = ...,
    timeout: Seconds = ...,
    branch_timeout: Seconds = ...,
    budget: Budget = ...,
    name: str | None = ...,
) -> Coroutine[Any, Any, Any]: ...
@overload
def map(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    policy: Literal["fail_fast"] = "fail_fast",
    limit: int | None = ...,
    timeout: Seconds = ...,
    branch_timeout: Seconds = ...,
    budget: Budget = ...,
    name: str | None = ...,
) -> list[R]: ...
@overload
def map(
    function: Callable[[T], Any],
    items: Iterable[T],
    *,
    policy: Completion,
    limit: int | None = ...,
    timeout: Seconds = ...,
    branch_timeout: Seconds = ...,
    budget: Budget = ...,
    name: str | None = ...,
) -> Any: ...
def map(
    function: Callable[[Any], Any],
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    policy: Completion = "fail_fast",
    limit: int | None = _LIMIT,
    timeout: Seconds = None,
    branch_timeout: Seconds = None,
    budget: Budget = "shared",
    name: str | None = None,
) -> Any:
    """Call `function` with each of `items`, several at once, and return the results in the order of the items.

    With an async function the call is awaited, and the items run as tasks; with a sync one they run in threads, and the
    call waits for them (in a coroutine, ``await asyncio.to_thread(scatter.map, ...)``). The items may be a generator:
    it is read as places become free, and no further once the outcome is certain. With an async generator the call is
    awaited in any case. Cancellation, contexts and the end of what still runs are as in `Scatter`.

    Args:
        function: Any callable of one argument: a function, a graph, a decorated one.
        items: What it is called with; a list, or anything that can be iterated, also by ``async for``.
        policy: When it ends and what it gives: ``"fail_fast"`` the list of values, ``"collect"`` a `BranchResult` for
            every item, ``"first"`` the first value, ``quorum(n)`` the results once `n` are ok. See `Scatter`.
        limit: The most that run at once; None starts all, which needs items that can be counted.
        timeout: Seconds for all together; what is not finished then has failed with `DeadlineExceeded`.
        branch_timeout: Seconds for each item from its start; likewise.
        budget: ``"shared"``, or ``"split"`` into equal parts, which needs items that can be counted.
        name: What events, spans and notes call it; None takes ``"scatter"``.

    Raises:
        TypeError: The function is a stream or takes no argument, or the items cannot be iterated.
        ValueError: An option is out of its range, or there are fewer items than the policy needs.

    Example:
        >>> map(len, ["to be", "or", "not to be"])
        [5, 2, 9]
        >>> [result.status for result in map(int, ["1", "one"], policy="collect")]
        ['ok', 'failed']
    """
    options = ScatterOptions(limit=limit, timeout=timeout, branch_timeout=branch_timeout, budget=budget)
    call = _Mapping(function, items, policy, options, name)
    return call.in_tasks() if call.is_async else call.in_threads()


def stream(
    function: Callable[[Any], Any],
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    policy: Completion = "fail_fast",
    limit: int | None = _LIMIT,
    timeout: Seconds = None,
    branch_timeout: Seconds = None,
    budget: Budget = "shared",
    name: str | None = None,
) -> Any:
    """Call `function` with each of `items`, several at once, and yield a `BranchResult` for each as it comes.

    With an async function it is an async generator, else a generator. The next item is drawn when a place is free and
    the result that came of it has been taken, so that a slow consumer holds the work up and not the memory. Whoever
    leaves the stream early cancels what still runs. The policy says when it ends, and its first error is raised then;
    results come for what has finished.

    Args:
        function: As for `map`.
        items: Likewise, and so are the options.
        policy: When it ends: ``"fail_fast"`` with the first error, ``"collect"`` after the last item, ``"first"`` and
            ``quorum(n)`` with the last success that they need.
        limit: The most that run at once.
        timeout: Seconds for all together.
        branch_timeout: Seconds for each item.
        budget: ``"shared"`` or ``"split"``.
        name: What events, spans and notes call it.

    Raises:
        TypeError: As `map`.
        ValueError: Likewise.

    Example:
        >>> sorted((result.index, result.value) for result in stream(len, ["to be", "or", "not to be"]))
        [(0, 5), (1, 2), (2, 9)]
    """
    options = ScatterOptions(limit=limit, timeout=timeout, branch_timeout=branch_timeout, budget=budget)
    call = _Mapping(function, items, policy, options, name)
    return call.stream_in_tasks() if call.is_async else call.stream_in_threads()


class _Mapping:
    """One call of `map` or `stream`, checked."""

    def __init__(
        self, function: Callable[..., Any], items: Any, policy: Completion, options: ScatterOptions, name: str | None
    ) -> None:
        self.node: Node = node_of(function)
        self._owner = name or "scatter"
        self._options = options
        self._rule = stop_rule(policy)
        _check(self._owner, self.node, items)
        self._items: Any = items
        self.is_async: bool = self.node.is_async or isinstance(items, AsyncIterable)
        self._total = len(items) if isinstance(items, Sized) else None
        if self._total is not None:
            self._rule.check(self._owner, self._total)
        elif options.limit is None or options.budget == "split":
            option = "limit=None" if options.limit is None else 'budget="split"'
            kind = type(items).__name__
            message = f"{self._owner}: {option} needs items that can be counted, not a {kind}: give a list"
            raise ValueError(message)

    async def in_tasks(self) -> Any:
        """Run the items on the running event loop."""
        from beluga.orchestration.tasks import run_tasks

        call = self._call()
        await run_tasks(call)
        return call.results.result()

    def in_threads(self) -> Any:
        """Run the items in threads."""
        call = self._call()
        run_threads(call)
        return call.results.result()

    async def stream_in_tasks(self) -> AsyncGenerator[BranchResult]:
        """Run the items on the running event loop, and yield each result."""
        from beluga.orchestration.tasks import stream_tasks

        heard: deque[BranchResult] = deque()
        results = stream_tasks(self._call(heard), heard)
        try:
            async for result in results:
                yield result
        finally:
            await results.aclose()

    def stream_in_threads(self) -> Generator[BranchResult]:
        """Run the items in threads, and yield each result."""
        heard: deque[BranchResult] = deque()
        yield from stream_threads(self._call(heard), heard)

    def _call(self, heard: deque[BranchResult] | None = None) -> ScatterCall:
        node = watched(self._owner, self.node) if observed() else self.node
        limits = self._options.limits(self._owner, self._total or 1) if self._options.bounded else None
        hear = None if heard is None else heard.append
        results = Results(self._owner, self._rule, lambda index: f"{node.name}[{index}]", self._total, hear)
        if isinstance(self._items, AsyncIterable):
            from beluga.orchestration.tasks import AsyncDraw

            drawn = AsyncDraw(node, self._items, results)
            return ScatterCall(iter(()), self._total, self._options.limit, limits, results, drawn=drawn)
        branches: Iterator[Branch] = zip(itertools.count(), itertools.repeat(node), self._items)
        if self._total is None:
            branches = _drawn(branches, results)
        return ScatterCall(branches, self._total, self._options.limit, limits, results)


def _drawn(branches: Iterator[Branch], results: Results) -> Iterator[Branch]:
    """Yield `branches`, and let `results` know of each, and of the end."""
    for branch in branches:
        results.grow()
        yield branch
    results.end()


def _check(owner: str, node: Node, items: Any) -> None:
    """Refuse what is not a list of items or not a function of one of them."""
    kind = Kind.SYNC if node.composite is not None or isinstance(node.function, type) else kind_of(node.function)
    if kind.is_stream:
        message = (
            f"{owner}: {node.name} is a stream ({kind.value}), and an item needs one result: collect what it yields "
            "in a function of your own"
        )
        raise TypeError(message)
    if isinstance(items, (str, bytes)) or not isinstance(items, (Iterable, AsyncIterable)):
        message = f"{owner}: the items must be a list, or something else to iterate, not {type(items).__name__}"
        raise TypeError(message)
