"""One call of a fake provider: what was asked, and what is said to it, worked out without saying it.

A `Request` is one entry of the log. A `Turn` is all that is known of its answer. `whole` and `streamed` turn that into
waits, pieces and faults; who calls them does the waiting and the raising. So a direct call, sync or async, and a server
on the wire play the same script the same way.
"""

from __future__ import annotations

import functools
import json
import random
import re
import threading
from collections.abc import Mapping  # noqa: TC003 - whoever resolves the fields' types needs it
from typing import TYPE_CHECKING, Any

import attrs

from beluga.schema import (
    AIMessage,
    Chunk,
    HumanMessage,
    Message,
    Response,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm.fake.faults import Fault
    from beluga.schema import Part

__all__ = [
    "CallLog",
    "Pause",
    "Reply",
    "Request",
    "Turn",
    "count_tokens",
    "streamed",
    "tokens_of",
    "tool_call",
    "whole",
]


@attrs.frozen
class Request:
    """One call that a fake provider got.

    Args:
        number: Its number, from 1.
        messages: What was asked.
        options: The keyword arguments of the call; over HTTP the rest of the body.
        at: The monotonic time of the environment's clock.
        log: The log that it is in.
        dialect: ``"openai"`` or ``"anthropic"``; empty for a direct call.
        headers: Of HTTP, by name in lower case; they may hold a key, so they are not shown.
    """

    number: int
    messages: tuple[Message, ...]
    options: dict[str, Any] = attrs.field(hash=False)
    at: float
    log: CallLog = attrs.field(repr=False, eq=False)
    dialect: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False, eq=False)

    @property
    def text(self) -> str:
        """What the user said last, or the empty text."""
        return next((m.text for m in reversed(self.messages) if isinstance(m, HumanMessage)), "")

    @property
    def attempt(self) -> int:
        """How often the same messages were asked, this time included."""
        return self.log.attempt(self.number)

    @property
    def client_retries(self) -> int:
        """How often the client had retried this very request by itself, as those of OpenAI and Anthropic tell."""
        told = self.headers.get("x-stainless-retry-count", "")
        return int(told) if told.isdecimal() else 0

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.options["model"]) if "model" in self.options else "fake"

    @property
    def id(self) -> str:
        """The id of the request and of its answer."""
        return f"fake-{self.number}"

    def rng(self) -> random.Random:
        """Return a source of chance that depends on the seed and the number of the call alone."""
        return random.Random(f"{self.log.seed}:{self.number}")  # noqa: S311 - it is to be foreseeable


