"""Read the token usage from a result: ours, openai's or anthropic's, by its shape and without their packages."""

from __future__ import annotations

from typing import Any

from beluga.schema import Usage

__all__ = ["usage_of"]


def usage_of(result: Any) -> Usage | None:
    """Return the usage that `result` reports, or None.

    `result` is a response or a stream's chunk with a ``usage`` of one of the known shapes, an object or a mapping,
    or such a usage itself. Anthropic's input figure leaves cached tokens out; they are added here.

    Source: OpenAI chat completions and responses, Anthropic messages, as of 2026-08.

    Example:
        >>> usage_of({"usage": {"prompt_tokens": 12, "completion_tokens": 3}}).total_tokens
        15
    """
    if isinstance(result, Usage):
        return result
    usage = _get(result, "usage")
    if isinstance(usage, Usage):
        return usage
    if usage is None:
        return None
    if _count(usage, "prompt_tokens") is not None:
        return _openai(usage, "prompt_tokens", "completion_tokens")
    if _count(usage, "cache_read_input_tokens", "cache_creation_input_tokens") is not None:
        return _anthropic(usage)
    if _count(usage, "input_tokens", "output_tokens") is not None:
        return _openai(usage, "input_tokens", "output_tokens")
    return None


def _openai(usage: Any, inward: str, outward: str) -> Usage:
    read = _get(usage, f"{inward}_details")
    written = _get(usage, f"{outward}_details")
    whole = _count(usage, inward) or 0
    given = _count(usage, outward) or 0
    cached = min(whole, _count(read, "cached_tokens") or 0)
    return Usage(
        input_tokens=whole,
        output_tokens=given,
        cached_tokens=cached,
        cache_write_tokens=min(whole - cached, _count(read, "cache_write_tokens") or 0),
        reasoning_tokens=min(given, _count(written, "reasoning_tokens") or 0),
    )


def _anthropic(usage: Any) -> Usage:
    read = _count(usage, "cache_read_input_tokens") or 0
    written = _count(usage, "cache_creation_input_tokens") or 0
    return Usage(
        input_tokens=(_count(usage, "input_tokens") or 0) + read + written,
        output_tokens=_count(usage, "output_tokens") or 0,
        cached_tokens=read,
        cache_write_tokens=written,
    )


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _count(holder: Any, *names: str) -> int | None:
    """Return the first of `names` that holds a count."""
    for name in names:
        value = _get(holder, name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None
