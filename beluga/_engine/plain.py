"""What the generated code, the stream drivers and the interpreter mean, said in the shortest way.

The rest of the engine is this same program, made fast. Only tests run it: a property sends random stacks both ways and
compares results, hooks, events and notes (tests/properties/test_engine.py). So read this first.

    inside(0):  enter layer 0 ---> inside(1) ---------------------------------> leave layer 0
                                   inside(1):  enter layer 1 ---> ... ---> leave layer 1
                                                                  inside(n):  run the function

A layer that cuts the way in short is not left. One that answers `Again` has its inside run once more, and is asked
about that outcome as well. What a layer raises or uses takes the place of the outcome, for the layers outside it.
"""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

from beluga import events
from beluga._engine.call import Outcome, forget
from beluga._engine.drivers import finish, finish_async, new_call
from beluga._engine.interpreter import Invoke, give_up, serve, take, tell, unexpected, wait
from beluga._engine.policy import Again, Tell, Use
from beluga._engine.streams import async_generator_driver, generator_driver
from beluga.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga._engine.call import Call
    from beluga._engine.interpreter import Steps
    from beluga._engine.policy import Policy
    from beluga._engine.stack import Stack

__all__ = ["inside", "plain"]


def inside(call: Call, depth: int = 0, function: Callable[..., Any] | None = None) -> Steps:
    """Run what stands inside the `depth` outermost layers, or `function` in the place of theirs; return its outcome."""
    if depth == call.stack.depth:
        return (yield Invoke(call.stack.target.function if function is None else function, depth))
    layer = call.stack.bound[depth]
    cut_short = yield from _enter(call, layer, depth)
    if cut_short is not None:
        return cut_short
    outcome = yield from inside(call, depth + 1, function)
    return (yield from _leave(call, layer, depth, outcome, function))


def _enter(call: Call, layer: Policy, depth: int) -> Steps:
    while True:
        try:
            verdict = layer.enter(call)
        except BaseException as error:
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
            yield from give_up(call, layer)
            return failure


def _leave(call: Call, layer: Policy, depth: int, outcome: Outcome, function: Callable[..., Any] | None) -> Steps:
    attempt = 1
    while True:
        call.attempt = attempt
        try:
            verdict = layer.leave(call, outcome)
        except BaseException as error:
            if error is not outcome.error and error.__context__ is None:
                error.__context__ = outcome.error
            return Outcome(error=error)
        finally:
            call.answer = None
        if isinstance(verdict, Tell):
            return (yield from tell(verdict, outcome))
        if verdict is None or not isinstance(outcome.error, (Exception, NoneType)):
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


def _once_more(call: Call, depth: int, verdict: Again, function: Callable[..., Any] | None) -> Steps:
    for left in call.stack.bound[depth:]:
        forget(call, left)
    if verdict.instead is not None and not verdict.innermost:
        return (yield Invoke(verdict.instead, depth))
    return (yield from inside(call, depth, function if verdict.instead is None else verdict.instead))


def plain(stack: Stack) -> Callable[..., Any]:
    """Return a function of the stack's kind that does what the generated one does, in several times its time."""
    stack.fuse()
    if stack.kind.is_stream:
        return (async_generator_driver if stack.kind.is_async else generator_driver)(stack, inside)

    def sync(*args: Any, **kwargs: Any) -> Any:
        call = new_call(stack, args, kwargs)
        return _result(finish(call, inside(call)))

    async def asynchronous(*args: Any, **kwargs: Any) -> Any:
        call = new_call(stack, args, kwargs)
        return _result(await finish_async(call, inside(call)))

    return asynchronous if stack.kind.is_async else sync


def _result(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.release()
    return outcome.value
