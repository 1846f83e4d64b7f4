"""The way of one call through its layers, as a generator that does no I/O of its own.

The drivers run a healthy call by themselves. As soon as anything else happens (a verdict, an error) they hand
over to `interpret`, which works out what comes next and yields it: `Wait`, `Ask`, `Tell` or `Invoke`. A driver does
it in its own way, blocking or awaiting, and sends back an `Outcome`. So the meaning of every verdict is
written once for all four kinds of function.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events
from beluga._engine.call import Outcome, forget
from beluga._engine.policy import Again, Ask, Tell, Use, Verdict, Wait
from beluga._engine.timeouts import DEADLINE, expired
from beluga.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from beluga._engine.call import Call
    from beluga._engine.policy import Policy

    Steps = Generator["Step", Outcome, Any]

__all__ = [
    "Invoke",
    "Step",
    "Steps",
    "enter_layers",
    "failed",
    "interpret",
    "leave_layers",
    "let_go",
    "serve",
    "take",
    "tell",
    "unexpected",
    "use_value",
    "wait",
]


@attrs.frozen
class Invoke:
    """Call this function with the call's arguments; on a stream, hand out its items.

    Args:
        function: What to call.
        depth: How many layers, counted from outside, are entered: those inside them do not see its items.
    """

    function: Callable[..., Any]
    depth: int


Step = Wait | Ask | Tell | Invoke


def interpret(
    call: Call, entered: int = 0, verdict: Verdict | None = None, outcome: Outcome | None = None
) -> Generator[Step, Outcome, Outcome]:
    """Lead `call` on from where it stands to its outcome.

    Args:
        call: The call.
        entered: How many layers, counted from outside, have been entered.
        verdict: What a layer answered, if it was asked: without an outcome layer `entered`, on the call's way in;
            with one the innermost of those entered, on its way out.
        outcome: What came from inside those layers, if anything did.
    """
    stack = call.stack
    attempts: dict[int, int] = {}  # of the layers that answered Again
    functions: dict[int, Callable[..., Any]] = {0: stack.target.function}  # what they put in its place; the last counts
    while True:
        while outcome is None and entered < stack.depth:
            if verdict is None:
                entered, verdict, outcome = enter_layers(call, entered)
            if verdict is not None:
                outcome = yield from _obey_on_the_way_in(call, entered, verdict)
                verdict, entered = None, entered + (outcome is None)
        result: Outcome = (yield Invoke(functions[max(functions)], entered)) if outcome is None else outcome
        while entered:
            # A layer is entered until it lets an outcome pass.
            call.attempt = attempts.get(entered, 1)
            again, result = yield from _obey_on_the_way_out(call, entered, result, verdict)
            verdict = None
            if again is None:
                attempts.pop(entered, None)
                entered -= 1
                continue
            attempts[entered] = call.attempt = call.attempt + 1
            call.resumed = again.instead is not None and bool(call.items)
            for left in stack.bound[entered:]:
                forget(call, left)
            if again.instead is None or again.innermost:
                functions = {depth: function for depth, function in functions.items() if depth < entered}
                if again.instead is not None:
                    functions[entered] = again.instead
                outcome = None
                break
            result = yield Invoke(again.instead, entered)
        else:
            call.kept_values = None  # an error in there would hold the frames that hold it
            return result


def enter_layers(call: Call, entered: int = 0) -> tuple[int, Verdict | None, Outcome | None]:
    """Enter the layers from `entered` on while they let the call pass.

    Returns:
        How many are entered then, and what the next one answered, or the outcome if it refused the call.
    """
    depth = entered
    try:
        for depth, enter in call.stack.enters:
            if depth >= entered:
                verdict = enter(call)
                if verdict is not None:
                    return depth, verdict, None
    except BaseException as error:
        entered, outcome = failed(call, depth, None, error)
        return entered, None, outcome
    return call.stack.depth, None, None


def leave_layers(call: Call, outcome: Outcome, entered: int) -> tuple[int, Verdict | None, Outcome]:
    """Leave the `entered` layers with a good outcome while they let it pass.

    Returns:
        How many are entered still, what the innermost of them answered, and the outcome or what replaced it.
    """
    depth = entered + 1  # none of them has raised before one is asked
    try:
        for depth, leave in call.stack.leaves:
            if depth <= entered:
                verdict = leave(call, outcome)
                if verdict is not None:
                    return depth, verdict, outcome
    except BaseException as error:
        entered, failure = failed(call, depth, outcome, error)
        return entered, None, failure
    return 0, None, outcome


def use_value(call: Call, entered: int, verdict: Use, outcome: Outcome | None) -> tuple[int, Verdict | None, Outcome]:
    """Take the value of a `Use` and leave the layers outside; for the arguments see `interpret`, for the rest above."""
    return leave_layers(call, Outcome(verdict.value), entered if outcome is None else entered - 1)


def failed(call: Call, entered: int, outcome: Outcome | None, error: BaseException) -> tuple[int, Outcome]:
    """Say how many layers are still entered after `error`, and make an outcome of it.

    Args:
        call: The call.
        entered: How many were entered when it was raised.
        outcome: What the innermost of them was asked to let pass; None where `error` came up on the way in, from the
            next layer or, where there is none, from the function.
        error: What was raised.
    """
    bound = call.stack.bound
    if outcome is not None:
        if error is not outcome.error and error.__context__ is None:
            error.__context__ = outcome.error
        entered -= 1  # a layer that raises is left
    if entered < len(bound):
        let_go(call, bound[entered])
        if outcome is None and isinstance(error, Refused):
            policy = bound[entered].name
            call.emit(events.CallRefused, policy=policy, code=error.code, retry_after=error.retry_after)
    return entered, Outcome(error=error)


def let_go(call: Call, *layers: Policy) -> None:
    """Let `layers` give back what they hold; what ended the call counts more than how that goes."""
    call.answer = None
    for layer in layers:
        try:
            verdict = layer.abandon(call)
        except Exception as error:
            import logging  # which takes 5 ms, and is needed here alone

            logging.getLogger(__name__).warning("%s: abandon failed with %s", layer.name, type(error).__name__)
            continue
        if verdict is not None:
            with contextlib.suppress(Exception):
                verdict.io()


def _obey_on_the_way_in(call: Call, entered: int, verdict: Verdict | None) -> Steps:
    """Do what the layer to be entered next wants; return an outcome if that cuts the call short."""
    layer = call.stack.bound[entered]
    while verdict is not None:
        if isinstance(verdict, Use):
            return (yield from take(call, verdict, entered))
        if isinstance(verdict, (Again, Tell)):
            return Outcome(error=unexpected(layer, "enter", verdict))
        failure = yield from serve(call, layer, verdict)
        if failure is not None:
            let_go(call, layer)
            return failure
        try:
            verdict = layer.enter(call)
        except BaseException as error:
            return failed(call, entered, None, error)[1]
        finally:
            call.answer = None  # else a later attempt would take it for its own
    return None


def _obey_on_the_way_out(call: Call, entered: int, outcome: Outcome, verdict: Verdict | None) -> Steps:
    """Ask the innermost layer, unless it gave its `verdict`; return an `Again` if it wants one, and the outcome."""
    layer = call.stack.bound[entered - 1]
    while True:
        try:
            if verdict is None:
                verdict = layer.leave(call, outcome)
        except BaseException as error:
            return None, failed(call, entered, outcome, error)[1]
        finally:
            call.answer = None
        if isinstance(verdict, Tell):
            return None, (yield from tell(verdict, outcome))
        if verdict is None or not (outcome.error is None or isinstance(outcome.error, Exception)):
            return None, outcome
        if isinstance(verdict, Use):
            return None, (yield from take(call, verdict, entered - 1))
        if isinstance(verdict, Again):
            failure = yield from wait(call, verdict.after)
            if failure is None:
                return verdict, outcome
        else:
            failure = yield from serve(call, layer, verdict)
        if failure is not None:
            outcome = failure
        verdict = None


def serve(call: Call, layer: Policy, verdict: Any) -> Steps:
    """Do what a `Wait` or `Ask` wants; return an outcome only if that failed."""
    if isinstance(verdict, Wait):
        call.emit(events.WaitScheduled, policy=layer.name, delay=verdict.seconds)
        return (yield from wait(call, verdict.seconds))
    if isinstance(verdict, Ask):
        answer = yield verdict
        if answer.error is not None and not isinstance(answer.error, Exception):
            return answer
        call.answer = answer
        return None
    return Outcome(error=unexpected(layer, "enter or leave", verdict))


def tell(verdict: Tell, outcome: Outcome) -> Steps:
    """Do what a `Tell` wants; return `outcome`, or what replaced it."""
    told = yield verdict
    error = told.error
    if error is None:
        return outcome
    if error.__context__ is None:
        error.__context__ = outcome.error
    return told


def wait(call: Call, seconds: float) -> Steps:
    """Wait, but never past the deadline; return an outcome only if the wait failed."""
    if seconds <= 0.0:
        return None
    if call.environment.monotonic() + seconds > DEADLINE.get():
        return Outcome(error=expired(call.name))
    waited = yield Wait(seconds)
    return None if waited.error is None else waited


def take(call: Call, verdict: Use, depth: int) -> Steps:
    if call.stack.kind.is_stream and not call.items:
        value = verdict.value
        return (yield Invoke(lambda *_, **__: value, depth))
    return Outcome(verdict.value)


def unexpected(layer: Policy, method: str, verdict: object) -> TypeError:
    return TypeError(f"{layer.name}.{method} answered {type(verdict).__name__}, which means nothing there")
