"""Every policy of ours keeps the contract of policies."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from beluga import (
    Bulkhead,
    Cache,
    CircuitBreaker,
    Hedge,
    Policy,
    RateLimiter,
    RetryPolicy,
    TimeoutBudget,
    budget,
    fallback,
    guarded,
    traced,
)
from beluga._engine.target import Kind
from beluga.guards import PatternDetector, PatternRedactor
from beluga.stores import FakeStore
from beluga.testing import Chaos, fake_clock, record_spans, unleash
from beluga.testing.contracts import PolicyContract, Tally, watched
from beluga.testing.contracts.suite import collected, outcome, subject


class TestBarePolicy(PolicyContract):
    """A policy that does nothing."""

    def make_policy(self):
        return Policy()


class TestRetry(PolicyContract):
    """`retry`, with everything that it watches."""

    def make_policy(self):
        return RetryPolicy(max_attempts=3, max_elapsed=60)


class TestRetryOfResults(PolicyContract):
    """`retry` that looks at results."""

    def make_policy(self):
        return RetryPolicy(on_result=lambda value: value == "never")


class TestBreaker(PolicyContract):
    """`breaker` that counts failures in a row."""

    def make_policy(self):
        return CircuitBreaker()


class TestSharedBreaker(PolicyContract):
    """`breaker` whose circuit is in a store."""

    def make_policy(self):
        return CircuitBreaker(store=FakeStore(), name="shared")


class TestSharedLimit(PolicyContract):
    """`rate_limited` whose permits are in a store, with a wait for them."""

    def make_policy(self):
        return RateLimiter(1000, store=FakeStore(), name="shared", wait=True)


class TestSharedBudget(PolicyContract):
    """`budget` of time and of tokens in a store."""

    def make_policy(self):
        return budget(1000.0, tokens=10**6, window=60.0, estimate=10, store=FakeStore(), name="shared")


class TestRateBreaker(PolicyContract):
    """`breaker` by rate, slow calls and key."""

    def make_policy(self):
        return CircuitBreaker(failure_rate=0.5, slow_call=10, key=lambda given: given.get("key"))


class TestFixedWindow(PolicyContract):
    """`rate_limited` by fixed windows."""

    def make_policy(self):
        return RateLimiter(10)


class TestSlidingWindow(PolicyContract):
    """`rate_limited` by a sliding window, with a key taken from all arguments."""

    def make_policy(self):
        return RateLimiter(10, algorithm="sliding_window", key=lambda given: given.get("key"))


class TestTokenBucket(PolicyContract):
    """`rate_limited` by a token bucket."""

    def make_policy(self):
        return RateLimiter(10, algorithm="token_bucket")


class TestWaitingLimiter(PolicyContract):
    """`rate_limited` that waits, with a cost that varies."""

    def make_policy(self):
        return RateLimiter(1, 5, wait=True, cost=lambda given: 1)


class TestTimeBudget(PolicyContract):
    """`budget` of seconds."""

    def make_policy(self):
        return budget(60)


class TestShare(PolicyContract):
    """`budget` of a share of the enclosing one."""

    def make_policy(self):
        return budget(share=0.5)

    @contextlib.contextmanager
    def surroundings(self):
        with fake_clock(), TimeoutBudget(60).allocate():
            yield


class TestTokenBudget(PolicyContract):
    """`budget` of tokens."""

    def make_policy(self):
        return budget(tokens=1000, cost=10, estimate=5, price=lambda usage: 0.01)


class TestBulkhead(PolicyContract):
    """`bulkhead` of a fixed number, where nobody waits."""

    def make_policy(self):
        return Bulkhead(10)


class TestKeyedBulkhead(PolicyContract):
    """`bulkhead` with a key and a queue."""

    def make_policy(self):
        return Bulkhead(10, 10, key=lambda given: given.get("key"), priority=lambda given: 0)


class TestAdaptiveBulkhead(PolicyContract):
    """`bulkhead` that finds its limit."""

    def make_policy(self):
        return Bulkhead("auto", 10)


class TestCached(PolicyContract):
    """`cached`, with everything that it keeps."""

    def make_policy(self):
        return Cache(ttl=60, stale=60, negative=60)


class TestHedge(PolicyContract):
    """`hedge`, which takes async functions and streams alone."""

    def make_policy(self):
        return Hedge("p95", max_hedges=2)


class TestChaos(PolicyContract):
    """`chaos` that is unleashed, and hits nobody."""

    def make_policy(self):
        return Chaos(rate=0.0)

    @contextlib.contextmanager
    def surroundings(self):
        with fake_clock(), unleash(seed=1):
            yield


class TestTraced(PolicyContract):
    """`traced` while nobody records."""

    def make_policy(self):
        return traced(operation="chat", model="gpt-4o")


class TestTracedRecording(PolicyContract):
    """`traced` while spans are recorded: each of them ends."""

    def make_policy(self):
        return traced(operation="chat", attributes=lambda given: {"n": len(given)})

    @contextlib.contextmanager
    def surroundings(self):
        with fake_clock(), record_spans() as spans:
            yield
            spans.assert_all_ended()


class TestGuardedByNobody(PolicyContract):
    """`guarded` without a guard."""

    def make_policy(self):
        return guarded()


class TestGuarded(PolicyContract):
    """`guarded` at every stage."""

    delays_items = True

    def make_policy(self):
        detector = PatternDetector(("jailbreak", "jailbreak"))
        redactor = PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))
        return guarded(input=[detector, redactor], output=[redactor], tool=[detector])


class TestGuardedObserving(PolicyContract):
    """`guarded` that only reports."""

    def make_policy(self):
        return guarded(output=[PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))], observe=True)


class TestFallback(PolicyContract):
    """`fallback` to a function of the same kind."""

    answers_errors = True

    def policy_for(self, kind):
        return fallback(subject(kind))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", list(Kind))
def test_a_stack_in_any_order_leaves_every_layer_once(seed, kind):
    """Six decorators with spies between them, in random order: each layer is left as often as entered."""
    rng = random.Random(seed)
    redactor = PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))
    policies = [
        RetryPolicy(max_attempts=2),
        CircuitBreaker(failure_threshold=2),
        RateLimiter(3),
        budget(30),
        traced(),
        guarded(output=[redactor], input=[redactor]),
        fallback(subject(kind)),
    ]
    rng.shuffle(policies)
    tallies = [Tally() for _ in range(2 * len(policies))]
    layers = [watched(policy, tally) for policy, tally in zip(policies, tallies, strict=False)]
    layers += [watched(Policy(), tally) for tally in tallies[len(policies) :]]
    rng.shuffle(layers)
    for error in (None, ConnectionError("down"), ValueError("bad"), KeyboardInterrupt()):
        for late in (False, True):
            function = subject(kind, error, late=late)
            for layer in layers:
                function = layer(function)
            with fake_clock():
                for _ in range(3):
                    with contextlib.suppress(Exception, KeyboardInterrupt):
                        outcome(kind, function)
                    if kind is Kind.GENERATOR:
                        with contextlib.suppress(Exception, KeyboardInterrupt), contextlib.closing(function()) as it:
                            next(it)
                    if kind.is_async:
                        with contextlib.suppress(Exception, KeyboardInterrupt, asyncio.CancelledError):
                            asyncio.run(_cancelled(function, kind, rng.randrange(8)))
    for tally in tallies:
        tally.assert_balanced()
    assert sum(tally.entered for tally in tallies) > 0


async def _cancelled(function, kind, steps):
    call = function() if kind is Kind.ASYNC else collected(function())
    task = asyncio.ensure_future(call)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await task
