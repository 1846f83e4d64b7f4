"""The time that is left, and work that is taken out of the budgets around it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beluga import Bulkhead, DeadlineExceeded, breaker, budget, detached, remaining, spend
from beluga._engine import stream_layers, timeouts
from beluga._engine.state import give_back
from beluga._engine.timeouts import TIMER, set_deadline
from beluga.spending import SCOPE
from beluga.testing import fake_clock


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


def call_of(plan, clock):
    """Return an async function that waits and calls others as `plan` has it: seconds, or another plan, in turn."""
    total, *steps = plan
    inner = [step if isinstance(step, float) else call_of(step, clock) for step in steps]

    async def run():
        for step in inner:
            await (asyncio.sleep(step) if isinstance(step, float) else step())

    return run if total is None else budget(total)(run)


def end_of(plan, now=0.0, deadline=math.inf):
    """Return when the call of `plan` ends, and whether it does so by a deadline."""
    total, *steps = plan
    deadline = min(deadline, math.inf if total is None else now + total)
    for step in steps:
        now, is_late = (now + step, now + step > deadline) if isinstance(step, float) else end_of(step, now, deadline)
        if is_late:
            return min(now, deadline), True
    return now, False


PLANS = st.recursive(
    st.tuples(st.sampled_from([None, 0.75, 2.75, 5.75]), st.sampled_from([1.0, 3.0])),
    lambda plans: st.builds(
        lambda total, steps: (total, *steps),
        st.sampled_from([None, 0.75, 2.75, 5.75, 9.75]),
        st.lists(st.sampled_from([1.0, 3.0]) | plans, min_size=1, max_size=4),
    ),
    max_leaves=6,
)


@given(PLANS)
@example((1.0, (5.0, 0.125), 100.0))
@example((9.75, (2.75, (5.75, 1.0), 1.0), 100.0))
def test_each_deadline_holds_whoever_waits_first(plan):
    """Of calls within calls the first deadline that comes ends them all, though the innermost set its timer first."""
    with fake_clock() as clock:
        run = call_of(plan, clock)

        async def main():
            try:
                await run()
            except DeadlineExceeded:
                return clock.monotonic(), True
            finally:
                assert asyncio.current_task().cancelling() == 0
            return clock.monotonic(), False

        assert clock.run(main()) == end_of(plan)


def test_calls_that_rely_on_a_timer_leave_nothing_with_it(fake_clock):
    """An agent that runs for days in one budget calls a million times within it."""

    @budget(5)
    async def step():
        await asyncio.sleep(0.001)

    async def agent():
        await asyncio.sleep(0.001)
        running = TIMER.get()
        for _ in range(100):
            await step()
        assert not vars(running)["_heirs"]

    fake_clock.run(budget(1)(agent)())


def test_a_deadline_holds_after_a_wait_for_a_slot(fake_clock):
    """The wait for the bulkhead of a call inside has a timer of its own, and takes none with it when it ends."""
    slots = Bulkhead(1, 5)

    @slots
    async def ask():
        await asyncio.sleep(0.5)

    @budget(1)
    async def turn():
        await ask()
        await asyncio.sleep(100)

    async def main():
        first = asyncio.create_task(ask())
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded):
            await turn()
        await first
        return fake_clock.monotonic()

    assert fake_clock.run(main()) == 1.0


@pytest.mark.parametrize("ends", ["well", "badly", "after a wait", "interrupted"])
@pytest.mark.parametrize("layers", [(), (breaker,)], ids=["alone", "with another layer"])
def test_no_deadline_stays_behind(layers, ends, monkeypatch):
    """Under the machine's own clock, where it is set in line, and where a signal comes while it is set."""

    async def ask():
        assert 9.0 < remaining() <= 10.0
        if ends == "after a wait":
            await asyncio.sleep(0)
        if ends == "badly":
            raise KeyError
        return 9.0 < remaining() <= 10.0

    for layer in layers:
        ask = layer(ask)
    ask = budget(10.0)(ask)
    sync = budget(10.0)(lambda: asyncio.run(ask()))

    signals = iter([KeyboardInterrupt])

    def interrupted(moment):
        token = set_deadline(moment)
        for signal in signals:
            raise signal
        return token

    if ends == "interrupted":
        assert sync()  # so that the code is there
        monkeypatch.setitem(sync.__builtins__, "set_deadline", interrupted)
    expected = {"badly": KeyError, "interrupted": KeyboardInterrupt}.get(ends)
    with contextlib.nullcontext() if expected is None else pytest.raises(expected):
        assert sync()
    assert remaining() is None


