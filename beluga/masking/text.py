"""Secrets masked in text: known forms, and values behind the names of secrets."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from beluga.guards._secrets.names import is_secret_name

if TYPE_CHECKING:
    from beluga.guards.secrets import SecretRedactor

__all__ = ["HIDDEN", "MASK", "is_secret_key", "mask", "mask_prose"]

MASK = "****"
"""What stands for a secret that is too short to show anything of."""

HIDDEN = 8
"""Characters that must stay hidden for any to be shown; a text that is shorter holds no secret of a known form."""

_SHOWN = 2  # characters at either end
_BLANK = re.compile(r"\s")
_PAIR = re.compile(r"([A-Za-z][\w.-]{0,63})(\[\])?=([^&;\s\"'<>]+)")


def is_secret_key(name: str) -> bool:
    """Say whether a field called `name` holds a secret; the last word of the name decides.

    camelCase, kebab-case and snake_case are understood. ``max_tokens``, ``prompt_tokens``, ``tokenizer``,
    ``next_page_token`` and ``eos_token`` are not secrets.

    Example:
        >>> is_secret_key("X-API-Key"), is_secret_key("max_tokens")
        (True, False)
    """
    return is_secret_name(name)


def mask(secret: str) -> str:
    """Return `secret` with its first and last two characters only.

    Where less than eight characters would stay hidden, it is ``****``.

    Example:
        >>> mask("tok-secret-value-here"), mask("hunter2")
        ('to*****************re', '****')
    """
    hidden = len(secret) - 2 * _SHOWN
    return secret[:_SHOWN] + "*" * hidden + secret[-_SHOWN:] if hidden >= HIDDEN else MASK


def mask_prose(text: str) -> str:
    """Return `text` with the secrets in it masked, as what is not JSON."""
    if "=" in text and not _BLANK.search(text):  # a form's body, a query string, a URL
        text = _PAIR.sub(_mask_pair, text)
    findings = _redactor().scan(text)
    if not findings:
        return text
    pieces: list[str] = []
    end = 0
    for finding in findings:
        pieces += (text[end : finding.start], mask(text[finding.start : finding.end]))
        end = finding.end
    return "".join((*pieces, text[end:]))


@functools.cache
def _redactor() -> SecretRedactor:
    from beluga.guards.secrets import SecretRedactor

    return SecretRedactor()


def _mask_pair(match: re.Match[str]) -> str:
    name, brackets, value = match[1], match[2] or "", match[3]
    return f"{name}{brackets}={mask(value)}" if is_secret_key(name) else match[0]
