"""One function for every item of a list that is known only at run time."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

import beluga
from beluga import BudgetExceeded, DeadlineExceeded, budget, remaining, retry, spend
from beluga.clock import environment
from beluga.events import NodeFinished
from beluga.orchestration import BranchResult, Run, chain, quorum, scatter
from beluga.testing import fake_clock, record_events, record_spans

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator


async def double(number: int) -> int:
    await environment().clock.asleep(1.0)
    return 2 * number


def odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError(number)
    return number


async def aodd(number: int) -> int:
    await environment().clock.asleep(number)
    return odd(number)


both_kinds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def run(function: Any, items: Any, *, is_async: bool, **options: Any) -> Any:
    """Return what `map` gives for `function`, or for an async function that does the same."""

    async def later(item: Any) -> Any:
        await asyncio.sleep(0)
        return function(item)

    return asyncio.run(scatter.map(later, items, **options)) if is_async else scatter.map(function, items, **options)


def streamed(function: Any, items: Any, *, is_async: bool, **options: Any) -> list[BranchResult]:
    """Return what `stream` yields, likewise."""

    async def later(item: Any) -> Any:
        await asyncio.sleep(0)
        return function(item)

    async def collected() -> list[BranchResult]:
        return [result async for result in scatter.stream(later, items, **options)]

    return asyncio.run(collected()) if is_async else list(scatter.stream(function, items, **options))


def test_it_is_at_hand() -> None:
    """Under the name that people read in the pages."""
    assert beluga.scatter is scatter


@both_kinds
@pytest.mark.parametrize("make", [list, tuple, dict.fromkeys, iter, lambda items: (item for item in items)])
def test_values_come_in_the_order_of_the_items(make: Any, is_async: bool) -> None:
    """Whatever the items are held in, and whichever is done first."""
    assert run(str, make(range(100)), is_async=is_async, limit=7) == [str(number) for number in range(100)]


def test_items_run_at_once_up_to_the_limit() -> None:
    """Ten items of a second take ten seconds one by one, five in pairs, and one together."""
    for limit, seconds in ((1, 10.0), (2, 5.0), (10, 1.0), (None, 1.0)):
        with fake_clock() as clock:
            assert clock.run(scatter.map(double, range(10), limit=limit)) == list(range(0, 20, 2))
            assert clock.monotonic() == seconds


@both_kinds
def test_no_items_are_no_error_where_none_are_needed(is_async: bool) -> None:
    """The list of nothing is empty; a policy that needs a success says how many there were."""
    for items in ([], iter([])):
        assert run(str, items, is_async=is_async) == []
        assert run(str, items, is_async=is_async, policy="collect") == []
        assert streamed(str, items, is_async=is_async) == []
    for policy in ("first", quorum(1)):
        for items in ([], iter([])):
            with pytest.raises(ValueError, match="can never be reached with 0 branches"):
                run(str, items, is_async=is_async, policy=policy)


@both_kinds
def test_the_first_error_ends_it(is_async: bool) -> None:
    """It is raised itself, with a note that names the item by its place; no other item begins."""
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        return odd(number)

    with pytest.raises(ValueError, match="4") as caught:
        run(work, [1, 3, 4, 5, 7, 9], is_async=is_async, limit=1)
    assert caught.value.__notes__ == [
        "scatter: branch 'later[2]' failed" if is_async else "scatter: branch 'work[2]' failed"
    ]
    assert begun == [1, 3, 4]


@both_kinds
@pytest.mark.parametrize("make", [list, iter])
def test_collect_gives_a_result_for_every_item(make: Any, is_async: bool) -> None:
    """With place, name, status, value and error."""
    good, bad = run(odd, make([1, 2]), is_async=is_async, policy="collect")
    assert (good.index, good.status, good.value, good.error) == (0, "ok", 1, None)
    assert (bad.index, bad.name.endswith("[1]"), bad.status, bad.value) == (1, True, "failed", None)
    assert isinstance(bad.error, ValueError)


@both_kinds
@pytest.mark.parametrize("make", [list, iter])
def test_first_and_quorum_stop_when_they_have_enough(make: Any, is_async: bool) -> None:
    """Items behind that are not drawn, and too many failures raise the first one."""
    left = make([2, 3, 5, 7])
    assert run(odd, left, is_async=is_async, policy="first", limit=1) == 3
    if make is iter:
        assert list(left) == [5, 7]
    results = run(odd, make([1, 2, 3, 5]), is_async=is_async, policy=quorum(2), limit=1)
    assert [result.status for result in results][:3] == ["ok", "failed", "ok"]
    with pytest.raises(ValueError, match="2"):
        run(odd, make([2, 4]), is_async=is_async, policy="first")
    with pytest.raises(ValueError, match="2"):
        run(odd, make([1, 2]), is_async=is_async, policy=quorum(2))


def test_a_quorum_that_cannot_be_reached_ends_early() -> None:
    """Where the items can be counted, the failure that makes it impossible is the last."""
    with fake_clock() as clock, pytest.raises(ValueError, match="0"):
        clock.run(scatter.map(aodd, [0, 2, 100], policy=quorum(2)))
    assert clock.monotonic() == 2.0


@both_kinds
def test_a_generator_is_drawn_as_places_become_free(is_async: bool) -> None:
    """Never more than what is done and the limit together."""
    done = 0
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            ahead.append(number - done)
            yield number

    def work(number: int) -> int:
        nonlocal done
        done += 1
        return number

    assert run(work, items(), is_async=is_async, limit=4) == list(range(50))
    assert max(ahead) <= 4


@both_kinds
def test_an_endless_generator_may_feed_a_policy_that_ends(is_async: bool) -> None:
    """It is not read on."""

    def numbers() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 2 if number < 100 else 1

    assert run(odd, numbers(), is_async=is_async, policy="first", limit=3) % 2 == 1


@both_kinds
def test_items_that_cannot_be_read_end_it(is_async: bool) -> None:
    """The error of the generator comes out itself, whatever the policy, and nothing runs on."""
    running = 0

    def items() -> Iterator[int]:
        yield 1
        yield 3
        raise OSError("the file is gone")

    def work(number: int) -> int:
        nonlocal running
        running += 1
        try:
            return odd(number)
        finally:
            running -= 1

    for policy in ("fail_fast", "collect", quorum(3)):
        for limit in (1, 2, 5):
            with pytest.raises(OSError, match="the file is gone"):
                run(work, items(), is_async=is_async, policy=policy, limit=limit)
            with pytest.raises(OSError, match="the file is gone"):
                streamed(work, items(), is_async=is_async, policy=policy, limit=limit)
    deadline = time.monotonic() + 20
    while running and time.monotonic() < deadline:
        time.sleep(0.001)
    assert running == 0


def _tokens(text: str) -> Generator[str]:
    yield text


async def _atokens(text: str) -> AsyncGenerator[str]:
    yield text


class AsyncItems:
    """An async iterable that is not a generator, and waits before each item."""

    def __init__(self, *items: Any) -> None:
        self.left = list(items)
        self.drawing = 0

    def __aiter__(self) -> AsyncItems:
        return self

    async def __anext__(self) -> Any:
        assert not self.drawing, "drawn by two at once, which an async generator refuses"
        self.drawing += 1
        await environment().clock.asleep(1.0)
        self.drawing -= 1
        if not self.left:
            raise StopAsyncIteration
        item = self.left.pop(0)
        if isinstance(item, Exception):
            raise item
        return item


def test_async_items_are_awaited_as_places_become_free() -> None:
    """In order, with a sync function too; the call is awaited, and no item is drawn before there is room for it."""
    with fake_clock() as clock:
        assert clock.run(scatter.map(str, AsyncItems(3, 1, 2), limit=2)) == ["3", "1", "2"]
        assert clock.run(scatter.map(double, AsyncItems(*range(20)))) == [2 * number for number in range(20)]
        slow, began = AsyncItems(*range(10)), clock.monotonic()

        async def lasting(number: int) -> int:
            await environment().clock.asleep(100.0)
            return len(slow.left)

        assert clock.run(scatter.map(lasting, slow, limit=2, policy="first")) == 8
        assert clock.monotonic() - began == 101.0
        assert clock.run(scatter.map(double, AsyncItems())) == []


def test_results_of_async_items_come_as_they_are_ready() -> None:
    """A stream of items through a function is a stream of results, and its consumer holds it up."""

    async def collected(function: Any) -> list[Any]:
        return [(r.index, r.status) async for r in scatter.stream(function, AsyncItems(2, 1, 3), policy="collect")]

    with fake_clock() as clock:
        for function in (odd, aodd):
            assert sorted(clock.run(collected(function))) == [(0, "failed"), (1, "ok"), (2, "ok")]


@pytest.mark.parametrize("policy", ["fail_fast", "collect", quorum(3)])
def test_async_items_that_cannot_be_read_end_it(policy: Any) -> None:
    """The error comes out itself, and what runs is cancelled."""
    with fake_clock() as clock, pytest.raises(OSError, match="gone"):
        clock.run(scatter.map(double, AsyncItems(1, 3, OSError("gone")), policy=policy))


def test_a_generator_of_async_items_is_cancelled_with_the_call() -> None:
    """It waits for an item that never comes when the time is over, and may clean up."""
    ended = []

    async def items() -> AsyncGenerator[int]:
        try:
            yield 1
            await environment().clock.asleep(1_000.0)
        finally:
            ended.append(environment().monotonic())

    with fake_clock() as clock:
        with pytest.raises(DeadlineExceeded):
            clock.run(scatter.map(double, items(), timeout=5.0))
        assert ended == [5.0]


@pytest.mark.parametrize(
    ("function", "items", "options", "error", "message"),
    [
        (_tokens, ["a"], {}, TypeError, r"_tokens is a stream \(generator function\), and an item needs one result"),
        (
            _atokens,
            ["a"],
            {},
            TypeError,
            r"_atokens is a stream \(async generator function\)",
        ),
        (str, ["a"], {"limit": 0}, ValueError, "limit"),
        (str, ["a"], {"limit": 2.5}, ValueError, "limit"),
        (str, iter(["a"]), {"limit": None}, ValueError, "limit=None needs items .* not a list_iterator"),
        (str, iter("a"), {"budget": "split"}, ValueError, 'budget="split" needs items that can be counted'),
        (str, ["a"], {"budget": "halved"}, ValueError, 'must be "shared" or "split"'),
        (str, ["a"], {"policy": "any"}, ValueError, "policy='any' must be one of fail_fast, collect, first"),
        (str, ["a"], {"policy": quorum(2)}, ValueError, r"quorum\(2\) can never be reached with 1 branches"),
        (str, ["a"], {"timeout": 0}, ValueError, "timeout"),
        (str, "text", {}, TypeError, "the items must be a list, or something else to iterate, not str"),
        (str, 5, {}, TypeError, "the items must be a list, or something else to iterate, not int"),
        (str, AsyncItems("a"), {"limit": None}, ValueError, "limit=None needs items that can be counted, not a AsyncI"),
        (7, ["a"], {}, TypeError, "a node must be callable, and this one is of type int"),
        (lambda: 1, ["a"], {}, TypeError, "takes no positional argument"),
    ],
)
def test_what_cannot_work_is_refused_by_the_call(
    function: Any, items: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Before anything is drawn or run, also where the call would be awaited or iterated."""
    for call in (scatter.map, scatter.stream):
        with pytest.raises(error, match=message):
            call(function, items, **options)