def test_an_earlier_deadline_around_it_counts(fake_clock):
    """What is set in line is the earlier one, whichever budget that belongs to; the later one changes nothing."""

    def call(outer, inner):
        return budget(outer)(budget(inner)(remaining))(), budget(outer)(lambda: budget(inner)(remaining)())()

    assert call(3.0, 5.0) == call(5.0, 3.0) == call(3.0, 3.0) == (3.0, 3.0)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stream_leaves_no_deadline_to_its_consumer(number):
    """However far it has come, whatever is sent or thrown into it, and whoever closes it."""

    @budget(10.0)
    def stream():
        sent = None
        for _ in range(3):
            try:
                sent = yield sent, 9.0 < remaining() <= 10.0
            except LookupError:
                sent = "thrown"
        return "end"

    items = stream()
    assert next(items) == (None, True)
    assert remaining() is None
    for _ in range(number):
        assert items.send("sent") == ("sent", True)
        assert remaining() is None
    if number < 2:
        assert items.throw(LookupError) == ("thrown", True)
    else:
        with pytest.raises(StopIteration) as ended:
            next(items)
        assert ended.value.value == "end"
    items.close()
    assert remaining() is None


CHECKED = frozenset({"CALL", "CALL_FUNCTION_EX", "JUMP_BACKWARD", "RESUME"})
"""The bytecodes behind which CPython runs signal handlers."""


def plain_calls(ask, _):
    assert ask("text") == "fine"


def streams(_, stream):
    for item in stream("text"):
        assert item == "fine"


@pytest.mark.parametrize("way", [plain_calls, streams])
def test_a_signal_that_raises_while_a_deadline_is_given_back_comes_out_as_it_is(way, intruding):
    """It is not given back twice, which Python refuses, nor left behind, whichever call the handler raised behind."""

    @budget(60.0)
    def ask(text):
        return "fine"

    @budget(60.0)
    def stream(text):
        yield "fine"
        yield "fine"

    def interrupt():
        raise InterruptedError

    for where in ("<beluga", stream_layers.__file__, timeouts.__file__):
        total = intruding(where, lambda: way(ask, stream), after=CHECKED)
        for at in range(1, total + 1):

            def disturbed(where=where, at=at):
                with contextlib.suppress(InterruptedError):
                    intruding(where, lambda: way(ask, stream), interrupt, at, after=CHECKED)
                gc.collect()
                return remaining()

            assert contextvars.copy_context().run(disturbed) is None, (where, at)


def test_a_variable_is_given_back_once_and_also_where_a_later_token_was_lost():
    """A token that is used up says that it was given back, or that the value there is newer than the token."""
    variable = contextvars.ContextVar("test", default=0)
    outer = variable.set(1)
    token = variable.set(2)
    give_back(variable, 2, token, 0)
    give_back(variable, 2, token, 0)
    assert variable.get() == 1
    variable.set(2)
    give_back(variable, 2, token, 0)
    assert variable.get() == 1
    give_back(variable, 1, outer, 0)
    variable.set(1)
    give_back(variable, 1, outer, 0)
    assert variable.get() == 0


def test_no_item_that_comes_too_late_goes_out(fake_clock):
    """One at the very deadline does; the error comes in place of the first one after it."""

    @budget(10.0)
    def stream(pauses):
        for pause in pauses:
            fake_clock.advance(pause)
            yield pause

    heard = list(stream([4.0, 6.0]))
    with pytest.raises(DeadlineExceeded):
        heard.extend(stream([4.0, 6.0, 0.5]))
    assert heard == [4.0, 6.0, 4.0, 6.0]
