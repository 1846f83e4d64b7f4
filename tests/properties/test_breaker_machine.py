"""The circuit breaker against a simple model, in every order of events."""

from __future__ import annotations

import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from beluga import CircuitBreaker, CircuitOpen
from beluga.clock import Environment, use_environment
from beluga.testing import FakeClock

THRESHOLD, RESET, PROBES, SUCCESSES = 3, 10.0, 2, 2


class _Neutral(ValueError):
    code = None


class BreakerMachine(RuleBasedStateMachine):
    """A call is a generator, so that it can begin now and end later."""

    calls = Bundle("calls")

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.breaker = CircuitBreaker(THRESHOLD, RESET, PROBES, SUCCESSES, counts=[ConnectionError], name="model")
        self.leases, self.generation, self.failures, self.successes = {}, 0, 0, 0
        self.state, self.opened_at, self.number = "closed", 0.0, 0

        @self.breaker
        def call():
            error = yield
            if error is not None:
                raise error

        self.call = call

    @property
    def now(self):
        return self.clock.monotonic()

    def _inside(self):
        import random

        return use_environment(Environment(self.clock, random.Random(0)))

    def _change(self, state):
        self.state, self.failures, self.successes, self.leases = state, 0, 0, {}
        self.generation += 1
        if state == "open":
            self.opened_at = self.now

    @rule(seconds=st.sampled_from([0.5, 4.0, 10.0]))
    def advance(self, seconds):
        self.clock.advance(seconds)

    @rule(target=calls)
    def begin(self):
        if self.state == "open" and self.now >= self.opened_at + RESET:
            self._change("half_open")
        if self.state == "half_open":
            self.leases = {lease: end for lease, end in self.leases.items() if end > self.now}
        admitted = self.state == "closed" or (self.state == "half_open" and len(self.leases) < PROBES)
        lease = None
        if admitted and self.state == "half_open":
            self.number += 1
            lease = self.number
            self.leases[lease] = self.now + RESET
        call = self.call()
        with self._inside():
            try:
                next(call)
            except CircuitOpen as refusal:
                assert not admitted
                assert 0 < refusal.retry_after <= RESET
                return (None, None, None)
        assert admitted
        return (call, self.generation, lease)

    @rule(begun=consumes(calls), how=st.sampled_from(["good", "bad", "neutral", "closed"]))
    def end(self, begun, how):
        call, generation, lease = begun
        if call is None:
            return
        errors = {"bad": ConnectionError(), "neutral": _Neutral()}
        with self._inside(), contextlib.suppress(StopIteration, ConnectionError, _Neutral):
            if how == "closed":
                call.close()
            else:
                call.send(errors.get(how))
        if generation != self.generation or how in {"neutral", "closed"}:
            if generation == self.generation and lease is not None:
                self.leases.pop(lease, None)
            return
        if lease is not None:
            if self.leases.pop(lease, None) is None:
                return
            if how == "bad":
                self._change("open")
            else:
                self.successes += 1
                if self.successes == SUCCESSES:
                    self._change("closed")
        elif how == "good":
            self.failures = 0
        else:
            self.failures += 1
            if self.failures == THRESHOLD:
                self._change("open")

    @rule()
    def trip(self):
        with self._inside():
            self.breaker.trip()
        self._change("open")

    @rule()
    def reset(self):
        with self._inside():
            self.breaker.reset()
        self._change("closed")

    @precondition(lambda self: self.state == "half_open")
    @invariant()
    def never_more_probes_than_allowed(self):
        assert len(self.leases) <= PROBES

    @invariant()
    def the_state_is_the_model_s(self):
        due = self.state == "open" and self.now >= self.opened_at + RESET
        with self._inside():
            assert self.breaker.state == ("half_open" if due else self.state)


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
