"""Answers that several processes share: one of them fetches, the others get what it got."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import json
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
import zoneinfo
from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import Cache, DeadlineExceeded, StoreUnavailable, budget, cached
from beluga._engine.target import Kind
from beluga._policies import cache_shared
from beluga.schema import AIMessage, Chunk, Response, ToolCall, Usage
from beluga.stores import FakeStore, RedisStore, base
from beluga.stores.flights import LAND, PLAIN, TAKE, UnstorableError
from beluga.stores.scripts import Question
from beluga.testing.contracts.suite import outcome, subject
from beluga.testing.strategies import messages

KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture(params=["fake", "real"])
def store(request):
    return FakeStore() if request.param == "fake" else request.getfixturevalue("server").store()


def elsewhere(store, **options):
    """Return a decorator as another process has it."""
    return cached(300, name="answers", store=store, **options)


def made(kind, calls, answer="hello", error=None):
    """Return a function of `kind` that notes its calls."""
    ask = subject(kind, error)

    def note():
        calls.append(answer)

    if kind is Kind.SYNC:
        return lambda text=answer: (note(), ask(text))[1]
    if kind is Kind.ASYNC:

        async def asked(text=answer):
            note()
            return await ask(text)

        return asked
    if kind is Kind.GENERATOR:

        def items(text=answer):
            note()
            yield from ask(text)

        return items

    async def aitems(text=answer):
        note()
        async for each in ask(text):
            yield each

    return aitems


@KINDS
def test_what_one_process_fetched_the_other_one_gets(kind, store):
    """Values and streams, once for both; another argument is another answer."""
    calls = []
    here, there = (elsewhere(store)(made(kind, calls)) for _ in range(2))
    assert [outcome(kind, here), outcome(kind, there), outcome(kind, there, "other")] == ["hello", "hello", "other"]
    assert len(calls) == 2


@KINDS
def test_an_answer_is_shared_until_its_time_is_over(kind, fake_clock):
    """Also by a process that has it from another one: the time counts from when it was made."""
    store, calls = FakeStore(), []
    here, there = (elsewhere(store)(made(kind, calls)) for _ in range(2))
    outcome(kind, here)
    fake_clock.advance(200)
    outcome(kind, there)
    assert len(calls) == 1
    fake_clock.advance(101)
    outcome(kind, there)
    assert len(calls) == 2


@pytest.fixture
def long_lease(monkeypatch):
    """A lease that no test waits for."""
    for module in (base, cache_shared):
        monkeypatch.setattr(module, "LEASE", 600.0)


@KINDS
@pytest.mark.usefixtures("long_lease")
def test_a_failure_hands_the_lead_to_the_next(kind, store):
    """It is not kept, and nobody waits for the lease of who failed."""
    calls = []
    bad = elsewhere(store)(subject(kind, ConnectionError()))
    good = elsewhere(store)(made(kind, calls))
    with pytest.raises(ConnectionError):
        outcome(kind, bad)
    begun = time.monotonic()
    assert outcome(kind, good) == "hello"
    assert len(calls) == 1
    assert time.monotonic() - begun < base.LEASE / 2


@KINDS
def test_a_call_does_not_wait_for_itself(kind, store):
    """Two caches around one function know its answers by the same name: the inner one leaves them to the outer one."""
    calls = []
    ask = elsewhere(store)(cached(60, name="answers", store=store)(made(kind, calls)))
    assert outcome(kind, budget(3.0)(ask)) == "hello"
    assert len(calls) == 1


def ask_at_once(store, start, path, results):
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @cached(300, name="at once", store=store)
    async def ask(question):
        os.write(log, b"x")
        await asyncio.sleep(0.3)
        return question.upper()

    async def main():
        return await asyncio.gather(*(ask("why?") for _ in range(250)))

    start.wait()
    results.put(set(asyncio.run(main())))


def test_a_thousand_at_once_over_four_processes_make_one_call(server, tmp_path):
    """And all get its answer."""
    context = multiprocessing.get_context("fork")
    start, results, log = context.Event(), context.Queue(), tmp_path / "log"
    store = server.store(timeout=30.0)
    workers = [context.Process(target=ask_at_once, args=(store, start, log, results)) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    answers = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert answers == [{"WHY?"}] * 4
    assert log.read_text() == "x"


@pytest.fixture
def short_lease(monkeypatch):
    """A lease that outlives a machine's standstill, and is renewed every twentieth of a second."""
    for module in (base, cache_shared):
        monkeypatch.setattr(module, "LEASE", 3.0)
    monkeypatch.setattr("beluga.stores.redis.LEASE", 0.15)


