"""Virtual time: by hand and by itself, in threads, on ordinary loops and on its own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from beluga.clock import environment
from beluga.testing import fake_clock


def test_sleep_moves_the_time():
    """With autojump a sleeping thread moves the time on and does not wait."""
    with fake_clock(5.0, wall=100.0) as clock:
        clock.sleep(3600)
        assert (clock.monotonic(), clock.time()) == (3605.0, 3700.0)
    with pytest.raises(ValueError, match="must not be negative"):
        clock.advance(-1)


def test_without_autojump_somebody_has_to_advance():
    """Another thread sleeps until the time is moved; the own thread could only wait for ever, so it is told."""
    with fake_clock(autojump=False) as clock:
        with pytest.raises(RuntimeError, match="would wait for ever"):
            clock.sleep(1)
        thread = threading.Thread(target=clock.sleep, args=(5,))
        thread.start()
        while not clock.sleepers:
            pass
        assert clock.sleepers == (5.0,)
        clock.advance(5)
        thread.join(60)
        assert not thread.is_alive()


def test_asyncio_s_own_timers_follow_on_its_loop(fake_clock):
    """`asyncio.sleep`, `asyncio.timeout` and `wait_for` take no real time on `clock.run`."""

    async def main():
        await asyncio.sleep(100)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(50):
                await environment().clock.asleep(60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 10)

    fake_clock.run(main())
    assert fake_clock.monotonic() == 160.0


def test_ordinary_loops_jump_when_all_wait(fake_clock):
    """On a loop of asyncio's own the time jumps to the next sleeper, in order, once every task waits."""
    woken = []

    async def sleeper(seconds):
        await environment().clock.asleep(seconds)
        woken.append((seconds, fake_clock.monotonic()))

    async def main():
        await asyncio.gather(sleeper(3), sleeper(1), sleeper(2))

    asyncio.run(main())
    assert woken == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_clock_outlives_a_loop(fake_clock):
    """A loop that ends in the middle of a sleep does not keep the clock from jumping on the next."""

    async def give_up():
        task = asyncio.ensure_future(environment().clock.asleep(5))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(give_up())
    asyncio.run(environment().clock.asleep(5))
    assert fake_clock.monotonic() == 5.0


def test_without_autojump_a_task_waits_for_advance():
    """A task sleeps until the time is moved on, and a cancelled timer does nothing."""

    async def main(clock):
        called = []
        clock.call_later(1, lambda: called.append(1)).cancel()
        task = asyncio.ensure_future(clock.asleep(5))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not task.done()
        clock.advance(5)
        await task
        assert not called

    with fake_clock(autojump=False) as clock:
        asyncio.run(main(clock))


def test_another_thread_may_move_the_time():
    """The loop of a sleeping task is woken from outside, not left to find out by chance."""
    with fake_clock(autojump=False) as clock:

        async def main():
            loop = asyncio.get_running_loop()
            woken = []
            real, loop.call_soon_threadsafe = (
                loop.call_soon_threadsafe,
                lambda *args, **kw: (woken.append(1), real(*args, **kw))[1],
            )
            sleeping = asyncio.ensure_future(clock.asleep(5))
            await asyncio.sleep(0)
            mover = threading.Thread(target=clock.advance, args=(5,))
            mover.start()
            mover.join(60)
            await sleeping
            return woken

        assert asyncio.run(main()) == [1]
