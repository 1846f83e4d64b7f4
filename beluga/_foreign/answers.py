"""Read a model's answer by its shape, ours, openai's or anthropic's: what it says, and what it reports of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._foreign import errors as anatomy
from beluga._foreign import get, items, merged, own_usage, reported, text, usage_of
from beluga.schema import AIMessage, Chunk, RateLimitInfo, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beluga.schema import Usage

__all__ = ["SILENT", "Answer", "Report", "is_whole", "piece_of", "read", "tool_calls"]

SILENT: Final = frozenset({str, bytes, int, float, bool, type(None)})
"""Types that report nothing, so that a stream of plain texts costs no look-ups."""

_CALLS: Final = ("function", "custom", "function_call", "functionCall", "toolUse")
"""What a call stands under: at OpenAI, Gemini (as an object and on the wire), Bedrock."""
_ARGUMENTS: Final = ("arguments", "input", "args")
_HOLDERS: Final = "message item tool_call response choices candidates content parts output tool_calls".split()
_CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"})
_REFUSED: Final = frozenset({"content_filter", "refusal", "safety"})
"""Reasons to finish, in lower case. Source: OpenAI, Anthropic and Gemini, as of 2026-08."""


def limits_of(told: Any, now: float) -> RateLimitInfo | None:
    """Return what an answer, or a failure or its causes, tells of the provider's rate limits; None where it is nothing.

    Args:
        told: A response, chunk or error of ours, what has headers or a response with headers, or a mapping of headers.
        now: Seconds since 1970-01-01 UTC, to count from to a point in time.
    """
    if isinstance(told, Mapping):
        return RateLimitInfo.parse(dict(anatomy.headers({"headers": told})), now)
    for link in anatomy.chain(told):
        limits = link if isinstance(link, RateLimitInfo) else get(link, "limits")
        if not isinstance(limits, RateLimitInfo):
            limits = RateLimitInfo.parse(dict(anatomy.headers(link)), now)
        if limits is not None:
            return limits
    return None


@attrs.define
class Report:
    """What an answer has told of itself so far; later chunks of a stream add to it.

    Example:
        >>> report = Report()
        >>> report.read({"model": "gpt-4o", "choices": [{"finish_reason": "stop"}]})
        >>> report.model, report.finish_reasons
        ('gpt-4o', ['stop'])
    """

    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    finish_reasons: list[str] | None = None

    def read(self, value: Any) -> None:
        """Take in a result or a chunk; what cannot be read tells nothing."""
        if type(value) is Chunk:  # most of a stream, and most of them tell nothing
            self.usage = merged(self.usage, value.usage)
            if value.finish_reason:
                self.finish_reasons = [value.finish_reason]
            return
        whole = reported(value)
        self.usage = merged(self.usage, own_usage(whole))
        self.id = self.id or text(whole, "id")
        self.model = self.model or text(whole, "model")
        self.finish_reasons = _finish_reasons(whole) or self.finish_reasons

    @property
    def is_whole(self) -> bool:
        """Whether the answer did not end for want of room, or because the model declined."""
        return not any(reason.lower() in _CUT | _REFUSED for reason in self.finish_reasons or ())

    def read_usage(self, value: Any) -> None:
        """Take in the usage alone: in a result that is not a model's, an id or a model is the application's own."""
        self.usage = merged(self.usage, usage_of(value))


def _finish_reasons(value: Any) -> list[str]:
    choices = items(value, "choices")
    if choices is not None:
        return [reason for choice in choices if (reason := text(choice, "finish_reason"))]
    reason = text(value, "finish_reason") or text(value, "stop_reason") or text(value, "delta", "stop_reason")
    reason = reason or text(value, "incomplete_details", "reason")
    return [reason] if reason else []


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


def piece_of(item: Any) -> str:
    """Return the text that an item of a stream adds to the answer: ours, openai's or anthropic's; else ""."""
    if isinstance(item, str):
        return item
    if isinstance(item, Chunk):
        return item.text
    if choices := items(item, "choices"):
        return text(choices[0], "delta", "content") or ""
    kind = text(item, "type")
    if kind == "content_block_delta":
        return text(item, "delta", "text") or ""
    return (text(item, "delta") or "") if kind == "response.output_text.delta" else ""


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
    if choices := items(value, "choices"):
        return _completion(choices[0])
    output = items(value, "output")
    if output is not None:
        return _output(output, text(value, "incomplete_details", "reason"))
    content = items(value, "content")
    return None if content is None else _content(content, text(value, "stop_reason"))


def tool_calls(value: Any, levels: int = 8) -> Iterator[tuple[str, Any]]:
    """Yield the tool calls in an answer, a message, or a piece of a stream: name and arguments.

    The arguments are a mapping, or the text that was written where that is not JSON of one, or None where there are
    none. No provider has more than eight `levels`.

    Example:
        >>> [*tool_calls({"content": [{"type": "tool_use", "name": "add", "input": {"a": 1}}]})]
        [('add', {'a': 1})]
    """
    if type(value) in SILENT or not levels:
        return
    found = next((each for field in _CALLS if (each := get(value, field))), value)
    written = next((each for field in _ARGUMENTS if (each := get(found, field)) is not None), None)
    name = text(found, "name")
    says_so = found is not value or (text(value, "type") or "").endswith(("_use", "_call"))
    if name and (written is not None or says_so) and not _is_result(value):
        yield name, _parsed(get(value, "raw") or written)
        return
    for field in _HOLDERS:
        held = get(value, field)
        several = held if isinstance(held, (list, tuple)) else items(held, "parts") or (held,)
        found_calls = [call for each in several for call in tool_calls(each, levels - 1)]
        if found_calls:  # some tell the same ones again under another name
            yield from found_calls
            return


def _is_result(value: Any) -> bool:
    return get(value, "tool_call_id") is not None or get(value, "tool_use_id") is not None


def _parsed(written: Any) -> Any:
    if not isinstance(written, (str, bytes)):
        return written
    try:
        data = json.loads(written)
    except (ValueError, RecursionError):
        return written
    return data if isinstance(data, dict) else written


def is_whole(value: Any) -> bool:
    """Say whether an answer in `value`, if there is one, is neither broken off nor declined."""
    answer = None if type(value) in SILENT else read(value)
    return answer is None or not (answer.is_cut or answer.is_refused)


def _said(words: str, reason: str | None = None, *, calls_tools: bool = False) -> Answer:
    return Answer(AIMessage(words), words, (reason or "").lower(), calls_tools)


def _completion(choice: Any) -> Answer | None:
    """Return the answer in one choice of OpenAI's chat completions."""
    message = get(choice, "message")
    if message is None:
        return None
    reason = "refusal" if get(message, "refusal") else text(choice, "finish_reason")
    return _said(text(message, "content") or "", reason, calls_tools=bool(get(message, "tool_calls")))


def _output(output: Sequence[Any], reason: str | None) -> Answer:
    """Return the answer in the items of OpenAI's responses."""
    parts = [part for item in _of_type(output, "message") for part in items(item, "content") or ()]
    calls = bool(_of_type(output, "function_call"))
    refused = bool(_of_type(parts, "refusal"))
    return _said(_joined(parts, "output_text"), "refusal" if refused else reason, calls_tools=calls)


def _content(content: Sequence[Any], reason: str | None) -> Answer:
    """Return the answer in the blocks of Anthropic's messages."""
    return _said(_joined(content, "text"), reason, calls_tools=bool(_of_type(content, "tool_use")))


def _of_type(parts: Sequence[Any], kind: str) -> list[Any]:
    return [part for part in parts if get(part, "type") == kind]


def _joined(parts: Sequence[Any], kind: str) -> str:
    return "".join(text(part, "text") or "" for part in _of_type(parts, kind))
