"""Rate limits that several processes share, on a real server and on the fake one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import multiprocessing
import threading
import time

import pytest

from beluga import DeadlineExceeded, Rate, RateLimited, RateLimiter, StoreUnavailable, budget, explain, rate_limited
from beluga._engine.target import Kind
from beluga.events import CallRefused, StoreChanged, WaitScheduled
from beluga.stores import FakeStore, RedisStore
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))
ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "token_bucket"])


@pytest.fixture(params=["fake", "real"])
def store(request):
    return FakeStore() if request.param == "fake" else request.getfixturevalue("server").store()


@KINDS
@ALGORITHMS
def test_two_processes_share_one_limit(store, kind, algorithm):
    """What one admits the other one misses; a refusal says whose limit it is and when to come again."""
    here, there = (
        rate_limited(rates=[Rate(2, 60), Rate(9, 60, cost=4)], name="openai", store=store, algorithm=algorithm)(
            subject(kind)
        )
        for _ in range(2)
    )
    assert [outcome(kind, here), outcome(kind, there)] == ["hello"] * 2
    with pytest.raises(RateLimited, match="the rate limit of 2 per 60 s and 9 per 60 s is used up") as refused:
        outcome(kind, here)
    assert 20 < refused.value.retry_after <= 60


@KINDS
def test_each_key_has_its_own(store, kind):
    """And the server sees hashes of keys only."""
    ask = rate_limited(1, key="text", store=store, name="asks")(subject(kind))
    assert [outcome(kind, ask, text) for text in ("a@b.example", "c@d.example")] == ["a@b.example", "c@d.example"]
    with pytest.raises(RateLimited) as refused:
        outcome(kind, ask, "a@b.example")
    assert refused.value.key == "a@b.example"
    if isinstance(store, RedisStore):
        import redis

        with redis.Redis.from_url(store._url) as client:
            keys = list(client.scan_iter(f"{store.prefix}:*"))
            assert len(keys) == 3  # and one for the processes
            assert all(b"example" not in key for key in keys)
            assert all(0 < client.pttl(key) <= 61_000 for key in keys)


@KINDS
@ALGORITHMS
def test_who_waits_books_a_place(kind, algorithm, fake_clock, events):
    """The answer is the wait; who comes later waits behind, and who would wait too long books nothing."""
    store = FakeStore()
    make = {"limit": 2, "window": 10.0, "name": "a", "store": store, "algorithm": algorithm}
    patient, hasty = rate_limited(wait=True, **make)(subject(kind)), rate_limited(wait=1.0, **make)(subject(kind))
    times = []
    for _ in range(5):
        outcome(kind, patient)
        times.append(fake_clock.monotonic())
    assert times == ([0, 0, 10, 10, 20] if algorithm == "fixed_window" else [0, 0, 5, 10, 15])
    assert len(events.of(WaitScheduled)) == sum(b > a for a, b in itertools.pairwise(times))
    outcome(kind, patient)
    with pytest.raises(RateLimited):
        outcome(kind, hasty)
    with pytest.raises(RateLimited) as refused:
        outcome(kind, budget(3)(patient))
    fake_clock.advance(refused.value.retry_after)
    assert outcome(kind, hasty) == "hello"


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])
def test_what_was_not_used_is_given_back(kind):
    """By settle=, and whole where a layer inside refuses before anything is sent."""
    limiter = RateLimiter(
        10, cost=8, name="tokens", store=FakeStore(), settle=lambda text: len(text), algorithm="token_bucket"
    )
    ask = limiter(subject(kind))
    assert outcome(kind, ask) == "hello"
    assert limiter.remaining() == 5

    outer = RateLimiter(2, name="outer", store=FakeStore())
    ask = outer(rate_limited(1)(subject(kind)))
    outcome(kind, ask)
    with pytest.raises(RateLimited):
        outcome(kind, ask)
    assert outer.remaining() == 1


def test_what_a_call_used_beyond_its_booking_counts_when_the_key_has_expired(server, eventually):
    """A bucket is full again long before a slow answer tells what it took, and the server has forgotten it."""
    limiter = RateLimiter(
        864_000, 86_400.0, name="slow", store=server.store(), settle=lambda used: used, algorithm="token_bucket"
    )

    @limiter
    def ask():
        eventually(lambda: len(server.client.keys(f"{limiter.store.prefix}:*")) == 1)  # the one of the processes stays
        return 800_000

    ask()
    assert limiter.remaining() < 100_000


def test_by_hand(store):
    """Every question that a limiter answers by hand it answers from the store."""
    bucket = {"name": "x", "store": store, "key": "who", "algorithm": "token_bucket"}
    limiter, other = (RateLimiter(10, 36_000.0, **bucket) for _ in range(2))
    assert (limiter.allow("a", cost=4), other.remaining("a"), other.remaining("b")) == (True, 6, 10)
    reservation = other.reserve("a", cost=6)
    assert not limiter.allow("a")
    assert 3500.0 < limiter.retry_after("a") <= 3600.0
    reservation.settle(1)
    assert limiter.remaining("a") == 5
    with pytest.raises(RateLimited):
        limiter.reserve("a", cost=6)
    limiter.reset("a")
    assert other.remaining("a") == 10
    with pytest.raises(ValueError, match="needs a key"):
        limiter.reset()


def _take_all(url, prefix, algorithm, start, results):
    store = RedisStore(url, prefix=prefix, timeout=30.0)
    ask = rate_limited(1000, 2_592_000.0, name="shared", store=store, algorithm=algorithm)(lambda: 1)
    admitted = []

    def work():
        for _ in range(60):
            with contextlib.suppress(RateLimited):
                admitted.append(ask())

    start.wait()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(len(admitted))


def _take_all_in_tasks(url, prefix, algorithm, start, results):
    store = RedisStore(url, prefix=prefix, timeout=30.0)

    @rate_limited(1000, 2_592_000.0, name="shared", store=store, algorithm=algorithm)
    async def ask():
        return 1

    async def work():
        answers = await asyncio.gather(*(ask() for _ in range(480)), return_exceptions=True)
        return sum(answer == 1 for answer in answers)

    start.wait()
    results.put(asyncio.run(work()))


@ALGORITHMS
@pytest.mark.parametrize("work", [_take_all, _take_all_in_tasks], ids=["threads", "tasks"])
def test_four_processes_admit_exactly_the_limit(server, algorithm, work):
    """None too many and none too few, of 1920 calls from 32 threads or 1920 tasks."""
    context = multiprocessing.get_context("fork")
    start, results, like = context.Event(), context.Queue(), server.store()
    workers = [context.Process(target=work, args=(like._url, like.prefix, algorithm, start, results)) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    admitted = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert sum(admitted) == 1000


@KINDS
def test_a_paused_server_costs_no_more_than_the_budget(own_server, kind):
    """The deadline of the call bounds the question, also where the caller blocks; nothing it took is lost."""
    store = own_server.store(timeout=60.0)
    limiter = RateLimiter(10, name="paused", store=store)
    ask = budget(0.05)(limiter(subject(kind)))
    assert outcome(kind, limiter(subject(kind))) == "hello"
    own_server.client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        outcome(kind, ask)
    assert time.monotonic() - begun < 20.0  # 0.06 on an idle machine
    own_server.client.execute_command("CLIENT", "UNPAUSE")
    if not kind.is_async:  # an async one's loop has ended, and its connection with it
        limiter.remaining()  # reads the answer that nobody waited for, and gives back what it stands for
        assert limiter.remaining() == 9


def test_a_cancelled_call_costs_neither_its_permit_nor_the_connection(server):
    """Of 1000 calls cancelled at random steps nothing stays taken, and all go over one connection."""
    limiter = RateLimiter(10_000, 3600.0, name="cancelled", store=server.store(), settle=lambda _: 0)
    ran = []

    async def main():
        begun = asyncio.Event()

        @limiter
        async def ask():
            ran.append(1)
            begun.set()
            await asyncio.Event().wait()

        await limiter(_nothing)()
        connections = server.client.info("stats")["total_connections_received"]
        for turn in range(50):
            begun.clear()
            tasks = [asyncio.ensure_future(ask()) for _ in range(20)]
            for _ in range(turn % 7):
                await asyncio.sleep(0)
            if turn % 5 == 0:  # some later still, when one has been answered
                await begun.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert server.client.info("stats")["total_connections_received"] - connections == 0
        for _ in range(2):  # behind all answers, and behind what these gave back
            await limiter(_nothing)()

    asyncio.run(main())
    assert 0 < len(ran) < 1000
    assert limiter.remaining() == 10_000 - len(ran)  # those were sent, and keep their permits


async def _nothing():
    return ""


def test_a_call_that_was_sent_has_used_its_permit_where_its_settlement_is_interrupted(fake_clock):
    """An interrupt in `settle=` gave back what was booked, as if nothing had been sent."""

    def settle(_: object) -> float:
        raise KeyboardInterrupt

    limiter = RateLimiter(10, 60, algorithm="token_bucket", settle=settle, name="sent", store=FakeStore())
    with pytest.raises(KeyboardInterrupt):
        limiter(lambda: "fine")()
    assert limiter.remaining() == 9


@KINDS
def test_a_dead_server_costs_one_time_out(own_server, kind, events):
    """Then nobody asks for a while: limits count in the process alone, events say so, and it recovers by itself."""
    store = own_server.store()
    ask = rate_limited(3, name="dead", store=store)(subject(kind))
    assert outcome(kind, ask) == "hello"
    own_server.kill()
    assert [outcome(kind, ask) for _ in range(3)] == ["hello"] * 3
    with pytest.raises(RateLimited):
        outcome(kind, ask)
    assert [(event.old, event.new) for event in events.of(StoreChanged)] == [("up", "down")]
    own_server.start()
    store._down_until = 0.0
    assert outcome(kind, ask) == "hello"
    assert [(event.old, event.new) for event in events.of(StoreChanged)] == [("up", "down"), ("down", "up")]


@KINDS
@pytest.mark.parametrize("mode", ["open", "closed", "local"])
def test_what_stands_in_for_a_store_is_the_users_choice(kind, mode, fake_clock, events):
    """Let everything through, or nothing, or count alone; and with the store again when it answers."""
    store = FakeStore(on_failure=mode)
    limiter = RateLimiter(1, name="a", store=store)
    ask = limiter(subject(kind))
    with store.down("no route"):
        if mode == "closed":
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match=r"rate_limited: the store fake .*lets nothing through"):
                    outcome(kind, ask)
            with pytest.raises(StoreUnavailable):
                limiter.allow()
            assert len(events.of(CallRefused)) == 2
        else:
            assert outcome(kind, ask) == "hello"
            assert limiter.allow() is (mode == "open")
            if mode == "local":
                with pytest.raises(RateLimited):
                    outcome(kind, ask)
    fake_clock.advance(1.0)
    assert outcome(kind, ask) == "hello"
    assert [event.new for event in events.of(StoreChanged)] == ["down", "up"]
    assert events.of(StoreChanged)[0].reason == "no route"


def test_while_the_store_is_down_each_process_has_its_share(fake_clock):
    """Of four processes each admits a quarter, and where that is less than one call, one."""
    store = FakeStore()
    store.members = 4
    for limit, share in ((100, 25), (2, 1)):
        limiter = RateLimiter(limit, name=str(limit), store=store)
        ask = limiter(subject(Kind.SYNC))
        with store.down():
            admitted = sum(limiter.allow() for _ in range(limit))
            assert admitted == share
            with pytest.raises(RateLimited):
                ask()
        fake_clock.advance(60)
        assert limiter.remaining() == limit


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])
def test_processes_are_counted(server, kind):
    """Each that asks is there for a while; who shares a store hears of the others within a few calls."""
    one = server.store()
    other = RedisStore(one._url, prefix=one.prefix, timeout=5.0)
    asks = [rate_limited(100, name="a", store=store)(subject(kind)) for store in (one, other)]
    for _ in range(3):
        one._said_at = other._said_at = float("-inf")
        for ask in asks:
            outcome(kind, ask)
    assert (one.members, other.members) == (2, 2)


def test_only_one_call_finds_out_whether_the_store_is_back(fake_clock):
    """While it is down each pause is twice as long, and within it nobody asks."""
    store = FakeStore()
    limiter, asked = RateLimiter(100, name="a", store=store), []
    with store.down():
        for _ in range(40):
            before = store.asked
            limiter.allow()
            asked.append(store.asked - before)
            fake_clock.advance(0.5)
    assert [i / 2 for i, n in enumerate(asked) if n] == [0.0, 1.0, 3.0, 7.0, 15.0]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c, key: c.lpush(key, 1), "WRONGTYPE"),
        (lambda c, key: (c.config_set("maxmemory-policy", "noeviction"), c.config_set("maxmemory", "1")), "OOM"),
        (lambda c, key: c.execute_command("REPLICAOF", "127.0.0.1", "1"), "READONLY"),
        (lambda c, key: c.config_set("requirepass", "s3cret"), "NOAUTH|Authentication"),
    ],
    ids=["wrong type", "full", "replica", "password"],
)
@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])
def test_a_server_that_answers_errors_is_said_and_survived(own_server, spoil, message, kind, events):
    """The event tells what the server said, the chosen mode holds, and no traceback comes out of a decorator."""
    store = own_server.store()
    ask = rate_limited(2, name="a", store=store)(subject(kind))
    spoil(own_server.client, store.key("limit", "a", None))
    assert [outcome(kind, ask) for _ in range(2)] == ["hello"] * 2
    with pytest.raises(RateLimited):
        outcome(kind, ask)
    changed = events.of(StoreChanged)
    assert len(changed) == 1
    assert any(word in changed[0].reason for word in message.split("|"))
    assert "s3cret" not in changed[0].reason


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])
def test_a_script_that_the_server_forgot_is_sent_again(server, kind):
    """After SCRIPT FLUSH or a restart the question is asked once more, and counted once."""
    limiter = RateLimiter(5, name="a", store=server.store())
    ask = limiter(subject(kind))
    for _ in range(3):
        server.client.script_flush()
        assert outcome(kind, ask) == "hello"
    assert limiter.remaining() == 2


def test_a_url_without_a_server_is_said_at_the_first_call(events):
    """Making a store connects to nothing; the first call says where it looked, without the password."""
    store = RedisStore("redis://user:s3cret@127.0.0.1:1/2", timeout=0.3)
    assert "s3cret" not in repr(store)
    ask = rate_limited(1, store=store)(lambda: "fine")
    assert events == []
    assert ask() == "fine"
    event = events.one(StoreChanged)
    assert event.store == "redis://127.0.0.1:1/2"
    assert "refused" in event.reason


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RedisStore("http://localhost"), "scheme"),
        (lambda: RedisStore(timeout=0), "timeout=0.0 must be a number above 0"),
        (lambda: RedisStore(on_failure="ignore"), "known are local, open, closed"),
        (lambda: RedisStore(prefix="a b"), "must be a text without spaces"),
        (lambda: rate_limited(1, store=FakeStore(), algorithm="sliding_window"), "is not shared: with store= use"),
    ],
)
def test_a_bad_option_is_refused_when_it_is_given(make, message):
    """And the message says what to write."""
    with pytest.raises(ValueError, match=message):
        make()


def test_what_cannot_be_shared_is_refused():
    """A store that is none, permits without a name, and keys without a text of their own."""
    with pytest.raises(TypeError, match="store= is a str, and must be a store"):
        rate_limited(1, store="redis://localhost")
    limiter = RateLimiter(1, store=FakeStore())
    with pytest.raises(TypeError, match="give name="):
        limiter.allow()
    limiter(subject(Kind.SYNC))
    with pytest.raises(TypeError, match="give name="):
        limiter(subject(Kind.ASYNC))
    with pytest.raises(TypeError, match="give name="), RateLimiter(1, store=FakeStore()):
        pass
    ask = rate_limited(1, key="text", store=FakeStore())(subject(Kind.SYNC))
    with pytest.raises(TypeError, match="may differ from process to process"):
        ask(object())
    assert "shared in <FakeStore fake prefix='beluga'>" in explain(ask)


def test_loops_come_and_go(own_server, eventually):
    """Each asyncio.run has a connection of its own, which ends with it."""
    ask = rate_limited(100, store=own_server.store())(subject(Kind.ASYNC))
    for _ in range(5):
        assert asyncio.run(ask()) == "hello"
    gc.collect()
    eventually(lambda: own_server.client.info("clients")["connected_clients"] == 1)
