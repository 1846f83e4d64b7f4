"""`cached` answers the same call once, and never with what is not a whole and good answer."""

from __future__ import annotations

import asyncio
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import functools
import gc
import os
import pickle
import threading
import warnings

import attrs
import pytest

from beluga import Cache, ProviderError, budget, cached, events, explain, guarded, rate_limited, retry, traced
from beluga._policies.flights import CacheStats
from beluga.guards import PatternRedactor
from beluga.schema import AIMessage, Chunk, Response, Usage
from beluga.stores import FakeStore
from beluga.testing import fake_clock, record_events, record_spans


def counted(decorate, *, fails=0, answer=None):
    """Return a decorated function that counts its calls, and fails the first few times."""
    calls = []

    @decorate
    def ask(question, model="small", **options):
        calls.append(question)
        if len(calls) <= fails:
            raise ConnectionError(f"failure {len(calls)}")
        return f"{question}! {len(calls)}" if answer is None else answer

    return ask, calls


# What one call is.


def test_a_kept_answer_is_given_again():
    """The function runs once for the same call."""
    ask, calls = counted(cached(ttl=60))
    assert [ask("why"), ask("why"), ask("how")] == ["why! 1", "why! 1", "how! 2"]
    assert calls == ["why", "how"]


def test_it_does_not_matter_how_arguments_are_given():
    """By place, by name or by default: one call."""
    ask, calls = counted(cached(ttl=60))
    ask("why")
    ask("why", "small")
    ask(question="why")
    ask(model="small", question="why")
    assert calls == ["why"]


@pytest.mark.parametrize(
    "several", [(1, 1.0, True), ("1", b"1"), ([1], (1,)), ({"a": 1}, {"a": True}), ({1}, frozenset({1}))], ids=repr
)
def test_values_of_different_types_are_different_calls(several):
    """Python takes 1, 1.0 and True for equal; a model may not."""
    ask, calls = counted(cached(ttl=60))
    for value in several:
        ask(value)
    assert len(calls) == len(several)


@pytest.mark.parametrize(("one", "other"), [(1.5, 2.5), ([1], [2]), ({"a": 1}, {"a": 2}), (0.0, -0.0)], ids=repr)
def test_values_of_one_type_are_different_calls(one, other):
    """Also where a call gives each parameter in its place, and nothing else."""
    asked = []

    @cached(ttl=60)
    def ask(value):
        asked.append(value)
        return len(asked)

    assert [ask(one), ask(other), ask(one), ask(other)] == [1, 2, 1, 2]


def test_what_an_attempt_fetches_after_a_kept_answer_is_charged():
    """What the first attempt was handed is free, and the next one's run is not."""
    limit, asked, wanted = budget(tokens=1000, key="user"), [], [1]

    @limit
    @retry(max_attempts=2, on_result=lambda _: len(asked) < wanted[0], initial_backoff=60, max_backoff=60, jitter=False)
    @cached(ttl=10)
    def ask(user):
        asked.append(user)
        return Usage(input_tokens=7)

    with fake_clock():
        for wanted[0] in (1, 2):
            ask("ada")
        assert len(asked) == 2
        assert limit.account("ada").spent.tokens == 14


@attrs.define
class _Record:
    texts: list[str]


