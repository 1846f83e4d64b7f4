"""`bulkhead` lets so many calls run at once and no more, in order, and loses no slot."""

from __future__ import annotations

import asyncio
import copy
import os
import sys
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import (
    Bulkhead,
    BulkheadFull,
    ProviderError,
    budget,
    bulkhead,
    events,
    explain,
    retry,
)
from beluga._policies import adaptive
from beluga._policies.slots import HAS, NOTHING, Hold
from beluga.clock import environment
from beluga.events import QueueLeft
from beluga.schema import AIMessage, RateLimit, RateLimitInfo, Response
from beluga.testing import fake_clock, record_events


def test_one_too_many_is_refused_and_says_what_is_full():
    """At once, where nobody may wait."""
    shared = Bulkhead(2)
    with shared, shared, pytest.raises(BulkheadFull, match=r"2 of 2 calls are running and no more may wait \(0 of 0\)"):
        shared(lambda: "never")()
    assert shared.running() == 0
    assert shared(lambda: "again")() == "again"


@pytest.mark.parametrize("limit", [3, "auto"])
def test_who_looks_at_a_key_takes_no_room_for_it(limit):
    """So a page that shows all tenants does not push out those who call."""
    slots = Bulkhead(limit, key="tenant", max_keys=2)
    ask = slots(lambda tenant: slots.limit("north"))
    known = ask("north")
    for number in range(10):
        key = f"unknown {number}"
        assert (slots.limit(key), slots.running(key), slots.waiting(key)) == (known, 0, 0)
    assert list(slots._rooms.system._by_key) == ["north"]


def test_who_waits_is_served_in_order(fake_clock):
    """First in, first out."""
    served = []

    @bulkhead(1, 10)
    async def ask(number):
        served.append(number)
        await asyncio.sleep(1)

    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(ask(number))

    fake_clock.run(main())
    assert served == [0, 1, 2, 3, 4]
    assert fake_clock.monotonic() == 5


def test_never_more_than_so_many_run(fake_clock):
    """However many come."""
    running, most = 0, 0

    @bulkhead(7, 1000)
    async def ask(number):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(number % 3)
        running -= 1

    async def main():
        await asyncio.gather(*map(ask, range(300)))

    fake_clock.run(main())
    assert most == 7


def test_threads_wait_for_a_slot():
    """A sync caller blocks until one is free."""
    shared = Bulkhead(1, 8)
    running, most = 0, 0
    lock = threading.Lock()

    @shared
    def ask():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.001)
        with lock:
            running -= 1

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most, shared.running(), shared.waiting()) == (1, 0, 0)


def test_a_stream_holds_its_slot_until_it_has_ended():
    """Also while its reader rests."""
    shared = Bulkhead(1)

    @shared
    def ask():
        yield from "ab"

    stream = ask()
    assert shared.running() == 0
    next(stream)
    assert shared.running() == 1
    stream.close()
    assert shared.running() == 0


@pytest.mark.parametrize("how", ["returns", "fails", "is cancelled"])
def test_a_slot_comes_back_however_the_call_ends(how, fake_clock):
    """And goes to who waits."""
    shared = Bulkhead(1, 1)

    @shared
    async def ask(number):
        await asyncio.sleep(1)
        if how == "fails":
            raise ConnectionError
        return number

    async def main():
        first, second = asyncio.create_task(ask(1)), asyncio.create_task(ask(2))
        await asyncio.sleep(0.5)
        if how == "is cancelled":
            first.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    fake_clock.run(main())
    assert fake_clock.monotonic() == (1.5 if how == "is cancelled" else 2)
    assert (shared.running(), shared.waiting()) == (0, 0)


def test_a_slot_that_is_granted_to_one_who_leaves_goes_on_to_the_next(fake_clock):
    """Also where both happen in one moment."""
    shared = Bulkhead(1, 5)
    waiters = []

    @shared
    async def ask(number):
        await asyncio.sleep(1)
        if number == 0:
            waiters[0].cancel()  # it is granted the slot when this returns
        return number

    async def main():
        first = asyncio.create_task(ask(0))
        await asyncio.sleep(0.1)
        waiters.extend(asyncio.create_task(ask(number)) for number in (1, 2))
        return await asyncio.gather(first, *waiters, return_exceptions=True)

    results = fake_clock.run(main())
    assert [results[0], results[2]] == [0, 2]
    assert (shared.running(), shared.waiting()) == (0, 0)


