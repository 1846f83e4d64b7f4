"""Virtual time beside threads: it stands still while one works for the loop, and goes on where none does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import anyio
import anyio.to_thread
import pytest

from beluga import DeadlineExceeded, budget
from beluga.clock import environment
from beluga.testing import fake_clock
from beluga.testing.loop import counting

WORK = 0.05  # real seconds

on_every_loop = pytest.mark.parametrize("run", ["clock", "asyncio"])


def _run(clock, run, main):
    return clock.run(main) if run == "clock" else asyncio.run(main)


async def _in_executor():
    return await asyncio.get_running_loop().run_in_executor(None, time.sleep, WORK)


async def _in_own_pool():
    with ThreadPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, time.sleep, WORK)


WAYS = {
    "to_thread": lambda: asyncio.to_thread(time.sleep, WORK),
    "executor": _in_executor,
    "own pool": _in_own_pool,
    "anyio": lambda: anyio.to_thread.run_sync(time.sleep, WORK),
}


@on_every_loop
@pytest.mark.parametrize("way", WAYS)
def test_time_stands_still_while_a_thread_works(fake_clock, run, way):
    """A deadline does not pass while work of the loop is done elsewhere, the first time and the tenth."""

    @budget(10.0)
    async def work():
        for _ in range(3):
            await WAYS[way]()
        return environment().monotonic()

    assert _run(fake_clock, run, work()) == 0.0


@on_every_loop
def test_queued_work_counts(fake_clock, run):
    """Also what waits for a thread to become free."""

    @budget(1.0)
    async def work():
        with ThreadPoolExecutor(1) as pool:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, WORK / 5) for _ in range(10)))

    _run(fake_clock, run, work())
    assert fake_clock.monotonic() == 0.0


@on_every_loop
def test_sleepers_go_on_once_the_work_is_done(fake_clock, run):
    """The sleeper of a second is woken after the work, at its second."""

    async def sleeper():
        await environment().clock.asleep(1.0)
        return fake_clock.monotonic()

    async def main():
        seen = []
        work = asyncio.to_thread(lambda: (time.sleep(WORK), seen.append(fake_clock.monotonic())))
        woken, _ = await asyncio.gather(sleeper(), work)
        return woken, seen

    assert _run(fake_clock, run, main()) == (1.0, [0.0])


@on_every_loop
def test_idle_threads_hold_nothing_up(fake_clock, run):
    """Once the pool has nothing to do, an hour of a thousand steps passes at once."""

    async def main():
        await asyncio.to_thread(int)
        await anyio.to_thread.run_sync(int)
        took = []
        while not took or (min(took) >= 200 * 0.01 and len(took) < 3):  # 0.01 is the grace; the machine may stand still
            began = time.perf_counter()
            for _ in range(200):
                await environment().clock.asleep(3.6)
            took.append(time.perf_counter() - began)
        return took

    took = _run(fake_clock, run, main())
    assert min(took) < 200 * 0.01
    assert fake_clock.monotonic() == pytest.approx(720.0 * len(took))


@on_every_loop
@pytest.mark.parametrize("wait", ["clock", "event", "loop"])
def test_a_worker_that_waits_for_the_time_lets_it_go_on(fake_clock, run, wait):
    """Be it for the clock itself, for an event that a sleeper sets, or for a coroutine of the loop."""
    event = threading.Event()

    def work(loop):
        if wait == "clock":
            environment().clock.wait(event, 5.0)
        elif wait == "event":
            event.wait(30)
        else:
            asyncio.run_coroutine_threadsafe(environment().clock.asleep(5.0), loop).result(30)
        return fake_clock.monotonic()

    async def release():
        await environment().clock.asleep(5.0)
        if wait == "event":
            event.set()

    async def main():
        woken, _ = await asyncio.gather(asyncio.to_thread(work, asyncio.get_running_loop()), release())
        return woken

    assert _run(fake_clock, run, main()) >= 5.0


@on_every_loop
def test_abandoned_work_is_not_waited_for(fake_clock, run):
    """Whose result nobody wants any more may work on while time passes."""
    go_on = threading.Event()

    async def main():
        future = asyncio.get_running_loop().run_in_executor(None, go_on.wait, 30)
        await asyncio.sleep(0)
        future.cancel()
        await environment().clock.asleep(60.0)
        go_on.set()

    _run(fake_clock, run, main())
    assert fake_clock.monotonic() == 60.0


@on_every_loop
@pytest.mark.parametrize("in_time", [True, False])
def test_a_thread_of_its_own_gets_a_grace(run, in_time):
    """What somebody's own thread sends to the loop within the grace comes before the deadline, and not after it."""
    given_up = threading.Event()

    @budget(10.0)
    async def ask():
        loop = asyncio.get_running_loop()
        answered = loop.create_future()

        def answer():
            if in_time:
                time.sleep(WORK)
                loop.call_soon_threadsafe(answered.set_result, "here")
            given_up.wait(30)

        threading.Thread(target=answer).start()
        return await answered

    with fake_clock(grace=30.0 if in_time else WORK / 50) as clock:
        if in_time:
            assert _run(clock, run, ask()) == "here"
        else:
            with pytest.raises(DeadlineExceeded):
                _run(clock, run, ask())
    assert clock.monotonic() == (0.0 if in_time else 10.0)
    given_up.set()


def test_a_socket_gets_a_grace():
    """What comes over a connection within the grace comes before the deadline."""

    @budget(10.0)
    async def ask(end):
        reader, writer = await asyncio.open_connection(sock=end)
        try:
            return await reader.readexactly(4)
        finally:
            writer.close()

    older = threading.Event()  # a thread from before the clock counts as somebody else's
    ours, theirs = socket.socketpair()

    def answer():
        older.wait(30)
        time.sleep(WORK)
        theirs.sendall(b"here")

    thread = threading.Thread(target=answer)
    thread.start()
    with theirs, fake_clock(grace=30.0) as clock:
        older.set()
        assert clock.run(ask(ours)) == b"here"
        assert clock.monotonic() == 0.0
    thread.join(30)


def test_a_process_pool_gets_the_function_itself(fake_clock):
    """The count of the work does not go along, and its result comes back."""

    async def main():
        with ProcessPoolExecutor(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, pow, 2, 10)

    assert fake_clock.run(main()) == 1024


def test_nothing_is_counted_after_the_block():
    """asyncio's own loops are as they were, however blocks overlap."""
    real = asyncio.BaseEventLoop.run_in_executor
    one, other = counting(), counting()  # what fake_clock does, whose blocks must lie within each other
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert asyncio.BaseEventLoop.run_in_executor is not real
    other.__exit__(None, None, None)
    assert asyncio.BaseEventLoop.run_in_executor is real


def test_without_autojump_timers_of_the_loop_follow_another_thread():
    """`asyncio.sleep` on the clock's loop ends when another thread has moved the time."""
    with fake_clock(autojump=False) as clock:

        async def main():
            sleeping = asyncio.create_task(asyncio.sleep(3600.0))
            await asyncio.sleep(0)
            await asyncio.to_thread(clock.advance, 3600.0)
            await sleeping
            return clock.monotonic()

        assert clock.run(main()) == 3600.0
