"""Circuits that several processes share."""

from __future__ import annotations

import asyncio
import multiprocessing
import time

import pytest

from beluga import CircuitBreaker, CircuitOpen, StoreUnavailable, breaker, explain, layers
from beluga._engine.target import Kind
from beluga.events import CircuitChanged
from beluga.stores import FakeStore, RedisStore
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture(params=["fake", "real"])
def store(request):
    return FakeStore() if request.param == "fake" else request.getfixturevalue("server").store()


def pair(store, kind, error, **options):
    """Return a function that fails and one that does not, as two processes have them, behind one circuit."""
    options = {"name": "openai", "store": store, "failure_threshold": 2, **options}
    return breaker(**options)(subject(kind, error)), breaker(**options)(subject(kind))


@KINDS
def test_what_one_process_finds_out_the_other_one_knows(kind, store, events):
    """Failures in a row are counted over all processes, and the open circuit refuses in each."""
    bad, good = pair(store, kind, ConnectionError(), reset_timeout=3600.0)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            outcome(kind, bad)
    for ask in (bad, good):
        with pytest.raises(CircuitOpen) as refused:
            outcome(kind, ask)
        assert 3500 < refused.value.retry_after <= 3600
    assert [event.new for event in events.of(CircuitChanged)] == ["open", "open"]  # each process says what it finds
    assert layers(bad)[0].state == "open"
    layers(good)[0].reset()
    assert outcome(kind, good) == "hello"


@KINDS
def test_a_healthy_call_asks_nobody(kind, fake_clock):
    """One question in a quarter of a second, however many calls; what another process opened is found by then."""
    store = FakeStore()
    bad, good = pair(store, kind, ConnectionError())
    for _ in range(100):
        outcome(kind, good)
    assert store.asked == 1
    for _ in range(2):
        with pytest.raises(ConnectionError):
            outcome(kind, bad)
    assert outcome(kind, good) == "hello"
    fake_clock.advance(0.25)
    with pytest.raises(CircuitOpen):
        outcome(kind, good)


@KINDS
def test_a_success_ends_the_row(kind, fake_clock):
    """Also that of another process, once this one has heard of the failures."""
    store = FakeStore()
    bad, good = pair(store, kind, ConnectionError())
    for _ in range(3):
        with pytest.raises(ConnectionError):
            outcome(kind, bad)
        fake_clock.advance(0.25)
        outcome(kind, good)
    assert layers(good)[0].state == "closed"


@KINDS
def test_one_probe_over_all_processes(kind, fake_clock):
    """After the pause one call goes through; a good end closes the circuit for all, a lost one lapses."""
    store = FakeStore()
    bad, good = pair(store, kind, ConnectionError(), reset_timeout=10.0, failure_threshold=1)
    with pytest.raises(ConnectionError):
        outcome(kind, bad)
    fake_clock.advance(10.0)
    with pytest.raises(ConnectionError):
        outcome(kind, bad)
    with pytest.raises(CircuitOpen):
        outcome(kind, good)
    fake_clock.advance(10.0)
    if kind is Kind.GENERATOR:
        probe = good()
        next(probe)
        other = breaker(name="openai", store=store, reset_timeout=10.0)(subject(kind))
        with pytest.raises(CircuitOpen):
            outcome(kind, other)
        probe.close()  # neither good nor bad, and its place is free again
        fake_clock.advance(0.25)
    assert outcome(kind, good) == "hello"
    assert layers(good)[0].state == "closed"
    fake_clock.advance(0.25)
    with pytest.raises(ConnectionError):
        outcome(kind, bad)


def test_a_cancelled_probe_gives_its_place_back(fake_clock):
    """Though nobody can wait for an answer then."""
    store = FakeStore()
    bad, _ = pair(store, Kind.ASYNC, ConnectionError(), failure_threshold=1)
    outcome_of = CircuitBreaker(name="openai", store=store, failure_threshold=1)

    @outcome_of
    async def hang():
        await asyncio.Event().wait()

    async def main():
        with pytest.raises(ConnectionError):
            await bad()
        fake_clock.advance(30.0)
        task = asyncio.ensure_future(hang())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(ConnectionError):
            await bad()  # it is the next probe

    asyncio.run(main())


@KINDS
@pytest.mark.parametrize("mode", [None, "open", "local", "closed"])
def test_without_the_store(kind, mode):
    """Circuits are open to all calls then, unless the user says otherwise."""
    store = FakeStore(on_failure=mode)
    bad, good = pair(store, kind, ConnectionError())
    with store.down():
        if mode == "closed":
            with pytest.raises(StoreUnavailable):
                outcome(kind, good)
            return
        assert outcome(kind, good) == "hello"
        for _ in range(2):
            with pytest.raises(ConnectionError):
                outcome(kind, bad)
        with pytest.raises(CircuitOpen if mode == "local" else ConnectionError):
            outcome(kind, bad)


def _hammer(url, prefix, start, results):
    store = RedisStore(url, prefix=prefix, timeout=30.0)
    reached = []

    @breaker(name="sick", store=store, failure_threshold=5, reset_timeout=0.5)
    def ask():
        reached.append(1)
        raise ConnectionError

    start.wait()
    begun, refused = time.monotonic(), 0
    while time.monotonic() < begun + 1.7 or refused < 26:
        try:
            ask()
        except CircuitOpen:
            refused += 1
        except ConnectionError:
            pass
    results.put((len(reached), refused, begun, time.monotonic()))


def test_a_sick_backend_is_left_in_peace_by_four_processes(server):
    """For 1.7 s with a pause of 0.5 s: 5 failures open it, each process may see one more, then one probe a pause."""
    context = multiprocessing.get_context("fork")
    start, results, store = context.Event(), context.Queue(), server.store()
    hammer = {"target": _hammer, "args": (store._url, store.prefix, start, results), "daemon": True}
    workers = [context.Process(**hammer) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    reached, refused, begun, ended = zip(*(results.get(timeout=60) for _ in workers), strict=True)
    for worker in workers:
        worker.join()
    pauses = int((max(ended) - min(begun)) / 0.5)  # 3, and more on a machine that stands still meanwhile
    assert 5 <= sum(reached) <= 5 + 4 + pauses + 1
    assert sum(refused) > 100


def test_each_key_has_its_own_circuit(store):
    """And what cannot be shared is refused when it is given."""
    ask = breaker(key="text", store=store, failure_threshold=1, name="k")(subject(Kind.SYNC, ConnectionError()))
    for text in ("a", "b"):
        with pytest.raises(ConnectionError):
            ask(text)
    with pytest.raises(CircuitOpen):
        ask("a")
    limit = layers(ask)[0]
    limit.reset("a")
    assert "shared in" in explain(ask)
    limit.trip("c")
    with pytest.raises(CircuitOpen):
        ask("c")
    with pytest.raises(ValueError, match="failure_rate= counts every call"):
        breaker(store=store, failure_rate=0.5)


@KINDS
def test_a_refusal_names_the_seconds_that_remain(kind, fake_clock):
    """Also those below one, until the circuit asks for a probe."""
    bad, good = pair(FakeStore(), kind, ConnectionError())
    for _ in range(2):
        with pytest.raises(ConnectionError):
            outcome(kind, bad)
    for wait, remains in ((0.0, 30.0), (29.9, 0.1)):
        fake_clock.advance(wait)
        for ask in (bad, bad, good):
            with pytest.raises(CircuitOpen) as refused:
                outcome(kind, ask)
            assert refused.value.retry_after == pytest.approx(remains)
    fake_clock.advance(0.2)
    assert outcome(kind, good) == "hello"
