"""The same input for several functions at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga._engine.options import number, seconds_if_any, whole
from beluga.orchestration.executor import Run
from beluga.orchestration.instrumentation import observed, watched
from beluga.orchestration.nodes import Composite, Node, node_of, refuse_async, unique
from beluga.orchestration.results import Completion, Results, stop_rule
from beluga.orchestration.scatter_call import Limits, ScatterCall

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

__all__ = ["Scatter"]

_UNSET: Any = object()
"""No original was given; None may be one."""


@attrs.frozen(kw_only=True)
class _Options:
    """What is checked when a scatter is made."""

    name = "scatter"

    limit: int | None = attrs.field(default=None, validator=attrs.validators.optional(whole(1)))
    timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=attrs.validators.optional(number(0, above=True))
    )
    branch_timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=attrs.validators.optional(number(0, above=True))
    )
    budget: str = "shared"

    def __attrs_post_init__(self) -> None:
        if self.budget not in {"shared", "split"}:
            message = f'scatter: budget={self.budget!r} must be "shared" or "split"'
            raise ValueError(message)


class Scatter(Composite):
    """Give one input to several functions at once, and gather what they return in the order declared here.

    Called, it runs its branches in threads, which are reused, and waits for them; awaited through `acall`, it runs
    async branches as tasks and sync ones in threads. Each branch has a copy of the caller's context: clock, deadline,
    budget and trace reach it, and what it sets stays inside. A branch may declare ``original`` and ``run`` as the
    node of a graph may; alone, ``original`` is the input itself.

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
        name: str | None = None,
    ) -> None:
        if not nodes:
            message = "scatter needs at least one node"
            raise ValueError(message)
        self.name: str = name or "scatter"
        self._options = _Options(limit=limit, timeout=timeout, branch_timeout=branch_timeout, budget=budget)
        self._policy = policy
        self._rule = stop_rule(policy, len(nodes))
        plain = [node_of(node) for node in nodes]
        self._names = unique(node.name for node in plain)
        self._nodes = [attrs.evolve(node, name=name) for node, name in zip(plain, self._names, strict=True)]
        self._watched = [watched(self.name, node) for node in self._nodes]
        self._limit = min(len(nodes), len(nodes) if limit is None else limit)
        self._bounded = timeout is not None or branch_timeout is not None or budget == "split"
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
        """Run the branches in threads, without an event loop.

        Args:
            value: What each branch is given.
            original: What branches that declare it are given; the graph around it sets it, else it is `value`.
            run: Likewise.

        Raises:
            GraphError: A branch is async.
            DeadlineExceeded: The enclosing budget has no time left.
        """
        refuse_async(self.name, self._nodes, "await scatter.acall(...)")
        from beluga.orchestration.threads import run_threads

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
        nodes: list[Node] = self._watched if observed() else self._nodes
        given = self._given(value, original, run) if self.extras else {}
        options, limits = self._options, None
        if self._bounded:
            limits = Limits.begin(
                self.name,
                len(nodes),
                options.timeout,
                options.branch_timeout,
                split=options.budget == "split",
            )
        return ScatterCall(nodes, value, given, self._limit, limits, Results(self.name, self._names, self._rule))

    def _given(self, value: Any, original: Any, run: Run | None) -> dict[str, Any]:
        if run is None:
            run = Run(original=value if original is _UNSET else original)
        return {"original": run.original, "run": run}
