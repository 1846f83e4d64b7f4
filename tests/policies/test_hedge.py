"""`hedge` asks a second time when an answer takes long, and leaves nothing running."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import (
    Hedge,
    RateLimited,
    RetryThrottle,
    budget,
    cached,
    events,
    explain,
    hedge,
    rate_limited,
    retry,
    traced,
)
from beluga.schema import AIMessage, Response, Usage
from beluga.testing import fake_clock, record_events, record_spans


class Runs:
    """A function whose runs take, and come to, what a plan says; it counts those that run."""

    def __init__(self, *plan):
        self.plan = plan
        self.begun = 0
        self.running = 0
        self.ended = []

    async def __call__(self):
        took, result = self.plan[min(self.begun, len(self.plan) - 1)]
        self.begun += 1
        number = self.begun
        self.running += 1
        try:
            await asyncio.sleep(took)
            if isinstance(result, Exception):
                raise result
            self.ended.append(number)
            return result
        finally:
            self.running -= 1


def asked(clock, runs, policy):
    """Return the answer of one call, or its error, and when it came; nothing runs any more then."""

    @policy
    async def ask():
        return await runs()

    async def main():
        began = clock.monotonic()
        try:
            result = await ask()
        except Exception as error:
            result = error
        took = clock.monotonic() - began
        assert runs.running == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert asyncio.current_task().cancelling() == 0
        return result, took

    return clock.run(main())


def test_an_answer_in_time_is_the_only_run(fake_clock):
    """Nothing is asked twice."""
    runs = Runs((0.5, "first"))
    assert asked(fake_clock, runs, hedge(1)) == ("first", 0.5)
    assert runs.begun == 1


def test_a_second_run_takes_over_from_a_slow_one(fake_clock):
    """The slow one is cancelled, and has ended when the call returns."""
    runs = Runs((60, "first"), (0.5, "second"))
    assert asked(fake_clock, runs, hedge(1)) == ("second", 1.5)
    assert runs.ended == [2]


def test_the_first_run_may_still_win(fake_clock):
    """Whichever comes first counts."""
    runs = Runs((1.2, "first"), (60, "second"))
    assert asked(fake_clock, runs, hedge(1)) == ("first", 1.2)
    assert runs.ended == [1]


def test_a_failure_in_time_is_not_hedged(fake_clock):
    """To ask again is the retry's affair."""
    runs = Runs((0.5, ConnectionError("gone")))
    result, took = asked(fake_clock, runs, hedge(1))
    assert (str(result), took, runs.begun) == ("gone", 0.5, 1)


@pytest.mark.parametrize(
    ("plan", "answer", "took"),
    [
        ([(2, ConnectionError("a")), (5, "second")], "second", 6),
        ([(9, "first"), (2, ConnectionError("b"))], "first", 9),
        ([(2, ConnectionError("a")), (5, ConnectionError("b"))], "a", 6),
        ([(9, ConnectionError("a")), (2, ConnectionError("b"))], "a", 9),
    ],
    ids=["first fails", "second fails", "both fail", "both fail, the second before"],
)
def test_a_late_failure_counts_only_if_nobody_answers(plan, answer, took, fake_clock):
    """Then the error of the first run is raised."""
    result, when = asked(fake_clock, Runs(*plan), hedge(1))
    assert (str(result), when) == (answer, took)


def test_more_runs_follow_each_other(fake_clock):
    """As many as are allowed, each as long after the one before."""
    runs = Runs((60, "1"), (60, "2"), (60, "3"), (0.5, "4"))
    with record_events(events.HedgeStarted) as seen:
        assert asked(fake_clock, runs, hedge(1, max_hedges=3)) == ("4", 3.5)
    assert [event.number for event in seen] == [1, 2, 3]


def test_both_at_the_same_moment_is_one_answer(fake_clock):
    """And no cancellation is left behind."""
    runs = Runs((2, "first"), (1, "second"))
    result, took = asked(fake_clock, runs, hedge(1))
    assert result in {"first", "second"}
    assert took == 2


def test_a_cancelled_call_ends_all_its_runs(fake_clock):
    """Its caller gets the cancellation, not an answer."""
    runs = Runs((60, "first"), (60, "second"))
    ask = hedge(1)(runs)

    async def main():
        task = asyncio.create_task(ask())
        await asyncio.sleep(1.5)
        assert runs.running == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert runs.running == 0

    fake_clock.run(main())


