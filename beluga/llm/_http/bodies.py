"""JSON bodies: what is sent is what every server takes, and what came is looked at for an error in it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from beluga import events

__all__ = ["compact", "encoded", "error_in", "parsed", "with_finite_numbers"]

_PLAIN_WORD: Final = re.compile(r"[a-z][a-z_]{0,63}")

compact: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Return a value as JSON text; NaN and the infinities are a ValueError."""


def encoded(body: dict[str, Any], provider: str) -> bytes:
    """Return a request's JSON in UTF-8.

    What no server would take, in any text or number of a conversation, would be in each of its later requests too, so
    it is replaced: half of a surrogate pair by U+FFFD, NaN and the infinities by their names.
    """
    try:
        text = compact(body)
    except ValueError:
        text = compact(with_finite_numbers(body))
        _tell(provider, "a number that JSON cannot hold became its name")
    try:
        return text.encode()
    except UnicodeEncodeError:
        _tell(provider, "half of a surrogate pair became U+FFFD")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def with_finite_numbers(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: with_finite_numbers(inner) for name, inner in value.items()}
    return [with_finite_numbers(inner) for inner in value] if isinstance(value, list | tuple) else value


def _tell(provider: str, what: str) -> None:
    if events.listening():
        events.emit(events.RequestMended(provider, what))


def parsed(content: bytes) -> Any:
    """Return the JSON of a body, or None where it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def error_in(body: Any) -> dict[str, Any] | None:
    """Return the error that a body, or an event of a stream, tells in one of the ways in use, as ``{"error": {...}}``.

    Example:
        >>> error_in({"object": "error", "code": "429"}), error_in([{"error": "overloaded"}]), error_in({"error": None})
        ({'error': {'object': 'error', 'code': '429'}}, {'error': {'type': 'overloaded'}}, None)
    """
    if isinstance(body, list) and len(body) == 1:
        body = body[0]  # Gemini's compatible endpoint
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict) and error:
        return body
    if error:
        is_word = isinstance(error, str) and _PLAIN_WORD.fullmatch(error)
        return {**body, "error": {"type" if is_word else "message": error}}
    if body.get("object") == "error" or (body.get("type") == "error" and "error" not in body):
        return {"error": body}  # vLLM and Mistral; OpenAI's Responses
    return None