@pytest.mark.parametrize(
    "make",
    [
        lambda: [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        lambda: {"b": {1, 2}, "a": bytearray(b"x")},
        lambda: _Record(["a"]),
        lambda: (AIMessage("hi"),),
        lambda: {"a": None, "b": ...},
    ],
    ids=["messages", "mapping", "record", "message of ours", "constants"],
)
def test_arguments_that_can_change_are_told_apart_by_what_is_in_them(make):
    """The most usual argument, a list of messages, is not hashable."""
    ask, calls = counted(cached(ttl=60))
    ask(make())
    ask(make())
    ask([*[make()], "more"])
    assert len(calls) == 2


def test_the_order_of_a_mapping_does_not_matter():
    """Two dicts with the same items are one argument."""
    ask, calls = counted(cached(ttl=60))
    ask({"a": 1, "b": 2})
    ask({"b": 2, "a": 1})
    assert len(calls) == 1


def test_a_model_of_pydantic_is_told_apart_by_its_fields():
    """A model that can change is not hashable."""
    pydantic = pytest.importorskip("pydantic")

    class Question(pydantic.BaseModel):
        text: str

    ask, calls = counted(cached(ttl=60))
    ask(Question(text="why"))
    ask(Question(text="why"))
    ask(Question(text="how"))
    assert len(calls) == 2


def test_an_argument_that_cannot_be_told_apart_is_refused():
    """It names the argument, what it holds and the way out, and shows nothing of it."""

    class Opaque:
        __hash__ = None

    ask, calls = counted(cached(ttl=60))
    with pytest.raises(TypeError, match=r"cached: question= cannot tell calls apart, as it holds a .*Opaque.* by key="):
        ask(["secret", Opaque()])
    assert calls == []


def test_an_argument_that_holds_itself_is_refused():
    """A cycle ends in an answer, too."""
    ask, _ = counted(cached(ttl=60))
    endless = []
    endless.append(endless)
    with pytest.raises(TypeError, match="nested too deeply, or holds itself"):
        ask(endless)


def test_two_functions_of_one_cache_have_answers_of_their_own():
    """A shared cache does not mix up what was asked of whom, even under one name."""
    cache = Cache(ttl=60)
    first, _ = counted(cache, answer="first")
    second, _ = counted(cache, answer="second")
    assert [first("why"), second("why"), first("why"), second("why")] == ["first", "second"] * 2


def test_a_key_says_which_arguments_count():
    """The others may differ."""
    ask, calls = counted(cached(ttl=60, key="question"))
    ask("why", trace=1)
    ask("why", trace=2)
    assert len(calls) == 1


class Client:
    """Asks a model of its own."""

    def __init__(self, model):
        self.model = model

    def ask(self, question):
        return f"{self.model}: {question}"


def test_a_key_of_a_method_is_for_each_instance_alone():
    """The other one has another model, and may have another tenant."""
    kind = type("Kind", (Client,), {"ask": cached(60, key="question")(Client.ask)})
    small, large = kind("small"), kind("large")
    assert [each.ask("why?") for each in (small, large, small)] == ["small: why?", "large: why?", "small: why?"]


def test_the_instances_of_a_class_share_where_they_are_told_to():
    """With ``per=False``; and a shared cache has no way to tell them apart."""
    for options in ({"per": False}, {"store": FakeStore(), "name": "shared"}):
        kind = type("Kind", (Client,), {"ask": cached(60, key="question", **options)(Client.ask)})
        with fake_clock():
            assert [kind(model).ask("why?") for model in ("small", "large")] == ["small: why?"] * 2


def test_instances_that_cannot_be_told_apart_are_refused():
    """With what to write."""

    class Odd(Client):
        __hash__ = None
        ask = cached(60, key="question")(Client.ask)

        def __eq__(self, other):
            return True

    with pytest.raises(TypeError, match=r"self= cannot tell calls apart.*write per=False"):
        Odd("small").ask("why?")


def test_a_method_that_is_bound_anew_for_each_call_is_kept_all_the_same():
    """One written in C, such as what `functools.lru_cache` makes of a method; each instance has its own answers."""
    runs = []

    class Owner:
        @cached(60)
        @functools.lru_cache
        def ask(self, question):
            runs.append(question)
            return question

    one, other = Owner(), Owner()
    assert [one.ask("a"), one.ask("a"), other.ask("a"), one.ask("b")] == ["a", "a", "a", "b"]
    assert runs == ["a", "a", "b"]
    with record_events(events.CacheHit) as hits:
        one.ask("a")
    assert len(hits) == 1


def test_a_tenant_never_gets_the_answer_of_another():
    """`per` is part of every key."""
    calls = []

    @cached(ttl=60, key="question", per="tenant")
    def ask(question, *, tenant):
        calls.append(tenant)
        return tenant

    assert [ask("why", tenant="a"), ask("why", tenant="b"), ask("why", tenant="a")] == ["a", "b", "a"]
    assert calls == ["a", "b"]


@pytest.mark.parametrize("name", ["tenant", "tenant_id", "user", "project_id", "org"])
def test_a_key_that_leaves_out_the_tenant_is_warned_of(name):
    """At decoration, with what to write."""
    scope = {}
    exec(f"def ask(question, {name}): ...", scope)
    with pytest.warns(UserWarning, match=f"leaves out {name}, so one could get the answer of another: write per="):
        cached(ttl=60, key="question")(scope["ask"])


@pytest.mark.parametrize("options", [{}, {"key": "user"}, {"key": "question", "per": False}], ids=str)
def test_nobody_is_warned_where_nothing_is_left_out(options):
    """All arguments count, the tenant is the key, or all share on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @cached(ttl=60, **options)
        def ask(question, user): ...


@dataclasses.dataclass(frozen=True)
class _Point:
    x: object


class _Tagged(str):  # noqa: SLOT000 - its attributes are what this is about
    def __new__(cls, text, language):
        made = super().__new__(cls, text)
        made.language = language
        return made


class _Slotted(str):
    __slots__ = ("language",)

    def __new__(cls, text, language):
        made = super().__new__(cls, text)
        made.language = language
        return made


class _Listed(list):
    def __init__(self, items, language):
        super().__init__(items)
        self.language = language


class _Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    "several",
    [
        (0.0, -0.0),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
        (
            datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC),
            datetime.datetime(2026, 1, 1, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
        ),
        (_Point(1), _Point(True)),
        (_Point((1,)), _Point((True,))),
        (_Tagged("why", "en"), _Tagged("why", "de")),
        (_Slotted("why", "en"), _Slotted("why", "de")),
        (_Tagged("why", ["en"]), "why"),
        (_Listed("ab", "en"), _Listed("ab", "de")),
        (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
        (_Level.LOW, 1),
    ],
    ids=[
        "zeros", "decimals", "zones", "records", "records of tuples", "texts with an attribute", "texts with a slot",
        "a text and more", "lists with an attribute", "orders", "a number and its name",
    ],
)  # fmt: skip
def test_values_that_are_equal_and_not_the_same_are_different_calls(several):
    """A model reads how they are written."""
    ask, calls = counted(cached(ttl=60))
    for value in several:
        ask(value)
    assert len(calls) == 2


# How long.


def test_an_answer_is_good_for_its_time(fake_clock):
    """Not a moment longer."""
    ask, calls = counted(cached(ttl=60))
    ask("why")
    fake_clock.advance(59.9)
    ask("why")
    assert len(calls) == 1
    fake_clock.advance(0.1)
    ask("why")
    assert len(calls) == 2


def test_each_clock_has_its_own_answers():
    """A test finds a module's cache empty, and leaves it as it was."""
    ask, calls = counted(cached(ttl=60))
    ask("why")
    with fake_clock():
        ask("why")
    ask("why")
    assert len(calls) == 2


def test_a_full_cache_forgets_what_nobody_asked_for():
    """What was asked for since is spared."""
    ask, calls = counted(cached(ttl=60, maxsize=2))
    ask("a")
    ask("b")
    ask("a")
    ask("c")
    ask("a")
    assert calls == ["a", "b", "c"]
    ask("b")
    assert calls == ["a", "b", "c", "b"]


def test_forget_drops_one_answer_or_all():
    """By the arguments of the call, and says how many there were."""
    cache = Cache(ttl=60)
    ask, calls = counted(cache)
    for question in "abc":
        ask(question)
    assert cache.forget("a", model="small") == 1
    assert cache.forget("a") == 0
    assert cache.forget() == 2
    ask("a")
    assert len(calls) == 4


def test_each_call_is_counted_once(fake_clock):
    """As a hit, as one that waited for another, or as a miss; and so it is under each clock."""
    cache = Cache(60)

    @cache
    async def ask(question):
        await asyncio.sleep(1.0)
        return question

    async def main():
        await asyncio.gather(*map(ask, "aaab"))
        await asyncio.gather(*map(ask, "abc"))

    fake_clock.run(main())
    assert cache.stats == CacheStats(hits=2, waited=2, misses=3, size=3)
    fake_clock.advance(60.0)
    fake_clock.run(ask("a"))
    assert cache.stats == CacheStats(hits=2, waited=2, misses=4, size=3)


def test_forget_takes_the_arguments_of_any_function_and_of_no_other():
    """Of two functions that share a cache those fit one; what fits none is told as a call of them would be."""
    cache = Cache(60)
    ask, look = cache(lambda question: question), cache(lambda topic, place: topic)
    assert (ask("a"), look("a", "b")) == ("a", "a")
    assert cache.forget("a", place="b") == 1
    with pytest.raises(TypeError, match="argument"):
        cache.forget("a", colour="red")
    assert cache.stats.size == 1


def test_forget_takes_the_key_where_there_is_one():
    """For all tenants."""
    cache = Cache(ttl=60, key="question", per="model")
    ask, _ = counted(cache)
    ask("a", "x"), ask("a", "y"), ask("b", "x")
    assert cache.forget("a") == 2
    with pytest.raises(TypeError, match=r"write forget\(key\) with one value of it"):
        cache.forget("a", "x")


def test_what_is_forgotten_on_its_way_is_not_kept():
    """An answer from before a change must not come back after it."""
    cache = Cache(ttl=60)
    calls = []

    @cache
    def ask(question):
        calls.append(question)
        if len(calls) == 1:
            cache.forget(question)
        return len(calls)

    assert [ask("why"), ask("why"), ask("why")] == [1, 2, 2]


# What is never kept.


def test_an_error_is_never_kept():
    """The next call tries again."""
    ask, calls = counted(cached(ttl=60), fails=1)
    with pytest.raises(ConnectionError):
        ask("why")
    assert ask("why") == "why! 2"
    assert len(calls) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Response(AIMessage("once upon"), finish_reason="length"),
        Response(AIMessage("I cannot"), finish_reason="content_filter"),
        {"choices": [{"message": {"content": "once"}, "finish_reason": "length"}]},
        {"content": [{"type": "text", "text": "I"}], "stop_reason": "max_tokens"},
        {"output": [], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
        {"choices": [{"message": {"content": None, "refusal": "I will not"}, "finish_reason": "stop"}]},
    ],
    ids=["cut", "filtered", "openai", "anthropic", "responses", "refusal"],
)
def test_an_answer_that_is_not_whole_is_never_kept(answer):
    """Broken off for want of room, or declined."""
    ask, calls = counted(cached(ttl=60), answer=answer)
    ask("why")
    ask("why")
    assert len(calls) == 2


