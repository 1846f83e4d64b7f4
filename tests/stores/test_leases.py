"""Permits of a shared limit that a process takes for several calls at once."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import time
import types
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beluga import CircuitOpen, Rate, RateLimited, layers, rate_limited
from beluga._engine.target import Kind
from beluga.stores import FakeStore
from beluga.testing import fake_clock as virtual_clock
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))
ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "token_bucket"])
LEASED = pytest.mark.parametrize("lease", [None, "auto"])


def leased(store, limit, window=60.0, **options):
    return rate_limited(limit, window, name="leased", store=store, lease="auto", **options)


@KINDS
@ALGORITHMS
def test_most_calls_find_a_permit_at_hand(kind, algorithm, fake_clock):
    """A limit of 60,000 a minute gives 50 at a time."""
    store = FakeStore()
    ask = leased(store, 60_000, algorithm=algorithm)(subject(kind))
    for _ in range(150):
        assert outcome(kind, ask) == "hello"
    assert store.asked == 3
    assert fake_clock.monotonic() == 0


@KINDS
def test_a_refusal_is_known_for_a_quarter_of_a_second(kind, fake_clock):
    """It asks nobody, says when to come again, and is asked anew after that."""
    store = FakeStore()
    ask = leased(store, 1)(subject(kind))
    outcome(kind, ask)
    for _ in range(3):
        with pytest.raises(RateLimited) as refused:
            outcome(kind, ask)
    assert store.asked == 2
    fake_clock.advance(0.2)
    with pytest.raises(RateLimited) as refused:
        outcome(kind, ask)
    assert refused.value.retry_after == pytest.approx(59.8)
    fake_clock.advance(0.06)
    with pytest.raises(RateLimited):
        outcome(kind, ask)
    assert store.asked == 3


def test_several_rates_are_leased_together(fake_clock):
    """For as many calls as the scarcest allows, also where a cost depends on the call."""
    store = FakeStore()
    rates = [Rate(60_000, 60), Rate(600_000, 60, cost=lambda call: call["tokens"])]
    ask = rate_limited(rates=rates, name="leased", store=store, lease="auto")(lambda tokens: tokens)
    for _ in range(20):
        ask(25)  # 50 calls' requests, 20 calls' tokens
    assert store.asked == 1
    ask(25)
    assert store.asked == 2
    assert fake_clock.monotonic() == 0


@ALGORITHMS
def test_a_dear_call_leaves_what_is_at_hand_to_cheap_ones(algorithm, fake_clock):
    """It asks for itself, and no permit is lost: all 6000 are used, and of four cheap calls one asked."""
    store = FakeStore()
    rate = Rate(6000, 60, cost=lambda call: call["tokens"])
    ask = rate_limited(rates=[rate], algorithm=algorithm, name="leased", store=store, lease="auto")(lambda tokens: None)
    for _ in range(120):
        ask(1)
        ask(49)
    with pytest.raises(RateLimited):
        ask(1)
    assert store.asked <= 120 + 120 / 4 + 2
    assert fake_clock.monotonic() == 0


def test_keys_that_python_takes_for_equal_have_permits_of_their_own(fake_clock):
    """As without a lease: 1 and True are two keys, and a list is none."""
    store = FakeStore()
    ask = leased(store, 60_000, key="who")(lambda who: who)
    for who in (1, True, 1.0):
        ask(who)
    assert store.asked == 3
    with pytest.raises(TypeError, match=r"rate_limited.*hashable"):
        ask([1])
    assert fake_clock.monotonic() == 0


@ALGORITHMS
def test_what_a_leased_call_did_not_send_is_given_back(algorithm, fake_clock):
    """A window's to the store, where another process may have it; a bucket's is at hand, where it melts as the rest."""
    store = FakeStore()

    @leased(store, 60_000, algorithm=algorithm)
    @rate_limited(2, 3600.0)
    def ask():
        return "fine"

    for _ in range(2):
        ask()
    before, asked = layers(ask)[0].remaining(), store.asked
    for _ in range(100):
        with pytest.raises(RateLimited, match="of 2 per 3600"):
            ask()
    if algorithm == "fixed_window":
        assert layers(ask)[0].remaining() == 60_000 - 3 * 50 + 100
    else:
        assert store.asked == asked  # no question for any of them
        assert layers(ask)[0].remaining() == before
    assert fake_clock.monotonic() == 0


@LEASED
@ALGORITHMS
def test_calls_that_book_more_than_they_use_are_refused_for_what_was_used(algorithm, lease, fake_clock):
    """Of 100,000 tokens each books 1000 and uses 100, as every answer of a model is shorter than it may be."""
    options = {"cost": 1000, "settle": lambda used: used, "algorithm": algorithm, "lease": lease}
    ask = rate_limited(100_000, 60.0, name="tokens", store=FakeStore(), **options)(lambda: 100)
    for _ in range(991):
        ask()
    with pytest.raises(RateLimited):
        ask()
    assert fake_clock.monotonic() == 0


steps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.003, 0.02, 0.07, 0.3]), st.integers(0, 2), st.booleans()),
    min_size=8,
    max_size=30,
)


def admitted(algorithm, limit, window, steps):
    """Yield when calls of three processes are admitted, and whether that asked the store."""
    with virtual_clock() as clock:
        store = FakeStore()
        limiters = [leased(store, limit, window, algorithm=algorithm)(lambda: 1) for _ in range(3)]
        for gap, process, many in steps:
            clock.advance(gap)
            for _ in range(40 if many else 1):
                before = store.asked
                try:
                    limiters[process]()
                except RateLimited:
                    continue
                yield clock.monotonic(), store.asked > before


def test_a_bucket_with_leases_never_admits_more_than_without(until_reached):
    """In no span of time more than the limit and what comes back meanwhile, however leases lie between processes."""
    reached = Counter()

    @settings(max_examples=40)
    @given(st.sampled_from([(100, 1.0), (150, 0.5)]), steps)
    def holds(rate, steps):
        limit, window = rate
        level, last = 0.0, 0.0
        for at, asked in admitted("token_bucket", limit, window, steps):
            level = max(0.0, level - (at - last) * limit / window) + 1
            last = at
            assert level <= limit + 1e-6
            reached["asked" if asked else "at hand"] += 1
            reached["full"] += level > limit - 4

    until_reached(holds, reached, {"asked", "at hand", "full"})


def test_a_window_with_leases_never_admits_more_than_its_limit(until_reached):
    """What was taken ahead counts in its window, and is gone with it."""
    reached = Counter()

    @settings(max_examples=40)
    @given(st.sampled_from([(100, 1.0), (150, 0.5)]), steps)
    def holds(rate, steps):
        limit, window = rate
        end = count = 0
        for at, asked in admitted("fixed_window", limit, window, steps):
            if at >= end - 1e-6:
                reached["new"] += bool(end)
                end, count = at + window, 0
            count += 1
            assert count <= limit
            reached["asked" if asked else "at hand"] += 1
            reached["full"] += count == limit

    until_reached(holds, reached, {"asked", "at hand", "full", "new"})


class Running:
    """A call that has been admitted, and is driven by hand."""

    def __init__(self, function):
        self._coroutine = function()
        self._coroutine.send(None)

    def end(self, used):
        with contextlib.suppress(StopIteration, CircuitOpen):
            self._coroutine.send(used)


@types.coroutine
def told():
    return (yield)


async def until_told():
    if not await told():
        raise CircuitOpen  # as a layer inside does, so that nothing was sent


def running_calls(steps, limit, window, **options):
    """Yield when each call of three processes was admitted, and what it cost in the end: a permit or none."""
    with virtual_clock() as clock:
        options |= {"name": "a", "store": FakeStore()}
        asks = [rate_limited(limit, window, **options)(until_told) for _ in range(3)]
        running, ended = [], []
        for gap, count, process, used in [*steps, (0.0, -(10**9), 0, 1)]:
            clock.advance(gap)
            for _ in range(max(0, count)):
                with contextlib.suppress(RateLimited):
                    running.append((clock.monotonic(), Running(asks[process])))
            for _ in range(min(len(running), max(0, -count))):
                at, call = running.pop(-1 if process else 0)
                call.end(used)
                ended.append((at, used))
    return sorted(ended)


uses = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.1, 0.5, 0.9]),
        st.sampled_from([1, 50, 75, 150, -20, -75]),
        st.integers(0, 2),
        st.integers(0, 1),
    ),
    min_size=5,
    max_size=12,
)
GIVEN_BACK_WHEN_FULL = [
    (0.0, 75, 0, 0),
    (0.0, 75, 0, 0),
    (0.0, -75, 0, 0),
    (0.5, 140, 0, 0),
    (0.1, -75, 0, 0),
    (0.0, 99, 0, 0),
]
HELD_WHEN_FULL = [(0.0, 140, 1, 0), (0.0, 1, 0, 0), (0.0, -140, 0, 0), (0.9, 150, 1, 0), (0.0, 5, 0, 0)]
OVER = [(0.0, 150, 0, 0), (0.0, 5, 1, 0), (0.9, -150, 0, 0), (0.2, 150, 0, 1), (0.0, -5, 0, 0), (0.0, 5, 0, 1)]


@LEASED
def test_a_bucket_into_which_calls_give_back_never_admits_more(lease, until_reached):
    """Than if each had cost from the beginning what it used, in no span of time, and however late it says so."""
    reached = Counter()

    @settings(max_examples=8)
    @example(GIVEN_BACK_WHEN_FULL)
    @example(HELD_WHEN_FULL)
    @given(uses)
    def holds(steps):
        level = last = 0.0
        for at, used in running_calls(steps, 150, 1.0, algorithm="token_bucket", lease=lease):
            level, last = max(0.0, level - (at - last) * 150) + used, at
            assert level <= 150 + 1e-6
            reached["gave back" if used < 1 else "used all"] += 1
            reached["full"] += level > 147

    until_reached(holds, reached, {"gave back", "used all", "full"})


@LEASED
def test_a_window_into_which_calls_give_back_never_admits_more(lease, until_reached):
    """Than its limit of permits that were used, whichever window a call says it in."""
    reached = Counter()

    @settings(max_examples=8)
    @example(OVER)
    @given(uses)
    def holds(steps):
        end = count = 0
        for at, used in running_calls(steps, 150, 1.0, algorithm="fixed_window", lease=lease):
            if at >= end - 1e-6:
                end, count = at + 1.0, 0
            count += used
            assert count <= 150
            reached["gave back" if used < 1 else "used all"] += 1
            reached["full"] += count == 150

    until_reached(holds, reached, {"gave back", "used all", "full"})


def take_all(store, algorithm, start, results):
    ask = leased(store, 1000, 20.0, algorithm=algorithm)(lambda: 1)
    start.wait()
    count = 0
    for _ in range(1500):
        with contextlib.suppress(RateLimited):
            count += ask()
    results.put(count)


@ALGORITHMS
def test_four_processes_with_leases_admit_no_more_than_the_limit(server, algorithm):
    """And no fewer than the limit without what the four of them hold in the end."""
    context, store = multiprocessing.get_context("fork"), server.store(timeout=30.0)
    start, results = context.Event(), context.Queue()
    workers = [context.Process(target=take_all, args=(store, algorithm, start, results)) for _ in range(4)]
    for worker in workers:
        worker.start()
    begun = time.monotonic()
    start.set()
    total = sum(results.get(timeout=60) for _ in workers)
    took = time.monotonic() - begun
    for worker in workers:
        worker.join()
    fresh = 1000 * (took // 20) if algorithm == "fixed_window" else 50 * took  # what there is more of meanwhile
    assert 1000 - 4 * 3 <= total <= 1000 + fresh


def test_a_forked_child_leaves_the_permits_to_its_parent(server):
    """Else both would use them."""
    ask = leased(server.store(), 60_000)(lambda: 1)
    ask()
    reader, writer = os.pipe()
    if not os.fork():
        os.write(writer, b"%d" % layers(ask)[0].remaining())
        ask()
        os.write(writer, b" %d" % layers(ask)[0].remaining())
        os._exit(0)
    os.wait()
    before, after = map(int, os.read(reader, 100).split())
    assert before - after == 50


def test_what_a_forked_call_gives_back_brings_no_permits_of_the_parent(monkeypatch, fake_clock):
    """A call that was under way when its process was forked ends in both, and only the parent has its lease."""
    children, asked, store = [None], [], FakeStore()
    monkeypatch.setattr(store, "ask", lambda question: (asked.append(1), FakeStore.ask(store, question))[1])

    @leased(store, 60_000, algorithm="token_bucket")
    def ask(*, forks=False):
        if forks:
            children[0] = os.fork()
            if children[0] == 0:
                raise CircuitOpen  # as a layer inside does, so that nothing was sent

    ask()
    reader, writer = os.pipe()
    with contextlib.suppress(CircuitOpen):
        ask(forks=True)
    if children[0] == 0:
        count = len(asked)
        ask()
        os.write(writer, b"%d" % (len(asked) - count))
        os._exit(0)
    os.wait()
    assert int(os.read(reader, 100)) == 1
    assert fake_clock.monotonic() == 0


def test_a_cancelled_question_stops_no_lease(server):
    """The next calls ask for themselves, and soon for others again."""

    async def main():
        ask = leased(server.store(), 60_000)(subject(Kind.ASYNC))
        await ask()
        for _ in range(60):
            task = asyncio.create_task(ask())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return await ask()

    assert asyncio.run(main()) == "hello"


def test_bad_options_are_refused():
    """With what to write instead."""
    with pytest.raises(ValueError, match="give store= too"):
        rate_limited(1, lease="auto")
    with pytest.raises(ValueError, match=r'lease.*"auto"'):
        rate_limited(1, store=FakeStore(), lease=32)
