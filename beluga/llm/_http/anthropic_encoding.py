"""Messages, tools and options as the JSON of a request for a message.

Source: Anthropic's API reference of messages, version 2023-06-01, and its guide to prompt caching, as of 2026-08.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga._foreign.messages import REDACTED
from beluga.llm._http import ANTHROPIC
from beluga.llm._http.parts import (
    ANSWER,
    FILE_ID,
    CallIds,
    answer_tool,
    asks_by_tool,
    base64_of,
    cannot_say,
    schema_of,
    tools_of,
    translated,
)
from beluga.schema import (
    AudioPart,
    CachePoint,
    FilePart,
    ImagePart,
    OpaquePart,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beluga.llm._http import Profile
    from beluga.schema import Message, Part, Tool

__all__ = ["REDACTED", "encode_messages", "encode_tool", "request", "streamed"]

Json = dict[str, Any]

_MAX_TOKENS: Final = 4096
"""The API wants a bound; this one every model takes."""


def request(profile: Profile, model: str, messages: Iterable[Message], options: Mapping[str, Any]) -> Json:
    """Return the request.

    Args:
        profile: The server.
        model: The model's name.
        messages: The conversation.
        options: ``max_tokens stop tools tool_choice schema cache_key`` as the guide has them; others go in as they
            are, and before what one of these means. One that is None leaves its field out.

    Raises:
        ValueError: There is no form for a part of a message, or nothing is said in any of them.
    """
    wire: Json = {"model": model, "max_tokens": _MAX_TOKENS, "messages": []}
    wire.update(translated(options, _OPTIONS, profile))
    if asks_by_tool(profile, options):
        tools = wire.get("tools", ())
        wire["tools"] = [*tools, encode_tool(answer_tool(options["schema"], tools))]
        wire.setdefault("tool_choice", {"type": "any"} if tools else {"type": "tool", "name": ANSWER})
    system, wire["messages"] = encode_messages(messages, wire.get("tools", ()), profile)
    if system:
        if "system" in wire:
            message = "anthropic: there are a SystemMessage and system= too, and one of them would be lost; give one"
            raise ValueError(message)
        wire["system"] = system
    if not wire["messages"]:
        message = "anthropic needs a message that is not empty, beside those of the system"
        raise ValueError(message)
    return wire


def streamed(_: Profile, wire: Json) -> Json:
    """Return `wire` as a request for a stream."""
    return {**wire, "stream": True}


def encode_messages(
    messages: Iterable[Message], tools: Iterable[Json] = (), profile: Profile = ANTHROPIC
) -> tuple[list[Json], list[Json]]:
    """Return the blocks of the system, and the turns of user and assistant.

    System messages stand apart wherever they were in the conversation, as every model takes them there. Neighbours
    of one side are one turn; the answers of tools are on the user's side. Thoughts without a signature are left out:
    they are another provider's. Blanks at the end of a last turn of the assistant are refused, so they go.

    Args:
        messages: The conversation.
        tools: The encoded tools, which come before all messages in the cache.
        profile: The server.
    """
    messages = tuple(messages)
    writer = _BlockWriter(tools, profile, CallIds(profile, messages))
    turns, before = writer.turns, ""
    for message in messages:
        role = message.role
        if role == "system":
            writer.write(message.parts, writer.system)
            continue
        blocks: list[Json] = []
        if role == "tool":
            role = "user"
            writer.answer(message, blocks)
        else:
            writer.write(message.parts, blocks)
        if role == before:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
            before = role
    if before == "assistant" and turns[-1]["content"][-1]["type"] == "text":
        last = turns[-1]["content"][-1]
        last["text"] = last["text"].rstrip()
    return writer.finished()


class _BlockWriter:
    """One request while it is written."""

    __slots__ = ("_ids", "_marks", "_profile", "_tools", "system", "turns")

    def __init__(self, tools: Iterable[Json], profile: Profile, ids: CallIds) -> None:
        self._profile = profile
        self._ids = ids
        self.system: list[Json] = []
        self._tools = tuple(tools)
        self.turns: list[Json] = []
        self._marks: CacheMarks | None = None

    def write(self, parts: tuple[Part, ...], blocks: list[Json]) -> None:
        """Add the blocks of `parts`."""
        before: Json | None = None  # the block that more fields may go into
        for part in parts:
            kind = type(part)
            if kind is TextPart:
                text: str = part.text  # type: ignore[union-attr]  # its type was looked at
                before = None
                if text and not text.isspace():  # a block that says nothing is refused
                    before = {"type": "text", "text": text}
                    blocks.append(before)
            elif kind is ToolCall:
                before = self._call(part)
                blocks.append(before)
            elif kind is CachePoint:
                self._mark(part, blocks)
            elif kind is ToolResult:
                self.answer(part, blocks)
            elif kind is OpaquePart:
                self._opaque(part, blocks, before)
            else:
                before = _PARTS[kind](part)
                if before is not None:
                    blocks.append(before)

    def _call(self, call: Any) -> Json:
        # The API takes nothing but an object; what the model wrote, it should see.
        arguments = call.arguments if call.raw is None else {"raw": call.raw}
        return {"type": "tool_use", "id": self._ids.call(call.id), "name": call.name, "input": arguments}

    def _opaque(self, part: Any, blocks: list[Json], before: Json | None) -> None:
        if part.provider != self._profile.origin:
            return
        if part.scope == "part":
            blocks.append(dict(part.data))  # it may get a mark
        elif part.scope == "previous" and before is not None:
            before.update(part.data)

    def answer(self, answer: Any, blocks: list[Json]) -> None:
        """Add the block of a tool's answer."""
        content: list[Json] = []
        block: Json = {"type": "tool_result", "tool_use_id": self._ids.result(answer.tool_call_id), "content": content}
        if answer.is_error:
            block["is_error"] = True
        blocks.append(block)
        for part in answer.parts:
            kind = type(part)
            if kind is TextPart and part.text and not part.text.isspace():
                content.append({"type": "text", "text": part.text})
            elif kind is CachePoint:
                self._mark(part, blocks)
            else:
                self.write((part,), content)

    def finished(self) -> tuple[list[Json], list[Json]]:
        """Return system and turns, marked."""
        if self._marks is not None:
            self._marks.set(itertools.chain(self._tools, self.system, *(turn["content"] for turn in self.turns)))
        return self.system, self.turns

    def _mark(self, point: Any, blocks: list[Json]) -> None:
        """Let the cache end with the last block so far."""
        if self._marks is None:
            self._marks = CacheMarks()
        sections: Iterable[Sequence[Json]] = (self.system, self._tools)
        if blocks is not self.system:
            sections = itertools.chain([blocks], (turn["content"] for turn in reversed(self.turns)), sections)
        self._marks.add(point.ttl, (block for section in sections for block in reversed(section)))


