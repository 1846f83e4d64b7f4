"""Guards: text in, verdict out; no decorator and no model call."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beluga.guards.base import Finding, Guard, GuardResult
    from beluga.guards.injection import InjectionDetector

__all__ = [
    "Finding",
    "Guard",
    "GuardResult",
    "InjectionDetector",
]

# Where each name lives; a room is entered on the first use of a name.
_ROOMS = {
    "Finding": "base",
    "Guard": "base",
    "GuardResult": "base",
    "InjectionDetector": "injection",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever lives there
    if name not in _ROOMS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