def test_a_stream_is_replayed_whole_with_its_borders():
    """Item by item."""
    calls = []

    @cached(ttl=60)
    def ask(question):
        calls.append(question)
        yield from ["an", " ans", "wer"]

    assert [list(ask("why")), list(ask("why"))] == [["an", " ans", "wer"]] * 2
    assert len(calls) == 1


def test_a_stream_is_replayed_with_its_return_value():
    """Which ``yield from`` hands on."""

    @cached(ttl=60)
    def ask(question):
        yield "an"
        return "whole"

    def asked():
        told = yield from ask("why")
        yield told

    assert [list(asked()), list(asked())] == [["an", "whole"]] * 2


def test_a_stream_that_its_reader_steered_is_never_kept():
    """What one reader sent is not the answer to another."""
    calls = []

    @cached(ttl=60)
    def ask(question):
        calls.append(question)
        name = yield "name?"
        yield f"hello {name}"

    for name in ("ada", "bob"):
        stream = ask("hi")
        assert [next(stream), stream.send(name), *stream] == ["name?", f"hello {name}"]
    assert len(calls) == 2


def test_an_async_stream_that_its_reader_steered_is_never_kept():
    """By a value that is sent or an error that is thrown in, also where a guard changes its items."""
    calls = []

    @cached(ttl=60)
    @guarded(output=[PatternRedactor(("x", "y"))])
    async def ask(question):
        calls.append(question)
        try:
            name = yield "name? "
        except ValueError:
            name = "nobody"
        yield f"hello {name} "

    async def main():
        sent, thrown, plain = ask("hi"), ask("hi"), ask("hi")
        await anext(sent)
        await sent.asend("ada")
        [_ async for _ in sent]
        await anext(thrown)
        await thrown.athrow(ValueError)
        [_ async for _ in thrown]
        return "".join([item async for item in plain])

    assert asyncio.run(main()) == "name? hello None "
    assert len(calls) == 3


