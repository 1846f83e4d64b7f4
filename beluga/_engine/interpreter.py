"""The way of one call through its layers, as a generator that does no I/O of its own.

The drivers run a healthy call by themselves. As soon as anything else happens (a verdict, an error) they hand
over to `interpret`, which works out what comes next and yields it: `Wait`, `Ask` or `Run`. A driver does
it in its own way, blocking or awaiting, and sends back an `Outcome`. So the meaning of every verdict is
written once for all four kinds of function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga import events
from beluga._engine.call import Outcome, forget
from beluga._engine.policy import Again, Ask, Use, Verdict, Wait
from beluga._engine.timeouts import DEADLINE, expired
from beluga.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from beluga._engine.call import Call
    from beluga._engine.policy import Policy

    Steps = Generator["Step", Outcome, Any]

__all__ = ["Run", "Step", "interpret"]


@attrs.frozen
class Run:
    """Call this function with the call's arguments; on a stream, hand out its items.

    Args:
        function: What to call.
        depth: How many layers, counted from outside, are entered: those inside them do not see its items.
    """

    function: Callable[..., Any]
    depth: int


Step = Wait | Ask | Run


def interpret(
    call: Call, depth: int = 0, verdict: Verdict | None = None, outcome: Outcome | None = None
) -> Generator[Step, Outcome, Outcome]:
    """Lead `call` on from where it stands to its outcome.

    Args:
        call: The call.
        depth: How many layers, counted from outside, have been entered.
        verdict: What a layer answered, if it was asked: without an outcome layer `depth`, on the call's way in;
            with one the innermost of those entered, on its way out.
        outcome: What came from inside those layers, if anything did.
    """
    layers = call.stack.bound
    attempts: dict[int, int] = {}  # how often each layer that answered Again has seen an outcome
    while True:
        if outcome is None:
            depth, outcome = yield from _go_in(call, depth, verdict)
            verdict = None
        result = (yield Run(call.stack.target.function, depth)) if outcome is None else outcome
        while depth:
            # A layer is entered until it lets an outcome pass.
            call.attempt = attempts.get(depth, 1)
            again, result = yield from _come_out(call, layers[depth - 1], depth, result, verdict)
            verdict = None
            if again is None:
                attempts.pop(depth, None)
                depth -= 1
                continue
            attempts[depth] = call.attempt = attempts.get(depth, 1) + 1
            for left in layers[depth:]:
                forget(call, left)
            if again.instead is None:
                outcome = None
                break
            result = yield Run(again.instead, depth)
        else:
            call.kept_values = None  # an error in there would hold the frames that hold it
            return result


def _go_in(call: Call, depth: int, verdict: Verdict | None) -> Steps:
    """Enter the layers from `depth` on; return how many are entered and, if cut short, the outcome."""
    layers = call.stack.bound
    while depth < len(layers):
        layer = layers[depth]
        try:
            if verdict is None:
                verdict = layer.enter(call)
                call.answer = None
        except BaseException as error:
            call.answer = None  # else a later attempt would take it for its own
            return depth, _refused(call, layer, error)
        if verdict is None:
            depth += 1
        elif isinstance(verdict, Use):
            return depth, (yield from _use(call, verdict, depth))
        elif isinstance(verdict, Again):
            return depth, Outcome(error=_unexpected(layer, "enter", verdict))
        else:
            failure = yield from _serve(call, layer, verdict)
            if failure is not None:
                layer.abandon(call)
                return depth, failure
        verdict = None
    return depth, None


def _come_out(call: Call, layer: Policy, depth: int, outcome: Outcome, verdict: Verdict | None) -> Steps:
    """Ask `layer`, unless it gave its `verdict`, about `outcome`; return an `Again` if it wants one, and the rest."""
    while True:
        before = outcome.error
        try:
            if verdict is None:
                verdict = layer.leave(call, outcome)
                call.answer = None
        except BaseException as error:
            call.answer = None
            if error is not before and error.__context__ is None:
                error.__context__ = before
            return None, Outcome(error=error)
        if verdict is None or not (before is None or isinstance(before, Exception)):
            return None, outcome
        if isinstance(verdict, Use):
            return None, (yield from _use(call, verdict, depth - 1))
        if isinstance(verdict, Again):
            failure = (yield from _wait(call, verdict.after)) if verdict.after > 0.0 else None
            if failure is None:
                return verdict, outcome
        else:
            failure = yield from _serve(call, layer, verdict)
        if failure is not None:
            outcome = failure
        verdict = None


def _serve(call: Call, layer: Policy, verdict: Any) -> Steps:
    """Do what a `Wait` or `Ask` wants; return an outcome only if that failed."""
    if isinstance(verdict, Wait):
        call.emit(events.WaitScheduled, policy=layer.name, delay=verdict.seconds)
        return (yield from _wait(call, verdict.seconds))
    if isinstance(verdict, Ask):
        answer = yield verdict
        if answer.error is not None and not isinstance(answer.error, Exception):
            return answer
        call.answer = answer
        return None
    return Outcome(error=_unexpected(layer, "enter or leave", verdict))


def _wait(call: Call, seconds: float) -> Steps:
    """Wait, but never past the deadline; return an outcome only if the wait failed."""
    if seconds <= 0.0:
        return None
    if call.environment.monotonic() + seconds > DEADLINE.get():
        return Outcome(error=expired(call.name))
    waited = yield Wait(seconds)
    return None if waited.error is None else waited


def _use(call: Call, verdict: Use, depth: int) -> Steps:
    if call.stack.kind.is_stream and not call.items:
        value = verdict.value
        return (yield Run(lambda *_, **__: value, depth))
    return Outcome(verdict.value)


def _refused(call: Call, layer: Policy, error: BaseException) -> Outcome:
    if isinstance(error, Refused):
        call.emit(events.CallRefused, policy=layer.name, code=error.code, retry_after=error.retry_after)
    return Outcome(error=error)


def _unexpected(layer: Policy, method: str, verdict: object) -> TypeError:
    return TypeError(f"{layer.name}.{method} answered {type(verdict).__name__}, which means nothing there")
