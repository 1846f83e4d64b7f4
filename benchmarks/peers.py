"""The libraries of today, set up for the same healthy call; None where one is not installed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def _cachetools(function: Any) -> Any:
    cachetools = importlib.import_module("cachetools")
    return cachetools.cached(cachetools.TTLCache(1024, 300), lock=threading.Lock())(function)


def _async_lru(function: Any) -> Any:
    return importlib.import_module("async_lru").alru_cache(maxsize=1024, ttl=300)(function)


def _aiocache(function: Any) -> Any:
    return importlib.import_module("aiocache").cached(ttl=300)(function)


def _hyx(function: Any) -> Any:
    return importlib.import_module("hyx.bulkhead").bulkhead(max_concurrency=10, max_capacity=20)(function)


def _semaphore(function: Any) -> Any:
    semaphore = threading.Semaphore(10)

    def bounded(*args: Any, **kwargs: Any) -> Any:
        with semaphore:
            return function(*args, **kwargs)

    return bounded


def _async_semaphore(function: Any) -> Any:
    semaphore = asyncio.Semaphore(10)

    async def bounded(*args: Any, **kwargs: Any) -> Any:
        async with semaphore:
            return await function(*args, **kwargs)

    return bounded


def _task_a_call(function: Any) -> Any:
    """Hedge as it is written by hand: there is no library for it."""

    async def hedged(*args: Any, **kwargs: Any) -> Any:
        runs = {asyncio.ensure_future(function(*args, **kwargs))}
        done, _ = await asyncio.wait(runs, timeout=30.0)
        if not done:
            runs.add(asyncio.ensure_future(function(*args, **kwargs)))
            done, rest = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
            for run in rest:
                run.cancel()
        return done.pop().result()

    return hedged


def _stacked(function: Any) -> Any:
    return _tenacity(_pybreaker(_limits(function)))


def _stacked_async(function: Any) -> Any:
    return _tenacity(_circuitbreaker(_aiolimiter(function)))


SYNC: dict[str, dict[str, Decorator]] = {
    "retry": {"tenacity": _tenacity, "stamina": _stamina, "backoff": _backoff},
    "breaker": {"pybreaker": _pybreaker, "circuitbreaker": _circuitbreaker},
    "rate_limited, keyed": {"limits": _limits},
    "cached, hit": {"cachetools": _cachetools},
    "bulkhead": {"threading.Semaphore": _semaphore},
}
"""The peers of each policy, for plain functions."""

ASYNC: dict[str, dict[str, Decorator]] = {
    "retry": {"tenacity": _tenacity, "stamina": _stamina, "backoff": _backoff},
    "breaker": {"circuitbreaker": _circuitbreaker},
    "rate_limited": {"aiolimiter": _aiolimiter},
    "cached, hit": {"async_lru": _async_lru, "aiocache": _aiocache},
    "bulkhead": {"hyx": _hyx, "asyncio.Semaphore": _async_semaphore},
    "hedge": {"asyncio.wait": _task_a_call},
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