def test_an_answer_that_cannot_be_copied_is_handed_out_and_not_kept():
    """It is a good answer all the same."""
    ask, calls = counted(cached(ttl=60), answer=[threading.Lock()])
    assert len(ask("why")) == len(ask("why")) == 1
    assert len(calls) == 2


@pytest.mark.parametrize("ending", ["left", "failed", "cut"])
def test_a_stream_that_did_not_end_well_is_never_kept(ending):
    """Left by its consumer, broken by an error, or cut by the model."""
    calls = []

    @cached(ttl=60)
    def ask(question):
        calls.append(question)
        yield Chunk(text="an")
        if ending == "failed":
            raise ConnectionError("gone")
        yield Chunk(finish_reason="length" if ending == "cut" else "stop")

    for _ in range(2):
        stream = ask("why")
        next(stream)
        if ending == "failed":
            with pytest.raises(ConnectionError):
                list(stream)
        elif ending == "cut":
            list(stream)
        stream.close()
    assert len(calls) == 2


def test_a_refusal_inside_is_never_kept():
    """A limit that was passed is a moment's matter."""
    cache = Cache(ttl=60)
    ask, _ = counted(lambda function: cache(rate_limited(1)(function)))
    ask("a")
    with pytest.raises(Exception, match="rate limit"):
        ask("b")
    assert cache.stats.size == 1


