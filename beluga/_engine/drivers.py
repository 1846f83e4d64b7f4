"""The drivers of plain and async functions, and the acts that all four drivers share.

Here and in the two modules for streams and timers, and nowhere else, does beluga call, block and await for
its policies; only a loop over `retry.attempts()`, which has no function to drive, waits by itself
(`_policies/retry_state.py`). A healthy call runs right here; as soon as a policy says anything, or an error comes up,
`interpret` decides what happens next and the driver only does it.
"""

from __future__ import annotations

import inspect
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from beluga import events
from beluga._engine.call import HEALTHY, Call, Outcome
from beluga._engine.codegen import compile_wrapper
from beluga._engine.interpreter import Invoke, failed, interpret, let_go, use_value
from beluga._engine.policy import Ask, Tell, Use, Wait
from beluga._engine.timeouts import (
    Deadline,
    await_until,
    current_deadline,
    reset_deadline,
    resume_until,
    set_deadline,
)
from beluga.clock import MACHINE, SYSTEM, environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Mapping
    from contextvars import Token

    from beluga._engine.interpreter import Step
    from beluga._engine.policy import Policy, Verdict
    from beluga._engine.stack import Stack

__all__ = ["driver", "finish", "finish_async", "new_call", "perform", "perform_async"]


def new_call(stack: Stack, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Make the record of a call; the fused code does the same in line, to save a frame (50 ns)."""
    if not stack.fused:
        stack.fuse()
    call = Call()
    call.stack = stack
    call.args = args
    call.kwargs = kwargs
    call.environment = environment()
    call.kept_values = call.deadline = call.wants_value = None
    return call


def driver(stack: Stack) -> Callable[..., Any]:
    """Return the native function that runs the target of a sync or async stack through its layers."""
    return compile_wrapper(stack, _NAMES)


def hold_deadline(
    call: Call, place: int, seconds: float, at: float, token: Token[float] | None, enclosing: float
) -> None:
    """Hand over to layer `place` of `call` the deadline that the driver has set for it in line."""
    deadline = Deadline()
    deadline.at = at
    deadline.total = seconds
    deadline.owner = call.stack.bound[place]
    deadline.outer = call.deadline
    deadline.enclosing = enclosing
    deadline.token = token
    call.deadline = deadline


def seen_into(stack: Stack, value: Any) -> type:
    """Return the type of what the function returned, if the policies have seen all that there is to it.

    Raises:
        TypeError: The value has yet to be awaited or iterated, and they would not see that.
    """
    kind = type(value)
    if issubclass(kind, (GeneratorType, AsyncGeneratorType)):
        ways = "declare it with yield, or decorate the generator function that it calls"
    elif not stack.kind.is_async and hasattr(kind, "__await__"):
        ways = "declare it async def, or decorate the async function that it calls"
    elif kind is CoroutineType:  # a task may be meant, which runs by itself
        ways = "await it there"
    else:
        return kind
    if kind in (CoroutineType, GeneratorType):
        value.close()  # a coroutine would warn that nobody awaited it
    declared = "an async function" if stack.kind.is_async else "a plain function"
    found = _WORDS.get(kind, kind.__name__)
    article = "an" if found[0].lower() in "aeiou" else "a"
    message = f"{stack.name} is {declared} but returned {article} {found}, which its policies cannot see into: {ways}"
    raise TypeError(message)


_WORDS: Mapping[type, str] = {
    GeneratorType: "generator",
    AsyncGeneratorType: "async generator",
    CoroutineType: "coroutine",
}


def finish(call: Call, steps: Generator[Step, Outcome, Outcome]) -> Outcome:
    try:
        step = next(steps)
        while True:
            step = steps.send(_run(step.function, call) if isinstance(step, Invoke) else perform(call, step))
    except StopIteration as done:
        final: Outcome = done.value
        return final


async def finish_async(call: Call, steps: Generator[Step, Outcome, Outcome]) -> Outcome:
    try:
        step = next(steps)
        while True:
            if isinstance(step, Invoke):
                outcome = await _run_async(step.function, call)
            else:
                outcome = await perform_async(call, step)
            step = steps.send(outcome)
    except StopIteration as done:
        final: Outcome = done.value
        return final


def _run(function: Callable[..., Any], call: Call) -> Outcome:
    call.sent = True
    try:
        value = function(*call.args, **call.kwargs)
        seen_into(call.stack, value)
        return Outcome(value)
    except BaseException as error:
        return Outcome(error=error)


async def _run_async(function: Callable[..., Awaitable[Any]], call: Call) -> Outcome:
    call.sent = True
    try:
        awaitable = function(*call.args, **call.kwargs)
        value = await (await_until(call, awaitable) if call.stack.bounded else awaitable)
        seen_into(call.stack, value)
        return Outcome(value)
    except BaseException as error:
        return Outcome(error=error)


def perform(call: Call, step: Wait | Ask | Tell) -> Outcome:
    """Do a `Wait`, an `Ask` or a `Tell`, blocking."""
    try:
        if isinstance(step, Wait):
            call.environment.clock.sleep(step.seconds)
            return Outcome()
        return Outcome(_not_awaitable(call, step.io()))
    except BaseException as error:
        return Outcome(error=error)


def _not_awaitable(call: Call, answer: Any) -> Any:
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        message = f"Ask(io) gave an awaitable, and {call.name} is a {call.stack.kind.value}: its io must block"
        if call.stack.kind.is_async:
            message = (
                f"Tell(io) gave an awaitable, which nobody awaits when {call.name} ends: its io must return at once"
            )
        raise TypeError(message)
    return answer


async def perform_async(call: Call, step: Wait | Ask | Tell) -> Outcome:
    """Do a `Wait`, an `Ask` or a `Tell`, awaiting, within the deadline; nothing is awaited for a `Tell`."""
    if isinstance(step, Tell):
        return perform(call, step)
    try:
        if isinstance(step, Wait):
            await call.environment.clock.asleep(step.seconds)
            return Outcome()
        answer = step.io()
        return Outcome(await await_until(call, answer) if inspect.isawaitable(answer) else answer)
    except BaseException as error:
        return Outcome(error=error)


def ask(call: Call, entered: int, verdict: Verdict | None) -> Verdict | None:
    """Do what layer `entered` asks for on the way in, and return what else it wants; a short way for `interpret`'s.

    An `Ask` that fails is done with here, the layer abandoned and the error raised.
    """
    layer = call.stack.bound[entered]
    while type(verdict) is Ask:
        verdict = _answered(call, layer, perform(call, verdict))
    return verdict


async def ask_async(call: Call, entered: int, verdict: Verdict | None) -> Verdict | None:
    """Do the same, awaiting."""
    layer = call.stack.bound[entered]
    while type(verdict) is Ask:
        verdict = _answered(call, layer, await perform_async(call, verdict))
    return verdict


def _answered(call: Call, layer: Policy, answer: Outcome) -> Verdict | None:
    if answer.error is not None and not isinstance(answer.error, Exception):
        raise answer.error
    call.answer = answer
    try:
        return layer.enter(call)
    finally:
        call.answer = None  # else a later attempt would take it for its own


_NAMES = {
    "HEALTHY": HEALTHY,
    "Call": Call,
    "CoroutineType": CoroutineType,
    "Ask": Ask,
    "Outcome": Outcome,
    "SYSTEM": SYSTEM,
    "Use": Use,
    "ask": ask,
    "ask_async": ask_async,
    "interpret": interpret,
    "let_go": let_go,
    "current_deadline": current_deadline,
    "environment": environment,
    "failed": failed,
    "finish": finish,
    "finish_async": finish_async,
    "hold_deadline": hold_deadline,
    "await_until": await_until,
    "reset_deadline": reset_deadline,
    "resume_until": resume_until,
    "listening": events.listening,
    "new_call": new_call,
    "seen_into": seen_into,
    "set_deadline": set_deadline,
    "time": MACHINE,
    "use_value": use_value,
}
"""What the fused code refers to."""