@both_kinds
def test_results_come_as_they_are_ready(is_async: bool) -> None:
    """Not in the order of the items, and each once."""
    with fake_clock() as clock:

        async def wait(seconds: int) -> int:
            await environment().clock.asleep(seconds)
            return seconds

        async def collected() -> list[tuple[int, int, float]]:
            results = scatter.stream(wait, [3, 1, 2], limit=2)
            return [(result.index, result.value, clock.monotonic()) async for result in results]

        if is_async:
            assert clock.run(collected()) == [(1, 1, 1.0), (0, 3, 3.0), (2, 2, 3.0)]
    if not is_async:
        go_on = threading.Event()
        results = scatter.stream(lambda number: number or go_on.wait(30), [0, 1], limit=2)
        assert next(results).index == 1
        go_on.set()
        assert next(results).index == 0


@both_kinds
def test_a_slow_consumer_holds_the_work_up(is_async: bool) -> None:
    """What is drawn is at most what was taken and the limit together."""
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for number in range(30):
            drawn += 1
            yield number

    async def later(item: int) -> int:
        return item

    async def consume() -> None:
        taken = 0
        async for _ in scatter.stream(later, items(), limit=3):
            taken += 1
            for _ in range(20):
                await asyncio.sleep(0)
            assert drawn <= taken + 3
        assert taken == 30

    if is_async:
        asyncio.run(consume())
        return
    for taken, _ in enumerate(scatter.stream(int, items(), limit=3), 1):
        assert drawn <= taken + 3
    assert drawn == 30


