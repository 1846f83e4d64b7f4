"""Four ways to disturb a policy, each a process of its own: ``python scenarios.py WAY POLICY COUNT SEED``.

It goes on until it has disturbed the policy COUNT times, and prints as JSON what came of it. One that hangs writes its
stacks and ends.
"""

from __future__ import annotations

import asyncio
import collections
import faulthandler
import gc
import json
import os
import random
import signal
import sys
import threading
import time

from beluga import Bulkhead, Cache, CircuitBreaker, RateLimiter, RetryPolicy, RetryThrottle, budget, traced
from beluga.errors import Refused
from beluga.schema import AIMessage, Response, Usage

SHORT = 0.01
"""Seconds of every window and reset, so that each state of each policy comes and goes many times."""

POLICIES = {
    "breaker": lambda: CircuitBreaker(failure_threshold=2, reset_timeout=SHORT),
    "breaker by key": lambda: CircuitBreaker(failure_threshold=2, reset_timeout=SHORT, key="who", max_keys=3),
    "breaker by rate": lambda: CircuitBreaker(failure_rate=0.5, minimum_calls=4, window=SHORT, reset_timeout=SHORT),
    "fixed window": lambda: RateLimiter(20, SHORT),
    "sliding window": lambda: RateLimiter(20, SHORT, algorithm="sliding_window"),
    "token bucket by key": lambda: RateLimiter(20, SHORT, algorithm="token_bucket", key="who", max_keys=3),
    "queue": lambda: RateLimiter(20, SHORT, wait=2 * SHORT),
    "tokens by key": lambda: budget(tokens=1_000_000_000, key="who", estimate=10, max_keys=3),
    "time": lambda: budget(60.0),
    "retry": lambda: RetryPolicy(max_attempts=2, initial_backoff=1e-6, throttle=RetryThrottle(max_tokens=4)),
    "spans": lambda: traced,
    "cache": lambda: Cache(ttl=SHORT, key="who", maxsize=3),
    "bulkhead": lambda: Bulkhead(3),
    "bulkhead by key": lambda: Bulkhead(2, key="who", max_keys=3),
    "bulkhead that learns": lambda: Bulkhead("auto"),
}
KEYS = "abcde"


class Interrupt(Exception):
    """What a soft time limit raises: anywhere, from a signal handler."""


class Subject:
    """The four kinds of a function behind one policy, with faults by chance."""

    def __init__(self, policy, rng):
        self.rng = rng
        self.done = collections.Counter()
        self.ask, self.stream, self.aask = policy(self._ask), policy(self._stream), policy(self._aask)

    def _answer(self, who):
        if self.rng.random() < 0.1:
            raise ConnectionError(who)
        return Response(AIMessage("fine"), usage=Usage(3, 4))

    def _ask(self, who):
        return self._answer(who)

    def _stream(self, who):
        yield self._answer(who)
        yield self._answer(who)

    async def _aask(self, who):
        await asyncio.sleep(self.rng.random() * SHORT)
        return self._answer(who)

    def call(self):
        """Call it once; count how it ended."""
        try:
            self.ask(self.rng.choice(KEYS))
            self.done["fine"] += 1
        except Refused:
            self.done["refused"] += 1
        except ConnectionError:
            self.done["failed"] += 1

    def recovered(self):
        """Return whether it answers again within seconds, as it does once the disturbance is over."""
        end = time.monotonic() + 30.0  # who was lost in a queue is passed over after one
        while time.monotonic() < end:
            before = self.done["fine"]
            gc.collect()  # what an error holds that is in a cycle with its frame
            self.call()
            if self.done["fine"] > before:
                return True
            time.sleep(SHORT / 4)
        return False


def signals(subject, count):
    """Two thousand signals a second: some raise wherever the call is, the others call the policy from their handler."""
    reached = collections.Counter()
    armed = False

    def interrupt(number, frame):
        nonlocal armed
        if not armed:  # nothing runs that may be interrupted, or another signal is handled
            return
        armed = False
        if subject.rng.random() < 0.5:
            raise Interrupt
        subject.call()
        reached["handled"] += 1

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    while reached["interrupted"] < count:
        try:
            armed = True
            subject.call()
            armed = False
        except Interrupt:
            reached["interrupted"] += 1
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    return reached


def collections_(subject, count):
    """Streams that are left in a cycle, so that a collection ends them wherever it comes, at every threshold."""
    reached = collections.Counter()
    before = sum(generation["collections"] for generation in gc.get_stats())
    while reached["abandoned"] < count:
        for threshold in range(1, 100):
            gc.set_threshold(threshold, 2, 2)
            stream = subject.stream(subject.rng.choice(KEYS))
            try:
                next(stream)
            except (Refused, ConnectionError):
                continue
            cycle = [stream]
            cycle.append(cycle)
            del stream, cycle
            reached["abandoned"] += 1
            subject.call()
    gc.set_threshold(700, 10, 10)
    reached["collected"] = sum(generation["collections"] for generation in gc.get_stats()) - before
    gc.collect()
    return reached


def forks(subject, count):
    """Children that are forked while threads hold whatever there is to hold; each has to call the policy itself."""
    reached = collections.Counter()
    over = threading.Event()

    def load():
        while not over.is_set():
            subject.call()

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    while reached["children"] < count:
        child = os.fork()
        if child == 0:
            signal.alarm(120)  # ends a child that hangs, which its parent counts
            for _ in range(20):
                subject.call()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        reached["children"] += 1
        if status:
            reached["lost"] += 1
            break
    over.set()
    for thread in threads:
        thread.join()
    return reached


def cancellations(subject, count):
    """Tasks that are cancelled anywhere: while they wait, while the function runs, before they have begun."""
    reached = collections.Counter()

    async def one(who):
        try:
            await subject.aask(who)
            subject.done["fine"] += 1
        except (Refused, ConnectionError):
            pass

    async def main():
        while reached["cancelled"] < count:
            tasks = [asyncio.ensure_future(one(subject.rng.choice(KEYS))) for _ in range(20)]
            for task in subject.rng.sample(tasks, 10):
                for _ in range(subject.rng.choice([0, 0, 1, 2, 3])):
                    await asyncio.sleep(0)
                reached["cancelled"] += task.cancel()
            await asyncio.wait(tasks)

    asyncio.run(main())
    return reached


WAYS = {"signals": signals, "collections": collections_, "forks": forks, "cancellations": cancellations}


def main(way, policy, count, seed):
    """Disturb the policy, and print what that came to."""
    made = POLICIES[policy]()
    subject = Subject(made, random.Random(int(seed)))
    reached = WAYS[way](subject, int(count))
    told = {**reached, **subject.done, "recovered": subject.recovered()}
    if isinstance(made, Bulkhead):
        gc.collect()
        keys = KEYS if made.key else [None]
        told["held"] = sum(made.running(key) + made.waiting(key) for key in keys)
    print(json.dumps(told))


if __name__ == "__main__":
    faulthandler.dump_traceback_later(300.0, exit=True)
    main(*sys.argv[1:])
