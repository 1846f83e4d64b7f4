"""Who waits for a permit gets it in order, at the moment that the algorithm says, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from beluga import RateLimited, RateLimiter
from beluga.clock import environment
from beluga.schema import RateLimit, RateLimitInfo

ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])


def served(clock, limiter, arrivals):
    """Let somebody arrive at each (moment, cost); return when each was served."""

    @limiter
    async def ask(cost):
        return environment().monotonic()

    async def arrive(moment, cost):
        await asyncio.sleep(moment)
        return await ask(cost)

    async def main():
        return await asyncio.gather(*(arrive(*arrival) for arrival in arrivals))

    return clock.run(main())


def limiter_of(algorithm, limit, window, *, wait=True):
    return RateLimiter(limit, window, algorithm=algorithm, cost=lambda given: given["cost"], wait=wait)


@pytest.mark.parametrize(
    ("algorithm", "moments"),
    [
        ("fixed_window", [0, 4, 10, 10, 20, 20]),
        ("sliding_window", [0, 4, 10, 14, 20, 24]),
        ("token_bucket", [0, 4, 5, 10, 15, 20]),
    ],
)
def test_every_waiter_counts_for_those_behind_it(algorithm, moments, fake_clock):
    """Two in ten seconds, and six who come early: the places of the first waiters are taken for the later ones."""
    arrivals = [(0.0, 1), (4.0, 1), (4.25, 1), (4.5, 1), (4.75, 1), (5.0, 1)]
    assert served(fake_clock, limiter_of(algorithm, 2, 10.0), arrivals) == moments


@pytest.mark.parametrize(
    ("algorithm", "moments"),
    [
        ("fixed_window", [0, 5, 10, 20]),
        ("sliding_window", [0, 5, 15, 25]),
        ("token_bucket", [0, 5, 12, 16]),
    ],
)
def test_a_small_wish_does_not_overtake_a_great_one(algorithm, moments, fake_clock):
    """Else a stream of small calls would keep a great one waiting for ever."""
    arrivals = [(0.0, 2), (5.0, 1), (6.0, 3), (7.0, 1)]
    limiter = limiter_of(algorithm, 3, 12.0 if algorithm == "token_bucket" else 10.0)
    assert served(fake_clock, limiter, arrivals) == moments


@ALGORITHMS
@pytest.mark.parametrize("waiters", [1, 2, 3])
def test_who_leaves_the_queue_leaves_nothing_behind(algorithm, waiters, fake_clock):
    """After all waiters have given up the limiter says what it said before they came."""
    limiter = RateLimiter(2, 10.0, algorithm=algorithm, wait=True)

    @limiter
    async def ask():
        return environment().monotonic()

    async def main():
        await asyncio.gather(ask(), ask())
        await asyncio.sleep(1.0)
        before = limiter.retry_after(), limiter.remaining()
        waiting = [asyncio.ensure_future(ask()) for _ in range(waiters)]
        await asyncio.sleep(1.0)
        for each in reversed(waiting):
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        after = limiter.retry_after(), limiter.remaining()
        return before, after, await ask()

    before, after, moment = fake_clock.run(main())
    assert after == (before[0] - 1.0, before[1]) == (pytest.approx(moment - 2.0), 0)
    assert fake_clock.sleepers == ()


@ALGORITHMS
def test_a_span_of_the_window_s_length_sets_all_permits_free(algorithm, fake_clock):
    """At its very end, and not a moment before."""
    limiter = RateLimiter(4, 8.0, algorithm=algorithm)
    assert [limiter.allow() for _ in range(5)] == [True, True, True, True, False]
    assert limiter.remaining() == 0
    fake_clock.advance(7.75)
    assert limiter.remaining() < 4
    assert not limiter.allow(cost=4)
    assert limiter.retry_after(cost=4) == 0.25
    fake_clock.advance(0.25)
    assert limiter.remaining() == 4
    assert limiter.retry_after(cost=4) == 0.0
    assert limiter.allow(cost=4)
    assert not limiter.allow()


@ALGORITHMS
def test_the_longest_wait_may_be_used_up(algorithm, fake_clock):
    """A place that comes exactly at the longest wait is taken, and one that comes later is not."""
    limiter = RateLimiter(1, 10.0, algorithm=algorithm, wait=6.0)
    assert limiter.allow()
    moments = []
    call = limiter(lambda: moments.append(fake_clock.monotonic()))
    fake_clock.advance(3.75)
    with pytest.raises(Exception, match=r"try again in 6\.25 s"):
        call()
    fake_clock.advance(0.25)
    call()
    assert moments == [10.0]


def test_a_place_that_its_owner_has_lost_is_passed_over(fake_clock):
    """A thread that was ended between two bytecodes does not keep others from permits that nobody holds."""
    limiter = RateLimiter(1, 10.0, wait=5.0)
    assert limiter.allow()
    permits = limiter.permits.of(environment())
    for _ in range(10):
        permits.queue_up(None, (1,), fake_clock.monotonic(), 5.0)
    assert limiter.retry_after() == 110.0
    fake_clock.advance(111.0)
    assert [limiter.allow(), limiter.allow()] == [True, False]


def test_who_comes_and_goes_behind_it_does_not_renew_a_lost_place(fake_clock):
    """The second of grace runs from the moment when the first could have had its permits."""
    limiter = RateLimiter(1, 10.0, wait=5.0)
    assert limiter.allow()
    permits = limiter.permits.of(environment())
    permits.queue_up(None, (1,), 0.0, 5.0)
    fake_clock.advance(10.75)
    permits.depart(permits.queue_up(None, (1,), 10.75, 15.0), 10.75)
    assert not limiter.allow()
    fake_clock.advance(0.5)
    assert limiter.allow()


def test_the_first_in_line_wakes_when_permits_come_back():
    """A thread that waits for the end of a window goes on as soon as somebody begins it anew."""
    limiter, passed = RateLimiter(1, 600.0, wait=True), []
    limiter.allow()
    waiter = threading.Thread(target=limiter(passed.append), args=("hello",), daemon=True)
    waiter.start()
    while not limiter.permits.system._queues:
        time.sleep(0)
    limiter.reset()
    waiter.join(30)
    assert passed == ["hello"]


def test_who_would_wait_longer_than_he_may_is_refused_while_he_waits(fake_clock):
    """A provider may tell meanwhile that nothing is left for longer; who has left the queue holds up nobody."""
    limiter = RateLimiter(1, 10.0, wait=15.0)
    ask = limiter(asyncio.sleep)

    async def main():
        await ask(0)
        waiting = asyncio.create_task(ask(0))
        await asyncio.sleep(5.0)
        now = fake_clock.monotonic()
        limiter.learn_from(RateLimitInfo(requests=RateLimit(1, 0, 60.0)))
        with pytest.raises(RateLimited) as refused:
            await waiting
        late = fake_clock.monotonic() - now
        assert 0.0 <= late <= 10.0
        assert refused.value.retry_after == pytest.approx(60.0 - late)
        await asyncio.sleep(refused.value.retry_after)
        await asyncio.wait_for(ask(0), 1.0)

    fake_clock.run(main())


def test_who_was_passed_over_and_comes_late_is_the_first_again():
    """He waited longest; who took his turn had to, or nobody would have had it."""
    permits = RateLimiter(1, 10.0, wait=True).permits.system
    permits.take(None, (1,), 0.0)
    late, quick = (permits.queue_up(None, (1,), 0.0, 100.0) for _ in range(2))
    now = quick.due
    assert permits.turn(quick, now) == 0.0
    third = permits.queue_up(None, (1,), now, 100.0)
    assert permits.turn(late, now) == pytest.approx(10.0)
    assert permits.turn(third, now) is None
    assert permits.turn(late, now + 10.0) == 0.0
