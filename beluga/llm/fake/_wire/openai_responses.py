"""How the fake provider speaks OpenAI's Responses API.

Source: the API reference of ``/v1/responses``, and the types of openai 3.57.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.clock import environment
from beluga.llm.fake._wire import ModelRequest
from beluga.llm.fake._wire.documents import (
    Invalid,
    arguments_of,
    each,
    encode,
    fragments,
    member,
    parsed_arguments,
    quoted,
    utf8,
)
from beluga.llm.fake._wire.endpoints import OpenAIErrors, error_body
from beluga.schema import (
    AIMessage,
    FilePart,
    HumanMessage,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    SystemMessage,
    TextPart,
    Tool,
    ToolCall,
    ToolMessage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm._http import Profile
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Response, Usage

__all__ = ["OpenAIResponses"]

Json = dict[str, Any]

_ORIGIN = "openai-responses"
_ENDINGS = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ECHOED = ("instructions", "metadata", "max_output_tokens", "previous_response_id", "temperature", "top_p", "user")
_MOST_KEPT = 1024
_ID_BEGINS = {"message": "msg", "reasoning": "rs", "function_call": "fc"}


class OpenAIResponses(OpenAIErrors):
    """How OpenAI's Responses API speaks; it keeps the conversations that a ``previous_response_id`` goes on from."""

    name = "openai-responses"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._kept: dict[str, tuple[Message, ...]] = {}

    def question(self, body: Json, path: str) -> ModelRequest:  # noqa: ARG002 - Gemini's has the model in it
        """Read the body of a request."""
        member(body, "model", str, "")  # a prompt that is kept there has a model, and an input, of its own
        given = body.get("input", [])
        messages: tuple[Message, ...] = (HumanMessage(given),) if isinstance(given, str) else ()
        if not messages:
            items = each(member(body, "input", list, []), "input", _messages)
            messages = _joined([message for read in items for message in read])
        previous: str = member(body, "previous_response_id", str, "")
        if previous:
            if previous not in self._kept:
                raise Invalid(("previous_response_id",), "value", f"a response with the id {previous!r} was not found")
            messages = (*self._kept[previous], *messages)
        instructions: str = member(body, "instructions", str, "")
        if instructions:
            messages = (SystemMessage(instructions), *messages)
        options = {name: value for name, value in body.items() if name != "input"}
        tools: Any = member(body, "tools", list, [])
        if tools:
            options["tools"] = each(tools, "tools", _tool)
        return ModelRequest(messages, options, member(body, "stream", bool, default=False))

    def answer(self, response: Response, question: ModelRequest) -> bytes:
        """Return the body of a whole answer."""
        message = response.message
        self._keep(question, response.id, message)
        if len(message.parts) == 1 and type(message.parts[0]) is TextPart and _ECHOING.isdisjoint(question.options):
            return _written(response, message.parts[0].text)
        items = list(_items(message, response.id))
        return encode(_response(response.id, response.model, question, items, response))

    def stream(self, turn: Turn, question: ModelRequest) -> ItemWriter:
        """Return what writes the answer as events."""
        self._keep(question, turn.request.id, turn.reply.message(turn.request.number))
        return ItemWriter(turn, question)

    def _keep(self, question: ModelRequest, id_: str, message: AIMessage) -> None:
        kept = self._kept
        spoken = tuple(each for each in question.messages if not isinstance(each, SystemMessage))
        kept[id_] = (*spoken, message)
        while len(kept) > _MOST_KEPT:
            kept.pop(next(iter(kept)), None)