def test_a_call_that_is_cancelled_while_its_losers_end_waits_for_them(fake_clock):
    """Clean-up is never left behind."""
    cleaned = []

    @hedge(1)
    async def ask():
        try:
            await asyncio.sleep(2)
        except asyncio.CancelledError:
            await asyncio.sleep(5)
            cleaned.append(fake_clock.monotonic())
            raise

    async def main():
        task = asyncio.create_task(ask())
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    fake_clock.run(main())
    assert cleaned == [7]


def test_a_budget_outside_bounds_all_runs(fake_clock):
    """The deadline ends the second as well."""
    runs = Runs((60, "first"), (60, "second"))
    result, took = asked(fake_clock, runs, lambda function: budget(3)(hedge(1)(function)))
    assert isinstance(result, TimeoutError)
    assert took == 3


def test_a_budget_inside_bounds_each_run(fake_clock):
    """The first is over, and the second still has time."""
    runs = Runs((60, "first"), (1.5, "second"))
    assert asked(fake_clock, runs, lambda function: hedge(1)(budget(2)(function))) == ("second", 2.5)


def test_while_everything_is_slow_nothing_is_doubled(fake_clock):
    """Twenty calls, and then a tenth of them."""
    runs = Runs((5, "slow"))
    ask = hedge(1)(runs)

    async def main():
        for _ in range(200):
            await ask()

    fake_clock.run(main())
    assert runs.begun <= 200 * 1.1 + 20


def test_the_tokens_may_be_those_of_a_retry(fake_clock):
    """In an outage that a retry has seen there are no second runs."""
    throttle = RetryThrottle()
    while throttle.failed():
        pass
    runs = Runs((5, "slow"))
    assert asked(fake_clock, runs, hedge(1, throttle=throttle)) == ("slow", 5)
    assert runs.begun == 1


def test_a_percentile_is_learnt_from_what_was_seen(fake_clock):
    """There is no second run before ten calls were seen."""
    policy = Hedge("p90")
    assert policy.delay() is None
    runs = Runs(*[(n / 10, "x") for n in range(20, 0, -1)], (60, "slow"), (0, "second"))
    ask = policy(runs)

    async def main():
        for _ in range(20):
            await ask()
        assert policy.delay() == pytest.approx(1.9)
        began = fake_clock.monotonic()
        assert await ask() == "second"
        return fake_clock.monotonic() - began

    assert fake_clock.run(main()) == pytest.approx(1.9)


def test_the_slowest_percent_become_quick(fake_clock):
    """p99 of a provider of which each twentieth answer takes 10 s falls to about the delay and a median."""
    rng = random.Random(7)
    begun = 0

    @hedge("p95")
    async def ask():
        nonlocal begun
        begun += 1
        await asyncio.sleep(10 if rng.random() < 0.05 else rng.uniform(0.4, 0.6))

    async def main():
        times = []
        for _ in range(2000):
            began = fake_clock.monotonic()
            await ask()
            times.append(fake_clock.monotonic() - began)
        return sorted(times)

    times = fake_clock.run(main())
    assert times[1980] <= 0.6 + 0.6
    assert begun <= 2000 * 1.1


def test_an_interruption_that_becomes_an_error_is_still_an_answer(fake_clock):
    """The first run turns the cancellation into something else; no cancellation is left behind."""
    begun = []

    @hedge(1)
    async def ask():
        begun.append(1)
        if len(begun) == 2:
            return "second"
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("while cleaning up")

    async def main():
        assert await ask() == "second"
        assert asyncio.current_task().cancelling() == 0

    fake_clock.run(main())


def test_a_loser_that_cannot_be_closed_does_not_cost_the_answer(fake_clock):
    """Its stream is thrown away, whatever it says."""
    begun = []

    @hedge(1, max_hedges=2)
    async def ask():
        begun.append(1)
        number = len(begun)
        try:
            await asyncio.sleep(60 if number == 1 else 4 - number)
            yield number
        finally:
            if number == 3:
                raise ValueError("while closing")

    async def main():
        return [item async for item in ask()]

    assert fake_clock.run(main()) == [2]


# Streams.


def streams(plan, closed):
    """Return a stream function whose runs wait so long for their first item."""
    begun = 0

    async def ask():
        nonlocal begun
        first, items = plan[min(begun, len(plan) - 1)]
        begun += 1
        number = begun
        try:
            await asyncio.sleep(first)
            for item in items:
                yield item
                await asyncio.sleep(1)
        finally:
            closed.append(number)

    return ask


