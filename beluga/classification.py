"""ErrorCode and classify(): placeholder replaced below."""
from __future__ import annotations
import enum
class ErrorCode(enum.StrEnum):
    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    AUTH_ERROR = "auth_error"
    INVALID_INPUT = "invalid_input"
    NOT_FOUND = "not_found"
    TOOL_FAILED = "tool_failed"
    GUARD_BLOCKED = "guard_blocked"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CIRCUIT_OPEN = "circuit_open"
    QUOTA_EXHAUSTED = "quota_exhausted"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTERED = "content_filtered"
    INVALID_RESPONSE = "invalid_response"
    CANCELLED = "cancelled"
TRANSIENT = frozenset({ErrorCode.RATE_LIMIT, ErrorCode.TIMEOUT, ErrorCode.PROVIDER_UNAVAILABLE})
def classify(exc): ...
def is_transient(exc): ...
def retry_after(exc): ...
