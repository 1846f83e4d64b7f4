"""What a model is: four ways to ask it, whoever answers; and how the pieces of an answer become a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from beluga._foreign import merged
from beluga._foreign.messages import conversation
from beluga.schema import AIMessage, Response, TextPart, ThinkingPart, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from beluga.schema import Chunk, Message, Part, RateLimitInfo

__all__ = ["Collector", "Model", "as_messages", "collect"]


@runtime_checkable
class Model(Protocol):
    """A chat model.

    `messages` is a text, one message, or a conversation; what `options` there are is the model's own business.
    Anything with these four methods is a model: register its factory, put hooks around it, decorate what calls it.
    """

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer."""
        ...

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer, without blocking the event loop."""
        ...

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        """Yield the answer in pieces; the last one, and no other, has the usage and the finish reason."""
        ...

    def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        """Do what `stream` does, without blocking the event loop."""
        ...


def as_messages(messages: str | Message | Iterable[Message]) -> tuple[Message, ...]:
    """Return the conversation that `messages` stands for.

    Raises:
        TypeError: When something in it is not a message.
        ValueError: When it is empty.

    Example:
        >>> from beluga.schema import HumanMessage
        >>> as_messages("hello") == (HumanMessage("hello"),)
        True
    """
    gathered = conversation(messages)
    if not gathered:
        message = "a model needs at least one message"
        raise ValueError(message)
    return gathered


def collect(chunks: Iterable[Chunk]) -> Response:
    """Return the response that a stream amounts to; without a finish reason where it was cut.

    For an async stream feed a `Collector` in the loop.

    Args:
        chunks: As a model streams them.

    Example:
        >>> from beluga.llm import FakeProvider
        >>> collect(FakeProvider("It is sunny.").stream("How is the weather?")).text
        'It is sunny.'
    """
    collector = Collector()
    for chunk in chunks:
        collector.add(chunk)
    return collector.response()


class Collector:
    """Takes the chunks of one stream.

    Texts that follow each other become one part, thoughts too up to their signature; tool calls stand where they came.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._model = ""
        self._id = ""
        self._limits: RateLimitInfo | None = None

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        if chunk.begins:
            self._end_text()
            self._end_thoughts()
        if chunk.thinking:
            self._end_text()
            self._thoughts.append(chunk.thinking)
        if chunk.signature is not None:
            self._end_text()
            self._end_thoughts(chunk.signature)
        if chunk.text:
            self._end_thoughts()
            self._text.append(chunk.text)
        if chunk.tool_call is not None:
            self._end_text()
            self._end_thoughts()
            self._parts.append(chunk.tool_call)
        if chunk.opaque is not None:
            self._end_text()
            self._end_thoughts()
            self._parts.append(chunk.opaque)
        self._model = chunk.model or self._model
        self._id = chunk.id or self._id
        self._limits = chunk.limits or self._limits
        self._usage = merged(self._usage, chunk.usage)
        self._reason = chunk.finish_reason or self._reason

    def response(self, *, raw: Any = None, limits: RateLimitInfo | None = None) -> Response:
        """Return the response so far.

        Args:
            raw: The provider's own data.
            limits: What the provider said about its rate limits, if no chunk has it.
        """
        self._end_text()
        self._end_thoughts()
        message = AIMessage(parts=self._parts)
        usage, limits = self._usage or Usage(), limits or self._limits
        return Response(message, usage, self._reason, self._model, self._id, raw, limits)

    def _end_text(self) -> None:
        if self._text:
            self._parts.append(TextPart("".join(self._text)))
            self._text.clear()

    def _end_thoughts(self, signature: str | None = None) -> None:
        if self._thoughts or signature is not None:
            self._parts.append(ThinkingPart("".join(self._thoughts), signature))
            self._thoughts.clear()
