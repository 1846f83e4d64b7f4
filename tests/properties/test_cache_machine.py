"""A cache under every interleaving of callers, endings and departures, against a model of one paragraph.

The model: of those who ask for a key at most one runs at any moment; a good answer goes to all who wait and to all who
ask within its time; a bad end goes to its own caller alone, and the one who has waited longest runs next.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from beluga import Cache
from beluga.testing import fake_clock

REACHED: Counter[str] = Counter()
EVENTS = {"kept", "handed to those who wait", "led again", "led again after a cancellation", "a waiter left", "expired"}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from("ab")),
        st.tuples(st.sampled_from(["good", "bad", "cancel"]), st.sampled_from("ab")),
        st.tuples(st.just("leave"), st.sampled_from("ab")),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 5.0, 10.0])),
    ),
    max_size=40,
)


class _Model:
    """What a key should be like."""

    def __init__(self):
        self.runs = 0
        self.answer = None  # (value, good until)
        self.leader = None
        self.waiters = []


class _World:
    """The cache, and what was asked of it."""

    def __init__(self, clock):
        self.clock = clock
        self.ends = {}
        self.running = Counter()
        self.runs = Counter()
        self.models = {key: _Model() for key in "ab"}

        @Cache(ttl=10)
        async def ask(key):
            self.running[key] += 1
            assert self.running[key] == 1, "two run at once"
            self.runs[key] += 1
            number = self.runs[key]
            self.ends[key] = asyncio.get_running_loop().create_future()
            try:
                if await self.ends[key] == "bad":
                    raise ConnectionError(number)
                return number
            finally:
                self.running[key] -= 1

        self.ask = ask

    async def settle(self):
        for _ in range(6):
            await asyncio.sleep(0)

    async def step(self, act, what):
        if act == "wait":
            self.clock.advance(what)
            return
        model = self.models[what]
        await getattr(self, act)(what, model)
        await self.settle()
        assert self.runs[what] == model.runs
        assert self.running[what] == (model.leader is not None)

    async def ask_for(self, key, model):
        task = asyncio.create_task(self.ask(key))
        await self.settle()
        if model.answer is not None and self.clock.monotonic() < model.answer[1]:
            REACHED["kept"] += 1
            assert await task == model.answer[0]
            return
        if model.answer is not None:
            REACHED["expired"] += 1
            model.answer = None
        if model.leader is None:
            model.leader, model.runs = task, model.runs + 1
        else:
            model.waiters.append(task)

    async def good(self, key, model):
        if model.leader is None:
            return
        self.ends[key].set_result("good")
        await self.settle()
        REACHED["handed to those who wait"] += bool(model.waiters)
        for task in (model.leader, *model.waiters):
            assert await task == model.runs
        model.answer = (model.runs, self.clock.monotonic() + 10)
        model.leader, model.waiters = None, []

    async def bad(self, key, model):
        await self.end_badly(key, model, lambda: self.ends[key].set_result("bad"), ConnectionError, "led again")

    async def cancel(self, key, model):
        if model.leader is not None:
            leader = model.leader
            await self.end_badly(key, model, leader.cancel, asyncio.CancelledError, "led again after a cancellation")

    async def end_badly(self, key, model, act, error, reached):
        if model.leader is None:
            return
        leader, model.leader = model.leader, None
        act()
        await self.settle()
        (result,) = await asyncio.gather(leader, return_exceptions=True)
        assert isinstance(result, error)
        if model.waiters:
            REACHED[reached] += 1
            model.leader, model.runs = model.waiters.pop(0), model.runs + 1

    async def leave(self, key, model):
        if model.waiters:
            REACHED["a waiter left"] += 1
            task = model.waiters.pop(len(model.waiters) // 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def finish(self):
        for key, model in self.models.items():
            await self.good(key, model)


@given(STEPS)
def _examples(steps):
    with fake_clock(autojump=False) as clock:

        async def main():
            world = _World(clock)
            for act, what in steps:
                await world.step("ask_for" if act == "ask" else act, what)
            await world.finish()

        asyncio.run(main())


def test_a_cache_does_what_its_model_does(until_reached):
    """Whoever comes, leaves, fails or is cancelled: one runs, all get its answer, and nobody is forgotten."""
    until_reached(_examples, REACHED, EVENTS)
