"""Guards: text in, verdict out; no decorator and no model call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga.guards.base import Finding, Guard, GuardResult
    from beluga.guards.content import ContentFilter, MaxLength, PatternDetector
    from beluga.guards.injection import InjectionDetector
    from beluga.guards.links import LinkGuard
    from beluga.guards.pii import DEFAULT_PII_PATTERNS, PIIPattern, PIIRedactor
    from beluga.guards.pipeline import GuardPipeline
    from beluga.guards.provenance import Flow, Provenance
    from beluga.guards.redactor import PatternRedactor, Redactor
    from beluga.guards.secrets import DEFAULT_SECRET_PATTERNS, SecretPattern, SecretRedactor
    from beluga.guards.spotlight import Canary, Spotlight
    from beluga.guards.streaming import RedactionStream
    from beluga.guards.tools import ToolGuard
    from beluga.guards.vault import Vault

__all__ = [
    "DEFAULT_PII_PATTERNS",
    "DEFAULT_SECRET_PATTERNS",
    "Canary",
    "ContentFilter",
    "Finding",
    "Flow",
    "Guard",
    "GuardPipeline",
    "GuardResult",
    "InjectionDetector",
    "LinkGuard",
    "MaxLength",
    "PIIPattern",
    "PIIRedactor",
    "PatternDetector",
    "PatternRedactor",
    "Provenance",
    "RedactionStream",
    "Redactor",
    "SecretPattern",
    "SecretRedactor",
    "Spotlight",
    "ToolGuard",
    "Vault",
]

_ROOMS = {
    "guards.base": "Finding Guard GuardResult",
    "guards.content": "ContentFilter MaxLength PatternDetector",
    "guards.injection": "InjectionDetector",
    "guards.links": "LinkGuard",
    "guards.pii": "DEFAULT_PII_PATTERNS PIIPattern PIIRedactor",
    "guards.pipeline": "GuardPipeline",
    "guards.provenance": "Flow Provenance",
    "guards.redactor": "PatternRedactor Redactor",
    "guards.secrets": "DEFAULT_SECRET_PATTERNS SecretPattern SecretRedactor",
    "guards.spotlight": "Canary Spotlight",
    "guards.streaming": "RedactionStream",
    "guards.tools": "ToolGuard",
    "guards.vault": "Vault",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
