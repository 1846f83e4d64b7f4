"""Take personal data and secrets out of what a trace would keep, and keep nothing where that fails."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

__all__ = ["READ_AT_MOST", "WITHHELD", "checked", "redact"]

WITHHELD = "[WITHHELD]"
"""Stands for a text that could not be redacted."""

READ_AT_MOST = 20_000
"""Characters that are looked at; a text is cut here before redaction, and to its limit only after it."""


def redact(text: str) -> str:
    """Return `text` without personal data and secrets; it raises where the guards cannot work."""
    return _guards()(text)


def checked(redactor: Redact, limit: int = 1_000) -> Redact:
    """Return `redactor` as a function that never raises: what it fails on is withheld.

    Args:
        redactor: Takes a text and returns the one to keep.
        limit: Characters at most of what is kept.

    Example:
        >>> checked(lambda text: text.replace("Ada", "[NAME]"))("Ada writes")
        '[NAME] writes'
        >>> checked(lambda text: 1 / 0)("Ada writes")
        '[WITHHELD]'
    """

    def redacted(text: str) -> str:
        try:
            kept = redactor(text[:READ_AT_MOST])
        except Exception:
            return WITHHELD
        if not isinstance(kept, str):
            return WITHHELD
        return kept if len(kept) <= limit else f"{kept[:limit]}…"

    return redacted


@functools.cache
def _guards() -> Redact:
    from beluga.guards import PIIRedactor, SecretRedactor

    secrets, personal = SecretRedactor(), PIIRedactor()
    return lambda text: personal.redact(secrets.redact(text))