def test_waiting_ends_with_the_time_budget(fake_clock):
    """Its place is free at once."""
    shared = Bulkhead(1, 1)

    @shared
    async def ask():
        await asyncio.sleep(10)

    async def main():
        running = asyncio.create_task(ask())
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await budget(2)(ask)()
        assert shared.waiting() == 0
        await running

    fake_clock.run(main())


def test_a_thread_waits_no_longer_than_its_budget():
    """It cannot be cancelled, and stops by itself."""
    shared = Bulkhead(1, 1)
    ask = budget(0.01)(shared(lambda: "never"))
    with shared, pytest.raises(TimeoutError, match="did not finish within"):
        ask()
    assert shared.waiting() == 0


def test_a_higher_priority_goes_first_but_nobody_is_passed_for_ever(fake_clock):
    """One level is worth ten seconds of waiting."""
    served = []

    @bulkhead(1, 10, priority="level")
    async def ask(name, level=0):
        served.append(name)
        await asyncio.sleep(15)

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(ask("first"))
            await asyncio.sleep(1)
            group.create_task(ask("early"))
            await asyncio.sleep(1)
            group.create_task(ask("urgent", 1))
            await asyncio.sleep(11)
            group.create_task(ask("urgent, but late", 1))

    fake_clock.run(main())
    assert served == ["first", "urgent", "early", "urgent, but late"]


def test_each_key_has_slots_of_its_own():
    """One that is in use is not forgotten for the sake of others."""
    shared = Bulkhead(1, key="tenant", max_keys=2)

    @shared
    def ask(tenant, inner=None):
        return inner() if inner else tenant

    def others():
        with pytest.raises(BulkheadFull):
            ask("a")
        return [ask(name) for name in "bcdefg"] + [shared.running("a")]

    assert ask("a", others) == [*"bcdefg", 1]
    with pytest.raises(TypeError, match="cannot be a key"):
        ask([])


def test_a_refusal_says_when_to_come_again(fake_clock):
    """By the pace at which slots came free."""

    @bulkhead(1)
    async def ask():
        await asyncio.sleep(4)

    async def main():
        for _ in range(5):
            await ask()
        running = asyncio.create_task(ask())
        await asyncio.sleep(1)
        with pytest.raises(BulkheadFull) as caught:
            await ask()
        await running
        return caught.value.retry_after

    assert fake_clock.run(main()) == pytest.approx(4, rel=0.1)


def test_a_refusal_is_not_tried_again():
    """It is no failure of the provider, and would come again at once."""
    shared = Bulkhead(1)
    calls = []
    ask = retry(shared(lambda: calls.append(1)))
    with fake_clock(), shared, record_events() as seen, pytest.raises(BulkheadFull):
        ask()
    assert not calls
    assert not seen.of(events.RetryScheduled)


def test_each_clock_has_its_own_slots():
    """A test finds all of them free."""
    shared = Bulkhead(1)
    with shared, fake_clock():
        assert shared(lambda: "free")() == "free"


def test_a_bulkhead_is_copied_by_its_options():
    """Slots that are taken are not."""
    shared = Bulkhead(1, 3)
    with shared:
        other = copy.deepcopy(shared)
        assert (other.max_concurrent, other.max_queue, other.running()) == (1, 3, 0)


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(["come", "end", "leave", "pass"]), st.integers(0, 7)), max_size=60),
)
def test_no_slot_is_lost_or_made_up(limit, steps):
    """Whoever comes, ends or leaves: the first of those who are there run, and all slots are free in the end."""
    shared = Bulkhead(limit, 1000)
    there, ends = [], {}

    @shared
    async def ask(number):
        ends[number] = asyncio.get_running_loop().create_future()
        await ends[number]

    async def settle():
        for _ in range(6):
            await asyncio.sleep(0)

    async def main():
        for number, (act, which) in enumerate(steps):
            if act == "come":
                there.append((number, asyncio.create_task(ask(number))))
            elif there and act != "pass":
                which_one = there[which % min(len(there), limit)] if act == "end" else there[which % len(there)]
                there.remove(which_one)
                if act == "end":
                    ends[which_one[0]].set_result(None)
                else:
                    which_one[1].cancel()
            await settle()
            assert shared.running() == min(limit, len(there))
            assert {number for number, _ in there[:limit]} <= set(ends)
            assert not {number for number, _ in there[limit:]} & set(ends)
        for _, task in there:
            task.cancel()
        await asyncio.gather(*(task for _, task in there), return_exceptions=True)

    asyncio.run(main())
    assert (shared.running(), shared.waiting()) == (0, 0)