class CallLog:
    """All calls in their order; threads may share one.

    Args:
        seed: The provider's seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed: int = seed
        self._calls: list[Request] = []
        self._attempts: list[int] = []
        self._asked: dict[tuple[Message, ...], int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def add(
        self,
        messages: tuple[Message, ...],
        options: dict[str, Any],
        at: float,
        dialect: str,
        headers: Mapping[str, str],
    ) -> Request:
        """Log a call and return it with its number."""
        with self._lock:
            request = Request(len(self._calls) + 1, messages, options, at, self, dialect, headers)
            self._calls.append(request)
        return request

    def all(self) -> tuple[Request, ...]:
        """Return the calls so far."""
        return tuple(self._calls)

    def attempt(self, number: int) -> int:
        """Return how often the messages of call `number` had been asked with it."""
        # Counted when somebody asks: it hashes whole conversations, which is as long as the rest of a call.
        with self._lock:
            for request in self._calls[len(self._attempts) : number]:
                count = self._asked[request.messages] = self._asked.get(request.messages, 0) + 1
                self._attempts.append(count)
            return self._attempts[number - 1]


# Words with the spaces after them; a longer word is cut as a tokeniser would.
_TOKEN = re.compile(r"\S{1,12}\s*|\s+")


def tool_call(name: str, /, **arguments: Any) -> ToolCall:
    """Return a tool call for a `Reply`, to which the fake provider gives an id.

    Example:
        >>> tool_call("search", query="whales").arguments
        {'query': 'whales'}
    """
    return ToolCall("", name, arguments)


def _as_seconds(value: float) -> float:
    if not isinstance(value, int | float) or not 0.0 <= value < float("inf"):
        message = f"Reply.per_token is a number of seconds from 0 on, not {value!r}"
        raise ValueError(message)
    return float(value)


@attrs.frozen
class Reply:
    """One answer of a fake provider.

    Args:
        text: What it says.
        tools: Tool calls, made by `tool_call`; an empty id is filled with ``call_{call}_{position}``.
        usage: What it costs; None counts a token for each four characters begun.
        thinking: What it thinks before it speaks.
        finish_reason: Why it ends; None means ``tool_calls`` where there are some, else ``stop``.
        per_token: Seconds before each piece of a stream; a call that waits for the whole waits as long.
    """

    text: str = ""
    tools: tuple[ToolCall, ...] = attrs.field(default=(), kw_only=True, converter=tuple[ToolCall, ...])
    usage: Usage | None = attrs.field(default=None, kw_only=True)
    thinking: str = attrs.field(default="", kw_only=True)
    finish_reason: str | None = attrs.field(default=None, kw_only=True)
    per_token: float = attrs.field(default=0.0, kw_only=True, converter=_as_seconds)

    def __attrs_post_init__(self) -> None:
        for name in ("text", "thinking"):
            if not isinstance(getattr(self, name), str):
                message = f"Reply.{name} must be a str, not {type(getattr(self, name)).__name__}"
                raise TypeError(message)
        for call in self.tools:
            if not isinstance(call, ToolCall):
                message = f"Reply.tools holds tool_call(name, **arguments), not {type(call).__name__}"
                raise TypeError(message)

    # What depends on the reply alone is worked out once: a reply is often played many times, and this is
    # half of the time of a call.

    @functools.cached_property
    def _spoken(self) -> AIMessage:
        thoughts = [ThinkingPart(self.thinking)] if self.thinking else []
        return AIMessage(parts=[*thoughts, *([self.text] if self.text else [])])

    @functools.cached_property
    def _tokens(self) -> tuple[int, int]:
        thoughts = count_tokens(self.thinking)
        calls = sum(count_tokens(_tool_text(call)) for call in self.tools)
        return count_tokens(self.text) + thoughts + calls, thoughts

    def calls(self, number: int) -> tuple[ToolCall, ...]:
        """Return the tool calls, each with an id, as call `number` gets them."""
        return tuple(
            call if call.id else attrs.evolve(call, id=f"call_{number}_{position}")
            for position, call in enumerate(self.tools, 1)
        )

    def message(self, number: int) -> AIMessage:
        """Return the message that call `number` gets."""
        return AIMessage(parts=[*self._spoken.parts, *self.calls(number)]) if self.tools else self._spoken

    def pieces(self, number: int) -> list[Chunk]:
        """Return the chunks of a stream that call `number` gets, without the last one."""
        return [
            *(Chunk(thinking=token) for token in _TOKEN.findall(self.thinking)),
            *(Chunk(token) for token in _TOKEN.findall(self.text)),
            *(Chunk(tool_call=call) for call in self.calls(number)),
        ]

    def cost(self, messages: tuple[Message, ...]) -> Usage:
        """Return the usage: what was given, else an estimate."""
        if self.usage is not None:
            return self.usage
        asked = 0
        for message in messages:
            for part in message.parts:
                # Nearly every part is a text, and a call for each is a tenth of a short answer's time.
                asked += (len(part.text) + 3) // 4 if type(part) is TextPart else tokens_of(part)
        return _estimated(asked, *self._tokens)

    @property
    def ended(self) -> str:
        """The finish reason: what was given, else what suits the reply."""
        return self.finish_reason or ("tool_calls" if self.tools else "stop")


@attrs.frozen
class Pause:
    """So many seconds pass before the next piece."""

    seconds: float


@attrs.define
class Turn:
    """All that is known of the answer to one call; nobody changes it, but freezing it would take 0.3 us a call.

    Args:
        request: What was asked.
        reply: What is answered; with a fault, what a stream begins to answer.
        fault: How it fails, if it does.
        before: Seconds before anything happens.
        per_token: Seconds before each piece, on top of the reply's own.
        cached: Tokens of the input that a prompt cache had.
        written: Tokens of the input that it has from now on.
    """

    request: Request
    reply: Reply
    fault: Fault | None = None
    before: float = 0.0
    per_token: float = 0.0
    cached: int = 0
    written: int = 0

    @property
    def usage(self) -> Usage:
        """What the answer costs."""
        usage = self.reply.cost(self.request.messages)
        if not (self.cached or self.written) or self.reply.usage is not None:
            return usage
        return attrs.evolve(usage, cached_tokens=self.cached, cache_write_tokens=self.written)

    @property
    def seconds(self) -> float:
        """How long it takes when all of it is waited for."""
        per_token = self.per_token + self.reply.per_token
        return self.before + per_token * len(self.reply.pieces(self.request.number)) if per_token else self.before

    def response(self) -> Response:
        """Return the whole answer, as if there were no fault."""
        request, reply = self.request, self.reply
        usage = self.usage if self.written or self.cached else reply.cost(request.messages)
        return Response(reply.message(request.number), usage, reply.ended, request.model, request.id)


def whole(turn: Turn) -> tuple[float, Response | Fault]:
    """Return how long `turn` takes when all of it is waited for, and its outcome."""
    if turn.fault is not None:
        return turn.before, turn.fault
    return turn.seconds, turn.response()


def streamed(turn: Turn) -> Iterator[Pause | Chunk | Fault]:
    """Yield what happens in `turn` piece by piece; nothing comes after a fault.

    The last chunk, and no other, has a usage and a finish reason.
    """
    request, reply = turn.request, turn.reply
    if turn.before:
        yield Pause(turn.before)
    per_token = turn.per_token + reply.per_token
    for piece in reply.pieces(request.number)[: turn.fault.after if turn.fault else None]:
        if per_token:
            yield Pause(per_token)
        yield piece
    yield turn.fault or Chunk(usage=turn.usage, finish_reason=reply.ended)


def count_tokens(text: str) -> int:
    """Estimate the tokens of `text`: one for each four characters begun.

    Example:
        >>> count_tokens("hello")
        2
    """
    return (len(text) + 3) // 4


def tokens_of(part: Part) -> int:
    """Estimate the tokens of one part."""
    if isinstance(part, _SPEAKING):
        return count_tokens(part.text)
    return count_tokens(_tool_text(part)) if isinstance(part, ToolCall) else 0


_SPEAKING = (TextPart, ThinkingPart, ToolResult)


# Usage is frozen, so equal ones can be the same one: a tenth of a call's time.
@functools.lru_cache(maxsize=1024)
def _estimated(asked: int, output: int, thoughts: int) -> Usage:
    return Usage(asked, output, reasoning_tokens=thoughts)


def _tool_text(call: ToolCall) -> str:
    return call.name + json.dumps(call.arguments, default=str)
