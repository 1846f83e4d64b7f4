"""The fast engine and a plain one do the same, for random stacks of policies that answer all that can be answered.

The plain one stands here first (`plain`), and says in the shortest way what the generated code, the stream drivers and
the interpreter mean; the engine is this same program, made fast. So a reader of the engine begins here.

    inside(0):  enter layer 0 ---> inside(1) ---------------------------------> leave layer 0
                                   inside(1):  enter layer 1 ---> ... ---> leave layer 1
                                                                  inside(n):  run the function

A layer that cuts the way in short is not left. One that answers `Again` has its inside run once more, and is asked
about that outcome as well. What a layer raises or uses takes the place of the outcome, for the layers outside it.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import Again, Ask, Policy, RateLimited, Refused, Tell, Use, Wait, budget, events
from beluga._engine.call import Outcome, forget, was_sent
from beluga._engine.drivers import finish, finish_async, new_call
from beluga._engine.interpreter import Invoke, let_go, serve, take, tell, unexpected, wait
from beluga._engine.policy import Hints
from beluga._engine.stack import Stack
from beluga._engine.streams import async_generator_driver, generator_driver
from beluga._engine.target import Kind, Target
from beluga._engine.timeouts import DEADLINE
from beluga._engine.wrapping import native
from beluga.testing import fake_clock, record_events


def inside(call, depth=0, function=None):
    """Run what stands inside the `depth` outermost layers, or `function` in the place of theirs; return its outcome."""
    if depth == call.stack.depth:
        return (yield Invoke(call.stack.target.function if function is None else function, depth))
    layer = call.stack.bound[depth]
    cut_short = yield from _enter(call, layer, depth)
    if cut_short is not None:
        return cut_short
    outcome = yield from inside(call, depth + 1, function)
    return (yield from _leave(call, layer, depth, outcome, function))


def _enter(call, layer, depth):
    while True:
        try:
            verdict = layer.enter(call)
        except BaseException as error:
            let_go(call, layer)
            if isinstance(error, Refused):
                call.emit(events.CallRefused, policy=layer.name, code=error.code, retry_after=error.retry_after)
            return Outcome(error=error)
        finally:
            call.answer = None
        if verdict is None:
            return None
        if isinstance(verdict, Use):
            return (yield from take(call, verdict, depth))
        if isinstance(verdict, (Again, Tell)):
            return Outcome(error=unexpected(layer, "enter", verdict))
        failure = yield from serve(call, layer, verdict)
        if failure is not None:
            let_go(call, layer)
            return failure


def _leave(call, layer, depth, outcome, function):
    attempt = 1
    while True:
        call.attempt = attempt
        try:
            verdict = layer.leave(call, outcome)
        except BaseException as error:
            if error is not outcome.error and error.__context__ is None:
                error.__context__ = outcome.error
            let_go(call, layer)
            return Outcome(error=error)
        finally:
            call.answer = None
        if isinstance(verdict, Tell):
            return (yield from tell(verdict, outcome))
        if verdict is None or not isinstance(outcome.error, (Exception, type(None))):
            return outcome
        if isinstance(verdict, Use):
            return (yield from take(call, verdict, depth))
        if isinstance(verdict, Again):
            failure = yield from wait(call, verdict.after)
        else:
            failure = yield from serve(call, layer, verdict)
        if failure is not None:
            outcome = failure
        elif isinstance(verdict, Again):
            attempt = call.attempt = attempt + 1
            outcome = yield from _once_more(call, depth + 1, verdict, function)


def _once_more(call, depth, verdict, function):
    for left in call.stack.bound[depth:]:
        forget(call, left)
    if verdict.instead is not None and not verdict.innermost:
        return (yield Invoke(verdict.instead, depth))
    return (yield from inside(call, depth, function if verdict.instead is None else verdict.instead))


def plain(stack):
    """Return a function of the stack's kind that does what the generated one does, in several times its time."""
    stack.fuse()
    if stack.kind.is_stream:
        return (async_generator_driver if stack.kind.is_async else generator_driver)(stack, inside)

    def sync(*args, **kwargs):
        call = new_call(stack, args, kwargs)
        return _result(finish(call, inside(call)))

    async def asynchronous(*args, **kwargs):
        call = new_call(stack, args, kwargs)
        return _result(await finish_async(call, inside(call)))

    return asynchronous if stack.kind.is_async else sync


def _result(outcome):
    if outcome.error is not None:
        raise outcome.release()
    return outcome.value


class StopError(BaseException):
    """An error that no verdict may swallow."""


