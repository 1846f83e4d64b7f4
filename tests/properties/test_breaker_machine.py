"""The breaker against a simple model, in every order of events, through every change that a circuit can make."""

from __future__ import annotations

import contextlib
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from beluga import CircuitBreaker, CircuitOpen, events
from beluga.clock import Environment, use_environment
from beluga.testing import FakeClock

RESET = 10.0
REACHED: Counter[str] = Counter()
"""What the steps of all examples came to: a machine that never gets to a probe would prove nothing about probes."""

CHANGES = {
    "closed -> open by failures",
    "open -> half_open by time",
    "half_open -> closed by good probes",
    "half_open -> open by a bad probe",
    "closed -> open by hand",
    "half_open -> open by hand",
    "open -> closed by hand",
    "half_open -> closed by hand",
}
OTHERS = {
    "refused while open",
    "refused for want of a place",
    "a probe more than one",
    "a good probe that is not the last",
    "a probe that tells nothing",
    "a place given back by time",
    "a probe after its lease",
    "a failure forgiven by a success",
    "a call from before the change",
}


ACTIONS = [
    *["call bad", "call bad", "call good", "call good", "call good"],
    *["begin", "begin", "begin", "begin"],
    *["end good", "end bad", "end neutral", "end left"],
    *["wait 0.5", "wait 4", "wait 10", "wait 10", "wait 10"],
    *["fail till it opens", "fail till it opens"],
    *["outlive good", "outlive bad"],
    *["hand trip", "hand reset"],  # a tenth and no more, since a change by hand forgets what led to it
]


class _Neutral(ValueError):
    code = None


class _Call:
    """One call that has begun: a generator that ends when it is told to, and what the model knows about it."""

    def __init__(self, running, generation, lease):
        self.running = running
        self.generation = generation
        self.lease = lease


class Model:
    """A circuit as its documentation tells it, beside the real one. A call is a generator: it ends when it is told."""

    def __init__(self, threshold, places, successes):
        self.threshold, self.places, self.needed = threshold, places, successes
        self.clock = FakeClock()
        self.breaker = CircuitBreaker(
            failure_threshold=threshold,
            reset_timeout=RESET,
            half_open_max=places,
            success_threshold=successes,
            counts=[ConnectionError],
            name="model",
        )
        self.state, self.opened_at, self.generation = "closed", 0.0, 0
        self.failures, self.successes, self.leases, self.leased = 0, 0, {}, 0
        self.running, self.expected, self.told = [], [], []

        @self.breaker
        def call():
            error = yield
            if error is not None:
                raise error

        self.call = call

    def listening(self):
        return events.subscribe(lambda event: self.told.append((event.old, event.new)), events.CircuitChanged)

    @property
    def now(self):
        return self.clock.monotonic()

    def _inside(self):
        return use_environment(Environment(self.clock, random.Random(0)))

    def _change(self, state, why):
        REACHED[f"{self.state} -> {state} {why}"] += 1
        if state != self.state:
            self.expected.append((self.state, state))
        self.state, self.failures, self.successes, self.leases = state, 0, 0, {}
        self.generation += 1
        if state == "open":
            self.opened_at = self.now

    def _begin(self):
        """Begin a call, which joins those that run unless it is refused."""
        if self.state == "open" and self.now >= self.opened_at + RESET:
            self._change("half_open", "by time")
        before = len(self.leases)
        self.leases = {lease: end for lease, end in self.leases.items() if end > self.now}
        REACHED["a place given back by time"] += before > len(self.leases)
        admitted = self.state == "closed" or (self.state == "half_open" and len(self.leases) < self.places)
        running = self.call()
        with self._inside():
            try:
                next(running)
            except CircuitOpen as refusal:
                assert not admitted
                due = self.opened_at + RESET if self.state == "open" else min(self.leases.values())
                assert refusal.retry_after == due - self.now
                assert refusal.name == "model"
                REACHED["refused while open" if self.state == "open" else "refused for want of a place"] += 1
                return
        assert admitted
        lease = None
        if self.state == "half_open":
            lease = self.leased = self.leased + 1
            self.leases[lease] = self.now + RESET
            REACHED["a probe more than one"] += len(self.leases) > 1
        self.running.append(_Call(running, self.generation, lease))

    def _call(self, how):
        count = len(self.running)
        self._begin()
        if len(self.running) > count:
            self._end(self.running.pop(), how)

    def _end(self, call, how):
        errors = {"bad": ConnectionError(), "neutral": _Neutral()}
        with self._inside(), contextlib.suppress(StopIteration, ConnectionError, _Neutral):
            if how == "left":
                call.running.close()
            else:
                call.running.send(errors.get(how))
        if call.generation != self.generation:
            REACHED["a call from before the change"] += 1
        elif call.lease is not None:
            self._probed(call.lease, how)
        elif how == "good":
            REACHED["a failure forgiven by a success"] += self.failures > 0
            self.failures = 0
        elif how == "bad":
            self.failures += 1
            if self.failures == self.threshold:
                self._change("open", "by failures")

    def _probed(self, lease, how):
        if self.leases.pop(lease, None) is None:
            REACHED["a probe after its lease"] += how in {"good", "bad"}
        if how == "bad":
            self._change("open", "by a bad probe")
        elif how == "good":
            self.successes += 1
            REACHED["a good probe that is not the last"] += self.successes < self.needed
            if self.successes == self.needed:
                self._change("closed", "by good probes")
        else:
            REACHED["a probe that tells nothing"] += 1

    def step(self, action, which):
        what, _, how = action.partition(" ")
        if what == "wait":
            self.clock.advance(float(how))
        elif what == "begin":
            self._begin()
        elif what == "end" and self.running:
            self._end(self.running.pop(which % len(self.running)), how)
        elif what == "call":
            self._call(how)
        elif what == "fail" and self.state == "closed":
            for _ in range(self.threshold - self.failures):
                self._call("bad")
        elif what == "outlive" and self.state == "open":
            self._outlive(how)
        elif what == "hand":
            with self._inside():
                getattr(self.breaker, how)()
            self._change("open" if how == "trip" else "closed", "by hand")

    def _outlive(self, how):
        """Probe for longer than a lease lasts, while others take the place."""
        first = len(self.running)
        for _ in range(2):
            self.clock.advance(RESET)
            self._begin()
        self._end(self.running.pop(first), how)

    def compare(self):
        due = self.state == "open" and self.now >= self.opened_at + RESET
        with self._inside():
            assert self.breaker.state == ("half_open" if due else self.state)
        assert self.told == self.expected


@given(
    st.builds(Model, st.integers(1, 3), st.integers(1, 2), st.integers(1, 3)),
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), min_size=30, max_size=60),
)
def check_the_breaker(model, steps):
    with model.listening():
        for action, which in steps:
            model.step(action, which)
            model.compare()


def test_the_breaker_does_what_the_model_does_through_every_change(until_reached):
    """Whatever happens in whatever order, state, refusals and events are the model's; and each change was met."""
    REACHED.clear()
    until_reached(check_the_breaker, REACHED, CHANGES | OTHERS)
