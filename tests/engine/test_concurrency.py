"""Many threads and tasks at once, and cancellation at every place where a call can wait."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import threading

import pytest

from beluga import (
    Ask,
    BudgetExceeded,
    CircuitBreaker,
    CircuitOpen,
    DeadlineExceeded,
    Policy,
    RateLimiter,
    TimeoutBudget,
    budget,
    retry,
)
from beluga._engine import state
from beluga._engine.state import BoundedMap
from beluga.clock import SYSTEM, environment
from beluga.spending import NOTHING, Account, Amount, SpendingScope
from beluga.testing import fake_clock
from beluga.testing.contracts import Tally, watched

CROWD = 64


@pytest.fixture
def _eager_switching():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def _run_threads(count, function):
    """Run `function` in `count` threads that share this context's environment; return when all have ended."""
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(function,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.usefixtures("_eager_switching")
def test_one_thread_of_many_probes_a_half_open_circuit(fake_clock):
    """Of 64 threads at half-open exactly one gets through, and all others are refused at once."""
    breaker = CircuitBreaker(reset_timeout=10)
    breaker.trip()
    fake_clock.advance(10)
    start, refused_all = threading.Barrier(CROWD, timeout=20), threading.Event()
    made, refused = [], []

    @breaker
    def probe():
        made.append(1)
        assert refused_all.wait(60)

    def call():
        start.wait()
        try:
            probe()
        except CircuitOpen:
            refused.append(1)
            if len(refused) == CROWD - 1:
                refused_all.set()

    _run_threads(CROWD, call)
    assert (len(made), len(refused)) == (1, CROWD - 1)
    assert breaker.state == "closed"


def test_one_task_of_many_probes_a_half_open_circuit(fake_clock):
    """Of 64 tasks at half-open exactly one gets through."""
    breaker = CircuitBreaker(reset_timeout=10)
    breaker.trip()
    fake_clock.advance(10)
    made = []

    @breaker
    async def probe():
        made.append(1)
        await environment().clock.asleep(1)

    async def main():
        return await asyncio.gather(*(probe() for _ in range(CROWD)), return_exceptions=True)

    results = fake_clock.run(main())
    assert len(made) == 1
    assert sum(isinstance(result, CircuitOpen) for result in results) == CROWD - 1


@pytest.mark.usefixtures("_eager_switching")
@pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])
def test_the_limit_is_exact_at_the_roll_over(fake_clock, algorithm):
    """Eight threads that hammer a limiter while windows roll over get exactly the limit in each."""
    limiter = RateLimiter(50, 10.0, algorithm=algorithm)
    rounds, admitted = 5, []
    barrier = threading.Barrier(8, action=lambda: fake_clock.advance(10.0), timeout=20)

    @limiter
    def call():
        admitted.append(environment().monotonic())

    def hammer():
        for _ in range(rounds):
            barrier.wait()
            for _ in range(30):
                try:
                    call()
                except Exception as refusal:
                    assert refusal.code == "rate_limit"

    _run_threads(8, hammer)
    assert [admitted.count(10.0 * n) for n in range(1, rounds + 1)] == [50] * rounds


@pytest.mark.usefixtures("_eager_switching")
def test_accounts_lose_and_invent_nothing():
    """Reservations and settlements of eight threads add up, and never pass the bound together."""
    account, top = Account(tokens=1000), Account(tokens=10_000)
    used, over = [], []

    def spend():
        for n in range(200):
            parent = SpendingScope(top, None)
            scope = SpendingScope(account, parent)
            try:
                scope.reserve(Amount(7))
            except BudgetExceeded:
                continue
            if account.spent.tokens > 1000:
                over.append(1)
            actual = Amount(n % 3) if n % 2 else NOTHING
            scope.settle(actual)
            used.append(actual.tokens)

    _run_threads(8, spend)
    assert account.spent.tokens == top.spent.tokens == sum(used)
    assert not over


def _cancelled_at_each_step(make, clock, steps=12):
    """Cancel a call after each number of loop passes; yield what came of each."""

    async def main(passes):
        task = asyncio.ensure_future(make())
        for _ in range(passes):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled() or task.done()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return task.cancelled()

    return [clock.run(main(passes)) for passes in range(steps)]


class _Asking(Policy):
    """Asks something before and after each call."""

    async def _answer(self):
        await asyncio.sleep(0)
        return "yes"

    def enter(self, call):
        return None if call.answer else Ask(self._answer)

    def leave(self, call, outcome):
        return None if call.answer else Ask(self._answer)


def test_a_cancellation_at_any_await_leaves_every_layer(fake_clock):
    """In a wait for a retry, for a permit, for an answer or in the function: nothing is left behind."""
    tallies = [Tally() for _ in range(5)]
    limiter = RateLimiter(1, 10.0, algorithm="token_bucket", wait=True)
    breaker = CircuitBreaker(failure_threshold=1000, half_open_max=1)
    policies = [retry(max_attempts=3), budget(1000), _Asking(), limiter, breaker]
    failures = iter([ConnectionError()] * 1000)

    async def ask():
        await asyncio.sleep(0)
        raise next(failures)

    for policy, tally in zip(reversed(policies), tallies, strict=True):
        ask = watched(policy, tally)(ask)
    assert any(_cancelled_at_each_step(ask, fake_clock))
    for tally in tallies:
        tally.assert_balanced()
    assert fake_clock.sleepers == ()