def test_the_first_item_decides_a_race_of_streams(fake_clock):
    """The slow one is closed before that item is handed out."""
    closed = []
    ask = hedge(1)(streams([(60, "abc"), (0.5, "xyz")], closed))

    async def main():
        stream = ask()
        items = [await anext(stream)]
        assert closed == [1]
        assert fake_clock.monotonic() == 1.5
        items += [item async for item in stream]
        return items

    assert fake_clock.run(main()) == ["x", "y", "z"]
    assert closed == [1, 2]


def test_a_stream_that_begins_in_time_is_the_only_one(fake_clock):
    """How long it goes on does not matter."""
    closed = []
    ask = hedge(1)(streams([(0.5, "abcdef")], closed))

    async def main():
        return [item async for item in ask()]

    assert fake_clock.run(main()) == list("abcdef")
    assert closed == [1]


def test_a_stream_that_is_left_is_closed(fake_clock):
    """Also where the second one won."""
    closed = []
    ask = hedge(1)(streams([(60, "abc"), (0.5, "xyz")], closed))

    async def main():
        stream = ask()
        await anext(stream)
        await stream.aclose()

    fake_clock.run(main())
    assert closed == [1, 2]


def test_what_is_sent_and_thrown_into_a_stream_arrives():
    """As if there were no decorator."""

    @hedge(10)
    async def ask():
        heard = yield "first"
        try:
            yield heard
        except ValueError as error:
            yield str(error)

    async def main():
        stream = ask()
        return [await anext(stream), await stream.asend("sent"), await stream.athrow(ValueError("thrown"))]

    assert asyncio.run(main()) == ["first", "sent", "thrown"]


def test_an_empty_stream_is_an_answer(fake_clock):
    """It has ended well."""
    ask = hedge(1)(streams([(0.5, "")], []))

    async def main():
        return [item async for item in ask()]

    assert fake_clock.run(main()) == []


def only_once():
    """Return what waits for a minute when it is awaited first, and not at all after that."""
    waits = iter([60])

    async def pause():
        await asyncio.sleep(next(waits, 0))

    return pause


@pytest.mark.parametrize("reads_on_after", [0, 9], ids=["while it is read", "while its reader does something else"])
def test_a_time_out_inside_the_stream_that_won_still_fires(reads_on_after, fake_clock):
    """Its steps are taken where its first one was, so that it is that task which the time-out cancels."""

    pause = only_once()

    @hedge(1)
    async def bounded():
        await pause()
        try:
            async with asyncio.timeout(5):
                yield "first"
                await asyncio.sleep(60)
        except TimeoutError:
            yield "late"

    async def main():
        items = []
        async for item in bounded():
            items.append((item, fake_clock.monotonic()))
            await asyncio.sleep(reads_on_after)
        assert asyncio.current_task().cancelling() == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return items

    came = 6 if reads_on_after == 0 else 10
    assert fake_clock.run(main()) == [("first", 1), ("late", came)]


def test_a_task_group_inside_the_stream_that_won_is_left_in_its_own_task(fake_clock):
    """Leaving it in another one would wait for a cancellation that never comes."""
    ended = []

    pause = only_once()

    @hedge(1)
    async def grouped():
        await pause()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(2, "done")).add_done_callback(lambda task: ended.append(task.result()))
            yield "first"
        yield "second"

    async def main():
        return [item async for item in grouped()]

    assert fake_clock.run(main()) == ["first", "second"]
    assert ended == ["done"]


def test_who_cancels_the_reader_of_the_stream_that_won_cancels_its_step(fake_clock):
    """And the reader gets his cancellation when the stream has cleaned up."""
    cleaned = []

    pause = only_once()

    @hedge(1)
    async def waits():
        await pause()
        yield "first"
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1)
            cleaned.append(fake_clock.monotonic())

    async def read():
        return [item async for item in waits()]

    async def main():
        task = asyncio.create_task(read())
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    fake_clock.run(main())
    assert cleaned == [4]


