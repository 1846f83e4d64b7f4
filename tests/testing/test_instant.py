"""Whole suites in which nothing waits."""

from __future__ import annotations

import asyncio
import time

import pytest

from beluga import RateLimiter, breaker, budget, retry
from beluga.clock import environment
from beluga.errors import CircuitOpen, DeadlineExceeded
from beluga.testing import instant

pytest_plugins = ["pytester"]


def fail():
    raise TimeoutError


def test_no_more_than_so_many_attempts():
    """The options of a retry count where they are lower."""
    for allowed, own, made in ((1, 5, 1), (3, 5, 3), (9, 2, 2)):
        calls = []
        with instant(max_attempts=allowed), pytest.raises(TimeoutError):
            retry(max_attempts=own)(lambda calls=calls: (calls.append(1), fail()))()
        assert len(calls) == made


def test_nothing_waits_and_the_time_goes_on():
    """Backoffs, queues at a limit and sleeps, sync and async; who looks at the clock sees what was skipped."""
    began = time.perf_counter()
    with instant(max_attempts=3):
        limiter = RateLimiter(1, 600.0, wait=True)
        assert [limiter(lambda n: str(n))(number) for number in range(3)] == ["0", "1", "2"]
        start = environment().monotonic()
        asyncio.run(environment().clock.asleep(900.0))
        assert environment().monotonic() - start >= 900.0
        with pytest.raises(TimeoutError):
            retry(initial_backoff=60, max_backoff=60, jitter=False)(fail)()
    assert time.perf_counter() - began < 60


def test_deadlines_and_circuits_see_the_skipped_time():
    """A budget ends a retry as ever, and a circuit lets its probe through after the skipped seconds."""
    guarded = breaker(failure_threshold=1, reset_timeout=30.0)(fail)
    with instant(max_attempts=9):
        with pytest.raises(TimeoutError) as caught:
            budget(100.0)(retry(max_attempts=9, initial_backoff=60, max_backoff=60, jitter=False)(fail))()
        assert "time budget leaves no room" in caught.value.__notes__[0]
        with pytest.raises(TimeoutError):
            guarded()
        with pytest.raises(CircuitOpen):
            guarded()
        environment().clock.sleep(30.0)
        with pytest.raises(TimeoutError):
            guarded()
        with pytest.raises(DeadlineExceeded):
            budget(5.0)(lambda: environment().clock.sleep(10.0))()


def test_it_acts_at_the_call_and_is_undone_once():
    """Without a block it holds until it is called off."""
    real = environment()
    undo = instant()
    assert environment().max_attempts == 1
    undo()
    undo()
    assert environment() is real


@pytest.mark.parametrize("attempts", [0, -1, 1.5, True, "2"])
def test_a_number_of_attempts_is_wanted(attempts):
    """Anything else is refused at once, and nothing is changed."""
    real = environment()
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        instant(attempts)
    assert environment() is real


def test_one_line_of_configuration_makes_it_the_rule(pytester):
    """Each test begins with a clock of its own."""
    pytester.makeini("[pytest]\nbeluga_instant = 2\n")
    pytester.makepyfile("""
        from beluga import retry
        def test_attempts():
            calls = []
            @retry(max_attempts=9, initial_backoff=600)
            def ask():
                calls.append(1)
                raise TimeoutError
            try:
                ask()
            except TimeoutError:
                pass
            assert len(calls) == 2
    """)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
