"""Try again what may succeed the second time."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeVar

import attrs

from beluga import events
from beluga._engine.decorator import Decorator
from beluga._engine.options import (
    any_function,
    as_tuple,
    choice,
    flag,
    follow,
    function,
    instance,
    is_live,
    matcher,
    number,
    optional,
    seconds,
    seconds_if_any,
    shown,
    whole,
)
from beluga._engine.policy import Again, Hints, Policy
from beluga._engine.timeouts import DEADLINE
from beluga._policies.budget import AttemptBudget
from beluga._policies.retry_state import (
    ALONE,
    AROUND,
    CLIENT,
    OUTERMOST,
    RETRIED,
    Attempts,
    Progress,
    RetryThrottle,
    check_resume,
    mark,
    note,
    resumed,
    tried,
)
from beluga.classification import TRANSIENT, classify, retry_after
from beluga.errors import CircuitOpen, RateLimited

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.options import Matched
    from beluga._engine.policy import Watch
    from beluga._engine.target import Target

__all__ = ["RetryPolicy", "retry"]

F = TypeVar("F")

LONGEST_RETRY_AFTER = 120.0
"""Seconds; a server that asks for more is not waited for. Source: openai-python, which gives up there too."""


@attrs.frozen(eq=False, kw_only=True)
class RetryPolicy(Policy):
    """Call the function again when it fails in a way that may pass.

    The wait before attempt n + 1 is drawn evenly from 0 to ``initial_backoff * backoff_factor ** (n - 1)``, capped
    at `max_backoff` (full jitter). A ``Retry-After`` of the other side is waited for in full up to 120 s; beyond that
    the error is raised at once. No wait goes past the time budget. When it is over, the last error itself is raised,
    with a note of the attempts.

    A stream is begun anew only before its first item went out; then its error passes through.

    Args:
        max_attempts: How often the function runs at most, the first time included; None for as often as `max_elapsed`
            or the budget around the call has time for.
        initial_backoff: Seconds before the second attempt, before jitter.
        max_backoff: The most seconds between two attempts.
        backoff_factor: What each wait is multiplied by for the next.
        jitter: Draw each wait at random; False waits the full time.
        backoff: Called with the number of the failed attempt and its error (None for a bad result); returns the
            seconds to wait, as they are, in place of the four options before it.
        retryable_errors: Error codes, exception types and predicates; what none of them matches is raised at once.
            The default is what may pass: rate limits, time-outs, an unavailable provider. The refusal of a
            `RateLimiter` is retried only where `RateLimited` itself is listed: who wants to wait there says ``wait=``.
        max_elapsed: Seconds, the waits included, after which no attempt begins; None for no such bound.
        attempt_timeout: Seconds for each attempt, so that one that hangs leaves time for another; None for no such
            bound. It is a `budget` of time inside this retry: an async attempt is cancelled at it and fails with
            `DeadlineExceeded`, whose code `timeout` is retried by default. A sync attempt cannot be stopped; it sees
            `remaining` seconds to hand on, and fails when it returns too late. All items of a stream are one attempt.
        on_result: Called with a result; true means to try again. The last result is returned as it is.
        throttle: A `RetryThrottle` shared among callers; None for none.
        replay: Begin a stream anew even after items went out, which the consumer then sees twice.
        resume: Called with the list of a stream's items so far when it is cut after some; returns a stream of the rest,
            which runs in the function's place, inside the layers further in. It may yield something first that tells
            the consumer; subscribers hear of `StreamResumed`. The items are kept for it.
        nested: What becomes of retries inside one another, on one function or on those it calls. ``"both"``: all try
            again and the attempts multiply, which the event `RetriesNested` tells, also of an SDK that retries by
            itself. ``"outer"``, on any of two: the inner one leaves it to the outer one, if that was first called when
            this one had been made. Where one was made so it costs each call of a retry 1 us.

    Raises:
        TypeError: `retryable_errors` holds something else, or `resume` does not go with the function.
        ValueError: A figure is out of its range.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).

    Example:
        >>> answers = iter([TimeoutError("slow"), "fine"])
        >>> @retry(initial_backoff=0)
        ... def ask():
        ...     answer = next(answers)
        ...     if isinstance(answer, Exception):
        ...         raise answer
        ...     return answer
        >>> ask()
        'fine'
        >>> critical = RetryPolicy(max_attempts=5, max_backoff=60.0)  # one object for many functions
        >>> @critical
        ... def charge() -> str:
        ...     return "done"
        >>> charge()
        'done'
    """

    concern = "retry"
    max_attempts: int | None = attrs.field(default=3, validator=optional(whole(1)))
    initial_backoff: float = attrs.field(default=0.5, converter=seconds, validator=number(0))
    max_backoff: float = attrs.field(default=30.0, converter=seconds, validator=number(0))
    backoff_factor: float = attrs.field(default=2.0, validator=number(1))
    jitter: bool = attrs.field(default=True, validator=flag)
    _custom_backoff: Callable[[int, Exception | None], float] | None = attrs.field(
        default=None, validator=optional(functools.partial(function, takes=2)), alias="backoff"
    )
    retryable_errors: tuple[Matched, ...] = attrs.field(default=tuple(sorted(TRANSIENT)), converter=as_tuple)
    max_elapsed: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True))
    )
    attempt_timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True))
    )
    on_result: Callable[[Any], bool] | None = attrs.field(default=None, validator=optional(function))
    throttle: RetryThrottle | None = attrs.field(default=None, validator=optional(instance(RetryThrottle)))
    replay: bool = attrs.field(default=False, validator=flag)
    resume: Callable[[list[Any]], Iterable[Any] | AsyncIterable[Any]] | None = attrs.field(
        default=None, validator=optional(any_function)
    )
    nested: Literal["both", "outer"] = attrs.field(default="both", validator=choice("both", "outer"))
    hints: Hints = attrs.field(init=False, repr=False)
    _matches: Callable[[Exception], bool] = attrs.field(init=False, repr=False)
    _attempt_budget: AttemptBudget | None = attrs.field(init=False, repr=False)
    __repr__ = shown

    def __attrs_post_init__(self) -> None:
        """Work out once what every call needs."""
        if self.replay and self.resume is not None:
            message = "retry: give either replay=True, which begins a stream anew, or resume=, which goes on with it"
            raise ValueError(message)
        if self.nested == "outer":
            _EagerLayer.is_asked_for = True
        looks_at_good = self.on_result is not None or self.throttle is not None
        hints = Hints(leave="always" if looks_at_good else "on error", reads_value=self.on_result is not None)
        object.__setattr__(self, "hints", hints)
        object.__setattr__(self, "_matches", matcher(self.retryable_errors, "retry: retryable_errors", (RateLimited,)))
        attempt_budget = None if self.attempt_timeout is None else AttemptBudget(self.attempt_timeout)
        object.__setattr__(self, "_attempt_budget", attempt_budget)
        follow(
            self,
            "max_attempts",
            "initial_backoff",
            "max_backoff",
            "backoff_factor",
            "max_elapsed",
            "attempt_timeout",
        )

    def __call__(self, function: F) -> F:
        """Decorate `function`, each attempt with a budget of its own where that is asked for."""
        return super().__call__(function if self._attempt_budget is None else self._attempt_budget(function))

    @property
    def belongs_inside(self) -> Mapping[str, str]:  # type: ignore[override]  # it depends on an option
        """Another retry, unless it leaves the attempts to this one."""
        wrong = 'their attempts multiply, unless one of them says nested="outer"; keep one of them'
        return {"retry": wrong} if self.nested == "both" else {}

    def bind(self, target: Target) -> Policy:
        """Return the layer: nothing of a call is noted before it fails, unless it has to be known from the start."""
        if self.resume is not None:
            check_resume(self.concern, self.resume, target)
        eager = is_live(self) or self.max_elapsed is not None or self.resume is not None or self.nested == "outer"
        return _EagerLayer(self) if eager else self

    def _fused(self) -> Policy:
        return _EagerLayer(self) if _EagerLayer.is_asked_for else self

    def leave(self, call: Call, outcome: Outcome) -> Again | None:
        """Ask for another attempt if the outcome, the figures and the deadline allow one."""
        error = outcome.error
        if error is None:
            if self.on_result is None or not self.on_result(outcome.value):
                if self.throttle is not None:
                    self.throttle.succeeded()
                return None
        elif not isinstance(error, Exception):
            return None
        elif not self._matches(error):
            self._trace_cause(call, error)
            return None
        return self._next_attempt(call, error)

    def backoff(self, attempt: int, jitter: float = 1.0) -> float:
        """Return the seconds to wait after the failed attempt number `attempt`, times `jitter`."""
        try:
            grown = self.initial_backoff * self.backoff_factor ** (attempt - 1)
        except OverflowError:
            grown = self.max_backoff
        return min(grown, self.max_backoff) * jitter

    def attempts(self) -> Attempts:
        """Return the attempts of a block, for ``for`` and ``async for``; each is a context manager.

        Raises:
            ValueError: There is `on_result`, and a block has no result.

        Example:
            >>> errors = iter([TimeoutError("slow")])
            >>> for attempt in RetryPolicy(initial_backoff=0).attempts():
            ...     with attempt:
            ...         for error in errors:
            ...             raise error
            ...         print(attempt.number)
            2
        """
        if self.on_result is not None:
            message = "retry: attempts() is for blocks, which have no result for on_result= to look at"
            raise ValueError(message)
        return Attempts(self, self.attempt_timeout)

    def _next_attempt(self, call: Call, error: Exception | None) -> Again | None:
        now = call.environment.monotonic()
        progress: Progress | None = call.kept(self)
        if progress is None:
            progress = Progress(now)
            call.keep(self, progress)
        if call.attempt == 1:
            progress.first_failure = now
        throttled = error is not None and self.throttle is not None and not self.throttle.failed()
        around = RETRIED.get()
        if around == OUTERMOST or (around and self.nested == "outer"):
            reason = "the attempts are left to the retry around it"
        elif call.items and not self.replay and self.resume is None:
            reason = "the stream had begun; resume= would go on with it, replay=True begin it anew"
        elif self.max_attempts is not None and call.attempt >= self.max_attempts:
            reason = ""
        elif call.environment.max_attempts is not None and call.attempt >= call.environment.max_attempts:
            reason = "this environment allows no more"
        elif self.max_attempts is None and self.max_elapsed is None and DEADLINE.get() == math.inf:
            reason = "max_attempts=None needs max_elapsed=, or a time budget around the call"
        elif throttled:
            reason = "the retry throttle is closed"
        else:
            asked = None if error is None else retry_after(error, call.environment.clock.time())
            delay = self._delay(call, error) if asked is None else asked
            reason = self._obstacle(progress.began, now, delay, asked)
            if not reason:
                progress.error = error
                self._report(call, delay, error)
                return self._again(call, progress, delay)
        if error is not None:
            note(error, call, now - progress.first_failure, reason)
            if call.attempt > 1:
                mark(error, call)
        return None

    def _again(self, call: Call, progress: Progress, delay: float) -> Again:
        if self.resume is None or not progress.items:
            return Again(delay)
        rest = resumed(self.concern, call, self.resume, progress.items, progress.error)
        return Again(delay, rest, innermost=True)

    def _delay(self, call: Call, error: Exception | None) -> float:
        if self._custom_backoff is not None:
            delay = self._custom_backoff(call.attempt, error)
            is_number = isinstance(delay, (int, float)) and not isinstance(delay, bool)
            if not is_number or not 0 <= delay < math.inf:
                message = f"retry: backoff gave {delay!r}, and must give the seconds to wait"
                raise ValueError(message)
            return delay
        return self.backoff(call.attempt, call.environment.rng.random() if self.jitter else 1.0)

    def _obstacle(self, began: float, now: float, delay: float, asked: float | None) -> str:
        """Say what forbids a wait of `delay` seconds; empty if nothing does."""
        if asked is not None and asked > LONGEST_RETRY_AFTER:
            return f"the provider asked to wait {asked:g} s"
        if self.max_elapsed is not None and now + delay - began > self.max_elapsed:
            return f"max_elapsed={self.max_elapsed:g} s"
        if now + delay >= DEADLINE.get():
            return "the time budget leaves no room for another"
        return ""

    def _report(self, call: Call, delay: float, error: Exception | None) -> None:
        if not call.listeners and not events.listening():
            return
        code = None if error is None else classify(error)
        kind = "result" if error is None else type(error).__name__
        call.emit(events.RetryScheduled, attempt=call.attempt, delay=delay, code=code, error=kind)
        inner, attempts = (CLIENT, 1) if error is None else tried(call, error)
        if attempts > 1:
            call.emit(events.RetriesNested, inner=inner, attempts=attempts)

    def _trace_cause(self, call: Call, error: Exception) -> None:
        """Let an open circuit that ends the retries show the error that they were made for."""
        progress: Progress | None = call.kept(self)
        if progress is not None and isinstance(error, CircuitOpen) and error.__cause__ is None:
            error.__cause__ = progress.error

    def describe(self) -> str:
        """Return the options that matter."""
        named = ("max_attempts", "initial_backoff", "max_backoff", "backoff_factor", "jitter")
        parts = [f"{name}={getattr(self, name)!r}" for name in named]
        parts += [f"{name}={value!r}" for name in ("max_elapsed", "attempt_timeout") if (value := getattr(self, name))]
        if self.throttle is not None:
            parts.append(f"tokens={self.throttle.tokens:g}/{self.throttle.max_tokens:g}")
        return " ".join(parts)


class _EagerLayer(Policy):
    """The layer of a retry that has to know when the first attempt began, or what it gave, or to be known inside."""

    concern = "retry"
    is_asked_for: ClassVar[bool] = False
    """Whether a retry was made that leaves the attempts to any around it, which then has to be known inside."""

    def __init__(self, options: RetryPolicy) -> None:
        self._options = options
        self._level = OUTERMOST if options.nested == "outer" else AROUND if self.is_asked_for else ALONE
        self.hints = attrs.evolve(options.hints, leave="always") if self._level else options.hints

    def _fused(self) -> Policy:
        return _EagerLayer(self._options)

    def enter(self, call: Call) -> None:
        monotonic = call.environment.monotonic
        options = self._options
        progress = Progress(monotonic(), level=self._level, keeps_items=options.resume is not None)
        call.keep(options, progress)
        progress.resume()

    def watch(self, call: Call) -> Watch | None:
        progress: Progress = call.kept(self._options)
        return progress.begin(call) if progress.level or self._options.resume is not None else None

    def abandon(self, call: Call) -> None:
        progress: Progress | None = call.kept(self._options)
        if progress is not None:
            progress.suspend()

    def leave(self, call: Call, outcome: Outcome) -> Again | None:
        progress: Progress = call.kept(self._options)
        progress.suspend()  # a retry around this one may be the outermost
        verdict = self._options.leave(call, outcome)
        if verdict is not None:
            progress.resume()
        return verdict


_SUBSCRIBE = "subscribe with beluga.events.subscribe(callback, beluga.events.RetryScheduled)"

retry: Final = Decorator(
    RetryPolicy,
    words={
        "backoff_factor": "base factor wait_exp_base",
        "initial_backoff": "delay interval wait_initial",
        "jitter": "wait_jitter",
        "max_attempts": "attempts max_tries tries",
        "max_backoff": "backoff_max max_delay max_value wait_max",
        "max_elapsed": "max_time",
        "retryable_errors": "exception exceptions on on_exception retry",
        "catch the error, which has a note of the attempts": "on_giveup",
        "leave it out, and test with beluga.testing.fake_clock()": "sleep",
        "leave it out, as the last error itself is always raised": "reraise",
        "put @fallback(other) above it": "retry_error_callback",
        "write attempt_timeout= for each attempt, max_elapsed= or @budget(seconds) for all of them": "timeout",
        "write beluga.logs.log_events(beluga.events.RetryScheduled)": "logger",
        "write initial_backoff=, max_backoff= and backoff_factor=": "wait",
        "write max_attempts= or max_elapsed=": "stop",
        "write max_attempts=, which counts the first time too": "max_retries retries total",
        "write retryable_errors=, with a function of the error that says whether to try again": "giveup",
        _SUBSCRIBE: "after before before_sleep on_backoff on_retry on_success",
    },
)
"""Call the function again when it fails in a way that may pass; see `RetryPolicy`."""
