"""What networks and servers do to a store: slow ones, those that are replaced, and those that answer errors."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from beluga import RateLimited, RateLimiter, budget, rate_limited, spend
from beluga._engine.target import Kind
from beluga.events import StoreChanged
from beluga.stores import RedisStore, base
from beluga.stores.scripts import LOOK, Question
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])


def cut(*ends):
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Stands before a server; it may be slow, and lead to another one from some moment on."""

    def __init__(self, port):
        self.target, self.delay, self.passed = port, 0.0, 0
        self._pairs = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(here,), daemon=True).start()

    def _serve(self, here):
        with contextlib.suppress(OSError), here, socket.create_connection(("127.0.0.1", self.target)) as there:
            pair = here, there
            self._pairs.append(pair)
            back = threading.Thread(target=self._pass_on, args=(there, here), daemon=True)
            back.start()
            self._pass_on(here, there)
            back.join()
            self._pairs.remove(pair)

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self.delay)
                self.passed += 1
                sink.sendall(data)
        cut(source, sink)

    def switch(self, port):
        """Lead to another server, as an address does after a failover, and cut what there is."""
        self.target = port
        for pair in tuple(self._pairs):
            cut(*pair)

    def store(self, **options):
        return RedisStore(f"redis://127.0.0.1:{self.port}/0", **{"timeout": 5.0, "prefix": "faults", **options})

    def close(self):
        self._listener.close()
        self.switch(0)


@pytest.fixture
def proxy(own_server):
    proxy = Proxy(own_server.port)
    yield proxy
    proxy.close()


@KINDS
def test_a_network_that_becomes_slow_costs_one_time_out(proxy, kind, events, monkeypatch):
    """Then the process counts alone, and with the others again when it is well."""
    for name in ("PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(base, name, 600.0)
    store, lost = proxy.store(), []
    ask = rate_limited(100, name="slow", store=store)(subject(kind))
    outcome(kind, ask)
    monkeypatch.setattr(store, "lost", lambda reason: (lost.append(reason), RedisStore.lost(store, reason))[1])
    proxy.delay, store.timeout = 0.5, 0.25
    for _ in range(5):
        assert outcome(kind, ask) == "hello"
    assert len(lost) == 1
    assert [event.new for event in events.of(StoreChanged)] == ["down"]
    proxy.delay, store.timeout, store._down_until = 0.0, 5.0, 0.0
    assert outcome(kind, ask) == "hello"
    assert [event.new for event in events.of(StoreChanged)] == ["down", "up"]


def test_what_is_asked_at_once_waits_for_the_network_once(proxy):
    """64 tasks over one connection need a few pieces on the wire, and not 64 each way."""
    ask = rate_limited(1000, name="together", store=proxy.store())(subject(Kind.ASYNC))

    async def main():
        await ask()
        proxy.delay, before = 0.05, proxy.passed
        await asyncio.gather(*(ask() for _ in range(64)))
        assert 2 <= proxy.passed - before <= 16

    asyncio.run(main())


@KINDS
def test_after_a_failover_only_what_was_lost_is_admitted_again(own_server, durable_server, proxy, kind, eventually):
    """The replica misses the last writes of its master: as many calls too many as that were, and nobody is shut out."""
    replica = durable_server.client
    own_server.client.config_set("repl-diskless-sync-delay", 0)
    limiter = RateLimiter(20, 3600.0, name="failover", store=proxy.store())
    money = budget(cost=1.0, window=3600.0, name="failover", store=limiter.store, estimate=0)
    ask, pay = limiter(subject(kind)), money(lambda: spend(cost=0.01))
    outcome(kind, ask)
    pay()
    replica.execute_command("REPLICAOF", "127.0.0.1", str(own_server.port))
    eventually(lambda: replica.info("replication").get("master_link_status") == "up" and replica.dbsize() >= 2)
    for _ in range(9):
        outcome(kind, ask)
    own_server.client.set("after them", 1)  # as WAIT is about what its own connection has written
    while not own_server.client.wait(1, 1000):
        pass
    replica.execute_command("REPLICAOF", "NO", "ONE")
    for _ in range(4):  # lost
        outcome(kind, ask)
    proxy.switch(durable_server.port)
    own_server.kill()
    admitted = 0
    with pytest.raises(RateLimited):
        while True:
            outcome(kind, ask)
            admitted += 1
    assert admitted == 10
    pay()
    assert round(money_spent(pay) * 100) == 2
    own_server.start()


def money_spent(function):
    from beluga import layers

    return layers(function)[0].account().spent.cost


class Stub:
    """Answers each script with one line, and all else with OK."""

    def __init__(self, line):
        self.line, self.asked = line, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=(self._listener.accept()[0],), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
            while head := lines.readline():
                parts = [lines.read(int(lines.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]
                is_script = parts[0].upper() in {b"EVAL", b"EVALSHA"}
                self.asked += is_script
                connection.sendall(b"-" + self.line.encode() + b"\r\n" if is_script else b"+OK\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "LOADING Redis is loading the dataset in memory",
        "MOVED 3999 127.0.0.1:6381",
        "CLUSTERDOWN Hash slot not served",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "NOSCRIPT No matching script. Please use EVAL.",
        "ERR unknown command 'EVALSHA'",
    ],
    ids=lambda line: line.split()[0],
)
@KINDS
def test_a_server_that_cannot_answer_is_left_in_peace(line, kind, events, monkeypatch):
    """One question, the event says what it answered, and the limit holds in this process meanwhile."""
    for name in ("PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(base, name, 600.0)
    stub = Stub(line)
    store = RedisStore(f"redis://127.0.0.1:{stub.port}/0", timeout=5.0)
    ask = rate_limited(3, name="a", store=store)(subject(kind))
    for _ in range(3):
        assert outcome(kind, ask) == "hello"
    with pytest.raises(RateLimited):
        outcome(kind, ask)
    (changed,) = events.of(StoreChanged)
    assert line.split()[0] in changed.reason
    assert stub.asked <= 4  # the count of processes, and each once more where the script is not known
    stub._listener.close()


def test_what_cannot_be_told_is_dropped_with_a_word(events, monkeypatch):
    """While a server is dead the ends of calls wait for it; beyond a bound the oldest go, and an event says so."""
    monkeypatch.setattr("beluga.stores.redis.MOST_UNTOLD", 3)
    store = RedisStore("redis://127.0.0.1:1/0")
    for _ in range(4):
        store.tell(Question(LOOK, "key"), is_async=False)
    assert "3 things that it has to be told wait" in events.one(StoreChanged).reason
