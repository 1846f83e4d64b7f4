"""OpenAI's Responses API: what is sent, and what comes back whole or as events.

An answer is a list of items: messages, calls of functions, reasoning, and whatever the provider's own tools did. The
first two are parts of ours. Of the others each is an opaque part, which goes back as it came; of reasoning its summary
is told as thoughts beside that. Text is handed on as it comes, every other item when it is complete.

Source: OpenAI's API reference of responses, and the types of openai 3.57.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beluga._foreign import usage_of
from beluga.llm._http import Dialect, ErrorEvent
from beluga.llm._http.exchange import data_of
from beluga.llm._http.openai_encoding import schema_form
from beluga.llm._http.parts import (
    FILE_ID,
    CallIds,
    Identities,
    arguments_of,
    cannot_say,
    data_url,
    text_of,
    tool_call,
    tools_of,
    translated,
)
from beluga.schema import (
    AudioPart,
    CachePoint,
    Chunk,
    FilePart,
    ImagePart,
    OpaquePart,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beluga.llm._http import Profile
    from beluga.llm._http.exchange import ServerSentEvent
    from beluga.schema import Message, Tool

__all__ = ["RESPONSES", "ItemReader", "encode_items", "request"]

Json = dict[str, Any]

_ENDINGS: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
_REASONS: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}


def request(profile: Profile, model: str, messages: Iterable[Message], options: Mapping[str, Any]) -> Json:
    """Return the request.

    Args:
        profile: The server.
        model: The model's name.
        messages: The conversation.
        options: ``max_tokens tools tool_choice schema cache_key`` as the guide has them; others go in as they are, and
            before what one of these means. One that is None leaves its field out.

    Raises:
        ValueError: There is no form for a part of a message, or for an option.
    """
    wire: Json = {"model": model, "input": encode_items(messages, profile)}
    wire.update(translated(options, _OPTIONS, profile))
    return wire


def encode_items(messages: Iterable[Message], profile: Profile) -> list[Json]:
    """Return the messages as items of an input."""
    messages = tuple(messages)
    ids = CallIds(profile, messages)
    items: list[Json] = []
    for message in messages:
        if message.role == "tool":
            items.append(_result(message, ids))
        elif message.role == "assistant":
            items += _answer(message, profile, ids)
        else:
            items += _said(message, profile, ids)
    return items


def _said(message: Message, profile: Profile, ids: CallIds) -> Iterator[Json]:
    """Yield the items of a message of the system or the user."""
    content: list[Json] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield _result(part, ids)
        elif isinstance(part, OpaquePart):
            content += [part.data] if part.provider == profile.origin else []
        elif not isinstance(part, CachePoint):  # its cache needs no marks
            content.append(_PARTS[type(part)](part))
    if content:
        yield {"role": message.role, "content": content}


def _answer(message: Message, profile: Profile, ids: CallIds) -> Iterator[Json]:
    """Yield the items of an answer; neighbouring texts are one message."""
    content: list[Json] = []
    for part in message.parts:
        kind = type(part)
        if isinstance(part, TextPart):
            content.append({"type": "output_text", "text": part.text, "annotations": []})
            continue
        if isinstance(part, OpaquePart) and part.scope == "previous" and part.provider == profile.origin and content:
            content[-1].update(part.data)
            continue
        if content and kind not in {ThinkingPart, CachePoint}:
            yield {"role": "assistant", "content": content}
            content = []
        if isinstance(part, ToolCall):
            arguments = arguments_of(part, raw=profile.raw_arguments)
            yield {"type": "function_call", "call_id": ids.call(part.id), "name": part.name, "arguments": arguments}
        elif isinstance(part, OpaquePart):
            if part.provider == profile.origin and part.scope == "part":
                yield part.data
        elif kind not in {ThinkingPart, CachePoint}:
            cannot_say("openai", f"{kind.__name__} of the assistant", "show it in a HumanMessage")
    if content:
        yield {"role": "assistant", "content": content}


def _result(answer: Any, ids: CallIds) -> Json:
    parts = [part for part in answer.parts if not isinstance(part, CachePoint | OpaquePart)]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    output: Any = "\n".join(texts) if len(texts) == len(parts) else [_PARTS[type(part)](part) for part in parts]
    return {"type": "function_call_output", "call_id": ids.result(answer.tool_call_id), "output": output}


def _image(part: ImagePart) -> Json:
    image: Json = {"type": "input_image", "detail": part.detail}
    if part.url is not None and part.url.startswith(FILE_ID):
        return {**image, "file_id": part.url.removeprefix(FILE_ID)}
    return {**image, "image_url": part.url if part.data is None else data_url(part)}


def _file(part: FilePart) -> Json:
    if part.url is not None and part.url.startswith(FILE_ID):
        return {"type": "input_file", "file_id": part.url.removeprefix(FILE_ID)}
    if part.data is None:
        return {"type": "input_file", "file_url": part.url}
    return {"type": "input_file", "filename": part.name or "file", "file_data": data_url(part)}


def _recording(_: AudioPart) -> Json:
    cannot_say("openai", "recordings in the Responses API", "use chat completions, or send what is said in them")


_PARTS: Final[dict[type, Callable[[Any], Json]]] = {
    TextPart: lambda part: {"type": "input_text", "text": part.text},
    ImagePart: _image,
    FilePart: _file,
    AudioPart: _recording,
}


def _tool(tool: Tool | Json) -> Json:
    if isinstance(tool, dict):
        return tool
    described = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", **described, "strict": False}


def _tools(tools: Iterable[Any], _: Profile) -> Json:
    listed = [_tool(tool) for tool in tools_of(tools, own="parameters")]
    return {"tools": listed} if listed else {}


def _tool_choice(choice: Any, _: Profile) -> Json:
    if isinstance(choice, str) and choice not in {"auto", "none", "required"}:
        choice = {"type": "function", "name": choice}
    return {"tool_choice": choice}


def _stop(_: Any, __: Profile) -> Json:
    cannot_say("openai", "stop in the Responses API", "leave it out, or use chat completions")


_OPTIONS: Final[dict[str, Callable[[Any, Profile], Json]]] = {
    "max_tokens": lambda most, profile: {profile.bound: most},
    "tools": _tools,
    "tool_choice": _tool_choice,
    "schema": lambda kind, profile: {"text": {"format": {"type": "json_schema", **schema_form(kind, profile)}}},
    "cache_key": lambda key, _: {"prompt_cache_key": key},
    "stop": _stop,
}


class ItemReader:
    """Reads one answer."""

    def __init__(self, profile: Profile) -> None:
        self.done: bool = False
        self.odd: list[str] = []
        self._origin = profile.origin
        self._ids = Identities()
        self._told: set[tuple[Any, ...]] = set()  # texts that came in pieces, and items that came whole
        self._before = ""  # what the last piece was of
        self._place: tuple[Any, ...] = ()
        self._refused = False
        self._called = False

    @property
    def answered(self) -> bool:
        """Whether the response has ended."""
        return self.done

    def whole(self, body: Any) -> Iterator[Chunk]:
        """Yield the chunks of a whole answer."""
        status = text_of(body, "status")
        if status in {"failed", "cancelled"}:
            raise ErrorEvent({"error": body.get("error") or {"type": f"response_{status}"}})
        for index, item in enumerate(body["output"]):
            yield from self._item(item, index)
        yield self._last(body)

    def read(self, event: ServerSentEvent) -> Iterator[Chunk]:
        """Yield the chunks that `event` completes."""
        data = data_of(event, self)
        if data is None:
            return
        kind = data.get("type") or ""
        if kind in _ENDINGS:
            yield from self.whole(data["response"])
        elif kind == "response.output_item.done":
            yield from self._item(data["item"], data["output_index"])
        elif kind in {"response.output_text.delta", "response.refusal.delta"}:
            self._refused = self._refused or kind == "response.refusal.delta"
            place = ("text", data["output_index"], data["content_index"])
            yield from self._piece(place, text_of(data, "delta"))
        elif kind in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
            number = data.get("summary_index", data.get("content_index"))
            yield from self._piece((kind.split(".")[1], data["output_index"], number), text_of(data, "delta"))

    def end(self) -> Iterable[Chunk]:
        """Return nothing: a stream without its last event was cut."""
        return ()

    def _piece(self, place: tuple[Any, ...], text: str) -> Iterator[Chunk]:
        """Yield a piece of the text at `place`."""
        if not text:
            return
        kind = "text" if place[0] == "text" else "thinking"
        begins = kind == self._before and place != self._place
        self._before, self._place = kind, place
        self._told.add(place)
        yield Chunk(text, begins=begins) if kind == "text" else Chunk(thinking=text, begins=begins)

    def _item(self, item: Json, index: int) -> Iterator[Chunk]:
        """Yield what has not been told of an item."""
        if ("item", index) in self._told:
            return
        self._told.add(("item", index))
        kind = item["type"]
        if kind == "message":
            yield from self._message(item, index)
        elif kind == "function_call":
            self._before, self._called = "", True
            yield Chunk(
                tool_call=tool_call(self._ids.of(text_of(item, "call_id")), item["name"], text_of(item, "arguments"))
            )
        else:
            if kind == "reasoning":
                yield from self._thoughts("reasoning_summary_text", item.get("summary") or (), index)
                yield from self._thoughts("reasoning_text", item.get("content") or (), index)
            self._before = ""
            yield Chunk(opaque=OpaquePart(self._origin, item))

    def _message(self, item: Json, index: int) -> Iterator[Chunk]:
        for number, part in enumerate(item["content"]):
            place = ("text", index, number)
            if part["type"] == "refusal":
                self._refused = True
            if place not in self._told:
                yield from self._piece(place, text_of(part, "refusal") or text_of(part, "text"))
            if part.get("annotations"):
                self._before = ""
                yield Chunk(opaque=OpaquePart(self._origin, {"annotations": part["annotations"]}, "previous"))

    def _thoughts(self, name: str, parts: Iterable[Json], index: int) -> Iterator[Chunk]:
        for number, part in enumerate(parts):
            place = (name, index, number)
            if place not in self._told:
                yield from self._piece(place, text_of(part, "text"))

    def _last(self, response: Json) -> Chunk:
        self.done = True
        status = text_of(response, "status") or "completed"
        reason = text_of(response.get("incomplete_details") or {}, "reason")
        ended = _REASONS.get(reason, reason) if status == "incomplete" else ""
        if status == "completed":
            ended = "content_filter" if self._refused else "tool_calls" if self._called else "stop"
        return Chunk(
            usage=usage_of(response),
            finish_reason=ended or status or None,
            model=text_of(response, "model"),
            id=text_of(response, "id"),
        )


RESPONSES: Final = Dialect(
    path=lambda _model, _streamed: "/responses",
    request=request,
    streamed=lambda _profile, wire: {**wire, "stream": True},
    reader=ItemReader,
)
