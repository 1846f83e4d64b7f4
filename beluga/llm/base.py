"""What a model is: four ways to ask it, whoever answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from beluga.schema import HumanMessage, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from beluga.schema import Chunk, Response

__all__ = ["Model", "as_messages"]


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
        TypeError: When something in it is no message.
        ValueError: When it is empty.

    Example:
        >>> as_messages("hello") == (HumanMessage("hello"),)
        True
    """
    if isinstance(messages, str):
        return (HumanMessage(messages),)
    gathered = (messages,) if isinstance(messages, Message) else tuple(messages)
    if not gathered:
        msg = "a model needs at least one message"
        raise ValueError(msg)
    for message in gathered:
        if not isinstance(message, Message):
            msg = f"messages are a str or messages of beluga.schema, not {type(message).__name__}"
            raise TypeError(msg)
    return gathered
