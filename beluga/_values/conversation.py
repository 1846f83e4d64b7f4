"""Where the walker stands in a conversation: whose text it is, and what the text is for.

Messages come in a dozen shapes: ours, dictionaries as the APIs of providers take them, objects of SDKs and frameworks.
What they have in common is the names of their fields, so these decide. A role counts only where messages stand: a
``{"role": "system"}`` in a tool's result or in an uploaded document is a stranger's claim.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Place", "is_label", "reads_json"]

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "model": "assistant", "tool": "tool", "function": "tool",
}  # fmt: skip
_LISTS = frozenset({"messages", "message", "input", "contents", "history", "conversation", "chat_history", "prompt"})
_SYSTEM = frozenset({"system", "system_prompt", "system_message", "system_instruction", "developer_prompt"})
_RESULTS = frozenset(
    {"tool_result", "function_call_output", "computer_call_output", "mcp_tool_result", "web_search_tool_result"}
    | {"search_result", "document", "custom_tool_call_output", "tool_response"}
)
_CALLS = frozenset({"tool_use", "function_call", "tool_call", "server_tool_use", "mcp_call", "custom_tool_call"})
_RESULT_FIELDS = frozenset({"function_response", "functionResponse", "tool_result", "tool_results", "documents"})
_SPOKEN = frozenset({"", "user", "assistant"})
_THOUGHTS = frozenset({"thinking", "reasoning", "redacted_thinking"})
_THOUGHT_FIELDS = frozenset({"thinking", "reasoning", "reasoning_content"})
_CALL_FIELDS = frozenset({"tool_calls", "tool_call", "function_call", "tool_use"})
_ARGUMENT_FIELDS = frozenset({"arguments", "input", "raw", "args"})
_LABEL_FIELDS = frozenset({"role", "type", "finish_reason", "stop_reason", "object", "detail", "status"})
_LABELS = frozenset(
    {*_ROLES, *_RESULTS, *_CALLS, *_THOUGHTS, "text", "input_text", "output_text", "image", "image_url", "input_image"}
    | {"auto", "low", "high", "stop", "length", "tool_calls", "end_turn", "max_tokens", "content_filter", "message"}
    | {"chat.completion", "chat.completion.chunk", "response", "completed", "in_progress", "stop_sequence", "file"}
)
_SEALS = frozenset({"signature", "encrypted_content", "data"})
_SEAL = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_NAMES = frozenset(
    {*_LISTS, *_SYSTEM, *_RESULT_FIELDS, *_THOUGHT_FIELDS, *_CALL_FIELDS, *_ARGUMENT_FIELDS, *_LABEL_FIELDS}
    | {"content", "text", "parts", "name", "id", "index", "function", "tool_call_id", "tool_use_id", "call_id", "url"}
    | {"image_url", "cache_control", "signature", "is_error", "tools", "tool_choice", "model", "usage", "choices"}
)


@attrs.frozen
class Place:
    """Where the walker stands.

    Args:
        path: As one would write it behind the value's name.
        role: Whose text it is; empty where nothing has said so yet.
        kind: What the text is.
        depth: How many containers are around it.
        field: The name that it stands under.
        claims: Whether a message that stands here says itself whose it is.
    """

    path: str = ""
    role: str = ""
    kind: str = "text"
    depth: int = 0
    field: str = ""
    claims: bool = True

    @property
    def view(self) -> tuple[str, str]:
        """What makes one and the same object another one here."""
        return self.role, self.kind

    def item(self, at: int) -> Place:
        """Return the place of one of several of the same kind."""
        return Place(f"{self.path}[{at}]", self.role, self.kind, self.depth + 1, self.field, self.claims)

    def entry(self, name: Any) -> Place:
        """Return the place of what stands under `name`."""
        kind = self.kind
        if name in _CALL_FIELDS:
            kind = "tool_call"
        elif name in _THOUGHT_FIELDS and kind == "text":
            kind = "thinking"
        role = self.role
        if self.claims and not role and name in _SYSTEM:
            role = "system"
        elif name in _RESULT_FIELDS and role in _SPOKEN:
            role = "tool"
        field = name if isinstance(name, str) else ""
        dot = "." if self.path else ""
        path = f"{self.path}{dot}{field}" if field.isidentifier() else f"{self.path}[{name!r}]"
        return Place(path, role, kind, self.depth + 1, field, self.claims and not role and name in _LISTS)

    def key(self) -> Place:
        """Return the place of the names of what stands here."""
        return Place(f"{self.path}.keys()" if self.path else "keys()", self.role, "key", self.depth + 1)

    def parsed(self) -> Place:
        """Return the place of the data that a text of JSON stands for."""
        return attrs.evolve(self, field="", claims=False, depth=self.depth + 1)

    def inside(self, fields: Mapping[Any, Any], role: Any = None) -> Place:
        """Return the place within a record or mapping of these `fields`."""
        what = fields.get("type")
        what = what if type(what) is str else ""
        said = fields.get("role", role)
        if type(said) is not str:
            said = what if "content" in fields else ""
        role, kind = self.role, self.kind
        if self.claims and not role:
            role = _ROLES.get(said, "")
        if role in _SPOKEN and (what in _RESULTS or "tool_call_id" in fields or "tool_use_id" in fields):
            role = "tool"
        if what in _CALLS or ("name" in fields and "arguments" in fields):
            kind = "tool_call"
        elif what in _THOUGHTS or fields.keys() == {"text", "signature"}:
            kind = "thinking"
        if (role, kind) == (self.role, self.kind):
            return self
        return attrs.evolve(self, role=role, kind=kind)


def is_label(text: str, place: Place) -> bool:
    """Say whether `text` is a word of a protocol, such as both in ``"role": "user"``, or a provider's seal."""
    if place.kind == "key":
        return text in _NAMES
    if place.kind == "thinking" and place.field in _SEALS:
        return _SEAL.fullmatch(text) is not None
    return place.field in _LABEL_FIELDS and text in _LABELS


def reads_json(text: str, place: Place) -> bool:
    """Say whether `text` is where a tool's arguments stand, and may be JSON."""
    return place.kind == "tool_call" and place.field in _ARGUMENT_FIELDS and text[0] in "{[" and text[-1] in "}]"
