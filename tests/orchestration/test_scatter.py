"""What a scatter gives, raises and leaves behind under each policy."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from beluga import DeadlineExceeded, GraphError, breaker, budget, classify, remaining
from beluga.clock import environment
from beluga.orchestration import Graph, Run, Scatter, quorum
from beluga.orchestration.tasks import _within
from beluga.testing import fake_clock

POLICIES = ["fail_fast", "collect", "first", quorum(1), quorum(2)]


def after(seconds: float, result: Any) -> Any:
    """Return an async branch that gives or raises `result` after `seconds`."""

    async def branch(value: Any) -> Any:
        await environment().clock.asleep(seconds)
        if isinstance(result, BaseException):
            raise result
        return result

    return branch


def run(scatter: Scatter, value: Any = "x") -> tuple[Any, float, set[asyncio.Task[Any]]]:
    """Return what `scatter` gives or raises, the virtual seconds it took, and the tasks it left."""

    async def main() -> Any:
        try:
            result = await scatter.acall(value)
        except Exception as error:
            result = error
        return result, clock.monotonic(), asyncio.all_tasks() - {asyncio.current_task()}

    with fake_clock() as clock:
        return asyncio.run(main())


def test_values_come_in_declared_order() -> None:
    """The slowest branch comes first where it was declared first."""
    result, took, _ = run(Scatter(after(3, "a"), after(1, "b"), after(2, "c")))
    assert result == ["a", "b", "c"]
    assert took == 3


def test_the_first_error_is_raised_itself_with_its_branch_as_a_note() -> None:
    """No wrapper: the very exception, and its code, come out."""
    error = PermissionError("secret")
    result, took, left = run(Scatter(after(9, "a"), after(1, error)))
    assert result is error
    assert result.__notes__ == ["scatter: branch 'branch_2' failed"]
    assert took == 1
    assert not left


def test_a_failure_at_once_returns_at_once() -> None:
    """Nobody waits for the siblings of a branch that fails before it waits."""
    result, took, left = run(Scatter(after(60, "a"), after(0, ValueError("no"))))
    assert isinstance(result, ValueError)
    assert took == 0
    assert not left


def test_collect_gives_an_outcome_for_every_branch() -> None:
    """An error stops nobody, and each outcome tells what became of its branch."""
    error = ValueError("no")
    result, took, _ = run(Scatter(after(2, "a"), after(1, error), policy="collect"))
    assert [(o.index, o.name, o.status, o.value, o.error, o.elapsed) for o in result] == [
        (0, "branch", "ok", "a", None, 2.0),
        (1, "branch_2", "failed", None, error, 1.0),
    ]
    assert [o.ok for o in result] == [True, False]
    assert took == 2


def test_first_gives_the_first_value() -> None:
    """A quicker failure does not count."""
    result, took, left = run(Scatter(after(3, "slow"), after(1, ValueError()), after(2, "quick"), policy="first"))
    assert result == "quick"
    assert took == 2
    assert not left


def test_first_raises_the_first_error_when_all_fail() -> None:
    """The note names the others with their types, and not their texts."""
    errors = [ValueError("one"), KeyError("two")]
    result, _, _ = run(Scatter(after(2, errors[0]), after(1, errors[1]), policy="first"))
    assert result is errors[1]
    assert result.__notes__ == ["scatter: branch 'branch_2' failed, and so did branch (ValueError)"]


def test_quorum_stops_when_it_is_reached() -> None:
    """The branches that are not needed any more are cancelled, and told apart from failed ones."""
    branches = (after(1, "a"), after(9, "b"), after(2, "c"), after(1, ValueError()))
    result, took, left = run(Scatter(*branches, policy=quorum(2)))
    assert [o.status for o in result] == ["ok", "cancelled", "ok", "failed"]
    assert result[1].elapsed == 2
    assert took == 2
    assert not left


def test_cleaning_up_is_no_part_of_what_a_loser_took() -> None:
    """It had run until the others were enough."""

    async def cleans(value: str) -> None:
        try:
            await environment().clock.asleep(60)
        finally:
            await environment().clock.asleep(5)

    result, took, _ = run(Scatter(cleans, after(2, "b"), policy=quorum(1)))
    assert (result[0].status, result[0].elapsed) == ("cancelled", 2)
    assert took == 7


def test_quorum_fails_as_soon_as_it_cannot_be_reached() -> None:
    """The rest is not waited for."""
    error = ValueError("no")
    result, took, left = run(Scatter(after(9, "a"), after(1, error), after(2, KeyError()), policy=quorum(2)))
    assert result is error
    assert took == 2
    assert not left


def test_a_time_out_of_all_ends_what_is_unfinished() -> None:
    """Its error is a time-out with the code of one, and names the branch."""
    result, took, left = run(Scatter(after(1, "a"), after(9, "b"), timeout=3))
    assert isinstance(result, DeadlineExceeded)
    assert classify(result) == "timeout"
    assert str(result) == "branch 'branch_2' of scatter did not finish within its time budget of 3 s"
    assert took == 3
    assert not left


@pytest.mark.parametrize("bounds", [{"timeout": 3}, {"branch_timeout": 3}])
def test_collect_keeps_what_was_finished_in_time(bounds: dict[str, float]) -> None:
    """A time-out costs only the branches that it met."""
    result, took, left = run(Scatter(after(1, "a"), after(9, "b"), policy="collect", **bounds))
    assert [(o.status, o.value, type(o.error)) for o in result] == [
        ("ok", "a", type(None)),
        ("timed_out", None, DeadlineExceeded),
    ]
    assert took == 3
    assert not left


def test_a_branch_time_out_runs_from_the_start_of_its_branch() -> None:
    """With a limit of one, the second branch has its own seconds."""
    result, took, _ = run(Scatter(after(9, "a"), after(2, "b"), limit=1, branch_timeout=3, policy="collect"))
    assert [o.status for o in result] == ["timed_out", "ok"]
    assert took == 5


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_no_more_than_the_limit_run_at_once(limit: int) -> None:
    """The limit is reached, and never passed."""
    running, peak = 0, 0

    async def branch(value: int) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await environment().clock.asleep(1)
        running -= 1
        return value

    assert run(Scatter(*[branch] * 7, limit=limit), 1)[0] == [1] * 7
    assert peak == limit


@pytest.mark.parametrize("limit", [None, 1])
def test_what_a_branch_sets_in_its_context_stays_inside(limit: int | None) -> None:
    """Every branch begins with the caller's context, also where one task runs several."""
    variable: ContextVar[str] = ContextVar("variable")
    seen: list[str] = []

    async def branch(value: str) -> None:
        seen.append(variable.get())
        variable.set("changed")
        await asyncio.sleep(0)
        seen.append(variable.get())

    async def main() -> str:
        variable.set("caller")
        await Scatter(branch, branch, limit=limit).acall("x")
        return variable.get()

    assert asyncio.run(main()) == "caller"
    assert sorted(seen) == ["caller", "caller", "changed", "changed"]


