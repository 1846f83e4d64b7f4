"""What each verdict of a policy does, on its way in and out."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import traceback

import pytest

from beluga import (
    Again,
    Ask,
    CircuitOpen,
    DeadlineExceeded,
    Outcome,
    Policy,
    RateLimited,
    RateLimiter,
    Tell,
    Use,
    Wait,
    breaker,
    budget,
    explain,
    fallback,
    guarded,
    layers,
    rate_limited,
    remaining,
    retry,
    traced,
)  # fmt: skip
from beluga._engine.policy import Hints
from beluga._engine.target import Kind
from beluga.events import CallRefused, RetryScheduled, WaitScheduled
from beluga.guards import PatternRedactor
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))


class Scripted(Policy):
    """Answers with the given verdicts, then with nothing."""

    def __init__(self, enter=(), leave=()):
        self.entering, self.leaving = iter(enter), iter(leave)
        self.seen = []

    def enter(self, call):
        self.seen.append(("enter", call.answer and call.answer.value))
        return self._next(self.entering)

    def leave(self, call, outcome):
        self.seen.append(("leave", call.answer and call.answer.value))
        return self._next(self.leaving)

    def abandon(self, call):
        self.seen.append(("abandon", None))

    @staticmethod
    def _next(verdicts):
        verdict = next(verdicts, None)
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict


@KINDS
def test_a_verdict_of_leave_counts_once(kind):
    """The layer is not asked again for what it has answered."""
    policy = Scripted(leave=[Again()])
    assert outcome(kind, policy(subject(kind))) == "hello" * (1 + kind.is_stream)
    assert policy.seen == [("enter", None), ("leave", None), ("leave", None)]


@KINDS
def test_use_replaces_the_call(kind):
    """A value to use in `enter` is the result, and the function does not run."""
    policy = Scripted(enter=[Use("cached")])
    assert outcome(kind, policy(subject(kind, ValueError()))) == "cached"
    assert policy.seen == [("enter", None)]


@KINDS
def test_use_replaces_the_outcome(kind):
    """A value to use in `leave` takes the place of an error."""
    assert outcome(kind, Scripted(leave=[Use("instead")])(subject(kind, ValueError()))) == "instead"


@KINDS
def test_wait_takes_time_and_asks_again(kind, fake_clock, events):
    """A wait passes on the clock, is told to listeners, and the question is asked again."""
    policy = Scripted(enter=[Wait(2.0), Wait(0.0)], leave=[Wait(3.0)])
    assert outcome(kind, policy(subject(kind))) == "hello"
    assert fake_clock.monotonic() == 5.0
    assert [event.delay for event in events.of(WaitScheduled)] == [2.0, 0.0, 3.0]


@KINDS
def test_ask_hands_the_answer_back(kind):
    """The I/O of a policy is done by the driver, and its answer is there for the next question only."""
    policy = Scripted(enter=[Ask(lambda: "in")], leave=[Ask(lambda: "out")])
    assert outcome(kind, policy(subject(kind))) == "hello"
    assert policy.seen == [("enter", None), ("enter", "in"), ("leave", None), ("leave", "out")]


@KINDS
def test_again_runs_something_else(kind):
    """The stand-in gets the same arguments."""
    policy = Scripted(leave=[Again(instead=subject(kind))])
    assert outcome(kind, policy(subject(kind, ValueError())), "other") == "other"


@KINDS
def test_an_answer_is_not_left_to_the_next_attempt(kind, fake_clock):
    """An error after an answer does not let the next attempt take the old answer for its own."""
    policy = Scripted(enter=[Ask(lambda: 1), ConnectionError()])
    assert outcome(kind, retry(policy(subject(kind)))) == "hello"
    assert policy.seen[:4] == [("enter", None), ("enter", 1), ("abandon", None), ("enter", None)]
    policy = Scripted(leave=[Ask(lambda: 1), ValueError("late")])
    with pytest.raises(ValueError, match="late") as caught:
        outcome(kind, policy(subject(kind, KeyError("first"))))
    assert isinstance(caught.value.__context__, KeyError)


@KINDS
@pytest.mark.parametrize(("enter", "leave"), [([Again()], ()), ((), ["nonsense"]), (["nonsense"], ())])
def test_a_verdict_without_meaning_is_an_error(kind, enter, leave):
    """`Again` on the way in, and what is no verdict, are the policy's mistakes, and said so."""
    with pytest.raises(TypeError, match="which means nothing there"):
        outcome(kind, Scripted(enter, leave)(subject(kind, ValueError() if leave else None)))


