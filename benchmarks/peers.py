"""The libraries of today, set up for the same healthy call; None where one is not installed."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["ASYNC", "OPENED", "STACKS", "SYNC", "installed", "limits_storage"]


def installed(name: str) -> Any:
    """Return the module `name`, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _tenacity(function: Any) -> Any:
    tenacity = importlib.import_module("tenacity")
    return tenacity.retry(stop=tenacity.stop_after_attempt(3))(function)


def _stamina(function: Any) -> Any:
    return importlib.import_module("stamina").retry(on=ConnectionError, attempts=3)(function)


def _backoff(function: Any) -> Any:
    backoff = importlib.import_module("backoff")
    return backoff.on_exception(backoff.expo, ConnectionError, max_tries=3)(function)


def _pybreaker(function: Any) -> Any:
    return importlib.import_module("pybreaker").CircuitBreaker(fail_max=5)(function)


def _circuitbreaker(function: Any) -> Any:
    return importlib.import_module("circuitbreaker").circuit(failure_threshold=5)(function)


def _limits(function: Any) -> Any:
    limits = importlib.import_module("limits")
    strategy = importlib.import_module("limits.strategies").FixedWindowRateLimiter(limits_storage())
    rate = limits.RateLimitItemPerMinute(10**9)

    def limited(*args: Any, **kwargs: Any) -> Any:
        if not strategy.hit(rate, str(args[0])):
            raise RuntimeError
        return function(*args, **kwargs)

    return limited


def limits_storage() -> Any:
    """Return the in-memory storage of ``limits``."""
    return importlib.import_module("limits.storage").MemoryStorage()


def _aiolimiter(function: Any) -> Any:
    limiter = importlib.import_module("aiolimiter").AsyncLimiter(10**9, 60)

    async def limited(*args: Any, **kwargs: Any) -> Any:
        async with limiter:
            return await function(*args, **kwargs)

    return limited


def _stacked(function: Any) -> Any:
    return _tenacity(_pybreaker(_limits(function)))


def _stacked_async(function: Any) -> Any:
    return _tenacity(_circuitbreaker(_aiolimiter(function)))


SYNC: dict[str, dict[str, Decorator]] = {
    "retry": {"tenacity": _tenacity, "stamina": _stamina, "backoff": _backoff},
    "breaker": {"pybreaker": _pybreaker, "circuitbreaker": _circuitbreaker},
    "rate_limited, keyed": {"limits": _limits},
}
"""The peers of each policy, for plain functions."""

ASYNC: dict[str, dict[str, Decorator]] = {
    "retry": {"tenacity": _tenacity, "stamina": _stamina, "backoff": _backoff},
    "breaker": {"circuitbreaker": _circuitbreaker},
    "rate_limited": {"aiolimiter": _aiolimiter},
}
"""The same for async functions; pybreaker does nothing there, and limits has its own API."""

STACKS: dict[bool, tuple[str, tuple[str, ...], Decorator]] = {
    False: ("tenacity+pybreaker+limits", ("tenacity", "pybreaker", "limits"), _stacked),
    True: ("tenacity+circuitbreaker+aiolimiter", ("tenacity", "circuitbreaker", "aiolimiter"), _stacked_async),
}
"""Three peers on one function, by whether it is async: half of what the six decorators do."""


def _open_pybreaker(function: Any) -> Any:
    policy = importlib.import_module("pybreaker").CircuitBreaker(reset_timeout=10**9)
    policy.open()
    return policy(function)


def _open_circuitbreaker(function: Any) -> Any:
    policy = importlib.import_module("circuitbreaker").CircuitBreaker(1, 10**9, name="benchmark")

    def fail(_: Any) -> None:
        raise ConnectionError

    broken = policy(fail)
    with contextlib.suppress(ConnectionError):
        broken(1)
    return policy(function)


OPENED: dict[str, Decorator] = {"pybreaker": _open_pybreaker, "circuitbreaker": _open_circuitbreaker}
"""Breakers whose circuit is open."""
