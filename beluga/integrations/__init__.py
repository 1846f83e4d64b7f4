"""Task queues: the trace and the deadline of a call go along to the worker that runs its task.

`telemetry.inject` writes them into what the queue sends beside a task, and `telemetry.resume` goes on with them. The
deadline is a moment, so what a task waits in the queue uses its time up; one that comes too late is not run. Functions
with decorators need nothing of this to be tasks. What they remember is per process; see "more than one process".
"""

from __future__ import annotations

import importlib
from typing import Any

__all__: list[str] = []


def base(module: str, name: str) -> Any:
    """Return a class of a queue to build on; where that is not installed nobody can use what is built either."""
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        return object