# Whose object it is.


@pytest.mark.parametrize("value", [["a", {"b": 1}], {"a": [1]}, {1, 2}, bytearray(b"x")], ids=str)
def test_what_a_caller_changes_is_a_copy(value):
    """Neither the next caller nor the cache sees it."""
    ask, _ = counted(cached(ttl=60), answer=value)
    before = copy.deepcopy(value)
    ask("why")
    ask("why").clear()
    value.clear()
    assert ask("why") == before


def test_a_cache_is_copied_and_pickled_by_its_options():
    """What is kept stays where it is."""
    cache = Cache(ttl=60, maxsize=3)
    ask, _ = counted(cache)
    ask("why")
    for other in (copy.deepcopy(cache), pickle.loads(pickle.dumps(cache))):
        assert (other.ttl, other.maxsize, other.stats.size) == (60, 3, 0)


# All at once.


def test_a_thousand_tasks_make_one_call(fake_clock):
    """One leads, and all get its answer."""
    cache = Cache(ttl=60)
    calls = []

    @cache
    async def ask(question):
        calls.append(question)
        await asyncio.sleep(1)
        return "because"

    async def main():
        return await asyncio.gather(*(ask("why") for _ in range(1000)))

    assert fake_clock.run(main()) == ["because"] * 1000
    assert len(calls) == 1
    assert attrs.astuple(cache.stats) == (0, 999, 1, 1)


def test_many_threads_make_one_call():
    """Those who wait block until the answer is there."""
    calls, begun, go_on, answers = [], threading.Event(), threading.Event(), []
    cache = Cache(ttl=60)

    @cache
    def ask(question):
        calls.append(question)
        begun.set()
        assert go_on.wait(60)
        return "because"

    threads = [threading.Thread(target=lambda: answers.append(ask("why"))) for _ in range(32)]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    room = cache._rooms.system
    while sum(len(flight.waiters) for flight in room.flights.values()) < 31:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert (answers, len(calls)) == (["because"] * 32, 1)
    assert not room.flights


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
def test_one_who_waits_takes_the_place_of_a_leader_that_gives_up(how, fake_clock):
    """One, not all of them: the answer of the second is that of the rest."""
    calls = []

    @cached(ttl=60)
    async def ask(question):
        calls.append(question)
        await asyncio.sleep(1)
        if len(calls) == 1 and how == "fails":
            raise ConnectionError("gone")
        return len(calls)

    async def main():
        leader = asyncio.create_task(ask("why"))
        await asyncio.sleep(0.5)
        others = [asyncio.create_task(ask("why")) for _ in range(50)]
        await asyncio.sleep(0.25)
        if how == "is cancelled":
            leader.cancel()
        results = await asyncio.gather(leader, *others, return_exceptions=True)
        return results[0], results[1:]

    first, rest = fake_clock.run(main())
    assert isinstance(first, ConnectionError if how == "fails" else asyncio.CancelledError)
    assert rest == [2] * 50
    assert len(calls) == 2


def test_a_waiter_that_leaves_passes_the_lead_on(fake_clock):
    """Also one that was just told to lead, and is cancelled in the same moment."""
    calls = []

    @cached(ttl=60)
    async def ask(question):
        calls.append(question)
        await asyncio.sleep(1)
        if len(calls) == 1:
            second.cancel()  # in the very step in which it is made the leader
            raise ConnectionError("gone")
        return len(calls)

    async def main():
        nonlocal second
        first = asyncio.create_task(ask("why"))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(ask("why"))
        await asyncio.sleep(0.1)
        third = asyncio.create_task(ask("why"))
        return await asyncio.gather(first, second, third, return_exceptions=True)

    second = None
    first, left, third = fake_clock.run(main())
    assert isinstance(first, ConnectionError)
    assert isinstance(left, asyncio.CancelledError)
    assert third == 2


def test_waiting_ends_with_the_time_budget(fake_clock):
    """The one who waits gives up; the leader goes on."""

    @cached(ttl=60)
    async def ask(question):
        await asyncio.sleep(10)
        return "because"

    @budget(2)
    async def hurry():
        return await ask("why")

    async def main():
        leader = asyncio.create_task(ask("why"))
        await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            await hurry()
        return await leader

    assert fake_clock.run(main()) == "because"