def lead(store, led):
    """Lead and never end, as the first process; answer, as another one."""

    @cached(300, name="killed", store=store)
    def ask():
        if led.is_set():
            return "mine"
        led.set()
        return time.sleep(60)

    return ask()


def lease(server, store):
    """Return the line of the one answer that the store has in flight: who leads, and until when."""
    keys = server.client.keys(f"{store.prefix}:*")
    return next(server.client.get(key) for key in keys if server.client.type(key) == b"string")


@pytest.mark.usefixtures("short_lease")
def test_a_leader_that_was_killed_is_replaced_and_one_that_lives_is_not(server, eventually):
    """A lease is renewed as long as its process lives, and lapses when it does not."""
    context, store = multiprocessing.get_context("fork"), server.store()
    led, answers = context.Event(), []
    leader = context.Process(target=lead, args=(store, led))
    leader.start()
    assert led.wait(30)
    waiting = threading.Thread(target=lambda: answers.append(lead(store, led)))
    waiting.start()
    seen = set()
    eventually(lambda: seen.add(lease(server, store)) or len(seen) > 3)
    assert len({line.split()[1] for line in seen}) == 1
    assert not answers
    os.kill(leader.pid, signal.SIGKILL)
    leader.join()
    waiting.join(30)
    assert answers == ["mine"]


@KINDS
def test_who_waits_for_another_process_has_its_deadline(kind, fake_clock):
    """It gives up then, and leads nothing."""
    store, calls = FakeStore(), []
    ask = elsewhere(store, key=lambda _: "k")(made(kind, calls))
    occupy(store, ask)
    with pytest.raises(DeadlineExceeded):
        outcome(kind, budget(2.0)(ask))
    assert fake_clock.monotonic() == pytest.approx(2.0)
    assert not calls
    fake_clock.advance(base.LEASE)  # the other one is dead: it did not renew its lease
    assert outcome(kind, ask) == "hello"
    assert outcome(kind, elsewhere(store, key=lambda _: "k")(made(kind, calls))) == "hello"
    assert len(calls) == 1


def occupy(store, ask, key="k"):
    """Have another process lead, which then dies."""
    name = f"answers\x00{ask.__module__}.{ask.__qualname__}"
    question = Question(TAKE, store.key("cached", name, (None, key)), (7.0, base.LEASE * 1e6))
    assert store.ask(question)[0] == 0


@pytest.mark.usefixtures("long_lease")
def test_a_leader_that_is_cancelled_gives_up(store):
    """Whoever comes next leads at once."""
    calls, begun = [], asyncio.Event()

    @elsewhere(store)
    async def ask():
        calls.append(1)
        begun.set()
        await asyncio.sleep(60 if len(calls) == 1 else 0)
        return "fine"

    async def main():
        task = asyncio.create_task(ask())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await asyncio.wait_for(ask(), base.LEASE / 2)

    assert asyncio.run(main()) == "fine"
    assert len(calls) == 2


