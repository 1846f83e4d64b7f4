"""What a fake provider answers to which request: rules, a queue, and a default."""

from __future__ import annotations

import inspect
import random
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from beluga.errors import BelugaError
from beluga.llm.fake import faults
from beluga.llm.fake.faults import Delay, Fault, mixed
from beluga.llm.fake.turns import Reply, Request, Turn
from beluga.schema import ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Item", "ReplyScript", "Rule", "ScriptExhausted"]

_QUOTED_CHARACTERS = 80


Item = str | Reply | ToolCall | Fault | Delay | Callable[[Request], str | Reply | ToolCall | Fault | Delay]
"""What a script consists of; a callable is asked for its item when its turn comes."""

_READY = (Reply, Fault, Delay)
_Ready = Reply | Fault | Delay
_Stored = _Ready | Callable[[Request], object]
_CUT_SHORT = Reply("This answer will not reach its end.")


class ScriptExhausted(BelugaError, AssertionError):  # pyright: ignore[reportIncompatibleVariableOverride]  # see `BelugaError.args`
    """A fake provider was asked for more than its script holds.

    It fails a test as an `AssertionError` does, and another attempt does not help.
    """


class Steps:
    """Items that are played one after the other, each once or a number of times.

    Args:
        name: What to call them in a message.
        lasting: Whether the last one, unless it is counted, comes again for ever.
    """

    def __init__(self, name: str, *, lasting: bool = True) -> None:
        self.name = name
        self._lasting = lasting
        self.steps: deque[tuple[_Stored, int | None]] = deque()

    def reply(self, item: Item) -> Self:
        """Add a step that answers with `item`: a text, a `Reply`, a fault, or a callable of the request."""
        self.steps.append((_stored(item), None))
        return self

    def fault(self, fault: Fault | Delay) -> Self:
        """Add a step that fails, or delays what comes next."""
        if not isinstance(fault, Fault | Delay):
            message = f"a fault is made by one of the functions of beluga.llm.faults, not {type(fault).__name__}"
            raise TypeError(message)
        return self.reply(fault)

    def times(self, count: int) -> Self:
        """Let the step before this answer `count` times."""
        if not self.steps:
            message = "times() comes after reply() or fault()"
            raise ValueError(message)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            message = f"a step answers 1 time or more, not {count!r}"
            raise ValueError(message)
        self.steps[-1] = (self.steps[-1][0], count)
        return self

    def peek(self) -> _Stored | None:
        """Return what comes next, or None."""
        return self.steps[0][0] if self.steps else None

    def take(self) -> tuple[_Stored, bool]:
        """Use up one answer of the first step; return it and whether it will come again for ever."""
        item, left = self.steps[0]
        if left is None and self._lasting and len(self.steps) == 1:
            return item, True
        if left is None or left == 1:
            self.steps.popleft()
        else:
            self.steps[0] = (item, left - 1)
        return item, False

    def unplayed(self) -> list[str]:
        """Return the steps that still had to be asked for."""
        steps = list(self.steps)
        if self._lasting and steps and steps[-1][1] is None:
            steps.pop()
        return [f"{_described(item)} x{left or 1}" for item, left in steps]


class Rule(Steps):
    """What a fake provider answers to the requests that a predicate picks.

    Each step answers once, or as often as `times` says; the last one without `times` answers from then on.
    A rule whose steps are used up is passed over.
    """

    def __init__(self, name: str, matches: Callable[[Request], object]) -> None:
        super().__init__(name)
        self.matches = matches


