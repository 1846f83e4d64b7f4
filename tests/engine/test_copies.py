"""Copies and pickles of policies and of what they decorate: the options, and a beginning of their own."""

from __future__ import annotations

import copy
import functools
import operator
import pickle

import pytest

from beluga import (
    CircuitBreaker,
    CircuitOpen,
    GuardPipeline,
    Policy,
    Rate,
    RateLimited,
    RateLimiter,
    RetryPolicy,
    RetryThrottle,
    budget,
    explain,
    fallback,
    guarded,
    layers,
    retry,
    traced,
)
from beluga.guards import MaxLength

COPIES = pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))], ids=["deepcopy", "pickle"]
)
POLICIES = {
    "retry": RetryPolicy(max_attempts=5, max_elapsed=9, retryable_errors=[ValueError, "timeout"]),
    "throttled": RetryPolicy(throttle=RetryThrottle(4)),
    "breaker": CircuitBreaker(failure_threshold=2, name="critical", key="text"),
    "limit": RateLimiter(5, 9.0, key="text", wait=True),
    "rates": RateLimiter(rates=[Rate(5), Rate(50, 3600)]),
    "budget": budget(5),
    "spending": budget(tokens=5, estimate=2, key="text"),
    "fallback": fallback(len, on=[ValueError]),
    "guarded": guarded(input=[MaxLength(5)], ignore=["other"]),
    "pipeline": guarded(GuardPipeline(output=[MaxLength(5)])),
    "traced": traced(name="ask", operation="chat"),
}


@COPIES
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_copy_of_a_policy_has_its_options(copied, policy):
    """It is of the same class, describes itself alike, and decorates."""
    made = copied(policy)
    assert made is not policy
    assert (type(made), made.name, made.describe()) == (type(policy), policy.name, policy.describe())

    def ask(text, other=""):
        return text

    assert made(ask)("hello") == "hello"


@COPIES
def test_a_copy_remembers_nothing(copied, fake_clock):
    """Circuits are closed, windows empty and throttles full in a copy, whatever happened to the original."""
    circuit, limit, throttle = CircuitBreaker(), RateLimiter(1), RetryThrottle(4)
    circuit.trip()
    limit.allow()
    throttle.failed()
    with pytest.raises(CircuitOpen):
        circuit(len)("a")
    with pytest.raises(RateLimited):
        limit(len)("a")
    assert copied(circuit)(len)("a") == copied(limit)(len)("a") == 1
    assert (throttle.tokens, copied(throttle).tokens) == (3, 4)


@COPIES
def test_a_decorated_object_is_copied_with_its_layers(copied):
    """A partial or a callable object is pickled as itself and its policies."""
    decorated = retry(max_attempts=5)(CircuitBreaker(name="critical")(functools.partial(operator.add, 1)))
    made = copied(decorated)
    assert made(2) == 3
    assert [policy.name for policy in layers(made)] == ["retry", "critical"]
    assert explain(made) == explain(decorated)


class Own(Policy):
    """A policy that is not an attrs class."""

    def __init__(self, word):
        self.word = word


@COPIES
def test_a_policy_of_another_kind_is_copied_as_any_object(copied):
    """What a user's own policy keeps is the user's affair."""
    assert copied(Own("hello")).word == "hello"