ERRORS = {"fails": ValueError, "is stopped": StopError, "is refused": RateLimited}


@attrs.frozen
class Answer:
    """What one hook answers, or one run of the function gives, when it is asked."""

    name: str
    number: int = 0


@attrs.frozen
class LayerScript:
    """What one layer answers, in order, and what it tells the driver of itself."""

    enters: list[Answer]
    leaves: list[Answer]
    keeps: bool
    needed: bool
    by_arguments: bool
    wants_value: bool
    leave: str
    reads_value: bool
    tells: bool


@attrs.frozen
class Plan:
    """All that decides how one call goes."""

    layers: list[LayerScript]
    budgets: list[tuple[int, float]]
    runs: list[Answer]
    deadline: float
    consumer: Answer


def answers(*names):
    return st.builds(Answer, st.sampled_from(names), st.integers(0, 3))


ENTERS = ["wait", "ask", "ask in vain", "ask and stop", "use", "again", "nonsense", *ERRORS]
LEAVES = [
    *(*ENTERS, "again", "again later", "something else", "something else fails", "goes on", "goes on and fails"),
    *("tell", "tell in vain"),
]
scripts = st.builds(
    LayerScript,
    st.just([]) | st.lists(answers("nothing", *ENTERS), min_size=1, max_size=4),
    st.lists(answers(*LEAVES), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["always", "always", "on demand", "on error"]),
    st.booleans(),
    st.booleans(),
)
plans = st.builds(
    Plan,
    st.lists(scripts, min_size=1, max_size=4),
    # One alone is set in line, where the enclosing deadline is later, and two are not.
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.25, 0.75, 3.0])), max_size=2),
    st.lists(answers("gives", "gives", "fails", "is stopped", "is refused", "gives and fails"), max_size=5),
    st.sampled_from([1.0, 0.5]),
    answers("takes all", "takes all", "closes", "throws"),
)


class Scripted(Policy):
    """Answers by its script, and logs what it is asked and what it finds on the call."""

    def __init__(self, number, script, kind, log, reached):
        self.name = f"layer {number}"
        self.script, self.kind, self.log, self.reached = script, kind, log, reached
        self.entering, self.leaving = iter(script.enters), iter(script.leaves)
        never = (None, lambda *_: False) if script.by_arguments else (lambda: False, None)
        self.hints = Hints(script.leave, script.reads_value, *((None, None) if script.needed else never))

    def enter(self, call):
        if not self.script.needed:
            return None
        if self.script.wants_value:
            call.wants_value = True
        self._note("enter", call)
        return self._answer("enter", next(self.entering, Answer("nothing")))

    def leave(self, call, outcome):
        good = outcome.error is None
        if not self.script.needed:
            return None
        if good and (self.script.leave == "on error" or (self.script.leave == "on demand" and not call.wants_value)):
            return None  # as its hints say, whether it is asked or not
        readable = call.wants_value or (self.script.reads_value and self.script.leave == "always")
        result = _shown(outcome.error) if not good else outcome.value if readable else "unread"
        self._note("leave", call, result, was_sent(call, outcome))
        return self._answer("leave", next(self.leaving, Answer("nothing")))

    def abandon(self, call):
        self._note("abandon", call)
        return Tell(lambda: self.log.append((self.name, "told"))) if self.script.tells else None

    def _note(self, hook, call, *more):
        seen = call.attempt, call.items, repr(call.answer), call.kept(self), DEADLINE.get()
        self.log.append((self.name, hook, *seen, *more))
        if self.script.keeps:
            call.keep(self, len(self.log))

    def _answer(self, hook, answer):
        self.reached[hook, answer.name] += 1
        name, number = answer.name, answer.number
        if name in ERRORS:
            raise ERRORS[name](f"{self.name} {hook}")
        if name.startswith("ask"):
            return Ask(lambda: self._io(name))
        if name.startswith("tell"):
            return Tell(lambda: self._told(name))
        made = {
            "wait": lambda: Wait(number),
            "use": lambda: Use(f"used {number}"),
            "again": Again,
            "again later": lambda: Again(after=number),
            "something else": lambda: Again(instead=_function(self.kind, [Answer("gives", 9)], self.log)),
            "something else fails": lambda: Again(instead=_function(self.kind, [Answer("fails")], self.log)),
            "goes on": lambda: Again(
                instead=_function(self.kind, [Answer("gives", 7), Answer("fails"), Answer("gives", 5)], self.log),
                innermost=True,
            ),
            "goes on and fails": lambda: Again(
                instead=_function(self.kind, [Answer("fails")] * 3, self.log), innermost=True
            ),
            "nonsense": lambda: "nonsense",
        }
        return made.get(name, lambda: None)()

    def _told(self, name):
        self.log.append((self.name, name))
        if name == "tell in vain":
            raise ValueError(name)

    def _io(self, name):
        def answered():
            if name == "ask":
                return "answered"
            raise {"ask in vain": ValueError, "ask and stop": StopError}[name](name)

        async def awaited():
            await asyncio.sleep(0)
            return answered()

        return awaited() if self.kind.is_async else answered()


