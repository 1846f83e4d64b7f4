"""Let a real function fail, wait and break off by chance, so that a staging system shows what its decorators are for.

Nothing happens unless chaos is unleashed: a decorated function costs two look-ups until then.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import number
from beluga._engine.policy import Hints, Policy, Wait
from beluga.llm.fake.faults import Fault
from beluga.testing.clock import Undo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga._engine.call import Call

    Failure = Exception | type[Exception] | Fault

__all__ = ["Chaos", "chaos", "unleash"]


class _Storm:
    """Chaos that is unleashed: what it draws from, and the calls that it has met."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._calls: Counter[str] = Counter()

    def draws(self, name: str) -> random.Random:
        """Return the randomness of the next call of the function `name`."""
        self._calls[name] += 1
        return random.Random(f"{self._seed} {name} {self._calls[name]}")  # noqa: S311 - it is not a secret


_STORM: ContextVar[_Storm | None] = ContextVar("beluga.chaos", default=None)


def _unleashed() -> bool:
    return _STORM.get() is not None


def _is_exception_type(error: object) -> bool:
    return isinstance(error, type) and issubclass(error, Exception)


def _as_failures(errors: Failure | Iterable[Failure]) -> tuple[Failure, ...]:
    several: Any = errors
    return tuple(several) if isinstance(several, (list, tuple, set, frozenset)) else (several,)


@attrs.frozen(eq=False)
class Chaos(Policy):
    """Let a share of the calls fail or wait while chaos is unleashed, by a seed, and leave the others alone.

    A call that fails does so before the function runs; a stream may also break off in the middle. What happens to the
    n-th call of a function depends on the seed, the name of the function and n alone, so a run can be had again.

    Args:
        rate: The share of calls that fail, from 0 to 1.
        errors: What they fail with: an exception, its type, or one of `beluga.testing.faults`. One or several.
        delay: Seconds that each call waits at most; what it waits is drawn evenly.
        cuts: The share of streams that break off with one of `errors` instead of failing at once.

    Raises:
        ValueError: A figure is out of its range, or there is no error to fail with.

    Example:
        >>> from beluga import retry
        >>> from beluga.testing import chaos, fake_clock, unleash
        >>> @retry(max_attempts=10)
        ... @chaos(rate=0.5, errors=ConnectionError("chaos"), delay=2.0)
        ... def ask(question: str) -> str:
        ...     return "fine"
        >>> with fake_clock() as clock, unleash(seed=7):
        ...     [ask("why?") for _ in range(3)], clock.monotonic() > 0
        (['fine', 'fine', 'fine'], True)
    """

    concern = "chaos"
    hints: Hints = attrs.field(default=Hints(needed=_unleashed), init=False, repr=False)

    rate: float = attrs.field(default=0.1, validator=number(0, 1), kw_only=True)
    errors: tuple[Failure, ...] = attrs.field(
        default=(ConnectionError("chaos: the connection is lost"),), converter=_as_failures, kw_only=True
    )
    delay: float = attrs.field(default=0.0, validator=number(0), kw_only=True)
    cuts: float = attrs.field(default=0.0, validator=number(0, 1), kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be raised."""
        for error in self.errors:
            if not isinstance(error, (Exception, Fault)) and not _is_exception_type(error):
                message = f"chaos: errors holds {error!r}: give exceptions, their types, or faults such as quota()"
                raise TypeError(message)
        if not self.errors and (self.rate or self.cuts):
            message = "chaos: errors= is empty, so there is nothing to fail with: give one, or rate=0"
            raise ValueError(message)

    def enter(self, call: Call) -> Wait | None:
        """Fail, wait, or choose how long the stream may go on."""
        storm, plan = _STORM.get(), call.kept(self)
        if storm is None or plan is not None:
            return None
        draws = storm.draws(call.name)
        fails, cut = draws.random() < self.rate, draws.random() < self.cuts
        error = draws.choice(self.errors) if self.errors else None
        if fails and error is not None:
            raise _raised(error)
        is_cut = cut and error is not None and call.stack.kind.is_stream
        call.keep(self, _Plan(error if is_cut else None, draws.randint(1, 5)))
        return Wait(draws.uniform(0, self.delay)) if self.delay else None

    def watch(self, call: Call) -> _Plan | None:
        """Break the stream off where that is its lot."""
        plan: _Plan | None = call.kept(self)
        return plan if plan is not None and plan.error is not None else None

    def describe(self) -> str:
        """Return the options, and whether anything happens."""
        return f"rate={self.rate:g} delay={self.delay:g} cuts={self.cuts:g} {'on' if _unleashed() else 'off'}"


class _Plan:
    """How the stream of a call ends.

    Args:
        error: What it breaks off with; None for not at all.
        after: How many items come before.
    """

    def __init__(self, error: Failure | None, after: int) -> None:
        self.error = error
        self._left = after

    def seen(self, item: Any) -> None:  # noqa: ARG002 - which one it is does not matter
        self._left -= 1
        if self._left < 0 and self.error is not None:
            raise _raised(self.error)

    def suspend(self) -> None:
        """Nothing is ambient here."""

    def resume(self) -> None:
        """Nothing is ambient here."""


def _raised(error: Failure) -> Exception:
    """Return a new error for each call: one that is shared would collect notes and tracebacks."""
    if isinstance(error, Fault):
        return error.error()
    return error() if isinstance(error, type) else copy.copy(error)


def unleash(seed: int = 0) -> Undo:
    """Switch chaos on for the functions that `chaos` decorates, in this context and what begins in it.

    It is on from the call, and off again when the block ends or what it returns is called.

    Args:
        seed: What is drawn from: the same seed, calls and order give the same failures.
    """
    return Undo(_storm(seed))


@contextlib.contextmanager
def _storm(seed: int) -> Iterator[None]:
    token = _STORM.set(_Storm(seed))
    try:
        yield
    finally:
        _STORM.reset(token)


chaos: Final = OptionsDecorator(
    Chaos,
    needs="rate=0.1",
    words={
        "delay": "latency",
        "rate": "injection_rate probability",
    },
)
"""Let a share of the calls fail or wait while chaos is unleashed; see `Chaos`."""
