"""What a retry remembers of one call, of one block, and of all who share a throttle."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

from beluga import events
from beluga._engine.call import Outcome
from beluga._engine.drivers import new_call
from beluga._engine.policy import Again
from beluga._engine.stack import Stack
from beluga._engine.state import StateByClock, give_back, new_lock
from beluga._engine.target import Kind, Target, kind_of
from beluga._engine.timeouts import TimedBlock
from beluga._engine.wrapping import block
from beluga._foreign import errors as anatomy
from beluga.classification import classify
from beluga.clock import environment
from beluga.errors import add_note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextvars import Token

    from beluga._engine.call import Call
    from beluga._engine.policy import Policy, Watch

__all__ = [
    "ALONE",
    "AROUND",
    "OUTERMOST",
    "RETRIED",
    "Attempt",
    "Attempts",
    "Progress",
    "RetryThrottle",
    "check_resume",
    "mark",
    "note",
    "resumed",
    "tried",
]


class RetryThrottle:
    """Stop retries while most calls fail, so that retries do not finish off a struggling provider.

    A failure that could be retried takes one token, a success gives `token_ratio` back, and there is no retry
    while no more than half of the tokens are left. Share one object among all callers of one provider.

    Args:
        max_tokens: Tokens at the start and at most; above 0 and at most 1000.
        token_ratio: Tokens that a success gives back.

    Raises:
        ValueError: A figure is out of its range.

    Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs".

    Example:
        >>> throttle = RetryThrottle(max_tokens=4)
        >>> [throttle.failed() for _ in range(3)]
        [True, False, False]
    """

    def __init__(self, max_tokens: float = 10.0, token_ratio: float = 0.1) -> None:
        if not 0 < max_tokens <= 1000:  # noqa: PLR2004 - the bound of gRPC A6
            message = f"RetryThrottle: max_tokens={max_tokens!r} must be above 0 and at most 1000"
            raise ValueError(message)
        if not 0 < token_ratio <= max_tokens:
            message = f"RetryThrottle: token_ratio={token_ratio!r} must be above 0 and at most max_tokens"
            raise ValueError(message)
        self.max_tokens = max_tokens
        self.token_ratio = token_ratio
        self._purses = StateByClock(lambda: _Purse(max_tokens))
        self._lock = new_lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the figures; a copy has all its tokens."""
        return RetryThrottle, (self.max_tokens, self.token_ratio)

    @property
    def tokens(self) -> float:
        """How many tokens are left."""
        return self._purses.of(environment()).tokens

    def failed(self) -> bool:
        """Take a token for a failure; return whether a retry is allowed."""
        return self._change(-1.0) > self.max_tokens / 2

    def succeeded(self) -> None:
        """Give back a share of a token; free of the lock while all tokens are there."""
        if self.tokens < self.max_tokens:
            self._change(self.token_ratio)

    def _change(self, by: float) -> float:
        purse = self._purses.of(environment())
        with self._lock:
            while True:
                before = purse.tokens
                after = min(max(0.0, before + by), self.max_tokens)
                if purse.tokens is before:
                    purse.tokens = after
                    return after


