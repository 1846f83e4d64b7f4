"""Select errors by code, by type or by a predicate, for every option that asks which errors are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.classification import TRANSIENT, ErrorCode, classify, is_transient
from beluga.errors import BelugaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Matched = ErrorCode | str | type[Exception] | Callable[[Exception], bool]
    """What selects errors: a code, a type or a predicate."""

__all__ = ["as_tuple", "matcher", "tuple_if_any"]


def as_tuple(errors: Matched | Iterable[Matched]) -> tuple[Matched, ...]:
    """Turn one item, or any iterable of them, into a tuple."""
    several: Any = errors
    single = isinstance(errors, (str, type)) or callable(errors) or not hasattr(errors, "__iter__")
    return (several,) if single else tuple(several)


def tuple_if_any(errors: Matched | Iterable[Matched] | None) -> tuple[Matched, ...] | None:
    """Do the same where None stands for the default."""
    return None if errors is None else as_tuple(errors)


def matcher(errors: Iterable[Any], option: str) -> Callable[[Exception], bool]:
    """Return a test that is true for the errors that one of `errors` names.

    Args:
        errors: Error codes, exception types and predicates.
        option: The option they come from, for messages.

    Raises:
        TypeError: An item is none of these.
        ValueError: A string is no error code.
    """
    codes, tests = set(), []
    for item in errors:
        if isinstance(item, str):
            codes.add(_code(item, option))
        elif isinstance(item, type) and issubclass(item, Exception):
            tests.append(_test_for(item))
        elif callable(item) and not isinstance(item, type):
            tests.append(item)
        else:
            message = (
                f"{option} holds {item!r}: list error codes, Exception types or predicates "
                "(what is no Exception, such as a cancellation, always passes)"
            )
            raise TypeError(message)

    def matches(error: Exception) -> bool:
        code = classify(error)
        if code in codes and (code not in TRANSIENT or is_transient(error)):
            return True
        return any(test(error) for test in tests)

    return matches


def _code(name: str, option: str) -> ErrorCode:
    try:
        return ErrorCode(name)
    except ValueError:
        message = f"{option} holds {name!r}, which is no error code; known are {', '.join(ErrorCode)}"
        raise ValueError(message) from None


def _test_for(kind: type[Exception]) -> Callable[[Exception], bool]:
    if issubclass(kind, BelugaError):
        return lambda error: isinstance(error, kind)
    # A broad type such as Exception does not mean our own refusals: an open circuit is not to be hammered.
    return lambda error: isinstance(error, kind) and getattr(error, "retryable", True) is not False
