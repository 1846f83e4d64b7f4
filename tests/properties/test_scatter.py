"""What holds for every scatter, whatever its branches do and whenever they do it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from beluga import DeadlineExceeded
from beluga.clock import environment
from beluga.orchestration import Scatter, quorum
from beluga.testing import fake_clock


@attrs.frozen
class Plan:
    """What a branch does: after `delay` seconds, and as many more of cleaning up when cancelled."""

    delay: float
    fails: bool
    cleans: float


class Failed(Exception):
    """The failure of a branch."""


plans = st.lists(
    st.builds(Plan, st.sampled_from([0, 0, 1, 2, 3, 5]), st.booleans(), st.sampled_from([0, 1])),
    min_size=1,
    max_size=8,
)
limits = st.none() | st.integers(1, 9)
timeouts = st.sampled_from([None, None, 0.5, 2.5, 4.5])


@st.composite
def scatters(draw: st.DrawFn) -> tuple[list[Plan], dict[str, Any]]:
    """Generate branches, and the options of their scatter."""
    branches = draw(plans)
    policy = draw(st.sampled_from(["fail_fast", "collect", "first"]) | st.builds(quorum, st.integers(1, len(branches))))
    options = {
        "policy": policy,
        "limit": draw(limits),
        "timeout": draw(timeouts),
        "branch_timeout": draw(timeouts),
    }
    return branches, options


class Watch:
    """Counts who runs, and keeps what happened when."""

    def __init__(self) -> None:
        self.running = 0
        self.peak = 0

    def branch(self, index: int, plan: Plan) -> Any:
        async def branch(value: Any) -> int:
            self.running += 1
            self.peak = max(self.peak, self.running)
            try:
                return await self._work(index, plan)
            finally:
                self.running -= 1

        return branch

    async def _work(self, index: int, plan: Plan) -> int:
        clock = environment().clock
        try:
            if plan.delay:
                await clock.asleep(plan.delay)
        except asyncio.CancelledError:
            if plan.cleans:
                await clock.asleep(plan.cleans)
            raise
        if plan.fails:
            raise Failed(index)
        return index


def played(branches: list[Plan], options: dict[str, Any]) -> tuple[Any, Watch, set[Any]]:
    """Return what a scatter of `branches` gives or raises, its watch, and the tasks that are left."""
    watch = Watch()
    scatter = Scatter(*[watch.branch(index, plan) for index, plan in enumerate(branches)], **options)

    async def main() -> Any:
        try:
            result: Any = await scatter.acall("x")
        except (Failed, DeadlineExceeded) as error:
            result = error
        return result, watch, asyncio.all_tasks() - {asyncio.current_task()}

    with fake_clock():
        return asyncio.run(main())


@given(scatters())
def test_no_branch_and_no_task_is_left(case: tuple[list[Plan], dict[str, Any]]) -> None:
    """When a scatter ends, in whatever way, every branch that began has ended, cleaning up included."""
    _, watch, left = played(*case)
    assert watch.running == 0
    assert left == set()


@given(scatters())
def test_the_limit_holds(case: tuple[list[Plan], dict[str, Any]]) -> None:
    """No more than the limit run at once."""
    branches, options = case
    _, watch, _ = played(branches, options)
    assert watch.peak <= (options["limit"] or len(branches))


@given(scatters())
def test_results_are_those_of_the_declared_branches(case: tuple[list[Plan], dict[str, Any]]) -> None:
    """In declared order, whichever came first; and a branch that is ok did not fail."""
    branches, options = case
    result, _, _ = played(branches, options)
    if isinstance(result, Failed):
        assert branches[result.args[0]].fails
    elif isinstance(result, DeadlineExceeded):
        assert options["timeout"] or options["branch_timeout"]
    elif options["policy"] == "fail_fast":
        assert result == list(range(len(branches)))
    elif options["policy"] == "first":
        assert not branches[result].fails
    else:
        assert [outcome.index for outcome in result] == list(range(len(branches)))
        for outcome in result:
            assert outcome.ok == (outcome.value == outcome.index and outcome.error is None)
            assert not (outcome.ok and branches[outcome.index].fails)
            assert isinstance(outcome.error, Failed) == (outcome.status == "failed")
            assert isinstance(outcome.error, DeadlineExceeded) == (outcome.status == "timed_out")


@given(plans, limits, st.data())
def test_a_quorum_is_reached_if_and_only_if_enough_succeed(
    branches: list[Plan], limit: int | None, data: st.DataObject
) -> None:
    """Where nobody runs out of time."""
    wanted = data.draw(st.integers(1, len(branches)))
    result, _, _ = played(branches, {"policy": quorum(wanted), "limit": limit})
    good = sum(not plan.fails for plan in branches)
    if good >= wanted:
        assert sum(outcome.ok for outcome in result) == wanted
    else:
        assert isinstance(result, Failed)


@given(plans, limits)
def test_collect_gives_every_outcome(branches: list[Plan], limit: int | None) -> None:
    """No failure stops a sibling."""
    result, _, _ = played(branches, {"policy": "collect", "limit": limit})
    assert [outcome.status for outcome in result] == ["failed" if plan.fails else "ok" for plan in branches]


@given(plans, limits)
def test_fail_fast_ends_with_the_first_failure(branches: list[Plan], limit: int | None) -> None:
    """It raises if and only if a branch fails; without a limit it is the soonest one."""
    result, _, _ = played(branches, {"limit": limit})
    failing = [plan.delay for plan in branches if plan.fails]
    assert isinstance(result, Failed) == bool(failing)
    if failing and limit is None:
        assert branches[result.args[0]].delay == min(failing)


@given(scatters(), st.sampled_from([0, 0.25, 0.75, 1.5, 2.5, 3.5]), st.booleans())
def test_nothing_is_left_of_a_scatter_that_is_cancelled(
    case: tuple[list[Plan], dict[str, Any]], at: float, twice: bool
) -> None:
    """Whenever the caller is cancelled, once or again while the branches clean up."""
    branches, options = case
    watch = Watch()
    scatter = Scatter(*[watch.branch(index, plan) for index, plan in enumerate(branches)], **options)

    async def main() -> tuple[bool, bool, set[Any]]:
        clock = environment().clock
        task = asyncio.create_task(scatter.acall("x"))
        await clock.asleep(at)
        asked = task.cancel()
        if twice:
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])
        return asked, task.cancelled(), asyncio.all_tasks() - {asyncio.current_task()}

    with fake_clock():
        asked, cancelled, left = asyncio.run(main())
    assert cancelled == asked
    assert watch.running == 0
    assert left == set()


@given(
    st.lists(st.sampled_from(["gives", "fails", "hangs"]), min_size=1, max_size=5),
    st.sampled_from(["fail_fast", "collect", "first"]) | st.integers(1, 5).map(quorum),
    limits,
    st.booleans(),
)
def test_no_thread_is_left_at_work(acts: list[str], policy: Any, limit: int | None, called: bool) -> None:
    """A thread that could not be stopped ends with its branch, and disturbs nobody until then."""
    if not isinstance(policy, str) and policy.count > len(acts):
        policy = quorum(len(acts))
    release, lock, working, began = threading.Event(), threading.Condition(), [0], [0]

    def branch(act: str) -> Any:
        def run(value: str) -> str:
            with lock:
                working[0] += 1
                began[0] += 1
            try:
                if act == "hangs":
                    release.wait(60)
                if act == "fails":
                    raise Failed(act)
                return act
            finally:
                with lock:
                    working[0] -= 1
                    lock.notify_all()

        return run

    scatter = Scatter(*[branch(act) for act in acts], policy=policy, limit=limit, timeout=0.01)
    with contextlib.suppress(Failed, DeadlineExceeded):
        scatter("x") if called else asyncio.run(scatter.acall("x"))
    release.set()
    with lock:
        assert lock.wait_for(lambda: working[0] == 0, timeout=60)
    assert began[0] <= len(acts)


@given(st.lists(st.booleans(), min_size=1, max_size=6), limits)
def test_threads_give_what_tasks_give(fails: list[bool], limit: int | None) -> None:
    """The same functions, called and awaited, come to the same, and leave no thread at work."""
    working = threading.Semaphore(0)

    def branch(index: int) -> Any:
        def run(value: str) -> int:
            try:
                if fails[index]:
                    raise Failed(index)
                return index
            finally:
                working.release()

        return run

    scatter = Scatter(*[branch(index) for index in range(len(fails))], limit=limit, policy="collect")
    called = [(o.status, o.value) for o in scatter("x")]
    awaited = [(o.status, o.value) for o in asyncio.run(scatter.acall("x"))]
    assert called == awaited == [("failed", None) if f else ("ok", i) for i, f in enumerate(fails)]
    for _ in range(2 * len(fails)):
        assert working.acquire(timeout=60)