def test_a_key_in_use_is_not_forgotten_where_all_are():
    """Then there is one more than `max_keys`."""
    shared = Bulkhead(1, key="tenant", max_keys=1)

    @shared
    def ask(tenant, inner=None):
        return inner() if inner else tenant

    def again():
        with pytest.raises(BulkheadFull):
            ask("a")
        return "refused"

    assert ask("a", lambda: ask("b", again)) == "refused"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_all_slots():
    """Those that run in the parent's threads do not run in it."""
    shared = Bulkhead(1)
    with shared:
        child = os.fork()
        if not child:
            try:
                os._exit(0 if shared(lambda: "free")() == "free" else 1)
            finally:
                os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


def test_a_waiter_whose_loop_is_closed_is_passed_over():
    """Its slot goes to the next."""
    shared = Bulkhead(1, 5)
    ask = shared(_nothing)
    loop = asyncio.new_event_loop()
    with shared:
        left = loop.create_task(ask())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        assert shared.waiting() == 1
    assert (shared.running(), shared.waiting()) == (0, 0)
    left._log_destroy_pending = False  # it was left on purpose


async def _nothing():
    """Do nothing."""


# A limit that is found.


def provider(bears, latency=1.0):
    """Return a function that refuses when more than so many calls run at once, and what it has counted."""
    seen = {"running": 0, "calls": 0, "refused": 0}

    async def ask():
        seen["calls"] += 1
        seen["running"] += 1
        try:
            if seen["running"] > bears:
                seen["refused"] += 1
                raise ProviderError("too many requests", code="rate_limit", status=429)
            await asyncio.sleep(latency)
        finally:
            seen["running"] -= 1

    return ask, seen


def pressed(clock, policy, ask, callers, seconds):
    """Let so many callers ask again and again for so long."""
    decorated = policy(ask)

    async def caller():
        while clock.monotonic() < seconds:
            try:
                await decorated()
            except ProviderError:
                await asyncio.sleep(0.01)

    async def main():
        await asyncio.gather(*(caller() for _ in range(callers)))

    clock.run(main())