def test_leaving_a_stream_cancels_what_still_runs() -> None:
    """And waits for its end; nothing is left behind."""
    ended = []

    async def work(number: int) -> int:
        try:
            await environment().clock.asleep(number)
        finally:
            ended.append(number)
        return number

    async def main() -> None:
        results = scatter.stream(work, [1, 50, 60])
        async for result in results:
            assert result.value == 1
            break
        await results.aclose()
        assert sorted(ended) == [1, 50, 60]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with fake_clock() as clock:
        clock.run(main())
        assert clock.monotonic() == 1.0


@both_kinds
def test_a_stream_ends_as_its_policy_says(is_async: bool) -> None:
    """The results so far have come; then comes the first error, or the end."""
    seen = []
    results = scatter.stream(odd, [1, 3, 4, 5], limit=1)
    with pytest.raises(ValueError, match="4"):
        seen.extend(result.status for result in results)
    assert seen == ["ok", "ok", "failed"]
    results = streamed(odd, [2, 3, 5, 4, 7], is_async=is_async, limit=1, policy=quorum(2))
    assert [result.status for result in results] == ["failed", "ok", "ok"]
    results = streamed(odd, [2, 4], is_async=is_async, policy="collect", limit=1)
    assert [result.status for result in results] == ["failed", "failed"]