class _Purse:
    """The tokens of a throttle under one clock."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: float) -> None:
        self.tokens = tokens


ALONE, AROUND, OUTERMOST = range(3)
"""No retry around, as far as one tells; one that would leave the attempts to others; one that wants to be the only."""

RETRIED: ContextVar[int] = ContextVar("beluga.retried", default=ALONE)
"""What retry there is around the running code."""


class Progress:
    """How far a call has come; watches a stream for `resume`, and keeps what a retry is to others from its consumer.

    Args:
        began: When it began, or first failed, in seconds of its clock.
        level: What this one is to retries further in; see `RETRIED`.
        keeps_items: Whether the items of a stream are needed to go on with it.
    """

    __slots__ = ("_before", "_is_set", "_now", "_token", "began", "error", "first_failure", "items", "level")

    def __init__(self, began: float, *, level: int = ALONE, keeps_items: bool = False) -> None:
        self.began = began
        self.first_failure = began
        self.error: Exception | None = None
        self.level = level
        self.items: list[Any] | None = [] if keeps_items else None
        self._is_set = False
        self._before = self._now = ALONE
        self._token: Token[int] | None = None

    def begin(self, call: Call) -> Progress:
        """Forget the items of a stream before this one, unless it goes on with them."""
        if self.items and not call.resumed:
            self.items = []
        return self

    def seen(self, item: Any) -> None:
        if self.items is not None:
            self.items.append(item)

    def suspend(self) -> None:
        if self._is_set:
            with contextlib.suppress(ValueError):  # closed from another context, where it was never set
                give_back(RETRIED, self._now, self._token, self._before)
            self._is_set = False

    def resume(self) -> None:
        if self.level and not self._is_set:
            before = RETRIED.get()
            self._before, self._now, self._token, self._is_set = before, max(before, self.level), None, True
            self._token = RETRIED.set(self._now)


def check_resume(concern: str, resume: Any, target: Target) -> None:
    """Refuse a `resume` that does not go with the function.

    Raises:
        TypeError: The function is not a stream, or the two are of different kinds.
    """
    given = Kind.SYNC if isinstance(resume, type) else kind_of(resume)
    message = ""
    if not target.kind.is_stream:
        message = f"{concern}: resume= goes on with a stream, and {target.name} is {target.kind.noun}: leave it out"
    elif given not in {Kind.SYNC, Kind.GENERATOR, target.kind}:
        message = (
            f"{concern}: resume= is {given.noun}, and {target.name} {target.kind.noun}: give a function of the "
            "same kind, or a plain one that returns what such a function returns"
        )
    if message:
        raise TypeError(message)


def resumed(
    concern: str, call: Call, resume: Callable[[list[Any]], Any], items: list[Any], error: Exception | None
) -> Callable[..., Any]:
    """Return the function that goes on with a stream after `items`, and tell that it does."""
    call.emit(events.StreamResumed, items=len(items), code=None if error is None else classify(error))

    def rest(*_: Any, **__: Any) -> Any:
        call.resumed = True  # also where a layer further out has held back all items so far
        return _rest_of(concern, resume(list(items)), call)

    return rest


def _rest_of(concern: str, rest: Any, call: Call) -> Any:
    """Return what `resume` gave, if the driver can hand out its items."""
    if isinstance(rest, (str, bytes)) or not hasattr(rest, "__iter__"):
        if call.stack.kind.is_async and hasattr(rest, "__aiter__"):
            return rest
        message = (
            f"{concern}: resume gave a {type(rest).__name__} for {call.name}, and must give a stream of the items "
            "that are still to come, such as what another generator function returns"
        )
        raise TypeError(message)
    return rest


CLIENT = "the client"
"""What a client that retries by itself is called."""

_MARK = "__beluga_attempts__"


def mark(error: Exception, call: Call) -> None:
    """Tell a retry further out that this error was tried again already; some errors take no attributes."""
    with contextlib.suppress(Exception):
        setattr(error, _MARK, (call.name, call.attempt))


def tried(call: Call, error: Exception) -> tuple[str, int]:
    """Return who else has tried again what failed, and how many attempts that made; one where it was nobody."""
    for link in anatomy.chain(error):
        inner, attempts = getattr(link, _MARK, (call.name, 1))
        if inner != call.name:  # else the mark is this retry's own, on an error that is raised again and again
            return inner, attempts
    return CLIENT, anatomy.client_attempts(error)


def note(error: Exception, call: Call, seconds: float, reason: str) -> None:
    """Note on the last error what was tried, if anything was."""
    attempts = call.attempt
    if attempts == 1 and not reason:
        return
    told = f"{attempts} attempts, {seconds:.3g} s after the first had failed" if attempts > 1 else "1 attempt"
    inner, each = tried(call, error) if attempts > 1 else ("", 1)
    if each > 1:
        fix = "max_retries=0 turns that off" if inner == CLIENT else 'nested="outer" here would leave it to this retry'
        told += f", the last of them tried {each} times by {inner} as well ({fix})"
    add_note(error, f"beluga: gave up after {told}" + (f": {reason}" if reason else ""))


class Attempt:
    """One attempt of a block: ``with attempt:`` around what may be tried again.

    Args:
        number: Which attempt it is, counted from 1.
        settle: Says whether there is another one after this outcome, which then swallows its error.
        begin: Makes ambient what is so in the attempt, and begins its time, if that is bounded.
    """

    def __init__(self, number: int, settle: Callable[[Outcome], bool], begin: Callable[[], TimedBlock | None]) -> None:
        self.number: int = number
        self._is_entered = False
        self._settle = settle
        self._begin = begin

    def __enter__(self) -> Self:
        """Begin."""
        self._is_entered = True
        self._time = self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Keep the error back if there is another attempt."""
        late = None if self._time is None else self._time.end(error)
        again = self._settle(Outcome(error=late or error))
        if late is not None and not again:
            raise late from error
        return again

    def check(self) -> None:
        """Raise RuntimeError where nobody has entered it, and so nobody would hear of a failure."""
        if not self._is_entered:
            message = (
                f"retry: attempt {self.number} was not begun, so nothing can be tried again: write `with attempt:` in "
                "the loop over the attempts, around what may fail"
            )
            raise RuntimeError(message)


