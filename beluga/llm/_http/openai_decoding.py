"""A chat completion, whole or in pieces, as chunks of ours.

A whole answer is read as a stream of one piece. The hard part is tool calls in fragments, as servers number them:

====================================  =========================================================================
OpenAI                                the first fragment has id, name and index, the others the index alone
Gemini's compatible endpoint          all calls whole, all with index 0, told apart by their ids
gateways                              the id in every fragment; no index; a null index; no id at all
====================================  =========================================================================

So a new id with a name begins a new call whatever its index; without ids a name does, where the call before it is
complete or has another name; everything else continues the call of its index, or the last one. A name without an id,
or with the same one, that follows one with an id, before any argument, is the next piece of that name.

Source: OpenAI's API reference of chat completions, as of 2026-08; recorded streams of the servers in `PROFILES`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from beluga._foreign import usage_of
from beluga.llm._http import Dialect, ErrorEvent
from beluga.llm._http.exchange import data_of
from beluga.llm._http.openai_encoding import request, streamed
from beluga.llm._http.parts import Identities, error_in, is_complete, merged, rest_of, text_of, tool_call
from beluga.schema import Chunk, OpaquePart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga.llm._http import Profile
    from beluga.llm._http.exchange import ServerSentEvent
    from beluga.schema import Usage

__all__ = ["CHAT_COMPLETIONS", "ChunkReader"]

Json = dict[str, Any]

_END: Final = "[DONE]"

_FINISH_REASONS: Final = {
    "function_call": "tool_calls",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "eos": "stop",  # Together
    "sensitive": "content_filter",  # Z.ai
}

_CUTS: Final = frozenset({"length", "max_tokens", "model_length"})

# Reasons that say that there is no answer, and what they were met at; whatever else ends in "error" says so too.
_FAILURES: Final = frozenset(
    {"insufficient_system_resource", "abort", "aborted", "timeout"}  # DeepSeek, vLLM, SGLang
    | {"failed", "cancelled", "canceled"}  # gateways, in the words of OpenAI's Responses
)

_KNOWN_FIELDS: Final = frozenset(
    {"role", "content", "refusal", "tool_calls", "function_call", "reasoning_content", "reasoning"}
    # Told to the reader, and refused when they come back.
    | {"annotations", "audio", "executed_tools", "token_ids", "parsed", "tool_call_id", "name"}
)
_KNOWN_OF_CALLS: Final = frozenset({"id", "type", "index", "function"})


class ChunkReader:
    """Reads one answer.

    The usage comes after the finish reason and in a chunk without choices, so both wait for the end. Without a
    finish reason a stream is not complete even where it has the end mark.
    """

    def __init__(self, profile: Profile) -> None:
        self.done: bool = False
        self.odd: list[str] = []
        self._origin = profile.origin
        self._takes_back = profile.takes_extras
        self._calls = _StreamedCalls()
        self._spoke = False
        self._more: Json = {}  # fields of the message that only the server knows
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._refused = False
        self._model = ""
        self._id = ""

    @property
    def answered(self) -> bool:
        """Whether the finish reason has come."""
        return self._reason is not None

    def whole(self, body: Any) -> Iterator[Chunk]:
        """Yield the chunks of a whole answer: the first of the choices."""
        choice = body["choices"][0]
        self._note(body)
        yield from self._choice(choice, choice["message"])
        yield from self._last()

    def read(self, event: ServerSentEvent) -> Iterator[Chunk]:
        """Yield the chunks that `event` completes."""
        text = event.data.strip()
        if text.startswith(_END):  # so far only openai's own client looks, too
            if self._reason is not None:
                yield from self._last()
            return
        if not text:
            return
        data = data_of(event, self)
        if data is None:
            return
        self._note(data)
        for choice in data.get("choices") or ():
            if choice and (choice.get("index") or 0) in {0, "0"}:
                # Some send the whole message in place of a stream; others repeat it at its end.
                is_message = "delta" not in choice and not self._spoke
                yield from self._choice(choice, choice.get("message" if is_message else "delta") or {})

    def end(self) -> Iterator[Chunk]:
        """Yield the last chunks of a stream without its end mark, if it has a finish reason."""
        if self._reason is not None:
            self.odd.append("the stream has no end mark after its finish reason")
            yield from self._last()

    def _note(self, data: Json) -> None:
        if data.get("usage") or "x_groq" in data:
            self._usage = usage_of(data) or usage_of(data.get("x_groq")) or self._usage
        self._model = text_of(data, "model") or self._model
        self._id = text_of(data, "id") or self._id

    def _choice(self, choice: Json, delta: Json) -> Iterator[Chunk]:
        if choice.get("error"):
            raise ErrorEvent(error_in(choice))
        self._spoke = self._spoke or bool(delta)
        thoughts = text_of(delta, "reasoning_content") or text_of(delta, "reasoning")
        if thoughts:
            yield Chunk(thinking=thoughts)
        yield from self._content(delta)
        refusal = text_of(delta, "refusal")
        if refusal:
            self._refused = True
            yield Chunk(refusal)
        if delta.get("tool_calls"):
            self._calls.add(delta["tool_calls"])
        if delta.get("function_call"):
            self._calls.add([{"function": delta["function_call"]}])
        if self._takes_back:
            merged(self._more, rest_of(delta, _KNOWN_FIELDS))
        reason = text_of(choice, "finish_reason")
        if reason in _FAILURES or reason.lower().endswith("error"):
            raise ErrorEvent({"error": {"type": reason.lower()}})
        self._reason = reason or self._reason

    def _content(self, delta: Json) -> Iterator[Chunk]:
        """Yield a content that is a text or, of some servers, a list of parts."""
        content = delta.get("content")
        if not isinstance(content, list):
            text = text_of(delta, "content")
            if text:
                yield Chunk(text)
            return
        for part in content:
            kind = part.get("type")
            if kind == "text":
                if text_of(part, "text"):
                    yield Chunk(part["text"])
            elif kind == "thinking":
                thoughts = part.get("thinking")
                if isinstance(thoughts, list):
                    thoughts = "".join(text_of(each, "text") for each in thoughts)
                if text_of({"thinking": thoughts}, "thinking"):
                    yield Chunk(thinking=thoughts)
            else:
                yield Chunk(opaque=OpaquePart(self._origin, part))

    def _last(self) -> Iterator[Chunk]:
        self.done = True
        yield from self._calls.chunks(self._origin if self._takes_back else "", is_cut=self._reason in _CUTS)
        if self._more:
            yield Chunk(opaque=OpaquePart(self._origin, self._more, "message"))
        # A model that refuses says "stop" itself.
        reason = "content_filter" if self._refused and self._reason == "stop" else self._reason
        reason = _FINISH_REASONS.get(reason or "", reason)
        yield Chunk(usage=self._usage, finish_reason=reason, model=self._model, id=self._id)


class _StreamedCall:
    """One tool call as far as it has come."""

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[Any] = []
        self.more: Json = {}

    def add(self, fragment: Json, function: Json) -> None:
        self.id = self.id or text_of(fragment, "id")
        name = text_of(function, "name")
        if name != self.name and not self.arguments:
            self.name += name  # in pieces too; or once more
        arguments = function.get("arguments")
        if arguments is not None and arguments != "":
            self.arguments.append(arguments)
        merged(self.more, rest_of(fragment, _KNOWN_OF_CALLS))

    @property
    def written(self) -> Any:
        """The arguments so far: a text, or what a server has sent in place of one."""
        if len(self.arguments) == 1:
            return self.arguments[0]
        return "".join(each if isinstance(each, str) else json.dumps(each) for each in self.arguments)


class _StreamedCalls:
    """The tool calls of one answer, put together from their fragments."""

    def __init__(self) -> None:
        self._calls: list[_StreamedCall] = []
        self._by_index: dict[int | None, _StreamedCall] = {}

    def add(self, fragments: Iterable[Json]) -> None:
        """Take the fragments of one event."""
        begun: list[_StreamedCall] = []
        for fragment in fragments:
            function = fragment.get("function") or {}
            index = fragment.get("index")
            index = index if type(index) is int else None
            call = self._continued(fragment, index, text_of(function, "name"), begun)
            if call is None:
                if not rest_of(fragment, _KNOWN_OF_CALLS - {"id"}) and not rest_of(function, frozenset()):
                    continue  # it says nothing
                call = _StreamedCall(index)
                self._calls.append(call)
                begun.append(call)
            if index is not None:
                self._by_index[index] = call
            self._by_index[None] = call  # the last one
            call.add(fragment, function)

    def chunks(self, origin: str, *, is_cut: bool) -> Iterator[Chunk]:
        """Yield all of them, each followed by what only `origin` knows about it; a cut answer ends in the last."""
        ids = Identities()
        for call in sorted(self._calls, key=lambda call: call.index or 0):
            ends_it = is_cut and call is self._calls[-1]
            yield Chunk(tool_call=tool_call(ids.of(call.id), call.name, call.written, is_cut=ends_it))
            if call.more and origin:
                yield Chunk(opaque=OpaquePart(origin, call.more, "previous"))

    def _continued(
        self, fragment: Json, index: int | None, name: str, begun: list[_StreamedCall]
    ) -> _StreamedCall | None:
        """Return the call that the fragment belongs to; None where it begins one."""
        id_ = text_of(fragment, "id")
        named = (call for call in reversed(self._calls) if id_ and call.id == id_)
        current = next((call for call in named if index is None or call.index in {None, index}), None)
        current = current or self._by_index.get(index)
        if current is None or not name:
            return current
        if id_ and current.id not in {"", id_}:
            return None
        if current.id and id_ in {"", current.id} and not current.arguments and current not in begun:
            return current  # the next piece of its name
        is_other = current.name not in {"", name} or (not id_ and current in begun)
        goes_on = (fragment.get("function") or {}).get("arguments") and is_complete(current.written)
        return None if is_other or goes_on else current


CHAT_COMPLETIONS = Dialect(
    path=lambda _model, _streamed: "/chat/completions", request=request, streamed=streamed, reader=ChunkReader
)
