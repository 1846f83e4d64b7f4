"""Read what a model answered, by its shape, and find the JSON in it: strictly, with no repair and no guess."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

import attrs

from beluga.schema import AIMessage, Response
from beluga.schema.problems import Problem

__all__ = ["Answer", "parse", "read"]

_CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"})
_REFUSED: Final = frozenset({"content_filter", "refusal", "safety"})
"""Reasons to finish, in lower case. Source: OpenAI, Anthropic and Gemini, as of 2026-08."""


@attrs.frozen
class Answer:
    """What the model said, and why it ended.

    Args:
        message: What it said, for the next turn.
        text: The text of it.
        reason: The provider's word for why it ended, in lower case; empty where it gave none.
        calls_tools: Whether it wants tools to be called.
    """

    message: AIMessage = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    reason: str = ""
    calls_tools: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether it ended for want of room."""
        return self.reason in _CUT

    @property
    def is_refused(self) -> bool:
        """Whether the model, or a filter behind it, declined."""
        return self.reason in _REFUSED


def read(value: Any) -> Answer | None:
    """Return the answer in `value`, or None where there is none.

    It knows texts, messages and responses of ours, OpenAI's chat completions and responses, and Anthropic's
    messages, as objects or dicts.
    """
    if isinstance(value, str):
        return _said(value)
    if isinstance(value, Response):
        reason = (value.finish_reason or "").lower()
        return Answer(value.message, value.text, reason, bool(value.tool_calls))
    if isinstance(value, AIMessage):
        return Answer(value, value.text, "", bool(value.tool_calls))
    choices = _get(value, "choices")
    if isinstance(choices, (list, tuple)) and choices:
        return _completion(choices[0])
    output = _get(value, "output")
    if isinstance(output, (list, tuple)):
        return _items(output, _get(_get(value, "incomplete_details"), "reason"))
    content = _get(value, "content")
    return _blocks(content, _get(value, "stop_reason")) if isinstance(content, (list, tuple)) else None


def _said(text: str, reason: Any = None, *, calls_tools: bool = False) -> Answer:
    return Answer(AIMessage(text), text, reason.lower() if isinstance(reason, str) else "", calls_tools)


def _completion(choice: Any) -> Answer | None:
    message = _get(choice, "message")
    if message is None:
        return None
    text = _get(message, "content")
    reason = "refusal" if _get(message, "refusal") else _get(choice, "finish_reason")
    return _said(text if isinstance(text, str) else "", reason, calls_tools=bool(_get(message, "tool_calls")))


def _items(output: Any, reason: Any) -> Answer:
    parts = [part for item in output if _get(item, "type") == "message" for part in _get(item, "content") or ()]
    refused = any(_get(part, "type") == "refusal" for part in parts)
    calls = any(_get(item, "type") == "function_call" for item in output)
    return _said(_text(parts, "output_text"), "refusal" if refused else reason, calls_tools=calls)


def _blocks(content: Any, reason: Any) -> Answer:
    calls = any(_get(block, "type") == "tool_use" for block in content)
    return _said(_text(content, "text"), reason, calls_tools=calls)


def _text(parts: Any, kind: str) -> str:
    texts = [_get(part, "text") for part in parts if _get(part, "type") == kind]
    return "".join(text for text in texts if isinstance(text, str))


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _no_number(_: str) -> NoReturn:
    message = "NaN and Infinity are no JSON"
    raise ValueError(message)


_decoder: Final = json.JSONDecoder(parse_constant=_no_number)
_FENCE: Final = re.compile(r"^[ \t]*```([^`\n]*)\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
"""A fence cannot end inside a JSON text: a line break within a string is written as an escape there."""


def parse(text: str, openings: str = "{") -> tuple[Any, Problem | None]:
    """Return the one JSON value in `text`, or what keeps it from being read.

    The value is the whole text, or the one code fence, or begins with the first bracket and has none after it.

    Args:
        text: The answer.
        openings: Brackets that a value in the midst of prose may begin with.
    """
    text = text.strip()
    if not text:
        return None, Problem((), "is empty")
    whole, problem = _decoded(text)
    if problem is None:
        return whole, None
    fences = _FENCE.findall(text)
    fences = [body for label, body in fences if label.strip().lower() == "json"] or [body for _, body in fences]
    if len(fences) == 1:
        return _decoded(fences[0].strip())
    starts = [at for at in map(text.find, openings) if at >= 0]
    if not starts:
        return None, Problem((), "holds no JSON")
    return _embedded(text, min(starts), openings)


def _embedded(text: str, start: int, openings: str) -> tuple[Any, Problem | None]:
    """Return the value that begins at `start`; a part of a broken value is none, so nothing further in is tried."""
    try:
        value, end = _decoder.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        return None, _unreadable(error)
    if any(opening in text[end:] for opening in openings):
        return None, Problem((), "holds more than one JSON value, or brackets after it")
    return value, None


def _decoded(text: str) -> tuple[Any, Problem | None]:
    try:
        return _decoder.decode(text), None
    except (ValueError, RecursionError) as error:
        return None, _unreadable(error)


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, json.JSONDecodeError):
        where = f"is no JSON at line {error.lineno}, column {error.colno}"
        return Problem((), where, f"{where}: {error.msg}")
    return Problem((), "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {error}")
