"""When tickets arrive, and how fast the time goes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga._cli.demo.desk import BriskClock, Schedule


@given(st.integers(1, 500))
def test_arrivals_are_in_order_and_the_outage_is_among_them(count):
    """Each ticket has a time, none before the one ahead of it, and the provider goes down on the way."""
    schedule = Schedule.of(count)
    assert len(schedule.arrivals) == count
    assert list(schedule.arrivals) == sorted(schedule.arrivals)
    assert any(schedule.is_down(at) for at in schedule.arrivals)


def test_no_ticket_makes_an_empty_schedule():
    """Nothing arrives."""
    assert Schedule.of(0).arrivals == ()


def test_a_brisk_clock_multiplies_the_time():
    """A long wait of the desk is over at once, in a thread, in a task and in a timer."""
    clock = BriskClock(100_000.0)
    assert clock.time() > 0
    clock.sleep(60.0)
    assert clock.monotonic() >= 60.0
    asyncio.run(_waits(clock))
    assert clock.monotonic() >= 180.0


async def _waits(clock):
    await clock.asleep(60.0)
    rung = asyncio.Event()
    clock.call_later(60.0, rung.set)
    async with asyncio.timeout(10):
        await rung.wait()
    assert clock.monotonic() == pytest.approx(clock.monotonic(), rel=0.5)
