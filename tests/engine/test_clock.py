"""The machine's clock: what reaches it, what a fork does to its randomness, and loops that are not asyncio's."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from unittest import mock

import pytest

from beluga import CircuitBreaker, RateLimiter, Refused, budget, retry
from beluga._engine.state import new_lock
from beluga.clock import SYSTEM, Environment, SystemClock, environment, use_environment


@pytest.mark.parametrize("name", ["time", "monotonic"])
def test_the_time_is_asked_of_the_module_at_each_call(name):
    """A library that patches the module `time` moves the clock, and what was made before, too."""
    with mock.patch.object(time, name, return_value=1234.5):
        assert getattr(SystemClock(), name)() == 1234.5
        assert getattr(environment().clock, name)() == 1234.5
        assert name == "time" or SYSTEM.monotonic() == 1234.5


def test_a_patched_sleep_is_the_one_that_waits():
    """A retry waits with the `time.sleep` of the moment, such as gevent's."""
    failures = iter([ConnectionError, ConnectionError])

    @retry(initial_backoff=300, max_backoff=300, jitter=False)
    def ask():
        error = next(failures, None)
        if error is not None:
            raise error
        return "hello"

    with mock.patch.object(time, "sleep") as sleep:
        assert ask() == "hello"
    assert sleep.call_args_list == [mock.call(300.0)] * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_forked_processes_draw_jitter_of_their_own():
    """Full jitter spreads the retries of many workers, so each child begins with another seed."""
    drawn = {SYSTEM.rng.random() for _ in range(4) if not SYSTEM.rng.seed(1)}
    assert len(drawn) == 1
    SYSTEM.rng.seed(1)
    children = {_drawn_in_a_child() for _ in range(4)}
    SYSTEM.rng.seed()
    assert len(children | {str(each) for each in drawn}) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_lock_is_free_in_a_forked_child():
    """Whoever held it: another thread, which the child does not have, or the one that forks."""
    lock, held, done = new_lock(), threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(20)  # a child that hangs is ended, and fails the test
        with lock:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    done.set()
    holder.join()
    assert os.waitstatus_to_exitcode(status) == 7


STALE = {
    "limit": lambda: RateLimiter(1, 10.0)(_fine),
    "sliding limit": lambda: RateLimiter(1, 10.0, algorithm="sliding_window")(_fine),
    "bucket": lambda: RateLimiter(1, 10.0, algorithm="token_bucket")(_fine),
    "breaker": lambda: CircuitBreaker(failure_threshold=1, reset_timeout=10.0, counts=[ValueError])(_fails_once()),
    "retry": lambda: retry(max_elapsed=10.0)(_fine),
    "budget": lambda: budget(10.0)(_fine),
}


@pytest.mark.parametrize("made", STALE.values(), ids=STALE)
def test_a_clock_that_goes_back_freezes_nothing(made):
    """What was used up, opened or begun at a time that is to come holds no longer than it would have from now on."""

    class Machine:
        now = 1000.0

        def __getattr__(self, name):
            return getattr(SYSTEM.clock, name)

        def monotonic(self):
            return self.now

    machine = Machine()
    with use_environment(Environment(machine, SYSTEM.rng)):
        function = made()
        for _ in range(2):
            with contextlib.suppress(ValueError, Refused):
                function()
        machine.now = 0.0
        with contextlib.suppress(Refused):
            function()
        machine.now = 10.0
        assert function() == "fine"


def _fine():
    return "fine"


def _fails_once():
    failures = iter([ValueError])

    def ask():
        for failure in failures:
            raise failure
        return "fine"

    return ask


def _drawn_in_a_child():
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, str(SYSTEM.rng.random()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        return pipe.read()


async def _other_loop():
    class Trap:
        def __await__(self):
            yield "a trap of another loop"

    await Trap()


async def _failing():
    raise ConnectionError


@pytest.mark.parametrize("function", [budget(10)(_other_loop), retry(_failing)], ids=["a time-out", "a wait"])
def test_another_loop_is_named_at_the_first_await(function):
    """Where asyncio does not run, the error says so, with the real one as its cause."""
    coroutine = function()
    with pytest.raises(RuntimeError, match="no loop of asyncio runs here") as caught:
        coroutine.send(None)
    assert "no running event loop" in str(caught.value.__cause__)
