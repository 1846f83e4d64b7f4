"""The limiters against a list of the moments at which they admitted somebody."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from beluga import Rate, RateLimiter
from beluga.clock import Environment, use_environment
from beluga.testing import FakeClock, fake_clock

LIMIT, WINDOW = 4, 8.0
STEPS = st.sampled_from([0.0, 0.25, 1.0, 3.0, 8.0, 20.0])


class _LimiterMachine(RuleBasedStateMachine):
    algorithm: str

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.limiter = RateLimiter(LIMIT, WINDOW, algorithm=self.algorithm)
        self.taken = []  # [moment, cost]
        self.reserved = []

    def _inside(self):
        return use_environment(Environment(self.clock, random.Random(0)))

    @rule(seconds=STEPS)
    def advance(self, seconds):
        self.clock.advance(seconds)

    @rule(cost=st.integers(1, LIMIT))
    def ask(self, cost):
        with self._inside():
            free = self.limiter.retry_after(cost=cost) == 0.0
            assert self.limiter.allow(cost=cost) == free
        if free:
            self.taken.append([self.clock.monotonic(), cost])

    @rule(cost=st.integers(1, LIMIT))
    def reserve(self, cost):
        with self._inside():
            if self.limiter.retry_after(cost=cost) > 0:
                return
            self.taken.append([self.clock.monotonic(), cost])
            self.reserved.append((self.limiter.reserve(cost=cost), self.taken[-1]))

    @rule(actual=st.integers(0, LIMIT), place=st.sampled_from([0, -1]))
    def settle(self, actual, place):
        """What cost less than reserved is given back, whenever that turns out."""
        if self.reserved:
            reservation, taken = self.reserved.pop(place)
            taken[1] = min(actual, taken[1])
            with self._inside():
                reservation.settle(taken[1])
                reservation.settle(0)

    @invariant()
    def never_more_than_promised(self):
        taken = sorted(self.taken)
        for i, (start, _) in enumerate(taken):
            for j in range(i, len(taken)):
                end = taken[j][0]
                total = sum(cost for _, cost in taken[i : j + 1])
                assert total <= self.most_within(end - start), (taken[i : j + 1], end - start)

    def most_within(self, span):
        raise NotImplementedError


class FixedWindowMachine(_LimiterMachine):
    """Twice the limit in a span shorter than the window, and one limit more for each further window."""

    algorithm = "fixed_window"

    def most_within(self, span):
        return LIMIT * (2 + span // WINDOW)


class SlidingWindowMachine(_LimiterMachine):
    """Never more than the limit in any span shorter than the window."""

    algorithm = "sliding_window"

    def most_within(self, span):
        return LIMIT * (1 + span // WINDOW)


class TokenBucketMachine(_LimiterMachine):
    """A burst of the limit, and what grew back since."""

    algorithm = "token_bucket"

    def most_within(self, span):
        return LIMIT + span * LIMIT / WINDOW + 1e-6


TestFixedWindow = FixedWindowMachine.TestCase
TestSlidingWindow = SlidingWindowMachine.TestCase
TestTokenBucket = TokenBucketMachine.TestCase
for _case in (TestFixedWindow, TestSlidingWindow, TestTokenBucket):
    _case.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
del _case  # else it is collected once more


@given(st.lists(STEPS, max_size=60))
def test_a_fixed_window_admits_exactly_the_limit(steps):
    """A window begins with the first call after the last one ended, and admits the limit in it, no more, no less."""
    with fake_clock() as clock:
        limiter = RateLimiter(LIMIT, WINDOW)
        end, used = 0.0, LIMIT
        for seconds in steps:
            clock.advance(seconds)
            if clock.monotonic() >= end:
                end, used = clock.monotonic() + WINDOW, 0
            assert limiter.allow() == (used < LIMIT)
            used += 1
            assert limiter.remaining() == max(0, LIMIT - used)


@pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])
@given(costs=st.lists(st.integers(1, 6), max_size=20))
def test_several_rates_are_taken_all_or_nothing(algorithm, costs):
    """A call that one rate refuses takes nothing of the others."""
    with fake_clock():
        limiter = RateLimiter(rates=[Rate(5, cost=1), Rate(12, cost=lambda given: given["n"])], algorithm=algorithm)
        calls, spent = 0, 0

        @limiter
        def call(n):
            return n

        for cost in costs:
            if calls < 5 and spent + cost <= 12:
                assert call(cost) == cost
                calls, spent = calls + 1, spent + cost
            else:
                with pytest.raises(Exception, match="used up"):
                    call(cost)
            assert limiter.remaining() == min(5 - calls, 12 - spent)
