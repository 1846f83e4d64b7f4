"""What retry, its throttle and time budgets promise for all figures."""

from __future__ import annotations

import contextlib
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import DeadlineExceeded, RetryPolicy, RetryThrottle, budget, remaining, retry
from beluga.errors import ProviderError
from beluga.events import RetryScheduled
from beluga.testing import fake_clock, record_events

figures = st.floats(0, 100, allow_nan=False)


def _failing(policy, error):
    attempts = []

    @policy
    def ask():
        attempts.append(1)
        raise error

    return ask, attempts


@given(st.integers(1, 8), figures, figures, st.floats(1, 10), st.integers(0, 1000))
def test_the_delays_are_exactly_those_of_the_formula(attempts, initial, cap, factor, seed):
    """Wait n is drawn from 0 to min(cap, initial * factor ** (n - 1)) by the environment's rng, never above it."""
    policy = RetryPolicy(max_attempts=attempts, initial_backoff=initial, max_backoff=cap, backoff_factor=factor)
    ask, made = _failing(policy, ConnectionError())
    rng = random.Random(seed)
    expected = [min(cap, initial * factor**n) * rng.random() for n in range(attempts - 1)]
    with fake_clock(seed=seed) as clock, record_events(RetryScheduled) as seen:
        with pytest.raises(ConnectionError):
            ask()
        assert [event.delay for event in seen] == expected
        assert math.isclose(clock.monotonic(), sum(expected), abs_tol=1e-9)
    assert all(event.delay <= cap for event in seen)
    assert len(made) == attempts


@given(st.floats(0, 500, exclude_min=True), st.sampled_from([30.0, 400.0]))
def test_retry_after_is_waited_for_in_full_or_not_at_all(asked, cap):
    """Up to 120 s the wait is what the other side asks for; beyond that the error comes at once."""
    ask, made = _failing(
        RetryPolicy(max_attempts=2, max_backoff=cap), ProviderError("busy", status=429, retry_after=asked)
    )
    with fake_clock() as clock, pytest.raises(ProviderError):
        ask()
    assert clock.monotonic() == (asked if asked <= 120 else 0.0)
    assert len(made) == (2 if asked <= 120 else 1)


@given(st.floats(0.01, 50), st.floats(0, 20), st.integers(1, 20))
def test_the_deadline_is_never_overslept(total, backoff, attempts):
    """Rather than sleep past the deadline, retry raises the last error."""
    policy = RetryPolicy(max_attempts=attempts, initial_backoff=backoff, max_backoff=1000, jitter=False)
    ask, _ = _failing(policy, ConnectionError())
    with fake_clock() as clock:
        with pytest.raises(ConnectionError):
            budget(total)(ask)()
        assert clock.monotonic() <= total


@given(st.lists(st.booleans(), max_size=60), st.sampled_from([2.0, 10.0]), st.sampled_from([0.1, 1.0]))
def test_the_throttle_counts_as_grpc_a6(outcomes, most, ratio):
    """A failure takes one token, a success gives the ratio, and above half of them a retry is allowed."""
    throttle, tokens = RetryThrottle(most, ratio), most
    for good in outcomes:
        if good:
            throttle.succeeded()
            tokens = min(most, tokens + ratio)
        else:
            tokens = max(0.0, tokens - 1)
            assert throttle.failed() == (tokens > most / 2)
        assert throttle.tokens == tokens


trees = st.recursive(
    st.just([]),
    lambda children: st.lists(
        st.tuples(st.one_of(st.floats(0.1, 20), st.floats(0.05, 1).map(lambda share: (share,))), figures, children),
        max_size=3,
    ),
    max_leaves=8,
)


def seconds_left():
    """Return the seconds left, and 0 where there are none."""
    try:
        return remaining()
    except DeadlineExceeded:
        return 0


@given(st.floats(0.1, 30), trees)
def test_nested_budgets_take_the_earliest_deadline(total, tree):
    """Whatever is nested, the deadline is the earliest of all around, and remaining() is above 0 or raises."""
    with fake_clock() as clock:

        def visit(nodes, deadline):
            assert seconds_left() == pytest.approx(max(0.0, deadline - clock.monotonic()), abs=1e-6)
            for bound, spent, children in nodes:
                left = deadline - clock.monotonic()
                own = left * bound[0] if isinstance(bound, tuple) else bound
                options = {"share": bound[0]} if isinstance(bound, tuple) else {"total": bound}
                nested = min(deadline, clock.monotonic() + own)

                @budget(**options)
                def step(children=children, nested=nested, spent=spent):
                    visit(children, nested)
                    clock.advance(spent / 10)
                    assert seconds_left() >= 0

                try:
                    step()
                except DeadlineExceeded:
                    assert clock.monotonic() >= nested - 1e-6
            assert seconds_left() >= 0

        @budget(total)
        def root():
            visit(tree, total)

        try:
            root()
        except DeadlineExceeded:
            assert clock.monotonic() >= total - 1e-6


@given(st.lists(st.sampled_from(["ok", "down", "bad"]), min_size=1, max_size=6), st.integers(1, 6))
def test_attempts_never_exceed_the_maximum(script, most):
    """The function runs until it succeeds, fails for good, or has run as often as allowed."""
    left = iter(script)
    made = []

    @retry(max_attempts=most)
    def ask():
        made.append(1)
        answer = next(left, "ok")
        if answer != "ok":
            raise ConnectionError if answer == "down" else ValueError

    with fake_clock(), contextlib.suppress(ConnectionError, ValueError):
        ask()
    first_final = next((i for i, answer in enumerate([*script, "ok"]) if answer != "down"), None)
    assert len(made) == min(most, first_final + 1)