def test_a_thread_waits_no_longer_than_its_budget():
    """A sync waiter cannot be cancelled, and stops by itself."""
    begun, go_on = threading.Event(), threading.Event()

    @cached(ttl=60)
    def ask(question):
        begun.set()
        assert go_on.wait(60)
        return "because"

    thread = threading.Thread(target=ask, args=("why",))
    thread.start()
    assert begun.wait(60)
    with pytest.raises(TimeoutError, match="did not finish within"):
        budget(0.01)(lambda: ask("why"))()
    go_on.set()
    thread.join(60)


def test_a_function_that_calls_itself_does_not_wait_for_itself():
    """It would wait for ever."""

    @cached(ttl=60)
    def ask(question, depth=[2]):  # noqa: B006 - one for all calls
        depth[0] -= 1
        return ask(question) + 1 if depth[0] else 0

    assert ask("why") == 1


@pytest.mark.parametrize("where", ["task", "task of a task", "thread"])
def test_what_a_leader_begins_does_not_wait_for_the_leader(where):
    """A task or thread that he waits for, and that asks the same, runs the function itself."""
    runs = []

    async def begun():
        return await asyncio.create_task(ask("why"))

    further = {
        "task": begun,
        "task of a task": lambda: asyncio.create_task(begun()),
        "thread": lambda: asyncio.to_thread(lambda: asyncio.run(ask("why"))),
    }

    @cached(60)
    async def ask(question):
        runs.append(question)
        return await further[where]() if len(runs) == 1 else "because"

    assert asyncio.run(asyncio.wait_for(ask("why"), 60)) == "because"
    assert len(runs) == 2


def test_what_a_stream_begins_does_not_wait_for_the_stream(fake_clock):
    """The same; and its reader, who is no part of it, may begin what he likes."""
    runs = []

    async def whole():
        return [item async for item in stream()]

    @cached(60)
    async def stream():
        runs.append(1)
        if len(runs) == 1:
            for item in await asyncio.create_task(whole()):
                yield item
        yield "because"

    async def main():
        reading = stream()
        first = await anext(reading)
        waiting = asyncio.create_task(whole())
        await asyncio.sleep(1)
        assert not waiting.done()
        return [first, *[item async for item in reading]], await waiting

    assert fake_clock.run(main()) == (["because"] * 2, ["because"] * 2)
    assert len(runs) == 2


def test_a_task_that_a_leader_has_left_behind_is_like_any_other(fake_clock):
    """His flight has ended, and it waits for the next one and takes kept answers."""
    runs, left = [], []

    @cached(60)
    async def ask(question):
        runs.append(question)
        if not left:
            left.append(asyncio.create_task(later()))
        await asyncio.sleep(1)
        return len(runs)

    async def later():
        await asyncio.sleep(100)
        return await asyncio.gather(ask("why"), ask("why"))

    async def main():
        return await ask("why"), await left[0]

    assert fake_clock.run(main()) == (1, [2, 2])


def test_a_stream_that_is_open_does_not_hold_up_its_own_reader():
    """Who reads it and asks again in the same thread runs the function once more."""
    calls = []

    @cached(ttl=60)
    def ask(question):
        calls.append(question)
        yield from "ab"

    stream = ask("why")
    next(stream)
    assert list(ask("why")) == ["a", "b"]
    assert list(stream) == ["b"]
    assert len(calls) == 2


def test_a_sync_stream_that_two_tasks_read_does_not_stop_their_loop():
    """To wait for the other would block the thread that the other runs in."""
    calls = []

    @cached(ttl=60)
    def ask(question):
        calls.append(question)
        yield from "ab"

    async def read():
        items = []
        for item in ask("why"):
            items.append(item)
            await asyncio.sleep(0)
        return items

    async def main():
        return await asyncio.wait_for(asyncio.gather(read(), read()), 60)

    assert asyncio.run(main()) == [["a", "b"]] * 2
    assert len(calls) == 2