@pytest.mark.parametrize("bears", [10, 20, 40])
def test_a_hidden_limit_is_found(bears, fake_clock):
    """Within a tenth, in 30 seconds, with one refusal in a hundred calls at most."""
    policy = Bulkhead("auto", 1000)
    ask, seen = provider(bears, latency=0.5)
    pressed(fake_clock, policy, ask, 3 * bears, 30)
    assert abs(policy.limit() - bears) <= max(1, bears // 10)
    assert seen["refused"] <= seen["calls"] / 100


def test_a_limit_that_was_never_reached_does_not_grow(fake_clock):
    """Who never has five in flight learns nothing about five."""
    policy = Bulkhead("auto", 1000)
    ask, _ = provider(1000)
    pressed(fake_clock, policy, ask, 3, 30)
    assert policy.limit() == 5


def test_a_limit_that_rises_is_followed(fake_clock):
    """A ceiling is not for ever."""
    policy = Bulkhead("auto", 1000)
    ask, _ = provider(6)
    pressed(fake_clock, policy, ask, 20, 10)
    assert policy.limit() == 6
    ask, _ = provider(1000)
    pressed(fake_clock, policy, ask, 20, 80)
    assert policy.limit() > 10


def test_answers_that_become_slow_lower_the_limit(fake_clock):
    """They stand in a queue on the other side."""
    policy = Bulkhead("auto", 1000, start=40, maximum=40)
    quick, _ = provider(1000, latency=0.5)
    slow, _ = provider(1000, latency=5)
    pressed(fake_clock, policy, quick, 40, 10)
    assert policy.limit() == 40
    pressed(fake_clock, policy, slow, 40, 60)
    assert policy.limit() < 40


def test_answers_that_become_a_little_slower_say_nothing(fake_clock):
    """Less than twice the usual time is no queue."""
    policy = Bulkhead("auto", 1000, start=4, maximum=4)
    for seconds in (3, 5):
        for _ in range(40):
            policy(fake_clock.advance)(seconds)
    assert policy.limit() == 4


def test_the_time_of_a_stream_says_nothing(fake_clock):
    """It goes at its reader's pace: one who reads slowly is not a provider that has become slow."""
    policy = Bulkhead("auto", 1000, start=4, maximum=4)

    @policy
    def words():
        yield "one"
        yield "two"

    for pause in (1, 60):
        for _ in range(40):
            for _ in words():
                fake_clock.advance(pause)
    assert policy.limit() == 4
    for pause in (1, 60):
        for _ in range(40):
            policy(fake_clock.advance)(pause)
    assert policy.limit() < 4


def test_it_keeps_to_what_the_provider_tells(fake_clock):
    """Until the moment that it names."""
    policy = Bulkhead("auto", 1000, start=20)
    limits = RateLimitInfo(requests=RateLimit(limit=100, remaining=3, reset=10.0))
    policy(lambda: Response(AIMessage("hi"), limits=limits))()
    assert policy.limit() == 3
    fake_clock.advance(10)
    assert policy.limit() == 20


def test_the_failure_of_a_lone_call_is_not_a_ceiling(fake_clock):
    """So few cannot have been too many: the limit halves, and comes back at once."""
    policy = Bulkhead("auto", 1000, start=40)

    def failing():
        raise ProviderError("down", code="provider_unavailable", status=503)

    with pytest.raises(ProviderError):
        policy(failing)()
    assert policy.limit() == 20
    ask, _ = provider(1000)
    pressed(fake_clock, policy, ask, 60, 10)
    assert policy.limit() > 40


def test_a_refusal_of_a_policy_inside_tells_nothing(fake_clock):
    """The provider did not see the call."""
    policy, full = Bulkhead("auto"), Bulkhead(1)
    with full, pytest.raises(BulkheadFull):
        policy(full(lambda: None))()
    assert policy.limit() == 5


def test_a_change_of_the_limit_is_an_event(fake_clock):
    """With the old and the new number."""
    policy = Bulkhead("auto", 1000)
    ask, _ = provider(1000)
    with record_events(events.LimitChanged) as seen:
        pressed(fake_clock, policy, ask, 20, 3)
    assert [(event.old, event.new) for event in seen][:2] == [(5, 6), (6, 7)]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"max_concurrent": 0}, 'max_concurrent=0 must be a whole number of at least 1, or "auto"'),
        ({"max_concurrent": True}, "max_concurrent=True must be"),
        ({"max_concurrent": 2.0}, "max_concurrent=2.0 must be"),
        ({"max_concurrent": "many"}, "max_concurrent='many' must be"),
        ({"max_concurrent": 1, "max_queue": -1}, "max_queue=-1 must be"),
        ({"max_concurrent": 1, "start": 5}, r'start= is for bulkhead\("auto"\), and max_concurrent=1 is fixed'),
        ({"max_concurrent": "auto", "maximum": 0}, "maximum=0 must be"),
    ],
    ids=str,
)
def test_a_figure_out_of_its_range_is_refused(given, problem):
    """At once, with the option and the value."""
    with pytest.raises(ValueError, match=problem):
        bulkhead(**given)


@pytest.mark.parametrize("priority", ["high", float("nan"), None], ids=str)
def test_a_priority_that_is_not_a_number_is_refused(priority):
    """It has no order."""
    shared = Bulkhead(1, 1, priority="level")
    with shared_slot(shared), pytest.raises(TypeError, match="the priority of a call must be a number"):
        shared(lambda level: None)(priority)


