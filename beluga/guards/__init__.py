"""Guards: text in, verdict out; no decorator and no model call."""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = {
    "DEFAULT_PII_PATTERNS": "pii",
    "DEFAULT_SECRET_PATTERNS": "secrets",
    "Canary": "spotlight",
    "ContentFilter": "content",
    "Finding": "base",
    "Guard": "base",
    "GuardResult": "base",
    "MaxLength": "content",
    "PIIPattern": "pii",
    "PIIRedactor": "pii",
    "Redactor": "redaction",
    "RedactionStream": "stream",
    "SecretPattern": "secrets",
    "SecretRedactor": "secrets",
    "Spotlight": "spotlight",
    "ToolGuard": "tools",
    "Vault": "vault",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Load the room of `name` on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
