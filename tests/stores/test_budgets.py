"""Budgets of tokens and money that several processes share."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import random
import threading

import pytest

from beluga import Amount, BudgetExceeded, DeadlineExceeded, StoreUnavailable, budget, layers, spend
from beluga._engine.target import Kind
from beluga._policies.budget_shared import SharedAccounts
from beluga.schema import Usage
from beluga.stores import FakeStore, RedisStore
from beluga.stores.budgets import RESERVE
from beluga.stores.scripts import LOOK, Question, numbers
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture(params=["fake", "real"])
def store(request):
    return FakeStore() if request.param == "fake" else request.getfixturevalue("server").store()


def costing(cost):
    """Return a function that tells what it costs."""

    def ask(tenant):
        spend(cost=cost)
        return "fine"

    return ask


def test_two_processes_share_the_money_of_a_tenant(store):
    """What one spends the other one lacks; a refusal says how much is gone, and when the window ends."""
    make = {"cost": 50.0, "per": "tenant", "window": 86_400, "store": store, "name": "chat"}
    here, there = budget(**make)(costing(20.0)), budget(**make, estimate=Amount(cost=25.0))(costing(20.0))
    assert [here("a"), here("a"), here("b")] == ["fine"] * 3
    message = r"budget of 50 cost per 86400 s .* 40 spent or reserved and 25 asked for; it begins anew in 8\.64e\+04 s"
    with pytest.raises(BudgetExceeded, match=message) as refused:
        there("a")
    assert (refused.value.spent, refused.value.limit, refused.value.unit) == (40.0, 50.0, "cost")
    assert 86_300 < refused.value.retry_after <= 86_400
    assert there("b") == "fine"
    assert layers(here)[0].account("a").spent == Amount(cost=40.0)
    layers(here)[0].reset("a")
    assert there("a") == "fine"


@KINDS
def test_what_is_reserved_is_settled_however_a_call_ends(kind, store):
    """A good end, an error and a cancellation leave what was used, and a refusal further in leaves nothing."""
    make = {"tokens": 100, "key": "text", "window": 60, "store": store, "estimate": 40}

    def spent(limit, key):
        return layers(limit)[0].account(key).spent.tokens

    good = budget(**make, name="g")(subject(kind))
    assert outcome(kind, good, "hello") == "hello"
    assert spent(good, "hello") == 40  # nobody told, so the estimate stands
    for error in (ValueError(), asyncio.CancelledError(), KeyboardInterrupt()):
        bad = budget(**make, name=type(error).__name__)(subject(kind, error))
        with pytest.raises(type(error)):
            outcome(kind, bad, "hello")
        assert spent(bad, "hello") == 40
    inner = budget(tokens=1, estimate=2)(subject(kind))
    refused = budget(**make, name="refused")(inner)
    with pytest.raises(BudgetExceeded):
        outcome(kind, refused, "hello")
    assert spent(refused, "hello") == 0


def test_a_result_tells_its_usage(store):
    """The usage replaces the estimate, and its price goes with it."""

    class Answer:
        usage = Usage(input_tokens=10, output_tokens=5)

    ask = budget(tokens=100, cost=1.0, window=60, store=store, estimate=50, price=lambda usage: 0.125)(lambda: Answer())
    ask()
    assert layers(ask)[0].account().spent == Amount(15, 0.125)


def test_a_window_begins_anew(fake_clock):
    """For the store and for a budget in one process alike; what was reserved before is settled after it."""
    for store in (FakeStore(), None):
        ask = budget(cost=1.0, key="tenant", window=60.0, store=store)(costing(1.0))
        assert ask("a") == "fine"
        with pytest.raises(BudgetExceeded):
            ask("a")
        fake_clock.advance(60.0)
        assert ask("a") == "fine"


def test_the_reservation_of_a_dead_worker_lapses(fake_clock):
    """With the deadline of its call, and after ten minutes where there is none; until then it counts."""
    store = FakeStore()
    make = {"tokens": 100, "window": 86_400, "store": store, "name": "a", "estimate": 60}
    for total, seconds in ((None, 600.0), (10.0, 11.0)):
        limit = budget(total, **make)
        dying = limit(subject(Kind.GENERATOR))()
        next(dying)
        store_tell, store.tell = store.tell, lambda *_, **__: None  # it dies: nothing is told any more
        dying.close()
        store.tell = store_tell
        ask = budget(**make)(lambda: "fine")
        with pytest.raises(BudgetExceeded):
            ask()
        fake_clock.advance(seconds * 1.13)
        assert ask() == "fine"
        layers(ask)[0].reset()


@KINDS
def test_no_money_goes_uncounted_while_the_store_is_down(kind):
    """Budgets are closed then, unless the user says otherwise."""
    for mode, error, calls in ((None, StoreUnavailable, 0), ("local", BudgetExceeded, 2), ("open", None, 3)):
        store = FakeStore(on_failure=mode)
        ask = budget(tokens=10, estimate=5, window=60, store=store)(subject(kind))
        with store.down():
            assert [outcome(kind, ask) for _ in range(calls)] == ["hello"] * calls
            with pytest.raises(error) if error else contextlib.nullcontext():
                outcome(kind, ask)


@KINDS
def test_time_and_money_bound_one_call(kind, own_server):
    """A budget of both asks within its own deadline, and a paused server does not hold it up."""
    ask = budget(0.05, tokens=100, window=60, store=own_server.store(timeout=2.0))(subject(kind))
    assert outcome(kind, budget(30.0, tokens=100, window=60, store=own_server.store())(subject(kind))) == "hello"
    own_server.client.execute_command("CLIENT", "PAUSE", "60000", "ALL")
    with pytest.raises(DeadlineExceeded):
        outcome(kind, ask)


def _spend_all(url, prefix, seed, start, results):
    ask = budget(cost=10.0, window=3600.0, store=RedisStore(url, prefix=prefix, timeout=30.0), name="all",
                 estimate=Amount(cost=0.02))(spend_some)  # fmt: skip
    rng, spent = random.Random(seed), []

    def work():
        for _ in range(60):
            cost = rng.randint(5, 20) / 1000
            try:
                ask(cost)
            except BudgetExceeded:
                continue
            spent.append(cost)

    start.wait()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(round(sum(spent) * 1000))


def spend_some(cost):
    spend(cost=cost)


def test_the_books_balance_over_processes(server):
    """Four processes spend random amounts below their estimate: never over, and the store knows each thousandth."""
    context = multiprocessing.get_context("fork")
    start, results, store = context.Event(), context.Queue(), server.store()
    workers = [
        context.Process(target=_spend_all, args=(store._url, store.prefix, seed, start, results)) for seed in range(4)
    ]
    for worker in workers:
        worker.start()
    start.set()
    spent = sum(results.get(timeout=60) for _ in workers) / 1000
    for worker in workers:
        worker.join()
    ask = budget(cost=10.0, window=3600.0, store=store, name="all")(spend_some)
    assert layers(ask)[0].account().spent.cost == pytest.approx(spent, abs=1e-9)
    assert 10.0 - 0.04 < spent <= 10.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: budget(tokens=1, store=FakeStore()), "give window="),
        (lambda: budget(tokens=1, window=5), "belongs to a budget with key="),
        (lambda: budget(5.0, window=5, key="a"), "belong to a budget of tokens"),
        (lambda: budget(tokens=1, key="a", per="b"), "mean the same"),
    ],
)
def test_options_that_bound_nothing_are_refused(make, message):
    """When they are given, with what to write instead."""
    with pytest.raises(ValueError, match=message):
        make()


def test_a_call_with_a_short_deadline_does_not_forget_what_others_reserved(store):
    """Their reservations last longer than its own would."""

    @budget(cost=1.0, per="tenant", window=86_400, store=store, estimate=Amount(cost=1.0), name="chat")
    def ask(tenant):
        yield "a"

    running = ask("t")
    next(running)
    for other in (ask, budget(2.0)(ask)):
        with pytest.raises(BudgetExceeded):
            list(other("t"))
    running.close()


def test_calls_whose_deadlines_differ_share_slots(fake_clock):
    """A thousand reservations with leases from 10 to 20 s are in at most 17 slots; each lapses in its time."""
    store, rng = FakeStore(), random.Random(1)
    accounts = SharedAccounts(store, "slots", 1e6, None, 3600.0)
    for _ in range(1000):
        store.ask(Question(RESERVE, accounts.key(None), accounts.reserving(Amount(1), rng.uniform(10, 20))))
        fake_clock.advance(0.001)
    kept = numbers(store.ask(Question(LOOK, accounts.key(None)))[1])
    assert (len(kept) - 3) / 3 <= 17
    assert accounts.account(None).spent.tokens == 1000
    fake_clock.advance(8.9)
    assert accounts.account(None).spent.tokens == 1000
    fake_clock.advance(20 * (1 + 1 / 8) - 8.9)
    assert accounts.account(None).spent.tokens == 0