def shared_slot(shared):
    """Take a slot by a stream, as a block has no arguments to read a priority from."""
    return _Held(shared)


class _Held:
    def __init__(self, shared):
        @shared
        def hold(level):
            yield

        self.stream = hold(0)

    def __enter__(self):
        next(self.stream)

    def __exit__(self, *_):
        self.stream.close()


def test_it_is_said_how_to_write_it():
    """Without a number it bounds nothing."""
    with pytest.raises(TypeError, match=r"write @bulkhead\(10\) above"):
        bulkhead(provider)


def test_explain_shows_what_is_in_use():
    """The figures of now."""
    shared = Bulkhead(2, 3)
    with shared:
        assert "1 of 2 running, 0 of 3 waiting" in explain(shared(lambda: None))


def test_explain_shows_the_key_where_each_has_slots_of_its_own():
    """There is no one figure for all of them."""
    assert "bulkhead  max_concurrent=3 max_queue=2 key='x'" in explain(bulkhead(3, 2, key="x")(lambda x: x))


def test_explain_warns_of_slots_that_are_held_for_nothing():
    """While a retry waits, or for an answer that is kept."""
    assert "bulkhead stands outside retry: a slot is held while a retry waits" in explain(bulkhead(1)(retry(len)))
    assert "bulkhead" not in explain(bulkhead(1, key="x")(retry(lambda x: x))).partition("warning")[2]


def test_a_slot_goes_back_though_signals_come_while_it_does(monkeypatch):
    """Nobody comes after a finaliser: it takes its step again, and Python tells of what a handler raised in it."""
    told, tries = [], []

    class Interrupted:
        def __init__(self):
            self.made = weakref.WeakSet()

        def give_back(self, hold):
            tries.append(hold.state)
            if len(tries) < 3:
                raise KeyboardInterrupt
            hold.state = NOTHING

    monkeypatch.setattr(sys, "unraisablehook", lambda raised: told.append(raised.exc_type))
    hold = Hold(Interrupted())
    hold.state = HAS
    del hold
    assert tries == [HAS] * 3
    assert told == [KeyboardInterrupt]


def test_a_slot_whose_finaliser_never_ran_is_found(fake_clock):
    """A signal handler may raise in the very first line of it: who comes a second later has the slot."""
    limit = Bulkhead(1)
    slots = limit._rooms.of(environment()).of(None)
    hold = slots.take(0.0)
    Hold.__del__, finaliser = lambda hold: None, Hold.__del__
    try:
        del hold
    finally:
        Hold.__del__ = finaliser
    assert slots.running == 1
    fake_clock.advance(1.0)
    assert limit(lambda: "fine")() == "fine"
    assert limit.running() == 0


def test_the_objects_kept_to_be_used_again_are_as_many_as_slots():
    """However many calls there were."""
    limit = Bulkhead(3)
    held = limit(lambda depth: held(depth - 1) if depth else len(limit._rooms.system.only.spare))
    assert [held(2) for _ in range(50)][-1] <= 3
    assert len(limit._rooms.system.only.made) <= 3


@pytest.mark.parametrize("way", ["well", "refused"])
def test_what_is_learnt_at_any_bytecode_breaks_no_other_lesson(way, intruding):
    """A signal handler, or another thread, may learn from a call of its own in the middle of one."""

    def learnt():
        limit = adaptive.AdaptiveLimit(4, 100)
        limit.was_refused(4)
        for _ in range(7):
            limit.went_well(1, 0.01)
        return limit

    def lesson(limit):
        return (lambda: limit.went_well(3, 0.01)) if way == "well" else (lambda: limit.was_refused(limit.now(0.0)))

    def others(limit):
        limit.went_well(1, 9.0)  # ends a round
        limit.was_refused(limit.now(0.0))
        for _ in range(100):
            limit.went_well(limit.now(0.0), None)  # grows past the ceiling, which is forgotten

    total = intruding(adaptive.__file__, lesson(learnt()))
    assert total > 30
    for at in range(1, total + 1):
        limit = learnt()
        intruding(adaptive.__file__, lesson(limit), lambda limit=limit: others(limit), at)
        assert 1 <= limit.now(0.0) <= 100