class ReplyScript:
    """All that a fake provider is going to answer; `answer` is safe to be called from many threads.

    Args:
        *items: What the queue holds.
        fault_rate: The probability of a transient fault in place of an answer.
    """

    def __init__(self, *items: Item, fault_rate: float = 0.0) -> None:
        mixed(fault_rate, random.Random(0))  # noqa: S311 - only to have the rate checked now
        self.fault_rate = fault_rate
        self._queue = Steps("the script", lasting=False)
        self._default = Steps("the default")
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        for item in items:
            self._queue.reply(item)

    def on(self, condition: str | Callable[[Request], object]) -> Rule:
        """Begin a rule; see `FakeProvider.on`."""
        if isinstance(condition, str):
            text = condition
            rule = Rule(repr(text), lambda request: text in request.text)
        elif callable(condition):
            rule = Rule(getattr(condition, "__qualname__", repr(condition)), condition)
        else:
            message = f"a rule's condition is a text or a predicate, not {type(condition).__name__}"
            raise TypeError(message)
        self._rules.append(rule)
        return rule

    def default(self, item: Item) -> None:
        """Answer with `item` whenever nothing else does."""
        if isinstance(item, Delay) and not item.before:
            message = f"the default is what is left to answer, and {item.name} has nothing to slow down: give a Reply"
            raise ValueError(message)
        self._default = Steps("the default").reply(item)

    def unplayed(self) -> list[str]:
        """Return a line for each rule, and for the queue, that had more to say."""
        with self._lock:
            return [
                f"{rule.name}: {', '.join(steps)}" for rule in (*self._rules, self._queue) if (steps := rule.unplayed())
            ]

    def answer(self, request: Request) -> Turn:
        """Use up what `request` is answered with, and return it.

        Raises:
            ScriptExhausted: When nothing is left for it.
        """
        sources: tuple[Steps, ...]
        # The predicates and callables are the test's own code, so none runs under the lock.
        sources = (self._queue, self._default)
        if self._rules:
            sources = (*(rule for rule in self._rules if rule.matches(request)), *sources)
        if self.fault_rate:
            fault = mixed(self.fault_rate, request.rng())
            if fault is not None:
                return self._failed(request, fault, sources)
        first, before, per_token = 0, 0.0, 0.0
        while True:
            try:
                item, first, again = self._take(request, sources, first)
            except ScriptExhausted:
                if not before:
                    raise
                # A stall with nothing behind it: the caller's own time-out is what ends it, or this one.
                return self._failed(request, faults.read_timeout(), sources, before, per_token)
            ready = item if isinstance(item, _READY) else _answered(item(request))
            if isinstance(ready, Reply):
                return Turn(request, ready, None, before, per_token)
            if isinstance(ready, Fault):
                return self._failed(request, ready, sources, before, per_token)
            before += ready.before
            per_token += ready.per_token
            # A delay that comes again for ever slows down what the later sources say.
            first += again

    def _take(self, request: Request, sources: Sequence[Steps], first: int) -> tuple[_Stored, int, bool]:
        with self._lock:
            for index in range(first, len(sources)):
                if sources[index].steps:
                    item, again = sources[index].take()
                    return item, index, again
        raise ScriptExhausted(self._why_exhausted(request))

    def _failed(
        self,
        request: Request,
        fault: Fault,
        sources: Sequence[Steps],
        before: float = 0.0,
        per_token: float = 0.0,
    ) -> Turn:
        """Return a turn that fails; a stream begins with what the next attempt would be answered."""
        with self._lock:
            following = next((item for rule in sources if (item := rule.peek()) is not None), None)
        begun = following if isinstance(following, Reply) else _CUT_SHORT
        return Turn(request, begun, fault, before, per_token)

    def _why_exhausted(self, request: Request) -> str:
        text = request.text
        quoted = repr(text[:_QUOTED_CHARACTERS]) + ("..." if len(text) > _QUOTED_CHARACTERS else "")
        names = ", ".join(rule.name for rule in self._rules if rule.peek() is not None)
        return (
            f"the fake provider has no answer to call {request.number}, {quoted} (attempt {request.attempt}):"
            f" the script is used up, and {f'no rule fits (left: {names})' if names else 'no rule is left'};"
            " add an item to the script, a rule with on(), or a default()"
        )


def _stored(item: Item) -> _Stored:
    """Return `item` as a rule keeps it, or raise."""
    if callable(item):
        name = getattr(item, "__name__", "")
        if isinstance(item, type) or getattr(faults, name, None) is item:
            home = "faults." if not isinstance(item, type) else ""
            message = f"a script holds what {home}{name} makes, not the function itself: write {home}{name}(...)"
            raise TypeError(message)
        if inspect.iscoroutinefunction(item) or inspect.isgeneratorfunction(item) or inspect.isasyncgenfunction(item):
            message = f"the callable {name} of a script is asked without waiting: make it a plain function"
            raise TypeError(message)
        return item
    return _answered(item, "a script holds a text, a Reply, a tool call, a fault or a callable of the request")


def _answered(
    item: object, wanted: str = "a callable of a script returns a text, a Reply, a call or a fault"
) -> _Ready:
    if isinstance(item, str):
        return Reply(item)
    if isinstance(item, ToolCall):
        return Reply(tools=[item])
    if isinstance(item, _READY):
        return item
    message = f"{wanted}, not {type(item).__name__}"
    raise TypeError(message)


def _described(item: _Stored) -> str:
    if isinstance(item, Reply):
        return repr(item.text)
    return item.name if isinstance(item, Fault | Delay) else getattr(item, "__qualname__", repr(item))
