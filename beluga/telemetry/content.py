"""Put what went into a call and came out of it into the conventions' form, redacted.

Source: semantic conventions for generative AI 1.41, ``gen_ai.input.messages`` and ``gen_ai.output.messages``.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from beluga._values.walk import RECORDS, Depth, Walk, declared, is_printable, is_used
from beluga.schema import Chunk, Message, Response, TextPart, ThinkingPart, Tool, ToolCall, ToolResult
from beluga.telemetry.attributes import ARGUMENTS, FORMATS, INSTRUCTIONS, WITHHELD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Redact = Callable[[str], str]

__all__ = ["chunk_text", "entry", "given", "input_messages", "instructions", "output_messages", "tool_definitions"]

_MESSAGES = 100
_DEPTH = 6
_ITEMS = 100
_ASIDE = {*ARGUMENTS, *FORMATS, *INSTRUCTIONS, "tools"}
"""Arguments that are not part of the conversation."""
_LONG_NUMBER = 7
"""Digits from which a number may be somebody's telephone or card."""


def input_messages(arguments: Mapping[str, Any], redact: Redact) -> str | None:
    """Return the texts and messages among `arguments` as the conventions' JSON, or None where there are none."""
    messages: list[dict[str, Any]] = []
    for name, value in arguments.items():
        if name in _ASIDE:
            continue
        kind = type(value)  # not isinstance, which may run a stranger's code: a proxy of Flask's raises
        if issubclass(kind, str):
            messages.append(_spoken("user", entry(name, value, redact)))
        else:
            items = value if issubclass(kind, (list, tuple)) else (value,)
            messages.extend(_message(item, redact) for item in items if _is_message(item))
    return json.dumps(messages[-_MESSAGES:], ensure_ascii=False) if messages else None


def instructions(arguments: Mapping[str, Any], redact: Redact) -> str | None:
    """Return what an argument of its own says in advance as the conventions' JSON, or None where there is none."""
    said = [value for name, value in arguments.items() if name in INSTRUCTIONS and isinstance(value, str) and value]
    parts = [{"type": "text", "content": redact(text)} for text in said]
    return json.dumps(parts, ensure_ascii=False) if parts else None


def tool_definitions(arguments: Mapping[str, Any], redact: Redact) -> str | None:
    """Return the tools that a model is offered as the conventions' JSON, or None where there are none."""
    tools = arguments.get("tools")
    if not isinstance(tools, (list, tuple)) or not tools:
        return None
    return json.dumps([_definition(tool, redact) for tool in tools[:_ITEMS]], ensure_ascii=False)


def _definition(tool: Any, redact: Redact) -> Any:
    if not isinstance(tool, Tool):
        return _plain(tool, redact)
    known = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", **_plain(known, redact)}


def output_messages(value: Any, reason: str | None, redact: Redact) -> str | None:
    """Return what was answered as the conventions' JSON, or None where it holds no text."""
    if isinstance(value, Response):
        value = value.message
    if isinstance(value, str):
        message = _said("assistant", value, redact)
    elif _is_message(value):
        message = _message(value, redact)
    else:
        return None
    if reason is not None:
        message["finish_reason"] = reason
    return json.dumps([message], ensure_ascii=False)


def given(value: Any, redact: Redact) -> str:
    """Return a tool's arguments or its result as JSON; what JSON has no word for is named by its type."""
    return json.dumps(_plain(value, redact), ensure_ascii=False)


def chunk_text(item: Any) -> str:
    """Return the text of one item of a stream, if it is a text or a chunk of ours."""
    kind = type(item)  # not isinstance, which may run a stranger's code
    if issubclass(kind, str):
        return str(item)
    return item.text if issubclass(kind, Chunk) else ""


def _is_message(value: Any) -> bool:
    kind = type(value)
    return issubclass(kind, Message) or (issubclass(kind, Mapping) and "role" in value and "content" in value)


def _said(role: str, text: str, redact: Redact) -> dict[str, Any]:
    return _spoken(role, redact(text))


