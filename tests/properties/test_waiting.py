"""Who waits for a limiter has a place in an order: against a simulation, in threads and in tasks, whoever leaves."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import contextvars
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga import Rate, RateLimited, RateLimiter, budget
from beluga.testing import fake_clock

LIMIT, WINDOW = 3, 8.0
ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])


class Fixed:
    """Windows that begin with a call."""

    end, used = 0.0, 0

    def free_at(self, now, cost):
        return now if now >= self.end or self.used + cost <= LIMIT else self.end

    def take(self, now, cost):
        if now >= self.end:
            self.end, self.used = now + WINDOW, 0
        self.used += cost


class Sliding:
    """A list of all permits."""

    def __init__(self):
        self.taken = []

    def free_at(self, now, cost):
        moments = sorted({now, *(at + WINDOW for at, _ in self.taken if at + WINDOW > now)})
        return next(t for t in moments if sum(c for at, c in self.taken if at + WINDOW > t) + cost <= LIMIT)

    def take(self, now, cost):
        self.taken.append((now, cost))


class Bucket:
    """Permits that grow back."""

    left, at = float(LIMIT), 0.0

    def _left(self, now):
        return min(LIMIT, self.left + (now - self.at) * LIMIT / WINDOW)

    def free_at(self, now, cost):
        return now + max(0.0, cost - self._left(now) - 1e-9) * WINDOW / LIMIT

    def take(self, now, cost):
        self.left, self.at = self._left(now) - cost, now


MODELS = {"fixed_window": Fixed, "sliding_window": Sliding, "token_bucket": Bucket}

# Arrivals at whole quarters, patience that ends between them, so that no two things happen at once.
CLIENTS = st.lists(
    st.tuples(
        st.integers(0, 12).map(lambda quarters: quarters / 4),
        st.integers(1, LIMIT),
        st.one_of(st.just(1e6), st.integers(0, 80).map(lambda quarters: quarters / 4 + 0.11)),
    ),
    max_size=25,
)


def simulate(model, clients):
    """Return when each client is served, None where its patience ends first."""
    served, queue, now = [None] * len(clients), [], 0.0
    arrivals, at = [], 0.0
    for gap, cost, patience in clients:
        at += gap
        arrivals.append((at, cost, at + patience))

    def serve(until):
        nonlocal now
        while queue:
            number = queue[0]
            free = model.free_at(max(now, arrivals[number][0]), arrivals[number][1])
            gone = min((arrivals[each][2], each) for each in queue)
            if min(free, gone[0]) > until:
                break
            now = min(free, gone[0])
            if gone[0] < free:
                queue.remove(gone[1])
            else:
                model.take(free, arrivals[number][1])
                served[number] = free
                queue.pop(0)
        now = max(now, until)

    for number, (arrival, _, _) in enumerate(arrivals):
        serve(arrival)
        queue.append(number)
        serve(arrival)
    serve(1e5)
    return served


def run(limiter, clients):
    """Return when each client was really served."""
    served = [None] * len(clients)
    with fake_clock() as clock:

        @limiter
        async def ask(n, number):
            served[number] = clock.monotonic()

        async def client(number, cost, patience):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await ask(cost, number)

        async def main():
            async with asyncio.TaskGroup() as group:
                for number, (gap, cost, patience) in enumerate(clients):
                    await asyncio.sleep(gap)
                    group.create_task(client(number, cost, patience))

        clock.run(main())
    return served


@ALGORITHMS
def test_whoever_leaves_moves_the_others_up(algorithm):
    """Every client is served exactly when a simulation of the queue serves it, and none of its permits is lost."""
    seen = collections.Counter()

    @given(CLIENTS)
    @settings(max_examples=60, deadline=None)
    def check(clients):
        limiter = RateLimiter(LIMIT, WINDOW, algorithm=algorithm, cost=lambda given: given["n"], wait=True)
        expected = simulate(MODELS[algorithm](), clients)
        assert run(limiter, clients) == [None if at is None else pytest.approx(at, abs=1e-6) for at in expected]
        gaps = [gap for gap, _, _ in clients]
        seen["gave up"] += sum(at is None for at in expected)
        seen["waited"] += sum(at is not None and at > sum(gaps[: n + 1]) for n, at in enumerate(expected))

    check()
    assert seen["gave up"] > 20
    assert seen["waited"] > 20


def test_the_gone_leave_no_debt():
    """300 clients, one a second, who wait 15 s each: every permit is used, and none is owed afterwards."""
    limiter = RateLimiter(1, 10.0, cost=lambda given: given["n"], wait=True)
    served = run(limiter, [(1.0, 1, 15.11)] * 300)
    assert sum(at is not None for at in served) == 32
    with fake_clock():
        assert limiter.retry_after(cost=1) == 0.0


@ALGORITHMS
def test_several_rates_and_keys_have_queues_of_their_own(algorithm):
    """A full key makes nobody else wait, and the tightest rate counts."""
    limiter = RateLimiter(
        rates=[Rate(2, 10.0), Rate(100, 10.0, cost=lambda given: given["tokens"])],
        key="who",
        algorithm=algorithm,
        wait=True,
    )
    served = []
    with fake_clock() as clock:

        @limiter
        async def ask(who, tokens):
            served.append((who, clock.monotonic()))

        async def main():
            await asyncio.gather(*(ask(who, tokens) for who, tokens in [("a", 90), ("a", 90), ("b", 1), ("b", 1)]))

        clock.run(main())
    assert served[:3] == [("a", 0.0), ("b", 0.0), ("b", 0.0)]
    assert served[3][0] == "a"
    assert served[3][1] > 0


def test_what_is_given_back_moves_the_first_up():
    """A call that turns out cheaper than booked lets the next one go at once."""
    served = []
    with fake_clock() as clock:
        limiter = RateLimiter(100, 60.0, cost=60, wait=True, settle=lambda used: used)

        @limiter
        async def ask(seconds):
            served.append(clock.monotonic())
            await asyncio.sleep(seconds)
            return 5

        async def main():
            await asyncio.gather(ask(2.0), ask(0.0))

        clock.run(main())
    assert served == [0.0, 2.0]


def test_who_would_wait_too_long_is_refused_at_once():
    """The queue before a call counts when it is asked whether its wait is worth it."""
    limiter = RateLimiter(1, 10.0, wait=25)
    with fake_clock() as clock:

        @limiter
        async def ask():
            return clock.monotonic()

        async def main():
            return await asyncio.gather(*(ask() for _ in range(4)), return_exceptions=True)

        *served, refused = clock.run(main())
        assert served == [0.0, 10.0, 20.0]
        assert isinstance(refused, RateLimited)
        assert refused.retry_after == 30.0

        with pytest.raises(RateLimited):
            clock.run(budget(5)(ask)())


def test_threads_take_their_turns_in_order():
    """Threads that wait are served in the order of their arrival, each window its number."""
    served = collections.deque()
    with fake_clock(autojump=False) as clock:
        limiter = RateLimiter(2, 10.0, wait=True)
        ask = limiter(lambda number: served.append((number, clock.monotonic())))
        threads = []
        for number in range(7):
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(ask, number))
            thread.start()
            threads.append(thread)
            permits = limiter.permits.of(limiter_environment(clock))
            _until(lambda: len(served) + _waiting(permits) == number + 1)  # noqa: B023 - called within this turn
        for turn in range(1, 4):
            clock.advance(10)
            _until(lambda: len(served) == min(7, 2 * turn + 2))  # noqa: B023 - called within this turn
        for thread in threads:
            thread.join(60)
    assert list(served) == [(0, 0), (1, 0), (2, 10), (3, 10), (4, 20), (5, 20), (6, 30)]


def limiter_environment(clock):
    from beluga.clock import environment

    assert environment().clock is clock
    return environment()


def _waiting(permits):
    return sum(len(queue.waiters) for queue in permits._queues.values())


def _until(condition, seconds=60.0):
    done = threading.Event()
    for _ in range(int(seconds * 1000)):
        if condition():
            return
        done.wait(0.001)
    raise AssertionError


def test_the_first_who_never_comes_back_is_passed_over():
    """A waiter whose thread was ended between two bytecodes holds up nobody for ever."""
    limiter = RateLimiter(1, 10.0, wait=True)
    with fake_clock() as clock:

        @limiter
        async def ask():
            return clock.monotonic()

        permits = limiter.permits.of(limiter_environment(clock))
        lost = permits.queue_up(None, (1,), 0.0, float("inf"))
        permits.turn(lost, 0.0)
        permits.queue_up(None, (1,), 0.0, float("inf"))
        assert clock.run(ask()) == pytest.approx(20.0, abs=2.0)
