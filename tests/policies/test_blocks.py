"""Policies around a block of code: the same rules as for functions."""

from __future__ import annotations

import asyncio

import pytest

from beluga import (
    CircuitBreaker,
    CircuitOpen,
    DeadlineExceeded,
    RateLimited,
    RateLimiter,
    RetryPolicy,
    budget,
    remaining,
    retry,
)
from beluga.events import CallRefused, CircuitChanged, RetryScheduled, WaitScheduled


def test_a_breaker_guards_blocks(fake_clock, events):
    """Failures of blocks open the circuit, which then refuses the next one, in threads and in tasks."""
    breaker = CircuitBreaker(failure_threshold=2)

    async def fail():
        async with breaker:
            raise TimeoutError

    with pytest.raises(TimeoutError), breaker:
        raise TimeoutError
    with pytest.raises(TimeoutError):
        fake_clock.run(fail())
    ran = []
    with pytest.raises(CircuitOpen), breaker:
        ran.append("in an open circuit")
    assert not ran
    assert len(events.of(CallRefused)) == 1
    fake_clock.advance(30)
    with breaker as same:
        assert same is breaker
    assert breaker.state == "closed"
    assert [change.new for change in events.of(CircuitChanged)] == ["open", "half_open", "closed"]


def test_a_limiter_lets_blocks_through_in_turn(fake_clock, events):
    """A block takes its permit when it begins, and waits for it where the limiter waits."""
    limiter = RateLimiter(1, 10.0, wait=True)
    begun = []

    async def work():
        async with limiter:
            begun.append(fake_clock.monotonic())

    async def main():
        await asyncio.gather(*(work() for _ in range(3)))

    fake_clock.run(main())
    assert begun == [0.0, 10.0, 20.0]
    assert len(events.of(WaitScheduled)) == 2
    with RateLimiter(1):
        pass
    refusing = RateLimiter(1)
    with refusing, pytest.raises(RateLimited), refusing:
        raise AssertionError


def test_blocks_of_one_policy_nest_and_overlap(fake_clock):
    """Each block leaves as the one that it entered as."""
    breaker = CircuitBreaker(failure_threshold=1)

    async def work(seconds, error=None):
        async with breaker:
            await asyncio.sleep(seconds)
            if error is not None:
                raise error

    async def main():
        await asyncio.gather(work(3), work(1), work(2, TimeoutError()), return_exceptions=True)

    with breaker, breaker:
        pass
    fake_clock.run(main())
    assert breaker.state == "open"


def test_a_key_needs_a_function():
    """A block has no arguments to read it from."""
    for policy in (CircuitBreaker(key="who"), RateLimiter(1, key="who")):
        with pytest.raises(TypeError, match="a block has no arguments to read key='who' from"), policy:
            raise AssertionError


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_block_is_tried_again(kind, fake_clock, events):
    """Each attempt is a block; what may pass is kept back while there is another, and the last error comes out."""
    policy = RetryPolicy(max_attempts=3, initial_backoff=2, jitter=False)
    numbers = []

    def attempt_fails(attempt, last):
        with attempt:
            numbers.append(attempt.number)
            if attempt.number < last:
                raise TimeoutError

    def sync(last):
        for attempt in policy.attempts():
            attempt_fails(attempt, last)

    async def asynchronous(last):
        async for attempt in policy.attempts():
            attempt_fails(attempt, last)

    def run(last):
        return sync(last) if kind == "sync" else fake_clock.run(asynchronous(last))

    run(3)
    assert (numbers, fake_clock.monotonic()) == ([1, 2, 3], 6.0)
    numbers.clear()
    with pytest.raises(TimeoutError) as caught:
        run(9)
    assert numbers == [1, 2, 3]
    assert "gave up after 3 attempts" in caught.value.__notes__[0]
    assert len(events.of(RetryScheduled)) == 4


def test_a_block_whose_error_is_not_retried_ends_at_once():
    """So does one that is left, and a good one."""
    for attempt in RetryPolicy().attempts():
        with attempt:
            break
    with pytest.raises(ValueError, match="no"):
        for attempt in RetryPolicy().attempts():
            with attempt:
                raise ValueError("no")
    for attempt in RetryPolicy().attempts():
        with attempt:
            assert attempt.number == 1
    with pytest.raises(ValueError, match="blocks, which have no result"):
        RetryPolicy(on_result=bool).attempts()