def test_under_the_machine_s_clock_slots_are_counted_as_under_any_other():
    """Where no lock is taken for most calls, what is counted is the same."""

    def counted():
        limit, seen = Bulkhead(3), []
        slots = limit._rooms.of(environment()).of(None)

        @limit
        def ask(depth):
            seen.append((slots.running, slots.done))
            if depth:
                ask(depth - 1)
            seen.append((slots.running, slots.done))

        for depth in (0, 2, 1, 3, 0, 2):
            try:
                ask(depth)
            except BulkheadFull as refused:
                seen.append(str(refused).partition(";")[0])
            seen.append((slots.running, slots.done, limit.running(), [hold.state for hold in slots.made if hold.state]))
        return seen

    with fake_clock():
        wanted = counted()
    assert counted() == wanted
    assert wanted[-1] == (0, 1 + 3 + 2 + 3 + 1 + 3, 0, [])
    assert "3 of 3 calls are running" in str(wanted)


def test_an_attempt_after_a_failed_one_has_a_slot_of_its_own():
    """Whichever way the first one had: with most slots free no lock is taken, with the last one it is."""
    limit, tries, running = Bulkhead(2), [], []

    @retry(max_attempts=2, initial_backoff=0.0)
    @limit
    def ask():
        tries.append(limit.running())
        if len(tries) == 1:
            limit.__enter__()
            raise ProviderError("busy", status=503)
        running.append(limit.running())

    ask()
    assert tries == [1, 2]
    assert running == [2]
    assert limit.running() == 1


@pytest.mark.parametrize("taken", [1, 2])
def test_a_slot_that_a_handler_takes_meanwhile_is_not_given_twice(taken):
    """Between the look at what is free and the step that takes it a signal handler may run, and make calls."""
    limit = Bulkhead(2)
    slots, inside = limit._rooms.system.only, []

    class Interrupted(list):
        def pop(self):
            spare = super().pop()
            if not inside:
                inside.extend([slots.take(0.0) for _ in range(taken)])
            return spare

    slots.spare = Interrupted([Hold(slots)])
    if taken == 2:
        with pytest.raises(BulkheadFull, match="2 of 2"):
            limit(len)("one too many")
    else:
        assert limit(limit.running)() == 2
    assert limit.running() == taken


def learnt(start, *lessons, maximum=100):
    """Return the limit after each lesson: how many good answers at the limit, or with how many one was refused."""
    limit, found = adaptive.AdaptiveLimit(start, maximum), []
    for what, number in lessons:
        for _ in range(number if what == "good" else 1):
            limit.went_well(limit.now(0.0), None) if what == "good" else limit.was_refused(number)
        found.append(limit.now(0.0))
    return found


@pytest.mark.parametrize(
    ("start", "lessons", "found"),
    [
        (3, [("good", 1), ("good", 1)], [4, 5]),
        (10, [("good", 1), ("good", 1)], [12, 14]),
        (99, [("good", 1), ("good", 1)], [100, 100]),
        (20, [("refused", 20), ("good", 76), ("good", 1)], [19, 19, 20]),
        (20, [("refused", 20), ("good", 77), ("refused", 20), ("good", 304), ("good", 1)], [19, 20, 19, 19, 20]),
        (20, [("refused", 20), ("refused", 17), ("good", 64), ("good", 1)], [19, 16, 16, 17]),
        (20, [("refused", 20), ("refused", 18), ("good", 272), ("good", 1)], [19, 17, 17, 18]),
        (20, [("refused", 10), ("refused", 5), ("refused", 1)], [9, 4, 2]),
        (20, [("refused", 9), ("good", 1), ("refused", 1), ("good", 1), ("refused", 1)], [10, 12, 6, 7, 3]),
        (20, [("refused", 21), ("good", 1)], [20, 24]),
        (1, [("refused", 1)], [1]),
    ],
    ids=[
        "one more at least", "a fifth more", "no more than the most", "above a ceiling after four times as many",
        "and after four times that where it is the same", "another ceiling is a new one", "one nearby is the same",
        "down from what was in flight", "half where so few cannot have been too many", "sent before the limit fell",
        "never below one",
    ],
)  # fmt: skip
def test_the_limit_moves_by_the_rule(start, lessons, found):
    """To the very answer."""
    assert learnt(start, *lessons) == found