def test_a_cancelled_wait_gives_its_place_back(fake_clock):
    """Who gives up in the queue of a limiter does not keep others waiting."""
    limiter = RateLimiter(1, 10.0, wait=True)
    ran = []

    @limiter
    async def ask(name):
        ran.append((name, environment().monotonic()))

    async def main():
        await ask("first")
        second = asyncio.ensure_future(ask("second"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await ask("third")

    fake_clock.run(main())
    assert ran == [("first", 0.0), ("third", 10.0)]


def test_a_cancelled_probe_frees_its_place(fake_clock):
    """A probe that is cancelled is neither good nor bad, and the next call may probe at once."""
    breaker = CircuitBreaker(reset_timeout=10)
    breaker.trip()
    fake_clock.advance(10)

    @breaker
    async def probe(seconds):
        await environment().clock.asleep(seconds)

    async def main():
        task = asyncio.ensure_future(probe(5))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert breaker.state == "half_open"
        await probe(1)
        assert breaker.state == "closed"

    fake_clock.run(main())


def test_waiters_are_served_in_order(fake_clock):
    """Those who wait for permits get them first come, first served."""

    @RateLimiter(2, 10.0, wait=True)
    async def ask(n):
        return n, environment().monotonic()

    async def main():
        return await asyncio.gather(*(ask(n) for n in range(6)))

    assert fake_clock.run(main()) == [(0, 0), (1, 0), (2, 10), (3, 10), (4, 20), (5, 20)]


def test_the_deadline_cancels_the_running_call(fake_clock):
    """An async call is cancelled at its deadline, which surfaces as DeadlineExceeded, a TimeoutError."""
    cleaned = []

    @budget(5)
    async def ask():
        try:
            await environment().clock.asleep(60)
        except asyncio.CancelledError:
            cleaned.append(environment().monotonic())
            raise

    with pytest.raises(DeadlineExceeded, match="ask did not finish within its time budget of 5 s") as caught:
        fake_clock.run(ask())
    assert isinstance(caught.value, TimeoutError)
    assert cleaned == [5.0]
    assert fake_clock.sleepers == ()


def test_an_outer_cancellation_is_not_swallowed(fake_clock):
    """Cancelled by somebody else, even at the very deadline, the task ends as cancelled."""

    @budget(5)
    async def ask():
        await environment().clock.asleep(60)

    async def main(after):
        task = asyncio.ensure_future(ask())
        await environment().clock.asleep(after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    fake_clock.run(main(1))


def test_the_earlier_of_nested_deadlines_counts(fake_clock):
    """An inner budget with less time fires by itself, one with more relies on the outer one."""

    async def sleep():
        await environment().clock.asleep(60)

    with pytest.raises(DeadlineExceeded, match="its time budget of 3 s"):
        fake_clock.run(budget(9)(budget(3)(sleep))())
    assert fake_clock.monotonic() == 3.0
    with pytest.raises(DeadlineExceeded):
        fake_clock.run(budget(4)(budget(9)(sleep))())
    assert fake_clock.monotonic() == 7.0


def test_an_async_step_is_cancelled_at_its_part(fake_clock):
    """An ``async with`` part of a TimeoutBudget ends what runs in it."""

    async def main():
        turn = TimeoutBudget(10)
        with pytest.raises(DeadlineExceeded):
            async with turn.allocate(0.5) as part:
                assert part.remaining() == 5.0
                await environment().clock.asleep(60)
        async with turn.allocate():
            pass
        assert turn.remaining() == 5.0

    fake_clock.run(main())


def test_a_stream_s_consumer_is_never_cancelled(fake_clock):
    """The deadline of a stream stops it at its next item, and leaves the consumer alone between items."""

    @budget(5)
    async def stream():
        yield 1
        yield 2
        await environment().clock.asleep(60)

    async def main():
        got = []
        with pytest.raises(DeadlineExceeded):
            async for item in stream():
                got.append(item)
                await environment().clock.asleep(4)
        return got, environment().monotonic()

    assert fake_clock.run(main()) == ([1, 2], 8.0)


def test_an_async_stream_is_cancelled_while_it_works(fake_clock):
    """While the stream itself waits, the deadline cancels that wait."""

    @budget(5)
    async def stream():
        yield 1
        await environment().clock.asleep(60)

    async def main():
        with pytest.raises(DeadlineExceeded):
            [item async for item in stream()]
        return environment().monotonic()

    assert fake_clock.run(main()) == 5.0


def test_virtual_time_is_only_for_its_own_context():
    """Threads and tasks that run already keep real time, and tasks begun inside inherit the virtual one."""
    go, seen = threading.Event(), []

    def other():
        assert go.wait(60)
        seen.append(environment() is SYSTEM)

    thread = threading.Thread(target=other)
    thread.start()
    with fake_clock():
        go.set()
        thread.join(60)
    assert seen == [True]

    async def main():
        gate = asyncio.Event()

        async def look():
            await gate.wait()
            return environment() is SYSTEM

        early = asyncio.ensure_future(look())
        await asyncio.sleep(0)
        with fake_clock():
            late = asyncio.ensure_future(look())
            gate.set()
            return await early, await late

    assert asyncio.run(main()) == (True, False)


def test_a_full_map_bears_that_a_key_goes_at_any_bytecode(intruding):
    """A finaliser or a signal handler may drop one while the next one to be forgotten is looked for."""

    def full():
        held = BoundedMap(3)
        for key in "abc":
            held.add(key, key)
        return held

    first = full()
    total = intruding(state.__file__, lambda: first.add("d", "d"))
    assert total > 30
    for at in range(1, total + 1):
        held = full()

        def intrude(held=held):
            held.drop("a")

        intruding(state.__file__, lambda held=held: held.add("d", "d"), intrude, at)
        assert held.values["d"] == "d"
        assert len(held) <= 3