class Attempts:
    """The attempts of a block that a retry allows, each after its wait; for ``for`` and ``async for``.

    Args:
        policy: The retry.
        seconds: What each attempt has; None for as long as it takes. In ``async for`` it is cancelled then.
    """

    def __init__(self, policy: Policy, seconds: float | None = None) -> None:
        self._call: Call = new_call(Stack(Target(block, Kind.SYNC), (policy,)), (), {})
        self._layer: Policy = self._call.stack.bound[0]
        self._seconds = seconds
        self._again: Again | None = Again()
        self._watch: Watch | None = None
        try:
            self._layer.enter(self._call)
            self._watch = self._layer.watch(self._call)
        finally:
            self._layer.abandon(self._call)  # nothing is ambient outside the blocks

    def _next(self, *, is_async: bool) -> Attempt | None:
        if self._again is None:
            return None
        self._again = None
        return Attempt(self._call.attempt, self._settle, lambda: self._begin(is_async=is_async))

    def _begin(self, *, is_async: bool) -> TimedBlock | None:
        time = None
        try:
            if self._seconds is not None:
                time = TimedBlock("the attempt", self._seconds, is_async=is_async)
            if self._watch is not None:
                self._watch.resume()
        except BaseException as error:  # of a signal handler: then the block is not entered, and not left
            self._layer.abandon(self._call)
            if time is not None:
                time.end(error)
            raise
        return time

    def _settle(self, outcome: Outcome) -> bool:
        verdict = self._layer.leave(self._call, outcome)
        if isinstance(verdict, Again):
            self._again = verdict
            self._call.attempt += 1
            if self._watch is not None:
                self._watch.suspend()
        return isinstance(verdict, Again)

    def __iter__(self) -> Iterator[Attempt]:
        """Yield the attempts, blocking this thread between them."""
        while (attempt := self._next(is_async=False)) is not None:
            yield attempt
            attempt.check()
            if self._again is not None and self._again.after > 0:
                self._call.environment.clock.sleep(self._again.after)

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        """Yield the attempts, letting other tasks run between them."""
        while (attempt := self._next(is_async=True)) is not None:
            yield attempt
            attempt.check()
            if self._again is not None and self._again.after > 0:
                await self._call.environment.clock.asleep(self._again.after)