def _function(kind, runs, log):
    """Return a function of `kind` whose runs go as told; at last it gives."""
    coming = iter(runs)

    def parts(args):
        answer = next(coming, Answer("gives"))
        log.append(("function", answer.name, args))
        if answer.name in ERRORS:
            raise ERRORS[answer.name]("function")
        yield from (f"item {answer.number}.{i}" for i in range(answer.number))
        if answer.name == "gives and fails":
            raise ValueError(answer.name)

    def generator(*args):
        yield from parts(args)
        return "returned"

    async def async_generator(*args):
        for part in parts(args):
            await asyncio.sleep(0)
            yield part

    def sync(*args):
        return list(parts(args))

    async def asynchronous(*args):
        await asyncio.sleep(0)
        return list(parts(args))

    functions = (sync, asynchronous, generator, async_generator)
    return dict(zip(Kind, functions, strict=True))[kind]


def _shown(error, depth=0):
    """Return what can be seen of an error, its context and its notes."""
    if error is None or depth > 5:
        return None
    notes = tuple(getattr(error, "__notes__", ()))
    return type(error).__name__, str(error), notes, _shown(error.__cause__), _shown(error.__context__, depth + 1)


def _consumed(stream, consumer, log):
    for count, item in enumerate(stream):
        log.append(item)
        if count == consumer.number and consumer.name == "closes":
            stream.close()
        elif count == consumer.number and consumer.name == "throws":
            log.append(stream.throw(LookupError("thrown")))


async def _consumed_async(stream, consumer, log):
    count = 0
    async for item in stream:
        log.append(item)
        if count == consumer.number and consumer.name == "closes":
            await stream.aclose()
        elif count == consumer.number and consumer.name == "throws":
            log.append(await stream.athrow(LookupError("thrown")))
        count += 1


def _went(plan, kind, driver, reached):
    """Return all that can be seen of a call that goes as planned under `driver`."""
    log = []
    target = Target(_function(kind, plan.runs, log), kind)
    layers = [Scripted(number, script, kind, log, reached) for number, script in enumerate(plan.layers)]
    for place, seconds in plan.budgets:
        layers.insert(place, budget(seconds))
    function = driver(Stack(target, tuple(layers)))
    with fake_clock() as clock, record_events() as seen:
        token = DEADLINE.set(plan.deadline)
        try:
            if kind is Kind.SYNC:
                end = function("text")
            elif kind is Kind.ASYNC:
                end = asyncio.run(function("text"))
            elif kind is Kind.GENERATOR:
                end = _consumed(function("text"), plan.consumer, log)
            else:
                end = asyncio.run(_consumed_async(function("text"), plan.consumer, log))
        except BaseException as error:
            end = _shown(error)
        finally:
            after = DEADLINE.get()
            DEADLINE.reset(token)
        return {"end": end, "deadline": after, "log": log, "events": list(seen), "time": clock.monotonic()}


# A layer that raises while its stream is closed may be run again by one outside, which Python refuses: such a stream
# stands where it is until it is collected, and then says so once more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", list(Kind))
def test_the_fast_engine_does_what_the_plain_one_does(kind, until_reached):
    """The same results, hooks in the same order with the same record of the call, the same events, notes and waits."""
    reached = Counter()

    @given(plans)
    def holds(plan):
        expected = _went(plan, kind, plain, reached)
        assert _went(plan, kind, native, Counter()) == expected
        reached.update(("event", type(event)) for event in expected["events"])
        reached["late"] += "DeadlineExceeded" in str(expected)
        reached["a deadline in line"] += [seconds for _, seconds in plan.budgets] == [0.25]

    wanted = {("enter", name) for name in ENTERS} | {("leave", name) for name in LEAVES}
    wanted |= {("event", events.CallRefused), ("event", events.WaitScheduled), "late", "a deadline in line"}
    try:
        until_reached(holds, reached, wanted)
    finally:
        gc.collect()  # or another test, which does not expect it, would be told