class ItemWriter:
    """Writes one stream of events, each with its number."""

    def __init__(self, turn: Turn, question: ModelRequest) -> None:
        self._turn = turn
        self._question = question
        self._number = -1
        self._items: list[Json] = []
        self._open = ""  # the kind of the item that is being written
        self._text: list[str] = []

    def opening(self) -> list[bytes]:
        """Return the events that tell of the response before it has anything."""
        begun = self._response([])
        return [self._event("response.created", response=begun), self._event("response.in_progress", response=begun)]

    def chunk(self, chunk: Chunk) -> list[bytes]:
        """Return the events of `chunk`."""
        if chunk.finish_reason is not None:
            events = self._ended()
            response = self._response(self._items, chunk.usage, chunk.finish_reason)
            return [*events, self._event(f"response.{response['status']}", response=response)]
        if chunk.tool_call is not None:
            return self._call(chunk.tool_call)
        if chunk.thinking:
            begun = self._begun("reasoning", {"summary": [], "encrypted_content": None})
            name = "response.reasoning_summary_text.delta"
            return [*begun, self._delta(name, chunk.thinking, summary_index=0)]
        begun = self._begun("message", {"status": "in_progress", "role": "assistant", "content": []})
        return [*begun, self._delta("response.output_text.delta", chunk.text, content_index=0, logprobs=[])]

    def broken(self) -> bytes:
        """Return an event that is cut in the middle."""
        return self.opening()[0][:-30] + b"\n\n"

    def failed(self, fault: Fault) -> bytes:
        """Return the event of an error."""
        error = error_body(fault, fault.described(fault.status))["error"]
        return self._event("error", code=error["code"] or error["type"], message=error["message"], param=None)

    def _begun(self, kind: str, item: Json) -> list[bytes]:
        """Return what begins an item of `kind`, and ends the one before; nothing where it is open already."""
        if kind == self._open:
            return []
        events = self._ended()
        self._open = kind
        begun = {"id": self._id(kind), "type": kind, **item}
        events.append(self._placed("response.output_item.added", item=begun))
        if kind == "message":
            part = {"type": "output_text", "text": "", "annotations": []}
            events.append(self._placed("response.content_part.added", item_id=begun["id"], content_index=0, part=part))
        elif kind == "reasoning":
            part = {"type": "summary_text", "text": ""}
            name = "response.reasoning_summary_part.added"
            events.append(self._placed(name, item_id=begun["id"], summary_index=0, part=part))
        return events

    def _ended(self) -> list[bytes]:
        """Return what ends the open item."""
        kind, text = self._open, "".join(self._text)
        self._open, self._text = "", []
        if not kind:
            return []
        id_ = self._id(kind)
        item = _message_item(id_, text) if kind == "message" else _reasoning_item(id_, text)
        if kind == "message":
            told = [
                ("response.output_text.done", {"content_index": 0, "text": text, "logprobs": []}),
                ("response.content_part.done", {"content_index": 0, "part": item["content"][0]}),
            ]
        else:
            told = [
                ("response.reasoning_summary_text.done", {"summary_index": 0, "text": text}),
                ("response.reasoning_summary_part.done", {"summary_index": 0, "part": item["summary"][0]}),
            ]
        events = [self._placed(name, item_id=id_, **fields) for name, fields in told]
        return [*events, *self._done(item)]

    def _call(self, call: ToolCall) -> list[bytes]:
        events = self._ended()
        item = _call_item(self._id("function_call"), call)
        begun = {**item, "arguments": "", "status": "in_progress"}
        events.append(self._placed("response.output_item.added", item=begun))
        name = "response.function_call_arguments"
        written = item["arguments"]
        events += [self._placed(f"{name}.delta", item_id=item["id"], delta=piece) for piece in fragments(written)]
        events.append(self._placed(f"{name}.done", item_id=item["id"], name=call.name, arguments=written))
        return [*events, *self._done(item)]

    def _done(self, item: Json) -> list[bytes]:
        event = self._placed("response.output_item.done", item=item)
        self._items.append(item)
        return [event]

    def _delta(self, name: str, text: str, **told: Any) -> bytes:
        self._text.append(text)
        return self._placed(name, item_id=self._id(self._open), delta=text, **told)

    def _id(self, kind: str) -> str:
        return _item_id(kind, self._turn.request.id, len(self._items))

    def _placed(self, kind: str, **told: Any) -> bytes:
        return self._event(kind, output_index=len(self._items), **told)

    def _event(self, kind: str, **told: Any) -> bytes:
        self._number += 1
        data = {"type": kind, "sequence_number": self._number, **told}
        return f"event: {kind}\ndata: ".encode() + encode(data) + b"\n\n"

    def _response(self, items: list[Json], usage: Usage | None = None, reason: str | None = None) -> Json:
        request = self._turn.request
        return _response(request.id, request.model, self._question, items, None, usage=usage, reason=reason)


def _messages(raw: Any) -> list[Message]:
    """Return the messages of one item of the input."""
    kind: str = member(raw, "type", str, "message")
    if kind == "message":
        role = member(raw, "role", str)
        content = raw.get("content")
        told: Json = {"content": content} if isinstance(content, str) else {"parts": _content(raw)}
        records = {"user": HumanMessage, "system": SystemMessage, "developer": SystemMessage, "assistant": AIMessage}
        if role not in records:
            raise Invalid(("role",), "value", f"known roles are {', '.join(records)}")
        return [records[role](**told)]
    if kind == "function_call":
        arguments = parsed_arguments(member(raw, "arguments", str))
        return [AIMessage(parts=[ToolCall(member(raw, "call_id", str), member(raw, "name", str), *arguments)])]
    if kind == "function_call_output":
        output = raw.get("output")
        told = {"content": output} if isinstance(output, str) else {"parts": _content(raw, "output")}
        return [ToolMessage(**told, tool_call_id=member(raw, "call_id", str))]
    return [AIMessage(parts=[OpaquePart(_ORIGIN, raw)])]


def _joined(messages: list[Message]) -> tuple[Message, ...]:
    """Return messages in which neighbouring items of the assistant are one answer."""
    joined: list[Message] = []
    for message in messages:
        if joined and isinstance(message, AIMessage) and isinstance(joined[-1], AIMessage):
            joined[-1] = AIMessage(parts=[*joined[-1].parts, *message.parts])
        else:
            joined.append(message)
    return tuple(joined)


