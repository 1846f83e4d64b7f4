"""A new fake clock finds every policy as new, and leaves it as it was."""

from __future__ import annotations

import pytest

from beluga import CircuitBreaker, RateLimiter, RetryPolicy, RetryThrottle, budget, spend
from beluga.testing import fake_clock


def fail(key):
    raise ConnectionError


def used(key):
    spend(tokens=40)
    return "ok"


POLICIES = {
    "fixed window": (lambda: RateLimiter(2, 60.0), used),
    "sliding window": (lambda: RateLimiter(2, 60.0, algorithm="sliding_window"), used),
    "token bucket": (lambda: RateLimiter(2, 60.0, algorithm="token_bucket"), used),
    "keyed limit": (lambda: RateLimiter(2, 60.0, key="key"), used),
    "circuit": (lambda: CircuitBreaker(failure_threshold=2), fail),
    "keyed circuit": (lambda: CircuitBreaker(failure_threshold=2, key="key"), fail),
    "failure rate": (lambda: CircuitBreaker(failure_rate=0.5, minimum_calls=2), fail),
    "keyed budget": (lambda: budget(tokens=100, key="key"), used),
    "throttle": (lambda: RetryPolicy(max_attempts=2, jitter=False, throttle=RetryThrottle(max_tokens=4)), fail),
}
"""Each with a function of which the first calls end in another way than the later ones."""


def outcomes(function, count=4):
    """Return how so many calls end, and how many notes an error of theirs has."""
    seen = []
    for _ in range(count):
        try:
            seen.append(function("k"))
        except Exception as error:
            seen.append((type(error).__name__, *getattr(error, "__notes__", ())))
    return seen


@pytest.mark.parametrize(("make", "body"), POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("start", [0.0, 5000.0])
def test_a_new_clock_begins_with_fresh_state(make, body, start):
    """Whatever an earlier one has used up, and wherever the time begins."""
    function = make()(body)
    with fake_clock(10_000.0):
        first = outcomes(function)
        assert len(set(first)) > 1, "the policy shows no state, so there is nothing to see here"
    with fake_clock(start):
        assert outcomes(function) == first


@pytest.mark.parametrize(("make", "body"), POLICIES.values(), ids=POLICIES)
def test_leaving_a_clock_restores_what_was(make, body):
    """What happened within an inner clock says nothing under the outer one."""
    function, control = make()(body), make()(body)
    with fake_clock():
        expected = outcomes(control, 6)
        before = outcomes(function, 2)
        with fake_clock():
            outcomes(function)
        assert before + outcomes(function) == expected