def test_a_waiter_whose_loop_is_closed_is_passed_over():
    """Nobody runs there any more."""
    cache = Cache(ttl=60)
    begun, go_on, answers = threading.Event(), threading.Event(), []

    @cache
    async def ask(question):
        if not begun.is_set():
            begun.set()
            await asyncio.to_thread(go_on.wait, 10)
            raise ConnectionError("gone")
        return "because"

    def lead():
        with pytest.raises(ConnectionError):
            asyncio.run(ask("why"))

    leader = threading.Thread(target=lead)
    leader.start()
    assert begun.wait(60)
    loop = asyncio.new_event_loop()
    left = loop.create_task(ask("why"))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    last = threading.Thread(target=lambda: answers.append(asyncio.run(ask("why"))))
    last.start()
    room = cache._rooms.system
    while sum(len(flight.waiters) for flight in room.flights.values()) < 2:
        threading.Event().wait(0.001)
    go_on.set()
    leader.join(60)
    last.join(60)
    assert answers == ["because"]
    left._log_destroy_pending = False  # it was left on purpose


def test_a_call_that_vanishes_hands_the_lead_on():
    """A coroutine that nobody finishes is collected, and the next caller does not wait for it."""
    cache = Cache(ttl=60)

    @cache
    async def ask(question):
        await asyncio.sleep(0)
        return "because"

    gone = ask("why")
    gone.send(None)
    assert cache._rooms.system.flights
    gone.close()
    del gone
    gc.collect()
    assert not cache._rooms.system.flights
    assert asyncio.run(ask("why")) == "because"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_a_thread_that_it_has_not():
    """The flights of the parent are not those of the child."""
    begun, go_on = threading.Event(), threading.Event()
    in_child = []

    @cached(ttl=60)
    def ask(question):
        if not in_child:
            begun.set()
            assert go_on.wait(60)
        return "because"

    thread = threading.Thread(target=ask, args=("why",))
    thread.start()
    assert begun.wait(60)
    child = os.fork()
    if not child:
        in_child.append(True)
        os._exit(0 if budget(5)(lambda: ask("why"))() == "because" else 1)
    go_on.set()
    thread.join(60)
    assert os.waitpid(child, 0)[1] == 0


# Beyond its time.


def test_while_one_fetches_anew_the_others_get_the_old_answer(fake_clock):
    """`stale` seconds long."""
    calls = []

    @cached(ttl=10, stale=20)
    async def ask(question):
        calls.append(question)
        await asyncio.sleep(1)
        return len(calls)

    async def main():
        await ask("why")
        await asyncio.sleep(15)
        fetching = asyncio.create_task(ask("why"))
        await asyncio.sleep(0.5)
        return await ask("why"), await fetching, await ask("why")

    assert fake_clock.run(main()) == (1, 2, 2)


def test_the_old_answer_stands_in_where_fetching_fails(fake_clock):
    """And another try is made at the next call."""
    calls = []

    @cached(ttl=10, stale=20)
    def ask(question):
        calls.append(question)
        if len(calls) == 2:
            raise ConnectionError("gone")
        return len(calls)

    ask("why")
    fake_clock.advance(15)
    assert [ask("why"), ask("why")] == [1, 3]
    fake_clock.advance(31)
    assert ask("why") == 4


def test_an_error_that_comes_again_is_kept_where_asked(fake_clock):
    """Not one that passes, such as a lost connection."""
    calls = []

    @cached(ttl=60, negative=5)
    def ask(question):
        calls.append(question)
        raise ProviderError("no such model", code="invalid_input") if question == "model" else ConnectionError("gone")

    for _ in range(3):
        with pytest.raises(ProviderError, match="no such model"):
            ask("model")
    assert len(calls) == 1
    fake_clock.advance(5)
    for question in ("model", "net", "net"):
        with pytest.raises((ProviderError, ConnectionError)):
            ask(question)
    assert calls == ["model", "model", "net", "net"]


def test_an_error_that_is_kept_is_raised_as_it_was():
    """Also one whose class does not take its own args."""

    class Coded(ValueError):
        code = "invalid_input"

        def __init__(self, number):
            super().__init__(f"code {number}")
            self.number = number

    @cached(ttl=60, negative=5)
    def ask(question):
        raise Coded(5) from KeyError("x")

    for _ in range(2):
        with pytest.raises(Coded, match=r"^code 5$") as caught:
            ask("why")
        assert caught.value.number == 5
        assert isinstance(caught.value.__cause__, KeyError)


# What the others see.


def answered(question):
    return Response(AIMessage("because"), usage=Usage(10, 5), finish_reason="stop")