def test_each_attempt_of_a_block_has_its_time(fake_clock):
    """A block that is async is cancelled at it, any other fails where it ends too late; both are tried again."""
    policy = RetryPolicy(max_attempts=2, attempt_timeout=3, initial_backoff=1, jitter=False)
    begun = []

    async def hang():
        async for attempt in policy.attempts():
            with attempt:
                begun.append(fake_clock.monotonic())
                await asyncio.sleep(60)

    with pytest.raises(DeadlineExceeded, match="the attempt did not finish within its time budget of 3 s") as caught:
        fake_clock.run(hang())
    assert (begun, fake_clock.monotonic()) == ([0.0, 4.0], 7.0)
    assert "gave up after 2 attempts" in caught.value.__notes__[0]
    begun.clear()
    for attempt in policy.attempts():
        with attempt:
            begun.append(remaining())
            fake_clock.advance(5 if attempt.number == 1 else 1)
    assert begun == [3.0, 3.0]
    assert remaining() is None


def test_a_block_that_somebody_else_cancels_is_not_tried_again(fake_clock):
    """Only the attempt's own time makes its cancellation a time-out."""
    begun = []

    async def hang():
        async for attempt in RetryPolicy(attempt_timeout=30).attempts():
            with attempt:
                begun.append(attempt.number)
                await asyncio.sleep(60)

    async def main():
        async with asyncio.timeout(5):
            await hang()

    with pytest.raises(TimeoutError) as caught:
        fake_clock.run(main())
    assert not isinstance(caught.value, DeadlineExceeded)
    assert begun == [1]


def test_a_backoff_of_ones_own(fake_clock):
    """It is told the attempt and the error, and its seconds are waited as they are."""
    asked = []

    def backoff(attempt, error):
        asked.append((attempt, type(error)))
        return 7.0

    with pytest.raises(TimeoutError):
        retry(backoff=backoff, max_attempts=3)(_late)()
    assert asked == [(1, TimeoutError), (2, TimeoutError)]
    assert fake_clock.monotonic() == 14.0
    for wrong in (-1, float("nan"), None, True):
        with pytest.raises(ValueError, match="backoff gave"):
            retry(backoff=lambda attempt, error: wrong)(_late)()  # noqa: B023 - called within this turn
    with pytest.raises(ValueError, match="backoff=5 must be a function"):
        retry(backoff=5)


def test_as_many_attempts_as_time_allows(fake_clock):
    """max_attempts=None goes on until max_elapsed or the budget is over, and without either does not begin."""
    endless = retry(max_attempts=None, max_elapsed=100, initial_backoff=10, max_backoff=10, jitter=False)
    with pytest.raises(TimeoutError):
        endless(_late)()
    assert fake_clock.monotonic() == 100.0
    unbounded = retry(max_attempts=None, initial_backoff=10, max_backoff=10, jitter=False)(_late)
    with pytest.raises(TimeoutError):
        budget(50)(unbounded)()
    assert fake_clock.monotonic() == 140.0
    with pytest.raises(TimeoutError) as caught:
        unbounded()
    assert "max_attempts=None needs max_elapsed=, or a time budget" in caught.value.__notes__[-1]
    assert fake_clock.monotonic() == 140.0


def _late():
    raise TimeoutError


def test_a_key_that_cannot_be_one_says_what_to_give():
    """The parameter's type and the function are named, never the value."""
    for policy in (CircuitBreaker(key="tags"), RateLimiter(1, key="tags"), budget(tokens=5, key="tags")):
        with pytest.raises(TypeError, match=r"key= gave a list for .*<lambda>, which cannot be a key"):
            policy(lambda tags: tags)(["secret"])


def test_an_attempt_without_its_with_says_what_to_write(fake_clock):
    """A loop over the attempts that enters none of them would never try again, and says so."""

    async def asynchronous():
        async for _ in RetryPolicy().attempts():
            pass

    with pytest.raises(RuntimeError, match=r"attempt 1 was not begun, .*: write `with attempt:` in the loop"):
        for _ in RetryPolicy().attempts():
            pass
    with pytest.raises(RuntimeError, match="attempt 1 was not begun"):
        fake_clock.run(asynchronous())


def test_a_block_that_was_not_entered_cannot_be_left():
    """By hand, or from another context; the error names the policy."""
    with pytest.raises(RuntimeError, match="breaker: there is no block of it here to leave"):
        CircuitBreaker().__exit__(None, None, None)
