"""Read the token usage from a result: ours, openai's or anthropic's, by its shape and without their packages."""

from __future__ import annotations

from typing import Any

import attrs

from beluga.schema.usage import Usage

__all__ = ["merged", "reported", "usage_of"]

_FIGURES = tuple(field.name for field in attrs.fields(Usage))


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
        inner = reported(result)
        return None if inner is result else usage_of(inner)
    if _count(usage, "prompt_tokens") is not None:
        return _openai(usage, "prompt_tokens", "completion_tokens")
    if _count(usage, "cache_read_input_tokens", "cache_creation_input_tokens") is not None:
        return _anthropic(usage)
    if _count(usage, "input_tokens", "output_tokens") is not None:
        return _openai(usage, "input_tokens", "output_tokens")
    return None


def reported(event: Any) -> Any:
    """Return what a stream's `event` reports on as a whole, else `event` itself.

    That is the ``message`` of Anthropic's ``message_start`` and the ``response`` of OpenAI's ``response.*`` events.
    """
    kind = _get(event, "type")
    if not isinstance(kind, str):
        return event
    if kind == "message_start":
        inner = _get(event, "message")
    else:
        inner = _get(event, "response") if kind.startswith("response.") else None
    return event if inner is None else inner


def merged(before: Usage | None, now: Usage | None) -> Usage | None:
    """Join what two chunks of one stream report: the figures are running totals, so the larger ones count.

    Anthropic's first event has the input and its last one the output.

    Example:
        >>> merged(Usage(input_tokens=12, output_tokens=1), Usage(output_tokens=30)).total_tokens
        42
    """
    if before is None or now is None:
        return now or before
    figures = {name: max(getattr(before, name), getattr(now, name)) for name in _FIGURES}
    figures["cache_write_tokens"] = min(
        figures["cache_write_tokens"], figures["input_tokens"] - figures["cached_tokens"]
    )
    return Usage(**figures)


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