def test_a_kept_answer_costs_nothing():
    """A budget around it is charged once."""
    spent = []

    def price(usage):
        spent.append(usage.total_tokens)
        return 0.0

    ask = budget(tokens=20, price=price, cost=1)(cached(ttl=60)(answered))
    for _ in range(3):
        ask("why")
    assert spent == [15]

    keyed = budget(tokens=20, key="question")(cached(ttl=60)(answered))
    for _ in range(3):
        keyed("why")  # 15 tokens each, were they charged


def test_an_old_answer_in_place_of_a_failure_costs_what_the_failure_did(fake_clock):
    """The call was sent, and what nobody reports costs its estimate; an answer that is simply kept costs nothing."""
    good = [True]

    def ask(question):
        if good:
            return answered(question)
        raise ConnectionError("down")

    policy = budget(tokens=1000, estimate=7, key=lambda given: "all")
    ask = policy(cached(ttl=10, stale=60)(ask))
    spent = []
    for _ in range(2):
        ask("why")
        spent.append(policy.account("all").spent.tokens)
    good.clear()
    fake_clock.advance(20)
    assert ask("why").text == "because"
    assert [*spent, policy.account("all").spent.tokens] == [15, 15, 22]


def test_a_span_says_that_its_answer_was_kept():
    """And that it used no tokens."""
    ask = traced(operation="chat")(cached(ttl=60)(answered))
    with record_spans() as spans:
        ask("why")
        ask("why")
    first, second = spans.spans
    assert first.attributes["gen_ai.usage.input_tokens"] == 10
    assert "beluga.cache.hit" not in first.attributes
    assert second.attributes["gen_ai.usage.input_tokens"] == 0
    assert second.attributes["beluga.cache.hit"] is True
    assert [event.name for event in second.events] == ["beluga.cache.hit"]


def test_an_attempt_after_a_kept_answer_is_charged():
    """Only the run that gave the result counts."""
    answers = iter(["bad", "good"])
    cache = Cache(ttl=60)

    @retry(on_result=lambda value: cache.forget() == 1 if value == "bad" else False)
    @cache
    def ask(question):
        return next(answers)

    with fake_clock(), record_events() as seen:
        assert ask("why") == "good"
    assert not seen.of(events.CacheHit)


def test_a_hit_is_an_event_with_the_age_of_the_answer(fake_clock):
    """Whoever subscribes can count them."""
    ask, _ = counted(cached(ttl=60))
    ask("why")
    fake_clock.advance(7)
    with record_events() as seen:
        ask("why")
    assert seen.one(events.CacheHit).age == 7


def test_explain_warns_of_a_cache_outside_of_the_guards():
    """A kept answer would not pass them."""
    told = explain(cached(ttl=60)(guarded(output=[PatternRedactor(("x", "y"))])(lambda question: "x")))
    assert "a kept answer does not pass the guards" in told


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ttl": 0}, "ttl=0.0 must be a number above 0"),
        ({"ttl": -1}, "ttl=-1.0 must be"),
        ({"ttl": float("nan")}, "ttl=nan must be"),
        ({"ttl": 1, "maxsize": 0}, "maxsize=0 must be a whole number"),
        ({"ttl": 1, "stale": -1}, "stale=-1.0 must be"),
        ({"ttl": 1, "negative": 0}, "negative=0.0 must be"),
    ],
    ids=str,
)
def test_a_figure_out_of_its_range_is_refused(options, problem):
    """At once, with the option and the value."""
    with pytest.raises(ValueError, match=problem):
        cached(**options)


def test_an_unknown_key_is_refused_at_decoration():
    """With the parameters that there are."""
    with pytest.raises(TypeError, match=r"cached: key='topic': .* has no such parameter; it has question"):
        cached(ttl=1, key="topic")(answered)


def test_it_is_said_how_to_write_it():
    """Without its time it would keep answers for ever."""
    with pytest.raises(TypeError, match=r"write @cached\(ttl=300\) above answered"):
        cached(answered)


def test_a_subscriber_may_wait_for_another_thread_that_asks_too(fake_clock):
    """Who hears of a miss is not called under the lock of the cache, so nobody waits for him but his own call."""
    ask, calls = counted(cached(ttl=60))
    answers = []

    def heard(_):
        if not answers:
            answers.append(None)
            other = threading.Thread(target=lambda: answers.append(ask("how")), daemon=True)
            other.start()
            other.join(60)

    with events.subscribe(heard, events.CacheMissed):
        assert ask("why") == "why! 2"
    assert answers == [None, "how! 1"]
    assert calls == ["how", "why"]
