"""Take personal data and secrets out of what a trace would keep, and keep nothing where that fails."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

__all__ = ["WITHHELD", "checked", "redact"]

WITHHELD = "[WITHHELD]"
"""Stands for a text that could not be redacted."""

_READ_AT_MOST = 20_000
"""Characters that are looked at; a text is cut here before, and to its limit only after redaction."""


def redact(text: str, limit: int = 1_000) -> str:
    """Return `text` without personal data and secrets, and no longer than `limit` characters."""
    return checked(_redactor())(text, limit)


def checked(redactor: Redact) -> Callable[[str, int], str]:
    """Return `redactor` as a function that never raises: what it fails on is withheld."""

    def redacted(text: str, limit: int) -> str:
        try:
            found = redactor(text[:_READ_AT_MOST])
        except Exception:
            return WITHHELD
        if not isinstance(found, str):
            return WITHHELD
        return found if len(found) <= limit else f"{found[:limit]}…"

    return redacted


@functools.cache
def _redactor() -> Redact:
    from beluga.guards import PIIRedactor, SecretRedactor

    secrets, personal = SecretRedactor(), PIIRedactor()
    return lambda text: personal.redact(secrets.redact(text))
