"""What a breaker takes for a failure, and what it remembers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from beluga import CircuitBreaker, CircuitOpen, DeadlineExceeded, budget, rate_limited, retry
from beluga._engine.state import new_lock
from beluga._policies.circuit import Circuit
from beluga.errors import RateLimited
from beluga.testing import fake_clock


def test_a_deadline_around_the_call_is_a_failure(fake_clock):
    """A provider that hangs until the caller's budget is over opens the circuit, in whatever function the budget is."""
    breaker = CircuitBreaker(failure_threshold=3)

    @breaker
    async def ask():
        await asyncio.sleep(60)

    @budget(5)
    async def request():
        await ask()

    for _ in range(3):
        with pytest.raises(DeadlineExceeded):
            fake_clock.run(request())
    with pytest.raises(CircuitOpen):
        fake_clock.run(request())


def test_a_sync_call_that_returns_too_late_is_a_failure(fake_clock):
    """It cannot be stopped at the deadline, and is no less late for that."""
    breaker = CircuitBreaker(failure_threshold=1)
    late = budget(5)(lambda: breaker(lambda: fake_clock.advance(6))())
    with pytest.raises(DeadlineExceeded):
        late()
    assert breaker.state == "open"


@pytest.mark.parametrize(("slow_call", "state"), [(None, "closed"), (3, "open"), (30, "closed")])
def test_a_cancelled_call_counts_where_it_was_slow_already(slow_call, state, fake_clock):
    """A time-out that is not ours tells nothing, unless `slow_call` says what is too long."""
    breaker = CircuitBreaker(failure_threshold=1, slow_call=slow_call)

    async def request():
        async with asyncio.timeout(5):
            await breaker(asyncio.sleep)(60)

    with pytest.raises(TimeoutError):
        fake_clock.run(request())
    assert breaker.state == state


@pytest.mark.parametrize(
    ("leaves", "state"),
    [
        ([ValueError(), TimeoutError()], "open"),
        ([RateLimited(), RateLimited()], "closed"),
        ([BaseExceptionGroup("inner", [KeyboardInterrupt()]), RateLimited()], "closed"),
        ([ExceptionGroup("inner", [TimeoutError()]), RateLimited()], "open"),
    ],
)
def test_a_group_is_a_failure_where_one_of_it_is(leaves, state):
    """What is neutral alone stays neutral in a group."""
    breaker = CircuitBreaker(failure_threshold=1)
    group = BaseExceptionGroup("several", leaves)

    @breaker
    def ask():
        raise group

    with pytest.raises(BaseExceptionGroup):
        ask()
    # A group that holds more than exceptions is a cancellation, which tells nothing.
    assert breaker.state == (state if isinstance(group, Exception) else "closed")


def test_a_slow_but_healthy_provider_closes_its_circuit():
    """Probes that take longer than `reset_timeout` count when they come back; the lease only gives the place back."""
    with fake_clock() as clock:
        breaker = CircuitBreaker(failure_threshold=1, reset_timeout=5)
        breaker.trip()
        answered = []

        @breaker
        async def ask():
            await asyncio.sleep(8)
            answered.append(clock.monotonic())

        async def client():
            try:
                await ask()
            except CircuitOpen:
                return

        async def main():
            async with asyncio.TaskGroup() as group:
                for _ in range(200):
                    group.create_task(client())
                    await asyncio.sleep(1)

        clock.run(main())
    assert len(answered) > 180


def test_eviction_spares_what_is_open():
    """Keys beyond max_keys are forgotten closed ones first, and an open one only among others like it."""
    breaker = CircuitBreaker(key="who", max_keys=3)
    for key in "abc":
        breaker.circuit(key)
    breaker.trip("a")
    for key in "defg":
        breaker.circuit(key)
        assert breaker.circuit("a").record.state == "open"
    for key in "xyz":
        breaker.trip(key)
    assert breaker.circuit("z").record.state == "open"
    assert breaker.describe().endswith("keys=3")


def test_a_fake_clock_finds_every_circuit_closed():
    """State belongs to the clock under which it came about."""
    breaker = CircuitBreaker()
    breaker.trip()
    with fake_clock():
        assert breaker.state == "closed"
        breaker.trip()
        with fake_clock():
            assert breaker.state == "closed"
        assert breaker.state == "open"
        breaker.reset()
    assert breaker.state == "open"


