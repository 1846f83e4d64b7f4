"""Guards: text in, verdict out; no decorator and no model call."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beluga.guards.base import Finding, Guard, GuardResult
    from beluga.guards.content import ContentFilter, MaxLength
    from beluga.guards.expressions import PatternDetector, PatternRedactor
    from beluga.guards.injection import InjectionDetector
    from beluga.guards.pii import DEFAULT_PII_PATTERNS, PIIPattern, PIIRedactor
    from beluga.guards.pipeline import GuardPipeline
    from beluga.guards.redaction import Redactor
    from beluga.guards.secrets import DEFAULT_SECRET_PATTERNS, SecretPattern, SecretRedactor
    from beluga.guards.spotlight import Canary, Spotlight
    from beluga.guards.stream import RedactionStream
    from beluga.guards.tools import ToolGuard
    from beluga.guards.vault import Vault

__all__ = [
    "DEFAULT_PII_PATTERNS",
    "DEFAULT_SECRET_PATTERNS",
    "Canary",
    "ContentFilter",
    "Finding",
    "Guard",
    "GuardPipeline",
    "GuardResult",
    "InjectionDetector",
    "MaxLength",
    "PIIPattern",
    "PIIRedactor",
    "PatternDetector",
    "PatternRedactor",
    "RedactionStream",
    "Redactor",
    "SecretPattern",
    "SecretRedactor",
    "Spotlight",
    "ToolGuard",
    "Vault",
]

# Where each name lives; a room is entered on the first use of a name.
_ROOMS = {
    "DEFAULT_PII_PATTERNS": "pii",
    "DEFAULT_SECRET_PATTERNS": "secrets",
    "Canary": "spotlight",
    "ContentFilter": "content",
    "Finding": "base",
    "Guard": "base",
    "GuardPipeline": "pipeline",
    "GuardResult": "base",
    "InjectionDetector": "injection",
    "MaxLength": "content",
    "PIIPattern": "pii",
    "PIIRedactor": "pii",
    "PatternDetector": "expressions",
    "PatternRedactor": "expressions",
    "RedactionStream": "stream",
    "Redactor": "redaction",
    "SecretPattern": "secrets",
    "SecretRedactor": "secrets",
    "Spotlight": "spotlight",
    "ToolGuard": "tools",
    "Vault": "vault",
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
