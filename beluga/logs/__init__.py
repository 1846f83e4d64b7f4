"""The log boundary: no secret reaches a sink, and every line says which trace it belongs to.

`install` covers loguru and the standard library whole; `verify` tries the ways to a sink and names those that leak.
Where an application wants to place the masking itself, each part works alone: `MaskingFilter` and `MaskingFormatter`
for `logging`, `MaskingProcessor` for structlog, `before_send` for Sentry.
"""

from __future__ import annotations

from beluga._lazy import publish
from beluga.logs.boundary import install, uninstall
from beluga.logs.loguru_bridge import LoguruHandler, log_events
from beluga.logs.records import MaskingFilter, MaskingFormatter, MaskingProcessor, before_send
from beluga.logs.self_check import verify
from beluga.masking.standins import FAILED

__all__ = [
    "FAILED",
    "LoguruHandler",
    "MaskingFilter",
    "MaskingFormatter",
    "MaskingProcessor",
    "before_send",
    "install",
    "log_events",
    "uninstall",
    "verify",
]

publish(__name__)