def _image(part: ImagePart) -> Json:
    return {"type": "image", "source": _source(part)}


def _file(part: FilePart) -> Json:
    block: Json = {"type": "document", "source": _source(part)}
    if part.mime_type == "text/plain" and part.data is not None:
        text = part.data.decode("utf-8", "replace")
        block["source"] = {"type": "text", "media_type": "text/plain", "data": text}
    if part.name is not None:
        block["title"] = part.name
    return block


def _source(part: ImagePart | FilePart) -> Json:
    if part.url is not None and part.url.startswith(FILE_ID):
        return {"type": "file", "file_id": part.url.removeprefix(FILE_ID)}
    if part.data is None:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.mime_type, "data": base64_of(part)}


def _thoughts(part: ThinkingPart) -> Json | None:
    if part.signature is None:
        return None
    if part.signature.startswith(REDACTED):
        return {"type": "redacted_thinking", "data": part.signature.removeprefix(REDACTED)}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _recording(_: AudioPart) -> NoReturn:
    cannot_say("anthropic", "recordings", "send what is said in them as text")


_PARTS: Final[dict[type, Callable[[Any], Json | None]]] = {
    ImagePart: _image,
    FilePart: _file,
    ThinkingPart: _thoughts,
    AudioPart: _recording,
}


def encode_tool(tool: Tool | Json) -> Json:
    """Return a tool's wire form; what is in it already is only copied."""
    if isinstance(tool, dict):
        return dict(tool)  # it may get a mark
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}


def _tools(tools: Iterable[Any], _: Profile) -> Json:
    listed = [encode_tool(tool) for tool in tools_of(tools, own="input_schema")]
    return {"tools": listed} if listed else {}


def _tool_choice(choice: Any, _: Profile) -> Json:
    if isinstance(choice, str):
        kind = {"required": "any"}.get(choice, choice)
        choice = {"type": kind} if kind in {"auto", "any", "none"} else {"type": "tool", "name": choice}
    return {"tool_choice": choice}


def _schema(kind: Any, profile: Profile) -> Json:
    return (
        {}
        if profile.answers_by_tool
        else {"output_config": {"format": {"type": "json_schema", "schema": schema_of(kind)}}}
    )


_OPTIONS: Final[dict[str, Callable[[Any, Profile], Json]]] = {
    "cache_key": lambda _, __: {},  # its cache needs no key
    "schema": _schema,
    "stop": lambda stop, _: {"stop_sequences": [stop] if isinstance(stop, str) else list(stop)},
    "tool_choice": _tool_choice,
    "tools": _tools,
}


_MOST: Final = 4
_SHORT: Final = 300.0  # seconds; whoever wants more gets the longer of the two times
_UNMARKABLE: Final = frozenset({"thinking", "redacted_thinking"})


class CacheMarks:
    """Collects the marks while a request is written, and sets those that the API takes."""

    def __init__(self) -> None:
        self._ttls: dict[int, float] = {}

    def add(self, ttl: float | None, blocks: Iterable[dict[str, Any]]) -> None:
        """Let the cache end with the first of `blocks`, which go backwards, that can be marked."""
        for block in blocks:
            if block.get("type") not in _UNMARKABLE:
                self._ttls[id(block)] = ttl or 0.0
                return

    def set(self, blocks: Iterable[dict[str, Any]]) -> None:
        """Mark those of `blocks`, all there are in the order of the API, that were chosen.

        Of more than four the first is kept, which ends what all conversations share, and the last ones, which end
        what this one's next turn shares. Marks that the caller set himself, on a tool of his own form, stay and count.
        """
        if not self._ttls:
            return
        blocks = list(blocks)
        own = [block for block in blocks if block.get("cache_control")]
        chosen = [block for block in blocks if id(block) in self._ttls and not block.get("cache_control")]
        room = max(0, _MOST - len(own))
        if len(chosen) > room:
            chosen = [*chosen[:1], *chosen[len(chosen) - room + 1 :]][:room]
        marked = {id(block) for block in chosen}
        may_be_long = True
        for block in blocks:
            if block.get("cache_control"):
                may_be_long = may_be_long and block["cache_control"].get("ttl") == "1h"
            elif id(block) in marked:
                may_be_long = may_be_long and self._ttls[id(block)] > _SHORT
                block["cache_control"] = {"type": "ephemeral", "ttl": "1h"} if may_be_long else {"type": "ephemeral"}