def test_what_is_sent_and_thrown_into_the_stream_that_won_arrives(fake_clock):
    """As into any other, and what it raises comes out of it."""

    pause = only_once()

    @hedge(1)
    async def ask():
        await pause()
        heard = yield "first"
        try:
            yield heard
        except ValueError as error:
            yield str(error)
        raise KeyError("last")

    async def main():
        stream = ask()
        items = [await anext(stream), await stream.asend("sent"), await stream.athrow(ValueError("thrown"))]
        with pytest.raises(KeyError, match="last"):
            await anext(stream)
        return items

    assert fake_clock.run(main()) == ["first", "sent", "thrown"]


def test_a_loop_that_ends_does_not_wait_for_a_stream_that_nobody_reads(fake_clock):
    """It is closed with the others."""
    closed = []

    pause = only_once()

    @hedge(1)
    async def waits():
        await pause()
        try:
            yield "first"
            yield "second"
        finally:
            closed.append(1)

    kept = []

    async def main():
        kept.append(waits())
        return await anext(kept[0])

    assert fake_clock.run(main()) == "first"
    assert closed == [1]


def test_a_percentile_stays_what_it_is(fake_clock):
    """Neither the quick second runs make it sink, nor the waiting before them climb."""
    rng = random.Random(0)
    policy = Hedge("p95", throttle=RetryThrottle(max_tokens=1000, token_ratio=1.0))
    begun = 0

    @policy
    async def ask():
        nonlocal begun
        begun += 1
        await asyncio.sleep(rng.expovariate(1))

    async def main():
        delays = []
        for _ in range(2000):
            await ask()
            delays.append(policy.delay())
        return sorted(delays[200:])

    delays = fake_clock.run(main())
    assert 2.5 < delays[len(delays) // 2] < 3.1  # it is 3.0, and 2.4 with the times of those that answered
    assert begun < 2000 * 1.085  # 1.095 with the times of those that answered


# Together with the others.


def test_each_run_takes_a_permit_and_leaves_a_span(fake_clock):
    """Of the layers inside."""
    runs = Runs((60, "first"), (0.5, "second"))

    def stack(function):
        return hedge(1)(traced(name="run")(rate_limited(2)(function)))

    with record_spans() as spans:
        assert asked(fake_clock, runs, stack)[0] == "second"
    assert [span.name for span in spans.spans] == ["run", "run"]


def test_the_spans_of_both_runs_hang_under_that_of_the_call(fake_clock):
    """The second is not a part of the first, whose span is current while it waits."""
    runs = Runs((60, "first"), (0.5, "second"))

    def stack(function):
        return traced(name="call")(hedge(1)(traced(name="run")(function)))

    with record_spans() as spans:
        asked(fake_clock, runs, stack)
    call, *both = sorted(spans.spans, key=lambda span: span.name)
    assert [span.name for span in (call, *both)] == ["call", "run", "run"]
    assert {span.parent.span_id for span in both} == {call.context.span_id}


def test_whoever_hears_of_a_second_run_does_so_in_the_context_of_the_call(fake_clock):
    """So a subscriber knows on whose behalf it was made, also under a fake clock."""
    request, heard = contextvars.ContextVar("request", default=None), []

    @hedge(1)
    async def ask():
        request.set("changed by the run")
        await asyncio.sleep(1.5)

    async def main():
        request.set("of the call")
        with events.subscribe(lambda _: heard.append(request.get()), events.HedgeStarted):
            await ask()

    fake_clock.run(main())
    assert heard == ["of the call"]


def test_a_budget_of_tokens_is_charged_for_both(fake_clock):
    """The run that was thrown away costs what the answer cost."""
    answer = Response(AIMessage("hi"), usage=Usage(10, 5))
    policy = budget(tokens=100, key=lambda given: "all")
    asked(fake_clock, Runs((60, answer), (0.5, answer)), lambda function: policy(hedge(1)(function)))
    assert policy.account("all").spent.tokens == 30


def test_a_run_that_nobody_reports_is_charged_its_estimate(fake_clock):
    """It was sent, as the one that has answered was."""
    policy = budget(tokens=100, key=lambda given: "all", estimate=20)
    asked(fake_clock, Runs((60, "late"), (0.5, "hi")), lambda function: policy(hedge(1)(function)))
    assert policy.account("all").spent.tokens == 40


@pytest.mark.parametrize(
    ("error", "tokens"), [(TimeoutError(), 40), (RateLimited("full"), 20)], ids=["sent", "refused"]
)
def test_two_runs_that_fail_are_charged_if_they_were_sent(error, tokens, fake_clock):
    """Each costs its estimate; a run that a layer further in refused was not sent."""
    policy = budget(tokens=100, key=lambda given: "all", estimate=20)
    runs = Runs((2, ConnectionError()), (3, error))
    result, _ = asked(fake_clock, runs, lambda function: policy(hedge(1)(function)))
    assert isinstance(result, ConnectionError)
    assert policy.account("all").spent.tokens == tokens


def test_a_budget_of_money_by_the_table_is_charged_for_both(fake_clock):
    """The answer names the model that both runs are priced by."""
    answer = Response(AIMessage("hi"), usage=Usage(1_000_000), model="gpt-4o-mini")
    policy = budget(cost=5, key=lambda given: "all")
    result, _ = asked(fake_clock, Runs((60, answer), (0.5, answer)), lambda function: policy(hedge(1)(function)))
    assert result is answer
    assert policy.account("all").spent.cost == 0.30


def test_explain_warns_of_a_hedge_outside_of_a_retry():
    """Each of its runs would be tried again by itself."""
    told = explain(hedge(1)(retry(Runs((1, "x")))))
    assert "hedge stands outside retry: each further run is tried again by itself" in told
    assert "hedge stands outside cached" in explain(hedge(1)(cached(1)(Runs((1, "x")))))


def test_a_hedge_is_copied_by_its_options():
    """What it has learnt is not."""
    policy = copy.deepcopy(Hedge("p95", max_hedges=2))
    assert (policy.after, policy.max_hedges) == ("p95", 2)


def test_a_delay_may_be_a_text():
    """As every duration may."""
    assert (Hedge("2s").after, Hedge("1m30s").after, Hedge("p95").after) == (2.0, 90.0, "p95")


@pytest.mark.parametrize("after", [0, -1, float("nan"), float("inf"), "95", "p0", "p100", "px", True, None], ids=str)
def test_a_delay_that_is_none_is_refused(after):
    """With what it may be."""
    with pytest.raises((ValueError, TypeError), match=r'must be seconds above 0, or a percentile such as "p95"'):
        hedge(after)


def test_a_plain_function_is_refused():
    """Two threads cannot cancel each other."""
    with pytest.raises(TypeError, match="hedge cannot decorate the function"):
        hedge(1)(lambda: None)
    with pytest.raises(TypeError, match=r"write @hedge\(after=1.5\) above"):
        hedge(Runs)


def test_an_answer_of_the_moment_in_which_the_first_run_fails_counts_at_once(fake_clock):
    """It does not wait for another run to end."""
    runs = Runs((3, ConnectionError("a")), (3, ConnectionError("b")), (0, ConnectionError("c")), (0, "fourth"))
    assert asked(fake_clock, runs, hedge(1, max_hedges=3)) == ("fourth", 3)


@given(
    st.lists(st.tuples(st.sampled_from([0, 0.5, 1, 1.5, 2, 3, 5]), st.booleans()), min_size=1, max_size=4),
    st.integers(1, 3),
    st.one_of(st.none(), st.sampled_from([0, 0.5, 1, 1.5, 2, 2.5])),
)
def test_no_run_outlives_its_call(plan, max_hedges, cancelled_at):
    """Whatever the runs come to, and whenever the caller gives up: the answer is a good one, and none is left."""
    runs = Runs(*[(took, f"run {n}" if good else ConnectionError(f"run {n}")) for n, (took, good) in enumerate(plan)])
    with fake_clock() as clock:
        ask = Hedge(1, max_hedges=max_hedges)(runs)

        async def main():
            task = asyncio.create_task(ask())
            if cancelled_at is not None:
                await asyncio.sleep(cancelled_at)
                task.cancel()
            await asyncio.wait([task])
            assert runs.running == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return task

        task = clock.run(main())
        if not task.cancelled() and task.exception() is None:
            assert task.result().startswith("run")
        if cancelled_at is None:
            began = [(n + took, good, n) for n, (took, good) in enumerate((plan + [plan[-1]] * 4)[: max_hedges + 1])]
            first_end, first_good, _ = began[0]
            if first_end < 1:
                assert (task.exception() is None) == first_good
            elif task.exception() is None:
                assert clock.monotonic() in {end for end, good, _ in began if good}


@pytest.mark.parametrize("winner", [1, 2])
def test_a_stream_is_closed_whose_caller_gives_up_while_the_losers_end(winner, fake_clock):
    """A cancellation that comes while the other runs still clean up closes the stream that has come first."""
    begun, closed = [], []

    @hedge(after=1, max_hedges=2)
    async def ask():
        begun.append(None)
        run = len(begun)
        try:
            if run == winner:
                await asyncio.sleep(4 - run)
                yield "first"
            else:
                try:
                    await asyncio.sleep(100)
                finally:
                    await asyncio.sleep(10 * (run == 3))  # it is slow to end
        finally:
            closed.append(run)

    async def main():
        read = asyncio.create_task(anext(ask()))
        await asyncio.sleep(5)
        read.cancel()
        await asyncio.wait([read])
        assert read.cancelled()
        assert sorted(closed) == [1, 2, 3]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    fake_clock.run(main())


@pytest.mark.parametrize("way", ["notes", "raises"])
def test_a_note_of_a_time_that_is_disturbed_at_any_bytecode_harms_no_later_one(way, intruding):
    """Whether another thread notes one of its own there, or a signal handler raises: a hundred are known, in order."""
    module = sys.modules["beluga._policies.hedge"]

    def known():
        times = module._Times()
        for took in range(100):
            times.add(float(took % 7))
        return times

    full = known()
    total = intruding(module.__file__, lambda: full.add(9.0))
    assert total > 30
    for at in range(1, total + 1):
        times = known()

        def intrude(times=times):
            if way == "raises":
                raise InterruptedError
            times.add(8.0)

        with contextlib.suppress(InterruptedError):
            intruding(module.__file__, lambda times=times: times.add(9.0), intrude, at)
        for _ in range(100):
            times.add(1.0)
        assert times._sorted == sorted(times._came) == [1.0] * 100


@pytest.mark.parametrize("turns", range(6))
def test_a_cancellation_in_the_moment_of_an_answer_is_not_lost(turns, fake_clock):
    """However many turns of the loop lie between: who was told that he has cancelled the call gets no answer."""
    runs = []

    @hedge(after=1.0)
    async def ask():
        runs.append(len(runs))
        await asyncio.sleep(100.0 if len(runs) == 1 else 1.0)
        return "quick"

    async def main():
        task = asyncio.create_task(ask())
        await asyncio.sleep(2.0)
        for _ in range(turns):
            await asyncio.sleep(0)
        has_cancelled = task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == has_cancelled
        assert has_cancelled or task.result() == "quick"

    fake_clock.run(main())


@pytest.mark.parametrize("turns", range(6))
def test_two_answers_in_one_moment_leave_no_cancellation_behind(turns, fake_clock):
    """One of them is the answer, and the task goes on as if nobody had interrupted it."""
    runs = []

    @hedge(after=1.0)
    async def ask():
        runs.append(len(runs))
        is_first = len(runs) == 1
        await asyncio.sleep(2.0 if is_first else 1.0)
        for _ in range(turns if is_first else 0):
            await asyncio.sleep(0)
        return "first" if is_first else "second"

    async def main():
        assert await ask() in {"first", "second"}
        assert asyncio.current_task().cancelling() == 0
        await asyncio.sleep(1.0)

    fake_clock.run(main())
    assert runs == [0, 1]


def test_a_hedged_call_needs_a_task_and_says_so(fake_clock):
    """Its runs cancel each other, which only a task can be."""

    @hedge(after=1.0)
    async def ask():
        await asyncio.sleep(5.0)

    async def main():
        loop = asyncio.get_running_loop()
        told = loop.create_future()

        def drive():
            try:
                ask().send(None)
            except RuntimeError as error:
                told.set_result(str(error))

        loop.call_soon(drive)
        return await told

    assert "ask has to be awaited in a task, as its runs cancel each other" in fake_clock.run(main())


def test_a_hedged_call_that_is_closed_ends_its_runs_and_costs_them(fake_clock):
    """Nothing can be awaited then: the other run is cancelled, and was sent as the first one was."""
    runs, limit = Runs((60.0, "late")), budget(tokens=100, key="user", estimate=3)

    @limit
    @hedge(after=1.0)
    async def ask(user):
        return await runs()

    async def main():
        call = ask("a")
        call.send(None)
        await asyncio.sleep(2.0)
        assert runs.running == 2
        call.close()
        await asyncio.sleep(0)
        assert runs.running == 0

    fake_clock.run(main())
    assert limit.account("a").spent.tokens == 6