def test_a_clock_that_goes_back_keeps_nothing_open():
    """No circuit refuses for longer than its reset_timeout."""
    with fake_clock(start=1000.0) as clock:
        breaker = CircuitBreaker(reset_timeout=5)
        breaker.trip()
        clock._now = 10.0
        with pytest.raises(CircuitOpen) as caught:
            breaker(lambda: None)()
        assert caught.value.retry_after == 5.0
        clock.advance(5)
        breaker(lambda: None)()
        assert breaker.state == "closed"


def test_our_own_limiter_is_not_retried_unless_told(fake_clock):
    """Who wants to wait for a permit says wait=; `RateLimited` in retryable_errors opts in."""
    limited = rate_limited(1, 60)(lambda: "fine")
    limited()
    for errors in (["rate_limit"], [Exception], [RateLimited, "timeout"]):
        begun = fake_clock.monotonic()
        ask = retry(max_attempts=2, retryable_errors=errors)(limited)
        if RateLimited in errors:
            assert ask() == "fine"
        else:
            with pytest.raises(RateLimited):
                ask()
            assert fake_clock.monotonic() == begun


def test_who_finds_all_probes_out_is_told_when_one_may_be_back(fake_clock):
    """The first lease to run out gives its place to the next who asks."""
    circuit = CircuitBreaker(failure_threshold=1, reset_timeout=8.0, half_open_max=2)
    circuit.trip()
    fake_clock.advance(8.0)

    @circuit
    def ask(others):
        fake_clock.advance(3.0)
        if others:
            return ask(others - 1)
        with pytest.raises(CircuitOpen) as refused:
            ask(0)
        return refused.value.retry_after

    assert ask(1) == 2.0


def test_an_open_circuit_refuses_until_its_time_is_up(fake_clock):
    """To the moment, also where that is but a part of a second."""
    circuit = CircuitBreaker(failure_threshold=1, reset_timeout=0.5)
    circuit.trip()
    fake_clock.advance(0.4999)
    with pytest.raises(CircuitOpen) as refused:
        circuit(lambda: "too early")()
    assert refused.value.retry_after == pytest.approx(0.0001)
    fake_clock.advance(0.0001)
    assert circuit(lambda: "in time")() == "in time"


@pytest.mark.parametrize(("pause", "state"), [(50.0, "open"), (70.0, "closed")])
def test_a_failure_counts_for_the_window_and_no_longer(pause, state, fake_clock):
    """Of a rate it is part for as long as the window is."""
    circuit = CircuitBreaker(failure_rate=0.5, minimum_calls=2, window=60.0, reset_timeout=900.0)

    @circuit
    def ask():
        raise ConnectionError

    for _ in range(2):
        with pytest.raises(ConnectionError):
            ask()
        fake_clock.advance(pause)
    assert circuit.state == state


def test_a_step_that_another_one_interrupts_is_taken_again():
    """What a signal handler, or a finaliser, did in the midst of it is not lost."""

    class Rules(SimpleNamespace):
        @property
        def reset_timeout(self):
            if self.interrupting:
                self.interrupting.pop()()
            return 1.0

    circuit = Circuit(new_lock())
    rules = Rules(interrupting=[], half_open_max=1)
    circuit.trip(rules, now=0.0)
    rules.interrupting.append(circuit.reset)
    assert circuit.admit(rules, now=5.0)[:2] == ("closed", "closed")
    rules.interrupting.append(lambda: circuit.trip(rules, 9.0))
    circuit.trip(rules, now=0.0)
    assert circuit.record.generation == 4


def test_who_leaves_says_nothing_of_the_provider():
    """An interruption is neither a failure nor a success, alone or among the errors of a group."""
    circuit = CircuitBreaker(failure_threshold=1)

    @circuit
    def ask(error):
        raise error

    for error in (KeyboardInterrupt(), SystemExit(), BaseExceptionGroup("", [KeyboardInterrupt()])):
        with pytest.raises(type(error)):
            ask(error)
        assert circuit.state == "closed"
