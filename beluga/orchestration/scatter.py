"""Several calls at once: one input for several functions (`Scatter`), or one function for many items (`map`)."""

from __future__ import annotations

from copy import deepcopy
from itertools import count, repeat
from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga.orchestration.executor import Run
from beluga.orchestration.mapping import map, stream  # noqa: A004 - named as what it does
from beluga.orchestration.nodes import Composite, Node, node_of, observed, unique, watched
from beluga.orchestration.results import Completion, Results, stop_rule
from beluga.orchestration.scatter_call import ScatterCall, ScatterOptions, run_threads

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

__all__ = ["Scatter", "map", "stream"]

_UNSET: Any = object()
"""No original was given; None may be one."""


class Scatter(Composite):
    """Give one input to several functions at once, and gather what they return in the order declared here.

    Called, it runs its branches in threads, which are reused, and waits for them; with an async branch, the call is
    awaited. `acall` is awaited in any case: async branches are tasks then, and sync ones run in threads. Each branch
    has a copy of the caller's context: clock, deadline, budget and trace reach it, and what it sets stays inside. A
    branch may declare ``original`` and ``run`` as the node of a graph may; alone, ``original`` is the input itself.

    As soon as the outcome is certain, the branches that still run are cancelled and waited for, so that no task and
    nothing that they hold is left. A sync branch cannot be stopped: its result is ignored, it keeps its thread
    until it returns, and until then it sees the time left as `remaining()`. The interpreter waits for it at exit.

    Policies:

    * ``"fail_fast"`` gives the list of values; the first error ends it.
    * ``"collect"`` gives a `BranchResult` for every branch, and raises none of their errors.
    * ``"first"`` gives the first value; it fails when every branch has failed.
    * ``quorum(n)`` gives a `BranchResult` for every branch once `n` are ok; it fails when too many have
      failed for that.

    Where it fails, the first error is raised itself, with a note that names its branch.

    Args:
        nodes: The branches: callables of one argument.
        limit: The most that run at once; None starts all.
        timeout: Seconds for all together; what is not finished then has failed with `DeadlineExceeded`.
        branch_timeout: Seconds for each branch from its start; likewise.
        policy: See above.
        budget: ``"shared"`` lets every branch use whatever is left of the enclosing budget. ``"split"`` gives each of
            n branches an n-th of it: of the time (also that of `timeout`), the tokens and the money.
        copy: Whether each branch gets a deep copy of its input; else all get the same object, and what one changes in
            it the others see.
        name: What events, spans and notes call it; None takes ``"scatter"``.

    Raises:
        TypeError: A node cannot be called with one argument.
        ValueError: There is no node, or an option is out of its range.

    Example:
        >>> scatter = Scatter(str.upper, str.title, len)
        >>> scatter("to be or not")
        ['TO BE OR NOT', 'To Be Or Not', 12]
        >>> [outcome.status for outcome in Scatter(int, float, policy="collect")("1.5")]
        ['failed', 'ok']
    """

    def __init__(
        self,
        *nodes: Callable[..., Any],
        limit: int | None = None,
        timeout: float | datetime.timedelta | None = None,
        branch_timeout: float | datetime.timedelta | None = None,
        policy: Completion = "fail_fast",
        budget: Literal["shared", "split"] = "shared",
        copy: bool = False,
        name: str | None = None,
    ) -> None:
        if not nodes:
            message = "scatter needs at least one node"
            raise ValueError(message)
        self.name: str = name or "scatter"
        self._options = ScatterOptions(limit=limit, timeout=timeout, branch_timeout=branch_timeout, budget=budget)
        self._copy = copy
        self._policy = policy
        self._rule = stop_rule(policy)
        self._rule.check("scatter", len(nodes))
        plain = [node_of(node) for node in nodes]
        self._names = unique(node.name for node in plain)
        self._nodes = [attrs.evolve(node, name=name) for node, name in zip(plain, self._names, strict=True)]
        self._watched = [watched(self.name, node) for node in self._nodes]
        self._bounded = self._options.bounded
        self.extras: tuple[str, ...] = tuple(sorted({extra for node in self._nodes for extra in node.extras}))

    def __repr__(self) -> str:
        """Show the branches and the policy."""
        return f"Scatter({', '.join(self._names)}, policy={self._policy!r})"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Its branches, in the order in which they were declared."""
        return tuple(self._nodes)

    @property
    def is_async(self) -> bool:
        """Whether a branch has to be awaited, so that a plain call refuses to run."""
        return any(node.is_async for node in self._nodes)

    def __call__(self, value: Any, /, *, original: Any = _UNSET, run: Run | None = None) -> Any:
        """Run the branches in threads, without an event loop; with an async branch, return what `acall` returns.

        Args:
            value: What each branch is given.
            original: What branches that declare it are given; the graph around it sets it, else it is `value`.
            run: Likewise.

        Raises:
            DeadlineExceeded: The enclosing budget has no time left.
        """
        if self.is_async:
            return self.acall(value, original=original, run=run)
        call = self._call(value, original, run)
        run_threads(call)
        return call.results.result()

    async def acall(self, value: Any, /, *, original: Any = _UNSET, run: Run | None = None) -> Any:
        """Run async branches as tasks and sync ones in threads.

        Args:
            value: What each branch is given.
            original: What branches that declare it are given; the graph around it sets it, else it is `value`.
            run: Likewise.

        Raises:
            DeadlineExceeded: The enclosing budget has no time left.
        """
        from beluga.orchestration.tasks import run_tasks

        call = self._call(value, original, run)
        await run_tasks(call)
        return call.results.result()

    def _call(self, value: Any, original: Any, run: Run | None) -> ScatterCall:
        nodes = self._watched if observed() else self._nodes
        if run is None and original is not _UNSET:
            run = Run(original=original)
        total, options = len(nodes), self._options
        limits = options.limits(self.name, total) if self._bounded else None
        results = Results(self.name, self._rule, self._names.__getitem__, total)
        values = (_copied(self.name, value) for _ in nodes) if self._copy else repeat(value)
        return ScatterCall(zip(count(), nodes, values), total, options.limit, limits, results, run)


def _copied(owner: str, value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception as error:
        message = f"{owner}: copy=True, but the input, a {type(value).__name__}, cannot be copied: {error}"
        raise TypeError(message) from error