def test_a_ceiling_that_is_well_passed_is_forgotten():
    """From there on it grows by a fifth again."""
    *_, below, forgotten, after = learnt(10, ("refused", 10), *(("good", 4 * n + 1) for n in (9, 10, 11)), ("good", 1))
    assert (below, forgotten, after) == (11, 12, 14)


@pytest.mark.parametrize(
    ("times", "limit"),
    [
        ([1.0] * 8 + [1.0] * 4 + [2.3] * 4, 7),
        ([1.0] * 8 + [1.0] * 5 + [9.0] * 3, 8),
        ([1.0] * 8 + [2.0] * 8, 8),
        ([1.0] * 8 + [9.0] * 7, 8),
        ([1.0] * 8 + [2.0] * 8 + [2.3] * 8, 8),
        ([1.0] * 8 + [2.0] * 8 + [2.5] * 8, 7),
        ([2.0] * 8 + [1.0] * 8 + [2.3] * 8, 7),
        ([1.0] * 8 + [2.0] * 16 + [2.4] * 8, 8),
    ],
    ids=["half are slow", "less than half", "twice the best", "a round too short",
         "the best fades by a tenth", "and no more", "the best is the quickest", "each round fades it"],
)  # fmt: skip
def test_the_time_of_half_a_round_tells_of_a_queue(times, limit):
    """A round is as many answers as the limit, and eight at least; one that is slow takes a tenth off the limit."""
    found = adaptive.AdaptiveLimit(8, 8)
    for took in times:
        found.went_well(1, took)
    assert found.now(0.0) == limit


def test_a_limit_that_has_moved_begins_a_new_round():
    """Times that were taken under another limit say nothing about this one."""
    limit = adaptive.AdaptiveLimit(8, 8)
    for took in [1.0] * 8 + [9.0] * 4:
        limit.went_well(1, took)
    limit.was_refused(8)
    for _ in range(7):
        limit.went_well(1, 9.0)
    assert limit.now(0.0) == 7
    limit.went_well(1, 9.0)
    assert limit.now(0.0) == 6


def test_a_queue_that_many_have_left_keeps_no_place_for_them(fake_clock):
    """Nor does it grow with those who came in vain, and who stays has his turn."""
    limit = Bulkhead(1, 1000)
    slots = limit._rooms.of(environment()).only

    @limit
    async def ask(seconds):
        await asyncio.sleep(seconds)
        return slots.running

    async def main():
        first = asyncio.create_task(ask(1000.0))
        await asyncio.sleep(0)
        patient = asyncio.create_task(ask(0.0))
        for _ in range(300):
            hasty = asyncio.create_task(ask(0.0))
            await asyncio.sleep(0)
            hasty.cancel()
            await asyncio.wait([hasty])
        assert limit.waiting() == 1
        assert len(slots._queue) <= 70
        first.cancel()
        assert await asyncio.wait_for(patient, 1.0) == 1

    fake_clock.run(main())
    assert (limit.running(), slots._queue) == (0, [])


def test_a_place_in_the_queue_is_found_though_a_signal_cut_short_who_took_it():
    """It was noted that he waits, and not yet where."""
    limit = Bulkhead(1, 5)
    slots = limit._rooms.system.only
    hold, waiting = slots.take(0.0), slots.queue_up(0.0, 0.0)
    slots._queue.clear()
    slots.give_back(hold)
    assert waiting.is_granted
    assert not slots.turns


def test_who_waited_and_who_gave_up_are_told_apart(fake_clock, events):
    """By an event for each, with the seconds."""
    limit = Bulkhead(1, 5)
    ask = limit(asyncio.sleep)

    async def main():
        first = asyncio.create_task(ask(4.0))
        await asyncio.sleep(1.0)
        served = asyncio.create_task(ask(0.0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(0.0), 1.0)
        await asyncio.gather(first, served)

    fake_clock.run(main())
    assert [(left.granted, left.waited) for left in events.of(QueueLeft)] == [(False, 1.0), (True, 3.0)]
