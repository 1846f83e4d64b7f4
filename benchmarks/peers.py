"""The libraries of today, set up for the same healthy call; None where one is not installed."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["ASYNC", "FAKES", "FAKES_NEED", "OPENED", "STACKS", "SYNC", "installed", "limits_storage"]

# Without it litellm looks for prices on the network when it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


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


def _litellm(_: asyncio.AbstractEventLoop) -> Any:
    completion = importlib.import_module("litellm").completion
    messages = [{"role": "user", "content": "How is the weather?"}]
    return lambda: completion(model="gpt-4o", messages=messages, mock_response="It is sunny today in Paris.")


def _test_model(loop: asyncio.AbstractEventLoop) -> Any:
    module = importlib.import_module("pydantic_ai.models.test")
    agent = importlib.import_module("pydantic_ai").Agent(
        module.TestModel(custom_output_text="It is sunny today in Paris.")
    )
    return lambda: loop.run_until_complete(agent.run("How is the weather?"))


def _test_model_alone(loop: asyncio.AbstractEventLoop) -> Any:
    model = importlib.import_module("pydantic_ai.models.test").TestModel(custom_output_text="It is sunny in Paris.")
    parameters = importlib.import_module("pydantic_ai.models").ModelRequestParameters()
    messages = [importlib.import_module("pydantic_ai.messages").ModelRequest.user_text_prompt("How is the weather?")]
    return lambda: loop.run_until_complete(model.request(messages, None, parameters))


FAKES: dict[str, Callable[[asyncio.AbstractEventLoop], Any]] = {
    "litellm mock_response": _litellm,
    "pydantic-ai TestModel, alone": _test_model_alone,
    "pydantic-ai TestModel, in an agent": _test_model,
}
"""Models of others that answer without a network."""

FAKES_NEED = {name: "litellm" if name.startswith("litellm") else "pydantic_ai" for name in FAKES}
"""The module that each of them needs."""