def _content(raw: Json, name: str = "content") -> list[Part]:
    blocks: list[Any] = member(raw, name, list)
    return each(blocks, name, _part)


def _part(raw: Any) -> Part:
    kind = member(raw, "type", str)
    if kind in {"input_text", "output_text"}:
        return TextPart(member(raw, "text", str))
    if kind == "refusal":
        return TextPart(member(raw, "refusal", str))
    if kind == "input_image":
        url = raw.get("image_url") or f"file://{member(raw, 'file_id', str)}"
        return ImagePart(url=url, detail=raw.get("detail") or "auto")
    if kind == "input_file":
        url = raw.get("file_data") or raw.get("file_url") or f"file://{member(raw, 'file_id', str)}"
        return FilePart(url=url, name=raw.get("filename"))
    return OpaquePart(_ORIGIN, raw)


def _tool(raw: Any) -> Tool | Json:
    if member(raw, "type", str) != "function":
        return dict(raw)  # a kind that the provider runs itself
    schema: Json = member(raw, "parameters", dict, {"type": "object", "properties": {}})
    return Tool(member(raw, "name", str), member(raw, "description", str, ""), schema)


def _items(message: AIMessage, id_: str) -> Iterator[Json]:
    """Yield the items of an answer."""
    number = 0
    if message.thinking:
        yield _reasoning_item(_item_id("reasoning", id_, number), message.thinking)
        number += 1
    if message.text or not (message.tool_calls or message.thinking):
        yield _message_item(_item_id("message", id_, number), message.text)
        number += 1
    for position, call in enumerate(message.tool_calls, number):
        yield _call_item(_item_id("function_call", id_, position), call)


def _item_id(kind: str, id_: str, number: int) -> str:
    return f"{_ID_BEGINS[kind]}_{id_}_{number}"


def _message_item(id_: str, text: str) -> Json:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"id": id_, "type": "message", "status": "completed", "role": "assistant", "content": content}


def _reasoning_item(id_: str, thoughts: str) -> Json:
    summary = [{"type": "summary_text", "text": thoughts}]
    return {"id": id_, "type": "reasoning", "summary": summary, "encrypted_content": None}


def _call_item(id_: str, call: ToolCall) -> Json:
    told = {"call_id": call.id, "name": call.name, "arguments": arguments_of(call)}
    return {"id": id_, "type": "function_call", "status": "completed", **told}


def _response(
    id_: str,
    model: str,
    question: ModelRequest,
    items: list[Json],
    response: Response | None,
    *,
    usage: Usage | None = None,
    reason: str | None = None,
) -> Json:
    """Return the object of a response, whole where there is a `response` or a `reason`."""
    usage = usage if response is None else response.usage
    reason = reason if response is None else response.finish_reason or "stop"
    cut = _ENDINGS.get(reason or "")
    status = "in_progress" if reason is None else "incomplete" if cut else "completed"
    options = question.options
    return {
        "id": id_,
        "object": "response",
        "created_at": int(environment().clock.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": cut} if cut else None,
        "model": model,
        "output": items,
        "parallel_tool_calls": True,
        "tool_choice": options.get("tool_choice", "auto"),
        "tools": [],
        "text": options.get("text") or {"format": {"type": "text"}},
        "truncation": "disabled",
        "service_tier": "default",
        **{name: options.get(name) for name in _ECHOED},
        "usage": None if usage is None else _usage(usage),
    }


# What most answers are, written out: 3 us where encoding a dict takes 16.
_ECHOING = frozenset((*_ECHOED, "tool_choice", "text"))
_WRITTEN = (
    '{"id":%s,"object":"response","created_at":%d,"status":%s,"error":null,"incomplete_details":%s,"model":%s,'
    '"output":[{"id":%s,"type":"message","status":"completed","role":"assistant",'
    '"content":[{"type":"output_text","text":%s,"annotations":[],"logprobs":[]}]}],"parallel_tool_calls":true,'
    '"tool_choice":"auto","tools":[],"text":{"format":{"type":"text"}},"truncation":"disabled",'
    '"service_tier":"default",'
    + "".join(f'"{name}":null,' for name in _ECHOED)
    + '"usage":{"input_tokens":%d,"input_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},'
    '"output_tokens":%d,"output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d}}'
)


def _written(response: Response, text: str) -> bytes:
    """Return what `_response` gives for an answer that is a text, to a question without wishes that are told back."""
    cut, usage = _ENDINGS.get(response.finish_reason or ""), response.usage
    return utf8(
        _WRITTEN
        % (
            *(quoted(response.id), environment().clock.time(), '"incomplete"' if cut else '"completed"'),
            *(f'{{"reason":"{cut}"}}' if cut else "null", quoted(response.model)),
            *(quoted(_item_id("message", response.id, 0)), quoted(text)),
            *(usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens),
            *(usage.output_tokens, usage.reasoning_tokens, usage.total_tokens),
        )
    )


def _usage(usage: Usage) -> Json:
    read = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": read,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }
