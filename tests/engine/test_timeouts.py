"""The time that is left, and work that is taken out of the budgets around it."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from beluga import DeadlineExceeded, budget, detached, remaining, spend
from beluga.spending import SCOPE


def test_there_is_nothing_left_of_no_budget():
    """Outside a budget it is None, which every client takes for no time-out."""
    assert remaining() is None


def test_what_is_left_can_be_handed_to_a_client(fake_clock):
    """Inside it is a figure above 0 and below infinity; when it is used up, the error comes before the client."""

    @budget(10)
    def ask():
        left = [remaining()]
        fake_clock.advance(9.5)
        left.append(remaining())
        fake_clock.advance(0.5)
        with pytest.raises(DeadlineExceeded, match="nothing is left"):
            remaining()
        return left

    assert ask() == [10.0, 0.5]


def test_what_is_detached_has_no_budget(fake_clock):
    """Time, tokens and money are those of nobody inside the block, and those of the budget again after it."""

    @budget(10, tokens=100)
    def ask():
        before = SCOPE.get()
        with detached():
            inside = remaining(), SCOPE.get()
            spend(tokens=1000)
        return inside, remaining(), SCOPE.get() is before

    assert ask() == ((None, None), 10.0, True)


def test_a_task_that_is_started_detached_outlives_its_request(fake_clock):
    """The request ends, and its background work goes on with a budget of its own."""
    done = []

    @budget(100)
    async def index():
        await asyncio.sleep(50)
        done.append(remaining())

    @budget(10)
    async def request():
        with detached():
            task = asyncio.create_task(index())
        await asyncio.sleep(5)
        return task

    async def main():
        await (await request())

    fake_clock.run(main())
    assert done == [50.0]


def test_a_clean_up_can_go_on_after_the_deadline(fake_clock):
    """In a finally block after the deadline, what is detached may call functions with budgets of their own."""
    cleaned = []

    @budget(5)
    async def clean():
        await asyncio.sleep(1)
        cleaned.append(remaining())

    @budget(5)
    async def clean_too_long():
        await asyncio.sleep(50)

    @budget(10)
    async def ask():
        try:
            await asyncio.sleep(60)
        finally:
            with detached():
                await clean()
                with pytest.raises(DeadlineExceeded):
                    await clean_too_long()

    async def main():
        with pytest.raises(DeadlineExceeded):
            await ask()

    fake_clock.run(main())
    assert cleaned == [4.0]
    assert fake_clock.monotonic() == 16.0


def test_a_detached_block_may_be_closed_from_elsewhere():
    """A coroutine that is closed in another context leaves the block without an error."""

    async def work():
        with detached():
            await asyncio.sleep(0)

    coroutine = work()
    coroutine.send(None)
    contextvars.Context().run(coroutine.close)
    assert remaining() is None