def test_time_runs_out_for_all_or_for_one() -> None:
    """Of the policy it depends what that means; nothing runs on."""
    with fake_clock() as clock:
        late = clock.run(scatter.map(aodd, [1, 9, 3], branch_timeout=5, policy="collect"))
        assert [result.status for result in late] == ["ok", "timed_out", "ok"]
        late = clock.run(scatter.map(aodd, iter([1, 9, 3]), timeout=2, policy="collect", limit=2))
        assert [result.status for result in late] == ["ok", "timed_out", "timed_out"]
        with pytest.raises(DeadlineExceeded, match=r"branch 'aodd\[1\]' of scatter"):
            clock.run(scatter.map(aodd, [1, 9], timeout=2))

        async def collected(limit: int) -> list[str]:
            results = scatter.stream(aodd, [1, 9, 3], timeout=2, policy="collect", limit=limit)
            return [result.status async for result in results]

        assert clock.run(collected(3)) == ["ok", "timed_out", "timed_out"]
        assert clock.run(collected(1)) == ["ok", "timed_out", "timed_out"]  # the last one had no place to begin


def test_the_caller_s_budget_holds_and_is_split() -> None:
    """Time and tokens of the caller bound every item; split, each gets its part."""
    given = []

    @budget(tokens=100)
    def all_of(items: list[int], share: Any) -> Any:
        def work(item: int) -> None:
            given.append(remaining())
            spend(tokens=item)

        return scatter.map(work, items, budget=share, policy="collect", timeout=10.0)

    with fake_clock():
        statuses = [result.status for result in all_of([20, 30], "split")]
        assert statuses == ["ok", "ok"]
        assert given == [5.0, 5.0]
        over = all_of([20, 60], "split")
        assert [result.status for result in over] == ["ok", "failed"]
        assert isinstance(over[1].error, BudgetExceeded)


def test_contexts_stay_apart() -> None:
    """Each item has a copy of the caller's, in a worker that goes from item to item."""
    seen: ContextVar[str] = ContextVar("seen", default="nothing")

    def work(number: int) -> str:
        before = seen.get()
        seen.set(str(number))
        return before

    token = seen.set("caller")
    assert run(work, range(4), is_async=False, limit=2) == ["caller"] * 4
    assert run(work, range(4), is_async=True, limit=2) == ["caller"] * 4
    assert seen.get() == "caller"
    seen.reset(token)


def test_the_function_may_be_anything_that_a_node_may_be() -> None:
    """A decorated function, a graph, a class, one that asks for the original."""
    attempts: list[int] = []

    @retry(initial_backoff=0)
    async def shaky(number: int) -> int:
        attempts.append(number)
        if len(attempts) == 1:
            raise TimeoutError
        return number

    def asks(number: int, original: int, run: Run) -> tuple[int, int]:
        return original, run.original

    assert asyncio.run(scatter.map(shaky, [1, 2], limit=1)) == [1, 2]
    assert attempts == [1, 1, 2]
    assert scatter.map(chain(str.strip, len), [" a ", "bc"]) == [1, 2]
    assert asyncio.run(scatter.map(chain(double, str), [1, 2])) == ["2", "4"]
    assert scatter.map(float, ["1.5"]) == [1.5]
    assert scatter.map(asks, [4, 5]) == [(4, 4), (5, 5)]


def test_a_sync_function_runs_in_threads_of_the_caller_of_a_loop() -> None:
    """By `asyncio.to_thread`, as any blocking call."""
    assert asyncio.run(asyncio.to_thread(scatter.map, odd, [1, 3])) == [1, 3]


def test_a_cancelled_caller_leaves_nothing_behind() -> None:
    """The items at work are cancelled and have ended when the cancellation comes out."""
    ended = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(number)

    async def main() -> None:
        task = asyncio.create_task(scatter.map(work, range(5), limit=2))
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(ended) == [0, 1]

    asyncio.run(main())


def test_events_and_spans_name_the_function() -> None:
    """Not each item, so that there are not as many names as items."""
    with record_events(NodeFinished) as seen, record_spans() as spans:
        scatter.map(odd, [1, 3], name="numbers")
    assert {(event.function, event.node) for event in seen} == {("numbers", "odd")}
    assert [span.name for span in spans.spans] == ["odd", "odd"]


def test_many_failures_are_told_in_few_words() -> None:
    """The note names ten of them, and counts the rest."""
    with pytest.raises(ValueError, match="0") as caught:
        scatter.map(odd, range(0, 60, 2), policy="first")
    (note,) = caught.value.__notes__
    assert note.endswith("and 19 more")
