"""The exceptions that beluga raises, and the codes that say what to do about them.

::

    BelugaError                     code, retryable, retry_after
    ├── Refused                     a policy did not let the call through
    │   ├── CircuitOpen             circuit_open       the breaker is open
    │   ├── RateLimited             rate_limit         a limit is used up
    │   ├── BulkheadFull            circuit_open       every slot and queue place is taken
    │   ├── BudgetExceeded          budget_exhausted   tokens or money ran out
    │   ├── StoreUnavailable        provider_unavailable   a shared store does not answer, and nothing goes without it
    │   └── DeadlineExceeded        timeout            also a TimeoutError
    ├── GuardBlocked                guard_blocked      a guard stopped the text
    ├── ProviderError               any                what a model provider answered
    │   └── InvalidResponse         invalid_response   an answer that cannot be used
    ├── ToolFailed                  tool_failed        a tool's own failure
    ├── GraphError                  invalid_input      a graph that cannot run
    └── ConfigError                 invalid_input      also a ValueError

An error of the decorated function itself is never wrapped: it comes out as it was raised, with notes.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, ClassVar

from beluga.classification import TRANSIENT, ErrorCode, classify

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from beluga.schema.usage import RateLimitInfo

__all__ = [
    "TRANSIENT",
    "BelugaError",
    "BudgetExceeded",
    "BulkheadFull",
    "CircuitOpen",
    "ConfigError",
    "DeadlineExceeded",
    "ErrorCode",
    "GraphError",
    "GuardBlocked",
    "InvalidResponse",
    "ProviderError",
    "RateLimited",
    "Refused",
    "StoreUnavailable",
    "ToolFailed",
    "classify",
]


def _rebuild(kind: type[BelugaError], args: tuple[Any, ...], state: dict[str, Any]) -> BelugaError:
    error = kind.__new__(kind, *args)
    error.args = args
    for name, value in state.items():
        setattr(error, name, value)
    return error


class _Message(str):
    """The message of an error, which knows the error: some libraries rebuild one as ``type(e)(*e.args)``."""

    __slots__ = ("fields",)
    fields: dict[str, Any]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the text that it is; the error pickles its own fields."""
        return str, (str(self),)


class _RebuiltFromArgs(type):
    """Gives an error that is made of the ``args`` of another one what that one knew."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        error = super().__call__(*args, **options)
        if args and type(args[0]) is _Message and not options:
            for name, value in args[0].fields.items():
                setattr(error, name, value)
        return error

    @property
    def __signature__(cls) -> Any:
        """The one of its ``__init__``, which help() and editors would not see behind the ``__call__`` here."""
        import inspect

        return inspect.signature(cls.__init__.__get__(object()))  # type: ignore[misc]  # the instance here is a class


class BelugaError(Exception, metaclass=_RebuiltFromArgs):
    """Base of every error that beluga raises.

    Args:
        message: What happened, with which values, and what to do.
        code: What kind of failure it is; each subclass has its own default.
        retryable: Whether another attempt may succeed; None takes it from the code.
        retry_after: Seconds after which another attempt makes sense; None when unknown.
    """

    default_code: ClassVar[ErrorCode] = ErrorCode.INVALID_INPUT

    def __init__(
        self,
        message: str = "",
        *,
        code: ErrorCode | str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code: ErrorCode = self.default_code if code is None else ErrorCode(code)
        self.retryable: bool = self.code in TRANSIENT if retryable is None else retryable
        self.retry_after = retry_after

    @property
    def retry_after_header(self) -> str | None:
        """The value of a ``Retry-After`` header: whole seconds, rounded up; None where nothing is known.

        Source: RFC 9110, section 10.2.3.

        Example:
            >>> RateLimited(retry_after=0.2).retry_after_header
            '1'
        """
        seconds = self.retry_after
        return None if seconds is None or not math.isfinite(seconds) else str(max(0, math.ceil(seconds)))

    # Put together when somebody asks, which is seldom: a refusal is made thousands of times a second.
    @property
    def args(self) -> tuple[Any, ...]:
        """The message, which carries the rest."""
        kept = super().args
        text = kept[0] if kept else str(self)
        if not isinstance(text, str):
            return kept
        message = _Message(text)
        message.fields = self._fields()
        return (message, *kept[1:])

    @args.setter
    def args(self, values: tuple[Any, ...]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # C's has one
        Exception.args.__set__(self, values)  # type: ignore[attr-defined]  # a descriptor of C

    def _fields(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state, because subclasses take keyword-only arguments."""
        return _rebuild, (type(self), self.args, self._fields())


class Refused(BelugaError):
    """A policy did not let the call through; the function did not run."""

    default_code = ErrorCode.CIRCUIT_OPEN


class CircuitOpen(Refused):
    """The circuit breaker is open, so the call was not made.

    Args:
        message: What happened; where it is empty, `str` puts it together from the rest.
        name: The breaker's name.
        retry_after: Seconds until the breaker lets a probe through.
    """

    # An open circuit refuses thousands of calls a second, so the breaker makes this error without __init__: what is
    # always the same stands in the class, the rest in slots (5 ns each instead of 40 in a dict).
    __slots__ = ("name", "retry_after")

    code: ErrorCode = ErrorCode.CIRCUIT_OPEN
    retryable: bool = False
    name: str
    retry_after: float | None

    def __init__(self, message: str = "", *, name: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, retryable=False, retry_after=retry_after)
        self.name = name

    def __str__(self) -> str:
        message = super().__str__()
        if message:
            return message
        when = "" if self.retry_after is None else f"; a probe may go through in {self.retry_after:.3g} s"
        return f"circuit {self.name!r} is open: the call was not made{when}"

    def _fields(self) -> dict[str, Any]:
        """Return the slots too."""
        return {**super()._fields(), "name": self.name, "retry_after": self.retry_after}


