"""What memory a key takes, and what time an import."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tracemalloc
from typing import TYPE_CHECKING

from beluga import RateLimiter
from benchmarks.peers import installed, limits_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FORBIDDEN", "bytes_a_key", "bytes_a_key_of_limits", "import_milliseconds", "imported_by"]

FACADE = "from beluga import retry, breaker, rate_limited, budget, traced, guarded, fallback"
FORBIDDEN = ("asyncio", "httpx", "opentelemetry", "loguru", "wrapt")
"""What neither ``import beluga`` nor the use of its decorators may load."""


def _grown(keys: int, hit: Callable[[str], object]) -> float:
    hit("warm")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(keys):
        hit(f"project-{number}")
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / keys


def bytes_a_key(keys: int = 100_000) -> float:
    """Return the bytes that a keyed limiter takes for each key, the key's own text included."""
    limiter = RateLimiter(100, 60.0, key="project_id", max_keys=keys + 1)
    return _grown(keys, limiter.allow)


def bytes_a_key_of_limits(keys: int = 100_000) -> float | None:
    """Return the same of ``limits``; None where it is not installed."""
    limits = installed("limits")
    if limits is None:
        return None
    strategy = limits.strategies.FixedWindowRateLimiter(limits_storage())
    rate = limits.RateLimitItemPerMinute(100)
    return _grown(keys, lambda key: strategy.hit(rate, key))


def import_milliseconds(statements: Sequence[str], rounds: int) -> dict[str, float]:
    """Return the least milliseconds that each statement takes in a fresh interpreter; missing ones are left out."""
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as cache:
        # With bytecode, as any installation has it; a first round writes it, whatever the tests around this one do.
        variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        for number in range(rounds + 1):
            for statement in statements:
                code = f"import time; begin = time.perf_counter(); {statement}; print(time.perf_counter() - begin)"
                command = [sys.executable, "-c", code]
                ran = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
                if ran.returncode == 0 and number:
                    best[statement] = min(best.get(statement, float("inf")), float(ran.stdout) * 1e3)
    return best


def imported_by(statement: str) -> set[str]:
    """Return the modules that `statement` loads in a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())