def _spoken(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _message(message: Any, redact: Redact) -> dict[str, Any]:
    if isinstance(message, Message):
        return {"role": message.role, "parts": [_part(part, redact) for part in message.parts[:_ITEMS]]}
    content = message["content"]
    if issubclass(type(content), str):
        return _said(str(message["role"]), content, redact)
    parts: Sequence[Any] = content if issubclass(type(content), (list, tuple)) else ()
    return {"role": str(message["role"]), "parts": [_plain(part, redact) for part in parts[:_ITEMS]]}


def _part(part: Any, redact: Redact) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "content": redact(part.text)}
    if isinstance(part, ThinkingPart):
        return {"type": "reasoning", "content": redact(part.text)}
    if isinstance(part, ToolCall):
        arguments = _plain(part.arguments, redact)
        return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": arguments}
    if isinstance(part, ToolResult):
        answer = [_part(inner, redact) for inner in part.parts]
        return {"type": "tool_call_response", "id": part.tool_call_id, "response": answer}
    return {"type": type(part).__name__}  # pictures, sounds and files stay out


class _JsonForm(Walk):
    """Makes of a value what JSON has a word for, redacted; the rest is named by its type."""

    deepest = _DEPTH

    def __init__(self, redact: Redact) -> None:
        super().__init__(copies=True)  # so that what holds itself is named, too
        self._redact = redact

    def text(self, text: str, place: Depth) -> str:  # noqa: ARG002 - every place alike
        return self._redact(text)

    def textless(self, value: Any, place: Depth) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if issubclass(kind, str):
            return self._redact(str.__str__(value))
        if issubclass(kind, float):
            return value if math.isfinite(value) else str(value)  # JSON has no word for these
        if not issubclass(kind, int):
            return self.unknown(value, place)
        shown = str(value) if is_printable(value) else self.unknown(value, place)
        kept = self._redact(shown) if len(shown) >= _LONG_NUMBER else shown
        return value if kept == shown and is_printable(value) else kept

    def unknown(self, value: Any, place: Depth) -> str:  # noqa: ARG002 - the same
        return f"<{type(value).__qualname__}>"

    def lost(self, value: Any, place: Depth, why: str) -> str:  # noqa: ARG002 - the same
        return self.unknown(value, place)

    def entry(self, name: Any, value: Any, place: Depth, fields: Mapping[Any, Any]) -> Any:  # noqa: ARG002 - the same
        """Redact a value with its name in sight: ``"password": "swordfish"`` is a secret, ``"swordfish"`` is not."""
        if isinstance(value, str) and value not in self._redact(f'"{name}": "{value}"'):
            alone = self._redact(value)
            return WITHHELD if alone == value else alone
        return self.walk(value, place)

    def way(self, kind: type) -> str | None:
        if issubclass(kind, Message):
            return "as_message"
        way = super().way(kind)
        if way == "as_record" and kind.__module__ == TextPart.__module__:
            return "as_part"
        return "as_unknown" if way == "as_bytes" or (way in RECORDS and is_used(kind)) else way

    def as_text(self, value: Any, place: Depth, key: Any) -> Any:  # noqa: ARG002 - none is made twice
        return self.text(str.__str__(value) if isinstance(value, str) else str(value), place)

    def as_mapping(self, value: Any, place: Depth, key: Any) -> Any:  # noqa: ARG002 - the same
        fields = dict(itertools.islice({**value}.items(), _ITEMS))
        return {self._redact(str(name)): item for name, item in self.fields(value, fields, place).items()}

    def as_collection(self, value: Any, place: Depth, key: Any) -> Any:
        if hasattr(type(value), "_fields"):
            return self.as_mapping(value._asdict(), place, key)
        return [self.item(item, place, at) for at, item in enumerate(itertools.islice(value, _ITEMS))]

    def as_record(self, value: Any, place: Depth, key: Any) -> Any:
        return self.as_mapping({**declared(value), **(getattr(value, "__pydantic_extra__", None) or {})}, place, key)

    as_model = as_record

    def as_message(self, value: Any, place: Depth, key: Any) -> Any:  # noqa: ARG002 - the same
        return _message(value, self._redact)

    def as_part(self, value: Any, place: Depth, key: Any) -> Any:  # noqa: ARG002 - the same
        return _part(value, self._redact)


def _plain(value: Any, redact: Redact) -> Any:
    return _JsonForm(redact).walk(value, Depth())


def entry(key: Any, value: Any, redact: Redact) -> Any:
    """Return what JSON has a word for of a value that stands under `key`, redacted."""
    return _JsonForm(redact).entry(key, value, Depth(), {})
