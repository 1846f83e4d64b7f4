"""Guards: text in, verdict out; no decorator and no model call."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beluga.guards.base import Finding, Guard, GuardResult
    from beluga.guards.patterns import PatternDetector, PatternRedactor
    from beluga.guards.pipeline import GuardPipeline

__all__ = [
    "Finding",
    "Guard",
    "GuardPipeline",
    "GuardResult",
    "PatternDetector",
    "PatternRedactor",
]

# Where each name lives; a room is entered on the first use of a name.
_ROOMS = {
    "Finding": "base",
    "Guard": "base",
    "GuardPipeline": "pipeline",
    "GuardResult": "base",
    "PatternDetector": "patterns",
    "PatternRedactor": "patterns",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