class RateLimited(Refused):
    """A rate limit is used up.

    Args:
        message: What happened.
        key: Whose limit it is; None for the one shared bucket.
        limit: Permits per window.
        retry_after: Seconds until the same call would be admitted.
    """

    default_code = ErrorCode.RATE_LIMIT

    def __init__(
        self,
        message: str = "",
        *,
        key: Hashable = None,
        limit: float | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.key = key
        self.limit = limit


class BulkheadFull(Refused):
    """Every slot is busy and the queue is full."""


class BudgetExceeded(Refused):
    """A token or cost budget does not cover the call.

    Args:
        message: What happened.
        spent: What is used up or reserved, in the budget's unit.
        limit: What the budget holds.
        unit: ``"tokens"`` or ``"cost"``.
    """

    default_code = ErrorCode.BUDGET_EXHAUSTED

    def __init__(self, message: str = "", *, spent: float = 0.0, limit: float = 0.0, unit: str = "tokens") -> None:
        super().__init__(message)
        self.spent = spent
        self.limit = limit
        self.unit = unit


class StoreUnavailable(Refused):
    """A store that processes share does not answer, and ``on_failure="closed"`` lets nothing through without it.

    Args:
        message: Which store, and why.
        retry_after: Seconds until it is asked again; None where that is no matter of time.
    """

    default_code = ErrorCode.PROVIDER_UNAVAILABLE

    def __init__(self, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message, retryable=False, retry_after=retry_after)


class DeadlineExceeded(Refused, TimeoutError):  # pyright: ignore[reportIncompatibleVariableOverride]  # see `args`
    """The time budget ran out.

    Args:
        message: What happened.
        total: Seconds the budget allowed.
    """

    default_code = ErrorCode.TIMEOUT

    def __init__(self, message: str = "", *, total: float | None = None) -> None:
        super().__init__(message)
        self.total = total


class GuardBlocked(BelugaError):
    """A guard stopped a text; the message names the rule and never holds the text.

    Args:
        message: Which guard blocked, at which stage, and why.
        findings: Where in the text; offsets and rule names only.
        guard: The guard's name.
        stage: ``"input"``, ``"output"`` or ``"tool"``.
    """

    default_code = ErrorCode.GUARD_BLOCKED

    def __init__(self, message: str = "", *, findings: Sequence[Any] = (), guard: str = "", stage: str = "") -> None:
        super().__init__(message)
        self.findings: tuple[Any, ...] = tuple(findings)
        self.guard = guard
        self.stage = stage


class ProviderError(BelugaError):
    """A model provider answered with an error, or with something that is no answer.

    Args:
        message: What the provider said, without the request's content.
        code: The meaning of the answer; ``provider_unavailable`` when nothing better is known.
        status: The HTTP status, or None when there was no HTTP answer.
        request_id: The provider's id of the request, for its support.
        retryable: Whether another attempt may succeed; None takes it from the code.
        retry_after: Seconds the provider asks to wait.
        partial: Whether a part of the answer had already come when it failed.
        limits: What the provider said about its rate limits.
        body: What the provider answered, parsed where it could be. It may quote the request, so it is in no
            message, and belongs into no log.
    """

    default_code = ErrorCode.PROVIDER_UNAVAILABLE

    def __init__(
        self,
        message: str = "",
        *,
        code: ErrorCode | str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        partial: bool = False,
        limits: RateLimitInfo | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message, code=code, retryable=retryable, retry_after=retry_after)
        self.status = status
        self.request_id = request_id
        self.partial = partial
        self.limits = limits
        self.body: Any = body


class InvalidResponse(ProviderError):
    """A model's answer cannot be used; neither message nor errors quote it.

    Args:
        message: What is wrong with the answer, and what to do.
        code: ``content_filtered`` for a refusal, else ``invalid_response``.
        errors: What is wrong at which place of the answer, one line each.
        attempts: How often the model was asked.
    """

    default_code = ErrorCode.INVALID_RESPONSE

    def __init__(
        self, message: str = "", *, code: ErrorCode | str | None = None, errors: Sequence[str] = (), attempts: int = 1
    ) -> None:
        super().__init__(message, code=code, retryable=False)
        self.errors: tuple[str, ...] = tuple(errors)
        self.attempts: int = attempts


class ToolFailed(BelugaError):
    """A tool could not do its work."""

    default_code = ErrorCode.TOOL_FAILED


class GraphError(BelugaError):
    """A graph cannot be built or cannot go on."""


class ConfigError(BelugaError, ValueError):  # pyright: ignore[reportIncompatibleVariableOverride]  # see `args`
    """A configuration is missing, unreadable or invalid.

    Args:
        message: All problems, one a line.
        errors: The single problems.
        code: ``not_found`` for a missing file, else ``invalid_input``.
    """

    def __init__(self, message: str = "", *, errors: Sequence[Any] = (), code: ErrorCode | str | None = None) -> None:
        super().__init__(message, code=code)
        self.errors: tuple[Any, ...] = tuple(errors)


_MOST_NOTES = 4
"""Of ours on one error: one that is raised again and again, such as a constant of a module, would collect them."""


def add_note(error: BaseException, text: str) -> None:
    """Add `text` to the notes of `error`; where it takes none, such as a frozen dataclass, it stays as it is."""
    with contextlib.suppress(Exception):
        notes = getattr(error, "__notes__", ())
        if text in notes:
            return  # one object may be raised again and again
        ours = [note for note in notes if note.startswith("beluga: ")]
        if len(ours) >= _MOST_NOTES:
            error.__notes__.remove(ours[0])
        error.add_note(text)