def test_a_cancelled_scatter_cancels_its_branches_and_waits_for_them() -> None:
    """The branches get to clean up before the cancellation goes on."""
    cleaned = []

    async def branch(value: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(value)

    async def main() -> set[Any]:
        task = asyncio.create_task(Scatter(branch, branch, limit=2, policy="collect").acall("x"))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
    assert cleaned == ["x", "x"]


def test_a_second_cancellation_does_not_leave_a_stubborn_branch_behind() -> None:
    """A branch that resists the first cancellation is waited for all the same."""
    ended = []

    async def stubborn(value: str) -> None:
        for _ in range(3):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue
        ended.append(value)

    async def main() -> set[Any]:
        task = asyncio.create_task(Scatter(stubborn).acall("x"))
        await asyncio.sleep(0.001)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.001)
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
    assert ended == ["x"]


def test_a_cancellation_while_losers_end_is_not_lost() -> None:
    """The result was there, but the caller is cancelled all the same."""
    cleaning, cancelled = asyncio.Event(), asyncio.Event()

    async def cleans(value: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaning.set()
            await cancelled.wait()

    async def main() -> None:
        task = asyncio.create_task(Scatter(cleans, after(0, "x"), policy="first").acall("x"))
        await cleaning.wait()
        task.cancel()
        cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_branch_that_is_cancelled_from_inside_fails_alone() -> None:
    """Its outcome is cancelled, and the siblings go on."""
    branches = (after(0, asyncio.CancelledError()), after(1, "b"))
    result, _, _ = run(Scatter(*branches, policy="collect"))
    assert [o.status for o in result] == ["cancelled", "ok"]
    assert run(Scatter(*branches, policy="first"))[0] == "b"


@pytest.mark.parametrize("limit", [None, 1])
def test_a_branch_that_cancels_itself_too_late_cancels_no_other(limit: int | None) -> None:
    """With a limit the next branch runs in the same task, and shall not notice."""

    async def late(value: Any) -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return "late"

    async def next_one(value: Any) -> int:
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    result, _, _ = run(Scatter(late, next_one, next_one, policy="collect", limit=limit))
    assert [(o.status, o.value) for o in result] == [("ok", "late"), ("ok", 0), ("ok", 0)]


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_holds_back_an_exit(policy: Any) -> None:
    """What is no `Exception` ends the scatter, whatever the policy says about errors."""
    with pytest.raises(SystemExit):
        run(Scatter(after(1, SystemExit(3)), after(9, "b"), policy=policy))


def test_a_loser_gives_its_lease_back() -> None:
    """A cancelled probe frees the half-open breaker's only place."""
    clock_breaker = breaker(failure_threshold=1, reset_timeout=1.0)
    fail = [True]

    @clock_breaker
    async def guarded(value: str) -> str:
        if fail:
            raise ConnectionError
        await environment().clock.asleep(5)
        return "recovered"

    async def main() -> str:
        with pytest.raises(ConnectionError):
            await guarded("x")
        fail.clear()
        await environment().clock.asleep(2)
        assert await Scatter(guarded, after(0, "other"), policy="first").acall("x") == "other"
        return await guarded("x")

    with fake_clock():
        assert asyncio.run(main()) == "recovered"


@pytest.mark.parametrize("limit", [None, 1])
def test_each_branch_tells_what_it_took_itself(limit: int | None) -> None:
    """From its own beginning, whenever that was, and not from the beginning of the call or of the clock."""
    scatter = Scatter(after(1, "a"), after(2, ValueError()), limit=limit, policy="collect")
    with fake_clock(start=100.0) as clock:
        outcomes = clock.run(scatter.acall("x"))
    assert [outcome.elapsed for outcome in outcomes] == [1.0, 2.0]


@pytest.mark.parametrize("bounds", [{"timeout": 10}, {"branch_timeout": 10}, {"timeout": 10, "branch_timeout": 20}])
@pytest.mark.parametrize("result", ["fine", ValueError("bad")])
def test_a_call_that_ends_early_leaves_no_timer(bounds: dict[str, float], result: Any) -> None:
    """A server with a minute for each answer would else keep every finished call for that minute."""

    async def main() -> tuple[float, ...]:
        with contextlib.suppress(ValueError):
            await Scatter(after(1, result), after(2, "b"), **bounds).acall("x")
        return clock.sleepers

    with fake_clock() as clock:
        assert clock.run(main()) == ()


@pytest.mark.parametrize("budgeted", [5.0, 50.0])
@pytest.mark.parametrize("bounds", [{"timeout": 10}, {"branch_timeout": 10}, {"timeout": 10, "branch_timeout": 20}])
def test_a_time_out_holds_where_nobody_watches_the_enclosing_budget(budgeted: float, bounds: dict[str, float]) -> None:
    """A sync function has no timer for its budget, so the scatter's own must end at whichever comes first."""

    @budget(budgeted)
    def turn() -> Any:
        return asyncio.run(Scatter(after(1000, "x"), after(1000, "y"), **bounds).acall("x"))

    with fake_clock() as clock:
        with pytest.raises(DeadlineExceeded):
            turn()
        assert clock.monotonic() == min(budgeted, 10)


def test_sync_branches_run_at_the_same_time() -> None:
    """Three branches that wait for each other get through."""
    barrier = threading.Barrier(3, timeout=60)
    assert len(Scatter(*[lambda value: barrier.wait()] * 3)("x")) == 3


def test_threads_are_used_again() -> None:
    """A thousand calls need a handful of threads, and not one each: none but those that are not idle again in time."""
    scatter = Scatter(*[lambda value: threading.current_thread()] * 3, limit=2)
    scatter("x")
    before = threading.active_count()
    used = {thread for _ in range(1000) for thread in scatter("x")}  # held, also those that have ended
    assert len(used) <= before + 20


def test_scatters_inside_scatters_never_wait_for_a_free_thread() -> None:
    """Branches that wait for branches of their own do not use up the pool."""
    inner = Scatter(str.upper, str.lower)
    scatter = Scatter(*[inner] * 50)
    assert scatter("Ab") == [["AB", "ab"]] * 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """A fork takes the pool along and none of its threads, for which a child would wait for ever.

    The nap in the parent lets its threads become idle.
    """
    code = (
        "import os, sys, time, warnings; from beluga.orchestration import Scatter\n"
        "warnings.simplefilter('ignore'); scatter = Scatter(str.upper)\n"
        "scatter('Ab'); time.sleep(0.1); child = os.fork()\n"
        "if not child: os._exit(scatter('Ab') != ['AB'])\n"
        "sys.exit(os.waitpid(child, 0)[1] != 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0


@pytest.mark.parametrize("policy", ["fail_fast", "collect"])
def test_an_error_is_freed_with_its_last_user(policy: Any, eventually: Any) -> None:
    """Nothing of the scatter is held in a circle with the error's traceback until the garbage collector comes."""

    class Heavy(Exception):
        pass

    def fail(value: str) -> None:
        raise Heavy

    async def afail(value: str) -> None:
        await asyncio.sleep(0)
        raise Heavy

    def called() -> Any:
        try:
            return weakref.ref(Scatter(fail, policy=policy)("x")[0].error)
        except Heavy as error:
            return weakref.ref(error)

    async def awaited(branch: Any) -> Any:
        try:
            return weakref.ref((await Scatter(branch, policy=policy).acall("x"))[0].error)
        except Heavy as error:
            return weakref.ref(error)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(awaited(afail))() is None
        for kept in (called(), asyncio.run(awaited(fail))):
            eventually(lambda: kept() is None)  # noqa: B023 - once the thread has let go of its last branch
    finally:
        gc.enable()


def test_a_sync_failure_does_not_wait_for_its_siblings() -> None:
    """The caller goes on while the thread, which cannot be stopped, is still busy."""
    release = threading.Event()

    def fail(value: str) -> None:
        raise ValueError(value)

    scatter = Scatter(lambda value: release.wait(60), fail)
    try:
        with pytest.raises(ValueError, match="x") as caught:
            scatter("x")
        assert not release.is_set()
        assert caught.value.__notes__ == ["scatter: branch 'fail' failed"]
    finally:
        release.set()


@pytest.mark.parametrize("bounds", [{"timeout": 0.2}, {"branch_timeout": 0.2}])
def test_a_sync_branch_beyond_its_time_is_left_behind(bounds: dict[str, float]) -> None:
    """The caller does not wait for a thread that it cannot stop."""
    release = threading.Event()
    try:
        late, _ = Scatter(lambda value: release.wait(60), str.upper, policy="collect", **bounds)("x")
        assert late.status == "timed_out"
        assert not release.is_set()
    finally:
        release.set()


def test_virtual_time_ends_a_wait_for_threads() -> None:
    """Somebody moves the clock beyond the time-out, and the caller comes back though the branch never does."""
    release, returned = threading.Event(), threading.Event()

    def branch(value: str) -> None:
        environment().clock.advance(61)  # type: ignore[attr-defined]  # it is a fake clock
        release.wait(60)
        returned.set()

    with fake_clock(autojump=False):
        (outcome,) = Scatter(branch, timeout=60, policy="collect")("x")
    assert outcome.status == "timed_out"
    assert not returned.is_set()
    release.set()


def test_an_async_scatter_leaves_a_late_thread_behind() -> None:
    """A sync branch under `acall` does not block the event loop, nor the time-out."""
    release = threading.Event()

    async def quick(value: str) -> str:
        asyncio.get_running_loop().call_soon(clock.advance, 61)
        return value

    with fake_clock(autojump=False) as clock:
        scatter = Scatter(lambda value: release.wait(60), quick, timeout=60, policy="collect")
        outcomes = clock.run(scatter.acall("x"))
    assert [o.status for o in outcomes] == ["timed_out", "ok"]
    assert not release.is_set()
    release.set()


def test_a_late_answer_is_none() -> None:
    """A sync branch that returns after its time on the environment's clock has timed out."""

    def late(value: str) -> str:
        environment().clock.sleep(5)
        return value

    with fake_clock():
        outcomes = Scatter(late, policy="collect", branch_timeout=3)("x")
    assert [(o.status, o.value) for o in outcomes] == [("timed_out", None)]


def test_a_late_answer_of_an_async_branch_is_none_either() -> None:
    """One that blocks the event loop beyond its time cannot be cancelled, and has timed out all the same."""

    async def blocks(value: str) -> str:
        environment().clock.sleep(5)
        return value

    for bounds in ({"branch_timeout": 3}, {"timeout": 3}):
        (outcome,), _, _ = run(Scatter(blocks, policy="collect", **bounds))
        assert (outcome.status, outcome.value) == ("timed_out", None)


def test_the_report_of_an_overdue_thread_changes_nothing() -> None:
    """It may still come in while a later branch runs."""
    release, returned = threading.Event(), threading.Event()

    def overdue(value: str) -> str:
        release.wait(60)
        returned.set()
        return "too late"

    def later(value: str) -> str:
        release.set()
        returned.wait(60)
        return Scatter(str.upper)(value)[0]

    outcomes = Scatter(overdue, later, limit=1, policy="collect", branch_timeout=0.2)("x")
    assert [(o.status, o.value) for o in outcomes] == [("timed_out", None), ("ok", "X")]


def test_a_worker_that_is_closed_closes_its_branch() -> None:
    """As an event loop that goes away does with tasks that nobody finished."""
    closed = []

    async def branch() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            closed.append(True)

    async def main() -> None:
        steps = _within(copy_context(), branch())
        steps.send(None)
        steps.close()

    asyncio.run(main())
    assert closed == [True]


@pytest.mark.parametrize("error", [StopIteration("x"), KeyError("x"), TimeoutError("x"), GraphError("x")])
def test_sync_errors_come_out_of_threads_as_they_are(error: Exception) -> None:
    """Also those that a future cannot carry."""

    def fail(value: str) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        Scatter(fail)("x")
    assert caught.value is error


def test_an_exit_in_a_thread_reaches_the_caller() -> None:
    """It ends the call, not just the thread."""

    def leave(value: str) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        Scatter(leave, policy="collect")("x")


def test_a_cancellation_inside_a_thread_is_one_outcome() -> None:
    """A sync branch may run an event loop of its own; called and awaited, it comes to the same."""

    def branch(value: str) -> None:
        raise asyncio.CancelledError

    scatter = Scatter(branch, str.upper, policy="collect")
    for outcomes in (scatter("x"), asyncio.run(scatter.acall("x"))):
        assert [o.status for o in outcomes] == ["cancelled", "ok"]


def test_the_clock_reaches_threads() -> None:
    """A branch in a thread lives in the caller's virtual time."""

    def now(value: str) -> float:
        return environment().monotonic()

    with fake_clock(start=1234.0):
        assert Scatter(now, now)("x") == [1234.0, 1234.0]


def test_sync_and_async_branches_mix() -> None:
    """A sync branch runs in a thread beside the tasks."""

    async def lower(value: str) -> str:
        return value.lower()

    def thread(value: str) -> bool:
        return threading.current_thread() is threading.main_thread()

    assert asyncio.run(Scatter(str.upper, lower, thread).acall("Ab")) == ["AB", "ab", False]


def test_a_plain_function_that_gives_a_coroutine_is_awaited() -> None:
    """A lambda around an async function is a branch like any other, under `acall`."""

    async def ask(value: str) -> str:
        return value + "!"

    scatter = Scatter(lambda value: ask(value + "?"))
    assert asyncio.run(scatter.acall("x")) == ["x?!"]
    with pytest.raises(GraphError, match="use acall"):
        scatter("x")


def test_with_an_async_branch_the_call_is_awaited() -> None:
    """As `acall` is; nothing runs before."""
    started: list[str] = []

    async def ask(value: str) -> str:
        return value + "!"

    called = Scatter(started.append, ask)("x")
    assert not started
    assert asyncio.run(called) == [None, "x!"]
    assert started == ["x"]


def test_branches_share_their_input_unless_told_to_copy() -> None:
    """What one changes in it the others see; with ``copy=True`` each has its own, and the caller's stays as it was."""

    def first(value: list[str]) -> list[str]:
        value.append("first")
        return value

    async def second(value: list[str]) -> list[str]:
        value.append("second")
        return value

    shared: list[str] = []
    assert asyncio.run(Scatter(second, second)(shared)) == [["second", "second"]] * 2
    own: list[str] = []
    assert asyncio.run(Scatter(first, second, limit=1, copy=True)(own)) == [["first"], ["second"]]
    assert Scatter(first, first, copy=True)(own) == [["first"], ["first"]]
    assert own == []


@pytest.mark.parametrize("limit", [None, 1])
def test_an_input_that_cannot_be_copied_is_told(limit: int | None) -> None:
    """With its type and the reason, in threads and in tasks, and no branch is left."""
    scatter = Scatter(str, repr, copy=True, limit=limit)
    with pytest.raises(TypeError, match="copy=True, but the input, a lock, cannot be copied"):
        scatter(threading.Lock())
    with pytest.raises(TypeError, match="copy=True, but the input, a lock, cannot be copied"):
        asyncio.run(scatter.acall(threading.Lock()))


def test_a_branch_may_ask_for_the_original() -> None:
    """Alone it is the input; inside a graph it is the graph's."""

    def label(text: str) -> str:
        return "billing"

    def search(query: str, original: str, run: Run) -> tuple[Any, ...]:
        return query, original, run.path

    scatter = Scatter(search, str.upper)
    assert scatter("x") == [("x", "x", ()), "X"]
    graph = Graph()
    graph.add_node("label", label)
    graph.add_node("gather", scatter)
    graph.add_edge("label", "gather")
    graph.set_entry("label")
    assert graph.invoke("my invoice") == [("billing", "my invoice", ("label",)), "BILLING"]
    assert asyncio.run(graph.ainvoke("my invoice")) == graph.invoke("my invoice")


class TestBudgets:
    """How the enclosing budget reaches the branches."""

    @staticmethod
    def shares(scatter: Scatter, **limits: Any) -> list[float]:
        @budget(**limits)
        async def ask(value: str) -> list[float]:
            return await scatter.acall(value)

        with fake_clock(autojump=False):  # else the time jumps while the loop waits for the threads
            return asyncio.run(ask("x"))

    def test_a_shared_budget_is_whole_in_every_branch(self) -> None:
        """Everybody sees all the time that is left."""
        assert self.shares(Scatter(*[lambda value: remaining()] * 3), total=9) == [9, 9, 9]

    def test_a_split_budget_gives_each_branch_its_part(self) -> None:
        """Three branches have a third each."""
        assert self.shares(Scatter(*[lambda value: remaining()] * 3, budget="split"), total=9) == [3, 3, 3]

    def test_a_time_out_can_be_split(self) -> None:
        """The scatter's own seconds are parts too."""
        with fake_clock():
            assert Scatter(*[lambda value: remaining()] * 3, budget="split", timeout=6)("x") == [2, 2, 2]

    def test_tokens_are_split(self) -> None:
        """A greedy branch is stopped at its own part, though the whole would have covered it."""
        from beluga import BudgetExceeded, spend

        async def greedy(value: str) -> None:
            spend(tokens=60)

        async def modest(value: str) -> None:
            spend(tokens=40)

        @budget(tokens=150)
        async def ask(value: str, how: Any) -> Any:
            scatter = Scatter(greedy, modest, modest, policy="collect", budget=how)
            return [type(o.error) for o in await scatter.acall(value)]

        assert asyncio.run(ask("x", "split")) == [BudgetExceeded, type(None), type(None)]
        assert asyncio.run(ask("x", "shared")) == [type(None)] * 3

    def test_money_is_split(self) -> None:
        """As tokens are."""
        from beluga import BudgetExceeded, spend

        @budget(cost=1.0)
        def ask(value: str) -> Any:
            scatter = Scatter(lambda value: spend(cost=0.6), policy="collect", budget="split")
            return [o.status for o in scatter(value)]

        @budget(cost=1.0)
        def ask_two(value: str) -> Any:
            scatter = Scatter(*[lambda value: spend(cost=0.6)] * 2, limit=1, budget="split")
            return scatter(value)

        assert ask("x") == ["ok"]
        with pytest.raises(BudgetExceeded):
            ask_two("x")

    def test_a_split_needs_a_budget(self) -> None:
        """There is nothing to take parts of, and silence would hide it."""
        with pytest.raises(RuntimeError, match=r"needs a budget to take parts of.*or give timeout="):
            Scatter(str.upper, budget="split")("x")

    def test_a_budget_that_is_used_up_starts_nothing(self) -> None:
        """A time-out of its own cannot give more than is left."""
        started: list[str] = []

        async def branch(value: str) -> None:
            started.append(value)

        @budget(1)
        async def ask(value: str) -> None:
            environment().clock.sleep(2)
            await Scatter(branch, timeout=5).acall(value)

        with fake_clock(), pytest.raises(DeadlineExceeded):
            asyncio.run(ask("x"))
        assert not started

    def test_the_enclosing_budget_ends_an_async_scatter(self) -> None:
        """It is cancelled at the deadline, and leaves nothing."""

        @budget(2)
        async def ask(value: str) -> Any:
            return await Scatter(after(9, "a"), timeout=5).acall(value)

        async def main() -> Any:
            with pytest.raises(DeadlineExceeded):
                await ask("x")
            return clock.monotonic(), asyncio.all_tasks() - {asyncio.current_task()}

        with fake_clock() as clock:
            assert asyncio.run(main()) == (2.0, set())

    def test_the_enclosing_budget_ends_a_sync_scatter(self) -> None:
        """The caller comes back at the deadline, though the thread goes on."""
        release = threading.Event()

        @budget(0.02)
        def ask(value: str) -> Any:
            return Scatter(lambda value: release.wait(60))(value)

        began = time.monotonic()
        try:
            with pytest.raises(DeadlineExceeded):
                ask("x")
            assert time.monotonic() - began < 30
        finally:
            release.set()


@pytest.mark.parametrize(
    ("nodes", "options", "error", "match"),
    [
        ((), {}, ValueError, "at least one node"),
        (("text",), {}, TypeError, "must be callable"),
        ((str,), {"limit": 0}, ValueError, "limit=0"),
        ((str,), {"limit": True}, ValueError, "limit=True"),
        ((str,), {"timeout": 0}, ValueError, "timeout=0"),
        ((str,), {"timeout": float("nan")}, ValueError, "timeout=nan"),
        ((str,), {"branch_timeout": -1}, ValueError, "branch_timeout=-1"),
        ((str,), {"policy": "race"}, ValueError, "policy='race' must be one of"),
        ((str,), {"policy": ["first"]}, ValueError, "policy="),
        ((str,), {"policy": quorum(2)}, ValueError, r"quorum\(2\) can never be reached with 1"),
        ((str,), {"budget": "halved"}, ValueError, "budget='halved'"),
    ],
)
def test_bad_options_are_refused_when_it_is_made(nodes: Any, options: Any, error: type[Exception], match: str) -> None:
    """With the option, the value, and what it must be."""
    with pytest.raises(error, match=match):
        Scatter(*nodes, **options)


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_a_quorum_is_a_whole_number(count: Any) -> None:
    """Of at least one."""
    with pytest.raises(ValueError, match="whole number of at least 1"):
        quorum(count)


def test_branches_are_named_after_their_functions() -> None:
    """A partial after what it wraps, an instance after its class, and a second one with a number."""

    class Retriever:
        def __call__(self, value: str) -> str:
            return value

    nodes = (
        functools.partial(str.split, sep=","),
        Retriever(),
        str.split,
        Scatter(str, name="both"),
        str.split,
    )
    outcomes = Scatter(*nodes, policy="collect")("a,b")
    assert [o.name for o in outcomes] == ["split", "Retriever", "split_2", "both", "split_3"]


def test_its_repr_shows_branches_and_policy() -> None:
    """And nothing that went through it; nor do those of outcomes."""
    assert repr(Scatter(str.upper, str.lower, policy=quorum(1))) == "Scatter(upper, lower, policy=quorum(1))"
    (outcome,) = Scatter(str.upper, policy="collect")("secret")
    assert "SECRET" not in repr(outcome)
