"""What a layer finds on the record of a call, and for how long."""

from __future__ import annotations

import gc
import weakref

import pytest

from beluga import Again, Policy, breaker, retry
from beluga._engine.target import Kind
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))


class Repeating(Policy):
    """Runs the inner layers `times` times, and notes the number of the attempt that it sees."""

    def __init__(self, times):
        self.times = times
        self.entered, self.left = [], []

    def enter(self, call):
        self.entered.append(call.attempt)

    def leave(self, call, outcome):
        self.left.append(call.attempt)
        return Again() if call.attempt < self.times else None


@KINDS
def test_each_layer_counts_its_own_attempts(kind):
    """In leave it is how often the layers inside have run, in enter the attempt of the layer outside."""
    outer, between, inner = Repeating(2), Repeating(1), Repeating(3)
    outcome(kind, outer(between(inner(subject(kind)))))
    assert (outer.entered, outer.left) == ([1], [1, 2])
    assert (between.entered, between.left) == ([1, 2], [1, 1])
    assert (inner.entered, inner.left) == ([1, 2], [1, 2, 3] * 2)


class Keeping(Policy):
    """Keeps a value anew at each outcome, and notes what it had kept and how long the chain is."""

    def __init__(self, times):
        self.times = times
        self.found, self.lengths = [], []

    def enter(self, call):
        self.found.append(call.kept(self))
        call.keep(self, "entered")

    def leave(self, call, outcome):
        self.found.append(call.kept(self))
        call.keep(self, call.attempt)
        self.lengths.append(_length(call.kept_values))
        return Again() if call.attempt < self.times else None


def _length(entry):
    return 0 if entry is None else 1 + _length(entry[2])


@KINDS
def test_a_kept_value_takes_the_place_of_the_last(kind):
    """The record of a call does not grow with its attempts."""
    policy = Keeping(times=50)
    outcome(kind, policy(subject(kind)))
    assert policy.found == [None, "entered", *range(1, 50)]
    assert set(policy.lengths) == {1}


@KINDS
def test_a_value_is_kept_until_its_layer_is_left(kind):
    """A layer that is entered anew finds nothing of its last time."""
    policy = Keeping(times=1)
    outcome(kind, Repeating(3)(policy(subject(kind))))
    assert policy.found == [None, "entered"] * 3
    assert set(policy.lengths) == {1}


def test_the_memory_of_a_call_does_not_grow_with_its_attempts(fake_clock):
    """Three hundred attempts through a circuit that was tripped and reset keep as much as one."""
    circuit, lengths = breaker(failure_threshold=1000), []
    circuit.trip()
    circuit.reset()

    class Measuring(Policy):
        def leave(self, call, outcome):
            lengths.append(_length(call.kept_values))

    @retry(max_attempts=300, on_result=bool)
    @Measuring()
    @circuit
    def ask():
        return "again"

    ask()
    assert (len(lengths), max(lengths)) == (300, 2)


def test_the_last_error_of_a_retry_goes_with_its_call(fake_clock):
    """What a failed attempt held is free as soon as the call ends, without the garbage collector."""

    class Held:
        pass

    held = []

    @retry(max_attempts=3)
    def ask():
        thing = Held()
        held.append(weakref.ref(thing))
        raise ConnectionError

    gc.disable()
    try:
        with pytest.raises(ConnectionError):
            ask()
        assert [reference() for reference in held] == [None] * 3
    finally:
        gc.enable()