def test_a_cancellation_is_no_answer():
    """When the I/O of a policy is cancelled the layer is abandoned, and not asked what it thinks."""
    policy = Scripted(enter=[Ask(lambda: (_ for _ in ()).throw(KeyboardInterrupt()))])
    with pytest.raises(KeyboardInterrupt):
        policy(subject(Kind.SYNC))()
    assert policy.seen == [("enter", None), ("abandon", None)]

    class AtEnd(Policy):
        def on_end(self, call):
            return Ask(lambda: (_ for _ in ()).throw(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        list(AtEnd()(subject(Kind.GENERATOR))())


class Holding(Policy):
    """Holds something elsewhere from `enter` on, and tells when it is given back."""

    def __init__(self):
        self.told = []

    def abandon(self, call):
        return Tell(lambda: self.told.append("abandoned"))

    def leave(self, call, outcome):
        return Tell(lambda: self.told.append(type(outcome.error).__name__))


@KINDS
def test_what_enter_holds_is_given_back_where_its_wait_would_be_too_long(kind):
    """The layer is abandoned, and may tell so like one that is left."""

    class Waiting(Holding):
        def enter(self, call):
            return Wait(100.0)

    policy = Waiting()
    with pytest.raises(DeadlineExceeded):
        outcome(kind, budget(10.0)(policy(subject(kind))))
    assert policy.told == ["abandoned"]


@KINDS
@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
def test_what_is_told_is_told_however_a_call_ends(kind, error):
    """A `Tell` of `leave` is done for every outcome, also for one that no verdict can swallow."""
    policy = Holding()
    if error is None:
        assert outcome(kind, policy(subject(kind))) == "hello"
    else:
        with pytest.raises(type(error)):
            outcome(kind, policy(subject(kind, error)))
    assert policy.told == [type(error).__name__]


@KINDS
def test_what_is_told_in_vain_is_raised(kind):
    """An error of a `Tell` is not lost: it replaces the outcome, as one of `leave` does."""
    policy = Scripted(leave=[Tell(lambda: {}["missing"])])
    with pytest.raises(KeyError, match="missing") as caught:
        outcome(kind, policy(subject(kind, ValueError("first"))))
    assert isinstance(caught.value.__context__, ValueError)


def test_an_abandoned_stream_is_told_of():
    """A stream that is closed, or collected by the garbage collector, gives back what it holds."""
    policy = Holding()
    stream = policy(subject(Kind.GENERATOR))()
    next(stream)
    del stream
    gc.collect()
    assert policy.told == ["GeneratorExit"]

    async def leave_behind():
        stream = policy(subject(Kind.ASYNC_GENERATOR))()
        await anext(stream)
        del stream
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(leave_behind())
    assert policy.told == ["GeneratorExit"] * 2


def test_an_abandon_that_fails_is_logged_and_changes_nothing(caplog):
    """What ended the call comes out, and the layers outside are left as for any error."""

    class Clumsy(Policy):
        name = "clumsy"

        def leave(self, call, outcome):
            raise ConnectionError

        def abandon(self, call):
            raise KeyError(call)

    runs = []

    @retry(max_attempts=2, initial_backoff=0)
    @Clumsy()
    def function():
        runs.append(1)

    with pytest.raises(ConnectionError):
        function()
    assert len(runs) == 2
    assert caplog.messages == ["clumsy: abandon failed with KeyError"] * 2


def test_an_abandoned_layer_tells_too():
    """What `enter` held is given back when its own wait is cancelled."""

    class Waiting(Holding):
        def enter(self, call):
            return Ask(asyncio.Event().wait)

    policy = Waiting()

    async def cancel():
        task = asyncio.ensure_future(policy(subject(Kind.ASYNC))())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancel())
    assert policy.told == ["abandoned"]


def test_nobody_awaits_what_is_told():
    """A `Tell` whose I/O would have to be awaited is a mistake of the policy, and said so."""
    with pytest.raises(TypeError, match="its io must return at once"):
        outcome(Kind.ASYNC, Scripted(leave=[Tell(lambda: asyncio.sleep(0))])(subject(Kind.ASYNC)))


@KINDS
def test_no_wait_goes_past_the_deadline(kind, fake_clock):
    """A wait that would end after the deadline raises instead, at once."""
    with pytest.raises(DeadlineExceeded, match="the time budget it was called within"):
        outcome(kind, budget(5)(Scripted(enter=[Wait(6)])(subject(kind))))
    with pytest.raises(DeadlineExceeded):
        outcome(kind, budget(5)(Scripted(leave=[Again(6)])(subject(kind, ValueError()))))
    assert fake_clock.monotonic() == 0.0


@KINDS
def test_a_refusal_is_raised_as_it_is(kind, fake_clock, events):
    """What refuses a call comes out of every kind of function, and is told."""
    function = rate_limited(limit=1)(subject(kind))
    outcome(kind, function)
    with pytest.raises(RateLimited):
        outcome(kind, function)
    assert events.one(CallRefused).policy == "rate_limited"
    inner = retry(max_attempts=1)(rate_limited(limit=1)(subject(kind)))
    outcome(kind, inner)
    with pytest.raises(RateLimited):
        outcome(kind, inner)
    assert len(events.of(CallRefused)) == 2


@pytest.mark.parametrize("kind", [Kind.GENERATOR, Kind.ASYNC_GENERATOR])
@pytest.mark.parametrize("inner", [lambda: budget(5), lambda: guarded(output=[PatternRedactor(("X", "x"))])])
def test_a_stand_in_passes_by_the_inner_layers(kind, inner, fake_clock):
    """The items of an alternative are not shown to layers that it does not run through."""
    function = fallback(subject(kind))(inner()(subject(kind, ConnectionError())))
    assert outcome(kind, function, "xyz") == "xyz"
    assert outcome(kind, Scripted(enter=[Use("x")])(inner()(subject(kind)))) == "x"


def test_on_end_may_ask_and_hold():
    """What a layer kept back goes out at the end, after what it asked for, through the layers outside it."""

    class Last(Policy):
        def on_end(self, call):
            return Ask(lambda: "z") if call.answer is None else [call.answer.value]

    class Upper(Policy):
        def on_item(self, call, item):
            return [item.upper()]

    for kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
        assert outcome(kind, Upper()(Last()(subject(kind))), "ab") == "ABZ"


def test_who_watches_sees_what_the_layers_inside_it_let_out():
    """A watch and a filter see the items in the order of the layers, whoever of both is further out."""

    class Spy(Policy):
        def __init__(self):
            self.items = ""

        def watch(self, call):
            return self

        def seen(self, item):
            self.items += item

        def suspend(self):
            self.items += "<"

        def resume(self):
            self.items += ">"

    class Upper(Policy):
        def on_item(self, call, item):
            return [item.upper()]

    for kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
        outer, inner = Spy(), Spy()
        assert outcome(kind, outer(Upper()(inner(subject(kind)))), "ab") == "AB"
        assert (outer.items, inner.items) == ("A<>B<>", "a<>b<>")


def test_around_runs_the_inner_layers():
    """A layer that needs concurrency runs the rest by itself; streams are refused."""

    class Twice(Policy):
        def around(self, call, inner):
            return inner() + inner()

    @retry
    @Twice()
    @breaker
    def ask(text):
        return text

    assert ask("a") == "aa"
    assert len(layers(ask)) == 3
    assert ask.__name__ == "ask"

    class Plain(Policy):
        def around(self, call, inner):
            return super().around(call, inner)

    assert asyncio.run(Plain()(subject(Kind.ASYNC))("x")) == "x"
    with pytest.raises(TypeError, match="runs the call by itself"):
        Twice()(subject(Kind.GENERATOR))


def test_a_kind_that_a_policy_cannot_honour_is_refused():
    """The message says which kinds it serves."""

    class OnlySync(Policy):
        kinds = frozenset({Kind.SYNC})

    with pytest.raises(TypeError, match=r"policy cannot decorate the async function .*it serves functions"):
        OnlySync()(subject(Kind.ASYNC))


def test_a_hidden_coroutine_is_refused():
    """A plain function that returns a coroutine would pass every layer before it does anything."""

    @retry
    def ask():
        return subject(Kind.ASYNC)()

    with pytest.raises(TypeError, match="declare it async def"):
        ask()


@pytest.mark.parametrize(
    ("target", "fix"),
    [
        (dict, "decorate its methods"),
        (property(len), "put the decorator under it"),
        (5, "it is not callable"),
        ((i for i in ()), "decorate the function, not its call"),
    ],
)
def test_what_cannot_be_decorated_says_what_to_do(target, fix):
    """Classes, properties, running generators and what cannot be called raise when the decorator runs."""
    with pytest.raises(TypeError, match=fix):
        retry()(target)


def test_decorators_flatten_but_skip_no_stranger():
    """Layers share one wrapper; another library's decorator between them stays where it is."""
    import functools

    ran = []

    def stranger(function):
        @functools.wraps(function)
        def wrapper(*args):
            ran.append("stranger")
            return function(*args)

        return wrapper

    inner = breaker(subject(Kind.SYNC))
    both = retry(inner)
    assert [layer.name for layer in layers(both)] == ["retry", "breaker"]
    assert both.__wrapped__ is inner.__wrapped__
    outer = retry(stranger(inner))
    assert outer("x") == "x"
    assert ran == ["stranger"]
    assert [layer.name for layer in layers(outer)] == ["retry"]


def test_a_method_of_one_instance_gets_one_more_layer():
    """Decorating a bound, decorated method flattens too."""

    class Client:
        @breaker
        def ask(self, text):
            return text

    ask = retry(Client().ask)
    assert ask("x") == "x"
    assert [layer.name for layer in layers(ask)] == ["retry", "breaker"]
    assert [layer.name for layer in layers(budget(5)(ask))] == ["budget", "retry", "breaker"]
    assert layers(len) == ()


def test_a_cached_method_is_bound_on_the_way():
    """A descriptor that is no function finds its instance."""
    import functools

    class Client:
        @retry
        @functools.lru_cache
        def ask(self, text):
            return (self, text)

    client = Client()
    assert client.ask("x") == (client, "x")


def test_explain_warns_of_misplaced_layers():
    """The plan lists the layers with options and state, and says what goes wrong where one stands too far out."""
    inner = traced()(guarded()(fallback(len)(retry(retry(subject(Kind.SYNC))))))
    plan = explain(breaker(rate_limited(limit=5, key="text")(inner)))
    assert "breaker stands outside retry" in plan
    assert "rate_limited stands outside retry" not in plan  # a tenant's quota belongs there
    assert "rate_limited stands outside retry" in explain(rate_limited(5)(inner))
    assert "retry stands outside retry: their attempts multiply" in plan
    assert "guarded" in plan
    assert "5 per 60 s fixed_window key='text' keys=0" in plan
    with pytest.raises(TypeError, match="not decorated by beluga"):
        explain(len)


def _failing_anew(kind):
    def sync():
        raise ConnectionError

    async def asynchronous():
        raise ConnectionError

    def generator():
        raise ConnectionError
        yield

    async def async_generator():
        raise ConnectionError
        yield

    return [sync, asynchronous, generator, async_generator][list(Kind).index(kind)]


def test_tracebacks_show_no_engine(fake_clock):
    """Between the caller and the function there is one frame of ours, and the last error has a note."""
    for kind in Kind:
        function = retry(budget(50)(breaker(_failing_anew(kind))))
        with pytest.raises(ConnectionError) as caught:
            outcome(kind, function)
        frames = traceback.extract_tb(caught.value.__traceback__)
        ours = [f for f in frames if "/_engine/" in f.filename or f.filename.startswith("<beluga: ")]
        assert [frame.name for frame in ours] == ["wrapper"]
        assert "gave up after 3 attempts" in caught.value.__notes__[-1]


def test_a_retry_begins_anew_each_time_it_is_entered(fake_clock):
    """What an inner retry counted in one attempt of an outer one does not count in the next."""
    for inner in (retry(max_attempts=2), retry(max_attempts=2, max_elapsed=1e9)):
        script = iter([ConnectionError, 1, ConnectionError, 2, ConnectionError, 3])

        @retry(max_attempts=3, on_result=lambda value: value < 3)
        @inner
        def ask(script=script):
            step = next(script)
            if step is ConnectionError:
                raise step
            return step

        assert ask() == 3


def test_a_failed_call_leaves_no_cycle(fake_clock):
    """An error and the frames it passed are freed without the garbage collector."""
    function = retry(breaker(subject(Kind.SYNC)))
    failing = retry(max_attempts=2)(subject(Kind.SYNC, None))
    function("warm"), failing("warm")

    class Marked(ConnectionError):
        pass

    def boom():
        raise Marked

    call = retry(max_attempts=2)(boom)
    gc.collect()
    gc.disable()
    try:
        with contextlib.suppress(Marked):
            call()
        assert not [found for found in gc.get_objects() if isinstance(found, Marked)]
    finally:
        gc.enable()


def test_an_open_circuit_that_ends_retries_shows_the_error(fake_clock, events):
    """CircuitOpen is raised from the last error that the retries were made for."""
    function = retry(max_attempts=5)(breaker(failure_threshold=2)(subject(Kind.SYNC, ConnectionError("down"))))
    with pytest.raises(CircuitOpen) as caught:
        function()
    assert str(caught.value.__cause__) == "down"
    assert [event.attempt for event in events.of(RetryScheduled)] == [1, 2]


def test_a_coroutine_may_be_closed_from_elsewhere():
    """Closing a waiting call in another context leaves its layers without an error."""
    function = budget(5)(budget(tokens=5)(subject(Kind.ASYNC)))

    async def main():
        call = function()
        call.send(None)
        contextvars.Context().run(call.close)

    asyncio.run(main())
    assert remaining() is None


@pytest.mark.parametrize("kind", [Kind.GENERATOR, Kind.ASYNC_GENERATOR])
def test_a_stream_is_begun_anew_only_before_its_first_item(kind, fake_clock):
    """Afterwards the error passes, unless the user asks for a replay."""
    for replay, expected in ((False, "a"), (True, "aaa")):
        got = []

        def generator():
            yield "a"
            raise ConnectionError

        async def async_generator():
            yield "a"
            raise ConnectionError

        function = retry(replay=replay)(generator if kind is Kind.GENERATOR else async_generator)

        async def consume(function=function, got=got):
            if kind is Kind.GENERATOR:
                for item in function():
                    got.append(item)
            else:
                async for item in function():
                    got.append(item)

        with pytest.raises(ConnectionError):
            fake_clock.run(consume())
        assert "".join(got) == expected


def test_small_records():
    """An outcome shows its kind and not its value, and gives its error away once."""
    assert repr(Outcome("secret")) == "Outcome(value)"
    assert repr(Outcome(error=ValueError("secret"))) == "Outcome(ValueError)"
    with pytest.raises(ValueError, match="no error"):
        Outcome(1).release()


def test_a_policy_reads_arguments_by_name():
    """The arguments come with their defaults, and listeners hear of a call's events."""
    seen = []

    class Looking(Policy):
        def enter(self, call):
            seen.append((call.name.rpartition(".")[2], dict(call.arguments), call.kept(self, "nothing")))

    Looking()(subject(Kind.SYNC))("hi")
    assert seen == [("sync", {"text": "hi", "key": "k"}, "nothing")]
    assert RateLimiter(1, key="text", wait=True)(subject(Kind.SYNC))(text="hi") == "hi"


def test_an_inner_limit_counts_no_call_that_an_outer_one_refuses():
    """The layers are asked from the outside in, also where each of them may let a call go past its hooks."""
    outer, inner = RateLimiter(1), RateLimiter(5)
    ask = outer(inner(subject(Kind.SYNC)))
    ask("a")
    for _ in range(3):
        with pytest.raises(RateLimited):
            ask("b")
    assert inner.remaining() == 4


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.ASYNC])
def test_a_layer_that_nobody_needs_is_gone_past(kind):
    """Its hooks run from the very call on that finds it needed, and the others' run in any case."""

    class Lazy(Policy):
        wanted = False
        hints = Hints(needed=lambda: Lazy.wanted)

        def enter(self, call):
            return Use("used")

    lazy = Lazy()
    alone, among = lazy(subject(kind)), lazy(Scripted()(subject(kind)))
    assert (outcome(kind, alone, "a"), outcome(kind, among, "a")) == ("a", "a")
    Lazy.wanted = True
    assert (outcome(kind, alone, "a"), outcome(kind, among, "a")) == ("used", "used")
