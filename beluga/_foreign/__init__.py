"""Strangers' shapes: where SDKs and frameworks keep errors, usage, answers and messages; none of them is imported.

The accessors here look into a stranger's object, a class of an SDK, a data class or a mapping; none ever raises. Token
usage is read here, too, because whoever counts needs no more than this.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import Any, Final

import attrs

from beluga.schema.usage import Usage

__all__ = ["answers_later", "count", "get", "items", "merged", "own_usage", "reported", "text", "usage_of"]


def get(holder: object, name: str, *path: str) -> Any:
    """Return what stands under `name`, and from there along `path`; None where it ends early.

    Each step is an item of a mapping or an attribute.

    Example:
        >>> get({"error": {"code": "rate_limit"}}, "error", "code")
        'rate_limit'
    """
    kind = type(holder)
    try:
        # Whether it has keys, and not whether it is a Mapping: that takes three times as long, for each chunk.
        found = holder.get(name) if kind is dict or hasattr(kind, "keys") else getattr(holder, name, None)  # type: ignore[attr-defined]  # it has keys
    except Exception:  # a stranger's property may raise anything
        return None
    return get(found, *path) if path and found is not None else found


def answers_later(function: Any) -> bool:
    """Say whether a call of `function` gives something that has to be awaited, where nobody would."""
    while isinstance(function, functools.partial):
        function = function.func
    inner = None if isinstance(function, FunctionType) else getattr(function, "__wrapped__", None)
    called = getattr(type(function), "__call__", None)  # noqa: B004 - its code, not whether
    return any(map(inspect.iscoroutinefunction, (function, called, inner)))


def text(holder: object, name: str, *path: str) -> str | None:
    """Return the text there; None where there is none, or an empty one."""
    found = get(holder, name, *path)
    return None if found is None or not _is(found, str) else found or None


def count(holder: object, name: str, *path: str) -> int | None:
    """Return the whole number there that is 0 or more, else None."""
    found = holder.get(name) if type(holder) is dict and not path else get(holder, name, *path)
    if found is None:
        return None
    if type(found) is int:  # nearly always, and the general way takes four times as long
        return found if found >= 0 else None
    return found if _is(found, int) and not _is(found, bool) and found >= 0 else None


def items(holder: object, name: str, *path: str) -> list[Any] | tuple[Any, ...] | None:
    """Return the list or tuple there, else None."""
    found = get(holder, name, *path)
    return found if _is(found, list, tuple) else None


def _is(value: object, *kinds: type) -> bool:
    """Do what isinstance does, without asking the value, whose ``__class__`` may be a property that fails."""
    return issubclass(type(value), kinds)


_FIGURES: Final = tuple(field.name for field in attrs.fields(Usage))


@attrs.frozen
class _UsageShape:
    """Where one API keeps its figures; it is known by any of `marks`."""

    marks: tuple[str, ...]
    given: str
    taken: str
    cached: tuple[str, ...]
    written: tuple[str, ...]
    reasoning: tuple[str, ...] | None = None
    leaves_cached_out: bool = False


def _openai(given: str, taken: str, *marks: str) -> _UsageShape:
    details = f"{given}_details"
    return _UsageShape(
        marks=marks,
        given=given,
        taken=taken,
        cached=(details, "cached_tokens"),
        written=(details, "cache_write_tokens"),
        reasoning=(f"{taken}_details", "reasoning_tokens"),
    )


_SHAPES: Final = (
    _openai("prompt_tokens", "completion_tokens", "prompt_tokens"),
    _UsageShape(
        marks=("cache_read_input_tokens", "cache_creation_input_tokens"),
        given="input_tokens",
        taken="output_tokens",
        cached=("cache_read_input_tokens",),
        written=("cache_creation_input_tokens",),
        leaves_cached_out=True,
    ),
    _openai("input_tokens", "output_tokens", "input_tokens", "output_tokens"),
)
"""OpenAI's chat completions, Anthropic's messages, OpenAI's responses; the first that is known by its marks counts.

Source: OpenAI chat completions and responses, Anthropic messages, as of 2026-08.
"""


def usage_of(result: Any) -> Usage | None:
    """Return the usage that `result` reports, or None.

    `result` is a response or a stream's chunk with a ``usage`` of one of the known shapes, an object or a mapping,
    or such a usage itself. Anthropic's input figure leaves cached tokens out; they are added here.

    Example:
        >>> usage_of({"usage": {"prompt_tokens": 12, "completion_tokens": 3}}).total_tokens
        15
    """
    usage = own_usage(result)
    return usage if usage is not None or (whole := reported(result)) is result else own_usage(whole)


def own_usage(result: Any) -> Usage | None:
    """Return the usage that stands in `result` itself, which an event of a stream may have further in."""
    # type, not isinstance: a stranger's __class__ may be a property that fails.
    usage = result if type(result) is Usage else get(result, "usage")
    if usage is None or type(usage) is Usage:
        return usage
    shape = next((shape for shape in _SHAPES if any(count(usage, mark) is not None for mark in shape.marks)), None)
    return None if shape is None else _read(usage, shape)


def _read(usage: Any, shape: _UsageShape) -> Usage:
    """Return the figures; a part that is larger than its whole is cut to it."""
    given, taken = count(usage, shape.given) or 0, count(usage, shape.taken) or 0
    cached, written = count(usage, *shape.cached) or 0, count(usage, *shape.written) or 0
    if shape.leaves_cached_out:
        given += cached + written
    cached = min(given, cached)
    reasoning = 0 if shape.reasoning is None else count(usage, *shape.reasoning) or 0
    return Usage(
        input_tokens=given,
        output_tokens=taken,
        cached_tokens=cached,
        cache_write_tokens=min(given - cached, written),
        reasoning_tokens=min(taken, reasoning),
    )


def reported(event: Any) -> Any:
    """Return what a stream's `event` reports on as a whole, else `event` itself.

    That is the ``message`` of Anthropic's ``message_start`` and the ``response`` of OpenAI's ``response.*`` events.
    """
    kind = text(event, "type")
    if kind is None:
        return event
    if kind == "message_start":
        inner = get(event, "message")
    else:
        inner = get(event, "response") if kind.startswith("response.") else None
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