def test_a_leader_that_is_cancelled_while_it_asks_takes_nothing_from_the_next(server):
    """Its answer comes when the next one leads already, who goes on leading for all processes."""
    calls, like = [], server.store(timeout=60.0)

    async def ask(number):
        calls.append(number)
        await asyncio.sleep(0.1)
        return "fine"

    async def main():
        stores = [RedisStore(like._url, prefix=like.prefix, timeout=60.0) for _ in range(2)]
        here, there = (elsewhere(store)(ask) for store in stores)
        await asyncio.gather(here(1), there(2))  # both are connected
        for number in (3, 4, 5):
            first, second = (asyncio.create_task(here(number)) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.sleep(0.05)
            await asyncio.gather(there(number), second)
            assert first.cancelled()

    asyncio.run(main())
    assert sorted(calls[:2]) == [1, 2]  # whose connection stands first asks first
    assert calls[2:] == [3, 4, 5]


def test_an_answer_is_no_older_than_who_asks_allows(fake_clock):
    """Where the process that fetched it keeps answers for longer, as one of the deployment before may."""
    store, calls = FakeStore(), []
    fetch = made(Kind.SYNC, calls)
    assert elsewhere(store)(fetch)() == "hello"
    fake_clock.advance(9.0)
    assert cached(10, name="answers", store=store)(fetch)() == "hello"
    assert len(calls) == 1
    fake_clock.advance(1.0)
    here, there = (cached(10, name="answers", store=store)(fetch) for _ in range(2))
    assert here() == there() == "hello"
    assert len(calls) == 3


@KINDS
def test_without_the_store_each_process_goes_on_alone(kind):
    """And keeps its answers; ``closed`` refuses instead."""
    store, calls = FakeStore(), []
    here, there = (elsewhere(store)(made(kind, calls)) for _ in range(2))
    with store.down():
        assert [outcome(kind, each) for each in (here, here, there)] == ["hello"] * 3
    assert len(calls) == 2
    closed = FakeStore(on_failure="closed")
    ask = elsewhere(closed)(made(kind, calls))
    for _ in range(2):
        with closed.down(), pytest.raises(StoreUnavailable, match="cached"):
            outcome(kind, ask)


def test_a_store_that_is_lost_in_flight_costs_nobody_the_answer(own_server):
    """The leader's answer is kept here; the others wait for its lease, or go on alone."""
    store, begun, go = own_server.store(timeout=0.3), threading.Event(), threading.Event()

    @elsewhere(store)
    def ask():
        begun.set()
        go.wait(60)
        return "fine"

    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    assert begun.wait(60)
    own_server.kill()
    go.set()
    thread.join(60)
    assert answers == ["fine"]
    assert ask() == "fine"
    own_server.start()


def test_forgetting_an_answer_forgets_it_in_the_store(store):
    """One at a time; what is on its way is not kept."""
    calls = []
    cache = Cache(300, name="answers", store=store)
    fetch = made(Kind.SYNC, calls)
    ask = cache(fetch)
    ask("a")
    assert cache.forget("a") == 1
    assert elsewhere(store)(fetch)("a") == "a"
    assert len(calls) == 2
    with pytest.raises(ValueError, match="one answer at a time"):
        cache.forget()


@attrs.frozen
class Own:
    """An answer that only its class could read."""

    text: str


def test_an_answer_that_cannot_be_written_stays_here(store, caplog):
    """The log says so once, and how to change it; the others fetch their own, at once."""
    calls = []

    def ask(number):
        calls.append(number)
        return Own("a")

    here, there = (elsewhere(store)(ask) for _ in range(2))
    with caplog.at_level(logging.WARNING, "beluga.stores"):
        assert [here(1), here(1), there(1), there(2)] == [Own("a")] * 4
    assert calls == [1, 1, 2]
    said = [record.getMessage().partition(".<locals>.")[2] for record in caplog.records]
    assert said == ["ask gets into the store: it holds a Own, which needs codec="] * 2


def test_a_codec_writes_what_the_user_trusts(store):
    """Such as pickle, which nothing here uses by itself."""
    calls = []

    def ask():
        calls.append(1)
        return Own("a")

    here, there = (elsewhere(store, codec=pickle)(ask) for _ in range(2))
    assert here() == there() == Own("a")
    assert len(calls) == 1


def test_a_codec_that_writes_no_bytes_costs_nobody_the_answer(store, caplog):
    """As the module json, which writes texts: the answer stays here, and the log says why."""
    ask = elsewhere(store, codec=json)(made(Kind.SYNC, []))
    assert ask() == "hello"
    assert "codec= wrote a str, and must write bytes" in caplog.text


def test_a_lease_that_no_thread_can_renew_costs_nobody_the_answer(server, monkeypatch):
    """As when the interpreter ends, from Python 3.12 on; who comes when there can be threads again has one."""
    store, ask = server.store(), made(Kind.SYNC, [])
    here = elsewhere(store)(lambda text: (holders.append(store._holder), ask(text))[1])
    holders = []
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no new thread")))
        assert here("a") == "a"
    assert here("b") == "b"
    assert holders[0] is None
    assert holders[1].is_alive()


def test_long_arguments_are_not_kept_beside_their_answers():
    """Of a key only a hash goes to the store, and none of 4096 documents stays behind."""
    key, before = FakeStore().key, base._digest.cache_info().currsize
    assert key("cached", "a", ("x" * 1000,)) == key("cached", "a", ("x" * 1000,)) != key("cached", "a", ("x" * 1001,))
    assert base._digest.cache_info().currsize == before


COMPARED = Counter()


class Looked(str):
    """A key that counts how often it is compared."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        COMPARED["keys"] += 1
        return str(self) == str(other)


def test_a_leader_is_found_among_thousands_by_its_key():
    """To look at each of them took 20 s where 4000 began at once."""
    store = FakeStore()
    for number in range(1000):
        store.hold(Question(TAKE, Looked(number)), number)
    assert (store.is_held(Looked(999), 999), store.is_held(Looked(999), 1), store.is_held(Looked(-1), 1)) == (1, 0, 0)
    assert COMPARED["keys"] < 10


def test_an_answer_that_would_hold_up_all_others_stays_here(store, caplog):
    """A real store has a bound by its time-out; the log says how long the answer is."""
    calls, ask = [], made(Kind.SYNC, [])
    store.largest = len(PLAIN.dumps(("hello", None)))
    here, there = (elsewhere(store)(lambda text: (calls.append(1), ask(text))[1]) for _ in range(2))
    assert here("hello") == there("hello") == "hello"
    assert (len(calls), caplog.text) == (1, "")
    assert here("hello!") == there("hello!") == "hello!"
    assert len(calls) == 3
    assert f"it has {store.largest + 1} bytes, and {store.largest} may be sent" in caplog.text


def test_an_answer_that_broke_its_connection_is_not_sent_over_the_next_one(own_server):
    """It would break that too, and the store would be down for ever."""
    store = own_server.store()
    key = store.key("cached", "answers", "k")
    store.ask(Question(TAKE, key, (7.0, 5e6)))
    store.timeout = 0.1
    own_server.client.execute_command("CLIENT", "PAUSE", "60000", "ALL")
    store.tell(Question(LAND, key, (7.0, 300e6), payload=b"a"), is_async=False)
    with pytest.raises(StoreUnavailable):
        store.ask(Question(TAKE, key, (8.0, 5e6)))
    assert not store._untold


@pytest.mark.parametrize(
    "foreign",
    [b"", b"\x80\x04.", b"[", b"[1]", b'{"":"eval","of":1}', b'[{"":"schema.Message","of":{"x":1}},null]', b"[" * 9999],
    ids=["empty", "pickle", "cut", "short", "unknown", "record", "deep"],
)
def test_what_is_not_an_answer_is_fetched_anew(store, foreign, caplog):
    """Nothing that a stranger wrote is run, or raised as an error."""
    calls = []
    ask = elsewhere(store, key=lambda _: "k", codec=None)(made(Kind.SYNC, calls))
    key = store.key("cached", f"answers\x00{ask.__module__}.{ask.__qualname__}", (None, "k"))
    store.ask(Question(TAKE, key, (7.0, 5e6)))
    store.ask(Question(LAND, key, (7.0, 300e6), payload=foreign))
    assert ask() == "hello"
    assert "cannot be read" in caplog.text
    assert elsewhere(store, key=lambda _: "k")(made(Kind.SYNC, calls))() == "hello"
    assert len(calls) == 2


def test_bad_options_are_refused_at_decoration():
    """With what to write instead."""
    store = FakeStore()
    with pytest.raises(TypeError, match=r"give name= beside store=.*lambda"):
        cached(300, store=store)(lambda: 1)
    with pytest.raises(ValueError, match="give store= too"):
        cached(300, name="a")
    with pytest.raises(TypeError, match="dumps and loads"):
        cached(300, store=store, codec=json.JSONEncoder)
    with pytest.raises(TypeError, match="must be a store"):
        cached(300, store="redis://")
    ask = cached(300, store=store, name="a")(lambda client: 1)
    with pytest.raises(TypeError, match="name the arguments that count by key="):
        ask(object())


scalars = (
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.binary(max_size=8)),
    *(st.dates(), st.datetimes(), st.decimals(allow_nan=False).map(decimal.Decimal)),
)
hashable = st.recursive(
    st.one_of(scalars), lambda inner: st.tuples(inner) | st.frozensets(inner, max_size=2), max_leaves=3
)
plain = st.recursive(
    hashable,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.sets(hashable, max_size=3),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.dictionaries(hashable, inner, max_size=3),
    ),
    max_leaves=6,
)


@given(plain)
def test_plain_data_is_read_as_it_was_written(value):
    """Type by type, in any nesting."""
    again = PLAIN.loads(PLAIN.dumps(value))
    assert again == value
    assert repr(again) == repr(value) or isinstance(value, (set, frozenset, dict, list, tuple))


@pytest.mark.parametrize("halves", ["\ud83d\ude00", "\udc80"], ids=["pair", "one"])
def test_halves_of_a_character_are_read_as_they_were_written(halves):
    """Two of them are not joined."""
    assert PLAIN.loads(PLAIN.dumps([halves, {halves: halves}])) == [halves, {halves: halves}]


OCTOBER = datetime.datetime.fromisoformat("2026-10-25T02:30")


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize(
    "zone",
    [None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=-3.5)), zoneinfo.ZoneInfo("UTC")],
    ids=["none", "utc", "offset", "zone"],
)
def test_a_moment_keeps_its_zone(zone, fold):
    """An offset in its place is another time half a year later; and it keeps which of two it is as clocks go back."""
    moment = OCTOBER.replace(tzinfo=zone, fold=fold)
    assert repr(PLAIN.loads(PLAIN.dumps(moment))) == repr(moment)


def test_a_moment_in_a_zone_without_a_name_is_not_written():
    """Nobody could make the zone again."""
    with pytest.raises(UnstorableError, match="datetime with a timezone"):
        PLAIN.dumps(OCTOBER.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1), "CET")))


@given(messages())
def test_messages_are_read_as_they_were_written(value):
    """With all of their parts."""
    assert PLAIN.loads(PLAIN.dumps(value)) == value


def test_responses_and_chunks_are_read_as_they_were_written():
    """An SDK's own object beside them, which does not count, is left out."""
    message = AIMessage(parts=["fine", ToolCall("1", "look", {"at": [1, None]})])
    response = Response(message, Usage(3, 4), "stop", "gpt", "id", raw=object())
    assert PLAIN.loads(PLAIN.dumps((response, Chunk("a")))) == (response, Chunk("a"))
    with pytest.raises(UnstorableError, match="timedelta"):
        PLAIN.dumps([datetime.timedelta(1)])
